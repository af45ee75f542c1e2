/**
 * What the store asks of a database, and transactions, written once for every SQL database.
 *
 * A transaction is a generator: it yields statements and is given their answers. It does not say how it waits for them,
 * so better-sqlite3, which is synchronous, runs it without letting anybody in between, and `pg` runs it over a network.
 * Two stores with two sets of statements would agree on the day they were written.
 *
 * The SQL is what SQLite (3.35) and PostgreSQL (12) both know; where they differ, {@link SqlDialect} has the words.
 */
import { setImmediate as others } from "node:timers/promises";

/** A value in a statement. */
export type Value = string | number | Uint8Array | null;

/** One statement, or a part of one. `?` marks a value; no other `?` may be in it. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A row as the database's library gives it: not believed until a reader below has looked. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement gave. `changes`: rows inserted, updated or deleted. */
export interface QueryResult {
  readonly rows: readonly Row[];
  readonly changes: number;
}

/** A transaction that gives a `T`. It may be run more than once (a deadlock), so it must change nothing but the database. */
export type Script<T> = Generator<Statement, T, QueryResult>;

/** The words in which databases differ. */
export interface SqlDialect {
  /** Type of a row number that the database gives and never gives again, as a primary key. */
  readonly rowNumber: string;
  readonly integer: string;
  readonly bytes: string;
  /** At the end of CREATE TABLE. */
  readonly tableEnd: string;
  /** At the end of a SELECT: nobody else changes the rows until this transaction ends. */
  readonly lockRows: Statement;
  /** At the end of a SELECT: others may read the rows so, too, and nobody changes them until this transaction ends. */
  readonly shareRows: Statement;
  /** As {@link lockRows}, leaving out rows that somebody else has locked. */
  readonly lockFreeRows: Statement;
}

/** An SQL database: sqlite.ts or postgres.ts. */
export interface Database {
  readonly dialect: SqlDialect;
  /** Runs one statement; durable when this resolves. */
  query(statement: Statement): Promise<QueryResult>;
  /** As {@link query}, for the many: the process goes on while the disk writes, where `query` would stop it. */
  queryInBackground(statement: Statement): Promise<QueryResult>;
  /** Runs a transaction; it is durable when this resolves. @throws what the script or the database throws; nothing is then changed */
  transaction<T>(script: () => Script<T>): Promise<T>;
  /**
   * Runs a transaction that changes nothing, and calls `whileLocked` with what it found before it ends: what it read locked is
   * so until `whileLocked` has returned. That is synchronous, and is called at most once. @throws as {@link transaction}
   */
  readLocked<T>(script: () => Script<T>, whileLocked: (found: T) => void): Promise<void>;
  /** Since when an answer of the database is waited for, by performance.now; `undefined` if none is. */
  waitingSince(): number | undefined;
  close(): Promise<void>;
}

/** The database can't be worked with: missing, locked, damaged. `message` says what to do, for the operator. */
export class UnusableStore extends Error {
  override readonly name = "UnusableStore";
}

/** A statement, as a template: what is put into it is a value, or a part that is a statement itself. */
export function sql(texts: TemplateStringsArray, ...parts: readonly (Value | Statement)[]): Statement {
  let [written = ""] = texts;
  const values: Value[] = [];
  parts.forEach((part, index) => {
    if (isStatement(part)) {
      written += part.sql;
      values.push(...part.values);
    } else {
      written += "?";
      values.push(part);
    }
    written += texts[index + 1] ?? "";
  });
  return { sql: written, values };
}

/** A statement without values, from text that is never anybody's but ours. */
export const raw = (text: string): Statement => ({ sql: text, values: [] });

/** Values or parts with `between` them: `IN (${joinSql(ids)})`. */
export function joinSql(parts: readonly (Value | Statement)[], between = ", "): Statement {
  const values: Value[] = [];
  const written = parts.map((part) => {
    if (!isStatement(part)) {
      values.push(part);
      return "?";
    }
    values.push(...part.values);
    return part.sql;
  });
  return { sql: written.join(between), values };
}

const isStatement = (part: Value | Statement): part is Statement =>
  typeof part === "object" && part !== null && !(part instanceof Uint8Array);

/** The first row that a statement gives, within a transaction. */
export function* firstRow(statement: Statement): Script<Row | undefined> {
  return (yield statement).rows[0];
}

/** What `read` finds in each row that a statement gives. */
export async function findRows<T>(
  database: Pick<Database, "query">,
  read: (row: Row) => T,
  statement: Statement,
): Promise<readonly T[]> {
  return (await database.query(statement)).rows.map(read);
}

/** What `read` finds in the first row that a statement gives; `undefined` if it gives none. */
export async function findRow<T>(
  database: Pick<Database, "query">,
  read: (row: Row) => T,
  statement: Statement,
): Promise<T | undefined> {
  const [row] = (await database.query(statement)).rows;
  return row && read(row);
}

/** Whether a statement gives a row. */
export async function hasRows(database: Pick<Database, "query">, statement: Statement): Promise<boolean> {
  return (await database.query(statement)).rows.length > 0;
}

/** Takes a script to its end; `answer` is synchronous. */
export function runAtOnce<T>(script: Script<T>, answer: (statement: Statement) => QueryResult): T {
  let step = script.next();
  while (!step.done) step = script.next(answer(step.value));
  return step.value;
}

/** Takes a script to its end, waiting for each answer. */
export async function runInTurn<T>(
  script: Script<T>,
  answer: (statement: Statement) => Promise<QueryResult>,
): Promise<T> {
  let step = script.next();
  while (!step.done) step = script.next(await answer(step.value));
  return step.value;
}

/**
 * Runs `step`, a transaction about some of many rows, until it returns false: no more are left. Others have their turns before
 * each. In one transaction, rows for a hundred thousand members would keep everybody else waiting.
 */
export async function inSteps(step: () => Promise<boolean>): Promise<void> {
  do await others();
  while (await step());
}

/** Thrown when a row holds what its column can't: the database was changed by other software. */
export class StrangeRow extends Error {
  override readonly name = "StrangeRow";
}

const strange = (column: string) =>
  new StrangeRow(`the column ${column} holds something else than it should`);

/** The text in a column. @throws StrangeRow */
export function textColumn(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") throw strange(column);
  return value;
}

/** The whole number in a column. @throws StrangeRow */
export function number(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw strange(column);
  return value;
}

/** The bytes in a column. @throws StrangeRow */
export function bytes(row: Row, column: string): Uint8Array {
  const value = row[column];
  if (!(value instanceof Uint8Array)) throw strange(column);
  return value;
}

/** One of the words that a column may hold. @throws StrangeRow */
export function word<W extends string>(row: Row, column: string, words: readonly W[]): W {
  const value = row[column];
  const found = words.find((each) => each === value);
  if (found === undefined) throw strange(column);
  return found;
}

/** True if the column is not NULL. */
export const isSet = (row: Row, column: string): boolean => row[column] !== null && row[column] !== undefined;
