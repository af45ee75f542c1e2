/**
 * What is read of a letter, in its order: words, and the files that stand between them.
 *
 * postal-mime sorts the parts of a mail into texts and attachments, which loses their order. So its tree is read here: Apple Mail
 * writes text, a picture and text beside each other, git and mutt put patches and forwarded mails into the text, and a mailing
 * list's footer is a second text.
 */
import { ProtocolError } from "../openpgp/errors.js";
import { decodeWords } from "./encoded-words.js";
import { flowOf, unflow } from "./flowed.js";
import { nodeOf, octetsOf, type ParsedPart } from "./mime-tree.js";
import { authorType } from "./part-types.js";

/** A file with the letter. */
export interface Attachment {
  readonly name: string;
  /** Media type, lower case, without parameters. */
  readonly type: string;
  readonly bytes: Uint8Array;
  /** Set for an inline part that the HTML names by `cid:`; without angle brackets. */
  readonly contentId?: string;
}

/** The author's keys as they travel inside the seal. */
export interface AuthorKeys {
  /** The member certificate, binary or armored. */
  readonly certificate: Uint8Array;
  /** The introduction that certifies it, binary or armored. */
  readonly introduction?: Uint8Array;
}

/** One piece of what is read. A number is that of an attachment, `lang` a language by which fonts are chosen, if it is known. */
export type BodyPiece =
  /** Words, as text, as HTML, or as both. Beside HTML an empty text says that its text is in a piece before. */
  | { readonly kind: "words"; readonly text?: string; readonly html?: string; readonly lang?: string }
  /** A file that is nothing but text: a patch, a log, a delivery report. */
  | { readonly kind: "text-file"; readonly attachment: number; readonly text: string; readonly fold: Fold }
  /** Any other file, where it stands. */
  | { readonly kind: "file"; readonly attachment: number; readonly fold: Fold };

/** Whether its writer put a file into the text (Content-Disposition), or only along with it. */
type Fold = "open" | "folded";

/** What the parts of an entity make. */
export interface EntityBody {
  /** All words as text; undefined if there are none, or some are HTML alone. */
  readonly text?: string;
  /** All words as HTML; undefined if none of them is. */
  readonly html?: string;
  readonly pieces: readonly BodyPiece[];
  readonly attachments: readonly Attachment[];
  readonly author?: AuthorKeys;
}

/** Media type of the part with the introduction. */
export const introductionType = "application/vnd.listseal.introduction";

/**
 * Reads the parts of an entity.
 * @param root of postal-mime's tree, which was read with its texts `in-tree`
 * @throws ListSealError `damaged` for more than one author's key
 */
export function readBody(root: unknown): EntityBody {
  const reading = new BodyReading();
  return reading.finish(reading.piecesOf(nodeOf(root), "beside"));
}

/** What a part is to those around it. `unread`: a version of what is read in another. */
type Place = "beside" | "version" | "unread" | "related";

type Words = Extract<BodyPiece, { readonly kind: "words" }>;
const isWords = (piece: BodyPiece): piece is Words => piece.kind === "words";

class BodyReading {
  readonly #files: { readonly attachment: Attachment; readonly isRelated: boolean }[] = [];
  readonly #certificates: Uint8Array[] = [];
  readonly #introductions: Uint8Array[] = [];

  piecesOf(node: ParsedPart, place: Place): readonly BodyPiece[] {
    const children = childrenOf(node);
    if (children.length === 0) return this.#leaf(node, place);
    switch (typeOf(node)) {
      case "multipart/alternative":
        return this.#alternative(children, place === "unread" ? place : "version");
      case "multipart/related": {
        const [root, ...others] = children;
        const shown = root === undefined ? [] : this.piecesOf(root, place);
        return [...shown, ...others.flatMap((other) => this.piecesOf(other, "related"))];
      }
      default:
        return children.flatMap((child) => this.piecesOf(child, place === "unread" ? place : "beside"));
    }
  }

