import type { MemberRole } from "../../membership/request/command-names.js";
import { nothingYet, type OwnedList } from "../records/owned-list.js";
import { changeOwned, ownedRecord } from "../records/owned-storage.js";
import { load, update } from "../records/storage.js";
import type { StoredList } from "../records/stored.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { askRoster, rosterAnswered } from "./members.js";
import { noteRefusal } from "./owner-requests.js";

/**
 * A second owner: somebody whom an owner has made one. Their add-on makes the owner's side of a list out of the member's,
 * and follows the record from its first entry, so that their log is their own and not what another owner says.
 *
 * The server's word alone opens no page: that one is an owner is proved by an owners' notice, or by the signed `set-role`
 * in the record (`isOwner` of view.ts).
 */

/** What both sides know of a list. Notices change the member's; the owner's follows it. */
export function asMembersKnow(list: StoredList) {
  const { name, requestAddress, mode, delivery, profile, owners } = list;
  const { listKey, listKeyFingerprint, serverCertificate, serverFingerprint } = list;
  return {
    ...{ name, requestAddress, mode, delivery, profile, owners },
    ...{ listKey, listKeyFingerprint, serverCertificate, serverFingerprint },
  };
}

function ownedFrom(list: StoredList, ownerKey: string): OwnedList {
  return {
    ...asMembersKnow(list),
    address: list.address,
    ownerAddress: list.invitee,
    ownerKey,
    formerListKeys: list.formerListKeys.map(({ fingerprint }) => fingerprint),
    claim: { kind: "appointed", at: new Date().toISOString() },
    ...nothingYet,
  };
}

/**
 * Makes the owner's side of a list, if there is none. One that has ended starts over, with an empty log.
 * @returns whether it was made now
 */
function appoint(list: StoredList, ownerKey: string): Promise<boolean> {
  return ownedRecord.update((owned) => {
    const before = owned.lists[list.address]?.claim.kind;
    if (before !== undefined && before !== "ended" && before !== "refused") {
      return { stored: owned, result: false };
    }
    const lists = { ...owned.lists, [list.address]: ownedFrom(list, ownerKey) };
    return { stored: { ...owned, lists }, result: true };
  });
}

/** One owns the list no more: what is here of it stays to be looked at, until it is forgotten by a press. */
export async function endOwnership(address: string): Promise<void> {
  if ((await ownedRecord.load()).lists[address] === undefined) return;
  const claim = { kind: "ended", at: new Date().toISOString() } as const;
  await changeOwned(address, (list) => (list.claim.kind === "ended" ? list : { ...list, claim }));
}

/**
 * After an owners' notice was taken: the owner's side follows, is made for whoever the notice names as an owner, and ends
 * for whoever it says is none any more.
 */
export async function followNews(address: string): Promise<void> {
  const list = (await load()).lists[address];
  if (list === undefined || list.memberKey === null) return;
  const term = list.owners.find(({ fingerprint }) => fingerprint === list.memberKey);
  const owned = (await ownedRecord.load()).lists[address];
  if (owned === undefined) {
    if (term?.to !== null) return;
    await appoint(list, list.memberKey);
  } else {
    const former = list.formerListKeys.map(({ fingerprint }) => fingerprint);
    await changeOwned(address, (before) => ({
      ...before,
      ...asMembersKnow(list),
      formerListKeys: [...new Set([...before.formerListKeys, ...former])],
      // another owner has taken it
      serverMove: before.serverMove?.fingerprint === list.serverFingerprint ? null : before.serverMove,
    }));
    if (term !== undefined && term.to !== null) return endOwnership(address);
  }
  // with a locked key it is asked for when the page's button is pressed
  await askRoster(address).catch(() => undefined);
}

/** What the server says of one's role. It is what it will let one do, and proves nothing to others. */
async function noteRole(address: string, key: string, role: MemberRole): Promise<void> {
  await update((stored) => {
    const list = stored.lists[address];
    if (list === undefined || list.memberKey !== key || list.role === role) {
      return { stored, result: undefined };
    }
    const lists = { ...stored.lists, [address]: { ...list, role } };
    return { stored: { ...stored, lists }, result: undefined };
  });
}

/** The server's word on who one is in a list; to an owner also everybody else, and the record. */
export async function standingAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  date: Date,
): Promise<void> {
  const owned = (await ownedRecord.load()).lists[asked.list];
  switch (result.kind) {
    case "member":
      await noteRole(asked.list, asked.key, result.role);
      return endOwnership(asked.list);
    case "roster": {
      await noteRole(asked.list, asked.key, "owner");
      const list = (await load()).lists[asked.list];
      if (list !== undefined && list.memberKey === asked.key) await appoint(list, asked.key);
      return rosterAnswered(asked, result, date);
    }
    case "refused":
      return owned === undefined ? undefined : noteRefusal(asked, result.code);
    default:
      return undefined;
  }
}
