/**
 * The packets inside an opened seal: how many there may be, and where the literal is.
 *
 * Only authenticated octets come here, but anybody can seal anything to a public key: nobody's signature has been seen yet.
 * So what a parser would do for an attacker is done before openpgp.js gets them: packets are counted, contents decompressed
 * to a limit. openpgp.js then reads signatures and grammar around an empty literal; the true one is cut out here, so that
 * 25 MB are not handed around.
 */
import { readMessage, type Signature, verify } from "openpgp";
import { ProtocolError } from "./errors.js";
import { bodyOf, bodyPieces, type Header, join, readHeader } from "./packets.js";
import { assertSize, layerConfig, MAX_PACKETS_INSIDE } from "./policy.js";

/** What a seal held. The signatures say nothing yet: `signature.ts` verifies them. */
export interface Inside {
  readonly literal: Uint8Array;
  readonly signatures: readonly Signature[];
}

/** Packet types (RFC 9580, section 5). */
const tag = {
  signature: 2,
  onePass: 4,
  compressed: 8,
  marker: 10,
  literal: 11,
  trust: 12,
  padding: 21,
} as const;
/** What a reader has to skip. */
const skipped: readonly number[] = [tag.marker, tag.trust, tag.padding];
const meant: readonly number[] = [tag.signature, tag.onePass, tag.compressed, tag.literal];

/** RFC 9580, 9.4, of the kinds that are inflated natively. BZip2 is not among them: see {@link contentOf}. */
const inflated: Readonly<Record<number, "deflate-raw" | "deflate">> = { 1: "deflate-raw", 2: "deflate" };
const UNCOMPRESSED = 0;
/** Octets handed to the decompressor at a time: what it makes of one piece is all in memory. */
const PIECE = 65_536;

/** A packet without its meaning: where it begins, and its header. */
type Place = Header & { readonly at: number };

/**
 * Reads the packets of an opened seal.
 *
 * @param maxBytes the longest literal, and the longest decompressed content
 * @throws ListSealError `damaged` (not a message with one literal), `too-large` (more than {@link MAX_PACKETS_INSIDE}
 *         packets, or more than `maxBytes`), `unsupported-algorithm` (compressed in another way than ZIP or ZLIB)
 */
export async function readInside(packets: Uint8Array, maxBytes: number): Promise<Inside> {
  const [first, second] = placesIn(packets);
  if (first?.tag !== tag.compressed || second !== undefined) return readMessageIn(packets, maxBytes);
  return readMessageIn(await contentOf(packets, first, maxBytes), maxBytes);
}

/** All packets but those that are skipped. They count: a megabyte of them costs openpgp.js seconds. */
function placesIn(packets: Uint8Array): readonly Place[] {
  const places: Place[] = [];
  for (let at = 0, count = 0; at < packets.length; count++) {
    const header = readHeader(packets, at);
    // also types without a meaning (40 and up), which a reader may skip
    if (!meant.includes(header.tag) && !skipped.includes(header.tag)) {
      throw new ProtocolError("damaged", `a packet of type ${header.tag} inside a seal`);
    }
    if (count === MAX_PACKETS_INSIDE) throw new ProtocolError("too-large", "too many packets inside a seal");
    if (meant.includes(header.tag)) places.push({ ...header, at });
    at = header.end;
  }
  return places;
}

async function readMessageIn(packets: Uint8Array, maxBytes: number): Promise<Inside> {
  const places = placesIn(packets);
  const [literal, more] = places.filter((place) => place.tag === tag.literal);
  if (literal === undefined || more !== undefined || places.some((place) => place.tag === tag.compressed)) {
    throw new ProtocolError("damaged", "not exactly one literal inside a seal");
  }
  const content = bodyOf(packets, literal);
  // format, length of the file name, the file name, date (RFC 9580, 5.9)
  const [format = 0, nameLength = 0] = content;
  const dataAt = 2 + nameLength + 4;
  if (content.length < dataAt) throw new ProtocolError("damaged", "a literal that ends too early");
  const data = content.subarray(dataAt);
  assertSize(data, maxBytes, "the literal");
  const empty = Uint8Array.of(0xcb, 6, format, 0, ...content.subarray(dataAt - 4, dataAt));
  const frame = join(join(packets.subarray(0, literal.at), empty), packets.subarray(literal.end));
  return { literal: data, signatures: await signaturesIn(frame, maxBytes) };
}

