import { ListSealError } from "../protocol/errors.js";
import { type Check, count, flag, nothing, object, oneOf } from "./check.js";
import type { DisplayAnswer } from "./display/view.js";
import { type Outcome, outcomeOf, unwrap } from "./failure.js";
import { browser, type Runtime } from "./platform.js";

/**
 * What the message display script asks of the background page, over plain `runtime.sendMessage`.
 *
 * Why not webext-bridge here: its port reconnects, which starts the event page again as soon as it sleeps, for as
 * long as any mail is shown. And here the role is what the browser itself says of the sender, not what the sender says.
 * No answer holds a key, and only an answer about the very message that the sender's tab shows holds opened text.
 */
export interface Asks {
  /**
   * What is this mail? Opens it if it is sealed; `elsewhere`: also if the sealed part stands in a foreign shell.
   * `likely`: it looks as if it were sealed, and its reader waits.
   */
  display: {
    readonly input: { readonly open: "in-its-own-shell" | "elsewhere"; readonly likely: boolean };
    readonly output: DisplayAnswer;
  };
  /** Save attachment number `attachment` of the opened mail that the tab shows. */
  save: { readonly input: { readonly attachment: number }; readonly output: { readonly download: number } };
  /** Show what was saved as this download in the file manager. */
  showSaved: { readonly input: { readonly download: number }; readonly output: null };
  /** Save all of them. */
  saveAll: { readonly input: null; readonly output: { readonly saved: boolean } };
  /** Open the page where the key of the mail's author is compared. */
  compare: { readonly input: null; readonly output: null };
  /** Attachment number `attachment` as a picture: a `data:` address. Only images of the types that are shown. */
  preview: { readonly input: { readonly attachment: number }; readonly output: { readonly address: string } };
  /** Save the opened mail itself, readable, as an .eml file. */
  saveMail: { readonly input: null; readonly output: { readonly saved: boolean } };
  /** Take the invitation of the mail that the tab shows to the page that asks for its code. */
  join: { readonly input: null; readonly output: null };
  /** Open the options page (to unlock a key, to import an invitation). */
  settings: { readonly input: null; readonly output: null };
}

const checks: { readonly [K in keyof Asks]: Check<Asks[K]["input"]> } = {
  display: object<Asks["display"]["input"]>({ open: oneOf("in-its-own-shell", "elsewhere"), likely: flag }),
  save: object<Asks["save"]["input"]>({ attachment: count }),
  showSaved: object<Asks["showSaved"]["input"]>({ download: count }),
  saveAll: nothing,
  compare: nothing,
  preview: object<Asks["preview"]["input"]>({ attachment: count }),
  saveMail: nothing,
  join: nothing,
  settings: nothing,
};

export type AskHandlers = {
  readonly [K in keyof Asks]: (input: Asks[K]["input"], tabId: number) => Promise<Asks[K]["output"]>;
};

/** Opening 25 MB takes seconds on a slow machine; an answer that takes longer than this will not come. */
const ANSWER_MS = 180_000;

function isAsk(value: unknown): value is { readonly ask: string; readonly input: unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    "ask" in value &&
    typeof value.ask === "string" &&
    "input" in value
  );
}

function isName(name: string): name is keyof Asks {
  return Object.hasOwn(checks, name);
}

/**
 * The tab of a display script, or undefined for any other sender. A message display script runs in a message
 * document, so its sender has a tab and an address that is not one of our pages.
 */
export function displayTab(sender: Pick<Runtime.MessageSender, "id" | "url" | "tab">): number | undefined {
  if (sender.id !== browser.runtime.id) return undefined;
  if (sender.url?.startsWith(browser.runtime.getURL("")) ?? false) return undefined;
  return sender.tab?.id;
}

/** Registers the background page's side. Must be called while the page starts, so that an ask can wake it. */
export function answerAsks(handlers: AskHandlers): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (!isAsk(message) || !isName(message.ask)) return undefined;
    const tabId = displayTab(sender);
    if (tabId === undefined) return Promise.resolve({ ok: false, code: "wrong-role" });
    return run(handlers, message.ask, message.input, tabId);
  });
}

function run<K extends keyof Asks>(
  handlers: AskHandlers,
  name: K,
  input: unknown,
  tabId: number,
): Promise<Outcome<Asks[K]["output"]>> {
  return outcomeOf(() => handlers[name](checks[name](input), tabId), "worker-failed");
}

function isOutcome<T>(value: unknown): value is Outcome<T> {
  return typeof value === "object" && value !== null && "ok" in value;
}

/**
 * Asks the background page from the display script.
 * @throws ListSealError with the background page's code, or `timed-out`, or `worker-failed` if nobody answered.
 */
export async function ask<K extends keyof Asks>(
  name: K,
  input: Asks[K]["input"],
): Promise<Asks[K]["output"]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ListSealError("timed-out", `no answer to ${name}`)), ANSWER_MS);
  });
  try {
    const answer: unknown = await Promise.race([browser.runtime.sendMessage({ ask: name, input }), late]);
    if (!isOutcome<Asks[K]["output"]>(answer))
      throw new ListSealError("worker-failed", `no answer to ${name}`);
    return unwrap(answer);
  } finally {
    clearTimeout(timer);
  }
}
