import { type Address, parseAddress } from "../../mail/mailbox.js";
import {
  type AuthorEvidence,
  checkIntroduction,
  type ListForProof,
} from "../../membership/introduction/introduction.js";
import {
  type AuthorVerdict,
  isRevoked,
  noPins,
  noteRevoked,
  type Pins,
} from "../../membership/introduction/pins.js";
import { parseListKeyId } from "../../openpgp/list-keys.js";
import type { StoredList } from "../records/stored.js";
import type { AuthorTrust } from "./jobs.js";
import { memberCertificate } from "./read-keys.js";

/**
 * The list as the checks of introductions want it. Owners come from the invitation and from notices, never from a mail;
 * those of former times stay: whom they introduced stays introduced.
 */
export async function asKnownList(list: StoredList): Promise<ListForProof> {
  const owners = list.owners.map(({ certificate }) => memberCertificate(certificate));
  return {
    address: parseAddress(list.address),
    fingerprints: [list.listKeyFingerprint, ...list.formerListKeys.map(({ fingerprint }) => fingerprint)].map(
      parseListKeyId,
    ),
    owners: await Promise.all(owners),
  };
}

/** The verdict of `membership` in one word. Pure; every verdict has its word. */
export function wordFor(verdict: AuthorVerdict): AuthorTrust {
  switch (verdict.kind) {
    case "owner":
    case "introduced":
    case "changed":
    case "refused":
      return verdict.kind;
    case "known":
      return verdict.how;
    case "new-not-introduced":
      return verdict.before === "same-key" ? "known" : "new";
    case "re-introduced":
      return "reintroduced";
  }
}

/** A verified letter, as its author is judged by. */
export interface VerifiedLetter extends AuthorEvidence {
  readonly from: Address;
  /** When somebody else than its author saw it: the date of the list signature, or now. */
  readonly seenAt: Date;
  /** Since when the certificate that came along is revoked; undefined if it is not. */
  readonly revokedSince: Date | undefined;
}

/**
 * Who the author of a verified letter is to this reader, and what is remembered from now on.
 * @param own fingerprints of the member keys that are here
 */
export async function trustOf(
  evidence: VerifiedLetter,
  list: StoredList,
  own: readonly string[],
  before: Pins | undefined,
  now: Date,
): Promise<{ readonly standing: AuthorTrust; readonly pins: Pins }> {
  const { signer, seenAt, revokedSince } = evidence;
  const known = before ?? noPins;
  const pins = revokedSince === undefined ? known : noteRevoked(known, signer, revokedSince);
  // attack: whoever stole a key writes on with it, and dates what they write back
  if (isRevoked(pins, signer, seenAt)) return { standing: "revoked", pins };
  if (own.includes(signer)) return { standing: "you", pins };
  const judgement = await checkIntroduction(evidence, await asKnownList(list), pins, now);
  const word = wordFor(judgement.verdict);
  // who was an owner once is somebody whom one knows, and speaks for the list no more
  const former = list.owners.some(({ fingerprint, to }) => fingerprint === evidence.signer && to !== null);
  return { standing: word === "owner" && former ? "known" : word, pins: judgement.pins };
}
