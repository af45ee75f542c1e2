// Runs inside Thunderbird, in its privileged scope, sent there by marionette.ts; shared by the other files here.

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** As PATIENCE in processes.ts. */
const PATIENCE = 300_000;

/** Asks until the answer is neither undefined, null nor false. */
export async function waitFor(what, probe, timeout = PATIENCE) {
  const end = Date.now() + timeout;
  for (;;) {
    const answer = await probe();
    if (answer !== undefined && answer !== null && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`Waited in vain for: ${what}`);
    await sleep(50);
  }
}

export const mailServices = () =>
  ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs").MailServices;

export const mainWindow = () => Services.wm.getMostRecentWindow("mail:3pane");

export const threePane = () => mainWindow()?.document.getElementById("tabmail")?.currentAbout3Pane;

export const imapServer = () => mailServices().accounts.defaultAccount.incomingServer;

/** "INBOX", or the name of a folder under the account's root ("Sent", "Drafts"). */
export function folderNamed(name) {
  const root = imapServer().rootFolder;
  if (name === "INBOX") return root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
  return root.getChildNamed(name);
}

/** Sets a preference, as a person does in the settings. */
export async function setPreference(name, value) {
  if (typeof value === "boolean") Services.prefs.setBoolPref(name, value);
  else if (typeof value === "number") Services.prefs.setIntPref(name, value);
  else Services.prefs.setStringPref(name, value);
}

/**
 * Writes to the profile now what Thunderbird writes when it gets to it: the preferences, and each account's file of filters, which is
 * there once something has asked for them.
 */
export async function writeProfile() {
  for (const server of mailServices().accounts.allServers) server.getFilterList(null);
  Services.prefs.savePrefFile(null);
}

/** The newest window of a type: "mail:3pane", "msgcompose", "mail:messageWindow". */
export function windowOf(type) {
  const found = Services.wm.getMostRecentWindow(type);
  if (!found) throw new Error(`no window of type ${type}`);
  return found;
}

/** The widget name that Thunderbird makes from an add-on's id. */
export const widgetName = (addonId) => addonId.toLowerCase().replace(/[^a-z0-9_-]/g, "_");

/** Why there is no answer when the page has ended, or goes on in another process. */
export const PAGE_ENDED = "the page ended before it answered";

/**
 * Runs source code (a function of `content`) with full rights in the process of a browser element and gives its
 * JSON result.
 *
 * QUIRK: a page of an add-on begins in one process and goes on in another (Thunderbird 153), and the background page goes to sleep
 * in the middle of what it is asked: there is no answer then. It fails as soon as that is seen: whoever may ask again does, and nobody
 * waits for an answer that can't come.
 */
export function inBrowser(browser, source, args, timeout = PATIENCE) {
  const { frameLoader, messageManager: manager } = browser;
  const key = `listseal-test-${Math.random()}`;
  return new Promise((resolve, reject) => {
    const end = (settle, value) => {
      clearTimeout(timer);
      clearInterval(watch);
      manager.removeMessageListener(key, listener);
      settle(value);
    };
    const timer = setTimeout(() => end(reject, new Error("no answer from the content process")), timeout);
    const watch = setInterval(() => {
      if (browser.frameLoader !== frameLoader) end(reject, new Error(PAGE_ENDED));
    }, 100);
    function listener({ data }) {
      if (data.failed === undefined) end(resolve, JSON.parse(data.ok));
      else end(reject, new Error(data.failed));
    }
    manager.addMessageListener(key, listener);
    const script = `{ (async () => {
      try {
        const value = await (${source})(content, ...${JSON.stringify(args)});
        sendAsyncMessage(${JSON.stringify(key)}, { ok: JSON.stringify(value === undefined ? null : value) });
      } catch (error) {
        sendAsyncMessage(${JSON.stringify(key)}, { failed: String(error) + " " + (error?.stack ?? "") });
      }
    })(); }`;
    manager.loadFrameScript(`data:application/javascript;charset=utf-8,${encodeURIComponent(script)}`, false);
  });
}

/**
 * What scripts of add-ons have thrown since Thunderbird began, and promises that nobody has caught, with where. (Thunderbird also
 * logs each ExtensionError that it gives to an add-on, caught or not.)
 */
export async function errorsOfAddons() {
  const isOfAddon = ({ sourceName, errorMessage }) =>
    sourceName.startsWith("moz-extension:") || errorMessage.startsWith("uncaught exception");
  return (
    Services.console
      .getMessageArray()
      .filter((message) => message instanceof Ci.nsIScriptError && !(message.flags & message.warningFlag))
      .filter(isOfAddon)
      // QUIRK: Thunderbird 153 says so itself where a mail was left before its question was answered; no script can catch it
      .filter(({ errorMessage }) => !errorMessage.startsWith("Promise rejected after context unloaded"))
      .map(({ errorMessage, sourceName, lineNumber }) => `${errorMessage} (${sourceName}:${lineNumber})`)
  );
}
