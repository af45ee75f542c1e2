/** Who is on the rosters. */

import { type CopyShape, copyShapes } from "../../mail/part-types.js";
import { type MemberRole, memberRoles } from "../../membership/request/command-names.js";
import { MAX_NOTICE_COPIES } from "../../membership/request/commands.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  firstRow,
  hasRows,
  isSet,
  joinSql,
  number,
  type Row,
  type Script,
  type Statement,
  sql,
  textColumn,
  word,
} from "./database.js";
import { Conflict, lockList } from "./lists.js";
import { dropFinishedPost, sweepSoon } from "./post-pieces.js";
import { appendToRecord, type RosterChange } from "./roster-record.js";

/**
 * What a member may do. A moderator decides about held posts; so does an owner. `read-only` members don't post,
 * `post-only` members get no copies.
 */
export const roles = memberRoles;
export type { MemberRole } from "../../membership/request/command-names.js";

/** Keys that one question may name: a notice has at most so many copies, and a database takes no statement without end. */
export const MAX_KEYS_ASKED = MAX_NOTICE_COPIES;

/** Somebody who gets copies. */
export interface NewMember {
  readonly address: string;
  readonly name: string;
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
  readonly shape: CopyShape;
  /** Id of a secret that this member's copies are sealed under, and not to the certificate (member-secrets.ts). */
  readonly copiesSecret?: string;
  /** Id of a secret that this member's posts may come under. */
  readonly postsSecret?: string;
}

/** A member on the roster. `id` is never used again, also not after a removal. */
export interface Member extends NewMember {
  readonly id: number;
  readonly listId: number;
  readonly role: MemberRole;
  readonly added: number;
  /** Whether their program takes a copy that carries an owner's notice (riding-notices.ts). */
  readonly takesRiding: boolean;
}

/** What decides whether a member gets something. */
export interface Entitled {
  readonly role: MemberRole;
  readonly certificate: Uint8Array;
  /** Gets no copies, by their own wish, the operator's, or since they came back. */
  readonly isSuspended: boolean;
}

/** Thrown when the one who is to go is the list's last owner. Nothing was changed. */
export class LastOwner extends Error {
  override readonly name = "LastOwner";
}

export interface Roster {
  /** @throws Conflict if the address or the certificate is on the list's roster, or a secret is anybody's on this server. */
  addMember(listId: number, member: NewMember, change: RosterChange, now: number): Promise<Member>;
  /**
   * Removes the member and every job that waits for them. `only`: of that number, by the link that they have in their mail,
   * and not as the last owner.
   *
   * @throws Conflict if there is none of that address; LastOwner
   */
  removeMember(
    listId: number,
    address: string,
    change: (member: Member) => RosterChange,
    only?: number,
  ): Promise<Member>;
  /** @throws Conflict if there is none of that address. */
  setMemberRole(listId: number, address: string, role: MemberRole, change: RosterChange): Promise<void>;
  memberByAddress(listId: number, address: string): Promise<Member | undefined>;
  memberByFingerprint(listId: number, fingerprint: string): Promise<Member | undefined>;
  /** `undefined` once they are removed. */
  memberById(id: number): Promise<Member | undefined>;
  /**
   * The same with what decides what they get. Asked for each mail, just before it is made, and answered together with what
   * else is asked at that moment.
   */
  recipientById(id: number): Promise<(Member & Entitled) | undefined>;
  /** Whether another member than the one with this key has the name, in small letters or large. */
  hasNamesake(listId: number, name: string, fingerprint: string): Promise<boolean>;
  /**
   * A page of the roster: by address, those behind `address`, at most `limit` of them. All of a large list at once would
   * keep everybody else waiting; everyMember of roster-pages.ts goes through them.
   */
  membersAfter(listId: number, address: string, limit: number): Promise<readonly Member[]>;
  /** Those on the roster whose keys these are, at most {@link MAX_KEYS_ASKED}. */
  membersByFingerprints(listId: number, fingerprints: readonly string[]): Promise<readonly Member[]>;
  /** Those of them who own the list. */
  owners(listId: number): Promise<readonly Member[]>;
  /** Addresses of those who get copies by their role, suspended or not. */
  readersOf(listId: number): Promise<readonly string[]>;
  /** How many there are of those. */
  readerCount(listId: number): Promise<number>;
  /** How many are on the roster of each list, by the list's address. */
  rosterSizes(): Promise<ReadonlyMap<string, number>>;
  /** When the last of all members was added; `undefined` if there is none. */
  newestMember(): Promise<number | undefined>;
  /** Ids of the secrets that members of any list have. */
  secretIds(): Promise<readonly string[]>;
}

