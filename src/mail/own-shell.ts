/**
 * The shells in which sealed parts open by themselves: exactly those that the composer and the list server write.
 *
 * Attack (EFAIL and its kin): a stranger takes sealed parts out of a captured mail and puts them into a mail of their own. If
 * that opened by itself, the opened words would be shown under the stranger's name and their text under the list's. It is
 * enough that two readers see two mails: ours the sealed parts alone, the mail program a text beside them (two Content-Types,
 * of which each takes another; a boundary that only one finds; a preamble; a charset in which the notice says something else).
 *
 * So nothing is interpreted here. Octet by octet the mail is the header, one fixed notice and base64 under a few header fields
 * of the strictest form, or it is not our own shell: there is no place left in which anybody could say anything. What a gateway
 * has changed is a foreign shell, too, and opens by a click.
 */
import { deliveryModes, modes } from "../protocol/message.js";
import { decodeBase64Body } from "./base64-body.js";
import { formerNotices, memberNotice, submissionNotice } from "./fixed-texts.js";
import { labelOf, namedType, partTypes, ridingType } from "./part-types.js";
import type { MailPart } from "./sealed-mail.js";

/** A mail in its own shell. */
export interface OwnShell {
  readonly parts: readonly MailPart[];
  /** An owner's notice that a copy carries, still sealed. */
  readonly riding?: Uint8Array;
  /** The outer header, by the names of the fields in lower case, unfolded. */
  readonly headers: HeaderFields;
}

type HeaderFields = Readonly<Record<string, readonly string[]>>;

/** Attack: a header that keeps the reader busy. */
const MAX_HEADER = 256 * 1024;
const MAX_PART_HEADER = 4 * 1024;
/** Encoded; the longest notice has not half of it. */
const MAX_NOTICE = 4 * 1024;
/** Hyphens that are looked at in search of boundaries. Base64 has none, a notice few. */
const MAX_HYPHENS = 2_000;
/** The fixed text, key, list signature, body, an owner's notice. */
const MAX_PARTS = 5;

const [LF, CR, HYPHEN] = [0x0a, 0x0d, 0x2d];
const latin1 = new TextDecoder("latin1");

/** What composers write before the first boundary (Thunderbird; RFC 2046, 5.1.1 has it for programs that know no MIME). */
const PREAMBLE = "This is a multi-part message in MIME format.";

/** Fields of which every program believes another if there are two. */
const single = /^(?:content-.*|mime-version|from|sender|reply-to|to|subject|date|x-listseal)$/;
const knownContentFields: readonly string[] = [
  ...["content-type", "content-transfer-encoding", "content-language", "content-length"],
];
const partFields: readonly string[] = [
  ...["content-type", "content-transfer-encoding", "content-disposition", "content-id", "x-attachment-id"],
];
/** Under these the notice's octets are the notice's words. */
const charsets: readonly string[] = ["us-ascii", "utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"];

/**
 * The sealed parts of a mail that is in its own shell; undefined for any other mail, sealed or not. Never throws.
 * @param raw the mail as it came, its lines ended by CRLF or LF
 */
export function readOwnShell(raw: Uint8Array): OwnShell | undefined {
  const head = headerOf(raw, 0, raw.length, MAX_HEADER);
  if (head === undefined) return undefined;
  const { fields } = head;
  const others = Object.keys(fields).filter((name) => name.startsWith("content-"));
  if (others.some((name) => !knownContentFields.includes(name))) return undefined;
  const top = structuredOf(fields["content-type"]);
  const boundary = top?.params["boundary"];
  if (top === undefined || boundary === undefined || !isPlainEncoding(fields)) return undefined;
  if (Object.keys(top.params).some((name) => name !== "boundary" && name !== "protocol")) return undefined;
  const bodies = splitAt(raw, head.end, boundary);
  if (bodies === undefined) return undefined;
  const sealed = top.value === "multipart/mixed" ? withoutNotice(raw, bodies, boundary) : bodies;
  if (sealed === undefined || !/^multipart\/(?:mixed|encrypted)$/.test(top.value)) return undefined;
  const parts: MailPart[] = [];
  let riding: Uint8Array | undefined;
  for (const body of sealed) {
    const part = sealedPartOf(raw, body);
    if (part === undefined) return undefined;
    const { type, name, bytes } = part;
    if (type !== ridingType) parts.push({ type, name, bytes });
    // one at most, and beside a post: alone it is a mail of its own, and opens nothing
    else if (riding === undefined) riding = bytes;
    else return undefined;
  }
  if (!isComplete(parts)) return undefined;
  return { parts, ...(riding === undefined ? {} : { riding }), headers: fields };
}

