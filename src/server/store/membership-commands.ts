/** What commands change: who is on the roster, as what, and the list's keys. */

import type { CopyShape } from "../../mail/part-types.js";
import type { ReadyNotice } from "../../membership/request/commands.js";
import { KEY_WANTED_INTERVAL_MS, RENEWAL_INTERVAL_MS } from "../base/limits.js";
import {
  type ApplyCommand,
  type CommandOutcome,
  type Effect,
  nothingToReport,
  Refused,
} from "./apply-command.js";
import type { RecordedCommand, VerifiedCommand } from "./authorization.js";
import { type Database, findRow, firstRow, isSet, number, type Script, sql, textColumn } from "./database.js";
import { defaultListSettings, readListSettings } from "./list-settings.js";
import { exchangeListKey, type NewListKeyRow, takeListKey } from "./lists.js";
import { dropFinishedPost } from "./post-pieces.js";
import {
  burnIntroductions,
  isOwned,
  type Member,
  type MemberRole,
  memberOf,
  type NewMember,
} from "./roster.js";
import { appendToRecord, type RecordHead, recordHeadOf } from "./roster-record.js";
import { goOnWithNotice, releaseNotice } from "./shared-notices.js";

/** An introduction that an owner of the list really made (membership/introduction.ts). */
export interface UsedIntroduction {
  readonly fingerprint: string;
  readonly address: string;
  readonly introducedAt: number;
}

/** A member as a command names them: an address may have come to another key. */
export interface NamedMember {
  readonly address: string;
  readonly fingerprint: string;
}

export interface MembershipCommands {
  /** Keeps the digest of a card's code; a newer card takes an older one's place. */
  setClaim(listId: number, digest: string, expires: number): Promise<void>;
  /** What a claim code is worth. */
  claimStatus(listId: number, digest: string, now: number): Promise<"good" | "wrong" | "used" | "expired">;
  /** The first owner, and the list's key. @throws Conflict for a list key that some list has used */
  claimList(
    verified: RecordedCommand,
    digest: string,
    key: NewListKeyRow,
    owner: NewMember,
  ): Promise<CommandOutcome>;
  /** A second use of an introduction is told to the owners, and to whom it let in. */
  joinList(
    verified: RecordedCommand,
    introduction: UsedIntroduction,
    member: NewMember,
  ): Promise<CommandOutcome>;
  /** Takes a member off the roster, with every copy that waits for them, and burns introductions made until `burnt`. */
  dropMember(verified: RecordedCommand, member: NamedMember, burnt: number): Promise<CommandOutcome>;
  burnIntroductions(verified: RecordedCommand, address: string, until: number): Promise<CommandOutcome>;
  renewCertificate(
    verified: RecordedCommand,
    member: NamedMember,
    certificate: Uint8Array,
  ): Promise<CommandOutcome>;
  /** As {@link renewCertificate}, with one that its holder has revoked: no copy that waits is for that key any more. */
  revokeCertificate(
    verified: RecordedCommand,
    member: NamedMember,
    certificate: Uint8Array,
  ): Promise<CommandOutcome>;
  changeRole(verified: RecordedCommand, member: NamedMember, role: MemberRole): Promise<CommandOutcome>;
  /**
   * Gives the list another key; the one before is kept, and posts under it are taken until `graceEnds`. Refused unless the
   * list's key is the one that is replaced, and the serial is higher than every earlier one. With `notice`, all or nothing: it is
   * there, and the record has not gone on since the owner looked who is a member; then it is passed on.
   *
   * @throws Conflict for a list key that some list has used
   */
  replaceListKey(verified: RecordedCommand, key: NewListKeyRow, terms: ListKeyTerms): Promise<CommandOutcome>;
  /** Adds a member on an owner's word; one who is on the roster with this very key stays as they are. */
  enrolMember(verified: RecordedCommand, member: NewMember): Promise<CommandOutcome>;
  /** Writes an owner's word for members into the record. Refused if none of them is on the roster with that key and role. */
  confirmMembers(
    verified: RecordedCommand,
    members: readonly (NamedMember & { readonly role: MemberRole })[],
  ): Promise<CommandOutcome>;
  /** Writes an owner's resume into the record. Refused unless its newest entry is `head`. */
  recordResume(verified: RecordedCommand, head: RecordHead): Promise<CommandOutcome>;
  /** Tells the owners that a member wants the list key of today. Refused if that member has asked a little while ago. */
  askListKey(verified: VerifiedCommand, memberId: number): Promise<CommandOutcome>;
  setShape(verified: VerifiedCommand, memberId: number, shape: CopyShape): Promise<CommandOutcome>;
  /** Members see each other from now on, or not any more. */
  showMembers(verified: VerifiedCommand, shown: boolean): Promise<CommandOutcome>;
  /** A member wants no copies for now. */
  pauseCopies(verified: VerifiedCommand, memberId: number): Promise<CommandOutcome>;
  /** They want them again. Refused if it was not they who switched them off: bounces, or the operator. */
  resumeCopies(verified: VerifiedCommand, memberId: number): Promise<CommandOutcome>;
}

