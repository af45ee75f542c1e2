/**
 * The invitation: one file and one code make an invitee a member.
 *
 * The file (`.listseal`) carries what a member has to have and the server must not: the list's secret key, and the
 * introduction with its secret. It is believed because of its code, which a person told another over another channel;
 * the owner's signature only ties it to the owner's key from then on.
 *
 * ```json
 * { "listseal": 1, "kind": "invitation",
 *   "list": { "address": "team@lists.example", "name": "Team", "requestAddress": "team-request@lists.example",
 *             "mode": "key", "delivery": "resealed", "profile": "compatible" },
 *   "listKey": "-----BEGIN PGP PRIVATE KEY BLOCK-----...", "server": "-----BEGIN PGP PUBLIC KEY BLOCK-----...",
 *   "owners": ["-----BEGIN PGP PUBLIC KEY BLOCK-----..."],
 *   "invitee": "dave@example.test", "introduction": "-----BEGIN PGP PRIVATE KEY BLOCK-----...",
 *   "joinBy": "2026-08-01T00:00:00Z" }
 * ```
 */
import { type Address, localPartOf } from "../../mail/mailbox.js";
import { ListSealError, ProtocolError } from "../../openpgp/errors.js";
import {
  allFingerprints,
  armorOpeningKey,
  armorSealingKey,
  type Certificate,
  type Fingerprint,
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { readListSecret } from "../../openpgp/list-keys.js";
import { isSecret, type Opener, passphraseOf, profileOf } from "../../openpgp/secrets.js";
import { type DetachedSignature, isNamedBy, verifyOnly } from "../../openpgp/signature.js";
import { readNotations } from "../../protocol/binding.js";
import type { Checked } from "../file/check.js";
import { readCode } from "../file/code.js";
import {
  armored,
  canonicalAddress,
  either,
  exactly,
  formatDate,
  hexDigits,
  isoDate,
  objectOf,
  several,
} from "../file/declaration.js";
import { MembershipError } from "../file/errors.js";
import { FILE_VERSION, kindFields, readJson } from "../file/json-fields.js";
import { openFile, sealFile } from "../file/sealed-file.js";
import { type ListForProof, readIntroduction } from "../introduction/introduction.js";
import { type ListInfo, listWords, readListWords, writeListWords } from "./list-info.js";

export { makeCode } from "../file/code.js";

/** Against a file that lists a thousand owners, each of whom every mail is checked against. */
const MAX_OWNERS = 50;

/** What an armored key begins with, and a secret's digits don't. */
const ARMOR = "-";

/**
 * The version of an invitation with a list's secret. Programs that know no such lists say that they are too old for it; as
 * version 1 they would call it damaged.
 */
const SECRET_VERSION = 2;

/** An invitation's JSON. */
export const invitationDeclaration = objectOf({
  ...kindFields("invitation"),
  listseal: either(exactly(FILE_VERSION), exactly(SECRET_VERSION)),
  list: listWords,
  listKey: either(armored, hexDigits(64)),
  server: armored,
  owners: several(armored, { limit: MAX_OWNERS, least: 1 }),
  invitee: canonicalAddress,
  introduction: armored,
  joinBy: isoDate,
});

/** What an invitation carries. */
export interface Invitation extends ListInfo {
  readonly listKey: Opener<"list">;
  readonly server: SealingKey<"server">;
  /** At least one; the one who signed is among them. */
  readonly owners: readonly SealingKey<"member">[];
  /** The one address that this invitation lets in. */
  readonly invitee: Address;
  readonly introduction: OpeningKey<"introduction">;
  /** Until when the server takes the join; whole seconds. */
  readonly joinBy: Date;
}

/** An invitation that was read, and who answers for it. */
export interface ReadInvitation extends Invitation {
  /** The owner who signed the file and made its introduction: what the server says of the one, it says of the other. */
  readonly by: Fingerprint;
}

/** The name of an invitation's file: `team-bob.listseal`, of the two local parts. */
export function invitationFileName({ listAddress, invitee }: Invitation): string {
  const plain = (address: Address) => localPartOf(address).replace(/[^a-z0-9._+-]/g, "_");
  return `${plain(listAddress)}-${plain(invitee)}.listseal`;
}

/** The list that an invitation is for, as the checks of introductions want it. */
export function knownListOf(invitation: Invitation): ListForProof {
  return {
    address: invitation.listAddress,
    fingerprints: [invitation.listKey.fingerprint],
    owners: invitation.owners,
  };
}

/**
 * Writes an invitation.
 *
 * @param owner one of `invitation.owners`, unlocked
 * @param code  from `makeCode`; shown to the owner, told over another channel, never stored and never in the mail
 * @returns the file, binary
 * @throws ListSealError `key-locked`; what {@link assertCoherent} throws if the parts don't belong together
 */
export async function writeInvitation(
  invitation: Invitation,
  owner: OpeningKey<"member">,
  code: string,
  date: Date = new Date(),
): Promise<Uint8Array> {
  const introducedBy = await assertCoherent(invitation, date);
  if (!invitation.owners.some((one) => one.fingerprint === owner.fingerprint)) {
    throw new ProtocolError("wrong-role", "the signer is not among the owners");
  }
  if (introducedBy !== owner.fingerprint) {
    throw new MembershipError("invitation-damaged", "the introduction is another owner's");
  }
  const content = {
    listseal: isSecret(invitation.listKey) ? SECRET_VERSION : FILE_VERSION,
    kind: "invitation",
    list: writeListWords(invitation),
    listKey: isSecret(invitation.listKey)
      ? passphraseOf(invitation.listKey)
      : await armorOpeningKey(invitation.listKey),
    server: armorSealingKey(invitation.server),
    owners: invitation.owners.map(armorSealingKey),
    invitee: invitation.invitee,
    introduction: await armorOpeningKey(invitation.introduction),
    joinBy: formatDate(invitation.joinBy),
  };
  const signed = { by: owner, kind: "invitation" } as const;
  return sealFile(content, { code: readCode(code), profile: invitation.profile, date, signed });
}

/**
 * Reads an invitation: all of it, verified, or an error.
 *
 * The caller still asks {@link assertNoConflict} about the lists it knows, and shows list, owner and fingerprint before
 * anything is stored.
 *
 * @param code as somebody typed it
 * @throws ListSealError
 *   `wrong-code` (mistyped, or another file's), `invitation-damaged` (not such a file, altered, cut short, parts missing
 *   or not belonging together), `wrong-kind` (another kind of file), `unsupported-version`, `too-large`,
 *   `wrong-role` (a key where another role's belongs, one key in two roles, or the signer is no owner),
 *   `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` (list, server or owner key), `from-the-future` (a clock is wrong),
 *   `invitation-expired` (join-by is over)
 */
export async function readInvitation(
  file: Uint8Array,
  code: string,
  now: Date = new Date(),
): Promise<ReadInvitation> {
  const { bytes, signatures } = await openFile(file, readCode(code));
  const said = readJson(bytes, invitationDeclaration, {
    kind: "invitation",
    from: "file",
    code: "invitation-damaged",
    newest: SECRET_VERSION,
  });
  const isPair = said.listKey.startsWith(ARMOR);
  if (isPair && said.listseal === SECRET_VERSION)
    throw new ProtocolError("unsupported-version", "made by a later version");
  if (!isPair && said.listseal === FILE_VERSION)
    throw new MembershipError("invitation-damaged", "a secret, which version 1 does not have");
  const owners = await ownersOf(said.owners);
  const by = await assertSigned(bytes, signatures, owners, now);
  const invitation = await partsOf(said, owners, now);
  const introducedBy = await assertCoherent(invitation, now);
  // attack: whoever has file and code adds an owner of their own, signs it again, and leaves the honest introduction in
  // it, which the server takes
  if (introducedBy !== by)
    throw new MembershipError("invitation-damaged", "signed by another owner than who made the introduction");
  if (invitation.joinBy <= now) throw new MembershipError("invitation-expired", "join-by is over");
  return { ...invitation, by };
}

/** What `read` gives; a key that can't be read inside a file that opened means that the file is damaged. */
async function inside<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof ListSealError && (thrown.code === "key-damaged" || thrown.code === "key-locked")) {
      throw new MembershipError("invitation-damaged", "a key inside can't be read", { cause: thrown });
    }
    throw thrown;
  }
}

