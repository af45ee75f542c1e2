/**
 * What the server remembers for requests: claims, used and burnt introductions, first answers, and mail on its way.
 *
 * As in store.ts every method is one transaction. A command is remembered in the transaction that carries it out, so that
 * of two deliveries of it one does something.
 */
import type { NewsKind } from "../../membership/requests.js";
import type { ErrorCode } from "../../protocol/errors.js";
import type { RecordHead, RosterChange } from "./roster-record.js";
import type { Command, Member, MemberRole, NewListKey, NewMember, Shape, Store } from "./store.js";

/** What became of a command. */
export type Carried =
  | { readonly kind: "done" }
  /** it was carried out before; nothing was changed */
  | { readonly kind: "repeat" }
  /** nothing was changed, and the command may be tried again under its id */
  | { readonly kind: "refused"; readonly code: ErrorCode };

/** An introduction that an owner of the list really made (membership/introduction.ts). */
export interface UsedIntroduction {
  readonly fingerprint: string;
  readonly address: string;
  readonly introducedAt: number;
}

/** What became of a join. */
export type Joined =
  | Carried
  /** Somebody came in by this introduction before. `inBy`: the fingerprint of the member that it let in. */
  | { readonly kind: "second-join"; readonly inBy: string };

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
    command: Command,
    terms: { readonly fingerprint: string; readonly replaces: string; readonly until: number },
    change: RosterChange,
  ): Promise<Carried>;
  /** Forgets those whose time is over. @returns them: their files are deleted */
  forgetServerKeys(listId: number, now: number): Promise<readonly OfferedServerKey[]>;
}

/** The first answer to a command. `result`: JSON; absent where it is to be worked out anew. */
export interface FirstAnswer {
  readonly result?: string;
  readonly answered: number;
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
  claimList(
    command: Command,
    digest: string,
    key: NewListKey,
    owner: NewMember,
    change: RosterChange,
    now: number,
  ): Promise<Carried>;
  joinList(
    command: Command,
    introduction: UsedIntroduction,
    member: NewMember,
    change: RosterChange,
    now: number,
  ): Promise<Joined>;
  /** Takes a member off the roster, with every copy that waits for them, and burns introductions made until `burnt`. */
  dropMember(command: Command, member: NamedMember, burnt: number, change: RosterChange): Promise<Carried>;
  burnIntroductions(command: Command, address: string, until: number, change: RosterChange): Promise<Carried>;
  renewCertificate(
    command: Command,
    member: NamedMember,
    certificate: Uint8Array,
    change: RosterChange,
  ): Promise<Carried>;
  /** As {@link renewCertificate}, with one that its holder has revoked: no copy that waits is for that key any more. */
  revokeCertificate(
    command: Command,
    member: NamedMember,
    certificate: Uint8Array,
    change: RosterChange,
  ): Promise<Carried>;
  changeRole(command: Command, member: NamedMember, role: MemberRole, change: RosterChange): Promise<Carried>;
  /**
   * Gives the list another key; the one before is kept, and posts under it are taken until `graceEnds`. Refused unless the
   * list's key is the one that is replaced, and the serial is higher than every earlier one.
   *
   * @throws Conflict for a list key that some list has used
   */
  replaceListKey(
    command: Command,
    key: NewListKey,
    terms: { readonly serial: number; readonly replaces: string; readonly graceEnds: number },
    change: RosterChange,
  ): Promise<Carried>;
  /** Newest first. */
  formerListKeys(listId: number): Promise<readonly FormerListKey[]>;
  /** Adds a member on an owner's word; one who is on the roster with this very key stays as they are. */
  enrolMember(command: Command, member: NewMember, change: RosterChange, now: number): Promise<Carried>;
  /** Writes an owner's resume into the record. Refused unless its newest entry is `head`. */
  recordResume(command: Command, head: RecordHead, change: RosterChange): Promise<Carried>;
  /**
   * Puts a notice's mails into the queue, for those who are members now. Refused for a serial lower than one that was
   * passed on, but for list keys: a former one is passed on to who needs it to read old mail.
   */
  passNotice(
    command: Command,
    notice: NoticeName,
    mails: readonly NoticeMail[],
    now: number,
  ): Promise<Carried>;
  /** Keeps a member's receipt. Refused if they were passed no such notice. */
  keepReceipt(command: Command, notice: NoticeName, memberId: number, receipt: Uint8Array): Promise<Carried>;
  /** Members of now whom the notice was passed on to. */
  passedNotices(listId: number, notice: NoticeName): Promise<readonly PassedNoticeRow[]>;
  setShape(command: Command, memberId: number, shape: Shape): Promise<Carried>;
  memberByFingerprint(listId: number, fingerprint: string): Promise<Member | undefined>;

  firstAnswer(command: Command): Promise<FirstAnswer | undefined>;
  noteAnswer(command: Command, result: string | undefined, now: number): Promise<void>;
}

/** The whole store. */
export type FullStore = Store & MembershipStore;
