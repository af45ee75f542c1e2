/**
 * What people are told of commands: first answers, kept so that a command that comes again is answered as before, and
 * what commands have to tell that is not sealed yet (request/tell-owners.ts).
 */
import type { ReportEvent } from "../../membership/request/answer-result.js";
import {
  type AnswerTo,
  type Authorization,
  assertStill,
  assertTrue,
  type CommandKey,
  type VerifiedCommand,
} from "./authorization.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  firstRow,
  isSet,
  number,
  type Row,
  type Script,
  sql,
  textColumn,
  word,
} from "./database.js";
import { lockList } from "./lists.js";
import { type NewMail, queueMail } from "./queue.js";
import type { Member } from "./roster.js";
import { type RecordHead, recordHeadOf } from "./roster-record.js";

/** The first answer to a command. `result`: JSON; absent where it is to be worked out again. */
export interface FirstAnswer {
  readonly result?: string;
  readonly answered: number;
}

/** What is to be told of a command, to one person: written with the command, sealed afterwards (request/tell-owners.ts). */
export interface PendingReply {
  readonly id: number;
  readonly listId: number;
  readonly kind: "answer" | "report";
  /** `done` or the code of a refusal; of a report, its event. */
  readonly word: string;
  readonly requestId: string;
  /** Fingerprint of the server key that the asker knows. */
  readonly server: string;
  /** The record's newest entry when it was carried out. */
  readonly head: RecordHead;
  /** The command as it was signed; empty for an answer. */
  readonly signed: { readonly bytes: Uint8Array; readonly signatures: Uint8Array };
  readonly to: AnswerTo;
  /** Whom a report is for, and whether it is for them as an owner. */
  readonly member?: { readonly id: number; readonly isOwner: boolean };
}

/** What is told of a command besides its answer, and to whom. */
export interface CommandReport {
  readonly event: ReportEvent;
  readonly to: "owners" | "everybody";
  /** Fingerprint of somebody who knows. */
  readonly except?: string;
  /** Fingerprint of somebody whom it is about, besides. */
  readonly and?: string;
}

export interface Replies {
  /** For commands that only ask: throws `Stale` if `warrant` is not true any more. */
  confirm(warrant: Authorization): Promise<void>;
  firstAnswer(command: CommandKey): Promise<FirstAnswer | undefined>;
  /**
   * Remembers an answer and puts its mail, if there is one, into the queue. Throws `Stale` if `asker`, a member, has left the list
   * since they were verified, or has another role or certificate: what was found out for them is not theirs any more.
   */
  answer(
    command: CommandKey,
    result: string | undefined,
    mail: NewMail | undefined,
    asker: Member | undefined,
    now: number,
  ): Promise<void>;
  /** What commands have to tell and was not sealed yet, oldest first; `after`: of those with a higher number. */
  pendingReplies(after: number, limit: number): Promise<readonly PendingReply[]>;
  /** It is sealed, or can't be (`mail` is not set): `mail` waits in the queue from now on, once, whoever else sealed it. */
  finishPendingReply(reply: PendingReply, mail: NewMail | undefined, now: number): Promise<void>;
}

