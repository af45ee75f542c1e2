import {
  type ComposeDetails,
  type MailFolder,
  type MessageHeader,
  thunderbird,
} from "../../platform/thunderbird.js";

/**
 * The draft that a compose window was opened from.
 *
 * QUIRK: for the draft of an answer or a forward, Thunderbird 153 names as `relatedMessageId` not the draft but the mail that it answers.
 * Whoever takes one for the other reads a wrong conversation, forgets that the draft quotes what came sealed, and deletes, where it
 * means a readable draft on the server, a mail that somebody has sent.
 */

/** The fields in which a draft names the mail that it answers or forwards. */
const ANSWERED = ["in-reply-to", "references", "x-forwarded-message-id"] as const;

const withoutRe = (subject: string): string => subject.replace(/^(?:re:\s*)+/i, "").trim();

/**
 * @returns the draft; null for a window that was not opened from one, or where several might be meant
 */
export async function openedDraft(details: ComposeDetails): Promise<number | null> {
  const { type, relatedMessageId } = details;
  if (type !== "draft" || relatedMessageId === undefined) return null;
  const { folders, messages } = thunderbird();
  const related = await messages.get(relatedMessageId).catch(() => undefined);
  if (related === undefined || holdsDrafts(related.folder)) return relatedMessageId;
  const found: number[] = [];
  for (const { id } of await folders.query({ specialUse: ["drafts"] })) {
    for (const draft of await mailsIn(id)) {
      if (withoutRe(draft.subject) === withoutRe(details.subject ?? "") && (await answers(draft.id, related)))
        found.push(draft.id);
    }
  }
  const [only] = found;
  return found.length === 1 && only !== undefined ? only : null;
}

function holdsDrafts(folder: MailFolder | undefined): boolean {
  return folder?.specialUse?.some((use) => use === "drafts" || use === "templates") === true;
}

async function mailsIn(folderId: string): Promise<readonly MessageHeader[]> {
  const { messages } = thunderbird();
  const all: MessageHeader[] = [];
  let page = await messages.query({ folderId });
  for (;;) {
    all.push(...page.messages);
    if (page.id === null || page.id === undefined) return all;
    page = await messages.continueList(page.id);
  }
}

async function answers(draft: number, { headerMessageId }: MessageHeader): Promise<boolean> {
  const headers = await headersOf(draft);
  return ANSWERED.some((field) => headers[field]?.some((value) => value.includes(`<${headerMessageId}>`)));
}

/**
 * The fields of a mail, by their names in small letters. QUIRK: Thunderbird has them at the root of the tree or at its first part.
 * @throws if it is gone
 */
export async function headersOf(messageId: number): Promise<Readonly<Record<string, readonly string[]>>> {
  const { messages } = thunderbird();
  const tree = await messages.getFull(messageId, { decrypt: false, decodeContent: false });
  return { ...tree.parts?.[0]?.headers, ...tree.headers };
}
