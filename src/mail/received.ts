/** Reading a mail that somebody sent: header fields and parts, within limits. What the parts are is others' business. */
import type { Email } from "postal-mime";
import { ListSealError } from "../protocol/errors.js";
import { readMime } from "./read-mime.js";

/** Against mails that keep the parser busy. */
const PARSER_LIMITS = { maxNestingDepth: 8, maxHeadersSize: 64 * 1024 } as const;

/**
 * Parses a mail as it was received. An attached mail stays an attachment: nothing inside it is looked at.
 *
 * @param maxParts the most attachments that an honest mail has, with what a gateway may have added
 * @throws ListSealError `damaged` if it can't be read, `too-large` for more parts
 */
export async function readReceived(raw: Uint8Array, maxParts: number): Promise<Email> {
  let email: Email;
  try {
    email = await readMime(raw, { forceRfc822Attachments: true, ...PARSER_LIMITS });
  } catch (cause) {
    throw new ListSealError("damaged", "the mail is not readable", { cause });
  }
  if (email.attachments.length > maxParts) throw new ListSealError("too-large", "too many parts");
  return email;
}
