import { fromBase64 } from "../../mail/base64.js";
import { readListOpener } from "../../openpgp/list-keys.js";
import type { Profile } from "../../openpgp/profiles.js";
import { isSecret, type SharedSecret } from "../../openpgp/secrets.js";
import { keptKeysOf, type StoredList } from "../records/stored.js";

/** List keys as they are kept, in base64, the newest first: what a list's next secret is sealed under. Empty for pairs. */
export type SecretsBefore = readonly string[];

/** The secrets among them. @throws ListSealError `key-damaged` */
export async function readSecretsBefore(
  before: SecretsBefore,
  profile: Profile,
): Promise<readonly SharedSecret<"list">[]> {
  const keys = await Promise.all(before.map((key) => readListOpener(fromBase64(key), profile)));
  return keys.flatMap((key) => (isSecret(key) ? [key] : []));
}

/** Every secret that a member has of their list, the newest first. @throws ListSealError `key-damaged` */
export function listSecretsOf(list: StoredList): Promise<readonly SharedSecret<"list">[]> {
  const former = keptKeysOf(list).map((one) => one.listKey);
  return readSecretsBefore([list.listKey, ...former.toReversed()], list.profile);
}
