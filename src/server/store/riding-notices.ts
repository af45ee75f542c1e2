/**
 * How a notice that was sealed once for all members (`shared-notices.ts`) reaches each of them: in their copies of posts, or as a mail
 * of its own.
 *
 * A copy of a post under the new list key carries it, for a member whose program has said that it takes that, until the owner's
 * notice is confirmed. So whoever has a post has the key to it in the same mail, and nobody gets a mail more. A mail of its own follows
 * where nothing was posted, or nothing came back: what was taken out of a copy on its way is late, and not lost.
 */
import { DAY_MS } from "../base/limits.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  firstRow,
  inSteps,
  isSet,
  joinSql,
  number,
  type Script,
  type Statement,
  sql,
} from "./database.js";
import { SHARED_NOTICE } from "./queue.js";
import { insertNotice, type QueuedNotice } from "./queued-notices.js";

/** A notice that copies may carry. */
export interface RidingNotice {
  readonly id: number;
  /** The very buffer that all copies share. */
  readonly body: Uint8Array;
}

export interface RidingNotices {
  /** Notes whether the member's program takes notices in copies. */
  noteRiding(memberId: number, takesRiding: boolean): Promise<void>;
  /** The notice that brought a list key; undefined if that came in another way, or long ago. */
  ridingNotice(listId: number, listKey: string): Promise<RidingNotice | undefined>;
  /**
   * The member's session key packet of that notice, for a copy that is made now; undefined if they have confirmed it, or were not
   * among its readers.
   */
  packetToRide(noticeId: number, memberId: number, now: number): Promise<Uint8Array | undefined>;
  /** Queues a mail of its own for each notice that no copy has carried, or whose receipt has not come. Called from time to time. */
  queueLateNotices(now: number): Promise<void>;
  /**
   * Queues the answer to a post under a former list key, as `queueNotice` does, and in front of it the notice of the list key of today in
   * a mail of its own, if it has something for the member and is not on its way. Both in one transaction: a worker that takes the answer
   * finds the notice there, too.
   * @returns whether the answer was queued
   */
  queueFormerKeyAnswer(answer: QueuedNotice, listId: number, listKey: string, now: number): Promise<boolean>;
}

/** How long a new notice waits for a copy to carry it, in milliseconds. */
export const RIDE_WAIT_MS = DAY_MS;

/** How long after a copy carried it a receipt is waited for, in milliseconds: the member's program has a day for it. */
export const RIDE_CONFIRM_MS = 2 * DAY_MS;

/** How long a notice is kept once its list key was replaced, in milliseconds: posts under that key may be in the queue for five days. */
export const RIDE_KEPT_MS = 14 * DAY_MS;

/** A ride is noted again after so long, in milliseconds. Against a write for each copy. */
const NOTED_AGAIN_MS = 60 * 60_000;

/** The code of a job for a notice's own mail. */
const codeOf = (noticeId: number): string => `${SHARED_NOTICE} ${noticeId}`;

/** The number of the notice that a job's code names; undefined for other notices. */
export function sharedNoticeIn(code: string): number | undefined {
  const [name, id] = code.split(" ");
  return name === SHARED_NOTICE && id !== undefined ? Number(id) : undefined;
}

/** Of a row of `shared_notices`: its list has changed over, and whoever has not heard of that needs it. */
export const isPassedOn = sql`list_key IS NOT NULL AND gone = 0`;

/** Of a row of `notice_packets` and its `shared_notices`: whether the member has confirmed it. */
const isConfirmed = sql`EXISTS (SELECT 1 FROM passed_notices WHERE passed_notices.list_id = shared_notices.list_id
    AND news = 'new-list-key' AND passed_notices.serial = shared_notices.serial
    AND passed_notices.member_id = notice_packets.member_id AND receipt IS NOT NULL)`;

/** Members' parts of a notice that one transaction looks at: a few milliseconds of SQLite. */
export const NOTICE_STEP = 1_000;

/** Parts of one notice, from the one for the member behind `behind`, and whether there are more: those after `upTo`. */
interface NoticeStep {
  readonly parts: Statement;
  readonly upTo?: number;
}

/** The next {@link NOTICE_STEP} members' parts of a notice. */
export function* noticeStep(noticeId: number, behind: number): Script<NoticeStep> {
  const last = yield* firstRow(
    sql`SELECT member_id FROM notice_packets WHERE notice_id = ${noticeId} AND member_id > ${behind}
        ORDER BY member_id LIMIT 1 OFFSET ${NOTICE_STEP - 1}`,
  );
  const parts = sql`notice_id = ${noticeId} AND member_id > ${behind}`;
  if (last === undefined) return { parts };
  const upTo = number(last, "member_id");
  return { parts: sql`${parts} AND member_id <= ${upTo}`, upTo };
}

/**
 * Queues the mails of its own that a notice needs now: where no copy is to carry it, none has within a day, or one has and nothing came
 * back; and for other owners, whose invitations bring the list key. Each goes once: what a step has queued it has marked, and who comes
 * after a server that was killed between two begins at the first and finds what is left.
 */
