/**
 * The queue, in SQL: everything that leaves the server waits in one table, and passes one gate.
 *
 * What is promised of the gate: a removal, a role or a revocation is one transaction that changes the member's row, and a
 * suspension one that locks it. The gate
 * reads that row with a shared lock (PostgreSQL) or under the write lock of the file (SQLite), and its transaction ends
 * after the last line of the mail is with the system. So of the two one comes first: either the removal is committed, and
 * the mail is not ended; or the mail's last line was sent before the removal could be committed, and it may arrive.
 */
import { randomBytes } from "node:crypto";
import { bytes, isSet, marks, number, type Row, type Script, sql, text, word } from "./sql.js";
import { endAllComing, sweepSoon } from "./sql-post-octets.js";
import { queueMail } from "./sql-queue-mail.js";
import { dropFinishedPost, memberOf } from "./sql-roster.js";
import { SqlServerKeys } from "./sql-server-keys.js";
import {
  type AtGate,
  type Entitled,
  type GateWord,
  type Job,
  type Member,
  type NewMail,
  type QueueCounts,
  roles,
} from "./store.js";

/** Random bytes in the name of a claim. */
const CLAIM_BYTES = 12;

const kinds = ["copy", "review", "notice", "mail"] as const;

/** A column of a member's row, or of none: how many suspensions they have. */
const SUSPENDED = `((SELECT count(*) FROM suspensions WHERE suspensions.member_id = members.id)
  + (SELECT count(*) FROM own_pauses WHERE own_pauses.member_id = members.id)) AS suspended`;

function jobOf(row: Row): Job {
  const claimed = {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    queued: number(row, "queued"),
    attempt: number(row, "attempts"),
    claim: text(row, "claim"),
  };
  const kind = word(row, "kind", kinds);
  switch (kind) {
    case "copy":
    case "review": {
      const isReview = kind === "review";
      return {
        kind: "copy",
        memberId: number(row, "member_id"),
        postId: number(row, "post_id"),
        isReview,
        ...claimed,
      };
    }
    case "notice":
      return { kind, memberId: number(row, "member_id"), code: text(row, "notice"), ...claimed };
    case "mail":
      return { kind, to: addresseeOf(row), recipient: text(row, "recipient"), ...claimed };
  }
}

function addresseeOf(row: Row): NewMail["to"] {
  if (!isSet(row, "member_id")) return { kind: "anybody" };
  const memberId = number(row, "member_id");
  if (!isSet(row, "needs_role")) return { kind: "member", memberId };
  return { kind: "member", memberId, needs: word(row, "needs_role", ["moderator", "owner"]) };
}

const entitledOf = (row: Row): Omit<Entitled, "isSuspended"> => ({
  role: word(row, "role", roles),
  certificate: bytes(row, "certificate"),
});

/** The part of the store that is the queue. */
export class SqlQueue extends SqlServerKeys {
  async addMail(mail: NewMail, now: number): Promise<void> {
    await this.engine.ask(queueMail(mail, now));
  }

  async mailOf(jobId: number): Promise<Uint8Array | undefined> {
    const [row] = (await this.engine.ask(sql("SELECT mail FROM jobs WHERE id = ? AND kind = 'mail'", jobId)))
      .rows;
    return row && bytes(row, "mail");
  }

  async forwardedTo(digest: string): Promise<ReadonlySet<number>> {
    const { rows } = await this.engine.ask(sql("SELECT member_id FROM forwarded WHERE digest = ?", digest));
    return new Set(rows.map((row) => number(row, "member_id")));
  }

  async noteForwarded(memberId: number, digest: string, keptUntil: number): Promise<void> {
    await this.engine.ask(
      sql(
        `INSERT INTO forwarded (member_id, digest, kept_until)
           SELECT id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM members WHERE id = ? ON CONFLICT DO NOTHING`,
        digest,
        keptUntil,
        memberId,
      ),
    );
  }