/** The rosters in `database`. */
export function rosterIn(database: Database): Roster {
  return {
    addMember: (listId, member, change, now) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        const added = yield* insertMember(listId, member, now);
        yield* appendToRecord(listId, change);
        return added;
      }),

    async removeMember(listId, address, change, only) {
      const removed = await database.transaction(function* () {
        yield* lockList(database, listId);
        return yield* deleteMember(listId, address, change, only);
      });
      // of posts that waited for this member alone
      await sweepSoon(database);
      return removed;
    },

    setMemberRole: (listId, address, role, change) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        const { changes } =
          yield sql`UPDATE members SET role = ${role} WHERE list_id = ${listId} AND address = ${address}`;
        if (changes === 0) throw new Conflict("no member has that address");
        yield* appendToRecord(listId, change);
      }),

    memberByAddress: (listId, address) => findRow(database, memberOf, memberAt(listId, address)),

    memberByFingerprint: (listId, fingerprint) =>
      findRow(
        database,
        memberOf,
        sql`SELECT * FROM members WHERE list_id = ${listId} AND fingerprint = ${fingerprint}`,
      ),

    memberById: (id) => findRow(database, memberOf, sql`SELECT * FROM members WHERE id = ${id}`),

    recipientById: recipientsIn(database),

    hasNamesake: (listId, name, fingerprint) =>
      hasRows(
        database,
        sql`SELECT 1 AS one FROM members
            WHERE list_id = ${listId} AND lower(name) = lower(${name}) AND fingerprint <> ${fingerprint} LIMIT 1`,
      ),

    membersAfter: (listId, address, limit) =>
      findRows(
        database,
        memberOf,
        sql`SELECT * FROM members WHERE list_id = ${listId} AND address > ${address} ORDER BY address LIMIT ${limit}`,
      ),

    async membersByFingerprints(listId, fingerprints) {
      if (fingerprints.length === 0) return [];
      if (fingerprints.length > MAX_KEYS_ASKED) throw new Error("too many keys for one question");
      return findRows(
        database,
        memberOf,
        sql`SELECT * FROM members WHERE list_id = ${listId} AND fingerprint IN (${joinSql(fingerprints)})`,
      );
    },

    owners: (listId) =>
      findRows(
        database,
        memberOf,
        sql`SELECT * FROM members WHERE list_id = ${listId} AND role = 'owner' ORDER BY address`,
      ),

    readersOf: (listId) =>
      findRows(
        database,
        (row) => textColumn(row, "address"),
        sql`SELECT address FROM members WHERE list_id = ${listId} AND role <> 'post-only' ORDER BY address`,
      ),

    async readerCount(listId) {
      const count = await findRow(
        database,
        (row) => number(row, "readers"),
        sql`SELECT count(*) AS readers FROM members WHERE list_id = ${listId} AND role <> 'post-only'`,
      );
      return count ?? 0;
    },

    async rosterSizes() {
      const { rows } = await database.query(
        sql`SELECT lists.address AS address, count(members.id) AS members
            FROM lists LEFT JOIN members ON members.list_id = lists.id GROUP BY lists.id, lists.address`,
      );
      return new Map(rows.map((row) => [textColumn(row, "address"), number(row, "members")]));
    },

    newestMember: () =>
      findRow(
        database,
        (row) => (isSet(row, "added") ? number(row, "added") : undefined),
        sql`SELECT max(added) AS added FROM members`,
      ),

    secretIds: () =>
      findRows(
        database,
        (row) => textColumn(row, "id"),
        sql`SELECT copies_secret AS id FROM members WHERE copies_secret IS NOT NULL
            UNION SELECT posts_secret FROM members WHERE posts_secret IS NOT NULL`,
      ),
  };
}

/** Looks recipients up; those who are asked for at one moment in one statement: the worker's lanes ask one each. */
function recipientsIn(database: Database): Roster["recipientById"] {
  let asked: number[] = [];
  let found: Promise<ReadonlyMap<number, Member & Entitled>> | undefined;
  const find = async (): Promise<ReadonlyMap<number, Member & Entitled>> => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    const ids = asked;
    [asked, found] = [[], undefined];
    const recipients = await findRows(
      database,
      (row) => ({ ...memberOf(row), isSuspended: number(row, "suspended") > 0 }),
      sql`SELECT *, ((SELECT count(*) FROM suspensions WHERE suspensions.member_id = members.id)
            + (SELECT count(*) FROM own_pauses WHERE own_pauses.member_id = members.id)) AS suspended
          FROM members WHERE id IN (${joinSql(ids)})`,
    );
    return new Map(recipients.map((recipient) => [recipient.id, recipient]));
  };
  return async (id) => {
    asked.push(id);
    found ??= find();
    return (await found).get(id);
  };
}

