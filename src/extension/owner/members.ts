import { parseAddress } from "../../mail/mailbox.js";
import { type RecordLink, ROSTER_PAGE, type RosterMember } from "../../membership/request/answer-result.js";
import type { MemberRole } from "../../membership/request/commands.js";
import { withChange } from "../../membership/roster/change.js";
import { NO_PREVIOUS } from "../../membership/roster/log.js";
import { checkRecord, type KnownRecord } from "../../membership/roster/record-check.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import type { RosterHead } from "../../protocol/message.js";
import { askStanding } from "../member/join.js";
import { AddonError, codeOf } from "../platform/errors.js";
import type { OwnedList, StoredMember } from "../records/owned-list.js";
import { changeOwned, loadOwned, ownedRecord } from "../records/owned-storage.js";
import type { StoredEpoch } from "../records/stored-epoch.js";
import type { AnswerResult, IncomingHandlers } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { forgetPending, pendingFor } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import type { FollowedRecord } from "../worker/owner-record.js";
import { isOwner } from "./notice-addressees.js";
import { askAsOwner, noteRefusal, raiseAlarm } from "./owner-requests.js";

/** Who is a member: asked of the server, and believed only as far as the record's signatures go. */

/** A question for the roster that was not answered for so long was lost. */
const ROSTER_LOST_MS = 10 * 60_000;

/** Asks for all members and the record's new entries, unless that is on its way. */
export async function askRoster(address: string): Promise<void> {
  if (!(await isAsked(address))) await askForAll(await loadOwned(address));
}

const askForAll = (list: OwnedList) => askAsOwner(list, { do: "roster", after: list.history.hashes.length });

/**
 * Asks for the record's new entries, and for the members around somebody, unless that is on its way. Of a list that fits into one answer
 * for all of them: of 100,000 those would be 200 answers each time that somebody comes or goes.
 * @param about whoever is spoken of; the owner if nobody is
 */
export async function askNews(address: string, about: string | null = null): Promise<void> {
  const list = await loadOwned(address);
  const { members, history } = list;
  // or one of whose members some have never come: an answer was lost in the middle
  const isWhole = members.length >= Object.keys(history.members).length;
  if (members.length < ROSTER_PAGE || !isWhole) return askRoster(address);
  if (!(await isAsked(address))) await askAround(list, about ?? list.ownerAddress);
}

async function isAsked(address: string): Promise<boolean> {
  const since = Date.now() - ROSTER_LOST_MS;
  const waiting = (await pendingFor(address)).filter(({ do: what }) => what === "roster");
  if (waiting.some(({ failure, askedAt }) => failure === null && Date.parse(askedAt) > since)) return true;
  // one that could not be sent keeps nobody from asking again: the right to send may have been given since
  for (const { id, failure } of waiting) if (failure !== null) await forgetPending(id);
  return false;
}

/** Asks for the page of members in which somebody is, or would be: {@link isForPart}. */
async function askAround(list: OwnedList, about: string): Promise<void> {
  const { members, history } = list;
  // the server's order: of octets, as is that of two texts of ASCII
  const before = members.filter(({ address }) => address < about).at(-1);
  const from = before === undefined ? {} : { from: parseAddress(before.address) };
  await askAsOwner(list, { do: "roster", after: history.hashes.length, ...from }, about);
}

/** Whether a question for the roster is for the members around somebody ({@link askNews}), and not for all of them. */
export const isForPart = ({ about }: PendingRequest): boolean => about !== null;

/** Takes somebody off the list. Both are named: an address may come to have another key. */
export async function removeFromList(list: string, address: string, fingerprint: string): Promise<void> {
  const command = {
    do: "remove",
    address: parseAddress(address),
    fingerprint: parseFingerprint(fingerprint),
  } as const;
  await askAsOwner(await loadOwned(list), command, command.address);
}

export async function changeRole(
  list: string,
  address: string,
  fingerprint: string,
  role: MemberRole,
): Promise<void> {
  const command = {
    do: "set-role",
    address: parseAddress(address),
    fingerprint: parseFingerprint(fingerprint),
    role,
  } as const;
  await askAsOwner(await loadOwned(list), command, command.address);
}

/**
 * Lets a server go on that was restored from a backup, if it has the newest entry that is known here: the owner's word that
 * the backup is not from before somebody's removal.
 */
export async function letServerResume(address: string): Promise<void> {
  const list = await loadOwned(address);
  const { hashes } = list.history;
  const hash = hashes.at(-1);
  if (hash === undefined) throw new AddonError("not-claimed", "no entry of the record is known here");
  await askAsOwner(list, { do: "resume-server", head: { number: hashes.length, hash } });
}

