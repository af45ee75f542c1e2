import type { CommandName } from "../../../membership/request/command-names.js";
import type { RestoreSummary } from "../../backup/backup.js";
import type { MemberKeySummary } from "../../keys/unlocked.js";
import type { InvitationSummary, JoinInput } from "../../member/join.js";
import type { OfferedFile } from "../../member/offered-invitation.js";
import type { HeldPostsOfList } from "../../moderation/held-posts-record.js";
import { guardBridge } from "../../platform/bridge-guard.js";
import {
  type Check,
  count,
  fileText,
  flag,
  nothing,
  object,
  oneOf,
  orNull,
  recordOf,
  text,
} from "../../platform/check.js";
import { AddonError, type ErrorCode } from "../../platform/errors.js";
import type { Comparison } from "../../reading/comparison.js";
import type { CopyPolicy } from "../../reading/local-copies/choice.js";
import type { WantedKey } from "../../reading/wanted-comparison.js";
import type { ListSummary, RefusedJoin } from "../../records/storage.js";
import type { RequestMailParts } from "../../requests/by-hand.js";
import type { RequestSummary } from "../../requests/pending.js";
import { type Outcome, outcomeOf, unwrap } from "../../ui/failure.js";
import type { ComposeStatus } from "../../writing/compose-status.js";
import { type GuardName, type GuardSwitches, guardNames } from "../../writing/guard-names.js";
import { type OwnerCalls, ownerChecks } from "./owner-calls.js";
import { type SettingsCalls, settingsChecks } from "./settings-calls.js";

/**
 * What our own pages (options, the compose button's popup) ask of the background page. The only file that imports
 * webext-bridge, and the only way between those pages and the background.
 *
 * **No private key crosses here**: the pages name a key by its fingerprint and get summaries, public certificates and
 * yes or no. A passphrase or an invitation's code goes in, because a person types it into a page; nothing like it comes out.
 *
 * The bridge is used for its transport alone (facts learned: it believes claimed origins, drops queued messages,
 * rethrows what a handler throws and never times out): one message id, answers as data, a time limit on each call.
 */
export interface Calls extends OwnerCalls, SettingsCalls, ComposeCalls {
  /** Which questions are asked before sending: for a page with switches. */
  "guards:read": { readonly input: null; readonly output: GuardSwitches };
  "guards:switch": {
    readonly input: { readonly guard: GuardName; readonly asks: boolean };
    readonly output: GuardSwitches;
  };
  "key:unlock": {
    readonly input: { readonly fingerprint: string; readonly passphrase: string };
    readonly output: null;
  };
  "key:lock": { readonly input: null; readonly output: null };
  "key:make": {
    readonly input: {
      readonly address: string;
      readonly name: string | null;
      readonly passphrase: string | null;
      readonly profile: "compatible" | "rfc9580";
    };
    readonly output: MemberKeySummary;
  };
  /** Posts that wait for a moderator, as the server last told; null if it was not asked. */
  "held:read": { readonly input: { readonly list: string }; readonly output: HeldPostsOfList | null };
  "held:ask": { readonly input: { readonly list: string }; readonly output: null };
  "held:decide": {
    readonly input: {
      readonly list: string;
      readonly decision: "release" | "reject";
      readonly author: string;
      readonly messageId: string;
    };
    readonly output: null;
  };
  /** Revokes a key that was stolen or lost, and tells the lists' servers. */
  "key:revoke": { readonly input: { readonly fingerprint: string }; readonly output: MemberKeySummary };
  "key:renew": { readonly input: { readonly fingerprint: string }; readonly output: MemberKeySummary };
  "key:protect": {
    readonly input: {
      readonly fingerprint: string;
      readonly current: string | null;
      readonly next: string | null;
    };
    readonly output: MemberKeySummary;
  };
  "key:save-public": { readonly input: { readonly fingerprint: string }; readonly output: null };
  "key:public": {
    readonly input: { readonly fingerprint: string };
    readonly output: { readonly armored: string };
  };
  overview: {
    readonly input: null;
    readonly output: OverviewAnswer;
  };
  /** The invitation of the mail in which "Join the list" was pressed; once. */
  "join:offered": { readonly input: null; readonly output: OfferedFile | null };
  /** The author's key that a person came to compare; once. */
  "compare:wanted": { readonly input: null; readonly output: Comparison | null };
  /** The person has typed digits of this key that its holder read to them. */
  "compare:confirm": { readonly input: WantedKey; readonly output: null };
  /** `file`: the invitation in base64. Changes nothing. */
  "join:look": {
    readonly input: { readonly file: string; readonly code: string };
    readonly output: InvitationSummary;
  };
  "join:start": { readonly input: JoinInput; readonly output: RequestSummary };
  /** Takes a join back, or its refusal away. */
  "join:forget": { readonly input: { readonly address: string }; readonly output: null };
  "list:leave": { readonly input: { readonly address: string }; readonly output: RequestSummary };
  "list:use-key": {
    readonly input: { readonly address: string; readonly fingerprint: string };
    readonly output: ListSummary;
  };
  "list:remove": { readonly input: { readonly address: string }; readonly output: null };
  /** Whether readable copies of a list's mail are kept here. */
  "copies:choose": {
    readonly input: { readonly list: string; readonly keeping: CopyPolicy };
    readonly output: null;
  };
  /** Saves a backup under a passphrase that the page has made and shows, or that the person chose. */
  "backup:make": { readonly input: { readonly passphrase: string }; readonly output: null };
  /** `file`: the backup in base64. Changes nothing. */
  "backup:look": {
    readonly input: { readonly file: string; readonly passphrase: string };
    readonly output: RestoreSummary;
  };
  /** `agreed`: by the id of each move that was shown, whether the person agreed to it. */
  "backup:restore": {
    readonly input: {
      readonly file: string;
      readonly passphrase: string;
      readonly agreed: Readonly<Record<string, boolean>>;
    };
    readonly output: null;
  };
  /** Looks for answers that arrived unseen, and gives what still waits. */
  "requests:look": { readonly input: null; readonly output: readonly RequestSummary[] };
  "requests:again": { readonly input: { readonly id: string }; readonly output: RequestSummary };
  "requests:forget": { readonly input: { readonly id: string }; readonly output: null };
  /** What to type where, for a request that the person sends. */
  "requests:parts": { readonly input: { readonly id: string }; readonly output: PartsView };
  "requests:save": {
    readonly input: { readonly id: string; readonly as: "mail" | "attachment" };
    readonly output: null;
  };
  /** The person has sent it. */
  "requests:sent": { readonly input: { readonly id: string }; readonly output: RequestSummary };
}