/** The replies in `database`. */
export function repliesIn(database: Database): Replies {
  return {
    confirm: (warrant) => database.transaction(() => assertTrue(warrant)),

    firstAnswer: ({ listId, signer, id }) =>
      findRow(
        database,
        (row) => ({
          answered: number(row, "answered"),
          ...(isSet(row, "result") ? { result: textColumn(row, "result") } : {}),
        }),
        sql`SELECT result, answered FROM answers
            WHERE list_id = ${listId} AND signer = ${signer} AND request_id = ${id}`,
      ),

    answer: (command, result, mail, asker, now) =>
      database.transaction(function* () {
        yield* lockList(database, command.listId);
        if (asker !== undefined) yield* assertStill(asker);
        if (mail !== undefined) yield queueMail(mail, now);
        yield* noteFirstAnswer(command, result, now);
      }),

    async pendingReplies(after, limit) {
      const answers = await findRows(
        database,
        pendingReplyOf,
        sql`SELECT t.*, t.address AS to_address, t.name AS to_name, t.certificate AS to_certificate, NULL AS member_id
            FROM tellings t WHERE t.kind = 'answer' AND t.id > ${after} ORDER BY t.id LIMIT ${limit}`,
      );
      if (answers.length > 0) return answers;
      for (;;) {
        const reports = await findRows(
          database,
          pendingReplyOf,
          sql`SELECT t.*, m.address AS to_address, m.name AS to_name, m.certificate AS to_certificate, m.id AS member_id, m.role AS role
              FROM telling_copies c JOIN tellings t ON t.id = c.telling_id JOIN members m ON m.id = c.member_id
              WHERE t.id > ${after} ORDER BY t.id, m.id LIMIT ${limit}`,
        );
        if (reports.length > 0 || !(await goOnWithReport(database, after))) return reports;
      }
    },

    finishPendingReply: ({ id, member }, mail, now) =>
      database.transaction(function* () {
        const { changes } =
          member === undefined
            ? yield sql`DELETE FROM tellings WHERE id = ${id}`
            : yield sql`DELETE FROM telling_copies WHERE telling_id = ${id} AND member_id = ${member.id}`;
        if (changes === 1 && mail !== undefined) yield queueMail(mail, now);
        yield sql`DELETE FROM tellings WHERE id = ${id} AND last_member IS NULL
            AND NOT EXISTS (SELECT 1 FROM telling_copies WHERE telling_id = tellings.id)`;
      }),
  };
}

/** Writes down what a command is answered, where somebody is: a step of the transaction that carries it out. */
export function* recordAnswer(verified: VerifiedCommand, said: string): Script<void> {
  if (verified.answer === undefined) return;
  yield* notePendingReply(verified, "answer", said);
  const result = said === "done" ? { kind: "done" } : { kind: "refused", code: said };
  yield* noteFirstAnswer(verified.command, JSON.stringify(result), verified.now);
}

/** Writes down what others are told of a command: a step of the transaction that carries it out. */
export function* writeReport(
  verified: VerifiedCommand,
  { event, to, except, and }: CommandReport,
): Script<void> {
  const id = yield* notePendingReply(verified, "report", event);
  const { listId } = verified.command;
  if (to === "everybody") {
    const newest = yield* firstRow(sql`SELECT COALESCE(max(id), 0) AS id FROM members`);
    const lastMember = newest === undefined ? 0 : number(newest, "id");
    return yield* writeSomeCopies({ id, listId, behind: "", lastMember, spares: except ?? "" });
  }
  yield sql`INSERT INTO telling_copies (telling_id, member_id)
      SELECT CAST(${id} AS BIGINT), id FROM members
      WHERE list_id = ${listId} AND fingerprint <> ${except ?? ""} AND (role = 'owner' OR fingerprint = ${and ?? ""})`;
}

/** Copies of a report that one transaction writes down: a few milliseconds of SQLite. */
export const REPORT_STEP = 1_000;

/** A report to everybody, from the first whose copy is not written down. */
interface ReportStep {
  readonly id: number;
  readonly listId: number;
  /** Empty: from the first. */
  readonly behind: string;
  /** The highest number that a member had when the command was carried out. */
  readonly lastMember: number;
  /** Fingerprint of somebody who knows. */
  readonly spares: string;
}

