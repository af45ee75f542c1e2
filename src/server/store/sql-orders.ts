/**
 * Carrying out commands: the one place where a command changes something, and where it is written down what is to be told
 * of it. All in one transaction, so that a server that is killed has either done nothing or forgets to tell nobody.
 */

import type { RefusalCode } from "../../membership/file/errors.js";
import type { ReportEvent } from "../../membership/request/answer-result.js";
import type { Carried, FirstAnswer, Telling } from "./membership-store.js";
import { bytes, isSet, number, type Row, type Script, sql, text, word } from "./sql.js";
import { sweepSoon } from "./sql-post-octets.js";
import { queueMail } from "./sql-queue-mail.js";
import { holdList, newestEntry, SqlRoster } from "./sql-roster.js";
import type { Command, Member, NewMail } from "./store.js";
import { assertStill, assertTrue, type Order, type Warrant } from "./warrant.js";

/** False if the command was remembered before. */
function* remember(command: Command): Script<boolean> {
  const { changes } = yield sql(
    "INSERT INTO requests (list_id, signer, request_id, kept_until) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
    command.listId,
    command.signer,
    command.id,
    command.keptUntil,
  );
  return changes === 1;
}

/** Thrown inside a transaction that is to change nothing, not even the memory of the command. */
export class Refused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.code = code;
  }
}

/** What is told of a command besides its answer, and to whom. */
export interface Report {
  readonly event: ReportEvent;
  readonly to: "owners" | "everybody";
  /** Fingerprint of somebody who knows. */
  readonly except?: string;
  /** Fingerprint of somebody whom it is about, besides. */
  readonly and?: string;
}

/** What carrying out came to. */
export interface Deed {
  /** Not done, but remembered and told: an alarm. */
  readonly refused?: RefusalCode;
  readonly report?: Report;
}

/** Nobody besides the asker hears of it. */
export const quietly: Deed = {};

function* noteReport(order: Order, { event, to, except, and }: Report): Script<void> {
  const id = yield* noteTelling(order, "report", event);
  const { listId } = order.command;
  const some = to === "owners" ? "AND (role = 'owner' OR fingerprint = ?)" : "AND fingerprint <> ?";
  yield sql(
    `INSERT INTO telling_copies (telling_id, member_id)
       SELECT CAST(? AS BIGINT), id FROM members WHERE list_id = ? AND fingerprint <> ? ${some}`,
    id,
    listId,
    except ?? "",
    to === "owners" ? (and ?? "") : "",
  );
}

