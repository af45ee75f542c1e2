import { read } from "../background/received.js";
import { thunderbird } from "../platform.js";
import type { ComposeDetails, MessagePart } from "../thunderbird.js";
import { noThread, type Thread, threadAfter, threadOfDraft } from "./letter.js";

function headersOf(tree: MessagePart): Readonly<Record<string, readonly string[]>> {
  return tree.headers?.["message-id"] === undefined
    ? (tree.parts?.[0]?.headers ?? tree.headers ?? {})
    : tree.headers;
}

/**
 * The conversation that the mail in the composer belongs to. An answer to a sealed mail goes by the ids inside its
 * seal: one's own copy in Sent has an outer id of Thunderbird's that no other member ever sees.
 * A message that is gone meanwhile gives no thread and stops nobody from sending.
 */
export async function threadOf(details: ComposeDetails): Promise<Thread> {
  const { relatedMessageId, type } = details;
  if (relatedMessageId === undefined || type === "new" || type === "redirect") return noThread;
  try {
    const { messages } = thunderbird();
    if (type === "reply") {
      const reading = await read(await messages.get(relatedMessageId), "in-its-own-shell");
      if (reading.kind === "opened") {
        const { messageId, references, inReplyTo } = reading.opened.letter.letter;
        const before = references.length > 0 ? references : inReplyTo === undefined ? [] : [inReplyTo];
        return { inReplyTo: messageId, references: [...before.filter((id) => id !== messageId), messageId] };
      }
    }
    const headers = headersOf(
      await messages.getFull(relatedMessageId, { decrypt: false, decodeContent: false }),
    );
    return type === "draft" ? threadOfDraft(headers) : type === "reply" ? threadAfter(headers) : noThread;
  } catch {
    return noThread;
  }
}
