/**
 * What happens to a post, in the order that the format demands: accept -> check -> open -> remember -> queue.
 *
 * When {@link acceptPost} returns `queued`, the post and a job for every member are on disk. The copies are made later,
 * from the roster as it is then (delivery.ts).
 */
import { type Address, parseMailbox } from "../../mail/mailbox.js";
import { messageIdsIn } from "../../mail/payload.js";
import { readSealedMail } from "../../mail/sealed-mail.js";
import { sha256 } from "../../protocol/binding.js";
import { type ErrorCode, ListSealError } from "../../protocol/errors.js";
import { readSealingKey, userIdOf, writeSealingKey } from "../../protocol/keys.js";
import { PAST_WINDOW_MS } from "../../protocol/policy.js";
import type { OpenedAtServer } from "../../protocol/reseal.js";
import { MAX_CERTIFICATE_BYTES, NOTICE_INTERVAL_MS, REPLAY_MARGIN_MS } from "../kept/limits.js";
import type { ListInUse } from "../kept/lists-in-use.js";
import type { Member, NewPost, PostPolicy, Queued, Store } from "../kept/store.js";
import { openSubmission } from "../out/open-submission.js";

/** A mail as it came for one list, checked as bytes (intake.ts). */
export interface Arrival {
  readonly raw: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Where an accepted post is queued, if not in the store (explode.ts). */
  readonly queue?: (post: NewPost) => Promise<Queued>;
  readonly gate?: Gate;
}

/** What is asked once a post's signature is known to be good, and before anything is remembered. */
export interface Gate {
  /** Signatures before this are refused: the list was restored from a backup (restored.ts). */
  readonly refusedBefore?: number;
  /** Whether this author, or the list, has posted too much. `memberId`: `undefined` for one who is no member. */
  exhausted(memberId: number | undefined): boolean;
}

/** What became of it. */
export type Outcome =
  | { readonly kind: "queued" | "held"; readonly postId: number; readonly copies: number }
  /** the same post once more: a sender that did not hear our 250 */
  | { readonly kind: "repeat" }
  | { readonly kind: "not-sealed" }
  /** moderators have more to decide about than the list keeps */
  | { readonly kind: "too-many-held" }
  | { readonly kind: "too-many" }
  /** `code`: for the log; the sender hears one uniform reply. `notified`: the member gets the reason by mail. */
  | { readonly kind: "refused"; readonly code: ErrorCode; readonly notified: boolean };

/**
 * Takes a post for `list`.
 *
 * @throws only what is our own fault (a store that can't write): the sender is told to try later
 */
export async function acceptPost(store: Store, list: ListInUse, arrival: Arrival): Promise<Outcome> {
  const mail = await readOrRefuse(arrival.raw);
  if (mail.kind !== "sealed") return mail;

  // Before anybody is looked up: a wiretapper who sends a captured post again must hear the same while its author is a member
  // and after they left. Only the very same bytes count; in any other outer seal the post is refused either way.
  const sealDigest = await sha256(mail.sealed.mode === "key" ? mail.sealed.key : mail.sealed.message);
  if (await store.knowsSeal(list.list.id, sealDigest)) return { kind: "repeat" };

  const sender = await senderOf(store, list, mail);
  if (sender.kind === "refused") return sender;
  const told = sender.kind === "member" ? sender.member : undefined;

  let opened: OpenedAtServer;
  try {
    const author = await readSealingKey("member", sender.certificate);
    const { postsSecret } = told ?? {};
    const by = { author, ...(postsSecret === undefined ? {} : { authorSecret: postsSecret }) };
    ({ opened } = await openSubmission(mail.sealed, list, by, new Date(arrival.at)));
  } catch (error) {
    return refuse(store, told, error, arrival.at);
  }
  if (told?.role === "read-only") return tell(store, told, "not-allowed", arrival.at);
  const { gate } = arrival;
  if (gate?.refusedBefore !== undefined && opened.signedAt.getTime() < gate.refusedBefore) {
    return tell(store, told, "too-old", arrival.at);
  }
  if (gate?.exhausted(told?.id)) return { kind: "too-many" };
  // it becomes a header field of every copy
  if (!isMessageId(opened.messageId)) return tell(store, told, "binding-mismatch", arrival.at);

  const queue = arrival.queue ?? ((post: NewPost) => store.queuePost(post));
  const queued = await queue({
    listId: list.list.id,
    raw: arrival.raw,
    accepted: arrival.at,
    messageId: opened.messageId,
    signer: opened.by,
    keyPacketDigest: opened.keyPacketDigest,
    dataPacketDigest: opened.dataPacketDigest,
    sealDigest,
    keptUntil: opened.signedAt.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS,
    author: { kind: sender.kind, name: sender.name, certificate: sender.certificate },
    hold: isHeld(list.list.policy, sender),
  });
  switch (queued.kind) {
    case "queued":
    case "held":
    case "repeat":
    case "too-many-held":
      return queued;
    case "message-id-reused":
    case "replayed":
      return tell(store, told, queued.kind, arrival.at);
  }
}

