/**
 * How posts were delivered, for their authors: written down with the post, and worked out from the queue when it is asked for, so
 * that sending a copy costs nothing more.
 *
 * Nobody is counted who gets no copies for now (suspended, or at their own wish), nor the author. A copy that came back after the
 * relay had taken it is known by the report's address (tokens.ts).
 */
import type { MissingState } from "../../membership/request/command-names.js";
import { DELIVERY_CHECKS_MS, DELIVERY_KEPT_MS } from "../base/limits.js";
import {
  type Database,
  findRow,
  findRows,
  firstRow,
  isSet,
  number,
  type Row,
  type Script,
  type Statement,
  sql,
  textColumn,
  word,
} from "./database.js";
import { finishFanOuts } from "./fan-outs.js";
import { type NewMail, queueMail } from "./queue.js";

/** A post on its way to its readers. */
export interface Delivery {
  readonly postId: number;
  readonly listId: number;
  /** Fingerprint. */
  readonly author: string;
  readonly messageId: string;
  /** When the server took it, or let it out. */
  readonly began: number;
  /** How many were to get a copy; not set while it waits for a moderator. */
  readonly readers?: number;
  readonly nextCheck?: number;
  /** What its author was told last without asking. */
  readonly told: MissingCounts;
}

/** How many have not got a post. */
export interface MissingCounts {
  readonly waiting: number;
  readonly failed: number;
}

/** Somebody who has not got a post. */
export interface MissingReader {
  readonly address: string;
  readonly name: string;
  readonly state: MissingState;
}

export interface Deliveries {
  /** The author's own post; `undefined` for anybody else's, and for one that is too old. */
  deliveryOf(listId: number, author: string, messageId: string, now: number): Promise<Delivery | undefined>;
  /** Who has not got it now, counted. */
  missingCounts(delivery: Delivery): Promise<MissingCounts>;
  /** Who they are, by address, `limit` at most. */
  missingReaders(delivery: Delivery, limit: number): Promise<readonly MissingReader[]>;
  /** Deliveries that are to be looked at by now, the oldest first. */
  dueDeliveries(now: number, limit: number): Promise<readonly Delivery[]>;
  /**
   * It was looked at: it is so again at the next time, if there is one. With what is to be told of it, `mail` waits in the queue from
   * now on, once, whoever else looked.
   */
  noteChecked(
    delivery: Delivery,
    news: { readonly told: MissingCounts; readonly mail: NewMail } | undefined,
    now: number,
  ): Promise<void>;
  /** A copy came back. Nothing is noted of a post that is not on this list, is forgotten, or is the member's own. */
  noteLostCopy(postId: number, memberId: number): Promise<void>;
}

/** When it is looked at next, after `now`. */
const nextCheck = (began: number, now: number): number | null =>
  DELIVERY_CHECKS_MS.map((after) => began + after).find((at) => at > now) ?? null;

/** Forgets those that nobody may ask about any more. */
export const forgetDeliveries = (now: number): Statement =>
  sql`DELETE FROM deliveries WHERE began < ${now - DELIVERY_KEPT_MS}`;

/** Writes a new post down, whose copies are `copies`; without them, it is held. A step of the transaction that takes it. */
export function* beginDelivery(
  postId: number,
  { listId, signer, messageId, accepted }: NewDelivery,
  copies: number | undefined,
): Script<void> {
  yield sql`INSERT INTO deliveries (post_id, list_id, author, message_id, began)
      VALUES (${postId}, ${listId}, ${signer}, ${messageId}, ${accepted})`;
  if (copies !== undefined) yield* countReaders(postId, copies, accepted);
}

interface NewDelivery {
  readonly listId: number;
  readonly signer: string;
  readonly messageId: string;
  readonly accepted: number;
}

/** The copies of a post are queued: all but those for the author and for members who get none for now are for readers. */
export function* countReaders(postId: number, copies: number, now: number): Script<void> {
  const delivery = yield* firstRow(sql`SELECT list_id, author FROM deliveries WHERE post_id = ${postId}`);
  // held since before there were any
  if (delivery === undefined) return;
  const [listId, author] = [number(delivery, "list_id"), textColumn(delivery, "author")];
  const own = yield* firstRow(
    sql`SELECT count(*) AS people FROM members
        WHERE list_id = ${listId} AND fingerprint = ${author} AND role <> 'post-only'`,
  );
  const without = yield* firstRow(
    sql`SELECT count(*) AS people
        FROM (SELECT member_id FROM suspensions UNION SELECT member_id FROM own_pauses) AS off
        JOIN members ON members.id = off.member_id
        WHERE list_id = ${listId} AND fingerprint <> ${author} AND role <> 'post-only'`,
  );
  const fewer = [own, without].reduce((sum, row) => sum + (row === undefined ? 0 : number(row, "people")), 0);
  yield sql`UPDATE deliveries SET readers = ${Math.max(0, copies - fewer)}, began = ${now},
      next_check = ${nextCheck(now, now)} WHERE post_id = ${postId}`;
}

