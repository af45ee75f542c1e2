/** A list with an owner and an invited member, and the tools of those who cheat: certifications of any shape. */
import {
  enums,
  type PrivateKey,
  type PublicKey,
  readKey,
  readPrivateKey,
  SecretKeyPacket,
  SignaturePacket,
} from "openpgp";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import {
  type AuthorEvidence,
  certifyMember,
  type ListForProof,
  makeIntroduction,
} from "../../src/membership/introduction/introduction.js";
import type { Invitation } from "../../src/membership/invitation/invitation.js";
import {
  type Fingerprint,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  type Profile,
  parseFingerprint,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { generateListKey, type ListKeyKind } from "../../src/openpgp/list-keys.js";
import { fullReadingConfig } from "../../src/openpgp/policy.js";
import { listValue, notations } from "../../src/protocol/binding.js";

export const team = parseAddress("team@lists.example");
export const bobAddress = parseAddress("bob@x.test");
export const DAY = 86_400_000;
export const daysAgo = (days: number) => new Date(Date.now() - days * DAY);
export const inTwoWeeks = () => new Date(Math.floor((Date.now() + 14 * DAY) / 1000) * 1000);

/** A key of a person, old enough to certify things in the past. */
export const person = (address: string, profile: Profile = "compatible", name?: string) =>
  generateMemberKey({ address, profile, date: daysAgo(100), ...(name === undefined ? {} : { name }) });

export interface Chain {
  readonly owner: OpeningKey<"member">;
  readonly listKey: Fingerprint;
  readonly list: ListForProof;
  readonly introduction: OpeningKey<"introduction">;
  readonly bob: OpeningKey<"member">;
}

/** Olga invited Bob 60 days ago; he joined 5 days later. */
export async function makeChain(profile: Profile = "compatible", bobsName?: string): Promise<Chain> {
  const owner = await person("olga@x.test", profile, "Olga");
  const listKey = (await generateKey("list", { address: team, profile, date: daysAgo(90) })).fingerprint;
  const list: ListForProof = { address: team, fingerprints: [listKey], owners: [sealingHalf(owner)] };
  const introduction = await makeIntroduction(
    owner,
    { list: team, listKey, address: bobAddress, joinBy: inTwoWeeks() },
    profile,
    daysAgo(60),
  );
  const bob = await certifyMember(
    introduction,
    await person(bobAddress, profile, bobsName),
    list,
    daysAgo(55),
  );
  return { owner, listKey, list, introduction, bob };
}

export const publicBytes = (key: { readonly secret: PublicKey }) => key.secret.toPublic().write();

/** A mail of this member, by default from Bob and with this introduction. */
export const mailOf = (
  member: OpeningKey<"member">,
  introduction: { readonly secret: PrivateKey } | undefined,
  more: Partial<AuthorEvidence> = {},
): AuthorEvidence => ({
  signer: member.fingerprint,
  signedAt: new Date(),
  from: bobAddress,
  certificate: publicBytes(member),
  ...(introduction === undefined ? {} : { introduction: publicBytes(introduction) }),
  ...more,
});

/** The notations of an honest certification of `kind`, to be bent. */
export const says = (
  kind: "introduction" | "member",
  listKey: Fingerprint,
  address = "bob@x.test",
  list: string = team,
) => ({
  kind,
  introduction: `${listValue(list, listKey)} ${address}`,
  ...(kind === "introduction" ? { "join-by": "2030-01-01T00:00:00Z" } : {}),
});

interface Bend {
  readonly date?: Date;
  readonly values?: Record<string, string>;
  /** Notations beside `values`. */
  readonly more?: SignaturePacket["rawNotations"];
  readonly bend?: (packet: SignaturePacket) => void;
  readonly userIndex?: number;
  /** Sign with the first subkey. */
  readonly bySubkey?: boolean;
}

/** A certification of any shape by `issuer` on `target`, which is given back with it. */
export async function cheat<K extends OpeningKey<"member" | "introduction">>(
  target: K,
  issuer: { readonly secret: PrivateKey },
  { date = new Date(), values = {}, more = [], bend, userIndex = 0, bySubkey = false }: Bend = {},
): Promise<K> {
  const copy = await readPrivateKey({ binaryKey: target.secret.write() });
  const user = copy.users[userIndex];
  const signer = bySubkey ? issuer.secret.subkeys[0]?.keyPacket : issuer.secret.keyPacket;
  if (user?.userID == null || !signer || !("privateParams" in signer))
    throw new Error("no such user or signer");
  const packet = new SignaturePacket();
  packet.signatureType = enums.signature.certGeneric;
  packet.publicKeyAlgorithm = signer.algorithm;
  packet.hashAlgorithm = enums.hash.sha256;
  packet.rawNotations = [...notations(values), ...more];
  bend?.(packet);
  // a signing subkey has the same methods as a primary; only its type differs
  const key = Object.create(SecretKeyPacket.prototype, Object.getOwnPropertyDescriptors(signer));
  const config = { ...fullReadingConfig(), nonDeterministicSignaturesViaNotation: false };
  await packet.sign(key, { userID: user.userID, key: copy.keyPacket }, date, false, config);
  user.otherCertifications.push(packet);
  return { ...target, secret: await readPrivateKey({ binaryKey: copy.write() }) };
}

/** An introduction key without any certification yet. */
export const bareIntroduction = (address: string, profile: Profile = "compatible") =>
  generateKey("introduction", { address, profile, date: daysAgo(100) });

/** What the library's own check says: whether any certification by one of `issuers` counts as valid. */
export async function libraryAccepts(
  target: { readonly secret: PublicKey },
  issuers: readonly { readonly secret: PrivateKey }[] | undefined,
  date: Date = new Date(),
): Promise<boolean> {
  const key = await readKey({ binaryKey: publicBytes(target) });
  const keys =
    issuers === undefined
      ? undefined
      : await Promise.all(issuers.map((one) => readKey({ binaryKey: publicBytes(one) })));
  // QUIRK: the declaration wants keys; a look-up that failed gives undefined, and the library takes it
  const results: readonly { valid: boolean | null }[] = await Reflect.apply(key.verifyPrimaryUser, key, [
    keys,
    date,
  ]);
  return results.some(({ valid }) => valid === true);
}

export const fingerprintOf = (key: { readonly secret: PrivateKey }) =>
  parseFingerprint(key.secret.getFingerprint());

/** A list whose owner invites Bob. */
export async function makeInvitation(
  profile: Profile,
  kind: ListKeyKind = "pair",
): Promise<{ owner: OpeningKey<"member">; invitation: Invitation }> {
  const [owner, listKey, serverKey] = await Promise.all([
    person("olga@x.test", profile, "Olga"),
    generateListKey(kind, { address: team, profile }),
    generateKey("server", { address: team, profile }),
  ]);
  const joinBy = inTwoWeeks();
  const terms = { list: team, listKey: listKey.fingerprint, address: bobAddress, joinBy };
  const invitation: Invitation = {
    listAddress: team,
    listName: "Team \u8a08\u753b",
    requestAddress: requestAddress(team),
    mode: "key",
    delivery: "resealed",
    profile,
    listKey,
    server: sealingHalf(serverKey),
    owners: [sealingHalf(owner)],
    invitee: bobAddress,
    introduction: await makeIntroduction(owner, terms, profile),
    joinBy,
  };
  return { owner, invitation };
}
