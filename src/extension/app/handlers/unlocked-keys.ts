import { ProtocolError } from "../../../openpgp/errors.js";
import { certifyWaiting } from "../../keys/certify-key.js";
import { keepUnlocked, secretOf } from "../../keys/unlocked.js";
import { codeOf } from "../../platform/errors.js";
import { host } from "../../platform/host.js";
import { load } from "../../records/storage.js";
import type { StoredMemberKey } from "../../records/stored.js";
import { runJob } from "../../worker/client.js";

/** Unlocks one key, and goes on with what has waited for it. @throws ListSealError `wrong-passphrase`, what the worker throws */
export async function unlockMember(key: StoredMemberKey, passphrase: string): Promise<void> {
  const { secret } = await runJob("unlock-key", { key, passphrase });
  await keepUnlocked(key.fingerprint, secret);
  await certifyWaiting();
  await host().lookForArrivals();
}

/**
 * Unlocks every locked key that this passphrase fits: where a lock is met, nobody knows which key it is.
 * @throws ListSealError `wrong-passphrase` if it fits none; what the worker throws
 */
export async function unlockWith(passphrase: string): Promise<void> {
  let fits = false;
  for (const key of Object.values((await load()).memberKeys)) {
    if ((await secretOf(key)) !== null) continue;
    try {
      await unlockMember(key, passphrase);
      fits = true;
    } catch (error) {
      if (codeOf(error, "worker-failed") !== "wrong-passphrase") throw error;
    }
  }
  if (!fits) throw new ProtocolError("wrong-passphrase", "it fits none of the locked keys");
}
