import { isAddress, parseMailbox } from "../../mail/mailbox.js";
import {
  type Check,
  CheckError,
  type Checked,
  count,
  flag,
  listOf,
  object,
  oneOf,
  only,
  orNull,
  recordOf,
  text,
} from "../../membership/file/check.js";
import type { Pin, Pins } from "../../membership/introduction/pins.js";
import { type MemberRole, memberRoles } from "../../membership/request/command-names.js";
import { type Profile, profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
import { type ErrorCode, errorCodes } from "../platform/errors.js";

/**
 * What is kept, in its newest version, and the way from older versions to it. Pure: no storage is touched here.
 *
 * Bytes are base64. Secrets at rest: a member key's secret half is locked with the person's passphrase if they chose
 * one (OpenPGP's own S2K). The list key is held by every member, former ones included, and protects nothing by itself:
 * without a member key no copy of the list opens, so it is kept as it came.
 */

/**
 * Someone whose word is believed about who belongs to the list: from the invitation or an owner's notice, never from a
 * mail. `from`, `to`: serials of the notices that made them an owner and ended it; 0 for the invitation's, null for today's.
 */
export const storedOwner = object<{
  readonly fingerprint: string;
  readonly certificate: string;
  readonly userId: string;
  readonly address: string;
  readonly from: number;
  readonly to: number | null;
}>({
  fingerprint: text,
  certificate: text,
  userId: text,
  address: text,
  from: count,
  to: orNull(count),
});
export type StoredOwner = Checked<typeof storedOwner>;

/** A list key that was replaced: it still opens old mail, and is never sealed with. */
const formerListKey = object<{
  /** null: the person has deleted it. That it was the list's stays known: no notice brings it back, and introductions may name it. */
  readonly listKey: string | null;
  readonly fingerprint: string;
  /** ISO 8601; a post that was signed later is marked. */
  readonly graceEnds: string;
}>({ listKey: orNull(text), fingerprint: text, graceEnds: text });
export type StoredFormerListKey = Checked<typeof formerListKey>;

/** A former list key that was not deleted. */
export interface KeptListKey extends StoredFormerListKey {
  readonly listKey: string;
}

/** The former list keys that open mail here, the newest last. */
export const keptKeysOf = ({ formerListKeys }: Pick<StoredList, "formerListKeys">): readonly KeptListKey[] =>
  formerListKeys.flatMap(({ listKey, ...key }) => (listKey === null ? [] : [{ ...key, listKey }]));

/** The former list keys that the person has deleted. */
export const deletedKeysOf = ({
  formerListKeys,
}: Pick<StoredList, "formerListKeys">): readonly StoredFormerListKey[] =>
  formerListKeys.filter(({ listKey }) => listKey === null);

/** Until when the last of these keys was the list's: ISO 8601; empty for none. */
export const lastEnd = (keys: readonly StoredFormerListKey[]): string =>
  keys
    .map(({ graceEnds }) => graceEnds)
    .toSorted()
    .at(-1) ?? "";

/** Highest serial that was taken of each kind of owners' notice; 0 for none. */
const serials = object<{
  readonly owners: number;
  readonly "new-list-key": number;
  readonly "new-server-key": number;
}>({ owners: count, "new-list-key": count, "new-server-key": count });

/** No notice was taken yet. */
export const noSerials = { owners: 0, "new-list-key": 0, "new-server-key": 0 } as const;

/** One list, as its invitation gave it. */
export interface StoredList {
  /** Canonical address; also the name of the record. */
  readonly address: string;
  readonly name: string;
  readonly requestAddress: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  /** The list key, as `writeListOpener` gives it: the secret half of a pair, or a secret in hex. */
  readonly listKey: string;
  readonly listKeyFingerprint: string;
  /** The newest last. */
  readonly formerListKeys: readonly StoredFormerListKey[];
  readonly serverCertificate: string;
  readonly serverFingerprint: string;
  /** Certificates of the server keys before this one, with other primary keys: old mail is verified with them. */
  readonly formerServers: readonly string[];
  readonly owners: readonly StoredOwner[];
  readonly serials: Checked<typeof serials>;
  /** The address that was invited: one posts and receives as this address. */
  readonly invitee: string;
  /** The introduction's certificate; null for an owner, and in records of version 1, which have only the secret. */
  readonly introduction: string | null;
  /** The introduction with its secret, until the join is confirmed. */
  readonly introductionSecret: string | null;
  /** The member key that the introduction has certified; null until then. */
  readonly certified: string | null;
  /** The member key that is used for this list. */
  readonly memberKey: string | null;
  /** ISO 8601. */
  readonly importedAt: string;
  /** Who has left reads old mail and posts nothing. Whether a join is still to be answered is in `joining`. */
  readonly membership: "member" | "left";
  /** What one may do in it, by the server's last word: a reader who may not post is told so before writing. */
  readonly role: MemberRole;
}

/** Lists in the order in which mail is tried with them: those first that its header names. */
export function likeliestFirst(
  named: readonly string[],
  lists: readonly StoredList[],
): readonly StoredList[] {
  return [
    ...lists.filter(({ address }) => named.includes(address)),
    ...lists.filter(({ address }) => !named.includes(address)),
  ];
}

const storedList = object<{ readonly [K in keyof StoredList]: StoredList[K] }>({
  address: text,
  name: text,
  requestAddress: text,
  mode: oneOf(...modes),
  delivery: oneOf(...deliveryModes),
  profile: oneOf(...profiles),
  listKey: text,
  listKeyFingerprint: text,
  formerListKeys: listOf(formerListKey),
  serverCertificate: text,
  serverFingerprint: text,
  formerServers: listOf(text),
  owners: listOf(storedOwner),
  serials,
  invitee: text,
  introduction: orNull(text),
  introductionSecret: orNull(text),
  certified: orNull(text),
  memberKey: orNull(text),
  importedAt: text,
  membership: oneOf("member", "left"),
  role: oneOf(...memberRoles),
});

/**
 * A join that was asked for: the list is in `lists` already, as its invitation gave it.
 * - `before`: what was known of the list until then; it is put back if the server refuses.
 * - `refused`: why the server did; null while its answer is waited for.
 */
export interface StoredJoining {
  readonly name: string;
  readonly before: StoredList | null;
  readonly refused: ErrorCode | null;
}

const storedJoining = object<{ readonly [K in keyof StoredJoining]: StoredJoining[K] }>({
  name: text,
  before: orNull(storedList),
  refused: orNull(oneOf(...errorCodes)),
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
  /** ISO 8601; null if it does not run out, as keys of version 1. */
  readonly expiresAt: string | null;
  /** ISO 8601; null unless its holder has revoked it: then it opens old mail, and is good for nothing else. */
  readonly revokedAt: string | null;
}

const storedMemberKey = object<{ readonly [K in keyof StoredMemberKey]: StoredMemberKey[K] }>({
  fingerprint: text,
  address: text,
  userId: text,
  certificate: text,
  secret: text,
  locked: flag,
  createdAt: text,
  expiresAt: orNull(text),
  revokedAt: orNull(text),
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
  if (!("pins" in value && "introductions" in value && "seen" in value && "revoked" in value)) return false;
  const texts = [value.introductions, value.seen].every((record) => {
    const entries = typeof record === "object" && record !== null ? Object.values(record) : [null];
    return entries.every((one) => typeof one === "string" && hex.test(one));
  });
  const revoked: readonly (readonly [string, unknown])[] =
    typeof value.revoked === "object" && value.revoked !== null
      ? Object.entries(value.revoked)
      : [["", null]];
  if (!revoked.every(([key, since]) => hex.test(key) && typeof since === "string")) return false;
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
  /** By list address. */
  readonly joining: Readonly<Record<string, StoredJoining>>;
  /** ISO 8601: when the last backup was made of what is here; null if none was, or something new came since. */
  readonly backedUpAt: string | null;
  /** Draft identities on this computer: their id, then the id of the identity that they stand for. */
  readonly draftIdentities: Readonly<Record<string, string>>;
}

/** The record was written by a newer version of the add-on. */
export class NewerVersionError extends CheckError {}

/** Raise it with each change of {@link Stored}, and add the step to {@link migrations}. */
export const STORED_VERSION = 5;

const stored = object<{ readonly [K in keyof Stored]: Stored[K] }>({
  version: only(STORED_VERSION),
  lists: recordOf(storedList),
  memberKeys: recordOf(storedMemberKey),
  pins: recordOf(pins),
  joining: recordOf(storedJoining),
  backedUpAt: orNull(text),
  draftIdentities: recordOf(text),
});

export const emptyStored: Stored = {
  version: STORED_VERSION,
  lists: {},
  memberKeys: {},
  pins: {},
  joining: {},
  backedUpAt: null,
  draftIdentities: {},
};

export type UncheckedRecord = Readonly<Record<string, unknown>>;

/** `steps[n]` makes version n + 1 of version n. A step is never changed after its release. */
export type Migrations = Readonly<Record<number, (raw: UncheckedRecord) => UncheckedRecord>>;

/**
 * Who had a list in version 1 was on it already: joining by the add-on came with version 2. Roles and revoked keys came with
 * version 3; whoever has another role than a member's hears it from the server. Version 4 has lists whose key is a secret, version 5
 * former list keys that were deleted: what was kept before stays as it is, and an add-on that knows neither refuses the record, and
 * says why.
 */
export const migrations: Migrations = {
  1: (raw) => ({
    ...raw,
    lists: eachOf(raw["lists"], listOfVersion1),
    memberKeys: eachOf(raw["memberKeys"], (key) => ({ ...key, expiresAt: null })),
    joining: {},
    backedUpAt: null,
  }),
  2: (raw) => ({
    ...raw,
    lists: eachOf(raw["lists"], withRole),
    memberKeys: eachOf(raw["memberKeys"], (key) => ({ ...key, revokedAt: null })),
    pins: eachOf(raw["pins"], (each) => ({ ...each, revoked: {} })),
    joining: eachOf(raw["joining"], (joining) => ({
      ...joining,
      before: isRaw(joining["before"]) ? withRole(joining["before"]) : joining["before"],
    })),
  }),
  3: (raw) => raw,
  4: (raw) => raw,
};

function withRole(list: UncheckedRecord): UncheckedRecord {
  return { ...list, role: "member" };
}

/** `value` with each record in it changed; what is no record of records stays, for the check to refuse. */
export function eachOf(value: unknown, change: (raw: UncheckedRecord) => UncheckedRecord): unknown {
  if (!isRaw(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, isRaw(each) ? change(each) : each]),
  );
}

function listOfVersion1(list: UncheckedRecord): UncheckedRecord {
  const owners = Array.isArray(list["owners"]) ? list["owners"] : [];
  return {
    ...list,
    introduction: null,
    introductionSecret: list["introduction"],
    formerListKeys: [],
    formerServers: [],
    serials: noSerials,
    membership: "member",
    owners: owners.map((owner: unknown) =>
      isRaw(owner) ? { ...owner, address: addressIn(owner["userId"]), from: 0, to: null } : owner,
    ),
  };
}

/** The address that a User ID names; empty if it names none. */
export function addressIn(userId: unknown): string {
  try {
    return parseMailbox(typeof userId === "string" ? userId : "").address;
  } catch {
    return "";
  }
}

export function isRaw(value: unknown): value is UncheckedRecord {
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
  if (typeof from === "number" && from > to) throw new NewerVersionError("a known version");
  const step = typeof from === "number" ? steps[from] : undefined;
  if (typeof from !== "number" || step === undefined) throw new CheckError("a known version");
  return migrate({ ...step(value), version: from + 1 }, to, steps);
}
