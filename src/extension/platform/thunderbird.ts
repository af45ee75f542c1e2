import type { PartTree } from "../../mail/found-parts.js";
import { browser } from "./browser.js";

/**
 * The part of Thunderbird's own WebExtension namespaces that ListSeal uses. `@types/webextension-polyfill`
 * knows browsers only. Taken from the schemas that Thunderbird 153 carries. The builds for browsers import its types alone:
 * a test of the house holds that.
 */

/** A listener list of Thunderbird. */
export interface HostEvent<F> {
  /** `everyFolder`: of `onNewMailReceived`; without it, Thunderbird tells of the usual folders alone. */
  addListener(listener: F, everyFolder?: boolean): void;
  removeListener(listener: F): void;
}

/** A tab as events name it: a compose window has one, too. */
export interface TabRef {
  readonly id?: number | undefined;
  readonly windowId?: number | undefined;
}

/** A recipient as the composer gives it: text, or an address book entry that has not been written out yet. */
export type ComposeRecipient = string | { readonly id: string; readonly type: "contact" | "mailingList" };
export type ComposeRecipients = ComposeRecipient | readonly ComposeRecipient[];

/** One X- header that an add-on may set. QUIRK: Thunderbird re-cases the name (X-ListSeal: X-Listseal). */
export interface CustomHeader {
  readonly name: string;
  readonly value: string;
}

/** What a compose window holds. Every field is optional when it is given back. */
export interface ComposeDetails {
  readonly type?: "draft" | "new" | "redirect" | "reply" | "forward";
  readonly relatedMessageId?: number;
  readonly identityId?: string;
  readonly from?: ComposeRecipient;
  readonly to?: ComposeRecipients;
  readonly cc?: ComposeRecipients;
  readonly bcc?: ComposeRecipients;
  readonly replyTo?: ComposeRecipients;
  readonly followupTo?: ComposeRecipients;
  readonly newsgroups?: string | readonly string[];
  readonly subject?: string;
  readonly isPlainText?: boolean;
  readonly body?: string;
  readonly plainTextBody?: string;
  readonly isModified?: boolean;
  readonly deliveryFormat?: "auto" | "plaintext" | "html" | "both";
  readonly customHeaders?: readonly CustomHeader[];
  readonly attachPublicPGPKey?: boolean;
  readonly attachVCard?: boolean;
  readonly priority?: "lowest" | "low" | "normal" | "high" | "highest";
  readonly returnReceipt?: boolean;
  /** For a new window: files, or attachments of another window. */
  readonly attachments?: readonly (
    | { readonly id: number }
    | { readonly file: File; readonly name: string }
  )[];
}

/** What `onBeforeSend` may answer. QUIRK: a detail that Thunderbird refuses leaves the window locked for good. */
export interface BeforeSendAnswer {
  readonly cancel?: boolean;
  readonly details?: ComposeDetails;
}

export interface ComposeAttachment {
  readonly id: number;
  readonly name: string;
  readonly size: number;
}

export interface SendInfo {
  readonly mode: "sendNow" | "sendLater";
  readonly error?: string | null;
  /** QUIRK: after a failed SMTP dialogue there is no `error`, and this is null or missing. */
  readonly headerMessageId?: string | null;
}

/** What became of saving a draft. */
export interface SaveInfo {
  readonly mode: "draft" | "template" | "autoSave";
  readonly error?: string | null;
  readonly messages: readonly MessageHeader[];
}

