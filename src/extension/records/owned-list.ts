import {
  type Check,
  type Checked,
  count,
  listOf,
  object,
  oneOf,
  only,
  orNull,
  recordOf,
  text,
} from "../../membership/file/check.js";
import {
  type CommandName,
  commandNames,
  type MemberRole,
  memberRoles,
} from "../../membership/request/command-names.js";
import type { NewsKind } from "../../membership/request/commands.js";
import { noHistory } from "../../membership/roster/state.js";
import { type Profile, profiles } from "../../openpgp/profiles.js";
import { type DeliveryMode, deliveryModes, type Mode, modes } from "../../protocol/message.js";
import { type ErrorCode, errorCodes } from "../platform/errors.js";
import { history } from "./history-check.js";
import { eachOf, isRaw, type Migrations, migrate, type StoredOwner, storedOwner } from "./stored.js";
import { addressee, epoch, noEpoch, type StoredEpoch } from "./stored-epoch.js";

/**
 * The lists that are owned here, in the newest version of their record, and the way from older versions to it. Pure.
 *
 * Bytes are base64. The list key is kept as every member keeps it; commands and introductions are made with the owner's
 * member key, which has its own passphrase.
 */

/**
 * How one came to own the list. Claimed with its card: `waiting` (`request`: the id of the request that claims it),
 * `refused`, `confirmed`. Or `appointed` by an owner, later. `ended`: one is no owner any more.
 */
export type Claim =
  | { readonly kind: "waiting"; readonly request: string }
  | { readonly kind: "refused"; readonly code: ErrorCode }
  | { readonly kind: "confirmed" | "appointed" | "ended"; readonly at: string };

const waitingClaim = object<Extract<Claim, { kind: "waiting" }>>({ kind: oneOf("waiting"), request: text });
const refusedClaim = object<Extract<Claim, { kind: "refused" }>>({
  kind: oneOf("refused"),
  code: oneOf(...errorCodes),
});
const datedClaim = object<Extract<Claim, { at: string }>>({
  kind: oneOf("confirmed", "appointed", "ended"),
  at: text,
});

const claim: Check<Claim> = (value) => {
  const kind = typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
  if (kind === "waiting") return waitingClaim(value);
  return kind === "refused" ? refusedClaim(value) : datedClaim(value);
};

/** An invitation that was made here. Its code and its file are kept elsewhere, and only until Thunderbird ends. */
const invitation = object<{
  /** Fingerprint of its introduction; also its name here. */
  readonly introduction: string;
  readonly address: string;
  /** As the owner wrote it, for the owner alone; null if they gave none. */
  readonly name: string | null;
  readonly fileName: string;
  readonly madeAt: string;
  /** When its mail was last written; null if it was not yet. */
  readonly mailedAt: string | null;
  readonly joinBy: string;
  readonly withdrawnAt: string | null;
}>({
  introduction: text,
  address: text,
  name: orNull(text),
  fileName: text,
  madeAt: text,
  mailedAt: orNull(text),
  joinBy: text,
  withdrawnAt: orNull(text),
});
export type StoredInvitation = Checked<typeof invitation>;

/** A member as the server's last answer had them. */
const member = object<{
  readonly address: string;
  readonly name: string;
  readonly fingerprint: string;
  readonly role: MemberRole;
  readonly since: string;
  readonly delivery: "on" | "paused";
  readonly keyExpires: string | null;
  readonly bounces: number;
}>({
  address: text,
  name: text,
  fingerprint: text,
  role: oneOf(...memberRoles),
  since: text,
  delivery: oneOf("on", "paused"),
  keyExpires: orNull(text),
  bounces: count,
});
export type StoredMember = Checked<typeof member>;

/** Something that the server refused; kept until the owner has read it. `code`: of an error. */
const refusal = object<{
  readonly what: CommandName;
  /** The address that it was about. */
  readonly about: string | null;
  readonly code: ErrorCode;
  readonly at: string;
}>({ what: oneOf(...commandNames), about: orNull(text), code: oneOf(...errorCodes), at: text });
export type StoredRefusal = Checked<typeof refusal>;

/** A new list key that the server was asked to take, before the members are told. */
const rekeying = object<{
  readonly serial: number;
  readonly listKey: string;
  readonly fingerprint: string;
  readonly graceEnds: string;
  /** `asked`: the server has not agreed yet. `agreed`: it takes posts under the key; the members have to be told. */
  readonly stage: "asked" | "agreed";
}>({ serial: count, listKey: text, fingerprint: text, graceEnds: text, stage: oneOf("asked", "agreed") });
export type ListKeyChange = Checked<typeof rekeying>;

