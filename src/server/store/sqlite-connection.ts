/** One more connection to the embedded database, for statements that stand alone. */
import Database from "better-sqlite3";
import type { Answered, Engine, Row, Statement } from "./sql.js";
import { sqlite } from "./sqlite-store.js";

/** A database that single statements are run on. */
export type Connection = Pick<Engine, "dialect" | "ask" | "waitingSince" | "close">;

const BUSY_TIMEOUT_MS = 10_000;

/** Opens a connection to the database in `file`, beside the store's. */
export function openSqliteConnection(file: string): Connection {
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  database.pragma("secure_delete = ON");
  const statements = new Map<string, Database.Statement<unknown[], Row>>();
  return {
    dialect: sqlite,
    async ask({ sql, values }: Statement): Promise<Answered> {
      const prepared = statements.get(sql) ?? database.prepare<unknown[], Row>(sql);
      statements.set(sql, prepared);
      if (!prepared.reader) return { rows: [], changes: prepared.run(...values).changes };
      const rows = prepared.all(...values);
      return { rows, changes: rows.length };
    },
    waitingSince: () => undefined,
    async close() {
      database.close();
    },
  };
}
