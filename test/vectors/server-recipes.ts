/** Vectors for the server: submissions, each with one fault. */

import type { ProtocolCode } from "../../src/openpgp/errors.js";
import { MAX_PAYLOAD_BYTES } from "../../src/openpgp/policy.js";
import { signBinding } from "../../src/protocol/binding.js";
import { sealingHalf, sealPost } from "../../src/protocol/index.js";
import { MESSAGE_ID, NOW, type VectorCast } from "./cast.js";
import { flipped, forgeBomb, respelled } from "./forge.js";
import { letter } from "./letters.js";
import { bodyOfPacket, concat, packet, tag } from "./raw.js";
import {
  common,
  type Family,
  inMinutes,
  innerSeal,
  modes,
  other,
  type Recipe,
  type SubmitChange,
  submit,
  vectors,
} from "./recipes.js";

const text = new TextEncoder().encode("Subject: not a key packet\r\n\r\nThe letter.\r\n");

/** A submission with a fault, in both modes where it applies to both. */
function refused(
  name: string,
  expect: ProtocolCode,
  comment: string,
  change: (cast: VectorCast) => SubmitChange | Promise<SubmitChange>,
  family: Family = {},
): [string, Recipe][] {
  return vectors(
    "server",
    name,
    expect,
    comment,
    async (cast, mode) => submit(cast, mode, await change(cast)),
    family,
  );
}

const marker = packet(tag.marker, new TextEncoder().encode("PGP"));

const good = vectors(
  "server",
  "good",
  "opened",
  "As the product seals it.",
  (cast, mode) =>
    sealPost({
      mode,
      payload: letter(cast),
      messageId: MESSAGE_ID,
      list: { address: cast.address, key: sealingHalf(cast.listKey) },
      server: sealingHalf(cast.serverKey),
      author: cast.alice,
      date: NOW,
    }),
  { modes },
);

