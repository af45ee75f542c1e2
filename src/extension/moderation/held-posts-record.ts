import {
  type Checked,
  count,
  listOf,
  object,
  only,
  orNull,
  recordOf,
  text,
} from "../../membership/file/check.js";
import { keptRecord } from "../records/storage.js";
import { type Migrations, migrate } from "../records/stored.js";

/**
 * Posts that wait for a moderator, as the server last told. A record of its own, in no backup: it is true for a while. An
 * owner and a moderator have it alike.
 */

const heldPost = object<{
  /** Fingerprint of the key that signed it. */
  readonly author: string;
  /** That key's address on the roster; null if it is on none. */
  readonly address: string | null;
  readonly messageId: string;
  /** ISO 8601: when the server took it. */
  readonly date: string;
  /** Octets of the sealed mail. */
  readonly size: number;
}>({ author: text, address: orNull(text), messageId: text, date: text, size: count });
export type StoredHeldPost = Checked<typeof heldPost>;

const heldList = object<{ readonly at: string; readonly posts: readonly StoredHeldPost[] }>({
  at: text,
  posts: listOf(heldPost),
});
export type HeldPostsOfList = Checked<typeof heldList>;

/** Raise it with each change of {@link HeldRecord}, and add the step to {@link heldMigrations}. */
export const HELD_VERSION = 1;

/** By list address. */
export interface HeldRecord {
  readonly version: typeof HELD_VERSION;
  readonly lists: Readonly<Record<string, HeldPostsOfList>>;
}

const held = object<{ readonly [K in keyof HeldRecord]: HeldRecord[K] }>({
  version: only(HELD_VERSION),
  lists: recordOf(heldList),
});

/** Version 1 is the first: nothing to migrate yet. */
export const heldMigrations: Migrations = {};

/** @throws CheckError if it is damaged, or made by a newer version of the add-on */
export function readHeldRecord(value: unknown): HeldRecord {
  return value === undefined
    ? { version: HELD_VERSION, lists: {} }
    : held(migrate(value, HELD_VERSION, heldMigrations));
}

export const heldRecord = keptRecord("listseal-held", readHeldRecord);
