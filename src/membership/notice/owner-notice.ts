/**
 * Owners' notices: how a new list key, other owners or a new server key reach the members.
 *
 * Signed by an owner whom the reader knows already, and sealed to each member's own certificate: never under the old list
 * key, which a former member holds, and never under a secret that the server knows. The list's server passes them on (the
 * commands `notice`, `receipt` and `receipts`), and can neither open nor make one.
 * Each kind has a serial that only grows, so that an old notice can't take anybody back.
 *
 * ```json
 * { "listseal": 1, "kind": "new-list-key", "date": "2026-08-01T12:00:00Z", "serial": 2,
 *   "list": { "address": "team@lists.example", "key": "<fingerprint of the key that it replaces>" },
 *   "listKey": "-----BEGIN PGP PRIVATE KEY BLOCK-----...", "graceEnds": "2026-08-15T00:00:00Z" }
 * ```
 */
import type { Address } from "../../mail/mailbox.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { assertIntendedFor } from "../../openpgp/intended-recipients.js";
import {
  allFingerprints,
  armorOpeningKey,
  armorSealingKey,
  type Fingerprint,
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  type SealingKey,
} from "../../openpgp/keys.js";
import { listKeyKindOf } from "../../openpgp/list-keys.js";
import { openLayer } from "../../openpgp/open-layer.js";
import { assertSize } from "../../openpgp/policy.js";
import type { Profile } from "../../openpgp/profiles.js";
import { sealLayer } from "../../openpgp/seal-layer.js";
import { isSecret, type Opener, profileOf, type SharedSecret } from "../../openpgp/secrets.js";
import { isNamedBy, verifyOnly } from "../../openpgp/signature.js";
import { readNotations, signBinding } from "../../protocol/binding.js";
import type { Checked } from "../file/check.js";
import {
  anyCount,
  armored,
  canonicalAddress,
  either,
  formatDate,
  isoDate,
  line,
  objectOf,
  oneKindOf,
  several,
  wordOf,
} from "../file/declaration.js";
import { MembershipError } from "../file/errors.js";
import { assertKind, checked, FILE_VERSION, kindFields, parseJson, readJson } from "../file/json-fields.js";
import {
  fingerprintText,
  jsonBytes,
  MAX_NOTICE_BYTES,
  type NewsKind,
  newsKinds,
  type RequestedList,
  requestedList,
} from "../request/request.js";
import { nextSecretDeclaration, readNextSecret, writeNextSecret } from "./next-secret.js";

export type { NewsKind } from "../request/request.js";

/** Owners of a list, present and former. Each mail's author is checked against all of them. */
const MAX_OWNERS = 50;

/** An owner and their time: a former owner's introductions stay what they were, and make no notices any more. */
export interface OwnerTerm {
  readonly certificate: SealingKey<"member">;
  readonly address: Address;
  /** Serial of the owners' notice that made them an owner; 0 for those of the invitation. */
  readonly from: number;
  /** Serial of the notice that ended it; absent for owners of today. */
  readonly to?: number;
}

/** What a notice says. */
export type News =
  | { readonly kind: "owners"; readonly owners: readonly OwnerTerm[] }
  /** `list.key` of the notice is the key that this one replaces; that one may be posted under until `graceEnds`. */
  | { readonly kind: "new-list-key"; readonly listKey: Opener<"list">; readonly graceEnds: Date }
  | {
      readonly kind: "new-server-key";
      readonly server: SealingKey<"server">;
      readonly replaces: Fingerprint;
    };

/** A notice. */
export interface Notice {
  readonly serial: number;
  readonly date: Date;
  readonly list: RequestedList;
  readonly news: News;
}

async function written(
  news: News,
  date: Date,
  before: readonly SharedSecret<"list">[],
): Promise<Readonly<Record<string, unknown>>> {
  switch (news.kind) {
    case "owners":
      return {
        owners: news.owners.map(({ certificate, ...rest }) => ({
          ...rest,
          certificate: armorSealingKey(certificate),
        })),
      };
    case "new-list-key":
      return {
        listKey: isSecret(news.listKey)
          ? await writeNextSecret(news.listKey, before, date)
          : await armorOpeningKey(news.listKey),
        graceEnds: formatDate(news.graceEnds),
      };
    case "new-server-key":
      return { server: armorSealingKey(news.server), replaces: news.replaces };
  }
}

