/** What the operator reads when something fails: one sentence, and what to do where that is known. */

import { ListSealError } from "../../openpgp/errors.js";
import { NotInitialised } from "../base/data-folder.js";
import { AlreadyServed } from "../base/file-lock.js";
import { codeForLog } from "../base/log.js";
import { TooNew } from "../store/schema.js";
import { KeyFileError } from "../store/server-keys.js";
import { Conflict, UnusableStore } from "../store/store.js";
import { BadRequest } from "./administration.js";
import { ConfigError } from "./config.js";

/** Errors that were written for people; every other's message may quote what it was given. */
const spoken = [
  ...[BadRequest, Conflict, ConfigError, KeyFileError, NotInitialised, AlreadyServed],
  ...[TooNew, UnusableStore, ListSealError],
];

const known: Readonly<Record<string, string>> = {
  EADDRINUSE: "the address to listen on is already in use: stop the other program, or choose another port",
  EACCES: "this user may not use a file or port: check the files' owner, or choose a port above 1023",
  ECONNREFUSED: "the database server does not answer: check that it is running",
  DATABASE_LOST: "the database does not answer: check that it is running",
  SQLITE_BUSY: "another process has locked the database: stop it, and try again",
  SQLITE_CORRUPT: "the database is damaged: restore it from a backup",
  SQLITE_NOTADB: "the database is damaged: restore it from a backup",
  SQLITE_FULL: "the disk is full: free some space, and try again",
};

/** The sentence for a thrown thing. */
export function sentenceFor(error: unknown): string {
  if (error instanceof Error && spoken.some((kind) => error instanceof kind)) return error.message;
  const code = codeForLog(error);
  return known[code] ?? `unexpected failure (${code}): please report it`;
}
