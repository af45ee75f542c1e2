import { type RefusalCode, refusalCodes } from "../../membership/file/errors.js";
import { codeAmong, ListSealError } from "../../openpgp/errors.js";

/** What the add-on itself can't do. */
export const addonCodes = [
  // what is not here
  "address-not-in-key",
  "invitation-for-another",
  "no-list",
  "no-such-list",
  "no-member-key",
  "left-list",
  "not-claimed",
  "join-unanswered",
  "no-such-request",
  "request-expired",
  // mails that the add-on sends by itself
  "no-identity",
  "may-not-send",
  "not-sent",
  // the program and the machine
  "no-such-attachment",
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
