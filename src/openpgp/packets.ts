/**
 * Packets as bytes: where a message splits into key packet and data packet, and the checks that are made on bytes.
 *
 * A sealed message is `PKESK || SEIPD` (RFC 9580, 10.3). The **key packet** is the PKESK (or SKESK), the **data packet**
 * the SEIPD; {@link split} and {@link join} are exact inverses, byte for byte, and nothing else is ever joined.
 *
 * Why bytes and not parsed packets: a parsed list skips markers, padding and trailing bytes, and takes any spelling of
 * a header. A former member could then make a second key packet that opens like a captured one and passes for new.
 */
import type { PublicKey, Subkey } from "openpgp";
import { ListSealError, ProtocolError } from "./errors.js";
import { assertSize, fullReadingConfig, MAX_KEY_PACKET_BYTES, MAX_SESSION_KEY_PACKETS } from "./policy.js";
import type { ListName } from "./secrets.js";

/** Packet types that this file knows (RFC 9580, section 5). */
const tag = { pkesk: 1, skesk: 3, seipd: 18 } as const;

/** The first chunk of a packet has at least so many octets (RFC 9580, 4.2.1.4), and what programs write afterwards has, too. */
const MIN_CHUNK = 512;

/**
 * Chunks of a packet that may be smaller, since the standard binds the first alone. Attack: 8 MB in chunks of one octet took
 * 3.2 s, before anybody's signature was seen.
 */
const MAX_SMALL_CHUNKS = 64;

/** Where a packet stands and what it is. */
export interface Header {
  readonly tag: number;
  /** Whether the body is in chunks of partial lengths, from `start` - 1 on: then read it by {@link bodyPieces}. */
  readonly partial: boolean;
  /** Whether the length is spelled as short as its form allows; a partial length never is. */
  readonly shortest: boolean;
  /** Offset of the first body byte. */
  readonly start: number;
  /** Offset just past the packet; for partial lengths, past its last chunk. */
  readonly end: number;
}

function octet(bytes: Uint8Array, at: number): number {
  const value = bytes[at];
  if (value === undefined) throw new ProtocolError("damaged", "a packet ends too early");
  return value;
}

function number(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value = value * 256 + octet(bytes, at + i);
  return value;
}

function ending(bytes: Uint8Array, end: number): number {
  if (end > bytes.length) throw new ProtocolError("damaged", "a packet ends too early");
  return end;
}

/** Reads the packet header at `at` (RFC 9580, 4.2). @throws ListSealError `damaged` */
export function readHeader(bytes: Uint8Array, at: number): Header {
  const first = octet(bytes, at);
  if ((first & 0x80) === 0) throw new ProtocolError("damaged", "not an OpenPGP packet");
  return (first & 0x40) === 0 ? readOldHeader(bytes, at, first) : readNewHeader(bytes, at, first & 0x3f);
}

function readOldHeader(bytes: Uint8Array, at: number, first: number): Header {
  const kind = first & 3;
  const type = (first >> 2) & 15;
  // indeterminate length: to the end of the data
  if (kind === 3) return { tag: type, partial: false, shortest: false, start: at + 1, end: bytes.length };
  const octets = 1 << kind;
  const length = number(bytes, at + 1, octets);
  const start = at + 1 + octets;
  const needed = length < 0x100 ? 1 : length < 0x10000 ? 2 : 4;
  const end = ending(bytes, start + length);
  return { tag: type, partial: false, shortest: octets === needed, start, end };
}

function readNewHeader(bytes: Uint8Array, at: number, type: number): Header {
  const { octets, length, partial } = readLength(bytes, at + 1);
  const start = at + 1 + octets;
  if (partial) {
    let end = start;
    for (const piece of chunks(bytes, at + 1)) end = piece.end;
    return { tag: type, partial, shortest: false, start, end };
  }
  const shortest = octets < 5 || length >= 8384;
  return { tag: type, partial, shortest, start, end: ending(bytes, start + length) };
}

