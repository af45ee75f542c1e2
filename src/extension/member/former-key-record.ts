import { type Checked, listOf, object, oneOf, only, orNull, text } from "../../membership/file/check.js";
import { keptRecord } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";

/**
 * Posts of one's own that the server did not pass on, since the list key was replaced. A record of its own, in no backup: they
 * lie in the folders of this computer.
 */

const formerKeyPost = object<{
  readonly list: string;
  readonly messageId: string;
  readonly sentAs: string | null;
  readonly wanted: string;
  readonly toldAt: string;
  readonly askedAt: string | null;
  readonly state: "waiting" | "sending" | "sent" | "outbox";
}>({
  list: text,
  messageId: text,
  sentAs: orNull(text),
  wanted: text,
  toldAt: text,
  askedAt: orNull(text),
  state: oneOf("waiting", "sending", "sent", "outbox"),
});

/**
 * One of them.
 * - `messageId`: the signed one; `sentAs`: that of the mail, by which it is found.
 * - `wanted`: fingerprint of the list key that it has to be sealed under, by the server's word.
 * - `toldAt`, `askedAt`: when the server told of it, and when the list key was asked for, if it was; ISO 8601.
 * - `state`: `sending` is noted before it is sent: if that ends in between, it is not known whether it was.
 */
export type StoredFormerKeyPost = Checked<typeof formerKeyPost>;

/** Those that are remembered; the oldest are forgotten first. Attack: a server that tells of posts without end. */
export const FORMER_KEY_POST_LIMIT = 100;

/** Raise it with each change of {@link FormerKeyRecord}, and add the step to {@link formerKeyMigrations}. */
export const FORMER_KEY_VERSION = 1;

/** The oldest first. */
export interface FormerKeyRecord {
  readonly version: typeof FORMER_KEY_VERSION;
  readonly posts: readonly StoredFormerKeyPost[];
}

const record = object<{ readonly [K in keyof FormerKeyRecord]: FormerKeyRecord[K] }>({
  version: only(FORMER_KEY_VERSION),
  posts: listOf(formerKeyPost),
});

/** Version 1 is the first: nothing to migrate yet. */
export const formerKeyMigrations: Migrations = {};

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readFormerKeyRecord(value: unknown): FormerKeyRecord {
  return value === undefined
    ? { version: FORMER_KEY_VERSION, posts: [] }
    : record(migrate(value, FORMER_KEY_VERSION, formerKeyMigrations));
}

export const formerKeyRecord = keptRecord("listseal-former-key-posts", readFormerKeyRecord);