/** A new row of the roster, within a transaction that holds the list. @throws Conflict */
export function* insertMember(listId: number, member: NewMember, now: number): Script<Member> {
  const { address, name, certificate, fingerprint, shape, copiesSecret, postsSecret } = member;
  const taken = yield* firstRow(
    sql`SELECT address FROM members WHERE list_id = ${listId} AND (address = ${address} OR fingerprint = ${fingerprint})`,
  );
  if (taken !== undefined) {
    throw new Conflict(
      textColumn(taken, "address") === address
        ? "that address is already a member"
        : "another member already has that certificate",
    );
  }
  for (const secret of [copiesSecret, postsSecret]) {
    if (secret === undefined) continue;
    const known = yield* firstRow(
      sql`SELECT id FROM members WHERE copies_secret = ${secret} OR posts_secret = ${secret}`,
    );
    // attack: a list's secret, which the server would then have, and read the list's mail with
    const lists = yield* firstRow(
      sql`SELECT id FROM lists WHERE list_key_fingerprint = ${secret}
          UNION SELECT list_id FROM former_list_keys WHERE fingerprint = ${secret}`,
    );
    if (known !== undefined || lists !== undefined || copiesSecret === postsSecret) {
      throw new Conflict("a shared secret is for one member and one use: make another");
    }
  }
  const added = yield* firstRow(
    sql`INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, added, copies_secret, posts_secret)
        VALUES (${listId}, ${address}, ${name}, ${certificate}, ${fingerprint}, ${shape}, ${now},
          ${copiesSecret ?? null}, ${postsSecret ?? null}) RETURNING *`,
  );
  if (added === undefined) throw new Error("a member who was added is not there");
  return memberOf(added);
}

/** Takes a row off the roster, and what waits for it, within a transaction that holds the list. @throws Conflict, LastOwner */
export function* deleteMember(
  listId: number,
  address: string,
  change: (member: Member) => RosterChange,
  only?: number,
): Script<Member> {
  const row = yield* firstRow(memberAt(listId, address));
  if (row === undefined) throw new Conflict("no member has that address");
  const member = memberOf(row);
  // the address may have come to somebody else since the link was looked at
  if (only !== undefined && member.id !== only) throw new Conflict("no member has that number");
  const posts =
    yield sql`SELECT DISTINCT post_id FROM jobs WHERE member_id = ${member.id} AND post_id IS NOT NULL`;
  // their jobs go with them (ON DELETE CASCADE)
  yield sql`DELETE FROM members WHERE id = ${member.id}`;
  if (only !== undefined && member.role === "owner" && !(yield* isOwned(listId))) throw new LastOwner();
  for (const post of posts.rows) yield dropFinishedPost(number(post, "post_id"));
  const entry = change(member);
  yield burnIntroductions(listId, address, Date.parse(entry.at));
  yield* appendToRecord(listId, entry);
  return member;
}

const memberAt = (listId: number, address: string): Statement =>
  sql`SELECT * FROM members WHERE list_id = ${listId} AND address = ${address}`;

/** False if nobody owns the list: its members could never put it right. Within a transaction. */
export function* isOwned(listId: number): Script<boolean> {
  const owner = yield* firstRow(
    sql`SELECT 1 AS owned FROM members WHERE list_id = ${listId} AND role = 'owner' LIMIT 1`,
  );
  return owner !== undefined;
}

/** From now on introductions for the address that were made at `until` or before let nobody in. */
export const burnIntroductions = (listId: number, address: string, until: number): Statement =>
  sql`INSERT INTO burnt (list_id, address, until) VALUES (${listId}, ${address}, ${until})
      ON CONFLICT (list_id, address) DO UPDATE SET until = excluded.until WHERE burnt.until < excluded.until`;

/** The member in a row. */
export function memberOf(row: Row): Member {
  return {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    address: textColumn(row, "address"),
    name: textColumn(row, "name"),
    certificate: bytes(row, "certificate"),
    fingerprint: textColumn(row, "fingerprint"),
    shape: word(row, "shape", copyShapes),
    role: word(row, "role", roles),
    added: number(row, "added"),
    takesRiding: number(row, "takes_riding") === 1,
    ...(isSet(row, "copies_secret") ? { copiesSecret: textColumn(row, "copies_secret") } : {}),
    ...(isSet(row, "posts_secret") ? { postsSecret: textColumn(row, "posts_secret") } : {}),
  };
}
