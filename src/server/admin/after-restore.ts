/**
 * A database from a backup lacks what was done since. Two deeds hold all the same, since this machine knows of them
 * without the database (rollback-guard.ts): a list that was retired stays retired, and a server key that was replaced, because it
 * was suspect, stays replaced. Also on several machines with one database: an owner's word that came to one of them counts for all.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseSealingKey, writeSealingKey } from "../../openpgp/keys.js";
import type { DataFolder } from "../base/data-folder.js";
import { codeForLog, type Log } from "../base/log.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import type { Heads } from "../store/rollback-guard.js";
import { certificatePathOf } from "../store/server-keys.js";
import type { List, Store } from "../store/store.js";

export interface AfterRestoreContext {
  readonly store: Store;
  readonly heads: Heads;
  readonly folder: DataFolder;
  readonly log: Log;
}

/**
 * Brings every list of the store up to what this machine knows of it. Done every minute: lists of which it knows nothing out of the
 * ordinary are not asked for.
 */
export async function putBack(parts: AfterRestoreContext): Promise<void> {
  for (const address of await parts.heads.unusual()) {
    const list = await parts.store.listByAddress(address);
    if (list === undefined) continue;
    try {
      await retireAgain(parts, list);
      await takeResume(parts, list);
      await putServerKeyBack(parts, list);
    } catch (error) {
      // one list's trouble is not the others'
      parts.log.error("list-recovery-failed", { list: list.address, code: codeForLog(error) });
    }
  }
}

async function retireAgain({ store, heads, log }: AfterRestoreContext, list: List): Promise<void> {
  if (!(await heads.isRetired(list.address))) return;
  const settings = await store.listSettings(list.id);
  if (settings.retired !== undefined) return;
  await store.setListSettings(list.id, { ...settings, retired: Date.now() });
  log.warn("list-retired-again", { list: list.address });
}

/** The owner's word came to another machine, or this one stopped between taking and noting it. */
async function takeResume({ store, heads, log }: AfterRestoreContext, list: List): Promise<void> {
  const since = await heads.pausedSince(list.address);
  const word = since === undefined ? undefined : await store.refusedBefore(list.id);
  // dates in requests are whole seconds
  if (since === undefined || word === undefined || word < Math.floor(since / 1000) * 1000) return;
  await heads.resume(store, list);
  log.info("list-resumed", { list: list.address });
}

async function putServerKeyBack(
  { store, heads, folder, log }: AfterRestoreContext,
  list: List,
): Promise<void> {
  const known = await heads.serverKeyOf(list.address);
  const isPaused = (await heads.pausedSince(list.address)) !== undefined;
  if (!isPaused || known === undefined || known.fingerprint === list.serverFingerprint) return;
  const path = certificatePathOf(folder, known.fingerprint);
  if (!existsSync(path) || !existsSync(join(folder.keys, known.file))) {
    return log.error("server-key-missing", { list: list.address });
  }
  const certificate = await parseSealingKey("server", await readFile(path, "utf8"));
  await store.putServerKeyBack(list.id, { ...known, certificate: writeSealingKey(certificate) });
  log.warn("server-key-restored", { list: list.address });
}

/**
 * Reads the server key of every list that takes posts, so that a missing one is found when the server starts and not with
 * the first mail. One list's trouble is not the others': it is logged, and mail for that list waits with its senders.
 *
 * @throws KeyFileError, ListSealError if none of them can be read: the passphrase or the folder is wrong
 */
export async function checkKeys({
  store,
  heads,
  lists,
  log,
}: Omit<AfterRestoreContext, "folder"> & { readonly lists: ListsInUse }): Promise<void> {
  const paused = await heads.paused();
  const failures: unknown[] = [];
  let good = 0;
  for (const list of await store.lists()) {
    if ((await store.listSettings(list.id)).retired !== undefined || paused.has(list.address)) continue;
    try {
      await lists.serverKey(list);
      good++;
    } catch (error) {
      failures.push(error);
      log.error("server-key-unusable", { list: list.address, code: codeForLog(error) });
    }
  }
  if (failures.length > 0 && good === 0) throw failures[0];
}
