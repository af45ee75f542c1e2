import type { Stored, StoredMemberKey } from "../records/stored.js";

/** A new key is used at once by the lists that wait for one for its address. The backup does not have it yet. */
export function withNewKey(stored: Stored, key: StoredMemberKey): Stored {
  const lists = Object.fromEntries(
    Object.entries(stored.lists).map(([address, list]) => [
      address,
      list.memberKey === null && list.invitee === key.address
        ? { ...list, memberKey: key.fingerprint }
        : list,
    ]),
  );
  const memberKeys = { ...stored.memberKeys, [key.fingerprint]: key };
  return { ...stored, lists, memberKeys, backedUpAt: null };
}
