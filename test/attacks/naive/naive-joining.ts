/** What an add-on would keep that believes a second invitation about a list that it has. */
import type { StoredList } from "../../../src/extension/records/stored.js";

/**
 * The list as a join by `invited` leaves it: the list key must be a known one and the server the same, and the rest is the
 * file's word.
 */
export function joinedByAnyFile(known: StoredList, invited: StoredList, memberKey: string): StoredList {
  const keys = [known.listKeyFingerprint, ...known.formerListKeys.map(({ fingerprint }) => fingerprint)];
  if (!keys.includes(invited.listKeyFingerprint) || known.serverFingerprint !== invited.serverFingerprint) {
    throw new Error("another list");
  }
  return { ...invited, memberKey, serials: known.serials };
}
