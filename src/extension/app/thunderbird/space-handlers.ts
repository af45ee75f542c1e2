import { noteUse } from "../../keys/unlocked.js";
import { type IndexedMail, isAmong } from "../../mail-index/indexed-mail.js";
import { isListed } from "../../mail-index/listed-folders.js";
import { chooseNotifications, notificationChoice } from "../../mail-index/notification-choice.js";
import { indexOf } from "../../mail-index/open-indexes.js";
import {
  beginSync,
  indexesNow,
  type OpenedIndexes,
  pauseSync,
  syncProgress,
  whenIndexChanges,
} from "../../mail-index/sync.js";
import { askFellows, fellowsOf } from "../../member/fellow-members.js";
import { AddonError } from "../../platform/errors.js";
import { awake } from "../../platform/keep-awake.js";
import { type MessageHeader, thunderbird } from "../../platform/thunderbird.js";
import { listsKept } from "../../reading/local-copies/choice.js";
import { load } from "../../records/storage.js";
import { loadMark } from "../../ui/security-image.js";
import { identityOf } from "../../writing/window/draft-identity.js";
import type { MailAct, SpaceHandlers, SpaceList } from "../calls/space-calls.js";
import { actOnMany } from "./act-on-many.js";
import { watchNotifications } from "./arrival-notifications.js";
import { addContact } from "./contact.js";
import { answerAbout } from "./display-answer.js";
import { beginIndex } from "./index-events.js";
import { keepCopies } from "./older-copies.js";

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
  const [{ lists }, kept] = await Promise.all([load(), listsKept()]);
  // while keys are locked, or before an index was made, nobody knows
  const { indexes, locked } = await indexesNow().catch(
    (): OpenedIndexes => ({ indexes: new Map(), locked: [] }),
  );
  return Object.values(lists).map(({ address, name, invitee, membership, role }) => ({
    address,
    name,
    unread: indexes.get(address)?.unread ?? null,
    ownAddress: invitee,
    mayPost: membership === "member" && role !== "read-only",
    keepsCopies: kept.includes(address),
    isLocked: locked.includes(address),
  }));
}

async function loadAllTexts(): Promise<void> {
  for (const index of (await indexesNow()).indexes.values()) await index.loadTexts();
}

/** Each key that is typed is a search, and noting a use takes longer than that. */
const NOTED_EVERY_MS = 10_000;
let notedAt = 0;

/** A person searches. A use that can't be noted only locks earlier. */
function noteSearch(): void {
  if (Math.abs(Date.now() - notedAt) < NOTED_EVERY_MS) return;
  notedAt = Date.now();
  noteUse().catch(() => undefined);
}

export const spaceHandlers: SpaceHandlers = {
  async "space:begin"() {
    await beginIndex();
    return null;
  },

  async "space:watch"({ known }) {
    if (known === news) {
      // the page has drawn its rows: now there is time for what the first search needs
      loadAllTexts().catch(() => undefined);
      await awake(nextChange);
    }
    const now = news;
    return {
      known: now,
      lists: await listsNow(),
      progress: syncProgress(),
      notifications: await notificationChoice(),
    };
  },

  "space:mails": async ({ list, ...view }) => (await indexOf(list)).since(view),

  async "space:search"({ list, query, unread, files, author }) {
    const narrowed = { unread, files, author };
    const found = await (await indexOf(list)).search(query, (mail) => isAmong(mail, narrowed));
    noteSearch();
    return found;
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

  async "space:act-many"({ mails, act }) {
    await awake(() => actOnMany(mails, act));
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

  async "space:copies"({ list, keeping }) {
    await keepCopies(list, keeping);
    return null;
  },

  async "space:contact"({ list: address }) {
    const list = (await load()).lists[address];
    if (list === undefined) throw new AddonError("no-such-list", "there is no such list");
    await addContact(list);
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

/**
 * The mail, also if it has just been moved: the page may be a moment behind.
 * @throws ListSealError `message-gone` if it is not there any more
 */
async function headerOf({ folder, id }: Pick<IndexedMail, "folder" | "id">): Promise<MessageHeader> {
  const { messages } = thunderbird();
  const [header] = (await messages.query({ folderId: folder, headerMessageId: id })).messages;
  if (header !== undefined) return header;
  const elsewhere = await messages.query({ headerMessageId: id });
  const moved = elsewhere.messages.find((one) => isListed(one.folder));
  if (moved === undefined) throw new AddonError("message-gone", "the message is not there any more");
  return moved;
}
