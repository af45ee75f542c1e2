/** Thunderbird's namespaces on the fake host, as far as the event page needs them to start and to read a mail. */
import host from "./fake-host.js";

/** The mails of the one folder there is, by their number, and what each tab shows. */
export const mails = new Map<number, Uint8Array>();
export const shownIn = new Map<number, number>();
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
  };
}

/** Puts everything on the host. */
export function haveThunderbird(): void {
  Object.assign(host, {
    accounts: { list: async () => [] },
    commands: { onCommand: event() },
    compose: {
      onBeforeSend: event(),
      onAfterSend: event(),
      onAfterSave: event(),
      onIdentityChanged: event(),
      onComposeStateChanged: event(),
    },
    composeAction: { onClicked: event() },
    identities: {},
    menus: { onClicked: event(), create: () => undefined },
    messageDisplay: {
      getDisplayedMessages: async (tabId: number) => {
        const id = shownIn.get(tabId);
        return { messages: id === undefined ? [] : [headerOf(id)] };
      },
    },
    messages: {
      onNewMailReceived: event(),
      getRaw: async (id: number) => {
        await beforeMail.wait();
        return Buffer.from(mails.get(id) ?? "").toString("latin1");
      },
    },
    tabs: { onCreated: event(), onRemoved: event(), query: async () => [] },
  });
  Object.assign(host.runtime, { onConnect: event(), onStartup: event(), onInstalled: event() });
}
