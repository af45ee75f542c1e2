import { browser } from "../platform/browser.js";

/**
 * Whether lists are owned here, for those who need not know more: most people own none, and the parts of the add-on that
 * look after owned lists are not loaded for them.
 */
export const OWNED_KEY = "listseal-owned";

/** @throws what the storage throws */
export async function ownsLists(): Promise<boolean> {
  return (await browser.storage.local.get(OWNED_KEY))[OWNED_KEY] !== undefined;
}
