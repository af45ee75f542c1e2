import { listKeyKindOf } from "../../openpgp/list-keys.js";
import { AddonError } from "../platform/errors.js";
import type { OwnedList } from "../records/owned-list.js";
import { load } from "../records/storage.js";
import { keptKeysOf } from "../records/stored.js";
import type { SecretsBefore } from "../worker/secrets-before.js";

/**
 * What a list's next secret is sealed under: every secret that the owner has of it, the newest first. Several, so that it opens
 * for whoever came in by an invitation of some time ago, or was away; whoever has left has them, too, and needs a member's key
 * besides. Empty for a list with a pair.
 *
 * @param next the id of the secret that is to be sealed, which opens nothing for those who don't have it
 * @throws ListSealError `no-such-list`
 */
export async function listSecretsBefore({ address }: OwnedList, next: string): Promise<SecretsBefore> {
  const list = (await load()).lists[address];
  if (listKeyKindOf(next) === "pair") return [];
  if (list === undefined) throw new AddonError("no-such-list", "an owner's list is not among the member's");
  const present = { listKey: list.listKey, fingerprint: list.listKeyFingerprint };
  return [present, ...keptKeysOf(list).toReversed()]
    .filter(({ fingerprint }) => fingerprint !== next)
    .map(({ listKey }) => listKey);
}
