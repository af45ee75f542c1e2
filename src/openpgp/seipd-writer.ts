/**
 * Our own writer of large sealed messages, for time and memory.
 *
 * openpgp.js holds a large body up to eight times while it seals it, and takes twice the processor time that the ciphers
 * need. Here the packets go through once, in slices, into one buffer of the final size. Which algorithms are used is still
 * openpgp.js's choice, from the recipients' certificates, and so are the session key's packets. What this file does not
 * write (CFB where there is no OpenSSL, other ciphers, OCB) is left to openpgp.js, as is everything small.
 */
import {
  encryptSessionKey,
  generateSessionKey,
  type PartialConfig,
  type PublicKey,
  type Signature,
} from "openpgp";
import { digest, nodeCrypto } from "./digest.js";
import { GCM_NONCE, GCM_TAG, gcmSealer, IN_FLIGHT } from "./gcm.js";
import { derive, numbered } from "./seipd-reader.js";
import { packetHeader, signedPackets } from "./signed-packets.js";

/** Literals above this are written here. Below it openpgp.js's surplus is a millisecond, and nobody notices it. */
export const OWN_ABOVE_BYTES = 256 * 1024;

/** What is sealed, and for whom. */
export interface LargeMessage {
  readonly literal: Uint8Array;
  readonly signature: Signature;
  readonly certificates: readonly PublicKey[];
  readonly passwords: readonly string[];
  /** Whether the packets are compressed (ZIP) before they are sealed. */
  readonly compress: boolean;
  readonly date: Date;
  readonly config: PartialConfig;
}

const SEIPD = 18;
const COMPRESSED = 8;
const ZIP = 1;
const BLOCK = 16;
const SHA1 = 20;
/** Header of the modification detection code's packet. */
const MDC_HEADER = Uint8Array.of(0xd3, 0x14);
/** Octets enciphered at a time under CFB: each call gives a buffer of its own, which is copied and then garbage. */
const SLICE = 65_536;
const GCM = 3;
/** Chunks of 2^(12+6) octets, as openpgp.js writes them. */
const CHUNK_SIZE_OCTET = 12;
const CHUNK = 2 ** (CHUNK_SIZE_OCTET + 6);

/** RFC 9580, 9.3: the ciphers, by openpgp.js's names. */
const ciphers: Readonly<Record<string, { readonly id: number; readonly octets: 16 | 24 | 32 }>> = {
  aes128: { id: 7, octets: 16 },
  aes192: { id: 8, octets: 24 },
  aes256: { id: 9, octets: 32 },
};

/**
 * Seals a signed literal: session key packets and one data packet.
 *
 * @returns `unknown` for what is openpgp.js's to write
 */
export async function sealLarge(message: LargeMessage): Promise<Uint8Array | "unknown"> {
  const { literal, signature, certificates, passwords, date, config } = message;
  const { data, algorithm, aeadAlgorithm } = await generateSessionKey({
    encryptionKeys: [...certificates],
    date,
    config,
  });
  try {
    const cipher = ciphers[algorithm];
    const write = aeadAlgorithm === undefined ? cfbWriter() : aeadAlgorithm === "gcm" ? writeGcm : undefined;
    if (cipher === undefined || write === undefined) return "unknown";
    const keyPackets: Uint8Array = await encryptSessionKey({
      data,
      algorithm,
      ...(aeadAlgorithm === undefined ? {} : { aeadAlgorithm }),
      encryptionKeys: [...certificates],
      passwords: [...passwords],
      format: "binary",
      date,
      config,
    });
    const packets = signedPackets(literal, signature, date);
    const pieces = message.compress ? await compressed(packets) : packets;
    return await write(keyPackets, pieces, data, cipher.id);
  } finally {
    data.fill(0);
  }
}

const lengthOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/** The packets as one compressed packet (RFC 9580, 5.6), in pieces. */
async function compressed(packets: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const waiting = slices(packets, SLICE);
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = waiting.next();
      if (done === true) controller.close();
      // a copy: a stream may take the buffer of what it is given
      else controller.enqueue(new Uint8Array(value));
    },
  });
  const pieces: Uint8Array[] = [];
  const reader = source.pipeThrough(new CompressionStream("deflate-raw")).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) pieces.push(read.value);
  return [packetHeader(COMPRESSED, lengthOf(pieces) + 1), Uint8Array.of(ZIP), ...pieces];
}

