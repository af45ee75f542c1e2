import { type Checked, count, flag, listOf, object, orNull, text } from "../../membership/file/check.js";
import { fold } from "./search-words.js";

/** What is known of one mail of a list without opening it again: all of it came from inside its seals, but where it is. */
export interface IndexedMail {
  /** The outer Message-ID, without angle brackets, as Thunderbird names it; with the folder, the name of the record. */
  readonly id: string;
  readonly folder: string;
  /** The list's address. */
  readonly list: string;
  readonly subject: string;
  readonly author: { readonly name: string | null; readonly address: string };
  /** Milliseconds since 1970: the protected Date. */
  readonly date: number;
  readonly unread: boolean;
  /** Names of what is attached. */
  readonly attachments: readonly string[];
  /** The protected Message-ID, and those that the mail continues, the nearest last; without angle brackets. */
  readonly messageId: string;
  readonly references: readonly string[];
  /** It did not come through the list, or its author's key is another than the one that is believed: the row says so. */
  readonly doubtful: boolean;
}

/** A mail for the index, with the text of it that is searched. */
export interface MailToIndex {
  readonly mail: IndexedMail;
  /** Subject, author, names of files and words, folded: {@link searchedText}. */
  readonly text: string;
}

const author = object<{ readonly [K in keyof IndexedMail["author"]]: IndexedMail["author"][K] }>({
  name: orNull(text),
  address: text,
});

/** Checks a record that was read from a block. */
export const indexedMail = object<{ readonly [K in keyof IndexedMail]: IndexedMail[K] }>({
  id: text,
  folder: text,
  list: text,
  subject: text,
  author,
  date: count,
  unread: flag,
  attachments: listOf(text),
  messageId: text,
  references: listOf(text),
  doubtful: flag,
}) satisfies (value: unknown) => Checked<(value: unknown) => IndexedMail>;

/** Characters of one mail's words that are searched. Attack: a member who sends 25 MB of text to fill every reader's memory. */
const WORDS_LIMIT = 100_000;

/** Ends a mail in a block of texts; in no text itself. */
export const SEPARATOR = "\0";

/** The text of a mail that is searched. @param words what its author wrote, without markup */
export function searchedText(
  { subject, author: by, attachments }: Pick<IndexedMail, "subject" | "author" | "attachments">,
  words: string,
): string {
  const all = [subject, by.name ?? "", by.address, ...attachments, words.slice(0, WORDS_LIMIT)].join("\n");
  return fold(all).replaceAll(SEPARATOR, " ");
}

/** The name of a record: the same mail may be in two folders. */
export function keyOfMail({ folder, id }: Pick<IndexedMail, "folder" | "id">): string {
  return `${folder}\n${id}`;
}

/** What the rows of a list are narrowed to. */
interface Narrowing {
  readonly unread: boolean;
  readonly files: boolean;
  /** An author's address; null for all. */
  readonly author: string | null;
}

/** Whether a mail is among those. */
export const isAmong = (mail: IndexedMail, { unread, files, author }: Narrowing): boolean =>
  (!unread || mail.unread) &&
  (!files || mail.attachments.length > 0) &&
  (author === null || mail.author.address === author);
