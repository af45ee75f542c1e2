/**
 * A PostgreSQL database, for lists that more than one machine serves: workers on several hosts share one queue.
 *
 * A job is claimed with FOR UPDATE SKIP LOCKED and held by a lease, so two workers never have the same copy while both
 * run. Leases are read against each worker's own clock: the hosts' clocks have to agree to within a minute.
 *
 * The network between is no promise: it may go silent (a firewall forgets a connection, a machine vanishes), and the
 * other end may go away at any moment (a restart, `pg_terminate_backend`), also between two statements of ours.
 */
import pg from "pg";
import { codeOfThrown } from "../base/error-code.js";
import {
  type Database,
  firstRow,
  number,
  type QueryResult,
  type Row,
  raw,
  runInTurn,
  type Script,
  type SqlDialect,
  type Statement,
  sql,
  UnusableStore,
} from "./database.js";
import { missingSteps, schemaVersion, TooNew } from "./schema.js";

/** Connections to the database at one time, one process. Stops a busy worker from using up the server's (100 by default). */
const MAX_DATABASE_CONNECTIONS = 12;

/** How long to wait for the database, in milliseconds: to connect, and for a lock that another worker holds. */
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 10_000;

/**
 * Longest silence of the database after a statement, in milliseconds. Stops connections that fell silent from holding
 * up delivery for ever. The database itself gives up what takes longer, so that nothing is done that nobody waits for.
 */
const DATABASE_PATIENCE_MS = 30_000;

/** The same for bringing tables up to date, which may rewrite large ones. */
const MIGRATION_PATIENCE_MS = 60 * 60_000;

/** A transaction of ours in which nothing happens is given up by the database after as long: our machine vanished. */
const IDLE_TRANSACTION_MS = 60_000;

/** Silence, in milliseconds, after which the system asks whether the other end still lives. */
const KEEPALIVE_MS = 15_000;

/** How often a transaction is tried that another one got in the way of. */
const MAX_TRIES = 5;

/** Any number, the same for every version of this software: one process at a time brings the tables up to date. */
const MIGRATION_LOCK = 0x11575ea1;

/** PostgreSQL's words. */
export const postgres: SqlDialect = {
  rowNumber: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  integer: "BIGINT",
  bytes: "BYTEA",
  tableEnd: "",
  // weaker than FOR UPDATE: rows that refer to this one may still be written
  lockRows: raw("FOR NO KEY UPDATE"),
  shareRows: raw("FOR SHARE"),
  lockFreeRows: raw("FOR UPDATE SKIP LOCKED"),
};

/**
 * Opens the database at `url` (`postgres://user@host/database`), and makes its tables if need be.
 *
 * @param patience longest silence of the database, in milliseconds
 * @throws TooNew, UnusableStore if the database can't be reached
 */
export async function openPostgres(url: string, patience = DATABASE_PATIENCE_MS): Promise<Database> {
  const migrating = new PostgresDatabase(openPool(url, 1, MIGRATION_PATIENCE_MS));
  try {
    await migrating.transaction(migration);
  } catch (error) {
    if (error instanceof TooNew) throw error;
    const cause = error instanceof DatabaseLost ? error.cause : error;
    const code = codeOfThrown(cause) ?? "no answer";
    throw new UnusableStore(
      `the PostgreSQL database can't be used (${code}): check that it is running, and that its address, user and password are right`,
      { cause: error },
    );
  } finally {
    await migrating.close();
  }
  return connectToPostgres(url, MAX_DATABASE_CONNECTIONS, patience);
}

/** At most `connections` to the database at `url`, whose tables {@link openPostgres} made. Nothing is asked yet. */
export function connectToPostgres(
  url: string,
  connections: number,
  patience = DATABASE_PATIENCE_MS,
): Database {
  return new PostgresDatabase(openPool(url, connections, patience));
}

function* migration(): Script<void> {
  yield sql`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`;
  yield sql`CREATE TABLE IF NOT EXISTS listseal_schema (version BIGINT NOT NULL)`;
  const row = yield* firstRow(sql`SELECT version FROM listseal_schema`);
  const steps = missingSteps(postgres, row === undefined ? 0 : number(row, "version"));
  if (steps.length === 0) return;
  for (const step of steps) yield raw(step);
  yield sql`DELETE FROM listseal_schema`;
  yield sql`INSERT INTO listseal_schema (version) VALUES (${schemaVersion(postgres)})`;
}

/** Codes of PostgreSQL for "another transaction got in the way, try again": serialization_failure, deadlock_detected. */
const inTheWay: ReadonlySet<unknown> = new Set(["40001", "40P01"]);

