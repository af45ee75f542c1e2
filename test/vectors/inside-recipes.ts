/** Vectors for the packets inside a seal: their grammar, how many, compressed how; each at the server, around a copy and in the inner seal. */
import { deflateRawSync, deflateSync } from "node:zlib";
import type { ProtocolCode } from "../../src/openpgp/errors.js";
import { MAX_PACKETS_INSIDE } from "../../src/openpgp/policy.js";
import type { VectorCast } from "./cast.js";
import {
  chunked,
  concat,
  literalPacket,
  onePassPacket,
  packet,
  type RawSeal,
  type RawSignature,
  type Spelling,
  signatureBody,
  signedMessage,
  tag,
} from "./raw.js";
import { deliver, type Family, type Recipe, submit, vectors } from "./recipes.js";

type Packets = (usual: RawSignature) => Uint8Array;

/** A seal with these packets inside: at the server, around Bob's copy, and to the list. */
function inside(
  name: string,
  expect: "opened" | ProtocolCode,
  comment: string,
  packets: Packets,
  family: Family = {},
): [string, Recipe][] {
  const raw = { packets };
  const read = expect === "opened" ? { origin: "list" } : expect;
  const submitted = (cast: VectorCast, mode: "key" | "whole") => submit(cast, mode, { outerRaw: raw });
  return [
    ...vectors("server", `outer-${name}`, expect, comment, submitted, family),
    ...vectors(
      "member",
      `outer-${name}`,
      read,
      comment,
      (cast, mode) => deliver(cast, mode, { outerRaw: raw }),
      family,
    ),
    ...vectors(
      "member",
      `inner-${name}`,
      read,
      comment,
      (cast, mode) => deliver(cast, mode, { innerRaw: raw }),
      family,
    ),
  ];
}

/** An outer seal with these packets inside, where a key packet should be: refused for its size. */
function outside(
  name: string,
  comment: string,
  packets: Packets,
  seal: Partial<RawSeal> = {},
  expect: ProtocolCode = "too-large",
): [string, Recipe][] {
  const outerRaw = { packets, seal };
  const family: Family = seal.aead === "ocb" ? { profiles: ["rfc9580"] } : {};
  return [
    ...vectors(
      "server",
      `outer-${name}`,
      expect,
      comment,
      (cast, mode) => submit(cast, mode, { outerRaw }),
      family,
    ),
    ...vectors(
      "member",
      `outer-${name}`,
      expect,
      comment,
      (cast, mode) => deliver(cast, mode, { outerRaw }),
      family,
    ),
  ];
}

/** One-pass signature, literal, signature; and what stands around them. */
const around =
  (before: readonly Uint8Array[], between: readonly Uint8Array[] = [], after: readonly Uint8Array[] = []) =>
  (usual: RawSignature): Uint8Array => {
    const body = signatureBody(usual);
    return concat(
      ...before,
      onePassPacket(body, usual.by),
      ...between,
      literalPacket(usual.over),
      packet(tag.signature, body),
      ...after,
    );
  };

const compressed =
  (method: number, squeeze: (packets: Uint8Array) => Uint8Array): Packets =>
  (usual) =>
    packet(tag.compressed, concat(Uint8Array.of(method), squeeze(signedMessage(usual))));

const literal =
  (options: Parameters<typeof literalPacket>[1]): Packets =>
  (usual) =>
    signedMessage(usual, literalPacket(usual.over, options));

const marker = packet(tag.marker, new TextEncoder().encode("PGP"));
const padding = packet(tag.padding, new Uint8Array(20));
const trust = packet(tag.trust, Uint8Array.of(1, 2));
const other = literalPacket(new TextEncoder().encode("another literal"));
const of = (count: number, one: Uint8Array) => Array.from({ length: count }, () => one);
/** One-pass signature, literal, signature. */
const USUAL = 3;

const spelled = (spelling: Spelling): Packets => literal({ spelling });