function* noteTelling(order: Order, kind: Telling["kind"], said: string): Script<number> {
  const { command, signed, server, answer } = order;
  const to = kind === "answer" ? answer : undefined;
  const [head] = (yield newestEntry(command.listId)).rows;
  if (head === undefined) throw new Error("a list without a record");
  const [row] = (yield sql(
    `INSERT INTO tellings (list_id, kind, word, request_id, server_fingerprint, head_number, head_hash, command,
       signatures, address, name, certificate, in_reply_to) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    command.listId,
    kind,
    said,
    command.id,
    server,
    number(head, "number"),
    text(head, "hash"),
    kind === "report" ? signed.bytes : new Uint8Array(),
    kind === "report" ? signed.signatures : new Uint8Array(),
    to?.address ?? null,
    to?.name ?? null,
    to?.certificate ?? null,
    to?.inReplyTo ?? null,
  )).rows;
  if (row === undefined) throw new Error("what is to be told is not there");
  return number(row, "id");
}

const answerOf = (said: string): string =>
  JSON.stringify(said === "done" ? { kind: "done" } : { kind: "refused", code: said });

function* noteFirstAnswer(command: Command, result: string | undefined, now: number): Script<void> {
  yield sql(
    `INSERT INTO answers (list_id, signer, request_id, result, answered, kept_until) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (list_id, signer, request_id) DO UPDATE SET answered = excluded.answered`,
    command.listId,
    command.signer,
    command.id,
    result ?? null,
    now,
    command.keptUntil,
  );
}

function tellingOf(row: Row): Telling {
  const kind = word(row, "kind", ["answer", "report"]);
  return {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    kind,
    word: text(row, "word"),
    requestId: text(row, "request_id"),
    server: text(row, "server_fingerprint"),
    head: { number: number(row, "head_number"), hash: text(row, "head_hash") },
    signed: { bytes: bytes(row, "command"), signatures: bytes(row, "signatures") },
    to: {
      address: text(row, "to_address"),
      name: text(row, "to_name"),
      certificate: bytes(row, "to_certificate"),
      ...(isSet(row, "in_reply_to") ? { inReplyTo: text(row, "in_reply_to") } : {}),
    },
    ...(kind === "report"
      ? { member: { id: number(row, "member_id"), isOwner: text(row, "role") === "owner" } }
      : {}),
  };
}

/** The part of the store that carries out commands. */
export class SqlOrders extends SqlRoster {
  /** What is told and was not sealed yet, oldest first; `after`: of those that could not be sealed just now. */
  async tellings(after: number, limit: number): Promise<readonly Telling[]> {
    const { rows } = await this.engine.ask(
      sql(
        `SELECT t.*, t.address AS to_address, t.name AS to_name, t.certificate AS to_certificate, NULL AS member_id
           FROM tellings t WHERE t.kind = 'answer' AND t.id > ? ORDER BY t.id LIMIT ?`,
        after,
        limit,
      ),
    );
    if (rows.length > 0) return rows.map(tellingOf);
    const reports = await this.engine.ask(
      sql(
        `SELECT t.*, m.address AS to_address, m.name AS to_name, m.certificate AS to_certificate, m.id AS member_id, m.role AS role
           FROM telling_copies c JOIN tellings t ON t.id = c.telling_id JOIN members m ON m.id = c.member_id
           WHERE t.id > ? ORDER BY t.id, m.id LIMIT ?`,
        after,
        limit,
      ),
    );
    return reports.rows.map(tellingOf);
  }

  /** It is sealed: `mail` waits in the outbox from now on, once, whoever else sealed it. */
  finishTelling({ id, member }: Telling, mail: NewMail | undefined, now: number): Promise<void> {
    return this.engine.run(function* () {
      const { changes } =
        member === undefined
          ? yield sql("DELETE FROM tellings WHERE id = ?", id)
          : yield sql("DELETE FROM telling_copies WHERE telling_id = ? AND member_id = ?", id, member.id);
      if (changes === 1 && mail !== undefined) yield queueMail(mail, now);
      yield sql(
        "DELETE FROM tellings WHERE id = ? AND NOT EXISTS (SELECT 1 FROM telling_copies WHERE telling_id = tellings.id)",
        id,
      );
    });
  }

  /** @throws Stale */
  confirm(warrant: Warrant): Promise<void> {
    return this.engine.run(() => assertTrue(warrant));
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

  answer(
    command: Command,
    result: string | undefined,
    mail: NewMail | undefined,
    asker: Member | undefined,
    now: number,
  ): Promise<void> {
    const { engine } = this;
    return engine.run(function* () {
      yield* holdList(engine, command.listId);
      if (asker !== undefined) yield* assertStill(asker);
      if (mail !== undefined) yield queueMail(mail, now);
      yield* noteFirstAnswer(command, result, now);
    });
  }

  /**
   * Carries a command out, once, holding its list, if its warrant is true. What `work` refuses changes nothing; else the
   * answer and the reports are written down with it.
   *
   * @throws Stale
   */
  protected async carryOut(order: Order, work: () => Script<Deed>): Promise<Carried> {
    const { engine } = this;
    try {
      const carried = await engine.run(function* (): Script<Carried> {
        const { command, warrant, answer, now } = order;
        yield* holdList(engine, command.listId);
        yield* assertTrue(warrant);
        if (!(yield* remember(command))) return { kind: "repeat" };
        const { refused, report } = yield* work();
        if (answer !== undefined) {
          const said = refused ?? "done";
          yield* noteTelling(order, "answer", said);
          yield* noteFirstAnswer(command, answerOf(said), now);
        }
        if (report !== undefined) yield* noteReport(order, report);
        return refused === undefined ? { kind: "done" } : { kind: "told", code: refused };
      });
      // of posts that went with it
      await sweepSoon(engine);
      return carried;
    } catch (error) {
      if (error instanceof Refused) return { kind: "refused", code: error.code };
      throw error;
    }
  }
}
