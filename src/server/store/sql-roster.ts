/** Lists, rosters and their records, in SQL. */
import { nextEntry, type RecordEntry, type RecordHead, type RosterChange } from "./roster-record.js";
import {
  bytes,
  type Engine,
  isSet,
  marks,
  number,
  type Row,
  type Script,
  sql,
  text,
  type Value,
  word,
} from "./sql.js";
import { sweepSoon } from "./sql-post-octets.js";
import {
  Conflict,
  LastOwner,
  type List,
  type ListStanding,
  MAX_KEYS_ASKED,
  type Member,
  type MemberRole,
  type NewList,
  type NewListKey,
  type NewMember,
  type PostPolicy,
  postPolicies,
  roles,
} from "./store.js";

function listOf(row: Row): List {
  return {
    id: number(row, "id"),
    address: text(row, "address"),
    name: text(row, "name"),
    mode: word(row, "mode", ["key", "whole"]),
    delivery: word(row, "delivery", ["resealed", "opened"]),
    profile: word(row, "profile", ["compatible", "rfc9580"]),
    policy: word(row, "policy", postPolicies),
    serverKeyFile: text(row, "server_key_file"),
    serverFingerprint: text(row, "server_fingerprint"),
    serverCertificate: bytes(row, "server_certificate"),
    ...(isSet(row, "list_key") ? { listKey: bytes(row, "list_key") } : {}),
    ...(isSet(row, "list_key_fingerprint") ? { listKeyFingerprint: text(row, "list_key_fingerprint") } : {}),
  };
}

export function memberOf(row: Row): Member {
  return {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    address: text(row, "address"),
    name: text(row, "name"),
    certificate: bytes(row, "certificate"),
    fingerprint: text(row, "fingerprint"),
    shape: word(row, "shape", ["encrypted", "mixed"]),
    role: word(row, "role", roles),
    added: number(row, "added"),
    ...(isSet(row, "copies_secret") ? { copiesSecret: text(row, "copies_secret") } : {}),
    ...(isSet(row, "posts_secret") ? { postsSecret: text(row, "posts_secret") } : {}),
  };
}

const headOf = (row: Row): RecordHead => ({ number: number(row, "number"), hash: text(row, "hash") });

const standingOf = (row: Row): Omit<ListStanding, "owners"> => ({
  listId: number(row, "list_id"),
  address: text(row, "address"),
  head: headOf(row),
  posts: number(row, "posts"),
  serverKey: { fingerprint: text(row, "server_fingerprint"), file: text(row, "server_key_file") },
  ...(isSet(row, "resumed") ? { resumed: number(row, "resumed") } : {}),
});

export const newestEntry = (listId: number) =>
  sql("SELECT number, hash FROM record WHERE list_id = ? ORDER BY number DESC LIMIT 1", listId);

/** Adds the next entry to a list's record. */
export function* append(listId: number, change: RosterChange): Script<void> {
  const [head] = (yield newestEntry(listId)).rows;
  const link = nextEntry(head && headOf(head), change);
  yield sql(
    "INSERT INTO record (list_id, number, previous, entry, hash) VALUES (?, ?, ?, ?, ?)",
    listId,
    link.number,
    link.previous,
    link.entry,
    link.hash,
  );
}

/** Gives a list its list key. @throws Conflict */
export function* takeListKey(listId: number, key: NewListKey): Script<void> {
  const { changes } = yield sql(
    "UPDATE lists SET list_key = ?, list_key_fingerprint = ? WHERE id = ? AND list_key IS NULL",
    key.certificate,
    key.fingerprint,
    listId,
  );
  if (changes === 0) throw new Conflict("the list already has a list key");
  for (const digest of key.material) {
    const added = yield sql(
      "INSERT INTO list_key_material (digest, list_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
      digest,
      listId,
    );
    if (added.changes === 0) throw new Conflict("this list key has been used before: make a new one");
  }
}

/**
 * Begins what changes a list, its roster or its queue as a whole: nobody else does so until the transaction ends. The
 * record stays a chain, and a post's copies are for exactly the members that the record names.
 */
