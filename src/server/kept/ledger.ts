/**
 * The ledger of the operation: settings of lists, who is suspended and why, what bounced, and what the queue holds.
 *
 * It lies beside the store in the same database (so that one backup holds both), and works on SQLite and PostgreSQL
 * alike. Rows about a member go with the member.
 */
import { type Database, isSet, number, type Row, type Statement, sql, text, word } from "./database.js";
import { DAY_MS } from "./limits.js";
import { defaultListSettings, type ListSettings, readListSettings } from "./list-settings.js";
import { QueueDesk } from "./queue-desk.js";

/** Why a member gets no copies although they are on the roster. */
export interface Suspension {
  readonly since: number;
  /** `bounces`, `operator`, or `member`: their own wish (the store's `pauseCopies`). */
  readonly reason: string;
}

/** One day's failures of one member: the worst of that day. */
export interface Bounce {
  readonly day: number;
  readonly severity: "hard" | "soft";
  readonly reason: string;
}

/** How a member stands. */
export interface MemberStanding {
  /** As {@link Ledger.suspension}. */
  readonly suspension?: Suspension;
  /** Since when copies can't be sealed for them. */
  readonly unusableSince?: number;
  /** Days on which copies came back. */
  readonly bounces: number;
}

export class Ledger {
  readonly #database: Database;

  /** The ledger in a database that holds a store, whose tables are up to date. */
  constructor(database: Database) {
    this.#database = database;
  }

  /** Since when an answer of the database is waited for, by performance.now; `undefined` if none is. */
  waitingSince(): number | undefined {
    return this.#database.waitingSince();
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async settings(listId: number): Promise<ListSettings> {
    const [row] = await this.#rows(sql`SELECT settings FROM list_settings WHERE list_id = ${listId}`);
    return row === undefined ? defaultListSettings : readListSettings(text(row, "settings"));
  }

  async setSettings(listId: number, settings: ListSettings): Promise<void> {
    await this.#database.query(
      sql`INSERT INTO list_settings (list_id, settings) VALUES (${listId}, ${JSON.stringify(settings)})
         ON CONFLICT (list_id) DO UPDATE SET settings = excluded.settings`,
    );
  }