  queueNotice(memberId: number, code: string, now: number, interval: number): Promise<boolean> {
    return this.engine.run(function* () {
      const { changes } = yield sql(
        `INSERT INTO notices (member_id, code, queued)
           SELECT id, CAST(? AS TEXT), CAST(? AS BIGINT) FROM members WHERE id = ?
           ON CONFLICT (member_id, code) DO UPDATE SET queued = excluded.queued
             WHERE notices.queued <= excluded.queued - CAST(? AS BIGINT)`,
        code,
        now,
        memberId,
        interval,
      );
      if (changes === 0) return false;
      yield sql(
        `INSERT INTO jobs (list_id, kind, notice, member_id, queued, due)
           SELECT list_id, 'notice', CAST(? AS TEXT), id, CAST(? AS BIGINT), CAST(? AS BIGINT) FROM members WHERE id = ?`,
        code,
        now,
        now,
        memberId,
      );
      return true;
    });
  }

  async recipientById(id: number): Promise<(Member & Entitled) | undefined> {
    const [row] = (await this.engine.ask(sql(`SELECT *, ${SUSPENDED} FROM members WHERE id = ?`, id))).rows;
    return row && { ...memberOf(row), ...entitledOf(row), isSuspended: number(row, "suspended") > 0 };
  }

  async hasNamesake(listId: number, name: string, fingerprint: string): Promise<boolean> {
    const { rows } = await this.engine.ask(
      sql(
        "SELECT 1 AS one FROM members WHERE list_id = ? AND lower(name) = lower(?) AND fingerprint <> ? LIMIT 1",
        listId,
        name,
        fingerprint,
      ),
    );
    return rows.length > 0;
  }

  atGate(asked: readonly AtGate[], decide: (words: readonly GateWord[]) => void): Promise<void> {
    const { shareRows } = this.engine.dialect;
    const memberIds = [...new Set(asked.flatMap(({ memberId }) => memberId ?? []))];
    const jobIds = asked.flatMap(({ job }) => job?.id ?? []);
    return this.engine.hold(function* (): Script<readonly GateWord[]> {
      // in one order, so that no two wait for each other
      const members =
        memberIds.length === 0
          ? []
          : (yield sql(
              `SELECT id, role, certificate FROM members WHERE id IN (${marks(memberIds)}) ORDER BY id ${shareRows}`,
              ...memberIds,
            )).rows;
      // a question of its own, after it: one statement sees what was committed when it began, and not the suspension that it
      // has just waited for
      const suspended =
        memberIds.length === 0
          ? []
          : (yield sql(
              `SELECT member_id FROM suspensions WHERE member_id IN (${marks(memberIds)})
                 UNION SELECT member_id FROM own_pauses WHERE member_id IN (${marks(memberIds)})`,
              ...memberIds,
              ...memberIds,
            )).rows;
      // after it: what a removal took away while its row was waited for is gone
      const jobs =
        jobIds.length === 0
          ? []
          : (yield sql(
              `SELECT id, claim FROM jobs WHERE id IN (${marks(jobIds)}) AND aside IS NULL AND claim IS NOT NULL`,
              ...jobIds,
            )).rows;
      const claims = new Map(jobs.map((row) => [number(row, "id"), text(row, "claim")]));
      const without = new Set(suspended.map((row) => number(row, "member_id")));
      const entitled = new Map(
        members.map((row) => {
          const id = number(row, "id");
          return [id, { ...entitledOf(row), isSuspended: without.has(id) }];
        }),
      );
      return asked.map(({ job, memberId }) => {
        const member = memberId === undefined ? undefined : entitled.get(memberId);
        const isOurs = job === undefined || claims.get(job.id) === job.claim;
        return member === undefined ? { isOurs } : { isOurs, member };
      });
    }, decide);
  }