export const serverRecipes: ReadonlyMap<string, Recipe> = new Map([
  ...good,
  // what the outer signature says
  ...refused("unsigned", "not-signed", "Nobody signed it.", () => ({ outer: { by: [] } }), { modes }),
  ...refused("two-signatures", "several-signatures", "Alice and Bob signed it.", (cast) => ({
    outer: { by: [cast.alice, cast.bob] },
  })),
  ...refused("by-eve", "unknown-author", "Eve signed it; the header says Alice.", (cast) => ({
    outer: { by: [cast.eve] },
  })),
  ...refused("bad-signature", "bad-signature", "Alice's signature is over something else.", async (cast) => {
    const says = { kind: "submit", ...common(cast) } as const;
    return { outer: { by: [], signature: await signBinding(text, cast.alice, says, [], NOW) } };
  }),
  ...refused("signed-as-text", "wrong-kind", "The signature is over text, not over bytes.", () => ({
    outer: { literal: "no key packet either, but that is looked at later" },
  })),
  ...refused("kind-post", "wrong-kind", "The outer signature is of the inner kind.", () => ({
    outerSays: { kind: "post" },
  })),
  ...refused("no-kind", "binding-missing", "The kind is missing.", () => ({
    outerSays: { kind: undefined },
  })),
  ...refused("no-list", "binding-missing", "The list is missing.", () => ({
    outerSays: { list: undefined },
  })),
  ...refused("no-message-id", "binding-missing", "The message id is missing.", () => ({
    outerSays: { msgid: undefined },
  })),
  ...refused("no-digest", "binding-missing", "The body's digest is missing.", () => ({
    outerSays: { "body-sha256": undefined },
  })),
  ...(
    [
      ["bare", "1@example.test", "no angle brackets"],
      ["no-at", "<1.example.test>", "no `@`"],
      ["blank", "<1 @example.test>", "a blank in it"],
      ["two", "<1@example.test> <2@example.test>", "another id behind it"],
      ["line", "<1@example.test>\r\nBcc: eve@example.test", "a line end and a field behind it"],
      ["long", `<${"1".repeat(240)}@example.test>`, "more than 250 octets"],
    ] as const
  ).flatMap(([name, msgid, what]) =>
    refused(`message-id-${name}`, "binding-mismatch", `The message id has ${what}.`, () => ({
      outerSays: { msgid },
    })),
  ),
  ...refused("two-lists", "binding-missing", "The list stands there twice.", (cast) => ({
    raw: [["list@v1.listseal.example", other(cast)]],
  })),
  ...refused("says-too-much", "binding-mismatch", "A notation that belongs to a list signature.", (cast) => ({
    raw: [["by@v1.listseal.example", cast.alice.fingerprint]],
  })),
  ...refused(
    "digest-in-whole",
    "binding-mismatch",
    "A body's digest where there is no body.",
    () => ({
      outerSays: { "body-sha256": "ab".repeat(32) },
    }),
    { modes: ["whole"] },
  ),
  ...refused("version-2", "unsupported-version", "Notations of a later version.", () => ({
    outerSays: { kind: undefined, list: undefined, msgid: undefined, "body-sha256": undefined },
    raw: [["kind@v2.listseal.example", "submit"]],
  })),
  ...refused(
    "other-list",
    "wrong-list",
    "Signed for another list.",
    (cast) => ({
      outerSays: { list: other(cast) },
    }),
    { modes },
  ),
  ...refused("other-list-key", "wrong-list", "Signed for this address with another list key.", (cast) => ({
    outerSays: { list: `${cast.address} ${cast.otherListKey.fingerprint}` },
  })),
  ...refused("too-old", "too-old", "Signed 7 days and a minute ago.", () => ({
    outer: { date: inMinutes(-7 * 24 * 60 - 1) },
  })),
  ...vectors("server", "nearly-too-old", "opened", "Signed 7 days ago but for a minute.", (cast, mode) =>
    submit(cast, mode, { outer: { date: inMinutes(-7 * 24 * 60 + 1) } }),
  ),
  ...vectors("server", "nearly-future", "opened", "Signed 9 minutes ahead.", (cast, mode) =>
    submit(cast, mode, { outer: { date: inMinutes(9) } }),
  ),
  ...refused("future", "from-the-future", "Signed 11 minutes ahead.", () => ({
    outer: { date: inMinutes(11) },
  })),
  // the outer seal
  ...refused(
    "other-server",
    "wrong-list",
    "Sealed to another list's server key.",
    (cast) => ({
      outer: { to: [sealingHalf(cast.otherServerKey)] },
    }),
    { modes },
  ),
  ...refused("anonymous", "wrong-list", "The recipients are hidden; nothing is tried.", () => ({
    outer: { anonymous: true },
  })),
  ...refused("outer-flipped", "damaged", "A bit of the outer seal is flipped.", () => ({ sent: flipped }), {
    modes,
  }),
  ...refused(
    "last-tag-flipped",
    "damaged",
    "A bit of the outer seal's last tag is flipped.",
    () => ({
      sent: (part) => flipped(part, part.length - 1),
    }),
    { modes, profiles: ["rfc9580"] },
  ),
  ...refused(
    "outer-cut",
    "damaged",
    "The last byte is missing.",
    () => ({ sent: (part) => part.subarray(0, -1) }),
    {
      modes,
    },
  ),
  ...refused(
    "outer-appended",
    "damaged",
    "The outer seal stands there twice.",
    () => ({
      sent: (part) => concat(part, part),
    }),
    { modes: ["whole"] },
  ),
  ...refused("large-key-part", "too-large", "A key part of 33 kB.", () => ({
    sent: (part) => concat(part, new Uint8Array(33 * 1024)),
  })),
  // what is inside: checked on bytes
  ...refused("no-key-packet", "malformed-key-packet", "Text where the key packet should be.", () => ({
    literal: () => text,
  })),
  ...refused("trailing", "malformed-key-packet", "A byte follows the key packet.", () => ({
    literal: ({ keyPacket }) => concat(keyPacket, Uint8Array.of(0)),
  })),
  ...refused("marker", "malformed-key-packet", "A marker packet comes before the key packet.", () => ({
    literal: ({ keyPacket }) => concat(marker, keyPacket),
  })),
  ...refused(
    "respelled",
    "malformed-key-packet",
    "The key packet's length is written in five octets.",
    () => ({
      literal: ({ keyPacket }) => respelled(keyPacket),
    }),
  ),
  ...refused(
    "padded",
    "malformed-key-packet",
    "The key packet's body is one byte longer than its fields.",
    () => ({
      literal: ({ keyPacket }) => packet(1, concat(bodyOfPacket(keyPacket), Uint8Array.of(0))),
    }),
  ),
  ...refused(
    "two-key-packets",
    "malformed-key-packet",
    "The inner seal is for the list and for Bob.",
    (cast) => ({
      inner: { to: [sealingHalf(cast.listKey), sealingHalf(cast.bob)] },
    }),
  ),
  ...refused("skesk", "malformed-key-packet", "A packet for a password where a PKESK should be.", () => ({
    literal: ({ keyPacket }) => packet(3, bodyOfPacket(keyPacket)),
  })),
  ...refused("key-packet-cut", "malformed-key-packet", "The key packet lacks its last byte.", () => ({
    literal: ({ keyPacket }) => keyPacket.subarray(0, -1),
  })),
  ...refused(
    "for-other-list-key",
    "wrong-list",
    "The key packet is for another list's key.",
    (cast) => ({
      inner: { to: [sealingHalf(cast.otherListKey)] },
    }),
    { modes },
  ),
  ...refused(
    "large-key-packet",
    "too-large",
    "A key packet of 5 kB.",
    () => ({
      literal: ({ keyPacket }) => packet(1, concat(bodyOfPacket(keyPacket), new Uint8Array(5000))),
    }),
    { modes },
  ),
  ...refused(
    "no-body",
    "damaged",
    "The key packet stands alone.",
    () => ({ literal: (parts) => parts.keyPacket }),
    {
      modes: ["whole"],
    },
  ),
  ...refused(
    "two-bodies",
    "damaged",
    "Two data packets.",
    () => ({
      literal: ({ keyPacket, dataPacket }) => concat(keyPacket, dataPacket, dataPacket),
    }),
    { modes: ["whole"] },
  ),
  // the body beside it
  ...refused("body-flipped", "binding-mismatch", "A bit of the body is flipped.", () => ({ body: flipped })),
  ...refused("body-of-another", "binding-mismatch", "The body of another post.", (cast) => ({
    body: async () => (await innerSeal(cast)).dataPacket,
  })),
  ...refused("body-cut", "damaged", "The body lacks its last byte.", () => ({
    body: (b) => b.subarray(0, -1),
  })),
  ...refused("body-appended", "damaged", "A marker packet follows the body.", () => ({
    body: (body) => concat(body, marker),
  })),
  ...refused("body-tag-9", "damaged", "The body's tag says that it has no integrity protection.", () => ({
    body: (body) => concat(Uint8Array.of(0xc0 | 9), body.subarray(1)),
  })),
  ...vectors(
    "server",
    "bomb",
    "too-large",
    "100 MiB and a byte of zeros, compressed.",
    async (cast) => ({
      mode: "whole",
      message: await forgeBomb(MAX_PAYLOAD_BYTES + 1, 1, sealingHalf(cast.serverKey)),
    }),
    { modes: ["whole"] },
  ),
  ...vectors(
    "server",
    "nested-bomb",
    "damaged",
    "1 MiB of zeros, compressed twice: compression in compression is not read.",
    async (cast) => ({
      mode: "whole",
      message: await forgeBomb(2 ** 20, 2, sealingHalf(cast.serverKey)),
    }),
    { modes: ["whole"] },
  ),
]);
