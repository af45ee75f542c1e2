import browser from "webextension-polyfill";

export type { Runtime } from "webextension-polyfill";
/**
 * The only door to the host program: the only import of webextension-polyfill. What every program has is `browser`; what
 * Thunderbird alone has is in `thunderbird.ts`, and what the rest of the add-on wants of either is in `host/`.
 */
export { browser };

/** Which program the add-on runs in. */
export type Program = "thunderbird" | "browser";

/** By the manifest that the build has put beside it: a browser's names the button of its toolbar. */
export function program(): Program {
  return "action" in browser.runtime.getManifest() ? "browser" : "thunderbird";
}
