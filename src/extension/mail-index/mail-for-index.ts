import type { Letter } from "../../mail/payload.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import { type MessageHeader, thunderbird } from "../platform/thunderbird.js";
import { textOfHtml } from "../reading/display/text-of-html.js";
import { listsFor, secretsOf } from "../reading/opening.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT } from "../reading/untrusted-text.js";
import { load } from "../records/storage.js";
import { runJob } from "../worker/client.js";
import type { OpenedLetter } from "../worker/jobs.js";
import { type IndexedMail, type MailToIndex, searchedText } from "./indexed-mail.js";

/**
 * Opens a mail of a folder for the index. Nothing of it is remembered but in the index: that a mail was listed does not make its
 * author known, nor a copy of it the first. Both are decided when somebody reads it.
 */

/** Failures that are none of the mail's: another time it may open. */
const passing: readonly ErrorCode[] = [
  "key-locked",
  "worker-failed",
  "timed-out",
  "cancelled",
  "storage-failed",
];

/** What is in every mail of ours; {@link readMessage} of reading looks for the same. */
const TRACE = /listseal|\.pgp/i;

/**
 * Opens a mail for the index.
 * @param folder the id of the folder that it is in
 * @returns null for what is no list mail, or is none that opens by itself
 * @throws ListSealError `key-locked`, and what says nothing of the mail, such as `timed-out`
 */
export async function mailForIndex(header: MessageHeader, folder: string): Promise<MailToIndex | null> {
  const raw = await rawOf(header);
  if (raw === null || !TRACE.test(raw)) return null;
  try {
    const mail = await runJob("read-mail", { raw });
    // attack: what somebody has put into a mail of their own is opened by a click alone
    if (mail.kind !== "sealed" || mail.shell !== "own") return null;
    const stored = await load();
    const opened = await runJob("open", {
      parts: mail.parts,
      lists: listsFor(mail.named, stored),
      secrets: await secretsOf(stored),
      pins: stored.pins,
      now: new Date().toISOString(),
    });
    return opened.kind === "opened" ? indexed(opened, header, folder) : null;
  } catch (error) {
    if (passing.includes(codeOf(error, "worker-failed"))) throw error;
    return null;
  }
}

/** A mail that can't be fetched, since it is gone or its server does not answer, is left for another time. */
async function rawOf({ id }: MessageHeader): Promise<string | null> {
  try {
    return await thunderbird().messages.getRaw(id, { decrypt: false, data_format: "BinaryString" });
  } catch {
    return null;
  }
}

function indexed(opened: OpenedLetter, header: MessageHeader, folder: string): MailToIndex {
  const { letter, author, passage, list } = opened;
  const mail: IndexedMail = {
    id: header.headerMessageId,
    folder,
    list,
    subject: presentable(letter.subject, SUBJECT_LIMIT),
    author: {
      name: letter.from.name === undefined ? null : presentable(letter.from.name, NAME_LIMIT),
      address: letter.from.address,
    },
    date: Math.max(0, letter.date.getTime()),
    unread: header.read !== true,
    attachments: filesOf(letter),
    messageId: bare(opened.messageId),
    references: referencesOf(letter),
    doubtful: passage.via === "unproved" || ["changed", "refused", "revoked"].includes(author.standing),
  };
  return { mail, text: searchedText(mail, wordsOf(letter)) };
}

const bare = (messageId: string) => messageId.replace(/^<|>$/g, "");

function referencesOf({
  references,
  inReplyTo,
}: Pick<Letter, "references" | "inReplyTo">): readonly string[] {
  const all =
    inReplyTo === undefined || references.includes(inReplyTo) ? references : [...references, inReplyTo];
  return all.map(bare);
}

/** Pictures that stand in the text are no attachments. */
function filesOf({ attachments, html = "" }: Omit<Letter, "author">): readonly string[] {
  return attachments
    .filter(({ contentId }) => contentId === undefined || !html.includes(`cid:${contentId}`))
    .map(({ name }) => presentable(name, SUBJECT_LIMIT));
}

function wordsOf({ text, html }: Omit<Letter, "author">): string {
  return text ?? (html === undefined ? "" : textOfHtml(html));
}