/** Writes a data packet behind what stands `before` it. */
type WriteData = (
  before: Uint8Array,
  pieces: readonly Uint8Array[],
  key: Uint8Array,
  cipher: number,
) => Promise<Uint8Array>;

/** SEIPD version 1 (RFC 9580, 5.13.1): CFB over a random block, its end again, the packets, and SHA-1 of all that. */
function cfbWriter(): WriteData | undefined {
  const native = nodeCrypto();
  if (native === undefined) return undefined;
  const { createCipheriv } = native;
  return async (before, pieces, key) => {
    const prefix = crypto.getRandomValues(new Uint8Array(BLOCK));
    const inside = [prefix, prefix.subarray(-2), ...pieces, MDC_HEADER];
    const code = await digest("SHA-1", inside);
    const out = new Filling(before, 1 + lengthOf(inside) + SHA1);
    out.add(Uint8Array.of(1));
    const cipher = createCipheriv(`aes-${key.length * 8}-cfb`, key, new Uint8Array(BLOCK));
    for (const slice of slices([...inside, code], SLICE)) out.add(cipher.update(slice));
    cipher.final();
    return out.whole();
  };
}

/** SEIPD version 2 (RFC 9580, 5.13.2) with GCM: chunks with their tags, and a last tag over the length. */
const writeGcm: WriteData = async (before, pieces, key, cipher) => {
  const length = lengthOf(pieces);
  const salt = crypto.getRandomValues(new Uint8Array(32));
  const chunks = Math.ceil(length / CHUNK);
  const out = new Filling(before, 4 + salt.length + length + (chunks + 1) * GCM_TAG);
  const fields = Uint8Array.of(2, cipher, GCM, CHUNK_SIZE_OCTET);
  out.add(fields);
  out.add(salt);
  const associated = Uint8Array.of(0xc0 | SEIPD, ...fields);
  const { messageKey, nonce } = await derive(key, salt, associated, key.length);
  if (nonce.length !== GCM_NONCE) throw new Error("a nonce of another length");
  const seal = await gcmSealer(messageKey);
  let number = 0;
  let inFlight: ReturnType<typeof seal>[] = [];
  const written = async (): Promise<void> => {
    for (const sealed of await Promise.all(inFlight)) for (const piece of sealed) out.add(piece);
    inFlight = [];
  };
  for (const plain of evenChunks(pieces)) {
    inFlight.push(seal({ nonce: numbered(nonce, number++), associated, plain }));
    if (inFlight.length === IN_FLIGHT) await written();
  }
  await written();
  const total = new DataView(new ArrayBuffer(8));
  total.setBigUint64(0, BigInt(length));
  const last = Uint8Array.of(...associated, ...new Uint8Array(total.buffer));
  inFlight.push(seal({ nonce: numbered(nonce, number), associated: last, plain: new Uint8Array() }));
  await written();
  messageKey.fill(0);
  return out.whole();
};

/** A data packet of a known size that is filled from the front, in one buffer with what stands before it. */
class Filling {
  readonly #bytes: Uint8Array<ArrayBuffer>;
  #at = 0;

  constructor(before: Uint8Array, bodyLength: number) {
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
  whole(): Uint8Array {
    if (this.#at !== this.#bytes.length) throw new Error("a packet of another size");
    return this.#bytes;
  }
}

/** Views of at most `size` octets on the pieces, in order. */
function* slices(pieces: readonly Uint8Array[], size: number): Generator<Uint8Array> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += size) yield piece.subarray(at, at + size);
  }
}

/** The pieces as one run of octets in chunks of exactly {@link CHUNK}, the last one shorter. A chunk is its own buffer. */
function* evenChunks(pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK);
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + CHUNK - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === CHUNK) {
        yield chunk;
        chunk = new Uint8Array(CHUNK);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
