/** Vectors for a reader: copies, each with one fault. */

import type { ProtocolCode } from "../../src/openpgp/errors.js";
import { signBinding } from "../../src/protocol/binding.js";
import {
  type DeliveryMode,
  forwardOpened,
  type Mode,
  openAtServer,
  prepareReseal,
  resealFor,
  sealingHalf,
  sealPost,
} from "../../src/protocol/index.js";
import { MESSAGE_ID, NOW, type VectorCast } from "./cast.js";
import { flipped, forgeBomb } from "./forge.js";
import { letter } from "./letters.js";
import { concat, packet, tag } from "./raw.js";
import {
  common,
  type DeliverChange,
  deliver,
  type Family,
  inMinutes,
  innerSeal,
  modes,
  other,
  type Recipe,
  roster,
  vectors,
} from "./recipes.js";

const text = new TextEncoder().encode("Subject: not a key packet\r\n\r\nThe letter.\r\n");

function sealed(cast: VectorCast, mode: Mode) {
  return sealPost({
    mode,
    payload: letter(cast),
    messageId: MESSAGE_ID,
    list: { address: cast.address, key: sealingHalf(cast.listKey) },
    server: sealingHalf(cast.serverKey),
    author: cast.alice,
    date: NOW,
  });
}

async function copyOf(cast: VectorCast, mode: Mode, delivery: DeliveryMode) {
  const context = {
    list: { address: cast.address, key: sealingHalf(cast.listKey) },
    server: cast.serverKey,
    author: sealingHalf(cast.alice),
    now: NOW,
    roster,
    date: NOW,
  };
  const prepared = await prepareReseal(await openAtServer(await sealed(cast, mode), context), context);
  return delivery === "opened" ? forwardOpened(prepared) : resealFor(prepared, sealingHalf(cast.bob), NOW);
}

const good = [
  ...(["resealed", "opened"] as const).flatMap((delivery) =>
    vectors(
      "member",
      `${delivery}-good`,
      { origin: "list" },
      "As the product's server makes it.",
      (cast, mode) => copyOf(cast, mode, delivery),
      { modes },
    ),
  ),
  ...vectors("author", "good", { origin: "own-copy" }, "Alice's own copy, as it lies in Sent.", sealed, {
    modes,
  }),
];

type Change = (cast: VectorCast) => DeliverChange | Promise<DeliverChange>;

/** A copy that is refused, or (`not-for-me`) left alone. */
function refused(
  name: string,
  expect: "not-for-me" | ProtocolCode,
  comment: string,
  change: Change,
  family: Family = {},
): [string, Recipe][] {
  const make = async (cast: VectorCast, mode: Mode) => deliver(cast, mode, await change(cast));
  return vectors("member", name, expect, comment, make, family);
}

/** A copy that is shown, without the list's word or with the lesser one about somebody who is no member. */
function unproved(
  name: string,
  origin: string,
  comment: string,
  change: Change,
  family: Family = {},
): [string, Recipe][] {
  const make = async (cast: VectorCast, mode: Mode) => deliver(cast, mode, await change(cast));
  return vectors("member", name, { origin }, comment, make, family);
}

