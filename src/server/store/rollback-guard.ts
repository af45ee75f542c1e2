/**
 * What this machine knows of each list, kept outside the database: number and hash of its record's newest entry, how
 * many posts it has taken, its server key, and whether it is retired.
 *
 * The attack, or the accident: a database from last month is put back. Members who were removed since get copies again,
 * and posts that went out can be sent again, because the replay memory is as old as the rest. So a list whose store is
 * behind this file, or that a restore was announced for, is paused: it takes and delivers nothing until an owner says,
 * signed, that the record's newest entry is the one they know (resume-list.ts).
 */
import { readFileSync, statSync } from "node:fs";
import { z } from "zod";
import { FUTURE_ALLOWED_MS } from "../../openpgp/policy.js";
import { writeDurably } from "../base/data-folder.js";
import { whileLocked } from "../base/file-lock.js";
import { KeyFileError } from "./server-keys.js";
import type { List, ListState, ListStore, RosterRecord } from "./store.js";

const schema = z.strictObject({
  lists: z.record(
    z.string(),
    z.strictObject({
      number: z.number().int().min(0),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      /** Fingerprints of the owners at that entry: only they can resume. */
      owners: z.array(z.string()),
      /** How many posts the list has taken: an older database is noticed also while the roster stays the same. */
      posts: z.number().int().min(0).optional(),
      /** Its server key of that entry: a database from before a suspect one was replaced must not bring that one back. */
      serverKey: z.strictObject({ fingerprint: z.string(), file: z.string() }).optional(),
      /** Closed for ever, and its server key deleted. */
      retired: z.literal(true).optional(),
      /** When this was last noted to be other than before, in milliseconds since 1970. */
      noted: z.number().int().optional(),
      /** Since when it is paused, in milliseconds since 1970. */
      paused: z.number().int().optional(),
    }),
  ),
});

type Known = z.infer<typeof schema>["lists"][string];

/** What is asked of a store. */
export type HeadStore = Pick<ListStore, "listStates"> & Pick<RosterRecord, "recordHash">;

/**
 * The file of heads. The server and every command change it, each in a process of its own: reading, changing and writing is
 * done under a lock, so that none undoes what another has just noted, a pause above all.
 */
export class Heads {
  readonly #file: string;
  #seen: { readonly version: string; readonly lists: Readonly<Record<string, Known>> } | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Notes the present heads of all lists, and pauses those whose store is behind. To be called after each change; `listId`:
   * it was this list's alone.
   *
   * @returns the addresses of those that are paused
   */
  note(store: HeadStore, listId?: number): Promise<readonly string[]> {
    return this.#alone(() => this.#note(store, listId));
  }

