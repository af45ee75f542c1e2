/**
 * Writes the encrypted container that all copies of a post share: a SEIPD packet (RFC 9580, 5.13) of the packets of a
 * signed message (`openpgp/signed-packets.ts`).
 *
 * Large literals go through in slices into one buffer of the final size: beside the literal itself a container takes its
 * own length and not more. After each slice everybody else has a turn: 36 MB in one go are 0.1 s in which nobody is answered.
 */
import { Buffer } from "node:buffer";
import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { setImmediate as others } from "node:timers/promises";
import { ProtocolError } from "../../../openpgp/errors.js";
import { tag } from "../../../openpgp/packet-writer.js";
import { type CipherName, cipherId } from "../../../openpgp/pkesk-writer.js";
import { packetHeader } from "../../../openpgp/signed-packets.js";
import { BufferCollector } from "../../base/force-gc.js";

/** How a container is encrypted: what the recipients' certificates ask for, of what this software writes. */
export type Suite =
  /** SEIPD v1: CFB with a modification detection code; PKESK v3. */
  | { readonly version: 1; readonly cipher: CipherName }
  /** SEIPD v2: GCM in chunks; PKESK v6. */
  | { readonly version: 2; readonly cipher: CipherName; readonly aead: "gcm" };

/** Key length in octets. */
export const cipherOctets = { aes128: 16, aes256: 32 } as const;

/** Chunks of 2^(12+6) octets = 256 KiB, as openpgp.js writes them; every reader takes up to 4 MiB (RFC 9580, 5.13.2). */
const CHUNK_SIZE_OCTET = 12;
const CHUNK_OCTETS = 2 ** (CHUNK_SIZE_OCTET + 6);
const GCM_ID = 3;
const GCM_NONCE_OCTETS = 12;
const GCM_TAG_OCTETS = 16;
const SHA1_OCTETS = 20;
const BLOCK_OCTETS = 16;

/**
 * Encrypts `packets` as one SEIPD packet.
 *
 * @param sessionKey fresh for this container, of the suite's cipher; it must never be used for another
 * @returns the whole packet in one buffer
 */
export async function writeContainer(
  packets: readonly Uint8Array[],
  sessionKey: Uint8Array,
  suite: Suite,
): Promise<Buffer> {
  const length = packets.reduce((sum, each) => sum + each.length, 0);
  return suite.version === 1
    ? writeSeipd1(packets, length, sessionKey, suite.cipher)
    : writeSeipd2(packets, length, sessionKey, suite.cipher);
}

/** A buffer of a known size that is filled from the front. Not zeroed first: {@link whole} insists that it is full. */
class Filling {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  add(bytes: Uint8Array): void {
    this.#buffer.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  whole(): Buffer {
    if (this.#at !== this.#buffer.length) throw new ProtocolError("damaged", "a container of another size");
    return this.#buffer;
  }
}

/** SEIPD v1 (RFC 9580, 5.13.1): CFB over random block, its last two octets again, packets, and a SHA-1 over all that. */
async function writeSeipd1(
  packets: readonly Uint8Array[],
  length: number,
  sessionKey: Uint8Array,
  cipherName: CipherName,
): Promise<Buffer> {
  const bodyLength = 1 + BLOCK_OCTETS + 2 + length + 2 + SHA1_OCTETS;
  const header = packetHeader(tag.seipd, bodyLength);
  const out = new Filling(header.length + bodyLength);
  out.add(header);
  out.add(Buffer.of(1));
  const bits = cipherOctets[cipherName] * 8;
  const cipher = createCipheriv(`aes-${bits}-cfb`, sessionKey, Buffer.alloc(BLOCK_OCTETS));
  const digest = createHash("sha1");
  const add = (bytes: Uint8Array) => {
    digest.update(bytes);
    out.add(cipher.update(bytes));
  };
  const garbage = new BufferCollector();
  const prefix = randomBytes(BLOCK_OCTETS);
  // behind the packets the header of the modification detection code packet, which is hashed too
  const parts = [prefix, prefix.subarray(-2), ...packets, Buffer.from([0xd3, 0x14])];
  // a native call costs more than a small part: a small post is one
  const all = length <= CHUNK_OCTETS ? [Buffer.concat(parts)] : parts;
  for (const each of slices(all, 2 * CHUNK_OCTETS)) {
    add(each);
    garbage.add(each.length);
    if (each.length === 2 * CHUNK_OCTETS) await others();
  }
  out.add(cipher.update(digest.digest()));
  return out.whole();
}

/** HKDF-SHA256 (RFC 5869) of up to 64 octets. Three HMACs: hkdfSync costs several times as much. */
function hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, octets: number): Buffer {
  const extracted = createHmac("sha256", salt).update(secret).digest();
  const expand = (before: Uint8Array, count: number) =>
    createHmac("sha256", extracted).update(before).update(info).update(Buffer.of(count)).digest();
  const first = expand(Buffer.alloc(0), 1);
  return Buffer.concat([first, expand(first, 2)], octets);
}