export async function queueOwnMails(database: Database, noticeId: number, now: number): Promise<void> {
  let behind = 0;
  await inSteps(async () => {
    const upTo = await database.transaction(function* () {
      const step = yield* noticeStep(noticeId, behind);
      // marked first: of two servers that look at one moment, one has the row
      yield sql`UPDATE notice_packets SET mailed = ${BEING_QUEUED} WHERE ${step.parts} AND mailed IS NULL AND EXISTS (
          SELECT 1 FROM shared_notices JOIN members ON members.id = notice_packets.member_id
          WHERE shared_notices.id = notice_packets.notice_id AND ${isPassedOn} AND NOT ${isConfirmed} AND (
            takes_riding = 0 OR role = 'owner' OR (rode IS NULL AND released <= ${now - RIDE_WAIT_MS})
            OR rode <= ${now - RIDE_CONFIRM_MS}))`;
      yield sql`INSERT INTO jobs (list_id, kind, notice, member_id, queued, due)
          SELECT list_id, 'notice', CAST(${codeOf(noticeId)} AS TEXT), member_id, CAST(${now} AS BIGINT), CAST(${now} AS BIGINT)
          FROM notice_packets JOIN shared_notices ON shared_notices.id = notice_id
          WHERE ${step.parts} AND mailed = ${BEING_QUEUED} ORDER BY member_id`;
      yield sql`UPDATE notice_packets SET mailed = ${now} WHERE ${step.parts} AND mailed = ${BEING_QUEUED}`;
      return step.upTo;
    });
    behind = upTo ?? behind;
    return upTo !== undefined;
  });
}

/** In the place of a date, within the transaction. */
const BEING_QUEUED = -1;

/** The rides in `database`. */
export function ridingNoticesIn(database: Database): RidingNotices {
  const packets = packetsIn(database);
  return {
    async noteRiding(memberId, takesRiding) {
      await database.query(
        sql`UPDATE members SET takes_riding = ${takesRiding ? 1 : 0} WHERE id = ${memberId}`,
      );
    },

    ridingNotice: (listId, listKey) =>
      findRow(
        database,
        (row) => ({ id: number(row, "id"), body: bytes(row, "body") }),
        sql`SELECT id, body FROM shared_notices WHERE list_id = ${listId} AND list_key = ${listKey} AND ${isPassedOn}`,
      ),

    async packetToRide(noticeId, memberId, now) {
      const found = await packets(noticeId, memberId);
      if (found === undefined) return undefined;
      if (found.rode + NOTED_AGAIN_MS <= now) {
        await database.queryInBackground(
          sql`UPDATE notice_packets SET rode = ${now} WHERE notice_id = ${noticeId} AND member_id = ${memberId}`,
        );
      }
      return found.packet;
    },

    async queueLateNotices(now) {
      const { rows } = await database.query(
        sql`SELECT id FROM shared_notices WHERE ${isPassedOn} ORDER BY id`,
      );
      for (const row of rows) await queueOwnMails(database, number(row, "id"), now);
    },

    queueFormerKeyAnswer: (answer, listId, listKey, now) =>
      database.transaction(() =>
        // a program that has the key when it reads the answer asks no owner for it
        insertNotice(answer, now, () => queueOwnMail(listId, listKey, answer.memberId, now)),
      ),
  };
}

/** Queues the mail of its own that brings a list key to a member, unless it is on its way or has nothing for them. */
function* queueOwnMail(listId: number, listKey: string, memberId: number, now: number): Script<void> {
  const row = yield* firstRow(
    sql`SELECT notice_id FROM notice_packets JOIN shared_notices ON shared_notices.id = notice_id
        WHERE list_id = ${listId} AND list_key = ${listKey} AND ${isPassedOn} AND member_id = ${memberId}`,
  );
  if (row === undefined) return;
  const noticeId = number(row, "notice_id");
  const waiting = yield* firstRow(
    sql`SELECT id FROM jobs WHERE kind = 'notice' AND notice = ${codeOf(noticeId)} AND member_id = ${memberId} LIMIT 1`,
  );
  if (waiting !== undefined) return;
  yield sql`INSERT INTO jobs (list_id, kind, notice, member_id, queued, due)
      VALUES (${listId}, 'notice', ${codeOf(noticeId)}, ${memberId}, ${now}, ${now})`;
  yield sql`UPDATE notice_packets SET mailed = ${now} WHERE notice_id = ${noticeId} AND member_id = ${memberId}`;
}

interface FoundPacket {
  readonly packet: Uint8Array;
  /** 0: never. */
  readonly rode: number;
}

/** Looks packets up; those that are asked for at one moment in one statement, as recipients are (roster.ts). */
function packetsIn(
  database: Database,
): (noticeId: number, memberId: number) => Promise<FoundPacket | undefined> {
  let asked: { readonly noticeId: number; readonly memberId: number }[] = [];
  let found: Promise<ReadonlyMap<string, FoundPacket>> | undefined;
  const keyOf = (noticeId: number, memberId: number) => `${noticeId} ${memberId}`;
  const find = async (): Promise<ReadonlyMap<string, FoundPacket>> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const these = asked;
    [asked, found] = [[], undefined];
    const notices = [...new Set(these.map(({ noticeId }) => noticeId))];
    const members = [...new Set(these.map(({ memberId }) => memberId))];
    const rows = await findRows(
      database,
      (row) =>
        [
          keyOf(number(row, "notice_id"), number(row, "member_id")),
          { packet: bytes(row, "packet"), rode: isSet(row, "rode") ? number(row, "rode") : 0 },
        ] as const,
      sql`SELECT notice_id, member_id, packet, rode FROM notice_packets
          JOIN shared_notices ON shared_notices.id = notice_id
          WHERE notice_id IN (${joinSql(notices)}) AND member_id IN (${joinSql(members)}) AND ${isPassedOn}
            AND NOT ${isConfirmed}`,
    );
    return new Map(rows);
  };
  return async (noticeId, memberId) => {
    asked.push({ noticeId, memberId });
    found ??= find();
    return (await found).get(keyOf(noticeId, memberId));
  };
}