  finish(read: readonly BodyPiece[]): EntityBody {
    const words: readonly Pick<Words, "text" | "html">[] = read.some(isWords)
      ? read.filter(isWords)
      : read.filter(isTextFile);
    const isText = words.every(({ text }) => text !== undefined);
    const text = isText ? textOf(words) : "";
    const html = read.some((piece) => isWords(piece) && piece.html !== undefined) ? htmlOf(words) : "";
    const isNamed = ({ contentId }: Attachment) =>
      contentId !== undefined && html.includes(`cid:${contentId}`);
    const whole = this.#files.map(({ attachment, isRelated }) =>
      isRelated || isNamed(attachment) ? attachment : withoutContentId(attachment),
    );
    const { attachments, pieces } = withoutRepeatedEntries(whole, read);
    const author = this.#author();
    return {
      ...(text === "" ? {} : { text }),
      ...(html === "" ? {} : { html }),
      // a picture that the HTML shows is not shown again
      pieces: pieces.filter((piece) => {
        const file = isWords(piece) ? undefined : attachments[piece.attachment];
        return file === undefined || !isNamed(file);
      }),
      attachments,
      ...(author === undefined ? {} : { author }),
    };
  }

  #author(): AuthorKeys | undefined {
    const [certificate] = this.#certificates;
    const [introduction] = this.#introductions;
    if (this.#certificates.length > 1 || this.#introductions.length > 1) {
      throw new ProtocolError("damaged", "more than one author's key in the payload");
    }
    if (certificate === undefined) return undefined;
    return introduction === undefined ? { certificate } : { certificate, introduction };
  }

  /**
   * The richest of several versions of the same (RFC 2046, 5.1.4): the last that has words; the first plain text goes with it. Files
   * in the others are attachments all the same, and an entry for a calendar is above the words.
   */
  #alternative(versions: readonly ParsedPart[], place: "version" | "unread"): readonly BodyPiece[] {
    const rich = versions.findLast((version) => hasWords(version));
    const plain = versions.find((version) => hasWords(version, "text/plain"));
    let text: string | undefined;
    const read = versions.map((version) => {
      const pieces = this.piecesOf(version, version === rich || rich === undefined ? place : "unread");
      if (version === plain) text = textOf(pieces.filter(isWords));
      return pieces;
    });
    if (rich === undefined) return read.flat();
    const entries = versions.flatMap((version, at) => (isCalendar(version) ? (read[at] ?? []) : []));
    const shown = read[versions.indexOf(rich)] ?? [];
    if (plain === rich || text === undefined) return [...entries, ...shown];
    return [...entries, ...withText(shown, text)];
  }

  #leaf(node: ParsedPart, place: Place): readonly BodyPiece[] {
    const type = typeOf(node);
    const isAttached = node.contentDisposition.parsed.value === "attachment";
    const name = nameOf(node);
    const isVersion = place === "version" || place === "unread";
    const isReadable = isBodyType(type) || readable.test(type);
    if (isReadable && !isAttached && (name === "" || (isVersion && isBodyType(type))))
      return place === "unread" && !isBodyType(type) ? [] : [wordsOf(node, type)];
    // AMP and the like: the same for other programs
    if (place === "unread" && type.startsWith("text/") && !isCalendar(node) && name === "") return [];
    if (node.content === null) return [];
    const bytes = octetsOf(node);
    if (type === authorType) this.#certificates.push(bytes);
    if (type === introductionType) this.#introductions.push(bytes);
    if (type === authorType || type === introductionType) return [];
    const attachment = this.#files.length;
    const contentId = node.contentId?.replace(/^<|>$/g, "") ?? "";
    this.#files.push({
      attachment: {
        ...{ name: name === "" ? nameFor(type, bytes) : name, type, bytes },
        ...(contentId === "" ? {} : { contentId }),
      },
      isRelated: place === "related" && contentId !== "",
    });
    if (place === "related") return [];
    // the text of some programs has a file name
    if (type === "text/html" && !isAttached) return [wordsOf(node, type)];
    const fold = isAttached ? "folded" : "open";
    const isText = readable.test(type) && bytes.length <= TEXT_FILE_OCTETS;
    return isText
      ? [{ kind: "text-file", attachment, text: textIn(node), fold }]
      : [{ kind: "file", attachment, fold }];
  }
}

