/**
 * Notices of a new list key that an owner sealed once for all members: kept part by part, passed on from the moment at which the
 * list changes over.
 *
 * The server can't open them. A member is handed the data packet and their own session key packet: whoever had all of those
 * packets would know who is on the list.
 */
import { type ApplyCommand, type CommandOutcome, nothingToReport, Refused } from "./apply-command.js";
import type { VerifiedCommand } from "./authorization.js";
import {
  bytes,
  type Database,
  findRow,
  firstRow,
  joinSql,
  number,
  raw,
  type Script,
  sql,
} from "./database.js";
import { queueOwnMails, RIDE_KEPT_MS } from "./riding-notices.js";

/** What all members get of a notice. */
export interface SharedBody {
  readonly serial: number;
  /** SHA-256 of `body`, in hex. */
  readonly digest: string;
  readonly body: Uint8Array;
}

/** A member's part of a notice that was passed on. */
export interface MemberNotice {
  readonly body: Uint8Array;
  readonly packet: Uint8Array;
}

export interface SharedNotices {
  /**
   * Keeps session key packets, for those who are members now, and the body with them. Refused for a serial that the list has
   * had, and if nobody of those named is a member.
   */
  keepSharedNotice(
    verified: VerifiedCommand,
    notice: SharedBody,
    packets: readonly { readonly to: string; readonly packet: Uint8Array }[],
  ): Promise<CommandOutcome>;
  /** What the notice of that number is for a member; undefined if it has nothing for them. */
  sharedNoticeFor(noticeId: number, memberId: number): Promise<MemberNotice | undefined>;
}

/** Notices of a list that wait for their list key; older ones are of owners who did not go on. Against one who fills the database. */
const MAX_WAITING = 4;

/** Packets in one statement: one each costs SQLite's caller a third more, and PostgreSQL thousands of answers that are waited for. */
const PACKETS_AT_A_TIME = 250;

/** The notices in `database`. */
export function sharedNoticesIn(database: Database, applyCommand: ApplyCommand): SharedNotices {
  const { dialect } = database;
  return {
    keepSharedNotice: (verified, { serial, digest, body }, packets) =>
      applyCommand(verified, function* () {
        const { listId } = verified.command;
        const newer = yield* firstRow(
          sql`SELECT serial FROM former_list_keys WHERE list_id = ${listId} AND serial >= ${serial}`,
        );
        if (newer !== undefined) throw new Refused("old-serial");
        yield sql`INSERT INTO shared_notices (list_id, serial, digest, body)
            VALUES (${listId}, ${serial}, ${digest}, ${body}) ON CONFLICT (list_id, digest) DO NOTHING`;
        const notice = yield* firstRow(
          sql`SELECT id FROM shared_notices WHERE list_id = ${listId} AND digest = ${digest} AND serial = ${serial}
              AND list_key IS NULL`,
        );
        if (notice === undefined) throw new Refused("old-serial");
        const id = number(notice, "id");
        // one statement can't change a row twice
        const parts = [...new Map(packets.map((part) => [part.to, part])).values()];
        let kept = 0;
        for (let from = 0; from < parts.length; from += PACKETS_AT_A_TIME) {
          const given = parts
            .slice(from, from + PACKETS_AT_A_TIME)
            .map(({ to, packet }) => sql`(CAST(${to} AS TEXT), CAST(${packet} AS ${raw(dialect.bytes)}))`);
          // a part that comes once more changes nothing; somebody who has left since the owner looked has no row
          const { changes } = yield sql`WITH given (fingerprint, packet) AS (VALUES ${joinSql(given)})
              INSERT INTO notice_packets (notice_id, member_id, packet)
              SELECT CAST(${id} AS BIGINT), members.id, given.packet FROM given CROSS JOIN members
              WHERE members.list_id = ${listId} AND members.fingerprint = given.fingerprint
              ON CONFLICT (notice_id, member_id) DO UPDATE SET packet = excluded.packet`;
          kept += changes;
        }
        if (kept === 0) throw new Refused("not-a-member");
        yield sql`DELETE FROM shared_notices WHERE list_id = ${listId} AND list_key IS NULL AND id NOT IN (
            SELECT id FROM shared_notices WHERE list_id = ${listId} AND list_key IS NULL ORDER BY id DESC LIMIT ${MAX_WAITING})`;
        return nothingToReport;
      }),

    sharedNoticeFor: (noticeId, memberId) =>
      findRow(
        database,
        (row) => ({ body: bytes(row, "body"), packet: bytes(row, "packet") }),
        sql`SELECT body, packet FROM notice_packets JOIN shared_notices ON shared_notices.id = notice_id
            WHERE notice_id = ${noticeId} AND member_id = ${memberId} AND list_key IS NOT NULL`,
      ),
  };
}

/**
 * Passes a notice on, from this transaction on: in their copies, or by a mail of its own (`riding-notices.ts`), and whose receipts will come is known. What else waited
 * is of owners who were slower, and is forgotten, as is what brought keys that no post in the queue is under any more.
 */
export function* releaseNotice(
  {
    listId,
    serial,
    digest,
    listKey,
  }: {
    readonly listId: number;
    readonly serial: number;
    readonly digest: string;
    readonly listKey: string;
  },
  now: number,
): Script<void> {
  const notice = yield* firstRow(
    sql`UPDATE shared_notices SET list_key = ${listKey}, released = ${now}
        WHERE list_id = ${listId} AND digest = ${digest} AND serial = ${serial} AND list_key IS NULL RETURNING id`,
  );
  if (notice === undefined) throw new Refused("no-such-notice");
  const id = number(notice, "id");
  yield sql`DELETE FROM shared_notices WHERE list_id = ${listId} AND id <> ${id} AND (list_key IS NULL OR list_key IN (
      SELECT fingerprint FROM former_list_keys WHERE list_id = ${listId} AND grace_ends < ${now - RIDE_KEPT_MS}))`;
  yield sql`INSERT INTO passed_notices (list_id, news, serial, member_id, passed)
      SELECT CAST(${listId} AS BIGINT), 'new-list-key', CAST(${serial} AS BIGINT), member_id, CAST(${now} AS BIGINT)
      FROM notice_packets WHERE notice_id = ${id}
      ON CONFLICT (list_id, news, serial, member_id) DO UPDATE SET passed = excluded.passed`;
  yield sql`INSERT INTO notice_serials (list_id, news, serial) VALUES (${listId}, 'new-list-key', ${serial})
      ON CONFLICT (list_id, news) DO UPDATE SET serial = excluded.serial WHERE notice_serials.serial < excluded.serial`;
  yield* queueOwnMails(now);
}