export function* holdList(engine: Engine, listId: number): Script<void> {
  yield sql(`SELECT id FROM lists WHERE id = ? ${engine.dialect.lockRows}`, listId);
}

/** False if nobody owns the list: its members could never put it right. */
export function* isOwned(listId: number): Script<boolean> {
  const { rows } = yield sql(
    "SELECT 1 AS owned FROM members WHERE list_id = ? AND role = 'owner' LIMIT 1",
    listId,
  );
  return rows.length > 0;
}

/** Deletes a post that is not held and has no job left: nobody is left to make a copy for. */
export const dropFinishedPost = (postId: number) =>
  sql(
    "DELETE FROM posts WHERE id = ? AND held = 0 AND NOT EXISTS (SELECT 1 FROM jobs WHERE post_id = posts.id)",
    postId,
  );

/** From now on introductions for the address that were made at `until` or before let nobody in. */
export const burnIntroductions = (listId: number, address: string, until: number) =>
  sql(
    `INSERT INTO burnt (list_id, address, until) VALUES (?, ?, ?)
       ON CONFLICT (list_id, address) DO UPDATE SET until = excluded.until WHERE burnt.until < excluded.until`,
    listId,
    address,
    until,
  );

/** The part of the store that is about lists and members. */
export class SqlRoster {
  protected readonly engine: Engine;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  createList(
    list: NewList,
    key: NewListKey | undefined,
    changes: readonly RosterChange[],
    now: number,
  ): Promise<List> {
    return this.engine.run(function* () {
      const made = yield sql(
        `INSERT INTO lists (address, name, mode, delivery, profile, server_key_file, server_fingerprint,
           server_certificate, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING id`,
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
      const [row] = made.rows;
      if (row === undefined) throw new Conflict("that list already exists");
      const id = number(row, "id");
      if (key !== undefined) yield* takeListKey(id, key);
      for (const change of changes) yield* append(id, change);
      const [written] = (yield sql("SELECT * FROM lists WHERE id = ?", id)).rows;
      if (written === undefined) throw new Error("a list that was made is not there");
      return listOf(written);
    });
  }

  async lists(): Promise<readonly List[]> {
    return (await this.engine.ask(sql("SELECT * FROM lists ORDER BY address"))).rows.map(listOf);
  }

  async listByAddress(address: string): Promise<List | undefined> {
    return this.#first(listOf, "SELECT * FROM lists WHERE address = ?", address);
  }

  async listById(id: number): Promise<List | undefined> {
    return this.#first(listOf, "SELECT * FROM lists WHERE id = ?", id);
  }

  setListKey(listId: number, key: NewListKey, change: RosterChange): Promise<void> {
    const { engine } = this;
    return engine.run(function* () {
      yield* holdList(engine, listId);
      yield* takeListKey(listId, key);
      yield* append(listId, change);
    });
  }

  addMember(listId: number, member: NewMember, change: RosterChange, now: number): Promise<Member> {
    const { engine } = this;
    return engine.run(function* () {
      yield* holdList(engine, listId);
      const { address, name, certificate, fingerprint, shape, copiesSecret, postsSecret } = member;
      const [taken] = (yield sql(
        "SELECT address FROM members WHERE list_id = ? AND (address = ? OR fingerprint = ?)",
        listId,
        address,
        fingerprint,
      )).rows;
      if (taken !== undefined) {
        throw new Conflict(
          text(taken, "address") === address
            ? "that address is already a member"
            : "another member already has that certificate",
        );
      }
      for (const secret of [copiesSecret, postsSecret]) {
        if (secret === undefined) continue;
        const [known] = (yield sql(
          "SELECT id FROM members WHERE copies_secret = ? OR posts_secret = ?",
          secret,
          secret,
        )).rows;
        if (known !== undefined || copiesSecret === postsSecret) {
          throw new Conflict("a shared secret is for one member and one use: make another");
        }
      }
      const [added] = (yield sql(
        `INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, added, copies_secret, posts_secret)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *`,
        listId,
        address,
        name,
        certificate,
        fingerprint,
        shape,
        now,
        copiesSecret ?? null,
        postsSecret ?? null,
      )).rows;
      if (added === undefined) throw new Error("a member who was added is not there");
      yield* append(listId, change);
      return memberOf(added);
    });
  }

  async removeMember(
    listId: number,
    address: string,
    change: (member: Member) => RosterChange,
    only?: number,
  ): Promise<Member> {
    const { engine } = this;
    const removed = await engine.run(function* (): Script<Member> {
      yield* holdList(engine, listId);
      const [row] = (yield sql("SELECT * FROM members WHERE list_id = ? AND address = ?", listId, address))
        .rows;
      if (row === undefined) throw new Conflict("no member has that address");
      const member = memberOf(row);
      // the address may have come to somebody else since the link was looked at
      if (only !== undefined && member.id !== only) throw new Conflict("no member has that number");
      const posts = yield sql(
        "SELECT DISTINCT post_id FROM jobs WHERE member_id = ? AND post_id IS NOT NULL",
        member.id,
      );
      // their jobs go with them (ON DELETE CASCADE)
      yield sql("DELETE FROM members WHERE id = ?", member.id);
      if (only !== undefined && member.role === "owner" && !(yield* isOwned(listId))) throw new LastOwner();
      for (const post of posts.rows) yield dropFinishedPost(number(post, "post_id"));
      const entry = change(member);
      yield burnIntroductions(listId, address, Date.parse(entry.at));
      yield* append(listId, entry);
      return member;
    });
    // of posts that waited for this member alone
    await sweepSoon(engine);
    return removed;
  }

  async memberByAddress(listId: number, address: string): Promise<Member | undefined> {
    return this.#first(memberOf, "SELECT * FROM members WHERE list_id = ? AND address = ?", listId, address);
  }

  async memberById(id: number): Promise<Member | undefined> {
    return this.#first(memberOf, "SELECT * FROM members WHERE id = ?", id);
  }

  async membersAfter(listId: number, address: string, limit: number): Promise<readonly Member[]> {
    const found = await this.engine.ask(
      sql(
        "SELECT * FROM members WHERE list_id = ? AND address > ? ORDER BY address LIMIT ?",
        listId,
        address,
        limit,
      ),
    );
    return found.rows.map(memberOf);
  }

  async membersByFingerprints(listId: number, fingerprints: readonly string[]): Promise<readonly Member[]> {
    if (fingerprints.length === 0) return [];
    if (fingerprints.length > MAX_KEYS_ASKED) throw new Error("too many keys for one question");
    const found = await this.engine.ask(
      sql(
        `SELECT * FROM members WHERE list_id = ? AND fingerprint IN (${marks(fingerprints)})`,
        listId,
        ...fingerprints,
      ),
    );
    return found.rows.map(memberOf);
  }

  async readersOf(listId: number): Promise<readonly string[]> {
    const found = await this.engine.ask(
      sql("SELECT address FROM members WHERE list_id = ? AND role <> 'post-only' ORDER BY address", listId),
    );
    return found.rows.map((row) => text(row, "address"));
  }

  async rosterSizes(): Promise<ReadonlyMap<string, number>> {
    const found = await this.engine.ask(
      sql(`SELECT lists.address AS address, count(members.id) AS members
             FROM lists LEFT JOIN members ON members.list_id = lists.id GROUP BY lists.id, lists.address`),
    );
    return new Map(found.rows.map((row) => [text(row, "address"), number(row, "members")]));
  }

  async newestMember(): Promise<number | undefined> {
    const [row] = (await this.engine.ask(sql("SELECT max(added) AS added FROM members"))).rows;
    return row !== undefined && isSet(row, "added") ? number(row, "added") : undefined;
  }

  async standings(listId?: number): Promise<readonly ListStanding[]> {
    const found = await this.engine.ask(
      sql(
        `SELECT lists.id AS list_id, lists.address AS address, server_fingerprint, server_key_file,
             record.number AS number, record.hash AS hash, COALESCE(post_counts.posts, 0) AS posts,
             resumed.not_before AS resumed, members.fingerprint AS owner
           FROM lists
           JOIN record ON record.list_id = lists.id
             AND record.number = (SELECT max(newest.number) FROM record newest WHERE newest.list_id = lists.id)
           LEFT JOIN post_counts ON post_counts.list_id = lists.id
           LEFT JOIN resumed ON resumed.list_id = lists.id
           LEFT JOIN members ON members.list_id = lists.id AND members.role = 'owner'
           ${listId === undefined ? "" : "WHERE lists.id = ?"} ORDER BY lists.address, members.address`,
        ...(listId === undefined ? [] : [listId]),
      ),
    );
    const standings = new Map<number, ListStanding & { readonly owners: string[] }>();
    for (const row of found.rows) {
      const id = number(row, "list_id");
      const standing = standings.get(id) ?? { ...standingOf(row), owners: [] };
      standings.set(id, standing);
      if (isSet(row, "owner")) standing.owners.push(text(row, "owner"));
    }
    return [...standings.values()];
  }

  async owners(listId: number): Promise<readonly Member[]> {
    const found = await this.engine.ask(
      sql("SELECT * FROM members WHERE list_id = ? AND role = 'owner' ORDER BY address", listId),
    );
    return found.rows.map(memberOf);
  }

  async secretIds(): Promise<readonly string[]> {
    const found = await this.engine.ask(
      sql(`SELECT copies_secret AS id FROM members WHERE copies_secret IS NOT NULL
             UNION SELECT posts_secret FROM members WHERE posts_secret IS NOT NULL`),
    );
    return found.rows.map((row) => text(row, "id"));
  }

  setMemberRole(listId: number, address: string, role: MemberRole, change: RosterChange): Promise<void> {
    const { engine } = this;
    return engine.run(function* () {
      yield* holdList(engine, listId);
      const { changes } = yield sql(
        "UPDATE members SET role = ? WHERE list_id = ? AND address = ?",
        role,
        listId,
        address,
      );
      if (changes === 0) throw new Conflict("no member has that address");
      yield* append(listId, change);
    });
  }

  setPostPolicy(listId: number, policy: PostPolicy, change: RosterChange): Promise<void> {
    const { engine } = this;
    return engine.run(function* () {
      yield* holdList(engine, listId);
      yield sql("UPDATE lists SET policy = ? WHERE id = ?", policy, listId);
      yield* append(listId, change);
    });
  }

  async recordHead(listId: number): Promise<RecordHead> {
    const [row] = (await this.engine.ask(newestEntry(listId))).rows;
    if (row === undefined) throw new Error("a list without a record");
    return headOf(row);
  }

  async recordHash(listId: number, entry: number): Promise<string | undefined> {
    const [row] = (
      await this.engine.ask(sql("SELECT hash FROM record WHERE list_id = ? AND number = ?", listId, entry))
    ).rows;
    return row && text(row, "hash");
  }

  async record(listId: number): Promise<readonly RecordEntry[]> {
    return this.recordAfter(listId, 0, Number.MAX_SAFE_INTEGER);
  }

  async recordAfter(listId: number, after: number, limit: number): Promise<readonly RecordEntry[]> {
    const found = await this.engine.ask(
      sql(
        "SELECT number, previous, entry, hash FROM record WHERE list_id = ? AND number > ? ORDER BY number LIMIT ?",
        listId,
        after,
        limit,
      ),
    );
    return found.rows.map((row) => ({
      ...headOf(row),
      previous: text(row, "previous"),
      entry: text(row, "entry"),
    }));
  }

  async #first<T>(
    read: (row: Row) => T,
    statement: string,
    ...values: readonly Value[]
  ): Promise<T | undefined> {
    const [row] = (await this.engine.ask(sql(statement, ...values))).rows;
    return row && read(row);
  }
}
