/** Server keys besides the one that a list has: the one that its owner is asked about, and those that were replaced. */
import type { Carried, MembershipStore, OfferedServerKey, ReplacedServerKey } from "./membership-store.js";
import { bytes, number, type Row, sql, text } from "./sql.js";
import { quietly, Refused } from "./sql-orders.js";
import { SqlOutbox } from "./sql-outbox.js";
import { append } from "./sql-roster.js";
import type { RecordedOrder } from "./warrant.js";

const keyOf = (row: Row): OfferedServerKey => ({
  file: text(row, "key_file"),
  fingerprint: text(row, "fingerprint"),
  certificate: bytes(row, "certificate"),
});

const replacedOf = (row: Row): ReplacedServerKey => ({ ...keyOf(row), until: number(row, "open_until") });

/** The part of the store that is about server keys. */
export class SqlServerKeys extends SqlOutbox implements Omit<MembershipStore, "releasePost" | "rejectPost"> {
  async offerServerKey(listId: number, key: OfferedServerKey): Promise<readonly OfferedServerKey[]> {
    return this.engine.run(function* () {
      const before = yield sql(
        "DELETE FROM server_keys WHERE list_id = ? AND open_until IS NULL RETURNING *",
        listId,
      );
      yield sql(
        "INSERT INTO server_keys (list_id, key_file, fingerprint, certificate) VALUES (?, ?, ?, ?)",
        listId,
        key.file,
        key.fingerprint,
        key.certificate,
      );
      return before.rows.map(keyOf);
    });
  }

  async offeredServerKey(listId: number): Promise<OfferedServerKey | undefined> {
    const { rows } = await this.engine.ask(
      sql("SELECT * FROM server_keys WHERE list_id = ? AND open_until IS NULL", listId),
    );
    return rows[0] && keyOf(rows[0]);
  }

  async replacedServerKeys(listId: number): Promise<readonly ReplacedServerKey[]> {
    const { rows } = await this.engine.ask(
      sql(
        "SELECT * FROM server_keys WHERE list_id = ? AND open_until IS NOT NULL ORDER BY open_until DESC",
        listId,
      ),
    );
    return rows.map(replacedOf);
  }

  switchServerKey(
    order: RecordedOrder,
    { fingerprint, replaces, until }: { fingerprint: string; replaces: string; until: number },
  ): Promise<Carried> {
    const { listId } = order.command;
    return this.carryOut(order, function* () {
      const next = yield sql(
        "DELETE FROM server_keys WHERE list_id = ? AND fingerprint = ? AND open_until IS NULL RETURNING *",
        listId,
        fingerprint,
      );
      const [row] = next.rows;
      if (row === undefined) throw new Refused("old-serial");
      const { changes } = yield sql(
        `INSERT INTO server_keys (list_id, key_file, fingerprint, certificate, open_until)
           SELECT id, server_key_file, server_fingerprint, server_certificate, CAST(? AS BIGINT) FROM lists
           WHERE id = ? AND server_fingerprint = ?`,
        until,
        listId,
        replaces,
      );
      if (changes === 0) throw new Refused("old-serial");
      const { file, certificate } = keyOf(row);
      yield sql(
        "UPDATE lists SET server_key_file = ?, server_fingerprint = ?, server_certificate = ? WHERE id = ?",
        file,
        fingerprint,
        certificate,
        listId,
      );
      yield* append(listId, order.change);
      return quietly;
    });
  }

  async putServerKeyBack(
    listId: number,
    { file, fingerprint, certificate }: OfferedServerKey,
  ): Promise<void> {
    await this.engine.run(function* () {
      yield sql("DELETE FROM server_keys WHERE list_id = ? AND fingerprint = ?", listId, fingerprint);
      yield sql(
        "UPDATE lists SET server_key_file = ?, server_fingerprint = ?, server_certificate = ? WHERE id = ?",
        file,
        fingerprint,
        certificate,
        listId,
      );
    });
  }

  async forgetServerKeys(listId: number, now: number): Promise<readonly OfferedServerKey[]> {
    const { rows } = await this.engine.ask(
      sql("DELETE FROM server_keys WHERE list_id = ? AND open_until < ? RETURNING *", listId, now),
    );
    return rows.map(keyOf);
  }
}
