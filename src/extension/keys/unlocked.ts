import { type Checked, count, listOf, object, text } from "../../membership/file/check.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { browser } from "../platform/browser.js";
import { withLock } from "../platform/locks.js";
import { session } from "../platform/session.js";
import { load } from "../records/storage.js";
import type { Stored, StoredMemberKey } from "../records/stored.js";
import { lockAfter, lockAfterMs } from "./lock-after.js";

/**
 * Unlocked member keys: in `storage.session` (memory; no content script can read it; gone when the program ends), so that
 * they outlive the page that unlocked them. They lock by themselves after the chosen time without use.
 *
 * The time is checked whenever a key is wanted, when the event page starts, and by a timer while a page that used them is awake. A permission
 * for alarms would buy this much: memory wiped on the minute while nobody touches Thunderbird and no mail comes.
 */
const UNLOCKED = "unlocked";

const record = object<{
  readonly keys: readonly { readonly fingerprint: string; readonly secret: string }[];
  /** When a key was last used, by this computer's clock. */
  readonly usedAt: number;
}>({
  keys: listOf(
    object<{ readonly fingerprint: string; readonly secret: string }>({ fingerprint: text, secret: text }),
  ),
  usedAt: count,
});
type Unlocked = Checked<typeof record>;

const listeners: (() => void)[] = [];

/** Has `forget` called after each locking: it wipes what its part of the add-on keeps of opened mail and keys in memory. */
export function whenLocked(forget: () => void): void {
  listeners.push(forget);
}

const openers: (() => void)[] = [];

/** Has `open` called after a key was unlocked: what was met locked opens. */
export function whenUnlocked(open: () => void): void {
  openers.push(open);
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Forgets every unlocked secret, and has everything forgotten that was opened with one. */
export function lockAll(): Promise<void> {
  return withLock("unlocked", lockNow);
}

async function lockNow(): Promise<void> {
  clearTimeout(timer);
  await session().remove(UNLOCKED);
  forgetOpened();
}

function forgetOpened(): void {
  for (const forget of listeners) forget();
}

/**
 * Has this page forget what it has opened when another one locks, and open what is locked when another one unlocks. For the pages of a browser, each of which opens mail by
 * itself; in Thunderbird the background page alone does, and a listener here would wake it for nothing.
 */
export function followLocking(): void {
  browser.storage.onChanged.addListener((changes, area) => {
    const change = area === "session" ? changes[UNLOCKED] : undefined;
    if (change === undefined) return;
    if (change.newValue === undefined) forgetOpened();
    else if (howMany(change.newValue) > howMany(change.oldValue)) for (const open of openers) open();
  });
}

/** How many keys a record of unlocked ones has: it is written with each use of one, too. */
const howMany = (kept: unknown): number =>
  typeof kept === "object" && kept !== null && "keys" in kept && Array.isArray(kept.keys)
    ? kept.keys.length
    : 0;

/** What is unlocked; locks first if the time is over. A clock that was set back counts as over: nobody can say how long. */
async function unlocked(): Promise<Unlocked | null> {
  const found = await session().get(UNLOCKED);
  if (found === undefined) return null;
  const kept = record(found);
  const limit = lockAfterMs(await lockAfter());
  if (limit === null) return kept;
  const idle = Date.now() - kept.usedAt;
  if (idle < 0 || idle >= limit) {
    await lockNow();
    return null;
  }
  clearTimeout(timer);
  timer = setTimeout(() => void lockIfDue().catch(() => undefined), limit - idle);
  return kept;
}

/** Locks if the time is over. Call it when the event page starts, and when the choice of the time has changed. */
export async function lockIfDue(): Promise<void> {
  await withLock("unlocked", unlocked);
}

/**
 * Locks if the time is over; otherwise says in how many milliseconds it will be, if nothing is read or written until then.
 * @returns null if nothing is unlocked that could lock by itself
 */
export function lockDue(): Promise<number | null> {
  return withLock("unlocked", async () => {
    const kept = await unlocked();
    const limit = lockAfterMs(await lockAfter());
    return kept === null || limit === null ? null : Math.max(0, limit - (Date.now() - kept.usedAt));
  });
}

/** A person reads or writes sealed mail: the time starts over, unless it was over already, which locks. */
export function noteUse(): Promise<void> {
  return withLock("unlocked", async () => {
    const kept = await unlocked();
    if (kept !== null) await session().set(UNLOCKED, { ...kept, usedAt: Date.now() });
  });
}

/** The secret half of a member key, ready to use, in base64; null if it is locked. No use by a person: see {@link noteUse}. */
export async function secretOf(key: StoredMemberKey): Promise<string | null> {
  if (!key.locked) return key.secret;
  const kept = await withLock("unlocked", unlocked);
  return kept?.keys.find(({ fingerprint }) => fingerprint === key.fingerprint)?.secret ?? null;
}

/** {@link secretOf} for who can't go on without it. @throws ListSealError `key-locked` */
export async function needSecretOf(key: StoredMemberKey): Promise<string> {
  const secret = await secretOf(key);
  if (secret === null) throw new ProtocolError("key-locked", "the key that is needed is locked");
  return secret;
}

/** Keeps an unlocked secret until the time is over, the program ends, or {@link lockAll}. */
export function keepUnlocked(fingerprint: string, secret: string): Promise<void> {
  return withLock("unlocked", async () => {
    const others = (await unlocked())?.keys.filter((key) => key.fingerprint !== fingerprint) ?? [];
    await session().set(UNLOCKED, { keys: [...others, { fingerprint, secret }], usedAt: Date.now() });
    await unlocked();
  }).then(() => {
    for (const open of openers) open();
  });
}

/** The secret halves of those member keys that are not locked now. */
export async function openSecretsOf({ memberKeys }: Pick<Stored, "memberKeys">): Promise<readonly string[]> {
  const secrets = await Promise.all(Object.values(memberKeys).map(secretOf));
  return secrets.filter((secret) => secret !== null);
}

/** The keys that what comes may be sealed to; locked ones are left out. @throws ListSealError `key-locked` if there is no other */
export async function needOpenSecrets(): Promise<readonly string[]> {
  const secrets = await openSecretsOf(await load());
  if (secrets.length === 0) throw new ProtocolError("key-locked", "no unlocked key to open it with");
  return secrets;
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
  readonly revokedAt: string | null;
}

/** What a page is shown of a member key; `ready`: it needs no passphrase now. @throws what the storage throws */
export async function summaryOfKey(key: StoredMemberKey): Promise<MemberKeySummary> {
  const { fingerprint, address, userId, locked, createdAt, expiresAt, revokedAt } = key;
  const ready = (await secretOf(key)) !== null;
  return { fingerprint, address, userId, locked, ready, createdAt, expiresAt, revokedAt };
}
