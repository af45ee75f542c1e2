/** Owners' notices on their way through the server, with the members' receipts. */
import type { NewsKind } from "../../membership/request/commands.js";
import { type ApplyCommand, type CommandOutcome, nothingToReport, Refused } from "./apply-command.js";
import type { VerifiedCommand } from "./authorization.js";
import { bytes, type Database, findRows, firstRow, isSet, number, sql, textColumn } from "./database.js";
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
        const { changes } = yield sql`UPDATE passed_notices SET receipt = ${receipt}
            WHERE list_id = ${verified.command.listId} AND news = ${news} AND serial = ${serial} AND member_id = ${memberId}`;
        if (changes === 0) throw new Refused("no-such-notice");
        return nothingToReport;
      }),

    passedNotices: (listId, { news, serial }) =>
      findRows(
        database,
        (row) => ({
          fingerprint: textColumn(row, "fingerprint"),
          passed: number(row, "passed"),
          ...(isSet(row, "receipt") ? { receipt: bytes(row, "receipt") } : {}),
        }),
        sql`SELECT fingerprint, passed, receipt FROM passed_notices JOIN members ON members.id = member_id
            WHERE passed_notices.list_id = ${listId} AND news = ${news} AND serial = ${serial} ORDER BY members.address`,
      ),
  };
}