/** SEIPD v2 (RFC 9580, 5.13.2): keys by HKDF from a salt, chunks with their tags, and a last tag over the length. */
async function writeSeipd2(
  packets: readonly Uint8Array[],
  length: number,
  sessionKey: Uint8Array,
  cipherName: CipherName,
): Promise<Buffer> {
  const chunks = Math.ceil(length / CHUNK_OCTETS);
  const bodyLength = 4 + 32 + length + (chunks + 1) * GCM_TAG_OCTETS;
  const header = packetHeader(tag.seipd, bodyLength);
  const out = new Filling(header.length + bodyLength);
  const parameters = Buffer.from([2, cipherId[cipherName], GCM_ID, CHUNK_SIZE_OCTET]);
  const salt = randomBytes(32);
  for (const each of [header, parameters, salt]) out.add(each);

  const associated = Buffer.concat([Buffer.of(0xc0 | tag.seipd), parameters]);
  const keyOctets = cipherOctets[cipherName];
  const derived = hkdf(sessionKey, salt, associated, keyOctets + GCM_NONCE_OCTETS - 8);
  const nonce = Buffer.alloc(GCM_NONCE_OCTETS);
  derived.copy(nonce, 0, keyOctets);
  let index = 0n;
  const seal = (bytes: Uint8Array, associatedData: Uint8Array) => {
    nonce.writeBigUInt64BE(index++, GCM_NONCE_OCTETS - 8);
    const cipher = createCipheriv(
      keyOctets === 16 ? "aes-128-gcm" : "aes-256-gcm",
      derived.subarray(0, keyOctets),
      nonce,
    );
    cipher.setAAD(associatedData);
    out.add(cipher.update(bytes));
    cipher.final();
    out.add(cipher.getAuthTag());
  };
  const garbage = new BufferCollector();
  for (const chunk of evenChunks(packets, length)) {
    seal(chunk, associated);
    garbage.add(chunk.length);
    if (chunk.length === CHUNK_OCTETS) await others();
  }
  const total = Buffer.alloc(8);
  total.writeBigUInt64BE(BigInt(length));
  seal(Buffer.alloc(0), Buffer.concat([associated, total]));
  return out.whole();
}

/** Views of at most `size` octets on the parts, in order. */
function* slices(parts: readonly Uint8Array[], size: number): Generator<Uint8Array> {
  for (const part of parts) {
    for (let at = 0; at < part.length; at += size) yield part.subarray(at, at + size);
  }
}

/** The parts as one run of bytes in chunks of exactly {@link CHUNK_OCTETS}, the last one shorter. One chunk is copied at a time. */
function* evenChunks(parts: readonly Uint8Array[], length: number): Generator<Uint8Array> {
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK_OCTETS, length));
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const piece = part.subarray(at, at + CHUNK_OCTETS - filled);
      chunk.set(piece, filled);
      filled += piece.length;
      at += piece.length;
      if (filled === CHUNK_OCTETS) {
        yield chunk;
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
