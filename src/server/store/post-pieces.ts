/**
 * A post's octets in the database: a small post in its row, a large one in rows of its own, a piece each.
 *
 * A database's library copies a value more than once on its way in and out (SQLite: the value that was bound, and the record
 * that it becomes; PostgreSQL: hexadecimal text). Of a post of 50 MB that would be twice its size at one time; of a piece it
 * is nothing.
 *
 * SQLite works in the server's own thread: written or deleted in one transaction, a post of 46 MB kept everybody else waiting for 0.2
 * to 0.4 s. So each piece is a commit of its own, with a turn for others between two. What holds the pieces together is a body:
 * - coming (`incoming_until` is set): its pieces are being written, and it is no post's yet. A crash leaves it behind;
 * - a post's (`post_id` is set), by the transaction that makes the post;
 * - dead (neither): its post is gone, or never was. {@link sweepBodies} takes its pieces away.
 */
import { setImmediate as others } from "node:timers/promises";
import { BufferCollector } from "../base/force-gc.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  number,
  type QueryResult,
  raw,
  type Script,
  type Statement,
  sql,
} from "./database.js";

/** Octets of a piece, and of the largest post without pieces. */
export const PIECE_OCTETS = 512 * 1024;

/**
 * How long the pieces of a post may take to be written, in milliseconds: a body that is still coming then is of a server that has
 * ended. Several servers share a PostgreSQL database, and none may take away what another is writing.
 */
export const INCOMING_MS = 3_600_000;

const NOTHING = new Uint8Array();

/** What is in the row of a post of these octets. */
export const octetsInRow = (raw: Uint8Array): Uint8Array => (raw.length > PIECE_OCTETS ? NOTHING : raw);

/** What single statements are run on. */
type Queried = Pick<Database, "query" | "queryInBackground">;

/** Pieces that were written and are no post's yet. */
export interface ComingBody {
  readonly id: number;
}

/**
 * Writes what the row of the post will not have.
 *
 * @param now the body is dead {@link INCOMING_MS} later, unless {@link giveBody} has made it a post's
 * @returns `undefined` for a post that fits into its row
 * @throws what the database throws; nothing that was written is a post's then
 */
export async function writePieces(
  database: Queried,
  raw: Uint8Array,
  now: number,
): Promise<ComingBody | undefined> {
  if (raw.length <= PIECE_OCTETS) return undefined;
  const made = await database.queryInBackground(
    sql`INSERT INTO post_bodies (incoming_until) VALUES (${now + INCOMING_MS}) RETURNING id`,
  );
  const [row] = made.rows;
  if (row === undefined) throw new Error("a body that was made is not there");
  const body = { id: number(row, "id") };
  try {
    for (let at = 0; at < raw.length; at += PIECE_OCTETS) {
      await others();
      // not durable by itself, and need not be: the commit that makes the post is written after it, in the same log
      await database.queryInBackground(
        sql`INSERT INTO body_pieces (body_id, number, octets)
            VALUES (${body.id}, ${at / PIECE_OCTETS}, ${raw.subarray(at, at + PIECE_OCTETS)})`,
      );
    }
  } catch (error) {
    await giveUpBody(database, body);
    throw error;
  }
  return body;
}

/** Makes a coming body a post's, within the transaction that makes the post. @throws if it was taken for dead meanwhile */
export function* giveBody(body: ComingBody, postId: number): Script<void> {
  const { changes } = yield sql`UPDATE post_bodies SET post_id = ${postId}, incoming_until = NULL
      WHERE id = ${body.id} AND incoming_until IS NOT NULL`;
  if (changes === 0) throw new Error("the pieces of a post were taken away before it was made");
}

/**
 * The post was not made: its pieces go. If it was made after all (a commit whose answer was lost), nothing happens.
 *
 * Doesn't throw: the body is nobody's, and goes when {@link INCOMING_MS} are over.
 */
