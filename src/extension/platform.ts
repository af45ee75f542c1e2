import browser from "webextension-polyfill";
import type { Thunderbird } from "./thunderbird.js";

export type { Runtime } from "webextension-polyfill";
/**
 * The only door to the host program: to webextension-polyfill and to Thunderbird's own namespaces.
 * Everything else in the add-on imports `browser` and `thunderbird` from here, so that another host
 * (a browser, for a webmail build) means another file here and nothing else.
 */
export { browser };

function isThunderbird(api: typeof browser): api is typeof browser & Thunderbird {
  return "compose" in api && "messages" in api && "messageDisplay" in api && "identities" in api;
}

let known: (typeof browser & Thunderbird) | undefined;

/**
 * Thunderbird's namespaces. Only the background page has them all: a message display script has `runtime`,
 * `i18n` and `storage`.
 * @throws Error where the host is not Thunderbird, or the permissions of manifest.json are missing.
 */
export function thunderbird(): typeof browser & Thunderbird {
  if (known === undefined) {
    if (!isThunderbird(browser))
      throw new Error("this part of ListSeal runs in Thunderbird's background page only");
    known = browser;
  }
  return known;
}
