/** The queue as the operator sees it and puts it in order: on SQLite and PostgreSQL alike, beside servers that run. */
import {
  type Database,
  findRows,
  isSet,
  joinSql,
  number,
  type Row,
  type Statement,
  sql,
  textColumn,
} from "./database.js";
import { loseCopies } from "./deliveries.js";
import { finishFanOuts } from "./fan-outs.js";
import { isFinished, sweepBodies } from "./post-pieces.js";
import { changeJobs } from "./queue.js";

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

/** Jobs of a list that were set aside for one reason. */
export interface ReasonCount {
  readonly list: string;
  readonly reason: string;
  readonly jobs: number;
  /** For how many people. */
  readonly people: number;
  /** How many of the jobs are for members without a usable key. */
  readonly keyless: number;
}

/** Why a job is aside that the operator holds back. */
const ON_HOLD = "on-hold";

/** A choice among what waits. */
type WaitingChoice = Omit<JobChoice, "state">;

export interface QueueAdmin {
  /** Jobs in the order in which they came, from the one after `after`. */
  chosenJobs(choice: JobChoice, after: number, limit: number): Promise<readonly QueuedJob[]>;
  /** What was set aside, by list and reason. */
  asideCounts(): Promise<readonly ReasonCount[]>;
  /** Makes jobs due at once: those aside with all their attempts before them. @returns how many */
  retryJobs(choice: JobChoice, now: number): Promise<number>;
  /** Makes what waits for its next attempt due at once; what a worker has in hand is left alone. @returns how many */
  flushJobs(choice: WaitingChoice, now: number): Promise<number>;
  /** Sets what waits aside. What a worker has in hand is not ended (the gate looks). @returns how many */
  holdJobs(choice: WaitingChoice): Promise<number>;
  /** Gives jobs up, and posts that nobody waits for any more; held ones wait for their moderator. @returns how many jobs */
  dropJobs(choice: JobChoice): Promise<number>;
}

/** The operator's view of the queue in `database`. */
export function queueAdminIn(database: Database): QueueAdmin {
  const change = async (what: Statement, choice: JobChoice, and = sql``): Promise<number> => {
    // also what was about to be queued when a server was killed
    await finishFanOuts(database);
    return changeJobs(database, sql`${JOINED} WHERE ${chosen(choice)} ${and}`, (these) => [
      sql`${what} WHERE ${these}`,
    ]);
  };
  return {
    chosenJobs: (choice, after, limit) =>
      findRows(
        database,
        jobIn,
        sql`SELECT jobs.id, kind, lists.address AS list, COALESCE(members.address, jobs.recipient) AS recipient, post_id, queued,
              attempts, due, aside FROM ${JOINED} WHERE ${chosen(choice)} AND jobs.id > ${after} ORDER BY jobs.id LIMIT ${limit}`,
      ),

    asideCounts: () =>
      findRows(
        database,
        (row) => ({
          list: textColumn(row, "list"),
          reason: textColumn(row, "reason"),
          jobs: number(row, "jobs"),
          people: number(row, "people"),
          keyless: number(row, "keyless"),
        }),
        sql`SELECT lists.address AS list, aside AS reason, count(*) AS jobs, count(DISTINCT jobs.member_id) AS people,
              count(unusable_keys.member_id) AS keyless
            FROM ${JOINED} LEFT JOIN unusable_keys ON unusable_keys.member_id = jobs.member_id
            WHERE aside IS NOT NULL GROUP BY lists.address, aside ORDER BY lists.address, aside`,
      ),

    retryJobs: (choice, now) => change(sql`UPDATE jobs SET aside = NULL, attempts = 0, due = ${now}`, choice),

    flushJobs: (choice, now) =>
      change(sql`UPDATE jobs SET due = ${now}`, { ...choice, state: "waiting" }, sql`AND claim IS NULL`),

    holdJobs: (choice) =>
      change(sql`UPDATE jobs SET claim = NULL, aside = ${ON_HOLD}`, { ...choice, state: "waiting" }),

    async dropJobs(choice) {
      await finishFanOuts(database);
      const dropped = await changeJobs(database, sql`${JOINED} WHERE ${chosen(choice)}`, (these) => [
        loseCopies(sql`SELECT id FROM jobs WHERE ${these}`),
        sql`DELETE FROM jobs WHERE ${these}`,
      ]);
      if (dropped > 0) {
        await database.query(sql`DELETE FROM posts WHERE ${isFinished}`);
        // others may be in the middle of it, too: a server that runs
        await sweepBodies(database, (statement) => database.query(statement));
      }
      return dropped;
    },
  };
}

const JOINED = sql`jobs JOIN lists ON lists.id = jobs.list_id LEFT JOIN members ON members.id = jobs.member_id`;

/** The condition that the chosen jobs fulfil. */
function chosen({ job, post, list, recipient, queuedBefore, reason, state }: JobChoice): Statement {
  const tests = [
    sql`1 = 1`,
    job !== undefined && sql`jobs.id = ${job}`,
    post !== undefined && sql`post_id = ${post}`,
    list !== undefined && sql`lists.address = ${list}`,
    recipient !== undefined && sql`COALESCE(members.address, jobs.recipient) = ${recipient}`,
    queuedBefore !== undefined && sql`queued <= ${queuedBefore}`,
    reason !== undefined && sql`aside = ${reason}`,
    state !== "any" && (state === "aside" ? sql`aside IS NOT NULL` : sql`aside IS NULL`),
  ];
  return joinSql(
    tests.filter((test) => test !== false),
    " AND ",
  );
}

function jobIn(row: Row): QueuedJob {
  return {
    id: number(row, "id"),
    kind: textColumn(row, "kind"),
    list: textColumn(row, "list"),
    recipient: textColumn(row, "recipient"),
    ...(isSet(row, "post_id") ? { post: number(row, "post_id") } : {}),
    queued: number(row, "queued"),
    attempts: number(row, "attempts"),
    due: number(row, "due"),
    ...(isSet(row, "aside") ? { aside: textColumn(row, "aside") } : {}),
  };
}
