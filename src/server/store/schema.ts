/**
 * The tables of the store, and how a database of an older version is brought up to date.
 *
 * Each database keeps the number of the steps that were applied to it. A step, once released, is never changed; a
 * column's meaning is never changed either: add a step, at the end of later-steps.ts.
 */
import type { SqlDialect } from "./database.js";
import { laterSteps } from "./later-steps.js";

/** The steps, in the words of `dialect`. */
export function schemaSteps(dialect: SqlDialect): readonly string[] {
  const { rowNumber, integer, bytes, tableEnd } = dialect;
  return [
    `
  CREATE TABLE lists (
    id ${rowNumber},
    address TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('key', 'whole')),
    delivery TEXT NOT NULL CHECK (delivery IN ('resealed', 'opened')),
    profile TEXT NOT NULL CHECK (profile IN ('compatible', 'rfc9580')),
    policy TEXT NOT NULL DEFAULT 'members' CHECK (policy IN ('members', 'moderated', 'open')),
    server_key_file TEXT NOT NULL UNIQUE,
    server_fingerprint TEXT NOT NULL UNIQUE,
    server_certificate ${bytes} NOT NULL,
    list_key ${bytes},
    list_key_fingerprint TEXT,
    created ${integer} NOT NULL
  ) ${tableEnd};

  -- a number is never given twice: a job names a member by it, so it must never come to mean somebody else
  CREATE TABLE members (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    address TEXT NOT NULL,
    name TEXT NOT NULL,
    certificate ${bytes} NOT NULL,
    fingerprint TEXT NOT NULL,
    shape TEXT NOT NULL CHECK (shape IN ('encrypted', 'mixed')),
    role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'moderator', 'member', 'read-only', 'post-only')),
    added ${integer} NOT NULL,
    UNIQUE (list_id, address),
    UNIQUE (list_id, fingerprint)
  ) ${tableEnd};

  CREATE TABLE record (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    number ${integer} NOT NULL,
    previous TEXT NOT NULL,
    entry TEXT NOT NULL,
    hash TEXT NOT NULL,
    PRIMARY KEY (list_id, number)
  ) ${tableEnd};

  -- for ever, whatever becomes of the list (cross-list replay)
  CREATE TABLE list_key_material (
    digest TEXT PRIMARY KEY,
    list_id ${integer} NOT NULL REFERENCES lists (id)
  ) ${tableEnd};

  -- held: waits for a moderator; author_kind: whether the author was on the roster when the post came
  CREATE TABLE posts (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    raw ${bytes} NOT NULL,
    accepted ${integer} NOT NULL,
    message_id TEXT NOT NULL,
    author_kind TEXT NOT NULL CHECK (author_kind IN ('member', 'non-member')),
    author_name TEXT NOT NULL,
    author_certificate ${bytes} NOT NULL,
    held ${integer} NOT NULL DEFAULT 0 CHECK (held IN (0, 1))
  ) ${tableEnd};
  CREATE INDEX posts_held ON posts (list_id) WHERE held = 1;

  -- a copy of a post for a member (review: of a held one, for a moderator), or a notice to a member; claim: the token of the worker that has it, until due;
  -- aside: waits for the operator, and says why
  CREATE TABLE jobs (
    id ${rowNumber},
    post_id ${integer} REFERENCES posts (id),
    notice TEXT,
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    review ${integer} NOT NULL DEFAULT 0 CHECK (review IN (0, 1)),
    attempts ${integer} NOT NULL DEFAULT 0,
    claim TEXT,
    due ${integer} NOT NULL,
    aside TEXT,
    CHECK ((post_id IS NULL) <> (notice IS NULL))
  ) ${tableEnd};
  CREATE INDEX jobs_due ON jobs (due, id) WHERE aside IS NULL;
  CREATE INDEX jobs_claim ON jobs (claim) WHERE claim IS NOT NULL;
  CREATE INDEX jobs_of_post ON jobs (post_id);
  CREATE INDEX jobs_of_member ON jobs (member_id);

  CREATE TABLE notices (
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    code TEXT NOT NULL,
    queued ${integer} NOT NULL,
    PRIMARY KEY (member_id, code)
  ) ${tableEnd};

  CREATE TABLE replays (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    signer TEXT NOT NULL,
    message_id TEXT NOT NULL,
    key_packet_digest TEXT NOT NULL,
    seal_digest TEXT NOT NULL,
    kept_until ${integer} NOT NULL,
    PRIMARY KEY (list_id, signer, message_id),
    UNIQUE (list_id, key_packet_digest)
  ) ${tableEnd};
  CREATE INDEX replays_kept_until ON replays (kept_until);
  CREATE INDEX replays_seal ON replays (list_id, seal_digest);

  -- signed commands that were carried out
  CREATE TABLE requests (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    signer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    kept_until ${integer} NOT NULL,
    PRIMARY KEY (list_id, signer, request_id)
  ) ${tableEnd};
  CREATE INDEX requests_kept_until ON requests (kept_until);
  `,
    `
  -- the code of a server card, as a digest
  CREATE TABLE claims (
    list_id ${integer} PRIMARY KEY REFERENCES lists (id),
    digest TEXT NOT NULL,
    expires ${integer} NOT NULL,
    used ${integer} NOT NULL DEFAULT 0 CHECK (used IN (0, 1))
  ) ${tableEnd};

  -- introductions that let somebody in, for ever
  CREATE TABLE introductions (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    fingerprint TEXT NOT NULL,
    address TEXT NOT NULL,
    member TEXT NOT NULL,
    PRIMARY KEY (list_id, fingerprint)
  ) ${tableEnd};

  -- introductions for the address that were made then or before let nobody in
  CREATE TABLE burnt (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    address TEXT NOT NULL,
    until ${integer} NOT NULL,
    PRIMARY KEY (list_id, address)
  ) ${tableEnd};

  -- first answers to commands; result: JSON, NULL where it is worked out anew
  CREATE TABLE answers (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    signer TEXT NOT NULL,
    request_id TEXT NOT NULL,
    result TEXT,
    answered ${integer} NOT NULL,
    kept_until ${integer} NOT NULL,
    PRIMARY KEY (list_id, signer, request_id)
  ) ${tableEnd};
  CREATE INDEX answers_kept_until ON answers (kept_until);

  -- sealed answers and reports on their way; they may be for people who are on no roster
  CREATE TABLE outbox (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    recipient TEXT NOT NULL,
    mail ${bytes} NOT NULL,
    attempts ${integer} NOT NULL DEFAULT 0,
    due ${integer} NOT NULL
  ) ${tableEnd};
  CREATE INDEX outbox_due ON outbox (due, id);
  `,
    `
  -- list keys that an owner has replaced; serial: of the notice that did so
  CREATE TABLE former_list_keys (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    serial ${integer} NOT NULL,
    fingerprint TEXT NOT NULL,
    certificate ${bytes} NOT NULL,
    grace_ends ${integer} NOT NULL,
    PRIMARY KEY (list_id, serial)
  ) ${tableEnd};
  `,
    `
  -- owners' notices that were passed on, one row a member; receipt: sealed to the owner who made it
  CREATE TABLE passed_notices (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    news TEXT NOT NULL,
    serial ${integer} NOT NULL,
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    passed ${integer} NOT NULL,
    receipt ${bytes},
    PRIMARY KEY (list_id, news, serial, member_id)
  ) ${tableEnd};
  -- highest serial of each kind: nobody is sent an older one, whoever is left of those who got it
  CREATE TABLE notice_serials (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    news TEXT NOT NULL,
    serial ${integer} NOT NULL,
    PRIMARY KEY (list_id, news)
  ) ${tableEnd};

  -- the member whom a mail in the outbox is for and goes with
  ALTER TABLE outbox ADD COLUMN member_id ${integer} REFERENCES members (id) ON DELETE CASCADE;
  `,
    `
  -- ids of secrets that the server shares with a member in place of a key pair; a secret is one member's, in one use
  ALTER TABLE members ADD COLUMN copies_secret TEXT;
  ALTER TABLE members ADD COLUMN posts_secret TEXT;
  CREATE UNIQUE INDEX members_copies_secret ON members (copies_secret);
  CREATE UNIQUE INDEX members_posts_secret ON members (posts_secret);
  `,
    `
  -- server keys besides the list's own; open_until: not set for the one that the owner is asked about
  CREATE TABLE server_keys (
    fingerprint TEXT NOT NULL PRIMARY KEY,
    list_id ${integer} NOT NULL REFERENCES lists (id),
    key_file TEXT NOT NULL UNIQUE,
    certificate ${bytes} NOT NULL,
    open_until ${integer}
  ) ${tableEnd};
  `,
    `
  -- octets of a large post, whose own row then has none
  CREATE TABLE post_pieces (
    post_id ${integer} NOT NULL REFERENCES posts (id) ON DELETE CASCADE,
    number ${integer} NOT NULL,
    octets ${bytes} NOT NULL,
    PRIMARY KEY (post_id, number)
  ) ${tableEnd};
  `,
    `
  -- settings of lists, and what bounced; earlier versions made the first five when they opened it, without the lock on this
  CREATE TABLE IF NOT EXISTS list_settings (
    list_id ${integer} PRIMARY KEY REFERENCES lists (id),
    settings TEXT NOT NULL
  ) ${tableEnd};
  CREATE TABLE IF NOT EXISTS suspensions (
    member_id ${integer} PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    since ${integer} NOT NULL,
    reason TEXT NOT NULL
  ) ${tableEnd};
  CREATE TABLE IF NOT EXISTS bounces (
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    day ${integer} NOT NULL,
    severity TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (member_id, day)
  ) ${tableEnd};
  CREATE TABLE IF NOT EXISTS unusable_keys (
    member_id ${integer} PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    since ${integer} NOT NULL,
    code TEXT NOT NULL
  ) ${tableEnd};
  -- what the list signed or refuses since a restore (restored.ts)
  CREATE TABLE IF NOT EXISTS resumed (
    list_id ${integer} PRIMARY KEY REFERENCES lists (id),
    not_before ${integer} NOT NULL
  ) ${tableEnd};
  -- days on which copies came back from too large a part of a list to count against anybody
  CREATE TABLE brakes (
    list_id ${integer} NOT NULL REFERENCES lists (id),
    day ${integer} NOT NULL,
    PRIMARY KEY (list_id, day)
  ) ${tableEnd};
  `,
    `
  -- posts that a list has ever taken
  CREATE TABLE post_counts (
    list_id ${integer} PRIMARY KEY REFERENCES lists (id),
    posts ${integer} NOT NULL
  ) ${tableEnd};
  `,
    `
  -- one queue for everything that leaves: a copy of a post (review: of a held one, for a moderator), a notice in the
  -- server's own words, a sealed mail. member_id: whom it is for and goes with; not set: somebody on no roster.
  -- needs_role: the least that member must be when it leaves. claim: the token of the worker that has it, until due;
  -- aside: waits for the operator, and says why
  CREATE TABLE queue (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    kind TEXT NOT NULL CHECK (kind IN ('copy', 'review', 'notice', 'mail')),
    member_id ${integer} REFERENCES members (id) ON DELETE CASCADE,
    needs_role TEXT CHECK (needs_role IN ('moderator', 'owner')),
    post_id ${integer} REFERENCES posts (id),
    notice TEXT,
    recipient TEXT,
    mail ${bytes},
    queued ${integer} NOT NULL,
    attempts ${integer} NOT NULL DEFAULT 0,
    claim TEXT,
    due ${integer} NOT NULL,
    aside TEXT,
    CHECK ((kind IN ('copy', 'review')) = (post_id IS NOT NULL)),
    CHECK ((kind = 'notice') = (notice IS NOT NULL)),
    CHECK ((kind = 'mail') = (mail IS NOT NULL)),
    CHECK ((kind = 'mail') = (recipient IS NOT NULL)),
    CHECK (kind = 'mail' OR member_id IS NOT NULL)
  ) ${tableEnd};
  INSERT INTO queue (list_id, kind, member_id, post_id, notice, queued, attempts, due, aside)
    SELECT members.list_id,
        CASE WHEN notice IS NOT NULL THEN 'notice' WHEN review = 1 THEN 'review' ELSE 'copy' END,
        member_id, post_id, notice, COALESCE(posts.accepted, due), attempts, due, aside
      FROM jobs JOIN members ON members.id = member_id LEFT JOIN posts ON posts.id = post_id ORDER BY jobs.id;
  INSERT INTO queue (list_id, kind, member_id, recipient, mail, queued, attempts, due)
    SELECT list_id, 'mail', member_id, recipient, mail, due, attempts, due FROM outbox ORDER BY id;
  DROP TABLE jobs;
  DROP TABLE outbox;
  ALTER TABLE queue RENAME TO jobs;
  CREATE INDEX jobs_due ON jobs (due, id) WHERE aside IS NULL;
  CREATE INDEX jobs_claim ON jobs (claim) WHERE claim IS NOT NULL;
  CREATE INDEX jobs_of_post ON jobs (post_id);
  CREATE INDEX jobs_of_member ON jobs (member_id);
  CREATE INDEX jobs_of_list ON jobs (list_id);

  -- whether two members have one name
  CREATE INDEX members_name ON members (list_id, lower(name));

  -- mail for a list's owners that went to some of them, and comes again for the others
  CREATE TABLE forwarded (
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    kept_until ${integer} NOT NULL,
    PRIMARY KEY (member_id, digest)
  ) ${tableEnd};
  CREATE INDEX forwarded_kept_until ON forwarded (kept_until);
  `,
    `
  -- what a post is known by: its session key can be wrapped anew, and a wrapping has several spellings
  ALTER TABLE replays ADD COLUMN data_packet_digest TEXT;
  CREATE UNIQUE INDEX replays_data_packet ON replays (list_id, data_packet_digest);
  `,
    `
  -- members who want no copies for now; their word takes it back, and never what bounces or the operator did
  CREATE TABLE own_pauses (
    member_id ${integer} PRIMARY KEY REFERENCES members (id) ON DELETE CASCADE,
    since ${integer} NOT NULL
  ) ${tableEnd};
  INSERT INTO own_pauses (member_id, since) SELECT member_id, since FROM suspensions WHERE reason = 'member';
  DELETE FROM suspensions WHERE reason = 'member';

  -- what is to be told of a command, written with it: the answer to whoever asked (address, name, certificate), or a
  -- report; word: 'done' or a refusal's code, or the report's event
  CREATE TABLE tellings (
    id ${rowNumber},
    list_id ${integer} NOT NULL REFERENCES lists (id),
    kind TEXT NOT NULL CHECK (kind IN ('answer', 'report')),
    word TEXT NOT NULL,
    request_id TEXT NOT NULL,
    server_fingerprint TEXT NOT NULL,
    head_number ${integer} NOT NULL,
    head_hash TEXT NOT NULL,
    command ${bytes} NOT NULL,
    signatures ${bytes} NOT NULL,
    address TEXT,
    name TEXT,
    certificate ${bytes},
    in_reply_to TEXT,
    CHECK ((kind = 'answer') = (certificate IS NOT NULL))
  ) ${tableEnd};
  -- the members whom a report is for
  CREATE TABLE telling_copies (
    telling_id ${integer} NOT NULL REFERENCES tellings (id) ON DELETE CASCADE,
    member_id ${integer} NOT NULL REFERENCES members (id) ON DELETE CASCADE,
    PRIMARY KEY (telling_id, member_id)
  ) ${tableEnd};
  CREATE INDEX telling_copies_of_member ON telling_copies (member_id);

  -- when a member's certificate was last renewed: each renewal is an entry of the record, for ever
  ALTER TABLE members ADD COLUMN renewed ${integer} NOT NULL DEFAULT 0;
  `,
    `
  -- who owns a list is asked with every change; without it, that reads the rows of all members
  CREATE INDEX members_owners ON members (list_id, address) WHERE role = 'owner';
  `,
    `
  -- octets of large posts, written before the post is made and deleted after it has gone: incoming_until, while they are
  -- written; post_id, then; neither: they are nobody's any more (sql-post-octets.ts)
  CREATE TABLE post_bodies (
    id ${rowNumber},
    post_id ${integer} UNIQUE REFERENCES posts (id) ON DELETE SET NULL,
    incoming_until ${integer},
    CHECK (post_id IS NULL OR incoming_until IS NULL)
  ) ${tableEnd};
  CREATE INDEX post_bodies_unowned ON post_bodies (incoming_until, id) WHERE post_id IS NULL;
  CREATE TABLE body_pieces (
    body_id ${integer} NOT NULL REFERENCES post_bodies (id) ON DELETE CASCADE,
    number ${integer} NOT NULL,
    octets ${bytes} NOT NULL,
    PRIMARY KEY (body_id, number)
  ) ${tableEnd};
  INSERT INTO post_bodies (post_id) SELECT DISTINCT post_id FROM post_pieces ORDER BY post_id;
  INSERT INTO body_pieces (body_id, number, octets)
    SELECT post_bodies.id, number, octets FROM post_pieces JOIN post_bodies ON post_bodies.post_id = post_pieces.post_id
    ORDER BY post_bodies.id, number;
  DROP TABLE post_pieces;
  `,
    ...laterSteps(dialect),
  ];
}

/** Thrown when a database was written by a newer version of this software: its meaning isn't known here. */
export class TooNew extends Error {
  override readonly name = "TooNew";
}

/**
 * The steps that a database at `version` lacks, in order.
 *
 * @throws TooNew if it is newer than this software
 */
export function missingSteps(dialect: SqlDialect, version: unknown): readonly string[] {
  const steps = schemaSteps(dialect);
  if (typeof version !== "number" || version > steps.length) {
    throw new TooNew("the database was written by a newer version of listseal-server: update this one");
  }
  return steps.slice(version);
}

/** The version that this software writes. */
export function schemaVersion(dialect: SqlDialect): number {
  return schemaSteps(dialect).length;
}
