/**
 * A sealed draft as mail in a Drafts folder: a notice, and one sealed part. It has no recipient and its own subject, so
 * that opened by a program that does not know it, it is not sent anywhere by a careless press.
 */

import { draftNotice, draftSubject } from "./fixed-texts.js";
import { formatMailbox, type Mailbox } from "./mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "./mime.js";

/** The field by which a sealed draft is known. */
export const draftHeader = "X-ListSeal-Draft";
/** Media type of the sealed part. */
export const draftType = "application/vnd.listseal.draft";

/** Everything outside the seal of a draft. */
export interface DraftMail {
  readonly from: Mailbox;
  readonly date: Date;
  /** With angle brackets. */
  readonly messageId: string;
  readonly sealed: Uint8Array;
}

/** The draft as a mail, ready for a folder. */
export function writeDraftMail({ from, date, messageId, sealed }: DraftMail): Uint8Array {
  return writeEntity(
    [
      ["From", formatMailbox(from)],
      ["Subject", draftSubject()],
      ["Date", formatMailDate(date)],
      ["Message-ID", messageId],
      [draftHeader, "1"],
      ["MIME-Version", "1.0"],
    ],
    {
      type: "multipart/mixed",
      parts: [
        // QUIRK: Thunderbird 153 opens a draft whose text is plain in a plain-text composer, which takes no HTML back
        textLeaf(`<!DOCTYPE html><html><body><p>${draftNotice()}</p></body></html>`, "html"),
        { type: draftType, disposition: "attachment", name: "sealed-draft.pgp", bytes: sealed },
      ],
    },
  );
}
