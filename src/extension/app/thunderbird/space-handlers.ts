import { noteUse } from "../../keys/unlocked.js";
import { type IndexedMail, isAmong, keyOfMail } from "../../mail-index/indexed-mail.js";
import type { MailIndex } from "../../mail-index/mail-index.js";
import { chooseNotifications, notificationChoice } from "../../mail-index/notification-choice.js";
import { indexOf } from "../../mail-index/open-indexes.js";
import { beginSync, openIndexes, pauseSync, syncProgress, whenIndexChanges } from "../../mail-index/sync.js";
import { askFellows, fellowsOf } from "../../member/fellow-members.js";
import { AddonError } from "../../platform/errors.js";
import { awake } from "../../platform/keep-awake.js";
import { type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { load } from "../../records/storage.js";
import { loadMark } from "../../ui/security-image.js";
import { identityOf } from "../../writing/window/draft-identity.js";
import type { MailAct, SpaceHandlers, SpaceList } from "../calls/space-calls.js";
import { watchNotifications } from "./arrival-notifications.js";
import { answerAbout } from "./display-answer.js";
import { beginIndex } from "./index-events.js";

/** What the background page answers to our page of lists. */

/** So long a page that knows everything waits for news before it asks again. The event page stays awake meanwhile. */
const WATCH_MS = 20_000;

let news = 1;
const waiting = new Set<() => void>();
whenIndexChanges(() => {
  news += 1;
  for (const go of waiting) go();
});

/** Settles with the next change, or after a while. */
function nextChange(): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      waiting.delete(go);
      resolve();
    };
    const timer = setTimeout(go, WATCH_MS);
    waiting.add(go);
  });
}

async function listsNow(): Promise<readonly SpaceList[]> {
  const { lists } = await load();
  // while keys are locked, or before an index was made, nobody knows
  const indexes = await openIndexes().catch(() => new Map<string, MailIndex>());
  return Object.values(lists).map(({ address, name, membership, role }) => ({
    address,
    name,
    unread: indexes.get(address)?.unread ?? null,
    mayPost: membership === "member" && role !== "read-only",
  }));
}

export const spaceHandlers: SpaceHandlers = {
  async "space:begin"() {
    await beginIndex();
    return null;
  },

  async "space:watch"({ known }) {
    if (known === news) await awake(nextChange);
    const now = news;
    return {
      known: now,
      lists: await listsNow(),
      progress: syncProgress(),
      notifications: await notificationChoice(),
    };
  },

  "space:mails": async ({ list, epoch, change }) => (await indexOf(list)).since(epoch, change),

  async "space:search"({ list, query, unread, files, author }) {
    // a use that can't be noted only locks earlier
    noteUse().catch(() => undefined);
    const narrowed = { unread, files, author };
    const { mails, more } = await (await indexOf(list)).search(query, (mail) => isAmong(mail, narrowed));
    return { mails: mails.map(keyOfMail), more };
  },

  async "space:open"({ mail }) {
    const header = await headerOf(mail);
    const answer = await answerAbout(header, "in-its-own-shell");
    if (answer.kind === "opened" && header.read !== true)
      await thunderbird().messages.update(header.id, { read: true });
    const { id, headerMessageId } = header;
    return { answer, mark: await loadMark(), ref: { id, headerMessageId } };
  },

  async "space:act"({ mail, act }) {
    await acts[act](await headerOf(mail));
    return null;
  },

  async "space:write"({ list: address }) {
    const list = (await load()).lists[address];
    if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
    const identityId = await identityOf(list.invitee);
    await thunderbird().compose.beginNew({
      ...(identityId === null ? {} : { identityId }),
      to: [`${list.name} <${list.address}>`],
    });
    return null;
  },

  "space:members": ({ list }) => fellowsOf(list),

  async "space:ask-members"({ list }) {
    await askFellows(list);
    return null;
  },

  async "space:notify"({ show }) {
    await chooseNotifications(show);
    watchNotifications();
    return null;
  },

  async "space:sync"({ wish }) {
    if (wish === "pause") await pauseSync();
    if (wish === "go-on") await beginSync();
    return null;
  },
};

/** What is done with a mail, as Thunderbird does it. What it changes comes back as an event. */
const acts: Readonly<Record<MailAct, (header: MessageHeader) => Promise<unknown>>> = {
  read: ({ id }) => thunderbird().messages.update(id, { read: true }),
  unread: ({ id }) => thunderbird().messages.update(id, { read: false }),
  async archive({ id }) {
    const { archive } = thunderbird().messages;
    if (archive === undefined) throw new AddonError("cancelled", "the right to move was not granted");
    await archive([id]);
  },
  delete: ({ id }) => thunderbird().messages.delete([id], { deletePermanently: false }),
  reply: ({ id }) => thunderbird().compose.beginReply(id, "replyToList"),
  forward: ({ id }) => thunderbird().compose.beginForward(id, "forwardInline"),
  show: ({ id }) => thunderbird().messageDisplay.open({ messageId: id, location: "tab" }),
};

/** @throws ListSealError `message-gone` if the mail is not there any more */
async function headerOf({ folder, id }: Pick<IndexedMail, "folder" | "id">): Promise<MessageHeader> {
  const found = await thunderbird().messages.query({ folderId: folder, headerMessageId: id });
  const [header] = found.messages;
  if (header === undefined) throw new AddonError("message-gone", "the message is not there any more");
  return header;
}
