import { parseAddress } from "../../mail/mailbox.js";
import type { CommandName } from "../../membership/request/command-names.js";
import type { NewsKind } from "../../membership/request/commands.js";
import { hasAuthority, invitationStanding, type LoggedMember } from "../../membership/roster/state.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { type ListKeyKind, listKeyKindOf } from "../../openpgp/list-keys.js";
import type { ErrorCode } from "../platform/errors.js";
import type { NoticeRun, OwnedList, StoredInvitation, StoredMember } from "../records/owned-list.js";
import type { EpochReason } from "../records/stored-epoch.js";
import type { PendingRequest } from "../requests/pending.js";
import { dueKey, hoursExposed, makesKeysItself, mayBeStopped } from "./epoch-state.js";

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
}

export interface NoticeView {
  readonly news: NewsKind;
  readonly serial: number;
  readonly at: string;
  readonly graceEnds: string | null;
  readonly to: readonly { readonly address: string; readonly confirmed: boolean }[];
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
  readonly members: readonly MemberView[];
  readonly membersAt: string | null;
  readonly held: number;
  readonly invitations: readonly InvitationView[];
  readonly waiting: readonly WaitingView[];
  readonly refusals: OwnedList["refusals"];
  readonly alarms: OwnedList["alarms"];
  /** Whom a new list key would go to, and whom not: those who are in by the operator's word alone. */
  readonly newKey: { readonly to: readonly string[]; readonly notTo: readonly string[] };
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
  readonly unconfirmed: readonly string[];
  /** One that is being left with the server: for how many of the members it is made. */
  readonly run: {
    readonly made: number;
    readonly of: number;
    readonly mayBeStopped: boolean;
    /** Whether it is begun again by itself, should it be stopped. */
    readonly comesAgain: boolean;
  } | null;
}

