import {
  count,
  fileText,
  flag,
  nothing,
  object,
  oneOf,
  orNull,
  recordOf,
  text,
} from "../../../membership/file/check.js";
import type { CommandName } from "../../../membership/request/command-names.js";
import { profiles } from "../../../openpgp/profiles.js";
import type { RestoreSummary } from "../../backup/backup.js";
import type { LockAfter } from "../../keys/lock-after.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import type { InvitationSummary } from "../../member/join.js";
import type { OfferedFile } from "../../member/offered-invitation.js";
import type { HeldPostsOfList } from "../../moderation/held-posts-record.js";
import type { ErrorCode } from "../../platform/errors.js";
import { type Caller, call, type HandlersOf } from "../../platform/rpc/call.js";
import type { Comparison } from "../../reading/comparison.js";
import type { ListSummary, RefusedJoin } from "../../records/storage.js";
import type { RequestMailParts } from "../../requests/by-hand.js";
import type { RequestSummary } from "../../requests/pending.js";
import type { ComposeStatus } from "../../writing/compose-status.js";
import { type GuardSwitches, guardNames } from "../../writing/guard-names.js";
import { ownerCalls } from "./owner-calls.js";
import { settingsCalls } from "./settings-calls.js";

/**
 * What the options page asks of the background page, its tabs for owners and for keys and settings aside. In a browser, the
 * page does all of it itself (`app/browser/local-calls.ts`).
 *
 * **No private key crosses here**: the pages name a key by its fingerprint and get summaries, public certificates and
 * yes or no. A passphrase or an invitation's code goes in, because a person types it into a page; nothing like it comes out.
 */
const optionsCalls = {
  /** Which questions are asked before sending: for a page with switches. */
  "guards:read": call(nothing).gives<GuardSwitches>(),
  "guards:switch": call(object({ guard: oneOf(...guardNames), asks: flag })).gives<GuardSwitches>(),

  "key:unlock": call(object({ fingerprint: text, passphrase: text })).gives<null>(),
  "key:lock": call(nothing).gives<null>(),
  "key:make": call(
    object({
      address: text,
      name: orNull(text),
      passphrase: orNull(text),
      profile: oneOf(...profiles),
    }),
  ).gives<MemberKeySummary>(),
  /** Revokes a key that was stolen or lost, and tells the lists' servers. */
  "key:revoke": call(object({ fingerprint: text })).gives<MemberKeySummary>(),
  "key:renew": call(object({ fingerprint: text })).gives<MemberKeySummary>(),
  "key:protect": call(
    object({ fingerprint: text, current: orNull(text), next: orNull(text) }),
  ).gives<MemberKeySummary>(),
  "key:save-public": call(object({ fingerprint: text })).gives<null>(),
  "key:public": call(object({ fingerprint: text })).gives<{ readonly armored: string }>(),

  /** Posts that wait for a moderator, as the server last told; null if it was not asked. */
  "held:read": call(object({ list: text })).gives<HeldPostsOfList | null>(),
  "held:ask": call(object({ list: text })).gives<null>(),
  "held:decide": call(
    object({ list: text, decision: oneOf("release", "reject"), author: text, messageId: text }),
  ).gives<null>(),

  overview: call(nothing).gives<OverviewAnswer>(),

  /** The author's key that a person came to compare; once. */
  "compare:wanted": call(nothing).gives<Comparison | null>(),
  /** The person has typed digits of this key that its holder read to them. */
  "compare:confirm": call(object({ list: text, address: text, fingerprint: text })).gives<null>(),

  /** The invitation of the mail in which "Join the list" was pressed; once. */
  "join:offered": call(nothing).gives<OfferedFile | null>(),
  /** `file`: the invitation in base64. Changes nothing. */
  "join:look": call(object({ file: text, code: text })).gives<InvitationSummary>(),
  "join:start": call(
    object({ file: text, code: text, name: orNull(text), passphrase: orNull(text) }),
  ).gives<RequestSummary>(),
  /** Takes a join back, or its refusal away. */
  "join:forget": call(object({ address: text })).gives<null>(),

  "list:leave": call(object({ address: text })).gives<RequestSummary>(),
  "list:use-key": call(object({ address: text, fingerprint: text })).gives<ListSummary>(),
  "list:remove": call(object({ address: text })).gives<null>(),
  /** Deletes the former list keys that ended at that moment or before, for good. */
  "list:delete-keys": call(object({ address: text, until: text })).gives<null>(),
  /** Whether readable copies of a list's mail are kept here. */
  "copies:choose": call(object({ list: text, keeping: oneOf("off", "opened") })).gives<null>(),

  /** Saves a backup under a passphrase that the page has made and shows, or that the person chose. */
  "backup:make": call(object({ passphrase: text })).gives<null>(),
  /** `file`: the backup in base64. Changes nothing. */
  "backup:look": call(object({ file: fileText, passphrase: text })).gives<RestoreSummary>(),
  /** `agreed`: by the id of each move that was shown, whether the person agreed to it. */
  "backup:restore": call(object({ file: fileText, passphrase: text, agreed: recordOf(flag) })).gives<null>(),

  /** Looks for answers that arrived unseen, and gives what still waits. */
  "requests:look": call(nothing).gives<readonly RequestSummary[]>(),
  "requests:again": call(object({ id: text })).gives<RequestSummary>(),
  "requests:forget": call(object({ id: text })).gives<null>(),
  /** What to type where, for a request that the person sends. */
  "requests:parts": call(object({ id: text })).gives<PartsView>(),
  "requests:save": call(object({ id: text, as: oneOf("mail", "attachment") })).gives<null>(),
  /** The person has sent it. */
  "requests:sent": call(object({ id: text })).gives<RequestSummary>(),
};

