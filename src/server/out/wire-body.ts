/**
 * A mail's body on its way into nodemailer's connection.
 *
 * QUIRK: nodemailer 10.6.0 looks at every octet of a mail for line ends and leading dots, in JavaScript and once a copy: 90 %
 * of what a fan-out of large posts cost. What this software writes needs no such care, and the large part, which all
 * copies share, is looked at once for all of them. Everything else (a mail for the owners, which is somebody else's) goes
 * nodemailer's way.
 */
import { Readable, Transform } from "node:stream";

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;
/** Octets handed to the connection at a time: over TLS, what is handed over is held a second time, encrypted. */
const SLICE_OCTETS = 256 * 1024;
/** Pieces at most this long are joined, so that a small mail is one write. */
const SMALL_OCTETS = 64 * 1024;

/** Large pieces that were looked at and can go out as they are: copies share them. */
const looked = new WeakSet<Uint8Array>();

/**
 * The pieces, one after the other, as what nodemailer takes for a body. The pieces are not copied, if they are large.
 *
 * @param pieces never changed while any copy is on its way
 */
export function bodyOf(pieces: readonly Uint8Array[]): Readable {
  return isAsOnTheWire(pieces)
    ? new WireBody(pieces)
    : Readable.from(pieces.map(asBuffer), { objectMode: false });
}

/** True if SMTP would send the pieces octet for octet: whole lines that end in CR LF, none of which begins with a dot. */
function isAsOnTheWire(pieces: readonly Uint8Array[]): boolean {
  return pieces.every((piece) => {
    if (looked.has(piece)) return true;
    const good = hasPlainLines(piece);
    if (good && piece.length > SMALL_OCTETS) looked.add(piece);
    return good;
  });
}

function hasPlainLines(piece: Uint8Array): boolean {
  let previous = LF;
  for (let at = 0; at < piece.length; at++) {
    const octet = piece[at] ?? 0;
    if (previous === LF ? octet === DOT : (previous === CR) !== (octet === LF)) return false;
    if (previous === LF && octet === LF) return false;
    previous = octet;
  }
  return previous === LF;
}

class WireBody extends Readable {
  readonly #chunks: Iterator<Buffer>;

  constructor(pieces: readonly Uint8Array[]) {
    super();
    this.#chunks = chunksOf(pieces);
  }

  override _read(): void {
    const { value, done } = this.#chunks.next();
    this.push(done === true ? null : value);
  }

  /** nodemailer pipes into a stream of its own, made for this mail alone, which is told to let everything pass. */
  override pipe<T extends NodeJS.WritableStream>(destination: T): T {
    if (!(destination instanceof Transform)) return super.pipe(destination);
    destination._transform = (chunk, _encoding, done) => done(null, chunk);
    // the last line has ended
    destination._flush = (done) => done(null, Buffer.from(".\r\n"));
    const feed = (): void => {
      for (;;) {
        const { value, done } = this.#chunks.next();
        if (done === true) {
          destination.end();
          return;
        }
        if (!destination.write(value)) {
          destination.once("drain", feed);
          return;
        }
      }
    };
    feed();
    return destination;
  }
}

function* chunksOf(pieces: readonly Uint8Array[]): Generator<Buffer, undefined> {
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (total <= SMALL_OCTETS) {
    yield Buffer.concat(pieces, total);
    return undefined;
  }
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; at += SLICE_OCTETS) {
      yield asBuffer(piece.subarray(at, at + SLICE_OCTETS));
    }
  }
  return undefined;
}

const asBuffer = (piece: Uint8Array): Buffer => Buffer.from(piece.buffer, piece.byteOffset, piece.length);
