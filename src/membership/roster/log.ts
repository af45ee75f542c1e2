/**
 * The record of who came and went: a hash chain, one a list. The server writes it, the owners check it.
 *
 * Every list signature names number and hash of the newest entry, so two owners who are shown different records, or a
 * removal that never appears, become visible. It proves authority and consistency; it does not prove delivery.
 *
 * An entry's hash is SHA-256 over UTF-8 text of four lines, each ended by LF except the last:
 *
 *     listseal-roster-entry
 *     <number, decimal, from 1>
 *     <hash of the entry before, 64 hex digits; zeros before the first>
 *     <the entry, JSON on one line>
 *
 * The entry says what was done (`do`), on whose word (`by`) and when (`at`, the server's clock). What somebody commanded
 * is there as it was signed:
 *
 *     {"do":"remove","by":"<signer's fingerprint>","at":"2026-08-01T12:00:00.000Z","command":"<base64>","signatures":"<base64>"}
 *
 * Without a signature are only the operator's own doings (`"by":"operator"`) and leaves by the link in a member's mail
 * (`"by":"link"`). Owners see which those are.
 */

import { toBase64 } from "../../mail/base64.js";
import { sha256 } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { RosterHead } from "../../protocol/message.js";
import type { Checked } from "../file/check.js";
import {
  base64To,
  canonicalAddress,
  isoInstant,
  line,
  objectOf,
  oneKindOf,
  wordOf,
} from "../file/declaration.js";
import { MembershipError } from "../file/errors.js";
import { MAX_CHAIN_BYTES } from "../introduction/introduction.js";
import type { RecordLink } from "../request/answer-result.js";
import { fingerprintText, listKeyIdText } from "../request/commands.js";
import { type Command, MAX_REQUEST_BYTES, memberRoles, type OpenedRequest } from "../request/request.js";

/** The hash that the first entry names as its predecessor's. */
export const NO_PREVIOUS = "0".repeat(64);

/** Commands that change the roster, and so stand in the record. */
export const recordedCommands = [
  "claim",
  "join",
  "enrol",
  "confirm",
  "leave",
  "remove",
  "withdraw",
  "renew",
  "revoke",
  "set-role",
  "new-list-key",
  "new-server-key",
  "resume-server",
] as const satisfies readonly Command["do"][];

/** An entry on somebody's signed word. Plain JSON. */
export interface SignedChange {
  readonly do: (typeof recordedCommands)[number];
  /** Primary fingerprint of the member key that signed; for `claim` and `join` the new member's. */
  readonly by: string;
  readonly at: string;
  /** The JSON as it was signed, base64. */
  readonly command: string;
  /** The signature packets, base64. */
  readonly signatures: string;
}

/** The text whose SHA-256 is the hash of an entry. */
export function hashedText(number: number, previous: string, entry: string): string {
  return `listseal-roster-entry\n${number}\n${previous}\n${entry}`;
}

/** The entry for a command that was carried out at `at`. @throws ListSealError `wrong-kind` for one that changes no roster */
export function signedChange({ request, signed }: OpenedRequest, by: string, at: Date): SignedChange {
  const name = recordedCommands.find((each) => each === request.command.do);
  if (name === undefined) throw new ProtocolError("wrong-kind", "the command does not belong in the record");
  return {
    do: name,
    by,
    at: at.toISOString(),
    command: toBase64(signed.bytes),
    signatures: toBase64(signed.signatures),
  };
}

/** An entry on somebody's signed word, as it is read. */
export const signedEntryDeclaration = objectOf({
  do: wordOf(...recordedCommands),
  by: fingerprintText,
  at: isoInstant,
  command: base64To(MAX_REQUEST_BYTES),
  signatures: base64To(MAX_REQUEST_BYTES),
});

const byOperator = { by: wordOf("operator"), at: isoInstant };

/**
 * Entries without a signature, as they are read. Whom the operator adds is there with their certificate, binary; servers
 * before 0.1 left it out.
 */