/** The members as the page shows them. A list may have 100,000: nothing is looked for among all of them for each. */
function membersOf(list: OwnedList, own: readonly PendingRequest[]): readonly MemberView[] {
  const logged = new Map<string, LoggedMember>(Object.entries(list.history.members));
  const revoked = new Set<string>();
  for (const one of logged.values()) if (one.revoked === true) revoked.add(one.fingerprint);
  const waiting = new Map<string | null, "remove" | "set-role">();
  for (const what of ["set-role", "remove"] as const)
    for (const request of own) if (request.do === what) waiting.set(request.about, what);
  return list.members.map((member) => {
    const { address, fingerprint } = member;
    const entry = logged.get(address);
    return {
      ...member,
      you: fingerprint === list.ownerKey,
      word: wordFor(entry, fingerprint),
      revoked: revoked.has(fingerprint),
      confirmable: entry?.by === "operator" && entry.certificate !== undefined,
      waiting: waiting.get(address) ?? null,
    };
  });
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

/**
 * Whether one owns the list by more than the server's word: by the claim that it answered to, an owners' notice, or a
 * `set-role` that one's own log has verified.
 */
export function isOwner({ claim, owners, ownerKey, history }: OwnedList): boolean {
  if (claim.kind !== "appointed") return claim.kind === "confirmed";
  return (
    owners.some(({ fingerprint, to }) => fingerprint === ownerKey && to === null) ||
    Object.values(history.members).some(
      (one) => one.fingerprint === ownerKey && one.role === "owner" && hasAuthority(one),
    )
  );
}

/** Fingerprints of the owners that the own log knows by an owner's word. */
export function ownersByLog({ history }: OwnedList): readonly string[] {
  return Object.values(history.members)
    .filter(({ role, by }) => role === "owner" && by !== "operator")
    .map(({ fingerprint }) => fingerprint);
}

/**
 * Whether the own log's owners are others than the terms that members were told. A term that ended stays as it was: who
 * is made an owner once more is one with another key. An owner whom the members do not know yet can tell them nothing.
 */
export function ownersUntold(list: OwnedList): boolean {
  const told = list.owners.some(({ fingerprint, to }) => fingerprint === list.ownerKey && to === null);
  if (!told) return false;
  const known = ownersByLog(list);
  const come = known.some((one) => !list.owners.some(({ fingerprint }) => fingerprint === one));
  const gone = list.owners.some(({ fingerprint, to }) => to === null && !known.includes(fingerprint));
  return known.length > 0 && (come || gone);
}

/** Somebody whom an owner's notice goes to. */
export interface NoticeAddressee {
  readonly address: string;
  readonly fingerprint: string;
  /** Armored. */
  readonly certificate: string;
}

/** The members of the owner's own log, without the owner: never the server's roster, never those of the operator alone. */
export function addressees({ history, ownerKey }: OwnedList): readonly NoticeAddressee[] {
  return Object.entries(history.members).flatMap(([address, member]) =>
    member.fingerprint === ownerKey ? [] : addressee(address, member),
  );
}

/** One of {@link addressees}, by their key. */
export function addresseeByKey({ history }: OwnedList, fingerprint: string): NoticeAddressee | undefined {
  const found = Object.entries(history.members).find(([, member]) => member.fingerprint === fingerprint);
  return found && addressee(...found)[0];
}

function addressee(
  address: string,
  { fingerprint, by, certificate, revoked }: LoggedMember,
): readonly NoticeAddressee[] {
  return by === "operator" || certificate === undefined || revoked
    ? []
    : [{ address, fingerprint, certificate }];
}

/** Those whose copies the server has not taken yet; who has joined meanwhile is one, who has left is none. */
export function untold(
  list: OwnedList,
  { told, only }: Pick<NoticeRun, "told" | "only">,
): readonly NoticeAddressee[] {
  const done = new Set(told.map(({ fingerprint }) => fingerprint));
  const wanted = only === null ? undefined : new Set(only);
  return addressees(list).filter(
    ({ fingerprint }) => !done.has(fingerprint) && (wanted === undefined || wanted.has(fingerprint)),
  );
}

/**
 * Fingerprints of members who came in under a list key that the present one had replaced before, and whom no notice from here has
 * brought it: an invitation keeps the key of the day on which it was made. Whoever was in before was told by the owner who made it.
 *
 * @param serial of the notice that brought the present key
 */
export function latecomers(list: OwnedList, serial: number): readonly string[] {
  const { history, listKeyFingerprint, notices } = list;
  const told = notices.filter((one) => one.news === "new-list-key" && one.serial === serial);
  const known = new Set(told.flatMap(({ to }) => to.map(({ fingerprint }) => fingerprint)));
  return addressees(list).flatMap(({ address, fingerprint }) => {
    const isLate = history.members[parseAddress(address)]?.lateFor === listKeyFingerprint;
    return isLate && !known.has(fingerprint) ? [fingerprint] : [];
  });
}

function readersOfNewKey({ history }: OwnedList): OwnedView["newKey"] {
  const [to, notTo]: [string[], string[]] = [[], []];
  for (const [address, { by, certificate, revoked }] of Object.entries(history.members)) {
    const isReader = by !== "operator" && certificate !== undefined && revoked !== true;
    (isReader ? to : notTo).push(address);
  }
  return { to, notTo };
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

function unconfirmedOf(list: OwnedList): readonly string[] {
  const present = new Set(addressees(list).map(({ fingerprint }) => fingerprint));
  const newest = list.notices.filter(({ news }) => news === "new-list-key").at(-1);
  return (newest?.to ?? []).flatMap(({ address, fingerprint, confirmedAt }) =>
    confirmedAt === null && present.has(fingerprint) ? [address] : [],
  );
}

function claimOf(list: OwnedList): OwnedView["claim"] {
  if (list.claim.kind === "refused") return { refused: list.claim.code };
  return isOwner(list) ? "confirmed" : list.claim.kind;
}

/**
 * @param pending requests that wait for an answer, of whatever list
 * @param files   introductions whose invitation file is still here
 * @param atWork  packets of a new list key's notice that are being made
 */
export function viewOf(
  list: OwnedList,
  pending: readonly PendingRequest[],
  files: readonly string[],
  now: Date,
  atWork = 0,
): OwnedView {
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
    members: membersOf(list, own),
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
    notices: [...new Map(list.notices.map((one) => [one.news, one])).values()].map(
      ({ news, serial, at, graceEnds, to }) => ({
        news,
        serial,
        at,
        graceEnds,
        to: to.map(({ address, confirmedAt }) => ({ address, confirmed: confirmedAt !== null })),
      }),
    ),
    ownersUntold: ownersUntold(list),
    epoch: epochOf(list, now, atWork),
  };
}
