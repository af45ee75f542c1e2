/**
 * Renewal of a server key's encryption subkey, and the deletion of old ones.
 *
 * The attack: somebody keeps what the wire carries to the server, and takes the machine a year later. With the subkey of
 * that time gone, the outer seal of that mail opens no more. The primary key stays, and with it the list's identity;
 * whoever has the certificate verifies the new one by it.
 */
import { join } from "node:path";
import { armorSealingKey, sealingHalf, writeOpeningKey, writeSealingKey } from "../../openpgp/keys.js";
import { withFreshSubkey } from "../../openpgp/renewal.js";
import { type DataFolder, writeDurably } from "../base/data-folder.js";
import { DAY_MS } from "../base/limits.js";
import { certificatePathOf, KeyFileError, keyPathOf, loadServerKey } from "./server-keys.js";
import type { List, ListStore } from "./store.js";

/** When subkeys are replaced, and how long the old one stays after that, in days. */
export interface RenewalPlan {
  readonly renewAfter: number;
  readonly deleteAfter: number;
}

/** What was done to a key. */
export interface Renewal {
  readonly added: boolean;
  readonly deleted: number;
}

/**
 * Brings a list's server key up to date: a new subkey if the newest is too old, and without those that were replaced long
 * enough ago. Key file first, then the certificates: a crash in between leaves a key that opens more than is announced.
 *
 * @throws KeyFileError, also for a key among systemd's credentials, which this process can't write
 */
export async function renewServerKey(
  folder: DataFolder,
  store: Pick<ListStore, "setServerCertificate">,
  list: List,
  plan: RenewalPlan,
  now: Date,
): Promise<Renewal> {
  const key = await loadServerKey(folder, list);
  const inMs = { renewAfter: plan.renewAfter * DAY_MS, deleteAfter: plan.deleteAfter * DAY_MS };
  const { key: renewed, added, deleted } = await withFreshSubkey(key, inMs, now);
  if (!added && deleted === 0) return { added, deleted };

  const path = keyPathOf(folder, list.serverKeyFile);
  if (path !== join(folder.keys, list.serverKeyFile)) {
    throw new KeyFileError(
      `${path} is a systemd credential, which the server can't renew: set keys.renew-after-days = "never"`,
    );
  }
  await writeDurably(path, await writeOpeningKey(renewed, folder.passphrase), 0o600);
  const certificate = sealingHalf(renewed);
  await writeDurably(certificatePathOf(folder, list.serverFingerprint), armorSealingKey(certificate), 0o644);
  await store.setServerCertificate(list.id, writeSealingKey(certificate));
  return { added, deleted };
}
