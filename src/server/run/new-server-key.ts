/** Another server key for a list: made by the operator, taken by an owner, and the deletion of the one before. */
import { offerServerKey, type TellingParts } from "../in/requests/new-server-key.js";
import type { DataFolder } from "../kept/data-folder.js";
import {
  certificatePathOf,
  discardServerKey,
  type MadeServerKey,
  makeServerKey,
} from "../kept/server-keys.js";
import type { List, Store } from "../kept/store.js";
import { BadRequest } from "./administration.js";

/**
 * Makes a key and asks the list's owners about it. The list keeps the one that it has until an owner has agreed. Run again,
 * the key of the time before is for nothing.
 *
 * @throws BadRequest if nobody owns the list; KeyFileError
 */
export async function makeNextServerKey(
  parts: TellingParts & { readonly folder: DataFolder },
  list: List,
): Promise<{ readonly key: MadeServerKey; readonly asked: number }> {
  const { folder, store } = parts;
  const owned = (await store.owners(list.id)).length > 0;
  if (!owned) throw new BadRequest(`${list.address} has no owner yet: retire it and create it anew`);
  const key = await makeServerKey(folder, list.address, list.profile);
  for (const before of await store.offerServerKey(list.id, key)) await discard(folder, before);
  return { key, asked: await offerServerKey(parts, list, key.certificate) };
}

/** Deletes the server keys of a list whose time is over: what was sealed to them and captured opens no more. */
export async function deleteOldServerKeys(
  { store, folder, now }: { store: Store; folder: DataFolder; now: () => number },
  list: List,
): Promise<number> {
  const old = await store.forgetServerKeys(list.id, now());
  for (const key of old) await discard(folder, key);
  return old.length;
}

/** Deletes all of them but the list's own: the list is retired. */
export async function deleteAllServerKeys(
  { store, folder }: { store: Store; folder: DataFolder },
  list: List,
): Promise<void> {
  const offered = await store.offeredServerKey(list.id);
  const others = await store.forgetServerKeys(list.id, Number.MAX_SAFE_INTEGER);
  for (const key of [...others, ...(offered === undefined ? [] : [offered])]) await discard(folder, key);
}

const discard = (folder: DataFolder, { file, fingerprint }: { file: string; fingerprint: string }) =>
  discardServerKey(folder, { file, certificatePath: certificatePathOf(folder, fingerprint) });
