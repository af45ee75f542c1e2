import { sha256 } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { needSecretOf, openSecretsOf } from "../keys/unlocked.js";
import { AddonError, codeOf, type ErrorCode } from "../platform/errors.js";
import { load } from "../records/storage.js";
import type { Stored, StoredList, StoredMemberKey } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import { type BlockStore, indexedDbStore } from "./block-store.js";
import { MailIndex } from "./mail-index.js";
import { importIndexKey } from "./sealed-block.js";

/**
 * The indexes of this person's lists: opened when they are wanted and a key is unlocked, forgotten when keys lock, and gone from
 * the disk with their list.
 */

let store: BlockStore | undefined;
const blockStore = () => (store ??= indexedDbStore());

/** Puts another store in the place of IndexedDB, where there is none. */
export function useBlockStore(other: BlockStore): void {
  store = other;
  opened.clear();
}

const opened = new Map<string, Promise<MailIndex>>();
/** Opened for one change, and kept nowhere. */
const passingBy = new Set<Promise<MailIndex>>();

/** Why mails are missing in an index: it was just made, or what was in it is lost. */
export type IndexState = "made" | "damaged";

const damageListeners: ((list: string, state: IndexState) => void)[] = [];

/** Has `heard` called with the list whose index lost mails, or its key, and has to be built again, and with one that was made. */
export function whenIndexDamaged(heard: (list: string, state: IndexState) => void): void {
  damageListeners.push(heard);
}

function tellDamage(list: string, state: IndexState): void {
  for (const heard of damageListeners) heard(list, state);
}

/** Hexadecimal digits of a digest in the name of an index. */
const NAME_DIGITS = 32;

/** The name of a list's index on the disk: a digest. */
async function indexNameOf(list: string): Promise<string> {
  return (await sha256(new TextEncoder().encode(`listseal index ${list}`))).slice(0, NAME_DIGITS);
}

/**
 * The index of a list, made if there is none.
 * @throws ListSealError `no-such-list`, `key-locked`, `no-member-key`, and what the store and the worker throw
 */
export function indexOf(list: string): Promise<MailIndex> {
  const known = opened.get(list);
  if (known !== undefined) return known;
  const opening = openIndex(list);
  opened.set(list, opening);
  opening.catch(() => {
    if (opened.get(list) === opening) opened.delete(list);
  });
  return opening;
}

/**
 * Does something with an index as it is on the disk now. For programs in which several pages write: call it in a turn that they
 * share, and `dropIndexes` in each when one has written.
 * @throws as {@link indexOf}, and what `work` throws
 */
export async function onFreshIndex<T>(list: string, work: (index: MailIndex) => Promise<T>): Promise<T> {
  const opening = openIndex(list);
  passingBy.add(opening);
  try {
    return await work(await opening);
  } finally {
    passingBy.delete(opening);
  }
}

/** Has the indexes opened anew when they are wanted: another page has changed them. */
export function dropIndexes(): void {
  opened.clear();
}

/** The indexes of the lists that are here, as far as they open. */
export interface OpenedIndexes {
  /** By the lists' addresses. */
  readonly indexes: ReadonlyMap<string, MailIndex>;
  /** Lists whose own member key is locked, while another one is not. */
  readonly locked: readonly string[];
}

/** An index of every list whose key is unlocked. @throws ListSealError `key-locked` if all are locked; otherwise as `indexOf` */
export async function indexesNow(): Promise<OpenedIndexes> {
  const indexes = new Map<string, MailIndex>();
  const locked: string[] = [];
  let why: unknown;
  for (const list of Object.keys((await load()).lists)) {
    try {
      indexes.set(list, await indexOf(list));
    } catch (error) {
      const code = codeOf(error, "worker-failed");
      if (code === "key-locked") {
        locked.push(list);
        why = error;
      }
      // without a key yet, or removed meanwhile: it has no mail either
      else if (!["no-member-key", "no-such-list"].includes(code)) throw error;
    }
  }
  if (indexes.size === 0 && why !== undefined) throw why;
  return { indexes, locked };
}

/** Those of {@link indexesNow} that are open, by the lists' addresses. @throws ListSealError as {@link indexesNow} */
export const openIndexes = async (): Promise<ReadonlyMap<string, MailIndex>> => (await indexesNow()).indexes;

/** Forgets everything in memory. For when keys are locked. */
export function forgetIndexes(): void {
  const all = [...opened.values(), ...passingBy];
  opened.clear();
  for (const opening of all)
    opening.then(
      (index) => index.forget(),
      () => undefined,
    );
}

async function openIndex(list: string): Promise<MailIndex> {
  const stored = await load();
  const known = stored.lists[list];
  if (known === undefined) throw new AddonError("no-such-list", "there is no such list");
  const index = await indexNameOf(list);
  const damaged = () => tellDamage(list, "damaged");
  const sealed = await blockStore().readKey(index);
  const kept = sealed === undefined ? null : await keptKey(index, sealed, stored);
  const key = kept ?? (await newKey(index, known, stored));
  const made = await MailIndex.open({ store: blockStore(), index, key: await importIndexKey(key), damaged });
  if (kept === null) tellDamage(list, sealed === undefined ? "made" : "damaged");
  return made;
}

/** Failures after which the same key may well open another time. */
const passing: readonly ErrorCode[] = ["key-locked", "worker-failed", "timed-out", "cancelled"];

/** The key of an index that is there; null if it does not open any more. */
async function keptKey(
  index: string,
  sealed: Uint8Array,
  stored: Stored,
): Promise<Uint8Array<ArrayBuffer> | null> {
  const secrets = await openSecretsOf(stored);
  try {
    const found = await runJob("open-index-key", { index, sealed, secrets, now: new Date().toISOString() });
    if (found.kind === "opened") return found.key;
  } catch (error) {
    if (passing.includes(codeOf(error, "worker-failed"))) throw error;
    return null;
  }
  if (secrets.length < Object.keys(stored.memberKeys).length)
    throw new ProtocolError("key-locked", "the key of the index is locked");
  return null;
}

async function newKey(index: string, list: StoredList, stored: Stored): Promise<Uint8Array<ArrayBuffer>> {
  const own = readerKey(list, stored);
  const secret = await needSecretOf(own);
  const now = new Date().toISOString();
  const { key, sealed } = await runJob("make-index-key", { index, key: own, secret, now });
  await blockStore().begin(index, sealed);
  return key;
}

/** The member key that mail of a list opens with. */
function readerKey({ memberKey, invitee }: StoredList, { memberKeys }: Stored): StoredMemberKey {
  const keys = Object.values(memberKeys);
  const found =
    keys.find(({ fingerprint }) => fingerprint === memberKey) ??
    keys.find(({ address }) => address === invitee);
  if (found === undefined) throw new AddonError("no-member-key", "no member key is here");
  return found;
}

/** Takes away the index of each list that is not among these. @throws ListSealError what the store throws */
export async function removeStrayIndexes(lists: readonly string[]): Promise<void> {
  const kept = new Set(await Promise.all(lists.map(indexNameOf)));
  for (const [list, opening] of opened)
    if (!lists.includes(list)) {
      opened.delete(list);
      opening.then(
        (index) => index.forget(),
        () => undefined,
      );
    }
  for (const index of await blockStore().indexes()) if (!kept.has(index)) await blockStore().remove(index);
}
