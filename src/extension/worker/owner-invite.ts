import { fromBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { type ListForProof, makeIntroduction } from "../../membership/introduction/introduction.js";
import { invitationFileName, writeInvitation } from "../../membership/invitation/invitation.js";
import { parseSealingKey, readOpeningKey, readSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId, readListOpener } from "../../openpgp/list-keys.js";
import type { ListForWorker, OwnedList } from "../records/owned-list.js";
import type { MadeInvitation } from "./owner-jobs.js";

/** An owned list as the checks of introductions want it: every owner it has had, every list key it has had. */
export async function knownOwnedList(
  list: Pick<OwnedList, "address" | "listKeyFingerprint" | "formerListKeys" | "owners">,
): Promise<ListForProof> {
  return {
    address: parseAddress(list.address),
    fingerprints: [list.listKeyFingerprint, ...list.formerListKeys].map(parseListKeyId),
    owners: await Promise.all(
      list.owners.map(({ certificate }) => parseSealingKey("member", fromBase64(certificate))),
    ),
  };
}

/**
 * Makes one introduction and its invitation file.
 * @throws ListSealError `bad-address`, `wrong-code`, `key-expired`, what `writeInvitation` throws
 */
export async function makeInvitation({
  list,
  secret,
  invitee,
  code,
  joinBy,
  now,
}: {
  readonly list: ListForWorker;
  /** The owner's member key. */
  readonly secret: string;
  readonly invitee: string;
  /** As the page made and shows it. */
  readonly code: string;
  readonly joinBy: string;
  readonly now: string;
}): Promise<MadeInvitation> {
  const owner = await readOpeningKey("member", fromBase64(secret));
  const listKey = await readListOpener(fromBase64(list.listKey), list.profile);
  const known = await knownOwnedList(list);
  const made = wholeSeconds(now);
  const terms = {
    list: known.address,
    listKey: listKey.fingerprint,
    address: parseAddress(invitee),
    joinBy: wholeSeconds(joinBy),
  };
  const introduction = await makeIntroduction(owner, terms, list.profile, made);
  const present = new Set(list.owners.filter(({ to }) => to === null).map(({ fingerprint }) => fingerprint));
  const invitation = {
    listAddress: known.address,
    listName: list.name,
    requestAddress: parseAddress(list.requestAddress),
    mode: list.mode,
    delivery: list.delivery,
    profile: list.profile,
    listKey,
    server: await readSealingKey("server", fromBase64(list.serverCertificate)),
    owners: known.owners.filter(({ fingerprint }) => present.has(fingerprint)),
    invitee: terms.address,
    introduction,
    joinBy: terms.joinBy,
  };
  return {
    introduction: introduction.fingerprint,
    fileName: invitationFileName(invitation),
    file: await writeInvitation(invitation, owner, code, made),
    madeAt: made.toISOString(),
  };
}

/** OpenPGP's dates have no fractions: what is kept has to be what is signed. */
function wholeSeconds(date: string): Date {
  return new Date(Math.floor(new Date(date).getTime() / 1000) * 1000);
}
