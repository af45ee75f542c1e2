import { browser } from "../platform/browser.js";
import { AddonError, codeOf, type ErrorCode } from "../platform/errors.js";
import { awake } from "../platform/keep-awake.js";
import type { MessageHeader } from "../platform/thunderbird.js";
import { secretsOf } from "../reading/opening.js";
import { load } from "../records/storage.js";
import { walkFolder } from "./folder-walk.js";
import { keyOfMail, type MailToIndex } from "./indexed-mail.js";
import { listedFolders, maybeListMail } from "./listed-folders.js";
import { mailForIndex, openersNow } from "./mail-for-index.js";
import type { MailIndex } from "./mail-index.js";
import { indexesNow, openIndexes } from "./open-indexes.js";
import { changeSync, markBuilt, markUnbuilt, syncState } from "./sync-record.js";

/**
 * Has the index follow Thunderbird's folders. The first time, each folder is gone through from end to end and its list mails are
 * opened, the newest first; whatever ends it in the middle, the next start goes on where it was, since what is in the index is not
 * opened again. Later, Thunderbird's events say what has changed (`folder-events.ts`), each start looks at what has come since the
 * last one, and once a week everything is compared.
 */

export { indexesNow, type OpenedIndexes, openIndexes } from "./open-indexes.js";

/** What the index is doing, for a page that shows it. */
export type SyncProgress =
  /** Everything is in the index, as far as is known. */
  | { readonly kind: "idle" }
  /** `total` null while folders are still gone through. */
  | { readonly kind: "building"; readonly done: number; readonly total: number | null }
  /** Nothing can be opened until a key is unlocked. */
  | { readonly kind: "locked" }
  | { readonly kind: "paused" }
  | { readonly kind: "failed"; readonly code: ErrorCode };

/**
 * Mails that are opened between two writings: what is lost at most when the program ends. Each writing seals a whole block anew,
 * and has the page of lists draw what it shows.
 */
const BATCH_MAILS = 50;
/** Mails that are opened at one time: while one is fetched, or its signatures wait for another thread, the next is opened. */
const OPENED_AT_ONCE = 4;

const DAY_MS = 86_400_000;
/** Mail may be this much older, by its date, than its arrival. */
const LATE_MS = 14 * DAY_MS;
/** Everything is compared this often: what was missed while a key was locked is found then at the latest. */
const RECONCILE_MS = 7 * DAY_MS;

let progress: SyncProgress = { kind: "idle" };
let running: Promise<void> | undefined;
let again = false;
let stop = new AbortController();
const listeners: (() => void)[] = [];

/** What the index is doing. */
export const syncProgress = (): SyncProgress => progress;

/** Has `heard` called whenever the index or its progress has changed. */
export function whenIndexChanges(heard: () => void): void {
  listeners.push(heard);
}

/** Tells that the index or its progress has changed. */
export function tellIndexChanged(): void {
  for (const heard of listeners) heard();
}

function report(next: SyncProgress): void {
  progress = next;
  tellIndexChanged();
}

/**
 * Brings the index to where the folders are, if the person wants one. What asks while it runs has it run once more. Never
 * rejects: {@link syncProgress} says what came of it.
 */
export function catchUp(): Promise<void> {
  if (running !== undefined) {
    again = true;
    return running;
  }
  running = awake(async () => {
    do {
      again = false;
      await oneRun();
    } while (again);
  }).finally(() => {
    running = undefined;
  });
  return running;
}

async function oneRun(): Promise<void> {
  const { signal } = stop;
  try {
    const state = await syncState();
    if (state.wish === "paused") return report({ kind: "paused" });
    if (state.wish === "off") return;
    await followFolders(signal);
    report({ kind: "idle" });
  } catch (error) {
    const code = codeOf(error, "worker-failed");
    if (code === "key-locked") report({ kind: "locked" });
    else if (code === "cancelled")
      report({ kind: (await syncState()).wish === "paused" ? "paused" : "idle" });
    else report({ kind: "failed", code });
  }
}

/** The person has opened our page of lists, or goes on after {@link pauseSync}. @throws ListSealError what storage throws */
export async function beginSync(): Promise<void> {
  await changeSync((state) => (state.wish === "on" ? state : { ...state, wish: "on" }));
  void catchUp();
}

/** So long our page draws what is in the index already: while Thunderbird goes through a folder, no window answers. */
const DRAWN_FIRST_MS = 2_000;

