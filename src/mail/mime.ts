/**
 * Writes MIME entities (RFC 2045, 2046): exact trees, always base64, nothing of the writer's own.
 *
 * Why our own: what we have to write is small and exact (no User-Agent, no Content-Language, no charset guessing), the
 * same bytes in a browser's worker and on the server, and a body that many copies share must be a separate buffer.
 * Reading is postal-mime's; a test reads everything written here with two parsers.
 */
import { ListSealError } from "../protocol/errors.js";
import { encodeWords } from "./encoded-words.js";

const encoder = new TextEncoder();
const CRLF = "\r\n";
/** RFC 5322, 2.1.1: lines should have at most 78 characters. */
const FOLD_AT = 78;
/** RFC 2045, 6.8: base64 lines of at most 76 characters, which hold 57 octets. */
const LINE_CHARACTERS = 76;
const LINE_OCTETS = 57;
/** Octets turned into base64 at a time; a multiple of a line, small enough for String.fromCharCode's arguments. */
const SLICE_LINES = 512;

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
  if (/\p{Cc}/u.test(value)) throw new ListSealError("damaged", `a control character in the field ${name}`);
  const ascii = /^[\x20-\x7e]*$/.test(value) ? value : encodeWords(value);
  const lines: string[] = [];
  let line = `${name}:`;
  for (const word of ascii.split(" ")) {
    if (line.length + 1 + word.length > FOLD_AT && line !== `${name}:` && word !== "") {
      lines.push(line);
      line = "";
    }
    line += ` ${word}`;
  }
  lines.push(line);
  return lines.join(CRLF) + CRLF;
}

/** A fresh boundary of 128 random bits; `_` occurs in no base64. */
function newBoundary(): string {
  const random = crypto.getRandomValues(new Uint8Array(16));
  return `_ls_${Array.from(random, (octet) => octet.toString(16).padStart(2, "0")).join("")}`;
}

/** Base64 in lines of 76 characters with CRLF, as bytes. For 25 MB about 34 MB; made in slices, without large strings. */
export function base64Lines(bytes: Uint8Array): Uint8Array {
  const lines = Math.ceil(bytes.length / LINE_OCTETS);
  const size = Math.ceil(bytes.length / 3) * 4 + lines * 2;
  const out = new Uint8Array(size);
  let written = 0;
  const step = LINE_OCTETS * SLICE_LINES;
  for (let at = 0; at < bytes.length; at += step) {
    const text = btoa(String.fromCharCode(...bytes.subarray(at, at + step)));
    for (let from = 0; from < text.length; from += LINE_CHARACTERS) {
      written += encoder.encodeInto(text.slice(from, from + LINE_CHARACTERS), out.subarray(written)).written;
      out[written++] = 13;
      out[written++] = 10;
    }
  }
  return out;
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

  text(text: string): void {
    this.#pieces.push(encoder.encode(text));
  }

  bytes(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
  }

  join(): Uint8Array {
    const out = new Uint8Array(this.#pieces.reduce((sum, piece) => sum + piece.length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      out.set(piece, at);
      at += piece.length;
    }
    return out;
  }
}

/** The header fields of a leaf, with the empty line that ends them. */
export function leafHeader(leaf: Leaf): string {
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

/** A whole entity: `fields`, then the tree. */
export function writeEntity(fields: readonly HeaderField[], root: Leaf | Multipart): Uint8Array {
  const out = new Pieces();
  out.text(fields.map(writeField).join(""));
  writeNode(root, out);
  return out.join();
}

/** A base64 body in two pieces; concatenated they are the body. */
export interface EncodedInTwo {
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

/**
 * As {@link writeEntity} for one multipart whose last part is `last`, already encoded (`base64Lines`, `SharedBase64`).
 */
export function writeShared(
  fields: readonly HeaderField[],
  multipart: { readonly type: string; readonly parts: readonly Leaf[] },
  last: { readonly leaf: Omit<Leaf, "bytes">; readonly encoded: EncodedInTwo },
): SharedEntity {
  const out = new Pieces();
  const boundary = newBoundary();
  out.text(fields.map(writeField).join(""));
  out.text(`Content-Type: ${multipart.type}; boundary="${boundary}"${CRLF}${CRLF}`);
  for (const part of multipart.parts) {
    out.text(`--${boundary}${CRLF}`);
    writeNode(part, out);
    out.text(CRLF);
  }
  out.text(`--${boundary}${CRLF}${leafHeader({ ...last.leaf, bytes: new Uint8Array() })}`);
  out.bytes(last.encoded.own);
  return {
    head: out.join(),
    shared: last.encoded.shared,
    tail: encoder.encode(`${CRLF}--${boundary}--${CRLF}`),
  };
}

/** A text leaf in UTF-8. */
export function textLeaf(text: string, subtype: "plain" | "html" = "plain"): Leaf {
  return { type: `text/${subtype}; charset=utf-8`, bytes: encoder.encode(text.replace(/\r?\n/g, CRLF)) };
}

/** Date and time as header fields write it (RFC 5322, 3.3), in UTC: a time zone tells where the author is. */
export function formatDate(date: Date): string {
  return date.toUTCString().replace(/GMT$/, "+0000");
}
