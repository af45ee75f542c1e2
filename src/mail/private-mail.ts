/**
 * A private letter between two members as a mail: an ordinary one, From and To in clear, with a fixed Subject, a fixed text and one
 * sealed part. Any mail program can send it.
 */
import { privateNotice, privateSubject } from "./fixed-texts.js";
import { formatMailbox, type Mailbox } from "./mailbox.js";
import { formatMailDate, textLeaf, writeEntity } from "./mime.js";
import { fileNameOf, privateType } from "./part-types.js";

/** The sealed bytes as the one part of their mail, ready to be an attachment. */
export const privatePart = (sealed: Uint8Array) => ({
  name: fileNameOf(privateType),
  type: privateType,
  bytes: sealed,
});

/** Everything outside the seal. */
export interface PrivateMail {
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly date: Date;
  /** With angle brackets. */
  readonly messageId: string;
  readonly sealed: Uint8Array;
}

/** The whole mail. */
export function writePrivateMail({ from, to, date, messageId, sealed }: PrivateMail): Uint8Array {
  return writeEntity(
    [
      ["From", formatMailbox(from)],
      ["To", formatMailbox(to)],
      ["Subject", privateSubject()],
      ["Date", formatMailDate(date)],
      ["Message-ID", messageId],
      ["MIME-Version", "1.0"],
    ],
    {
      type: "multipart/mixed",
      parts: [textLeaf(privateNotice()), { ...privatePart(sealed), disposition: "attachment" }],
    },
  );
}
