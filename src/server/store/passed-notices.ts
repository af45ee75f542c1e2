/** Owners' notices on their way through the server, with the members' receipts. */
import type { NewsKind } from "../../membership/request/commands.js";
import { type ApplyCommand, type CommandOutcome, nothingToReport, Refused } from "./apply-command.js";
import type { VerifiedCommand } from "./authorization.js";
import {
  bytes,
  type Database,
  firstRow,
  inSteps,
  isSet,
  number,
  type Row,
  raw,
  type Script,
  sql,
  textColumn,
} from "./database.js";
import { queueMail } from "./queue.js";

/** Which notice. */
export interface NoticeName {
  readonly news: NewsKind;
  readonly serial: number;
}

/** A notice to one member, as a mail. */
export interface NoticeMail {
  readonly fingerprint: string;
  readonly recipient: string;
  readonly mail: Uint8Array;
}

/** A notice that was passed on to a member, and when; `receipt`: sealed to the owner. */
export interface PassedNoticeRow {
  readonly fingerprint: string;
  readonly passed: number;
  readonly receipt?: Uint8Array;
}

export interface PassedNotices {
  /**
   * Puts a notice's mails into the queue, for those who are members now. Refused for a serial lower than one that was
   * passed on, but for list keys: a former one is passed on to who needs it to read old mail.
   */
  passNotice(
    verified: VerifiedCommand,
    notice: NoticeName,
    mails: readonly NoticeMail[],
  ): Promise<CommandOutcome>;
  /** Keeps a member's receipt. Refused if they were passed no such notice. */
  keepReceipt(
    verified: VerifiedCommand,
    notice: NoticeName,
    memberId: number,
    receipt: Uint8Array,
  ): Promise<CommandOutcome>;
  /** Members of now whom the notice was passed on to. */
  passedNotices(listId: number, notice: NoticeName): Promise<readonly PassedNoticeRow[]>;
}

/** The notices that were passed on, in `database`. */
export function passedNoticesIn(database: Database, applyCommand: ApplyCommand): PassedNotices {
  return {
    passNotice: (verified, { news, serial }, mails) =>
      applyCommand(verified, function* () {
        const { now, command } = verified;
        const { listId } = command;
        const highest = yield* firstRow(
          sql`SELECT serial FROM notice_serials WHERE list_id = ${listId} AND news = ${news}`,
        );
        if (news !== "new-list-key" && highest !== undefined && number(highest, "serial") > serial) {
          throw new Refused("old-serial");
        }
        let passed = 0;
        for (const { fingerprint, recipient, mail } of mails) {
          const member = yield* firstRow(
            sql`SELECT id FROM members WHERE list_id = ${listId} AND fingerprint = ${fingerprint}`,
          );
          // somebody who has left since the owner looked
          if (member === undefined) continue;
          const memberId = number(member, "id");
          yield queueMail({ listId, to: { kind: "member", memberId }, recipient, mail }, now);
          yield sql`INSERT INTO passed_notices (list_id, news, serial, member_id, passed)
              VALUES (${listId}, ${news}, ${serial}, ${memberId}, ${now})
              ON CONFLICT (list_id, news, serial, member_id) DO UPDATE SET passed = excluded.passed`;
          passed++;
        }
        if (passed === 0) throw new Refused("not-a-member");
        yield sql`INSERT INTO notice_serials (list_id, news, serial) VALUES (${listId}, ${news}, ${serial})
            ON CONFLICT (list_id, news) DO UPDATE SET serial = excluded.serial
              WHERE notice_serials.serial < excluded.serial`;
        return nothingToReport;
      }),

    keepReceipt: (verified, { news, serial }, memberId, receipt) =>
      applyCommand(verified, function* () {
        const { listId } = verified.command;
        const { changes } = yield sql`UPDATE passed_notices SET receipt = ${receipt}
            WHERE list_id = ${listId} AND news = ${news} AND serial = ${serial} AND member_id = ${memberId}`;
        if (changes > 0) return nothingToReport;
        // what was sealed once for all has no row of its own before that
        const shared = yield* sharedWith(listId, { news, serial });
        const kept = yield sql`INSERT INTO passed_notices (list_id, news, serial, member_id, passed, receipt)
            SELECT CAST(${listId} AS BIGINT), 'new-list-key', CAST(${serial} AS BIGINT), member_id,
              CAST(${shared?.released ?? 0} AS BIGINT), CAST(${receipt} AS ${raw(database.dialect.bytes)})
            FROM notice_packets WHERE notice_id = ${shared?.id ?? NO_NOTICE} AND member_id = ${memberId}`;
        if (kept.changes === 0) throw new Refused("no-such-notice");
        return nothingToReport;
      }),

    async passedNotices(listId, notice) {
      const found: PassedNoticeRow[] = [];
      let behind = "";
      await inSteps(async () => {
        const { rows, upTo } = await database.transaction(() => passedTo(listId, notice, behind));
        for (const row of rows) {
          found.push({
            fingerprint: textColumn(row, "fingerprint"),
            passed: number(row, "passed"),
            ...(isSet(row, "receipt") ? { receipt: bytes(row, "receipt") } : {}),
          });
        }
        behind = upTo ?? behind;
        return upTo !== undefined;
      });
      return found;
    },
  };
}

/** Members that one question is about. */
const ASKED_AT_A_TIME = 1_000;

/** No notice has this number. */
const NO_NOTICE = 0;

/** The notice of that name that was sealed once for all members and passed on, if it was: whoever has a part of it was passed it. */
function* sharedWith(
  listId: number,
  { news, serial }: NoticeName,
): Script<{ readonly id: number; readonly released: number } | undefined> {
  if (news !== "new-list-key") return undefined;
  const row = yield* firstRow(
    sql`SELECT id, released FROM shared_notices WHERE list_id = ${listId} AND serial = ${serial} AND list_key IS NOT NULL`,
  );
  return row && { id: number(row, "id"), released: number(row, "released") };
}

/** To whom a notice was passed on, of the members behind an address, and the last of these if there are more. */
function* passedTo(
  listId: number,
  notice: NoticeName,
  behind: string,
): Script<{ readonly rows: readonly Row[]; readonly upTo?: string }> {
  const shared = yield* sharedWith(listId, notice);
  const last = yield* firstRow(
    sql`SELECT address FROM members WHERE list_id = ${listId} AND address > ${behind}
        ORDER BY address LIMIT 1 OFFSET ${ASKED_AT_A_TIME - 1}`,
  );
  const upTo = last && textColumn(last, "address");
  const { rows } =
    yield sql`SELECT fingerprint, COALESCE(passed, CAST(${shared?.released ?? 0} AS BIGINT)) AS passed, receipt FROM members
      LEFT JOIN passed_notices ON passed_notices.list_id = members.list_id AND news = ${notice.news}
        AND serial = ${notice.serial} AND passed_notices.member_id = members.id
      LEFT JOIN notice_packets ON notice_id = ${shared?.id ?? NO_NOTICE} AND notice_packets.member_id = members.id
      WHERE members.list_id = ${listId} AND address > ${behind} ${upTo === undefined ? sql`` : sql`AND address <= ${upTo}`}
        AND (passed IS NOT NULL OR notice_id IS NOT NULL) ORDER BY address`;
  return { rows, ...(upTo === undefined ? {} : { upTo }) };
}