function ownersOf(owners: readonly string[]): Promise<Invitation["owners"]> {
  // an owner whose key ran out is still the one who introduced the others
  return inside(() => Promise.all(owners.map((key) => parseSealingKey("member", key))));
}

async function partsOf(
  { list, listKey, server, introduction, invitee, joinBy }: Checked<typeof invitationDeclaration>,
  owners: Invitation["owners"],
  now: Date,
): Promise<Invitation> {
  return inside(async () => ({
    ...readListWords(list),
    invitee,
    joinBy,
    owners,
    listKey: listKey.startsWith(ARMOR)
      ? await readOpeningKey("list", listKey)
      : await readListSecret(listKey, list.profile),
    server: await readSealingKey("server", server, now),
    introduction: await readOpeningKey("introduction", introduction),
  }));
}

/** Throws unless exactly one owner signed these bytes as an invitation. @returns that owner */
async function assertSigned(
  bytes: Uint8Array,
  signatures: readonly DetachedSignature[],
  owners: Invitation["owners"],
  now: Date,
): Promise<Fingerprint> {
  const owner = owners.find(({ certificate }) => isNamedBy(signatures.slice(0, 1), certificate));
  if (owner === undefined) throw new ProtocolError("wrong-role", "not signed by an owner");
  try {
    const { notations } = await verifyOnly(bytes, signatures, owner.certificate, now);
    readNotations(notations, "invitation", []);
  } catch (thrown) {
    if (thrown instanceof ListSealError && thrown.code === "from-the-future") throw thrown;
    throw new MembershipError("invitation-damaged", "the owner's signature does not fit", { cause: thrown });
  }
  return owner.fingerprint;
}

