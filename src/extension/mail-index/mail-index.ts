import { ProtocolError } from "../../openpgp/errors.js";
import type { BlockChange, BlockStore } from "./block-store.js";
import { type BlockTexts, hitsIn, joinTexts, type MailFilter, startsOf, textAt } from "./block-texts.js";
import { type Block, blockOf, byDate, newestOf } from "./index-blocks.js";
import { type IndexedMail, keyOfMail, type MailToIndex } from "./indexed-mail.js";
import { type BlockPart, openBlock, readHeads, sealBlock, writeHeads } from "./sealed-block.js";
import { wordsOfQuery } from "./search-words.js";

/**
 * The index of one list's opened mails: what rows show, and their text, which is searched by the engine's own `indexOf`. In
 * memory it is in clear, until the keys are locked; on the disk it is blocks that are encrypted (`sealed-block.ts`).
 *
 * No library and no inverted index: over 50,000 mails a native scan takes some 30 ms, knows Japanese without dividing it into
 * words, and is built in no time.
 */

/** Mails in one block: what is written when one of them changes, and what is lost, until it is built again, with a damaged one. */
const BLOCK_MAILS = 500;

/** Hits of one search: whoever gets more types another word. */
export const HITS_LIMIT = 200;

/** Where a record is. */
interface Place {
  readonly block: Block;
  readonly mail: IndexedMail;
}

/** Changes that a view may be behind: who is further gets everything anew. */
const LOG_LIMIT = 1_000;

/** How far a view is. */
export interface ViewState {
  /** Of this opening of the index: numbers of another one mean nothing. */
  readonly epoch: string;
  readonly change: number;
  /** Milliseconds since 1970: mails of before it are not here yet. null: all are. */
  readonly before: number | null;
}

/** What has changed since a view last asked, and where it is with that. */
export interface IndexChanges extends ViewState {
  readonly put: readonly IndexedMail[];
  /** Names of records ({@link keyOfMail}). */
  readonly removed: readonly string[];
}

/**
 * Mails that a view gets at first, and those that follow with each question. A view of ten thousand that gets them all at once shows
 * none for most of a second.
 */
const [FIRST_MAILS, MORE_MAILS] = [500, 3_000] as const;

/** What was found, newest first. */
export interface SearchResult {
  readonly mails: readonly IndexedMail[];
  /** Whether there are more than are given. */
  readonly more: boolean;
}

interface IndexPlace {
  readonly store: BlockStore;
  /** The name of the index: nothing is told by it. */
  readonly index: string;
  readonly key: CryptoKey;
  /** Called when a block turned out to be damaged: it was dropped, and its mails have to be read again. */
  readonly damaged: () => void;
}

