/**
 * A look through a whole SQLite file, before a server relies on it.
 *
 * In a thread of its own, since SQLite answers a question in one piece: of 100,000 members it is 0.15 s of work, in which the
 * process would hear no signal and answer nobody.
 */
import { once } from "node:events";
import { createRequire } from "node:module";
import { Worker } from "node:worker_threads";
import { UnusableStore } from "./database.js";
import { BUSY_TIMEOUT_MS } from "./sqlite.js";

/** What the thread is given. */
interface Look {
  /** Path of the library: a thread made from a text has no place from which to look for it. */
  readonly library: string;
  readonly file: string;
  readonly timeout: number;
}

/** What it says. */
type Seen =
  | { readonly seen: string }
  /** `code` of the error, if it has one */
  | { readonly failed: string; readonly code: string };

/** As a text, since it needs no other file of ours, wherever this one was bundled to. */
const LOOK = `
const { parentPort, workerData } = require("node:worker_threads");
const { library, file, timeout } = workerData;
try {
  const Sqlite = require(library);
  const database = new Sqlite(file, { fileMustExist: true, timeout });
  let seen;
  try {
    seen = String(database.pragma("quick_check(1)", { simple: true }));
    if (seen === "ok") database.exec("BEGIN IMMEDIATE; ROLLBACK");
  } finally {
    database.close();
  }
  parentPort.postMessage({ seen });
} catch (error) {
  parentPort.postMessage({ failed: String(error.message), code: String(error.code ?? "") });
}`;

/**
 * Looks through the whole file (`PRAGMA quick_check`): a torn page would otherwise be found by the copy that needs it.
 * Then takes the write lock once, since a file that another program holds is of no use either.
 *
 * @throws UnusableStore, or what else the library said, as an Error with its `code`
 */
export async function checkSqliteFile(file: string): Promise<void> {
  const library = createRequire(import.meta.url).resolve("better-sqlite3");
  const look: Look = { library, file, timeout: BUSY_TIMEOUT_MS };
  const worker = new Worker(LOOK, { eval: true, workerData: look });
  // what it says comes before its end; of one that was ended nothing comes
  const [answer]: readonly unknown[] = await Promise.race([
    once(worker, "message"),
    once(worker, "exit").then(() => []),
  ]);
  if (!isSeen(answer)) throw new Error("the look through the database said nothing");
  if ("seen" in answer) {
    if (answer.seen !== "ok") throw new UnusableStore(damaged(file));
    return;
  }
  const cause = Object.assign(new Error(answer.failed), { code: answer.code });
  const why = faults.find(([pattern]) => pattern.test(answer.code))?.[1];
  throw why === undefined ? cause : new UnusableStore(why(file), { cause });
}

function isSeen(value: unknown): value is Seen {
  return typeof value === "object" && value !== null && ("seen" in value || "failed" in value);
}

const damaged = (file: string) =>
  `the database ${file} is damaged: keep a copy of it, restore the last backup, and start again`;

/** What SQLite's codes mean for the operator, and what to do. */
const faults: readonly (readonly [RegExp, (file: string) => string])[] = [
  [/^SQLITE_(CORRUPT|NOTADB)/, damaged],
  [
    /^SQLITE_(BUSY|LOCKED)/,
    (file) =>
      `another program is using the database ${file}: stop it (\`fuser ${file}\` names it), and start again`,
  ],
  [
    /^SQLITE_CANTOPEN/,
    (file) => `the database ${file} is missing or this user may not open it: restore it, or change its owner`,
  ],
  [/^SQLITE_(READONLY|PERM)/, (file) => `this user may not write to the database ${file}: change its owner`],
];
