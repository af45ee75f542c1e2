/**
 * The store in one SQLite file, the default: nothing to install, and a command works while the server runs.
 *
 * WAL with synchronous=FULL: a commit is on disk when it returns (https://www.sqlite.org/wal.html, "durable").
 * better-sqlite3 is synchronous; the methods are async because the interface is.
 */
import Database from "better-sqlite3";
import { nextEntry, type RecordEntry, type RecordHead, type RosterChange } from "./roster-record.js";
import { migrate } from "./sqlite-schema.js";
import {
  Conflict,
  type CopyJob,
  type Job,
  type List,
  type Member,
  type NewList,
  type NewListKey,
  type NewMember,
  type NewPost,
  type NoticeJob,
  type Post,
  type QueueCounts,
  type Queued,
  type Shape,
  type Store,
} from "./store.js";

/** How long a transaction waits for another process's, in milliseconds. */
const BUSY_TIMEOUT_MS = 10_000;

interface ListRow {
  id: number;
  address: string;
  name: string;
  mode: NewList["mode"];
  delivery: NewList["delivery"];
  profile: NewList["profile"];
  server_key_file: string;
  server_fingerprint: string;
  server_certificate: Buffer;
  list_key: Buffer | null;
  list_key_fingerprint: string | null;
}

interface MemberRow {
  id: number;
  list_id: number;
  address: string;
  name: string;
  certificate: Buffer;
  fingerprint: string;
  shape: Shape;
  added: number;
}

interface PostRow {
  id: number;
  list_id: number;
  raw: Buffer;
  accepted: number;
  author_name: string;
  author_certificate: Buffer;
}

interface JobRow {
  id: number;
  post_id: number | null;
  notice: string | null;
  member_id: number;
  attempts: number;
}

const listOf = (row: ListRow): List => ({
  id: row.id,
  address: row.address,
  name: row.name,
  mode: row.mode,
  delivery: row.delivery,
  profile: row.profile,
  serverKeyFile: row.server_key_file,
  serverFingerprint: row.server_fingerprint,
  serverCertificate: row.server_certificate,
  ...(row.list_key === null ? {} : { listKey: row.list_key }),
  ...(row.list_key_fingerprint === null ? {} : { listKeyFingerprint: row.list_key_fingerprint }),
});

const memberOf = (row: MemberRow): Member => ({
  id: row.id,
  listId: row.list_id,
  address: row.address,
  name: row.name,
  certificate: row.certificate,
  fingerprint: row.fingerprint,
  shape: row.shape,
  role: "member",
  added: row.added,
});

function jobOf(row: JobRow): Job {
  const claimed = { id: row.id, memberId: row.member_id, attempt: row.attempts };
  if (row.post_id !== null) return { kind: "copy", postId: row.post_id, ...claimed } satisfies CopyJob;
  return { kind: "notice", code: row.notice ?? "", ...claimed } satisfies NoticeJob;
}

/** Opens (and makes, if need be) the store in `file`. @throws TooNew, or the library's error for a damaged file */
export function openSqliteStore(file: string): Store {
  const database = new Database(file, { timeout: BUSY_TIMEOUT_MS });
  database.pragma("journal_mode = WAL");
  database.pragma("synchronous = FULL");
  database.pragma("foreign_keys = ON");
  // what was deleted is overwritten: a post that went out doesn't stay behind in free pages
  database.pragma("secure_delete = ON");
  migrate(database);
  return new SqliteStore(database);
}

class SqliteStore implements Store {
  readonly #database: Database.Database;

  constructor(database: Database.Database) {
    this.#database = database;
  }