/** The head that an answer names; undefined for one that names none. */
export function headOf(result: AnswerResult): RosterHead | undefined {
  return "head" in result ? result.head : undefined;
}

/**
 * Holds what the server says about the record against what is known of it, for an owned list; for another, nothing. What
 * is newer than what is known is asked for: a report may have been lost, or kept back.
 * @param signedAt the date of the signature that names the head
 */
export async function noteHead(address: string, head: RosterHead, signedAt: Date): Promise<void> {
  const owned = (await ownedRecord.load()).lists[address];
  if (owned === undefined) return;
  const check = checkRecord(knownRecord(owned), { head, signedAt });
  await changeOwned(address, (list) => {
    const { heads, awaited } = checkRecord(knownRecord(list), { head, signedAt }).known;
    return { ...list, heads, awaited };
  });
  if (check.kind === "alarm") await raiseAlarm(address, alarmCodes[check.alarm.kind]);
  // with a locked key it is asked for when the page's button is pressed
  if (check.kind === "newer" && isOwner(owned)) await askNews(address).catch(() => undefined);
}

const alarmCodes = { forked: "roster-forked", behind: "roster-behind", missing: "roster-altered" } as const;

function knownRecord({ history, heads, awaited }: OwnedList): KnownRecord {
  return { hashes: history.hashes, commands: history.commands, heads, awaited };
}

/** An answer to a command that the roster shows: asks for it. */
export async function commandAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  date: Date,
): Promise<void> {
  if (result.kind === "refused") return noteRefusal(asked, result.code);
  const head = headOf(result);
  if (head !== undefined) await noteHead(asked.list, head, date);
  await askNews(asked.list, asked.about);
}

/** The members, and the record's entries after those known. */
export async function rosterAnswered(asked: PendingRequest, result: RosterAnswer, date: Date): Promise<void> {
  const list = await loadOwned(asked.list);
  const now = new Date().toISOString();
  // a page that overtook another brings what is known already
  const links = result.entries.filter(({ number }) => number > list.history.hashes.length);
  const isPart = isForPart(asked);
  let changed: readonly string[] = [];
  try {
    const { hashes, change, gone, resumed } = await followedFurther(list, links, now);
    for (const [address, member] of Object.entries(change.members)) {
      const before = list.history.members[parseAddress(address)];
      const known = before?.fingerprint === member?.fingerprint && before?.revoked;
      if (member?.revoked && !known) await raiseAlarm(list.address, "key-revoked", address);
    }
    for (const { by, address } of change.unsigned) {
      if (by === "unentitled") await raiseAlarm(list.address, "not-allowed", address ?? null);
    }
    const left = new Set(
      Object.entries(change.members).flatMap(([one, now_]) => (now_ === null ? [one] : [])),
    );
    changed = Object.keys(change.members).filter((one) => !left.has(one));
    await changeOwned(list.address, (before) => ({
      ...before,
      // another page with the same entries may have come first
      history: isSameLog(before, list) ? withChange(before.history, hashes, change) : before.history,
      epoch: afterEntries(before.epoch, gone, resumed),
      members: isPart
        ? withPart(
            before.members.filter(({ address }) => !left.has(address)),
            result,
          )
        : withPage(before.members, result),
      membersAt: now,
      held: result.status?.held ?? 0,
    }));
  } catch (error) {
    // who is an owner by the server's word alone may lack the owners who began the record, until a notice names them
    if (isOwner(list)) await raiseAlarm(list.address, codeOf(error, "roster-altered"));
    return;
  }
  await noteHead(list.address, result.head, date);
  const after = await loadOwned(list.address);
  const isRecordLonger = after.history.hashes.length < result.head.number && links.length > 0;
  if (isPart) return partAnswered(after, result, isRecordLonger, changed);
  if (result.next !== undefined || isRecordLonger) {
    // members that came are not asked for again because the record goes on
    const from = result.next ?? result.members.at(-1)?.address ?? result.from;
    const more = from === undefined ? {} : { from };
    await askAsOwner(after, { do: "roster", after: after.history.hashes.length, ...more });
    return;
  }
  for (const { address } of unexplained(after)) await raiseAlarm(list.address, "roster-altered", address);
}

const isSameLog = (one: OwnedList, other: OwnedList): boolean =>
  one.history.hashes.length === other.history.hashes.length &&
  one.history.hashes.at(-1) === other.history.hashes.at(-1);

