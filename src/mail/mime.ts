/**
 * Writes MIME entities (RFC 2045, 2046): exact trees, always base64, nothing of the writer's own.
 *
 * Why our own: what we have to write is small and exact (no User-Agent, no Content-Language, no charset guessing), the
 * same bytes in a browser's worker and on the server, and a body that many copies share must be a separate buffer.
 * Reading is postal-mime's; a test reads everything written here with two parsers.
 */
import { ProtocolError } from "../openpgp/errors.js";
import { encodeWords } from "./encoded-words.js";

const encoder = new TextEncoder();
const CRLF = "\r\n";
/** RFC 5322, 2.1.1: lines should have at most 78 characters. */
const FOLD_AT = 78;
/** RFC 2047, 2: lines with an encoded-word have at most 76. */
const FOLD_WORDS_AT = 76;
/** RFC 2045, 6.8: base64 lines of at most 76 characters, which hold 57 octets. */
export const LINE_OCTETS = 57;

/** One header field: name and value. The value is ASCII or plain Unicode (then written as encoded-words). */
export type HeaderField = readonly [name: string, value: string];

/** A leaf of the tree. `bytes` is encoded in base64 whatever it is: 8-bit bodies are damaged silently by many readers. */
export interface Leaf {
  /** Content-Type with its parameters, ASCII. */
  readonly type: string;
  readonly disposition?: "attachment" | "inline";
  readonly name?: string;
  /** Content-ID without angle brackets. */
  readonly contentId?: string;
  readonly bytes: Uint8Array;
}

/** An inner node of the tree. */
export interface Multipart {
  /** Content-Type without the boundary, e.g. `multipart/mixed` or `multipart/encrypted; protocol="..."`. */
  readonly type: string;
  readonly parts: readonly (Leaf | Multipart)[];
}

/**
 * One header field, folded at spaces, ending in CRLF.
 *
 * @throws ListSealError `damaged` for a value with a line break or another control character: whatever comes from
 *         somebody's mail must not begin a header field of its own (header injection)
 */
export function writeField([name, value]: HeaderField): string {
  if (/\p{Cc}/u.test(value)) throw new ProtocolError("damaged", `a control character in the field ${name}`);
  const ascii = /^[\x20-\x7e]*$/.test(value) ? value : encodeWords(value);
  const foldAt = ascii.includes("=?") ? FOLD_WORDS_AT : FOLD_AT;
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of ascii.split(" ")) {
    if (line.length + 1 + word.length > foldAt && line !== `${name}:` && word !== "") {
      lines.push(line);
      line = "";
    }
    line += ` ${word}`;
  }
  lines.push(line);
  return lines.join(CRLF) + CRLF;
}

/** Random octets are drawn for so many boundaries at a time: a call costs more than all the rest of a small mail. */
const BOUNDARIES_AT_A_TIME = 64;
const BOUNDARY_OCTETS = 16;
const randomOctets = new Uint8Array(BOUNDARY_OCTETS * BOUNDARIES_AT_A_TIME);
let randomUsed = randomOctets.length;
const hexOctets = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, "0"));

/** A fresh boundary of 128 random bits; `_` occurs in no base64. */
function newBoundary(): string {
  if (randomUsed === randomOctets.length) {
    crypto.getRandomValues(randomOctets);
    randomUsed = 0;
  }
  let text = "_ls_";
  for (const end = randomUsed + BOUNDARY_OCTETS; randomUsed < end; randomUsed++) {
    text += hexOctets[randomOctets[randomUsed] ?? 0];
  }
  return text;
}

const alphabet = encoder.encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PAD = 0x3d;

/** Two octets that are written as one word, in whatever order this machine keeps the octets of a word. */
const word = (first: number, second: number): number =>
  new Uint16Array(Uint8Array.of(first, second).buffer)[0] ?? 0;

/** The two characters of each 12 bits. */
const pairs = Uint16Array.from({ length: 4096 }, (_, bits) =>
  word(alphabet[bits >> 6] ?? 0, alphabet[bits & 63] ?? 0),
);
const lineEnd = word(13, 10);

/** What engines since 2025 have (ECMA-262, Uint8Array to base64); Node 20 doesn't. */
interface NativeSource {
  toBase64(): string;
}

function isNative(bytes: Uint8Array): bytes is Uint8Array & NativeSource {
  return "toBase64" in bytes;
}

