import { type MessageHeader, type MessageList, thunderbird } from "../../platform/thunderbird.js";
import { listsKept } from "./choice.js";

/**
 * New mail is opened and kept as it comes, so that what is searched for is there before it was read.
 * @param read opens a mail of a folder; keeping the copy is part of it
 */
export function copyNewMail(read: (header: MessageHeader) => Promise<unknown>): void {
  thunderbird().messages.onNewMailReceived.addListener((_folder, list) => void follow(list, read));
}

async function follow(list: MessageList, read: (header: MessageHeader) => Promise<unknown>): Promise<void> {
  const lists = await listsKept();
  if (lists.length === 0) return;
  for (const header of await allOf(list)) if (isFor(header, lists)) await read(header);
}

async function allOf(list: MessageList): Promise<readonly MessageHeader[]> {
  const { messages } = thunderbird();
  const found = [...list.messages];
  let next = list.id;
  while (typeof next === "string") {
    const page = await messages.continueList(next);
    found.push(...page.messages);
    next = page.id;
  }
  return found;
}

/** Whether a mail's recipients name one of the lists: opening anything else would cost time for nothing. */
function isFor({ recipients, ccList }: MessageHeader, lists: readonly string[]): boolean {
  const named = [...recipients, ...ccList].join("\n").toLowerCase();
  return lists.some((list) => named.includes(list));
}
