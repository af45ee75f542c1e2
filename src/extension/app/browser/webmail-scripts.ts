import { browser } from "../../platform/browser.js";
import { allowedSites, allowSite } from "../../platform/webmail-permission.js";
import { t } from "../../ui/i18n.js";

/**
 * The background's part: keeps our script in the webmails that the person has allowed, and in no other page. What the
 * browser says of granted rights is the truth, whoever changed it: our page, or the browser's own list of add-ons.
 */

const SCRIPT = "webmail";
const FILE = "webmail.js";

/** Storage that can be closed to content scripts. */
interface Closable {
  setAccessLevel(level: { readonly accessLevel: "TRUSTED_CONTEXTS" }): Promise<void>;
}

function isClosable(area: unknown): area is Closable {
  return typeof area === "object" && area !== null && "setAccessLevel" in area;
}

/**
 * Attack: a webmail page that has broken out of its sandbox speaks with our content script's voice; `storage.local` holds the
 * keys. QUIRK: Firefox 153 has no such switch, and gives `storage.local` to content scripts.
 */
async function keepStorageFromScripts(): Promise<void> {
  const area: unknown = browser.storage.local;
  if (isClosable(area)) await area.setAccessLevel({ accessLevel: "TRUSTED_CONTEXTS" });
}

/** Registers the content script for exactly the sites that are allowed now, and has it in their open tabs. */
async function follow(): Promise<void> {
  const patterns = await allowedSites();
  const [registered] = await browser.scripting.getRegisteredContentScripts({ ids: [SCRIPT] });
  const before = registered?.matches ?? [];
  if (JSON.stringify([...before].sort()) === JSON.stringify(patterns)) return;
  if (registered !== undefined) await browser.scripting.unregisterContentScripts({ ids: [SCRIPT] });
  if (patterns.length === 0) return;
  await browser.scripting.registerContentScripts([
    {
      id: SCRIPT,
      js: [FILE],
      matches: [...patterns],
      allFrames: true,
      runAt: "document_idle",
      persistAcrossSessions: true,
    },
  ]);
  await runInOpenTabs(patterns.filter((pattern) => !before.includes(pattern)));
}

/** So that a webmail that is open already need not be loaded again. */
async function runInOpenTabs(patterns: readonly string[]): Promise<void> {
  if (patterns.length === 0) return;
  for (const { id } of await browser.tabs.query({ url: [...patterns] })) {
    if (id === undefined) continue;
    await browser.scripting
      .executeScript({ target: { tabId: id, allFrames: true }, files: [FILE] })
      // a tab that went away, or one that still loads and gets the script anyway
      .catch(() => undefined);
  }
}

/** One change after the other: each looks at what the browser says when its turn comes. */
let last: Promise<void> = Promise.resolve();

function followInTurn(): void {
  last = last.then(follow).catch(() => console.warn("ListSeal: the webmails could not be looked up"));
}

const MENU = "use-listseal-here";

/** An entry in the menu of our button in the toolbar, for the page that is in front. */
function offerInMenu(): void {
  browser.contextMenus.create({ id: MENU, contexts: ["action"], title: t("webmails_use") }, () => {
    // made by an earlier version: the browser keeps it
    void browser.runtime.lastError;
  });
}

/** Call it while the background starts, before anything is awaited. */
export function watchSites(): void {
  void keepStorageFromScripts();
  browser.permissions.onAdded.addListener(followInTurn);
  browser.permissions.onRemoved.addListener(followInTurn);
  browser.runtime.onInstalled.addListener(followInTurn);
  browser.runtime.onStartup.addListener(followInTurn);
  browser.runtime.onInstalled.addListener(offerInMenu);
  browser.contextMenus.onClicked.addListener(({ menuItemId }, tab) => {
    // nothing before it may be waited for: the browser asks only somebody who has just pressed
    if (menuItemId === MENU && tab?.url !== undefined) void allowSite(tab.url).catch(() => undefined);
  });
}