/** Whole lines that are text at one time: a megabyte. */
const LINES_AT_A_TIME = 16_384;

/** Octets of the base64 of so many, with its line ends ({@link base64Lines}). */
export const base64Length = (octets: number): number =>
  Math.ceil(octets / 3) * 4 + 2 * Math.ceil(octets / LINE_OCTETS);

/**
 * Base64 in lines of 76 characters with CRLF, as bytes. For 25 MB about 34 MB, and no more than a megabyte beside it.
 *
 * Natively where the engine can: it may be one that does not compile JavaScript (Debian's Thunderbird), and there a loop
 * over 25 MB takes seconds.
 */
export function base64Lines(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const length = base64Length(bytes.length);
  return isNative(bytes) ? linesNatively(bytes, length) : linesByLoop(bytes, length);
}

function linesNatively(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(length);
  const octets = LINE_OCTETS * LINES_AT_A_TIME;
  for (let from = 0, at = 0; from < bytes.length; from += octets) {
    const slice = bytes.subarray(from, from + octets);
    // never: a view has what its whole has
    if (!isNative(slice)) return linesByLoop(bytes, length);
    at += encoder.encodeInto(slice.toBase64().replace(/.{1,76}/g, `$&${CRLF}`), out.subarray(at)).written;
  }
  return out;
}

/** Own code: what Node 20 and older browsers have (btoa) gives strings, without lines, and takes ten times as long. */
function linesByLoop(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint16Array(length / 2);
  let to = 0;
  for (let at = 0; at < bytes.length; ) {
    const end = Math.min(at + LINE_OCTETS, bytes.length);
    for (; at + 3 <= end; at += 3) {
      const group = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
      words[to++] = pairs[group >> 12] ?? 0;
      words[to++] = pairs[group & 0xfff] ?? 0;
    }
    if (at < end) {
      const isTwo = at + 2 === end;
      const group = ((bytes[at] ?? 0) << 16) | ((isTwo ? (bytes[at + 1] ?? 0) : 0) << 8);
      words[to++] = pairs[group >> 12] ?? 0;
      words[to++] = word(isTwo ? (alphabet[(group >> 6) & 63] ?? 0) : PAD, PAD);
      at = end;
    }
    words[to++] = lineEnd;
  }
  return new Uint8Array(words.buffer);
}

