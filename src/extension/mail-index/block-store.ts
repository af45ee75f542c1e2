import { ListSealError } from "../../openpgp/errors.js";
import { AddonError } from "../platform/errors.js";
import { type BlockPart, blockParts } from "./sealed-block.js";

/** What is written at once: all of it, or after a crash nothing. */
export interface BlockChange {
  readonly part: BlockPart;
  readonly number: number;
  /** Null takes the block away. */
  readonly bytes: Uint8Array | null;
}

/** Where sealed blocks are kept, by the names of their indexes. Everything in it is encrypted. */
export interface BlockStore {
  /** The sealed key of an index; undefined if there is no such index. */
  readKey(index: string): Promise<Uint8Array | undefined>;
  /** Starts an index over under a key: what was there of it goes. */
  begin(index: string, sealedKey: Uint8Array): Promise<void>;
  readAll(index: string, part: BlockPart): Promise<ReadonlyMap<number, Uint8Array>>;
  read(index: string, part: BlockPart, number: number): Promise<Uint8Array | undefined>;
  write(index: string, changes: readonly BlockChange[]): Promise<void>;
  /** Takes an index away, with its key. */
  remove(index: string): Promise<void>;
  /** The names of all indexes that are kept. */
  indexes(): Promise<readonly string[]>;
}

const DATABASE = "listseal-mail-index";
const BLOCKS = "blocks";
const KEYS = "keys";
const VERSION = 1;

/** Digits of a block's number in its name, so that names are in the order of numbers. */
const DIGITS = 8;
const nameOf = (index: string, part: BlockPart, number: number) =>
  `${index}/${part}/${String(number).padStart(DIGITS, "0")}`;
const numberIn = (name: string) => Number(name.slice(name.lastIndexOf("/") + 1));
/** All names of a part, or of an index. */
const below = (prefix: string) => IDBKeyRange.bound(`${prefix}/`, `${prefix}0`, false, true);

/**
 * Blocks in IndexedDB, whose files are in the profile. QUIRK: `storage.local` of Thunderbird 153 took 12 s for what takes 0.1 s here.
 *
 * All methods throw ListSealError `storage-failed` or `storage-full`.
 */
export function indexedDbStore(): BlockStore {
  let opened: Promise<IDBDatabase> | undefined;
  const database = () => {
    opened ??= openDatabase().catch((cause: unknown) => {
      opened = undefined;
      throw cause;
    });
    return opened;
  };
  const inStore = <T>(
    names: readonly string[],
    mode: IDBTransactionMode,
    work: (transaction: IDBTransaction) => Promise<T>,
  ): Promise<T> =>
    settled(async () => {
      const transaction = (await database()).transaction([...names], mode);
      const ended = new Promise<void>((resolve, reject) => {
        transaction.oncomplete = () => resolve();
        transaction.onabort = () => reject(transaction.error);
      });
      const [result] = await Promise.all([work(transaction), ended]);
      return result;
    });
  const removeBlocks = (transaction: IDBTransaction, index: string) =>
    blockParts.map((part) => answerOf(transaction.objectStore(BLOCKS).delete(below(`${index}/${part}`))));

  return {
    readKey: (index) =>
      inStore([KEYS], "readonly", async (transaction) =>
        bytesOf(await answerOf<unknown>(transaction.objectStore(KEYS).get(index))),
      ),
    begin: (index, sealedKey) =>
      inStore([BLOCKS, KEYS], "readwrite", async (transaction) => {
        await Promise.all([
          ...removeBlocks(transaction, index),
          answerOf(transaction.objectStore(KEYS).put(sealedKey, index)),
        ]);
      }),
    readAll: (index, part) =>
      inStore([BLOCKS], "readonly", async (transaction) => {
        const blocks = transaction.objectStore(BLOCKS);
        const range = below(`${index}/${part}`);
        const [names, values] = await Promise.all([
          answerOf<IDBValidKey[]>(blocks.getAllKeys(range)),
          answerOf<unknown[]>(blocks.getAll(range)),
        ]);
        return new Map(
          names.map((name, at) => [numberIn(String(name)), bytesOf(values[at]) ?? new Uint8Array()]),
        );
      }),
    read: (index, part, number) =>
      inStore([BLOCKS], "readonly", async (transaction) =>
        bytesOf(await answerOf<unknown>(transaction.objectStore(BLOCKS).get(nameOf(index, part, number)))),
      ),
    write: (index, changes) =>
      inStore([BLOCKS], "readwrite", async (transaction) => {
        const blocks = transaction.objectStore(BLOCKS);
        await Promise.all(
          changes.map(async ({ part, number, bytes }) => {
            const name = nameOf(index, part, number);
            await (bytes === null ? answerOf(blocks.delete(name)) : answerOf(blocks.put(bytes, name)));
          }),
        );
      }),
    remove: (index) =>
      inStore([BLOCKS, KEYS], "readwrite", async (transaction) => {
        await Promise.all([
          ...removeBlocks(transaction, index),
          answerOf(transaction.objectStore(KEYS).delete(index)),
        ]);
      }),
    indexes: () =>
      inStore([KEYS], "readonly", async (transaction) =>
        (await answerOf<IDBValidKey[]>(transaction.objectStore(KEYS).getAllKeys())).map(String),
      ),
  };
}

const bytesOf = (value: unknown): Uint8Array | undefined => (value instanceof Uint8Array ? value : undefined);

function openDatabase(): Promise<IDBDatabase> {
  const request = indexedDB.open(DATABASE, VERSION);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(BLOCKS);
    request.result.createObjectStore(KEYS);
  };
  return answerOf(request);
}

function answerOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function settled<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const full = cause instanceof DOMException && cause.name === "QuotaExceededError";
    if (full) throw new ListSealError("storage-full", "the index could not be written", { cause });
    throw new AddonError("storage-failed", "the index could not be read or written", { cause });
  }
}
