/** Server keys besides the one that a list has: the one that its owner is asked about, and those that were replaced. */
import { type ApplyCommand, type CommandOutcome, nothingToReport, Refused } from "./apply-command.js";
import type { RecordedCommand } from "./authorization.js";
import {
  bytes,
  type Database,
  findRow,
  findRows,
  firstRow,
  number,
  type Row,
  type Statement,
  sql,
  textColumn,
} from "./database.js";
import { appendToRecord } from "./roster-record.js";

/** A server key that lies in its file. */
export interface OfferedServerKey {
  /** Name of the file in the key folder. */
  readonly file: string;
  readonly fingerprint: string;
  readonly certificate: Uint8Array;
}

/** One that was replaced, and until when it opens what members seal to it, in milliseconds since 1970. */
export interface ReplacedServerKey extends OfferedServerKey {
  readonly until: number;
}

export interface ServerKeyStore {
  /** A new one that the owner is asked about, in place of an earlier such. @returns the earlier, whose file is for nothing */
  offerServerKey(listId: number, key: OfferedServerKey): Promise<readonly OfferedServerKey[]>;
  offeredServerKey(listId: number): Promise<OfferedServerKey | undefined>;
  /** The list has this server key again, and no more the one that the store has: the store comes from a backup. */
  putServerKeyBack(listId: number, key: OfferedServerKey): Promise<void>;
  /** Newest first. */
  replacedServerKeys(listId: number): Promise<readonly ReplacedServerKey[]>;
  /** An owner has agreed: the offered key is the list's; the one before opens until `until`. */
  switchServerKey(
    verified: RecordedCommand,
    terms: { readonly fingerprint: string; readonly replaces: string; readonly until: number },
  ): Promise<CommandOutcome>;
  /** Forgets those whose time is over. @returns them: their files are deleted */
  forgetServerKeys(listId: number, now: number): Promise<readonly OfferedServerKey[]>;
}

/** The server keys in `database`. */
export function serverKeyStoreIn(database: Database, applyCommand: ApplyCommand): ServerKeyStore {
  return {
    offerServerKey: (listId, { file, fingerprint, certificate }) =>
      database.transaction(function* () {
        const before =
          yield sql`DELETE FROM server_keys WHERE list_id = ${listId} AND open_until IS NULL RETURNING *`;
        yield sql`INSERT INTO server_keys (list_id, key_file, fingerprint, certificate)
            VALUES (${listId}, ${file}, ${fingerprint}, ${certificate})`;
        return before.rows.map(keyOf);
      }),

    offeredServerKey: (listId) =>
      findRow(
        database,
        keyOf,
        sql`SELECT * FROM server_keys WHERE list_id = ${listId} AND open_until IS NULL`,
      ),

    putServerKeyBack: (listId, key) =>
      database.transaction(function* () {
        yield sql`DELETE FROM server_keys WHERE list_id = ${listId} AND fingerprint = ${key.fingerprint}`;
        yield giveKey(listId, key);
      }),

    replacedServerKeys: (listId) =>
      findRows(
        database,
        (row) => ({ ...keyOf(row), until: number(row, "open_until") }),
        sql`SELECT * FROM server_keys WHERE list_id = ${listId} AND open_until IS NOT NULL ORDER BY open_until DESC`,
      ),

    switchServerKey: (verified, { fingerprint, replaces, until }) =>
      applyCommand(verified, function* () {
        const { listId } = verified.command;
        const offered = yield* firstRow(
          sql`DELETE FROM server_keys WHERE list_id = ${listId} AND fingerprint = ${fingerprint}
              AND open_until IS NULL RETURNING *`,
        );
        if (offered === undefined) throw new Refused("old-serial");
        const { changes } =
          yield sql`INSERT INTO server_keys (list_id, key_file, fingerprint, certificate, open_until)
            SELECT id, server_key_file, server_fingerprint, server_certificate, CAST(${until} AS BIGINT) FROM lists
            WHERE id = ${listId} AND server_fingerprint = ${replaces}`;
        if (changes === 0) throw new Refused("old-serial");
        yield giveKey(listId, keyOf(offered));
        yield* appendToRecord(listId, verified.change);
        return nothingToReport;
      }),

    forgetServerKeys: (listId, now) =>
      findRows(
        database,
        keyOf,
        sql`DELETE FROM server_keys WHERE list_id = ${listId} AND open_until < ${now} RETURNING *`,
      ),
  };
}

const giveKey = (listId: number, { file, fingerprint, certificate }: OfferedServerKey): Statement =>
  sql`UPDATE lists SET server_key_file = ${file}, server_fingerprint = ${fingerprint},
        server_certificate = ${certificate} WHERE id = ${listId}`;

const keyOf = (row: Row): OfferedServerKey => ({
  file: textColumn(row, "key_file"),
  fingerprint: textColumn(row, "fingerprint"),
  certificate: bytes(row, "certificate"),
});
