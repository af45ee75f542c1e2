import { parseAddress } from "../../mail/mailbox.js";
import type { CommandName } from "../../membership/request/command-names.js";
import type { NewsKind } from "../../membership/request/commands.js";
import { invitationStanding, type LoggedMember } from "../../membership/roster/state.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { type ListKeyKind, listKeyKindOf } from "../../openpgp/list-keys.js";
import type { ErrorCode } from "../platform/errors.js";
import type { OwnedList, StoredInvitation, StoredMember, StoredNotice } from "../records/owned-list.js";
import type { EpochReason } from "../records/stored-epoch.js";
import type { PendingRequest } from "../requests/pending.js";
import { dueKey, hoursExposed, makesKeysItself, mayBeStopped } from "./epoch-state.js";
import { addressees, isOwner, isReader, ownersUntold, untold } from "./notice-addressees.js";

/** An owned list as its page shows it. Pure, and nothing secret in it. */

/** A request of this list's that waits for its answer. */
export interface WaitingView {
  readonly id: string;
  readonly what: CommandName;
  readonly about: string | null;
  readonly askedAt: string;
  readonly sending: PendingRequest["sending"];
  readonly failure: ErrorCode | null;
}

/**
 * On whose word somebody is a member: `owner`, by the owner's own log of signed commands; `operator`, by the operator's
 * alone; `server`, by nobody's: the server names them, and the record does not. That is an alarm.
 */
export type MembershipSource = "owner" | "operator" | "server";

export interface MemberView extends StoredMember {
  readonly you: boolean;
  readonly word: MembershipSource;
  /** Whether the record has what an owner needs to confirm them. */
  readonly confirmable: boolean;
  /** Whether they have revoked their key: they get nothing and post nothing until they are invited again. */
  readonly revoked: boolean;
  /** What was asked about them, and waits for the server. */
  readonly waiting: "remove" | "set-role" | null;
}

export type InvitationState = "open" | "withdrawing" | "withdrawn" | "used" | "expired";

export interface InvitationView {
  readonly introduction: string;
  readonly address: string;
  readonly name: string | null;
  readonly fileName: string;
  readonly madeAt: string;
  readonly mailedAt: string | null;
  readonly joinBy: string;
  readonly state: InvitationState;
  /** Whether its file can still be saved: it is forgotten when Thunderbird ends. */
  readonly fileHere: boolean;
  readonly isMember: boolean;
}

/** What a page wants to see of a list's members: all 100,000 in one message would be 40 MB with each change. */
export interface PageWish {
  /** What the owner searches for, in names and addresses; empty for everybody. */
  readonly wanted: string;
  /** How many rows there are to be. */
  readonly rows: number;
  /** Fingerprints of those whom the page saw leave: whether they are gone. */
  readonly leaving: readonly string[];
}

const everybody: PageWish = { wanted: "", rows: Number.MAX_SAFE_INTEGER, leaving: [] };

/** Addresses that a sentence names: the first of them, and how many there are. */
export interface NamedAddresses {
  readonly count: number;
  readonly first: readonly string[];
}

/** Addresses in a sentence: those of a list of thousands would fill the page. */
const MOST_NAMED = 10;

const namesOf = (addresses: readonly string[]): NamedAddresses => ({
  count: addresses.length,
  first: addresses.slice(0, MOST_NAMED),
});

/** Members among whom one is chosen, or who are confirmed together: a page with all of 100,000 stands still. */
const MOST_OFFERED = 1_000;

export interface NoticeView {
  readonly news: NewsKind;
  readonly serial: number;
  readonly at: string;
  readonly graceEnds: string | null;
  /** Whom it was for: how many have confirmed it, of how many, and who has not. */
  readonly confirmed: number;
  readonly of: number;
  readonly missing: NamedAddresses;
}

