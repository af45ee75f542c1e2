/**
 * What the server remembers, as an interface: every method is one transaction, and asynchronous, so that it fits a
 * database in the process (sqlite-store.ts) as well as one on another machine (postgres-store.ts).
 *
 * Two laws:
 * - What `queuePost` was told is on disk when it returns: only then is the sender told 250.
 * - No opened byte is ever given to a store. Posts are kept as received, sealed to the server.
 *
 * Dates are whole milliseconds since 1970. Addresses are canonical (mail/mailbox.ts).
 */
import { MAX_NOTICE_COPIES, type MemberRole, memberRoles } from "../../membership/request/request.js";
import type { Profile } from "../../openpgp/policy.js";
import type { DeliveryMode, Mode } from "../../protocol/message.js";
import type { RecordEntry, RecordHead, RosterChange } from "./roster-record.js";

/** How a member's copies are shaped: Thunderbird with the add-on, or any mail program. */
export type Shape = "encrypted" | "mixed";

/**
 * Who may post.
 * - `members`: members, and what they post goes out at once.
 * - `moderated`: anybody; a post waits for a moderator, unless it is by one.
 * - `open`: anybody, and what they post goes out at once; readers are told that it is by no member.
 */
export const postPolicies = ["members", "moderated", "open"] as const;
export type PostPolicy = (typeof postPolicies)[number];

/**
 * What a member may do. A moderator decides about held posts; so does an owner. `read-only` members don't post,
 * `post-only` members get no copies.
 */
export const roles = memberRoles;
export type { MemberRole } from "../../membership/request/request.js";

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
  readonly listKey?: Uint8Array;
  readonly listKeyFingerprint?: string;
}

/** Where a list stands: what is noted of it outside the database, too (heads.ts). */
export interface ListStanding {
  readonly listId: number;
  readonly address: string;
  /** Of its record. */
  readonly head: RecordHead;
  /** Fingerprints, by the owners' addresses. */
  readonly owners: readonly string[];
  /** How many posts it has ever taken. */
  readonly posts: number;
  readonly serverKey: { readonly fingerprint: string; readonly file: string };
  /** The date of an owner's word that let it go on after a restore, the last one; see the ledger's `refusedBefore`. */
  readonly resumed?: number;
}

/** A list key and the digests of its public key material (list-key-material.ts). */
export interface NewListKey {
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
  readonly material: readonly string[];
}

/** Keys that one question may name: a notice has at most so many copies, and a database takes no statement without end. */
export const MAX_KEYS_ASKED = MAX_NOTICE_COPIES;

/** Somebody who gets copies. */
export interface NewMember {
  readonly address: string;
  readonly name: string;
  readonly certificate: Uint8Array;
  readonly fingerprint: string;
  readonly shape: Shape;
  /** Id of a secret that this member's copies are sealed under, and not to the certificate (member-secrets.ts). */
  readonly copiesSecret?: string;
  /** Id of a secret that this member's posts may come under. */
  readonly postsSecret?: string;
}

/** A member on the roster. `id` is never used again, also not after a removal. */
export interface Member extends NewMember {
  readonly id: number;
  readonly listId: number;
  readonly role: MemberRole;
  readonly added: number;
}

/** A post that passed all checks, to be kept and queued. */
export interface NewPost {
  readonly listId: number;
  /** As received, sealed to the server. */
  readonly raw: Uint8Array;
  readonly accepted: number;
  /** The signed message id, with angle brackets. */
  readonly messageId: string;
  /** Fingerprint of the key that signed the submission. */
  readonly signer: string;
  /** SHA-256 of the key packet, hex. */
  readonly keyPacketDigest: string;
  /** SHA-256 of the data packet: the post is known by it, however its session key is wrapped. */
  readonly dataPacketDigest: string;
  /** SHA-256 of the outer seal as submitted, hex: an honest retry brings the very same bytes. */
  readonly sealDigest: string;
  /** The replay is remembered until then. */
  readonly keptUntil: number;
  readonly author: Author;
  readonly warrant: PostWarrant;
  /** Keeps the post until a moderator decides; its copies go to moderators and owners, for review. */
  readonly hold?: boolean;
}

/** What was verified of a post: compared again in the transaction that takes it (warrant.ts). */
export interface PostWarrant {
  /** As it was when the post was opened. */
  readonly list: List;
  /** Milliseconds since 1970. */
  readonly signedAt: number;
  readonly by: /** with the role that says whether the post is held */
    | { readonly kind: "member"; readonly member: Member }
    /** nobody on the roster has the address */
    | { readonly kind: "non-member"; readonly address: string };
}

