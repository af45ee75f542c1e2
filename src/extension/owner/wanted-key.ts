import { ownedRecord } from "../records/owned-storage.js";
import type { ServerReport } from "../requests/incoming.js";
import { runJob } from "../worker/client.js";
import { isOwner } from "./notice-addressees.js";
import { giveListKey } from "./notices.js";

/**
 * A member asks for the list key of today, says the server: it goes to that member alone, as a notice.
 *
 * Nothing of what the server says is believed: only a member of this owner's own log is given it, sealed to the certificate
 * that the log has. A server that makes such a request up gives somebody what they have already.
 * @throws ListSealError `key-locked`; what `readKeyRequest` and `giveListKey` throw
 */
export async function giveWantedKey(address: string, { signed }: ServerReport): Promise<void> {
  const owned = (await ownedRecord.load()).lists[address];
  if (owned === undefined || !isOwner(owned)) return;
  const { by } = await runJob("read-key-request", { signed, list: address });
  await giveListKey(address, by);
}
