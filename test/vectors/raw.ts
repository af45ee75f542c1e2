/**
 * Packets octet by octet (RFC 9580), for what no library writes: signatures with any fields, seals around any packets, in any
 * version. Its randomness is `crypto.getRandomValues` alone, so that a seed (`seeded.ts`) is one for this and for openpgp.js.
 */
import { createCipheriv, createHash, createPrivateKey, hkdfSync, sign } from "node:crypto";
import { encryptSessionKey } from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import { passphraseOf, secretS2k } from "../../src/openpgp/secrets.js";
import type { OpeningKey, Role, SealingKey, SharedSecret } from "../../src/protocol/index.js";
import { NOW } from "./cast.js";

/** Packet types (RFC 9580, 5). */
export const tag = {
  pkesk: 1,
  signature: 2,
  skesk: 3,
  onePass: 4,
  compressed: 8,
  marker: 10,
  literal: 11,
  trust: 12,
  seipd: 18,
  padding: 21,
} as const;

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}

const number = (value: number, octets: number) =>
  Uint8Array.from({ length: octets }, (_, i) => Math.floor(value / 256 ** (octets - 1 - i)) % 256);

/** How a packet's header is spelled (RFC 9580, 4.2): the old format, or the new one with its length in five octets. */
export type Spelling = "shortest" | "five" | "old" | "old-long" | "old-indeterminate" | "partial";

/** A packet of any type. */
export function packet(type: number, body: Uint8Array, spelling: Spelling = "shortest"): Uint8Array {
  const { length } = body;
  if (spelling === "partial") return partial(type, body);
  if (spelling === "old-indeterminate") return concat(Uint8Array.of(0x80 | (type << 2) | 3), body);
  if (spelling === "old" || spelling === "old-long") {
    const octets = spelling === "old-long" ? 4 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
    return concat(Uint8Array.of(0x80 | (type << 2) | Math.log2(octets)), number(length, octets), body);
  }
  const size =
    spelling === "five" || length >= 8384
      ? concat(Uint8Array.of(255), number(length, 4))
      : length >= 192
        ? number(length - 192 + (192 << 8), 2)
        : Uint8Array.of(length);
  return concat(Uint8Array.of(0xc0 | type), size, body);
}

/** Partial lengths (RFC 9580, 4.2.1.4): one chunk of 512 octets, the rest after it. @throws Error for less than that */
function partial(type: number, body: Uint8Array): Uint8Array {
  if (body.length < 512) throw new Error("too short for a chunk");
  const rest = packet(type, body.subarray(512)).subarray(1);
  return concat(Uint8Array.of(0xc0 | type, 224 + 9), body.subarray(0, 512), rest);
}

/** A packet in chunks of `octets`, a power of two. */
export function chunked(type: number, body: Uint8Array, octets: number): Uint8Array {
  const pieces: Uint8Array[] = [Uint8Array.of(0xc0 | type)];
  let at = 0;
  for (; at + octets < body.length; at += octets) {
    pieces.push(Uint8Array.of(224 + Math.log2(octets)), body.subarray(at, at + octets));
  }
  return concat(...pieces, packet(0, body.subarray(at)).subarray(1));
}

/** A packet without its header. @param bytes with a header in the new format, its length in one or two octets or five */
export function bodyOfPacket(bytes: Uint8Array): Uint8Array {
  const first = bytes[1] ?? 0;
  return bytes.subarray(first < 192 ? 2 : first < 224 ? 3 : 6);
}

/** A literal packet (RFC 9580, 5.9). */
export function literalPacket(
  data: Uint8Array,
  { format = "b", name = "", date = NOW, spelling = "shortest" as Spelling } = {},
): Uint8Array {
  const called = new TextEncoder().encode(name);
  const seconds = number(date.getTime() / 1000, 4);
  const head = concat(Uint8Array.of(format.charCodeAt(0), called.length), called, seconds);
  return packet(tag.literal, concat(head, data), spelling);
}