/**
 * The author as they were when the post was accepted: they may be gone when its copies are made. A `non-member`'s
 * certificate came with the post and proves nobody.
 */
export interface Author {
  readonly kind: "member" | "non-member";
  readonly name: string;
  readonly certificate: Uint8Array;
}

/** What became of a post given to {@link Store.queuePost}. */
export type Queued =
  | { readonly kind: "queued"; readonly postId: number; readonly copies: number }
  /** kept for a moderator; `copies`: for review */
  | { readonly kind: "held"; readonly postId: number; readonly copies: number }
  /** as many as a list keeps wait already: nothing was kept or remembered */
  | { readonly kind: "too-many-held" }
  /** the same post again (a sender's retry): nothing was queued, and the sender is told 250 */
  | { readonly kind: "repeat" }
  /** another key packet under a message id that this signer used before */
  | { readonly kind: "message-id-reused" }
  /** a key packet that came before under another message id or signer, or in another outer seal */
  | { readonly kind: "replayed" };

/** A kept post, to be opened again when its copies are made. */
export interface Post {
  readonly id: number;
  readonly listId: number;
  readonly raw: Uint8Array;
  readonly accepted: number;
  readonly author: Author;
  /** Still waits for a moderator. */
  readonly held: boolean;
}

/** A post that waits for a moderator, without its bytes. */
export interface HeldPost {
  readonly id: number;
  readonly messageId: string;
  readonly accepted: number;
  readonly authorKind: Author["kind"];
}

/** Something to send, claimed by a worker. */
export type Job = CopyJob | NoticeJob | MailJob;

interface ClaimedJob {
  readonly id: number;
  readonly listId: number;
  /** When it came into the queue. */
  readonly queued: number;
  /** This attempt's number, from 1; registered before it is made. */
  readonly attempt: number;
  /**
   * Token of the claim. What a worker says of a job counts only while the claim is still its own: one that was stopped
   * for longer than its lease can't touch a job that another has taken.
   */
  readonly claim: string;
}

/** A post's copy for a member, made when the job runs. */
export interface CopyJob extends ClaimedJob {
  readonly kind: "copy";
  readonly memberId: number;
  readonly postId: number;
  /** For a moderator's review of a held post. */
  readonly isReview: boolean;
}

/** A notice to a member in the server's own words. */
export interface NoticeJob extends ClaimedJob {
  readonly kind: "notice";
  readonly memberId: number;
  /** Why a post was refused: a code of ours. */
  readonly code: string;
}

/** A mail that is written and sealed already: an answer, a report, an owner's notice. */
export interface MailJob extends ClaimedJob {
  readonly kind: "mail";
  readonly to: Addressee;
  readonly recipient: string;
}

/**
 * Whom a mail of the server's own is for, and what must still be so when it leaves.
 * - `member`: somebody on the roster, in this role at least. It goes with them.
 * - `anybody`: whoever asked, about what they asked for. They may be on no roster, or have just left it.
 */
export type Addressee =
  | { readonly kind: "member"; readonly memberId: number; readonly needs?: "moderator" | "owner" }
  | { readonly kind: "anybody" };

/** A mail of the server's own, ready to be handed over. */
export interface NewMail {
  readonly listId: number;
  readonly to: Addressee;
  readonly recipient: string;
  readonly mail: Uint8Array;
}

/** Who is at the gate: a mail for a member, or for nobody on the roster, and the job that it belongs to, if any. */
export interface AtGate {
  readonly job?: Pick<Job, "id" | "claim">;
  readonly memberId?: number;
}

/** What the database knows of them at one moment. */
export interface GateWord {
  /** The job is there, not aside, and still claimed by who asks; true without one. */
  readonly isOurs: boolean;
  readonly member?: Entitled;
}

/** What decides whether a member gets something. */
export interface Entitled {
  readonly role: MemberRole;
  readonly certificate: Uint8Array;
  /** Gets no copies, by their own wish, the operator's, or since they came back. */
  readonly isSuspended: boolean;
}

/** A signed command, as it is remembered: carried out once for its signer. */
export interface Command {
  readonly listId: number;
  readonly signer: string;
  readonly id: string;
  readonly keptUntil: number;
}