/** When a list's key gives way to another, and what tells the members. */
export interface ListKeyTerms {
  readonly serial: number;
  readonly replaces: string;
  readonly graceEnds: number;
  readonly notice?: ReadyNotice;
}

/** The commands' changes in `database`. */
export function membershipCommandsIn(database: Database, applyCommand: ApplyCommand): MembershipCommands {
  return {
    async setClaim(listId, digest, expires) {
      await database.query(
        sql`INSERT INTO claims (list_id, digest, expires) VALUES (${listId}, ${digest}, ${expires})
            ON CONFLICT (list_id) DO UPDATE SET digest = excluded.digest, expires = excluded.expires
              WHERE claims.used = 0`,
      );
    },

    async claimStatus(listId, digest, now) {
      const claim = await findRow(
        database,
        (row) => ({
          digest: textColumn(row, "digest"),
          expires: number(row, "expires"),
          isUsed: number(row, "used") === 1,
        }),
        sql`SELECT digest, expires, used FROM claims WHERE list_id = ${listId}`,
      );
      if (claim?.digest !== digest) return "wrong";
      if (claim.isUsed) return "used";
      return claim.expires <= now ? "expired" : "good";
    },

    claimList: (verified, digest, key, owner) =>
      applyCommand(verified, function* () {
        const { command, now, change } = verified;
        const { listId } = command;
        const { changes } = yield sql`UPDATE claims SET used = 1
            WHERE list_id = ${listId} AND digest = ${digest} AND used = 0 AND expires > ${now}`;
        const list = yield* firstRow(sql`SELECT list_key FROM lists WHERE id = ${listId}`);
        if (changes === 0 || list === undefined || isSet(list, "list_key"))
          throw new Refused("already-claimed");
        yield* takeListKey(listId, key);
        yield* addMember(listId, owner, "owner", now);
        yield* appendToRecord(listId, change);
        return nothingToReport;
      }),

    joinList: (verified, { fingerprint, address, introducedAt }, member) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId } = verified.command;
        const used = yield* firstRow(
          sql`SELECT member FROM introductions WHERE list_id = ${listId} AND fingerprint = ${fingerprint}`,
        );
        if (used !== undefined) {
          const inBy = textColumn(used, "member");
          const present = yield* firstRow(memberNamed(listId, { address, fingerprint: member.fingerprint }));
          // the same person once more, whose add-on never got our answer: they are in
          if (inBy === member.fingerprint && present !== undefined) return nothingToReport;
          // the only sign of an intercepted invitation: whoever came in by it hears of it as well
          return { refused: "introduction-used", report: { event: "second-join", to: "owners", and: inBy } };
        }
        const burnt = yield* firstRow(
          sql`SELECT until FROM burnt WHERE list_id = ${listId} AND address = ${address}`,
        );
        if (burnt !== undefined && introducedAt <= number(burnt, "until")) throw new Refused("withdrawn");
        yield* addMember(listId, member, "member", verified.now);
        yield sql`INSERT INTO introductions (list_id, fingerprint, address, member)
            VALUES (${listId}, ${fingerprint}, ${address}, ${member.fingerprint})`;
        yield burnIntroductions(listId, address, introducedAt);
        yield* appendToRecord(listId, verified.change);
        return { report: { event: "joined", to: "owners" } };
      }),

    dropMember: (verified, named, burnt) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { command, change } = verified;
        const { listId, signer } = command;
        const member = yield* findMember(listId, named);
        yield* dropCopies(member.id);
        yield sql`DELETE FROM members WHERE id = ${member.id}`;
        if (member.role === "owner" && !(yield* isOwned(listId))) throw new Refused("last-owner");
        yield burnIntroductions(listId, named.address, burnt);
        yield* appendToRecord(listId, change);
        const event = change.do === "leave" ? "left" : "removed";
        return { report: { event, to: "owners", except: signer } };
      }),

    burnIntroductions: (verified, address, until) =>
      applyCommand(verified, function* () {
        yield burnIntroductions(verified.command.listId, address, until);
        yield* appendToRecord(verified.command.listId, verified.change);
        return nothingToReport;
      }),

    renewCertificate: (verified, named, certificate) =>
      applyCommand(verified, function* () {
        const { command, now, change } = verified;
        const { id, certificate: before } = yield* findMember(command.listId, named);
        if (Buffer.compare(before, certificate) === 0) return nothingToReport;
        const { changes } = yield sql`UPDATE members SET certificate = ${certificate}, renewed = ${now}
            WHERE id = ${id} AND renewed <= ${now - RENEWAL_INTERVAL_MS}`;
        if (changes === 0) throw new Refused("too-often");
        // should it be of no use either, that is news
        yield sql`DELETE FROM unusable_keys WHERE member_id = ${id}`;
        yield* appendToRecord(command.listId, change);
        return nothingToReport;
      }),

    showMembers: (verified, showsMembers) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId } = verified.command;
        const kept = yield* firstRow(sql`SELECT settings FROM list_settings WHERE list_id = ${listId}`);
        const before =
          kept === undefined ? defaultListSettings : readListSettings(textColumn(kept, "settings"));
        yield sql`INSERT INTO list_settings (list_id, settings)
            VALUES (${listId}, ${JSON.stringify({ ...before, showsMembers })})
            ON CONFLICT (list_id) DO UPDATE SET settings = excluded.settings`;
        return nothingToReport;
      }),

    askListKey: (verified, memberId) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { command, now } = verified;
        const { changes } = yield sql`INSERT INTO notices (member_id, code, queued)
            VALUES (${memberId}, 'key-wanted', ${now}) ON CONFLICT (member_id, code) DO UPDATE SET queued = excluded.queued
              WHERE notices.queued <= ${now - KEY_WANTED_INTERVAL_MS}`;
        if (changes === 0) throw new Refused("too-often");
        return { report: { event: "key-wanted", to: "owners", except: command.signer } };
      }),

    revokeCertificate: (verified, named, certificate) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId, signer } = verified.command;
        const { id } = yield* findMember(listId, named);
        yield* dropCopies(id);
        yield sql`UPDATE members SET certificate = ${certificate} WHERE id = ${id}`;
        yield sql`INSERT INTO unusable_keys (member_id, since, code) VALUES (${id}, ${verified.now}, 'key-revoked')
            ON CONFLICT DO NOTHING`;
        yield* appendToRecord(listId, verified.change);
        return { report: { event: "revoked", to: "everybody", except: signer } };
      }),

    changeRole: (verified, named, role) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId, signer } = verified.command;
        const before = yield* findMember(listId, named);
        yield sql`UPDATE members SET role = ${role} WHERE id = ${before.id}`;
        if (before.role === "owner" && !(yield* isOwned(listId))) throw new Refused("last-owner");
        yield* appendToRecord(listId, verified.change);
        return { report: { event: "role", to: "owners", except: signer, and: named.fingerprint } };
      }),

    async replaceListKey(verified, key, { serial, replaces, graceEnds, notice }) {
      const outcome = await applyCommand(verified, function* () {
        const { listId } = verified.command;
        const newer = yield* firstRow(
          sql`SELECT serial FROM former_list_keys WHERE list_id = ${listId} AND serial >= ${serial}`,
        );
        if (newer !== undefined) throw new Refused("old-serial");
        const present = yield* firstRow(
          sql`SELECT id FROM lists WHERE id = ${listId} AND list_key_fingerprint = ${replaces}`,
        );
        if (present === undefined) throw new Refused("old-serial");
        if (notice !== undefined && !isSameHead(yield* recordHeadOf(listId), notice.head)) {
          throw new Refused("roster-behind");
        }
        yield* exchangeListKey(listId, key, { serial, graceEnds });
        if (notice !== undefined) {
          yield* releaseNotice(
            { listId, serial, digest: notice.digest, listKey: key.fingerprint },
            verified.now,
          );
        }
        yield* appendToRecord(listId, verified.change);
        return nothingToReport;
      });
      // it is on disk that the notice is passed on: what goes wrong now is put right within the hour, or at the next start
      if (outcome.kind === "done" && notice !== undefined)
        await goOnWithNotice(database, key.fingerprint, verified.now).catch(() => undefined);
      return outcome;
    },

    enrolMember: (verified, member) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId, signer } = verified.command;
        const present = yield* firstRow(memberNamed(listId, member));
        if (present === undefined) yield* addMember(listId, member, "member", verified.now);
        yield* appendToRecord(listId, verified.change);
        return { report: { event: "enrolled", to: "owners", except: signer } };
      }),

    confirmMembers: (verified, members) =>
      applyCommand(verified, function* (): Script<Effect> {
        const { listId, signer } = verified.command;
        let found = 0;
        for (const named of members) {
          const row = yield* firstRow(memberNamed(listId, named));
          if (row !== undefined && memberOf(row).role === named.role) found++;
        }
        if (found === 0) throw new Refused("not-a-member");
        yield* appendToRecord(listId, verified.change);
        return { report: { event: "enrolled", to: "owners", except: signer } };
      }),

    recordResume: (verified, head) =>
      applyCommand(verified, function* () {
        const { listId } = verified.command;
        const newest = yield* recordHeadOf(listId);
        if (!isSameHead(newest, head)) throw new Refused("roster-behind");
        yield* appendToRecord(listId, verified.change);
        return nothingToReport;
      }),

    setShape: (verified, memberId, shape) =>
      applyCommand(verified, function* () {
        yield sql`UPDATE members SET shape = ${shape} WHERE id = ${memberId}`;
        return nothingToReport;
      }),

    pauseCopies: (verified, memberId) =>
      applyCommand(verified, function* () {
        // a mail at the gate goes first, or is stopped
        yield sql`SELECT id FROM members WHERE id = ${memberId} ${database.dialect.lockRows}`;
        yield sql`INSERT INTO own_pauses (member_id, since) VALUES (${memberId}, ${verified.now}) ON CONFLICT DO NOTHING`;
        return nothingToReport;
      }),

    resumeCopies: (verified, memberId) =>
      applyCommand(verified, function* () {
        const suspended = yield* firstRow(sql`SELECT since FROM suspensions WHERE member_id = ${memberId}`);
        if (suspended !== undefined) throw new Refused("suspended");
        yield sql`DELETE FROM own_pauses WHERE member_id = ${memberId}`;
        return nothingToReport;
      }),
  };
}

