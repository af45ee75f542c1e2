import { browser } from "../../platform/browser.js";
import { tellTab } from "../../platform/rpc/messages.js";
import type { ViewWords } from "../calls/view-words.js";

/**
 * What the background page tells the mails that are on a screen: in the main window, in tabs, in windows of their own. Pages
 * and popups of ours follow by themselves (`followLocking`, `whenStoredChanges`).
 */

/** Keys were locked: nothing that was opened stays on a screen. */
export const clearViews = (): void => tellViews("view:clear");

/** What verdicts are made of has changed: opened mails are asked about anew. */
export const renewViews = (): void => tellViews("view:renew");

function tellViews(what: keyof ViewWords): void {
  void browser.tabs.query({}).then((tabs) => {
    for (const { id } of tabs) if (id !== undefined) tellTab<ViewWords>(id)(what, null);
  });
}
