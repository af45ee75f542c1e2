// What the add-on shows, wherever it is: a page in a tab, the popup of its button, a mail. Runs inside Thunderbird.

/** The browser element of a surface: "tab" (the one in front), "popup" (in the compose window), "mail", "mail-window". */
async function browserOf(surface) {
  if (surface === "tab") return mainWindow().document.getElementById("tabmail").currentTabInfo.browser;
  if (surface === "mail")
    return mainWindow().document.getElementById("tabmail").currentAboutMessage.getMessagePaneBrowser();
  if (surface === "mail-window")
    return windowOf("mail:messageWindow").messageBrowser.contentWindow.getMessagePaneBrowser();
  return waitFor("the popup", () => {
    const all = windowOf("msgcompose").document.querySelectorAll("browser.webextension-popup-browser");
    return [...all].find(
      (one) => one.currentURI?.scheme === "moz-extension" && !one.webProgress?.isLoadingDocument,
    );
  });
}

/** Runs source code, a function of its window, on a surface. */
export async function onSurface(surface, source, args) {
  return inBrowser(await browserOf(surface), source, args);
}

/** Shows it as in a light or dark theme; "none" gives it back to the theme. */
export async function useScheme(surface, scheme) {
  (await browserOf(surface)).browsingContext.top.prefersColorSchemeOverride = scheme;
}

/** Shows it as on paper: "print"; an empty text gives the screen back. */
export async function useMedium(surface, medium) {
  (await browserOf(surface)).browsingContext.top.mediumOverride = medium;
}

/** Shows it as to somebody whose system forces its own colours on everything: "active", or "none". */
export async function forceColours(surface, how) {
  (await browserOf(surface)).browsingContext.top.forcedColorsOverride = how;
}

/** Text and all, so many times as large. A popup takes the room that it needs, a moment later. */
export async function zoom(surface, factor) {
  const browser = await browserOf(surface);
  browser.fullZoom = factor;
  const fits = "({ document: { documentElement: root } }) => root.scrollWidth <= root.clientWidth";
  // what never fits is found by who looks next
  if (surface === "popup")
    await waitFor("the room", () => inBrowser(browser, fits, [])).catch(() => undefined);
}

/** Makes a text known to every process, once. */
export async function share(name, text) {
  Services.ppmm.sharedData.set(name, text);
  Services.ppmm.sharedData.flush();
}

/** Puts the keyboard there. */
export async function focusSurface(surface) {
  const browser = await browserOf(surface);
  browser.ownerDocument.defaultView.focus();
  browser.focus();
  await waitFor("the keyboard", () => browser.ownerDocument.activeElement === browser);
}

/** A PNG picture of all of it, in base64: from its top to its end, not only what fits into the window. */
export async function pictureOfSurface(surface) {
  const browser = await browserOf(surface);
  const size = await inBrowser(
    browser,
    `({ document: { documentElement: root }, innerWidth, innerHeight }) =>
      [innerWidth, Math.max(root.scrollHeight, innerHeight)]`,
    [],
  );
  const context = browser.browsingContext.currentWindowGlobal;
  const { DOMRect } = browser.ownerDocument.defaultView;
  const area = new DOMRect(0, 0, ...size);
  const snapshot = await context.drawSnapshot(area, 1, "rgb(255,255,255)", true);
  const canvas = browser.ownerDocument.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
  canvas.width = snapshot.width;
  canvas.height = snapshot.height;
  canvas.getContext("2d").drawImage(snapshot, 0, 0);
  return canvas.toDataURL().split(",")[1];
}

/** Closes the popup, as a click beside it does. */
export async function closePopup() {
  const browser = await browserOf("popup");
  browser.closest("panel").hidePopup();
  await waitFor("the popup to be gone", () => !browser.isConnected);
}
