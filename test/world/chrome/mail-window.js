// The main window: folders, messages, what a message shows. Runs inside Thunderbird.

/** Waits until the main window stands with its folder tree. */
export async function waitForMainWindow() {
  await waitFor("the main window", () => {
    const pane = threePane();
    return pane?.folderTree && pane.document.readyState === "complete";
  });
}

/** Stores the IMAP password, so that no question for it comes up. */
export async function storePassword(password) {
  const server = imapServer();
  const origin = `imap://${server.hostName}`;
  const login = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  login.init(origin, null, origin, server.username, password, "", "");
  const known = await Services.logins.searchLoginsAsync({ origin });
  if (known.length === 0) await Services.logins.addLoginAsync(login);
  server.password = password;
}

/** Logs in for the first time and waits for the folders that the server offers. */
export async function connectToMail() {
  const server = imapServer();
  server.performExpand(null);
  await waitFor("the folders on the server", () =>
    ["INBOX", "Sent", "Drafts"].every((name) => folderNamed(name)),
  );
}

/** Looks for new mail in a folder, and gives how many mails it then holds. */
export async function getNewMail(name) {
  const folder = folderNamed(name);
  if (!folder) throw new Error(`no folder ${name}`);
  // updateFolderWithListener does what Get Messages does for one folder, and tells when it is done.
  await new Promise((resolve) => {
    const timer = setTimeout(resolve, 5000);
    const finish = () => {
      clearTimeout(timer);
      resolve();
    };
    // QUIRK: Thunderbird 153 calls these two by names that begin with a capital, unlike every other listener.
    const listener = {
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
      OnStartRunningUrl() {},
      OnStopRunningUrl: finish,
    };
    folder.QueryInterface(Ci.nsIMsgImapMailFolder).updateFolderWithListener(mainWindow().msgWindow, listener);
  });
  return folder.getTotalMessages(false);
}

/** Shows a folder in the first tab and gives the number of its rows. */
export async function openFolder(name) {
  const { tabmail } = mainWindow();
  tabmail.switchToTab(0);
  const pane = tabmail.currentAbout3Pane;
  const folder = folderNamed(name);
  if (!folder) throw new Error(`no folder ${name}`);
  pane.displayFolder(folder.URI);
  await waitFor(`the rows of ${name}`, () => pane.gFolder?.URI === folder.URI && pane.gDBView !== null);
  await sleep(200);
  pane.gDBView.doCommand(Ci.nsMsgViewCommandType.expandAll);
  return pane.gDBView.rowCount;
}

/** Subjects, as the thread pane shows them, in its order. */
export async function listSubjects() {
  const view = threePane().gDBView;
  return Array.from({ length: view.rowCount }, (_, row) => view.getMsgHdrAt(row).mime2DecodedSubject);
}

/**
 * Selects a message in the open folder: by its row, or by text in its subject (the newest that has it).
 * Gives the row.
 */
export async function selectMessage(which) {
  const pane = threePane();
  const row = await waitFor(`message ${which}`, () => {
    const view = pane.gDBView;
    view.doCommand(Ci.nsMsgViewCommandType.expandAll);
    const rows = Array.from({ length: view.rowCount }, (_, each) => each);
    const matching =
      typeof which === "number"
        ? rows.filter((each) => each === which)
        : rows
            .filter((each) => view.getMsgHdrAt(each).mime2DecodedSubject.includes(which))
            .sort((a, b) => view.getMsgHdrAt(a).date - view.getMsgHdrAt(b).date);
    return matching.at(-1);
  });
  const shown = () => mainWindow().document.getElementById("tabmail").currentAboutMessage?.gMessageURI;
  const header = pane.gDBView.getMsgHdrAt(row);
  pane.threadTree.selectedIndex = -1;
  // what was shown before is not taken for what is asked for
  await waitFor("the message before to be gone", () => !shown());
  pane.threadTree.scrollToIndex(row, true);
  pane.threadTree.selectedIndex = row;
  await waitFor("the message to be shown", () => {
    const message = messageBrowser("mail:3pane");
    return (
      shown() === header.folder.getUriForMsg(header) &&
      message?.currentURI &&
      !message.currentURI.spec.startsWith("about:") &&
      !message.webProgress?.isLoadingDocument
    );
  });
  return row;
}