/** Another server key that the operator has made. */
const serverMove = object<{
  /** In base64. */
  readonly certificate: string;
  readonly fingerprint: string;
  readonly at: string;
  /** `asked`: the owner has compared it. `agreed`: the server uses it; the members have to be told. */
  readonly stage: "offered" | "asked" | "agreed";
}>({ certificate: text, fingerprint: text, at: text, stage: oneOf("offered", "asked", "agreed") });
export type ServerKeyChange = Checked<typeof serverMove>;

/** A notice to the members, and who has confirmed it. */
const notice = object<{
  readonly news: NewsKind;
  readonly serial: number;
  readonly at: string;
  /** Of a new list key: until when posts under the one before are taken. */
  readonly graceEnds: string | null;
  readonly to: readonly Checked<typeof addressee>[];
}>({
  news: oneOf("owners", "new-list-key", "new-server-key"),
  serial: count,
  at: text,
  graceEnds: orNull(text),
  to: listOf(addressee),
});
export type StoredNotice = Checked<typeof notice>;

/** What is told, whole: the owner's record of it may change while the members are being told. */
export type NoticeContent =
  | { readonly news: "owners"; readonly owners: readonly StoredOwner[] }
  | {
      readonly news: "new-list-key";
      readonly listKey: string;
      readonly fingerprint: string;
      readonly graceEnds: string;
    }
  /** `certificate` in base64. */
  | { readonly news: "new-server-key"; readonly certificate: string; readonly fingerprint: string };

const newOwners = object<Extract<NoticeContent, { news: "owners" }>>({
  news: oneOf("owners"),
  owners: listOf(storedOwner),
});
const newListKey = object<Extract<NoticeContent, { news: "new-list-key" }>>({
  news: oneOf("new-list-key"),
  listKey: text,
  fingerprint: text,
  graceEnds: text,
});
const newServerKey = object<Extract<NoticeContent, { news: "new-server-key" }>>({
  news: oneOf("new-server-key"),
  certificate: text,
  fingerprint: text,
});

const tidings: Check<NoticeContent> = (value) => {
  const news = typeof value === "object" && value !== null && "news" in value ? value.news : undefined;
  if (news === "owners") return newOwners(value);
  return news === "new-list-key" ? newListKey(value) : newServerKey(value);
};

/** A notice on its way to the members, in batches. Nothing changes over here before the server has taken the last one. */
const telling = object<{
  readonly serial: number;
  readonly at: string;
  readonly tidings: NoticeContent;
  /** Whose copies the server has taken. */
  readonly told: StoredNotice["to"];
  /** Fingerprints of those whom alone it is for; null if it is for all members. */
  readonly only: readonly string[] | null;
  /** The batch that the server was asked to take. */
  readonly asked: { readonly request: string; readonly to: StoredNotice["to"] } | null;
}>({
  serial: count,
  at: text,
  tidings,
  told: listOf(addressee),
  only: orNull(listOf(text)),
  asked: orNull(object({ request: text, to: listOf(addressee) })),
});
export type NoticeRun = Checked<typeof telling>;

/** A word that the owner must not miss: the record is not what it was, or somebody used an invitation twice. */
const alarm = object<{ readonly code: ErrorCode; readonly about: string | null; readonly at: string }>({
  code: oneOf(...errorCodes),
  about: orNull(text),
  at: text,
});
export type Alarm = Checked<typeof alarm>;

/** A head of the record that the server's signatures named, and when first and last. */
const head = object<{
  readonly number: number;
  readonly hash: string;
  readonly first: string;
  readonly last: string;
}>({ number: count, hash: text, first: text, last: text });

/** A command that has to come into the record. */
const awaitedCommand = object<{ readonly signer: string; readonly id: string; readonly sent: string }>({
  signer: text,
  id: text,
  sent: text,
});

/** One owned list. */
export interface OwnedList {
  readonly address: string;
  readonly name: string;
  readonly requestAddress: string;
  readonly mode: Mode;
  readonly delivery: DeliveryMode;
  readonly profile: Profile;
  /** The address that the owner takes part with, and their member key. */
  readonly ownerAddress: string;
  readonly ownerKey: string;
  /** The list key, both halves. */
  readonly listKey: string;
  readonly listKeyFingerprint: string;
  /** Fingerprints of the list keys before. */
  readonly formerListKeys: readonly string[];
  readonly serverCertificate: string;
  readonly serverFingerprint: string;
  readonly owners: readonly StoredOwner[];
  readonly claim: Claim;
  readonly invitations: readonly StoredInvitation[];
  /** The owner's own log, followed from the first entry of the record. */
  readonly history: Checked<typeof history>;
  readonly heads: readonly Checked<typeof head>[];
  readonly awaited: readonly Checked<typeof awaitedCommand>[];
  readonly members: readonly StoredMember[];
  /** When the members were last asked for; null if never. */
  readonly membersAt: string | null;
  /** Posts that waited for a moderator then. */
  readonly held: number;
  readonly refusals: readonly StoredRefusal[];
  readonly rekeying: ListKeyChange | null;
  readonly serverMove: ServerKeyChange | null;
  readonly telling: NoticeRun | null;
  readonly notices: readonly StoredNotice[];
  readonly epoch: StoredEpoch;
  readonly alarms: readonly Alarm[];
}

