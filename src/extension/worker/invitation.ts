import { fromBase64, toBase64 } from "../../mail/base64.js";
import { MembershipError } from "../../membership/file/errors.js";
import { certifyMember } from "../../membership/introduction/introduction.js";
import { readInvitation } from "../../membership/invitation/invitation.js";
import {
  readOpeningKey,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { writeListOpener } from "../../openpgp/list-keys.js";
import { addressIn, noSerials, type StoredList, type StoredMemberKey } from "../records/stored.js";
import { asKnownList } from "./author-trust.js";
import { ownKey } from "./member-keys.js";

/**
 * An invitation file to what is kept of its list. Nothing is kept by this: the background page does, when the person has
 * compared the fingerprints.
 * @returns `by`: fingerprint of the owner who signed it
 * @throws ListSealError what `readInvitation` throws
 */
export async function readInvitationFile({
  file,
  code,
  now,
}: {
  readonly file: Uint8Array;
  readonly code: string;
  readonly now: string;
}): Promise<{ readonly list: StoredList; readonly joinBy: string; readonly by: string }> {
  const invitation = await readInvitation(file, code, new Date(now));
  const list: StoredList = {
    address: invitation.listAddress,
    name: invitation.listName,
    requestAddress: invitation.requestAddress,
    mode: invitation.mode,
    delivery: invitation.delivery,
    profile: invitation.profile,
    listKey: toBase64(await writeListOpener(invitation.listKey)),
    listKeyFingerprint: invitation.listKey.fingerprint,
    formerListKeys: [],
    serverCertificate: toBase64(writeSealingKey(invitation.server)),
    serverFingerprint: invitation.server.fingerprint,
    formerServers: [],
    owners: invitation.owners.map((owner) => ({
      fingerprint: owner.fingerprint,
      certificate: toBase64(writeSealingKey(owner)),
      userId: userIdOf(owner),
      address: addressIn(userIdOf(owner)),
      from: 0,
      to: null,
    })),
    serials: noSerials,
    invitee: invitation.invitee,
    introduction: toBase64(writeSealingKey(sealingHalf(invitation.introduction))),
    introductionSecret: toBase64(await writeOpeningKey(invitation.introduction)),
    certified: null,
    memberKey: null,
    importedAt: now,
    membership: "member",
    role: "member",
  };
  return { list, joinBy: invitation.joinBy.toISOString(), by: invitation.by };
}

/**
 * Has the list's introduction certify a member key: its readers then know that an owner invited this address.
 * @returns the certificate with the certification, in base64
 * @throws ListSealError what `certifyMember` throws; `key-damaged`
 */
export async function certifyKey({
  key,
  secret,
  list,
}: {
  readonly key: StoredMemberKey;
  readonly secret: string;
  readonly list: StoredList;
}): Promise<{ readonly certificate: string }> {
  const merged = await ownKey(key, secret);
  if (list.introductionSecret === null)
    throw new MembershipError("introduction-used", "the introduction has let another key in");
  const introduction = await readOpeningKey("introduction", fromBase64(list.introductionSecret));
  const certified = await certifyMember(introduction, merged, await asKnownList(list));
  return { certificate: toBase64(writeSealingKey(sealingHalf(certified))) };
}
