import { isAddress } from "../mail/mailbox.js";
import type { Pin, Pins } from "../membership/pins.js";
import {
  type Check,
  CheckError,
  type Checked,
  flag,
  listOf,
  object,
  oneOf,
  orNull,
  recordOf,
  text,
} from "./check.js";

/**
 * What is kept, in its newest version, and the way from older versions to it. Pure: no storage is touched here.
 *
 * Bytes are base64. Secrets at rest: a member key's secret half is locked with the person's passphrase if they chose
 * one (OpenPGP's own S2K). The list key is held by every member, former ones included, and protects nothing by itself:
 * without a member key no copy of the list opens, so it is kept as it came.
 */

/** Someone whose word is believed about who belongs to the list: from the invitation, never from a mail. */
const storedOwner = object<{
  readonly fingerprint: string;
  readonly certificate: string;
  readonly userId: string;
}>({
  fingerprint: text,
  certificate: text,
  userId: text,
});
export type StoredOwner = Checked<typeof storedOwner>;

/** One list, as its invitation gave it. */
export interface StoredList {
  /** Canonical address; also the name of the record. */
  readonly address: string;
  readonly name: string;
  readonly requestAddress: string;
  readonly mode: "whole" | "key";
  readonly delivery: "resealed" | "opened";
  readonly profile: "compatible" | "rfc9580";
  /** The list key, secret half. */
  readonly listKey: string;
  readonly listKeyFingerprint: string;
  readonly serverCertificate: string;
  readonly serverFingerprint: string;
  readonly owners: readonly StoredOwner[];
  /** The address that was invited: one posts and receives as this address. */
  readonly invitee: string;
  /** The introduction, secret half included until the join is confirmed; null for an owner, whom nobody introduced. */
  readonly introduction: string | null;
  /** The member key that the introduction has certified; null until then. */
  readonly certified: string | null;
  /** The member key that is used for this list. */
  readonly memberKey: string | null;
  /** ISO 8601. */
  readonly importedAt: string;
}

const storedList = object<{ readonly [K in keyof StoredList]: StoredList[K] }>({
  address: text,
  name: text,
  requestAddress: text,
  mode: oneOf("whole", "key"),
  delivery: oneOf("resealed", "opened"),
  profile: oneOf("compatible", "rfc9580"),
  listKey: text,
  listKeyFingerprint: text,
  serverCertificate: text,
  serverFingerprint: text,
  owners: listOf(storedOwner),
  invitee: text,
  introduction: orNull(text),
  certified: orNull(text),
  memberKey: orNull(text),
  importedAt: text,
});

/** A member key. Several lists may use one; it belongs to one address. */
export interface StoredMemberKey {
  readonly fingerprint: string;
  readonly address: string;
  readonly userId: string;
  /** The public half with every certification that it has got since; newer than what `secret` holds of it. */
  readonly certificate: string;
  readonly secret: string;
  /** Whether `secret` is locked with a passphrase. */
  readonly locked: boolean;
  readonly createdAt: string;
}

const storedMemberKey = object<{ readonly [K in keyof StoredMemberKey]: StoredMemberKey[K] }>({
  fingerprint: text,
  address: text,
  userId: text,
  certificate: text,
  secret: text,
  locked: flag,
  createdAt: text,
});

const hex = /^[0-9a-f]{40,64}$/;

function isPin(value: unknown): value is Pin {
  if (typeof value !== "object" || value === null || !("key" in value) || !("how" in value)) return false;
  const ways: readonly unknown[] = ["owner", "introduced", "confirmed"];
  const former = "former" in value ? value.former : [];
  return (
    typeof value.key === "string" &&
    hex.test(value.key) &&
    ways.includes(value.how) &&
    (!("introducedAt" in value) || typeof value.introducedAt === "string") &&
    Array.isArray(former) &&
    former.every((one) => typeof one === "string")
  );
}

function isPins(value: unknown): value is Pins {
  if (typeof value !== "object" || value === null) return false;
  if (!("pins" in value && "introductions" in value && "seen" in value)) return false;
  const texts = [value.introductions, value.seen].every((record) => {
    const entries = typeof record === "object" && record !== null ? Object.values(record) : [null];
    return entries.every((one) => typeof one === "string" && hex.test(one));
  });
  const pins =
    typeof value.pins === "object" && value.pins !== null ? Object.entries(value.pins) : [["", null]];
  return (
    texts && pins.every(([address, one]) => typeof address === "string" && isAddress(address) && isPin(one))
  );
}

/** What is remembered of one list's authors: `membership` makes and reads it, here it is only kept. */
const pins: Check<Pins> = (value) => {
  if (!isPins(value)) throw new CheckError("remembered keys");
  return value;
};

/** Everything that is kept. */
export interface Stored {
  readonly version: typeof STORED_VERSION;
  readonly lists: Readonly<Record<string, StoredList>>;
  readonly memberKeys: Readonly<Record<string, StoredMemberKey>>;
  /** By list address. */
  readonly pins: Readonly<Record<string, Pins>>;
  /** Draft identities on this computer: their id, then the id of the identity that they stand for. */
  readonly draftIdentities: Readonly<Record<string, string>>;
}

/** Raise it with each change of {@link Stored}, and add the step to {@link migrations}. */
export const STORED_VERSION = 1;

const version: Check<typeof STORED_VERSION> = (value) => {
  if (value !== STORED_VERSION) throw new CheckError("the newest version");
  return STORED_VERSION;
};

const stored = object<{ readonly [K in keyof Stored]: Stored[K] }>({
  version,
  lists: recordOf(storedList),
  memberKeys: recordOf(storedMemberKey),
  pins: recordOf(pins),
  draftIdentities: recordOf(text),
});

export const emptyStored: Stored = {
  version: STORED_VERSION,
  lists: {},
  memberKeys: {},
  pins: {},
  draftIdentities: {},
};

type Raw = Readonly<Record<string, unknown>>;

/** `steps[n]` makes version n + 1 of version n. A step is never changed after its release. */
export type Migrations = Readonly<Record<number, (raw: Raw) => Raw>>;

/** Version 1 is the first: nothing to migrate yet. */
export const migrations: Migrations = {};

function isRaw(value: unknown): value is Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Reads what storage gave, of any version that was ever released.
 * @param value undefined for a fresh start
 * @throws CheckError if it is damaged, or made by a newer version of the add-on: it is left untouched then
 */
export function readStored(value: unknown): Stored {
  return value === undefined ? emptyStored : stored(migrate(value, STORED_VERSION, migrations));
}

/** Takes a record from the version that it names to version `to`, one step after the other. */
export function migrate(value: unknown, to: number, steps: Migrations): unknown {
  if (!isRaw(value)) throw new CheckError("a stored record");
  const from = value["version"];
  if (from === to) return value;
  const step = typeof from === "number" ? steps[from] : undefined;
  if (typeof from !== "number" || step === undefined) throw new CheckError("a known version");
  return migrate({ ...step(value), version: from + 1 }, to, steps);
}
