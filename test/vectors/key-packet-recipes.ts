/**
 * Vectors for a key packet octet by octet, as the literal of an outer seal: the server can't open it and has the octets alone to go by; a
 * reader looks at them before it opens anything.
 */
import type { ProtocolCode } from "../../src/openpgp/errors.js";
import { type SplitMessage, sealingHalf } from "../../src/protocol/index.js";
import { type VectorCast, vectorSecrets } from "./cast.js";
import { bodyOfPacket, concat, literalPacket, packet, type Spelling, skeskPacket, tag } from "./raw.js";
import { deliver, type Expected, type Family, type Recipe, submit, vectors } from "./recipes.js";

type Literal = (parts: SplitMessage, cast: VectorCast) => Uint8Array;

/** The same literal at the server and in a copy. */
function literals(
  name: string,
  expect: "opened" | ProtocolCode,
  comment: string,
  literal: Literal,
  family: Family = {},
): [string, Recipe][] {
  const change = (cast: VectorCast) => ({ literal: (parts: SplitMessage) => literal(parts, cast) });
  const read: Expected = expect === "opened" ? { origin: "list" } : expect;
  return [
    ...vectors(
      "server",
      `key-packet-${name}`,
      expect,
      comment,
      (c, mode) => submit(c, mode, change(c)),
      family,
    ),
    ...vectors(
      "member",
      `key-packet-${name}`,
      read,
      comment,
      (c, mode) => deliver(c, mode, change(c)),
      family,
    ),
  ];
}

/** The key packet with its body changed. */
const bodied =
  (change: (body: Uint8Array) => Uint8Array): Literal =>
  ({ keyPacket }) =>
    packet(tag.pkesk, change(bodyOfPacket(keyPacket)));

const octet = (at: number, value: number | ((octet: number) => number)): Literal =>
  bodied((body) => body.map((old, i) => (i !== at ? old : typeof value === "number" ? value : value(old))));

const spelled =
  (spelling: Spelling): Literal =>
  ({ keyPacket }) =>
    packet(tag.pkesk, bodyOfPacket(keyPacket), spelling);

const compatible: Family = { profiles: ["compatible"] };
const rfc9580: Family = { profiles: ["rfc9580"] };

/** Where the fields are: PKESK version 3 for ECDH, and version 6 for X25519. */
const v3 = { id: 1, algorithm: 9, bits: 10, point: 12, octets: 33 } as const;
const v6 = { length: 1, version: 2, id: 3, algorithm: 35, point: 36, octets: 32 } as const;

/** A copy and a submission where the list has a secret, with the session key packet changed. */
function underListSecret(
  name: string,
  comment: string,
  change: (body: Uint8Array, version: 4 | 6) => Uint8Array,
  expect: "opened" | ProtocolCode = "malformed-key-packet",
  family: Family = {},
): [string, Recipe][] {
  const changed = async (cast: VectorCast) => {
    const { list } = await vectorSecrets(cast.profile);
    const version = cast.profile === "rfc9580" ? 6 : 4;
    const says = { list: `${cast.address} ${list.fingerprint}` };
    const keyPackets = (sessionKey: Uint8Array) =>
      packet(tag.skesk, change(bodyOfPacket(skeskPacket({ secret: list, version }, sessionKey)), version));
    return {
      innerSays: says,
      innerRaw: {
        signature: ({ hashed }: { readonly hashed: readonly Uint8Array[] }) => ({
          hashed: hashed.filter((each) => each[1] !== 35),
        }),
        seal: { to: [list], keyPackets },
      },
      says,
    };
  };
  const about = { ...family, shared: "list" };
  const read: Expected = expect === "opened" ? { origin: "list" } : expect;
  return [
    ...vectors(
      "server",
      `shared-list-${name}`,
      expect,
      comment,
      async (cast, mode) => {
        const { says, ...inner } = await changed(cast);
        return submit(cast, mode, { ...inner, outerSays: says });
      },
      about,
    ),
    ...vectors(
      "member",
      `shared-list-${name}`,
      read,
      comment,
      async (cast, mode) => {
        const { says, ...inner } = await changed(cast);
        return deliver(cast, mode, { ...inner, through: says });
      },
      about,
    ),
  ];
}