/** A subpacket of a signature (RFC 9580, 5.2.3.7); lengths below 192 alone. */
export function subpacket(type: number, body: Uint8Array, critical = false): Uint8Array {
  if (body.length >= 191) throw new Error("a subpacket with a longer length");
  return concat(Uint8Array.of(body.length + 1, critical ? type | 0x80 : type), body);
}

/** A notation (RFC 9580, 5.2.3.24). */
export function notationSubpacket(name: string, value: string | Uint8Array, critical = false): Uint8Array {
  const [n, v] = [new TextEncoder().encode(name), Uint8Array.from(Buffer.from(value))];
  return subpacket(
    20,
    concat(Uint8Array.of(0x80, 0, 0, 0), number(n.length, 2), number(v.length, 2), n, v),
    critical,
  );
}

const suffix = "@v1.listseal.example";
/** One notation for each of `says` that is not undefined. */
export const notationSubpackets = (says: Readonly<Record<string, string | undefined>>): Uint8Array[] =>
  Object.entries(says).flatMap(([name, value]) =>
    value === undefined ? [] : [notationSubpacket(name + suffix, value)],
  );

/** Signature Creation Time (RFC 9580, 5.2.3.11). */
export const dateSubpacket = (date: Date) => subpacket(2, number(date.getTime() / 1000, 4));

const fingerprintOctets = (fingerprint: string) => Uint8Array.from(Buffer.from(fingerprint, "hex"));
const keyVersion = (fingerprint: string) => (fingerprint.length === 64 ? 6 : 4);
const versioned = (fingerprint: string) =>
  concat(Uint8Array.of(keyVersion(fingerprint)), fingerprintOctets(fingerprint));

/** Issuer Fingerprint (RFC 9580, 5.2.3.35). */
export const issuerSubpacket = (fingerprint: string) => subpacket(33, versioned(fingerprint));
/** Issuer Key ID (RFC 9580, 5.2.3.12), of a version 4 key. */
export const issuerIdSubpacket = (fingerprint: string) =>
  subpacket(16, fingerprintOctets(fingerprint).slice(-8));
/** Intended Recipient Fingerprint (RFC 9580, 5.2.3.36). */
export const recipientSubpacket = (fingerprint: string) => subpacket(35, versioned(fingerprint));

const hashes = {
  "SHA-1": { id: 2, node: "sha1", salt: 16 },
  "SHA-256": { id: 8, node: "sha256", salt: 16 },
  "SHA-384": { id: 9, node: "sha384", salt: 24 },
  "SHA-512": { id: 10, node: "sha512", salt: 32 },
  "SHA3-512": { id: 14, node: "sha3-512", salt: 32 },
} as const;
export type HashWord = keyof typeof hashes;

/** A signature with its fields as they are wanted. */
export interface RawSignature {
  /** The primary key signs. */
  readonly by: OpeningKey<Role>;
  readonly over: Uint8Array;
  /** Hashed subpackets in their order; nothing is added. */
  readonly hashed: readonly Uint8Array[];
  readonly unhashed?: readonly Uint8Array[];
  /** The key's own version if absent. */
  readonly version?: 4 | 6;
  readonly type?: number;
  readonly hash?: HashWord;
}

/** The body of a signature packet (RFC 9580, 5.2.3). */
export function signatureBody(signature: RawSignature): Uint8Array {
  const { by, over, hashed, unhashed = [], type = 0, hash = "SHA-512" } = signature;
  const { keyPacket } = by.secret;
  const version = signature.version ?? (keyPacket.version === 6 ? 6 : 4);
  const { id, node, salt: saltOctets } = hashes[hash];
  const count = version === 6 ? 4 : 2;
  const area = (subpackets: readonly Uint8Array[]) => {
    const bytes = concat(...subpackets);
    return concat(number(bytes.length, count), bytes);
  };
  const signed = concat(Uint8Array.of(version, type, keyPacket.algorithm, id), area(hashed));
  const salt = version === 6 ? crypto.getRandomValues(new Uint8Array(saltOctets)) : new Uint8Array();
  const trailer = concat(Uint8Array.of(version, 0xff), number(signed.length, 4));
  const digest = createHash(node)
    .update(concat(salt, over, signed, trailer))
    .digest();
  const made = Uint8Array.from(sign(null, digest, edKey(by)));
  const saltField = version === 6 ? concat(Uint8Array.of(salt.length), salt) : new Uint8Array();
  // EdDSALegacy has two numbers, Ed25519 its 64 octets
  const value = keyPacket.algorithm === 22 ? concat(mpi(made.subarray(0, 32)), mpi(made.subarray(32))) : made;
  return concat(signed, area(unhashed), digest.subarray(0, 2), saltField, value);
}