/** What entries change in the own log. The worker keeps the log that it followed last; another one it is given first. */
async function followedFurther(
  list: OwnedList,
  links: readonly RecordLink[],
  now: string,
): Promise<FollowedRecord> {
  const { address, listKeyFingerprint, formerListKeys, owners, history } = list;
  const { hashes } = history;
  const newest = { number: hashes.length, hash: hashes.at(-1) ?? NO_PREVIOUS };
  const input = { list: { address, listKeyFingerprint, formerListKeys, owners }, newest, links, now };
  const first = await runJob("follow-record", input);
  if (first.kind === "followed") return first;
  await runJob("read-log", { address, history });
  const second = await runJob("follow-record", input);
  if (second.kind === "followed") return second;
  throw new AddonError("worker-failed", "the worker has lost the log");
}

/**
 * What is left to ask when the members around somebody have come: those around who else has come or changed. Once for all of them, or
 * where the record goes on: then they are many.
 */
async function partAnswered(
  list: OwnedList,
  result: RosterAnswer,
  isRecordLonger: boolean,
  changed: readonly string[],
): Promise<void> {
  const [first, ...others] = changed.filter((address) => !isIn(result, address));
  if (isRecordLonger || others.length > 0) {
    await askForAll(list);
    return;
  }
  if (first !== undefined) return askAround(list, first);
  for (const { address } of unexplained(list)) await raiseAlarm(list.address, "roster-altered", address);
}

/** Whether an address is where the members of an answer are, whoever has it. */
function isIn({ from, next, members }: RosterAnswer, address: string): boolean {
  const last = next === undefined ? undefined : members.at(-1)?.address;
  return (from === undefined || address > from) && (last === undefined || address <= last);
}

/**
 * @param gone    who had the list key, even if they came and went since the record was looked at last
 * @param resumed a server that was restored from a backup may have lost what was left with it: all of it is left there once more
 */
const afterEntries = (epoch: StoredEpoch, gone: readonly string[], resumed: boolean): StoredEpoch => ({
  ...epoch,
  holders: gone.length === 0 ? epoch.holders : [...new Set([...epoch.holders, ...gone])],
  run: resumed && epoch.run !== null ? { ...epoch.run, told: [] } : epoch.run,
});

type RosterAnswer = Extract<AnswerResult, { readonly kind: "roster" }>;

/** What is known of the members, with those of one place in their order: nobody is there but whom the answer has. */
function withPart(known: readonly StoredMember[], result: RosterAnswer): readonly StoredMember[] {
  const { from, members } = result;
  const others = known.filter(({ address }) => !isIn(result, address));
  const isBefore = ({ address }: StoredMember) => from !== undefined && address <= from;
  return [...others.filter(isBefore), ...members.map(kept), ...others.filter((one) => !isBefore(one))];
}

/** What is known of the members, with another page: the first takes the place of all that was known. */
function withPage(known: readonly StoredMember[], { members, from }: RosterAnswer): readonly StoredMember[] {
  const page = members.map(kept);
  if (from === undefined) return page;
  const named = new Set(page.map(({ address }) => address));
  return [...known.filter(({ address }) => !named.has(address)), ...page];
}

function kept(member: RosterMember): StoredMember {
  const { address, name, fingerprint, role, since, delivery, keyExpires, bounces } = member;
  return {
    address,
    name,
    fingerprint,
    role,
    since: since.toISOString(),
    delivery,
    keyExpires: keyExpires?.toISOString() ?? null,
    bounces,
  };
}

/** Members whom the server names and the record does not, or in another role. Attack: a server that invents a member. */
export function unexplained({ members, history }: OwnedList): readonly StoredMember[] {
  const logged = new Map<string, { readonly fingerprint: string; readonly role: string }>(
    Object.entries(history.members),
  );
  return members.filter(({ address, fingerprint, role }) => {
    const known = logged.get(address);
    return known?.fingerprint !== fingerprint || known.role !== role;
  });
}

/** What the server tells without being asked: somebody came or went, has another role, or used an invitation twice. */
export const takeReport: IncomingHandlers["report"] = async (address, report) => {
  const owned = (await ownedRecord.load()).lists[address];
  if (owned === undefined || !isOwner(owned)) {
    // one's own role, then: what it is now is asked for, since this is only what somebody commanded
    return report.event === "role" ? askStanding(address) : undefined;
  }
  if (report.event === "second-join") await raiseAlarm(address, "introduction-used");
  await askNews(address);
};