export interface Compose {
  readonly onAfterSave: HostEvent<(tab: TabRef, info: SaveInfo) => void>;
  readonly onBeforeSend: HostEvent<(tab: TabRef, details: ComposeDetails) => Promise<BeforeSendAnswer>>;
  readonly onAfterSend: HostEvent<(tab: TabRef, info: SendInfo) => void>;
  readonly onIdentityChanged: HostEvent<(tab: TabRef, identityId: string) => void>;
  readonly onComposeStateChanged: HostEvent<(tab: TabRef, state: { readonly canSendNow: boolean }) => void>;
  /** Thunderbird quotes what it shows of the mail. `replyToList`: to the address of List-Post. */
  beginReply(messageId: number, to: "replyToList" | "replyToAll"): Promise<TabRef>;
  beginForward(messageId: number, how: "forwardInline"): Promise<TabRef>;
  /** Opens a compose window. */
  beginNew(details: ComposeDetails): Promise<TabRef>;
  getComposeDetails(tabId: number): Promise<ComposeDetails>;
  setComposeDetails(tabId: number, details: ComposeDetails): Promise<void>;
  listAttachments(tabId: number): Promise<readonly ComposeAttachment[]>;
  getAttachmentFile(attachmentId: number): Promise<File>;
  /** A file, or an attachment of another window. */
  addAttachment(
    tabId: number,
    attachment: { file: File; name?: string } | { id: number },
  ): Promise<ComposeAttachment>;
  removeAttachment(tabId: number, attachmentId: number): Promise<void>;
  /** Dictionary names; true for those that check the spelling here. */
  getActiveDictionaries(tabId: number): Promise<Readonly<Record<string, boolean>>>;
  setActiveDictionaries(tabId: number, dictionaries: readonly string[]): Promise<void>;
  saveMessage(tabId: number, options: { readonly mode: "draft" }): Promise<SaveInfo>;
  /** As a press of Send, `onBeforeSend` and all. Rejects if nothing was sent, whoever stopped it. */
  sendMessage(tabId: number, options: { readonly mode: "default" | "sendLater" }): Promise<SendInfo>;
}

export interface ComposeAction {
  readonly onClicked: HostEvent<(tab: TabRef) => void>;
  setTitle(details: { title: string; tabId: number }): Promise<void>;
  setLabel(details: { label: string; tabId: number }): Promise<void>;
  setIcon(details: { path: string; tabId: number }): Promise<void>;
  setPopup(details: { popup: string; tabId: number }): Promise<void>;
  openPopup(options: { windowId: number }): Promise<boolean>;
}

/** A message as the folder shows it. */
export interface MessageHeader {
  readonly id: number;
  readonly headerMessageId: string;
  readonly author: string;
  readonly recipients: readonly string[];
  readonly ccList: readonly string[];
  readonly subject: string;
  readonly date: Date;
  readonly size: number;
  readonly read?: boolean;
  readonly folder?: MailFolder;
  /** It was opened from a file, or is attached to another: in no folder. */
  readonly external?: boolean;
}

/** One node of a message's MIME tree; the root is `message/rfc822`. */
export interface MessagePart extends PartTree {
  readonly size?: number;
  readonly parts?: readonly MessagePart[];
}

/** A mail that an add-on sends by itself, without a compose window. */
export interface NewMessage {
  readonly identityId: string;
  readonly to: readonly string[];
  readonly subject: string;
  /** QUIRK: the lines of `plainTextBody` are joined if the identity writes HTML; `<pre>` in an HTML body keeps them. */
  readonly body: string;
  readonly isPlainText: false;
  readonly deliveryFormat: "plaintext";
  readonly attachments: readonly { readonly file: File; readonly name: string }[];
  /** Names begin with `X-`; others are dropped. */
  readonly customHeaders?: readonly { readonly name: string; readonly value: string }[];
  /** An empty text keeps no copy in Sent. */
  readonly overrideDefaultFccFolder?: "";
}

/** A part of a longer list of messages. */
export interface MessageList {
  /** Null or missing on the last page. */
  readonly id?: string | null;
  readonly messages: readonly MessageHeader[];
}

