// Writing a mail as a person does it, and the dialogs that may come of it. Runs inside Thunderbird.

/** Opens a compose window and waits for its editor. */
export async function openComposer(to, subject) {
  const services = mailServices();
  const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
  fields.to = to;
  fields.subject = subject;
  const params = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
  params.type = Ci.nsIMsgCompType.New;
  params.format = Ci.nsIMsgCompFormat.HTML;
  params.composeFields = fields;
  params.identity = services.accounts.defaultAccount.defaultIdentity;
  const before = new Set(Services.wm.getEnumerator("msgcompose"));
  services.compose.OpenComposeWindowWithParams(null, params);
  await waitForNewComposer(before);
}

/** Does one of Thunderbird's commands about the message that the main window shows: cmd_replyall, cmd_forwardInline … */
export async function commandOnDisplayed(command) {
  const before = new Set(Services.wm.getEnumerator("msgcompose"));
  mainWindow().document.getElementById("tabmail").currentAboutMessage.commandController.doCommand(command);
  await waitForNewComposer(before);
}

/** Opens a folder of "Local Folders" and gives the number of its rows. */
export async function openLocalFolder(name) {
  const pane = threePane();
  const folder = mailServices().accounts.localFoldersServer.rootFolder.getChildNamed(name);
  if (!folder) return 0;
  pane.displayFolder(folder.URI);
  // the view of the folder before stays for a while
  await waitFor(`the rows of ${name}`, () => pane.gDBView?.viewFolder?.URI === folder.URI);
  await sleep(300);
  return pane.gDBView.rowCount;
}

/** "New Message", whichever folder is selected. */
export async function newMessage() {
  const before = new Set(Services.wm.getEnumerator("msgcompose"));
  mainWindow().goDoCommand("cmd_newMessage");
  await waitForNewComposer(before);
}

/** Writes a subject as typing does. */
export async function typeSubject(subject) {
  const window = composer();
  const field = window.document.getElementById("msgSubject");
  field.value = subject;
  field.dispatchEvent(new window.Event("input", { bubbles: true }));
}

/** Opens the newest message of the open folder, a draft, for writing on. */
export async function editNewestDraft() {
  const pane = threePane();
  const all = Array.from({ length: pane.gDBView.rowCount }, (_, row) => pane.gDBView.getMsgHdrAt(row));
  const [header] = all.sort((a, b) => b.dateInSeconds - a.dateInSeconds || b.messageKey - a.messageKey);
  const before = new Set(Services.wm.getEnumerator("msgcompose"));
  const { folder } = header;
  mailServices().compose.OpenComposeWindow(
    null,
    header,
    folder.getUriForMsg(header),
    Ci.nsIMsgCompType.Draft,
    Ci.nsIMsgCompFormat.Default,
    null,
    null,
    null,
  );
  await waitForNewComposer(before);
}

/** Adds recipients as typing and Enter do: "addr_to", "addr_cc", "addr_bcc". */
export async function addRecipients(field, addresses) {
  const window = composer();
  const row = window.document.querySelector(`.address-row[data-recipienttype="${field}"]`);
  window.addressRowAddRecipientsArray(row, addresses);
}

/** Makes a list in the personal address book, with one member. */
export async function addAddressBookList(name, member) {
  const book = mailServices().ab.getDirectory("jsaddrbook://abook.sqlite");
  const list = Cc["@mozilla.org/addressbook/directoryproperty;1"].createInstance(Ci.nsIAbDirectory);
  list.isMailList = true;
  list.dirName = name;
  const made = book.addMailList(list);
  const card = Cc["@mozilla.org/addressbook/cardproperty;1"].createInstance(Ci.nsIAbCard);
  card.primaryEmail = member;
  made.addCard(card);
}

/** "Expand List" of Thunderbird's menu of a recipient that is a list of the address book. */
export async function expandRecipient(name) {
  const window = composer();
  const pills = [...window.document.querySelectorAll("mail-address-pill")];
  const pill = pills.find((one) => one.isMailList && one.fullAddress.includes(name));
  if (!pill) throw new Error(`no list ${name} among: ${pills.map((one) => one.fullAddress).join(", ")}`);
  window.expandList(pill);
}

