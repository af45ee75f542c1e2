import { whenLocked, whenUnlocked } from "../../keys/unlocked.js";
import { browser } from "../../platform/browser.js";
import { type MailFolder, type MessageList, thunderbird } from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import { prepareWorker } from "../../worker/client.js";
import { tellOfArrivals, watchNotifications } from "./arrival-notifications.js";
import { showUnread } from "./space-button.js";

/**
 * Has the mail index follow Thunderbird. Its parts are loaded when something happens that is about it: the event page starts for
 * much else.
 */

const loadEvents = () => import("../../mail-index/folder-events.js");
const loadIndexes = () => import("../../mail-index/open-indexes.js");
const loadSync = () => import("../../mail-index/sync.js");
const loadCopies = () => import("./older-copies.js");

let following: Promise<void> | undefined;

/** Connects the parts of the index with each other, once. */
function connected(): Promise<void> {
  following ??= (async () => {
    const [{ whenIndexDamaged }, { rebuild, whenIndexChanges }] = await Promise.all([
      loadIndexes(),
      loadSync(),
    ]);
    whenIndexDamaged(rebuild);
    whenIndexChanges(() => settled(countUnread()));
  })();
  return following;
}

async function countUnread(): Promise<void> {
  const { openIndexes, syncProgress } = await loadSync();
  if (syncProgress().kind === "locked") return showUnread(null);
  const indexes = [...(await openIndexes()).values()];
  await showUnread(indexes.reduce((sum, { unread }) => sum + unread, 0));
}

/** Brings the index to where the folders are, if there is to be one. */
export async function followIndex(): Promise<void> {
  await connected();
  await (await loadSync()).catchUp();
}

/** Our page of lists was opened: from now on there is an index, unless the person has stopped it. */
export async function beginIndex(): Promise<void> {
  // it loads OpenPGP meanwhile, which the key of each index needs
  prepareWorker();
  await connected();
  await (await loadSync()).beginSyncUnlessPaused();
}

/** Takes the indexes of lists away that are not here any more. */
export async function forgetStrayIndexes(lists: readonly string[]): Promise<void> {
  await (await loadIndexes()).removeStrayIndexes(lists);
  if (following !== undefined) await countUnread();
}

/** Has a list's index built again from what still opens: as it is, it has the words of mail whose keys were deleted. */
export async function forgetIndexed(list: string): Promise<void> {
  await connected();
  const lists = Object.keys((await load()).lists);
  await forgetStrayIndexes(lists.filter((one) => one !== list));
  (await loadSync()).rebuild();
}

async function lock(): Promise<void> {
  await showUnread(null);
  // what was never loaded has nothing in memory
  if (following === undefined) return;
  const [{ forgetIndexes }, { catchUp, interrupt }] = await Promise.all([loadIndexes(), loadSync()]);
  forgetIndexes();
  interrupt();
  await catchUp();
}

/** What goes wrong here is found with the next start, or by the weekly comparison. */
function settled(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.warn("ListSeal:", error instanceof Error ? error.name : "failure"));
}

/** Registers everything. Call it while the background page starts, before anything is awaited. */
export function watchIndex(): void {
  const { messages } = thunderbird();
  const take = (work: (events: Awaited<ReturnType<typeof loadEvents>>) => Promise<void>) =>
    settled(connected().then(loadEvents).then(work));
  messages.onNewMailReceived.addListener((folder: MailFolder, list: MessageList) => {
    take(({ takeNewMail }) => takeNewMail(folder, list, (mails) => void tellOfArrivals(mails)));
  }, true);
  messages.onMoved.addListener((before, after) => take(({ takeMoved }) => takeMoved(before, after)));
  messages.onCopied.addListener((_, copies) => take(({ takeCopied }) => takeCopied(copies)));
  messages.onDeleted.addListener((gone) => take(({ takeDeleted }) => takeDeleted(gone)));
  messages.onUpdated.addListener((header, { read }) => {
    if (read === undefined) return;
    take(({ takeRead }) => takeRead(header, read));
    settled(loadCopies().then(({ followMark }) => followMark(header, read)));
  });
  watchNotifications();
  whenLocked(() => settled(lock()));
  const begin = () => {
    settled(followIndex());
    settled(loadCopies().then(({ goOnCopying }) => goOnCopying()));
  };
  whenUnlocked(begin);
  browser.runtime.onStartup.addListener(begin);
}
