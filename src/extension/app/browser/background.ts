import { browser } from "../../platform/browser.js";
import { keepTurnsForFrames } from "../../platform/locks.js";
import { keepSessionForFrames } from "../../platform/session.js";
import { watchSites } from "./webmail-scripts.js";
import { watchWriteMenu } from "./write-menu.js";

/**
 * The background of a browser: Chromium's service worker and Firefox's event page. It only connects, and does no
 * cryptography: our pages do their own work in a worker of their own, and live as long as the person looks at them. Every
 * listener is registered here, at once, since a sleeping background is woken for those alone.
 */
const READER = "app/browser/reader/reader.html";

browser.action.onClicked.addListener(() => void browser.tabs.create({ url: browser.runtime.getURL(READER) }));
watchSites(READER);
watchWriteMenu();
keepTurnsForFrames();
keepSessionForFrames();