  async suspension(memberId: number): Promise<Suspension | undefined> {
    const [row] = await this.#rows(
      sql`SELECT since, reason, 0 AS own FROM suspensions WHERE member_id = ${memberId}
           UNION ALL SELECT since, 'member', 1 FROM own_pauses WHERE member_id = ${memberId} ORDER BY own LIMIT 1`,
    );
    return row && { since: number(row, "since"), reason: text(row, "reason") };
  }

  /**
   * How the members of a list stand whose addresses are from `first` to `last`, both included, by their numbers: one question
   * for a page of the roster. `since`: bounces are counted from that day on.
   */
  async standings(
    listId: number,
    first: string,
    last: string,
    since: number,
  ): Promise<ReadonlyMap<number, MemberStanding>> {
    const rows = await this.#rows(
      sql`SELECT members.id AS id, suspensions.since AS suspended, suspensions.reason AS reason,
             own_pauses.since AS paused, unusable_keys.since AS unusable,
             (SELECT count(*) FROM bounces WHERE bounces.member_id = members.id AND bounces.day >= ${Math.floor(since / DAY_MS)}) AS bounces
           FROM members
           LEFT JOIN suspensions ON suspensions.member_id = members.id
           LEFT JOIN own_pauses ON own_pauses.member_id = members.id
           LEFT JOIN unusable_keys ON unusable_keys.member_id = members.id
           WHERE members.list_id = ${listId} AND members.address >= ${first} AND members.address <= ${last}`,
    );
    return new Map(rows.map((row) => [number(row, "id"), standingOf(row)]));
  }

  /** Suspends a member. @returns false if they were suspended already */
  async suspend(memberId: number, reason: string, now: number): Promise<boolean> {
    const rows = await this.#rows(
      // the row is locked: a mail at the gate goes first, or is stopped
      sql`INSERT INTO suspensions (member_id, since, reason)
           SELECT id, CAST(${now} AS BIGINT), CAST(${reason} AS TEXT) FROM members WHERE id = ${memberId} ${this.#database.dialect.lockRows}
         ON CONFLICT (member_id) DO NOTHING RETURNING member_id`,
    );
    return rows.length > 0;
  }

  /**
   * The operator's word: takes a suspension back and forgets what led to it. Where there is none, it takes back what the
   * member asked for. @returns false if there was neither
   */
  async resume(memberId: number): Promise<boolean> {
    await this.#database.query(sql`DELETE FROM bounces WHERE member_id = ${memberId}`);
    const rows = await this.#rows(
      sql`DELETE FROM suspensions WHERE member_id = ${memberId} RETURNING member_id`,
    );
    if (rows.length > 0) return true;
    const own = await this.#rows(
      sql`DELETE FROM own_pauses WHERE member_id = ${memberId} RETURNING member_id`,
    );
    return own.length > 0;
  }

  /** Notes a failure; of one day the worst counts. A report that somebody resends changes nothing. */
  async noteBounce(memberId: number, bounce: Omit<Bounce, "day">, now: number): Promise<void> {
    await this.#database.query(
      sql`INSERT INTO bounces (member_id, day, severity, reason) SELECT id, CAST(${Math.floor(now / DAY_MS)} AS BIGINT), CAST(${bounce.severity} AS TEXT), CAST(${bounce.reason} AS TEXT)
         FROM members WHERE id = ${memberId}
         ON CONFLICT (member_id, day) DO UPDATE SET severity = excluded.severity, reason = excluded.reason
           WHERE bounces.severity = 'soft'`,
    );
  }

  /** Failures since the day of `since`, oldest first. */
  async bounces(memberId: number, since: number): Promise<readonly Bounce[]> {
    const rows = await this.#rows(
      sql`SELECT day, severity, reason FROM bounces WHERE member_id = ${memberId} AND day >= ${Math.floor(since / DAY_MS)} ORDER BY day`,
    );
    return rows.map((row) => ({
      day: number(row, "day"),
      severity: word(row, "severity", ["hard", "soft"]),
      reason: text(row, "reason"),
    }));
  }

  /** Of how many members of a list copies came back for good, by day, since the day of `since`. */
  async hardBounces(listId: number, since: number): Promise<ReadonlyMap<number, number>> {
    const rows = await this.#rows(
      sql`SELECT bounces.day, count(*) AS members FROM bounces JOIN members ON members.id = bounces.member_id
         WHERE members.list_id = ${listId} AND bounces.severity = 'hard' AND bounces.day >= ${Math.floor(since / DAY_MS)} GROUP BY bounces.day`,
    );
    return new Map(rows.map((row) => [number(row, "day"), number(row, "members")]));
  }

  /** How many members of a list get copies by their role, suspended or not. */
  async readers(listId: number): Promise<number> {
    const [row] = await this.#rows(
      sql`SELECT count(*) AS readers FROM members WHERE list_id = ${listId} AND role <> 'post-only'`,
    );
    return row === undefined ? 0 : number(row, "readers");
  }

  /** What came back on that day counts against nobody on the list. @returns true if that is news */
  async brake(listId: number, day: number): Promise<boolean> {
    const rows = await this.#rows(
      sql`INSERT INTO brakes (list_id, day) VALUES (${listId}, ${day}) ON CONFLICT (list_id, day) DO NOTHING RETURNING day`,
    );
    return rows.length > 0;
  }

  /**
   * Members of a list, not suspended, of whom copies came back for good on at least `days` days since the day of
   * `since`; days that are braked, and the day of `now`, which is not over, don't count.
   */
  async lost(listId: number, since: number, now: number, days: number): Promise<readonly number[]> {
    const rows = await this.#rows(
      sql`SELECT members.id FROM bounces JOIN members ON members.id = bounces.member_id
         WHERE members.list_id = ${listId} AND bounces.severity = 'hard' AND bounces.day >= ${Math.floor(since / DAY_MS)} AND bounces.day < ${Math.floor(now / DAY_MS)}
           AND NOT EXISTS (SELECT 1 FROM brakes WHERE brakes.list_id = members.list_id AND brakes.day = bounces.day)
           AND NOT EXISTS (SELECT 1 FROM suspensions WHERE suspensions.member_id = members.id)
           AND NOT EXISTS (SELECT 1 FROM own_pauses WHERE own_pauses.member_id = members.id)
         GROUP BY members.id HAVING count(*) >= ${days} ORDER BY members.id`,
    );
    return rows.map((row) => number(row, "id"));
  }

  /** Members of a list who were suspended for `reason`. */
  async suspended(listId: number, reason: string): Promise<readonly number[]> {
    const rows = await this.#rows(
      sql`SELECT members.id FROM suspensions JOIN members ON members.id = suspensions.member_id
         WHERE members.list_id = ${listId} AND suspensions.reason = ${reason} ORDER BY members.id`,
    );
    return rows.map((row) => number(row, "id"));
  }

  /** How many members of each list were suspended for `reason`, by the list's address; a list of none is not in it. */
  async suspendedCounts(reason: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#rows(
      sql`SELECT lists.address AS address, count(*) AS members FROM suspensions
           JOIN members ON members.id = suspensions.member_id JOIN lists ON lists.id = members.list_id
           WHERE suspensions.reason = ${reason} GROUP BY lists.address`,
    );
    return new Map(rows.map((row) => [text(row, "address"), number(row, "members")]));
  }

  /** Forgets failures before the day of `before`. */
  async forgetBounces(before: number): Promise<void> {
    await this.#database.query(sql`DELETE FROM brakes WHERE day < ${Math.floor(before / DAY_MS)}`);
    await this.#database.query(sql`DELETE FROM bounces WHERE day < ${Math.floor(before / DAY_MS)}`);
  }

  /** Notes that copies can't be sealed for a member. @returns true if that is news */
  async noteUnusableKey(memberId: number, code: string, now: number): Promise<boolean> {
    const rows = await this.#rows(
      sql`INSERT INTO unusable_keys (member_id, since, code) SELECT id, CAST(${now} AS BIGINT), CAST(${code} AS TEXT) FROM members WHERE id = ${memberId}
         ON CONFLICT (member_id) DO NOTHING RETURNING member_id`,
    );
    return rows.length > 0;
  }

  /** Why copies can't be sealed for a member, if so. */
  async unusableKey(memberId: number): Promise<string | undefined> {
    const [row] = await this.#rows(sql`SELECT code FROM unusable_keys WHERE member_id = ${memberId}`);
    return row && text(row, "code");
  }

  /** What waits, as the operator looks after it. */
  get queue(): QueueDesk {
    return new QueueDesk(this.#database);
  }

  /** The certificate of a list's server key has other subkeys; its primary key is the same. */
  async setServerCertificate(listId: number, certificate: Uint8Array): Promise<void> {
    await this.#database.query(
      sql`UPDATE lists SET server_certificate = ${certificate} WHERE id = ${listId}`,
    );
  }

  /**
   * Sets all that waits for a list's members aside, and answers from before `since`. Later ones are about commands of now:
   * an owner hears by them what became of the word that lets the list go on.
   *
   * @returns how many
   */
  async setListAside(listId: number, code: string, since: number): Promise<number> {
    const rows = await this.#rows(
      sql`UPDATE jobs SET aside = ${code} WHERE aside IS NULL AND list_id = ${listId}
           AND (member_id IS NOT NULL OR queued < ${since}) RETURNING id`,
    );
    return rows.length;
  }

  /** Copies of a list's posts that are still in the queue, set aside or not. */
  async copiesLeft(listId: number): Promise<number> {
    const [row] = await this.#rows(
      sql`SELECT count(*) AS copies FROM jobs JOIN posts ON posts.id = jobs.post_id WHERE posts.list_id = ${listId}`,
    );
    return row === undefined ? 0 : number(row, "copies");
  }

  /** Signatures before this are refused on a list that was restored from a backup; `undefined` if it never was. */
  async refusedBefore(listId: number): Promise<number | undefined> {
    const [row] = await this.#rows(sql`SELECT not_before FROM resumed WHERE list_id = ${listId}`);
    return row && number(row, "not_before");
  }

  /** See {@link refusedBefore}. It only grows. */
  async refuseBefore(listId: number, date: number): Promise<void> {
    await this.#database.query(
      sql`INSERT INTO resumed (list_id, not_before) VALUES (${listId}, ${date})
         ON CONFLICT (list_id) DO UPDATE SET not_before = excluded.not_before
           WHERE resumed.not_before < excluded.not_before`,
    );
  }

  async #rows(statement: Statement): Promise<readonly Row[]> {
    return (await this.#database.query(statement)).rows;
  }

  /** Throws if the database does not answer: for readiness. */
  async probe(): Promise<void> {
    await this.#database.query(sql`SELECT 1 AS one`);
  }
}

function standingOf(row: Row): MemberStanding {
  const suspension = suspensionOf(row);
  return {
    ...(suspension === undefined ? {} : { suspension }),
    ...(isSet(row, "unusable") ? { unusableSince: number(row, "unusable") } : {}),
    bounces: number(row, "bounces"),
  };
}

/** The operator's word, or that of bounces, comes before the member's own. */
function suspensionOf(row: Row): Suspension | undefined {
  if (isSet(row, "suspended")) return { since: number(row, "suspended"), reason: text(row, "reason") };
  return isSet(row, "paused") ? { since: number(row, "paused"), reason: "member" } : undefined;
}
