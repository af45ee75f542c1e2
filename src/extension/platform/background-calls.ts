import { type Check, object, oneOf, text } from "../../membership/file/check.js";
import { browser } from "./browser.js";
import { call } from "./rpc/call.js";
import { askBackground } from "./rpc/messages.js";

/**
 * What our content scripts and our frames in pages of the web ask of a browser's background, which has rights that they have
 * not. Every room asks for it, so it is not among the tables of `app/calls/`.
 */

/** Pages of ours that are opened for them. */
const ownPage = oneOf("reader", "options");
export type OwnPage = ReturnType<typeof ownPage>;

/** What a page of the web may have done as well, had it taken over our content script in it. */
export const scriptCalls = {
  /** Opens one of our pages in a tab. */
  "open-page": call(object({ page: ownPage })).gives<null>(),
  /** Whether the person has let ListSeal into the webmail of this origin. */
  "is-allowed": call(object({ origin: text })).gives<boolean>(),
};

/** Records that the background keeps for frames: unlocked member keys, and an invitation or an author's key on its way to the options page. */
const record = oneOf("unlocked", "offered", "compare");
export type SessionRecord = ReturnType<typeof record>;
/** Who reads a record checks it. */
const anything: Check<unknown> = (value) => value;

/** What is answered to our own pages and frames alone. */
export const sessionCalls = {
  /** Null: there is no such record. */
  "session:get": call(object({ key: record })).gives<unknown>(),
  "session:set": call(object({ key: record, value: anything })).gives<null>(),
  "session:remove": call(object({ key: record })).gives<null>(),
};

const ask = askBackground<typeof scriptCalls>();

/** Has one of our pages opened in a tab. Call it in the handler of a press that was a person's. */
export async function openOwnPage(page: OwnPage): Promise<void> {
  await ask("open-page", { page });
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
  return (await ask("is-allowed", { origin })) === true;
}
