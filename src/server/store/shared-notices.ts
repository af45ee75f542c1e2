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
  inSteps,
  joinSql,
  number,
  raw,
  type Script,
  type Statement,
  sql,
} from "./database.js";
import { isPassedOn, noticeStep, queueOwnMails, RIDE_KEPT_MS } from "./riding-notices.js";

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
    async keepSharedNotice(verified, { serial, digest, body }, packets) {
      const outcome = await applyCommand(verified, function* () {
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
        yield retire(sql`list_id = ${listId} AND list_key IS NULL AND id NOT IN (
            SELECT id FROM shared_notices WHERE list_id = ${listId} AND list_key IS NULL AND gone = 0 ORDER BY id DESC LIMIT ${MAX_WAITING})`);
        return nothingToReport;
      });
      await sweepNotices(database).catch(() => undefined);
      return outcome;
    },

    sharedNoticeFor: (noticeId, memberId) =>
      findRow(
        database,
        (row) => ({ body: bytes(row, "body"), packet: bytes(row, "packet") }),
        sql`SELECT body, packet FROM notice_packets JOIN shared_notices ON shared_notices.id = notice_id
            WHERE notice_id = ${noticeId} AND member_id = ${memberId} AND ${isPassedOn}`,
      ),
  };
}

/** Nobody gets these notices from this transaction on. Their parts go afterwards, with {@link sweepNotices}. */
const retire = (which: Statement): Statement =>
  // the digest is free for the same notice, should its owner begin again
  sql`UPDATE shared_notices SET gone = 1, digest = CAST(id AS TEXT) WHERE gone = 0 AND ${which}`;

/**
 * Takes away what nobody gets any more, some members' parts at a time. Of a notice that was passed on it stays known to whom, as
 * of those that were passed on one by one (`passed-notices.ts`).
 */
export async function sweepNotices(database: Database): Promise<void> {
  await inSteps(() =>
    database.transaction(function* () {
      const row = yield* firstRow(sql`SELECT id FROM shared_notices WHERE gone = 1 ORDER BY id LIMIT 1`);
      if (row === undefined) return false;
      const id = number(row, "id");
      const { parts, upTo } = yield* noticeStep(id, 0);
      yield sql`INSERT INTO passed_notices (list_id, news, serial, member_id, passed)
          SELECT list_id, 'new-list-key', serial, member_id, released
          FROM notice_packets JOIN shared_notices ON shared_notices.id = notice_id WHERE ${parts} AND list_key IS NOT NULL
          ON CONFLICT (list_id, news, serial, member_id) DO NOTHING`;
      yield sql`DELETE FROM notice_packets WHERE ${parts}`;
      if (upTo === undefined) yield sql`DELETE FROM shared_notices WHERE id = ${id}`;
      return true;
    }),
  );
}

/**
 * Passes a notice on, from this transaction on: in their copies, or by a mail of its own. What else waited
 * is of owners who were slower, and is forgotten, as is what brought keys that no post in the queue is under any more.
 *
 * However many members there are, a few rows change. Whose receipts will come is told by the parts that were kept; {@link goOnWithNotice}
 * does what is left, or whoever does so after a server that was killed.
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
  yield retire(sql`list_id = ${listId} AND id <> ${id} AND (list_key IS NULL OR list_key IN (
      SELECT fingerprint FROM former_list_keys WHERE list_id = ${listId} AND grace_ends < ${now - RIDE_KEPT_MS}))`);
  yield sql`INSERT INTO notice_serials (list_id, news, serial) VALUES (${listId}, 'new-list-key', ${serial})
      ON CONFLICT (list_id, news) DO UPDATE SET serial = excluded.serial WHERE notice_serials.serial < excluded.serial`;
}

/** What follows once a list's newest notice is passed on: mails of its own for whom no copy is to carry it, and older ones go. */
export async function goOnWithNotice(database: Database, listKey: string, now: number): Promise<void> {
  const { rows } = await database.query(
    sql`SELECT id FROM shared_notices WHERE list_key = ${listKey} AND ${isPassedOn}`,
  );
  for (const row of rows) await queueOwnMails(database, number(row, "id"), now);
  await sweepNotices(database);
}
