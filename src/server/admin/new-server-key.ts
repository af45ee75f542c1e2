/** Another server key for a list: made by the operator, taken by an owner, and the deletion of the one before. */

import type { DataFolder } from "../base/data-folder.js";
import { codeForLog, type Log } from "../base/log.js";
import { offerServerKey, type ServerKeyNoticeContext, tellServerKey } from "../request/new-server-key.js";
import { type RenewalPlan, renewServerKey } from "../store/key-renewal.js";
import type { Ledger } from "../store/ledger.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { FullStore } from "../store/membership-store.js";
import {
  certificatePathOf,
  discardServerKey,
  type MadeServerKey,
  makeServerKey,
} from "../store/server-keys.js";
import type { List } from "../store/store.js";
import { BadRequest } from "./administration.js";

/**
 * Makes a key and asks the list's owners about it. The list keeps the one that it has until an owner has agreed. Run again,
 * the key offered before is discarded.
 *
 * @throws BadRequest if nobody owns the list; KeyFileError
 */
export async function makeNextServerKey(
  parts: ServerKeyNoticeContext & { readonly folder: DataFolder },
  list: List,
): Promise<{ readonly key: MadeServerKey; readonly asked: number }> {
  const { folder, store } = parts;
  const owned = (await store.owners(list.id)).length > 0;
  if (!owned)
    throw new BadRequest(`${list.address} has no owner to approve the key: name one first (member role)`);
  const key = await makeServerKey(folder, list.address, list.profile);
  for (const before of await store.offerServerKey(list.id, key)) await discard(folder, before);
  return { key, asked: await offerServerKey(parts, list, key.certificate) };
}

/** Deletes the server keys of a list whose time is over: what was sealed to them and captured opens no more. */
export async function deleteOldServerKeys(
  { store, folder, now }: { store: FullStore; folder: DataFolder; now: () => number },
  list: List,
): Promise<number> {
  const old = await store.forgetServerKeys(list.id, now());
  for (const key of old) await discard(folder, key);
  return old.length;
}

/** Deletes all of them but the list's own: the list is retired. */
export async function deleteAllServerKeys(
  { store, folder }: { store: FullStore; folder: DataFolder },
  list: List,
): Promise<void> {
  const offered = await store.offeredServerKey(list.id);
  const others = await store.forgetServerKeys(list.id, Number.MAX_SAFE_INTEGER);
  for (const key of [...others, ...(offered === undefined ? [] : [offered])]) await discard(folder, key);
}

const discard = (folder: DataFolder, { file, fingerprint }: { file: string; fingerprint: string }) =>
  discardServerKey(folder, { file, certificatePath: certificatePathOf(folder, fingerprint) });

/** The scheduled renewal of server keys, and the word of it to members. */

/** What renewing works on. */
export interface RenewalContext {
  readonly folder: DataFolder;
  readonly store: FullStore;
  readonly ledger: Ledger;
  readonly lists: ListsInUse;
  readonly log: Log;
  readonly now: () => number;
}

/** Renews the server keys that are due, and tells the members. One that can't be renewed keeps no other from it. */
export async function renewAll(parts: RenewalContext, plan: RenewalPlan): Promise<void> {
  const { folder, store, ledger, log, now } = parts;
  for (const list of await store.lists()) {
    if ((await ledger.settings(list.id)).retired !== undefined) continue;
    try {
      const { added, deleted } = await renewServerKey(folder, ledger, list, plan, new Date(now()));
      if (added) {
        log.warn("server-key-renewed", { list: list.address });
        await tellServerKey(parts, list.id);
      }
      if (deleted > 0) log.warn("old-server-key-deleted", { list: list.address });
    } catch (error) {
      log.error("server-key-renewal-failed", { list: list.address, code: codeForLog(error) });
    }
  }
}
