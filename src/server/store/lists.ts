/** The lists of a server, their list keys, and what else is true of a list as a whole. */

import { listKeyKindOf } from "../../openpgp/list-keys.js";
import { type Profile, profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
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
  type Statement,
  sql,
  textColumn,
  word,
} from "./database.js";
import { defaultListSettings, type ListSettings, readListSettings } from "./list-settings.js";
import { appendToRecord, type RecordHead, type RosterChange, recordHeadIn } from "./roster-record.js";

/**
 * Who may post.
 * - `members`: members, and what they post goes out at once.
 * - `moderated`: anybody; a post waits for a moderator, unless it is by one.
 * - `open`: anybody, and what they post goes out at once; readers are told that it is by no member.
 */
export const postPolicies = ["members", "moderated", "open"] as const;
export type PostPolicy = (typeof postPolicies)[number];

/** A list as the operator set it up. Certificates are binary OpenPGP. */
export interface NewList {
  readonly address: string;
  readonly name: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  /** Name of the file in the key folder that holds the list's own server key. */
  readonly serverKeyFile: string;
  readonly serverFingerprint: string;
  readonly serverCertificate: Uint8Array;
}

/** A list as it is now. Without `listKey` it takes no posts yet. */
export interface List extends NewList {
  readonly id: number;
  readonly policy: PostPolicy;
  /** As `writeListName` gives it: the certificate of a pair, or the id of a secret, which nobody here has. */
  readonly listKey?: Uint8Array;
  readonly listKeyFingerprint?: string;
}

/** What is noted of a list outside the database, too (rollback-guard.ts). */
export interface ListState {
  readonly listId: number;
  readonly address: string;
  /** Of its record. */
  readonly head: RecordHead;
  /** Fingerprints, by the owners' addresses. */
  readonly owners: readonly string[];
  /** How many posts it has ever taken. */
  readonly posts: number;
  readonly serverKey: { readonly fingerprint: string; readonly file: string };
  /** The date of an owner's word that let it go on after a restore, the last one; see {@link ListStore.refusedBefore}. */
  readonly resumed?: number;
}

/** A list key and the digests of what makes it that key (list-key-material.ts). */
export interface NewListKeyRow {
  /** As `writeListName` gives it. */
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
  readonly material: readonly string[];
}

/** A list key that an owner has replaced. */
export interface FormerListKey {
  readonly fingerprint: string;
  readonly certificate: Uint8Array;
  readonly graceEnds: number;
}

/** Thrown when a command asks for what can't be; `message` is a sentence for the operator. */
export class Conflict extends Error {
  override readonly name = "Conflict";
}

/** A secret, which members alone have, for a list that lets others post; or such a policy for a list with a secret. */
export class SecretConflict extends Conflict {
  constructor() {
    super(
      "only members can post to a list whose key is a secret: nobody else has it; set the policy to members, or found the list with a key pair",
    );
  }
}

export interface ListStore {
  /**
   * Adds a list and the first entries of its record.
   *
   * @param settings the default ones if absent
   * @throws Conflict as {@link setListKey}, or if the address is taken
   */
  createList(
    list: NewList,
    key: NewListKeyRow | undefined,
    changes: readonly RosterChange[],
    now: number,
    settings?: ListSettings,
  ): Promise<List>;
  /** Every list, by address. */
  lists(): Promise<readonly List[]>;
  listByAddress(address: string): Promise<List | undefined>;
  listById(id: number): Promise<List | undefined>;
  /** @throws Conflict if any list has ever used some of the key's material, or the list has a key; SecretConflict */
  setListKey(listId: number, key: NewListKeyRow, change: RosterChange): Promise<void>;
  /**
   * Puts a list key in the place of the one that a list has by an old backup. No post under that is taken from `now` on.
   * @throws Conflict if any list has ever used some of the key's material; SecretConflict
   */
  restoreListKey(listId: number, key: NewListKeyRow, change: RosterChange, now: number): Promise<void>;
  /** Newest first. */
  formerListKeys(listId: number): Promise<readonly FormerListKey[]>;
  /** @throws SecretConflict */
  setPostPolicy(listId: number, policy: PostPolicy, change: RosterChange): Promise<void>;
  listSettings(listId: number): Promise<ListSettings>;
  setListSettings(listId: number, settings: ListSettings): Promise<void>;
  /** The certificate of a list's server key has other subkeys; its primary key is the same. */
  setServerCertificate(listId: number, certificate: Uint8Array): Promise<void>;
  /** Signatures before this are refused on a list that was restored from a backup; `undefined` if it never was. */
  refusedBefore(listId: number): Promise<number | undefined>;
  /** See {@link refusedBefore}. It only grows. */
  refuseBefore(listId: number, date: number): Promise<void>;
  /** The state of every list, or of the one of that number, by address. One query, whatever there is of lists and members. */
  listStates(listId?: number): Promise<readonly ListState[]>;
}