  async createList(
    list: NewList,
    key: NewListKey | undefined,
    changes: readonly RosterChange[],
    now: number,
  ): Promise<List> {
    return this.#transaction(() => {
      if (this.#listBy("address", list.address) !== undefined) throw new Conflict("that list exists");
      const { lastInsertRowid } = this.#database
        .prepare(
          `INSERT INTO lists (address, name, mode, delivery, profile, server_key_file, server_fingerprint,
             server_certificate, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(
          list.address,
          list.name,
          list.mode,
          list.delivery,
          list.profile,
          list.serverKeyFile,
          list.serverFingerprint,
          list.serverCertificate,
          now,
        );
      const id = Number(lastInsertRowid);
      if (key !== undefined) this.#useListKey(id, key);
      for (const change of changes) this.#append(id, change);
      return key === undefined
        ? { ...list, id }
        : { ...list, id, listKey: key.certificate, listKeyFingerprint: key.fingerprint };
    });
  }

  async lists(): Promise<readonly List[]> {
    return this.#database.prepare<[], ListRow>("SELECT * FROM lists ORDER BY address").all().map(listOf);
  }

  async listByAddress(address: string): Promise<List | undefined> {
    return this.#listBy("address", address);
  }

  async listById(id: number): Promise<List | undefined> {
    return this.#listBy("id", id);
  }

  async setListKey(listId: number, key: NewListKey, change: RosterChange): Promise<void> {
    this.#transaction(() => {
      this.#useListKey(listId, key);
      this.#append(listId, change);
    });
  }

  async addMember(listId: number, member: NewMember, change: RosterChange, now: number): Promise<Member> {
    return this.#transaction(() => {
      const taken = this.#database
        .prepare<[number, string, string], MemberRow>(
          "SELECT * FROM members WHERE list_id = ? AND (address = ? OR fingerprint = ?)",
        )
        .get(listId, member.address, member.fingerprint);
      if (taken !== undefined) {
        throw new Conflict(
          taken.address === member.address
            ? "that address is a member"
            : "another member has that certificate",
        );
      }
      const { lastInsertRowid } = this.#database
        .prepare(
          "INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, added) VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .run(listId, member.address, member.name, member.certificate, member.fingerprint, member.shape, now);
      this.#append(listId, change);
      return { ...member, id: Number(lastInsertRowid), listId, role: "member", added: now };
    });
  }

  async removeMember(
    listId: number,
    address: string,
    change: (member: Member) => RosterChange,
  ): Promise<Member> {
    return this.#transaction(() => {
      const member = this.#memberBy(listId, address);
      if (member === undefined) throw new Conflict("no member has that address");
      const posts = this.#database
        .prepare<[number], { post_id: number }>(
          "SELECT DISTINCT post_id FROM jobs WHERE member_id = ? AND post_id IS NOT NULL",
        )
        .all(member.id);
      // their jobs go with them (ON DELETE CASCADE)
      this.#database.prepare("DELETE FROM members WHERE id = ?").run(member.id);
      for (const { post_id } of posts) this.#dropFinishedPost(post_id);
      this.#append(listId, change(member));
      return member;
    });
  }

  async memberByAddress(listId: number, address: string): Promise<Member | undefined> {
    return this.#memberBy(listId, address);
  }

  async memberById(id: number): Promise<Member | undefined> {
    const row = this.#database.prepare<[number], MemberRow>("SELECT * FROM members WHERE id = ?").get(id);
    return row && memberOf(row);
  }

  async members(listId: number): Promise<readonly Member[]> {
    return this.#database
      .prepare<[number], MemberRow>("SELECT * FROM members WHERE list_id = ? ORDER BY address")
      .all(listId)
      .map(memberOf);
  }

  async recordHead(listId: number): Promise<RecordHead> {
    const head = this.#head(listId);
    if (head === undefined) throw new Error("a list without a record");
    return head;
  }

  async record(listId: number): Promise<readonly RecordEntry[]> {
    return this.#database
      .prepare<[number], RecordEntry>(
        "SELECT number, previous, entry, hash FROM record WHERE list_id = ? ORDER BY number",
      )
      .all(listId);
  }

  async queuePost(post: NewPost): Promise<Queued> {
    return this.#transaction((): Queued => {
      const known = this.#database
        .prepare<[number, string, string], { key_packet_digest: string }>(
          "SELECT key_packet_digest FROM replays WHERE list_id = ? AND signer = ? AND message_id = ?",
        )
        .get(post.listId, post.signer, post.messageId);
      if (known !== undefined) {
        return known.key_packet_digest === post.keyPacketDigest
          ? { kind: "repeat" }
          : { kind: "message-id-reused" };
      }
      const { changes } = this.#database
        .prepare(
          `INSERT INTO replays (list_id, signer, message_id, key_packet_digest, kept_until)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        )
        .run(post.listId, post.signer, post.messageId, post.keyPacketDigest, post.keptUntil);
      if (changes === 0) return { kind: "replayed" };
      const { lastInsertRowid } = this.#database
        .prepare(
          "INSERT INTO posts (list_id, raw, accepted, author_name, author_certificate) VALUES (?, ?, ?, ?, ?)",
        )
        .run(post.listId, post.raw, post.accepted, post.author.name, post.author.certificate);
      const postId = Number(lastInsertRowid);
      const { changes: copies } = this.#database
        .prepare(
          "INSERT INTO jobs (post_id, member_id, due) SELECT ?, id, ? FROM members WHERE list_id = ? ORDER BY address",
        )
        .run(postId, post.accepted, post.listId);
      this.#dropFinishedPost(postId);
      return { kind: "queued", postId, copies };
    });
  }

  async queueNotice(memberId: number, code: string, now: number, interval: number): Promise<boolean> {
    return this.#transaction(() => {
      const { changes } = this.#database
        .prepare(
          `INSERT INTO notices (member_id, code, queued) SELECT id, ?, ? FROM members WHERE id = ?
             ON CONFLICT DO UPDATE SET queued = excluded.queued WHERE queued <= excluded.queued - ?`,
        )
        .run(code, now, memberId, interval);
      if (changes === 0) return false;
      this.#database
        .prepare("INSERT INTO jobs (notice, member_id, due) VALUES (?, ?, ?)")
        .run(code, memberId, now);
      return true;
    });
  }

  async post(id: number): Promise<Post | undefined> {
    const row = this.#database.prepare<[number], PostRow>("SELECT * FROM posts WHERE id = ?").get(id);
    return (
      row && {
        id: row.id,
        listId: row.list_id,
        raw: row.raw,
        accepted: row.accepted,
        author: { name: row.author_name, certificate: row.author_certificate },
      }
    );
  }

  async claimJobs(now: number, leaseUntil: number, limit: number): Promise<readonly Job[]> {
    const rows = this.#database
      .prepare<[number, number, number], JobRow>(
        `UPDATE jobs SET attempts = attempts + 1, claimed = 1, due = ?
           WHERE id IN (SELECT id FROM jobs WHERE aside IS NULL AND due <= ? ORDER BY due, id LIMIT ?)
           RETURNING id, post_id, notice, member_id, attempts`,
      )
      .all(leaseUntil, now, limit);
    // QUIRK: SQLite returns the rows of RETURNING in no promised order
    return rows.sort((one, other) => one.id - other.id).map(jobOf);
  }

  async releaseClaims(now: number): Promise<void> {
    this.#database.prepare("UPDATE jobs SET claimed = 0, due = ? WHERE claimed = 1").run(now);
  }

  async finishJob(job: Job): Promise<void> {
    this.#transaction(() => {
      this.#database.prepare("DELETE FROM jobs WHERE id = ? AND attempts = ?").run(job.id, job.attempt);
      if (job.kind === "copy") this.#dropFinishedPost(job.postId);
    });
  }

  async retryJob(job: Job, due: number): Promise<void> {
    this.#database
      .prepare("UPDATE jobs SET claimed = 0, due = ? WHERE id = ? AND attempts = ?")
      .run(due, job.id, job.attempt);
  }

  async returnJob(job: Job, now: number): Promise<void> {
    this.#database
      .prepare("UPDATE jobs SET claimed = 0, due = ?, attempts = attempts - 1 WHERE id = ? AND attempts = ?")
      .run(now, job.id, job.attempt);
  }

  async setJobAside(job: Job, code: string): Promise<void> {
    this.#database
      .prepare("UPDATE jobs SET claimed = 0, aside = ? WHERE id = ? AND attempts = ?")
      .run(code, job.id, job.attempt);
  }

  async setPostAside(postId: number, code: string): Promise<void> {
    this.#database.prepare("UPDATE jobs SET claimed = 0, aside = ? WHERE post_id = ?").run(code, postId);
  }

  async nextDue(): Promise<number | undefined> {
    const row = this.#database
      .prepare<[], { due: number | null }>("SELECT min(due) AS due FROM jobs WHERE aside IS NULL")
      .get();
    return row?.due ?? undefined;
  }

  async queueCounts(): Promise<QueueCounts> {
    const row = this.#database
      .prepare<[], QueueCounts>(
        "SELECT count(*) FILTER (WHERE aside IS NULL) AS waiting, count(*) FILTER (WHERE aside IS NOT NULL) AS aside FROM jobs",
      )
      .get();
    return row ?? { waiting: 0, aside: 0 };
  }

  async forgetReplays(now: number): Promise<void> {
    this.#database.prepare("DELETE FROM replays WHERE kept_until < ?").run(now);
  }

  async close(): Promise<void> {
    this.#database.close();
  }

  /** IMMEDIATE: takes the write lock at once, so that what was read can't have changed before it is written. */
  #transaction<T>(work: () => T): T {
    return this.#database.transaction(work).immediate();
  }

  #listBy(column: "address" | "id", value: string | number): List | undefined {
    const row = this.#database
      .prepare<[string | number], ListRow>(`SELECT * FROM lists WHERE ${column} = ?`)
      .get(value);
    return row && listOf(row);
  }

  #memberBy(listId: number, address: string): Member | undefined {
    const row = this.#database
      .prepare<[number, string], MemberRow>("SELECT * FROM members WHERE list_id = ? AND address = ?")
      .get(listId, address);
    return row && memberOf(row);
  }

  #useListKey(listId: number, key: NewListKey): void {
    const { changes } = this.#database
      .prepare("UPDATE lists SET list_key = ?, list_key_fingerprint = ? WHERE id = ? AND list_key IS NULL")
      .run(key.certificate, key.fingerprint, listId);
    if (changes === 0) throw new Conflict("the list has a list key");
    for (const digest of key.material) {
      const { changes: added } = this.#database
        .prepare("INSERT INTO list_key_material (digest, list_id) VALUES (?, ?) ON CONFLICT DO NOTHING")
        .run(digest, listId);
      if (added === 0) throw new Conflict("a list has used this list key before; make a new one");
    }
  }

  #head(listId: number): RecordHead | undefined {
    return this.#database
      .prepare<[number], RecordHead>(
        "SELECT number, hash FROM record WHERE list_id = ? ORDER BY number DESC LIMIT 1",
      )
      .get(listId);
  }

  #append(listId: number, change: RosterChange): void {
    const { number, previous, entry, hash } = nextEntry(this.#head(listId), change);
    this.#database
      .prepare("INSERT INTO record (list_id, number, previous, entry, hash) VALUES (?, ?, ?, ?, ?)")
      .run(listId, number, previous, entry, hash);
  }

  /** A post without jobs is done: nobody is left to make a copy for. */
  #dropFinishedPost(postId: number): void {
    this.#database
      .prepare("DELETE FROM posts WHERE id = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE post_id = posts.id)")
      .run(postId);
  }
}
