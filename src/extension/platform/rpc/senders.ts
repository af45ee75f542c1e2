import { browser, type Runtime } from "../browser.js";

/**
 * Who asks, by what the browser itself says of the sender: what a sender says of itself is believed nowhere. Each gives
 * undefined for everybody else.
 *
 * Attack: a content script that a page has taken over speaks with the add-on's own id. It has a tab, and no address of ours.
 */
export type Sender = Pick<Runtime.MessageSender, "id" | "url" | "tab">;

function isOurs(sender: Sender | undefined): sender is Sender {
  return sender?.id === browser.runtime.id;
}

/** Any part of the add-on, content scripts among them. */
export function anyOfUs(sender: Sender | undefined): null | undefined {
  return isOurs(sender) ? null : undefined;
}

/** One of our own pages, or a frame of ours in a page of the web. @param folder only those below it */
export function ourPage(sender: Sender | undefined, folder = ""): null | undefined {
  return isOurs(sender) && sender.url?.startsWith(browser.runtime.getURL(folder)) === true ? null : undefined;
}

/**
 * A message display script: the tab that it runs in. It runs in a message document, so its sender has a tab and an address that
 * is not one of our pages.
 */
export function displayTab(sender: Sender | undefined): number | undefined {
  if (!isOurs(sender) || ourPage(sender) !== undefined) return undefined;
  return sender.tab?.id;
}
