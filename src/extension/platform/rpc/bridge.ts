import { guardBridge } from "../bridge-guard.js";
import { type Answering, type Caller, caller, foreignCaller } from "./call.js";
import type { Outcome } from "./outcome.js";

/**
 * Calls over webext-bridge: the only way between Thunderbird's background page and our own pages, and the only file that
 * imports it.
 *
 * The bridge is used for its transport alone (facts learned: it believes claimed origins, drops queued messages,
 * rethrows what a handler throws and never times out): one message id, answers as JSON text, a time limit on each call.
 */

/** The bridge's one message id. */
const ID = "listseal";

/** Making a key, or stretching a passphrase, takes seconds on a slow machine; more than this is a failure. */
const ANSWER_MS = 60_000;

/** The answer to one call as it came over the bridge. Never rejects: the bridge would rethrow. */
export async function answerCall(answer: Answering<null>, data: unknown): Promise<Outcome<unknown>> {
  return (await answer(data, null)) ?? foreignCaller;
}

/**
 * The background page's side. Call it while the page starts, before anything is awaited.
 * @param load loads the tables and who answers them, with the first call
 */
export function answerBridge(load: () => Promise<Answering<null>>): void {
  const open = guardBridge();
  const notLoaded = (): Outcome<unknown> => ({ ok: false, code: "worker-failed" });
  void import("webext-bridge/background").then(({ onMessage }) => {
    onMessage(ID, async ({ data }) =>
      JSON.stringify(await load().then((loaded) => answerCall(loaded, data), notLoaded)),
    );
    open();
  });
}

/**
 * Opens the way from one of our pages to the background.
 * The returned function throws ListSealError: the background's code, `timed-out`, or `worker-failed`.
 */
export async function connectBridge<T>(page: "options" | "popup"): Promise<Caller<T>> {
  const { sendMessage } =
    page === "options" ? await import("webext-bridge/options") : await import("webext-bridge/popup");
  return caller<T>(async ({ name, input }) => {
    if (!isJson(input)) throw new TypeError("the bridge takes JSON alone");
    const reply: unknown = await sendMessage(ID, { name, input }, "background");
    return typeof reply === "string" ? JSON.parse(reply) : null;
  }, ANSWER_MS);
}

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

function isJson(value: unknown): value is Json {
  if (value === null || ["boolean", "number", "string"].includes(typeof value)) return true;
  return typeof value === "object" && Object.values(value).every(isJson);
}
