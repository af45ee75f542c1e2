/** A database that counts what it is asked: how much work something is, without a clock. */

import type { Database, QueryResult, Script, Statement } from "../../src/server/store/database.js";
import type { StorePlace } from "../../src/server/store/open-store.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import { type Store, storeIn } from "../../src/server/store/store.js";

/** One statement that was answered. `turn`: of the event loop, counted from the beginning. */
export interface CountedStatement {
  readonly sql: string;
  readonly rows: number;
  readonly turn: number;
}

/** A store, with everything that it asked. */
export interface Counted {
  readonly store: Store;
  /** What the store asked since this was asked last. */
  taken(): readonly CountedStatement[];
  close(): Promise<void>;
}

class CountingDatabase implements Database {
  readonly #database: Database;
  readonly #turn: () => number;
  readonly statements: CountedStatement[] = [];

  constructor(database: Database, turn: () => number) {
    this.#database = database;
    this.#turn = turn;
  }

  get dialect() {
    return this.#database.dialect;
  }

  #note({ sql }: Statement, answered: QueryResult): QueryResult {
    this.statements.push({ sql, rows: answered.rows.length, turn: this.#turn() });
    return answered;
  }

  #counted<T>(script: () => Script<T>): () => Script<T> {
    const note = this.#note.bind(this);
    return function* () {
      const inner = script();
      let step = inner.next();
      while (!step.done) step = inner.next(note(step.value, yield step.value));
      return step.value;
    };
  }

  transaction<T>(script: () => Script<T>): Promise<T> {
    return this.#database.transaction(this.#counted(script));
  }

  readLocked<T>(script: () => Script<T>, whileLocked: (found: T) => void): Promise<void> {
    return this.#database.readLocked(this.#counted(script), whileLocked);
  }

  async query(statement: Statement): Promise<QueryResult> {
    return this.#note(statement, await this.#database.query(statement));
  }

  async queryInBackground(statement: Statement): Promise<QueryResult> {
    return this.#note(statement, await this.#database.queryInBackground(statement));
  }

  waitingSince(): number | undefined {
    return this.#database.waitingSince();
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

/** Opens what is at `place`, counting. The store is one for a worker alone. */
export function openCounted(place: StorePlace): Counted {
  let turns = 0;
  let timer = setImmediate(function next() {
    turns++;
    timer = setImmediate(next);
  });
  const database = new CountingDatabase(
    place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 2),
    () => turns,
  );
  const store = storeIn(database, "alone");
  return {
    store,
    taken: () => database.statements.splice(0),
    async close() {
      clearImmediate(timer);
      await store.close();
    },
  };
}
