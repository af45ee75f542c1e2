/**
 * Reads MIME: postal-mime, fed so that its work grows with the octets of a mail and no faster.
 *
 * postal-mime takes a mail line by line, whatever the part, and keeps two pieces of a Blob for each line of a text: 3 MiB of
 * short lines took 11 s and 2 GB. Here it gets every header line and every line that begins with two hyphens, so which part is
 * what stays its decision alone; what is between them in a body can be no boundary, and comes in one piece. What it gets
 * line by line is counted, and so are the parts.
 *
 * base64 is decoded natively where it is plain: postal-mime goes through it octet by octet, 4.5 s for 25 MB where JavaScript
 * is not compiled (Debian's Thunderbird).
 *
 * QUIRK: `readLine`, `currentNode`, `root` and a node's decoder are postal-mime 4's own and not in its types: what is used of
 * them is checked, and `test/mail/read-mime.test.ts` compares what comes out with postal-mime alone.
 */
import PostalMime, { type Email, type PostalMimeOptions } from "postal-mime";
import { ProtocolError } from "../openpgp/errors.js";
import { decodeBase64Body } from "./base64-body.js";
import { withForeignOctets } from "./foreign-octets.js";

/**
 * Parts of one mail. Attack: 2 MiB of parts of a few octets kept a reader busy for 8 s. No real mail comes near.
 */
export const MAX_PARTS = 500;

/**
 * Lines that are looked at one by one: of headers, of quoted-printable, and those that begin with two hyphens. 1 us each at
 * most. 25 MB of quoted-printable have two thirds of it.
 */
const MAX_SINGLE_LINES = 500_000;

/** Octets that a decoder of postal-mime gets at once: it makes a text of them. */
const PIECE = 65_536;

const [LF, CR, HYPHEN] = [0x0a, 0x0d, 0x2d];

/** How postal-mime collects what a leaf holds. */
interface Decoder {
  update(octets: Uint8Array): void;
  finalize(): unknown;
}

/** What is used of postal-mime's reading of one part. */
interface OpenNode {
  readonly state: unknown;
  readonly contentTransferEncoding: { readonly encoding: string };
  readonly contentType: { readonly parsed: { readonly value: string } };
  contentDecoder: Decoder | null;
}

interface Line {
  readonly bytes: Uint8Array;
  readonly done: boolean;
}

/** What is used of the parser itself. */
interface Inner {
  readPos: number;
  headerSize: number;
  readonly av: Uint8Array;
  readonly currentNode: OpenNode;
  readLine: () => Line;
  isInlineTextNode: (node: unknown) => boolean;
  readonly root: unknown;
}

const isObject = (value: unknown): value is object => typeof value === "object" && value !== null;

function isInner(parser: object): parser is Inner {
  return (
    "headerSize" in parser &&
    typeof parser.headerSize === "number" &&
    "readLine" in parser &&
    typeof parser.readLine === "function" &&
    "currentNode" in parser &&
    isOpenNode(parser.currentNode) &&
    "isInlineTextNode" in parser &&
    typeof parser.isInlineTextNode === "function" &&
    "root" in parser
  );
}

function isOpenNode(node: unknown): node is OpenNode {
  return (
    isObject(node) &&
    "state" in node &&
    "contentDecoder" in node &&
    "contentTransferEncoding" in node &&
    isObject(node.contentTransferEncoding) &&
    "encoding" in node.contentTransferEncoding &&
    typeof node.contentTransferEncoding.encoding === "string" &&
    "contentType" in node &&
    isObject(node.contentType) &&
    "parsed" in node.contentType &&
    isObject(node.contentType.parsed) &&
    "value" in node.contentType.parsed &&
    typeof node.contentType.parsed.value === "string"
  );
}

/**
 * What becomes of texts: postal-mime's own reading of them; nothing, for whoever looks for sealed parts and has no use for 50 MB of
 * words; or left in the tree, for whoever reads them in their places. In header fields the last also keeps what is not UTF-8
 * ({@link withForeignOctets}).
 */
