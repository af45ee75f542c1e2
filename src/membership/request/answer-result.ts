/** What a server answers, as values and as JSON: the result of a request, or what it tells unasked. */

import { toBase64 } from "../../mail/base64.js";
import type { Address } from "../../mail/mailbox.js";
import { type CopyShape, copyShapes } from "../../mail/part-types.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { Fingerprint } from "../../openpgp/keys.js";
import type { ListKeyId } from "../../openpgp/list-keys.js";
import type { RosterHead } from "../../protocol/message.js";
import {
  anyCount,
  armored,
  base64To,
  canonicalAddress,
  type DeclaredFields,
  formatDate,
  hexDigits,
  isoDate,
  line,
  objectOf,
  oneKindOf,
  several,
  textTo,
  wordOf,
} from "../file/declaration.js";
import { type RefusalCode, refusalCodes } from "../file/errors.js";
import { checked } from "../file/json-fields.js";
import { type MemberVisibility, memberVisibilities } from "./commands.js";
import { type HeldPost, heldPostDeclaration, MAX_HELD_SHOWN, writtenHeld } from "./held-posts.js";
import { deliveryDeclaration, type PostDelivery } from "./post-delivery.js";
import {
  fingerprintText,
  headDeclaration,
  listKeyIdText,
  MAX_MESSAGE_ID,
  MAX_PERSON_NAME,
  MAX_RECEIPT_BYTES,
  MAX_REQUEST_BYTES,
  type MemberRole,
  memberRoles,
  type SignedBytes,
} from "./request.js";

/** Members in one answer; the rest is asked for with `from`. Stops one question from costing a server more than a second. */
export const ROSTER_PAGE = 500;

/** Receipts in one answer. */
const MAX_PASSED = 10_000;

/** Entries of the record in one answer; the rest is asked for with `after`. */
export const RECORD_PAGE = 200;

/** List keys of a list, one after the other. */
const MAX_REPLACED = 1_000;

/** An entry's JSON: a command as it was signed, in base64. */
export const MAX_ENTRY_CHARACTERS = 128 * 1024;

/** A member as the owner's page shows them. */
export interface RosterMember {
  readonly address: Address;
  readonly name: string;
  readonly fingerprint: Fingerprint;
  readonly role: MemberRole;
  /** Since when they are a member; whole seconds. */
  readonly since: Date;
  readonly delivery: "on" | "paused";
  /** How their copies are shaped. */
  readonly shape: CopyShape;
  /** When their key runs out; absent if it does not. */
  readonly keyExpires?: Date;
  /** Copies that came back, since the last that did not. */
  readonly bounces: number;
  /** Why copies are off: they asked for it, their mail came back again and again, or the operator did it. */
  readonly paused?: { readonly by: PausedBy; readonly since: Date };
  /** Since when nothing can be sealed to their key: it ran out, was revoked, or is of a kind that is no longer safe. */
  readonly keyUnusable?: Date;
}

const pausers = ["member", "bounces", "operator"] as const;
/** Who, or what, switched a member's copies off. */
export type PausedBy = (typeof pausers)[number];

/** A list key that was replaced, and until when posts under it are taken. */
export interface ReplacedListKey {
  readonly fingerprint: ListKeyId;
  readonly graceEnds: Date;
}

/** What an owner's page shows of the list itself. Invitations that wait are known to the owner who made them alone. */
export interface ListStatus {
  readonly policy: "members" | "moderated" | "open";
  /** Posts that wait for a moderator. */
  readonly held: number;
  /** Newest first. */
  readonly replaced: readonly ReplacedListKey[];
  /** Since when the list waits for an owner's word after a restore. */
  readonly waitsForOwner?: Date;
  /** Whether members see each other; absent from servers that can't let them. */
  readonly members?: MemberVisibility;
}

/** A member as another member sees them, where the owners allow it. */
export interface FellowMember {
  readonly address: Address;
  readonly name: string;
  readonly role: MemberRole;
}

/** Whom the server passed a notice on to. */
export interface ForwardedNotice {
  /** The member's key. */
  readonly member: Fingerprint;
  readonly passed: Date;
  /** Sealed to the owner who made the notice (`openReceipt`); absent until it has come. */
  readonly receipt?: Uint8Array;
}

/** One link of the roster's record, as roster/log.ts reads it. */
export interface RecordLink {
  readonly number: number;
  readonly previous: string;
  readonly entry: string;
  readonly hash: string;
}

/** What a report is about. */
export const reportEvents = [
  "joined",
  "enrolled",
  "left",
  "removed",
  "role",
  "revoked",
  "second-join",
  "key-wanted",
] as const;
export type ReportEvent = (typeof reportEvents)[number];