/** Chooses another identity in From. */
export async function chooseIdentity(key) {
  const window = composer();
  const list = window.document.getElementById("msgIdentity");
  list.selectedItem = [...list.querySelectorAll("menuitem")].find(
    (item) => item.getAttribute("identitykey") === key,
  );
  window.LoadIdentity(false);
}

/** Presses a key with Ctrl and Shift in the compose window. */
export async function pressCtrlShift(letter) {
  const window = composer();
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
  await sleep(300);
}

/** "Send Later": into the Outbox. */
export async function pressSendLater() {
  watchSend();
  setTimeout(() => composer().goDoCommand("cmd_sendLater"), 0);
  await sleep(50);
}

/** Takes Thunderbird off the network, or back to it. */
export async function setOffline(offline) {
  Services.io.offline = offline;
}

/** "Send Unsent Messages", and waits until the Outbox is empty. */
export async function sendUnsent() {
  const outbox = mailServices().accounts.localFoldersServer.rootFolder.getFolderWithFlags(
    Ci.nsMsgFolderFlags.Queue,
  );
  mainWindow().goDoCommand("cmd_sendUnsentMsgs");
  await waitFor("the Outbox to be empty", () => outbox.getTotalMessages(false) === 0);
}

/** Subjects of what waits in the Outbox. */
export async function outbox() {
  const folder = mailServices().accounts.localFoldersServer.rootFolder.getFolderWithFlags(
    Ci.nsMsgFolderFlags.Queue,
  );
  return [...(folder?.messages ?? [])].map((header) => header.mime2DecodedSubject);
}

/** How many compose windows are open. */
export async function composers() {
  return [...Services.wm.getEnumerator("msgcompose")].length;
}

/** Presses Reply on the message that the main window shows. */
export async function replyToDisplayed() {
  const before = new Set(Services.wm.getEnumerator("msgcompose"));
  mainWindow()
    .document.getElementById("tabmail")
    .currentAboutMessage.commandController.doCommand("cmd_reply");
  await waitForNewComposer(before);
}

export async function waitForNewComposer(before) {
  await waitFor("the compose window", () => {
    const window = [...Services.wm.getEnumerator("msgcompose")].find((one) => !before.has(one));
    return window?.gMsgCompose?.editor && window.gWindowLocked === false && window.ComposeStartup;
  });
  // The editor takes what is typed only after its start-up has run.
  await sleep(500);
}

export const composer = () => windowOf("msgcompose");

/** Types HTML at the cursor, as pasting does: the editor counts it as a change by the user. */
export async function typeHtml(html) {
  const window = composer();
  const editor = window.GetCurrentEditor();
  editor.beginningOfDocument();
  editor.QueryInterface(Ci.nsIHTMLEditor).insertHTML(html);
  window.gContentChanged = true;
}

/** Attaches a file on disk under its own name. */
export async function attachFile(path, contentType) {
  const window = composer();
  const file = Cc["@mozilla.org/file/local;1"].createInstance(Ci.nsIFile);
  file.initWithPath(path);
  const attachment = Cc["@mozilla.org/messengercompose/attachment;1"].createInstance(Ci.nsIMsgAttachment);
  attachment.url = Services.io.newFileURI(file).spec;
  attachment.name = file.leafName;
  attachment.size = file.fileSize;
  if (contentType) attachment.contentType = contentType;
  await window.AddAttachments([attachment]);
}

/** What stands in the compose window now. */
export async function composerState() {
  const window = composer();
  // a window that was just opened has none yet
  const root = await waitFor("the editor", () => window.GetCurrentEditor()?.rootElement);
  return {
    subject: window.document.getElementById("msgSubject").value,
    to: [...window.document.querySelectorAll("#toAddrContainer mail-address-pill")].map(
      (pill) => pill.emailAddress,
    ),
    others: [
      ...window.document.querySelectorAll(
        "#ccAddrContainer mail-address-pill, #bccAddrContainer mail-address-pill",
      ),
    ].map((pill) => pill.emailAddress),
    html: root.innerHTML,
    attachments: [...window.document.querySelectorAll("#attachmentBucket richlistitem")].map(
      (item) => item.attachment.name,
    ),
    identity: window.getCurrentIdentityKey(),
    locked: window.gWindowLocked === true,
  };
}

