/**
 * The sealed parts of a received mail, read from the mail as it came: for a reader whose mail program takes long to hand
 * out large parts one by one (Thunderbird).
 *
 * Attack: a mail that two parsers see differently (two Content-Types, a boundary that only one of them finds), made so that
 * one sees nothing but the list's own shell and the other a stranger's words or another's parts beside it. So the mail
 * program's tree decides, and this reader has to find the same parts as it, in the same order, and nothing else.
 */
import { ListSealError } from "../protocol/errors.js";
import { fieldValues } from "./payload.js";
import { partsOf, readReceived } from "./received.js";
import type { MailPart } from "./sealed-mail.js";

/**
 * The parts of `raw`, if they are of the types `expected`, in that order, and there is no other: a notice in plain text
 * may stand before them.
 *
 * @param expected the types of the sealed parts, as the mail program's own reader has found them
 * @returns `others` for any other mail, and for one that is not readable here: then ask the mail program for its parts
 */
export async function sealedPartsIn(
  raw: Uint8Array,
  expected: readonly MailPart["type"][],
): Promise<readonly MailPart[] | "others"> {
  const email = await readReceived(raw, expected.length).catch((error: unknown) => {
    if (error instanceof ListSealError) return undefined;
    throw error;
  });
  if (email === undefined || email.html !== undefined) return "others";
  // of two Content-Types each program believes another
  if (fieldValues(email, "content-type").length !== 1) return "others";
  const found = partsOf(email);
  const parts = expected.flatMap((type, i) => {
    const one = found[i];
    return one === undefined || one.type !== type ? [] : [{ name: one.name, type, bytes: one.bytes }];
  });
  return parts.length === expected.length && found.length === expected.length ? parts : "others";
}
