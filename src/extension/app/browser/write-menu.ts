import { browser } from "../../platform/browser.js";
import { t } from "../../ui/i18n.js";

/**
 * An entry in the menu of every link to a mail address (a list's archive or mail has one in List-Post), and in the menu of
 * our button: it leads to the page for writing. The link chooses a list there, if it is one of the person's, and no word.
 */
const WRITE = "write-sealed";
const COMPOSER = "app/browser/composer.html";

function offer(): void {
  const title = t("menu_write_sealed");
  const made = () => {
    // made by an earlier version: the browser keeps it
    void browser.runtime.lastError;
  };
  browser.contextMenus.create({ id: WRITE, title, contexts: ["action"] }, made);
  browser.contextMenus.create(
    { id: `${WRITE}-to`, title, contexts: ["link"], targetUrlPatterns: ["mailto:*"] },
    made,
  );
}

/** Call it while the background starts, before anything is awaited. */
export function watchWriteMenu(): void {
  browser.runtime.onInstalled.addListener(offer);
  browser.contextMenus.onClicked.addListener(({ menuItemId, linkUrl }) => {
    if (menuItemId !== WRITE && menuItemId !== `${WRITE}-to`) return;
    const to = linkUrl === undefined ? "" : `?to=${encodeURIComponent(linkUrl)}`;
    void browser.tabs.create({ url: browser.runtime.getURL(COMPOSER + to) });
  });
}
