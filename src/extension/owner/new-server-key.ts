import { MembershipError } from "../../membership/file/errors.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { listForWorker } from "../records/owned-list.js";
import { changeOwned, loadOwned, ownedRecord } from "../records/owned-storage.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { runJob } from "../worker/client.js";
import { isOwner } from "./notice-addressees.js";
import { goOnTelling } from "./notices.js";
import { askAsOwner, noteRefusal } from "./owner-requests.js";

/**
 * Another server key, from the operator's command to the members: the server offers it, signed by the key that is known,
 * which proves little where that one is in other hands. The owner compares its characters with the operator by telephone,
 * the server switches, and the members are told by a notice.
 */

/**
 * The server offers another key. It is kept for the page to show; nothing is done by it.
 * @param certificate armored
 * @throws ListSealError what the worker throws for one that can't be this list's server key
 */
export async function takeOffer(address: string, certificate: string): Promise<void> {
  const owned = (await ownedRecord.load()).lists[address];
  if (owned === undefined || !isOwner(owned)) return;
  const offered = await runJob("read-server-offer", {
    list: listForWorker(owned),
    armored: certificate,
    now: new Date().toISOString(),
  });
  // the same once more, or the key that the list has by now
  if (offered.fingerprint === owned.serverFingerprint) return;
  if (offered.fingerprint === owned.serverMove?.fingerprint) return;
  const at = new Date().toISOString();
  await changeOwned(address, (list) => ({ ...list, serverMove: { ...offered, at, stage: "offered" } }));
}

/**
 * The owner has compared the characters: asks the server to switch. The members are told when it has.
 * @param fingerprint what the page showed; another offer may have come meanwhile
 * @throws ListSealError `old-serial`; `key-locked`
 */
export async function confirmServer(address: string, fingerprint: string): Promise<void> {
  const list = await loadOwned(address);
  if (list.serverMove?.fingerprint !== fingerprint) {
    throw new MembershipError("old-serial", "another server key is offered by now");
  }
  await askAsOwner(list, {
    do: "new-server-key",
    fingerprint: parseFingerprint(fingerprint),
    replaces: parseFingerprint(list.serverFingerprint),
  });
  await changeOwned(address, (before) =>
    before.serverMove === null ? before : { ...before, serverMove: { ...before.serverMove, stage: "asked" } },
  );
}

/** Puts an offer away: the characters were others, or nobody knows of it. */
export async function declineServer(address: string): Promise<void> {
  await changeOwned(address, (list) => ({ ...list, serverMove: null }));
}

/** The server's word on the switch; the members are told then. */
export async function serverMoved(asked: PendingRequest, result: AnswerResult): Promise<void> {
  const refused = result.kind === "refused";
  await changeOwned(asked.list, (before) =>
    before.serverMove === null
      ? before
      : { ...before, serverMove: { ...before.serverMove, stage: refused ? "offered" : "agreed" } },
  );
  if (refused) return noteRefusal(asked, result.code);
  await goOnTelling(asked.list);
}
