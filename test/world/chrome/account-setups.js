// Set-ups of accounts that people have, made while Thunderbird runs.

const localRoot = () => mailServices().accounts.localFoldersServer.rootFolder;

/** Adds a POP account whose mail goes into the Inbox of Local Folders, makes it the default one, and gives the key of its identity. */
export async function addGlobalInboxAccount(fullName, email, smtpPort) {
  const { accounts, outgoingServer } = mailServices();
  const smtp = outgoingServer.createServer("smtp");
  smtp.QueryInterface(Ci.nsISmtpServer);
  smtp.hostname = "127.0.0.1";
  smtp.port = smtpPort;
  smtp.socketType = 0;
  smtp.authMethod = 1;
  const server = accounts.createIncomingServer("someone", "127.0.0.3", "pop3");
  server.loginAtStartUp = false;
  server.doBiff = false;
  server.QueryInterface(Ci.nsIPop3IncomingServer).deferredToAccount = accounts.findAccountForServer(
    accounts.localFoldersServer,
  ).key;
  const identity = accounts.createIdentity();
  identity.fullName = fullName;
  identity.email = email;
  identity.smtpServerKey = smtp.key;
  identity.doFcc = false;
  identity.composeHtml = true;
  identity.valid = true;
  const account = accounts.createAccount();
  account.addIdentity(identity);
  account.incomingServer = server;
  accounts.defaultAccount = account;
  const root = localRoot();
  if (!root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox)) root.createSubfolder("Inbox", null);
  return identity.key;
}

/** Makes another account the default one. */
export async function useAsDefault(accountKey) {
  const { accounts } = mailServices();
  accounts.defaultAccount = accounts.getAccount(accountKey);
}

/** Removes an account, as its settings do. */
export async function removeAccount(accountKey) {
  const { accounts } = mailServices();
  accounts.removeAccount(accounts.getAccount(accountKey), true);
}

/** The identities of Local Folders. */
export async function localIdentities() {
  const { accounts } = mailServices();
  const account = accounts.findAccountForServer(accounts.localFoldersServer);
  return account.identities.map(({ key, email }) => ({ key, email: email ?? "" }));
}

/** Puts a mail into a folder of Local Folders, which is made where it is missing, and shows that folder. */
export async function putInLocalFolder(name, source) {
  const root = localRoot();
  if (!root.containsChildNamed(name)) root.createSubfolder(name, null);
  const folder = root.getChildNamed(name).QueryInterface(Ci.nsIMsgLocalMailFolder);
  const before = folder.getTotalMessages(false);
  folder.addMessage(source);
  await waitFor("the mail in its folder", () => folder.getTotalMessages(false) > before);
}