export const memberRecipes: ReadonlyMap<string, Recipe> = new Map([
  ...good,
  // the outer seal
  ...refused(
    "for-eve",
    "not-for-me",
    "Sealed for Eve.",
    (cast) => ({ outer: { to: [sealingHalf(cast.eve)] } }),
    { modes },
  ),
  ...refused("anonymous", "not-for-me", "The recipient is hidden; nothing is tried.", () => ({
    outer: { anonymous: true },
  })),
  ...refused("outer-flipped", "damaged", "A bit of the outer seal is flipped.", () => ({ sent: flipped }), {
    modes,
  }),
  ...refused(
    "outer-cut",
    "damaged",
    "The outer seal lacks its last byte.",
    () => ({
      sent: (part) => part.subarray(0, -1),
    }),
    { modes },
  ),
  ...refused(
    "outer-twice",
    "damaged",
    "The outer seal stands there twice.",
    () => ({
      sent: (part) => concat(part, part),
    }),
    { modes },
  ),
  ...refused("opened-trailing", "damaged", "Delivery `opened`: a byte follows the key packet.", () => ({
    delivery: "opened",
    sent: (part) => concat(part, Uint8Array.of(0)),
  })),
  ...refused(
    "opened-bad-list-signature",
    "damaged",
    "Delivery `opened`: the list signature is not one.",
    () => ({
      delivery: "opened",
      listSignature: () => text,
    }),
  ),
  ...refused("large-key-part", "too-large", "A key part of 33 kB.", () => ({
    sent: (part) => concat(part, new Uint8Array(33 * 1024)),
  })),
  ...refused("trailing", "malformed-key-packet", "A byte follows the key packet.", () => ({
    literal: ({ keyPacket }) => concat(keyPacket, Uint8Array.of(0)),
  })),
  ...refused(
    "other-list-key",
    "wrong-list",
    "The key packet is for another list's key.",
    (cast) => ({
      inner: { to: [sealingHalf(cast.otherListKey)] },
    }),
    { modes },
  ),
  // the body
  ...refused("body-flipped", "damaged", "A bit of the body is flipped.", () => ({ body: flipped })),
  ...refused("body-cut", "damaged", "The body lacks its last byte.", () => ({
    body: (b) => b.subarray(0, -1),
  })),
  ...refused("body-of-another", "damaged", "The body of another post.", (cast) => ({
    body: async () => (await innerSeal(cast)).dataPacket,
  })),
  ...refused("body-appended", "damaged", "A literal packet follows the body.", () => ({
    body: (body) => concat(body, packet(tag.literal, Uint8Array.of(0x62, 0, 0, 0, 0, 0, 0x21))),
  })),
  ...refused("body-tag-9", "damaged", "The body's tag says that it has no integrity protection.", () => ({
    body: (body) => concat(Uint8Array.of(0xc0 | 9), body.subarray(1)),
  })),
  ...refused(
    "body-flipped-whole",
    "damaged",
    "A bit of the data packet is flipped, under the list's signature.",
    () => ({
      literal: ({ keyPacket, dataPacket }) => concat(keyPacket, flipped(dataPacket)),
    }),
    { modes: ["whole"] },
  ),
  // what the inner signature says
  ...refused("unsigned", "not-signed", "Nobody signed it inside.", () => ({ inner: { by: [] } }), { modes }),
  ...refused("two-signatures", "several-signatures", "Alice and Eve signed it inside.", (cast) => ({
    inner: { by: [cast.alice, cast.eve] },
  })),
  ...refused(
    "by-eve",
    "unknown-author",
    "Eve signed it; the letter says Alice.",
    (cast) => ({
      inner: { by: [cast.eve] },
    }),
    { modes },
  ),
  ...refused(
    "by-the-list-key",
    "unknown-author",
    "Signed by the list key, which every member holds.",
    (cast) => ({
      inner: { by: [cast.listKey] },
    }),
  ),
  ...refused("bad-signature", "bad-signature", "Alice's signature is over something else.", async (cast) => {
    const says = { kind: "post", ...common(cast) } as const;
    const elsewhere = new TextEncoder().encode("another letter");
    return {
      inner: { by: [], signature: await signBinding(elsewhere, cast.alice, says, [], NOW) },
    };
  }),
  ...refused("signed-as-text", "wrong-kind", "The signature is over text, not over bytes.", (cast) => ({
    inner: { literal: new TextDecoder().decode(letter(cast)) },
  })),
  ...refused("kind-request", "wrong-kind", "A signed request, shown as a post.", () => ({
    innerSays: { kind: "request" },
  })),
  ...refused(
    "no-notations",
    "binding-missing",
    "A private letter of Alice's, encrypted again to the list.",
    () => ({
      innerSays: { kind: undefined, list: undefined, msgid: undefined },
    }),
    { modes },
  ),
  ...refused("two-message-ids", "binding-missing", "The message id stands there twice.", (cast) => ({
    inner: {
      says: {
        notations: { kind: "post", ...common(cast) },
        raw: [["msgid@v1.listseal.example", "<2@example.test>"]],
      },
    },
  })),
  ...refused("version-2", "unsupported-version", "Notations of a later version.", () => ({
    inner: { says: { notations: {}, raw: [["kind@v2.listseal.example", "post"]] } },
  })),
  ...refused(
    "forwarded",
    "wrong-list",
    "A post to another list, encrypted again to this one.",
    (cast) => ({
      innerSays: { list: other(cast) },
    }),
    { modes },
  ),
  ...refused("other-message-id", "binding-mismatch", "Signed under another message id.", () => ({
    innerSays: { msgid: "<2@example.test>" },
  })),
  ...refused("future", "from-the-future", "Signed 11 minutes ahead.", () => ({
    inner: { date: inMinutes(11) },
  })),
  ...unproved("nearly-future", "list", "Signed 9 minutes ahead.", () => ({ inner: { date: inMinutes(9) } })),
  // what the list signature says
  ...unproved(
    "from-nonmember",
    "list-from-nonmember",
    "The server let somebody post who is no member, and says so.",
    () => ({ through: { kind: "through-nonmember" } }),
    { modes },
  ),
  ...unproved("opened-from-nonmember", "list-from-nonmember", "The same in delivery `opened`.", () => ({
    delivery: "opened",
    through: { kind: "through-nonmember" },
  })),
  ...unproved(
    "opened-no-list-signature",
    "absent",
    "Delivery `opened`: no list signature beside it.",
    () => ({ delivery: "opened", through: "none" }),
    { modes },
  ),
  ...unproved(
    "opened-other-author",
    "by-another-author",
    "Delivery `opened`: the list signature names Eve.",
    (cast) => ({ delivery: "opened", through: { by: cast.eve.fingerprint } }),
    { modes },
  ),
  ...unproved(
    "no-list-signature",
    "absent",
    "Sealed for Bob by somebody, without the list's word.",
    () => ({
      through: "none",
    }),
    { modes },
  ),
  ...unproved(
    "list-signature-by-eve",
    "not-by-this-server",
    "Eve's key made the list signature.",
    (cast) => ({
      throughBy: cast.eve,
    }),
  ),
  ...unproved(
    "list-signature-other-server",
    "not-by-this-server",
    "Another list's server signed.",
    (cast) => ({
      throughBy: cast.otherServerKey,
    }),
  ),
  ...unproved(
    "list-signature-other-list",
    "for-another-list",
    "The list signature names another list.",
    (cast) => ({
      through: { list: other(cast) },
    }),
  ),
  ...unproved(
    "list-signature-other-message",
    "for-another-message",
    "It names another message.",
    () => ({
      through: { msgid: "<2@example.test>" },
    }),
    { modes },
  ),
  ...unproved(
    "list-signature-moved",
    "for-another-message",
    "It names another body: moved by a former member.",
    () => ({
      through: { "body-sha256": "cd".repeat(32) },
    }),
  ),
  ...unproved(
    "list-signature-other-author",
    "by-another-author",
    "Eve submitted it; Alice signed inside.",
    (cast) => ({
      through: { by: cast.eve.fingerprint },
    }),
    { modes },
  ),
  ...unproved(
    "list-signature-older",
    "older-than-the-post",
    "The list signature is 11 minutes older.",
    () => ({
      throughDate: inMinutes(-11),
    }),
  ),
  ...unproved("list-signature-kind", "unreadable", "A signature of the server's, of another kind.", () => ({
    through: { kind: "answer" },
  })),
  ...unproved("list-signature-no-roster", "unreadable", "The roster entry is missing.", () => ({
    through: { roster: undefined },
  })),
  ...unproved("list-signature-bad-roster", "unreadable", "The roster entry is no number and hash.", () => ({
    through: { roster: "seven" },
  })),
  ...unproved(
    "list-signature-roster-zeros",
    "unreadable",
    "The roster entry's number begins with a zero.",
    () => ({
      through: { roster: `07 ${roster.hash}` },
    }),
  ),
  ...unproved("list-signature-roster-long", "unreadable", "The roster entry's number has 16 digits.", () => ({
    through: { roster: `${"9".repeat(16)} ${roster.hash}` },
  })),
  ...unproved("list-signature-nearly-older", "list", "The list signature is 9 minutes older.", () => ({
    throughDate: inMinutes(-9),
  })),
  ...refused(
    "opened-large-list-signature",
    "too-large",
    "Delivery `opened`: the list signature has 5 kB more.",
    () => ({ delivery: "opened", listSignature: (bytes) => concat(bytes, new Uint8Array(5000)) }),
  ),
  ...vectors(
    "member",
    "nested-bomb",
    "damaged",
    "1 MiB of zeros, compressed twice: compression in compression is not read.",
    async (cast) => ({ mode: "whole", message: await forgeBomb(2 ** 20, 2, sealingHalf(cast.bob)) }),
    { modes: ["whole"] },
  ),
]);
