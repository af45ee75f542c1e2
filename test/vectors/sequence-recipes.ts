/** Vectors with state: what the server remembers of posts, and what a reader remembers of what came through the list. */
import { sha256 } from "../../src/openpgp/digest.js";
import type { SealedMessage, SplitMessage } from "../../src/protocol/index.js";
import { sealingHalf } from "../../src/protocol/index.js";
import type { VectorCast } from "./cast.js";
import { rawSeal } from "./raw.js";
import { type DeliverChange, deliver, innerSeal, profiles, submit } from "./recipes.js";
import type { Sequence, Step } from "./sequence-format.js";

/** A sequence before it is made. */
export interface SequenceRecipe extends Omit<Sequence, "steps"> {
  readonly make: (cast: VectorCast) => Promise<readonly Step[]>;
}

interface Submitted {
  readonly by?: "alice" | "bob";
  readonly msgid?: string;
}

/** A submission of these very halves. */
async function submitted(
  cast: VectorCast,
  { keyPacket, dataPacket }: SplitMessage,
  { by = "alice", msgid = "<1@example.test>" }: Submitted = {},
): Promise<SealedMessage> {
  return submit(cast, "key", {
    literal: () => keyPacket,
    body: () => dataPacket,
    outer: { by: [cast[by]], to: [sealingHalf(cast.serverKey), sealingHalf(cast[by])] },
    outerSays: { msgid, "body-sha256": await sha256(dataPacket) },
  });
}

/** Bob's copy of these very halves, with the list's word or without it. */
function copied(
  cast: VectorCast,
  { keyPacket, dataPacket }: SplitMessage,
  change: DeliverChange = {},
): Promise<SealedMessage> {
  return deliver(cast, "key", { literal: () => keyPacket, body: () => dataPacket, ...change });
}

const fresh = (cast: VectorCast) => innerSeal(cast, {});

/** One data packet in two wrappings of its session key. */
async function wrappedTwice(cast: VectorCast): Promise<readonly [SplitMessage, SplitMessage]> {
  const sessionKey = crypto.getRandomValues(new Uint8Array(32));
  const one = await innerSeal(cast, { innerRaw: { seal: { sessionKey } } });
  const version = cast.profile === "rfc9580" ? 2 : 1;
  const again = await rawSeal({
    packets: new Uint8Array(),
    to: [sealingHalf(cast.listKey)],
    version,
    sessionKey,
  });
  return [one, { keyPacket: again.keyPacket, dataPacket: one.dataPacket }];
}

const step = (sealed: SealedMessage, expect: string, from: Step["from"] = "alice"): Step => ({
  from,
  expect,
  sealed,
});

type Make = SequenceRecipe["make"];

const server = (name: string, comment: string, make: Make): [string, SequenceRecipe][] =>
  profiles.map((profile) => [`server-${name}-${profile}`, { comment, role: "server", profile, make }]);
const reader = (name: string, comment: string, make: Make): [string, SequenceRecipe][] =>
  profiles.map((profile) => [`member-${name}-${profile}`, { comment, role: "member", profile, make }]);

export const sequenceRecipes: ReadonlyMap<string, SequenceRecipe> = new Map([
  ...server(
    "repeat",
    "The very same submission comes twice: it is acknowledged, and nothing happens.",
    async (cast) => {
      const sealed = await submitted(cast, await fresh(cast));
      return [step(sealed, "accepted"), step(sealed, "repeat")];
    },
  ),
  ...server("two-posts", "Two posts of one author, each with a message id of its own.", async (cast) => [
    step(await submitted(cast, await fresh(cast)), "accepted"),
    step(await submitted(cast, await fresh(cast), { msgid: "<2@example.test>" }), "accepted"),
  ]),
  ...server(
    "message-id-reused",
    "Another data packet under a message id that the author has used.",
    async (cast) => [
      step(await submitted(cast, await fresh(cast)), "accepted"),
      step(await submitted(cast, await fresh(cast)), "message-id-reused"),
    ],
  ),
  ...server(
    "message-id-of-another",
    "The same message id by another author: the pair is new.",
    async (cast) => [
      step(await submitted(cast, await fresh(cast)), "accepted"),
      step(await submitted(cast, await fresh(cast), { by: "bob" }), "accepted", "bob"),
    ],
  ),
  ...server("sealed-again", "The same post in another outer seal.", async (cast) => {
    const parts = await fresh(cast);
    return [step(await submitted(cast, parts), "accepted"), step(await submitted(cast, parts), "replayed")];
  }),
  ...server("other-message-id", "A known data packet under another message id.", async (cast) => {
    const parts = await fresh(cast);
    return [
      step(await submitted(cast, parts), "accepted"),
      step(await submitted(cast, parts, { msgid: "<2@example.test>" }), "replayed"),
    ];
  }),
  ...server(
    "other-signer",
    "A known data packet by another signer: a member posts another's words anew.",
    async (cast) => {
      const parts = await fresh(cast);
      return [
        step(await submitted(cast, parts), "accepted"),
        step(await submitted(cast, parts, { by: "bob", msgid: "<2@example.test>" }), "replayed", "bob"),
      ];
    },
  ),
  ...server(
    "wrapped-again",
    "A known data packet whose session key is wrapped anew, by another signer.",
    async (cast) => {
      const [one, again] = await wrappedTwice(cast);
      return [
        step(await submitted(cast, one), "accepted"),
        step(await submitted(cast, again, { by: "bob", msgid: "<2@example.test>" }), "replayed", "bob"),
      ];
    },
  ),
  ...server("known-key-packet", "A known key packet in front of another data packet.", async (cast) => {
    const parts = await fresh(cast);
    const { dataPacket } = await fresh(cast);
    return [
      step(await submitted(cast, parts), "accepted"),
      step(
        await submitted(cast, { keyPacket: parts.keyPacket, dataPacket }, { msgid: "<2@example.test>" }),
        "replayed",
      ),
    ];
  }),
  ...server(
    "refused-is-forgotten",
    "What was refused is not remembered: the true post comes after it.",
    async (cast) => {
      const parts = await fresh(cast);
      const other = await submitted(cast, parts, { by: "bob" });
      return [step(other, "unknown-author", "alice"), step(await submitted(cast, parts), "accepted")];
    },
  ),
  ...reader("again", "The same copy twice.", async (cast) => {
    const sealed = await copied(cast, await fresh(cast));
    return [step(sealed, "list"), step(sealed, "list")];
  }),
  ...reader(
    "shown-before",
    "Another data packet under an author's message id that came through the list.",
    async (cast) => [
      step(await copied(cast, await fresh(cast)), "list"),
      step(await copied(cast, await fresh(cast)), "shown-before"),
    ],
  ),
  ...reader(
    "wrapped-again",
    "The same data packet whose session key is wrapped anew: the same post.",
    async (cast) => {
      const [one, again] = await wrappedTwice(cast);
      return [step(await copied(cast, one), "list"), step(await copied(cast, again), "list")];
    },
  ),
  ...reader(
    "without-word-first",
    "A member sends old words first, without the list's word: the true post is shown as come through the list.",
    async (cast) => [
      step(await copied(cast, await fresh(cast), { through: "none" }), "absent"),
      step(await copied(cast, await fresh(cast)), "list"),
    ],
  ),
  ...reader("without-word-after", "Old words without the list's word, after the true post.", async (cast) => [
    step(await copied(cast, await fresh(cast)), "list"),
    step(await copied(cast, await fresh(cast), { through: "none" }), "shown-before"),
  ]),
]);