/** The add-on's button in the compose window's tool bar. */
export function composeActionButton(addonId) {
  return composer().document.getElementById(`${widgetName(addonId)}-composeAction-toolbarbutton`);
}

/** Clicks the add-on's compose action button. */
export async function clickComposeAction(addonId) {
  const button = await waitFor("the compose action button", () => composeActionButton(addonId));
  button.click();
  await sleep(200);
}

/** What a person can see of the compose action button. */
export async function composeActionState(addonId) {
  const button = await waitFor("the compose action button", () => composeActionButton(addonId));
  return {
    label: button.getAttribute("label") ?? "",
    title: button.getAttribute("tooltiptext") ?? button.getAttribute("title") ?? "",
    badge: button.getAttribute("badge") ?? "",
    disabled: button.hasAttribute("disabled"),
  };
}

/** Presses Send. */
export async function pressSend() {
  const button = composer().document.getElementById("button-send");
  watchSend();
  // The press may open a modal dialog, which would keep this script from returning.
  setTimeout(() => button.click(), 0);
  await sleep(50);
}

/** Saves the draft, as Ctrl+S does. */
export async function saveDraft() {
  composer().goDoCommand("cmd_saveDefault");
  await sleep(500);
}

/** Saves it as a template. */
export async function saveTemplate() {
  composer().goDoCommand("cmd_saveAsTemplate");
  await sleep(500);
}

/** Saves the draft as the five-minute timer does. */
export async function autoSave() {
  composer().AutoSave();
  await sleep(500);
}

export const dialogWindows = () =>
  [...Services.wm.getEnumerator(null)].filter((window) =>
    window.document.documentURI.includes("commonDialog.xhtml"),
  );

/** Texts of the dialogs that are open. */
export async function dialogs() {
  return dialogWindows().map((window) => window.document.getElementById("infoBody")?.textContent ?? "");
}

/** Presses the accepting button of every dialog and gives how many there were. */
export const acceptDialogs = () => closeDialogs("accept");

/** Presses the button of every dialog that says no. */
export const declineDialogs = () => closeDialogs("cancel");

async function closeDialogs(how) {
  const open = dialogWindows();
  for (const window of open) {
    // a dialog that has only just come has no buttons yet
    const dialog = await waitFor("the dialog's buttons", () => {
      const found = window.document.querySelector("dialog");
      return window.document.readyState === "complete" && found?.getButton?.("accept") && found;
    });
    if (how === "accept") dialog.acceptDialog();
    else dialog.cancelDialog();
  }
  await sleep(300);
  return open.length;
}

/** After Send: whether the window has closed, a dialog has come, or the add-on has refused. */
export async function sendOutcome() {
  return waitFor("the outcome of Send", () => {
    if (dialogWindows().length > 0) return "dialog";
    const window = Services.wm.getMostRecentWindow("msgcompose");
    if (!window || window.closed) return "closed";
    return window.listsealTestGivenUp && !window.gWindowLocked ? "open" : undefined;
  });
}

/** Notes whether the compose window gives up sending, which it says by an event, as it does when an add-on refuses. */
function watchSend() {
  const window = composer();
  const watched = window.listsealTestGivenUp !== undefined;
  window.listsealTestGivenUp = false;
  if (watched) return;
  window.addEventListener("compose-prepare-message-completed", ({ detail }) => {
    if (detail?.exception) window.listsealTestGivenUp = true;
  });
}

/** Closes every compose window without saving. */
export async function closeComposers() {
  for (const window of Services.wm.getEnumerator("msgcompose")) {
    window.gContentChanged = false;
    window.gMsgCompose.bodyModified = false;
    window.close();
  }
  await sleep(300);
}
