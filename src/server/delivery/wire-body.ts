/**
 * A mail's octets as SMTP sends them (RFC 5321, 4.5.2): lines that end in CR LF, a dot at the beginning of a line doubled.
 *
 * What this software writes is so already, and the large part, which all copies share, is looked at once for all of them and
 * never copied. Everything else (a mail for the owners, which is somebody else's) is written again.
 */
import { setImmediate as others } from "node:timers/promises";

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;
/** Octets handed to the connection at a time: over TLS, what is handed over is held a second time, encrypted. */
const SLICE_OCTETS = 256 * 1024;
/** Pieces at most this long are joined, so that a small mail is one write. */
const SMALL_OCTETS = 64 * 1024;
/** Octets of a large piece that are looked at in one turn: 46 MB at once kept everybody else waiting for 0.13 s. */
const TURN_OCTETS = 512 * 1024;

/** Whether large pieces can go out as they are. Copies share them, and may come at the same moment: they are looked at once. */
const looks = new WeakMap<Uint8Array, Promise<boolean>>();

/**
 * The pieces as they go over the wire, in chunks for one write each. Large pieces are not copied. The line with the dot that
 * ends a mail is not among them. While large pieces are looked at, others have their turns.
 *
 * @param pieces never changed while any copy is on its way
 */
export async function wireChunks(pieces: readonly Uint8Array[]): Promise<readonly Buffer[]> {
  const octets = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // a small mail is looked at as a whole, and nobody waits for it
  if (octets <= SMALL_OCTETS) {
    const whole = Buffer.concat(pieces, octets);
    return [plainLinesUpTo(whole, 0, octets) !== undefined ? whole : dotted(pieces)];
  }
  const plain = (await isAsOnTheWire(pieces)) ? pieces : [dotted(pieces)];
  const chunks: Buffer[] = [];
  for (const piece of plain) {
    for (let at = 0; at < piece.length; at += SLICE_OCTETS) {
      chunks.push(asBuffer(piece.subarray(at, at + SLICE_OCTETS)));
    }
  }
  return chunks;
}

/** True if SMTP would send the pieces octet for octet: whole lines that end in CR LF, none of which begins with a dot. */
async function isAsOnTheWire(pieces: readonly Uint8Array[]): Promise<boolean> {
  for (const piece of pieces) {
    const look = looks.get(piece) ?? hasPlainLines(piece);
    if (piece.length > SMALL_OCTETS) looks.set(piece, look);
    if (!(await look)) return false;
  }
  return true;
}

async function hasPlainLines(piece: Uint8Array): Promise<boolean> {
  let at = 0;
  while (at < piece.length) {
    if (at > 0) await others();
    const end = plainLinesUpTo(piece, at, at + TURN_OCTETS);
    if (end === undefined) return false;
    at = end;
  }
  return true;
}

/**
 * Looks at the lines from `from` on, to the end of the one that reaches `enough` or to the last.
 *
 * @returns where the next begins; `undefined` if one of them is not as SMTP sends it, or has no end
 */
function plainLinesUpTo(piece: Uint8Array, from: number, enough: number): number | undefined {
  // from line end to line end: the search is native, and a line costs no more than an octet would
  let start = from;
  while (start < piece.length && start < enough) {
    const end = piece.indexOf(LF, start);
    if (end === -1 || piece[start] === DOT || piece[end - 1] !== CR || end === start) return undefined;
    if (piece.indexOf(CR, start) !== end - 1) return undefined;
    start = end + 1;
  }
  return start;
}

/** Bare CR and LF become line ends, as every mail server since smuggling was found reads them or refuses them. */
function dotted(pieces: readonly Uint8Array[]): Buffer {
  const text = Buffer.concat(pieces).toString("latin1");
  const lines = text.replace(/\r\n|\r|\n/g, "\r\n").replace(/^\./gm, "..");
  return Buffer.from(lines.endsWith("\r\n") ? lines : `${lines}\r\n`, "latin1");
}

const asBuffer = (piece: Uint8Array): Buffer => Buffer.from(piece.buffer, piece.byteOffset, piece.length);
