import { type Check, count, flag, listOf, object, oneOf, orNull, text } from "../../membership/file/check.js";
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
  /** In a browser, where no folder is known: when and as what the person gave the mail to be read. */
  readonly given?: GivenMail;
}

/** How a person gave a mail to be read. */
export interface GivenMail {
  /** Milliseconds since 1970: when it was opened last. */
  readonly at: number;
  readonly as: GivenForm;
}

/** As what a mail was given. */
export type GivenForm =
  /** Of a mail, or one of its sealed parts: the file's name. */
  | { readonly kind: "file"; readonly name: string }
  /** Its source was pasted. */
  | { readonly kind: "text" }
  /** Shown by a webmail. `page`: an address at which the webmail shows it, if its adapter knows one. */
  | { readonly kind: "webmail"; readonly page: string | null };

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

const byKind = object({ kind: oneOf("file", "text", "webmail") });
const asFile = object({ name: text });
const inWebmail = object({ page: orNull(text) });

const givenForm: Check<GivenForm> = (value) => {
  const { kind } = byKind(value);
  switch (kind) {
    case "file":
      return { kind, ...asFile(value) };
    case "text":
      return { kind };
    case "webmail":
      return { kind, ...inWebmail(value) };
  }
};

const givenMail = object<{ readonly [K in keyof GivenMail]: GivenMail[K] }>({ at: count, as: givenForm });

const withoutGiven = object<{
  readonly [K in Exclude<keyof IndexedMail, "given">]: IndexedMail[K];
}>({
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
});
const maybeGiven = object({ given: orNull(givenMail) });

/** Checks a record that was read from a block. */
export const indexedMail: Check<IndexedMail> = (value) => {
  const { given } = maybeGiven(value);
  return given === null ? withoutGiven(value) : { ...withoutGiven(value), given };
};

/** Characters of one mail's words that are searched. Attack: a member who sends 25 MB of text to fill every reader's memory. */
const WORDS_LIMIT = 100_000;

/** Ends a mail in a block of texts; in no text itself. */
export const SEPARATOR = "\0";

type Headed = Pick<IndexedMail, "subject" | "author" | "attachments">;

/** The text of a mail that is searched. @param words what its author wrote, without markup */
export function searchedText(mail: Headed, words: string): string {
  return `${searchedHead(mail)}${searchable(words.slice(0, WORDS_LIMIT))}`;
}

/** What an author wrote, as it is searched: {@link searchedText} without what rows show. */
export function wordsSearched(mail: Headed, searched: string): string {
  return searched.slice(searchedHead(mail).length);
}

/** A line ends no word in another way than the end of a text: so both may be folded apart. */
function searchedHead({ subject, author: by, attachments }: Headed): string {
  return searchable([subject, by.name ?? "", by.address, ...attachments, ""].join("\n"));
}

const searchable = (words: string) => fold(words).replaceAll(SEPARATOR, " ");

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