/** What waits, counted. `aside`: waits for the operator. */
export interface QueueCounts {
  readonly waiting: number;
  readonly aside: number;
}

/** Thrown by a store when a command asks for what can't be; `message` is a sentence for the operator. */
export class Conflict extends Error {
  override readonly name = "Conflict";
}

/** Thrown when the one who is to go is the list's last owner. Nothing was changed. */
export class LastOwner extends Error {
  override readonly name = "LastOwner";
}

/** The store can't be worked with: missing, locked, damaged. `message` says what to do, for the operator. */
export class UnusableStore extends Error {
  override readonly name = "UnusableStore";
}

export interface Store {
  /** `alone`: one worker at a time; `shared`: other workers, on other machines too, have claims of their own. */
  readonly sharing: "alone" | "shared";

  /** Adds a list and the first entries of its record. @throws Conflict as {@link setListKey}, or if the address is taken */
  createList(
    list: NewList,
    key: NewListKey | undefined,
    changes: readonly RosterChange[],
    now: number,
  ): Promise<List>;
  /** Every list, by address. */
  lists(): Promise<readonly List[]>;
  listByAddress(address: string): Promise<List | undefined>;
  listById(id: number): Promise<List | undefined>;
  /** @throws Conflict if any list has ever used some of the key's material, or the list has a key. */
  setListKey(listId: number, key: NewListKey, change: RosterChange): Promise<void>;

  /** @throws Conflict if the address or the certificate is on the list's roster, or a secret is anybody's on this server. */
  addMember(listId: number, member: NewMember, change: RosterChange, now: number): Promise<Member>;
  /**
   * Removes the member and every job that waits for them. `only`: of that number, by the link that they have in their mail,
   * and not as the last owner.
   *
   * @throws Conflict if there is none of that address; LastOwner
   */
  removeMember(
    listId: number,
    address: string,
    change: (member: Member) => RosterChange,
    only?: number,
  ): Promise<Member>;
  memberByAddress(listId: number, address: string): Promise<Member | undefined>;
  /** `undefined` once they are removed. */
  memberById(id: number): Promise<Member | undefined>;
  /** The same with what decides what they get. Asked for each mail, just before it is made. */
  recipientById(id: number): Promise<(Member & Entitled) | undefined>;
  /** Whether another member than the one with this key has the name, in small letters or large. */
  hasNamesake(listId: number, name: string, fingerprint: string): Promise<boolean>;
  /**
   * A page of the roster: by address, those behind `address`, at most `limit` of them. All of a large list at once would
   * keep everybody else waiting; everyMember of roster-pages.ts goes through them.
   */
  membersAfter(listId: number, address: string, limit: number): Promise<readonly Member[]>;
  /** Those on the roster whose keys these are, at most {@link MAX_KEYS_ASKED}. */
  membersByFingerprints(listId: number, fingerprints: readonly string[]): Promise<readonly Member[]>;
  /** Addresses of those who get copies by their role, suspended or not. */
  readersOf(listId: number): Promise<readonly string[]>;
  /** How many are on the roster of each list, by the list's address. */
  rosterSizes(): Promise<ReadonlyMap<string, number>>;
  /** When the last of all members was added; `undefined` if there is none. */
  newestMember(): Promise<number | undefined>;
  /** Those of them who own the list. */
  owners(listId: number): Promise<readonly Member[]>;
  /** Ids of the secrets that members of any list have. */
  secretIds(): Promise<readonly string[]>;
  /** @throws Conflict if there is none of that address. */
  setMemberRole(listId: number, address: string, role: MemberRole, change: RosterChange): Promise<void>;
  setPostPolicy(listId: number, policy: PostPolicy, change: RosterChange): Promise<void>;

  /** Where every list stands, or the one of that number, by address. One question, whatever there is of lists and members. */
  standings(listId?: number): Promise<readonly ListStanding[]>;
  /** Newest entry of a list's record. A list always has one: its creation. */
  recordHead(listId: number): Promise<RecordHead>;
  record(listId: number): Promise<readonly RecordEntry[]>;
  /** At most `limit` entries with higher numbers than `after`. */
  recordAfter(listId: number, after: number, limit: number): Promise<readonly RecordEntry[]>;
  /** Hash of one entry; `undefined` if the record does not go as far. */
  recordHash(listId: number, number: number): Promise<string | undefined>;

