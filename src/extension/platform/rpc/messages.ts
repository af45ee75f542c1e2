import { browser, type Runtime } from "../browser.js";
import {
  type Answering,
  type Caller,
  type CallMessage,
  caller,
  type EventListening,
  type InputOf,
} from "./call.js";
import type { Outcome } from "./outcome.js";
import { anyOfUs, type Sender } from "./senders.js";

/**
 * Calls over plain `runtime.sendMessage`: of the display script, of our pages about one mail, of frames and content scripts
 * in webmails.
 *
 * Why not webext-bridge here: its port reconnects, which starts the event page again as soon as it sleeps, for as long as any
 * mail is shown. And here the role is what the browser itself says of the sender, not what the sender says.
 */

/** Opening 25 MB takes seconds on a slow machine; an answer that takes longer than this will not come. */
const ANSWER_MS = 180_000;

/** Asks the background. Throws ListSealError: the background's code, `timed-out`, or `worker-failed` if nobody answered. */
export function askBackground<T>(): Caller<T> {
  return caller<T>((message) => browser.runtime.sendMessage(message), ANSWER_MS);
}

/** A table that the background answers, and who may ask it. */
export type AnsweredTable = (message: unknown, sender: Sender) => Promise<Outcome<unknown>> | undefined;

/** @param from what the handlers are told of who asks; undefined for those who may not */
export function answeredTable<Who>(
  from: (sender: Sender) => Who | undefined,
  answer: Answering<Who>,
): AnsweredTable {
  return (message, sender) => answer(message, from(sender));
}

/** The background's side. Call it once, while the background starts, so that a call can wake it. */
export function answerMessages(...doors: readonly AnsweredTable[]): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    for (const one of doors) {
      const answer = one(message, sender);
      if (answer !== undefined) return answer;
    }
    // another part's, or nobody's
    return undefined;
  });
}

/** Says something to our script in a tab, from the background. Most tabs have none, and nobody there listens. */
export function tellTab<T>(tabId: number) {
  return <K extends keyof T & string>(name: K, input: InputOf<T[K]>): void => {
    const message: CallMessage = { name, input };
    browser.tabs.sendMessage(tabId, message).catch(() => undefined);
  };
}

/** The script's side of what the background says. */
export function hearBackground(hear: EventListening): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (anyOfUs(sender) !== undefined) hear(message);
    return undefined;
  });
}