function mpi(octets: Uint8Array): Uint8Array {
  const first = octets.findIndex((octet) => octet !== 0);
  const bare = octets.subarray(first);
  return concat(number(bare.length * 8 - Math.clz32(bare[0] ?? 0) + 24, 2), bare);
}

function edKey({ secret }: OpeningKey<Role>) {
  const { keyPacket } = secret;
  const params = new Map<string, unknown>(
    "privateParams" in keyPacket ? Object.entries(keyPacket.privateParams ?? {}) : [],
  );
  const seed = params.get("seed");
  if (!(seed instanceof Uint8Array)) throw new Error("not an Ed25519 key");
  const der = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

/** What a signature of this product has in its hashed area: date, issuer, notations, readers. */
export function usualSubpackets(
  by: OpeningKey<Role>,
  says: Readonly<Record<string, string | undefined>>,
  readers: readonly string[] = [],
  date = NOW,
): Uint8Array[] {
  return [
    dateSubpacket(date),
    issuerSubpacket(by.fingerprint),
    ...notationSubpackets(says),
    ...readers.map(recipientSubpacket),
  ];
}

/** A one-pass signature packet (RFC 9580, 5.4) for a signature packet's body. */
export function onePassPacket(body: Uint8Array, by: OpeningKey<Role>, isLast = true): Uint8Array {
  const [version = 0, type = 0, algorithm = 0, hash = 0] = body;
  const last = Uint8Array.of(isLast ? 1 : 0);
  const issuer = fingerprintOctets(by.fingerprint);
  if (version !== 6) {
    const id = keyVersion(by.fingerprint) === 6 ? issuer.slice(0, 8) : issuer.slice(-8);
    return packet(tag.onePass, concat(Uint8Array.of(3, type, hash, algorithm), id, last));
  }
  const view = Buffer.from(body);
  const unhashedAt = 8 + view.readUInt32BE(4);
  const saltAt = unhashedAt + 4 + view.readUInt32BE(unhashedAt) + 2;
  const salt = body.subarray(saltAt, saltAt + 1 + (body[saltAt] ?? 0));
  return packet(tag.onePass, concat(Uint8Array.of(6, type, hash, algorithm), salt, issuer, last));
}

/** One-pass signature, literal, signature: what a signed message is (RFC 9580, 10.3). */
export function signedMessage(signature: RawSignature, literal = literalPacket(signature.over)): Uint8Array {
  const body = signatureBody(signature);
  return concat(onePassPacket(body, signature.by), literal, packet(tag.signature, body));
}

/** Number and octets of the nonce (RFC 9580, 9.6). */
const aeads = { gcm: [3, 12], ocb: [2, 15] } as const;

function aeadCipher(aead: "gcm" | "ocb", key: Uint8Array, nonce: Uint8Array) {
  const size = ({ 16: 128, 24: 192, 32: 256 } as const)[key.length];
  if (size === undefined) throw new Error("no length of an AES key");
  return aead === "gcm"
    ? createCipheriv(`aes-${size}-gcm`, key, nonce, { authTagLength: 16 })
    : createCipheriv(`aes-${size}-ocb`, key, nonce, { authTagLength: 16 });
}

/** Number and octets of the key (RFC 9580, 9.3). */
const ciphers = { tripledes: [2, 24], aes128: [7, 16], aes192: [8, 24], aes256: [9, 32] } as const;

/** A seal with its fields as they are wanted. */
export interface RawSeal {
  readonly packets: Uint8Array;
  readonly to: readonly (SealingKey<Role> | SharedSecret<Role>)[];
  /** Of the data packet: SEIPD version 1 or 2. */
  readonly version: 1 | 2;
  /** Of the session key packets, as versions of the data packet that they belong to. The same if absent. */
  readonly keyVersion?: 1 | 2;
  readonly cipher?: keyof typeof ciphers;
  readonly aead?: "gcm" | "ocb";
  readonly anonymous?: boolean;
  readonly chunkSizeOctet?: number;
  /** Changes the modification detection code's packet or the last tag before it is sealed in; only version 1. */
  readonly mdc?: (packet: Uint8Array) => Uint8Array;
  /** Of the modification detection code's packet, which its digest covers. */
  readonly mdcHeader?: Uint8Array;
  readonly spelling?: Spelling;
  /** Changes the data packet's body before it gets its header. */
  readonly data?: (body: Uint8Array) => Uint8Array;
  /** Drawn if absent; of the cipher's length. */
  readonly sessionKey?: Uint8Array;
  /** Session key packets made elsewhere, in place of those for `to`. */
  readonly keyPackets?: (sessionKey: Uint8Array) => Uint8Array;
}

const unchanged = (octets: Uint8Array): Uint8Array => octets;

/** Session key packets and data packet. */
export async function rawSeal(seal: RawSeal): Promise<{ keyPacket: Uint8Array; dataPacket: Uint8Array }> {
  const { to, version, keyVersion: keys = version, cipher = "aes256", aead = "gcm" } = seal;
  // from where openpgp.js takes it, so that a seed is one for both
  const { sessionKey = crypto.getRandomValues(new Uint8Array(ciphers[cipher][1])), data = unchanged } = seal;
  const certificates = to.flatMap((each) => ("certificate" in each ? [each.certificate] : []));
  const passwords = to.flatMap((each) => ("certificate" in each ? [] : [passphraseOf(each)]));
  const body = version === 1 ? seipd1(seal, sessionKey) : seipd2(seal, sessionKey);
  const dataPacket = packet(tag.seipd, data(body), seal.spelling);
  if (seal.keyPackets !== undefined) return { keyPacket: seal.keyPackets(sessionKey), dataPacket };
  const keyPacket: Uint8Array = await encryptSessionKey({
    data: Uint8Array.from(sessionKey),
    algorithm: cipher,
    ...(keys === 2 ? { aeadAlgorithm: aead } : {}),
    encryptionKeys: certificates,
    passwords,
    wildcard: seal.anonymous === true,
    format: "binary",
    date: NOW,
    config: {
      ...configFor(keys === 2 ? "rfc9580" : "compatible"),
      ...(passwords.length > 0 ? secretS2k : {}),
    },
  });
  return { keyPacket, dataPacket };
}

/** RFC 9580, 5.13.1: random prefix, packets, SHA-1 of both; CFB with a zero vector. */
function seipd1(
  { packets, cipher = "aes256", mdc = unchanged, mdcHeader = Uint8Array.of(0xd3, 0x14) }: RawSeal,
  sessionKey: Uint8Array,
): Uint8Array {
  const block = cipher === "tripledes" ? 8 : 16;
  const prefix = crypto.getRandomValues(new Uint8Array(block));
  const checked = concat(prefix, prefix.subarray(-2), packets, mdcHeader);
  const digest = createHash("sha1").update(checked).digest();
  const code = mdc(concat(mdcHeader, digest));
  const name = cipher === "tripledes" ? "des-ede3-cfb" : `aes-${ciphers[cipher][1] * 8}-cfb`;
  const cfb = createCipheriv(name, sessionKey, Buffer.alloc(block));
  const plain = concat(checked.subarray(0, -2), code);
  return concat(Uint8Array.of(1), cfb.update(plain), cfb.final());
}

/** RFC 9580, 5.13.2: chunks under their tags, and a tag over the length. */
function seipd2(
  { packets, cipher = "aes256", aead = "gcm", chunkSizeOctet = 6 }: RawSeal,
  sessionKey: Uint8Array,
): Uint8Array {
  const [cipherId, octets] = ciphers[cipher];
  const [aeadId, nonceOctets] = aeads[aead];
  const head = Uint8Array.of(2, cipherId, aeadId, chunkSizeOctet);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const associated = concat(Uint8Array.of(0xc0 | tag.seipd), head);
  const derived = Buffer.from(hkdfSync("sha256", sessionKey, salt, associated, octets + nonceOctets - 8));
  const key = derived.subarray(0, octets);
  const chunk = (index: number, plain: Uint8Array, data: Uint8Array): Uint8Array => {
    const nonce = concat(derived.subarray(octets), number(index, 8));
    const seal = aeadCipher(aead, key, nonce);
    seal.setAAD(data);
    return concat(seal.update(plain), seal.final(), seal.getAuthTag());
  };
  const size = 2 ** (chunkSizeOctet + 6);
  const count = Math.max(1, Math.ceil(packets.length / size));
  const chunks = Array.from({ length: count }, (_, i) =>
    chunk(i, packets.subarray(i * size, (i + 1) * size), associated),
  );
  const last = chunk(count, new Uint8Array(), concat(associated, number(packets.length, 8)));
  return concat(head, salt, ...chunks, last);
}

/** How a secret becomes a key (RFC 9580, 3.7.1), and what is encrypted with that. */
export interface RawSkesk {
  readonly secret: SharedSecret<Role>;
  readonly version: 4 | 6;
  /** 0 simple, 1 salted, 3 iterated. */
  readonly type?: 0 | 1 | 3;
  readonly hash?: "SHA-1" | "SHA-256" | "SHA-512";
  /** The octet of an iterated S2K; 0 means 1024 octets. */
  readonly count?: number;
  readonly cipher?: "aes128" | "aes256";
  readonly aead?: "gcm" | "ocb";
}

/** A session key packet under a secret (RFC 9580, 5.3). */
export function skeskPacket(raw: RawSkesk, sessionKey: Uint8Array): Uint8Array {
  const { secret, version, type = 3, hash = "SHA-256", count = 0, cipher = "aes256", aead = "gcm" } = raw;
  const [aeadId, nonceOctets] = aeads[aead];
  const [cipherId, octets] = ciphers[cipher];
  const salt = type === 0 ? new Uint8Array() : crypto.getRandomValues(new Uint8Array(8));
  const s2k = concat(
    Uint8Array.of(type, hashes[hash].id),
    salt,
    type === 3 ? Uint8Array.of(count) : new Uint8Array(),
  );
  const hashed = concat(salt, new TextEncoder().encode(passphraseOf(secret)));
  const wanted =
    type === 3 ? Math.max((16 + (count & 15)) << ((count >> 4) + 6), hashed.length) : hashed.length;
  const repeated = concat(...Array.from({ length: Math.ceil(wanted / hashed.length) }, () => hashed));
  const key = createHash(hashes[hash].node).update(repeated.subarray(0, wanted)).digest().subarray(0, octets);
  if (key.length < octets) throw new Error("a hash that is too short for the key");
  if (version === 4) {
    const cfb = createCipheriv(`aes-${octets * 8}-cfb`, key, Buffer.alloc(16));
    const wrapped = concat(cfb.update(concat(Uint8Array.of(9), sessionKey)), cfb.final());
    return packet(tag.skesk, concat(Uint8Array.of(4, cipherId), s2k, wrapped));
  }
  const info = Uint8Array.of(0xc0 | tag.skesk, 6, cipherId, aeadId);
  const kek = Buffer.from(hkdfSync("sha256", key, new Uint8Array(), info, octets));
  const nonce = crypto.getRandomValues(new Uint8Array(nonceOctets));
  const seal = aeadCipher(aead, kek, nonce);
  seal.setAAD(info);
  const wrapped = concat(seal.update(sessionKey), seal.final(), seal.getAuthTag());
  const fields = concat(Uint8Array.of(cipherId, aeadId, s2k.length), s2k, nonce);
  return packet(tag.skesk, concat(Uint8Array.of(6, fields.length), fields, wrapped));
}