/**
 * Writes a notice for one member.
 *
 * The caller picks the members by the owner's own log of signed joins and removals (roster/log.ts), never by the server's
 * word, and shows the owner whom it goes to before anything is sent.
 *
 * @param owner  an owner whom the members know already; unlocked
 * @param member the member's own certificate
 * @param before of a list with a secret: the secrets that it had, the newest first
 * @throws Error for a secret with none in `before`; ListSealError `key-locked`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a member's key that can't be used
 */
export async function writeNotice(
  notice: Notice,
  owner: OpeningKey<"member">,
  member: SealingKey<"member">,
  before: readonly SharedSecret<"list">[] = [],
): Promise<Uint8Array> {
  const { date } = notice;
  const bytes = await noticeBytes(notice, before);
  const signature = await signBinding(bytes, owner, { kind: notice.news.kind }, [member.fingerprint], date);
  return sealLayer(bytes, signature, [member], profileOf(member), date);
}

/** A notice's JSON, as it is signed. @throws Error for a secret with none in `before` */
export async function noticeBytes(
  { news, serial, date, list }: Notice,
  before: readonly SharedSecret<"list">[] = [],
): Promise<Uint8Array> {
  return jsonBytes({
    listseal: FILE_VERSION,
    kind: news.kind,
    date: formatDate(date),
    serial,
    list: { address: list.address, key: list.key },
    ...(await written(news, date, before)),
  });
}

/** What a reader knows of the list, from its invitation and the notices before. */
export interface ListBeforeNotice {
  readonly address: Address;
  readonly profile: Profile;
  /** Ids of the present and former list keys. */
  readonly keys: readonly string[];
  /** Of a list with a secret: the present one and those before. */
  readonly secrets: readonly SharedSecret<"list">[];
  readonly owners: readonly OwnerTerm[];
  /** The server key's fingerprint, which can't be a list key too. */
  readonly server: SealingKey<"server">;
  /** Highest serial taken of each kind; 0 for none. */
  readonly serials: Readonly<Record<NewsKind, number>>;
}

/** A notice that was opened. */
export type OpenedNotice =
  | { readonly kind: "not-for-me" }
  /** To be taken: the caller stores it, acts by it from now on, and sends a receipt. */
  | { readonly kind: "news"; readonly notice: Notice; readonly by: Fingerprint }
  /**
   * A list key that came late, after the one that replaced it: kept to read old mail, never to seal with. A receipt is
   * sent as well.
   */
  | { readonly kind: "former-list-key"; readonly notice: Notice; readonly by: Fingerprint };

/** The owners of today. */
export function presentOwners(owners: readonly OwnerTerm[]): readonly OwnerTerm[] {
  return owners.filter(({ to }) => to === undefined);
}

const envelope = { date: isoDate, serial: anyCount, list: requestedList };

const ownerDeclaration = objectOf(
  { certificate: armored, address: canonicalAddress, from: anyCount },
  { to: anyCount },
);

const listKeyDeclaration = either(armored, nextSecretDeclaration);

/** A notice's JSON. */
export const noticeDeclaration = oneKindOf("kind", {
  owners: objectOf({
    ...kindFields("owners"),
    ...envelope,
    owners: several(ownerDeclaration, { limit: MAX_OWNERS }),
  }),
  "new-list-key": objectOf({
    ...kindFields("new-list-key"),
    ...envelope,
    listKey: listKeyDeclaration,
    graceEnds: isoDate,
  }),
  "new-server-key": objectOf({
    ...kindFields("new-server-key"),
    ...envelope,
    server: armored,
    replaces: fingerprintText,
  }),
});

/** A receipt's JSON. */
export const receiptDeclaration = objectOf({
  ...kindFields("receipt"),
  date: isoDate,
  list: requestedList,
  news: wordOf(...newsKinds),
  serial: anyCount,
  by: fingerprintText,
});

async function readNews(
  said: Checked<typeof noticeDeclaration>,
  known: ListBeforeNotice,
  now: Date,
): Promise<News> {
  switch (said.kind) {
    case "owners": {
      const owners = said.owners.map(async ({ certificate, ...rest }) => ({
        ...rest,
        certificate: await parseSealingKey("member", certificate),
      }));
      return { kind: said.kind, owners: await Promise.all(owners) };
    }
    case "new-list-key":
      return {
        kind: said.kind,
        listKey: await readNewKey(said.listKey, known),
        graceEnds: said.graceEnds,
      };
    case "new-server-key":
      return {
        kind: said.kind,
        server: await readSealingKey("server", said.server, now),
        replaces: said.replaces,
      };
  }
}