/**
 * Throws unless the parts of an invitation belong together: the keys are of the profile, no key is in two roles, and
 * the introduction is by one of the owners, for this list, list key, invitee and join-by.
 *
 * @returns the owner who made the introduction
 * @throws ListSealError `wrong-role`, `invitation-damaged`
 */
async function assertCoherent(invitation: Invitation, now: Date): Promise<Fingerprint> {
  const { listKey, server, owners, introduction, profile } = invitation;
  if (profileOf(listKey) !== profile || profileOf(server) !== profile) {
    throw new MembershipError("invitation-damaged", "the keys are not of the list's profile");
  }
  // a server key that is the list key, too, would let the server read; an owner's key as introduction would make a
  // chain of any depth
  const certificates: Certificate[] = [server.certificate, introduction.secret];
  if (!isSecret(listKey)) certificates.push(listKey.secret);
  for (const owner of owners) certificates.push(owner.certificate);
  const all = certificates.flatMap(allFingerprints);
  if (new Set(all).size !== all.length) throw new ProtocolError("wrong-role", "one key in two roles");
  let proven: Awaited<ReturnType<typeof readIntroduction>>;
  try {
    proven = await readIntroduction(writeSealingKey(sealingHalf(introduction)), knownListOf(invitation), now);
  } catch (cause) {
    throw new MembershipError("invitation-damaged", "the introduction is not by an owner of the list", {
      cause,
    });
  }
  const fits =
    proven.address === invitation.invitee && formatDate(proven.joinBy) === formatDate(invitation.joinBy);
  if (!fits) throw new MembershipError("invitation-damaged", "the introduction is for somebody else");
  return proven.by;
}
