import { AddonError } from "../platform/errors.js";
import { OWNED_KEY } from "./has-owned-lists.js";
import { type OwnedList, readOwned } from "./owned-list.js";
import { recordInBlocks } from "./record-in-blocks.js";
import { load } from "./storage.js";
import type { Stored } from "./stored.js";

/** Where the owned lists are kept: a record of their own beside the add-on's, with the tables of large lists in blocks. */
export const ownedRecord = recordInBlocks(OWNED_KEY, readOwned);

/**
 * An owned list, with its server's certificate of today: the newest comes with each answer, to the list as a member has it.
 * @throws ListSealError `no-such-list` if it is not owned here
 */
export async function loadOwned(address: string): Promise<OwnedList> {
  const list = (await ownedRecord.load()).lists[address];
  if (list === undefined) throw new AddonError("no-such-list", "the list is not owned here");
  return withNewestServer(list, await load());
}

/** The list with the certificate of the same server key that the member's record has. */
export function withNewestServer(list: OwnedList, { lists }: Stored): OwnedList {
  const known = lists[list.address];
  return known?.serverFingerprint === list.serverFingerprint
    ? { ...list, serverCertificate: known.serverCertificate }
    : list;
}

/**
 * Changes one owned list, if it is still here, and gives it.
 * @throws ListSealError `no-such-list`, `storage-failed`
 */
export function changeOwned(address: string, change: (list: OwnedList) => OwnedList): Promise<OwnedList> {
  return ownedRecord.update((owned) => {
    const before = owned.lists[address];
    if (before === undefined) throw new AddonError("no-such-list", "the list is not owned here");
    const result = change(before);
    return {
      stored: result === before ? owned : { ...owned, lists: { ...owned.lists, [address]: result } },
      result,
    };
  });
}