/**
 * QUIRK: calendars write an invitation twice, as a version of the text and as a file, octet for octet but for line ends. Of entries
 * that are the same the last stays, which has the name; it is where the first stood.
 */
function withoutRepeatedEntries(
  files: readonly Attachment[],
  read: readonly BodyPiece[],
): { readonly attachments: readonly Attachment[]; readonly pieces: readonly BodyPiece[] } {
  const entries = files.map(({ type, bytes }) =>
    calendarTypes.includes(type) ? new TextDecoder("latin1").decode(bytes).replace(/\r/g, "").trim() : null,
  );
  const kept = entries.map((entry, at) => (entry === null ? at : entries.lastIndexOf(entry)));
  const left = files.flatMap((_, at) => (kept[at] === at ? [at] : []));
  const seen = new Set<number>();
  const pieces = read.flatMap((piece): readonly BodyPiece[] => {
    if (isWords(piece)) return [piece];
    const attachment = left.indexOf(kept[piece.attachment] ?? piece.attachment);
    if (seen.has(attachment)) return [];
    seen.add(attachment);
    return [{ ...piece, attachment }];
  });
  return { attachments: files.filter((_, at) => kept[at] === at), pieces };
}

const isTextFile = (piece: BodyPiece): piece is Extract<BodyPiece, { readonly kind: "text-file" }> =>
  piece.kind === "text-file" && piece.fold === "open";

/** Attack: a log of megabytes, which nobody asked to see, fills the window. */
const TEXT_FILE_OCTETS = 200_000;

/** Types that are read as they are. Not `text/html`, `text/calendar`, address cards and what only a program reads. */
const readable =
  /^(?:text\/(?!html$|calendar$|enriched$|richtext$|rtf$|directory$|(?:x-)?vcard$|x-amp-html$)|message\/(?:delivery-status|global-delivery-status|disposition-notification|feedback-report)$)/;

const isBodyType = (type: string) => type === "text/plain" || type === "text/html";
const isCalendar = (node: ParsedPart) => calendarTypes.includes(typeOf(node));

/** Types of calendar entries. */
export const calendarTypes: readonly string[] = ["text/calendar", "application/ics"];

const childrenOf = (node: ParsedPart) => node.childNodes.map(nodeOf);
const typeOf = (node: ParsedPart) => node.contentType.parsed.value.trim().toLowerCase();

function nameOf({ contentDisposition, contentType }: ParsedPart): string {
  const name = contentDisposition.parsed.params["filename"] ?? contentType.parsed.params["name"] ?? "";
  return decodeWords(name);
}

/** Whether something in a version is read as words, of one type if it is said. */
function hasWords(node: ParsedPart, only?: "text/plain"): boolean {
  const children = childrenOf(node);
  if (children.length > 0) return children.some((child) => hasWords(child, only));
  const type = typeOf(node);
  if (node.contentDisposition.parsed.value === "attachment") return false;
  return only === undefined ? isBodyType(type) : type === only;
}

function wordsOf(node: ParsedPart, type: string): Words {
  const hasCopies = node.contentType.parsed.params["hp-legacy-display"] === "1";
  const words = textIn(node);
  const lang = languageOf(node);
  const common = { kind: "words", ...(lang === undefined ? {} : { lang }) } as const;
  if (type === "text/html") return { ...common, html: hasCopies ? withoutLegacyHtml(words) : words };
  return { ...common, text: hasCopies ? withoutLegacyText(words) : words };
}

/** Charsets of one language: the same character looks another way in each. */
const languages: readonly (readonly [RegExp, string])[] = [
  [/^(?:x-)?(?:iso-?2022-?jp|shift[-_]?jis|sjis|euc-?jp|cp932|windows-31j)/i, "ja"],
  [/^(?:iso-?2022-?kr|euc-?kr|ks_c_5601|cp949)/i, "ko"],
  [/^(?:gb2312|gbk|gb18030|hz-gb)/i, "zh-CN"],
  [/^big5/i, "zh-TW"],
];

function languageOf({ contentType }: ParsedPart): string | undefined {
  const charset = contentType.parsed.params["charset"] ?? "";
  return languages.find(([charsets]) => charsets.test(charset))?.[1];
}

