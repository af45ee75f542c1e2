/** How a mail of the server's own comes into the queue, inside whatever transaction makes it necessary. */
import { type Statement, sql } from "./sql.js";
import type { NewMail } from "./store.js";

/** Queues a mail of the server's own: a step of a transaction. */
export function queueMail({ listId, to, recipient, mail }: NewMail, now: number): Statement {
  return sql(
    `INSERT INTO jobs (list_id, kind, member_id, needs_role, recipient, mail, queued, due)
       VALUES (?, 'mail', ?, ?, ?, ?, ?, ?)`,
    listId,
    to.kind === "member" ? to.memberId : null,
    to.kind === "member" ? (to.needs ?? null) : null,
    recipient,
    mail,
    now,
    now,
  );
}
