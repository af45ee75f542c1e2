/**
 * The store in PostgreSQL, for lists that more than one machine serves: workers on several hosts share one queue.
 *
 * A job is claimed with FOR UPDATE SKIP LOCKED and held by a lease, so two workers never have the same copy while both
 * run. Leases are read against each worker's own clock: the hosts' clocks have to agree to within a minute.
 */
import type pg from "pg";
import { codeOfThrown } from "../base/error-code.js";
import type { FullStore } from "./membership-store.js";
import {
  DATABASE_PATIENCE_MS,
  DatabaseLost,
  isAnswer,
  lostOr,
  MIGRATION_PATIENCE_MS,
  openPool,
} from "./postgres-pool.js";
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

/** How often a transaction is tried that another one got in the way of. */
const MAX_TRIES = 5;

/** Any number, the same for every version of this software: one process at a time brings the tables up to date. */
const MIGRATION_LOCK = 0x11575ea1;

export const postgres: Dialect = {
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
 * @param patience longest silence of the database, in milliseconds
 * @throws TooNew, UnusableStore if the database can't be reached
 */
export async function openPostgresStore(url: string, patience = DATABASE_PATIENCE_MS): Promise<FullStore> {
  const migrating = new PostgresEngine(openPool(url, 1, MIGRATION_PATIENCE_MS));
  try {
    await migrating.run(migration);
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
  return new SqlStore(openPostgresEngine(url, MAX_DATABASE_CONNECTIONS, patience), "shared");
}

/** Connections to the database at `url`, whose tables {@link openPostgresStore} made. Nothing is asked yet. */
export function openPostgresEngine(
  url: string,
  connections: number,
  patience = DATABASE_PATIENCE_MS,
): Engine {
  return new PostgresEngine(openPool(url, connections, patience));
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
  /** When each thing that is under way was begun, by the clock that is never set. */
  readonly #begun = new Set<{ readonly at: number }>();

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

  ask(statement: Statement): Promise<Answered> {
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
