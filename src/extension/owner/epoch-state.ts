import type { OwnedList } from "../records/owned-list.js";
import type { EpochReason, EpochRun, StoredEpoch } from "../records/stored-epoch.js";

/**
 * The time during which a list has one key: since when and why, and whether it is to get another. Pure.
 *
 * Whoever has had the list key and left can read, together with the server, what is written until the list has another. So what
 * counts is who has the key and is gone, and not what the server reports: a report that it keeps back is in the record that every
 * list signature names.
 */

/** How long a new list key waits for others who may go as well: one who tidies up a list makes one key, and not twenty. */
export const GATHER_MS = 3_600_000;

const DAY_MS = 86_400_000;

/** A new list key that is to be made, and since when. */
export interface DueKey {
  readonly why: EpochReason;
  readonly since: string;
}

/** Those who have the present list key by the owner's own log: everybody whom an owner has let in. */
function holdersOf({ history }: OwnedList): readonly string[] {
  return Object.values(history.members).flatMap(({ by, fingerprint }) =>
    by === "operator" ? [] : [fingerprint],
  );
}

/**
 * The list's epoch, with what its log says now. Call it when the record was followed to its end: an owner who begins to follow it
 * meets people who left long ago.
 */
export function notedEpoch(list: OwnedList, now: Date): StoredEpoch {
  const { epoch, listKeyFingerprint: key } = list;
  const since = now.toISOString();
  const holders = holdersOf(list);
  if (epoch.key !== key) {
    const why = epoch.key === "" ? "first" : "other";
    return { ...epoch, key, since, why, holders, due: null };
  }
  const why = reasonFor(list, now);
  return {
    ...epoch,
    holders: [...new Set([...epoch.holders, ...holders])],
    due: epoch.due ?? (why === null ? null : { why, since }),
  };
}

function reasonFor({ epoch, history, members }: OwnedList, now: Date): EpochReason | null {
  const logged = new Map(Object.values(history.members).map((member) => [member.fingerprint, member]));
  const byFingerprint = new Map<string, { readonly revoked?: true }>(logged);
  if (epoch.holders.some((holder) => !byFingerprint.has(holder))) return "gone";
  if (epoch.holders.some((holder) => byFingerprint.get(holder)?.revoked)) return "revoked";
  // the server's word: at worst a key is made for nothing
  const hasEnded = members.some(
    ({ fingerprint, keyExpires }) =>
      keyExpires !== null &&
      epoch.since !== null &&
      keyExpires > epoch.since &&
      keyExpires <= now.toISOString() &&
      byFingerprint.has(fingerprint),
  );
  return hasEnded ? "expired" : null;
}

/** Whether the add-on makes new list keys by itself. */
export function makesKeysItself({ epoch, history }: Pick<OwnedList, "epoch" | "history">): boolean {
  switch (epoch.rule) {
    case "itself":
      return true;
    case "by-hand":
      return false;
    case "unless-gnupg":
      // by an owner's word for a certificate of theirs: most likely they have GnuPG and no add-on
      return Object.values(history.members).every(({ by }) => by !== "owner");
  }
}

/** Why the list is to get another key, and since when; null while it is not. */
export function dueKey({ epoch }: Pick<OwnedList, "epoch">, now: Date): DueKey | null {
  if (epoch.due !== null) return epoch.due;
  if (epoch.since === null || epoch.days === 0) return null;
  const ends = Date.parse(epoch.since) + epoch.days * DAY_MS;
  return now.getTime() < ends ? null : { why: "age", since: new Date(ends).toISOString() };
}

/** Whether that key is to be made now. */
export function isTimeFor({ since }: DueKey, now: Date): boolean {
  return now.getTime() - Date.parse(since) >= GATHER_MS;
}

/**
 * Whether a key that is being made may be given up. Once the server was asked to change over it may have: then this is the only place
 * where the list's new key is.
 */
export const mayBeStopped = ({ asked, refusedAt }: EpochRun): boolean =>
  refusedAt === null && (asked === null || asked.to.length > 0);

const HOUR_MS = 3_600_000;

/**
 * How much a server and somebody who has gone can read together at most, in hours, begun ones counted: what was written since the
 * add-on saw that they have gone.
 */
export const hoursExposed = ({ since }: DueKey, now: Date): number =>
  Math.max(1, Math.ceil((now.getTime() - Date.parse(since)) / HOUR_MS));
