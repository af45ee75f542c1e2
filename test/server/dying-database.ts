/** A store that is killed between two transactions. */
import type { Database } from "../../src/server/store/database.js";
import type { StorePlace } from "../../src/server/store/open-store.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import { type Store, storeIn } from "../../src/server/store/store.js";

/** The store at `place`, gone after so many transactions that change something. Nothing that is done after that is done. */
export function dyingStore(place: StorePlace, transactions: number): Store {
  const database = place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
  return storeIn(dying(database, transactions), "shared");
}

function dying(database: Database, transactions: number): Database {
  let left = transactions;
  const alive = <T>(work: () => Promise<T>): Promise<T> =>
    left === 0 ? Promise.reject(new Error("gone")) : work();
  return {
    dialect: database.dialect,
    query: (statement) => alive(() => database.query(statement)),
    queryInBackground: (statement) => alive(() => database.queryInBackground(statement)),
    transaction: (script) =>
      alive(async () => {
        let isChanging = false;
        const result = await database.transaction(function* () {
          const steps = script();
          let step = steps.next();
          while (!step.done) {
            if (!/^\s*(SELECT|WITH picked)/.test(step.value.sql)) isChanging = true;
            step = steps.next(yield step.value);
          }
          return step.value;
        });
        if (isChanging) left--;
        return result;
      }),
    readLocked: (script, whileLocked) => alive(() => database.readLocked(script, whileLocked)),
    waitingSince: () => undefined,
    close: () => database.close(),
  };
}
