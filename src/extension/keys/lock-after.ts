import { oneOf } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";

/**
 * When unlocked keys lock by themselves: a record of its own in `storage.local`, apart from lists and keys, so that it can
 * be lost without harm.
 */
const KEY = "lockAfter";

/** Minutes without reading or writing sealed mail, or only when Thunderbird ends. */
export const lockAfterChoices = ["5", "15", "60", "exit"] as const;
export type LockAfter = (typeof lockAfterChoices)[number];

/**
 * An hour: the passphrase is asked for after a meal, not in the middle of work. One that is asked for too often gets taken
 * off, and then a stolen disk is readable. Whoever can use the open Thunderbird reads the rest of the mail anyway.
 */
export const DEFAULT_LOCK_AFTER: LockAfter = "60";

const choice = oneOf(...lockAfterChoices);

/** What was chosen. Never throws: a record that can't be read counts as the default. */
export async function lockAfter(): Promise<LockAfter> {
  try {
    return choice((await browser.storage.local.get(KEY))[KEY]);
  } catch {
    return DEFAULT_LOCK_AFTER;
  }
}

/** @throws what the storage throws */
export async function chooseLockAfter(after: LockAfter): Promise<void> {
  await browser.storage.local.set({ [KEY]: after });
}

/** In milliseconds; null for never before Thunderbird ends. */
export function lockAfterMs(after: LockAfter): number | null {
  return after === "exit" ? null : Number(after) * 60_000;
}