/** One complete sealed message: key and body, or message; with or without the list's detached signature. */
function isComplete(parts: readonly MailPart[]): boolean {
  const types = parts.map(({ type }) => type).filter((type) => type !== partTypes.through);
  const known = types.toSorted().join(" ");
  const isOne = known === `${partTypes.body} ${partTypes.key}` || known === partTypes.message;
  return isOne && parts.length - types.length <= 1;
}

interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * What is between the boundaries. Undefined unless every line that begins with two hyphens is a whole boundary, the last one
 * closes, and nothing is before the first or behind the last.
 */
function splitAt(raw: Uint8Array, from: number, boundary: string): readonly Span[] | undefined {
  // QUIRK: Thunderbird 153 takes a line that merely has the boundary in it for one; none of base64 has this one
  if (!/^[\x21-\x7e]{1,70}$/.test(boundary) || /^[A-Za-z0-9+/=]*$/.test(boundary)) return undefined;
  const spans: Span[] = [];
  let start = from;
  let isPreamble = true;
  let hyphen = raw.indexOf(HYPHEN, from);
  for (let seen = 0; hyphen >= 0; seen += 1) {
    if (seen > MAX_HYPHENS) return undefined;
    if (raw[hyphen - 1] !== LF || raw[hyphen + 1] !== HYPHEN) {
      hyphen = raw.indexOf(HYPHEN, hyphen + 1);
      continue;
    }
    const lineEnd = raw.indexOf(LF, hyphen);
    const next = lineEnd < 0 ? raw.length : lineEnd + 1;
    if (next - hyphen > boundary.length + 8) return undefined;
    const line = latin1.decode(raw.subarray(hyphen, next)).trimEnd();
    const closes = line === `--${boundary}--`;
    if (!closes && line !== `--${boundary}`) return undefined;
    if (isPreamble && !isEmpty(raw, start, hyphen, PREAMBLE)) return undefined;
    if (!isPreamble) spans.push({ start, end: hyphen });
    if (spans.length > MAX_PARTS) return undefined;
    if (closes) return isPreamble || !isEmpty(raw, next, raw.length) ? undefined : spans;
    isPreamble = false;
    start = next;
    hyphen = raw.indexOf(HYPHEN, next);
  }
  return undefined;
}

/** Whether there is nothing but a few line ends, or this line. */
function isEmpty(raw: Uint8Array, start: number, end: number, allowed = ""): boolean {
  if (end - start > 200) return false;
  const text = latin1.decode(raw.subarray(start, end)).trim();
  return text === "" || text === allowed;
}

interface Header {
  readonly fields: HeaderFields;
  /** Just past the empty line. */
  readonly end: number;
}

/** A header of the strictest form (RFC 5322, 2.2): no control characters, no line that is only white space, nothing doubled. */
function headerOf(raw: Uint8Array, start: number, limit: number, max: number): Header | undefined {
  const fields: Record<string, string[]> = {};
  let last: string[] | undefined;
  for (let at = start; at < limit && at - start < max; ) {
    const lineEnd = raw.indexOf(LF, at);
    if (lineEnd < 0 || lineEnd >= limit || lineEnd - at > max) return undefined;
    const line = latin1.decode(raw.subarray(at, raw[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd));
    at = lineEnd + 1;
    if (line === "") return { fields, end: at };
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the attack is a header that has them
    if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line) || line.trim() === "") return undefined;
    if (/^[ \t]/.test(line)) {
      if (last === undefined) return undefined;
      last.push((last.pop() ?? "") + line);
      continue;
    }
    const [, name, value = ""] = /^([!-9;-~]+):(.*)$/.exec(line) ?? [];
    if (name === undefined) return undefined;
    const key = name.toLowerCase();
    last = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (last !== undefined && single.test(key)) return undefined;
    last ??= [];
    last.push(value.trim());
    Object.defineProperty(fields, key, { value: last, enumerable: true, configurable: true });
  }
  return undefined;
}

/** A structured value: what it is, and its parameters by their names in lower case. */
interface Structured {
  readonly value: string;
  readonly params: Readonly<Record<string, string>>;
}

const parameter = /^\s*;\s*([a-z-]{1,30})=(?:"([^"\\]{0,200})"|([^\s"(),/:;<=>?@[\\\]]{1,200}))/i;