/** The empty bzip2 stream around nothing would be no message; this one is never looked into. */
const BZIP2 = 3;

export const insideRecipes: ReadonlyMap<string, Recipe> = new Map([
  // the literal
  ...inside("two-literals", "damaged", "A second literal follows the first.", around([], [], [other])),
  ...inside("literal-in-front", "damaged", "A literal stands in front of the signed one.", around([other])),
  ...inside("no-literal", "damaged", "A signature, and no literal.", (usual) =>
    packet(tag.signature, signatureBody(usual)),
  ),
  ...inside("nothing", "damaged", "No packet at all.", () => new Uint8Array()),
  ...inside(
    "literal-named",
    "opened",
    "The literal has a file name and a date: nobody has signed them, and they are not looked at.",
    literal({ name: "invoice.exe", date: new Date("1999-12-31T23:59:59Z") }),
  ),
  ...inside("literal-as-text", "opened", "The literal's format is `u`, text.", literal({ format: "u" })),
  ...inside("literal-cut", "damaged", "A literal that ends within its own fields.", (usual) =>
    signedMessage(usual, packet(tag.literal, Uint8Array.of(0x62, 20, 0x61))),
  ),
  ...inside("literal-longer", "damaged", "A literal whose length goes beyond the seal's end.", (usual) => {
    const literal = literalPacket(usual.over, { spelling: "five" });
    // the last of the five octets of its length
    const longer = literal.map((octet, i) => (i === 5 ? octet + 4 : octet));
    return concat(packet(tag.signature, signatureBody(usual)), longer);
  }),
  // how a header is spelled
  ...inside("literal-five-octets", "opened", "The literal's length is in five octets.", spelled("five")),
  ...inside("literal-old-header", "opened", "The literal has a header of the old format.", spelled("old")),
  ...inside(
    "literal-partial",
    "opened",
    "The literal comes in partial lengths, the first of 512 octets.",
    spelled("partial"),
    { modes: ["whole"] },
  ),
  ...inside(
    "small-chunks",
    "too-large",
    "The literal comes in chunks of one octet.",
    (usual) => signedMessage(usual, chunked(tag.literal, literalPacket(usual.over).subarray(3), 1)),
    { modes: ["whole"] },
  ),
  // signatures and their one-pass packets
  ...inside("one-pass-alone", "damaged", "A one-pass packet without its signature.", (usual) =>
    concat(onePassPacket(signatureBody(usual), usual.by), literalPacket(usual.over)),
  ),
  ...inside(
    "signature-behind-alone",
    "damaged",
    "A signature behind the literal, without a one-pass packet.",
    (usual) => concat(literalPacket(usual.over), packet(tag.signature, signatureBody(usual))),
  ),
  // what is skipped, and what is not
  ...inside("marker", "opened", "A marker packet in front: it is skipped.", around([marker])),
  ...inside("padding", "opened", "A padding packet behind: it is skipped.", around([], [], [padding])),
  ...inside("trust", "opened", "A trust packet behind: it is skipped.", around([], [], [trust])),
  ...inside(
    "tag-40",
    "damaged",
    "A packet of type 40, which has no meaning.",
    around([], [], [packet(40, Uint8Array.of(1))]),
  ),
  ...inside(
    "tag-60",
    "damaged",
    "A packet of type 60, which is private.",
    around([packet(60, Uint8Array.of(1))]),
  ),
  ...inside(
    "tag-20",
    "damaged",
    "A packet of type 20, which a reader must know.",
    around([], [], [packet(20, Uint8Array.of(1))]),
  ),
  ...inside(
    "user-id",
    "damaged",
    "A User ID packet, which belongs in a certificate.",
    around([], [], [packet(13, Uint8Array.of(0x41))]),
  ),
  ...inside(
    "sixteen-packets",
    "opened",
    "Sixteen packets, of which thirteen are markers.",
    around(of(MAX_PACKETS_INSIDE - USUAL, marker)),
  ),
  ...inside(
    "seventeen-packets",
    "too-large",
    "Seventeen packets, of which fourteen are markers.",
    around(of(MAX_PACKETS_INSIDE - USUAL + 1, marker)),
  ),
  ...inside(
    "seventeen-paddings",
    "too-large",
    "Seventeen packets, of which fourteen are paddings, behind the signature.",
    around([], [], of(MAX_PACKETS_INSIDE - USUAL + 1, padding)),
  ),
  // compression
  ...inside("zip", "opened", "Compressed by ZIP.", compressed(1, deflateRawSync)),
  ...inside("zlib", "opened", "Compressed by ZLIB.", compressed(2, deflateSync)),
  ...inside(
    "uncompressed",
    "opened",
    "In a compressed packet whose method is 0, uncompressed.",
    compressed(0, (packets) => packets),
  ),
  ...inside(
    "bzip2",
    "unsupported-algorithm",
    "In a compressed packet whose method is BZip2.",
    compressed(BZIP2, (packets) => packets),
  ),
  ...inside("compressed-twice", "damaged", "A compressed packet in a compressed packet.", (usual) =>
    packet(tag.compressed, concat(Uint8Array.of(1), deflateRawSync(compressed(1, deflateRawSync)(usual)))),
  ),
  ...inside("compressed-and-more", "damaged", "A literal follows the compressed packet.", (usual) =>
    concat(compressed(1, deflateRawSync)(usual), other),
  ),
  ...inside("compressed-marker", "opened", "A marker packet in front of the compressed one.", (usual) =>
    concat(marker, compressed(1, deflateRawSync)(usual)),
  ),
  ...inside("compressed-flipped", "damaged", "The compressed octets are no ZIP.", (usual) =>
    packet(tag.compressed, concat(Uint8Array.of(1), signedMessage(usual))),
  ),
  ...inside(
    "literal-compressed",
    "damaged",
    "The literal alone is compressed, between the signature's packets.",
    (usual) => {
      const zipped = concat(Uint8Array.of(1), deflateRawSync(literalPacket(usual.over)));
      return signedMessage(usual, packet(tag.compressed, zipped));
    },
  ),
  ...inside("seventeen-packets-compressed", "too-large", "Seventeen packets, in a compressed one.", (usual) =>
    packet(
      tag.compressed,
      concat(Uint8Array.of(1), deflateRawSync(around(of(MAX_PACKETS_INSIDE - USUAL + 1, marker))(usual))),
    ),
  ),
  // sizes
  ...outside("large-literal", "A literal of 5 kB.", (usual) =>
    signedMessage({ ...usual, over: new Uint8Array(5000) }),
  ),
  ...outside("large-literal-zip", "A literal of 100 kB, compressed to a few octets.", (usual) =>
    compressed(1, deflateRawSync)({ ...usual, over: new Uint8Array(100_000) }),
  ),
  ...outside(
    "ocb-large-literal",
    "A literal of 5 kB, encrypted with OCB.",
    (usual) => signedMessage({ ...usual, over: new Uint8Array(5000) }),
    { aead: "ocb" },
  ),
  ...outside(
    "ocb-large-literal-zip",
    "A literal of 100 kB, compressed to a few octets, encrypted with OCB.",
    (usual) => compressed(1, deflateRawSync)({ ...usual, over: new Uint8Array(100_000) }),
    { aead: "ocb" },
  ),
  ...outside(
    "ocb-two-literals",
    "Two literals, encrypted with OCB.",
    around([], [], [other]),
    { aead: "ocb" },
    "damaged",
  ),
  ...outside(
    "ocb-tag-40",
    "A packet of type 40, encrypted with OCB.",
    around([packet(40, Uint8Array.of(1))]),
    { aead: "ocb" },
    "damaged",
  ),
  // another seal inside
  ...inside(
    "session-key-inside",
    "damaged",
    "A session key packet inside a seal.",
    around([packet(1, new Uint8Array(40))]),
  ),
]);
