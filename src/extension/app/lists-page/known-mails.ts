import { type IndexedMail, isAmong, keyOfMail } from "../../mail-index/indexed-mail.js";
import type { IndexChanges } from "../../mail-index/mail-index.js";
import { type ThreadRow, threadsOf } from "../../mail-index/threads.js";

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

/** The records of one list, as far as the page has been told of them. */
export class KnownMails {
  readonly #mails = new Map<string, IndexedMail>();
  #epoch = "";
  #change = 0;

  /** What to ask for next. */
  get asked(): { readonly epoch: string; readonly change: number } {
    return { epoch: this.#epoch, change: this.#change };
  }

  /** Takes what has changed. @returns whether anything has */
  take({ epoch, change, put, removed }: IndexChanges): boolean {
    const isAnew = epoch !== this.#epoch;
    if (isAnew) this.#mails.clear();
    for (const name of removed) this.#mails.delete(name);
    for (const mail of put) this.#mails.set(keyOfMail(mail), mail);
    [this.#epoch, this.#change] = [epoch, change];
    return isAnew || put.length + removed.length > 0;
  }

  /** Forgets everything, when keys are locked. */
  forget(): void {
    this.#mails.clear();
    [this.#epoch, this.#change] = ["", 0];
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
  rows(wish: MailWish, found: readonly string[] | null): readonly ThreadRow[] {
    if (found !== null)
      return found.flatMap((name) => {
        const mail = this.#mails.get(name);
        return mail === undefined ? [] : [{ mail, depth: 0 }];
      });
    return threadsOf([...this.#mails.values()].filter((mail) => isAmong(mail, wish)));
  }

  /** Who has written, by their addresses, in the order of their names. */
  authors(): readonly (readonly [address: string, name: string])[] {
    const names = new Map<string, string>();
    for (const { author } of this.#mails.values())
      names.set(author.address, author.name === null ? author.address : `${author.name} <${author.address}>`);
    return [...names].sort(([, one], [, other]) => one.localeCompare(other));
  }
}
