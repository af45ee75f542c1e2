/**
 * What becomes of a mail, by the address that it is for: a post, a report about a copy, somebody who leaves, or a mail
 * for the people who run the list.
 */
import { parseAddress } from "../../mail/mailbox.js";
import type { Log } from "../base/log.js";
import type { RateLimiter, RequestLimiter } from "../base/rate-limits.js";
import type { RecipientGate as WayOut } from "../delivery/gate.js";
import { forwardToOwners } from "../delivery/owner-mail.js";
import type { RecipientExpander } from "../delivery/recipient-expander.js";
import type { RelayOptions } from "../delivery/relay.js";
import type { SuspensionReview } from "../delivery/suspension.js";
import { MAX_REPORT_BYTES } from "../parse/bounce-report.js";
import type { Reader } from "../parse/reader.js";
import { ReadingEnded } from "../parse/thread.js";
import { acceptPost, type PostAdmission } from "../post/accept-post.js";
import { takeRequest } from "../request/take-request.js";
import { MAX_TRIES } from "../store/authorization.js";
import { type CopyRecipient, type ListsInUse, listsNamedBy } from "../store/lists-in-use.js";
import type { Heads } from "../store/rollback-guard.js";
import type { List, Store } from "../store/store.js";
import type { Tokens } from "../store/tokens.js";
import { cameFromList, isAutomatic } from "./header-fields.js";
import {
  closed,
  inLanguage,
  lastOwner,
  loop,
  noSuchAddress,
  notFromMachines,
  notReady,
  notSealed,
  paused,
  queued,
  type Reply,
  refused,
  tooBusy,
  tooManyPosts,
  tryLater,
} from "./reply.js";
import type { Handler } from "./smtp.js";
import { leaveByLink } from "./unsubscribe.js";

/** What the reception works with. */
export interface RouterContext {
  readonly store: Store;
  readonly heads: Heads;
  readonly limiter: RateLimiter;
  /** Reads what comes, in a thread of its own. */
  readonly reader: Reader;
  readonly requests: RequestLimiter;
  /** Queues posts in Postfix in place of the store, where the operator has it so. */
  readonly exploder?: RecipientExpander;
  /** Told of every mail's end, for metrics. */
  readonly tally: (what: CopyRecipient["kind"], reply: number) => void;
  readonly lists: ListsInUse;
  readonly standing: SuspensionReview;
  /** Asked before anything leaves. */
  readonly gate: WayOut;
  readonly tokens: Tokens;
  /** Asked again each time: it may be changed while the server runs. */
  readonly relay: () => RelayOptions;
  readonly log: Log;
  readonly now: () => number;
  /** Whether there is room on the disk for a mail of so many bytes, and for what waits. */
  readonly hasRoom: (bytes: number) => Promise<boolean>;
  /** `https://lists.example/` where the server's pages are reached from outside; asked again each time. */
  readonly publicUrl: () => string | undefined;
  /** Says that there is work for the worker. */
  readonly wake: () => void;
}

/** What the fronts ask: is this address ours, and take this mail. */
export function openReception(parts: RouterContext): Handler {
  const { lists } = parts;
  return {
    async isOurs(text) {
      return (await lists.recipient(text)).kind !== "unknown" || (await isMissed(parts, text));
    },
    async take(text, sender, raw): Promise<Reply> {
      const recipient = await lists.recipient(text);
      if (recipient.kind === "unknown" && (await isMissed(parts, text))) return paused;
      if (recipient.kind !== "unknown" && !(await parts.hasRoom(raw.length))) {
        parts.log.error("mail-deferred", {
          list: recipient.list.address,
          code: "disk-full",
          bytes: raw.length,
        });
        parts.tally(recipient.kind, tooBusy.code);
        return tooBusy;
      }
      const reply = await takeFor(parts, recipient, sender, raw).catch((error: unknown) =>
        endedReading(parts, recipient, error),
      );
      parts.tally(recipient.kind, reply.code);
      return isExplained(reply) && recipient.kind !== "unknown"
        ? explained(parts, recipient.list, reply)
        : reply;
    },
  };
}

/** Whether a person who wrote to the list is refused, and there is a page that says why and what to do. */
const isExplained = (reply: Reply): boolean => reply === refused || reply === notSealed;

/** A refusal that the list's own people can read. */
async function explained({ store, publicUrl }: RouterContext, { id }: List, reply: Reply): Promise<Reply> {
  return inLanguage(reply, (await store.listSettings(id)).language, publicUrl());
}

/** A mail that ended the thread that reads it: "later" once, for it may have been our fault; refused when it comes again. */
function endedReading({ log }: RouterContext, recipient: CopyRecipient, error: unknown): Reply {
  if (!(error instanceof ReadingEnded)) throw error;
  const list = recipient.kind === "unknown" ? {} : { list: recipient.list.address };
  log.error("mail-read-failed", { ...list, code: error.reason });
  // a report that is refused makes another report
  if (recipient.kind === "bounces") return queued;
  return error.reason === "before" ? refused : tryLater;
}

/** A list that this machine has known and the store lacks: a backup that is older than the list. Its mail waits with its senders. */
async function isMissed({ heads, log }: RouterContext, text: string): Promise<boolean> {
  const known = await heads.known();
  const missed = listsNamedBy(text).find((address) => known.has(address));
  if (missed === undefined) return false;
  log.error("list-missing", { list: missed });
  return true;
}

