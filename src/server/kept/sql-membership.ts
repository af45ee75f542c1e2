/** What the server remembers for requests, in SQL: the middle part of the store, between the roster and the queue. */

import type {
  Carried,
  FirstAnswer,
  FormerListKey,
  Joined,
  NamedMember,
  UsedIntroduction,
} from "./membership-store.js";
import type { RecordHead, RosterChange } from "./roster-record.js";
import { bytes, isSet, number, type Script, sql, text } from "./sql.js";
import {
  append,
  burnIntroductions,
  dropFinishedPost,
  holdList,
  memberOf,
  newestEntry,
  SqlRoster,
  takeListKey,
} from "./sql-roster.js";
import type { Command, Member, MemberRole, NewListKey, NewMember, Shape } from "./store.js";

/** False if the command was remembered before. */
export function* remember(command: Command): Script<boolean> {
  const { changes } = yield sql(
    "INSERT INTO requests (list_id, signer, request_id, kept_until) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    command.listId,
    command.signer,
    command.id,
    command.keptUntil,
  );
  return changes === 1;
}

export const done: Carried = { kind: "done" };
const repeat: Carried = { kind: "repeat" };

/** Thrown inside a transaction that is to change nothing, not even the memory of the command. */
export class Refused extends Error {
  readonly code: Extract<Carried, { kind: "refused" }>["code"];

  constructor(code: Extract<Carried, { kind: "refused" }>["code"]) {
    super(code);
    this.code = code;
  }
}

function* findMember(listId: number, { address, fingerprint }: NamedMember): Script<Member> {
  const [row] = (yield sql(
    "SELECT * FROM members WHERE list_id = ? AND address = ? AND fingerprint = ?",
    listId,
    address,
    fingerprint,
  )).rows;
  if (row === undefined) throw new Refused("not-a-member");
  return memberOf(row);
}

/** Takes every copy that waits for a member away, and the posts that waited for those copies alone. */
function* dropCopies(memberId: number): Script<void> {
  const posts = yield sql(
    "SELECT DISTINCT post_id FROM jobs WHERE member_id = ? AND post_id IS NOT NULL",
    memberId,
  );
  yield sql("DELETE FROM jobs WHERE member_id = ?", memberId);
  for (const post of posts.rows) yield dropFinishedPost(number(post, "post_id"));
}

/** A list that nobody owns could never be put right by its members. */
function* assertOwnerLeft(listId: number): Script<void> {
  const [row] = (yield sql(
    "SELECT count(*) AS owners FROM members WHERE list_id = ? AND role = 'owner'",
    listId,
  )).rows;
  if (row === undefined || number(row, "owners") === 0) throw new Refused("last-owner");
}