export interface OwnedView {
  readonly address: string;
  readonly name: string;
  readonly mode: OwnedList["mode"];
  readonly delivery: OwnedList["delivery"];
  readonly profile: OwnedList["profile"];
  readonly ownerAddress: string;
  readonly listFingerprint: string;
  readonly listKey: ListKeyKind;
  readonly serverFingerprint: string;
  /** `appointed`: made an owner, and the record that proves it is not here yet. */
  readonly claim: "waiting" | "confirmed" | "appointed" | "ended" | { readonly refused: ErrorCode };
  readonly memberCount: number;
  /** Those who are searched for: how many, and as many as there are to be rows. */
  readonly found: number;
  readonly members: readonly MemberView[];
  /** Of those whom the page saw leave: who is gone. */
  readonly gone: readonly string[];
  /** Whom the operator added alone: how many, and the first of them. */
  readonly confirmable: { readonly count: number; readonly members: readonly MemberView[] };
  /** Whom a list key file can be made for; of more than can be chosen from, nobody. */
  readonly reached: { readonly count: number; readonly members: readonly MemberView[] };
  readonly membersAt: string | null;
  readonly held: number;
  readonly invitations: readonly InvitationView[];
  readonly waiting: readonly WaitingView[];
  readonly refusals: OwnedList["refusals"];
  readonly alarms: OwnedList["alarms"];
  /** Whom a new list key would go to beside the owner, and whom not: those who are in by the operator's word alone. */
  readonly newKey: { readonly to: NamedAddresses; readonly notTo: NamedAddresses };
  readonly rekeying: { readonly stage: "asked" | "agreed" } | null;
  /** Another server key, to be compared with the operator. */
  readonly serverMove: {
    readonly fingerprint: string;
    readonly stage: "offered" | "asked" | "agreed";
  } | null;
  /** A notice of which the server has not taken all copies yet. */
  readonly telling: {
    readonly news: NewsKind;
    readonly told: number;
    readonly of: number;
    /** Whether the server was asked, and has not answered. */
    readonly waiting: boolean;
  } | null;
  /** The last of each kind: older ones are overtaken by it. */
  readonly notices: readonly NoticeView[];
  /** Whether the owners of today are others than the members were told. */
  readonly ownersUntold: boolean;
  readonly epoch: EpochView;
}

/** Since when and why the list has its key, and when it gets another. */
export interface EpochView {
  readonly since: string | null;
  readonly why: EpochReason;
  /** Whether the add-on makes new list keys by itself. */
  readonly itself: boolean;
  readonly days: number;
  /** Why there is to be another, and since when; null while there is not. */
  readonly due: { readonly why: EpochReason; readonly since: string } | null;
  /** What a server and somebody who has gone can read together at most, in hours; null while nobody who had the key has gone. */
  readonly exposedHours: number | null;
  /** Addresses of members who have not confirmed the list key of today. */
  readonly unconfirmed: NamedAddresses;
  /** One that is being left with the server: for how many of the members it is made. */
  readonly run: {
    readonly made: number;
    readonly of: number;
    readonly mayBeStopped: boolean;
    /** Whether it is begun again by itself, should it be stopped. */
    readonly comesAgain: boolean;
  } | null;
}

/** Gives a member as the page shows them. Nothing is looked for among all members: a list may have 100,000. */
function memberViewer(list: OwnedList, own: readonly PendingRequest[]): (member: StoredMember) => MemberView {
  const { history, ownerKey } = list;
  const waiting = new Map<string | null, "remove" | "set-role">();
  for (const what of ["set-role", "remove"] as const)
    for (const request of own) if (request.do === what) waiting.set(request.about, what);
  return (member) => {
    const { address, fingerprint } = member;
    const entry = entryOf(history, address);
    return {
      ...member,
      you: fingerprint === ownerKey,
      word: wordFor(entry, fingerprint),
      revoked: entry?.fingerprint === fingerprint && entry.revoked === true,
      confirmable: isConfirmable(entry),
      waiting: waiting.get(address) ?? null,
    };
  };
}

/** The own log's entry under an address that the server names: it may be no address at all. */
function entryOf({ members }: OwnedList["history"], address: string): LoggedMember | undefined {
  const byName: Readonly<Record<string, LoggedMember>> = members;
  return Object.hasOwn(byName, address) ? byName[address] : undefined;
}

