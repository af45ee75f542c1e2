import { MembershipError } from "../../membership/file/errors.js";
import { assertNoConflict, type ListIdentity } from "../../membership/invitation/invited-list.js";
import type { ErrorCode } from "../platform/errors.js";
import type { Stored, StoredList } from "../records/stored.js";

/** How joining and leaving change what is kept. Pure; each step is one write, and what is refused changes nothing. */

interface Changed<T> {
  readonly stored: Stored;
  readonly result: T;
}

/** An invitation that was opened: its list as it says it is, and the owner who signed it. */
export interface OpenedInvitation {
  readonly list: StoredList;
  /** Fingerprint. */
  readonly by: string;
}

/**
 * Whether a list is here on the word of an invitation alone: it was not known before, and its server has not answered. Nothing
 * that its owners say is believed meanwhile, and it says nothing about what another invitation may claim.
 */
export function isOnlyInvited({ joining }: Pick<Stored, "joining">, address: string): boolean {
  const waiting = joining[address];
  return waiting !== undefined && waiting.refused === null && waiting.before === null;
}

/** A list that is known by more than an invitation that waits. */
export function knownList(stored: Stored, address: string): StoredList | undefined {
  return isOnlyInvited(stored, address) ? undefined : stored.lists[address];
}

function identities(stored: Stored): readonly ListIdentity[] {
  return Object.values(stored.lists)
    .filter(({ address }) => !isOnlyInvited(stored, address))
    .map((list) => ({
      address: list.address,
      listKeys: [list.listKeyFingerprint, ...list.formerListKeys.map(({ fingerprint }) => fingerprint)],
      server: list.serverFingerprint,
      owners: list.owners.map(({ fingerprint, to }) => ({ fingerprint, isOwnerToday: to === null })),
    }));
}

/**
 * Throws unless an invitation may be followed: see `assertNoConflict`. Changing a list's keys or owners is an owner's signed
 * notice, or removing the list by hand.
 * @throws ListSealError `list-conflict`, `unknown-owner`; `already-a-member` for the very invitation that one came in by
 */
export function assertJoinable(stored: Stored, { list: invited, by }: OpenedInvitation): void {
  const { address, listKeyFingerprint: listKey, serverFingerprint: server } = invited;
  const owners = invited.owners.map(({ fingerprint }) => fingerprint);
  assertNoConflict({ address, listKey, server, owners, by }, identities(stored));
  const known = knownList(stored, address);
  const waiting = stored.joining[address] !== undefined;
  if (known?.introduction === invited.introduction && known.membership === "member" && !waiting) {
    throw new MembershipError("already-a-member", "one is a member by this invitation");
  }
}

/** What of a list is one's own way into it, and no word on the list itself. */
export type OwnMembership = Pick<
  StoredList,
  "invitee" | "introduction" | "introductionSecret" | "certified" | "memberKey" | "membership" | "role"
>;

export function wayInto(list: StoredList): OwnMembership {
  const { invitee, introduction, introductionSecret, certified, memberKey, membership, role } = list;
  return { invitee, introduction, introductionSecret, certified, memberKey, membership, role };
}

/**
 * The list as it will be waited for. Of a list that is known nothing is taken from an invitation but the introduction:
 * its name, keys, owners, server and request address stay as they are known.
 * @throws ListSealError as {@link assertJoinable}
 */
export function beginJoin(
  stored: Stored,
  invitation: OpenedInvitation,
  memberKey: string,
): Changed<StoredList> {
  assertJoinable(stored, invitation);
  const { list: invited } = invitation;
  const { address } = invited;
  const known = knownList(stored, address);
  const way: OwnMembership = {
    ...wayInto(invited),
    role: known?.role ?? invited.role,
    memberKey,
    certified: null,
  };
  const list: StoredList = { ...(known ?? invited), ...way };
  // a join that is tried again still goes back to what was there before the first try
  const before = stored.joining[address]?.refused === null ? stored.joining[address].before : (known ?? null);
  // what was remembered of authors on another invitation's word
  const pins = known === undefined ? without(stored.pins, address) : stored.pins;
  return {
    stored: {
      ...stored,
      lists: { ...stored.lists, [address]: list },
      pins,
      joining: { ...stored.joining, [address]: { name: list.name, before, refused: null } },
      backedUpAt: null,
    },
    result: list,
  };
}

function without<T>(record: Readonly<Record<string, T>>, name: string): Readonly<Record<string, T>> {
  const { [name]: _, ...others } = record;
  return others;
}

/** The server has let one in. The introduction's secret has done its work and is deleted. */
export function joined(stored: Stored, address: string): Changed<undefined> {
  const list = stored.lists[address];
  if (list === undefined) return { stored, result: undefined };
  const member: StoredList = { ...list, introductionSecret: null, membership: "member", role: "member" };
  return {
    stored: {
      ...stored,
      lists: { ...stored.lists, [address]: member },
      joining: without(stored.joining, address),
    },
    result: undefined,
  };
}

/**
 * The server has refused: one's place in the list is as it was before, what its owners have told meanwhile stays, and the
 * reason is kept to be shown. A list that was here on the invitation's word alone is gone, with what was remembered of
 * its authors.
 */
export function joinRefused(stored: Stored, address: string, refused: ErrorCode): Changed<undefined> {
  const joining = stored.joining[address];
  if (joining === undefined || joining.refused !== null) return { stored, result: undefined };
  const { before, name } = joining;
  const present = stored.lists[address];
  const back = before === null ? null : { ...(present ?? before), ...wayInto(before) };
  return {
    stored: {
      ...stored,
      lists: back === null ? without(stored.lists, address) : { ...stored.lists, [address]: back },
      pins: back === null ? without(stored.pins, address) : stored.pins,
      joining: { ...stored.joining, [address]: { name, before: null, refused } },
    },
    result: undefined,
  };
}

/** Takes a join back, or its refusal away: the list is as it was before. */
export function forgetJoin(stored: Stored, address: string): Changed<undefined> {
  const undone = joinRefused(stored, address, "cancelled").stored;
  return { stored: { ...undone, joining: without(undone.joining, address) }, result: undefined };
}

/** One has left: old mail stays readable, nothing is posted any more. */
export function left(stored: Stored, address: string): Changed<undefined> {
  const list = stored.lists[address];
  if (list === undefined) return { stored, result: undefined };
  const former: StoredList = { ...list, membership: "left", introductionSecret: null };
  return { stored: { ...stored, lists: { ...stored.lists, [address]: former } }, result: undefined };
}