export interface Messages {
  readonly onNewMailReceived: HostEvent<(folder: MailFolder, messages: MessageList) => void>;
  /** Archiving and deleting are moves as well. The two lists have their messages in the same order. */
  readonly onMoved: HostEvent<(before: MessageList, after: MessageList) => void>;
  readonly onCopied: HostEvent<(originals: MessageList, copies: MessageList) => void>;
  readonly onDeleted: HostEvent<(messages: MessageList) => void>;
  readonly onUpdated: HostEvent<
    (message: MessageHeader, changed: { readonly read?: boolean }, before: object) => void
  >;
  /** Missing until the person has granted the permission `messages.send`. */
  readonly sendMessage?: (
    mail: NewMessage,
    options: { readonly mode: "default" },
  ) => Promise<{ readonly mode: "sendNow" | "sendLater" }>;
  query(about: {
    readonly author?: string;
    readonly fromDate?: Date;
    readonly folderId?: string;
    /** Without angle brackets. */
    readonly headerMessageId?: string;
    /** QUIRK: Thunderbird's windows stand still while a page is collected: 0.1 s at most for 25, more than 1 s for 2,000. */
    readonly messagesPerPage?: number;
  }): Promise<MessageList>;
  /** Ends a query that is not read to its end: it would go on beside whatever comes next. */
  abortList(listId: string): Promise<void>;
  /** Missing until the person has granted `messagesImport`. Throws if the folder holds that Message-ID already. */
  readonly import?: (
    file: File,
    folderId: string,
    properties: { readonly read: boolean },
  ) => Promise<MessageHeader>;
  continueList(listId: string): Promise<MessageList>;
  get(messageId: number): Promise<MessageHeader>;
  getFull(messageId: number, options: { decrypt: boolean; decodeContent: boolean }): Promise<MessagePart>;
  getAttachmentFile(messageId: number, partName: string): Promise<File>;
  listAttachments(
    messageId: number,
  ): Promise<readonly { readonly name: string; readonly partName: string; readonly size: number }[]>;
  getRaw(messageId: number, options: { readonly decrypt: boolean }): Promise<File>;
  /** One character an octet. */
  getRaw(
    messageId: number,
    options: { readonly decrypt: boolean; readonly data_format: "BinaryString" },
  ): Promise<string>;
  update(messageId: number, properties: { readonly read: boolean }): Promise<void>;
  /** Missing until the person has granted `messagesMove`. */
  readonly move?: (messageIds: readonly number[], folderId: string) => Promise<void>;
  /** Where the account archives; missing as {@link move}. */
  readonly archive?: (messageIds: readonly number[]) => Promise<void>;
  delete(messageIds: readonly number[], options: { readonly deletePermanently: boolean }): Promise<void>;
}

export interface MailFolder {
  readonly id: string;
  readonly accountId: string;
  readonly name?: string;
  /** Names from the account's root on, each after a "/". */
  readonly path?: string;
  /** What it is for: "drafts", "sent", "templates" ... */
  readonly specialUse?: readonly string[];
  /** A search that was saved, or several folders in one: its messages are in other folders. */
  readonly isVirtual?: boolean;
  readonly isUnified?: boolean;
  readonly isTag?: boolean;
  readonly isRoot?: boolean;
  /** Below the root folder that `accounts.list(true)` gives. */
  readonly subFolders?: readonly MailFolder[];
}

export interface Folders {
  query(filter: {
    readonly accountId?: string;
    readonly specialUse: readonly "drafts"[];
  }): Promise<readonly MailFolder[]>;
  getSubFolders(folderId: string, includeSubFolders: boolean): Promise<readonly MailFolder[]>;
  /** Missing until the person has granted `accountsFolders`. */
  readonly create?: (parentId: string, name: string) => Promise<MailFolder>;
}

/** The menus that an add-on adds to; here only that of its own button. */
export interface Menus {
  readonly onClicked: HostEvent<
    (info: { readonly menuItemId: string | number }, tab: TabRef | undefined) => void
  >;
  create(entry: { id: string; title: string; contexts: readonly "compose_action"[] }): void;
}

export interface MessageDisplay {
  open(about: { readonly messageId: number; readonly location: "tab" }): Promise<TabRef>;
  getDisplayedMessages(tabId: number): Promise<{ readonly messages: readonly MessageHeader[] }>;
}

export interface MailIdentity {
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly name: string;
  readonly label: string;
  readonly composeHtml: boolean;
  readonly organization: string;
  readonly replyTo: string;
  readonly signature: string;
  readonly signatureIsPlainText: boolean;
}

export interface Accounts {
  list(includeSubFolders: boolean): Promise<
    readonly {
      readonly id: string;
      readonly type: string;
      readonly rootFolder: MailFolder;
      readonly identities: readonly MailIdentity[];
    }[]
  >;
  /** The account that new mail is written from; null where no account can be that. */
  getDefault(): Promise<{ readonly id: string } | null>;
  readonly onCreated: HostEvent<() => void>;
  readonly onDeleted: HostEvent<() => void>;
}