/** Takes the place of what was set before. */
export const putListSettings = (listId: number, settings: ListSettings): Statement =>
  sql`INSERT INTO list_settings (list_id, settings) VALUES (${listId}, ${JSON.stringify(settings)})
      ON CONFLICT (list_id) DO UPDATE SET settings = excluded.settings`;

/** The lists in `database`. */
export function listsIn(database: Database): ListStore {
  return {
    createList: (list, key, changes, now, settings) =>
      database.transaction(function* () {
        const made = yield* firstRow(
          sql`INSERT INTO lists (address, name, mode, delivery, profile, server_key_file, server_fingerprint,
                server_certificate, created)
              VALUES (${list.address}, ${list.name}, ${list.mode}, ${list.delivery}, ${list.profile},
                ${list.serverKeyFile}, ${list.serverFingerprint}, ${list.serverCertificate}, ${now})
              ON CONFLICT DO NOTHING RETURNING id`,
        );
        if (made === undefined) throw new Conflict("that list already exists");
        const id = number(made, "id");
        if (key !== undefined) yield* takeListKey(id, key);
        if (settings !== undefined) yield putListSettings(id, settings);
        for (const change of changes) yield* appendToRecord(id, change);
        const written = yield* firstRow(sql`SELECT * FROM lists WHERE id = ${id}`);
        if (written === undefined) throw new Error("a list that was made is not there");
        return listOf(written);
      }),

    lists: () => findRows(database, listOf, sql`SELECT * FROM lists ORDER BY address`),

    listByAddress: (address) =>
      findRow(database, listOf, sql`SELECT * FROM lists WHERE address = ${address}`),

    listById: (id) => findRow(database, listOf, sql`SELECT * FROM lists WHERE id = ${id}`),

    setListKey: (listId, key, change) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        yield* takeListKey(listId, key);
        yield* appendToRecord(listId, change);
      }),

    restoreListKey: (listId, key, change, now) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        const last = yield* firstRow(
          sql`SELECT COALESCE(MAX(serial), 0) AS serial FROM former_list_keys WHERE list_id = ${listId}`,
        );
        // the owner's next list key has a serial above that of the one that the backup lacks
        const serial = last === undefined ? 1 : number(last, "serial") + 1;
        yield* exchangeListKey(listId, key, { serial, graceEnds: now });
        yield* appendToRecord(listId, change);
      }),

    formerListKeys: (listId) =>
      findRows(
        database,
        (row) => ({
          fingerprint: textColumn(row, "fingerprint"),
          certificate: bytes(row, "certificate"),
          graceEnds: number(row, "grace_ends"),
        }),
        sql`SELECT fingerprint, certificate, grace_ends FROM former_list_keys
            WHERE list_id = ${listId} ORDER BY serial DESC`,
      ),

    setPostPolicy: (listId, policy, change) =>
      database.transaction(function* () {
        yield* lockList(database, listId);
        const list = yield* firstRow(sql`SELECT list_key_fingerprint FROM lists WHERE id = ${listId}`);
        const isSecret =
          list !== undefined &&
          isSet(list, "list_key_fingerprint") &&
          listKeyKindOf(textColumn(list, "list_key_fingerprint")) === "secret";
        if (isSecret && policy !== "members") throw new SecretConflict();
        yield sql`UPDATE lists SET policy = ${policy} WHERE id = ${listId}`;
        yield* appendToRecord(listId, change);
      }),

    async listSettings(listId) {
      const settings = await findRow(
        database,
        (row) => readListSettings(textColumn(row, "settings")),
        sql`SELECT settings FROM list_settings WHERE list_id = ${listId}`,
      );
      return settings ?? defaultListSettings;
    },

    async setListSettings(listId, settings) {
      await database.query(putListSettings(listId, settings));
    },

    async setServerCertificate(listId, certificate) {
      await database.query(sql`UPDATE lists SET server_certificate = ${certificate} WHERE id = ${listId}`);
    },

    refusedBefore: (listId) =>
      findRow(
        database,
        (row) => number(row, "not_before"),
        sql`SELECT not_before FROM resumed WHERE list_id = ${listId}`,
      ),

    async refuseBefore(listId, date) {
      await database.query(
        sql`INSERT INTO resumed (list_id, not_before) VALUES (${listId}, ${date})
            ON CONFLICT (list_id) DO UPDATE SET not_before = excluded.not_before
              WHERE resumed.not_before < excluded.not_before`,
      );
    },

    async listStates(listId) {
      const { rows } = await database.query(
        sql`SELECT lists.id AS list_id, lists.address AS address, server_fingerprint, server_key_file,
              record.number AS number, record.hash AS hash, COALESCE(post_counts.posts, 0) AS posts,
              resumed.not_before AS resumed, members.fingerprint AS owner
            FROM lists
            JOIN record ON record.list_id = lists.id
              AND record.number = (SELECT max(newest.number) FROM record newest WHERE newest.list_id = lists.id)
            LEFT JOIN post_counts ON post_counts.list_id = lists.id
            LEFT JOIN resumed ON resumed.list_id = lists.id
            LEFT JOIN members ON members.list_id = lists.id AND members.role = 'owner'
            ${listId === undefined ? sql`` : sql`WHERE lists.id = ${listId}`} ORDER BY lists.address, members.address`,
      );
      const states = new Map<number, ListState & { readonly owners: string[] }>();
      for (const row of rows) {
        const id = number(row, "list_id");
        const state = states.get(id) ?? { ...stateOf(row), owners: [] };
        states.set(id, state);
        if (isSet(row, "owner")) state.owners.push(textColumn(row, "owner"));
      }
      return [...states.values()];
    },
  };
}