  /**
   * Compares the warrant, checks the replay memory and queues a copy for every member of this moment, in one transaction.
   * Durable on return.
   *
   * @throws Stale if the warrant is not true any more; nothing was remembered then
   */
  queuePost(post: NewPost): Promise<Queued>;
  /** Whether this very outer seal was accepted before, whoever is a member by now. */
  knowsSeal(listId: number, sealDigest: string): Promise<boolean>;
  /** What {@link queuePost} would say of a post that was seen before; `undefined` for a new one. Nothing is changed. */
  knownPost(post: NewPost): Promise<Queued | undefined>;
  /** As {@link queuePost}, of a post that another queue has: it is remembered, and nothing is kept or queued. @throws Stale */
  rememberPost(post: NewPost): Promise<Queued>;
  /**
   * Compares the warrant of a post that is about to leave for another queue, and calls `end`: until that has returned nobody
   * changes the list or its roster. `end` is synchronous, and is called at most once.
   *
   * @throws Stale; `end` was not called then
   */
  confirmPost(warrant: PostWarrant, end: () => void): Promise<void>;
  /** Remembers a post that has left for `copies` members at {@link confirmPost}'s word, whatever has happened since. */
  rememberSent(post: NewPost, copies: number): Promise<Queued>;
  /** Queues a mail of the server's own. */
  addMail(mail: NewMail, now: number): Promise<void>;
  /** The octets of a mail that waits; `undefined` once it is gone. */
  mailOf(jobId: number): Promise<Uint8Array | undefined>;
  /** Which members got the mail of that digest before, of those who did so since. */
  forwardedTo(digest: string): Promise<ReadonlySet<number>>;
  noteForwarded(memberId: number, digest: string, keptUntil: number): Promise<void>;
  /** Queues a notice, unless one with that code was queued for the member less than `interval` ago. */
  queueNotice(memberId: number, code: string, now: number, interval: number): Promise<boolean>;
  post(id: number): Promise<Post | undefined>;

  /** Posts of a list that wait for a moderator, oldest first. */
  heldPosts(listId: number): Promise<readonly HeldPost[]>;
  /**
   * The gate before every way out: says how things are, for each that is asked about, and lets nobody change the members
   * asked about until `decide` has returned. A removal, a role or a revocation that has been committed is seen; one that
   * comes later waits until what `decide` wrote is with the system. `decide` is synchronous, and is called once.
   */
  atGate(asked: readonly AtGate[], decide: (words: readonly GateWord[]) => void): Promise<void>;

  /**
   * Takes up to `limit` due jobs, oldest first, under a fresh claim, and registers an attempt for each: they are due
   * again at `leaseUntil`.
   */
  claimJobs(now: number, leaseUntil: number, limit: number): Promise<readonly Job[]>;
  /** The jobs of these claims are due again at `leaseUntil`, and no earlier. */
  extendClaims(claims: readonly string[], leaseUntil: number): Promise<void>;
  /** Makes every claimed job due again: claims of an earlier run, in a store that is for one worker `alone`. */
  releaseClaims(now: number): Promise<void>;
  /** These copies are delivered, or nobody wants them any more: one commit. A post goes when no job of it is left. */
  finishJobs(jobs: readonly Job[]): Promise<void>;
  /** The copy is to be tried again at `due`. */
  retryJob(job: Job, due: number): Promise<void>;
  /** Makes every job that waits for its next attempt due now. */
  hurryJobs(now: number): Promise<void>;
  /** A claimed job was not tried after all: the attempt is not counted. */
  returnJob(job: Job, due: number): Promise<void>;
  /** The copy waits for the operator; `code` says why. The rest of the queue goes on. */
  setJobAside(job: Job, code: string): Promise<void>;
  /** As {@link setJobAside}, for every copy of a post. */
  setPostAside(postId: number, code: string): Promise<void>;
  /** When the next job is due, `undefined` if none waits. */
  nextDue(): Promise<number | undefined>;
  queueCounts(): Promise<QueueCounts>;
  /** When the oldest post was accepted that has copies to be sent, also such as are set aside; `undefined` if none has. */
  oldestPost(): Promise<number | undefined>;

  /** Forgets replays and commands that the date check would refuse anyway, posts that a crash left without jobs, and posts held too long. */
  forget(now: number): Promise<void>;
  /** Since when an answer of the database is waited for, by performance.now; `undefined` if none is. */
  waitingSince(): number | undefined;
  close(): Promise<void>;
}