  async claimJobs(now: number, leaseUntil: number, limit: number): Promise<readonly Job[]> {
    // picked first, then changed: as a subquery of the UPDATE, PostgreSQL may look for free rows more than once
    const { rows } = await this.engine.askAside(
      sql(
        `WITH picked AS (
             SELECT id FROM jobs WHERE aside IS NULL AND due <= ? ORDER BY due, id LIMIT ?
             ${this.engine.dialect.lockFreeRows})
           UPDATE jobs SET attempts = attempts + 1, claim = ?, due = ? FROM picked WHERE jobs.id = picked.id
           RETURNING jobs.id, list_id, kind, post_id, notice, recipient, member_id, needs_role, queued, attempts, claim`,
        now,
        limit,
        randomBytes(CLAIM_BYTES).toString("hex"),
        leaseUntil,
      ),
    );
    // RETURNING gives rows in no promised order
    return rows.map(jobOf).sort((one, other) => one.id - other.id);
  }

  extendClaims(claims: readonly string[], leaseUntil: number): Promise<void> {
    return this.engine.run(function* () {
      for (const claim of claims) yield sql("UPDATE jobs SET due = ? WHERE claim = ?", leaseUntil, claim);
    });
  }

  async releaseClaims(now: number): Promise<void> {
    await this.engine.ask(sql("UPDATE jobs SET claim = NULL, due = ? WHERE claim IS NOT NULL", now));
    await this.engine.ask(endAllComing);
  }

  async finishJobs(jobs: readonly Job[]): Promise<void> {
    const which = jobs.map(() => "(id = ? AND claim = ?)").join(" OR ");
    await this.engine.askAside(
      sql(`DELETE FROM jobs WHERE ${which}`, ...jobs.flatMap(({ id, claim }) => [id, claim])),
    );
    const posts = new Set(jobs.flatMap((job) => (job.kind === "copy" ? [job.postId] : [])));
    // a transaction of its own: of two workers that finish the last two jobs, the later sees that none is left
    let gone = 0;
    for (const postId of posts) gone += (await this.engine.ask(dropFinishedPost(postId))).changes;
    if (gone > 0) await sweepSoon(this.engine);
  }

  async retryJob(job: Job, due: number): Promise<void> {
    await this.engine.ask(
      sql("UPDATE jobs SET claim = NULL, due = ? WHERE id = ? AND claim = ?", due, job.id, job.claim),
    );
  }

  async hurryJobs(now: number): Promise<void> {
    await this.engine.ask(
      sql("UPDATE jobs SET due = ? WHERE claim IS NULL AND aside IS NULL AND due > ?", now, now),
    );
  }

  async returnJob(job: Job, due: number): Promise<void> {
    await this.engine.ask(
      sql(
        "UPDATE jobs SET claim = NULL, due = ?, attempts = attempts - 1 WHERE id = ? AND claim = ?",
        due,
        job.id,
        job.claim,
      ),
    );
  }

  async setJobAside(job: Job, code: string): Promise<void> {
    await this.engine.ask(
      sql("UPDATE jobs SET claim = NULL, aside = ? WHERE id = ? AND claim = ?", code, job.id, job.claim),
    );
  }

  async setPostAside(postId: number, code: string): Promise<void> {
    await this.engine.ask(sql("UPDATE jobs SET claim = NULL, aside = ? WHERE post_id = ?", code, postId));
  }

  async nextDue(): Promise<number | undefined> {
    const [row] = (await this.engine.ask(sql("SELECT min(due) AS due FROM jobs WHERE aside IS NULL"))).rows;
    return row !== undefined && isSet(row, "due") ? number(row, "due") : undefined;
  }

  async queueCounts(): Promise<QueueCounts> {
    const [row] = (
      await this.engine.ask(
        sql(
          `SELECT count(*) FILTER (WHERE aside IS NULL) AS waiting,
             count(*) FILTER (WHERE aside IS NOT NULL) AS aside FROM jobs`,
        ),
      )
    ).rows;
    return row === undefined
      ? { waiting: 0, aside: 0 }
      : { waiting: number(row, "waiting"), aside: number(row, "aside") };
  }
}
