/** What the server remembers for requests, in SQL: the middle part of the store, between the roster and the queue. */

import { RENEWAL_INTERVAL_MS } from "../base/limits.js";
import type { Carried, FormerListKey, NamedMember, UsedIntroduction } from "./membership-store.js";
import type { RecordHead } from "./roster-record.js";
import { bytes, isSet, number, type Script, sql, text } from "./sql.js";
import { type Deed, quietly, Refused, SqlOrders } from "./sql-orders.js";
import {
  append,
  burnIntroductions,
  dropFinishedPost,
  isOwned,
  memberOf,
  newestEntry,
  takeListKey,
} from "./sql-roster.js";
import type { Member, MemberRole, NewListKey, NewMember, Shape } from "./store.js";
import type { Order, RecordedOrder } from "./warrant.js";

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
export class SqlMembership extends SqlOrders {
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

  claimList(order: RecordedOrder, digest: string, key: NewListKey, owner: NewMember): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
      const { changes } = yield sql(
        "UPDATE claims SET used = 1 WHERE list_id = ? AND digest = ? AND used = 0 AND expires > ?",
        listId,
        digest,
        order.now,
      );
      const [list] = (yield sql("SELECT list_key FROM lists WHERE id = ?", listId)).rows;
      if (changes === 0 || list === undefined || isSet(list, "list_key"))
        throw new Refused("already-claimed");
      yield* takeListKey(listId, key);
      yield* addMember(listId, owner, "owner", order.now);
      yield* append(listId, order.change);
      return quietly;
    });
  }

  joinList(order: RecordedOrder, introduction: UsedIntroduction, member: NewMember): Promise<Carried> {
    const { listId } = order.command;
    const { fingerprint, address, introducedAt } = introduction;
    return this.carryOut(order, function* (): Script<Deed> {
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
        if (inBy === member.fingerprint && present !== undefined) return quietly;
        // the only sign of an intercepted invitation: whoever came in by it hears of it as well
        return { refused: "introduction-used", report: { event: "second-join", to: "owners", and: inBy } };
      }
      const [burnt] = (yield sql(
        "SELECT until FROM burnt WHERE list_id = ? AND address = ?",
        listId,
        address,
      )).rows;
      if (burnt !== undefined && introducedAt <= number(burnt, "until")) throw new Refused("withdrawn");
      yield* addMember(listId, member, "member", order.now);
      yield sql(
        "INSERT INTO introductions (list_id, fingerprint, address, member) VALUES (?, ?, ?, ?)",
        listId,
        fingerprint,
        address,
        member.fingerprint,
      );
      yield burnIntroductions(listId, address, introducedAt);
      yield* append(listId, order.change);
      return { report: { event: "joined", to: "owners" } };
    });
  }

  dropMember(order: RecordedOrder, named: NamedMember, burnt: number): Promise<Carried> {
    const { listId, signer } = order.command;
    return this.carryOut(order, function* (): Script<Deed> {
      const member = yield* findMember(listId, named);
      yield* dropCopies(member.id);
      yield sql("DELETE FROM members WHERE id = ?", member.id);
      if (member.role === "owner" && !(yield* isOwned(listId))) throw new Refused("last-owner");
      yield burnIntroductions(listId, named.address, burnt);
      yield* append(listId, order.change);
      const event = order.change.do === "leave" ? "left" : "removed";
      return { report: { event, to: "owners", except: signer } };
    });
  }

  burnIntroductions(order: RecordedOrder, address: string, until: number): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
      yield burnIntroductions(listId, address, until);
      yield* append(listId, order.change);
      return quietly;
    });
  }

  renewCertificate(order: RecordedOrder, named: NamedMember, certificate: Uint8Array): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
      const { id, certificate: before } = yield* findMember(listId, named);
      if (Buffer.compare(before, certificate) === 0) return quietly;
      const { changes } = yield sql(
        "UPDATE members SET certificate = ?, renewed = ? WHERE id = ? AND renewed <= ?",
        certificate,
        order.now,
        id,
        order.now - RENEWAL_INTERVAL_MS,
      );
      if (changes === 0) throw new Refused("too-often");
      // should it be of no use either, that is news
      yield sql("DELETE FROM unusable_keys WHERE member_id = ?", id);
      yield* append(listId, order.change);
      return quietly;
    });
  }

  revokeCertificate(order: RecordedOrder, named: NamedMember, certificate: Uint8Array): Promise<Carried> {
    const { listId, signer } = order.command;
    return this.carryOut(order, function* (): Script<Deed> {
      const { id } = yield* findMember(listId, named);
      yield* dropCopies(id);
      yield sql("UPDATE members SET certificate = ? WHERE id = ?", certificate, id);
      yield sql(
        "INSERT INTO unusable_keys (member_id, since, code) VALUES (?, ?, 'key-revoked') ON CONFLICT DO NOTHING",
        id,
        order.now,
      );
      yield* append(listId, order.change);
      return { report: { event: "revoked", to: "everybody", except: signer } };
    });
  }

  changeRole(order: RecordedOrder, named: NamedMember, role: MemberRole): Promise<Carried> {
    const { listId, signer } = order.command;
    return this.carryOut(order, function* (): Script<Deed> {
      const before = yield* findMember(listId, named);
      yield sql("UPDATE members SET role = ? WHERE id = ?", role, before.id);
      if (before.role === "owner" && !(yield* isOwned(listId))) throw new Refused("last-owner");
      yield* append(listId, order.change);
      return { report: { event: "role", to: "owners", except: signer, and: named.fingerprint } };
    });
  }

  replaceListKey(
    order: RecordedOrder,
    key: NewListKey,
    terms: { readonly serial: number; readonly replaces: string; readonly graceEnds: number },
  ): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
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
      yield* append(listId, order.change);
      return quietly;
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

  enrolMember(order: RecordedOrder, member: NewMember): Promise<Carried> {
    const { listId, signer } = order.command;
    return this.carryOut(order, function* (): Script<Deed> {
      const { rows } = yield sql(
        "SELECT id FROM members WHERE list_id = ? AND address = ? AND fingerprint = ?",
        listId,
        member.address,
        member.fingerprint,
      );
      if (rows.length === 0) yield* addMember(listId, member, "member", order.now);
      yield* append(listId, order.change);
      return { report: { event: "enrolled", to: "owners", except: signer } };
    });
  }

  recordResume(order: RecordedOrder, head: RecordHead): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
      const [row] = (yield newestEntry(listId)).rows;
      if (row === undefined || number(row, "number") !== head.number || text(row, "hash") !== head.hash) {
        throw new Refused("roster-behind");
      }
      yield* append(listId, order.change);
      return quietly;
    });
  }

  setShape(order: Order, memberId: number, shape: Shape): Promise<Carried> {
    return this.carryOut(order, function* () {
      yield sql("UPDATE members SET shape = ? WHERE id = ?", shape, memberId);
      return quietly;
    });
  }

  pauseCopies(order: Order, memberId: number): Promise<Carried> {
    const { lockRows } = this.engine.dialect;
    return this.carryOut(order, function* () {
      // a mail at the gate goes first, or is stopped
      yield sql(`SELECT id FROM members WHERE id = ? ${lockRows}`, memberId);
      yield sql(
        "INSERT INTO own_pauses (member_id, since) VALUES (?, ?) ON CONFLICT DO NOTHING",
        memberId,
        order.now,
      );
      return quietly;
    });
  }

  resumeCopies(order: Order, memberId: number): Promise<Carried> {
    return this.carryOut(order, function* () {
      const [suspended] = (yield sql("SELECT since FROM suspensions WHERE member_id = ?", memberId)).rows;
      if (suspended !== undefined) throw new Refused("suspended");
      yield sql("DELETE FROM own_pauses WHERE member_id = ?", memberId);
      return quietly;
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
}
