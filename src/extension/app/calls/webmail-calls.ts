import {
  type Check,
  CheckError,
  type Checked,
  listOf,
  nothing,
  object,
  oneOf,
  orNull,
  text,
} from "../../../membership/file/check.js";
import { call, type InputOf, told } from "../../platform/rpc/call.js";

/**
 * What crosses between a webmail's page (our content script in it) and our frames in that page.
 *
 * Attack: the page can do whatever our content script in it can do, so both sides count as the page. Into a frame goes
 * ciphertext, which is opened onto the screen only; out of it comes ciphertext, and wishes that the page could have had by
 * itself. No text of a mail, no key, no size or height of anything opened is among these words, and a frame answers nothing.
 */

/** Stops a page that tries to fill a frame's memory: no mail that the list server takes is larger. */
export const MAIL_LIMIT = 100_000_000;
/** Addresses in a field of the webmail that are looked at. */
const ADDRESS_LIMIT = 100;

/** QUIRK: what Firefox hands to a content script is of the page's own world, and so no `instanceof` of ours. */
function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

/** Bytes: a mail as the webmail's server keeps it (RFC 5322), or a sealed part. */
const buffer: Check<ArrayBuffer> = (value) => {
  if (!isBuffer(value) || value.byteLength > MAIL_LIMIT) throw new CheckError("bytes");
  return value;
};

const addresses: Check<readonly string[]> = (value) => listOf(text)(value).slice(0, ADDRESS_LIMIT);

/**
 * Who an answer is for. Attack: the page says "author" for "list", or the other way round. So the writing frame says above the fields whom
 * it is sealed for.
 */
const answered = ["list", "author"] as const;
/** One of them. */
export type Answered = (typeof answered)[number];

/** What the reading frame is told: once, by the first message that comes. */
export const readingWords = {
  /** `page`: an address at which the webmail shows the mail, if there is one that lasts. */
  "frame:read": told(object({ mail: buffer, page: orNull(text) })),
};
export type ToRead = InputOf<(typeof readingWords)["frame:read"]>;

/** What the writing frame is told: once. */
export const writingWords = {
  /**
   * `answers`: the sealed mail that is answered, or null for a new one; `whom`: its list, or its author alone. `to`: addresses in the
   * webmail's To, for choosing the list.
   */
  "frame:write": told(object({ answers: orNull(buffer), whom: oneOf(...answered), to: addresses })),
};
export type ToWrite = InputOf<(typeof writingWords)["frame:write"]>;

/** A file that the webmail sends as an attachment. */
const sealedFile = object({ name: text, type: text, bytes: buffer });
export type SealedFile = Checked<typeof sealedFile>;

/** A mail for the webmail to send: everything in it is sealed or a fixed text. `from`: the address that it must come from. */
const outgoing = object({
  to: text,
  from: text,
  subject: text,
  notice: text,
  files: listOf(sealedFile),
});
export type Outgoing = Checked<typeof outgoing>;

/** What the reading frame tells the webmail's page. */
export const readingReplies = {
  /** The person wants to answer. The page knows which mail it has given. */
  "webmail:answer": told(object({ whom: oneOf(...answered) })),
};

/** What the writing frame tells the webmail's page. */
export const writingReplies = {
  /** The person has given up writing. */
  "webmail:close": told(nothing),
};

/** What the writing frame asks of the webmail's page. */
export const writingCalls = {
  /** Has the webmail attach a mail. */
  "webmail:attach": call(outgoing).checked(oneOf("attached", "not-attached")),
};
