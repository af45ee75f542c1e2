import { fromBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { MembershipError } from "../../membership/file/errors.js";
import type { ListKeyKind } from "../../openpgp/list-keys.js";
import type { Profile } from "../../openpgp/profiles.js";
import type { DeliveryMode, Mode } from "../../protocol/message.js";
import { keyOf } from "../keys/certify-key.js";
import { keysFor } from "../keys/key-validity.js";
import { makeMemberKey } from "../keys/new-member-key.js";
import { needSecretOf } from "../keys/unlocked.js";
import { AddonError } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { nothingYet, type Owned, type OwnedList } from "../records/owned-list.js";
import { changeOwned, loadOwned, ownedRecord } from "../records/owned-storage.js";
import { load, update } from "../records/storage.js";
import { noSerials, type StoredList, type StoredMemberKey, type StoredOwner } from "../records/stored.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { forgetPending } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import type { Card } from "../worker/owner-jobs.js";
import { askRoster, headOf, noteHead } from "./members.js";
import { askAsOwner } from "./owner-requests.js";

/** How a list is born: the server's card, the list key, the claim, and the server's word for it. */

function bytesOf(base64: string): Uint8Array {
  try {
    return fromBase64(base64);
  } catch (cause) {
    throw new MembershipError("card-damaged", "not base64", { cause });
  }
}

/**
 * Reads a card and sees whether its list can be claimed from here.
 * @throws ListSealError `already-owned` (a list that is owned here), `list-conflict` (a list of this address is known
 *   here), what `readCard` throws
 */
async function readOpenCard(file: string): Promise<Card> {
  const card = await runJob("read-card", { file: bytesOf(file), now: new Date().toISOString() });
  assertNotOwned(await ownedRecord.load(), card.address);
  const member = (await load()).lists[card.address];
  if (member !== undefined)
    throw new MembershipError("list-conflict", "a list of this address is known here");
  return card;
}

function assertNotOwned(owned: Owned, address: string): void {
  const claim = owned.lists[address]?.claim.kind;
  if (claim !== undefined && claim !== "refused" && claim !== "ended") {
    throw new AddonError("already-owned", "the list is owned here");
  }
}

/** A server card, before anything is done with it. */
export interface CardView {
  readonly address: string;
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  readonly serverFingerprint: string;
  readonly expires: string;
  readonly listKeys: readonly ListKeyKind[];
}

/** What a card says, before anything is done with it: the person compares the fingerprint. @throws ListSealError */
export async function openCard(file: string): Promise<CardView> {
  const { code: _, serverCertificate: __, requestAddress: ___, ...card } = await readOpenCard(file);
  return card;
}

/**
 * Claims the list of a card: makes the list key, the owner's member key if there is none for the address, and asks the
 * server. The keys are kept before the claim is sent, so that nothing can be lost on the way.
 * @throws ListSealError as {@link openCard}; `bad-address`, `key-locked`, `storage-failed`
 */
export async function claimList(input: {
  readonly file: string;
  readonly address: string;
  readonly name: string;
  readonly passphrase: string | null;
  /** What the list is to have for a key: for ever. */
  readonly listKey: ListKeyKind;
}): Promise<void> {
  const card = await readOpenCard(input.file);
  const address = parseAddress(input.address);
  const name = input.name.trim() || address;
  const { profile } = card;
  const [known] = keysFor((await load()).memberKeys, { address, profile }, new Date());
  const key =
    known ?? (await makeMemberKey({ address, name: input.name, passphrase: input.passphrase, profile }));
  // before anything is kept of the list
  await needSecretOf(key);
  const made = await runJob("make-list-key", {
    address: card.address,
    profile: card.profile,
    kind: input.listKey,
  });
  const list: OwnedList = {
    address: card.address,
    name: card.name,
    requestAddress: card.requestAddress,
    mode: card.mode,
    delivery: card.delivery,
    profile: card.profile,
    ownerAddress: address,
    ownerKey: key.fingerprint,
    listKey: made.listKey,
    listKeyFingerprint: made.fingerprint,
    formerListKeys: [],
    serverCertificate: card.serverCertificate,
    serverFingerprint: card.serverFingerprint,
    owners: [termOf(key, address)],
    claim: { kind: "waiting", request: "" },
    ...nothingYet,
  };
  await ownedRecord.update((owned) => {
    // a second card of the same list may have been claimed while the keys were made
    assertNotOwned(owned, list.address);
    return { stored: { ...owned, lists: { ...owned.lists, [list.address]: list } }, result: undefined };
  });
  const asked = await askAsOwner(list, {
    do: "claim",
    code: card.code,
    name,
    address,
    certificate: fromBase64(key.certificate),
    listKey: made.certificate,
    shape: "encrypted",
  });
  await changeOwned(list.address, (now) => ({ ...now, claim: { kind: "waiting", request: asked.id } }));
}

/** The first owner's term: from the beginning. */
function termOf({ fingerprint, certificate, userId }: StoredMemberKey, address: string): StoredOwner {
  return { fingerprint, certificate, userId, address, from: 0, to: null };
}

/** The server's word on a claim. */
export async function claimAnswered(asked: PendingRequest, result: AnswerResult, date: Date): Promise<void> {
  const list = await loadOwned(asked.list);
  if (list.claim.kind === "confirmed") return;
  if (result.kind === "refused") {
    await changeOwned(asked.list, (now) => ({ ...now, claim: { kind: "refused", code: result.code } }));
    return;
  }
  if (!(await takePart(list))) {
    const claim = { kind: "refused", code: "list-conflict" } as const;
    await changeOwned(asked.list, (now) => ({ ...now, claim }));
    return;
  }
  await changeOwned(asked.list, (now) => ({ ...now, claim: { kind: "confirmed", at: date.toISOString() } }));
  const head = headOf(result);
  if (head !== undefined) await noteHead(asked.list, head, date);
  await askRoster(asked.list);
}

/**
 * The owner reads and writes in their list as every member does; nobody has introduced them.
 *
 * Attack: a card of any server for the address of a list that one joins while the claim waits; its server's answer would
 * put the card's keys in the place of the list's.
 * @returns false if another list of this address is here by now: it stays
 */
async function takePart(list: OwnedList): Promise<boolean> {
  const taken = await update((stored) => {
    const present = stored.lists[list.address];
    if (present !== undefined) {
      return { stored, result: present.listKeyFingerprint === list.listKeyFingerprint };
    }
    const { address, name, requestAddress, mode, delivery, profile } = list;
    const { listKey, listKeyFingerprint, serverCertificate, serverFingerprint } = list;
    const member: StoredList = {
      ...{ address, name, requestAddress, mode, delivery, profile },
      ...{ listKey, listKeyFingerprint, serverCertificate, serverFingerprint },
      formerListKeys: [],
      formerServers: [],
      owners: [termOf(keyOf(stored, list.ownerKey), list.ownerAddress)],
      serials: noSerials,
      invitee: list.ownerAddress,
      introduction: null,
      introductionSecret: null,
      certified: null,
      memberKey: list.ownerKey,
      importedAt: new Date().toISOString(),
      membership: "member",
      role: "owner",
    };
    return { stored: { ...stored, lists: { ...stored.lists, [address]: member } }, result: true };
  });
  await host().listsChanged();
  return taken;
}

/**
 * Forgets a list whose claim was refused or given up, or that one owns no more.
 * @throws ListSealError `already-owned` for one that is owned
 */
export async function forgetClaim(address: string): Promise<void> {
  const { claim } = await loadOwned(address);
  if (claim.kind === "confirmed" || claim.kind === "appointed")
    throw new AddonError("already-owned", "the list is owned here");
  if (claim.kind === "waiting") await forgetPending(claim.request);
  await ownedRecord.update((owned) => {
    const { [address]: _, ...lists } = owned.lists;
    return { stored: { ...owned, lists }, result: undefined };
  });
}
