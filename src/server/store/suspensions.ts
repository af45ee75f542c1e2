/**
 * Members who get no copies although they are on the roster, and why: suspended, by bounces or the operator, or at their own
 * wish; and members for whom copies can't be sealed. It goes with the member.
 */

import { DAY_MS } from "../base/limits.js";
import {
  type Database,
  findRow,
  findRows,
  hasRows,
  isSet,
  number,
  type Row,
  sql,
  textColumn,
  word,
} from "./database.js";

/** Why a member gets no copies although they are on the roster. */
export interface Suspension {
  readonly since: number;
  /** `bounces`, `operator`, or `member`: their own wish (`pauseCopies`). */
  readonly reason: string;
}

/** One day's failures of one member: the worst of that day. */
export interface Bounce {
  readonly day: number;
  readonly severity: "hard" | "soft";
  readonly reason: string;
}

/** Whether a member's copies go out and arrive. */
export interface DeliveryStatus {
  /** As {@link Suspensions.suspension}. */
  readonly suspension?: Suspension;
  /** Since when copies can't be sealed for them. */
  readonly unusableSince?: number;
  /** Days on which copies came back. */
  readonly bounces: number;
}

export interface Suspensions {
  suspension(memberId: number): Promise<Suspension | undefined>;
  /** Suspends a member. @returns false if they were suspended already */
  suspendMember(memberId: number, reason: string, now: number): Promise<boolean>;
  /**
   * The operator's word: takes a suspension back and forgets what led to it. Where there is none, it takes back what the
   * member asked for. @returns false if there was neither
   */
  resumeMember(memberId: number): Promise<boolean>;
  /** Members of a list who were suspended for `reason`. */
  suspendedMembers(listId: number, reason: string): Promise<readonly number[]>;
  /** How many members of each list were suspended for `reason`, by the list's address; a list of none is not in it. */
  suspendedCounts(reason: string): Promise<ReadonlyMap<string, number>>;
  /**
   * For the members of a list whose addresses are from `first` to `last`, both included, by their numbers: one query
   * for a page of the roster. `since`: bounces are counted from that day on.
   */
  deliveryStatuses(
    listId: number,
    first: string,
    last: string,
    since: number,
  ): Promise<ReadonlyMap<number, DeliveryStatus>>;
  /** Notes a failure; of one day the worst counts. A report that somebody resends changes nothing. */
  noteBounce(memberId: number, bounce: Omit<Bounce, "day">, now: number): Promise<void>;
  /** Failures since the day of `since`, oldest first. */
  bounces(memberId: number, since: number): Promise<readonly Bounce[]>;
  /** Of how many members of a list copies came back for good, by day, since the day of `since`. */
  hardBounces(listId: number, since: number): Promise<ReadonlyMap<number, number>>;
  /** What came back on that day counts against nobody on the list. @returns true if that is news */
  discountBounces(listId: number, day: number): Promise<boolean>;
  /**
   * Members of a list, not suspended, of whom copies came back for good on at least `days` days since the day of
   * `since`; days that are discounted, and the day of `now`, which is not over, don't count.
   */
  bouncingMembers(listId: number, since: number, now: number, days: number): Promise<readonly number[]>;
  /** Forgets failures before the day of `before`. */
  forgetBounces(before: number): Promise<void>;
  /** Notes that copies can't be sealed for a member. @returns true if that is news */
  noteUnusableKey(memberId: number, code: string, now: number): Promise<boolean>;
  /** Why copies can't be sealed for a member, if so. */
  unusableKey(memberId: number): Promise<string | undefined>;
  /** How many of a list's members have a key that can't be sealed to. */
  keylessMembers(listId: number): Promise<number>;
}