/** A list keeps the kind of its key: a secret in the clear of a notice, or after a pair, would be sealed to certificates alone. */
function readNewKey(
  said: Checked<typeof listKeyDeclaration>,
  { keys, secrets, profile }: ListBeforeNotice,
): Promise<Opener<"list">> {
  const kind = typeof said === "string" ? "pair" : "secret";
  if (keys.some((id) => listKeyKindOf(id) !== kind))
    throw new ProtocolError("wrong-list", "a list key of another kind than the list has");
  return typeof said === "string" ? readOpeningKey("list", said) : readNextSecret(said, secrets, profile);
}

/**
 * Opens a notice and proves that an owner of today made it.
 *
 * @param member the reader's member key
 * @throws ListSealError `too-large`, `damaged`, `wrong-kind`, `unsupported-version`, `unknown-author` (by nobody who is an
 *   owner now), `bad-signature`, `from-the-future`, `wrong-list`, `old-serial` (taken before, or overtaken), `wrong-role`
 *   (a key that is in another role), `former-secret-missing`, `binding-mismatch` (no owner would be left, or past terms were altered)
 */
export async function openNotice(
  sealed: Uint8Array,
  member: OpeningKey<"member">,
  known: ListBeforeNotice,
  now: Date = new Date(),
): Promise<OpenedNotice> {
  assertSize(sealed, MAX_NOTICE_BYTES, "the notice");
  const layer = await openLayer(sealed, member);
  if (layer === "not-for-me") return { kind: layer };
  assertSize(layer.literal, MAX_NOTICE_BYTES, "the opened notice");
  const signer = presentOwners(known.owners).find(({ certificate }) =>
    isNamedBy(layer.signatures, certificate.certificate),
  );
  if (signer === undefined) throw new ProtocolError("unknown-author", "not by an owner of today");
  const { notations, by, readers } = await verifyOnly(
    layer.literal,
    layer.signatures,
    signer.certificate.certificate,
    now,
  );
  assertIntendedFor(readers, member.fingerprint);
  const value = parseJson(layer.literal, "damaged");
  const named = checked(value, objectOf({ kind: line(40) }), "damaged").kind;
  const kind = newsKinds.find((each) => each === named);
  if (kind === undefined) throw new ProtocolError("wrong-kind", "not a notice");
  assertKind(value, { kind, from: "message", code: "damaged" });
  readNotations(notations, kind, []);
  const said = checked(value, noticeDeclaration, "damaged");
  const { list, serial, date } = said;
  // somebody who was away gets the notices in any order: the key named may not be known here yet
  if (list.address !== known.address) throw new ProtocolError("wrong-list", "for another list");
  const news = await readNews(said, known, now);
  assertSound(news, serial, known);
  const notice: Notice = { serial, date, list, news };
  if (serial > known.serials[kind]) return { kind: "news", notice, by };
  const late = news.kind === "new-list-key" && !known.keys.includes(news.listKey.fingerprint);
  if (late) return { kind: "former-list-key", notice, by };
  throw new MembershipError("old-serial", "an older notice than one that was taken");
}

/** What a notice may not say, whoever signed it. */
function assertSound(news: News, serial: number, known: ListBeforeNotice): void {
  switch (news.kind) {
    case "owners":
      assertTerms(news.owners, serial, known);
      return;
    case "new-list-key": {
      if (isSecret(news.listKey)) return;
      // a list key that is the server key too would let the server read
      const server = allFingerprints(known.server.certificate);
      if (allFingerprints(news.listKey.secret).some((one) => server.includes(one)))
        throw new ProtocolError("wrong-role", "the list key is the server key");
      return;
    }
    case "new-server-key": {
      const others = [...known.keys, ...known.owners.map(({ certificate }) => certificate.fingerprint)];
      if (allFingerprints(news.server.certificate).some((one) => others.includes(one)))
        throw new ProtocolError("wrong-role", "the server key is another's key");
      return;
    }
  }
}