/** What the compose button's popup asks for: in Thunderbird alone. */
export interface ComposeCalls {
  "compose:status": { readonly input: { readonly tabId: number }; readonly output: ComposeStatus };
  "compose:answer": {
    readonly input: {
      readonly tabId: number;
      readonly answer: ComposeAnswer;
      /** The guard whose question is answered, if it was one. */
      readonly about: GuardName | null;
      /** `send-anyway`: the guard asks no more from now on. */
      readonly dontAsk: boolean;
    };
    readonly output: ComposeStatus;
  };
}

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
  /** ISO 8601; null if there is no backup of what is here. */
  readonly backedUpAt: string | null;
  /** Joins that the server has refused. */
  readonly refused: readonly RefusedJoin[];
  /** Requests that wait for their answer. */
  readonly requests: readonly RequestSummary[];
  /** The last answer about a list, where it was a refusal. */
  readonly refusals: readonly { readonly list: string; readonly do: CommandName; readonly code: ErrorCode }[];
}

/** What a person may answer in the compose button's popup. */
export type ComposeAnswer =
  | "turn-on"
  | "turn-off"
  | "list-only"
  | "use-list"
  | "send-anyway"
  | "stop"
  | "dismiss";

const checks: { readonly [K in keyof Calls]: Check<Calls[K]["input"]> } = {
  ...ownerChecks,
  ...settingsChecks,
  "compose:status": object<Calls["compose:status"]["input"]>({ tabId: count }),
  "compose:answer": object<Calls["compose:answer"]["input"]>({
    tabId: count,
    answer: oneOf("turn-on", "turn-off", "list-only", "use-list", "send-anyway", "stop", "dismiss"),
    about: orNull(oneOf(...guardNames)),
    dontAsk: flag,
  }),
  "guards:read": nothing,
  "guards:switch": object<Calls["guards:switch"]["input"]>({ guard: oneOf(...guardNames), asks: flag }),
  "key:unlock": object<Calls["key:unlock"]["input"]>({ fingerprint: text, passphrase: text }),
  "key:lock": nothing,
  "key:make": object<Calls["key:make"]["input"]>({
    address: text,
    name: orNull(text),
    passphrase: orNull(text),
    profile: oneOf("compatible", "rfc9580"),
  }),
  "key:protect": object<Calls["key:protect"]["input"]>({
    fingerprint: text,
    current: orNull(text),
    next: orNull(text),
  }),
  "key:renew": object<Calls["key:renew"]["input"]>({ fingerprint: text }),
  "key:revoke": object<Calls["key:revoke"]["input"]>({ fingerprint: text }),
  "held:read": object<Calls["held:read"]["input"]>({ list: text }),
  "held:ask": object<Calls["held:ask"]["input"]>({ list: text }),
  "held:decide": object<Calls["held:decide"]["input"]>({
    list: text,
    decision: oneOf("release", "reject"),
    author: text,
    messageId: text,
  }),
  "key:save-public": object<Calls["key:save-public"]["input"]>({ fingerprint: text }),
  "key:public": object<Calls["key:public"]["input"]>({ fingerprint: text }),
  overview: nothing,
  "join:offered": nothing,
  "compare:wanted": nothing,
  "compare:confirm": object<WantedKey>({ list: text, address: text, fingerprint: text }),
  "join:look": object<Calls["join:look"]["input"]>({ file: text, code: text }),
  "join:start": object<JoinInput>({ file: text, code: text, name: orNull(text), passphrase: orNull(text) }),
  "join:forget": object<Calls["join:forget"]["input"]>({ address: text }),
  "list:leave": object<Calls["list:leave"]["input"]>({ address: text }),
  "list:use-key": object<Calls["list:use-key"]["input"]>({ address: text, fingerprint: text }),
  "list:remove": object<Calls["list:remove"]["input"]>({ address: text }),
  "copies:choose": object<Calls["copies:choose"]["input"]>({ list: text, keeping: oneOf("off", "opened") }),
  "backup:make": object<Calls["backup:make"]["input"]>({ passphrase: text }),
  "backup:look": object<Calls["backup:look"]["input"]>({ file: fileText, passphrase: text }),
  "backup:restore": object<Calls["backup:restore"]["input"]>({
    file: fileText,
    passphrase: text,
    agreed: recordOf(flag),
  }),
  "requests:look": nothing,
  "requests:again": object<Calls["requests:again"]["input"]>({ id: text }),
  "requests:forget": object<Calls["requests:forget"]["input"]>({ id: text }),
  "requests:parts": object<Calls["requests:parts"]["input"]>({ id: text }),
  "requests:save": object<Calls["requests:save"]["input"]>({ id: text, as: oneOf("mail", "attachment") }),
  "requests:sent": object<Calls["requests:sent"]["input"]>({ id: text }),
};