type Texts = "read" | "left-out" | "in-tree";

/** Gives postal-mime its lines; takes its place as the one who reads them. */
class Feeder {
  readonly #inner: Inner;
  readonly #texts: Texts;
  /** postal-mime's own way of reading one line. */
  readonly #single: () => Line;
  #node: OpenNode | undefined;
  #parts = 0;
  #lines = 0;

  constructor(inner: Inner, texts: Texts) {
    this.#inner = inner;
    this.#texts = texts;
    if (texts !== "read") inner.isInlineTextNode = () => false;
    this.#single = inner.readLine.bind(inner);
    inner.readLine = () => this.#next();
  }

  #next(): Line {
    const { currentNode, av, readPos } = this.#inner;
    if (currentNode !== this.#node) this.#begin(currentNode);
    const coding = codingOf(currentNode);
    if (coding !== "header" && this.#isLeftOut(currentNode) && !isHyphenLine(av, readPos))
      return this.#none();
    if (coding === "header" && this.#texts === "in-tree") return this.#headerLine();
    if (coding === "header" || coding === "lines" || isHyphenLine(av, readPos)) return this.#one();
    if (coding === "base64" && !(currentNode.contentDecoder instanceof Base64Collector)) {
      currentNode.contentDecoder = new Base64Collector(currentNode.contentDecoder);
    }
    const limit = coding === "plain" ? Math.min(av.length, readPos + PIECE) : av.length;
    const end = endOfPiece(av, readPos, limit);
    this.#inner.readPos = end;
    const octets = av.subarray(readPos, end);
    return { bytes: coding === "plain" ? withLineFeeds(octets) : octets, done: end >= av.length };
  }

  #isLeftOut({ contentType }: OpenNode): boolean {
    return this.#texts === "left-out" && /^(text|message)\//.test(contentType.parsed.value);
  }

  /** Passes over what is not wanted. */
  #none(): Line {
    const { av, readPos } = this.#inner;
    const end = endOfPiece(av, readPos, av.length);
    this.#inner.readPos = end;
    return { bytes: new Uint8Array(), done: end >= av.length };
  }

  #begin(node: OpenNode): void {
    this.#node = node;
    this.#parts += 1;
    // a part that was left and is come back to counts again: it has a boundary line for each time
    if (this.#parts > 2 * MAX_PARTS) throw new ProtocolError("too-large", "too many parts");
  }

  #headerLine(): Line {
    const { bytes, done } = this.#one();
    const kept = withForeignOctets(bytes);
    // the limit is on what was sent
    this.#inner.headerSize -= kept.length - bytes.length;
    return { bytes: kept, done };
  }

  #one(): Line {
    this.#lines += 1;
    if (this.#lines > MAX_SINGLE_LINES) throw new ProtocolError("too-large", "too many lines");
    return this.#single();
  }
}

type Coding = "base64" | "header" | "lines" | "plain" | "ignored";

/** What becomes of the next line. For bodies as postal-mime chooses its decoder. */
function codingOf({ state, contentTransferEncoding: { encoding } }: OpenNode): Coding {
  if (state === "header") return "header";
  // behind the last boundary
  if (state !== "body") return "ignored";
  if (/base64/i.test(encoding)) return "base64";
  return /quoted-printable/i.test(encoding) ? "lines" : "plain";
}

const isHyphenLine = (raw: Uint8Array, at: number) => raw[at] === HYPHEN && raw[at + 1] === HYPHEN;

/**
 * Where a piece of a body ends that begins at `from`: in front of the next line that begins with two hyphens; if that is not
 * before `limit`, just past the last line end before it, or past the line if it is longer. Nothing beyond is looked at, or
 * every piece would cost the whole mail.
 */
