import { type ErrorCode, ListSealError } from "../protocol/errors.js";
import { listOf, object, text } from "./check.js";
import { browser } from "./platform.js";
import { readStored, type Stored, type StoredList, type StoredMemberKey } from "./stored.js";

/**
 * What is kept on this computer, and what is kept only until Thunderbird ends. The background page alone writes it.
 *
 * - `storage.local`: {@link Stored}, one record, replaced whole, so that a crash leaves the old or the new one.
 * - `storage.session` (in memory, no content script can read it): unlocked member keys. It survives the event page.
 */
const UNLOCKED = "unlocked";
const SEEN = "seen";

let queue: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = queue.then(work);
  queue = next.catch(() => undefined);
  return next;
}

/** One record of `storage.local`, replaced whole. */
export interface Kept<R> {
  /** @throws ListSealError `storage-failed` if it can't be read, is damaged, or was written by a newer version */
  load(): Promise<R>;
  /**
   * Changes what is kept. Changes of all records run one after the other: each sees what the one before has written.
   * @param change gives the new state and a result; when it throws, or gives the same state back, nothing is written
   * @throws ListSealError `storage-failed`, or what `change` throws
   */
  update<T>(change: (record: R) => { readonly stored: R; readonly result: T }): Promise<T>;
}

/**
 * A record of its own beside {@link Stored}: for what a backup need not carry, or another part of the add-on owns.
 * @param key  its name in `storage.local`
 * @param read checks what storage gave, `undefined` for a fresh start
 */
export function keptRecord<R>(key: string, read: (value: unknown) => R): Kept<R> {
  const load = async (): Promise<R> => {
    try {
      const found = await browser.storage.local.get(key);
      return read(found[key]);
    } catch (cause) {
      throw new ListSealError("storage-failed", "what ListSeal keeps could not be read", { cause });
    }
  };
  const update = <T>(change: (record: R) => { readonly stored: R; readonly result: T }): Promise<T> =>
    inTurn(async () => {
      const before = await load();
      const { stored, result } = change(before);
      if (stored === before) return result;
      try {
        await browser.storage.local.set({ [key]: stored });
      } catch (cause) {
        throw new ListSealError("storage-failed", "what ListSeal keeps could not be written", { cause });
      }
      return result;
    });
  return { load, update };
}

/** Lists, keys and pins: {@link Stored}. */
export const { load, update }: Kept<Stored> = keptRecord("listseal", readStored);

const unlockedKeys = object<{
  readonly keys: readonly { readonly fingerprint: string; readonly secret: string }[];
}>({
  keys: listOf(
    object<{ readonly fingerprint: string; readonly secret: string }>({ fingerprint: text, secret: text }),
  ),
});

async function unlocked(): Promise<readonly { readonly fingerprint: string; readonly secret: string }[]> {
  const found = await browser.storage.session.get(UNLOCKED);
  return found[UNLOCKED] === undefined ? [] : unlockedKeys({ keys: found[UNLOCKED] }).keys;
}

/** The secret half of a member key, ready to use, in base64; null if it is locked and was not unlocked yet. */
export async function secretOf(key: StoredMemberKey): Promise<string | null> {
  if (!key.locked) return key.secret;
  return (await unlocked()).find(({ fingerprint }) => fingerprint === key.fingerprint)?.secret ?? null;
}

/** Keeps an unlocked secret until Thunderbird ends or {@link lockAll}. */
export async function keepUnlocked(fingerprint: string, secret: string): Promise<void> {
  const others = (await unlocked()).filter((key) => key.fingerprint !== fingerprint);
  await browser.storage.session.set({ [UNLOCKED]: [...others, { fingerprint, secret }] });
}

/** Forgets every unlocked secret. */
export async function lockAll(): Promise<void> {
  await browser.storage.session.remove(UNLOCKED);
}

/** Author and message id of a mail that was opened, with the digest of its key packet. */
export interface SeenPost {
  readonly list: string;
  readonly author: string;
  readonly messageId: string;
  readonly keyPacketDigest: string;
}

const seenRecord = listOf(listOf(text));

/** Enough for years of a busy list, little enough to be read at once (about 1 MB). */
const SEEN_LIMIT = 5_000;

/**
 * Remembers an opened post and says whether the same author's message id was seen before under another key packet:
 * then somebody has sealed old words anew (attack: a member re-posts what another member once wrote).
 */
export function rememberPost(post: SeenPost): Promise<"first" | "again" | "reused"> {
  const { list, author, messageId, keyPacketDigest } = post;
  return inTurn(async () => {
    const found = await browser.storage.local.get(SEEN);
    const seen = found[SEEN] === undefined ? [] : seenRecord(found[SEEN]);
    const known = seen.find(([l, a, m]) => l === list && a === author && m === messageId);
    if (known !== undefined) return known[3] === keyPacketDigest ? "again" : "reused";
    const kept = [...seen, [list, author, messageId, keyPacketDigest]].slice(-SEEN_LIMIT);
    await browser.storage.local.set({ [SEEN]: kept });
    return "first";
  });
}

/** A list as a page shows it: nothing secret. */
export interface ListSummary {
  readonly address: string;
  readonly name: string;
  readonly mode: "whole" | "key";
  readonly delivery: "resealed" | "opened";
  readonly profile: "compatible" | "rfc9580";
  readonly listFingerprint: string;
  readonly serverFingerprint: string;
  readonly owners: readonly { readonly userId: string; readonly fingerprint: string }[];
  readonly invitee: string;
  readonly memberKey: string | null;
  readonly membership: "member" | "joining" | "left";
}

/** A join that the server has refused, as a page shows it. */
export interface RefusedJoin {
  readonly address: string;
  readonly name: string;
  readonly code: ErrorCode;
}

/** A member key as a page shows it: nothing secret. */
export interface MemberKeySummary {
  readonly fingerprint: string;
  readonly address: string;
  readonly userId: string;
  readonly locked: boolean;
  readonly ready: boolean;
  readonly createdAt: string;
  readonly expiresAt: string | null;
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
  };
}

export function refusedJoins({ joining }: Stored): readonly RefusedJoin[] {
  return Object.entries(joining).flatMap(([address, { name, refused }]) =>
    refused === null ? [] : [{ address, name, code: refused }],
  );
}

export async function summaryOfKey(key: StoredMemberKey): Promise<MemberKeySummary> {
  const { fingerprint, address, userId, locked, createdAt, expiresAt } = key;
  const ready = (await secretOf(key)) !== null;
  return { fingerprint, address, userId, locked, ready, createdAt, expiresAt };
}
