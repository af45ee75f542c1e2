import { incomingPart } from "../../mail/found-parts.js";
import { maybeArrivingSubject } from "../../mail/request-mail.js";
import { awake } from "../platform/keep-awake.js";
import {
  type MessageHeader,
  type MessageList,
  type MessagePart,
  thunderbird,
} from "../platform/thunderbird.js";
import { type Incoming, type IncomingHandlers, takePart } from "./incoming.js";
import { loadRequests } from "./pending.js";
import { tidyAway } from "./service-mail.js";

/** Answers, notices and receipts in Thunderbird's folders: recognised by their one part's type. */

/**
 * Takes a mail of a folder, if it is an answer, notice or receipt.
 * @param tree as `messages.getFull` gives it without decoding
 * @returns what it was; undefined for any other mail. Never rejects for what a mail contains
 */
export async function takeFromFolder(
  header: Pick<MessageHeader, "id">,
  tree: MessagePart,
  handlers: IncomingHandlers,
): Promise<Incoming | undefined> {
  const part = incomingPart(tree);
  if (part === undefined) return undefined;
  const fetched = async () => {
    const file = await thunderbird().messages.getAttachmentFile(header.id, part.partName);
    return new Uint8Array(await file.arrayBuffer());
  };
  return takePart(part, fetched, handlers);
}

async function takeAll(list: MessageList, handlers: IncomingHandlers): Promise<void> {
  const { messages } = thunderbird();
  for (const header of list.messages.filter(({ subject }) => maybeArrivingSubject(subject))) {
    const tree = await messages.getFull(header.id, { decrypt: false, decodeContent: false });
    const arrived = await takeFromFolder(header, tree, handlers);
    // a mail that can't be marked or moved has been taken all the same, and so are those behind it
    if (arrived !== undefined) await tidyAway(header, arrived).catch(() => undefined);
  }
}

/** Takes what new mail brings. Call it while the background page starts, before anything is awaited. */
export function watchArrivals(handlers: IncomingHandlers): void {
  thunderbird().messages.onNewMailReceived.addListener((_, list) => {
    // a mail that can't be fetched now is taken when it is displayed, or with the next look
    void awake(() => takeAll(list, handlers)).catch(() => undefined);
  });
}

/** An answer may be this much older than its request by the date of its mail: clocks differ. */
const EARLIER_MS = 86_400_000;

/**
 * Looks through the folders for answers to the requests that wait: for one that arrived while Thunderbird was closed, or
 * while the key was locked. Call it when a page with waiting requests opens, and after a key was unlocked.
 */
export async function lookForArrivals(handlers: IncomingHandlers): Promise<void> {
  const { pending } = await loadRequests();
  const { messages } = thunderbird();
  for (const author of new Set(pending.map(({ requestAddress }) => requestAddress))) {
    const asked = pending.filter((each) => each.requestAddress === author);
    const since = Math.min(...asked.map(({ askedAt }) => Date.parse(askedAt)));
    let page = await messages.query({ author, fromDate: new Date(since - EARLIER_MS) });
    for (;;) {
      await takeAll(page, handlers);
      if ((page.id ?? null) === null) break;
      page = await messages.continueList(page.id ?? "");
    }
  }
}
