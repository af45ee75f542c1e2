/** A database that counts what it is asked: how much work something is, without a clock. */
import { Ledger } from "../../src/server/store/ledger.js";
import type { FullStore } from "../../src/server/store/membership-store.js";
import type { StorePlace } from "../../src/server/store/open-store.js";
import { openPostgresEngine } from "../../src/server/store/postgres-store.js";
import type { Answered, Engine, Script, Statement } from "../../src/server/store/sql.js";
import { SqlStore } from "../../src/server/store/sql-store.js";
import { openSqliteEngine } from "../../src/server/store/sqlite-store.js";

/** One statement that was answered. `turn`: of the event loop, counted from the beginning. */
export interface CountedStatement {
  readonly sql: string;
  readonly rows: number;
  readonly turn: number;
}

/** A store and a ledger at one place, with everything that they asked. */
export interface Counted {
  readonly store: FullStore;
  readonly ledger: Ledger;
  /** What the store, or the ledger, asked since this was asked last. */
  taken(): {
    readonly store: readonly CountedStatement[];
    readonly ledger: readonly CountedStatement[];
  };
  close(): Promise<void>;
}

class CountingEngine implements Engine {
  readonly #engine: Engine;
  readonly #turn: () => number;
  readonly statements: CountedStatement[] = [];

  constructor(engine: Engine, turn: () => number) {
    this.#engine = engine;
    this.#turn = turn;
  }

  get dialect() {
    return this.#engine.dialect;
  }

  #note({ sql }: Statement, answered: Answered): Answered {
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

  run<T>(script: () => Script<T>): Promise<T> {
    return this.#engine.run(this.#counted(script));
  }

  hold<T>(script: () => Script<T>, then: (found: T) => void): Promise<void> {
    return this.#engine.hold(this.#counted(script), then);
  }

  async ask(statement: Statement): Promise<Answered> {
    return this.#note(statement, await this.#engine.ask(statement));
  }

  async askAside(statement: Statement): Promise<Answered> {
    return this.#note(statement, await this.#engine.askAside(statement));
  }

  waitingSince(): number | undefined {
    return this.#engine.waitingSince();
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** Opens what is at `place`, counting. The store is one for a worker alone. */
export function openCounted(place: StorePlace): Counted {
  let turns = 0;
  let timer = setImmediate(function next() {
    turns++;
    timer = setImmediate(next);
  });
  const open = () =>
    new CountingEngine(
      place.kind === "sqlite" ? openSqliteEngine(place.file) : openPostgresEngine(place.url, 2),
      () => turns,
    );
  const engines = { store: open(), ledger: open() };
  const store = new SqlStore(engines.store, "alone");
  const ledger = new Ledger(engines.ledger);
  return {
    store,
    ledger,
    taken: () => ({
      store: engines.store.statements.splice(0),
      ledger: engines.ledger.statements.splice(0),
    }),
    async close() {
      clearImmediate(timer);
      await store.close();
      await ledger.close();
    },
  };
}
