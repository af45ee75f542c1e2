import { type IndexedMail, isAmong, keyOfMail } from "../../mail-index/indexed-mail.js";
import type { IndexChanges, ViewState } from "../../mail-index/mail-index.js";
import { MailThreads, type ThreadRow, threadsOf } from "../../mail-index/threads.js";

/** What the person wants to see of a list. */
export interface MailWish {
  readonly query: string;
  readonly unread: boolean;
  readonly files: boolean;
  /** An author's address; null for all. */
  readonly author: string | null;
}

/** Everything. */
export const everyMail: MailWish = { query: "", unread: false, files: false, author: null };

const noView: ViewState = { epoch: "", change: 0, before: null };

/** The records of one list, as far as the page has been told of them. */
export class KnownMails {
  readonly #mails = new Map<string, IndexedMail>();
  readonly #conversations = new MailThreads();
  /** The names of authors, by their addresses; null where they have to be gathered anew. */
  #authors: Map<string, string | null> | null = new Map();
  #narrowed: { readonly wish: string; readonly rows: readonly ThreadRow[] } | null = null;
  #view: ViewState = noView;

  /** What to ask for next. */
  get view(): ViewState {
    return this.#view;
  }

  /** Takes what has changed. @returns whether anything has */
  take({ epoch, change, before, put, removed }: IndexChanges): boolean {
    const isAnew = epoch !== this.#view.epoch;
    if (isAnew) this.forget();
    for (const name of removed) this.#remove(name);
    for (const mail of put) this.#put(mail);
    this.#view = { epoch, change, before };
    const isChanged = isAnew || put.length + removed.length > 0;
    if (isChanged) this.#narrowed = null;
    return isChanged;
  }

  /** Takes what a search has found before the view has come to it. */
  meet(found: readonly IndexedMail[]): void {
    const { before } = this.#view;
    // what is newer and not here is gone
    for (const mail of found)
      if (before !== null && mail.date < before && !this.#mails.has(keyOfMail(mail))) this.#put(mail);
  }

  #put(mail: IndexedMail): void {
    const name = keyOfMail(mail);
    const before = this.#mails.get(name);
    if (before !== undefined) this.#conversations.remove(before);
    this.#mails.set(name, mail);
    this.#conversations.add(mail);
    this.#authors?.set(mail.author.address, mail.author.name);
  }

  #remove(name: string): void {
    const mail = this.#mails.get(name);
    if (mail === undefined) return;
    this.#mails.delete(name);
    this.#conversations.remove(mail);
    // it may have been their only one
    this.#authors = null;
  }

  /** Forgets everything, when keys are locked. */
  forget(): void {
    this.#mails.clear();
    this.#conversations.clear();
    [this.#authors, this.#narrowed] = [new Map(), null];
    // another one each time: an answer to what was asked before is none to this
    this.#view = { ...noView };
  }

  /** The record of that name. */
  get(name: string): IndexedMail | undefined {
    return this.#mails.get(name);
  }

  /** The record of that name, or of the same mail in the folder to which it was moved. */
  followed(name: string): IndexedMail | undefined {
    const id = name.slice(name.indexOf("\n") + 1);
    return this.#mails.get(name) ?? [...this.#mails.values()].find((mail) => mail.id === id);
  }

  /** Rows in their order: what was found, or the conversations of what fits the wish. */
  rows({ unread, files, author }: MailWish, found: readonly string[] | null): readonly ThreadRow[] {
    if (found !== null)
      return found.flatMap((name) => {
        const mail = this.#mails.get(name);
        return mail === undefined ? [] : [{ mail, depth: 0 }];
      });
    const narrowing = { unread, files, author };
    const wish = JSON.stringify(narrowing);
    if (wish === NARROWED_BY_NOTHING) return this.#conversations.rows;
    if (this.#narrowed?.wish !== wish)
      this.#narrowed = {
        wish,
        rows: threadsOf([...this.#mails.values()].filter((mail) => isAmong(mail, narrowing))),
      };
    return this.#narrowed.rows;
  }

  /** Who has written, by their addresses, in the order of their names. */
  authors(): readonly (readonly [address: string, name: string])[] {
    this.#authors ??= new Map([...this.#mails.values()].map(({ author }) => [author.address, author.name]));
    return [...this.#authors]
      .map(([address, name]) => [address, name === null ? address : `${name} <${address}>`] as const)
      .sort(([, one], [, other]) => one.localeCompare(other));
  }
}

const NARROWED_BY_NOTHING = JSON.stringify({ unread: false, files: false, author: null });