/** Whose outer signature a post must bear. */
type Sender =
  | {
      readonly kind: "member";
      readonly member: Member;
      readonly name: string;
      readonly certificate: Uint8Array;
    }
  | { readonly kind: "non-member"; readonly name: string; readonly certificate: Uint8Array };

/** How a sender who is not on the roster is called in the header of copies: their own word for it is worth nothing. */
const NON_MEMBER_NAME = "Not a member";

/**
 * The header From picks the one certificate that may have signed: nothing of a wiretapper's own header is remembered.
 *
 * A member's address is a member's: a certificate that comes along counts only under an address that is not on the roster.
 */
async function senderOf(
  store: Store,
  { list }: ListInUse,
  mail: Read,
): Promise<Sender | Extract<Outcome, { kind: "refused" }>> {
  const member = await store.memberByAddress(list.id, mail.from.address);
  if (member !== undefined) {
    return { kind: "member", member, name: member.name, certificate: member.certificate };
  }
  const refusal = { kind: "refused", code: "unknown-author", notified: false } as const;
  const { author } = mail;
  if (list.policy === "members" || author === undefined || author.length > MAX_CERTIFICATE_BYTES) {
    return refusal;
  }
  try {
    const key = await readSealingKey("member", author);
    if (!isFor(userIdOf(key), mail.from.address)) return refusal;
    return { kind: "non-member", name: NON_MEMBER_NAME, certificate: writeSealingKey(key) };
  } catch (error) {
    if (error instanceof ListSealError) return refusal;
    throw error;
  }
}

function isFor(userId: string, address: Address): boolean {
  try {
    return parseMailbox(userId).address === address;
  } catch {
    return false;
  }
}

/** See {@link PostPolicy}: moderators and owners would only have to release their own. */
function isHeld(policy: PostPolicy, sender: Sender): boolean {
  if (policy !== "moderated") return false;
  if (sender.kind === "non-member") return true;
  return sender.member.role !== "moderator" && sender.member.role !== "owner";
}

function isMessageId(text: string): boolean {
  const [only] = messageIdsIn(text);
  return only === text;
}

type Read = Extract<Awaited<ReturnType<typeof readSealedMail>>, { kind: "sealed" }>;

/** The sealed parts of `raw`, or why there are none. Whatever a parser throws at a hostile mail is a refusal. */
async function readOrRefuse(
  raw: Uint8Array,
): Promise<Read | Extract<Outcome, { kind: "not-sealed" | "refused" }>> {
  try {
    const mail = await readSealedMail(raw);
    return mail.kind === "sealed" ? mail : { kind: "not-sealed" };
  } catch (error) {
    const code = error instanceof ListSealError ? error.code : "damaged";
    return { kind: "refused", code, notified: false };
  }
}

/**
 * Codes that openAtServer gives only after the outer signature was found to be the author's. With every other it is
 * not known who sent the mail, and nobody is told anything.
 */
const afterVerification: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "too-old",
  "from-the-future",
  "binding-missing",
  "binding-mismatch",
  "unsupported-version",
  "malformed-key-packet",
]);

async function refuse(
  store: Store,
  author: Member | undefined,
  error: unknown,
  now: number,
): Promise<Outcome> {
  if (!(error instanceof ListSealError)) throw error;
  if (!afterVerification.has(error.code)) return { kind: "refused", code: error.code, notified: false };
  return tell(store, author, error.code, now);
}

/** A refusal; its reason goes to a member and to nobody else. */
async function tell(
  store: Store,
  author: Member | undefined,
  code: ErrorCode,
  now: number,
): Promise<Outcome> {
  if (author === undefined) return { kind: "refused", code, notified: false };
  const notified = await store.queueNotice(author.id, code, now, NOTICE_INTERVAL_MS);
  return { kind: "refused", code, notified };
}
