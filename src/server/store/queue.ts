/**
 * The queue: everything that leaves the server waits in one table, and passes one gate.
 *
 * What is promised of the gate: a removal, a role or a revocation is one transaction that changes the member's row, and a
 * suspension one that locks it. The gate
 * reads that row with a shared lock (PostgreSQL) or under the write lock of the file (SQLite), and its transaction ends
 * after the last line of the mail is with the system. So of the two one comes first: either the removal is committed, and
 * the mail is not ended; or the mail's last line was sent before the removal could be committed, and it may arrive.
 */
import { randomBytes } from "node:crypto";
import {
  bytes,
  type Database,
  findRow,
  firstRow,
  hasRows,
  inSteps,
  isSet,
  joinSql,
  number,
  type Row,
  type Script,
  type Statement,
  sql,
  textColumn,
  word,
} from "./database.js";
import { continueFanOut, finishFanOuts } from "./fan-outs.js";
import { dropFinishedPost, endAllComing, sweepSoon } from "./post-pieces.js";
import { insertNotice } from "./queued-notices.js";
import { type Entitled, roles } from "./roster.js";

/** Random bytes in the name of a claim. */
const CLAIM_BYTES = 12;

/** Something to send, claimed by a worker. */
export type Job = CopyJob | NoticeJob | MailJob;

interface ClaimedJob {
  readonly id: number;
  readonly listId: number;
  /** When it came into the queue. */
  readonly queued: number;
  /** This attempt's number, from 1; registered before it is made. */
  readonly attempt: number;
  /**
   * Token of the claim. What a worker says of a job counts only while the claim is still its own: one that was stopped
   * for longer than its lease can't touch a job that another has taken.
   */
  readonly claim: string;
}

/** A post's copy for a member, made when the job runs. */
export interface CopyJob extends ClaimedJob {
  readonly kind: "copy";
  readonly memberId: number;
  readonly postId: number;
  /** For a moderator's review of a held post. */
  readonly isReview: boolean;
}

/** A notice to a member in the server's own words. */
export interface NoticeJob extends ClaimedJob {
  readonly kind: "notice";
  readonly memberId: number;
  /** Why a post was refused: a code of ours. */
  readonly code: string;
}

/** A mail that is written and sealed already: an answer, a report, an owner's notice. */
export interface MailJob extends ClaimedJob {
  readonly kind: "mail";
  readonly to: Addressee;
  readonly recipient: string;
}

/**
 * Whom a mail of the server's own is for, and what must still be so when it leaves.
 * - `member`: somebody on the roster, in this role at least. It goes with them.
 * - `anybody`: whoever asked, about what they asked for. They may be on no roster, or have just left it.
 */
export type Addressee =
  | { readonly kind: "member"; readonly memberId: number; readonly needs?: "moderator" | "owner" }
  | { readonly kind: "anybody" };

/** A mail of the server's own, ready to be handed over. */
export interface NewMail {
  readonly listId: number;
  readonly to: Addressee;
  readonly recipient: string;
  readonly mail: Uint8Array;
}

/** Who is at the gate: a mail for a member, or for nobody on the roster, and the job that it belongs to, if any. */
export interface AtGate {
  readonly job?: Pick<Job, "id" | "claim">;
  readonly memberId?: number;
}

/** What the database knows of them at one moment. */
export interface GateAnswer {
  /** The job is there, not aside, and still claimed by who asks; true without one. */
  readonly isOurs: boolean;
  readonly member?: Entitled;
}

/** What waits, counted. `aside`: waits for the operator. */
export interface QueueCounts {
  readonly waiting: number;
  readonly aside: number;
}

/** The code of a notice to the author of a post under a list key whose grace is over; behind it: the post's message id, the list key of today. */
export const FORMER_KEY_NOTICE = "old-list-key";

/** The code of an owner's notice that was sealed once for all members (`shared-notices.ts`); behind it: its number. */
export const SHARED_NOTICE = "list-key-notice";

