/**
 * Introductions: how members know members without trusting the server.
 *
 * For each invitation an owner makes an introduction: a one-time OpenPGP key with the one User ID `<address>`, which the
 * owner's primary key certifies for one list, one list key and one address. Its secret travels in the invitation only.
 * The invitee certifies their member key with it. owner -> introduction -> member: any reader checks the chain offline,
 * and a server can't make one.
 *
 * The chain says "an owner once invited this address", never "is a member now": that is what the list signature says.
 * So nothing here expires, and readers rely on no date of a chain but its order.
 *
 * `introduction` notation: `list-address SP list-key-fingerprint SP address`, on both certifications.
 * `join-by` notation, on the owner's: the day after which the server takes no join, e.g. `2026-08-01T00:00:00Z`.
 */
import { type Address, isAddress } from "../../mail/mailbox.js";
import {
  certify,
  hasOwnUserId,
  onlyUserId,
  userIdFor,
  verifyCertification,
  withUserId,
} from "../../openpgp/certification.js";
import { ProtocolError } from "../../openpgp/errors.js";
import {
  assertHeldAt,
  assertPrimaryKeyGood,
  type Certificate,
  type Fingerprint,
  fingerprintOfCertificate,
  generateKey,
  type OpeningKey,
  type Profile,
  readOneCertificate,
  type SealingKey,
  sealingHalf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import type { ListKeyId } from "../../openpgp/list-keys.js";
import { assertFewPackets } from "../../openpgp/packets.js";
import { assertNotFuture, assertSize } from "../../openpgp/policy.js";
import { hasRevocation } from "../../openpgp/revocation.js";
import { listValue, notations, readNotations } from "../../protocol/binding.js";
import { formatDate, parseDate } from "../file/declaration.js";
import { MembershipError, type RefusalCode, refusalOf } from "../file/errors.js";
import { judge, type PinDecision, type Pins, type Proof, pinOwner, type Step } from "./pins.js";

/**
 * An author's certificate and introduction together. An honest pair has about 2 kB; a certificate can be made of any
 * size, and each signature on it costs its readers time.
 */
export const MAX_CHAIN_BYTES = 16 * 1024;

/** Packets of an introduction: a key, its User ID, a subkey and their signatures. Stops hundreds of signatures in those octets. */
const MAX_INTRODUCTION_PACKETS = 16;

/** A list as its members know it from their invitation and from owners' notices, never from a mail. */
export interface ListForProof {
  readonly address: Address;
  /** Ids of the list key and of those before it: an introduction names the one of its day. */
  readonly fingerprints: readonly ListKeyId[];
  readonly owners: readonly SealingKey<"member">[];
}

/** What an owner certifies. */
export interface IntroductionTerms {
  readonly list: Address;
  /** The list key's id at the time. */
  readonly listKey: ListKeyId;
  /** The one address that the introduction is for. */
  readonly address: Address;
  /** Until when the server takes the join; whole seconds. */
  readonly joinBy: Date;
}

function introductionValue(terms: Omit<IntroductionTerms, "joinBy">): string {
  return `${listValue(terms.list, terms.listKey)} ${terms.address}`;
}

/** @throws ListSealError `wrong-address` for a key that does not have exactly one User ID for the address */
function addressed<T>(result: T | "no-such-user-id"): T {
  if (result === "no-such-user-id")
    throw new MembershipError("wrong-address", "not exactly one User ID for the address");
  return result;
}

function later(a: Date, b: Date): Date {
  return a > b ? a : b;
}

/**
 * Makes an introduction: a fresh key for the invitee's address, certified by the owner.
 *
 * @param owner must be unlocked; its primary key signs
 * @param date  the owner's now
 * @throws ListSealError `key-locked`
 */
export async function makeIntroduction(
  owner: OpeningKey<"member">,
  terms: IntroductionTerms,
  profile: Profile,
  date: Date = new Date(),
): Promise<OpeningKey<"introduction">> {
  const key = await generateKey("introduction", { address: terms.address, profile, date });
  const said = notations({
    kind: "introduction",
    introduction: introductionValue(terms),
    "join-by": formatDate(terms.joinBy),
  });
  return addressed(await certify(key, terms.address, owner, said, date));
}

/**
 * The invitee's part: certifies the member key with the introduction, under the User ID `<address>`, which is added to
 * the key if it isn't there.
 *
 * The caller stores the returned key in place of the old one, sends its certificate with every post, and deletes the
 * introduction's secret once the join is confirmed.
 *
 * @param introduction from the invitation, certified by one of the list's owners
 * @param date         the invitee's now; the certification gets the introduction's date if this clock is behind it
 * @throws ListSealError `key-locked` if the member key is locked; what {@link readIntroduction} throws
 */
export async function certifyMember(
  introduction: OpeningKey<"introduction">,
  member: OpeningKey<"member">,
  list: ListForProof,
  date: Date = new Date(),
): Promise<OpeningKey<"member">> {
  const proven = await readIntroduction(writeSealingKey(sealingHalf(introduction)), list, date);
  const named = await withUserId(member, proven.address, date);
  const said = notations({ kind: "member", introduction: introductionValue(proven) });
  const certifiedAt = later(date, proven.introducedAt);
  return addressed(await certify(named, proven.address, introduction, said, certifiedAt));
}

/** An introduction that an owner of the list really made. */
export interface ProvenIntroduction extends IntroductionTerms {
  readonly fingerprint: Fingerprint;
  /** The introduction's certificate, fresh from its bytes. */
  readonly certificate: Certificate;
  readonly by: Fingerprint;
  readonly introducedAt: Date;
}

/** The address of the one User ID, `<address>` in canonical form and nothing else; never parsed as a mailbox. */
function onlyAddress(certificate: Certificate): Address {
  const text = onlyUserId(certificate) ?? "";
  const address = text.slice(1, -1);
  if (!isAddress(address) || userIdFor(address) !== text) {
    throw new ProtocolError("wrong-role", "an introduction has one User ID, an address in angle brackets");
  }
  return address;
}

/** The list key that `value` names, among those that the list has had. */
function namedListKey(value: string, list: ListForProof, address: Address): ListKeyId {
  const listKey = list.fingerprints.find(
    (fingerprint) => introductionValue({ list: list.address, listKey: fingerprint, address }) === value,
  );
  if (listKey === undefined) throw new ProtocolError("wrong-list", "for another list, list key or address");
  return listKey;
}

/**
 * Step 4: what an introduction's bytes have to be, before any signature is looked at.
 * @throws ListSealError `key-damaged`, `wrong-role`, `key-revoked`
 */
async function parseIntroduction(
  bytes: Uint8Array,
  list: ListForProof,
): Promise<{ certificate: Certificate; address: Address }> {
  assertFewPackets(bytes, MAX_INTRODUCTION_PACKETS);
  const certificate = await readOneCertificate(bytes);
  if (list.owners.some((owner) => owner.fingerprint === fingerprintOfCertificate(certificate))) {
    throw new ProtocolError("wrong-role", "an owner's key is never an introduction");
  }
  if (hasRevocation(certificate)) {
    throw new ProtocolError("key-revoked", "the introduction is revoked");
  }
  return { certificate, address: onlyAddress(certificate) };
}

/** Step 5: exactly one certification by an owner, with the exact notations, by a key that the owner still had then. */
async function proveIntroduction(
  { certificate, address }: { certificate: Certificate; address: Address },
  list: ListForProof,
  now: Date,
): Promise<ProvenIntroduction> {
  const owners = list.owners.map((owner) => owner.certificate);
  const certification = addressed(await verifyCertification(certificate, address, owners, now));
  const { issuer, certifiedAt } = certification;
  const said = readNotations(certification.notations, "introduction", ["introduction", "join-by"]);
  const joinBy = parseDate(said["join-by"]);
  if (joinBy === undefined) throw new ProtocolError("binding-mismatch", "join-by is no date");
  await assertHeldAt(issuer, certifiedAt);
  return {
    list: list.address,
    listKey: namedListKey(said.introduction, list, address),
    address,
    joinBy,
    fingerprint: fingerprintOfCertificate(certificate),
    certificate,
    by: fingerprintOfCertificate(issuer),
    introducedAt: certifiedAt,
  };
}

/**
 * Reads an introduction and proves that an owner of the list made it (steps 4 and 5). Whether it may still be used is
 * not said here: the server keeps join-by, and which introductions are used or burnt.
 *
 * @param bytes the introduction's certificate, binary
 * @throws ListSealError `key-damaged`, `wrong-role`, `wrong-list`, `key-revoked`, `key-expired`, or what
 *   `verifyCertification` and `readNotations` throw
 */
export async function readIntroduction(
  bytes: Uint8Array,
  list: ListForProof,
  now: Date,
): Promise<ProvenIntroduction> {
  assertSize(bytes, MAX_CHAIN_BYTES, "the introduction");
  return proveIntroduction(await parseIntroduction(bytes, list), list, now);
}

/**
 * Proves that the introduction let this member key in (step 6): exactly one certification by its primary key on the same
 * User ID, with the same notation, not older than the owner's. The User ID must be the member's own, self-certified:
 * otherwise the holder of an introduction could put another person's key under their address.
 *
 * @throws ListSealError as {@link readIntroduction}
 */
export async function assertIntroduced(
  member: Certificate,
  introduction: ProvenIntroduction,
  now: Date,
): Promise<void> {
  const { address } = introduction;
  if (fingerprintOfCertificate(member) === introduction.fingerprint) {
    throw new ProtocolError("wrong-role", "a member key is never an introduction");
  }
  const certification = addressed(
    await verifyCertification(member, address, [introduction.certificate], now),
  );
  const said = readNotations(certification.notations, "member", ["introduction"]);
  if (said.introduction !== introductionValue(introduction)) {
    throw new ProtocolError("wrong-list", "for another list, list key or address");
  }
  if (certification.certifiedAt < introduction.introducedAt) {
    throw new ProtocolError("binding-mismatch", "older than its introduction");
  }
  if (!(await hasOwnUserId(member, (text) => text === userIdFor(address), now)))
    throw new ProtocolError("bad-signature", "the User ID is not the member's own");
}

/** What a mail brings about its author, once its inner signature has verified. */
export interface AuthorEvidence {
  /** Primary fingerprint of the certificate whose inner signature verified. */
  readonly signer: Fingerprint;
  readonly signedAt: Date;
  /** The address of the protected From. */
  readonly from: Address;
  /** The author's certificate as the payload carries it, binary. */
  readonly certificate: Uint8Array;
  /** The introduction as the payload carries it, binary; absent for owners and for members without one. */
  readonly introduction?: Uint8Array;
}

/** Whether one of the User IDs that the certificate itself certifies is this address, with a name before it or without. */
function names(certificate: Certificate, address: Address, now: Date): Promise<boolean> {
  const matches = (userId: string) => {
    const text = userId.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    const bracketed = text.indexOf("<") === text.lastIndexOf("<") && text.endsWith(` ${userIdFor(address)}`);
    return text === address || text === userIdFor(address) || bracketed;
  };
  return hasOwnUserId(certificate, matches, now);
}

/** A step of the check that failed. Never leaves this file: a failed proof is a value. */
class StepFailed extends Error {
  readonly step: Step;
  readonly code: RefusalCode;

  constructor(step: Step, cause: unknown) {
    super(step);
    this.step = step;
    this.code = refusalOf(cause, "damaged");
  }
}

async function at<T>(step: Step, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (cause) {
    throw new StepFailed(step, cause);
  }
}

/** Steps 1 to 7 in their order; throws `StepFailed`. Step 2 is the parameter `list`: nothing in it comes from the mail. */
async function climb(evidence: AuthorEvidence, list: ListForProof, now: Date): Promise<Proof> {
  const { signer, signedAt, from, introduction } = evidence;
  const member = await at("size", async () => {
    const bytes = evidence.certificate.length + (introduction?.length ?? 0);
    if (bytes > MAX_CHAIN_BYTES)
      throw new ProtocolError("too-large", "certificate and introduction are too large");
    return readOneCertificate(evidence.certificate);
  });
  await at("signer", async () => {
    if (fingerprintOfCertificate(member) !== signer)
      throw new ProtocolError("wrong-author", "another key signed");
    assertNotFuture(signedAt, now);
    await assertPrimaryKeyGood(member, signedAt);
  });
  const owner = list.owners.find((one) => one.fingerprint === signer);
  if (owner !== undefined && (await names(owner.certificate, from, now))) {
    // the owner's own revocation, known here, may have been left out of what the mail brings
    await at("signer", () => assertHeldAt(owner.certificate, signedAt));
    return { kind: "owner" };
  }
  if (introduction === undefined) return { kind: "absent" };
  const parsed = await at("introduction", () => parseIntroduction(introduction, list));
  const proven = await at("owner-certification", () => proveIntroduction(parsed, list, now));
  await at("member-certification", () => assertIntroduced(member, proven, now));
  await at("from", () => {
    if (proven.address !== from)
      throw new ProtocolError("wrong-author", "From is not the introduced address");
  });
  return {
    kind: "introduced",
    introduction: proven.fingerprint,
    by: proven.by,
    introducedAt: proven.introducedAt,
  };
}

/** Steps 1 to 7: what the mail proves of its author, without any memory. Offline; never throws for what a mail contains. */
export async function proveAuthor(evidence: AuthorEvidence, list: ListForProof, now: Date): Promise<Proof> {
  try {
    return await climb(evidence, list, now);
  } catch (thrown) {
    if (thrown instanceof StepFailed) return { kind: "failed", step: thrown.step, code: thrown.code };
    throw thrown;
  }
}

/**
 * The whole check of an author, in its nine steps:
 * 1. at most 16 kB, exactly one member certificate, at most one introduction;
 * 2. owners and list come from the invitation or a later notice (`list`), never from the mail;
 * 3. the inner signature is by that member certificate, valid at its date, not from the future;
 * 4. an owner under an address of theirs: done. Else the introduction has one User ID, a canonical address as bytes;
 * 5. exactly one unrevoked certification on it by an owner's primary key, with the exact notations;
 * 6. exactly one by the introduction's primary key on the same User ID of the member, same notation, not older than 5;
 * 7. that address is the protected From;
 * 8. the introduction has not been seen with another member key;
 * 9. the pin.
 * The depth is exactly two: a member or owner key is never an introduction.
 *
 * The caller must have verified the inner signature, shows the verdict with the mail, and stores the pins.
 */
export async function checkIntroduction(
  evidence: AuthorEvidence,
  list: ListForProof,
  pins: Pins,
  now: Date = new Date(),
): Promise<PinDecision> {
  const proof = await proveAuthor(evidence, list, now);
  const address = evidence.from;
  let known = pins;
  for (const owner of list.owners) {
    if (await names(owner.certificate, address, now))
      known = pinOwner(known, { address, key: owner.fingerprint });
  }
  return judge(known, { address, key: evidence.signer }, proof);
}
