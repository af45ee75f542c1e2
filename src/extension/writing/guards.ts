import type { GuardName, GuardSwitches, Question } from "./guard-names.js";
import type { MailRecipients } from "./recipients.js";

/**
 * What a person is asked before a mail leaves. Pure: this file decides, the popup asks, `send.ts` waits.
 *
 * Each guard is one question about one mistake; its first answer leaves the mail here. None of them is what keeps a sealed
 * mail sealed: a mail to a list that is not sealed is refused by the list's server, whatever was answered here.
 */

/** What is about to be sent. */
export interface MailBeforeSending {
  readonly recipients: MailRecipients;
  /** Whether the mail is going to be sealed. */
  readonly sealing: "off" | "on";
  /** It quotes or forwards what came sealed. */
  readonly quotesSealed: boolean;
  /** The list whose mail that is; null where it is not known, or nothing of it is quoted. */
  readonly quotedList: string | null;
  readonly body: LetterBody;
  readonly attachments: number;
}

/**
 * The questions that stand between this mail and its sending, in the order in which they are asked.
 * @param switches  guards that are switched off ask nothing
 * @param answered  guards to which the person has said, for this very window: send it so
 */
export function questionsAbout(
  mail: MailBeforeSending,
  switches: GuardSwitches,
  answered: readonly GuardName[],
): readonly Question[] {
  const all = mail.sealing === "on" ? aboutSealed(mail) : aboutClear(mail);
  return all.filter(({ kind }) => switches[kind] && !answered.includes(kind));
}

function aboutSealed(mail: MailBeforeSending): readonly Question[] {
  const { list, others, bcc } = mail.recipients;
  const { quotedList } = mail;
  const seen = others.filter((one) => !bcc.includes(one));
  const bare = mail.attachments === 0 && !hasOwnImage(mail.body);
  const word = bare ? namesAttachment(ownWords(mail.body)) : null;
  return [
    ...(seen.length > 0 ? [{ kind: "other-recipients", others } as const] : []),
    // those in Bcc stand in the question before already
    ...(seen.length === 0 && bcc.length > 0 && list !== undefined
      ? [{ kind: "bcc", others: bcc } as const]
      : []),
    ...(quotedList !== null && list !== undefined && quotedList !== list.address
      ? [{ kind: "other-list-quote", from: quotedList } as const]
      : []),
    ...(word === null ? [] : [{ kind: "missing-attachment", word } as const]),
  ];
}

function aboutClear({ recipients, quotesSealed }: MailBeforeSending): readonly Question[] {
  if (recipients.none) return [];
  const { list, near, groups } = recipients;
  return [
    ...(list === undefined ? [] : [{ kind: "clear-to-list" } as const]),
    ...(near === null ? [] : [{ kind: "almost-list", ...near } as const]),
    ...(groups.length === 0 ? [] : [{ kind: "address-book-list", others: groups } as const]),
    ...(quotesSealed ? [{ kind: "sealed-quote" } as const] : []),
  ];
}

/** Reading what a person has written themself, for the question about a forgotten attachment. Pure but for the DOM. */

/**
 * Words that speak of a file that comes along, in the two languages of the add-on, whichever of them is shown: people
 * write in both. Each names the file or the act; "file" and "picture" alone would ask far too often.
 */
const attachmentWords =
  /(?<!\p{L})(?:attach(?:ed|ment|ments|ing)?|enclosed|enclosure|enclosing)(?!\p{L})|添付|同封|別添|別紙/iu;

/** The word that speaks of an attachment, or null if none does. */
export function namesAttachment(text: string): string | null {
  return attachmentWords.exec(text)?.[0] ?? null;
}

/** What is in an editor. */
export interface LetterBody {
  readonly kind: "html" | "text";
  readonly content: string;
}

/** Elements of the editor that hold somebody else's words, or the signature. */
const notOwn =
  "blockquote[type=cite], .moz-cite-prefix, .moz-forward-container, .moz-signature, style, script";

function ownPart(html: string): HTMLElement {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll(notOwn)) element.remove();
  return page.body;
}

/** Whether the person has put a picture into the text: it may be what the words speak of. */
export function hasOwnImage({ kind, content }: LetterBody): boolean {
  return kind === "html" && ownPart(content).querySelector("img") !== null;
}

/** What the person has written, without what is quoted, forwarded or a signature. */
export function ownWords({ kind, content }: LetterBody): string {
  if (kind === "html") return ownPart(content).textContent ?? "";
  const lines = content.split(/\r?\n/);
  // RFC 3676, 4.3: the line that begins a signature
  const signature = lines.indexOf("-- ");
  const written = signature < 0 ? lines : lines.slice(0, signature);
  const forwarded = written.findIndex((line) => /^-{4,} .* -{4,}$/.test(line.trim()));
  const own = forwarded < 0 ? written : written.slice(0, forwarded);
  return own.filter((line) => !line.startsWith(">")).join("\n");
}