/** A parameter value: a token, a quoted string, or RFC 2231 for what is outside ASCII. */
function parameter(name: string, value: string): string {
  const clean = value.replace(/\p{Cc}/gu, " ");
  if (/^[\x20-\x7e]*$/.test(clean)) return `${name}="${clean.replace(/["\\]/g, "\\$&")}"`;
  const encoded = Array.from(encoder.encode(clean), (octet) =>
    /[A-Za-z0-9._-]/.test(String.fromCharCode(octet))
      ? String.fromCharCode(octet)
      : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`,
  ).join("");
  return `${name}*=UTF-8''${encoded}`;
}

/** Collects chunks and joins them once: large parts are copied a single time. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  #text = "";

  text(text: string): void {
    this.#text += text;
  }

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(encoder.encode(this.#text), bytes);
    this.#text = "";
  }

  join(): Uint8Array {
    this.#pieces.push(encoder.encode(this.#text));
    this.#text = "";
    return join(...this.#pieces);
  }
}

/** The header fields of a leaf, with the empty line that ends them. */
export function leafHeader(leaf: OwnPart): string {
  const name = leaf.name === undefined ? "" : `;${CRLF} ${parameter("filename", leaf.name)}`;
  return [
    `Content-Type: ${leaf.type}${CRLF}`,
    `Content-Transfer-Encoding: base64${CRLF}`,
    leaf.disposition === undefined ? "" : `Content-Disposition: ${leaf.disposition}${name}${CRLF}`,
    leaf.contentId === undefined ? "" : `Content-ID: <${leaf.contentId}>${CRLF}`,
    CRLF,
  ].join("");
}

function writeNode(node: Leaf | Multipart, out: Pieces): void {
  if ("bytes" in node) {
    out.text(leafHeader(node));
    out.bytes(base64Lines(node.bytes));
    return;
  }
  const boundary = newBoundary();
  out.text(`Content-Type: ${node.type}; boundary="${boundary}"${CRLF}${CRLF}`);
  for (const part of node.parts) {
    out.text(`--${boundary}${CRLF}`);
    writeNode(part, out);
    out.text(CRLF);
  }
  out.text(`--${boundary}--${CRLF}`);
}

/** Header fields, one after the other. @throws ListSealError as {@link writeField} */
export const writeFields = (fields: readonly HeaderField[]): string => fields.map(writeField).join("");

/** A whole entity: `fields`, then the tree. */
export function writeEntity(fields: readonly HeaderField[], root: Leaf | Multipart): Uint8Array {
  const out = new Pieces();
  out.text(writeFields(fields));
  writeNode(root, out);
  return out.join();
}

/** A base64 body in two pieces; concatenated they are the body. */
export interface SplitEncoding {
  /** This copy's own lines; may be empty. */
  readonly own: Uint8Array;
  /** The very buffer that many copies share. Never write to it. */
  readonly shared: Uint8Array;
}

/** An entity in three pieces, so that many copies can share the large one. Concatenated they are the mail. */
export interface SharedEntity {
  readonly head: Uint8Array;
  /** The encoded bytes of the last part, or all but its first lines: the very buffer that was given. */
  readonly shared: Uint8Array;
  readonly tail: Uint8Array;
}

/** A part whose octets come with each copy. */
export type OwnPart = Omit<Leaf, "bytes">;

/** A multipart whose last or only large part is shared by many copies, and one part of which is each copy's own. */
export interface SharedMultipart {
  /** As {@link Multipart} has it. */
  readonly type: string;
  /** The small parts before the large one. */
  readonly before: readonly (Leaf | OwnPart)[];
  readonly large: OwnPart;
  /** The small parts behind it. */
  readonly after: readonly Leaf[];
}

/** What many copies have in common, written once. Each copy's own octets stand between `before` and `after`. */
export interface SharedFrame {
  readonly fields: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly tail: Uint8Array;
}

/**
 * As {@link writeEntity} for one multipart with a large part that is already encoded (`base64Lines`, `SharedBase64`), up to what
 * each copy has of its own. They share the boundary, too: it occurs in no base64, whatever is in there.
 *
 * @param multipart the copy's own octets are the part of `before` that has none, or else the beginning of the large one
 */
export function writeFrame(fields: readonly HeaderField[], multipart: SharedMultipart): SharedFrame {
  const boundary = newBoundary();
  const begin = `--${boundary}${CRLF}`;
  const before = new Pieces();
  const behindOwn = new Pieces();
  const tail = new Pieces();
  let head = before;
  before.text(`Content-Type: ${multipart.type}; boundary="${boundary}"${CRLF}${CRLF}`);
  for (const part of multipart.before) {
    head.text(begin);
    if ("bytes" in part) writeNode(part, head);
    else {
      head.text(leafHeader(part));
      head = behindOwn;
    }
    head.text(CRLF);
  }
  head.text(begin + leafHeader(multipart.large));
  for (const part of multipart.after) {
    tail.text(CRLF + begin);
    writeNode(part, tail);
  }
  tail.text(`${CRLF}--${boundary}--${CRLF}`);
  return {
    fields: encoder.encode(writeFields(fields)),
    before: before.join(),
    after: behindOwn.join(),
    tail: tail.join(),
  };
}

/**
 * A copy in its frame.
 *
 * @param fields the copy's own, behind those of the frame
 * @param own    base64 of what is the copy's own (`base64Lines`)
 * @param shared base64 of the large part, or of the rest of it
 */
export function inFrame(
  frame: SharedFrame,
  fields: readonly HeaderField[],
  own: Uint8Array,
  shared: Uint8Array,
): SharedEntity {
  const pieces = [frame.fields, encoder.encode(writeFields(fields)), frame.before, own, frame.after];
  return { head: join(...pieces), shared, tail: frame.tail };
}

function join(...pieces: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

/** A text leaf in UTF-8. */
export function textLeaf(text: string, subtype: "plain" | "html" = "plain"): Leaf {
  return { type: `text/${subtype}; charset=utf-8`, bytes: encoder.encode(text.replace(/\r?\n/g, CRLF)) };
}

/** Date and time as header fields write it (RFC 5322, 3.3), in UTC: a time zone tells where the author is. */
export function formatMailDate(date: Date): string {
  return date.toUTCString().replace(/GMT$/, "+0000");
}