const unsignedEntries = {
  create: objectOf({ do: wordOf("create"), ...byOperator, list: canonicalAddress }),
  "list-key": objectOf({ do: wordOf("list-key"), ...byOperator, fingerprint: listKeyIdText }),
  policy: objectOf({ do: wordOf("policy"), ...byOperator, policy: wordOf("members", "moderated", "open") }),
  add: objectOf(
    { do: wordOf("add"), ...byOperator, address: canonicalAddress, fingerprint: fingerprintText },
    { certificate: base64To(MAX_CHAIN_BYTES) },
  ),
  remove: objectOf(
    { do: wordOf("remove"), by: wordOf("operator", "link"), at: isoInstant, address: canonicalAddress },
    { fingerprint: fingerprintText },
  ),
  role: objectOf({
    do: wordOf("role"),
    ...byOperator,
    address: canonicalAddress,
    role: wordOf(...memberRoles),
  }),
};
export const unsignedEntryDeclaration = oneKindOf("do", unsignedEntries);

/** Whether an unsigned entry of this kind is known here. */
export const isUnsignedKind = (name: string): boolean => Object.hasOwn(unsignedEntries, name);

/** What every entry without a signature says, also one of a later version. */
export const anyUnsignedEntry = objectOf(
  { do: line(40), by: wordOf("operator", "link"), at: isoInstant },
  { address: canonicalAddress },
);

/** An entry without a signature that is known here. */
export type UnsignedChange = Checked<typeof unsignedEntryDeclaration>;

/**
 * Checks that `links`, in order, go on from what is known.
 *
 * @param newest the last entry known so far; number 0 and {@link NO_PREVIOUS} if there is none
 * @returns the hashes of `links`
 * @throws ListSealError `roster-forked` if they begin after another entry than the one known here; `roster-altered` if
 *   one is missing, out of order, or its hash is not its own
 */
export async function followChain(
  newest: RosterHead,
  links: readonly RecordLink[],
): Promise<readonly string[]> {
  const hashes: string[] = [];
  for (const [index, link] of links.entries()) {
    if (link.number !== newest.number + hashes.length + 1) {
      throw new MembershipError("roster-altered", "an entry is missing");
    }
    if (link.previous !== (hashes.at(-1) ?? newest.hash)) {
      throw index === 0
        ? new MembershipError("roster-forked", "the first new entry does not follow the last one known")
        : new MembershipError("roster-altered", "an entry names another one before it");
    }
    const text = hashedText(link.number, link.previous, link.entry);
    if ((await sha256(new TextEncoder().encode(text))) !== link.hash) {
      throw new MembershipError("roster-altered", "an entry's hash is not its own");
    }
    hashes.push(link.hash);
  }
  return hashes;
}

/** How a head that a list signature or an answer names stands to the record known here. */
export type HeadComparison =
  /** An entry that is known here. `entriesSince`: how many came after it. */
  | { readonly kind: "known"; readonly entriesSince: number }
  /** There is more to fetch. */
  | { readonly kind: "newer" }
  /** Another entry under that number: somebody is shown another record. An alarm. */
  | { readonly kind: "forked" };

/** Compares a head with the record known here. */
export function standingOf(hashes: readonly string[], head: RosterHead): HeadComparison {
  if (head.number > hashes.length) return { kind: "newer" };
  return hashes[head.number - 1] === head.hash
    ? { kind: "known", entriesSince: hashes.length - head.number }
    : { kind: "forked" };
}

/**
 * Throws unless a server's own head is at least what is known here: for an owner who fetches the record.
 * @throws ListSealError `roster-behind` (an old backup, or something was taken out), `roster-forked`
 */
export function assertNotBehind(hashes: readonly string[], head: RosterHead): void {
  const standing = standingOf(hashes, head);
  if (standing.kind === "forked") throw new MembershipError("roster-forked", "the record is another one");
  if (standing.kind === "known" && standing.entriesSince > 0) {
    throw new MembershipError("roster-behind", "the server's record ends before the one known here");
  }
}