export class MailIndex {
  readonly #place: IndexPlace;
  readonly #blocks = new Map<number, Block>();
  readonly #places = new Map<string, Place>();
  /** How many records of a mail are unread, by its Message-ID. */
  readonly #unread = new Map<string, number>();
  #epoch = crypto.randomUUID();
  #change = 1;
  /** The names of what was put or removed, the newest last. */
  #log: { readonly change: number; readonly names: string[] }[] = [];
  #forgotten = false;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(place: IndexPlace) {
    this.#place = place;
  }

  /**
   * Opens what is kept of an index; texts follow when they are wanted.
   * @throws ListSealError what the store throws
   */
  static async open(place: IndexPlace): Promise<MailIndex> {
    const made = new MailIndex(place);
    await made.#load();
    return made;
  }

  async #load(): Promise<void> {
    const { store, index, key } = this.#place;
    const broken: number[] = [];
    for (const [number, bytes] of await store.readAll(index, "heads")) {
      const text = await openBlock(bytes, { index, part: "heads", number }, key);
      const mails = text === null ? null : readHeads(text);
      if (mails === null) broken.push(number);
      else this.#adopt(blockOf(number, mails, null));
    }
    if (broken.length > 0) await this.#drop(broken);
  }

  #adopt(block: Block): void {
    this.#blocks.set(block.number, block);
    for (const mail of block.mails) this.#placeAt(keyOfMail(mail), { block, mail });
  }

  #placeAt(name: string, place: Place): void {
    this.#countUnread(this.#places.get(name)?.mail, -1);
    this.#places.set(name, place);
    this.#countUnread(place.mail, 1);
  }

  #countUnread(mail: IndexedMail | undefined, more: 1 | -1): void {
    if (mail?.unread !== true) return;
    const now = (this.#unread.get(mail.messageId) ?? 0) + more;
    if (now > 0) this.#unread.set(mail.messageId, now);
    else this.#unread.delete(mail.messageId);
  }

  #beginChange(): void {
    this.#change += 1;
    if (this.#log.length < LOG_LIMIT) return;
    this.#log = [];
    this.#epoch = crypto.randomUUID();
  }

  #note(name: string): void {
    const last = this.#log.at(-1);
    if (last?.change === this.#change) last.names.push(name);
    else this.#log.push({ change: this.#change, names: [name] });
  }

  /** Takes damaged blocks away, with the mails in them. */
  async #drop(numbers: readonly number[]): Promise<void> {
    const { store, index, damaged } = this.#place;
    const parts: readonly BlockPart[] = ["heads", "texts"];
    await store.write(
      index,
      numbers.flatMap((number) => parts.map((part) => ({ part, number, bytes: null }))),
    );
    this.#beginChange();
    for (const number of numbers) {
      for (const mail of this.#blocks.get(number)?.mails ?? []) this.#forgetMail(keyOfMail(mail));
      this.#blocks.delete(number);
    }
    damaged();
  }

  #forgetMail(name: string): void {
    this.#countUnread(this.#places.get(name)?.mail, -1);
    this.#places.delete(name);
    this.#note(name);
  }

  /** Forgets everything in memory, when keys are locked: what is still to be written is not. */
  forget(): void {
    this.#forgotten = true;
    this.#blocks.clear();
    this.#places.clear();
    this.#unread.clear();
    this.#log = [];
  }

  /** Whether a record is there. */
  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** All records of the index, in no order. */
  get mails(): readonly IndexedMail[] {
    return [...this.#blocks.values()].flatMap(({ mails }) => mails);
  }

  /** Mails that were not read yet; one that is in two folders counts once. */
  get unread(): number {
    return this.#unread.size;
  }

  /**
   * What has changed since a view last asked, and the next of the mails that it does not have.
   * @param view from its last answer; with another epoch it begins anew, with the newest mails
   */
  since({ epoch, change, before }: ViewState): IndexChanges {
    const now = { epoch: this.#epoch, change: this.#change };
    if (epoch !== this.#epoch)
      return {
        ...now,
        ...newestOf(this.#blocks.values(), FIRST_MAILS, Number.POSITIVE_INFINITY),
        removed: [],
      };
    const more = before === null ? { put: [], before } : newestOf(this.#blocks.values(), MORE_MAILS, before);
    const later = this.#log.filter((one) => one.change > change);
    const names = [...new Set(later.flatMap((one) => one.names))];
    const put = [...names.flatMap((name) => this.#places.get(name)?.mail ?? []), ...more.put];
    return { ...now, put, before: more.before, removed: names.filter((name) => !this.#places.has(name)) };
  }

  /** One change after the other: each sees what the one before has written. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#turn.then(async () => {
      if (this.#forgotten) throw new ProtocolError("key-locked", "the index was locked");
      return work();
    });
    this.#turn = next.catch(() => undefined);
    return next;
  }

  /**
   * Adds mails, or puts them in the place of what was known of them.
   * @throws ListSealError `key-locked`, and what the store throws: then nothing was added
   */
  put(added: readonly MailToIndex[]): Promise<void> {
    return this.#inTurn(async () => {
      const changes = new Map<number, MailToIndex[]>();
      const before = async (number: number) => {
        const known = changes.get(number) ?? (await this.#contentOf(number));
        changes.set(number, known);
        return known;
      };
      for (const [name, each] of new Map(added.map((one) => [keyOfMail(one.mail), one]))) {
        const block = this.#places.get(name)?.block;
        const content = block === undefined ? undefined : await before(block.number);
        const at = content?.findIndex(({ mail }) => keyOfMail(mail) === name) ?? -1;
        if (content !== undefined && at >= 0) content[at] = each;
        else (await before(await this.#openNumber(changes))).push(each);
      }
      await this.#replace(changes);
    });
  }

  /** The block that the next mail goes into: the last one, or, when that is full, a new one. */
  async #openNumber(changes: ReadonlyMap<number, readonly MailToIndex[]>): Promise<number> {
    const last = Math.max(0, ...this.#blocks.keys(), ...changes.keys());
    const size = changes.get(last)?.length ?? this.#blocks.get(last)?.mails.length ?? 0;
    return size < BLOCK_MAILS ? last : last + 1;
  }

  /** The mails of a block, with their texts. A damaged block is dropped: none are left of it then. */
  async #contentOf(number: number): Promise<MailToIndex[]> {
    const block = this.#blocks.get(number);
    if (block === undefined) return [];
    const texts = await this.#textsOf(block);
    if (texts === null) return [];
    return block.mails.map((mail, at) => ({ mail, text: textAt(texts, at) }));
  }

  /** The texts of a block; null if they are damaged, and the block was dropped. */
  async #textsOf(block: Block): Promise<BlockTexts | null> {
    if (block.texts !== null) return block.texts;
    const { store, index } = this.#place;
    const bytes = await store.read(index, "texts", block.number);
    return this.#adoptTexts(block, bytes);
  }

  async #adoptTexts(block: Block, bytes: Uint8Array | undefined): Promise<BlockTexts | null> {
    const { index, key } = this.#place;
    const { number } = block;
    const joined = bytes === undefined ? null : await openBlock(bytes, { index, part: "texts", number }, key);
    const starts = joined === null ? [] : startsOf(joined);
    if (joined === null || starts.length !== block.mails.length + 1) {
      await this.#drop([number]);
      return null;
    }
    block.texts = { joined, starts };
    return block.texts;
  }

  /** Writes blocks again, and then has them in memory. An empty one goes. */
  async #replace(changed: ReadonlyMap<number, readonly MailToIndex[]>): Promise<void> {
    const next = [...changed].map(([number, content]) => ({
      number,
      mails: content.map(({ mail }) => mail),
      joined: joinTexts(content.map(({ text }) => text)),
    }));
    const written: BlockChange[] = [];
    for (const { number, mails, joined } of next) {
      const bytesOf = async (part: BlockPart, text: () => string) =>
        mails.length === 0 ? null : this.#sealed(part, number, text());
      written.push(
        { part: "heads", number, bytes: await bytesOf("heads", () => writeHeads(mails)) },
        { part: "texts", number, bytes: await bytesOf("texts", () => joined) },
      );
    }
    await this.#write(written);
    this.#beginChange();
    for (const { number, mails, joined } of next)
      this.#settle(number, mails, { joined, starts: startsOf(joined) });
  }

  async #write(changes: readonly BlockChange[]): Promise<void> {
    if (this.#forgotten) throw new ProtocolError("key-locked", "the index was locked");
    await this.#place.store.write(this.#place.index, changes);
    if (this.#forgotten) throw new ProtocolError("key-locked", "the index was locked");
  }

  #sealed(part: BlockPart, number: number, text: string): Promise<Uint8Array> {
    const { index, key } = this.#place;
    return sealBlock(text, { index, part, number }, key);
  }

  /** Has a block in memory as it was written. */
  #settle(number: number, mails: readonly IndexedMail[], texts: BlockTexts | null): void {
    const before = this.#blocks.get(number);
    const known = new Map(before?.mails.map((mail) => [keyOfMail(mail), mail]));
    const block = blockOf(number, mails, texts);
    const names = new Set(mails.map(keyOfMail));
    // it may be in another block by now
    for (const name of known.keys())
      if (!names.has(name) && this.#places.get(name)?.block === before) this.#forgetMail(name);
    for (const mail of mails) {
      const name = keyOfMail(mail);
      this.#placeAt(name, { block, mail });
      if (known.get(name) !== mail) this.#note(name);
    }
    if (mails.length === 0) this.#blocks.delete(number);
    else this.#blocks.set(number, block);
  }

  /**
   * Changes what rows show of mails, and not their text: they were read, or are in another folder.
   * @param change gives the record as it is now; by the names of those that are there
   * @throws ListSealError `key-locked`, and what the store throws
   */
  change(names: readonly string[], change: (mail: IndexedMail) => IndexedMail): Promise<void> {
    return this.#inTurn(async () => {
      const wanted = new Set(names);
      const touched = new Set(names.flatMap((name) => this.#places.get(name)?.block ?? []));
      const next = [...touched].map((block) => ({
        block,
        mails: block.mails.map((mail) => (wanted.has(keyOfMail(mail)) ? change(mail) : mail)),
      }));
      if (next.length === 0) return;
      const written: BlockChange[] = [];
      for (const { block, mails } of next)
        written.push({
          part: "heads",
          number: block.number,
          bytes: await this.#sealed("heads", block.number, writeHeads(mails)),
        });
      await this.#write(written);
      this.#beginChange();
      for (const { block, mails } of next) this.#settle(block.number, mails, block.texts);
    });
  }

  /**
   * Takes records away, by their names: nothing of them is left on the disk.
   * @throws ListSealError `key-locked`, and what the store throws
   */
  remove(names: readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const gone = new Set(names);
      const changes = new Map<number, readonly MailToIndex[]>();
      for (const { number } of new Set(names.flatMap((name) => this.#places.get(name)?.block ?? []))) {
        const content = await this.#contentOf(number);
        if (this.#blocks.has(number))
          changes.set(
            number,
            content.filter(({ mail }) => !gone.has(keyOfMail(mail))),
          );
      }
      if (changes.size > 0) await this.#replace(changes);
    });
  }

  /** The text of a mail that is searched; null if there is no such record. @throws as {@link search} */
  async searchedTextOf(name: string): Promise<string | null> {
    await this.loadTexts();
    const block = this.#places.get(name)?.block;
    const at = block?.mails.findIndex((mail) => keyOfMail(mail) === name) ?? -1;
    return block === undefined || block.texts === null || at < 0 ? null : textAt(block.texts, at);
  }

  /** Has all texts in memory, so that the first search need not wait for them. @throws as {@link search} */
  async loadTexts(): Promise<void> {
    const missingNow = () => [...this.#blocks.values()].filter(({ texts }) => texts === null);
    // a search does not wait for what is being written
    if (!this.#forgotten && missingNow().length === 0) return;
    await this.#inTurn(async () => {
      const missing = missingNow();
      const { store, index } = this.#place;
      const all = await store.readAll(index, "texts");
      for (const block of missing) {
        // locked meanwhile
        if (this.#forgotten) return;
        await this.#adoptTexts(block, all.get(block.number));
      }
    });
  }

  /**
   * Finds mails that have all words somewhere in subject, author, names of files or text.
   * @returns the newest {@link HITS_LIMIT}; nothing for a query without words
   * @throws ListSealError `key-locked`, and what the store throws
   */
  async search(query: string, isWanted: MailFilter = () => true): Promise<SearchResult> {
    const words = wordsOfQuery(query);
    await this.loadTexts();
    if (this.#forgotten) throw new ProtocolError("key-locked", "the index was locked");
    let hits: IndexedMail[] = [];
    for (const block of byDate(this.#blocks.values())) {
      const oldestKept = hits[HITS_LIMIT]?.date;
      // whatever is in the blocks that follow is older than what was found
      if (oldestKept !== undefined && block.newest < oldestKept) break;
      hits = [
        ...hits,
        ...(block.texts === null ? [] : hitsIn(block.texts, block.mails, words, isWanted)),
      ].sort((one, other) => other.date - one.date);
      hits = hits.slice(0, HITS_LIMIT + 1);
    }
    return { mails: hits.slice(0, HITS_LIMIT), more: hits.length > HITS_LIMIT };
  }
}
