/** Vectors for a seal itself: its session key packets, the version and cipher of its data packet, its codes against alteration. */
import type { ProtocolCode } from "../../src/openpgp/errors.js";
import { MAX_SESSION_KEY_PACKETS } from "../../src/openpgp/policy.js";
import { sealingHalf } from "../../src/protocol/index.js";
import type { VectorCast } from "./cast.js";
import { flipped } from "./forge.js";
import { concat, packet, type RawSeal, rawSeal, tag } from "./raw.js";
import {
  deliver,
  type Expected,
  type Family,
  type RawChange,
  type Recipe,
  submit,
  vectors,
} from "./recipes.js";

type Seal = (usual: RawSeal, cast: VectorCast) => Partial<RawSeal> | Promise<Partial<RawSeal>>;

/** What is expected at the server, around a copy, and of the seal to the list; the first for all if one is given. */
type Verdicts = Expected | { readonly server: Expected; readonly copy: Expected; readonly inner: Expected };

const isThree = (verdicts: Verdicts): verdicts is Exclude<Verdicts, Expected> =>
  typeof verdicts === "object" && "server" in verdicts;
const shown = (expect: Expected): Expected => (expect === "opened" ? { origin: "list" } : expect);

/** A seal made this way: at the server, around Bob's copy, and to the list. */
function sealedAs(
  name: string,
  verdicts: Verdicts,
  comment: string,
  seal: Seal,
  family: Family = {},
): [string, Recipe][] {
  const { server, copy, inner } = isThree(verdicts)
    ? verdicts
    : { server: verdicts, copy: verdicts, inner: verdicts };
  const raw = (cast: VectorCast): RawChange => ({ seal: (usual) => seal(usual, cast) });
  return [
    ...vectors(
      "server",
      `outer-${name}`,
      server,
      comment,
      (cast, mode) => submit(cast, mode, { outerRaw: raw(cast) }),
      family,
    ),
    ...vectors(
      "member",
      `outer-${name}`,
      shown(copy),
      comment,
      (cast, mode) => deliver(cast, mode, { outerRaw: raw(cast) }),
      family,
    ),
    ...vectors(
      "member",
      `inner-${name}`,
      shown(inner),
      comment,
      (cast, mode) => deliver(cast, mode, { innerRaw: raw(cast) }),
      family,
    ),
  ];
}

/** As {@link sealedAs} for the outer seals alone, which may have several readers. */
function outerAs(
  name: string,
  server: Expected,
  copy: Expected,
  comment: string,
  seal: Seal,
  family: Family = {},
): [string, Recipe][] {
  return sealedAs(name, { server, copy, inner: "damaged" }, comment, seal, family).filter(
    ([file]) => !file.includes(`-inner-${name}-`),
  );
}

/** Session key packets for these, in their order, all for one session key. */
async function packetsFor(
  usual: RawSeal,
  each: readonly Partial<RawSeal>[],
  change: (packets: Uint8Array) => Uint8Array = (packets) => packets,
): Promise<Partial<RawSeal>> {
  // made for the very session key that the seal draws: drawn once more, it would be another
  const sessionKey = crypto.getRandomValues(new Uint8Array(32));
  const packets: Uint8Array[] = [];
  for (const one of each) {
    packets.push((await rawSeal({ ...usual, ...one, sessionKey })).keyPacket);
  }
  return { sessionKey, keyPackets: () => change(concat(...packets)) };
}

const compatible: Family = { profiles: ["compatible"] };
const rfc9580: Family = { profiles: ["rfc9580"] };
const refusal: ProtocolCode = "unsupported-algorithm";

/** A session key packet that names its reader, and holds nothing that fits. */
const spoiled = (bytes: Uint8Array) => flipped(bytes, bytes.length - 4);