/** Gives the first HTML of some pieces the text that all of it is in plain words. */
function withText(pieces: readonly BodyPiece[], text: string): readonly BodyPiece[] {
  let rest = text;
  return pieces.map((piece) => {
    if (!isWords(piece) || piece.html === undefined) return piece;
    const its = rest;
    rest = "";
    return { ...piece, text: its };
  });
}

function textOf(words: readonly { readonly text?: string }[]): string {
  return words.flatMap(({ text }) => (text === undefined || text === "" ? [] : [text])).join("\n");
}

function htmlOf(words: readonly { readonly text?: string; readonly html?: string }[]): string {
  return words.map(({ text, html }) => html ?? htmlFrom(text ?? "")).join("\n");
}

const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;" } as const;

function htmlFrom(text: string): string {
  const escaped = text.replace(/[&<>]/g, (sign) => (sign === "&" || sign === "<" ? entities[sign] : "&gt;"));
  return `<div>${escaped.replace(/\r?\n/g, "<br>")}</div>`;
}

function withoutContentId({ contentId: _, ...file }: Attachment): Attachment {
  return file;
}

/** What the octets of a text say, in the charset that they are in, their soft line breaks undone. */
function textIn(node: ParsedPart): string {
  const { parsed } = node.contentType;
  const { params } = parsed;
  const flow = typeOf(node) === "text/plain" ? flowOf(params) : "fixed";
  // the library decodes; it would join lines without a look at the quote marks
  parsed.params = { ...params, charset: charsetOf(params["charset"], octetsOf(node)), format: "fixed" };
  const text = node.getTextContent();
  return flow === "fixed" ? text : unflow(text, flow);
}

/** Labels that say no more than that no other charset was set. */
const unsaid = /^(?:|us-ascii|ascii|ansi_x3\.4-1968|iso646-us|unknown-8bit|x-unknown)$/i;
const strict = new TextDecoder("utf-8", { fatal: true });
const [ESCAPE, DOLLAR] = [0x1b, 0x24];

/**
 * The charset of a text.
 * QUIRK: programs that set none, or US-ASCII, go on with UTF-8; old Japanese ones with ISO-2022-JP, and others with windows-1252.
 */
function charsetOf(label = "", octets: Uint8Array): string {
  if (!unsaid.test(label.trim())) return label;
  const at = octets.indexOf(ESCAPE);
  if (at >= 0 && octets[at + 1] === DOLLAR) return "iso-2022-jp";
  try {
    strict.decode(octets);
    return "utf-8";
  } catch {
    return "windows-1252";
  }
}

/** How much of a forwarded mail is looked at for its subject. */
const FORWARDED_HEAD = 16_384;

/** A name for a part that came without one: a calendar entry, or a forwarded mail, which is named by its subject. */
function nameFor(type: string, bytes: Uint8Array): string {
  if (type === "text/calendar") return "invitation.ics";
  if (type !== "message/rfc822") return "";
  const head = new TextDecoder().decode(bytes.subarray(0, FORWARDED_HEAD));
  const subject =
    /^Subject:[ \t]*(.*(?:\r?\n[ \t].*)*)/im.exec(head.split(/\r?\n\r?\n/, 1)[0] ?? "")?.[1] ?? "";
  const words = decodeWords(subject.replace(/\r?\n/g, "")).trim();
  return `${words === "" ? "message" : words}.eml`;
}

/**
 * Legacy Display elements (RFC 9788, 2.1.2): copies of protected header fields at the top of a body, for mail programs
 * that decrypt but know nothing of protected header fields. A program that does know them must not show them twice.
 *
 * We write none (nothing opens both seals without knowing protected header fields); other writers' payloads may have them.
 */

/** A plain text without its leading block of header fields, up to and with the empty line after it. */
function withoutLegacyText(text: string): string {
  const element = /^(?:[!-9;-~]+: ?[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*\r?\n)+\r?\n/.exec(text);
  return element === null ? text : text.slice(element[0].length);
}

/** An HTML body without the `div` that holds the copies (RFC 9788, 2.1.2.2). */
function withoutLegacyHtml(html: string): string {
  return html.replace(/<div class="header-protection-legacy-display">[\s\S]*?<\/div>/i, "");
}