/** Writes up to {@link REPORT_STEP} copies down, and where the rest begins, if there may be more. */
function* writeSomeCopies({ id, listId, behind, lastMember, spares }: ReportStep): Script<void> {
  const these = sql`list_id = ${listId} AND address > ${behind} AND id <= ${lastMember}`;
  const last = yield* firstRow(
    sql`SELECT address FROM members WHERE ${these} ORDER BY address LIMIT 1 OFFSET ${REPORT_STEP - 1}`,
  );
  const upTo = last && textColumn(last, "address");
  yield sql`INSERT INTO telling_copies (telling_id, member_id)
      SELECT CAST(${id} AS BIGINT), id FROM members
      WHERE ${these} ${upTo === undefined ? sql`` : sql`AND address <= ${upTo}`} AND fingerprint <> ${spares}`;
  const isMore = upTo !== undefined;
  yield sql`UPDATE tellings SET behind = ${upTo ?? null}, last_member = ${isMore ? lastMember : null},
        spares = ${isMore ? spares : null} WHERE id = ${id}`;
}

/** The next step of a report to everybody with a number behind `after`. False if there is none. */
async function goOnWithReport(database: Database, after: number): Promise<boolean> {
  return database.transaction(function* () {
    // of two servers at one moment, the second goes on where the first ended
    const row = yield* firstRow(
      sql`SELECT id, list_id, behind, last_member, spares FROM tellings WHERE id > ${after} AND last_member IS NOT NULL
          ORDER BY id LIMIT 1 ${database.dialect.lockRows}`,
    );
    if (row === undefined) return false;
    yield* writeSomeCopies({
      id: number(row, "id"),
      listId: number(row, "list_id"),
      behind: textColumn(row, "behind"),
      lastMember: number(row, "last_member"),
      spares: textColumn(row, "spares"),
    });
    return true;
  });
}

function* notePendingReply(
  { command, signed, server, answer }: VerifiedCommand,
  kind: PendingReply["kind"],
  said: string,
): Script<number> {
  const { bytes, signatures } = kind === "report" ? signed : nothingSigned;
  const to = kind === "answer" ? answer : undefined;
  const head = yield* recordHeadOf(command.listId);
  if (head === undefined) throw new Error("a list without a record");
  const row = yield* firstRow(
    sql`INSERT INTO tellings (list_id, kind, word, request_id, server_fingerprint, head_number, head_hash, command,
          signatures, address, name, certificate, in_reply_to)
        VALUES (${command.listId}, ${kind}, ${said}, ${command.id}, ${server}, ${head.number}, ${head.hash}, ${bytes},
          ${signatures}, ${to?.address ?? null}, ${to?.name ?? null}, ${to?.certificate ?? null},
          ${to?.inReplyTo ?? null}) RETURNING id`,
  );
  if (row === undefined) throw new Error("what is to be told is not there");
  return number(row, "id");
}

const nothingSigned = { bytes: new Uint8Array(), signatures: new Uint8Array() };

function* noteFirstAnswer(
  { listId, signer, id, keptUntil }: CommandKey,
  result: string | undefined,
  now: number,
): Script<void> {
  yield sql`INSERT INTO answers (list_id, signer, request_id, result, answered, kept_until)
      VALUES (${listId}, ${signer}, ${id}, ${result ?? null}, ${now}, ${keptUntil})
      ON CONFLICT (list_id, signer, request_id) DO UPDATE SET answered = excluded.answered`;
}

function pendingReplyOf(row: Row): PendingReply {
  const kind = word(row, "kind", ["answer", "report"]);
  return {
    id: number(row, "id"),
    listId: number(row, "list_id"),
    kind,
    word: textColumn(row, "word"),
    requestId: textColumn(row, "request_id"),
    server: textColumn(row, "server_fingerprint"),
    head: { number: number(row, "head_number"), hash: textColumn(row, "head_hash") },
    signed: { bytes: bytes(row, "command"), signatures: bytes(row, "signatures") },
    to: {
      address: textColumn(row, "to_address"),
      name: textColumn(row, "to_name"),
      certificate: bytes(row, "to_certificate"),
      ...(isSet(row, "in_reply_to") ? { inReplyTo: textColumn(row, "in_reply_to") } : {}),
    },
    ...(kind === "report"
      ? { member: { id: number(row, "member_id"), isOwner: textColumn(row, "role") === "owner" } }
      : {}),
  };
}
