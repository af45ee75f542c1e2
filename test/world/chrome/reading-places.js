// Where a mail can be read, and what can be done with what is read. Runs inside Thunderbird.

const tabs = () => mainWindow().document.getElementById("tabmail");

const messagePane = () => threePane().document.getElementById("messagePane");

/** The mail that is selected in the list of messages. */
const selected = () => threePane().gDBView.hdrForFirstSelectedMessage;

/** Opens the selected mail in a tab of its own, in front. */
export async function openInTab() {
  const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
  const before = tabs().tabInfo.length;
  MailUtils.openMessageInNewTab([selected()], threePane().gViewWrapper, tabs());
  await waitFor("the tab of the message", () => {
    tabs().switchToTab(tabs().tabInfo.length - 1);
    return tabs().tabInfo.length > before && tabs().currentAboutMessage?.getMessagePaneBrowser?.();
  });
}

/** Opens the selected mail in a window of its own. */
export async function openInWindow() {
  const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
  MailUtils.openMessagesInNewWindows([selected()], threePane().gViewWrapper);
  await waitFor("the window of the message", () => {
    const window = Services.wm.getMostRecentWindow("mail:messageWindow");
    return window?.messageBrowser?.contentWindow?.getMessagePaneBrowser?.();
  });
}

/** Closes it. */
export async function closeWindow() {
  windowOf("mail:messageWindow").close();
}

/** Selects the mails whose subjects have these words, and gives what is shown of them together. */
export async function selectAll(words) {
  const { threadTree, gDBView } = threePane();
  const rows = Array.from({ length: gDBView.rowCount }, (_, row) => row).filter((row) =>
    gDBView.getMsgHdrAt(row).mime2DecodedSubject.includes(words),
  );
  threadTree.selectedIndices = rows;
  return waitFor("the mails together", () => {
    const { multiMessageBrowser: browser } = messagePane();
    const document = browser && !browser.hidden ? browser.contentDocument : null;
    const parts = [...(document?.querySelectorAll(".snippet") ?? [])].map((one) => one.textContent.trim());
    return parts.length === rows.length && parts.some((one) => one !== "") && document.body.textContent;
  });
}

/** Shows threads in one view, as the setting for it does; or mail by mail again. */
export async function useConversations(on) {
  Services.prefs.setBoolPref("mail.thread.conversation.enabled", on);
}

/** How long a view of a conversation may take before its thread is selected once more; twice as long each time. */
const RESELECT_MS = 3_000;

/**
 * Closes the thread whose mails have these words in their subjects, selects it whole, and gives what the view of the conversation shows
 * of it, once its heading says `heading`.
 */
export async function selectConversation(words, heading) {
  const isIt = (mail) => mail.mime2DecodedSubject.includes(words);
  threePane().gViewWrapper.showThreaded = true;
  // conversations are made of what the index knows, which it takes its time over
  const { Gloda } = ChromeUtils.importESModule("resource:///modules/gloda/GlodaPublic.sys.mjs");
  const { GlodaMsgIndexer } = ChromeUtils.importESModule("resource:///modules/gloda/IndexMsg.sys.mjs");
  const mails = [...threePane().gFolder.messages].filter(isIt);
  GlodaMsgIndexer.indexMessages(mails.map(({ folder, messageKey }) => [folder, messageKey]));
  await waitFor("the index", () => mails.every((mail) => Gloda.isMessageIndexed(mail)));
  const select = () => {
    const { threadTree, gDBView } = threePane();
    gDBView.doCommand(Ci.nsMsgViewCommandType.collapseAll);
    const rows = Array.from({ length: gDBView.rowCount }, (_, row) => row);
    threadTree.selectedIndex = rows.find((row) => isIt(gDBView.getMsgHdrAt(row))) ?? -1;
  };
  // QUIRK: Thunderbird 153 makes the view once, when the thread is selected. Where the index is still being written just then, the view
  // stays empty, or has some of the mails only. So it is selected anew until there are all.
  let [selectedAt, patience] = [0, RESELECT_MS / 2];
  let seen = "no view";
  const view = await waitFor(`a conversation of ${heading}`, async () => {
    const found = threePane().document.querySelector("conversation-view");
    seen = found?.shadowRoot?.textContent ?? "no view";
    if (!found?.hidden && seen.includes(heading)) return found;
    if (Date.now() - selectedAt < patience) return undefined;
    threePane().threadTree.selectedIndex = -1;
    await sleep(100);
    select();
    [selectedAt, patience] = [Date.now(), 2 * patience];
    return undefined;
  }).catch((error) => {
    throw new Error(`${error.message}; it shows: ${seen}`);
  });
  // the first words of each mail come later, if there are any
  await sleep(500);
  return view.shadowRoot.textContent;
}

/** What the view of the conversation shows of its newest mail, in a message pane of its own. */
export async function inConversation(source, args) {
  const browser = await waitFor("the newest mail of the conversation", () => {
    const holder = threePane()
      .document.querySelector("conversation-view")
      ?.shadowRoot.querySelector("browser");
    const found = holder?.contentWindow?.getMessagePaneBrowser?.();
    return (
      found?.currentURI &&
      !found.currentURI.spec.startsWith("about:") &&
      !found.webProgress?.isLoadingDocument &&
      found
    );
  });
  return inBrowser(browser, source, args);
}

/** Prints what is shown into a file. */
export async function printTo(path) {
  const service = Cc["@mozilla.org/gfx/printsettings-service;1"].getService(Ci.nsIPrintSettingsService);
  const settings = service.createNewPrintSettings();
  settings.outputDestination = Ci.nsIPrintSettings.kOutputDestinationFile;
  settings.outputFormat = Ci.nsIPrintSettings.kOutputFormatPDF;
  settings.toFileName = path;
  settings.printSilent = true;
  await tabs().currentAboutMessage.getMessagePaneBrowser().browsingContext.print(settings);
}

/** Copies all of the shown mail, or what is selected in it, and gives what was copied. */
export async function copy(what) {
  const window = mainWindow();
  const browser = tabs().currentAboutMessage.getMessagePaneBrowser();
  window.focus();
  browser.focus();
  Services.clipboard.emptyClipboard(Ci.nsIClipboard.kGlobalClipboard);
  if (what === "all") window.goDoCommand("cmd_selectAll");
  await sleep(200);
  window.goDoCommand("cmd_copy");
  return waitFor("the copied text", () => {
    const transfer = Cc["@mozilla.org/widget/transferable;1"].createInstance(Ci.nsITransferable);
    transfer.init(null);
    transfer.addDataFlavor("text/plain");
    Services.clipboard.getData(transfer, Ci.nsIClipboard.kGlobalClipboard);
    const found = {};
    try {
      transfer.getTransferData("text/plain", found);
    } catch {
      return undefined;
    }
    return found.value.QueryInterface(Ci.nsISupportsString).data;
  });
}

/** Pictures from the network are let through for this sender, as the button above a mail does; or for everybody. */
export async function allowRemoteContent(sender) {
  if (sender === null) {
    Services.prefs.setBoolPref("mailnews.message_display.disable_remote_image", false);
    return;
  }
  const uri = Services.io.newURI(`chrome://messenger/content/email=${sender}`);
  const principal = Services.scriptSecurityManager.createContentPrincipal(uri, {});
  Services.perms.addFromPrincipal(principal, "image", Services.perms.ALLOW_ACTION);
}
