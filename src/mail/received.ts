/** Reading a mail that somebody sent: header fields and parts, within limits. What the parts are is others' business. */
import type { Email } from "postal-mime";
import { ListSealError, ProtocolError } from "../openpgp/errors.js";
import { type Label, labelOf } from "./part-types.js";
import { contentOf } from "./payload.js";
import { OtherPostalMime, readMime } from "./read-mime.js";

/** A part of a received mail that is no text: its label, name and octets. */
export interface ReceivedPart extends Label {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Against mails that keep the parser busy. */
const PARSER_LIMITS = { maxNestingDepth: 8, maxHeadersSize: 64 * 1024 } as const;

/**
 * Parses a mail as it was received. An attached mail stays an attachment: nothing inside it is looked at.
 *
 * @param texts    `left-out` for whoever looks for sealed parts alone: texts and attached mails are then empty attachments
 * @param maxParts the most attachments that an honest mail has, with what a gateway may have added
 * @throws ListSealError `damaged` if it can't be read, `too-large` for more parts
 */
export async function readReceived(
  raw: Uint8Array,
  maxParts: number,
  texts: "read" | "left-out" = "read",
): Promise<Email> {
  let email: Email;
  try {
    email = await readMime(raw, { forceRfc822Attachments: true, ...PARSER_LIMITS }, texts);
  } catch (cause) {
    if (cause instanceof ListSealError || cause instanceof OtherPostalMime) throw cause;
    throw new ProtocolError("damaged", "the mail is not readable", { cause });
  }
  if (email.attachments.length > maxParts) throw new ProtocolError("too-large", "too many parts");
  return email;
}

/** The parts of a mail by what they count as ({@link labelOf}), in its order. */
export function partsOfMail(email: Email): readonly ReceivedPart[] {
  return email.attachments.map((each) => {
    const name = each.filename ?? "";
    return { ...labelOf({ type: each.mimeType, name }), name, bytes: contentOf(each) };
  });
}
