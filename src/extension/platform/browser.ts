import browser from "webextension-polyfill";

export type { Runtime } from "webextension-polyfill";
/**
 * The only door to the host program: the only import of webextension-polyfill. What every program has is `browser`; what
 * Thunderbird alone has is in `thunderbird.ts`, and what the rest of the add-on wants of either is in `host/`.
 */
export { browser };

/** Which program the add-on runs in. */
export type Program = "thunderbird" | "browser";

/**
 * By the manifest that the build has put beside it: Thunderbird's names a button of the compose window. QUIRK: Firefox and
 * Thunderbird give keys that are not in a manifest as null.
 */
export function program(): Program {
  const manifest = browser.runtime.getManifest();
  return "compose_action" in manifest && manifest.compose_action !== null ? "thunderbird" : "browser";
}

/** Whether this page is in a private window, of which nothing is to be left when it closes. */
export function isInPrivateWindow(): boolean {
  return "extension" in browser && browser.extension?.inIncognitoContext === true;
}