/** The length octets of a new packet or of one chunk of it (RFC 9580, 4.2.1). */
function readLength(bytes: Uint8Array, at: number) {
  const first = octet(bytes, at);
  if (first < 192) return { octets: 1, length: first, partial: false };
  if (first < 224) {
    return { octets: 2, length: ((first - 192) << 8) + octet(bytes, at + 1) + 192, partial: false };
  }
  if (first === 255) return { octets: 5, length: number(bytes, at + 1, 4), partial: false };
  return { octets: 1, length: 2 ** (first & 31), partial: true };
}

/**
 * Walks partial body lengths (RFC 9580, 4.2.1.4) from the first length octet to the end of the last chunk.
 *
 * @throws ListSealError `too-large` for more small chunks than any program writes
 */
function* chunks(bytes: Uint8Array, at: number): Generator<{ readonly start: number; readonly end: number }> {
  let small = 0;
  for (let position = at, more = true; more; ) {
    const { octets, length, partial } = readLength(bytes, position);
    if (partial && length < MIN_CHUNK) small += 1;
    if (small > MAX_SMALL_CHUNKS) throw new ProtocolError("too-large", "a packet in too many small chunks");
    const start = position + octets;
    position = ending(bytes, start + length);
    more = partial;
    yield { start, end: position };
  }
}

/**
 * The body of a packet without its first `skip` octets, as views. One by one and not as an array: of 100 MB in chunks of 512
 * octets, the views take as much memory as what they show.
 */
export function* bodyPieces(bytes: Uint8Array, header: Header, skip = 0): Generator<Uint8Array> {
  let toSkip = skip;
  for (const { start, end } of header.partial ? chunks(bytes, header.start - 1) : [header]) {
    const from = Math.min(start + toSkip, end);
    toSkip -= from - start;
    if (from < end) yield bytes.subarray(from, end);
  }
}

/** As {@link bodyPieces} in one: a view, or, for a body in chunks, a copy. */
export function bodyOf(bytes: Uint8Array, header: Header, skip = 0): Uint8Array {
  if (!header.partial) return bytes.subarray(Math.min(header.start + skip, header.end), header.end);
  const body = new Uint8Array(lengthOf(bodyPieces(bytes, header, skip)));
  let at = 0;
  for (const piece of bodyPieces(bytes, header, skip)) {
    body.set(piece, at);
    at += piece.length;
  }
  return body;
}

/** How many octets `pieces` are together. */
export function lengthOf(pieces: Iterable<Uint8Array>): number {
  let length = 0;
  for (const piece of pieces) length += piece.length;
  return length;
}

/**
 * Counts the packets of `bytes` before a parser sees them.
 *
 * @throws ListSealError `too-large` for more than `most`; `damaged` for what is no row of packets
 */
export function assertFewPackets(bytes: Uint8Array, most: number): void {
  for (let at = 0, count = 1; at < bytes.length; count++) {
    if (count > most) throw new ProtocolError("too-large", "too many packets");
    at = readHeader(bytes, at).end;
  }
}

/** A message in its two halves. Both are views on the bytes they were split from; nothing is copied. */
export interface SplitMessage {
  /** The session key packet(s): all PKESK and SKESK before the data packet. */
  readonly keyPacket: Uint8Array;
  /** The SEIPD packet, to the end of the message. */
  readonly dataPacket: Uint8Array;
}

/**
 * Splits an encrypted message in front of its data packet.
 *
 * Before any parser sees it: a parser also takes a compressed message without encryption (and inflates it while it
 * parses), plaintext behind the sealed data, and thousands of session key packets for one key.
 *
 * @param message binary OpenPGP message, `ESK+ || SEIPD`
 * @throws ListSealError `damaged` if it is anything else, or if anything follows the data packet; `too-large` for more
 *         than {@link MAX_SESSION_KEY_PACKETS} session key packets
 */
export function split(message: Uint8Array): SplitMessage {
  let at = 0;
  for (let sessionKeys = 0; ; sessionKeys++) {
    const header = readHeader(message, at);
    if (header.tag === tag.seipd && sessionKeys > 0) {
      if (header.end !== message.length) throw new ProtocolError("damaged", "bytes after the data packet");
      return { keyPacket: message.subarray(0, at), dataPacket: message.subarray(at) };
    }
    if (header.tag !== tag.pkesk && header.tag !== tag.skesk) {
      throw new ProtocolError("damaged", "a session key packet was expected");
    }
    if (sessionKeys === MAX_SESSION_KEY_PACKETS) {
      throw new ProtocolError("too-large", "too many session key packets");
    }
    at = header.end;
  }
}

