import { count, nothing, object, oneOf, text } from "../../../membership/file/check.js";
import { call, type HandlersOf } from "../../platform/rpc/call.js";
import type { DisplayAnswer } from "../../reading/view.js";
import type { SecurityImage } from "../../ui/security-image.js";

/** One message of a folder. The number alone is not enough: Thunderbird gives it out again after each start. */
export type MessageRef = { readonly id: number; readonly headerMessageId: string };

const mail = object<MessageRef>({ id: count, headerMessageId: text });
const ofMail = object({ mail });
const ofAttachment = object({ mail, attachment: count });

/** The folder of those pages. */
export const MAIL_PAGES = "app/thunderbird/mail-page/";

/**
 * What our own pages about one mail ask: the popup of the button above a mail, and the page that shows what was sealed inside
 * somebody else's mail. Nothing of a sender is in those pages, so they may open it.
 */
export const mailPageCalls = {
  "mail:verdict": call(ofMail).gives<Verdict>(),
  /** Opens a sealed part in whatever shell. */
  "mail:open": call(ofMail).gives<Verdict>(),
  "mail:save": call(ofAttachment).gives<{ readonly download: number }>(),
  "mail:save-all": call(ofMail).gives<null>(),
  "mail:save-mail": call(ofMail).gives<null>(),
  "mail:preview": call(ofAttachment).gives<{ readonly address: string }>(),
  /** Opens the page where the key of its author is compared. */
  "mail:compare": call(ofMail).gives<null>(),
  /** As `askDelivery` of the display script. */
  "mail:ask-delivery": call(ofMail).gives<null>(),
  /** Opens the page where its author is answered alone. */
  "mail:reply-alone": call(ofMail).gives<null>(),
  /** Who is answered alone, and under which subject. */
  "mail:alone": call(ofMail).gives<CorrespondentView>(),
  /** Seals an answer to the author of the mail alone, and sends it; it leaves sealed, or not at all. */
  "mail:answer-alone": call(object({ mail, subject: text, text })).gives<{
    readonly sent: "sent" | "outbox";
  }>(),
  /** As `due` of the display script. */
  "mail:due": call(nothing).gives<{ readonly inMs: number | null }>(),
  /** As `unlock` of the display script. */
  "mail:unlock": call(object({ passphrase: text })).gives<null>(),
  /** Shows mails as text, or formatted, from now on. */
  "mail:show-as": call(object({ style: oneOf("formatted", "plain") })).gives<null>(),
  /** Takes the invitation of the mail to the page that asks for its code. */
  "mail:join": call(ofMail).gives<null>(),
};
export type MailPageCalls = typeof mailPageCalls;

/** What answers our own pages about a mail. */
export type MailPageHandlers = HandlersOf<MailPageCalls>;

/** What a mail is, and the person's mark, by which they know that it is we who say so. */
export interface Verdict {
  readonly answer: DisplayAnswer;
  readonly mark: SecurityImage;
}

/** Somebody who is answered alone. */
export interface CorrespondentView {
  /** What they call themselves, or their address. */
  readonly name: string;
  readonly address: string;
  /** The name of the list by which one knows them. */
  readonly list: string;
  /** Of the answer. */
  readonly subject: string;
}
