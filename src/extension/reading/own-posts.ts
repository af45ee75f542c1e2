import { awake } from "../platform/keep-awake.js";
import { type MessageHeader, type MessageList, thunderbird } from "../platform/thunderbird.js";
import { load } from "../records/storage.js";
import type { StoredList } from "../records/stored.js";
import type { OpenedView } from "./view.js";

/** One's own posts come back from the list as everybody's do: nothing is new in them, so they are marked as read. */

/**
 * Whether the mail says that it is one's own post to a list. Anybody can write that, so it is opened before anything is marked; this
 * only saves opening all the others.
 */
function seemsOwn({ author, recipients, ccList }: MessageHeader, lists: readonly StoredList[]): boolean {
  const from = author.toLowerCase();
  const to = [...recipients, ...ccList].join("\n").toLowerCase();
  return lists.some(({ address, invitee }) => from.includes(invitee) && to.includes(address));
}

/**
 * Whether it is what this person's own key has signed, come through the list, with nothing odd about it.
 *
 * Attack: somebody else's words under the person's name, or old words of theirs sent again, that the person is not to notice. What is not
 * beyond doubt stays unread.
 */
function isOwnPost({ author, passage, shell, remarks = [] }: OpenedView): boolean {
  return author.standing === "you" && passage.via === "list" && shell === "own" && remarks.length === 0;
}

/** Opens a mail of a folder; null if it is not opened. */
type OwnPostReader = (header: MessageHeader) => Promise<OpenedView | null>;

async function markOwn({ messages: arrived }: MessageList, read: OwnPostReader): Promise<void> {
  const lists = Object.values((await load()).lists);
  for (const header of arrived.filter((each) => each.read !== true && seemsOwn(each, lists))) {
    const view = await read(header);
    if (view !== null && isOwnPost(view)) await thunderbird().messages.update(header.id, { read: true });
  }
}

/**
 * Marks one's own posts as they come back. Call it while the background page starts, before anything is awaited.
 */
export function watchOwnPosts(read: OwnPostReader): void {
  thunderbird().messages.onNewMailReceived.addListener((_, list) => {
    // a mail that can't be marked stays unread
    void awake(() => markOwn(list, read)).catch(() => undefined);
  });
}