export interface Identities {
  /** The first identity of an account. */
  getDefault(accountId: string): Promise<MailIdentity | null>;
  readonly onCreated: HostEvent<() => void>;
  readonly onUpdated: HostEvent<() => void>;
  readonly onDeleted: HostEvent<() => void>;
  get(identityId: string): Promise<MailIdentity | null>;
  create(accountId: string, details: Partial<Omit<MailIdentity, "id" | "accountId">>): Promise<MailIdentity>;
  delete(identityId: string): Promise<void>;
  update(identityId: string, details: Partial<Omit<MailIdentity, "id" | "accountId">>): Promise<MailIdentity>;
}

/** A right that the manifest names as optional. */
export type LaterRight =
  | "messages.send"
  | "accountsFolders"
  | "addressBooks"
  | "messagesImport"
  | "messagesMove"
  | "notifications";

/** Rights that a person grants later, by a click. */
export interface Permissions {
  contains(wanted: { readonly permissions: readonly LaterRight[] }): Promise<boolean>;
  /** QUIRK: only while a click is being handled, before anything is awaited. */
  request(wanted: { readonly permissions: readonly LaterRight[] }): Promise<boolean>;
}

/** A button of ours in Thunderbird's bar of spaces. */
export interface Space {
  readonly id: number;
}

/** How the button looks. */
export interface SpaceButton {
  readonly title?: string;
  readonly defaultIcons?: string;
  readonly themeIcons?: readonly { readonly dark: string; readonly light: string; readonly size: number }[];
  /** Null for none. */
  readonly badgeText?: string | null;
  readonly badgeBackgroundColor?: string;
}

/** QUIRK: a space does not outlive the program: at each start it is made again, and a name that is there already throws. */
export interface Spaces {
  query(filter: { readonly isSelfOwned: true }): Promise<readonly Space[]>;
  create(name: string, page: { readonly url: string }, button: SpaceButton): Promise<Space>;
  update(id: number, page: { readonly url: string }, button: SpaceButton): Promise<void>;
  /** Goes to its one tab, which is opened if there is none. */
  open(id: number): Promise<TabRef>;
}

/** Notifications of the system. */
export interface Notifications {
  create(
    id: string,
    about: {
      readonly type: "basic";
      readonly title: string;
      readonly message: string;
      readonly iconUrl: string;
    },
  ): Promise<string>;
  readonly onClicked: HostEvent<(id: string) => void>;
}

/** Thunderbird's namespaces, beside those that every WebExtension has. */
export interface Thunderbird {
  readonly compose: Compose;
  readonly composeAction: ComposeAction;
  readonly messages: Messages;
  readonly messageDisplay: MessageDisplay;
  readonly accounts: Accounts;
  readonly identities: Identities;
  readonly folders: Folders;
  readonly menus: Menus;
  readonly spaces: Spaces;
}

/** The person's address books, as Manifest V3 has them. */
export interface AddressBooks {
  list(): Promise<readonly { readonly id: string; readonly readOnly?: boolean; readonly remote?: boolean }[]>;
  readonly contacts: {
    query(about: { readonly searchString: string }): Promise<readonly { readonly vCard?: string }[]>;
    create(bookId: string, vCard: string): Promise<string>;
  };
}

/** Namespaces that are missing until the person has granted their rights. */
export interface LaterNamespaces {
  readonly addressBooks?: AddressBooks;
  readonly notifications?: Notifications;
}

function isThunderbird(api: typeof browser): api is typeof browser & Thunderbird {
  return "compose" in api && "messages" in api && "messageDisplay" in api && "identities" in api;
}

let known: (Omit<typeof browser, "notifications"> & Thunderbird & LaterNamespaces) | undefined;

/**
 * Thunderbird's namespaces. Only the background page has them all: a message display script has `runtime`,
 * `i18n` and `storage`.
 * @throws Error where the host is not Thunderbird, or the permissions of the manifest are missing.
 */
export function thunderbird(): Omit<typeof browser, "notifications"> & Thunderbird & LaterNamespaces {
  if (known === undefined) {
    if (!isThunderbird(browser))
      throw new Error("this part of ListSeal runs in Thunderbird's background page only");
    known = browser;
  }
  return known;
}
