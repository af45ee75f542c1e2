/**
 * One server on one data folder: a second one would send every copy twice.
 *
 * The lock is a transaction held open on a small SQLite file. The system drops it when the process ends, however it
 * ends; a file with a process number in it would stay behind after a crash.
 */
import Database from "better-sqlite3";

/** Another server holds the folder. */
export class AlreadyServed extends Error {
  override readonly name = "AlreadyServed";
}

/** Takes the lock in `file`. @returns gives it back. @throws AlreadyServed */
export function takeServeLock(file: string): () => void {
  const database = new Database(file, { timeout: 0 });
  try {
    database.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new AlreadyServed("another listseal-server serves this data folder", { cause });
  }
  return () => database.close();
}
