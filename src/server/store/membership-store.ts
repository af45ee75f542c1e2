/**
 * What the server remembers for requests: claims, used and burnt introductions, first answers, and mail on its way.
 *
 * As in store.ts every method is one transaction. A command is remembered in the transaction that carries it out, so that
 * of two deliveries of it one does something.
 */

import type { RefusalCode } from "../../membership/file/errors.js";
import type { NewsKind } from "../../membership/request/request.js";
import type { RecordHead } from "./roster-record.js";
import type { Command, Member, MemberRole, NewListKey, NewMail, NewMember, Shape, Store } from "./store.js";
import type { AnswerTo, Order, RecordedOrder, Warrant } from "./warrant.js";

/** What became of a command. */
export type Carried =
  | { readonly kind: "done" }
  /** it was carried out before; nothing was changed */
  | { readonly kind: "repeat" }
  /** nothing was changed, and the command may be tried again under its id */
  | { readonly kind: "refused"; readonly code: RefusalCode }
  /** refused for good, and remembered: others are told of it (an introduction that is used a second time) */
  | { readonly kind: "told"; readonly code: RefusalCode };

/** An introduction that an owner of the list really made (membership/introduction/introduction.ts). */
export interface UsedIntroduction {
  readonly fingerprint: string;
  readonly address: string;
  readonly introducedAt: number;
}

/** A member as a command names them: an address may have come to another key. */
export interface NamedMember {
  readonly address: string;
  readonly fingerprint: string;
}

/** A list key that an owner has replaced. */
export interface FormerListKey {
  readonly fingerprint: string;
  readonly certificate: Uint8Array;
  readonly graceEnds: number;
}

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

/** Server keys besides the one that a list has. */
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
    order: RecordedOrder,
    terms: { readonly fingerprint: string; readonly replaces: string; readonly until: number },
  ): Promise<Carried>;
  /** Forgets those whose time is over. @returns them: their files are deleted */
  forgetServerKeys(listId: number, now: number): Promise<readonly OfferedServerKey[]>;
}

/** The first answer to a command. `result`: JSON; absent where it is to be worked out anew. */
export interface FirstAnswer {
  readonly result?: string;
  readonly answered: number;
}

/** What is to be told of a command, to one person: written with the command, sealed afterwards (telling.ts). */
export interface Telling {
  readonly id: number;
  readonly listId: number;
  readonly kind: "answer" | "report";
  /** `done` or the code of a refusal; of a report, its event. */
  readonly word: string;
  readonly requestId: string;
  /** Fingerprint of the server key that the asker knows. */
  readonly server: string;
  /** The record's newest entry when it was carried out. */
  readonly head: RecordHead;
  /** The command as it was signed; empty for an answer. */
  readonly signed: { readonly bytes: Uint8Array; readonly signatures: Uint8Array };
  readonly to: AnswerTo;
  /** Whom a report is for, and whether it is for them as an owner. */
  readonly member?: { readonly id: number; readonly isOwner: boolean };
}

/** Which notice. */
export interface NoticeName {
  readonly news: NewsKind;
  readonly serial: number;
}

/** A notice to one member, as a mail. */
export interface NoticeMail {
  readonly fingerprint: string;
  readonly recipient: string;
  readonly mail: Uint8Array;
}

export interface PassedNoticeRow {
  readonly fingerprint: string;
  readonly passed: number;
  readonly receipt?: Uint8Array;
}

