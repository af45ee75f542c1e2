/**
 * From a job to a mail, for the roster of this moment; or why there is none to send.
 *
 * Who is to get nothing is found here as far as it can be, so that nothing of a mail reaches the relay in vain. What counts
 * is the gate's word at its end (gate.ts).
 */
import { ListSealError } from "../../openpgp/errors.js";
import { codeForLog, type Log } from "../base/log.js";
import type { ListsInUse } from "../store/lists-in-use.js";
import { sharedNoticeIn } from "../store/riding-notices.js";
import { KeyFileError } from "../store/server-keys.js";
import type { CopyJob, Entitled, Job, MailJob, Member, NoticeJob, Store } from "../store/store.js";
import { isClockBehind } from "./clock.js";
import { type CopyMaker, type PreparedPost, UnopenablePost } from "./copies.js";
import { formerKeyAnswer } from "./former-key-answer.js";
import { denial, type OutgoingCopy, type RecipientRequirement, type WithheldReason } from "./gate.js";
import { noticeNeeds, writePlainNotice } from "./plain-notice.js";
import type { PreparedPosts } from "./prepared-posts.js";
import type { OutgoingMail } from "./relay.js";
import { noticeAboard } from "./riding-notice.js";
import { writeSharedNotice } from "./shared-notice.js";
import type { SuspensionReview } from "./suspension.js";

/** What a job came to. */
export type MadeMail =
  | { readonly kind: "mail"; readonly mail: OutgoingMail; readonly passenger: OutgoingCopy }
  /** nobody is to get it */
  | { readonly kind: "dropped"; readonly code: WithheldReason | "author" | "key-revoked" }
  /** it can't be made as things are: for the operator */
  | { readonly kind: "aside"; readonly code: string }
  /** the post can't be opened, for nobody */
  | { readonly kind: "poison"; readonly code: string }
  /** the machine's clock is wrong: once it is right, it can be made */
  | { readonly kind: "clock" };

export interface MakeMailContext {
  readonly store: Store;
  readonly lists: ListsInUse;
  readonly standing: SuspensionReview;
  readonly posts: PreparedPosts;
  readonly copies: CopyMaker;
  readonly log: Log;
  readonly now: () => number;
}

type Recipient = Member & Entitled;

/** The mail of `job`. @throws what may pass by itself: the store's error, a key file that can't be read now */
export function make(parts: MakeMailContext, job: Job): Promise<MadeMail> {
  switch (job.kind) {
    case "copy":
      return makeCopy(parts, job);
    case "notice":
      return makeNotice(parts, job);
    case "mail":
      return makeMail(parts, job);
  }
}

async function makeCopy(parts: MakeMailContext, job: CopyJob): Promise<MadeMail> {
  const { store, standing, copies, posts, log } = parts;
  let post: PreparedPost;
  try {
    post = await posts.get(job.postId);
  } catch (error) {
    return whyNot(parts, error, job);
  }
  // now and not earlier: nothing of a copy goes to the relay for somebody who is gone
  const member = await store.recipientById(job.memberId);
  const need = job.isReview ? "review" : "copies";
  const stop = denial(need, member);
  if (stop !== undefined || member === undefined) return { kind: "dropped", code: stop ?? "not-a-member" };
  if (post.skips === member.fingerprint) return { kind: "dropped", code: "author" };
  try {
    const aboard = await noticeAboard(store, post, member, parts.now());
    const kept = { postId: job.postId, isHeld: job.isReview };
    const mail = await copies.copyFor(post, member, kept, aboard);
    return { kind: "mail", mail, passenger: passengerOf(job, need, member, member.certificate) };
  } catch (error) {
    const code = codeForLog(error);
    if (error instanceof ListSealError) {
      if (await isClockBehind(parts.now(), job.queued, [member.certificate])) return { kind: "clock" };
      await standing.noteUnusableKey(member, code);
    } else if (!(error instanceof KeyFileError)) throw error;
    log.error("copy-set-aside", { post: job.postId, job: job.id, member: member.id, code });
    return { kind: "aside", code };
  }
}

/** Only what is wrong with a post itself condemns it: a store that is away or a clock that is wrong will pass. */
async function whyNot({ store, now }: MakeMailContext, error: unknown, job: CopyJob): Promise<MadeMail> {
  if (error instanceof UnopenablePost) return { kind: "poison", code: codeForLog(error.cause) };
  const list = await store.listById(job.listId);
  const keys = list === undefined ? [] : [list.serverCertificate, ...(list.listKey ? [list.listKey] : [])];
  if (await isClockBehind(now(), job.queued, keys)) return { kind: "clock" };
  throw error;
}

async function makeNotice({ store, lists, copies, now }: MakeMailContext, job: NoticeJob): Promise<MadeMail> {
  const member = await store.recipientById(job.memberId);
  const need = noticeNeeds(job.code);
  const stop = denial(need, member);
  if (stop !== undefined || member === undefined) return { kind: "dropped", code: stop ?? "not-a-member" };
  const list = await lists.openById(member.listId);
  if (list === undefined) throw new Error("a member of a list without a key");
  const date = new Date(now());
  const shared = sharedNoticeIn(job.code);
  if (shared !== undefined) {
    // attack: sealed before its holder said that the key is in other hands
    if (await copies.isRevoked(member)) return { kind: "dropped", code: "key-revoked" };
    const notice = await store.sharedNoticeFor(shared, member.id);
    if (notice === undefined) return { kind: "dropped", code: "claim-lost" };
    const mail = writeSharedNotice(list.list, member, notice, date);
    return { kind: "mail", mail, passenger: passengerOf(job, need, member, member.certificate) };
  }
  const sealed = await formerKeyAnswer(list, member, job, {
    head: await store.recordHead(list.list.id),
    date,
  });
  const { language } = await store.listSettings(list.list.id);
  const mail = writePlainNotice(list, member, job, { now: date, language }, sealed);
  // what is sealed is for the key that the member has at the gate, as a copy is
  const certificate = sealed === undefined ? undefined : member.certificate;
  return { kind: "mail", mail, passenger: passengerOf(job, need, member, certificate) };
}

async function makeMail({ store, copies }: MakeMailContext, job: MailJob): Promise<MadeMail> {
  const { to, recipient } = job;
  let passenger: OutgoingCopy = passengerOf(job, "nothing");
  if (to.kind === "member") {
    const member: Recipient | undefined = await store.recipientById(to.memberId);
    const need: RecipientRequirement = to.needs ?? "read-only";
    const stop = denial(need, member);
    if (stop !== undefined || member === undefined) return { kind: "dropped", code: stop ?? "not-a-member" };
    // attack: sealed before its holder said that the key is in other hands
    if (await copies.isRevoked(member)) return { kind: "dropped", code: "key-revoked" };
    passenger = passengerOf(job, need, member, member.certificate);
  }
  const mail = await store.mailOf(job.id);
  if (mail === undefined) return { kind: "dropped", code: "claim-lost" };
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { kind: "mail", mail: { sender: "", recipient, pieces: [mail] }, passenger };
}

function passengerOf(
  job: Job,
  need: RecipientRequirement,
  member?: Member,
  certificate?: Uint8Array,
): OutgoingCopy {
  return {
    job,
    listId: job.listId,
    need,
    queued: job.queued,
    ...(member && { member: { id: member.id, ...(certificate && { certificate }) } }),
  };
}