/**
 * Opening our page begins the index, unless the person has stopped it, and has it follow the folders if it is behind.
 * @returns whether folders are gone through now
 * @throws ListSealError what storage throws
 */
export async function beginSyncUnlessPaused(): Promise<boolean> {
  const { wish, folders } = await syncState();
  if (wish === "paused") {
    report({ kind: "paused" });
    return false;
  }
  if (wish === "off" || Object.keys(folders).length === 0) {
    await beginSync();
    return true;
  }
  try {
    await secretsOf(await load());
  } catch (error) {
    if (codeOf(error, "worker-failed") !== "key-locked") throw error;
    report({ kind: "locked" });
    return false;
  }
  if (!(await isBehind())) return false;
  const drawn = () => new Promise((resolve) => setTimeout(resolve, DRAWN_FIRST_MS));
  void awake(() => drawn().then(() => running ?? catchUp()));
  return true;
}

/** Whether there is anything that events have not told since the last time that the folders were followed. */
async function isBehind(): Promise<boolean> {
  const [{ folders: known, reconciledAt }, folders] = await Promise.all([syncState(), listedFolders()]);
  return (
    !(await wasFollowed()) ||
    isReconcileDue(reconciledAt) ||
    folders.some(({ id }) => known[id]?.state !== "built")
  );
}

const isReconcileDue = (reconciledAt: string | null) =>
  reconciledAt === null || Date.now() - Date.parse(reconciledAt) >= RECONCILE_MS;

/**
 * In `storage.session`, which is empty when Thunderbird starts: since then Thunderbird was asked once what came before, and its
 * events tell the rest, also when the event page sleeps.
 */
const FOLLOWED = "mailIndexFollowed";
const wasFollowed = async (): Promise<boolean> =>
  (await browser.storage.session.get(FOLLOWED))[FOLLOWED] === true;

/** The person stops it: what is in the index stays. @throws ListSealError what storage throws */
export async function pauseSync(): Promise<void> {
  await changeSync((state) => ({ ...state, wish: "paused" }));
  interrupt();
  if (running === undefined) report({ kind: "paused" });
}

/** Stops what runs, as locking does. */
export function interrupt(): void {
  stop.abort();
  stop = new AbortController();
}

interface Found {
  readonly header: MessageHeader;
  readonly folder: string;
}

async function followFolders(signal: AbortSignal): Promise<void> {
  const stored = await load();
  if (Object.keys(stored.lists).length === 0) return;
  await secretsOf(stored);
  const { indexes, locked } = await indexesNow();
  const lists = [...indexes.keys()];
  const began = new Date().toISOString();
  const folders = await listedFolders();
  await forgetFolders(
    indexes,
    folders.map(({ id }) => id),
  );
  // an index that was just made, or was damaged, has marked the folders
  const before = await syncState();
  const { folders: known } = before;
  const { reconciledAt } = before;
  const isDue = isReconcileDue(reconciledAt);
  const isWhole = (id: string) => isDue || known[id]?.state !== "built";
  const isFirst = folders.some(({ id }) => known[id]?.state !== "built");
  if (isFirst) report({ kind: "building", done: 0, total: null });

  const missing: Found[] = [];
  for (const { id } of folders) {
    const cursor = known[id]?.cursor ?? null;
    const since = isWhole(id) || cursor === null ? null : new Date(Date.parse(cursor) - LATE_MS);
    missing.push(...(await compareFolder(id, since, lists, indexes, signal)));
  }
  missing.sort((one, other) => other.header.date.getTime() - one.header.date.getTime());
  await addAll(missing, indexes, isFirst || missing.length > BATCH_MAILS, signal);
  const reconciled = isDue || isFirst;
  await markBuilt(
    folders.map(({ id }) => id),
    before,
    { began, reconciled },
  );
  await browser.storage.session.set({ [FOLLOWED]: true });
  // mails of a list whose key is locked were passed over: all is gone through again once it is unlocked
  if (locked.length > 0) await markUnbuilt("all");
}

/** Takes the mails of folders away that are gone, or were renamed. */
async function forgetFolders(indexes: ReadonlyMap<string, MailIndex>, ids: readonly string[]): Promise<void> {
  const there = new Set(ids);
  for (const index of indexes.values()) {
    const gone = index.mails.filter(({ folder }) => !there.has(folder)).map(keyOfMail);
    if (gone.length > 0) await index.remove(gone);
  }
}

/**
 * Compares a folder with the index: what is read by now, and, if all of it is gone through, what is gone.
 * @returns what may be a list's and is not in the index
 */
