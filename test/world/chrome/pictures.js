// Pictures of windows, without their frames; needs no X tools. Runs inside Thunderbird.

/** A PNG picture of the newest window of a type, in base64. */
export async function pictureOfWindow(type) {
  const window = windowOf(type);
  const snapshot = await window.browsingContext.currentWindowGlobal.drawSnapshot(
    new window.DOMRect(0, 0, window.innerWidth, window.innerHeight),
    1,
    "rgb(255,255,255)",
    true,
  );
  const canvas = window.document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
  canvas.width = snapshot.width;
  canvas.height = snapshot.height;
  canvas.getContext("2d").drawImage(snapshot, 0, 0);
  return canvas.toDataURL().split(",")[1];
}

/** Brings a window to a size, in pixels, and to the front. */
export async function sizeWindow(type, width, height) {
  const window = windowOf(type);
  window.moveTo(0, 0);
  window.resizeTo(width, height);
  window.focus();
  await sleep(300);
}

/** Changes Thunderbird's theme; pages of add-ons follow it. */
export async function useTheme(dark) {
  const { AddonManager } = ChromeUtils.importESModule("resource://gre/modules/AddonManager.sys.mjs");
  const name = dark ? "thunderbird-compact-dark@mozilla.org" : "thunderbird-compact-light@mozilla.org";
  await (await AddonManager.getAddonByID(name)).enable();
  await sleep(500);
}

/**
 * Has add-ons that are installed from now on speak a language, as after a change in the settings. Thunderbird's own words
 * stay English: its translations are packages of their own.
 */
export async function useLanguage(language) {
  Services.locale.availableLocales = [...new Set(["en-US", language])];
  Services.locale.requestedLocales = [language];
  await sleep(100);
}
