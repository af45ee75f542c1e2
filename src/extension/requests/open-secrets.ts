import { secretOf } from "../keys/unlocked.js";
import { load } from "../records/storage.js";

/** The keys that answers may be sealed to, unlocked. Locked ones are left out. */
export async function openSecrets(): Promise<readonly string[]> {
  const { memberKeys } = await load();
  const secrets = await Promise.all(Object.values(memberKeys).map(secretOf));
  return secrets.filter((secret) => secret !== null);
}