/** The suspensions in `database`. */
export function suspensionsIn(database: Database): Suspensions {
  return {
    suspension: (memberId) =>
      findRow(
        database,
        (row) => ({ since: number(row, "since"), reason: textColumn(row, "reason") }),
        sql`SELECT since, reason, 0 AS own FROM suspensions WHERE member_id = ${memberId}
            UNION ALL SELECT since, 'member', 1 FROM own_pauses WHERE member_id = ${memberId} ORDER BY own LIMIT 1`,
      ),

    suspendMember: (memberId, reason, now) =>
      hasRows(
        database,
        // the row is locked: a mail at the gate goes first, or is stopped
        sql`INSERT INTO suspensions (member_id, since, reason)
              SELECT id, CAST(${now} AS BIGINT), CAST(${reason} AS TEXT) FROM members
              WHERE id = ${memberId} ${database.dialect.lockRows}
            ON CONFLICT (member_id) DO NOTHING RETURNING member_id`,
      ),

    async resumeMember(memberId) {
      await database.query(sql`DELETE FROM bounces WHERE member_id = ${memberId}`);
      return (
        (await hasRows(
          database,
          sql`DELETE FROM suspensions WHERE member_id = ${memberId} RETURNING member_id`,
        )) || hasRows(database, sql`DELETE FROM own_pauses WHERE member_id = ${memberId} RETURNING member_id`)
      );
    },

    suspendedMembers: (listId, reason) =>
      findRows(
        database,
        (row) => number(row, "id"),
        sql`SELECT members.id FROM suspensions JOIN members ON members.id = suspensions.member_id
            WHERE members.list_id = ${listId} AND suspensions.reason = ${reason} ORDER BY members.id`,
      ),

    async suspendedCounts(reason) {
      const { rows } = await database.query(
        sql`SELECT lists.address AS address, count(*) AS members FROM suspensions
              JOIN members ON members.id = suspensions.member_id JOIN lists ON lists.id = members.list_id
            WHERE suspensions.reason = ${reason} GROUP BY lists.address`,
      );
      return new Map(rows.map((row) => [textColumn(row, "address"), number(row, "members")]));
    },

    async deliveryStatuses(listId, first, last, since) {
      const { rows } = await database.query(
        sql`SELECT members.id AS id, suspensions.since AS suspended, suspensions.reason AS reason,
              own_pauses.since AS paused, unusable_keys.since AS unusable,
              (SELECT count(*) FROM bounces WHERE bounces.member_id = members.id AND bounces.day >= ${dayOf(since)}) AS bounces
            FROM members
            LEFT JOIN suspensions ON suspensions.member_id = members.id
            LEFT JOIN own_pauses ON own_pauses.member_id = members.id
            LEFT JOIN unusable_keys ON unusable_keys.member_id = members.id
            WHERE members.list_id = ${listId} AND members.address >= ${first} AND members.address <= ${last}`,
      );
      return new Map(rows.map((row) => [number(row, "id"), statusOf(row)]));
    },

    async noteBounce(memberId, { severity, reason }, now) {
      await database.query(
        sql`INSERT INTO bounces (member_id, day, severity, reason)
              SELECT id, CAST(${dayOf(now)} AS BIGINT), CAST(${severity} AS TEXT), CAST(${reason} AS TEXT)
              FROM members WHERE id = ${memberId}
            ON CONFLICT (member_id, day) DO UPDATE SET severity = excluded.severity, reason = excluded.reason
              WHERE bounces.severity = 'soft'`,
      );
    },

    bounces: (memberId, since) =>
      findRows(
        database,
        (row) => ({
          day: number(row, "day"),
          severity: word(row, "severity", ["hard", "soft"]),
          reason: textColumn(row, "reason"),
        }),
        sql`SELECT day, severity, reason FROM bounces
            WHERE member_id = ${memberId} AND day >= ${dayOf(since)} ORDER BY day`,
      ),

    async hardBounces(listId, since) {
      const { rows } = await database.query(
        sql`SELECT bounces.day, count(*) AS members FROM bounces JOIN members ON members.id = bounces.member_id
            WHERE members.list_id = ${listId} AND bounces.severity = 'hard' AND bounces.day >= ${dayOf(since)}
            GROUP BY bounces.day`,
      );
      return new Map(rows.map((row) => [number(row, "day"), number(row, "members")]));
    },

    discountBounces: (listId, day) =>
      hasRows(
        database,
        sql`INSERT INTO brakes (list_id, day) VALUES (${listId}, ${day})
            ON CONFLICT (list_id, day) DO NOTHING RETURNING day`,
      ),

    bouncingMembers: (listId, since, now, days) =>
      findRows(
        database,
        (row) => number(row, "id"),
        sql`SELECT members.id FROM bounces JOIN members ON members.id = bounces.member_id
            WHERE members.list_id = ${listId} AND bounces.severity = 'hard'
              AND bounces.day >= ${dayOf(since)} AND bounces.day < ${dayOf(now)}
              AND NOT EXISTS (SELECT 1 FROM brakes WHERE brakes.list_id = members.list_id AND brakes.day = bounces.day)
              AND NOT EXISTS (SELECT 1 FROM suspensions WHERE suspensions.member_id = members.id)
              AND NOT EXISTS (SELECT 1 FROM own_pauses WHERE own_pauses.member_id = members.id)
            GROUP BY members.id HAVING count(*) >= ${days} ORDER BY members.id`,
      ),

    async forgetBounces(before) {
      await database.query(sql`DELETE FROM brakes WHERE day < ${dayOf(before)}`);
      await database.query(sql`DELETE FROM bounces WHERE day < ${dayOf(before)}`);
    },

    noteUnusableKey: (memberId, code, now) =>
      hasRows(
        database,
        sql`INSERT INTO unusable_keys (member_id, since, code)
              SELECT id, CAST(${now} AS BIGINT), CAST(${code} AS TEXT) FROM members WHERE id = ${memberId}
            ON CONFLICT (member_id) DO NOTHING RETURNING member_id`,
      ),

    async keylessMembers(listId) {
      const found = await findRow(
        database,
        (row) => number(row, "keyless"),
        sql`SELECT count(*) AS keyless FROM unusable_keys JOIN members ON members.id = unusable_keys.member_id
            WHERE members.list_id = ${listId}`,
      );
      return found ?? 0;
    },

    unusableKey: (memberId) =>
      findRow(
        database,
        (row) => textColumn(row, "code"),
        sql`SELECT code FROM unusable_keys WHERE member_id = ${memberId}`,
      ),
  };
}

const dayOf = (date: number): number => Math.floor(date / DAY_MS);

function statusOf(row: Row): DeliveryStatus {
  const suspension = suspensionOf(row);
  return {
    ...(suspension === undefined ? {} : { suspension }),
    ...(isSet(row, "unusable") ? { unusableSince: number(row, "unusable") } : {}),
    bounces: number(row, "bounces"),
  };
}

/** The operator's word, or that of bounces, comes before the member's own. */
function suspensionOf(row: Row): Suspension | undefined {
  if (isSet(row, "suspended")) return { since: number(row, "suspended"), reason: textColumn(row, "reason") };
  return isSet(row, "paused") ? { since: number(row, "paused"), reason: "member" } : undefined;
}