async function compareFolder(
  folder: string,
  since: Date | null,
  lists: readonly string[],
  indexes: ReadonlyMap<string, MailIndex>,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const missing: Found[] = [];
  const seen = new Set<string>();
  const unread = new Map<string, boolean>();
  // as it is now: what comes while the folder is gone through is not gone
  const before = [...indexes.values()].map((index) => ({
    index,
    mails: index.mails.filter((mail) => mail.folder === folder),
  }));
  for await (const page of walkFolder(folder, since, signal)) {
    for (const header of page) {
      if (!maybeListMail(header, lists)) continue;
      const name = keyOfMail({ folder, id: header.headerMessageId });
      seen.add(name);
      unread.set(name, header.read !== true);
      if (![...indexes.values()].some((index) => index.has(name))) missing.push({ header, folder });
    }
  }
  for (const { index, mails: here } of before) {
    const changed = here.filter((mail) => (unread.get(keyOfMail(mail)) ?? mail.unread) !== mail.unread);
    if (changed.length > 0)
      await index.change(changed.map(keyOfMail), (mail) => ({ ...mail, unread: !mail.unread }));
    const gone = since === null ? here.map(keyOfMail).filter((name) => !seen.has(name)) : [];
    if (gone.length > 0) await index.remove(gone);
    if (changed.length + gone.length > 0) tellIndexChanged();
  }
  return missing;
}

/** Opens mails and adds them, a few at a time. */
async function addAll(
  missing: readonly Found[],
  indexes: ReadonlyMap<string, MailIndex>,
  isShown: boolean,
  signal: AbortSignal,
): Promise<void> {
  const total = missing.length;
  const openFrom = (at: number) => {
    const opening = openAll(missing.slice(at, at + BATCH_MAILS), signal);
    // why it failed is told when it is waited for, if it still is
    opening.catch(() => undefined);
    return opening;
  };
  let next = openFrom(0);
  for (let done = 0; done < total; done += BATCH_MAILS) {
    if (isShown) report({ kind: "building", done, total });
    const batch = await next;
    // the next ones are opened while these are written
    next = openFrom(done + BATCH_MAILS);
    await addMails(batch, indexes);
    // otherwise the next report tells it, too
    if (!isShown) tellIndexChanged();
    if (signal.aborted) throw new AddonError("cancelled", "the index was left in the middle");
  }
}

/** Opens mails, a few at one time; once it is aborted, no further one. */
async function openAll(wanted: readonly Found[], signal: AbortSignal): Promise<readonly MailToIndex[]> {
  if (wanted.length === 0) return [];
  const opened: (MailToIndex | null)[] = [];
  const openers = await openersNow();
  const waiting = wanted.entries();
  const openNext = async () => {
    // all of them take from the same mails
    for (const [at, { header, folder }] of waiting) {
      if (signal.aborted) return;
      opened[at] = await mailForIndex(header, folder, openers);
    }
  };
  await Promise.all(Array.from({ length: OPENED_AT_ONCE }, openNext));
  return opened.flatMap((mail) => mail ?? []);
}

/** Adds opened mails to the indexes of their lists. */
async function addMails(
  batch: readonly MailToIndex[],
  indexes: ReadonlyMap<string, MailIndex>,
): Promise<void> {
  for (const [list, index] of indexes) {
    const its = batch.filter(({ mail }) => mail.list === list);
    if (its.length > 0) await index.put(its);
  }
}

/**
 * Adds mails of a folder that have just come there.
 * @returns those that are a list's
 * @throws ListSealError `key-locked`, and what opening and storing throw
 */
export async function addArrived(
  headers: readonly MessageHeader[],
  folder: string,
): Promise<readonly MailToIndex[]> {
  const lists = Object.keys((await load()).lists);
  const wanted = headers.filter((header) => maybeListMail(header, lists));
  if (wanted.length === 0) return [];
  const indexes = await openIndexes();
  const added = await openAll(
    wanted.map((header) => ({ header, folder })),
    new AbortController().signal,
  );
  await addMails(added, indexes);
  if (added.length > 0) tellIndexChanged();
  return added;
}

/** An index turned out to be damaged, or was made again: what was gone through before is gone through again. */
export function rebuild(): void {
  void syncState()
    .then(async ({ folders }) => {
      if (Object.keys(folders).length === 0) return;
      await markUnbuilt("all");
      await catchUp();
    })
    .catch(() => undefined);
}
