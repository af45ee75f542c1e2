/**
 * The mails that the server itself writes to people: why a post under their name was refused, that their copies can't be
 * sealed or don't arrive, and to owners what happened on their list.
 *
 * They go to the address on the roster and nowhere else, so that nobody else learns the reason. They quote nothing of any
 * post, and name no member: they are not sealed, so that they reach somebody whose key has expired. Owners are told a
 * member's number, which the operator's `member show` explains. They are in the list's language (texts/). What an add-on is to act on comes in a sealed part beside the
 * text (former-key-answer.ts).
 */
import {
  domainOf,
  formatMailbox,
  localPartOf,
  makeMailbox,
  parseAddress,
  requestAddress,
} from "../../mail/mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "../../mail/mime.js";
import { FORMER_KEY_SUBJECT, type RequestPart } from "../../mail/request-mail.js";
import { newMessageId } from "../../protocol/seal-post.js";
import type { ListInUse } from "../store/lists-in-use.js";
import { FORMER_KEY_NOTICE } from "../store/queue.js";
import type { Member, NoticeJob } from "../store/store.js";
import { textsIn } from "../texts/catalogue.js";
import type { Language } from "../texts/language.js";
import { plainText } from "../texts/plain-text.js";
import { type MailText, type NamedRefusal, namedRefusals, type ServerTexts } from "../texts/server-texts.js";
import type { OutgoingMail } from "./relay.js";

function isExplained(code: string): code is NamedRefusal {
  return namedRefusals.some((one) => one === code);
}

/** Date and time to the minute, the same in every language, so that it can be compared. */
const clockOf = (now: Date): string => now.toISOString().slice(0, 16).replace("T", " ");

/** What a notice says. Its code is a name and, after spaces, mostly members' numbers (store/queue.ts). */
function textOf(texts: ServerTexts, list: string, code: string, now: Date): MailText {
  const [name = "", first = "", ...others] = code.split(" ");
  switch (name) {
    case FORMER_KEY_NOTICE:
      // the add-on looks for the Subject, so it is the same in every language
      return { ...texts.formerKey(list), subject: FORMER_KEY_SUBJECT };
    case "no-usable-key":
      return texts.noUsableKey(list);
    case "suspended":
      return texts.copiesPaused(list);
    case "member-without-key":
      return texts.memberWithoutKey(list, first);
    case "members-suspended":
      return texts.membersPaused(list, Number(first), others.join(", "), others.length < Number(first));
    case "many-copies-bounced":
      return texts.manyBounced(list);
    case "member-left":
      return texts.memberLeft(list, first);
    default: {
      const reason = isExplained(code) ? texts.refusals[code] : texts.otherRefusal;
      return texts.refusedPost(list, reason, clockOf(now));
    }
  }
}

/** Notices about somebody else, or about the whole list. */
const forOwners: ReadonlySet<string> = new Set([
  "member-without-key",
  "members-suspended",
  "many-copies-bounced",
  "member-left",
]);

/** What a member must be when a notice leaves. */
export const noticeNeeds = (code: string): "owner" | "read-only" =>
  forOwners.has(code.split(" ", 1)[0] ?? "") ? "owner" : "read-only";

/** When a notice is written, and in which language. */
export interface NoticeContext {
  readonly now: Date;
  /** The list's. */
  readonly language: Language;
}

/** The notice of `job` to `member`. @param sealed a part for their add-on, beside the text */
export function writePlainNotice(
  list: ListInUse,
  member: Member,
  job: NoticeJob,
  { now, language }: NoticeContext,
  sealed?: RequestPart,
): OutgoingMail {
  const { subject, paragraphs } = textOf(textsIn(language), list.address, job.code, now);
  // an add-on looks through its folders for what comes from there
  const from = sealed === undefined ? list.address : requestAddress(list.address);
  const words = textLeaf(plainText(paragraphs));
  const mail = writeEntity(
    [
      ["From", formatMailbox(makeMailbox(list.list.name, from))],
      ["To", formatMailbox(makeMailbox(member.name, parseAddress(member.address)))],
      ["Subject", `[${localPartOf(list.address)}] ${subject}`],
      ["Date", formatMailDate(now)],
      ["Message-ID", newMessageId(domainOf(list.address))],
      // RFC 3834: no program may answer this
      ["Auto-Submitted", "auto-replied"],
      ["MIME-Version", "1.0"],
    ],
    sealed === undefined
      ? words
      : { type: "multipart/mixed", parts: [words, { ...sealed, disposition: "attachment" }] },
  );
  // the empty sender: what can't be delivered comes back to nobody (RFC 5321, 4.5.5)
  return { sender: "", recipient: parseAddress(member.address), pieces: [mail] };
}
