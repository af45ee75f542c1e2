/**
 * A lock between processes: a transaction held open on a small SQLite file. The system drops it when the process ends, however
 * it ends; a file with a process number in it would stay behind after a crash.
 */
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { codeOfThrown } from "./error-code.js";

/** Takes the lock in `file` if nobody has it. @returns gives it back; `undefined` while somebody else has it */
export function tryLock(file: string): (() => void) | undefined {
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return () => database.close();
}

const isBusy = (error: unknown): boolean => codeOfThrown(error)?.startsWith("SQLITE_BUSY") === true;

/** Between two tries, in milliseconds. */
const TRY_AGAIN_MS = 20;

/** Whoever holds such a lock writes one small file; longer than this, in milliseconds, it does not take on a busy disk. */
const PATIENCE_MS = 30_000;

/** The lock was not to be had. */
export class LockTimeout extends Error {
  override readonly name = "LockTimeout";
}

/** Runs `work` while no other process, and nothing else in this one, holds the lock in `file`. @throws LockTimeout */
export async function whileLocked<T>(file: string, work: () => Promise<T>): Promise<T> {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const release = tryLock(file);
    if (release !== undefined) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    if (Date.now() > until) throw new LockTimeout(`${file} is held by another process`);
    await pause(TRY_AGAIN_MS);
  }
}

/** One server on one data folder: a second one would send every copy twice. */

/** Another server holds the folder. */
export class AlreadyServed extends Error {
  override readonly name = "AlreadyServed";
}

/** Takes the lock in `file`. @returns gives it back. @throws AlreadyServed */
export function takeServeLock(file: string): () => void {
  const release = tryLock(file);
  if (release === undefined)
    throw new AlreadyServed("another listseal-server is already running on this data folder");
  return release;
}
