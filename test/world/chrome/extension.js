// The add-on's inside: its background page, its storage. Runs inside Thunderbird.

export function backgroundView(addonId) {
  const policy = WebExtensionPolicy.getByID(addonId);
  if (!policy) throw new Error(`no add-on ${addonId}`);
  return [...policy.extension.views].find((view) => view.viewType === "background" && view.xulBrowser);
}

/** How often a background page may end while it is asked. */
const TRIES = 5;

/**
 * Runs source code, an async function, with the rights of the add-on's background page; wakes it if it sleeps. The page may go to sleep
 * in the middle: then it is asked again, so what is run may be run twice.
 */
export async function inBackground(addonId, source, args) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await onceInBackground(addonId, source, args);
    } catch (error) {
      if (error.message !== PAGE_ENDED || tries === TRIES) throw error;
    }
  }
}

async function onceInBackground(addonId, source, args) {
  const policy = WebExtensionPolicy.getByID(addonId);
  if (!policy) throw new Error(`no add-on ${addonId}`);
  if (!backgroundView(addonId)) await policy.extension.wakeupBackground?.();
  // its half a minute without work begins now
  policy.extension.emit("background-script-reset-idle");
  const view = await waitFor("the background page", () => backgroundView(addonId));
  // A sandbox with the page's own principal: the code sees what the add-on's own code would see.
  const inside = `(window, source, args) => {
    const sandbox = Cu.Sandbox(window, { sandboxPrototype: window, wantXrays: false, sameZoneAs: window });
    const call = "(async () => JSON.stringify((await (" + source + ")(...JSON.parse(" +
      JSON.stringify(JSON.stringify(args)) + "))) ?? null))()";
    return Cu.evalInSandbox(call, sandbox).then((json) => JSON.parse(json));
  }`;
  return inBrowser(view.xulBrowser, inside, [source, args]);
}

/** Puts the background page to sleep, as Thunderbird does after 30 idle seconds. */
export async function suspendBackground(addonId) {
  await WebExtensionPolicy.getByID(addonId).extension.terminateBackground();
}

/** Ends the background page although it is answering an event; the polite way waits once for that. */
export async function killBackground(addonId) {
  await WebExtensionPolicy.getByID(addonId).extension.terminateBackground({
    ignoreDevToolsAttached: true,
    disableResetIdleForTest: true,
  });
}

/** The id of the process in which the background page runs, which is woken if it sleeps. */
export async function backgroundProcess(addonId) {
  if (!backgroundView(addonId)) await WebExtensionPolicy.getByID(addonId).extension.wakeupBackground?.();
  const view = await waitFor("the background page", () => backgroundView(addonId));
  return view.xulBrowser.browsingContext.currentWindowGlobal.osPid;
}

/** Whether the event page is there, as Thunderbird itself counts it. Asking does not wake it. */
export async function backgroundState(addonId) {
  return WebExtensionPolicy.getByID(addonId).extension.backgroundState;
}

/** Opens the add-on's options page in a tab of the main window and waits for it. */
export async function openOptions(addonId) {
  const { extension } = WebExtensionPolicy.getByID(addonId);
  const url = extension.manifest.options_ui?.page;
  if (!url) throw new Error("the add-on has no options page");
  const tab = mainWindow().document.getElementById("tabmail").openTab("contentTab", {
    url,
    linkHandler: "single-page",
    userContextId: 0,
    triggeringPrincipal: extension.principal,
  });
  await waitFor(
    "the options page",
    () => tab.browser?.currentURI?.spec === url && !tab.browser.webProgress.isLoadingDocument,
  );
  await sleep(300);
}

/** Waits for the options page that the add-on itself has opened, in front and loaded. */
export async function optionsInFront(addonId) {
  const { extension } = WebExtensionPolicy.getByID(addonId);
  const url = extension.manifest.options_ui?.page;
  await waitFor("the options page in front", () => {
    const { browser } = mainWindow().document.getElementById("tabmail").currentTabInfo;
    return browser?.currentURI?.spec === url && !browser.webProgress.isLoadingDocument;
  });
  await sleep(300);
}

