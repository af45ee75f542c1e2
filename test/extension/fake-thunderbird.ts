/** Thunderbird's namespaces on the fake host, as far as the event page needs them to start and to read a mail. */
import type { MessagePart } from "../../src/extension/thunderbird.js";
import type { MailPart } from "../../src/mail/sealed-mail.js";
import host from "./fake-host.js";

/** The mails of the one folder there is, by their number, and what each tab shows. */
export const mails = new Map<number, readonly MailPart[]>();
export const shownIn = new Map<number, number>();
/** What happens before a part is handed out: a test that wants to be in between puts its own here. */
export const beforeParts: { wait: () => Promise<void> } = { wait: async () => undefined };

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

/** As the composer makes it: a notice, and the sealed parts. */
function treeOf(id: number): MessagePart {
  const sealed = (mails.get(id) ?? []).map(({ type }, i) => ({ contentType: type, partName: `1.${i + 2}` }));
  const notice = { contentType: "text/plain", partName: "1.1" };
  return {
    contentType: "message/rfc822",
    partName: "",
    parts: [{ contentType: "multipart/mixed", partName: "1", parts: [notice, ...sealed] }],
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
      getFull: async (id: number) => treeOf(id),
      getAttachmentFile: async (id: number, partName: string) => {
        await beforeParts.wait();
        const part = mails.get(id)?.[Number(partName.slice(2)) - 2];
        if (part === undefined) throw new Error("no such part");
        return new File([new Uint8Array(part.bytes)], part.name);
      },
    },
    tabs: { onCreated: event(), onRemoved: event(), query: async () => [] },
  });
  Object.assign(host.runtime, { onConnect: event(), onStartup: event(), onInstalled: event() });
}