export type CallHandlers = {
  readonly [K in keyof Calls]: (input: Calls[K]["input"]) => Promise<Calls[K]["output"]>;
};

/** The bridge's one message id. */
const ID = "listseal";

/** Making a key, or stretching a passphrase, takes seconds on a slow machine; more than this is a failure. */
const ANSWER_MS = 60_000;

function isName(name: unknown): name is keyof Calls {
  return typeof name === "string" && Object.hasOwn(checks, name);
}

function isCall(value: unknown): value is { readonly name: keyof Calls; readonly input: unknown } {
  return (
    typeof value === "object" && value !== null && "name" in value && isName(value.name) && "input" in value
  );
}

function run<K extends keyof Calls>(
  handlers: CallHandlers,
  name: K,
  input: unknown,
): Promise<Outcome<Calls[K]["output"]>> {
  return outcomeOf(() => handlers[name](checks[name](input)), "worker-failed");
}

/**
 * The answer to one call as it came over the bridge. Never rejects: the bridge would rethrow.
 * Exported for the tests, which send it what no page of ours sends.
 */
export async function answerCall(handlers: CallHandlers, data: unknown): Promise<Outcome<unknown>> {
  if (!isCall(data)) return { ok: false, code: "foreign-caller" };
  return run(handlers, data.name, data.input);
}

/**
 * The background page's side. Call it while the page starts, before anything is awaited.
 * @param handlers loads them, with the first call
 */
export function answerCalls(handlers: () => Promise<CallHandlers>): void {
  const open = guardBridge();
  const notLoaded = (): Outcome<unknown> => ({ ok: false, code: "worker-failed" });
  void import("webext-bridge/background").then(({ onMessage }) => {
    onMessage(ID, async ({ data }) =>
      JSON.stringify(await handlers().then((loaded) => answerCall(loaded, data), notLoaded)),
    );
    open();
  });
}

/** Asks the background page from one of our pages. */
export type Call = <K extends keyof Calls>(name: K, input: Calls[K]["input"]) => Promise<Calls[K]["output"]>;

function isOutcome<T>(value: unknown): value is Outcome<T> {
  return typeof value === "object" && value !== null && "ok" in value;
}

/**
 * Opens the way from a page to the background.
 * The returned function throws ListSealError: the background's code, `timed-out`, or `worker-failed`.
 */
export async function connect(page: "options" | "popup"): Promise<Call> {
  const { sendMessage } =
    page === "options" ? await import("webext-bridge/options") : await import("webext-bridge/popup");
  return async <K extends keyof Calls>(name: K, input: Calls[K]["input"]): Promise<Calls[K]["output"]> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new AddonError("timed-out", `no answer to ${name}`)), ANSWER_MS);
    });
    try {
      const reply: unknown = await Promise.race([sendMessage(ID, { name, input }, "background"), late]);
      const answer: unknown = typeof reply === "string" ? JSON.parse(reply) : null;
      if (!isOutcome<Calls[K]["output"]>(answer))
        throw new AddonError("worker-failed", `no answer to ${name}`);
      return unwrap(answer);
    } finally {
      clearTimeout(timer);
    }
  };
}
