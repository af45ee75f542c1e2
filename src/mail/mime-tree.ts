/**
 * A mail as the tree of its parts.
 *
 * The tree is postal-mime's own, the one that it makes before it sorts the parts into texts and attachments. So one reader
 * decides where a part stands and what its octets are, and no other can be made to see something else.
 *
 * QUIRK: postal-mime 4 keeps its tree as `root` of the parser and does not say so in its types: what is read of it is checked.
 */
import { ListSealError, ProtocolError } from "../openpgp/errors.js";
import { MAX_PARTS, OtherPostalMime, readMimeWithTree } from "./read-mime.js";

/** One part, as Thunderbird's `messages.getFull` names them. */
export interface MimePart {
  /** `1`, `1.2` and so on; of an attached mail's parts: `1.2.1`. */
  readonly partName: string;
  /** Media type in lower case, without parameters; empty where a field of the part is doubled, of which each program believes another. */
  readonly contentType: string;
  readonly name: string;
  /** By their names in lower case, as they stand there, unfolded. */
  readonly headers: Readonly<Record<string, readonly string[]>>;
  readonly parts: readonly MimePart[];
  /** What a leaf holds, its transfer encoding undone. */
  readonly bytes: Uint8Array | null;
}

/** Against mails that keep the parser busy. */
const LIMITS = { maxNestingDepth: 30, maxHeadersSize: 256 * 1024 } as const;
/** Mails within attached mails that are looked into; deeper ones are files. */
const MAX_ATTACHED_DEPTH = 4;

/** What is read of a node of postal-mime. */
export interface ParsedPart {
  readonly childNodes: readonly unknown[];
  readonly content: ArrayBuffer | Uint8Array | null;
  readonly contentType: { readonly parsed: Structured };
  readonly contentId?: string | undefined;
  readonly contentDisposition: { readonly parsed: Structured };
  readonly rawHeaderLines: readonly { readonly key: string; readonly line: string }[];
  /** What the octets say, by `charset` and `format` of the part's type. */
  getTextContent(): string;
}

interface Structured {
  readonly value: string;
  /** postal-mime reads them again when it is asked for the text. */
  params: Readonly<Record<string, string>>;
}

/**
 * Reads a mail. An attached mail's parts stand below it.
 *
 * @throws ListSealError `damaged` if it can't be read, `too-large` for more parts or deeper nesting than any real mail has
 */
export async function readMimeTree(raw: Uint8Array): Promise<MimePart> {
  const counted = { parts: 0 };
  return readTree(raw, "1", 0, counted);
}

/** All parts of a tree, a part before those within it. */
export function partsBelow(root: MimePart): readonly MimePart[] {
  return [root, ...root.parts.flatMap(partsBelow)];
}

interface Counted {
  parts: number;
}

async function readTree(
  raw: Uint8Array,
  partName: string,
  depth: number,
  counted: Counted,
): Promise<MimePart> {
  return partOf(await parse(raw), partName, depth, counted);
}

async function parse(raw: Uint8Array): Promise<ParsedPart> {
  try {
    const { root } = await readMimeWithTree(raw, { ...LIMITS, forceRfc822Attachments: true });
    return nodeOf(root);
  } catch (cause) {
    if (cause instanceof ListSealError || cause instanceof OtherPostalMime) throw cause;
    throw new ProtocolError("damaged", "the mail is not readable", { cause });
  }
}

/** A node of postal-mime's tree. @throws OtherPostalMime if it is none, or another postal-mime's */
export function nodeOf(value: unknown): ParsedPart {
  if (!isNode(value)) throw new OtherPostalMime("postal-mime keeps its tree elsewhere");
  return value;
}

function isNode(value: unknown): value is ParsedPart {
  return (
    typeof value === "object" &&
    value !== null &&
    "childNodes" in value &&
    Array.isArray(value.childNodes) &&
    "getTextContent" in value &&
    typeof value.getTextContent === "function" &&
    "content" in value &&
    (value.content === null || value.content instanceof ArrayBuffer || value.content instanceof Uint8Array) &&
    "contentType" in value &&
    "contentDisposition" in value &&
    "rawHeaderLines" in value &&
    Array.isArray(value.rawHeaderLines)
  );
}

/** The octets of a leaf; they may belong to a larger buffer. */
export const octetsOf = ({ content }: ParsedPart): Uint8Array =>
  content instanceof Uint8Array ? content : new Uint8Array(content ?? new ArrayBuffer(0));

async function partOf(
  node: ParsedPart,
  partName: string,
  depth: number,
  counted: Counted,
): Promise<MimePart> {
  counted.parts += 1;
  if (counted.parts > MAX_PARTS) throw new ProtocolError("too-large", "too many parts");
  const contentType = typeOf(node);
  const bytes = node.childNodes.length > 0 ? null : octetsOf(node);
  const parts: MimePart[] = [];
  for (const [at, child] of node.childNodes.entries())
    parts.push(await partOf(nodeOf(child), `${partName}.${at + 1}`, depth, counted));
  if (contentType === "message/rfc822" && bytes !== null && depth < MAX_ATTACHED_DEPTH)
    parts.push(await readTree(bytes, `${partName}.1`, depth + 1, counted));
  return { partName, contentType, name: nameOf(node), headers: headersOf(node), parts, bytes };
}

/** Fields that say what a part is. */
const telling: readonly string[] = ["content-type", "content-transfer-encoding", "content-disposition"];

/** Attack: a part that is a file of ours to one program and a text to another, since each reads another of two fields. */
function isDoubled({ rawHeaderLines }: ParsedPart): boolean {
  const keys = rawHeaderLines.map(({ key }) => key).filter((key) => telling.includes(key));
  return new Set(keys).size < keys.length;
}

function typeOf(node: ParsedPart): string {
  return isDoubled(node) ? "" : node.contentType.parsed.value.trim().toLowerCase();
}

function nameOf({ contentType, contentDisposition }: ParsedPart): string {
  return contentDisposition.parsed.params["filename"] ?? contentType.parsed.params["name"] ?? "";
}

function headersOf({ rawHeaderLines }: ParsedPart): Readonly<Record<string, readonly string[]>> {
  const headers: Record<string, string[]> = Object.create(null);
  for (const { key, line } of rawHeaderLines) {
    const value = line
      .slice(line.indexOf(":") + 1)
      .replace(/\r?\n(?=[ \t])/g, "")
      .trim();
    // not by copying what is there: 80,000 fields of one name fit into the limit
    const values = headers[key] ?? [];
    values.push(value);
    headers[key] = values;
  }
  return headers;
}