/**
 * Begins what changes a list, its roster or its queue as a whole: nobody else does so until the transaction ends. The
 * record stays a chain, and a post's copies are for exactly the members that the record names.
 */
export function* lockList({ dialect }: Pick<Database, "dialect">, listId: number): Script<void> {
  yield sql`SELECT id FROM lists WHERE id = ${listId} ${dialect.lockRows}`;
}

/** Gives a list its list key. @throws Conflict */
export function* takeListKey(listId: number, key: NewListKeyRow): Script<void> {
  const { changes } =
    yield sql`UPDATE lists SET list_key = ${key.certificate}, list_key_fingerprint = ${key.fingerprint}
      WHERE id = ${listId} AND list_key IS NULL`;
  if (changes === 0) throw new Conflict("the list already has a list key");
  if (listKeyKindOf(key.fingerprint) === "secret") yield* assertMembersOnly(listId, key.fingerprint);
  for (const digest of key.material) {
    const added =
      yield sql`INSERT INTO list_key_material (digest, list_id) VALUES (${digest}, ${listId}) ON CONFLICT DO NOTHING`;
    if (added.changes === 0) throw new Conflict("this list key has been used before: make a new one");
  }
}

/**
 * Puts a list key in the place of the one that the list has, if it has one, which is a former one from then on.
 * @throws Conflict, SecretConflict as {@link takeListKey}
 */
export function* exchangeListKey(
  listId: number,
  key: NewListKeyRow,
  { serial, graceEnds }: { readonly serial: number; readonly graceEnds: number },
): Script<void> {
  yield sql`INSERT INTO former_list_keys (list_id, serial, fingerprint, certificate, grace_ends)
      SELECT id, CAST(${serial} AS BIGINT), list_key_fingerprint, list_key, CAST(${graceEnds} AS BIGINT) FROM lists
      WHERE id = ${listId} AND list_key IS NOT NULL`;
  // no key before outlives this one: whoever holds it may be whom the list is re-keyed for
  yield sql`UPDATE former_list_keys SET grace_ends = ${graceEnds}
      WHERE list_id = ${listId} AND grace_ends > ${graceEnds}`;
  yield sql`UPDATE lists SET list_key = NULL WHERE id = ${listId}`;
  yield* takeListKey(listId, key);
}

/**
 * Nobody but members may have to seal for a list with a secret, and nobody here may know the secret.
 * @throws SecretConflict; Conflict for a secret that the server shares with a member, and so could open posts with
 */
function* assertMembersOnly(listId: number, id: string): Script<void> {
  const open = yield* firstRow(sql`SELECT id FROM lists WHERE id = ${listId} AND policy <> 'members'`);
  if (open !== undefined) throw new SecretConflict();
  const known = yield* firstRow(
    sql`SELECT id FROM members WHERE copies_secret = ${id} OR posts_secret = ${id}`,
  );
  if (known !== undefined) throw new Conflict("this secret is shared with the server: make a new one");
}

function listOf(row: Row): List {
  return {
    id: number(row, "id"),
    address: textColumn(row, "address"),
    name: textColumn(row, "name"),
    mode: word(row, "mode", modes),
    delivery: word(row, "delivery", deliveryModes),
    profile: word(row, "profile", profiles),
    policy: word(row, "policy", postPolicies),
    serverKeyFile: textColumn(row, "server_key_file"),
    serverFingerprint: textColumn(row, "server_fingerprint"),
    serverCertificate: bytes(row, "server_certificate"),
    ...(isSet(row, "list_key") ? { listKey: bytes(row, "list_key") } : {}),
    ...(isSet(row, "list_key_fingerprint")
      ? { listKeyFingerprint: textColumn(row, "list_key_fingerprint") }
      : {}),
  };
}

const stateOf = (row: Row): Omit<ListState, "owners"> => ({
  listId: number(row, "list_id"),
  address: textColumn(row, "address"),
  head: recordHeadIn(row),
  posts: number(row, "posts"),
  serverKey: { fingerprint: textColumn(row, "server_fingerprint"), file: textColumn(row, "server_key_file") },
  ...(isSet(row, "resumed") ? { resumed: number(row, "resumed") } : {}),
});
