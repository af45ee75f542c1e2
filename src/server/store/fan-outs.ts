/**
 * The copies of a post for a large list, queued some at a time: rows for a hundred thousand members in one transaction would
 * keep everybody else waiting for it.
 *
 * The transaction that takes the post queues the first of them, and writes down where the rest begins and who is the last
 * that was on a roster by then; a member's number is never used again. From there each step is a transaction of its own,
 * by whoever comes to it: the one who took the post, or after a crash the next worker that finds nothing else to do. Nobody
 * joins a post that was taken before them, and who is removed between two steps gets nothing, as with a job that waits.
 */
import {
  type Database,
  firstRow,
  inSteps,
  number,
  type Script,
  type Statement,
  sql,
  textColumn,
} from "./database.js";
import { lockList } from "./lists.js";
import { dropFinishedPost } from "./post-pieces.js";

/** Copies that one transaction queues: a few milliseconds of SQLite. */
export const FAN_OUT_STEP = 1_000;

/** Which members a step is about: those behind one address, up to another, and none who came later. */
interface Step {
  readonly postId: number;
  readonly listId: number;
  readonly due: number;
  /** Empty: from the first. */
  readonly behind: string;
  /** The highest number that a member had when the post was taken. */
  readonly lastMember: number;
}

const readers = ({ listId, behind, lastMember }: Step): Statement =>
  sql`list_id = ${listId} AND role <> 'post-only' AND address > ${behind} AND id <= ${lastMember}`;

/** Queues up to {@link FAN_OUT_STEP} copies. Gives their number, and the address of the last if there may be more. */
function* queueStep(step: Step): Script<{ readonly copies: number; readonly upTo?: string }> {
  const last = yield* firstRow(
    sql`SELECT address FROM members WHERE ${readers(step)} ORDER BY address LIMIT 1 OFFSET ${FAN_OUT_STEP - 1}`,
  );
  const upTo = last && textColumn(last, "address");
  const { changes } = yield sql`INSERT INTO jobs (list_id, kind, post_id, member_id, queued, due)
      SELECT list_id, 'copy', CAST(${step.postId} AS BIGINT), id, CAST(${step.due} AS BIGINT), CAST(${step.due} AS BIGINT)
      FROM members WHERE ${readers(step)} ${upTo === undefined ? sql`` : sql`AND address <= ${upTo}`} ORDER BY address`;
  return { copies: changes, ...(upTo === undefined ? {} : { upTo }) };
}

/** Begins a post's copies, within a transaction that holds the list. Gives how many there will be. */
export function* beginFanOut(postId: number, listId: number, due: number): Script<number> {
  const newest = yield* firstRow(sql`SELECT COALESCE(max(id), 0) AS id FROM members`);
  const lastMember = newest === undefined ? 0 : number(newest, "id");
  const { copies, upTo } = yield* queueStep({ postId, listId, due, behind: "", lastMember });
  if (upTo === undefined) return copies;
  yield sql`INSERT INTO fan_outs (post_id, list_id, due, behind, last_member)
      VALUES (${postId}, ${listId}, ${due}, ${upTo}, ${lastMember})`;
  const all = yield* firstRow(
    sql`SELECT count(*) AS readers FROM members WHERE list_id = ${listId} AND role <> 'post-only'`,
  );
  return all === undefined ? copies : number(all, "readers");
}

/** The next step of a post's copies, or of any post's. False if there is none. */
async function goOn(database: Database, postId: number | undefined): Promise<boolean> {
  const which = postId === undefined ? sql`` : sql`WHERE post_id = ${postId}`;
  const { rows } = await database.query(
    sql`SELECT post_id, list_id FROM fan_outs ${which} ORDER BY post_id LIMIT 1`,
  );
  const [found] = rows;
  if (found === undefined) return false;
  const [post, listId] = [number(found, "post_id"), number(found, "list_id")];
  await database.transaction(function* () {
    yield* lockList(database, listId);
    // read once more: another may have gone on meanwhile
    const row = yield* firstRow(sql`SELECT due, behind, last_member FROM fan_outs WHERE post_id = ${post}`);
    if (row === undefined) return;
    const { upTo } = yield* queueStep({
      postId: post,
      listId,
      due: number(row, "due"),
      behind: textColumn(row, "behind"),
      lastMember: number(row, "last_member"),
    });
    if (upTo === undefined) {
      yield sql`DELETE FROM fan_outs WHERE post_id = ${post}`;
      yield dropFinishedPost(post);
    } else yield sql`UPDATE fan_outs SET behind = ${upTo} WHERE post_id = ${post}`;
  });
  return true;
}

/** One step of whatever post has copies that are not queued yet. False if none has. */
export const continueFanOut = (database: Database): Promise<boolean> => goOn(database, undefined);

/** Queues all that is left: of one post, or of every. Others have their turns between the steps. */
export const finishFanOuts = (database: Database, postId?: number): Promise<void> =>
  inSteps(() => goOn(database, postId));
