import { type RefusalCode, refusalCodes } from "../../membership/file/errors.js";
import { codeAmong, ListSealError } from "../../openpgp/errors.js";

/** What the add-on itself can't do. */
export const addonCodes = [
  // what is not here
  "address-not-in-key",
  "key-file-damaged",
  "key-for-another-address",
  "own-key-revoked",
  "passphrase-too-short",
  "unfit-server-key",
  "already-owned",
  "author-not-confirmed",
  "invitation-for-another",
  "invitation-not-kept",
  "no-invitation-here",
  "no-list",
  "no-lists-here",
  "no-such-list",
  "no-member-key",
  "left-list",
  "not-claimed",
  "join-unanswered",
  "no-such-request",
  "unexpected-answer",
  "request-expired",
  // mails that the add-on sends by itself
  "no-identity",
  "may-not-send",
  "not-sent",
  // the program and the machine
  "no-such-attachment",
  "attachment-unreadable",
  "message-gone",
  "several-messages",
  "no-drafts-folder",
  "draft-for-another-key",
  "foreign-caller",
  "storage-failed",
  "storage-full",
  "storage-damaged",
  "worker-failed",
  "cancelled",
  "timed-out",
] as const;
export type AddonCode = (typeof addonCodes)[number];

/** Every code that a page may have to say; each has a sentence (`sentenceKey` of ui/failure.ts). */
export const errorCodes = [...refusalCodes, ...addonCodes] as const;
export type ErrorCode = RefusalCode | AddonCode;

/** The add-on can't do what was asked of it. */
export class AddonError extends ListSealError<AddonCode> {}

/** The code of a thrown thing, for showing it; `fallback` for what is no error of ours. */
export function codeOf(thrown: unknown, fallback: ErrorCode): ErrorCode {
  return codeAmong(errorCodes, thrown, fallback);
}

/**
 * Does `work`, and says a lower floor's failure in the words of this situation: a key that can't be read is another thing in a
 * file that a person has chosen than in a message.
 * @param codes what is said instead, by the code that was thrown
 * @throws AddonError for those codes; anything else as it was thrown
 */
export async function inSituation<T>(
  codes: Partial<Record<ErrorCode, AddonCode>>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const code = cause instanceof ListSealError ? codes[codeOf(cause, "worker-failed")] : undefined;
    throw code === undefined ? cause : new AddonError(code, "said in the words of the situation", { cause });
  }
}
