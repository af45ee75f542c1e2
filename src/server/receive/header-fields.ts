/** Header fields of a mail as it came, read before any parser: for decisions about loops and automatic mail. */
import { namesList } from "../../mail/list-headers.js";
import type { Address } from "../../mail/mailbox.js";
import { MAX_HEADER_BYTES } from "../base/limits.js";

/** Values of the fields of this name (any case), unfolded, in the order in which they stand. */
export function fieldsNamed(raw: Uint8Array, name: string): readonly string[] {
  const head = Buffer.from(raw.buffer, raw.byteOffset, Math.min(raw.length, MAX_HEADER_BYTES)).toString(
    "latin1",
  );
  const end = head.search(/\r?\n\r?\n/);
  const wanted = `${name.toLowerCase()}:`;
  return (end === -1 ? head : head.slice(0, end))
    .replace(/\r?\n(?=[ \t])/g, "")
    .split(/\r?\n/)
    .filter((line) => line.toLowerCase().startsWith(wanted))
    .map((line) => line.slice(wanted.length).trim());
}

/**
 * Whether a mail is a copy of this list: a subscribed address that forwards to the list, or another list that is a
 * member of this one, would send it round for ever. Authors' programs write no List-Id.
 */
export function cameFromList(raw: Uint8Array, list: Address): boolean {
  return fieldsNamed(raw, "list-id").some((value) => namesList(value, list));
}

/** Whether a program sent it by itself (RFC 3834, 2; `Precedence` is what older ones write). */
export function isAutomatic(raw: Uint8Array): boolean {
  const submitted = fieldsNamed(raw, "auto-submitted").some((value) => !/^no\b/i.test(value));
  return (
    submitted || fieldsNamed(raw, "precedence").some((value) => /^(bulk|junk|list|auto_reply)\b/i.test(value))
  );
}
