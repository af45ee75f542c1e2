/** A list key that comes with a request. */
import type { RefusalCode } from "../../membership/file/errors.js";
import { allFingerprints, userIdOf } from "../../openpgp/keys.js";
import { listKeyKindOf, readListName } from "../../openpgp/list-keys.js";
import { profileOf } from "../../openpgp/secrets.js";
import { newListKeyRow } from "../store/list-key-material.js";
import { type Conflict, type NewListKeyRow, SecretConflict } from "../store/store.js";
import type { RequestContext } from "./request-context.js";

/**
 * The key, if it fits the list: of the kind that the list has, if it has one; a pair made for its address, of its profile, and
 * not the server's own key, which would let the server read. Else the code of the refusal.
 *
 * @param name as `writeListName` gives it
 * @throws ListSealError for a key that can't be read or used
 */
export async function listKeyFor(
  { list, server, now }: RequestContext,
  name: Uint8Array,
): Promise<NewListKeyRow | RefusalCode> {
  const today = list.listKeyFingerprint;
  const kindToday = today === undefined ? undefined : listKeyKindOf(today);
  const key = await readListName(name, list.profile, now);
  if (kindToday !== undefined && listKeyKindOf(key.fingerprint) !== kindToday) return "wrong-list";
  if (!("certificate" in key)) return newListKeyRow(key);
  if (!userIdOf(key).endsWith(`<${list.address}>`) || profileOf(key) !== list.profile) return "wrong-list";
  const own = allFingerprints(server.secret);
  if (allFingerprints(key.certificate).some((one) => own.includes(one))) return "wrong-role";
  return newListKeyRow(key);
}

/** How a key that the store didn't take is refused. */
export const conflictCode = (conflict: Conflict): RefusalCode =>
  conflict instanceof SecretConflict ? "secret-needs-members" : "list-conflict";