/** Kind and version of each session key packet. @param keyPacket as {@link split} gives it */
export function sessionKeyVersions(
  keyPacket: Uint8Array,
): readonly { readonly kind: "pkesk" | "skesk"; readonly version: number }[] {
  const found: { readonly kind: "pkesk" | "skesk"; readonly version: number }[] = [];
  for (let at = 0; at < keyPacket.length; ) {
    const header = readHeader(keyPacket, at);
    found.push({
      kind: header.tag === tag.pkesk ? "pkesk" : "skesk",
      version: octet(keyPacket, header.start),
    });
    at = header.end;
  }
  return found;
}

/** The original message again: key packet, then data packet. The inverse of {@link split}. */
export function join(keyPacket: Uint8Array, dataPacket: Uint8Array): Uint8Array {
  const message = new Uint8Array(keyPacket.length + dataPacket.length);
  message.set(keyPacket);
  message.set(dataPacket, keyPacket.length);
  return message;
}

/** @throws ListSealError `damaged` unless `bytes` is exactly one SEIPD packet. */
export function assertDataPacket(bytes: Uint8Array): void {
  const header = readHeader(bytes, 0);
  if (header.tag !== tag.seipd || header.end !== bytes.length) {
    throw new ProtocolError("damaged", "not exactly one data packet");
  }
}

/** @throws ListSealError `damaged` unless `bytes` is exactly one PKESK packet, whoever it is for. */
export function assertKeyPacket(bytes: Uint8Array): void {
  const header = readHeader(bytes, 0);
  if (header.tag !== tag.pkesk || header.end !== bytes.length) {
    throw new ProtocolError("damaged", "not exactly one session key packet");
  }
}

/** What a key packet must be: a PKESK that names the list's current encryption key, or an SKESK for a list secret. */
export type KeyPacketTarget = PublicKeyTarget | SecretTarget;

/** Version, algorithm and id of the list's current encryption key. */
export interface PublicKeyTarget {
  readonly kind: "key";
  readonly version: 3 | 6;
  readonly algorithm: number;
  /** Version 3: the 8-octet key id. Version 6: the 32-octet fingerprint. */
  readonly id: Uint8Array;
}

/** An SKESK names no key; which secret it was is said by the outer signature's `list` notation. */
export interface SecretTarget {
  readonly kind: "secret";
  readonly version: 4 | 6;
}

/**
 * The target for packets to `key`: its current encryption (sub)key, or an SKESK of its profile.
 *
 * @param date for which the encryption key is chosen; without it expiry is not looked at (reading old mail)
 * @throws ListSealError `unsupported-algorithm`
 */
export async function keyPacketTarget(key: ListName, date?: Date): Promise<KeyPacketTarget> {
  if (!("certificate" in key)) return { kind: "secret", version: key.profile === "rfc9580" ? 6 : 4 };
  const usable = await key.certificate.getEncryptionKey(
    undefined,
    date ?? null,
    undefined,
    fullReadingConfig(),
  );
  return targetOf(usable.keyPacket);
}

function targetOf(packet: PublicKey["keyPacket"] | Subkey["keyPacket"]): PublicKeyTarget {
  const fingerprint = packet.getFingerprintBytes();
  if (fingerprint === null) throw new ProtocolError("key-damaged", "a key without a fingerprint");
  if (packet.version === 6) return { kind: "key", version: 6, algorithm: packet.algorithm, id: fingerprint };
  if (packet.version === 4) {
    return {
      kind: "key",
      version: 3,
      algorithm: packet.algorithm,
      id: fingerprint.subarray(fingerprint.length - 8),
    };
  }
  throw new ProtocolError("unsupported-algorithm", `keys of version ${packet.version} are not supported`);
}

