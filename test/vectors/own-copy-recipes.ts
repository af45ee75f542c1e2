/** Vectors for one's own copy, as it lies in Sent: a submission, known by one's own outer signature. */
import type { VectorCast } from "./cast.js";
import {
  concat,
  literalPacket,
  onePassPacket,
  packet,
  type RawSignature,
  signatureBody,
  tag,
  usualSubpackets,
} from "./raw.js";
import { common, deliver, other, type Recipe, type Saying, submit, vectors } from "./recipes.js";

/** What the author's outer signature says in mode `whole`. */
const ownSays = (cast: VectorCast) => ({ kind: "submit", ...common(cast) });

/** Alice's own copy with another outer signature: it is not taken for hers, and shown as what somebody sealed to her. */
const ownCopies = (
  [
    [
      "other-list",
      "not-by-this-server",
      "Her outer signature names another list.",
      (cast) => ({ list: other(cast) }),
    ],
    [
      "other-message",
      "not-by-this-server",
      "Her outer signature names another message.",
      () => ({ msgid: "<2@example.test>" }),
    ],
    [
      "other-body",
      "not-by-this-server",
      "Her outer signature names another body.",
      () => ({ "body-sha256": "cd".repeat(32) }),
    ],
    [
      "other-kind",
      "not-by-this-server",
      "Her outer signature is of kind `request`.",
      () => ({ kind: "request" }),
    ],
    [
      "no-digest",
      "not-by-this-server",
      "Her outer signature names no body.",
      () => ({ "body-sha256": undefined }),
    ],
  ] as const satisfies readonly (readonly [string, string, string, (cast: VectorCast) => Saying])[]
).flatMap(([name, origin, comment, says]) =>
  vectors("author", `own-${name}`, { origin }, comment, (cast, mode) =>
    submit(cast, mode, { outerSays: says(cast) }),
  ),
);
const ownBadSignature = vectors(
  "author",
  "own-bad-signature",
  { origin: "not-by-this-server" },
  "Her outer signature is over something else.",
  (cast, mode) => submit(cast, mode, { outerRaw: { packets: overOther } }),
);

/** The usual signature packet, made over something else. */
function overOther(usual: RawSignature): Uint8Array {
  const body = signatureBody({ ...usual, over: new TextEncoder().encode("something else") });
  return concat(onePassPacket(body, usual.by), literalPacket(usual.over), packet(tag.signature, body));
}

export const ownCopyRecipes: ReadonlyMap<string, Recipe> = new Map([
  ...vectors(
    "member",
    "submitted-by-reader",
    { origin: "not-by-this-server" },
    "Alice's post, submitted by Bob, who reads it: it is not his own copy.",
    (cast, mode) =>
      deliver(cast, mode, {
        outerRaw: {
          signature: () => ({ by: cast.bob, hashed: usualSubpackets(cast.bob, ownSays(cast)) }),
        },
      }),
    { modes: ["whole"] },
  ),
  ...ownCopies,
  ...ownBadSignature,
]);
