import { AddonError } from "../platform/errors.js";
import { load, update } from "../records/storage.js";
import type { Stored, StoredList, StoredMemberKey } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import { secretOf } from "./unlocked.js";

/** Which member key a list uses, and that the list's introduction has certified it. */

/** @throws ListSealError `no-member-key` */
export function keyOf(stored: Stored, fingerprint: string | null): StoredMemberKey {
  const key = fingerprint === null ? undefined : stored.memberKeys[fingerprint];
  if (key === undefined) throw new AddonError("no-member-key", "there is no such key");
  return key;
}

/**
 * Sees to it that the introduction of a list has certified its member key, so that readers can tell who writes. Done
 * when the key is chosen or, if it was locked then, before the first sealing. Afterwards it changes nothing.
 * @param secret the key's unlocked secret, in base64
 */
export async function certified(
  list: StoredList,
  key: StoredMemberKey,
  secret: string,
): Promise<{ readonly list: StoredList; readonly key: StoredMemberKey }> {
  // without its secret an introduction has let its key in already, and an owner has none
  if (list.certified === key.fingerprint || list.introductionSecret === null) return { list, key };
  const { certificate } = await runJob("certify-key", { key, secret, list });
  return update((stored) => {
    const present = stored.lists[list.address];
    if (present === undefined) throw new AddonError("no-such-list", "the list was removed meanwhile");
    const result = {
      list: { ...present, certified: key.fingerprint },
      key: { ...keyOf(stored, key.fingerprint), certificate },
    };
    const lists = { ...stored.lists, [list.address]: result.list };
    const memberKeys = { ...stored.memberKeys, [key.fingerprint]: result.key };
    return { stored: { ...stored, lists, memberKeys }, result };
  });
}

/** {@link certified} for every list that has a key which is unlocked. Failures show when a mail is sealed. */
export async function certifyWaiting(): Promise<void> {
  const { lists } = await load();
  for (const { address } of Object.values(lists)) {
    const stored = await load();
    const list = stored.lists[address];
    const key = list?.memberKey == null ? undefined : stored.memberKeys[list.memberKey];
    if (list === undefined || key === undefined) continue;
    const secret = await secretOf(key);
    if (secret !== null) await certified(list, key, secret);
  }
}