export interface MembershipStore extends ServerKeyStore {
  /** Keeps the digest of a card's code; a newer card takes an older one's place. */
  setClaim(listId: number, digest: string, expires: number): Promise<void>;
  /** How a claim code stands. */
  claimStanding(listId: number, digest: string, now: number): Promise<"good" | "wrong" | "used" | "expired">;
  /** The first owner, and the list's key. @throws Conflict for a list key that some list has used */
  claimList(order: RecordedOrder, digest: string, key: NewListKey, owner: NewMember): Promise<Carried>;
  /** A second use of an introduction is told to the owners, and to whom it let in. */
  joinList(order: RecordedOrder, introduction: UsedIntroduction, member: NewMember): Promise<Carried>;
  /** Takes a member off the roster, with every copy that waits for them, and burns introductions made until `burnt`. */
  dropMember(order: RecordedOrder, member: NamedMember, burnt: number): Promise<Carried>;
  burnIntroductions(order: RecordedOrder, address: string, until: number): Promise<Carried>;
  renewCertificate(order: RecordedOrder, member: NamedMember, certificate: Uint8Array): Promise<Carried>;
  /** As {@link renewCertificate}, with one that its holder has revoked: no copy that waits is for that key any more. */
  revokeCertificate(order: RecordedOrder, member: NamedMember, certificate: Uint8Array): Promise<Carried>;
  changeRole(order: RecordedOrder, member: NamedMember, role: MemberRole): Promise<Carried>;
  /**
   * Gives the list another key; the one before is kept, and posts under it are taken until `graceEnds`. Refused unless the
   * list's key is the one that is replaced, and the serial is higher than every earlier one.
   *
   * @throws Conflict for a list key that some list has used
   */
  replaceListKey(
    order: RecordedOrder,
    key: NewListKey,
    terms: { readonly serial: number; readonly replaces: string; readonly graceEnds: number },
  ): Promise<Carried>;
  /** Newest first. */
  formerListKeys(listId: number): Promise<readonly FormerListKey[]>;
  /** Adds a member on an owner's word; one who is on the roster with this very key stays as they are. */
  enrolMember(order: RecordedOrder, member: NewMember): Promise<Carried>;
  /** Writes an owner's resume into the record. Refused unless its newest entry is `head`. */
  recordResume(order: RecordedOrder, head: RecordHead): Promise<Carried>;
  /**
   * Puts a notice's mails into the queue, for those who are members now. Refused for a serial lower than one that was
   * passed on, but for list keys: a former one is passed on to who needs it to read old mail.
   */
  passNotice(order: Order, notice: NoticeName, mails: readonly NoticeMail[]): Promise<Carried>;
  /** Keeps a member's receipt. Refused if they were passed no such notice. */
  keepReceipt(order: Order, notice: NoticeName, memberId: number, receipt: Uint8Array): Promise<Carried>;
  /** Members of now whom the notice was passed on to. */
  passedNotices(listId: number, notice: NoticeName): Promise<readonly PassedNoticeRow[]>;
  setShape(order: Order, memberId: number, shape: Shape): Promise<Carried>;
  /** A member wants no copies for now. */
  pauseCopies(order: Order, memberId: number): Promise<Carried>;
  /** They want them again. Refused if it was not they who switched them off: bounces, or the operator. */
  resumeCopies(order: Order, memberId: number): Promise<Carried>;
  /** Lets a held post out: a copy for every member of this moment. Copies for review that were not sent are dropped. */
  releasePost(order: Order, postId: number): Promise<Carried>;
  /** Deletes a held post and its copies for review. */
  rejectPost(order: Order, postId: number): Promise<Carried>;
  memberByFingerprint(listId: number, fingerprint: string): Promise<Member | undefined>;

  /** For commands that only ask: throws `Stale` if `warrant` is not true any more. */
  confirm(warrant: Warrant): Promise<void>;
  firstAnswer(command: Command): Promise<FirstAnswer | undefined>;
  /**
   * Remembers an answer and puts its mail, if there is one, into the queue. Throws `Stale` if `asker`, a member, has left the list
   * since they were verified, or has another role or certificate: what was found out for them is not theirs any more.
   */
  answer(
    command: Command,
    result: string | undefined,
    mail: NewMail | undefined,
    asker: Member | undefined,
    now: number,
  ): Promise<void>;
  /** What commands have to tell and was not sealed yet; `after`: of those with a higher number. */
  tellings(after: number, limit: number): Promise<readonly Telling[]>;
  /** It is sealed, or can't be (`mail` is not set). */
  finishTelling(telling: Telling, mail: NewMail | undefined, now: number): Promise<void>;
}

/** The whole store. */
export type FullStore = Store & MembershipStore;