/** Terms that ended stay as they were: otherwise a former owner's introductions could be taken from honest members. */
function assertTerms(owners: readonly OwnerTerm[], serial: number, known: ListBeforeNotice): void {
  if (presentOwners(owners).length === 0) throw new ProtocolError("binding-mismatch", "no owner is left");
  if (new Set(owners.map(({ certificate }) => certificate.fingerprint)).size !== owners.length) {
    throw new ProtocolError("binding-mismatch", "an owner is named twice");
  }
  if (owners.some(({ from, to }) => from > serial || (to !== undefined && (to > serial || to < from)))) {
    throw new ProtocolError("binding-mismatch", "a term that can't be");
  }
  if (serial <= known.serials.owners) return;
  const kept = known.owners.every((before) =>
    owners.some(
      (after) =>
        after.certificate.fingerprint === before.certificate.fingerprint &&
        // an invitation says who the owners are, and not since when: theirs begin with 0
        (before.from === 0 || after.from === before.from) &&
        (before.to === undefined
          ? after.to === undefined || after.to > known.serials.owners
          : after.to === before.to),
    ),
  );
  if (!kept) throw new ProtocolError("binding-mismatch", "an earlier owner is missing or altered");
}

/** A member's word that a notice has arrived. */
export interface Receipt {
  readonly list: RequestedList;
  readonly news: NewsKind;
  readonly serial: number;
  /** The member's key. */
  readonly by: Fingerprint;
  readonly date: Date;
}

/** Writes the receipt for a notice that was taken, sealed to the owner who made it. @throws ListSealError `key-locked` */
export async function writeReceipt(
  { serial, list, news }: Notice,
  member: OpeningKey<"member">,
  owner: SealingKey<"member">,
  date: Date = new Date(),
): Promise<Uint8Array> {
  const bytes = jsonBytes({
    listseal: FILE_VERSION,
    kind: "receipt",
    date: formatDate(date),
    list: { address: list.address, key: list.key },
    news: news.kind,
    serial,
    by: member.fingerprint,
  });
  const signature = await signBinding(bytes, member, { kind: "receipt" }, [owner.fingerprint], date);
  return sealLayer(bytes, signature, [owner], profileOf(owner), date);
}

/**
 * Whose word a receipt is, and for which list, before anything of it is verified: to look up the one certificate that {@link openReceipt}
 * needs among those of 100,000 members.
 *
 * @param owner the owner's member key
 * @throws ListSealError `too-large`, `damaged`, `wrong-kind`
 */
export async function receiptAuthor(
  sealed: Uint8Array,
  owner: OpeningKey<"member">,
): Promise<{ readonly list: Address; readonly by: Fingerprint } | "not-for-me"> {
  const layer = await openReceiptLayer(sealed, owner);
  if (layer === "not-for-me") return layer;
  const { list, by } = readReceiptText(layer.literal);
  return { list: list.address, by };
}

async function openReceiptLayer(sealed: Uint8Array, owner: OpeningKey<"member">) {
  assertSize(sealed, MAX_NOTICE_BYTES, "the receipt");
  return openLayer(sealed, owner);
}

const readReceiptText = (literal: Uint8Array) =>
  readJson(literal, receiptDeclaration, { kind: "receipt", from: "message", code: "damaged" });

/**
 * Opens a receipt.
 *
 * @param owner   the owner's member key
 * @param members the members whom notices were sent to, by the owner's own log
 * @throws ListSealError `too-large`, `damaged`, `unknown-author`, `bad-signature`, `from-the-future`, `wrong-list`
 *   (made for another reader), `wrong-kind`
 */
export async function openReceipt(
  sealed: Uint8Array,
  owner: OpeningKey<"member">,
  members: readonly SealingKey<"member">[],
  now: Date = new Date(),
): Promise<Receipt | "not-for-me"> {
  const layer = await openReceiptLayer(sealed, owner);
  if (layer === "not-for-me") return layer;
  const { list, news, serial, by, date } = readReceiptText(layer.literal);
  const member = members.find(({ fingerprint }) => fingerprint === by);
  if (member === undefined) throw new ProtocolError("unknown-author", "from nobody who was sent a notice");
  const { notations, readers } = await verifyOnly(layer.literal, layer.signatures, member.certificate, now);
  assertIntendedFor(readers, owner.fingerprint);
  readNotations(notations, "receipt", []);
  return { list, news, serial, by, date };
}