export interface Queue {
  /** `alone`: one worker at a time; `shared`: other workers, on other machines too, have claims of their own. */
  readonly sharing: "alone" | "shared";
  /** Queues a mail of the server's own. */
  addMail(mail: NewMail, now: number): Promise<void>;
  /** The octets of a mail that waits; `undefined` once it is gone. */
  mailOf(jobId: number): Promise<Uint8Array | undefined>;
  /** Which members got the mail of that digest before, of those who did so since. */
  forwardedTo(digest: string): Promise<ReadonlySet<number>>;
  noteForwarded(memberId: number, digest: string, keptUntil: number): Promise<void>;
  /**
   * Queues a notice, unless one with that code was queued for the member less than `interval` ago.
   * @param words stand behind the code of the notice; one with other words is the same notice
   */
  queueNotice(
    memberId: number,
    code: string,
    now: number,
    interval: number,
    words?: readonly string[],
  ): Promise<boolean>;
  /**
   * The gate before every way out: says how things are, for each that is asked about, and lets nobody change the members
   * asked about until `decide` has returned. A removal, a role or a revocation that has been committed is seen; one that
   * comes later waits until what `decide` wrote is with the system. `decide` is synchronous, and is called once.
   */
  atGate(asked: readonly AtGate[], decide: (words: readonly GateAnswer[]) => void): Promise<void>;
  /**
   * Takes up to `limit` due jobs, oldest first, under a fresh claim, and registers an attempt for each: they are due
   * again at `leaseUntil`.
   */
  claimJobs(now: number, leaseUntil: number, limit: number): Promise<readonly Job[]>;
  /** The jobs of these claims are due again at `leaseUntil`, and no earlier. */
  extendClaims(claims: readonly string[], leaseUntil: number): Promise<void>;
  /** Makes every claimed job due again: claims of an earlier run, in a store that is for one worker `alone`. */
  releaseClaims(now: number): Promise<void>;
  /** These copies are delivered, or nobody wants them any more: one commit. A post goes when no job of it is left. */
  finishJobs(jobs: readonly Job[]): Promise<void>;
  /** The copy is to be tried again at `due`. */
  retryJob(job: Job, due: number): Promise<void>;
  /** Makes every job that waits for its next attempt due now. */
  hurryJobs(now: number): Promise<void>;
  /** A claimed job was not tried after all: the attempt is not counted. */
  returnJob(job: Job, due: number): Promise<void>;
  /** The copy waits for the operator; `code` says why. The rest of the queue goes on. */
  setJobAside(job: Job, code: string): Promise<void>;
  /** As {@link setJobAside}, for every copy of a post. */
  setPostAside(postId: number, code: string): Promise<void>;
  /**
   * Sets all that waits for a list's members aside, and answers from before `since`. Later ones are about commands of now:
   * an owner hears by them what became of the word that lets the list go on.
   *
   * @returns how many
   */
  setListAside(listId: number, code: string, since: number): Promise<number>;
  /** Copies of a list's posts that are still in the queue, set aside or not. */
  copiesLeft(listId: number): Promise<number>;
  /** When the next job is due, `undefined` if none waits. */
  nextDue(): Promise<number | undefined>;
  queueCounts(): Promise<QueueCounts>;
}

