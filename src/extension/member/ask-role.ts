import { keyOf } from "../keys/certify-key.js";
import { load } from "../records/storage.js";
import { askServer, forgetPending, pendingFor } from "../requests/send-request.js";

/** Asking the server what one may do in a list: members hear that they are in it, and as what. */

/**
 * Asks, unless it is asked already. The answer is taken by `owner/second-owner.ts`: it may be an owner's.
 * @throws ListSealError `no-member-key`, `key-locked`; what `askServer` throws
 */
export async function askStanding(address: string): Promise<void> {
  const stored = await load();
  const list = stored.lists[address];
  if (list === undefined) return;
  const waiting = (await pendingFor(address)).filter(({ do: what }) => what === "roster");
  if (waiting.some(({ failure }) => failure === null)) return;
  for (const { id } of waiting) await forgetPending(id);
  await askServer({ command: { do: "roster", after: 0 }, list, key: keyOf(stored, list.memberKey) });
}
