/**
 * What happens to a post, in the order that the format demands: accept -> check -> open -> remember -> queue.
 *
 * When {@link acceptPost} returns `queued`, the post and a job for every member are on disk. The copies are made later,
 * from the roster as it is then (delivery.ts).
 */
import { messageIdsIn } from "../mail/payload.js";
import { readSealedMail } from "../mail/sealed-mail.js";
import { type ErrorCode, ListSealError } from "../protocol/errors.js";
import { readSealingKey } from "../protocol/keys.js";
import { PAST_WINDOW_MS } from "../protocol/policy.js";
import { type OpenedAtServer, openAtServer } from "../protocol/reseal.js";
import { NOTICE_INTERVAL_MS, REPLAY_MARGIN_MS } from "./limits.js";
import type { ListInUse } from "./lists-in-use.js";
import type { Member, Store } from "./store.js";

/** A mail as it came for one list, checked as bytes (intake.ts). */
export interface Arrival {
  readonly raw: Uint8Array;
  /** Milliseconds since 1970. */
  readonly at: number;
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

  // the header From picks the one certificate that may have signed: nothing of a wiretapper's own header is remembered
  const author = await store.memberByAddress(list.list.id, mail.from.address);
  if (author === undefined) return { kind: "refused", code: "unknown-author", notified: false };

  let opened: OpenedAtServer;
  try {
    opened = await openAtServer(mail.sealed, {
      list: list.ref,
      server: list.server,
      author: await readSealingKey("member", author.certificate),
      now: new Date(arrival.at),
    });
  } catch (error) {
    return refuse(store, author, error, arrival.at);
  }
  const { gate } = arrival;
  if (gate?.refusedBefore !== undefined && opened.signedAt.getTime() < gate.refusedBefore) {
    return tell(store, author, "too-old", arrival.at);
  }
  if (gate?.exhausted(author.id)) return { kind: "too-many" };
  // it becomes a header field of every copy
  if (!isMessageId(opened.messageId)) return tell(store, author, "binding-mismatch", arrival.at);

  const queued = await store.queuePost({
    listId: list.list.id,
    raw: arrival.raw,
    accepted: arrival.at,
    messageId: opened.messageId,
    signer: opened.by,
    keyPacketDigest: opened.keyPacketDigest,
    keptUntil: opened.signedAt.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS,
    author: { kind: "member", name: author.name, certificate: author.certificate },
  });
  switch (queued.kind) {
    case "queued":
    case "held":
    case "repeat":
      return queued;
    case "message-id-reused":
    case "replayed":
      return tell(store, author, queued.kind, arrival.at);
  }
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

async function refuse(store: Store, author: Member, error: unknown, now: number): Promise<Outcome> {
  if (!(error instanceof ListSealError)) throw error;
  if (!afterVerification.has(error.code)) return { kind: "refused", code: error.code, notified: false };
  return tell(store, author, error.code, now);
}

async function tell(store: Store, author: Member, code: ErrorCode, now: number): Promise<Outcome> {
  const notified = await store.queueNotice(author.id, code, now, NOTICE_INTERVAL_MS);
  return { kind: "refused", code, notified };
}