/** The queue in `database`. */
export function queueIn(database: Database, sharing: Queue["sharing"]): Queue {
  const run = async (statement: Statement): Promise<void> => void (await database.query(statement));
  return {
    sharing,

    addMail: (mail, now) => run(queueMail(mail, now)),

    mailOf: (jobId) =>
      findRow(
        database,
        (row) => bytes(row, "mail"),
        sql`SELECT mail FROM jobs WHERE id = ${jobId} AND kind = 'mail'`,
      ),

    async forwardedTo(digest) {
      const { rows } = await database.query(sql`SELECT member_id FROM forwarded WHERE digest = ${digest}`);
      return new Set(rows.map((row) => number(row, "member_id")));
    },

    noteForwarded: (memberId, digest, keptUntil) =>
      run(
        sql`INSERT INTO forwarded (member_id, digest, kept_until)
            SELECT id, CAST(${digest} AS TEXT), CAST(${keptUntil} AS BIGINT) FROM members WHERE id = ${memberId}
            ON CONFLICT DO NOTHING`,
      ),

    queueNotice: (memberId, code, now, interval, words = []) =>
      database.transaction(() => insertNotice({ memberId, code, words, interval }, now)),

    atGate: (asked, decide) => database.readLocked(() => gateWords(database, asked), decide),

    async claimJobs(now, leaseUntil, limit) {
      let jobs = await claimDue(database, now, leaseUntil, limit);
      // copies that were about to be queued when a server was killed
      while (jobs.length === 0 && (await continueFanOut(database))) {
        jobs = await claimDue(database, now, leaseUntil, limit);
      }
      return jobs;
    },

    extendClaims: (claims, leaseUntil) =>
      database.transaction(function* () {
        for (const claim of claims) yield sql`UPDATE jobs SET due = ${leaseUntil} WHERE claim = ${claim}`;
      }),

    async releaseClaims(now) {
      await run(sql`UPDATE jobs SET claim = NULL, due = ${now} WHERE claim IS NOT NULL`);
      await run(endAllComing);
    },

    async finishJobs(jobs) {
      const claims = new Map<string, number[]>();
      for (const { id, claim } of jobs) claims.set(claim, [...(claims.get(claim) ?? []), id]);
      const which = [...claims].map(([claim, ids]) => sql`(claim = ${claim} AND id IN (${joinSql(ids)}))`);
      await database.queryInBackground(sql`DELETE FROM jobs WHERE ${joinSql(which, " OR ")}`);
      const posts = new Set(jobs.flatMap((job) => (job.kind === "copy" ? [job.postId] : [])));
      // a transaction of its own: of two workers that finish the last two jobs, the later sees that none is left
      let gone = 0;
      for (const postId of posts) {
        // a look first: it takes no lock, and all but once in a fan-out there are more
        if (await hasRows(database, sql`SELECT 1 AS one FROM jobs WHERE post_id = ${postId} LIMIT 1`))
          continue;
        gone += (await database.query(dropFinishedPost(postId))).changes;
      }
      if (gone > 0) await sweepSoon(database);
    },

    retryJob: ({ id, claim }, due) =>
      run(sql`UPDATE jobs SET claim = NULL, due = ${due} WHERE id = ${id} AND claim = ${claim}`),

    async hurryJobs(now) {
      const which = sql`jobs WHERE claim IS NULL AND aside IS NULL AND due > ${now}`;
      await changeJobs(database, which, (these) => [sql`UPDATE jobs SET due = ${now} WHERE ${these}`]);
    },

    returnJob: ({ id, claim }, due) =>
      run(
        sql`UPDATE jobs SET claim = NULL, due = ${due}, attempts = attempts - 1 WHERE id = ${id} AND claim = ${claim}`,
      ),

    setJobAside: ({ id, claim }, code) =>
      run(sql`UPDATE jobs SET claim = NULL, aside = ${code} WHERE id = ${id} AND claim = ${claim}`),

    async setPostAside(postId, code) {
      await finishFanOuts(database, postId);
      await changeJobs(database, sql`jobs WHERE post_id = ${postId}`, (these) => [
        sql`UPDATE jobs SET claim = NULL, aside = ${code} WHERE ${these}`,
      ]);
    },

    async setListAside(listId, code, since) {
      await finishFanOuts(database);
      const which = sql`jobs WHERE aside IS NULL AND list_id = ${listId}
          AND (member_id IS NOT NULL OR queued < ${since})`;
      // what a server that is killed between two steps has left waits at the gate
      return changeJobs(database, which, (these) => [sql`UPDATE jobs SET aside = ${code} WHERE ${these}`]);
    },

    async copiesLeft(listId) {
      await finishFanOuts(database);
      const count = await findRow(
        database,
        (row) => number(row, "copies"),
        sql`SELECT count(*) AS copies FROM jobs JOIN posts ON posts.id = jobs.post_id WHERE posts.list_id = ${listId}`,
      );
      return count ?? 0;
    },

    nextDue: () =>
      findRow(
        database,
        (row) => (isSet(row, "due") ? number(row, "due") : undefined),
        sql`SELECT min(due) AS due FROM jobs WHERE aside IS NULL`,
      ),

    async queueCounts() {
      const counts = await findRow(
        database,
        (row) => ({ waiting: number(row, "waiting"), aside: number(row, "aside") }),
        sql`SELECT count(*) FILTER (WHERE aside IS NULL) AS waiting,
              count(*) FILTER (WHERE aside IS NOT NULL) AS aside FROM jobs`,
      );
      return counts ?? { waiting: 0, aside: 0 };
    },
  };
}

/** Jobs that one transaction changes: a few milliseconds of SQLite. */
const JOBS_STEP = 1_000;

/**
 * Changes many jobs, some at a time; what is said of each is true once it is said, and said again does no harm.
 *
 * @param which a table and the condition that its jobs fulfil: `jobs WHERE ...`
 * @param change what is done to those of one step, in one transaction; the last statement's changes count
 * @returns how many were changed
 */
export async function changeJobs(
  database: Database,
  which: Statement,
  change: (these: Statement) => readonly Statement[],
): Promise<number> {
  let behind = 0;
  let changed = 0;
  await inSteps(async () => {
    const step = await database.transaction(function* () {
      const some = sql`SELECT jobs.id AS id FROM ${which} AND jobs.id > ${behind}`;
      const last = yield* firstRow(sql`${some} ORDER BY jobs.id LIMIT 1 OFFSET ${JOBS_STEP - 1}`);
      const upTo = last && number(last, "id");
      const these = sql`id IN (${some} ${upTo === undefined ? sql`` : sql`AND jobs.id <= ${upTo}`})`;
      let changes = 0;
      for (const statement of change(these)) ({ changes } = yield statement);
      return { upTo, changes };
    });
    changed += step.changes;
    behind = step.upTo ?? behind;
    return step.upTo !== undefined;
  });
  return changed;
}

