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
import { type Answered, bytes, type Engine, number, type Script, type Statement, sql } from "./sql.js";

/** Octets of a piece, and of the largest post without pieces. */
export const PIECE_OCTETS = 512 * 1024;

/**
 * How long the pieces of a post may take to be written, in milliseconds: a body that is still coming then is of a server that has
 * ended. Several servers share a PostgreSQL database, and none may take away what another is writing.
 */
export const INCOMING_MS = 3_600_000;

const NOTHING = new Uint8Array();

/** What stands in the row of a post of these octets. */
export const octetsInRow = (raw: Uint8Array): Uint8Array => (raw.length > PIECE_OCTETS ? NOTHING : raw);

/** What single statements are run on. */
type Asked = Pick<Engine, "ask" | "askAside">;

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
  engine: Asked,
  raw: Uint8Array,
  now: number,
): Promise<ComingBody | undefined> {
  if (raw.length <= PIECE_OCTETS) return undefined;
  const [row] = (
    await engine.askAside(
      sql("INSERT INTO post_bodies (incoming_until) VALUES (?) RETURNING id", now + INCOMING_MS),
    )
  ).rows;
  if (row === undefined) throw new Error("a body that was made is not there");
  const body = { id: number(row, "id") };
  try {
    for (let at = 0; at < raw.length; at += PIECE_OCTETS) {
      await others();
      // not durable by itself, and need not be: the commit that makes the post is written after it, in the same log
      await engine.askAside(
        sql(
          "INSERT INTO body_pieces (body_id, number, octets) VALUES (?, ?, ?)",
          body.id,
          at / PIECE_OCTETS,
          raw.subarray(at, at + PIECE_OCTETS),
        ),
      );
    }
  } catch (error) {
    await giveUpBody(engine, body);
    throw error;
  }
  return body;
}

/** Makes a coming body a post's, within the transaction that makes the post. @throws if it was taken for dead meanwhile */
export function* giveBody(body: ComingBody, postId: number): Script<void> {
  const { changes } = yield sql(
    "UPDATE post_bodies SET post_id = ?, incoming_until = NULL WHERE id = ? AND incoming_until IS NOT NULL",
    postId,
    body.id,
  );
  if (changes === 0) throw new Error("the pieces of a post were taken away before it was made");
}

/**
 * The post was not made: its pieces go. If it was made after all (a commit whose answer was lost), nothing happens.
 *
 * Doesn't throw: the body is nobody's, and goes when {@link INCOMING_MS} are over.
 */
export async function giveUpBody(engine: Asked, body: ComingBody): Promise<void> {
  try {
    await engine.ask(
      sql(
        "UPDATE post_bodies SET incoming_until = NULL WHERE id = ? AND incoming_until IS NOT NULL",
        body.id,
      ),
    );
  } catch {
    return;
  }
  await sweepSoon(engine);
}

/** Bodies that were coming until `before` are dead. */
export const endComing = (before: number): Statement =>
  sql("UPDATE post_bodies SET incoming_until = NULL WHERE incoming_until < ?", before);

/** All bodies that are coming are dead: for a server that has its database alone, when it starts. */
export const endAllComing: Statement = sql(
  "UPDATE post_bodies SET incoming_until = NULL WHERE incoming_until IS NOT NULL",
);

/**
 * Deletes dead bodies, a piece at a time with a turn for others between.
 *
 * @param write runs a statement that changes something
 * @throws what the database throws
 */
export async function sweepBodies(
  database: Pick<Engine, "ask">,
  write: (statement: Statement) => Promise<Answered>,
): Promise<void> {
  const dead = await database.ask(
    sql("SELECT id FROM post_bodies WHERE post_id IS NULL AND incoming_until IS NULL ORDER BY id"),
  );
  for (const row of dead.rows) {
    const id = number(row, "id");
    const pieces = await database.ask(
      sql("SELECT number FROM body_pieces WHERE body_id = ? ORDER BY number", id),
    );
    for (const piece of pieces.rows) {
      await others();
      await write(
        sql("DELETE FROM body_pieces WHERE body_id = ? AND number = ?", id, number(piece, "number")),
      );
    }
    await write(
      sql("DELETE FROM post_bodies WHERE id = ? AND post_id IS NULL AND incoming_until IS NULL", id),
    );
  }
}

/**
 * As {@link sweepBodies}, after something that is done whether or not it succeeds. Doesn't throw: what is left goes at the next
 * time, and the store's `forget` says what is wrong.
 */
export async function sweepSoon(engine: Asked): Promise<void> {
  await sweepBodies(engine, (statement) => engine.askAside(statement)).catch(() => undefined);
}

/**
 * The octets of a post, in one buffer.
 *
 * @param inRow what its row has: all of a small post, nothing of a large one
 * @returns `undefined` if the post was deleted meanwhile
 */
export async function readOctets(
  engine: Pick<Engine, "ask">,
  postId: number,
  inRow: Uint8Array,
): Promise<Uint8Array | undefined> {
  if (inRow.length > 0) return inRow;
  const sizes = await engine.ask(
    sql(
      `SELECT body_id, number, length(octets) AS size FROM post_bodies JOIN body_pieces ON body_id = post_bodies.id
         WHERE post_id = ? ORDER BY number`,
      postId,
    ),
  );
  // slow: not from the pool that small buffers share
  const whole = Buffer.allocUnsafeSlow(sizes.rows.reduce((sum, row) => sum + number(row, "size"), 0));
  // each piece is a buffer of its own: together they are as large as the post
  const garbage = new BufferCollector();
  let at = 0;
  for (const row of sizes.rows) {
    const [piece] = (
      await engine.ask(
        sql(
          "SELECT octets FROM body_pieces WHERE body_id = ? AND number = ?",
          number(row, "body_id"),
          number(row, "number"),
        ),
      )
    ).rows;
    if (piece === undefined) return undefined;
    const octets = bytes(piece, "octets");
    whole.set(octets, at);
    at += octets.length;
    garbage.add(octets.length);
    // SQLite answers at once: without this the whole post would be one turn
    await others();
  }
  return at === 0 ? undefined : whole;
}
