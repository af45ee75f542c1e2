/**
 * The record of who came and went: a hash chain, one a list.
 *
 * Every list signature names number and hash of the newest entry, so two owners who are shown different records, or a
 * removal that never appears, become visible. It proves order and consistency; it does not prove delivery.
 *
 * The format is membership/roster/log.ts: owners check it. Here it is written, with hashes that don't wait, since they are
 * made inside a transaction.
 */
import { createHash } from "node:crypto";
import { hashedText, NO_PREVIOUS, type SignedChange } from "../../membership/roster/log.js";
import {
  type Database,
  findRow,
  findRows,
  firstRow,
  number,
  type Row,
  type Script,
  type Statement,
  sql,
  textColumn,
} from "./database.js";

export { NO_PREVIOUS } from "../../membership/roster/log.js";

/** What happened to the roster. `by` says on whose word; dates are ISO 8601 in UTC. */
export type RosterChange =
  | SignedChange
  | { readonly do: "create"; readonly list: string; readonly by: "operator"; readonly at: string }
  | { readonly do: "list-key"; readonly fingerprint: string; readonly by: "operator"; readonly at: string }
  | {
      readonly do: "add";
      readonly address: string;
      readonly fingerprint: string;
      /** Binary, base64: with it owners verify what the member commands. Older entries have none. */
      readonly certificate?: string;
      readonly by: "operator";
      readonly at: string;
    }
  | {
      readonly do: "remove";
      readonly address: string;
      readonly fingerprint: string;
      /** `link`: whoever holds the member's mail used its List-Unsubscribe. */
      readonly by: "operator" | "link";
      readonly at: string;
    }
  | {
      readonly do: "role";
      readonly address: string;
      readonly role: "member" | "moderator" | "owner" | "read-only" | "post-only";
      readonly by: "operator";
      readonly at: string;
    }
  | {
      readonly do: "policy";
      readonly policy: "members" | "moderated" | "open";
      readonly by: "operator";
      readonly at: string;
    };

/** One link of the chain. `entry` is the JSON text that was hashed, kept as it is. */
export interface RecordEntry {
  readonly number: number;
  readonly previous: string;
  readonly entry: string;
  readonly hash: string;
}

/** Number and hash of the newest entry: what a list signature names. */
export interface RecordHead {
  readonly number: number;
  readonly hash: string;
}

/** The entry that says `change` after `head` (`undefined`: the chain is empty). */
export function nextEntry(head: RecordHead | undefined, change: RosterChange): RecordEntry {
  const number = (head?.number ?? 0) + 1;
  const previous = head?.hash ?? NO_PREVIOUS;
  const entry = JSON.stringify(change);
  return { number, previous, entry, hash: entryHash(number, previous, entry) };
}

/** True if `entries`, in order, are a whole chain: numbered from 1, each naming and hashing what is before it. */
export function isWholeChain(entries: readonly RecordEntry[]): boolean {
  return entries.every((link, index) => {
    const previous = entries[index - 1]?.hash ?? NO_PREVIOUS;
    return (
      link.number === index + 1 &&
      link.previous === previous &&
      link.hash === entryHash(link.number, link.previous, link.entry)
    );
  });
}

function entryHash(number: number, previous: string, entry: string): string {
  return createHash("sha256")
    .update(hashedText(number, previous, entry), "utf8")
    .digest("hex");
}

/** The records of all lists. A list always has one: it begins with its creation. */
export interface RosterRecord {
  /** Newest entry of a list's record. */
  recordHead(listId: number): Promise<RecordHead>;
  record(listId: number): Promise<readonly RecordEntry[]>;
  /** At most `limit` entries with higher numbers than `after`. */
  recordAfter(listId: number, after: number, limit: number): Promise<readonly RecordEntry[]>;
  /** Hash of one entry; `undefined` if the record does not go as far. */
  recordHash(listId: number, number: number): Promise<string | undefined>;
}

/** The records in `database`. */
export function rosterRecordIn(database: Database): RosterRecord {
  const recordAfter = (listId: number, after: number, limit: number) =>
    findRows(
      database,
      (row) => ({
        ...recordHeadIn(row),
        previous: textColumn(row, "previous"),
        entry: textColumn(row, "entry"),
      }),
      sql`SELECT number, previous, entry, hash FROM record
          WHERE list_id = ${listId} AND number > ${after} ORDER BY number LIMIT ${limit}`,
    );
  return {
    async recordHead(listId) {
      const head = await findRow(database, recordHeadIn, newestEntry(listId));
      if (head === undefined) throw new Error("a list without a record");
      return head;
    },
    record: (listId) => recordAfter(listId, 0, Number.MAX_SAFE_INTEGER),
    recordAfter,
    recordHash: (listId, entry) =>
      findRow(
        database,
        (row) => textColumn(row, "hash"),
        sql`SELECT hash FROM record WHERE list_id = ${listId} AND number = ${entry}`,
      ),
  };
}

/** Adds the next entry to a list's record, within a transaction that holds the list. */
export function* appendToRecord(listId: number, change: RosterChange): Script<void> {
  const { number, previous, entry, hash } = nextEntry(yield* recordHeadOf(listId), change);
  yield sql`INSERT INTO record (list_id, number, previous, entry, hash)
      VALUES (${listId}, ${number}, ${previous}, ${entry}, ${hash})`;
}

/** Newest entry of a list's record, within a transaction; `undefined` before the first. */
export function* recordHeadOf(listId: number): Script<RecordHead | undefined> {
  const row = yield* firstRow(newestEntry(listId));
  return row && recordHeadIn(row);
}

/** The entry in a row. */
export const recordHeadIn = (row: Row): RecordHead => ({
  number: number(row, "number"),
  hash: textColumn(row, "hash"),
});

const newestEntry = (listId: number): Statement =>
  sql`SELECT number, hash FROM record WHERE list_id = ${listId} ORDER BY number DESC LIMIT 1`;
