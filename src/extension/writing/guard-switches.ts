import { flag, object } from "../../membership/file/check.js";
import { browser } from "../platform/browser.js";
import type { GuardName, GuardSwitches } from "./guard-names.js";

/**
 * Which guards ask before sending: a record of its own in `storage.local`, `{ "guards": { "bcc": false, ... } }`, apart
 * from lists and keys, so that it can be lost without harm. What is missing, unreadable or unknown asks.
 */
const KEY = "guards";

/** Every guard asks. */
export const allGuards: GuardSwitches = {
  "other-recipients": true,
  bcc: true,
  "missing-attachment": true,
  "clear-to-list": true,
  "almost-list": true,
  "address-book-list": true,
  "sealed-quote": true,
  "other-list-quote": true,
};

const record = object<GuardSwitches>({
  "other-recipients": flag,
  bcc: flag,
  "missing-attachment": flag,
  "clear-to-list": flag,
  "almost-list": flag,
  "address-book-list": flag,
  "sealed-quote": flag,
  "other-list-quote": flag,
});

/** The switches as they stand. Never throws: a record that can't be read must not stop a question. */
export async function loadGuards(): Promise<GuardSwitches> {
  try {
    const found = (await browser.storage.local.get(KEY))[KEY];
    return record({ ...allGuards, ...(typeof found === "object" ? found : null) });
  } catch {
    return allGuards;
  }
}

/** Switches one guard on or off and gives all of them. @throws what the storage throws */
export async function switchGuard(name: GuardName, asks: boolean): Promise<GuardSwitches> {
  const next = { ...(await loadGuards()), [name]: asks };
  await browser.storage.local.set({ [KEY]: next });
  return next;
}
