import { scriptCalls, sessionCalls } from "../../platform/background-calls.js";
import { browser } from "../../platform/browser.js";
import { keepTurnsForFrames } from "../../platform/locks.js";
import { answering } from "../../platform/rpc/call.js";
import { answeredTable, answerMessages } from "../../platform/rpc/messages.js";
import { anyOfUs, ourPage } from "../../platform/rpc/senders.js";
import { blockCalls } from "../calls/block-calls.js";
import { blockHandlers } from "./block-handlers.js";
import { READER, scriptHandlers, sessionHandlers } from "./frame-handlers.js";
import { watchSites } from "./webmail-scripts.js";
import { watchWriteMenu } from "./write-menu.js";

/**
 * The background of a browser: Chromium's service worker and Firefox's event page. It only connects, and does no
 * cryptography: our pages do their own work in a worker of their own, and live as long as the person looks at them. Every
 * listener is registered here, at once, since a sleeping background is woken for those alone.
 *
 * Attack: a content script that a page has taken over asks for unlocked keys. What is in the session is answered to our own
 * pages alone.
 */
browser.action.onClicked.addListener(() => void browser.tabs.create({ url: browser.runtime.getURL(READER) }));
watchSites();
watchWriteMenu();
keepTurnsForFrames();
answerMessages(
  answeredTable(
    anyOfUs,
    answering(scriptCalls, async () => scriptHandlers),
  ),
  answeredTable(
    ourPage,
    answering(sessionCalls, async () => sessionHandlers),
  ),
  answeredTable(
    ourPage,
    answering(blockCalls, async () => blockHandlers),
  ),
);
