/** Thunderbird's namespaces on the fake host, as far as the event page needs them to start and to read a mail. */
import { readMimeTree } from "../../src/mail/mime-tree.js";
import host from "./fake-host.js";

/** The mails of the one folder there is, by their number, and what each tab shows. */
export const mails = new Map<number, Uint8Array>();
export const shownIn = new Map<number, number>();
/** The folder of a mail, where it is not the one folder there is. */
export const folders = new Map<number, { readonly path: string; readonly specialUse?: readonly string[] }>();
/** Mails that were opened from a file: shown, and in no folder. */
export const external = new Set<number>();
/** The person's identities, by their ids. */
export const identities = new Map<
  string,
  { readonly id: string; readonly email: string; readonly label: string }
>();
/** Names of what is attached in the compose window, and those that are files. */
export const attached: string[] = [];
export const files = new Map<string, Uint8Array>();
/** What was put into the compose window, one after the other. */
export const composed: object[] = [];
/** Names of the folders of Local Folders. */
export const localFolders: string[] = [];
/** What happens before a mail is handed out: a test that wants to be in between puts its own here. */
export const beforeMail: { wait: () => Promise<void> } = { wait: async () => undefined };

const event = () => ({ addListener: () => undefined, removeListener: () => undefined });

function headerOf(id: number) {
  return {
    id,
    headerMessageId: `${id}@lists.example`,
    author: "alice@example.test",
    recipients: [],
    ccList: [],
    subject: "sealed",
    date: new Date(),
    size: 1_000,
    ...(folders.has(id) ? { folder: { id: "f", accountId: "a", ...folders.get(id) } } : {}),
    external: external.has(id),
  };
}

/** Puts everything on the host. */
export function haveThunderbird(): void {
  Object.assign(host, {
    accounts: {
      list: async () => [{ id: "a", type: "local", rootFolder: { id: "root" }, identities: [] }],
      getDefault: async () => null,
      onCreated: event(),
      onDeleted: event(),
    },
    folders: {
      query: async () => [{ id: "drafts", accountId: "a" }],
      getSubFolders: async () => localFolders.map((name) => ({ id: name, name })),
    },
    commands: { onCommand: event() },
    compose: {
      onBeforeSend: event(),
      onAfterSend: event(),
      onAfterSave: event(),
      onIdentityChanged: event(),
      onComposeStateChanged: event(),
      getComposeDetails: async () => ({ isPlainText: true, plainTextBody: "my own words" }),
      setComposeDetails: async (_: number, details: object) => void composed.push(details),
      getAttachmentFile: async (id: number) => {
        const name = attached[id] ?? "";
        return new File([new Uint8Array(files.get(name) ?? [])], name);
      },
      listAttachments: async () => attached.map((name, id) => ({ id, name, size: 1 })),
    },
    composeAction: { onClicked: event() },
    identities: {
      get: async (id: string) => identities.get(id) ?? null,
      onCreated: event(),
      onUpdated: event(),
      onDeleted: event(),
    },
    menus: { onClicked: event(), create: () => undefined },
    messageDisplay: {
      getDisplayedMessages: async (tabId: number) => {
        const id = shownIn.get(tabId);
        return { messages: id === undefined ? [] : [headerOf(id)] };
      },
    },
    messages: {
      onNewMailReceived: event(),
      onMoved: event(),
      onCopied: event(),
      onDeleted: event(),
      onUpdated: event(),
      get: async (id: number) => {
        if (!mails.has(id)) throw new Error("no such message");
        return headerOf(id);
      },
      query: async () => ({
        messages: [...folders]
          .filter(([, { specialUse }]) => specialUse?.includes("drafts"))
          .map(([id]) => headerOf(id)),
      }),
      getFull: async (id: number) => ({ parts: [await readMimeTree(mails.get(id) ?? new Uint8Array())] }),
      getRaw: async (id: number) => {
        await beforeMail.wait();
        return Buffer.from(mails.get(id) ?? "").toString("latin1");
      },
    },
    spaces: {
      query: async () => [],
      create: async () => ({ id: 1 }),
      update: async () => undefined,
      open: async () => ({ id: 2 }),
    },
    tabs: {
      onCreated: event(),
      onRemoved: event(),
      query: async () => [...shownIn.keys()].map((id) => ({ id })),
      sendMessage: async () => undefined,
    },
  });
  Object.assign(host.runtime, { onConnect: event(), onStartup: event(), onInstalled: event() });
}
