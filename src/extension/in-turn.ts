/**
 * Work that must not overlap with other work of its kind, in whatever page of the add-on that runs. Thunderbird has one
 * background page; in a browser every page does its own work, and two of them may be open on the same records.
 *
 * The lock is the browser's own (Web Locks): it ends with the page that holds it, so that a page that was closed in the
 * middle keeps nobody waiting. It can't be taken twice: work that runs in turn must not ask for another turn of its kind.
 *
 * Attack: two pages that read a record, change it and write it back at once would lose one change: a pin, a notice's
 * switch to a new list key, or a locking that another page undoes by writing what it had read before.
 */
export type Turn =
  /** Records of `storage.local`. */
  | "storage"
  /** Unlocked keys in `storage.session`. */
  | "unlocked"
  /** Invitation files in `storage.session`. */
  | "invitation-files"
  /** Answers, reports and receipts: taken one at a time. */
  | "answers"
  /** Owners' notices: taken one at a time. */
  | "notices";

/** The lock's name, among those of the add-on's own origin. */
export function lockName(turn: Turn): string {
  return `listseal-${turn}`;
}

/** Runs `work` when everything else of its kind that was asked for before has ended. @throws what `work` throws */
export function inTurn<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
  return navigator.locks.request(lockName(turn), work);
}