/** A held post was thrown away. */
export const dropDelivery = (postId: number): Statement =>
  sql`DELETE FROM deliveries WHERE post_id = ${postId}`;

/** The operator gives jobs up: what they were copies of is lost for their members. Before they are deleted. */
export const loseCopies = (jobs: Statement): Statement =>
  sql`INSERT INTO lost_copies (post_id, member_id)
      SELECT deliveries.post_id, jobs.member_id FROM jobs JOIN deliveries ON deliveries.post_id = jobs.post_id
      WHERE jobs.kind = 'copy' AND jobs.id IN (${jobs}) ON CONFLICT DO NOTHING`;

/** Why jobs are aside that are to go on: an owner lets the list go on, or the operator the queue. */
const heldBack = sql`('restored', 'on-hold')`;

/** Members without their copies, each once: what came back, and what waits in the queue or was set aside in it. */
const missing = ({ postId, author }: Delivery): Statement =>
  sql`SELECT members.id, address, name, min(state) AS state FROM (
        SELECT member_id, 'failed' AS state FROM lost_copies WHERE post_id = ${postId}
        UNION SELECT member_id, CASE WHEN aside IS NULL OR aside IN ${heldBack} THEN 'waiting' ELSE 'failed' END
          FROM jobs WHERE post_id = ${postId} AND kind = 'copy'
            AND member_id NOT IN (SELECT member_id FROM suspensions UNION SELECT member_id FROM own_pauses)
      ) AS copies JOIN members ON members.id = copies.member_id
      WHERE fingerprint <> ${author} AND role <> 'post-only' GROUP BY members.id, address, name`;

/** The deliveries in `database`. */
export function deliveriesIn(database: Database): Deliveries {
  return {
    deliveryOf: (listId, author, messageId, now) =>
      findRow(
        database,
        deliveryIn,
        sql`SELECT * FROM deliveries WHERE list_id = ${listId} AND author = ${author} AND message_id = ${messageId}
            AND began >= ${now - DELIVERY_KEPT_MS} ORDER BY post_id DESC LIMIT 1`,
      ),

    async missingCounts(delivery) {
      // copies that are not queued yet wait, too
      await finishFanOuts(database, delivery.postId);
      const counted = await findRow(
        database,
        (row) => ({ waiting: number(row, "waiting"), failed: number(row, "failed") }),
        sql`SELECT count(*) FILTER (WHERE state = 'waiting') AS waiting, count(*) FILTER (WHERE state = 'failed') AS failed
            FROM (${missing(delivery)}) AS missing`,
      );
      return counted ?? { waiting: 0, failed: 0 };
    },

    missingReaders: (delivery, limit) =>
      findRows(
        database,
        (row) => ({
          address: textColumn(row, "address"),
          name: textColumn(row, "name"),
          state: word(row, "state", ["waiting", "failed"]),
        }),
        sql`${missing(delivery)} ORDER BY address LIMIT ${limit}`,
      ),

    dueDeliveries: (now, limit) =>
      findRows(
        database,
        deliveryIn,
        sql`SELECT * FROM deliveries WHERE next_check <= ${now} ORDER BY next_check, post_id LIMIT ${limit}`,
      ),

    noteChecked: ({ postId, began, nextCheck: checked }, news, now) =>
      database.transaction(function* () {
        const { changes } = yield sql`UPDATE deliveries SET next_check = ${nextCheck(began, now)}
            WHERE post_id = ${postId} AND next_check = ${checked ?? null}`;
        if (changes === 0 || news === undefined) return;
        const { waiting, failed } = news.told;
        yield sql`UPDATE deliveries SET told_waiting = ${waiting}, told_failed = ${failed} WHERE post_id = ${postId}`;
        yield queueMail(news.mail, now);
      }),

    async noteLostCopy(postId, memberId) {
      await database.query(
        sql`INSERT INTO lost_copies (post_id, member_id)
            SELECT deliveries.post_id, members.id FROM deliveries JOIN members ON members.list_id = deliveries.list_id
            WHERE deliveries.post_id = ${postId} AND members.id = ${memberId} ON CONFLICT DO NOTHING`,
      );
    },
  };
}

function deliveryIn(row: Row): Delivery {
  return {
    postId: number(row, "post_id"),
    listId: number(row, "list_id"),
    author: textColumn(row, "author"),
    messageId: textColumn(row, "message_id"),
    began: number(row, "began"),
    ...(isSet(row, "readers") ? { readers: number(row, "readers") } : {}),
    ...(isSet(row, "next_check") ? { nextCheck: number(row, "next_check") } : {}),
    told: { waiting: number(row, "told_waiting"), failed: number(row, "told_failed") },
  };
}