/** Runs source code, a function of the page's window, in the tab that is in front. */
export async function inFrontTab(source, args) {
  return inBrowser(mainWindow().document.getElementById("tabmail").currentTabInfo.browser, source, args);
}

/** Thunderbird's own question whether an add-on may do something: what it says, once it is there. */
export async function permissionQuestion() {
  const notice = await waitFor("Thunderbird's question", () => {
    const { document } = mainWindow();
    const panel = document.getElementById("notification-popup");
    return panel?.state === "open" && document.getElementById("addon-webext-permissions-notification");
  });
  return notice.textContent;
}

/** Answers it. */
export async function answerPermissionQuestion(agree) {
  const notice = mainWindow().document.getElementById("addon-webext-permissions-notification");
  (agree ? notice.button : notice.secondaryButton).click();
}

/** Types these keys, one after the other, into the message that the main window shows. */
export async function typeKeys(text) {
  const window = mainWindow();
  window.focus();
  window.document
    .getElementById("tabmail")
    .currentAboutMessage.document.getElementById("messagepane")
    .focus();
  const tip = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
  if (!tip.beginInputTransactionForTests(window)) throw new Error("no keyboard");
  for (const key of text) {
    const event = new window.KeyboardEvent("", { key, code: "", keyCode: 0 });
    tip.keydown(event);
    tip.keyup(event);
  }
  await sleep(300);
}

/** Closes the tab in front (never the first one). */
export async function closeFrontTab() {
  const { tabmail } = mainWindow();
  if (tabmail.currentTabInfo !== tabmail.tabInfo[0]) tabmail.closeTab(tabmail.currentTabInfo);
}

/** Runs source code, a function of the popup's window, in the popup that hangs on a button of the compose window. */
export async function inPopup(source, args) {
  const browser = await waitFor("the popup in the compose window", () => {
    const found = [...windowOf("msgcompose").document.querySelectorAll("browser.webextension-popup-browser")];
    return found.find(
      (one) => one.currentURI?.scheme === "moz-extension" && !one.webProgress?.isLoadingDocument,
    );
  });
  return inBrowser(browser, source, args);
}

/** The document of the message header in which the add-on's button above a mail is. */
function aboutMessage(windowType) {
  const window = windowOf(windowType);
  return windowType === "mail:3pane"
    ? window.document.getElementById("tabmail").currentAboutMessage
    : window.messageBrowser.contentWindow;
}

const popupsOf = (windowType) =>
  [aboutMessage(windowType).document, windowOf(windowType).document].flatMap((document) => [
    ...document.querySelectorAll("browser.webextension-popup-browser"),
  ]);

/** The popup of the add-on's button above the mail that is shown. */
export async function mailPopup(windowType) {
  return waitFor("the popup above the mail", () =>
    popupsOf(windowType).find(
      (one) => one.currentURI?.scheme === "moz-extension" && !one.webProgress?.isLoadingDocument,
    ),
  );
}

/** Presses the add-on's button above the mail that is shown, and waits for its popup. */
export async function openMailPopup(addonId, windowType) {
  const id = `${widgetName(addonId)}-messageDisplayAction-toolbarbutton`;
  const button = await waitFor("the button above the mail", () =>
    aboutMessage(windowType).document.getElementById(id),
  );
  button.click();
  await mailPopup(windowType);
}

/** Runs source code, a function of the popup's window, in the popup of the button above the mail. */
export async function inMailPopup(windowType, source, args) {
  return inBrowser(await mailPopup(windowType), source, args);
}

/** Closes it, as a click beside it does. */
export async function closeMailPopup(windowType) {
  for (const browser of popupsOf(windowType)) browser.closest("panel")?.hidePopup();
  await waitFor("the popup above the mail to be gone", () => popupsOf(windowType).length === 0);
}
