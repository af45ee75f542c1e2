/**
 * What this machine knows of each list's record, kept outside the database: number and hash of the newest entry.
 *
 * The attack, or the accident: a database from last month is put back. Members who were removed since get copies again,
 * and posts that went out can be sent again, because the replay memory is as old as the rest. So a list whose store is
 * behind this file, or that a restore was announced for, is paused: it takes and delivers nothing until an owner says,
 * signed, that the record's newest entry is the one they know (restored.ts).
 */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { z } from "zod";
import { writeDurably } from "./data-folder.js";
import { whileLocked } from "./file-lock.js";
import type { RecordHead } from "./roster-record.js";
import { KeyFileError } from "./server-keys.js";
import type { Store } from "./store.js";

const schema = z.strictObject({
  lists: z.record(
    z.string(),
    z.strictObject({
      number: z.number().int().min(0),
      hash: z.string().regex(/^[0-9a-f]{64}$/),
      /** Fingerprints of the owners at that entry: only they can resume. */
      owners: z.array(z.string()),
      /** Since when it is paused, in milliseconds since 1970. */
      paused: z.number().int().optional(),
    }),
  ),
});

type Known = z.infer<typeof schema>["lists"][string];

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

  /** Notes the present heads of all lists, and pauses those whose store is behind. To be called after each change. */
  note(store: Store): Promise<readonly string[]> {
    return this.#alone(() => this.#note(store));
  }

  async #note(store: Store): Promise<readonly string[]> {
    const known = await this.#read();
    const lists = { ...known };
    const paused: string[] = [];
    for (const list of await store.lists()) {
      const head = await store.recordHead(list.id);
      const last = known[list.address];
      if (
        last?.paused !== undefined ||
        (last !== undefined && !(await isAhead(store, list.id, head, last)))
      ) {
        lists[list.address] = { ...last, paused: last.paused ?? Date.now() };
        paused.push(list.address);
      } else if (last?.hash !== head.hash) {
        // with the same newest entry the owners are the same
        lists[list.address] = { ...head, owners: await ownersIn(store, list.id) };
      }
    }
    if (JSON.stringify(lists) !== JSON.stringify(known)) await this.#write(lists);
    return paused;
  }

  /** Pauses every list: a backup was put back. Lists that the file doesn't know yet are taken from the store. */
  pauseAll(store: Store): Promise<void> {
    return this.#alone(() => this.#pauseAll(store));
  }

  async #pauseAll(store: Store): Promise<void> {
    const lists = { ...(await this.#read()) };
    for (const list of await store.lists()) {
      const last = lists[list.address];
      const head = await store.recordHead(list.id);
      lists[list.address] = {
        ...(last ?? { ...head, owners: await ownersIn(store, list.id) }),
        paused: Date.now(),
      };
    }
    await this.#write(lists);
  }

  /** Addresses of the lists that are paused. */
  async paused(): Promise<ReadonlySet<string>> {
    const lists = Object.entries(await this.#read());
    return new Set(lists.flatMap(([address, { paused }]) => (paused === undefined ? [] : [address])));
  }

  /** Since when a list is paused, in milliseconds since 1970; `undefined` if it is not. */
  async pausedSince(address: string): Promise<number | undefined> {
    return (await this.#read())[address]?.paused;
  }

  /** The owners who can resume a list, as this machine last knew them; `undefined` if it knows nothing of the list. */
  async ownersOf(address: string): Promise<readonly string[] | undefined> {
    return (await this.#read())[address]?.owners;
  }

  /** The list goes on from `head`. */
  resume(store: Store, address: string, listId: number, head: RecordHead): Promise<void> {
    return this.#alone(async () => {
      const lists = { ...(await this.#read()) };
      lists[address] = { ...head, owners: await ownersIn(store, listId) };
      await this.#write(lists);
    });
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    return whileLocked(`${this.#file}.lock`, work);
  }

  async #read(): Promise<Readonly<Record<string, Known>>> {
    if (!existsSync(this.#file)) return {};
    // asked with every mail; a new version of the file is another file
    const { ino, mtimeMs, size } = await stat(this.#file);
    const version = `${ino} ${mtimeMs} ${size}`;
    if (this.#seen?.version !== version) this.#seen = { version, lists: await this.#parse() };
    return this.#seen.lists;
  }

  async #parse(): Promise<Readonly<Record<string, Known>>> {
    try {
      return schema.parse(JSON.parse(await readFile(this.#file, "utf8"))).lists;
    } catch (cause) {
      // not "nothing known": that would be the way round the pause
      throw new KeyFileError(
        `${this.#file} is damaged: delete it and start with "serve --restored", so that owners confirm their lists`,
        { cause },
      );
    }
  }

  #write(lists: Readonly<Record<string, Known>>): Promise<void> {
    return writeDurably(this.#file, `${JSON.stringify({ lists }, null, 2)}\n`, 0o600);
  }
}

/** Whether the store's record goes on from the entry that was last known. */
async function isAhead(store: Store, listId: number, head: RecordHead, last: RecordHead): Promise<boolean> {
  if (head.number === last.number) return head.hash === last.hash;
  if (head.number < last.number) return false;
  // one entry: a record may be of any length, and this is asked after each change
  const [entry] = await store.recordAfter(listId, last.number - 1, 1);
  return entry?.number === last.number && entry.hash === last.hash;
}

async function ownersIn(store: Store, listId: number): Promise<string[]> {
  return (await store.owners(listId)).map(({ fingerprint }) => fingerprint);
}
