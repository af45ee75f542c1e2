/**
 * The store in PostgreSQL, for lists that more than one machine serves: workers on several hosts share one queue.
 *
 * A job is claimed with FOR UPDATE SKIP LOCKED and held by a lease, so two workers never have the same copy while both
 * run. Leases are read against each worker's own clock: the hosts' clocks have to agree to within a minute.
 */
import pg from "pg";
import type { FullStore } from "./membership-store.js";
import { missingSteps, schemaVersion, TooNew } from "./schema.js";
import {
  type Answered,
  type Dialect,
  type Engine,
  number,
  type Row,
  runInTurn,
  type Script,
  type Statement,
  sql,
} from "./sql.js";
import { SqlStore } from "./sql-store.js";
import { UnusableStore } from "./store.js";

/** Connections to the database at one time, one process. Stops a busy worker from using up the server's (100 by default). */
const MAX_DATABASE_CONNECTIONS = 10;

/** How long to wait for the database, in milliseconds: to connect, and for a lock that another worker holds. */
const CONNECT_TIMEOUT_MS = 10_000;
const LOCK_TIMEOUT_MS = 10_000;

/** How often a transaction is tried that another one got in the way of. */
const MAX_TRIES = 5;

/** Any number, the same for every version of this software: one process at a time brings the tables up to date. */
const MIGRATION_LOCK = 0x11575ea1;

const postgres: Dialect = {
  rowNumber: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
  integer: "BIGINT",
  bytes: "BYTEA",
  tableEnd: "",
  // weaker than FOR UPDATE: rows that refer to this one may still be written
  lockRows: "FOR NO KEY UPDATE",
  shareRows: "FOR SHARE",
  lockFreeRows: "FOR UPDATE SKIP LOCKED",
};

/**
 * Opens the store in the database at `url` (`postgres://user@host/database`), and makes its tables if need be.
 *
 * @throws TooNew, UnusableStore if the database can't be reached
 */
export async function openPostgresStore(url: string): Promise<FullStore> {
  const engine = openPostgresEngine(url, MAX_DATABASE_CONNECTIONS);
  try {
    await engine.run(migration);
  } catch (error) {
    await engine.close();
    if (error instanceof TooNew) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
    throw new UnusableStore(
      `the PostgreSQL database can't be used (${code}): see that it runs, and that its address, user and password are right`,
      { cause: error },
    );
  }
  return new SqlStore(engine, "shared");
}

/** Connections to the database at `url`, whose tables {@link openPostgresStore} made. Nothing is asked yet. */
export function openPostgresEngine(url: string, connections: number): Engine {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    types: { getTypeParser },
    // whatever the database's own setting: a commit is on disk when it is answered
    onConnect: (client) =>
      client.query(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')",
      ),
  });
  // an idle connection that breaks reports here; without a handler it ends the process. The next query finds out
  pool.on("error", () => undefined);
  return new PostgresEngine(pool);
}

/** Whole numbers of 64 bits are numbers here (ids, dates): all are far below 2^53. */
function getTypeParser(oid: number, format?: "text" | "binary") {
  const standard = pg.types.getTypeParser(oid, format);
  return oid === pg.types.builtins.INT8 ? Number : standard;
}

function* migration(): Script<void> {
  yield sql("SELECT pg_advisory_xact_lock(?)", MIGRATION_LOCK);
  yield sql("CREATE TABLE IF NOT EXISTS listseal_schema (version BIGINT NOT NULL)");
  const [row] = (yield sql("SELECT version FROM listseal_schema")).rows;
  const steps = missingSteps(postgres, row === undefined ? 0 : number(row, "version"));
  if (steps.length === 0) return;
  for (const step of steps) yield sql(step);
  yield sql("DELETE FROM listseal_schema");
  yield sql("INSERT INTO listseal_schema (version) VALUES (?)", schemaVersion(postgres));
}

/** Codes of PostgreSQL for "another transaction got in the way, try again": serialization_failure, deadlock_detected. */
const inTheWay: ReadonlySet<unknown> = new Set(["40001", "40P01"]);

class PostgresEngine implements Engine {
  readonly dialect = postgres;
  readonly #pool: pg.Pool;
  readonly #texts = new Map<string, string>();

  constructor(pool: pg.Pool) {
    this.#pool = pool;
  }

  run<T>(script: () => Script<T>): Promise<T> {
    return this.#tried(
      () => this.#once(script, (result) => result),
      () => true,
    );
  }

  hold<T>(script: () => Script<T>, then: (found: T) => void): Promise<void> {
    let isCalled = false;
    const called = (found: T) => {
      isCalled = true;
      then(found);
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
        const code = error instanceof pg.DatabaseError ? error.code : undefined;
        if (!inTheWay.has(code) || tries === MAX_TRIES || !mayAgain()) throw error;
      }
    }
  }

  /** @param before called with the result before the commit */
  async #once<T, R>(script: () => Script<T>, before: (result: T) => R): Promise<R> {
    const client = await this.#pool.connect();
    let broken = true;
    try {
      await client.query("BEGIN");
      try {
        const result = before(await runInTurn(script(), (statement) => this.#answer(client, statement)));
        await client.query("COMMIT");
        broken = false;
        return result;
      } catch (error) {
        await client.query("ROLLBACK");
        broken = false;
        throw error;
      }
    } finally {
      // a connection on which even ROLLBACK failed is not used again
      client.release(broken);
    }
  }

  ask(statement: Statement): Promise<Answered> {
    return this.#answer(this.#pool, statement);
  }

  askAside(statement: Statement): Promise<Answered> {
    return this.ask(statement);
  }

  async close(): Promise<void> {
    // twice is once, as with SQLite
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #answer(client: pg.Pool | pg.PoolClient, { sql: written, values }: Statement): Promise<Answered> {
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
