/**
 * Our own writer of data packets (SEIPD, RFC 9580, 5.13), for time and memory: for large messages, and for the one packet
 * that all copies of a post share.
 *
 * openpgp.js holds a large body up to eight times while it seals it, and takes twice the processor time that the ciphers
 * need. Here the packets go through once, in slices, into one buffer of the final size. After each slice everybody else has
 * a turn: 36 MB in one go are 0.1 s in which a server answers nobody.
 */
import { type CipherSuite, ciphers } from "./ciphers.js";
import { inOne, nodeCrypto, othersTurn } from "./digest.js";
import { derive, GCM_ID, GCM_TAG, gcmSealer, IN_FLIGHT, numbered } from "./gcm.js";
import { lengthOf } from "./packets.js";
import { packetHeader } from "./signed-packets.js";

/** What becomes one data packet. */
export interface DataToSeal {
  /** The packets inside, in pieces. They are not changed, and not kept. */
  readonly packets: readonly Uint8Array[];
  /** Fresh, of the suite's cipher: never used for other data. */
  readonly sessionKey: Uint8Array;
  /** What the data packet is written behind, in the same buffer: the key packets. Nothing if absent. */
  readonly before?: Uint8Array;
  /** Told, now and then, how many octets of buffers have just become garbage. */
  readonly onGarbage?: (octets: number) => void;
}

/** Writes a data packet. */
export type WriteData = (data: DataToSeal) => Promise<Uint8Array<ArrayBuffer>>;

const SEIPD = 18;
const BLOCK = 16;
const SHA1 = 20;
/** Header of the modification detection code's packet. */
const MDC_HEADER = Uint8Array.of(0xd3, 0x14);
/** Octets enciphered at a time under CFB: each call gives a buffer of its own, which is copied and then garbage. */
const SLICE = 512 * 1024;
/** Up to here all pieces are enciphered in one: a native call costs more than a small piece. */
const SMALL = 128 * 1024;
/** Chunks of 2^(12+6) octets, as openpgp.js writes them; every reader takes up to 4 MiB (RFC 9580, 5.13.2). */
const CHUNK_SIZE_OCTET = 12;
const CHUNK = 2 ** (CHUNK_SIZE_OCTET + 6);

/** The writer of a suite; undefined where only openpgp.js can write it: CFB where there is no OpenSSL. */
export function dataWriter(suite: CipherSuite): WriteData | undefined {
  return suite.version === 1 ? cfbWriter() : (data) => writeGcm(data, suite);
}

/** SEIPD version 1 (RFC 9580, 5.13.1): CFB over a random block, its end again, the packets, and SHA-1 of all that. */
function cfbWriter(): WriteData | undefined {
  const native = nodeCrypto();
  if (native === undefined) return undefined;
  const { createCipheriv, createHash } = native;
  return async ({ packets, sessionKey, before, onGarbage }) => {
    const prefix = crypto.getRandomValues(new Uint8Array(BLOCK));
    const inside = [prefix, prefix.subarray(-2), ...packets, MDC_HEADER];
    const length = lengthOf(inside);
    const out = new Filling(before, 1 + length + SHA1);
    out.add(Uint8Array.of(1));
    const cipher = createCipheriv(`aes-${sessionKey.length * 8}-cfb`, sessionKey, new Uint8Array(BLOCK));
    const hash = createHash("sha1");
    for (const slice of slices(length <= SMALL ? [inOne(inside)] : inside, SLICE)) {
      hash.update(slice);
      out.add(cipher.update(slice));
      onGarbage?.(slice.length);
      if (slice.length === SLICE) await othersTurn();
    }
    out.add(cipher.update(hash.digest()));
    return out.whole();
  };
}

/** SEIPD version 2 (RFC 9580, 5.13.2) with GCM: chunks with their tags, and a last tag over the length. */
async function writeGcm(
  { packets, sessionKey, before, onGarbage }: DataToSeal,
  { cipher }: CipherSuite,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = lengthOf(packets);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const chunks = Math.ceil(length / CHUNK);
  const out = new Filling(before, 4 + salt.length + length + (chunks + 1) * GCM_TAG);
  const fields = Uint8Array.of(2, ciphers[cipher].id, GCM_ID, CHUNK_SIZE_OCTET);
  out.add(fields);
  out.add(salt);
  const associated = Uint8Array.of(0xc0 | SEIPD, ...fields);
  const { messageKey, nonce } = await derive(sessionKey, salt, associated, ciphers[cipher].octets);
  const seal = await gcmSealer(messageKey);
  const add = (sealed: readonly Uint8Array[]): void => {
    for (const piece of sealed) out.add(piece);
    onGarbage?.(lengthOf(sealed));
  };
  let number = 0;
  let inFlight: Promise<readonly Uint8Array[]>[] = [];
  const landed = async (): Promise<void> => {
    for (const sealed of await Promise.all(inFlight)) add(sealed);
    inFlight = [];
  };
  for (const plain of evenChunks(packets)) {
    const sealed = seal({ nonce: numbered(nonce, number++), associated, plain });
    // OpenSSL's is there at once, and still in the processor's cache
    if ("then" in sealed) inFlight.push(sealed);
    else add(sealed);
    if (inFlight.length === IN_FLIGHT) await landed();
    if (plain.length === CHUNK) await othersTurn();
  }
  await landed();
  const total = new DataView(new ArrayBuffer(8));
  total.setBigUint64(0, BigInt(length));
  const last = inOne([associated, new Uint8Array(total.buffer)]);
  add(await seal({ nonce: numbered(nonce, number), associated: last, plain: new Uint8Array() }));
  messageKey.fill(0);
  return out.whole();
}

/** A data packet of a known size that is filled from the front, in one buffer with what is before it. */
class Filling {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(before: Uint8Array = new Uint8Array(), bodyLength: number) {
    const header = packetHeader(SEIPD, bodyLength);
    this.#bytes = new Uint8Array(before.length + header.length + bodyLength);
    this.add(before);
    this.add(header);
  }

  add(octets: Uint8Array): void {
    this.#bytes.set(octets, this.#at);
    this.#at += octets.length;
  }

  /** @throws Error unless it is full: a packet of another length than its header says */
  whole(): Uint8Array<ArrayBuffer> {
    if (this.#at !== this.#bytes.length) throw new Error("a packet of another size");
    return this.#bytes;
  }
}

/** Views of at most `size` octets on the pieces, in order. */
export function* slices(pieces: readonly Uint8Array[], size: number): Generator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
  }
}

/** The pieces as one run of octets in chunks of exactly {@link CHUNK}, the last one shorter: views, but where pieces meet. */
function* evenChunks(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + CHUNK - length);
      parts.push(part);
      length += part.length;
      at += part.length;
      if (length < CHUNK) continue;
      yield inOne(parts);
      parts = [];
      length = 0;
    }
  }
  if (length > 0) yield inOne(parts);
}