async function claimDue(
  database: Database,
  now: number,
  leaseUntil: number,
  limit: number,
): Promise<readonly Job[]> {
  const claim = randomBytes(CLAIM_BYTES).toString("hex");
  // picked first, then changed: as a subquery of the UPDATE, PostgreSQL may look for free rows more than once
  const { rows } = await database.queryInBackground(
    sql`WITH picked AS (
          SELECT id FROM jobs WHERE aside IS NULL AND due <= ${now} ORDER BY due, id LIMIT ${limit}
          ${database.dialect.lockFreeRows})
        UPDATE jobs SET attempts = attempts + 1, claim = ${claim}, due = ${leaseUntil} FROM picked WHERE jobs.id = picked.id
        RETURNING jobs.id, list_id, kind, post_id, notice, recipient, member_id, needs_role, queued, attempts, claim`,
  );
  // RETURNING gives rows in no promised order
  return rows.map(jobOf).sort((one, other) => one.id - other.id);
}

/** Queues a mail of the server's own: a step of whatever transaction makes it necessary. */
export const queueMail = ({ listId, to, recipient, mail }: NewMail, now: number): Statement =>
  sql`INSERT INTO jobs (list_id, kind, member_id, needs_role, recipient, mail, queued, due)
      VALUES (${listId}, 'mail', ${to.kind === "member" ? to.memberId : null},
        ${to.kind === "member" ? (to.needs ?? null) : null}, ${recipient}, ${mail}, ${now}, ${now})`;

function* gateWords({ dialect }: Database, asked: readonly AtGate[]): Script<readonly GateAnswer[]> {
  const memberIds = [...new Set(asked.flatMap(({ memberId }) => memberId ?? []))];
  const jobIds = asked.flatMap(({ job }) => job?.id ?? []);
  const rowsOf = function* (ids: readonly number[], statement: Statement): Script<readonly Row[]> {
    return ids.length === 0 ? [] : (yield statement).rows;
  };
  // in one order, so that no two wait for each other
  const members = yield* rowsOf(
    memberIds,
    sql`SELECT id, role, certificate FROM members WHERE id IN (${joinSql(memberIds)}) ORDER BY id ${dialect.shareRows}`,
  );
  // a question of its own, after it: one statement sees what was committed when it began, and not the suspension that it
  // has just waited for
  const suspended = yield* rowsOf(
    memberIds,
    sql`SELECT member_id FROM suspensions WHERE member_id IN (${joinSql(memberIds)})
        UNION SELECT member_id FROM own_pauses WHERE member_id IN (${joinSql(memberIds)})`,
  );
  // after it: what a removal took away while its row was waited for is gone
  const jobs = yield* rowsOf(
    jobIds,
    sql`SELECT id, claim FROM jobs WHERE id IN (${joinSql(jobIds)}) AND aside IS NULL AND claim IS NOT NULL`,
  );
  const claims = new Map(jobs.map((row) => [number(row, "id"), textColumn(row, "claim")]));
  const without = new Set(suspended.map((row) => number(row, "member_id")));
  const entitled = new Map(
    members.map((row) => {
      const id = number(row, "id");
      const [role, certificate] = [word(row, "role", roles), bytes(row, "certificate")];
      return [id, { role, certificate, isSuspended: without.has(id) }];
    }),
  );
  return asked.map(({ job, memberId }) => {
    const member = memberId === undefined ? undefined : entitled.get(memberId);
    const isOurs = job === undefined || claims.get(job.id) === job.claim;
    return member === undefined ? { isOurs } : { isOurs, member };
  });
}

function jobOf(row: Row): Job {
  const claimed = {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    queued: number(row, "queued"),
    attempt: number(row, "attempts"),
    claim: textColumn(row, "claim"),
  };
  const kind = word(row, "kind", ["copy", "review", "notice", "mail"]);
  switch (kind) {
    case "copy":
    case "review":
      return {
        kind: "copy",
        memberId: number(row, "member_id"),
        postId: number(row, "post_id"),
        isReview: kind === "review",
        ...claimed,
      };
    case "notice":
      return { kind, memberId: number(row, "member_id"), code: textColumn(row, "notice"), ...claimed };
    case "mail":
      return { kind, to: addresseeOf(row), recipient: textColumn(row, "recipient"), ...claimed };
  }
}

function addresseeOf(row: Row): Addressee {
  if (!isSet(row, "member_id")) return { kind: "anybody" };
  const memberId = number(row, "member_id");
  if (!isSet(row, "needs_role")) return { kind: "member", memberId };
  return { kind: "member", memberId, needs: word(row, "needs_role", ["moderator", "owner"]) };
}