/** What a person may answer in the compose button's popup. All but the last four go on with sending the mail. */
const composeAnswers = [
  ...(["turn-on", "list-only", "use-list", "send-anyway", "send-in-clear", "send", "keep-draft"] as const),
  ...(["turn-off", "stop", "dismiss"] as const),
] as const;
export type ComposeAnswer = (typeof composeAnswers)[number];

/** What the compose button's popup asks for: in Thunderbird alone. */
export const composeCalls = {
  "compose:status": call(object({ tabId: count })).gives<ComposeStatus>(),
  /**
   * `about`: the guard whose question is answered, if it was one. `dontAsk`, with `send-anyway`: the guard asks no more from
   * now on.
   */
  "compose:answer": call(
    object({
      tabId: count,
      answer: oneOf(...composeAnswers),
      about: orNull(oneOf(...guardNames)),
      dontAsk: flag,
    }),
  ).gives<ComposeStatus>(),
};

/** All that pages of ours ask over the bridge. */
export const pageCalls = { ...optionsCalls, ...ownerCalls, ...settingsCalls, ...composeCalls };
export type PageCalls = typeof pageCalls;

/** Asks for the work of a page of ours. */
export type Call = Caller<PageCalls>;
/** Does it. */
export type CallHandlers = HandlersOf<PageCalls>;

/** The parts of a request's mail as a page shows them: `fileName` is its attachment's. */
export interface PartsView extends Omit<RequestMailParts, "attachment"> {
  readonly fileName: string;
}

/** What the options page shows. */
export interface OverviewAnswer {
  readonly lists: readonly ListSummary[];
  readonly keys: readonly MemberKeySummary[];
  /** Addresses of the lists of which readable copies are kept here. */
  readonly copies: readonly string[];
  /** When unlocked keys lock by themselves. */
  readonly lockAfter: LockAfter;
  /** ISO 8601; null if there is no backup of what is here. */
  readonly backedUpAt: string | null;
  /** Joins that the server has refused. */
  readonly refused: readonly RefusedJoin[];
  /** Requests that wait for their answer. */
  readonly requests: readonly RequestSummary[];
  /** The last answer about a list, where it was a refusal. */
  readonly refusals: readonly { readonly list: string; readonly do: CommandName; readonly code: ErrorCode }[];
}