/** What came of a request. */
export type RequestResult =
  /** It is done. `head`: the record's newest entry then. */
  | { readonly kind: "done"; readonly head: RosterHead }
  /** Nothing was changed. */
  | { readonly kind: "refused"; readonly code: RefusalCode }
  /**
   * To an owner: a page of the roster, by address, and one of the record. There is more of the record if the last entry is
   * not the head, and more members behind `next`, if it is there. `from`: they are those behind this address, as was asked.
   */
  | {
      readonly kind: "roster";
      readonly head: RosterHead;
      readonly members: readonly RosterMember[];
      readonly from?: Address;
      readonly next?: Address;
      readonly entries: readonly RecordLink[];
      readonly status?: ListStatus;
    }
  /** To an owner or moderator: the posts that wait, oldest first. */
  | { readonly kind: "held"; readonly head: RosterHead; readonly posts: readonly HeldPost[] }
  /** To an owner: who was passed a notice, and whose receipt is here. Members who have left are not in it. */
  | { readonly kind: "receipts"; readonly head: RosterHead; readonly passed: readonly ForwardedNotice[] }
  /**
   * Told without being asked, to owners at once: what somebody commanded, as it was signed. `request` of the answer is
   * that command's id. A join by a used introduction is told to the member whom it let in as well: it is the only sign
   * of an intercepted invitation. A changed role is told to the member whose role it is,
   * and a revoked key to every member: readers take it for nobody's from then on. `key-wanted`: a member asks for the list
   * key of today.
   */
  | {
      readonly kind: "report";
      readonly event: ReportEvent;
      readonly head: RosterHead;
      readonly signed: SignedBytes;
    }
  /**
   * Told without being asked, to every member: the server has renewed its encryption subkey, and `server` of the answer has
   * it. The one before is deleted some time later, and posts sealed to it are refused from then on.
   */
  | { readonly kind: "server-key"; readonly head: RosterHead }
  /**
   * Told without being asked, to owners: the operator has made another server key for the list. `certificate`, armored, is
   * nothing to be believed: an owner compares its fingerprint with the operator, by telephone.
   */
  | { readonly kind: "server-key-offer"; readonly head: RosterHead; readonly certificate: string }
  /**
   * Told without being asked, to the author of a post under a list key whose grace is over: nobody got it. `messageId`: the
   * signed one; `sentAs`: that of the mail as it came, by which a mail program finds what was sent.
   */
  | {
      readonly kind: "old-list-key";
      readonly head: RosterHead;
      readonly messageId: string;
      readonly sentAs?: string;
    }
  /**
   * To the author of a post, and to nobody else: how it has been delivered. Told when it is asked for, and without being asked
   * when copies have not gone out.
   */
  | ({ readonly kind: "delivery" } & PostDelivery)
  /**
   * To any other member: that they are in it; and, on a list that shows its members, a page of them by address, with `from` and `next`
   * as in a `roster`.
   */
  | {
      readonly kind: "member";
      readonly head: RosterHead;
      readonly role: MemberRole;
      readonly delivery: "on" | "paused";
      readonly since: Date;
      readonly members?: readonly FellowMember[];
      readonly from?: Address;
      readonly next?: Address;
    };

/** The kinds of result that nobody has asked for. */
const unaskedKinds = ["report", "server-key", "server-key-offer", "old-list-key"] as const;

/** What the server tells without being asked. */
export type Unsolicited = Extract<RequestResult, { readonly kind: (typeof unaskedKinds)[number] }>;

/** Whether a result is told without being asked. */
export function isUnasked(result: RequestResult): result is Unsolicited {
  return unaskedKinds.some((kind) => kind === result.kind);
}

/** Whether a result may come under a request that nobody waits for. */
export const mayComeUnasked = (result: RequestResult): boolean =>
  isUnasked(result) || result.kind === "delivery";

/** The JSON of a result. */
export function writeResult(result: RequestResult): Readonly<Record<string, unknown>> {
  switch (result.kind) {
    case "done":
    case "refused":
    case "server-key":
    case "server-key-offer":
    case "old-list-key":
    case "delivery":
      return { ...result };
    case "report":
      return {
        ...result,
        signed: { bytes: toBase64(result.signed.bytes), signatures: toBase64(result.signed.signatures) },
      };
    case "member":
      return { ...result, since: formatDate(result.since) };
    case "roster":
      return {
        ...result,
        members: result.members.map(writtenMember),
        ...(result.status === undefined ? {} : { status: writtenStatus(result.status) }),
      };
    case "held":
      return {
        ...result,
        posts: result.posts.map(writtenHeld),
      };
    case "receipts":
      return {
        ...result,
        passed: result.passed.map(({ member, passed, receipt }) => ({
          member,
          passed: formatDate(passed),
          ...(receipt === undefined ? {} : { receipt: toBase64(receipt) }),
        })),
      };
  }
}