function endOfPiece(raw: Uint8Array, from: number, limit: number): number {
  const piece = raw.subarray(from, limit);
  for (let at = 0; ; ) {
    // base64 has no hyphens: one look, whatever its length
    const hyphen = piece.indexOf(HYPHEN, at);
    if (hyphen < 0) break;
    if (hyphen > 0 && piece[hyphen - 1] === LF && isHyphenLine(raw, from + hyphen)) return from + hyphen;
    const end = piece.indexOf(LF, hyphen);
    if (end < 0) break;
    at = end + 1;
    if (isHyphenLine(raw, from + at)) return from + at;
  }
  if (limit === raw.length) return limit;
  const last = piece.lastIndexOf(LF);
  if (last >= 0) return from + last + 1;
  const next = raw.indexOf(LF, limit);
  return next < 0 ? raw.length : next + 1;
}

/** Lines as postal-mime takes them: without the line end of the last, and with LF in place of whatever ended the others. */
function withLineFeeds(octets: Uint8Array): Uint8Array {
  const out = new Uint8Array(octets.length);
  let written = 0;
  let from = 0;
  for (let at = octets.indexOf(LF); ; at = octets.indexOf(LF, from)) {
    const last = at < 0;
    let end = last ? octets.length : at;
    while (end > from && (octets[end - 1] === CR || octets[end - 1] === LF)) end--;
    out.set(octets.subarray(from, end), written);
    written += end - from;
    from = at + 1;
    if (last || from === octets.length) return out.subarray(0, written);
    out[written] = LF;
    written += 1;
  }
}

/** base64 as it came; decoded natively if it is plain, else by postal-mime's own decoder. */
class Base64Collector implements Decoder {
  readonly #own: Decoder | null;
  readonly #views: Uint8Array[] = [];

  constructor(own: Decoder | null) {
    this.#own = own;
  }

  update(octets: Uint8Array): void {
    this.#views.push(octets);
  }

  finalize(): unknown {
    const [only, more] = this.#views;
    const decoded = only === undefined || more !== undefined ? undefined : decodeBase64Body(only);
    if (decoded !== undefined || this.#own === null) return decoded ?? null;
    for (const view of this.#views) {
      for (let at = 0; at < view.length; at += PIECE) this.#own.update(view.subarray(at, at + PIECE));
    }
    return this.#own.finalize();
  }
}

/** Of the program and not of the mail: another postal-mime than the one that this was written for. */
export class OtherPostalMime extends Error {
  override readonly name = "OtherPostalMime";
}

/** A mail as postal-mime reads it. */
export interface ReadMime {
  readonly email: Email;
  /** The tree of parts, before they were sorted into texts and attachments: postal-mime's own, and not in its types. */
  readonly root: unknown;
}

/**
 * What postal-mime gives for `raw`, with `options`; the contents of attachments as octets.
 *
 * @param texts `left-out`: parts of the kinds text/ and message/ are empty attachments
 * @throws ListSealError `too-large` for more parts or lines than any real mail has
 * @throws what postal-mime throws, for mails beyond the limits in `options`
 */
export async function readMimeWithTree(
  raw: Uint8Array,
  options: Omit<PostalMimeOptions, "attachmentEncoding">,
  texts: Texts = "read",
): Promise<ReadMime> {
  const parser = new PostalMime({ ...options, attachmentEncoding: "arraybuffer" });
  if (!isInner(parser)) throw new OtherPostalMime("postal-mime reads its lines elsewhere");
  new Feeder(parser, texts);
  // it copies a view, and takes a buffer as it is
  const whole = raw.buffer instanceof ArrayBuffer && raw.byteLength === raw.buffer.byteLength;
  const email = await parser.parse(whole && raw.buffer instanceof ArrayBuffer ? raw.buffer : raw);
  return { email, root: parser.root };
}

/** As {@link readMimeWithTree}, the mail alone. */
export async function readMime(
  raw: Uint8Array,
  options: Omit<PostalMimeOptions, "attachmentEncoding">,
  texts: Texts = "read",
): Promise<Email> {
  return (await readMimeWithTree(raw, options, texts)).email;
}
