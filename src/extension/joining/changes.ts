import { type ErrorCode, ListSealError } from "../../protocol/errors.js";
import type { Stored, StoredList } from "../stored.js";

/** How joining and leaving change what is kept. Pure; each step is one write, and what is refused changes nothing. */

interface Changed<T> {
  readonly stored: Stored;
  readonly result: T;
}

/**
 * Throws unless an invitation may be followed.
 *
 * Attack: a second invitation for a known list, with another list key or server, would silently move a person's posts to
 * whoever made it. It is refused; changing a list's keys is an owner's signed notice, or removing the list by hand.
 * @throws ListSealError `list-conflict`; `already-a-member` for the very invitation that one came in by
 */
export function assertJoinable(stored: Stored, invited: StoredList): void {
  const known = stored.lists[invited.address];
  if (known === undefined) return;
  const keys = [known.listKeyFingerprint, ...known.formerListKeys.map(({ fingerprint }) => fingerprint)];
  if (!keys.includes(invited.listKeyFingerprint) || known.serverFingerprint !== invited.serverFingerprint) {
    throw new ListSealError("list-conflict", "the list is known here with other keys");
  }
  const waiting = stored.joining[invited.address] !== undefined;
  if (known.introduction === invited.introduction && known.membership === "member" && !waiting) {
    throw new ListSealError("already-a-member", "one is a member by this invitation");
  }
}

/**
 * The list stands here as invited, and the answer to the join is waited for. What was learnt of it since by notices (keys,
 * owners, serials) is newer than any invitation that still names an old key, and stays.
 * @throws ListSealError as {@link assertJoinable}
 */
export function beginJoin(stored: Stored, invited: StoredList, memberKey: string): Changed<StoredList> {
  assertJoinable(stored, invited);
  const { address } = invited;
  const known = stored.lists[address];
  const newer = known !== undefined && known.listKeyFingerprint !== invited.listKeyFingerprint;
  const learnt =
    known === undefined
      ? {}
      : {
          formerListKeys: known.formerListKeys,
          formerServers: known.formerServers,
          serials: known.serials,
          ...(newer ? { listKey: known.listKey, listKeyFingerprint: known.listKeyFingerprint } : {}),
          ...(known.serials.owners > 0 ? { owners: known.owners } : {}),
        };
  const list: StoredList = { ...invited, ...learnt, memberKey, certified: null };
  // a join that is tried again still goes back to what was there before the first try
  const before = stored.joining[address]?.refused === null ? stored.joining[address].before : (known ?? null);
  return {
    stored: {
      ...stored,
      lists: { ...stored.lists, [address]: list },
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

/** The server has refused: the list is as it was before, and the reason is kept to be shown. */
export function joinRefused(stored: Stored, address: string, refused: ErrorCode): Changed<undefined> {
  const joining = stored.joining[address];
  if (joining === undefined || joining.refused !== null) return { stored, result: undefined };
  const { before, name } = joining;
  return {
    stored: {
      ...stored,
      lists: before === null ? without(stored.lists, address) : { ...stored.lists, [address]: before },
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
