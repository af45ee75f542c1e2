import { browser, type Runtime } from "./browser.js";
import { AddonError } from "./errors.js";
import { ourPage } from "./rpc/senders.js";

/**
 * Work that must not overlap with other work of its kind, in whatever page of the add-on that runs. Thunderbird has one
 * background page; in a browser every page does its own work, and two of them may be open on the same records.
 *
 * The lock is the browser's own (Web Locks): it ends with the page that holds it, so that a page that was closed in the
 * middle keeps nobody waiting. It can't be taken twice: work that runs in turn must not ask for another turn of its kind.
 *
 * QUIRK: a frame of ours inside a page of the web has locks of its own in Firefox 153 (they are kept apart by the page around
 * them), and none in Chromium 156 ("SecurityError: The request was denied"), with or without a right to that page. There the
 * background holds the lock for the frame, as long as the frame keeps a port open.
 *
 * Attack: two pages that read a record, change it and write it back at once would lose one change: a pin, a notice's
 * switch to a new list key, or a locking that another page undoes by writing what it had read before.
 */
const turns = [
  /** Records of `storage.local`. */
  "storage",
  /** What waits in `storage.session` for one page to take it. */
  "session",
  /** Unlocked keys in `storage.session`. */
  "unlocked",
  /** Invitation files in `storage.session`. */
  "invitation-files",
  /** The folder for what needs nothing from the person. */
  "service-folder",
  /** Answers, reports and receipts: taken one at a time. */
  "answers",
  /** Posts that are sealed again under another list key: none is sent twice. */
  "sealing-again",
  /** Owners' notices: taken one at a time. */
  "notices",
  /** Receipts that wait for something to go out with: none is sent twice. */
  "held-receipts",
  /** What owners tell their members: one batch after the other. */
  "telling",
  /** The index of opened mails in a browser: each page that opens one writes it. */
  "mail-index",
] as const;
export type LockName = (typeof turns)[number];

/** The lock's name, among those of the add-on's own origin. */
export function lockName(turn: LockName): string {
  return `listseal-${turn}`;
}

/**
 * Runs `work` when everything else of its kind that was asked for before has ended.
 * @throws what `work` throws; in a frame also ListSealError `storage-failed` if the background ended before the turn came
 */
export function withLock<T>(turn: LockName, work: () => Promise<T>): Promise<T> {
  return isFramed() ? inTurnOfBackground(turn, work) : navigator.locks.request(lockName(turn), work);
}

/**
 * Takes a place that one page of ours at a time may have, from whichever has it now.
 * @returns settles when a newer page has taken it over; it may never
 */
export async function takeOver(place: "options"): Promise<void> {
  const untilStolen = () => new Promise<never>(() => undefined);
  try {
    await navigator.locks.request(`listseal-page-${place}`, { steal: true }, untilStolen);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}

/** Whether this is a frame of ours inside a page of the web. */
export function isFramed(): boolean {
  return typeof window !== "undefined" && window.top !== window;
}

/** What the background tells a frame whose turn has come. */
const BEGIN = "begin";

function inTurnOfBackground<T>(turn: LockName, work: () => Promise<T>): Promise<T> {
  const port = browser.runtime.connect({ name: lockName(turn) });
  return new Promise((resolve, reject) => {
    let begun = false;
    port.onMessage.addListener((message: unknown) => {
      if (begun || message !== BEGIN) return;
      begun = true;
      const ended = work().finally(() => port.disconnect());
      ended.then(resolve, reject);
    });
    port.onDisconnect.addListener(() => {
      if (!begun) reject(new AddonError("storage-failed", "the background ended before the turn came"));
    });
  });
}

/**
 * Holds locks for frames. Call it in the background of a browser, while it starts.
 *
 * Attack: a script in a page of the web, or a content script that a page has taken over, that holds a lock for ever. The
 * browser's own word on the sender must be that it is one of our pages.
 */
export function keepTurnsForFrames(): void {
  browser.runtime.onConnect.addListener((port: Runtime.Port) => {
    const turn = turns.find((one) => lockName(one) === port.name);
    if (turn === undefined) return;
    if (ourPage(port.sender) === undefined) {
      port.disconnect();
      return;
    }
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    let gone = false;
    port.onDisconnect.addListener(() => {
      gone = true;
      end();
    });
    void navigator.locks.request(lockName(turn), async () => {
      if (gone) return;
      port.postMessage(BEGIN);
      await ended;
    });
  });
}