const isConfirmable = (entry: LoggedMember | undefined): boolean =>
  entry?.by === "operator" && entry.certificate !== undefined;

const folded = (text: string): string => text.normalize("NFKC").toLowerCase();

/** Members whose name or address has the words in it. */
function search(members: readonly StoredMember[], wanted: string): readonly StoredMember[] {
  const words = folded(wanted.trim());
  return words === ""
    ? members
    : members.filter(({ name, address }) => folded(`${name} ${address}`).includes(words));
}

type MembersPart = Pick<OwnedView, "memberCount" | "found" | "members" | "gone" | "confirmable" | "reached">;

function membersOf(
  list: OwnedList,
  own: readonly PendingRequest[],
  { wanted, rows, leaving }: PageWish,
): MembersPart {
  const { members, history, ownerKey } = list;
  const shown = memberViewer(list, own);
  const found = search(members, wanted);
  const here = new Set(leaving.length === 0 ? [] : members.map(({ fingerprint }) => fingerprint));
  const confirmable: StoredMember[] = [];
  const reached: StoredMember[] = [];
  for (const member of members) {
    const entry = entryOf(history, member.address);
    if (isConfirmable(entry)) confirmable.push(member);
    if (member.fingerprint !== ownerKey && wordFor(entry, member.fingerprint) === "owner")
      reached.push(member);
  }
  return {
    memberCount: members.length,
    found: found.length,
    members: found.slice(0, rows).map(shown),
    gone: leaving.filter((fingerprint) => !here.has(fingerprint)),
    confirmable: { count: confirmable.length, members: confirmable.slice(0, MOST_OFFERED).map(shown) },
    reached: { count: reached.length, members: reached.length > MOST_OFFERED ? [] : reached.map(shown) },
  };
}

function wordFor(entry: LoggedMember | undefined, fingerprint: string): MembershipSource {
  if (entry?.fingerprint !== fingerprint) return "server";
  return entry.by === "operator" ? "operator" : "owner";
}

/** By the record; and, before it shows there, by the server's answer to a withdrawal. */
function stateOf(
  invitation: StoredInvitation,
  { history }: OwnedList,
  withdrawing: boolean,
  now: Date,
): InvitationState {
  const { introduction, address, madeAt, joinBy, withdrawnAt } = invitation;
  const issued = {
    introduction: parseFingerprint(introduction),
    address: parseAddress(address),
    introducedAt: madeAt,
    joinBy,
  };
  const standing = invitationStanding(issued, history, now);
  if (standing === "used") return standing;
  if (withdrawnAt !== null) return "withdrawn";
  if (standing !== "pending") return standing;
  return withdrawing ? "withdrawing" : "open";
}

function readersOfNewKey({ history, ownerAddress }: OwnedList): OwnedView["newKey"] {
  const members: Readonly<Record<string, LoggedMember>> = history.members;
  const [to, notTo]: [string[], string[]] = [[], []];
  for (const address of Object.keys(members)) {
    const member = members[address];
    if (member === undefined) continue;
    if (!isReader(member)) notTo.push(address);
    else if (address !== ownerAddress) to.push(address);
  }
  return { to: namesOf(to), notTo: namesOf(notTo) };
}

/** A new list key on its way; null also if what was asked for it was forgotten: then it can be begun again. */
function rekeyingOf({ rekeying }: OwnedList, own: readonly PendingRequest[]): OwnedView["rekeying"] {
  if (rekeying === null) return null;
  const forgotten = rekeying.stage === "asked" && !own.some(({ do: what }) => what === "new-list-key");
  return forgotten ? null : { stage: rekeying.stage };
}

function tellingOf(list: OwnedList, own: readonly PendingRequest[]): OwnedView["telling"] {
  const { telling } = list;
  if (telling === null) return null;
  const told = telling.told.length;
  const of = told + untold(list, telling).length;
  return {
    news: telling.tidings.news,
    told,
    of,
    waiting: own.some(({ id }) => id === telling.asked?.request),
  };
}