class PostgresDatabase implements Database {
  readonly dialect = postgres;
  readonly #pool: pg.Pool;
  readonly #texts = new Map<string, string>();
  /** When each thing that is under way was begun, by the clock that is never set. */
  readonly #begun = new Set<{ readonly at: number }>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  transaction<T>(script: () => Script<T>): Promise<T> {
    return this.#tried(
      () => this.#once(script, (result) => result),
      () => true,
    );
  }

  readLocked<T>(script: () => Script<T>, whileLocked: (found: T) => void): Promise<void> {
    let isCalled = false;
    const called = (found: T) => {
      isCalled = true;
      whileLocked(found);
    };
    return this.#tried(
      () => this.#once(script, called),
      () => !isCalled,
    );
  }

  async #tried<T>(transaction: () => Promise<T>, mayAgain: () => boolean): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await transaction();
      } catch (error) {
        const code = isAnswer(error) ? error.code : undefined;
        if (!inTheWay.has(code) || tries === MAX_TRIES || !mayAgain()) throw error;
      }
    }
  }

  /** @param before called with the result before the commit */
  async #once<T, R>(script: () => Script<T>, before: (result: T) => R): Promise<R> {
    const client = await this.#watched(this.#pool.connect());
    let isUsable = true;
    const say = async <A>(answer: Promise<A>): Promise<A> => {
      try {
        return await this.#watched(answer);
      } catch (error) {
        isUsable = isAnswer(error);
        throw error;
      }
    };
    try {
      await say(client.query("BEGIN"));
      const found = await runInTurn(script(), (statement) => say(this.#answer(client, statement)));
      const result = before(found);
      await say(client.query("COMMIT"));
      return result;
    } catch (error) {
      // on a connection that is silent or gone it would wait in vain; the database gives the transaction up by itself
      if (isUsable) {
        await say(client.query("ROLLBACK")).catch(() => {
          isUsable = false;
        });
      }
      throw error;
    } finally {
      client.release(!isUsable);
    }
  }

  query(statement: Statement): Promise<QueryResult> {
    return this.#watched(this.#answer(this.#pool, statement));
  }

  waitingSince(): number | undefined {
    const [oldest] = this.#begun;
    return oldest?.at;
  }

  /** Waits for the database, and remembers since when. @throws DatabaseLost, or what the database said */
  async #watched<A>(answer: Promise<A>): Promise<A> {
    const begun = { at: performance.now() };
    this.#begun.add(begun);
    try {
      return await answer;
    } catch (error) {
      throw lostOr(error);
    } finally {
      this.#begun.delete(begun);
    }
  }

  queryInBackground(statement: Statement): Promise<QueryResult> {
    return this.query(statement);
  }

  async close(): Promise<void> {
    // twice is once, as with SQLite
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #answer(client: pg.Pool | pg.PoolClient, { sql: written, values }: Statement): Promise<QueryResult> {
    const { rows, rowCount } = await client.query<Row>(this.#numbered(written), [...values]);
    return { rows: rows ?? [], changes: rowCount ?? 0 };
  }

  /** With `$1`, `$2` for the question marks. */
  #numbered(written: string): string {
    let text = this.#texts.get(written);
    if (text === undefined) {
      let count = 0;
      text = written.replaceAll("?", () => `$${++count}`);
      this.#texts.set(written, text);
    }
    return text;
  }
}

/** The connection ended or fell silent: what was asked may have been done or not. */
export class DatabaseLost extends Error {
  override readonly name = "DatabaseLost";
  readonly code = "DATABASE_LOST";
}

/** Whether the database itself said no; what else is thrown means that it may not even have heard. */
const isAnswer = (error: unknown): error is pg.DatabaseError => error instanceof pg.DatabaseError;

/** As {@link DatabaseLost}, unless the database itself said no. */
function lostOr(error: unknown): unknown {
  return isAnswer(error) ? error : new DatabaseLost("the database did not answer", { cause: error });
}

/** A pool of at most `connections`; nothing is connected yet. @param patience longest silence after a statement, in milliseconds */
export function openPool(url: string, connections: number, patience: number): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: Math.min(CONNECT_TIMEOUT_MS, patience),
    lock_timeout: patience > DATABASE_PATIENCE_MS ? patience : LOCK_TIMEOUT_MS,
    statement_timeout: patience,
    idle_in_transaction_session_timeout: IDLE_TRANSACTION_MS,
    query_timeout: patience,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_MS,
    types: { getTypeParser },
    // whatever the database's own setting: a commit is on disk when it is answered
    onConnect: (client) =>
      client.query(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')",
      ),
  });
  // an idle connection that breaks reports here; without a handler it ends the process. The next query finds out
  pool.on("error", () => undefined);
  // QUIRK: pg-pool listens to idle connections alone. One that breaks in a transaction, while we think about the next
  // statement, would end the process (seen 9 times in 190 terminations)
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Whole numbers of 64 bits are numbers here (ids, dates): all are far below 2^53. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  const standard = pg.types.getTypeParser(oid, format);
  return oid === pg.types.builtins.INT8 ? Number : standard;
}
