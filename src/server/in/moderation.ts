/**
 * What a moderator says about a held post, as a command by mail: `release` or `reject`.
 *
 * The server reads nothing of the post: moderators do, with the copies for review that they got. The operator can't
 * release a post; a command counts only if somebody signed it who is a moderator or an owner of the list now.
 */
import PostalMime from "postal-mime";
import { parseMailbox } from "../../mail/mailbox.js";
import { contentOf } from "../../mail/payload.js";
import { openRequest, requestType } from "../../membership/sealed-request.js";
import { MAX_REQUEST_BYTES, readRequest, type SignedRequest } from "../../membership/signed-request.js";
import { type ErrorCode, ListSealError } from "../../protocol/errors.js";
import { readSealingKey } from "../../protocol/keys.js";
import { assertInWindow, PAST_WINDOW_MS } from "../../protocol/policy.js";
import { NOTICE_INTERVAL_MS, REPLAY_MARGIN_MS } from "../kept/limits.js";
import type { ListInUse } from "../kept/lists-in-use.js";
import type { Decided, Member, Store } from "../kept/store.js";

/** What became of a command. */
export type CommandOutcome =
  | {
      readonly kind: Decided["kind"];
      readonly verdict: Verdict;
      readonly postId: number;
      readonly copies: number;
    }
  /** the mail holds no command */
  | { readonly kind: "no-command" }
  /** `code`: for the log; the sender hears one uniform reply */
  | { readonly kind: "refused"; readonly code: ErrorCode };

const verdicts = ["release", "reject"] as const;
type Verdict = (typeof verdicts)[number];

/** A command's mail is small: the command, and what a mail program writes around it. */
const MAX_COMMAND_MAIL_BYTES = 4 * MAX_REQUEST_BYTES;

/** A post's number as a command names it: digits, no more than are exact in a number. */
const postNumber = /^[1-9]\d{0,14}$/;

/**
 * Carries out the command in `raw`, a mail to the list's request address, once.
 *
 * @throws only what is our own fault (a store that can't write)
 */
export async function takeCommand(
  store: Store,
  list: ListInUse,
  raw: Uint8Array,
  now: number,
): Promise<CommandOutcome> {
  try {
    const command = await readCommand(store, list, raw, now);
    if (command === undefined) return { kind: "no-command" };
    const { verdict, postId, signer, request } = command;
    const remembered = {
      listId: list.list.id,
      signer: signer.fingerprint,
      id: request.id,
      keptUntil: request.signedAt.getTime() + PAST_WINDOW_MS + REPLAY_MARGIN_MS,
    };
    const decided =
      verdict === "release"
        ? await store.releasePost(postId, remembered, now)
        : await store.rejectPost(postId, remembered);
    // a captured command that is sent again must not flood the moderator
    const interval = decided.kind === "done" ? 0 : NOTICE_INTERVAL_MS;
    await store.queueNotice(signer.id, `${verdict}-${decided.kind} ${postId}`, now, interval);
    return { kind: decided.kind, verdict, postId, copies: decided.kind === "done" ? decided.copies : 0 };
  } catch (error) {
    if (error instanceof ListSealError) return { kind: "refused", code: error.code };
    throw error;
  }
}

interface ReadCommand {
  readonly verdict: Verdict;
  readonly postId: number;
  readonly signer: Member;
  readonly request: SignedRequest;
}

async function readCommand(
  store: Store,
  list: ListInUse,
  raw: Uint8Array,
  now: number,
): Promise<ReadCommand | undefined> {
  const mail = await readMail(raw);
  if (mail === undefined) return undefined;
  const signer = await store.memberByAddress(list.list.id, mail.from);
  if (signer === undefined) throw new ListSealError("unknown-author", "no member of that address");
  const armored = await openRequest(mail.sealed, list.server);
  const key = await readSealingKey("member", signer.certificate);
  for (const verdict of verdicts) {
    let request: SignedRequest;
    try {
      request = await readRequest(armored, { kind: verdict, list: list.address }, key, new Date(now));
    } catch (error) {
      // the signature is good, and it says something else
      if (error instanceof ListSealError && error.code === "wrong-kind" && verdict !== verdicts.at(-1))
        continue;
      throw error;
    }
    assertInWindow(request.signedAt, new Date(now));
    // asked last: who may decide is nobody's business who can't sign
    if (signer.role !== "moderator" && signer.role !== "owner")
      throw new ListSealError("unknown-author", "not a moderator's command");
    const post = request.fields.line("post", 15);
    if (!postNumber.test(post)) throw new ListSealError("damaged", "not a post's number");
    return { verdict, postId: Number(post), signer, request };
  }
  return undefined;
}

async function readMail(raw: Uint8Array): Promise<{ from: string; sealed: Uint8Array } | undefined> {
  if (raw.length > MAX_COMMAND_MAIL_BYTES) return undefined;
  const email = await PostalMime.parse(raw, { attachmentEncoding: "arraybuffer", maxNestingDepth: 8 });
  const [part, another] = email.attachments.filter(({ mimeType }) => mimeType.toLowerCase() === requestType);
  if (part === undefined || another !== undefined) return undefined;
  const [from, second] = email.headers.filter(({ key }) => key === "from");
  if (from === undefined || second !== undefined) return undefined;
  return { from: parseMailbox(from.value).address, sealed: contentOf(part) };
}
