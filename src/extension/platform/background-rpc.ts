import { browser } from "./browser.js";
import { type Check, oneOf, text } from "./check.js";

/** What our content script and frames ask of the background, which has rights that they have not. */

const isPage = oneOf("reader", "options");
/** Pages of ours that are opened for them. */
export type OwnPage = ReturnType<typeof isPage>;

/** Has one of our pages opened in a tab. Call it in the handler of a press that was a person's. */
export async function openOwnPage(page: OwnPage): Promise<void> {
  await browser.runtime.sendMessage({ webmailOpens: page });
}

/**
 * Opens the options page from any page or frame of ours. QUIRK: Firefox gives a frame in a web page no `openOptionsPage`.
 */
export async function openOptions(): Promise<void> {
  if ("openOptionsPage" in browser.runtime) await browser.runtime.openOptionsPage();
  else await openOwnPage("options");
}

/**
 * Whether the person has let ListSeal into the webmail of this origin. QUIRK: Firefox gives a frame in a web page no
 * `permissions`, so the background looks.
 */
export async function isAllowed(origin: string): Promise<boolean> {
  const answer: unknown = await browser.runtime.sendMessage({ webmailOf: origin });
  return answer === true;
}

/** A wish as the background takes it; undefined if a message is none. */
export type Wish = { readonly opens: OwnPage } | { readonly allowed: string } | undefined;

/** Reads a message. */
export function wishIn(message: unknown): Wish {
  if (typeof message !== "object" || message === null) return undefined;
  const opens = "webmailOpens" in message ? checked(isPage, message.webmailOpens) : undefined;
  if (opens !== undefined) return { opens };
  const allowed = "webmailOf" in message ? checked(text, message.webmailOf) : undefined;
  return allowed === undefined ? undefined : { allowed };
}

function checked<T>(check: Check<T>, value: unknown): T | undefined {
  try {
    return check(value);
  } catch {
    return undefined;
  }
}
