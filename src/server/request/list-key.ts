/** A list key that comes with a request. */
import type { RefusalCode } from "../../membership/file/errors.js";
import { allFingerprints, readSealingKey, userIdOf, writeSealingKey } from "../../openpgp/keys.js";
import { profileOf } from "../../openpgp/secrets.js";
import { listKeyMaterial } from "../store/list-key-material.js";
import type { NewListKeyRow } from "../store/store.js";
import type { RequestContext } from "./request-context.js";

/**
 * The key, if it fits the list: made for its address, of its profile, and not the server's own key, which would let the
 * server read. Else the code of the refusal.
 *
 * @throws ListSealError for a key that can't be read or used
 */
export async function listKeyFor(
  { list, server, now }: RequestContext,
  certificate: Uint8Array,
): Promise<NewListKeyRow | RefusalCode> {
  const key = await readSealingKey("list", certificate, now);
  if (!userIdOf(key).endsWith(`<${list.address}>`) || profileOf(key) !== list.profile) return "wrong-list";
  const own = allFingerprints(server.secret);
  if (allFingerprints(key.certificate).some((one) => own.includes(one))) return "wrong-role";
  return {
    certificate: writeSealingKey(key),
    fingerprint: key.fingerprint,
    material: listKeyMaterial(key),
  };
}
