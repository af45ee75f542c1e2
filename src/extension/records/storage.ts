import { listOf, text } from "../../membership/file/check.js";
import type { MemberRole } from "../../membership/request/command-names.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import type { Profile } from "../../openpgp/profiles.js";
import type { DeliveryMode, Mode } from "../../protocol/message.js";
import { browser } from "../platform/browser.js";
import { AddonError, type ErrorCode } from "../platform/errors.js";
import { withLock } from "../platform/locks.js";
import {
  deletedKeysOf,
  keptKeysOf,
  lastEnd,
  NewerVersionError,
  readStored,
  type Stored,
  type StoredList,
} from "./stored.js";

/**
 * What is kept on this computer, and what is kept only until the program ends. Any page of ours may write it: changes run
 * in turn, whichever page makes them (`platform/locks.ts`). In Thunderbird that is the background page alone.
 *
 * - `storage.local`: {@link Stored}, one record, replaced whole, so that a crash leaves the old or the new one.
 * - `storage.session` (in memory): unlocked member keys, in `keys/unlocked.ts`.
 */
/** Not the name of the first version, which held digests of key packets. */
const SEEN = "seen-through-list";
const SEEN_BEFORE = "seen";
/** List, address and skeleton of the names of authors. */
const NAMES = "names";

/** One record of `storage.local`, replaced whole. */
export interface RecordStorage<R> {
  /** @throws ListSealError `storage-failed` if it can't be read, `storage-damaged`, `unsupported-version` (a newer add-on's) */
  load(): Promise<R>;
  /**
   * Changes what is kept. Changes of all records run one after the other, in whatever page: each sees what the one before has written.
   * @param change gives the new state and a result; when it throws, or gives the same state back, nothing is written
   * @throws ListSealError what {@link load} throws, `storage-full`, or what `change` throws
   */
  update<T>(change: (record: R) => { readonly stored: R; readonly result: T }): Promise<T>;
}

/** How a record lies in `storage.local`: who keeps it need not know. */
export interface RecordForm<R> {
  /** @throws AddonError `storage-failed`; what else it throws says that the record is damaged, or a newer version's */
  load(): Promise<R>;
  /** The new state, whole or not at all. It is called in turn. @param before what {@link load} gave in this turn */
  save(record: R, before: R): Promise<void>;
}

const inOnePiece = <R>(key: string, read: (value: unknown) => R): RecordForm<R> => ({
  load: async () => read(await readAt(key)),
  save: (record) => browser.storage.local.set({ [key]: record }),
});

/**
 * A record of its own beside {@link Stored}: for what a backup need not carry, or another part of the add-on owns.
 * @param key  its name in `storage.local`
 * @param read checks what storage gave, `undefined` for a fresh start
 */
export function keptRecord<R>(
  key: string,
  read: (value: unknown) => R,
  form: RecordForm<R> = inOnePiece(key, read),
): RecordStorage<R> {
  const loadRecord = async (): Promise<R> => {
    try {
      return await form.load();
    } catch (cause) {
      if (cause instanceof NewerVersionError) {
        throw new ProtocolError("unsupported-version", "a newer version of ListSeal wrote it", { cause });
      }
      if (cause instanceof AddonError) throw cause;
      throw new AddonError("storage-damaged", "what ListSeal keeps is damaged", { cause });
    }
  };
  const updateRecord = <T>(change: (record: R) => { readonly stored: R; readonly result: T }): Promise<T> =>
    withLock("storage", async () => {
      const before = await loadRecord();
      const { stored, result } = change(before);
      if (stored === before) return result;
      try {
        await form.save(stored, before);
      } catch (cause) {
        throw new ListSealError(whyNotWritten(cause), "what ListSeal keeps could not be written", { cause });
      }
      return result;
    });
  return { load: loadRecord, update: updateRecord };
}

async function readAt(key: string): Promise<unknown> {
  return (await getFrom(key))[key];
}

/** What is kept under these names; null: everything. @throws AddonError `storage-failed` */
export async function getFrom(
  names: string | readonly string[] | null,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return await browser.storage.local.get(typeof names === "string" || names === null ? names : [...names]);
  } catch (cause) {
    throw new AddonError("storage-failed", "what ListSeal keeps could not be read", { cause });
  }
}

/** A full disk or quota has no error of its own in the API: its name or its words speak of the quota. */
function whyNotWritten(cause: unknown): "storage-full" | "storage-failed" {
  // no instanceof: a DOMException of another global is no Error of this one
  const name = typeof cause === "object" && cause !== null && "name" in cause ? cause.name : "";
  return /quota/i.test(`${String(name)} ${String(cause)}`) ? "storage-full" : "storage-failed";
}

const MAIN = "listseal";

/** Lists, keys and pins: {@link Stored}. */
export const { load, update }: RecordStorage<Stored> = keptRecord(MAIN, readStored);

/**
 * Has `changed` called after each change of {@link Stored}, whichever page made it. For pages that show what was made of it; the
 * event page in Thunderbird makes the changes, and a listener there would wake it for nothing.
 */
export function whenStoredChanges(changed: () => void): void {
  browser.storage.onChanged.addListener((changes, area) => {
    if (area === "local" && changes[MAIN] !== undefined) changed();
  });
}