const at = (place: number, value: number) => (body: Uint8Array) =>
  body.map((old, i) => (i === place ? value : old));

const large = (octets: number) => new Uint8Array(octets);
const text = new TextEncoder().encode("no key packet");

export const keyPacketRecipes: ReadonlyMap<string, Recipe> = new Map([
  // its header
  ...literals(
    "old-header",
    "opened",
    "Its header is of the old format, which GnuPG 2.2 writes.",
    spelled("old"),
  ),
  ...literals(
    "old-header-long",
    "malformed-key-packet",
    "A header of the old format with four octets of length.",
    spelled("old-long"),
  ),
  ...literals(
    "old-header-open",
    "malformed-key-packet",
    "A header of the old format whose length is indeterminate.",
    spelled("old-indeterminate"),
  ),
  ...literals(
    "not-a-packet",
    "malformed-key-packet",
    "Its first octet's highest bit is not set.",
    ({ keyPacket }) => concat(Uint8Array.of(0x41), keyPacket.subarray(1)),
  ),
  ...literals("partial", "malformed-key-packet", "Its length is a partial one.", ({ keyPacket }) => {
    const body = bodyOfPacket(keyPacket);
    return concat(
      Uint8Array.of(0xc1, 224 + 6),
      body.subarray(0, 64),
      Uint8Array.of(body.length - 64),
      body.subarray(64),
    );
  }),
  // whom it is for
  ...literals("version-2", "unsupported-algorithm", "Its version is 2.", octet(0, 2)),
  ...literals(
    "algorithm",
    "wrong-list",
    "Its public-key algorithm is RSA.",
    octet(v3.algorithm, 1),
    compatible,
  ),
  ...literals("algorithm", "wrong-list", "Its public-key algorithm is RSA.", octet(v6.algorithm, 1), rfc9580),
  ...literals(
    "fingerprint-length",
    "wrong-list",
    "The fingerprint's length is of a version 4 key.",
    octet(v6.length, 21),
    rfc9580,
  ),
  ...literals(
    "fingerprint-version",
    "wrong-list",
    "The fingerprint's key version is 4.",
    octet(v6.version, 4),
    rfc9580,
  ),
  ...literals(
    "key-id",
    "wrong-list",
    "A bit of the key id is flipped.",
    octet(v3.id, (old) => old ^ 1),
    compatible,
  ),
  ...literals(
    "fingerprint",
    "wrong-list",
    "A bit of the fingerprint is flipped.",
    octet(v6.id + 31, (old) => old ^ 1),
    rfc9580,
  ),
  // its fields
  ...literals(
    "point-bit",
    "malformed-key-packet",
    "The unused highest bit of the ephemeral point is set: it opens, and is another spelling.",
    octet(v3.point + v3.octets - 1, (old) => old | 0x80),
    compatible,
  ),
  ...literals(
    "point-bit",
    "malformed-key-packet",
    "The unused highest bit of the ephemeral key is set: it opens, and is another spelling.",
    octet(v6.point + v6.octets - 1, (old) => old | 0x80),
    rfc9580,
  ),
  ...literals(
    "point-bits",
    "malformed-key-packet",
    "The point's count of bits is one more than it has.",
    octet(v3.bits + 1, (old) => old + 1),
    compatible,
  ),
  ...literals(
    "point-empty",
    "malformed-key-packet",
    "The point has no bits.",
    bodied((body) => concat(body.subarray(0, v3.bits), Uint8Array.of(0, 0, 0x80), large(0x80))),
    compatible,
  ),
  ...literals(
    "key-length",
    "malformed-key-packet",
    "The wrapped key's length is one less than it is.",
    octet(v3.point + v3.octets, (old) => old - 1),
    compatible,
  ),
  ...literals(
    "key-length",
    "malformed-key-packet",
    "The wrapped key's length is one less than it is.",
    octet(v6.point + v6.octets, (old) => old - 1),
    rfc9580,
  ),
  ...literals(
    "key-length-more",
    "malformed-key-packet",
    "The wrapped key's length is one more than it is.",
    octet(v6.point + v6.octets, (old) => old + 1),
    rfc9580,
  ),
  // what follows it
  ...literals(
    "padding-behind",
    "malformed-key-packet",
    "A padding packet follows the key packet.",
    ({ keyPacket }) => concat(keyPacket, packet(tag.padding, large(4))),
  ),
  ...literals("twice", "malformed-key-packet", "The key packet stands there twice.", ({ keyPacket }) =>
    concat(keyPacket, keyPacket),
  ),
  ...literals(
    "data-packet-behind",
    "malformed-key-packet",
    "Mode `key`, and the data packet follows.",
    ({ keyPacket, dataPacket }) => concat(keyPacket, dataPacket),
  ),
  ...literals(
    "literal-behind",
    "damaged",
    "Mode `whole`, and a literal follows in place of the data packet.",
    ({ keyPacket }) => concat(keyPacket, literalPacket(text)),
    { modes: ["whole"] },
  ),
  // sizes
  ...literals("large-literal", "too-large", "A literal of more than 4096 octets.", ({ keyPacket }) =>
    concat(keyPacket, large(4096)),
  ),
  // under the list's secret
  ...underListSecret("octets", "The session key packet as it must be.", (body) => body, "opened"),
  ...underListSecret("version-octet", "Its version is 5.", at(0, 5), "unsupported-algorithm"),
  ...underListSecret("cipher-octet", "Its cipher is AES-128.", (body, version) =>
    at(version === 4 ? 1 : 2, 7)(body),
  ),
  ...underListSecret("s2k-octet", "Its S2K is of type 1.", (body, version) =>
    at(version === 4 ? 2 : 5, 1)(body),
  ),
  ...underListSecret("s2k-hash-octet", "Its S2K's hash is SHA-1.", (body, version) =>
    at(version === 4 ? 3 : 6, 2)(body),
  ),
  ...underListSecret("s2k-count-octet", "Its S2K's count octet is 1.", (body, version) =>
    at(version === 4 ? 12 : 15, 1)(body),
  ),
  ...underListSecret("octet-more", "It is an octet longer than its fields.", (body) =>
    concat(body, Uint8Array.of(0)),
  ),
  ...underListSecret("octet-less", "It is an octet shorter than its fields.", (body) => body.subarray(0, -1)),
  ...underListSecret("aead-octet", "Its AEAD is EAX.", at(3, 1), "malformed-key-packet", rfc9580),
  ...underListSecret(
    "fields-count",
    "The count of its fields is one less.",
    (body) => at(1, (body[1] ?? 0) - 1)(body),
    "malformed-key-packet",
    rfc9580,
  ),
  ...underListSecret(
    "s2k-length",
    "The length of its S2K is one less.",
    (body) => at(4, (body[4] ?? 0) - 1)(body),
    "malformed-key-packet",
    rfc9580,
  ),
  // the body beside it
  ...vectors("member", "body-two", "damaged", "The body is two data packets.", (cast, mode) =>
    deliver(cast, mode, { body: (body) => concat(body, body) }),
  ),
  ...vectors(
    "member",
    "body-with-key-packet",
    "damaged",
    "The body is the whole inner message.",
    async (cast, mode) =>
      deliver(cast, mode, {
        innerRaw: {},
        body: (body) => concat(packet(tag.pkesk, large(60)), body),
        outer: { to: [sealingHalf(cast.bob)] },
      }),
  ),
]);