/** Reads a field of RFC 2045 in its strictest form: no comments, no escapes, no RFC 2231, ASCII, no parameter twice. */
function structuredOf(values: readonly string[] | undefined): Structured | undefined {
  const [value, another] = values ?? [];
  if (value === undefined || another !== undefined || !/^[\x20-\x7e\t]*$/.test(value)) return undefined;
  const [whole = "", type] = /^([a-z0-9.+-]+(?:\/[a-z0-9.+-]+)?)\s*(?=;|$)/i.exec(value) ?? [];
  if (type === undefined) return undefined;
  const params = new Map<string, string>();
  for (let rest = value.slice(whole.length); rest.trim() !== ""; ) {
    const [read, name = "", quoted, token = ""] = parameter.exec(rest) ?? [];
    if (read === undefined || params.has(name.toLowerCase())) return undefined;
    params.set(name.toLowerCase(), quoted ?? token);
    rest = rest.slice(read.length);
  }
  return { value: type.toLowerCase(), params: Object.fromEntries(params) };
}

/** Content-Transfer-Encoding in lower case; RFC 2045, 6.1: `7bit` if there is none. */
function encodingOf(fields: HeaderFields): string {
  return (fields["content-transfer-encoding"]?.[0] ?? "7bit").toLowerCase();
}

function isPlainEncoding(fields: HeaderFields): boolean {
  return ["7bit", "8bit", "binary"].includes(encodingOf(fields));
}

interface PartHead {
  readonly type: Structured;
  readonly disposition: Structured | undefined;
  readonly encoding: string;
  readonly body: Span;
}

function partHeadOf(raw: Uint8Array, { start, end }: Span): PartHead | undefined {
  const head = headerOf(raw, start, end, MAX_PART_HEADER);
  if (head === undefined) return undefined;
  const { fields } = head;
  if (Object.keys(fields).some((name) => !partFields.includes(name))) return undefined;
  const type = structuredOf(fields["content-type"]);
  const disposition = structuredOf(fields["content-disposition"]);
  if (type === undefined) return undefined;
  if (fields["content-disposition"] !== undefined && disposition === undefined) return undefined;
  return { type, disposition, encoding: encodingOf(fields), body: { start: head.end, end } };
}

/** What may stand in a shell of our own. */
const shellTypes = [...Object.values(partTypes), ridingType] as const;

interface ShellPart extends Omit<MailPart, "type"> {
  readonly type: (typeof shellTypes)[number];
}

function sealedPartOf(raw: Uint8Array, span: Span): ShellPart | undefined {
  const head = partHeadOf(raw, span);
  if (head === undefined || head.encoding !== "base64") return undefined;
  const { disposition } = head;
  if (disposition !== undefined && !["attachment", "inline"].includes(disposition.value)) return undefined;
  // its name is in the mail program's list of attachments: it says what the part is, and nothing else
  const names = [head.type.params["name"], disposition?.params["filename"]].filter(
    (name) => name !== undefined,
  );
  const [name = ""] = names;
  const { type } = labelOf({ type: head.type.value, name });
  const known = shellTypes.find((each) => each === type);
  if (known === undefined || names.some((each) => namedType(each) !== known)) return undefined;
  const bytes = decodeBase64Body(raw.subarray(head.body.start, head.body.end));
  return bytes === undefined ? undefined : { name, type: known, bytes };
}

/** The parts behind the notice, if the first one is that and nothing more. */
function withoutNotice(
  raw: Uint8Array,
  [notice, ...sealed]: readonly Span[],
  boundary: string,
): readonly Span[] | undefined {
  const head = notice === undefined ? undefined : partHeadOf(raw, notice);
  if (head === undefined || head.type.value !== "text/plain") return undefined;
  const { charset = "us-ascii", ...more } = head.type.params;
  if (!charsets.includes(charset.toLowerCase())) return undefined;
  if (Object.keys(more).some((name) => name !== "format" && name !== "delsp")) return undefined;
  const { disposition } = head;
  if (disposition !== undefined && (disposition.value !== "inline" || "filename" in disposition.params))
    return undefined;
  const { start, end } = head.body;
  if (end - start > MAX_NOTICE) return undefined;
  const text = textOf(raw.subarray(start, end), head.encoding);
  return text !== undefined && !text.includes(boundary) && notices.has(wordsOf(text)) ? sealed : undefined;
}

/** A notice without its line ends: mail programs break lines again. */
const wordsOf = (text: string): string => text.replace(/[ \t\r\n]+/g, " ").trim();

const notices: ReadonlySet<string> = new Set(
  [
    submissionNotice(),
    ...modes.flatMap((mode) => deliveryModes.map((delivery) => memberNotice(mode, delivery))),
    ...formerNotices(),
  ].map(wordsOf),
);

function textOf(body: Uint8Array, encoding: string): string | undefined {
  if (encoding === "base64") {
    const decoded = decodeBase64Body(body);
    return decoded === undefined ? undefined : latin1.decode(decoded);
  }
  const text = latin1.decode(body);
  if (encoding === "7bit" || encoding === "8bit") return text;
  if (encoding !== "quoted-printable") return undefined;
  return text
    .replace(/=[ \t]*\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