/**
 * Everything in `storage.local` as it is, for a file that somebody may repair it from. It holds secrets.
 * @throws ListSealError `storage-failed`
 */
export function loadRaw(): Promise<unknown> {
  return getFrom(null);
}

/**
 * Takes everything away that is kept, here and in memory.
 * @throws ListSealError `storage-failed`
 */
export function forgetEverything(): Promise<void> {
  return withLock("storage", async () => {
    try {
      await browser.storage.local.clear();
      await browser.storage.session.clear();
    } catch (cause) {
      throw new AddonError("storage-failed", "what ListSeal keeps could not be taken away", { cause });
    }
  });
}

/** Author and message id of a mail that was opened, with the digest of its data packet. */
export interface SeenPost {
  readonly list: string;
  readonly author: string;
  readonly messageId: string;
  readonly dataPacketDigest: string;
  /** Whether the list's word came with it. */
  readonly cameThroughList: boolean;
}

const seenRecord = listOf(listOf(text));

/** Enough for years of a busy list, little enough to be read at once (about 1 MB). */
const SEEN_LIMIT = 5_000;

/**
 * Whether the same author's message id was shown before, as come through the list, with another data packet: then somebody has
 * sealed old words again. A post with the list's word is remembered.
 *
 * Attack: a member wraps the session key of somebody's post again, or keeps back the list's word, and sends that to the others
 * before the list does. If it were remembered, or told apart by its key packet, the true post would look like the second.
 */
export function rememberPost(post: SeenPost): Promise<"first" | "again" | "reused"> {
  const { list, author, messageId, dataPacketDigest, cameThroughList } = post;
  return withLock("storage", async () => {
    const found = await browser.storage.local.get(SEEN);
    const seen = found[SEEN] === undefined ? [] : seenRecord(found[SEEN]);
    const known = seen.find(([l, a, m]) => l === list && a === author && m === messageId);
    if (known !== undefined) return known[3] === dataPacketDigest ? "again" : "reused";
    if (!cameThroughList) return "first";
    if (seen.length === 0) await browser.storage.local.remove(SEEN_BEFORE);
    const kept = [...seen, [list, author, messageId, dataPacketDigest]].slice(-SEEN_LIMIT);
    await browser.storage.local.set({ [SEEN]: kept });
    return "first";
  });
}

/** An author's name, as far as others may look the same. */
export interface SeenName {
  readonly address: string;
  readonly skeleton: string;
}

const namesRecord = listOf(listOf(text));
/** Members of all lists together; the oldest are forgotten first. */
const NAMES_LIMIT = 5_000;

/**
 * The names that authors of a list were seen under.
 * @param author is remembered, too; null for one whose name nobody vouches for
 */
export function namesSeen(list: string, author: SeenName | null): Promise<readonly SeenName[]> {
  return withLock("storage", async () => {
    const found = await browser.storage.local.get(NAMES);
    const all = found[NAMES] === undefined ? [] : namesRecord(found[NAMES]);
    const isKnown = ([of, address, skeleton]: readonly string[]) =>
      of === list && address === author?.address && skeleton === author?.skeleton;
    if (author !== null && !all.some(isKnown)) {
      const others = all.filter(([of, address]) => of !== list || address !== author.address);
      const kept = [...others, [list, author.address, author.skeleton]].slice(-NAMES_LIMIT);
      await browser.storage.local.set({ [NAMES]: kept });
    }
    return all.flatMap(([of, address = "", skeleton = ""]) => (of === list ? [{ address, skeleton }] : []));
  });
}

/** A list as a page shows it: nothing secret. */
export interface ListSummary {
  readonly address: string;
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  readonly listFingerprint: string;
  readonly serverFingerprint: string;
  readonly owners: readonly { readonly userId: string; readonly fingerprint: string }[];
  readonly invitee: string;
  readonly memberKey: string | null;
  readonly membership: "member" | "joining" | "left";
  readonly role: MemberRole;
  /** When each of the former list keys that open mail here ended, the oldest first: ISO 8601. */
  readonly formerKeys: readonly string[];
  /** Mail from before then was under keys that the person has deleted: ISO 8601; empty if none were. */
  readonly deletedBefore: string;
}

/** A join that the server has refused, as a page shows it. */
export interface RefusedJoin {
  readonly address: string;
  readonly name: string;
  readonly code: ErrorCode;
}

export function summaryOfList(list: StoredList, { joining }: Pick<Stored, "joining">): ListSummary {
  const waits = joining[list.address]?.refused === null;
  return {
    address: list.address,
    name: list.name,
    mode: list.mode,
    delivery: list.delivery,
    profile: list.profile,
    listFingerprint: list.listKeyFingerprint,
    serverFingerprint: list.serverFingerprint,
    owners: list.owners.map(({ userId, fingerprint }) => ({ userId, fingerprint })),
    invitee: list.invitee,
    memberKey: list.memberKey,
    membership: waits ? "joining" : list.membership,
    role: list.role,
    formerKeys: keptKeysOf(list)
      .map(({ graceEnds }) => graceEnds)
      .toSorted(),
    deletedBefore: lastEnd(deletedKeysOf(list)),
  };
}

export function refusedJoins({ joining }: Stored): readonly RefusedJoin[] {
  return Object.entries(joining).flatMap(([address, { name, refused }]) =>
    refused === null ? [] : [{ address, name, code: refused }],
  );
}
