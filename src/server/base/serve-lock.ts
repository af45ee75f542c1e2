/** One server on one data folder: a second one would send every copy twice. */
import { tryLock } from "./file-lock.js";

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
