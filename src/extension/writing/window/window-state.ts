import {
  type Check,
  count,
  flag,
  listOf,
  object,
  oneOf,
  orNull,
  text,
} from "../../../membership/file/check.js";
import { browser } from "../../platform/browser.js";
import { errorCodes } from "../../platform/errors.js";
import { type ComposeNotice, notices, type SendBlocker } from "../compose-status.js";
import { type GuardName, guardNames } from "../guard-names.js";

/** What is remembered of one compose window. It lives in `storage.session`, so that it survives the event page. */
export interface WindowState {
  readonly sealing: "off" | "on";
  /** `recipients`: follows the recipients. `hand`: the person pressed the button; it stays as they left it. */
  readonly decidedBy: "recipients" | "hand";
  readonly listAddress: string | null;
  readonly drafts: "this-computer" | "as-usual";
  /** Whether what Thunderbird has begun to write was looked at (`settle.ts`); nothing leaves before. */
  readonly quote: "pending" | "settled";
  /** The mail quotes, or may quote, what came sealed. */
  readonly quotesSealed: boolean;
  /** The list whose mail that is, where it is known. */
  readonly quotedList: string | null;
  /** Questions to which the person has said: send it so. */
  readonly answered: readonly GuardName[];
  /** To whom the mail went when they said so (`addressed` in recipients.ts): to others it is asked again. */
  readonly answeredFor: string;
  /** The readable draft that Thunderbird has saved outside of this computer. */
  readonly serverDraft: number | null;
  /** The sealed draft that was put on the server from this window. */
  readonly keptDraft: number | null;
  /** The sealed draft on the server that was opened in this window; the first save here takes its place. */
  readonly openedDraft: number | null;
  /** Something that the person should know, until they have looked at it. */
  readonly notice: ComposeNotice | null;
  /**
   * `sealing`: a page that starts and finds this was ended while it sealed. `sealed`: what was sealed in this window, and nothing
   * else, is in it until it is known whether it has left (see `recover.ts`).
   */
  readonly phase: "writing" | "sealing" | "sealed";
  /** Which of the two buttons was pressed last: an answer goes on with the same. */
  readonly sendMode: "sendNow" | "sendLater";
  readonly hindrance: SendBlocker | null;
}

export const freshState: WindowState = {
  sealing: "off",
  decidedBy: "recipients",
  listAddress: null,
  drafts: "as-usual",
  quote: "pending",
  quotesSealed: false,
  quotedList: null,
  answered: [],
  answeredFor: "",
  serverDraft: null,
  keptDraft: null,
  openedDraft: null,
  notice: null,
  phase: "writing",
  sendMode: "sendNow",
  hindrance: null,
};

type One<K extends SendBlocker["kind"]> = Extract<SendBlocker, { readonly kind: K }>;

const named = object<{ readonly kind: string }>({ kind: text });
const failed = object<One<"failed">>({
  kind: oneOf("failed"),
  doing: oneOf("sending", "keeping", "opening"),
  code: oneOf(...errorCodes),
});
const locked = object<One<"locked">>({
  kind: oneOf("locked"),
  doing: oneOf("sending", "keeping"),
  fingerprint: text,
  address: text,
});
const withOthers = object<One<"other-recipients" | "bcc" | "address-book-list">>({
  kind: oneOf("other-recipients", "bcc", "address-book-list"),
  others: listOf(text),
});
const withWord = object<One<"missing-attachment">>({ kind: oneOf("missing-attachment"), word: text });
const bare = object<{ readonly kind: "clear-to-list" | "sealed-quote" | "settled-late" | "no-list" }>({
  kind: oneOf("clear-to-list", "sealed-quote", "settled-late", "no-list"),
});

const almost = object<One<"almost-list">>({ kind: oneOf("almost-list"), typed: text, list: text });
const quotedFrom = object<One<"other-list-quote">>({ kind: oneOf("other-list-quote"), from: text });

const hindrance: Check<SendBlocker> = (value) => {
  switch (named(value).kind) {
    case "failed":
      return failed(value);
    case "locked":
      return locked(value);
    case "almost-list":
      return almost(value);
    case "other-list-quote":
      return quotedFrom(value);
    case "other-recipients":
    case "bcc":
    case "address-book-list":
      return withOthers(value);
    case "missing-attachment":
      return withWord(value);
    default:
      return bare(value);
  }
};

const fields = object<{ readonly [K in keyof WindowState]: WindowState[K] }>({
  sealing: oneOf("off", "on"),
  decidedBy: oneOf("recipients", "hand"),
  listAddress: orNull(text),
  drafts: oneOf("this-computer", "as-usual"),
  quote: oneOf("pending", "settled"),
  quotesSealed: flag,
  quotedList: orNull(text),
  answered: listOf(oneOf(...guardNames)),
  answeredFor: text,
  serverDraft: orNull(count),
  keptDraft: orNull(count),
  openedDraft: orNull(count),
  notice: orNull(oneOf(...notices)),
  phase: oneOf("writing", "sealing", "sealed"),
  sendMode: oneOf("sendNow", "sendLater"),
  hindrance: orNull(hindrance),
});

const name = (tabId: number) => `compose-${tabId}`;

export async function stateOf(tabId: number): Promise<WindowState> {
  const found = await browser.storage.session.get(name(tabId));
  const kept = found[name(tabId)];
  return typeof kept === "object" ? fields({ ...freshState, ...kept }) : freshState;
}

let queue: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const next = queue.then(work);
  queue = next.catch(() => undefined);
  return next;
}

/**
 * Changes what is remembered of a window and gives the new state. One change after the other: of two at once, the second
 * would write down what the first has not changed yet.
 */
export function changeState(tabId: number, change: Partial<WindowState>): Promise<WindowState> {
  return inTurn(async () => {
    const kept = { ...(await stateOf(tabId)), ...change };
    await browser.storage.session.set({ [name(tabId)]: kept });
    return kept;
  });
}

export function forgetState(tabId: number): Promise<void> {
  return inTurn(() => browser.storage.session.remove(name(tabId)));
}
