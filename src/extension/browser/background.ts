import { keepTurnsForFrames } from "../in-turn.js";
import { browser } from "../platform.js";
import { keepSessionForFrames } from "../session.js";
import { watchSites } from "../webmail/enabling.js";
import { watchWriteMenu } from "./write-menu.js";

/**
 * The background of a browser: Chromium's service worker and Firefox's event page. It only connects, and does no
 * cryptography: our pages do their own work in a worker of their own, and live as long as the person looks at them. Every
 * listener is registered here, at once, since a sleeping background is woken for those alone.
 */
const READER = "reader/reader.html";

browser.action.onClicked.addListener(() => void browser.tabs.create({ url: browser.runtime.getURL(READER) }));
watchSites(READER);
watchWriteMenu();
keepTurnsForFrames();
keepSessionForFrames();
