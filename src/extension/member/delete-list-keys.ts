import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { update } from "../records/storage.js";
import { deletedKeysOf, lastEnd, type Stored, type StoredList } from "../records/stored.js";
import { endWorkerWhenIdle } from "../worker/client.js";

/**
 * Former list keys that a person has deleted: whoever takes this computer can't read the mail of their time with what is here, and
 * neither can the person. That they were the list's stays known.
 *
 * Not reached: a backup of before, and the mails that brought the keys, which are sealed to the member key.
 */

/** The list without the former keys that ended then or before. */
function withoutKeys(list: StoredList, until: string): StoredList {
  const formerListKeys = list.formerListKeys.map((key) =>
    key.graceEnds <= until ? { ...key, listKey: null } : key,
  );
  return { ...list, formerListKeys };
}

/** The same everywhere in the record: a join that is waited for keeps the list as it was before. Pure. */
export function withoutListKeys(stored: Stored, address: string, until: string): Stored {
  const list = stored.lists[address];
  if (list === undefined) throw new AddonError("no-such-list", "no such list is here");
  const joining = stored.joining[address];
  const before = joining?.before ?? null;
  return {
    ...stored,
    lists: { ...stored.lists, [address]: withoutKeys(list, until) },
    joining:
      joining === undefined || before === null
        ? stored.joining
        : { ...stored.joining, [address]: { ...joining, before: withoutKeys(before, until) } },
    // the backup that was made has what is to be gone
    backedUpAt: null,
  };
}

/**
 * Deletes the former list keys that ended at a moment or before, for good, and what was indexed of the mail of their time.
 * @param until ISO 8601
 * @throws ListSealError `no-such-list`, `storage-failed`
 */
export async function deleteListKeys(address: string, until: string): Promise<void> {
  const before = await update((stored) => {
    const next = withoutListKeys(stored, address, until);
    const list = next.lists[address];
    return { stored: next, result: list === undefined ? "" : lastEnd(deletedKeysOf(list)) };
  });
  // it has read them
  endWorkerWhenIdle();
  if (before !== "") await host().forgetIndexed(address, before);
  host().renewViews();
}