const writtenMember = ({ since, keyExpires, paused, keyUnusable, ...rest }: RosterMember) => ({
  ...rest,
  since: formatDate(since),
  ...(keyExpires === undefined ? {} : { keyExpires: formatDate(keyExpires) }),
  ...(paused === undefined ? {} : { paused: { by: paused.by, since: formatDate(paused.since) } }),
  ...(keyUnusable === undefined ? {} : { keyUnusable: formatDate(keyUnusable) }),
});

const writtenStatus = ({ replaced, waitsForOwner, ...rest }: ListStatus) => ({
  ...rest,
  replaced: replaced.map(({ fingerprint, graceEnds }) => ({ fingerprint, graceEnds: formatDate(graceEnds) })),
  ...(waitsForOwner === undefined ? {} : { waitsForOwner: formatDate(waitsForOwner) }),
});

const delivery = wordOf("on", "paused");
const role = wordOf(...memberRoles);

const statusDeclaration = objectOf(
  {
    policy: wordOf("members", "moderated", "open"),
    held: anyCount,
    replaced: several(objectOf({ fingerprint: listKeyIdText, graceEnds: isoDate }), {
      limit: MAX_REPLACED,
    }),
  },
  { waitsForOwner: isoDate, members: wordOf(...memberVisibilities) },
);

const memberDeclaration = objectOf(
  {
    address: canonicalAddress,
    name: line(MAX_PERSON_NAME),
    fingerprint: fingerprintText,
    role,
    since: isoDate,
    delivery,
    shape: wordOf(...copyShapes),
    bounces: anyCount,
  },
  { keyExpires: isoDate, paused: objectOf({ by: wordOf(...pausers), since: isoDate }), keyUnusable: isoDate },
);

const linkDeclaration = objectOf({
  number: anyCount,
  previous: hexDigits(64),
  entry: textTo(MAX_ENTRY_CHARACTERS),
  hash: hexDigits(64),
});

const passedDeclaration = objectOf(
  { member: fingerprintText, passed: isoDate },
  { receipt: base64To(MAX_RECEIPT_BYTES) },
);

/** The fields of each result. */
const resultFields = {
  done: objectOf({ kind: wordOf("done"), head: headDeclaration }),
  refused: objectOf({ kind: wordOf("refused"), code: line(60) }),
  roster: objectOf(
    {
      kind: wordOf("roster"),
      head: headDeclaration,
      members: several(memberDeclaration, { limit: ROSTER_PAGE }),
      entries: several(linkDeclaration, { limit: RECORD_PAGE }),
    },
    { from: canonicalAddress, next: canonicalAddress, status: statusDeclaration },
  ),
  held: objectOf({
    kind: wordOf("held"),
    head: headDeclaration,
    posts: several(heldPostDeclaration, { limit: MAX_HELD_SHOWN }),
  }),
  receipts: objectOf({
    kind: wordOf("receipts"),
    head: headDeclaration,
    passed: several(passedDeclaration, { limit: MAX_PASSED }),
  }),
  report: objectOf({
    kind: wordOf("report"),
    event: wordOf(...reportEvents),
    head: headDeclaration,
    signed: objectOf({ bytes: base64To(MAX_REQUEST_BYTES), signatures: base64To(MAX_REQUEST_BYTES) }),
  }),
  "server-key": objectOf({ kind: wordOf("server-key"), head: headDeclaration }),
  "server-key-offer": objectOf({
    kind: wordOf("server-key-offer"),
    head: headDeclaration,
    certificate: armored,
  }),
  "old-list-key": objectOf(
    { kind: wordOf("old-list-key"), head: headDeclaration, messageId: line(MAX_MESSAGE_ID) },
    { sentAs: line(MAX_MESSAGE_ID) },
  ),
  delivery: deliveryDeclaration,
  member: objectOf(
    { kind: wordOf("member"), head: headDeclaration, role, delivery, since: isoDate },
    {
      members: several(objectOf({ address: canonicalAddress, name: line(MAX_PERSON_NAME), role }), {
        limit: ROSTER_PAGE,
      }),
      from: canonicalAddress,
      next: canonicalAddress,
    },
  ),
} satisfies DeclaredFields<Record<RequestResult["kind"], unknown>>;

/** A result, as it is in an answer's JSON. */
export const resultDeclaration = oneKindOf("kind", resultFields);

/** The code that `text` is; a later server's that is not known here is shown as "made by a newer version". */
function errorCode(text: string): RefusalCode {
  return refusalCodes.find((code) => code === text) ?? "unsupported-version";
}

/** The inverse of {@link writeResult}. @throws ListSealError `damaged`, `unsupported-version` */
export function readResult(value: unknown): RequestResult {
  const { kind } = checked(value, objectOf({ kind: line(40) }), "damaged");
  if (!Object.hasOwn(resultFields, kind))
    throw new ProtocolError("unsupported-version", "a result of a later version");
  const result = checked(value, resultDeclaration, "damaged");
  return result.kind === "refused" ? { ...result, code: errorCode(result.code) } : result;
}
