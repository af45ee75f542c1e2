import { AddonError } from "../../platform/errors.js";
import type { Caller, HandlersOf, InputOf, OutputOf } from "../../platform/rpc/call.js";
import { outcomeOf, unwrap } from "../../platform/rpc/outcome.js";
import type { Call, CallHandlers, PageCalls } from "../calls/page-calls.js";

/**
 * A page's calls, done in the page. In Thunderbird they cross to the background page; in a browser each page does its own
 * work: Chromium's background is a service worker, which has no Worker for cryptography, saves no file, and is stopped after
 * a while whatever it is doing. What a page shows is the same: the call's value, or a ListSealError with its code.
 */
export function localCall(handlers: Partial<CallHandlers>): Call {
  return async <K extends keyof PageCalls>(
    name: K,
    input: InputOf<PageCalls[K]>,
  ): Promise<OutputOf<PageCalls[K]>> => {
    const handler = handlers[name];
    if (handler === undefined) throw new AddonError("foreign-caller", `no ${name} in a browser`);
    return unwrap(await outcomeOf<OutputOf<PageCalls[K]>>(() => handler(input), "worker-failed"));
  };
}

/** The same for another table, all of which is answered. */
export function localCaller<T>(handlers: HandlersOf<T>): Caller<T> {
  return async <K extends keyof T & string>(name: K, input: InputOf<T[K]>): Promise<OutputOf<T[K]>> =>
    unwrap(await outcomeOf<OutputOf<T[K]>>(() => handlers[name](input), "worker-failed"));
}
