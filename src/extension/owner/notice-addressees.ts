import { parseAddress } from "../../mail/mailbox.js";
import { hasAuthority, type LoggedMember } from "../../membership/roster/state.js";
import type { NoticeRun, OwnedList } from "../records/owned-list.js";

/** What the owner's own log says of owners, and of those to whom a notice goes. Pure. */

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
  return readers(history).filter(({ fingerprint }) => fingerprint !== ownerKey);
}

/** Of each log, since several of them are asked for at once and one may have 100,000 members: a history that changes is another one. */
const readersOf = new WeakMap<object, readonly NoticeAddressee[]>();

/** Whom a new list key is for, the owner among them. */
function readers({ members }: OwnedList["history"]): readonly NoticeAddressee[] {
  const known = readersOf.get(members);
  if (known !== undefined) return known;
  const found: NoticeAddressee[] = [];
  for (const [address, member] of Object.entries(members)) found.push(...addressee(address, member));
  readersOf.set(members, found);
  return found;
}

/** Whether a new list key is for a member: for those who are in by an owner's word, with a key that is theirs alone. */
export const isReader = ({ by, certificate, revoked }: LoggedMember): boolean =>
  by !== "operator" && certificate !== undefined && revoked !== true;

/** One of {@link addressees}, by their key. */
export function addresseeByKey({ history }: OwnedList, fingerprint: string): NoticeAddressee | undefined {
  const found = Object.entries(history.members).find(([, member]) => member.fingerprint === fingerprint);
  return found && addressee(...found)[0];
}

function addressee(address: string, member: LoggedMember): readonly NoticeAddressee[] {
  const { fingerprint, certificate } = member;
  return certificate === undefined || !isReader(member) ? [] : [{ address, fingerprint, certificate }];
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