export const sealRecipes: ReadonlyMap<string, Recipe> = new Map([
  // which packets a profile has
  ...sealedAs(
    "other-profile",
    refusal,
    "PKESK version 3 and SEIPD version 1, for keys of version 6.",
    () => ({ version: 1, keyVersion: 1 }),
    rfc9580,
  ),
  ...sealedAs(
    "other-profile",
    refusal,
    "PKESK version 6 and SEIPD version 2, for keys of version 4.",
    () => ({ version: 2, keyVersion: 2 }),
    compatible,
  ),
  ...sealedAs(
    "pkesk-version",
    refusal,
    "A PKESK of version 3 in front of SEIPD version 2.",
    () => ({ keyVersion: 1 }),
    rfc9580,
  ),
  ...sealedAs(
    "pkesk-version",
    refusal,
    "A PKESK of version 6 in front of SEIPD version 1.",
    () => ({ keyVersion: 2 }),
    compatible,
  ),
  ...sealedAs(
    "seipd-version",
    refusal,
    "SEIPD version 1 behind a PKESK of version 6.",
    () => ({ version: 1, keyVersion: 2 }),
    rfc9580,
  ),
  ...sealedAs(
    "seipd-version",
    refusal,
    "SEIPD version 2 behind a PKESK of version 3.",
    () => ({ version: 2, keyVersion: 1 }),
    compatible,
  ),
  // ciphers
  ...sealedAs(
    "aes128",
    { server: "opened", copy: "opened", inner: refusal },
    "AES-128: for a copy by a member's preferences, and never to the list.",
    () => ({ cipher: "aes128" }),
  ),
  ...sealedAs(
    "aes192",
    { server: "opened", copy: "opened", inner: refusal },
    "AES-192: for a copy by a member's preferences, and never to the list.",
    () => ({ cipher: "aes192" }),
    rfc9580,
  ),
  ...sealedAs(
    "tripledes",
    refusal,
    "3DES, which RFC 9580 has for reading alone.",
    () => ({ cipher: "tripledes" }),
    compatible,
  ),
  ...sealedAs("ocb", "opened", "OCB: read, never written.", () => ({ aead: "ocb" }), rfc9580),
  ...sealedAs(
    "largest-chunks",
    "opened",
    "Chunks of 4 MiB, the largest that there may be.",
    () => ({ chunkSizeOctet: 16 }),
    rfc9580,
  ),
  ...sealedAs(
    "too-large-chunks",
    "damaged",
    "Chunks of 8 MiB, which must not be made.",
    () => ({ chunkSizeOctet: 17 }),
    rfc9580,
  ),
  ...sealedAs(
    "small-chunks-of-aead",
    "opened",
    "Chunks of 64 octets.",
    () => ({ chunkSizeOctet: 0 }),
    rfc9580,
  ),
  ...sealedAs(
    "eax",
    refusal,
    "The data packet says EAX.",
    () => ({ data: (body) => body.map((octet, i) => (i === 2 ? 1 : octet)) }),
    rfc9580,
  ),
  // codes against alteration
  ...sealedAs(
    "mdc-flipped",
    "damaged",
    "A bit of the modification detection code is flipped, inside the seal.",
    () => ({ mdc: (made) => flipped(made, 10) }),
    compatible,
  ),
  ...sealedAs(
    "mdc-header",
    "damaged",
    "The modification detection code's packet has another header.",
    () => ({ mdcHeader: Uint8Array.of(0xd3, 0x15) }),
    compatible,
  ),
  ...sealedAs(
    "mdc-missing",
    "damaged",
    "There is no modification detection code.",
    () => ({ mdc: () => new Uint8Array() }),
    compatible,
  ),
  ...sealedAs(
    "chunk-missing",
    "damaged",
    "A chunk in the middle is missing, with its tag.",
    () => ({ chunkSizeOctet: 0, data: (body) => concat(body.subarray(0, 36 + 80), body.subarray(36 + 160)) }),
    rfc9580,
  ),
  ...sealedAs(
    "chunks-swapped",
    "damaged",
    "The first two chunks are in the opposite order, each with its tag.",
    () => ({
      chunkSizeOctet: 0,
      data: (body) =>
        concat(body.subarray(0, 36), body.subarray(116, 196), body.subarray(36, 116), body.subarray(196)),
    }),
    rfc9580,
  ),
  ...sealedAs(
    "cut-after-chunk",
    "damaged",
    "It ends after the first chunk, with the tag over the whole length.",
    () => ({ chunkSizeOctet: 0, data: (body) => concat(body.subarray(0, 116), body.subarray(-16)) }),
    rfc9580,
  ),
  ...sealedAs(
    "last-tag-missing",
    "damaged",
    "The tag over the length is missing.",
    () => ({ data: (body) => body.subarray(0, -16) }),
    rfc9580,
  ),
  ...sealedAs("data-packet-version", "damaged", "A data packet of version 3.", () => ({
    data: (body) => concat(Uint8Array.of(3), body.subarray(1)),
  })),
  ...sealedAs("data-packet-empty", "damaged", "A data packet of no octets.", () => ({
    data: () => new Uint8Array(),
  })),
  // how the data packet's header is spelled
  ...sealedAs(
    "partial",
    "opened",
    "The data packet comes in partial lengths, the first of 512 octets.",
    () => ({ spelling: "partial" }),
    { modes: ["whole"] },
  ),
  ...vectors(
    "member",
    "body-partial",
    { origin: "list" },
    "The body comes in partial lengths; `body-sha256` is over the packet as it came.",
    (cast) => deliver(cast, "key", { innerRaw: { seal: { spelling: "partial" } } }),
  ),
  ...vectors(
    "server",
    "body-partial",
    "opened",
    "The body comes in partial lengths; `body-sha256` is over the packet as it came.",
    (cast) => submit(cast, "key", { innerRaw: { seal: { spelling: "partial" } } }),
  ),
  ...vectors(
    "member",
    "body-five-octets",
    { origin: "list" },
    "The body's length is in five octets.",
    (cast) => deliver(cast, "key", { innerRaw: { seal: { spelling: "five" } } }),
  ),
  // several session key packets
  ...outerAs(
    "eight-key-packets",
    "opened",
    "opened",
    "Eight session key packets, the right one last.",
    (usual, cast) =>
      packetsFor(usual, [
        ...Array.from({ length: MAX_SESSION_KEY_PACKETS - 1 }, () => ({ to: [sealingHalf(cast.eve)] })),
        { to: usual.to.slice(0, 1) },
      ]),
  ),
  ...outerAs(
    "nine-key-packets",
    "too-large",
    "too-large",
    "Nine session key packets, the right one last.",
    (usual, cast) =>
      packetsFor(usual, [
        ...Array.from({ length: MAX_SESSION_KEY_PACKETS }, () => ({ to: [sealingHalf(cast.eve)] })),
        { to: usual.to.slice(0, 1) },
      ]),
  ),
  ...outerAs(
    "two-for-one-key",
    "opened",
    "opened",
    "Two session key packets name one key; the first holds nothing.",
    (usual) =>
      packetsFor(usual, [{ to: usual.to.slice(0, 1) }], (packets) => concat(spoiled(packets), packets)),
  ),
  ...outerAs(
    "three-for-one-key",
    "too-large",
    "too-large",
    "Three session key packets name one key, the last holds the right one.",
    (usual) =>
      packetsFor(
        usual,
        Array.from({ length: 3 }, () => ({ to: usual.to.slice(0, 1) })),
      ),
  ),
  ...outerAs(
    "hidden-beside-named",
    "wrong-list",
    "not-for-me",
    "A hidden recipient beside the right one: nothing is tried.",
    (usual, cast) => packetsFor(usual, [{ to: usual.to }, { to: [sealingHalf(cast.eve)], anonymous: true }]),
  ),
  ...outerAs(
    "hidden-first",
    "wrong-list",
    "not-for-me",
    "A hidden recipient in front of the right one: nothing is tried.",
    (usual, cast) => packetsFor(usual, [{ to: [sealingHalf(cast.eve)], anonymous: true }, { to: usual.to }]),
  ),
  ...outerAs(
    "marker-in-front",
    "damaged",
    "damaged",
    "A marker packet in front of the session key packets.",
    (usual) =>
      packetsFor(usual, [{ to: usual.to }], (packets) =>
        concat(packet(tag.marker, new TextEncoder().encode("PGP")), packets),
      ),
  ),
  ...outerAs("no-key-packet", "damaged", "damaged", "A data packet alone.", () => ({
    keyPackets: () => new Uint8Array(),
  })),
  ...outerAs("spoiled-key-packet", "damaged", "damaged", "The session key packet holds nothing.", (usual) =>
    packetsFor(usual, [{ to: usual.to.slice(0, 1) }], spoiled),
  ),
  // no seal at all
  ...vectors(
    "server",
    "outer-not-encrypted",
    "damaged",
    "A signed message in clear in place of the outer seal.",
    (cast) => submit(cast, "key", { sent: () => packet(tag.literal, new Uint8Array(20)) }),
  ),
  ...vectors(
    "member",
    "outer-not-encrypted",
    "damaged",
    "A literal in clear in place of the outer seal.",
    (cast) => deliver(cast, "key", { sent: () => packet(tag.literal, new Uint8Array(20)) }),
  ),
]);
