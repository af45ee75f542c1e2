/**
 * A database that is one SQLite file, the default: nothing to install, and a command works while the server runs.
 *
 * WAL with synchronous=FULL: a commit is on disk when it returns (https://www.sqlite.org/wal.html, "durable").
 */
import { closeSync, openSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import Sqlite from "better-sqlite3";
import {
  type Database,
  type QueryResult,
  type Row,
  raw,
  runAtOnce,
  type Script,
  type SqlDialect,
  type Statement,
} from "./database.js";
import { missingSteps, schemaVersion } from "./schema.js";

/** How long a transaction waits for another process's, in milliseconds. */
export const BUSY_TIMEOUT_MS = 10_000;

/** SQLite's words. */
export const sqlite: SqlDialect = {
  rowNumber: "INTEGER PRIMARY KEY AUTOINCREMENT",
  integer: "INTEGER",
  bytes: "BLOB",
  tableEnd: "STRICT",
  // a writing transaction has the whole file
  lockRows: raw(""),
  shareRows: raw(""),
  lockFreeRows: raw(""),
};

/** Where SQLite writes commits until they are moved into the file itself (https://www.sqlite.org/walformat.html). */
const LOG_SUFFIX = "-wal";

/** Opens (and makes, if need be) the database in `file`, its tables up to date. @throws TooNew, or the library's error */
export function openSqlite(file: string): Database {
  // SQLite would make it readable by everybody, and its log with it
  closeSync(openSync(file, "a", 0o600));
  const database = new Sqlite(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("foreign_keys = ON");
    // what was deleted is overwritten: a post that went out doesn't stay behind in free pages
    database.pragma("secure_delete = ON");
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return new SqliteDatabase(database, file);
}

function migrate(database: Sqlite.Database): void {
  const version = () => database.pragma("user_version", { simple: true });
  if (missingSteps(sqlite, version()).length === 0) return;
  database
    .transaction(() => {
      // again: another process may have been at it
      for (const step of missingSteps(sqlite, version())) database.exec(step);
      database.pragma(`user_version = ${schemaVersion(sqlite)}`);
    })
    .immediate();
}

const isRow = (row: unknown): row is Row => typeof row === "object" && row !== null;

class SqliteDatabase implements Database {
  readonly dialect = sqlite;
  readonly #database: Sqlite.Database;
  readonly #statements = new Map<string, Sqlite.Statement<unknown[]>>();

  /** The log's path, where there is one. */
  readonly #log: string | undefined;
  #openLog: Promise<FileHandle> | undefined;

  constructor(database: Sqlite.Database, file: string) {
    this.#database = database;
    // a file system without shared memory has no WAL
    const isLogged = database.pragma("journal_mode", { simple: true }) === "wal";
    this.#log = isLogged ? `${file}${LOG_SUFFIX}` : undefined;
  }

  async transaction<T>(script: () => Script<T>): Promise<T> {
    // IMMEDIATE: takes the write lock at once, so that what was read can't have changed before it is written
    return this.#database
      .transaction(() => runAtOnce(script(), (statement) => this.#answer(statement)))
      .immediate();
  }

  async readLocked<T>(script: () => Script<T>, whileLocked: (found: T) => void): Promise<void> {
    // IMMEDIATE, although nothing is written: no other process may write meanwhile
    this.#database
      .transaction(() => whileLocked(runAtOnce(script(), (statement) => this.#answer(statement))))
      .immediate();
  }

  async query(statement: Statement): Promise<QueryResult> {
    return this.#answer(statement);
  }

  /**
   * Commits without waiting for the disk, then lets the system write the log of commits in a thread of its own: what
   * synchronous=FULL does at the end of each commit, but there the whole process waits. Until this resolves, a power cut
   * may undo the statement, and nothing else; a killed process undoes nothing.
   */
  async queryInBackground(statement: Statement): Promise<QueryResult> {
    if (this.#log === undefined) return this.#answer(statement);
    let answered: QueryResult;
    this.#database.pragma("synchronous = NORMAL");
    try {
      answered = this.#answer(statement);
    } finally {
      this.#database.pragma("synchronous = FULL");
    }
    // SQLite keeps that file, and never another of the name, while the database is open
    this.#openLog ??= open(this.#log, "r+");
    try {
      await (await this.#openLog).datasync();
    } catch (error) {
      this.#openLog = undefined;
      throw error;
    }
    return answered;
  }

  waitingSince(): undefined {
    // it is in this process: whoever could ask is waiting, too
    return undefined;
  }

  async close(): Promise<void> {
    this.#database.close();
    await (await this.#openLog)?.close();
  }

  #answer({ sql, values }: Statement): QueryResult {
    const prepared = this.#statements.get(sql) ?? this.#database.prepare<unknown[]>(sql);
    this.#statements.set(sql, prepared);
    if (!prepared.reader) return { rows: [], changes: prepared.run(...values).changes };
    const rows = prepared.all(...values).filter(isRow);
    // a statement that gives rows (RETURNING) changed as many as it gives
    return { rows, changes: rows.length };
  }
}