const isSameHead = (newest: RecordHead | undefined, named: RecordHead): boolean =>
  newest?.number === named.number && newest.hash === named.hash;

const memberNamed = (listId: number, { address, fingerprint }: NamedMember) =>
  sql`SELECT * FROM members WHERE list_id = ${listId} AND address = ${address} AND fingerprint = ${fingerprint}`;

function* findMember(listId: number, named: NamedMember): Script<Member> {
  const row = yield* firstRow(memberNamed(listId, named));
  if (row === undefined) throw new Refused("not-a-member");
  return memberOf(row);
}

function* addMember(
  listId: number,
  { address, name, certificate, fingerprint, shape }: NewMember,
  role: MemberRole,
  now: number,
): Script<void> {
  const { changes } =
    yield sql`INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, role, added)
      VALUES (${listId}, ${address}, ${name}, ${certificate}, ${fingerprint}, ${shape}, ${role}, ${now})
      ON CONFLICT DO NOTHING`;
  if (changes === 0) throw new Refused("already-a-member");
}

/** Takes every copy that waits for a member away, and the posts that waited for those copies alone. */
function* dropCopies(memberId: number): Script<void> {
  const posts =
    yield sql`SELECT DISTINCT post_id FROM jobs WHERE member_id = ${memberId} AND post_id IS NOT NULL`;
  yield sql`DELETE FROM jobs WHERE member_id = ${memberId}`;
  for (const post of posts.rows) yield dropFinishedPost(number(post, "post_id"));
}