async function takeFor(
  parts: RouterContext,
  recipient: CopyRecipient,
  sender: string,
  raw: Uint8Array,
  tries = 1,
): Promise<Reply> {
  if (recipient.kind === "unknown") return noSuchAddress;
  // reports about the last copies of a retired list are still taken, so that they don't go round
  if (recipient.kind === "bounces") return takeReport(parts, recipient, raw);
  if ((await parts.store.listSettings(recipient.list.id)).retired !== undefined) return closed;
  // also for a list that waits for its owner: this is how the owner lets it go on
  if (recipient.kind === "request") return takeAsked(parts, recipient.list, sender, raw);
  if ((await parts.heads.paused()).has(recipient.list.address)) return paused;
  switch (recipient.kind) {
    case "leave":
      return takeLeave(parts, recipient);
    case "owner":
      return takeForOwners(parts, recipient.list, sender, raw);
    case "list":
      return takePost(parts, recipient.list, sender, raw, tries);
  }
}

type Beside<K extends CopyRecipient["kind"]> = Extract<CopyRecipient, { readonly kind: K }>;

async function takeReport(
  { tokens, standing, log, now, store, reader }: RouterContext,
  { list, token }: Beside<"bounces">,
  raw: Uint8Array,
): Promise<Reply> {
  // 250 in every case: a report that is refused makes another report
  const copy = tokens.readBounce(list.id, token, now());
  const member = copy === undefined ? undefined : await store.memberById(copy.memberId);
  // before anything of it is looked at: the token is all that tells it from a stranger's mail
  if (copy === undefined || member?.listId !== list.id) {
    log.info("bounce-unknown", { list: list.address });
    return queued;
  }
  const report = await reader.do("report", { raw: raw.slice(0, MAX_REPORT_BYTES) });
  if (report.kind === "failed") {
    await standing.noteFailure(member.id, report);
    // noted, and no more: its author hears of it when the time has come, or when they ask
    if (copy.postId !== undefined) await store.noteLostCopy(copy.postId, member.id);
  } else log.info("bounce-ignored", { list: list.address, member: member.id, code: report.kind });
  return queued;
}

async function takeLeave(parts: RouterContext, { list, token }: Beside<"leave">): Promise<Reply> {
  switch (await leaveByLink(parts, list, token)) {
    case "left":
      return queued;
    case "unknown":
      return noSuchAddress;
    case "last-owner":
      return lastOwner;
  }
}

async function takeForOwners(
  { store, gate, relay, log, now }: RouterContext,
  list: List,
  sender: string,
  raw: Uint8Array,
): Promise<Reply> {
  if (sender === "" || isAutomatic(raw)) return notFromMachines;
  if (cameFromList(raw, parseAddress(list.address))) return loop;
  const result = await forwardToOwners({ store, gate, relay: relay(), now }, list, raw);
  log.info("mail-for-owners", { list: list.address, code: result, bytes: raw.length });
  switch (result) {
    case "forwarded":
      return queued;
    case "nobody":
      return noSuchAddress;
    case "later":
      return tryLater;
  }
}

async function takeAsked(parts: RouterContext, row: List, sender: string, raw: Uint8Array): Promise<Reply> {
  const { log } = parts;
  if (sender === "" || isAutomatic(raw)) return notFromMachines;
  const taken = await takeRequest(parts, row, raw);
  if (taken.kind === "answered") {
    log.info(`request-${taken.what}`, { list: row.address, code: taken.code });
    return queued;
  }
  log.warn("request-refused", { list: row.address, code: taken.code });
  return taken.kind === "too-many" ? tooManyPosts : refused;
}

/** @param tries how often the mail was looked at with this time: see {@link MAX_TRIES} */
async function takePost(
  parts: RouterContext,
  row: List,
  sender: string,
  raw: Uint8Array,
  tries: number,
): Promise<Reply> {
  const { store, lists, limiter, reader, log, now, wake } = parts;
  const { address } = row;
  // the empty sender is a report's (RFC 5321, 4.5.5); it belongs to the bounce address
  if (sender === "" || isAutomatic(raw)) return notFromMachines;
  const list = await lists.open(row);
  if (list === undefined) return notReady;
  if (cameFromList(raw, list.address)) return loop;
  const refusedBefore = await store.refusedBefore(row.id);
  let author: number | undefined;
  const gate: PostAdmission = {
    ...(refusedBefore === undefined ? {} : { refusedBefore }),
    exhausted(memberId) {
      author = memberId;
      return limiter.exhausted(row.id, memberId, now()) !== undefined;
    },
  };
  const { exploder } = parts;
  const bytes = raw.length;
  const outcome = await acceptPost(store, list, {
    raw,
    at: now(),
    reader,
    gate,
    ...(exploder && { queue: (post) => exploder.queue(list, post) }),
  });
  switch (outcome.kind) {
    case "queued":
    case "held":
      limiter.count(row.id, author, now());
      log.info(`post-${outcome.kind}`, {
        list: address,
        post: outcome.postId,
        copies: outcome.copies,
        bytes,
      });
      wake();
      return queued;
    case "repeat":
      log.info("post-repeated", { list: address });
      return queued;
    case "changed":
      if (tries === MAX_TRIES) return tryLater;
      return takeFor(parts, await lists.recipient(address), sender, outcome.raw, tries + 1);
    case "too-many-held":
      log.warn("post-deferred", { list: address, code: outcome.kind });
      return tooBusy;
    case "too-many":
      log.warn("post-deferred", { list: address, code: "too-many-posts" });
      return tooManyPosts;
    case "not-sealed":
      log.info("post-not-sealed", { list: address });
      return notSealed;
    case "answered":
      // of a member, and their program answers it: a bounce would ask of them what they can't do
      log.info("post-answered", { list: address, code: "old-list-key" });
      if (outcome.notified) {
        limiter.count(row.id, outcome.memberId, now());
        wake();
      }
      return queued;
    case "refused":
      log.warn("post-refused", { list: address, code: outcome.code });
      if (outcome.notified) wake();
      return refused;
  }
}
