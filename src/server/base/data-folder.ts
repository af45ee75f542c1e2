/**
 * The server's folder: where each thing lies, and files that are whole or not there.
 *
 *     listseal.db         lists, roster, queue (and -wal, -shm beside it)
 *     serve.lock          held while a server runs
 *     heads.json          newest entry of each list's record: outside the database, so that an old one is noticed (and its .lock)
 *     not-again.json      digests of mails that ended the thread which reads them, and when
 *     last-backup.json    when the database was last backed up, and where to
 *     token.secret        what tokens in addresses and links are made with, mode 0600
 *     reserve             room that is given away when the disk is full
 *     keys/*.key          secret server keys, mode 0600, one a list
 *     keys/*.secret       secrets shared with members, mode 0600, named by their ids
 *     certificates/*.asc  the same keys' public halves, for owners
 */
import { existsSync } from "node:fs";
import { mkdir, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Paths inside a data folder. */
export interface DataFolder {
  readonly path: string;
  readonly database: string;
  readonly lock: string;
  readonly heads: string;
  readonly notAgain: string;
  readonly tokenSecret: string;
  readonly keys: string;
  readonly certificates: string;
  /** Where systemd puts credentials (LoadCredential=): a key file of the same name there goes first. */
  readonly credentials?: string;
  /** What the key files are locked with. */
  readonly passphrase?: string;
}

/** The paths of the data folder at `path`; nothing is made or read. */
export function dataFolder(path: string): DataFolder {
  return {
    path,
    database: join(path, "listseal.db"),
    lock: join(path, "serve.lock"),
    heads: join(path, "heads.json"),
    notAgain: join(path, "not-again.json"),
    tokenSecret: join(path, "token.secret"),
    keys: join(path, "keys"),
    certificates: join(path, "certificates"),
  };
}

/** Makes the folders, readable by this user alone. Existing ones stay as they are. */
export async function makeFolders(folder: DataFolder): Promise<void> {
  for (const path of [folder.path, folder.keys, folder.certificates]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
}

/** True once `listseal-server init` made the folder. */
export function isInitialised(folder: DataFolder): boolean {
  return existsSync(folder.keys);
}

/**
 * Writes a new file that is on disk when this returns: under another name first, synced, then renamed, and the folder
 * synced, so that a crash leaves the whole file or none. Two at a time on one path are for the caller to prevent: the other
 * name is always the same, so that no crash leaves secrets behind under names that nobody knows.
 */
export async function writeDurably(path: string, bytes: Uint8Array | string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, "wx", mode);
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** True if anybody but the owner may write there: what lies in it may be anybody's. */
export async function isWritableByOthers(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o022) !== 0;
}

/** True if anybody but the file's owner may read or write it. */
export async function isOpenToOthers(path: string): Promise<boolean> {
  return ((await stat(path)).mode & 0o077) !== 0;
}

/** The folder can't be served; the sentence is for the operator. */
export class NotInitialised extends Error {
  override readonly name = "NotInitialised";
}