/** An owned list without what grows with its members: a worker gets a copy of all that it is given. */
export type ListForWorker = Omit<OwnedList, "history" | "members" | "notices" | "telling" | "epoch"> & {
  readonly history?: never;
};

export function listForWorker(list: OwnedList): ListForWorker {
  const {
    history: _,
    members: _members,
    notices: _notices,
    telling: _telling,
    epoch: _epoch,
    ...rest
  } = list;
  return rest;
}

const ownedList = object<{ readonly [K in keyof OwnedList]: OwnedList[K] }>({
  address: text,
  name: text,
  requestAddress: text,
  mode: oneOf(...modes),
  delivery: oneOf(...deliveryModes),
  profile: oneOf(...profiles),
  ownerAddress: text,
  ownerKey: text,
  listKey: text,
  listKeyFingerprint: text,
  formerListKeys: listOf(text),
  serverCertificate: text,
  serverFingerprint: text,
  owners: listOf(storedOwner),
  claim,
  invitations: listOf(invitation),
  history,
  heads: listOf(head),
  awaited: listOf(awaitedCommand),
  members: listOf(member),
  membersAt: orNull(text),
  held: count,
  refusals: listOf(refusal),
  rekeying: orNull(rekeying),
  serverMove: orNull(serverMove),
  telling: orNull(telling),
  notices: listOf(notice),
  epoch,
  alarms: listOf(alarm),
});

/** Everything that an owner keeps. */
export interface Owned {
  readonly version: typeof OWNED_VERSION;
  /** By list address. */
  readonly lists: Readonly<Record<string, OwnedList>>;
}

/** Raise it with each change of {@link Owned}, and add the step to {@link ownedMigrations}. */
export const OWNED_VERSION = 6;

const owned = object<{ readonly [K in keyof Owned]: Owned[K] }>({
  version: only(OWNED_VERSION),
  lists: recordOf(ownedList),
});

export const emptyOwned: Owned = { version: OWNED_VERSION, lists: {} };

/**
 * Version 2 has lists whose owner was appointed, and what such an owner's log needs: the list keys by the record (who
 * claimed a list has them from their own making). And it has server keys that are offered.
 *
 * Version 3 has notices that go out in batches.
 *
 * Version 4 has whom an invitation is for, by name, and whether its mail was written.
 *
 * Version 5 has since when a list has its key, and when it is to get another.
 *
 * Version 6 is the same; the tables of large lists lie in blocks beside it (`record-in-blocks.ts`), which no earlier one can read.
 */
export const ownedMigrations: Migrations = {
  1: (raw) => ({
    ...raw,
    lists: eachOf(raw["lists"], (list) => ({
      ...list,
      history: withListKeys(list["history"]),
      serverMove: null,
    })),
  }),
  2: (raw) => ({ ...raw, lists: eachOf(raw["lists"], (list) => ({ ...list, telling: null })) }),
  3: (raw) => ({
    ...raw,
    lists: eachOf(raw["lists"], (list) => ({ ...list, invitations: withMails(list["invitations"]) })),
  }),
  4: (raw) => ({ ...raw, lists: eachOf(raw["lists"], (list) => ({ ...list, epoch: noEpoch })) }),
  5: (raw) => raw,
};

const withMails = (kept: unknown) =>
  Array.isArray(kept)
    ? kept.map((each: unknown) => (isRaw(each) ? { ...each, name: null, mailedAt: null } : each))
    : kept;

const withListKeys = (kept: unknown) => (isRaw(kept) ? { ...kept, listKeys: [] } : kept);

/**
 * Reads what storage gave, of any version that was ever released.
 * @param value undefined for a fresh start
 * @throws CheckError if it is damaged, or made by a newer version of the add-on: it is left untouched then
 */
export function readOwned(value: unknown): Owned {
  return value === undefined ? emptyOwned : owned(migrate(value, OWNED_VERSION, ownedMigrations));
}

/** What an owner's record of a list holds when it is begun, whoever begins it: by the server's card, or by another owner's word. */
export const nothingYet = {
  invitations: [],
  history: noHistory,
  heads: [],
  awaited: [],
  members: [],
  membersAt: null,
  held: 0,
  refusals: [],
  rekeying: null,
  serverMove: null,
  telling: null,
  notices: [],
  epoch: noEpoch,
  alarms: [],
} as const satisfies Partial<OwnedList>;