export async function giveUpBody(database: Queried, body: ComingBody): Promise<void> {
  try {
    await database.query(
      sql`UPDATE post_bodies SET incoming_until = NULL WHERE id = ${body.id} AND incoming_until IS NOT NULL`,
    );
  } catch {
    return;
  }
  await sweepSoon(database);
}

/** Bodies that were coming until `before` are dead. */
export const endComing = (before: number): Statement =>
  sql`UPDATE post_bodies SET incoming_until = NULL WHERE incoming_until < ${before}`;

/** All bodies that are coming are dead: for a server that has its database alone, when it starts. */
export const endAllComing: Statement = sql`UPDATE post_bodies SET incoming_until = NULL WHERE incoming_until IS NOT NULL`;

/** A post that is not held and has no job, queued or to come: nobody is left to make a copy for. */
export const isFinished = raw(
  `held = 0 AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.post_id = posts.id)
      AND NOT EXISTS (SELECT 1 FROM fan_outs WHERE fan_outs.post_id = posts.id)`,
);

/** Deletes a post if nobody is left to make a copy for. */
export const dropFinishedPost = (postId: number): Statement =>
  sql`DELETE FROM posts WHERE id = ${postId} AND ${isFinished}`;

/**
 * Deletes dead bodies, a piece at a time with a turn for others between.
 *
 * @param write runs a statement that changes something
 * @throws what the database throws
 */
export async function sweepBodies(
  database: Pick<Database, "query">,
  write: (statement: Statement) => Promise<QueryResult>,
): Promise<void> {
  const dead = await findRows(
    database,
    (row) => number(row, "id"),
    sql`SELECT id FROM post_bodies WHERE post_id IS NULL AND incoming_until IS NULL ORDER BY id`,
  );
  for (const id of dead) {
    const pieces = await findRows(
      database,
      (row) => number(row, "number"),
      sql`SELECT number FROM body_pieces WHERE body_id = ${id} ORDER BY number`,
    );
    for (const piece of pieces) {
      await others();
      await write(sql`DELETE FROM body_pieces WHERE body_id = ${id} AND number = ${piece}`);
    }
    await write(sql`DELETE FROM post_bodies WHERE id = ${id} AND post_id IS NULL AND incoming_until IS NULL`);
  }
}

/**
 * As {@link sweepBodies}, after something that is done whether or not it succeeds. Doesn't throw: what is left goes at the next
 * time, and the store's `forget` says what is wrong.
 */
export async function sweepSoon(database: Queried): Promise<void> {
  await sweepBodies(database, (statement) => database.queryInBackground(statement)).catch(() => undefined);
}

/**
 * The octets of a post, in one buffer.
 *
 * @param inRow what its row has: all of a small post, nothing of a large one
 * @returns `undefined` if the post was deleted meanwhile
 */
export async function readOctets(
  database: Pick<Database, "query">,
  postId: number,
  inRow: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (inRow.length > 0) return inRow;
  const pieces = await findRows(
    database,
    (row) => ({ body: number(row, "body_id"), at: number(row, "number"), size: number(row, "size") }),
    sql`SELECT body_id, number, length(octets) AS size FROM post_bodies JOIN body_pieces ON body_id = post_bodies.id
        WHERE post_id = ${postId} ORDER BY number`,
  );
  // slow: not from the pool that small buffers share
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { size }) => sum + size, 0));
  // each piece is a buffer of its own: together they are as large as the post
  const garbage = new BufferCollector();
  let filled = 0;
  for (const { body, at } of pieces) {
    const octets = await findRow(
      database,
      (row) => bytes(row, "octets"),
      sql`SELECT octets FROM body_pieces WHERE body_id = ${body} AND number = ${at}`,
    );
    if (octets === undefined) return undefined;
    whole.set(octets, filled);
    filled += octets.length;
    garbage.add(octets.length);
    // SQLite answers at once: without this the whole post would be one turn
    await others();
  }
  return filled === 0 ? undefined : whole;
}
