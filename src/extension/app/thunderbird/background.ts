import { lockIfDue, whenLocked, whenUnlocked } from "../../keys/unlocked.js";
import { browser } from "../../platform/browser.js";
import { setHost } from "../../platform/host.js";
import { keepAwakeBy } from "../../platform/keep-awake.js";
import { askFor } from "../../platform/permission.js";
import { answerBridge } from "../../platform/rpc/bridge.js";
import { answering } from "../../platform/rpc/call.js";
import { answeredTable, answerMessages } from "../../platform/rpc/messages.js";
import { displayTab, ourPage, type Sender } from "../../platform/rpc/senders.js";
import { thunderbird } from "../../platform/thunderbird.js";
import { copyNewMail } from "../../reading/local-copies/keep.js";
import { watchOwnPosts } from "../../reading/own-posts.js";
import { forgetOpened, readMessage } from "../../reading/read-message.js";
import { watchArrivals } from "../../requests/in-folders.js";
import { t } from "../../ui/i18n.js";
import { endWorkerWhenIdle } from "../../worker/client.js";
import { follow, identityChanged, refresh, toggle } from "../../writing/window/list-mode.js";
import { closeWork, isBusy } from "../../writing/window/send-state.js";
import { draftSaved } from "../../writing/window/server-draft.js";
import { forgetState, stateOf } from "../../writing/window/window-state.js";
import { displayCalls } from "../calls/display-calls.js";
import { MAIL_PAGES, mailPageCalls } from "../calls/mail-page-calls.js";
import { SPACE_PAGES, spaceCalls } from "../calls/space-calls.js";
import { arrivals, watchRecordHeads, watchRidingNotices } from "../handlers/incoming.js";
import { displayHandlers } from "./display-handlers.js";
import { watchIndex } from "./index-events.js";
import { openFirst, openSpace, ourSpace } from "./space-button.js";
import { clearViews, openViews, thunderbirdHost } from "./thunderbird-host.js";

/**
 * The event page. It only connects: every listener is registered here, at once and before anything is awaited, since
 * Thunderbird wakes a sleeping page for those alone that were registered while it started.
 */
const { accounts, compose, composeAction, identities, menus, tabs } = thunderbird();

/** The command, and the entry in the menu of the compose button, that puts a sealed draft on the server. */
const KEEP_DRAFT = "keep-sealed-draft";
/** The command that opens our page of lists. */
const OPEN_LISTS = "open-lists";

/** How often the recipients of open compose windows are looked at: Thunderbird has no event for them. */
const FOLLOW_MS = 1_000;

/**
 * Sending, quoting and what our own pages ask are loaded when they are needed: the page starts with each sealed mail that
 * is read after a pause, and those need none of them, nor OpenPGP, which is 400 kB. A test holds that. A part that can't be
 * loaded cancels the sending, as every other failure does.
 */
const sending = () => import("../../writing/window/send.js");
const settling = () => import("../../writing/window/settle.js");
const recovering = () => import("../../writing/window/recover.js");
const drafting = () => import("../../writing/window/sealed-draft.js");
const calling = async () => {
  const [{ pageCalls }, { calls }, { composeHandlers }] = await Promise.all([
    import("../calls/page-calls.js"),
    import("../handlers/page-handlers.js"),
    import("./popup-handlers.js"),
  ]);
  return answering(pageCalls, async () => ({ ...calls, ...composeHandlers }));
};
const aboutMails = async () => (await import("./mail-page-handlers.js")).mailPageHandlers;
const aboutLists = async () => (await import("./space-handlers.js")).spaceHandlers;
/** Pages of ours that show a mail. */
const pageWithMail = (sender: Sender) =>
  ourPage(sender, MAIL_PAGES) === null ? null : ourPage(sender, SPACE_PAGES);

setHost(thunderbirdHost);
watchRecordHeads();
watchRidingNotices();
keepAwakeBy(() => void browser.runtime.getPlatformInfo());
whenLocked(forgetOpened);
whenLocked(clearViews);
whenLocked(endWorkerWhenIdle);
whenUnlocked(openViews);
answerMessages(
  answeredTable(
    displayTab,
    answering(displayCalls, async () => displayHandlers),
  ),
  answeredTable(pageWithMail, answering(mailPageCalls, aboutMails)),
  answeredTable((sender) => ourPage(sender, SPACE_PAGES), answering(spaceCalls, aboutLists)),
);
answerBridge(calling);
watchArrivals(arrivals);
watchOwnPosts(async (header) => {
  const reading = await readMessage(header, "in-its-own-shell");
  return reading.kind === "opened" ? reading.opened.view : null;
});
copyNewMail((header) => readMessage(header, "in-its-own-shell"));
watchIndex();

