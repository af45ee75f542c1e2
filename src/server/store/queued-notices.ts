/** Notices of the server's own to a member: queued once in a while, however often there is a reason. */
import { type Script, sql } from "./database.js";

/** A notice to a member. */
export interface QueuedNotice {
  readonly memberId: number;
  readonly code: string;
  /** They stand behind the code; one with other words is the same notice. */
  readonly words: readonly string[];
  /** How long, in milliseconds, no second one is queued. */
  readonly interval: number;
}

/**
 * Queues a notice, unless one with that code was queued for the member within its interval.
 * @param first is queued in front of it, if it is
 * @returns whether it was queued
 */
export function* insertNotice(
  { memberId, code, words, interval }: QueuedNotice,
  now: number,
  first?: () => Script<void>,
): Script<boolean> {
  const { changes } = yield sql`INSERT INTO notices (member_id, code, queued)
      SELECT id, CAST(${code} AS TEXT), CAST(${now} AS BIGINT) FROM members WHERE id = ${memberId}
      ON CONFLICT (member_id, code) DO UPDATE SET queued = excluded.queued
        WHERE notices.queued <= excluded.queued - CAST(${interval} AS BIGINT)`;
  if (changes === 0) return false;
  if (first !== undefined) yield* first();
  yield sql`INSERT INTO jobs (list_id, kind, notice, member_id, queued, due)
      SELECT list_id, 'notice', CAST(${[code, ...words].join(" ")} AS TEXT), id, CAST(${now} AS BIGINT), CAST(${now} AS BIGINT)
      FROM members WHERE id = ${memberId}`;
  return true;
}
