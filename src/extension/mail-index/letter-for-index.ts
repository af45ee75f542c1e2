import type { Letter } from "../../mail/payload.js";
import { textOfHtml } from "../reading/display/text-of-html.js";
import { NAME_LIMIT, presentable, SUBJECT_LIMIT } from "../reading/untrusted-text.js";
import type { AuthorTrust, OpenedLetter } from "../worker/jobs.js";
import { type IndexedMail, type MailToIndex, searchedText } from "./indexed-mail.js";

/** Whether a row says that its mail is not verified. @param via how it came: `unproved` is not through the list */
export function isDoubtful(via: OpenedLetter["passage"]["via"], standing: AuthorTrust): boolean {
  return via === "unproved" || standing === "changed" || standing === "refused" || standing === "revoked";
}

/** An opened letter as the index keeps it. @param at by what it is found again */
export function letterForIndex(
  { letter, list, messageId }: OpenedLetter,
  at: Pick<IndexedMail, "id" | "folder" | "unread" | "given">,
  doubtful: boolean,
): MailToIndex {
  const mail: IndexedMail = {
    ...at,
    list,
    subject: presentable(letter.subject, SUBJECT_LIMIT),
    author: {
      name: letter.from.name === undefined ? null : presentable(letter.from.name, NAME_LIMIT),
      address: letter.from.address,
    },
    date: Math.max(0, letter.date.getTime()),
    attachments: filesOf(letter),
    messageId: bare(messageId),
    references: referencesOf(letter),
    doubtful,
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
