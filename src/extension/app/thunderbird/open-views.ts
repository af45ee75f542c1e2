import { browser } from "../../platform/browser.js";
import { ANEW, CLEAR } from "../../reading/view.js";

/**
 * What the background page tells the mails that are on a screen: in the main window, in tabs, in windows of their own. Pages
 * and popups of ours follow by themselves (`followLocking`, `whenStoredChanges`).
 */

/** Keys were locked: nothing that was opened stays on a screen. */
export const clearViews = (): void => tellViews(CLEAR);

/** What verdicts are made of has changed: opened mails are asked about anew. */
export const renewViews = (): void => tellViews(ANEW);

function tellViews(what: typeof CLEAR | typeof ANEW): void {
  void browser.tabs.query({}).then((tabs) => {
    for (const { id } of tabs) {
      // most tabs show no mail of ours, and nobody there listens
      if (id !== undefined) browser.tabs.sendMessage(id, what).catch(() => undefined);
    }
  });
}
