import { keyOf } from "../keys/certify-key.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { load } from "../records/storage.js";
import type { AnswerResult } from "../requests/incoming.js";
import { loadRequests, type PendingRequest } from "../requests/pending.js";
import { askServer, forgetPending } from "../requests/send-request.js";
import { keepUnknown } from "./delivery-record.js";
import { knownList } from "./membership-changes.js";

/** How long a question that has no answer yet is not asked again, in milliseconds. */
const ASK_AGAIN_MS = 60_000;

/**
 * Asks a list's server how a post of one's own was delivered.
 * @param messageId the signed one
 * @throws ListSealError `no-such-list`, `left-list`, `no-member-key`, `key-locked`; what `askServer` throws
 */
export async function askDelivery(list: string, messageId: string): Promise<void> {
  const stored = await load();
  const known = knownList(stored, list);
  if (known === undefined) throw new AddonError("no-such-list", "no such list is here");
  if (known.membership === "left") throw new AddonError("left-list", "one has left the list");
  const before = (await loadRequests()).pending.find(
    (one) => one.do === "delivery" && one.list === list && one.about === messageId,
  );
  if (before !== undefined) {
    if (before.sending !== "unsent" && Date.now() - Date.parse(before.askedAt) < ASK_AGAIN_MS) return;
    await forgetPending(before.id);
  }
  const key = keyOf(stored, known.memberKey);
  await askServer({ command: { do: "delivery", messageId }, list: known, key, about: messageId });
  host().renewViews();
}

/** The server's answer, where it is no {@link keepDelivery}. */
export async function deliveryRefused(
  { list, about }: PendingRequest,
  result: AnswerResult,
  date: Date,
): Promise<void> {
  if (result.kind !== "refused" || about === null) return;
  await keepUnknown(list, about, date.toISOString());
  host().renewViews();
}