/** The browser element that shows the message, in the main window or in a message window of its own. */
export function messageBrowser(windowType) {
  const window = windowOf(windowType);
  const holder =
    windowType === "mail:3pane"
      ? window.document.getElementById("tabmail").currentAboutMessage
      : window.messageBrowser.contentWindow;
  return holder?.getMessagePaneBrowser();
}

/** Runs source code, a function of the message document's window, in the displayed message. */
export async function inMessage(windowType, source, args) {
  return inBrowser(messageBrowser(windowType), source, args);
}

/** The header fields that Thunderbird itself shows above the message, and the names in its attachment pane. */
export async function messageHeader(windowType) {
  const window = windowOf(windowType);
  const holder =
    windowType === "mail:3pane"
      ? window.document.getElementById("tabmail").currentAboutMessage
      : window.messageBrowser.contentWindow;
  const { document } = holder;
  const pane = document.getElementById("attachmentView");
  return {
    subject: document.getElementById("expandedsubjectBox")?.textContent.trim() ?? "",
    from: document.getElementById("expandedfromBox")?.textContent.trim() ?? "",
    attachments:
      pane && !pane.collapsed && !pane.hidden
        ? [...document.querySelectorAll("#attachmentList richlistitem")].map(
            (item) => item.getAttribute("name") ?? "",
          )
        : [],
  };
}

/** Gives the message under the list of messages so many pixels of height, as pulling the splitter does. */
export async function sizeMessagePane(height) {
  threePane().document.getElementById("messagePaneSplitter").height = height;
}

/** Goes to the first tab, selects the message of this Message-ID there, and has Thunderbird do a command with it: "cmd_delete". */
export async function commandOnMessage(messageId, command) {
  const tabmail = mainWindow().document.getElementById("tabmail");
  tabmail.switchToTab(0);
  const pane = await waitFor("the list of messages", () => threePane());
  const view = pane.gDBView;
  const row = await waitFor(`the message ${messageId}`, () => {
    const rows = Array.from({ length: view.rowCount }, (_, at) => at);
    const found = rows.find((at) => view.getMsgHdrAt(at).messageId === messageId);
    return found === undefined ? undefined : { found };
  });
  pane.threadTree.selectedIndex = row.found;
  await waitFor("the command", () => pane.commandController.isCommandEnabled(command));
  pane.commandController.doCommand(command);
}

/** What the notifications on the screen say: with `alerts.useSystemBackend` off they are windows of Thunderbird's own. */
export async function shownAlerts() {
  return [...Services.wm.getEnumerator("alert:alert")].map(({ document }) =>
    ["alertTitleLabel", "alertTextLabel"]
      .map((id) => document.getElementById(id))
      .map((label) => label?.value || label?.textContent || "")
      .join(": "),
  );
}

/** Who is in the address books of this computer, with name and first address. */
export async function contacts() {
  return mailServices().ab.directories.flatMap(({ childCards }) =>
    childCards.map(({ displayName, primaryEmail }) => ({ name: displayName, address: primaryEmail })),
  );
}

/** What kind of tab is in front: "mailMessageTab" for one message. */
export async function frontTabKind() {
  return mainWindow().document.getElementById("tabmail").currentTabInfo.mode.name;
}

/** Presses Ctrl and Shift and a letter in the main window. */
export async function pressShortcut(letter) {
  const window = mainWindow();
  window.focus();
  const tip = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
  if (!tip.beginInputTransactionForTests(window)) throw new Error("no keyboard");
  const keys = [
    { key: "Control", code: "ControlLeft", keyCode: 17 },
    { key: "Shift", code: "ShiftLeft", keyCode: 16 },
    { key: letter, code: `Key${letter}`, keyCode: letter.charCodeAt(0) },
  ].map((init) => new window.KeyboardEvent("", init));
  for (const key of keys) tip.keydown(key);
  for (const key of keys.reverse()) tip.keyup(key);
}
