/**
 * The tables of the embedded store, and how a file of an older version is brought up to date.
 *
 * `PRAGMA user_version` counts the steps that were applied. A step, once released, is never changed; a column's
 * meaning is never changed either: add a step.
 */
import type { Database } from "better-sqlite3";

const steps: readonly string[] = [
  `
  CREATE TABLE lists (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('key', 'whole')),
    delivery TEXT NOT NULL CHECK (delivery IN ('resealed', 'opened')),
    profile TEXT NOT NULL CHECK (profile IN ('compatible', 'rfc9580')),
    server_key_file TEXT NOT NULL UNIQUE,
    server_fingerprint TEXT NOT NULL UNIQUE,
    server_certificate BLOB NOT NULL,
    list_key BLOB,
    list_key_fingerprint TEXT,
    created INTEGER NOT NULL
  ) STRICT;

  -- AUTOINCREMENT: a job names a member by id, so an id must never come to mean somebody else
  CREATE TABLE members (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id INTEGER NOT NULL REFERENCES lists (id),
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    certificate BLOB NOT NULL,
    fingerprint TEXT NOT NULL,
    shape TEXT NOT NULL CHECK (shape IN ('encrypted', 'mixed')),
    added INTEGER NOT NULL,
    UNIQUE (list_id, address),
    UNIQUE (list_id, fingerprint)
  ) STRICT;

  CREATE TABLE record (
    list_id INTEGER NOT NULL REFERENCES lists (id),
    number INTEGER NOT NULL,
    previous TEXT NOT NULL,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (list_id, number)
  ) STRICT;

  -- for ever, whatever becomes of the list (cross-list replay)
  CREATE TABLE list_key_material (
    digest TEXT PRIMARY KEY,
    list_id INTEGER NOT NULL REFERENCES lists (id)
  ) STRICT;

  CREATE TABLE posts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    list_id INTEGER NOT NULL REFERENCES lists (id),
    raw BLOB NOT NULL,
    accepted INTEGER NOT NULL,
    author_name TEXT NOT NULL,
    author_certificate BLOB NOT NULL
  ) STRICT;

  -- a copy of a post for a member, or a notice to a member; aside: waits for the operator, and says why
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    post_id INTEGER REFERENCES posts (id),
    notice TEXT,
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    attempts INTEGER NOT NULL DEFAULT 0,
    claimed INTEGER NOT NULL DEFAULT 0,
    due INTEGER NOT NULL,
    aside TEXT,
    CHECK ((post_id IS NULL) <> (notice IS NULL))
  ) STRICT;
  CREATE INDEX jobs_due ON jobs (due, id) WHERE aside IS NULL;
  CREATE INDEX jobs_of_post ON jobs (post_id);
  CREATE INDEX jobs_of_member ON jobs (member_id);

  CREATE TABLE notices (
    member_id INTEGER NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    queued INTEGER NOT NULL,
    PRIMARY KEY (member_id, code)
  ) STRICT;

  CREATE TABLE replays (
    list_id INTEGER NOT NULL REFERENCES lists (id),
    signer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    key_packet_digest TEXT NOT NULL,
    kept_until INTEGER NOT NULL,
    PRIMARY KEY (list_id, signer, message_id),
    UNIQUE (list_id, key_packet_digest)
  ) STRICT;
  CREATE INDEX replays_kept_until ON replays (kept_until);
  `,
];

/** Thrown when a file was written by a newer version of this software: its meaning isn't known here. */
export class TooNew extends Error {
  override readonly name = "TooNew";
}

/**
 * Brings `database` to the newest version, all steps in one transaction.
 *
 * @throws TooNew if it is newer than this software
 */
export function migrate(database: Database): void {
  const version = database.pragma("user_version", { simple: true });
  if (typeof version !== "number" || version > steps.length) {
    throw new TooNew("the database was written by a newer version of listseal-server");
  }
  if (version === steps.length) return;
  database
    .transaction(() => {
      for (const step of steps.slice(version)) database.exec(step);
      database.pragma(`user_version = ${steps.length}`);
    })
    .exclusive();
}
