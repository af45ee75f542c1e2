import { browser, type Runtime } from "../../platform/browser.js";
import { type Check, count, flag, nothing, object, text } from "../../platform/check.js";
import { AddonError } from "../../platform/errors.js";
import type { DisplayAnswer, Displayed } from "../../reading/view.js";
import { type Outcome, outcomeOf, unwrap } from "../../ui/failure.js";
import type { SecurityImage } from "../../ui/security-image.js";

/**
 * What the message display script asks of the background page, over plain `runtime.sendMessage`.
 *
 * Why not webext-bridge here: its port reconnects, which starts the event page again as soon as it sleeps, for as
 * long as any mail is shown. And here the role is what the browser itself says of the sender, not what the sender says.
 * No answer holds a key, and only an answer about the very message that the sender's tab shows holds opened text: never
 * what was sealed inside somebody else's mail, whose sender has a hand in the script's document.
 */
export interface Asks {
  /**
   * There is a trace of a sealed part: brings the rest of the display into the mail that the tab shows. `likely`: it looks as
   * if it were sealed, and its reader waits.
   */
  view: { readonly input: { readonly likely: boolean }; readonly output: null };
  /** What is this mail? Opens it if it is sealed and in a shell of its own. */
  display: { readonly input: { readonly likely: boolean }; readonly output: Displayed };
  /** Locks the keys if the time is over, and says when to ask again; null: the keys do not lock by themselves. */
  due: { readonly input: null; readonly output: { readonly inMs: number | null } };
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
  /** Open the options page (to unlock a key, to import an invitation). */
  settings: { readonly input: null; readonly output: null };
}

/** One message of a folder. The number alone is not enough: Thunderbird gives it out anew after each start. */
export type MessageRef = { readonly id: number; readonly headerMessageId: string };

/**
 * What our own pages about one mail ask: the popup of the button above a mail, and the page that shows what was sealed inside
 * somebody else's mail. Nothing of a sender is in those pages, so they may open it.
 */
export interface MailAsks {
  "mail:verdict": {
    readonly input: { readonly mail: MessageRef };
    readonly output: { readonly answer: DisplayAnswer; readonly mark: SecurityImage };
  };
  /** Opens a sealed part in whatever shell. */
  "mail:open": {
    readonly input: { readonly mail: MessageRef };
    readonly output: { readonly answer: DisplayAnswer; readonly mark: SecurityImage };
  };
  "mail:save": {
    readonly input: { readonly mail: MessageRef; readonly attachment: number };
    readonly output: { readonly download: number };
  };
  "mail:save-all": { readonly input: { readonly mail: MessageRef }; readonly output: null };
  "mail:save-mail": { readonly input: { readonly mail: MessageRef }; readonly output: null };
  "mail:preview": {
    readonly input: { readonly mail: MessageRef; readonly attachment: number };
    readonly output: { readonly address: string };
  };
  /** Opens the page where the key of its author is compared. */
  "mail:compare": { readonly input: { readonly mail: MessageRef }; readonly output: null };
  /** As `due` of {@link Asks}. */
  "mail:due": { readonly input: null; readonly output: { readonly inMs: number | null } };
  /** Takes the invitation of the mail to the page that asks for its code. */
  "mail:join": { readonly input: { readonly mail: MessageRef }; readonly output: null };
}

type Every = Asks & MailAsks;

const mail = object<MessageRef>({ id: count, headerMessageId: text });
const ofMail = object<{ readonly mail: MessageRef }>({ mail });
const ofAttachment = object<{ readonly mail: MessageRef; readonly attachment: number }>({
  mail,
  attachment: count,
});

const checks: { readonly [K in keyof Every]: Check<Every[K]["input"]> } = {
  view: object<Asks["view"]["input"]>({ likely: flag }),
  display: object<Asks["display"]["input"]>({ likely: flag }),
  due: nothing,
  save: object<Asks["save"]["input"]>({ attachment: count }),
  showSaved: object<Asks["showSaved"]["input"]>({ download: count }),
  saveAll: nothing,
  compare: nothing,
  preview: object<Asks["preview"]["input"]>({ attachment: count }),
  saveMail: nothing,
  settings: nothing,
  "mail:verdict": ofMail,
  "mail:open": ofMail,
  "mail:save": ofAttachment,
  "mail:save-all": ofMail,
  "mail:save-mail": ofMail,
  "mail:preview": ofAttachment,
  "mail:compare": ofMail,
  "mail:due": nothing,
  "mail:join": ofMail,
};

/** What answers the display script; each is told the tab of the mail. */
export type AskHandlers = {
  readonly [K in keyof Asks]: (input: Asks[K]["input"], tabId: number) => Promise<Asks[K]["output"]>;
};
/** What answers our own pages about a mail. */
export type MailAskHandlers = {
  readonly [K in keyof MailAsks]: (input: MailAsks[K]["input"]) => Promise<MailAsks[K]["output"]>;
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

function isMailAsk(name: string): name is keyof MailAsks {
  return name.startsWith("mail:") && Object.hasOwn(checks, name);
}

function isDisplayAsk(name: string): name is keyof Asks {
  return !name.startsWith("mail:") && Object.hasOwn(checks, name);
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

/** Whether it is one of our pages about a mail. */
export function isMailPage(sender: Pick<Runtime.MessageSender, "id" | "url">): boolean {
  return (
    sender.id === browser.runtime.id && (sender.url?.startsWith(browser.runtime.getURL(MAIL_PAGES)) ?? false)
  );
}

/** The folder of those pages. */
export const MAIL_PAGES = "app/thunderbird/mail-page/";

/** Registers the background page's side. Must be called while the page starts, so that an ask can wake it. */
export function answerAsks(handlers: AskHandlers, pages: () => Promise<MailAskHandlers>): void {
  browser.runtime.onMessage.addListener((message: unknown, sender: Runtime.MessageSender) => {
    if (!isAsk(message)) return undefined;
    const { ask: name, input } = message;
    const refused = Promise.resolve({ ok: false, code: "foreign-caller" });
    if (isMailAsk(name)) return isMailPage(sender) ? runForPage(pages, name, input) : refused;
    if (!isDisplayAsk(name)) return undefined;
    const tabId = displayTab(sender);
    return tabId === undefined ? refused : run(handlers, name, input, tabId);
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

function runForPage<K extends keyof MailAsks>(
  pages: () => Promise<MailAskHandlers>,
  name: K,
  input: unknown,
): Promise<Outcome<MailAsks[K]["output"]>> {
  return outcomeOf(async () => (await pages())[name](checks[name](input)), "worker-failed");
}

function isOutcome<T>(value: unknown): value is Outcome<T> {
  return typeof value === "object" && value !== null && "ok" in value;
}

/**
 * Asks the background page from the display script, or from a page of ours about a mail.
 * @throws ListSealError with the background page's code, or `timed-out`, or `worker-failed` if nobody answered.
 */
export async function ask<K extends keyof Every>(
  name: K,
  input: Every[K]["input"],
): Promise<Every[K]["output"]> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AddonError("timed-out", `no answer to ${name}`)), ANSWER_MS);
  });
  try {
    const answer: unknown = await Promise.race([browser.runtime.sendMessage({ ask: name, input }), late]);
    if (!isOutcome<Every[K]["output"]>(answer)) throw new AddonError("worker-failed", `no answer to ${name}`);
    return unwrap(answer);
  } finally {
    clearTimeout(timer);
  }
}
