import { memberNotice, submissionNotice } from "../../../../mail/fixed-texts.js";
import { selectors } from "./selectors.js";

/**
 * Whether Roundcube still is what the adapter was made for. A webmail that was updated, or has another skin, must not leave
 * a person with a mail that stays sealed for no reason, or with a window that only looks as if it sealed.
 */

/** What a page for writing must have. */
const writing = ["send", "sendRow", "from", "to", "subject", "body", "bodyBox", "upload"] as const;

/** Names of the parts of a page for writing that are not there. */
export function missingForWriting(): readonly string[] {
  return writing.filter((part) => document.querySelector(selectors[part]) === null);
}

const marks = [submissionNotice(), memberNotice("key", "resealed")].map(
  (notice) => notice.split("\n", 1)[0] ?? "",
);

/** Text of a page that is looked at for the words outside the seals. */
const LOOKED_AT = 100_000;

/** Whether a page for reading shows a sealed mail somewhere, although nothing was found where it should be. */
export function showsSealedMail(): boolean {
  const text = (document.body.textContent ?? "").slice(0, LOOKED_AT);
  return marks.some((mark) => text.includes(mark)) && /\bsealed-(key|body|message)\b.*\.pgp\b/s.test(text);
}
