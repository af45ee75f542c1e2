/**
 * Backup of the embedded database while a server runs, and putting one back.
 *
 * A backup holds the roster, the record, the queue (sealed to the server) and the replay memory. The secret keys are not
 * in it: they are copied once, when they are made, to another place than the backups. Who has both can open what waits
 * in the queue, and still reads no mail: it is sealed to the list.
 */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import Database from "better-sqlite3";
import { z } from "zod";
import { type DataFolder, writeDurably } from "../base/data-folder.js";
import { takeServeLock } from "../base/file-lock.js";
import { openStore } from "../store/open-store.js";
import { Heads } from "../store/rollback-guard.js";
import { checkSqliteFile } from "../store/sqlite-check.js";
import { BadRequest } from "./administration.js";

/** A backup that was made, by its maker's own note. */
export interface BackupNote {
  readonly at: Date;
  readonly file: string;
}

const noteSchema = z.object({ at: z.iso.datetime().transform((text) => new Date(text)), file: z.string() });

const noteOf = (folder: DataFolder) => join(folder.path, "last-backup.json");

/** When the database was last backed up, and where to; `undefined` if nobody knows. */
export async function lastBackup(folder: DataFolder): Promise<BackupNote | undefined> {
  try {
    return noteSchema.parse(JSON.parse(await readFile(noteOf(folder), "utf8")));
  } catch {
    return undefined;
  }
}

/** Writes a whole and consistent copy of the database to `file`, which must not be there; mode 0600. Notes that it did. */
export async function backUp(folder: DataFolder, file: string, now: Date): Promise<void> {
  if (existsSync(file)) throw new BadRequest(`${file} already exists: choose another name`);
  const folderOfFile = dirname(file);
  if (!existsSync(folderOfFile)) {
    throw new BadRequest(
      `the folder ${folderOfFile} does not exist: create it (mkdir -p), or choose another`,
    );
  }
  // made in a folder that nobody else can look into, and moved when it is whole
  const draft = await mkdtemp(join(folderOfFile, ".listseal-backup-"));
  try {
    const copy = join(draft, "listseal.db");
    const database = new Database(folder.database, { readonly: true, fileMustExist: true });
    try {
      await database.backup(copy);
    } finally {
      database.close();
    }
    await checkSqliteFile(copy);
    await chmod(copy, 0o600);
    await rename(copy, file);
    const note = { at: now.toISOString(), file: resolve(file) };
    await writeDurably(noteOf(folder), `${JSON.stringify(note)}\n`, 0o600);
  } finally {
    await rm(draft, { recursive: true });
  }
}

/**
 * Puts a backup in the place of the database, and pauses every list until its owner resumes it. What was there is kept.
 *
 * @returns where the former database is now; `undefined` if there was none
 * @throws BadRequest, AlreadyServed, DamagedStore
 */
export async function restore(folder: DataFolder, file: string, now: Date): Promise<string | undefined> {
  if (!existsSync(file)) throw new BadRequest(`${file} does not exist: check the name of the backup`);
  const unlock = takeServeLock(folder.lock);
  try {
    await checkSqliteFile(file);
    const former = existsSync(folder.database)
      ? `${folder.database}.before-${now.toISOString().replace(/[:.]/g, "-")}`
      : undefined;
    if (former !== undefined) {
      // with its write-ahead log, without which it may lack its last changes; the log must not meet the backup
      for (const suffix of ["", "-wal", "-shm"]) {
        if (existsSync(folder.database + suffix)) await rename(folder.database + suffix, former + suffix);
      }
    }
    await copyFile(file, folder.database);
    await chmod(folder.database, 0o600);
    const store = await openStore({ kind: "sqlite", file: folder.database });
    try {
      await new Heads(folder.heads).pauseAll(store);
    } finally {
      await store.close();
    }
    return former;
  } finally {
    unlock();
  }
}
