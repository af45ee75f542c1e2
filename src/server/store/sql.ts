/**
 * Transactions, written once for every SQL database.
 *
 * A transaction is a generator: it yields statements and is given their answers. It does not say how it waits for them,
 * so better-sqlite3, which is synchronous, runs it without letting anybody in between, and `pg` runs it over a network.
 * Two stores with two sets of statements would agree on the day they were written.
 *
 * The SQL is what SQLite (3.35) and PostgreSQL (12) both know; where they differ, {@link Dialect} has the words.
 */

/** What stands for a `?` in a statement. */
export type Value = string | number | Uint8Array | null;

/** One statement. `?` marks a value; no other `?` may be in it. */
export interface Statement {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** A row as the database's library gives it: not believed until a reader below has looked. */
export type Row = Readonly<Record<string, unknown>>;

/** What a statement gave. `changes`: rows inserted, updated or deleted. */
export interface Answered {
  readonly rows: readonly Row[];
  readonly changes: number;
}

/** A transaction that gives a `T`. It may be run more than once (a deadlock), so it must change nothing but the database. */
export type Script<T> = Generator<Statement, T, Answered>;

/** The words in which databases differ. */
export interface Dialect {
  /** Type of a row number that the database gives and never gives again, as a primary key. */
  readonly rowNumber: string;
  readonly integer: string;
  readonly bytes: string;
  /** At the end of CREATE TABLE. */
  readonly tableEnd: string;
  /** At the end of a SELECT: nobody else changes the rows until this transaction ends. */
  readonly lockRows: string;
  /** At the end of a SELECT: others may read the rows so, too, and nobody changes them until this transaction ends. */
  readonly shareRows: string;
  /** As {@link lockRows}, leaving out rows that somebody else has locked. */
  readonly lockFreeRows: string;
}

/** A mark for each of so many values, for `IN (...)`. */
export const marks = (values: readonly unknown[]): string => values.map(() => "?").join(", ");

/** A database. */
export interface Engine {
  readonly dialect: Dialect;
  /** Runs a transaction; it is durable when this resolves. @throws what the script or the database throws; nothing is then changed */
  run<T>(script: () => Script<T>): Promise<T>;
  /**
   * Runs a transaction that changes nothing, and calls `then` with what it found before it ends: what it read locked is so
   * until `then` has returned. `then` is synchronous, and is called at most once. @throws as {@link run}
   */
  hold<T>(script: () => Script<T>, then: (found: T) => void): Promise<void>;
  /** Runs one statement; durable when this resolves. */
  ask(statement: Statement): Promise<Answered>;
  /** As {@link ask}, for the many: the process goes on while the disk writes, where `ask` would stop it. */
  askAside(statement: Statement): Promise<Answered>;
  /** Since when an answer of the database is waited for, by performance.now; `undefined` if none is. */
  waitingSince(): number | undefined;
  close(): Promise<void>;
}

/** A statement with its values. */
export function sql(text: string, ...values: readonly Value[]): Statement {
  return { sql: text, values };
}

/** Takes a script to its end; `answer` is synchronous. */
export function runAtOnce<T>(script: Script<T>, answer: (statement: Statement) => Answered): T {
  let step = script.next();
  while (!step.done) step = script.next(answer(step.value));
  return step.value;
}

/** Takes a script to its end, waiting for each answer. */
export async function runInTurn<T>(
  script: Script<T>,
  answer: (statement: Statement) => Promise<Answered>,
): Promise<T> {
  let step = script.next();
  while (!step.done) step = script.next(await answer(step.value));
  return step.value;
}

/** Thrown when a row holds what its column can't: the database was changed by other software. */
export class StrangeRow extends Error {
  override readonly name = "StrangeRow";
}

const strange = (column: string) =>
  new StrangeRow(`the column ${column} holds something else than it should`);

/** The text in a column. @throws StrangeRow */
export function text(row: Row, column: string): string {
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