function* addMember(listId: number, member: NewMember, role: MemberRole, now: number): Script<void> {
  const { changes } = yield sql(
    `INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, role, added)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    listId,
    member.address,
    member.name,
    member.certificate,
    member.fingerprint,
    member.shape,
    role,
    now,
  );
  if (changes === 0) throw new Refused("already-a-member");
}

/** The part of the store that is about requests. */
export class SqlMembership extends SqlRoster {
  async setClaim(listId: number, digest: string, expires: number): Promise<void> {
    await this.engine.ask(
      sql(
        `INSERT INTO claims (list_id, digest, expires) VALUES (?, ?, ?)
           ON CONFLICT (list_id) DO UPDATE SET digest = excluded.digest, expires = excluded.expires
             WHERE claims.used = 0`,
        listId,
        digest,
        expires,
      ),
    );
  }

  async claimStanding(
    listId: number,
    digest: string,
    now: number,
  ): Promise<"good" | "wrong" | "used" | "expired"> {
    const [row] = (
      await this.engine.ask(sql("SELECT digest, expires, used FROM claims WHERE list_id = ?", listId))
    ).rows;
    if (row === undefined || text(row, "digest") !== digest) return "wrong";
    if (number(row, "used") === 1) return "used";
    return number(row, "expires") <= now ? "expired" : "good";
  }

  claimList(
    command: Command,
    digest: string,
    key: NewListKey,
    owner: NewMember,
    change: RosterChange,
    now: number,
  ): Promise<Carried> {
    const { listId } = command;
    return this.carryOut(command, function* () {
      const { changes } = yield sql(
        "UPDATE claims SET used = 1 WHERE list_id = ? AND digest = ? AND used = 0 AND expires > ?",
        listId,
        digest,
        now,
      );
      const [list] = (yield sql("SELECT list_key FROM lists WHERE id = ?", listId)).rows;
      if (changes === 0 || list === undefined || isSet(list, "list_key"))
        throw new Refused("already-claimed");
      yield* takeListKey(listId, key);
      yield* addMember(listId, owner, "owner", now);
      yield* append(listId, change);
      return done;
    });
  }

  joinList(
    command: Command,
    introduction: UsedIntroduction,
    member: NewMember,
    change: RosterChange,
    now: number,
  ): Promise<Joined> {
    const { listId } = command;
    const { fingerprint, address, introducedAt } = introduction;
    return this.carryOut(command, function* (): Script<Joined> {
      const [used] = (yield sql(
        "SELECT member FROM introductions WHERE list_id = ? AND fingerprint = ?",
        listId,
        fingerprint,
      )).rows;
      if (used !== undefined) {
        const inBy = text(used, "member");
        const [present] = (yield sql(
          "SELECT id FROM members WHERE list_id = ? AND address = ? AND fingerprint = ?",
          listId,
          address,
          member.fingerprint,
        )).rows;
        // the same person once more, whose add-on never got our answer: they are in
        return inBy === member.fingerprint && present !== undefined ? done : { kind: "second-join", inBy };
      }
      const [burnt] = (yield sql(
        "SELECT until FROM burnt WHERE list_id = ? AND address = ?",
        listId,
        address,
      )).rows;
      if (burnt !== undefined && introducedAt <= number(burnt, "until")) throw new Refused("withdrawn");
      yield* addMember(listId, member, "member", now);
      yield sql(
        "INSERT INTO introductions (list_id, fingerprint, address, member) VALUES (?, ?, ?, ?)",
        listId,
        fingerprint,
        address,
        member.fingerprint,
      );
      yield burnIntroductions(listId, address, introducedAt);
      yield* append(listId, change);
      return done;
    });
  }

  dropMember(command: Command, named: NamedMember, burnt: number, change: RosterChange): Promise<Carried> {
    const { listId } = command;
    return this.carryOut(command, function* () {
      const member = yield* findMember(listId, named);
      yield* dropCopies(member.id);
      yield sql("DELETE FROM members WHERE id = ?", member.id);
      if (member.role === "owner") yield* assertOwnerLeft(listId);
      yield burnIntroductions(listId, named.address, burnt);
      yield* append(listId, change);
      return done;
    });
  }

  burnIntroductions(
    command: Command,
    address: string,
    until: number,
    change: RosterChange,
  ): Promise<Carried> {
    return this.carryOut(command, function* () {
      yield burnIntroductions(command.listId, address, until);
      yield* append(command.listId, change);
      return done;
    });
  }

  renewCertificate(
    command: Command,
    named: NamedMember,
    certificate: Uint8Array,
    change: RosterChange,
  ): Promise<Carried> {
    return this.carryOut(command, function* () {
      const { id } = yield* findMember(command.listId, named);
      yield sql("UPDATE members SET certificate = ? WHERE id = ?", certificate, id);
      yield* append(command.listId, change);
      return done;
    });
  }

  revokeCertificate(
    command: Command,
    named: NamedMember,
    certificate: Uint8Array,
    change: RosterChange,
  ): Promise<Carried> {
    return this.carryOut(command, function* () {
      const { id } = yield* findMember(command.listId, named);
      yield* dropCopies(id);
      yield sql("UPDATE members SET certificate = ? WHERE id = ?", certificate, id);
      yield* append(command.listId, change);
      return done;
    });
  }

  changeRole(command: Command, named: NamedMember, role: MemberRole, change: RosterChange): Promise<Carried> {
    return this.carryOut(command, function* () {
      const before = yield* findMember(command.listId, named);
      yield sql("UPDATE members SET role = ? WHERE id = ?", role, before.id);
      if (before.role === "owner") yield* assertOwnerLeft(command.listId);
      yield* append(command.listId, change);
      return done;
    });
  }

  replaceListKey(
    command: Command,
    key: NewListKey,
    terms: { readonly serial: number; readonly replaces: string; readonly graceEnds: number },
    change: RosterChange,
  ): Promise<Carried> {
    const { listId } = command;
    return this.carryOut(command, function* () {
      const [newer] = (yield sql(
        "SELECT serial FROM former_list_keys WHERE list_id = ? AND serial >= ?",
        listId,
        terms.serial,
      )).rows;
      if (newer !== undefined) throw new Refused("old-serial");
      const { changes } = yield sql(
        `INSERT INTO former_list_keys (list_id, serial, fingerprint, certificate, grace_ends)
           SELECT id, CAST(? AS BIGINT), list_key_fingerprint, list_key, CAST(? AS BIGINT) FROM lists
           WHERE id = ? AND list_key_fingerprint = ?`,
        terms.serial,
        terms.graceEnds,
        listId,
        terms.replaces,
      );
      if (changes === 0) throw new Refused("old-serial");
      // no key before outlives this one: whoever holds it may be whom the list is re-keyed for
      yield sql(
        "UPDATE former_list_keys SET grace_ends = ? WHERE list_id = ? AND grace_ends > ?",
        terms.graceEnds,
        listId,
        terms.graceEnds,
      );
      yield sql("UPDATE lists SET list_key = NULL WHERE id = ?", listId);
      yield* takeListKey(listId, key);
      yield* append(listId, change);
      return done;
    });
  }

  async formerListKeys(listId: number): Promise<readonly FormerListKey[]> {
    const found = await this.engine.ask(
      sql(
        "SELECT fingerprint, certificate, grace_ends FROM former_list_keys WHERE list_id = ? ORDER BY serial DESC",
        listId,
      ),
    );
    return found.rows.map((row) => ({
      fingerprint: text(row, "fingerprint"),
      certificate: bytes(row, "certificate"),
      graceEnds: number(row, "grace_ends"),
    }));
  }

  enrolMember(command: Command, member: NewMember, change: RosterChange, now: number): Promise<Carried> {
    const { listId } = command;
    return this.carryOut(command, function* () {
      const { rows } = yield sql(
        "SELECT id FROM members WHERE list_id = ? AND address = ? AND fingerprint = ?",
        listId,
        member.address,
        member.fingerprint,
      );
      if (rows.length === 0) yield* addMember(listId, member, "member", now);
      yield* append(listId, change);
      return done;
    });
  }

  recordResume(command: Command, head: RecordHead, change: RosterChange): Promise<Carried> {
    const { listId } = command;
    return this.carryOut(command, function* () {
      const [row] = (yield newestEntry(listId)).rows;
      if (row === undefined || number(row, "number") !== head.number || text(row, "hash") !== head.hash) {
        throw new Refused("roster-behind");
      }
      yield* append(listId, change);
      return done;
    });
  }

  setShape(command: Command, memberId: number, shape: Shape): Promise<Carried> {
    return this.carryOut(command, function* () {
      yield sql("UPDATE members SET shape = ? WHERE id = ?", shape, memberId);
      return done;
    });
  }

  async memberByFingerprint(listId: number, fingerprint: string): Promise<Member | undefined> {
    const [row] = (
      await this.engine.ask(
        sql("SELECT * FROM members WHERE list_id = ? AND fingerprint = ?", listId, fingerprint),
      )
    ).rows;
    return row && memberOf(row);
  }

  async firstAnswer({ listId, signer, id }: Command): Promise<FirstAnswer | undefined> {
    const [row] = (
      await this.engine.ask(
        sql(
          "SELECT result, answered FROM answers WHERE list_id = ? AND signer = ? AND request_id = ?",
          listId,
          signer,
          id,
        ),
      )
    ).rows;
    if (row === undefined) return undefined;
    const answered = number(row, "answered");
    return isSet(row, "result") ? { result: text(row, "result"), answered } : { answered };
  }

  async noteAnswer(command: Command, result: string | undefined, now: number): Promise<void> {
    await this.engine.ask(
      sql(
        `INSERT INTO answers (list_id, signer, request_id, result, answered, kept_until) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (list_id, signer, request_id) DO UPDATE SET answered = excluded.answered`,
        command.listId,
        command.signer,
        command.id,
        result ?? null,
        now,
        command.keptUntil,
      ),
    );
  }

  /** Carries a command out once, holding its list; what `work` refuses changes nothing. */
  protected async carryOut<T extends Joined>(command: Command, work: () => Script<T>): Promise<T | Carried> {
    const { engine } = this;
    try {
      return await engine.run(function* (): Script<T | Carried> {
        yield* holdList(engine, command.listId);
        return (yield* remember(command)) ? yield* work() : repeat;
      });
    } catch (error) {
      if (error instanceof Refused) return { kind: "refused", code: error.code };
      throw error;
    }
  }
}
