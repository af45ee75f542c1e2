/**
 * A post's octets in the database: a small post in its row, a large one in rows of its own, a piece each.
 *
 * A database's library copies a value more than once on its way in and out (SQLite: the value that was bound, and the record
 * that it becomes; PostgreSQL: hexadecimal text). Of a post of 50 MB that would be twice its size at one time; of a piece it
 * is nothing.
 */
import { setImmediate as others } from "node:timers/promises";
import { Garbage } from "./dead-buffers.js";
import { bytes, type Engine, number, type Script, sql } from "./sql.js";

/** Octets of a piece, and of the largest post without pieces. */
export const PIECE_OCTETS = 512 * 1024;

const NOTHING = new Uint8Array();

/** What stands in the row of a post of these octets. */
export const octetsInRow = (raw: Uint8Array): Uint8Array => (raw.length > PIECE_OCTETS ? NOTHING : raw);

/** Keeps what the row of the post has not. */
export function* keepPieces(postId: number, raw: Uint8Array): Script<void> {
  if (raw.length <= PIECE_OCTETS) return;
  for (let at = 0; at < raw.length; at += PIECE_OCTETS) {
    yield sql(
      "INSERT INTO post_pieces (post_id, number, octets) VALUES (?, ?, ?)",
      postId,
      at / PIECE_OCTETS,
      raw.subarray(at, at + PIECE_OCTETS),
    );
  }
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
    sql("SELECT number, length(octets) AS size FROM post_pieces WHERE post_id = ? ORDER BY number", postId),
  );
  // slow: not from the pool that small buffers share
  const whole = Buffer.allocUnsafeSlow(sizes.rows.reduce((sum, row) => sum + number(row, "size"), 0));
  // each piece is a buffer of its own: together they are as large as the post
  const garbage = new Garbage();
  let at = 0;
  for (const row of sizes.rows) {
    const [piece] = (
      await engine.ask(
        sql("SELECT octets FROM post_pieces WHERE post_id = ? AND number = ?", postId, number(row, "number")),
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
