/** The queue as the operator sees it and puts it in order: on SQLite and PostgreSQL alike, beside servers that run. */
import { isSet, number, type Row, type Statement, sql, text, type Value } from "./sql.js";
import { sweepBodies } from "./sql-post-octets.js";
import type { Connection } from "./sqlite-connection.js";

/** A job as the operator sees it. */
export interface QueuedJob {
  readonly id: number;
  readonly kind: string;
  readonly list: string;
  readonly recipient: string;
  readonly post?: number;
  readonly queued: number;
  readonly attempts: number;
  readonly due: number;
  /** Why it waits for the operator. */
  readonly aside?: string;
}

/** Which jobs a command is about: those to which all of it applies. */
export interface JobChoice {
  readonly job?: number;
  readonly post?: number;
  /** A list's address. */
  readonly list?: string;
  readonly recipient?: string;
  /** In the queue since then or before, in milliseconds since 1970. */
  readonly queuedBefore?: number;
  /** Why it was set aside. */
  readonly reason?: string;
  readonly state: "waiting" | "aside" | "any";
}

/** Why a job is aside that the operator holds back. */
const ON_HOLD = "on-hold";

export class QueueDesk {
  readonly #database: Connection;

  constructor(database: Connection) {
    this.#database = database;
  }

  /** Jobs in the order in which they came, from the one after `after`. */
  async page(choice: JobChoice, after: number, limit: number): Promise<readonly QueuedJob[]> {
    const { where, values } = chosen(choice);
    const rows = await this.#rows(
      sql(
        `SELECT jobs.id, kind, lists.address AS list, COALESCE(members.address, jobs.recipient) AS recipient, post_id, queued,
           attempts, due, aside FROM ${JOINED} WHERE ${where} AND jobs.id > ? ORDER BY jobs.id LIMIT ?`,
        ...values,
        after,
        limit,
      ),
    );
    return rows.map(jobIn);
  }

  /** Makes jobs due at once: those aside with all their attempts before them. @returns how many */
  retry(choice: JobChoice, now: number): Promise<number> {
    return this.#change("UPDATE jobs SET aside = NULL, attempts = 0, due = ?", [now], choice);
  }

  /** Makes what waits for its next attempt due at once; what a worker has in hand is left alone. @returns how many */
  flush(choice: Omit<JobChoice, "state">, now: number): Promise<number> {
    return this.#change("UPDATE jobs SET due = ?", [now], { ...choice, state: "waiting" }, "claim IS NULL");
  }

  /** Sets what waits aside. What a worker has in hand is not ended (the gate looks). @returns how many */
  hold(choice: Omit<JobChoice, "state">): Promise<number> {
    const waiting = { ...choice, state: "waiting" } as const;
    return this.#change("UPDATE jobs SET claim = NULL, aside = ?", [ON_HOLD], waiting);
  }

  /** Gives jobs up, and posts that nobody waits for any more; held ones wait for their moderator. @returns how many jobs */
  async drop(choice: JobChoice): Promise<number> {
    const dropped = await this.#change("DELETE FROM jobs", [], choice);
    if (dropped > 0) {
      await this.#database.ask(
        sql(
          "DELETE FROM posts WHERE held = 0 AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.post_id = posts.id)",
        ),
      );
      // others may be in the middle of it, too: a server that runs
      await sweepBodies(this.#database, (statement) => this.#database.ask(statement));
    }
    return dropped;
  }

  async #change(what: string, before: readonly Value[], choice: JobChoice, and = "1 = 1"): Promise<number> {
    const { where, values } = chosen(choice);
    const rows = await this.#rows(
      sql(
        `${what} WHERE id IN (SELECT jobs.id FROM ${JOINED} WHERE ${where} AND ${and}) RETURNING id`,
        ...before,
        ...values,
      ),
    );
    return rows.length;
  }

  async #rows(statement: Statement): Promise<readonly Row[]> {
    return (await this.#database.ask(statement)).rows;
  }
}

const JOINED = "jobs JOIN lists ON lists.id = jobs.list_id LEFT JOIN members ON members.id = jobs.member_id";

function chosen(choice: JobChoice): { readonly where: string; readonly values: readonly Value[] } {
  const { job, post, list, recipient, queuedBefore, reason, state } = choice;
  const tests: readonly (readonly [string, Value | undefined])[] = [
    ["jobs.id = ?", job],
    ["post_id = ?", post],
    ["lists.address = ?", list],
    ["COALESCE(members.address, jobs.recipient) = ?", recipient],
    ["queued <= ?", queuedBefore],
    ["aside = ?", reason],
  ];
  const where: string[] = [];
  const values: Value[] = [];
  for (const [test, value] of tests) {
    if (value === undefined) continue;
    where.push(test);
    values.push(value);
  }
  if (state !== "any") where.push(state === "aside" ? "aside IS NOT NULL" : "aside IS NULL");
  return { where: ["1 = 1", ...where].join(" AND "), values };
}

function jobIn(row: Row): QueuedJob {
  return {
    id: number(row, "id"),
    kind: text(row, "kind"),
    list: text(row, "list"),
    recipient: text(row, "recipient"),
    ...(isSet(row, "post_id") ? { post: number(row, "post_id") } : {}),
    queued: number(row, "queued"),
    attempts: number(row, "attempts"),
    due: number(row, "due"),
    ...(isSet(row, "aside") ? { aside: text(row, "aside") } : {}),
  };
}
