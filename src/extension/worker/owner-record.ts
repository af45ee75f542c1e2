import { fromBase64, toBase64 } from "../../mail/base64.js";
import { line, objectOf } from "../../membership/file/declaration.js";
import { checked } from "../../membership/file/json-fields.js";
import type { ListForProof } from "../../membership/introduction/introduction.js";
import { openReceipt, receiptAuthor } from "../../membership/notice/owner-notice.js";
import type { RecordLink } from "../../membership/request/answer-result.js";
import type { NewsKind } from "../../membership/request/request.js";
import { type HistoryChange, HistoryIndex, together } from "../../membership/roster/change.js";
import { followEntries } from "../../membership/roster/history.js";
import { followChain } from "../../membership/roster/log.js";
import type { LoggedMember, RosterHistory } from "../../membership/roster/state.js";
import {
  allFingerprints,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  userIdOf,
  writeSealingKey,
} from "../../openpgp/keys.js";
import { readListOpener } from "../../openpgp/list-keys.js";
import { isSecret, profileOf } from "../../openpgp/secrets.js";
import type { RosterHead } from "../../protocol/message.js";
import { AddonError } from "../platform/errors.js";
import type { ListForWorker, OwnedList } from "../records/owned-list.js";
import { knownOwnedList } from "./owner-invite.js";

/** The owner's own log, and what is said to members by it. */

/** What is asked of an owned list to follow its record: not the log, which may have 100,000 members in it. */
export type FollowedList = Pick<OwnedList, "address" | "listKeyFingerprint" | "formerListKeys" | "owners">;

/** What entries that were followed change in the owner's own log, and what they say beside it. */
export interface FollowedRecord {
  readonly kind: "followed";
  /** Of the entries, after those that were known. */
  readonly hashes: readonly string[];
  readonly change: HistoryChange;
  /** Fingerprints of those who went with them and may have the list key: also of who came with them, whom no log before or after has. */
  readonly gone: readonly string[];
  /** Whether a server that was restored from a backup went on among them. */
  readonly resumed: boolean;
}

/** The log of a list that was followed last: who follows it further need not give it again. */
let followed: { readonly address: string; readonly log: HistoryIndex } | undefined;

/** Takes an owner's own log, to be followed further. */
export async function readLog({
  address,
  history,
}: {
  readonly address: string;
  readonly history: RosterHistory;
}): Promise<{ readonly kind: "taken" }> {
  followed = { address, log: new HistoryIndex(history) };
  return { kind: "taken" };
}

/**
 * What the entries that the server gave change in the owner's own log. Entry by entry, since an owner whom one of them makes may have
 * introduced the member of the next.
 * @param newest the newest entry of the log
 * @returns `log-needed` if another log is known here: it is to be given first ({@link readLog})
 * @throws ListSealError `roster-forked`, `roster-altered`
 */
export async function followRecord({
  list,
  newest,
  links,
  now,
}: {
  readonly list: FollowedList;
  readonly newest: RosterHead;
  readonly links: readonly RecordLink[];
  readonly now: string;
}): Promise<FollowedRecord | { readonly kind: "log-needed" }> {
  const before = followed;
  // one at a time, and never one that was followed in vain
  followed = undefined;
  if (before?.address !== list.address || !isSameEntry(before.log.newest, newest))
    return { kind: "log-needed" };
  const { log } = before;
  // all of the chain first: an entry in the middle that does not follow is no fork
  const hashes = await followChain(newest, links);
  const changes: HistoryChange[] = [];
  let gone: readonly string[] = [];
  let resumed = false;
  let known = await withOwnersOf(log.members(), await knownOwnedList(list));
  for (const link of links) {
    const next = await followEntries(log, [link], { list: known }, new Date(now));
    changes.push(next.change);
    known = await withOwnersOf(Object.values(next.change.members), known);
    const { do: what } = checkedEntry(link.entry);
    if (what === "resume-server") resumed = true;
    // whoever went before it never had that one
    if (what === "new-list-key") gone = [];
    if (what === "leave" || what === "remove") gone = [...gone, ...letInByOwners(next.gone)];
  }
  followed = before;
  return { kind: "followed", hashes, change: together(changes), gone, resumed };
}

