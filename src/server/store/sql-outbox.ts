/** Owners' notices with their receipts, in SQL. */
import type {
  Carried,
  MembershipStore,
  NoticeMail,
  NoticeName,
  PassedNoticeRow,
  ServerKeyStore,
} from "./membership-store.js";
import { bytes, isSet, number, sql, text } from "./sql.js";
import { SqlMembership } from "./sql-membership.js";
import { quietly, Refused } from "./sql-orders.js";
import { queueMail } from "./sql-queue-mail.js";
import type { Order } from "./warrant.js";

/** The part of the store that is about mails to people. */
export class SqlOutbox
  extends SqlMembership
  implements Omit<MembershipStore, keyof ServerKeyStore | "releasePost" | "rejectPost">
{
  passNotice(order: Order, { news, serial }: NoticeName, mails: readonly NoticeMail[]): Promise<Carried> {
    const { now, command } = order;
    const { listId } = command;
    return this.carryOut(order, function* () {
      const [highest] = (yield sql(
        "SELECT serial FROM notice_serials WHERE list_id = ? AND news = ?",
        listId,
        news,
      )).rows;
      if (news !== "new-list-key" && highest !== undefined && number(highest, "serial") > serial) {
        throw new Refused("old-serial");
      }
      let passed = 0;
      for (const { fingerprint, recipient, mail } of mails) {
        const [member] = (yield sql(
          "SELECT id FROM members WHERE list_id = ? AND fingerprint = ?",
          listId,
          fingerprint,
        )).rows;
        // somebody who has left since the owner looked
        if (member === undefined) continue;
        const id = number(member, "id");
        yield queueMail({ listId, to: { kind: "member", memberId: id }, recipient, mail }, now);
        yield sql(
          `INSERT INTO passed_notices (list_id, news, serial, member_id, passed) VALUES (?, ?, ?, ?, ?)
             ON CONFLICT (list_id, news, serial, member_id) DO UPDATE SET passed = excluded.passed`,
          listId,
          news,
          serial,
          id,
          now,
        );
        passed++;
      }
      if (passed === 0) throw new Refused("not-a-member");
      yield sql(
        `INSERT INTO notice_serials (list_id, news, serial) VALUES (?, ?, ?)
           ON CONFLICT (list_id, news) DO UPDATE SET serial = excluded.serial
             WHERE notice_serials.serial < excluded.serial`,
        listId,
        news,
        serial,
      );
      return quietly;
    });
  }

  keepReceipt(
    order: Order,
    { news, serial }: NoticeName,
    memberId: number,
    receipt: Uint8Array,
  ): Promise<Carried> {
    const { command } = order;
    return this.carryOut(order, function* () {
      const { changes } = yield sql(
        "UPDATE passed_notices SET receipt = ? WHERE list_id = ? AND news = ? AND serial = ? AND member_id = ?",
        receipt,
        command.listId,
        news,
        serial,
        memberId,
      );
      if (changes === 0) throw new Refused("no-such-notice");
      return quietly;
    });
  }

  async passedNotices(listId: number, { news, serial }: NoticeName): Promise<readonly PassedNoticeRow[]> {
    const found = await this.engine.ask(
      sql(
        `SELECT fingerprint, passed, receipt FROM passed_notices JOIN members ON members.id = member_id
           WHERE passed_notices.list_id = ? AND news = ? AND serial = ? ORDER BY members.address`,
        listId,
        news,
        serial,
      ),
    );
    return found.rows.map((row) => ({
      fingerprint: text(row, "fingerprint"),
      passed: number(row, "passed"),
      ...(isSet(row, "receipt") ? { receipt: bytes(row, "receipt") } : {}),
    }));
  }
}
