import { count, flag, object } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import { AddonError } from "../platform/errors.js";

/**
 * Whether what needs nothing from the person (`service-mail.ts`) goes to a folder of its own. Off unless they turn it on: another
 * computer of theirs looks for it where it arrives.
 */

/** A record of its own: losing it loses nothing but the choice. */
const KEY = "serviceMail";
const VERSION = 1;
const record = object<{ readonly version: number; readonly moves: boolean }>({ version: count, moves: flag });

/** Whether they are moved. A record that can't be read counts as no. */
export async function movesServiceMail(): Promise<boolean> {
  try {
    const { version, moves } = record((await browser.storage.local.get(KEY))[KEY]);
    return version === VERSION && moves;
  } catch {
    return false;
  }
}

/** @throws ListSealError `storage-failed` */
export async function chooseServiceMail(moves: boolean): Promise<void> {
  try {
    await browser.storage.local.set({ [KEY]: { version: VERSION, moves } });
  } catch (cause) {
    throw new AddonError("storage-failed", "the choice could not be written", { cause });
  }
}