/** Length of a key packet's algorithm-specific fields, if they are spelled exactly; else undefined (RFC 9580, 5.1). */
function exactFieldsLength(body: Uint8Array, at: number, target: PublicKeyTarget): number | undefined {
  switch (target.algorithm) {
    case 1: // RSA: one MPI
      return mpiLength(body, at);
    case 18: {
      // ECDH: MPI of the ephemeral point, then one octet of length and the wrapped key
      const point = mpiLength(body, at);
      if (point === undefined || isLongX25519(body, at + 2, at + point)) return undefined;
      return point + 1 + octet(body, at + point);
    }
    case 25: // X25519: 32 octets, one octet of length, [v3: algorithm octet,] the wrapped key
      if (isSpelledLong(octet(body, at + X25519_BYTES - 1))) return undefined;
      return X25519_BYTES + 1 + octet(body, at + X25519_BYTES);
    case 26: // X448
      return 56 + 1 + octet(body, at + 56);
    default:
      throw new ProtocolError("unsupported-algorithm", `public-key algorithm ${target.algorithm}`);
  }
}

const X25519_BYTES = 32;
/** RFC 9580, 11.2.3: the byte in front of a point of curve25519Legacy. */
const NATIVE_POINT = 0x40;

/**
 * Whether a coordinate of Curve25519 has its highest bit set. Every opener ignores that bit (RFC 7748, 5), no program
 * sets it: with it, one key packet has a second spelling that opens the same body and is new to the replay memory.
 */
function isSpelledLong(lastOctet: number): boolean {
  return (lastOctet & 0x80) !== 0;
}

/** {@link isSpelledLong} for an ECDH point between `start` and `end`; other curves' points are never of this form. */
function isLongX25519(body: Uint8Array, start: number, end: number): boolean {
  const native = end - start === 1 + X25519_BYTES && octet(body, start) === NATIVE_POINT;
  return native && isSpelledLong(octet(body, end - 1));
}

/** An MPI with its exact bit count (RFC 9580, 3.2): a shorter or longer count is another spelling of the same number. */
function mpiLength(body: Uint8Array, at: number): number | undefined {
  const bits = number(body, at, 2);
  const octets = Math.ceil(bits / 8);
  if (bits === 0) return undefined;
  const top = octet(body, at + 2);
  const topBits = 32 - Math.clz32(top);
  return topBits + (octets - 1) * 8 === bits ? 2 + octets : undefined;
}

/** Whether `packet` is addressed to `target`; tells "for another list" from "damaged". */
function namesTarget(body: Uint8Array, target: PublicKeyTarget): boolean {
  const idAt = target.version === 6 ? 3 : 1;
  if (target.version === 6 && (octet(body, 1) !== 33 || octet(body, 2) !== 6)) return false;
  if (target.id.some((value, i) => body[idAt + i] !== value)) return false;
  return octet(body, idAt + target.id.length) === target.algorithm;
}

/**
 * Checks on bytes that `literal` begins with exactly one key packet for `target`, and gives its length.
 *
 * One packet header in its shortest spelling (new format, or the old format that GnuPG 2.2 writes), fields that fill the
 * body exactly, version, id and algorithm of the list's current encryption key. Stops markers, padding, trailing bytes
 * and other spellings, by which one captured key packet would become many (the replay memory is keyed on its bytes).
 *
 * @throws ListSealError `malformed-key-packet`, `too-large`, `unsupported-algorithm` (a version of the other profile), `wrong-list`
 */
export function checkKeyPacket(literal: Uint8Array, target: KeyPacketTarget): number {
  const malformed = (why: string) => new ProtocolError("malformed-key-packet", `the key packet ${why}`);
  let header: Header;
  try {
    header = readHeader(literal, 0);
  } catch (cause) {
    throw new ProtocolError("malformed-key-packet", "the key packet has no valid header", { cause });
  }
  if (header.tag !== (target.kind === "key" ? tag.pkesk : tag.skesk)) throw malformed("is of another type");
  if (!header.shortest) throw malformed("has a header that is not in its shortest form");
  assertSize(literal.subarray(0, header.end), MAX_KEY_PACKET_BYTES, "the key packet");
  const body = literal.subarray(header.start, header.end);
  let exact: boolean;
  try {
    if (octet(body, 0) !== target.version) {
      throw new ProtocolError("unsupported-algorithm", "a key packet of the other profile");
    }
    exact = target.kind === "key" ? isExactPkesk(body, target) : isExactSkesk(body, target);
  } catch (cause) {
    if (cause instanceof ListSealError && cause.code !== "damaged") throw cause;
    throw new ProtocolError("malformed-key-packet", "the key packet ends too early", { cause });
  }
  if (!exact) throw malformed("has other fields than it should");
  return header.end;
}