  async #note(store: HeadStore, listId: number | undefined): Promise<readonly string[]> {
    const known = this.#read();
    const lists = { ...known };
    const paused: string[] = [];
    for (const state of await store.listStates(listId)) {
      const { address } = state;
      const last = known[address];
      const now = present(state);
      if (
        last?.paused !== undefined ||
        (last !== undefined && !(await isAhead(store, state.listId, now, last)) && !isSpokenFor(state, last))
      ) {
        lists[address] = { ...last, paused: last.paused ?? Date.now() };
        paused.push(address);
      } else {
        lists[address] = { ...now, noted: notedAt(now, last), ...retiredAs(last) };
      }
    }
    if (JSON.stringify(lists) !== JSON.stringify(known)) await this.#write(lists);
    return paused;
  }

  /** Pauses every list: a backup was put back. Lists that the file doesn't know yet are taken from the store. */
  pauseAll(store: HeadStore): Promise<void> {
    return this.#alone(() => this.#pauseAll(store));
  }

  async #pauseAll(store: HeadStore): Promise<void> {
    const lists = { ...this.#read() };
    for (const state of await store.listStates()) {
      const { address } = state;
      lists[address] = { ...(lists[address] ?? present(state)), paused: Date.now() };
    }
    await this.#write(lists);
  }

  /** Addresses of the lists that are paused. */
  async paused(): Promise<ReadonlySet<string>> {
    const lists = Object.entries(this.#read());
    return new Set(lists.flatMap(([address, { paused }]) => (paused === undefined ? [] : [address])));
  }

  /** Since when a list is paused, in milliseconds since 1970; `undefined` if it is not. */
  async pausedSince(address: string): Promise<number | undefined> {
    return this.pausedNow(address);
  }

  /**
   * The same, at this very moment, without letting anybody else of this process in: for the gate, between its look into the
   * database and the last line of a mail. @throws KeyFileError
   */
  pausedNow(address: string): number | undefined {
    return this.#read()[address]?.paused;
  }

  /** The owners who can resume a list, as this machine last knew them; `undefined` if it knows nothing of the list. */
  async ownersOf(address: string): Promise<readonly string[] | undefined> {
    return this.#read()[address]?.owners;
  }

  /** The list goes on from what the store has now. */
  resume(store: HeadStore, list: List): Promise<void> {
    return this.#alone(async () => {
      const lists = { ...this.#read() };
      const now = await presentOf(store, list);
      lists[list.address] = { ...now, noted: Date.now(), ...retiredAs(lists[list.address]) };
      await this.#write(lists);
    });
  }

  /** The list is closed for ever, whatever an older database says. */
  retire(store: HeadStore, list: List): Promise<void> {
    return this.#alone(async () => {
      const lists = { ...this.#read() };
      lists[list.address] = { ...(lists[list.address] ?? (await presentOf(store, list))), retired: true };
      await this.#write(lists);
    });
  }

  /** Whether a list of that address is known to this machine, and is retired. */
  async isRetired(address: string): Promise<boolean> {
    return this.#read()[address]?.retired ?? false;
  }

  /** Addresses of the lists that need more than to be noted: those that are paused, and those that are retired. */
  async unusual(): Promise<readonly string[]> {
    const lists = Object.entries(this.#read());
    return lists.flatMap(([address, { paused, retired }]) =>
      paused === undefined && retired === undefined ? [] : [address],
    );
  }

  /** Addresses of all lists that this machine knows, also of those that an older database lacks. */
  async known(): Promise<ReadonlySet<string>> {
    return new Set(Object.keys(this.#read()));
  }

  /** The server key that a list had last; `undefined` if this machine doesn't know. */
  async serverKeyOf(address: string): Promise<Known["serverKey"]> {
    return this.#read()[address]?.serverKey;
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return whileLocked(`${this.#file}.lock`, work);
  }

  // asked with every mail; a new version of the file is another file
  #read(): Readonly<Record<string, Known>> {
    const found = statSync(this.#file, { throwIfNoEntry: false });
    if (found === undefined) return {};
    const version = `${found.ino} ${found.mtimeMs} ${found.size}`;
    if (this.#seen?.version !== version) {
      this.#seen = { version, lists: this.#parse(readFileSync(this.#file, "utf8")) };
    }
    return this.#seen.lists;
  }

  #parse(text: string): Readonly<Record<string, Known>> {
    try {
      return schema.parse(JSON.parse(text)).lists;
    } catch (cause) {
      // not "nothing known": that would be the way round the pause
      throw new KeyFileError(
        `${this.#file} is damaged: delete it and start with "serve --restored", so that owners confirm the state of their lists`,
        { cause },
      );
    }
  }

  #write(lists: Readonly<Record<string, Known>>): Promise<void> {
    return writeDurably(this.#file, `${JSON.stringify({ lists }, null, 2)}\n`, 0o600);
  }
}

type Present = Omit<Known, "paused" | "retired" | "noted">;

/** When what is known of a list came to be what it is. */
function notedAt(now: Present, last: Known | undefined): number {
  const isSame =
    last?.number === now.number &&
    last.hash === now.hash &&
    last.posts === now.posts &&
    last.serverKey?.fingerprint === now.serverKey?.fingerprint &&
    last.owners.join() === now.owners.join();
  return (isSame ? last.noted : undefined) ?? Date.now();
}

/**
 * Whether an owner has let the list go on since all that this machine knows of it: several machines have one database, and
 * this one was not there when it was put back. The word is in the database itself, so it is not from before a later restore
 * that took it away. Owners' clocks may be ahead; a word that is not later beyond doubt is asked for once more.
 */
function isSpokenFor({ resumed }: ListState, { noted }: Known): boolean {
  return resumed !== undefined && noted !== undefined && resumed > noted + FUTURE_ALLOWED_MS;
}

/** What the store says of a list. */
function present({ head, owners, posts, serverKey }: ListState): Present {
  return { ...head, owners: [...owners], posts, serverKey };
}

async function presentOf(store: HeadStore, list: List): Promise<Present> {
  const [state] = await store.listStates(list.id);
  if (state === undefined) throw new Error("a list that is not there");
  return present(state);
}

const retiredAs = (last: Known | undefined): { readonly retired?: true } =>
  last?.retired === undefined ? {} : { retired: true };

/** Whether the store goes on from what was last known. */
async function isAhead(store: HeadStore, listId: number, now: Present, last: Known): Promise<boolean> {
  if ((now.posts ?? 0) < (last.posts ?? 0) || now.number < last.number) return false;
  const hash = now.number === last.number ? now.hash : await store.recordHash(listId, last.number);
  return hash === last.hash;
}
