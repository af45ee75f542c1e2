/**
 * What happens to a post, in the order that the format demands: accept -> check -> open -> remember -> queue.
 *
 * When {@link acceptPost} returns `queued`, the post and a job for every member are on disk. The copies are made later,
 * from the roster as it is then (delivery/worker.ts).
 */
import type { Address } from "../../mail/mailbox.js";
import { isMessageId } from "../../mail/payload.js";
import type { RefusalCode } from "../../membership/file/errors.js";
import { PAST_WINDOW_MS } from "../../openpgp/policy.js";
import { profileOf } from "../../openpgp/secrets.js";
import { FORMER_KEY_ANSWER_MS, NOTICE_INTERVAL_MS, REPLAY_MARGIN_MS } from "../base/limits.js";
import type { AuthorTransfer, FormerKeyPost, SealedMail } from "../parse/jobs.js";
import { writeKeys } from "../parse/key-transfer.js";
import type { Reader } from "../parse/reader.js";
import { Stale } from "../store/authorization.js";
import type { ListInUse } from "../store/lists-in-use.js";
import { FORMER_KEY_NOTICE } from "../store/queue.js";
import type { RidingNotices } from "../store/riding-notices.js";
import type { Member, NewPost, PostPolicy, Posts, Queue, Queued, Roster } from "../store/store.js";

/** A mail as it came for one list, checked as bytes (wire-check.ts). */
export interface ReceivedPost {
  readonly raw: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Reads and opens it. Of a large mail, `raw` is gone afterwards. */
  readonly reader: Reader;
  /** Where an accepted post is queued, if not in the store (recipient-expander.ts): never without its warrant. */
  readonly queue?: (post: NewPost) => Promise<Queued>;
  readonly gate?: PostAdmission;
}

/** What is asked once a post's signature is known to be good, and before anything is remembered. */
export interface PostAdmission {
  /** Signatures before this are refused: the list was restored from a backup (resume-list.ts). */
  readonly refusedBefore?: number;
  /** Whether this author, or the list, has posted too much. `memberId`: `undefined` for one who is no member. */
  exhausted(memberId: number | undefined): boolean;
}

/** What became of it. */
export type PostOutcome =
  | { readonly kind: "queued" | "held"; readonly postId: number; readonly copies: number }
  /** the same post once more: a sender that did not hear our 250 */
  | { readonly kind: "repeat" }
  | { readonly kind: "not-sealed" }
  /** moderators have more to decide about than the list keeps */
  | { readonly kind: "too-many-held" }
  | { readonly kind: "too-many" }
  /**
   * The author, or the list, is not what was verified any more: nothing was done. The mail, `raw`, is to be looked at again
   * from the start, as if it had come now.
   */
  | { readonly kind: "changed"; readonly raw: Uint8Array }
  /**
   * A member's post under a list key whose grace is over: nobody gets it, and its author gets an answer that their add-on
   * acts on. `notified`: just now; an answer to the same post is given once.
   */
  | { readonly kind: "answered"; readonly memberId: number; readonly notified: boolean }
  /** `code`: for the log; the sender hears one uniform reply. `notified`: the member gets the reason by mail. */
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly notified: boolean };

/**
 * Takes a post for `list`.
 *
 * @throws ReadingEnded if the mail ended the thread that reads it, and what is our own fault (a store that can't write):
 *         the sender is told to try later
 */
export async function acceptPost(
  store: Posts & Roster & Queue & RidingNotices,
  list: ListInUse,
  arrival: ReceivedPost,
): Promise<PostOutcome> {
  const { reader, at } = arrival;
  const { raw, mail } = await reader.do("read", { raw: arrival.raw });
  if (mail.kind === "not-sealed") return mail;
  if (mail.kind === "refused") return { ...mail, notified: false };

  // Before anybody is looked up: a wiretapper who sends a captured post again must hear the same while its author is a member
  // and after they left. Only the very same bytes count; in any other outer seal the post is refused either way.
  if (await store.knowsSeal(list.list.id, mail.sealDigest)) return { kind: "repeat" };

  const sender = await senderOf(store, list, mail);
  const told = sender.kind === "member" ? sender.member : undefined;
  const secret = await secretOf(list, mail, told);
  const opened = await reader.do("open", {
    sealed: mail.sealed,
    author: authorOf(sender, mail.from.address),
    keys: await writeKeys(list, secret),
    at,
  });
  if (opened.kind === "refused") return refuse(store, told, opened.code, at);
  // the thread opens for nobody
  if (sender.kind === "nobody") return { kind: "refused", code: "unknown-author", notified: false };
  if (told?.role === "read-only") return tell(store, told, "not-allowed", at);
  const { gate } = arrival;
  if (gate?.refusedBefore !== undefined && opened.signedAt.getTime() < gate.refusedBefore) {
    return tell(store, told, "too-old", at);
  }
  // it becomes a header field of every copy
  if (!isMessageId(opened.messageId)) return tell(store, told, "binding-mismatch", at);
  if (opened.kind === "under-former-key")
    return answerFormerKey(store, told, { list, mail, opened, arrival });

  const post: NewPost = {
    listId: list.list.id,
    raw,
    accepted: at,
    messageId: opened.messageId,
    signer: opened.by,
    keyPacketDigest: opened.keyPacketDigest,
    dataPacketDigest: opened.dataPacketDigest,
    sealDigest: mail.sealDigest,
    keptUntil: opened.signedAt.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS,
    author: { kind: sender.kind, name: sender.name, certificate: opened.certificate },
    warrant: {
      list: list.list,
      signedAt: opened.signedAt.getTime(),
      by:
        told === undefined
          ? { kind: "non-member", address: mail.from.address }
          : { kind: "member", member: told },
    },
    hold: isHeld(list.list.policy, sender),
  };
  // the memory before the allowance: a captured post in another envelope must hear the same of a member whose allowance is
  // used up as of somebody who left
  const seen = await store.knownPost(post);
  if (seen === undefined && gate?.exhausted(told?.id)) return { kind: "too-many" };
  const queue = arrival.queue ?? ((each: NewPost) => store.queuePost(each));
  let queued: Queued;
  try {
    queued = seen ?? (await queue(post));
  } catch (error) {
    if (!(error instanceof Stale)) throw error;
    return { kind: "changed", raw };
  }
  switch (queued.kind) {
    case "queued":
    case "held":
    case "repeat":
    case "too-many-held":
      return queued;
    case "message-id-reused":
    case "replayed":
      return tell(store, told, queued.kind, at);
  }
}