function isExactPkesk(body: Uint8Array, target: PublicKeyTarget): boolean {
  if (!namesTarget(body, target)) throw new ProtocolError("wrong-list", "the key packet names another key");
  const fieldsAt = 1 + (target.version === 6 ? 2 : 0) + target.id.length + 1;
  const fields = exactFieldsLength(body, fieldsAt, target);
  return fields !== undefined && fieldsAt + fields === body.length;
}

/** Octets of an iterated S2K specifier: type, hash, 8 of salt, count (RFC 9580, 3.7.1.3). */
const ITERATED_S2K_OCTETS = 11;

const AES_256 = 9;
const SHA_256 = 8;
const ITERATED = 3;
/** RFC 9580, 9.6, and the octets of its nonce and tag. */
const GCM = { id: 3, nonce: 12, tag: 16 } as const;

/**
 * An SKESK as `secrets.ts` has it written: AES-256, iterated S2K with SHA-256 and count octet 0, GCM, and nothing after its fields.
 * Any other S2K is refused before it is computed: Argon2 or a high count would let a sender burn the opener's memory.
 */
function isExactSkesk(body: Uint8Array, target: SecretTarget): boolean {
  // v4: version, cipher, S2K, then the key. v6: version, count, cipher, AEAD, S2K length, S2K, IV, key, tag
  const s2kAt = target.version === 4 ? 2 : 5;
  const cipher = octet(body, target.version === 4 ? 1 : 2);
  const s2k = [octet(body, s2kAt), octet(body, s2kAt + 1), octet(body, s2kAt + ITERATED_S2K_OCTETS - 1)];
  if (cipher !== AES_256 || s2k.join() !== `${ITERATED},${SHA_256},0`) return false;
  if (target.version === 4) return body.length === s2kAt + ITERATED_S2K_OCTETS + 1 + 32;
  return (
    octet(body, 3) === GCM.id &&
    octet(body, 4) === ITERATED_S2K_OCTETS &&
    octet(body, 1) === 3 + ITERATED_S2K_OCTETS + GCM.nonce &&
    body.length === s2kAt + ITERATED_S2K_OCTETS + GCM.nonce + 32 + GCM.tag
  );
}

/**
 * Whether the key packet of a message is one SKESK as {@link checkKeyPacket} has it, and its data packet one data packet:
 * the only form of a message under a shared secret that is tried at all.
 */
export function isSecretSealed({ keyPacket, dataPacket }: SplitMessage): boolean {
  try {
    const header = readHeader(keyPacket, 0);
    if (header.tag !== tag.skesk) return false;
    const version = octet(keyPacket, header.start) === 6 ? 6 : 4;
    checkLiteral(keyPacket, "key", { kind: "secret", version });
    assertDataPacket(dataPacket);
    return true;
  } catch {
    return false;
  }
}

/**
 * As {@link checkKeyPacket} for a literal that must be a key packet and nothing else (mode `key`), or a key packet
 * followed by exactly one data packet (mode `whole`).
 */
export function checkLiteral(
  literal: Uint8Array,
  mode: "key" | "whole",
  target: KeyPacketTarget,
): SplitMessage {
  const end = checkKeyPacket(literal, target);
  const rest = literal.subarray(end);
  if (mode === "key") {
    if (rest.length !== 0) throw new ProtocolError("malformed-key-packet", "bytes after the key packet");
  } else {
    assertDataPacket(rest);
  }
  return { keyPacket: literal.subarray(0, end), dataPacket: rest };
}