function epochOf(list: OwnedList, now: Date, atWork: number): EpochView {
  const { since, why, days, run } = list.epoch;
  const left = run === null ? 0 : untold(list, { told: run.told, only: null }).length;
  const due = dueKey(list, now);
  return {
    ...{ since, why, days, itself: makesKeysItself(list), due },
    // nobody has gone because a key is old
    exposedHours: due === null || due.why === "age" ? null : hoursExposed(due, now),
    unconfirmed: unconfirmedOf(list),
    run: run && {
      made: run.told.length + atWork,
      of: run.told.length + left,
      mayBeStopped: mayBeStopped(run),
      comesAgain: run.why !== "other" && makesKeysItself(list),
    },
  };
}

function unconfirmedOf(list: OwnedList): NamedAddresses {
  const newest = list.notices.filter(({ news }) => news === "new-list-key").at(-1);
  const missing = (newest?.to ?? []).filter(({ confirmedAt }) => confirmedAt === null);
  const present = new Set(missing.length === 0 ? [] : addressees(list).map(({ fingerprint }) => fingerprint));
  return namesOf(missing.flatMap(({ address, fingerprint }) => (present.has(fingerprint) ? [address] : [])));
}

function noticeViewOf({ news, serial, at, graceEnds, to }: StoredNotice): NoticeView {
  const missing = to.filter(({ confirmedAt }) => confirmedAt === null).map(({ address }) => address);
  return {
    ...{ news, serial, at, graceEnds },
    ...{ of: to.length, confirmed: to.length - missing.length, missing: namesOf(missing) },
  };
}

function claimOf(list: OwnedList): OwnedView["claim"] {
  if (list.claim.kind === "refused") return { refused: list.claim.code };
  return isOwner(list) ? "confirmed" : list.claim.kind;
}

/**
 * @param pending requests that wait for an answer, of whatever list
 * @param files   introductions whose invitation file is still here
 * @param wish    whom of the members the page wants to see; everybody if it does not say
 * @param atWork  packets of a new list key's notice that are being made
 */
export function viewOf(
  list: OwnedList,
  pending: readonly PendingRequest[],
  files: readonly string[],
  now: Date,
  { wish = everybody, atWork = 0 }: { readonly wish?: PageWish; readonly atWork?: number } = {},
): OwnedView {
  const addresses = new Set(list.invitations.length === 0 ? [] : list.members.map(({ address }) => address));
  const own = pending.filter((request) => request.list === list.address);
  const asked = (what: CommandName, about: string) =>
    own.some((request) => request.do === what && request.about === about);
  return {
    address: list.address,
    name: list.name,
    mode: list.mode,
    delivery: list.delivery,
    profile: list.profile,
    ownerAddress: list.ownerAddress,
    listFingerprint: list.listKeyFingerprint,
    listKey: listKeyKindOf(list.listKeyFingerprint),
    serverFingerprint: list.serverFingerprint,
    claim: claimOf(list),
    ...membersOf(list, own, wish),
    membersAt: list.membersAt,
    held: list.held,
    invitations: list.invitations.map((invitation) => ({
      introduction: invitation.introduction,
      address: invitation.address,
      name: invitation.name,
      fileName: invitation.fileName,
      madeAt: invitation.madeAt,
      mailedAt: invitation.mailedAt,
      joinBy: invitation.joinBy,
      state: stateOf(invitation, list, asked("withdraw", invitation.address), now),
      fileHere: files.includes(invitation.introduction),
      isMember: addresses.has(invitation.address),
    })),
    waiting: own.map(({ id, do: what, about, askedAt, sending, failure }) => ({
      id,
      what,
      about,
      askedAt,
      sending,
      failure,
    })),
    refusals: list.refusals,
    alarms: list.alarms,
    newKey: readersOfNewKey(list),
    rekeying: rekeyingOf(list, own),
    serverMove: list.serverMove && {
      fingerprint: list.serverMove.fingerprint,
      stage: list.serverMove.stage,
    },
    telling: tellingOf(list, own),
    notices: [...new Map(list.notices.map((one) => [one.news, one])).values()].map(noticeViewOf),
    ownersUntold: ownersUntold(list),
    epoch: epochOf(list, now, atWork),
  };
}