/** Whose outer signature a post must bear. */
type Sender =
  | {
      readonly kind: "member";
      readonly member: Member;
      readonly name: string;
    }
  | { readonly kind: "non-member"; readonly name: string; readonly certificate: Uint8Array }
  | { readonly kind: "nobody" };

/** How a sender who is not on the roster is called in the header of copies: their own word for it is worth nothing. */
const NON_MEMBER_NAME = "Not a member";

/**
 * The header From picks the one certificate that may have signed: nothing of a wiretapper's own header is remembered.
 *
 * A member's address is a member's: a certificate that comes along counts only under an address that is not on the roster.
 */
async function senderOf(store: Roster, { list }: ListInUse, mail: SealedMail): Promise<Sender> {
  const member = await store.memberByAddress(list.id, mail.from.address);
  if (member !== undefined) return { kind: "member", member, name: member.name };
  const { author } = mail;
  if (list.policy === "members" || author === undefined) return { kind: "nobody" };
  return { kind: "non-member", name: NON_MEMBER_NAME, certificate: author };
}

function authorOf(sender: Sender, from: Address): AuthorTransfer {
  switch (sender.kind) {
    case "member": {
      const { certificate, postsSecret } = sender.member;
      return { kind: "member", certificate, ...(postsSecret === undefined ? {} : { secret: postsSecret }) };
    }
    case "non-member":
      return { kind: "enclosed", certificate: sender.certificate, from };
    case "nobody":
      return sender;
  }
}

/** The secret that the mail names, if it is the one that the server shares with this author. */
async function secretOf({ ref, secrets }: ListInUse, { sealed }: SealedMail, author: Member | undefined) {
  const { postsSecret } = author ?? {};
  if (postsSecret === undefined || sealed.outerSecret !== postsSecret) return undefined;
  return secrets.of("server", profileOf(ref.key), postsSecret);
}

/** See {@link PostPolicy}: moderators and owners would only have to release their own. */
function isHeld(policy: PostPolicy, sender: Exclude<Sender, { readonly kind: "nobody" }>): boolean {
  if (policy !== "moderated") return false;
  if (sender.kind === "non-member") return true;
  return sender.member.role !== "moderator" && sender.member.role !== "owner";
}

/**
 * Codes that openAtServer gives only after the outer signature was found to be the author's. With every other it is
 * not known who sent the mail, and nobody is told anything.
 */
const afterVerification: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  "too-old",
  "from-the-future",
  "binding-missing",
  "binding-mismatch",
  "unsupported-version",
  "malformed-key-packet",
]);

async function refuse(
  store: Queue,
  author: Member | undefined,
  code: RefusalCode,
  now: number,
): Promise<PostOutcome> {
  if (!afterVerification.has(code)) return { kind: "refused", code, notified: false };
  return tell(store, author, code, now);
}

/**
 * A post under a list key whose grace is over. Its author has missed the new one; a bounce would help nobody.
 *
 * It is not remembered as a post: the same letter, sealed again, has the same message id. Attack: a wiretapper sends what they
 * captured again and again, each time with another header: its author gets one answer for it, whatever is there.
 */
async function answerFormerKey(
  store: Queue & RidingNotices,
  author: Member | undefined,
  of: {
    readonly list: ListInUse;
    readonly mail: SealedMail;
    readonly opened: FormerKeyPost;
    readonly arrival: ReceivedPost;
  },
): Promise<PostOutcome> {
  if (author === undefined) return { kind: "refused", code: "old-list-key", notified: false };
  const { list, mail, opened, arrival } = of;
  const { at, gate } = arrival;
  if (gate?.exhausted(author.id)) return { kind: "too-many" };
  // once for each key that it is to be sealed under: the next may have come by the time that it was sealed again
  const code = `${FORMER_KEY_NOTICE} ${opened.messageId} ${list.ref.key.fingerprint}`;
  const words = mail.messageId === undefined ? [opened.server] : [opened.server, mail.messageId];
  const answer = { memberId: author.id, code, words, interval: FORMER_KEY_ANSWER_MS };
  // with the list key of today, if an owner has left it for them: it may wait for a copy that carries it
  const notified = await store.queueFormerKeyAnswer(answer, list.list.id, list.ref.key.fingerprint, at);
  return { kind: "answered", memberId: author.id, notified };
}

/** A refusal; its reason goes to a member and to nobody else. */
async function tell(
  store: Queue,
  author: Member | undefined,
  code: RefusalCode,
  now: number,
): Promise<PostOutcome> {
  if (author === undefined) return { kind: "refused", code, notified: false };
  const notified = await store.queueNotice(author.id, code, now, NOTICE_INTERVAL_MS);
  return { kind: "refused", code, notified };
}