/** The signatures around a literal, as openpgp.js finds them: its grammar decides which belong to it. */
async function signaturesIn(message: Uint8Array, maxBytes: number): Promise<readonly Signature[]> {
  const config = layerConfig(maxBytes);
  const { signatures } = await verify({
    message: await readMessage({ binaryMessage: message, config }),
    verificationKeys: [],
    format: "binary",
    config,
  });
  for (const each of signatures) each.verified.catch(() => undefined);
  return Promise.all(signatures.map((each) => each.signature));
}

/**
 * What a compressed packet holds. BZip2 is refused: no program chooses it for our keys, nothing inflates it natively, and
 * 45 octets of it make a megabyte.
 */
async function contentOf(packets: Uint8Array, place: Place, maxBytes: number): Promise<Uint8Array> {
  const [method] = bodyPieces(packets, place).next().value ?? [];
  if (method === UNCOMPRESSED) return bodyOf(packets, place, 1);
  const format = method === undefined ? undefined : inflated[method];
  if (format === undefined)
    throw new ProtocolError("unsupported-algorithm", `compressed by method ${method}`);
  const stream = new ReadableStream({
    pull: (controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>) => {
      const piece = pieces.next();
      if (piece.done === true) controller.close();
      else controller.enqueue(piece.value);
    },
  });
  const pieces = small(bodyPieces(packets, place, 1));
  const content = new Growing(maxBytes);
  const reader = stream.pipeThrough(new DecompressionStream(format)).getReader();
  for (;;) {
    let read: ReadableStreamReadResult<Uint8Array>;
    try {
      read = await reader.read();
    } catch (cause) {
      throw new ProtocolError("damaged", "the compressed content was altered", { cause });
    }
    if (read.done) return content.bytes();
    try {
      content.append(read.value);
    } catch (error) {
      await reader.cancel().catch(() => undefined);
      throw error;
    }
  }
}

/**
 * The same octets in pieces of at most {@link PIECE}. Copies: a stream may take the buffer of what it is given. QUIRK: not
 * with `Uint8Array.from`, which goes octet by octet in SpiderMonkey (1 s for 3 MB without its compiler).
 */
function* small(pieces: Iterable<Uint8Array>): Generator<Uint8Array<ArrayBuffer>> {
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += PIECE) yield new Uint8Array(piece.subarray(at, at + PIECE));
  }
}

/** Octets that come one after the other, of a number that their own first ones tell: then they are in memory once. */
class Growing {
  #held = new Uint8Array(PIECE);
  #length = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws ListSealError `too-large` beyond the limit */
  append(more: Uint8Array): void {
    const needed = this.#length + more.length;
    if (needed > this.#limit) {
      throw new ProtocolError("too-large", "the message is too large after decompression");
    }
    if (needed > this.#held.length) {
      const announced = announcedLength(this.#held.subarray(0, this.#length));
      const grown = Math.max(needed, announced, Math.min(2 * needed, this.#limit));
      const larger = new Uint8Array(announced >= needed ? Math.min(announced, this.#limit) : grown);
      larger.set(this.bytes());
      this.#held = larger;
    }
    this.#held.set(more, this.#length);
    this.#length = needed;
  }

  bytes(): Uint8Array {
    return this.#held.subarray(0, this.#length);
  }
}

/** Signatures after a literal: what is reserved for them. */
const AFTER_LITERAL = 8192;

/** How long the message that begins like this says it is; 0 if it does not say. */
function announcedLength(beginning: Uint8Array): number {
  const [type, first] = beginning;
  let at = 0;
  // one-pass signatures stand before the literal; their lengths, and the literal's, are in new headers here
  for (let lead = type, length = first; lead !== undefined && length !== undefined; ) {
    if (lead === (0xc0 | tag.literal)) {
      if (length !== 255 || beginning.length < at + 6) return 0;
      return (
        new DataView(beginning.buffer, beginning.byteOffset + at + 2).getUint32(0) + at + 6 + AFTER_LITERAL
      );
    }
    if (lead !== (0xc0 | tag.onePass) || length >= 192) return 0;
    at += 2 + length;
    [lead, length] = beginning.subarray(at, at + 2);
  }
  return 0;
}
