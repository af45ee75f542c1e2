import type { scriptCalls, sessionCalls } from "../../platform/background-calls.js";
import { browser } from "../../platform/browser.js";
import type { HandlersOf } from "../../platform/rpc/call.js";
import { patternOf } from "../../platform/webmail-permission.js";

/** What the background of a browser answers to our frames and content scripts in pages of the web. */

/** The page that opens mail. */
export const READER = "app/browser/reader/reader.html";

export const scriptHandlers: HandlersOf<typeof scriptCalls> = {
  async "open-page"({ page }) {
    if (page === "reader") await browser.tabs.create({ url: browser.runtime.getURL(READER) });
    else await browser.runtime.openOptionsPage();
    return null;
  },

  async "is-allowed"({ origin }) {
    const pattern = patternOf(origin);
    return pattern !== undefined && (await browser.permissions.contains({ origins: [pattern] }));
  },
};

export const sessionHandlers: HandlersOf<typeof sessionCalls> = {
  "session:get": async ({ key }) => (await browser.storage.session.get(key))[key] ?? null,

  async "session:set"({ key, value }) {
    await browser.storage.session.set({ [key]: value });
    return null;
  },

  async "session:remove"({ key }) {
    await browser.storage.session.remove(key);
    return null;
  },
};