compose.onBeforeSend.addListener(async (tab, details) => {
  try {
    return await (await sending()).beforeSend(tab, details);
  } catch {
    return { cancel: true };
  }
});
compose.onAfterSend.addListener((tab, info) => settle(sending().then((send) => send.afterSend(tab, info))));
compose.onAfterSave.addListener((tab, info) =>
  settle(draftSaved(tab, info).finally(() => (tab.id === undefined ? undefined : follow(tab.id)))),
);
compose.onIdentityChanged.addListener((tab, identityId) => {
  if (tab.id !== undefined) settle(identityChanged(tab.id, identityId));
});
compose.onComposeStateChanged.addListener((tab) => {
  if (tab.id !== undefined) settle(follow(tab.id));
});
composeAction.onClicked.addListener((tab) => {
  if (tab.id !== undefined) settle(toggle(tab.id));
});
menus.onClicked.addListener(({ menuItemId }, tab) => {
  if (menuItemId === KEEP_DRAFT && tab?.id !== undefined) keepDraft(tab.id);
});
browser.commands.onCommand.addListener((command, tab) => {
  if (command === OPEN_LISTS) settle(openSpace());
  if (command === KEEP_DRAFT && tab?.id !== undefined && isComposer(tab)) keepDraft(tab.id);
});
tabs.onCreated.addListener((tab) => {
  if (tab.id === undefined || !isComposer(tab)) return;
  watch();
  const id = tab.id;
  settle(
    settling()
      .then(({ settleQuote }) => settleQuote(id))
      .finally(() => follow(id)),
  );
});
for (const changed of [
  accounts.onCreated,
  accounts.onDeleted,
  identities.onCreated,
  identities.onUpdated,
  identities.onDeleted,
])
  changed.addListener(() => settle(thunderbirdHost.listsChanged()));
tabs.onRemoved.addListener((tabId) => {
  closeWork(tabId);
  settle(forgetState(tabId));
});

/** Asks for the right first, at once: Thunderbird takes the question only while a press is being handled. */
function keepDraft(tabId: number): void {
  settle(
    askFor("drafts").then(async (granted) => {
      if (granted) await (await drafting()).keepOnServer(tabId);
    }),
  );
}

/** A step whose failure shows elsewhere: the window it was for has closed, or sending says what is wrong. */
function settle(work: Promise<unknown>): void {
  work.catch((error: unknown) => console.warn("ListSeal:", error instanceof Error ? error.name : "failure"));
}

function isComposer(tab: object): boolean {
  return "type" in tab && tab.type === "messageCompose";
}

let timer: ReturnType<typeof setInterval> | undefined;

/** Follows the recipients while a compose window is open, and lets the page sleep when the last one has closed. */
function watch(): void {
  timer ??= setInterval(() => settle(tick()), FOLLOW_MS);
}

async function tick(): Promise<void> {
  const open = (await browser.tabs.query({})).filter(isComposer);
  if (open.length === 0) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  for (const { id } of open) if (id !== undefined) await follow(id);
}

/** Windows that were open before this page started, after an update or after sleep. */
async function resume(): Promise<void> {
  const open = (await browser.tabs.query({})).filter(isComposer);
  if (open.length === 0) return;
  watch();
  for (const { id } of open) {
    if (id === undefined) continue;
    // sealing, and no work of this page: the page before died over it
    if ((await stateOf(id)).phase === "sealing" && !isBusy(id))
      settle(recovering().then(({ recover }) => recover(id)));
    else {
      // the page before may have slept or died while it looked at what the window quotes
      settle(settling().then(({ settleQuote }) => settleQuote(id)));
      await refresh(id);
    }
  }
}

settle(resume());
settle(lockIfDue());
settle(ourSpace());
browser.runtime.onStartup.addListener(() => settle(thunderbirdHost.listsChanged()));
browser.runtime.onInstalled.addListener(({ reason, temporary }) => {
  // what is loaded for a while, to be tried, is nobody's first start
  if (reason === "install" && temporary !== true) settle(openFirst());
  menus.create({ id: KEEP_DRAFT, title: t("menu_keep_draft"), contexts: ["compose_action"] });
  settle(thunderbirdHost.listsChanged());
});