const isSameEntry = (one: RosterHead, other: RosterHead): boolean =>
  one.number === other.number && one.hash === other.hash;

const letInByOwners = (members: readonly LoggedMember[]): readonly string[] =>
  members.filter(({ by }) => by !== "operator").map(({ fingerprint }) => fingerprint);

/** An entry that was followed. */
const checkedEntry = (entry: string) => checked(JSON.parse(entry), objectOf({ do: line(40) }), "damaged");

/** The list with those as owners, too, whom owners made owners. */
async function withOwnersOf(
  members: Iterable<LoggedMember | null>,
  known: ListForProof,
): Promise<ListForProof> {
  const owners = [...known.owners];
  for (const member of members) {
    if (member === null || member.role !== "owner" || member.by === "operator") continue;
    const { certificate, fingerprint } = member;
    if (certificate === undefined || owners.some((owner) => owner.fingerprint === fingerprint)) continue;
    owners.push(await parseSealingKey("member", certificate));
  }
  return owners.length === known.owners.length ? known : { ...known, owners };
}

/**
 * Who says that a notice has arrived. Nothing is verified yet: it is only whose certificate {@link readReceipt} needs.
 * @throws ListSealError what `receiptAuthor` throws
 */
export async function readReceiptAuthor({
  secret,
  sealed,
}: {
  readonly secret: string;
  readonly sealed: Uint8Array;
}): Promise<
  { readonly kind: "not-for-me" } | { readonly kind: "receipt"; readonly list: string; readonly by: string }
> {
  const author = await receiptAuthor(sealed, await readOpeningKey("member", fromBase64(secret)));
  return author === "not-for-me" ? { kind: author } : { kind: "receipt", ...author };
}

/**
 * A member's word that a notice has arrived.
 * @param certificate the member's, armored, by the owner's own log
 * @throws ListSealError what `openReceipt` throws
 */
export async function readReceipt({
  secret,
  certificate,
  sealed,
  now,
}: {
  readonly secret: string;
  readonly certificate: string;
  readonly sealed: Uint8Array;
  readonly now: string;
}): Promise<
  | { readonly kind: "not-for-me" }
  | { readonly kind: "receipt"; readonly by: string; readonly news: NewsKind; readonly serial: number }
> {
  const owner = await readOpeningKey("member", fromBase64(secret));
  const member = await parseSealingKey("member", certificate);
  const receipt = await openReceipt(sealed, owner, [member], new Date(now));
  if (receipt === "not-for-me") return { kind: "not-for-me" };
  const { by, news, serial } = receipt;
  return { kind: "receipt", by, news, serial };
}

/**
 * Another server key, as the server offers it: whether it can be this list's.
 * @returns `certificate` in base64
 * @throws ListSealError `wrong-list` (another profile, or made for another list), `wrong-role` (a key that is the list's,
 *   or an owner's), what `readSealingKey` throws
 */
export async function readServerOffer({
  list,
  armored,
  now,
}: {
  readonly list: ListForWorker;
  readonly armored: string;
  readonly now: string;
}): Promise<{ readonly certificate: string; readonly fingerprint: string }> {
  const server = await readSealingKey("server", armored, new Date(now));
  if (!userIdOf(server).endsWith(`<${list.address}>`) || profileOf(server) !== list.profile) {
    throw new AddonError("unfit-server-key", "a server key of another list");
  }
  const listKey = await readListOpener(fromBase64(list.listKey), list.profile);
  const keys = isSecret(listKey) ? [] : allFingerprints(listKey.secret);
  const others = [...keys, ...list.owners.map(({ fingerprint }) => fingerprint)];
  if (allFingerprints(server.certificate).some((one) => others.includes(one))) {
    throw new AddonError("unfit-server-key", "the server key is another's key");
  }
  return { certificate: toBase64(writeSealingKey(server)), fingerprint: server.fingerprint };
}
