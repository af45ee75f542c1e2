import { type Check, CheckError, listOf, object, oneOf, orNull, text } from "../../platform/check.js";

/**
 * What crosses between a webmail's page (our content script in it) and our frames in that page.
 *
 * Attack: the page can do whatever our content script in it can do, so both sides count as the page. Into a frame goes
 * ciphertext, which is opened onto the screen only; out of it comes ciphertext, and wishes that the page could have had by
 * itself. No text of a mail, no key, no size or height of anything opened is among these words.
 */

/** The page's call to a frame, with a port to speak over, and the frame's answer over that port. */
export const [HELLO, READY] = ["listseal-hello", "listseal-ready"] as const;

/** Stops a page that tries to fill a frame's memory: no mail that the list server takes is larger. */
export const MAIL_LIMIT = 100_000_000;
/** Addresses in a field of the webmail that are looked at. */
const ADDRESS_LIMIT = 100;

/** QUIRK: what Firefox hands to a content script is of the page's own world, and so no `instanceof` of ours. */
function isBuffer(value: unknown): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]";
}

/** Octets: a mail as the webmail's server keeps it (RFC 5322), or a sealed part. */
const octets: Check<ArrayBuffer> = (value) => {
  if (!isBuffer(value) || value.byteLength > MAIL_LIMIT) throw new CheckError("octets");
  return value;
};

const addresses: Check<readonly string[]> = (value) => listOf(text)(value).slice(0, ADDRESS_LIMIT);

/** What the reading frame is told: once, by the first message that comes. */
export interface ToRead {
  readonly listseal: "read";
  readonly mail: ArrayBuffer;
}
export const toRead: Check<ToRead> = object<ToRead & Record<string, unknown>>({
  listseal: oneOf("read"),
  mail: octets,
});

/** What the writing frame is told: once. */
export interface ToWrite {
  readonly listseal: "write";
  /** The sealed mail that is answered, or null for a new one. */
  readonly answers: ArrayBuffer | null;
  /** Addresses in the webmail's To, for choosing the list. */
  readonly to: readonly string[];
}
export const toWrite: Check<ToWrite> = object<ToWrite & Record<string, unknown>>({
  listseal: oneOf("write"),
  answers: orNull(octets),
  to: addresses,
});

/** A file that the webmail sends as an attachment. */
export interface SealedFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: ArrayBuffer;
}

/** A mail for the webmail to send: everything in it is sealed or a fixed text. */
export interface Outgoing {
  readonly kind: "outgoing";
  readonly to: string;
  /** The address that it must come from. */
  readonly from: string;
  readonly subject: string;
  readonly notice: string;
  readonly files: readonly SealedFile[];
}

export const outgoing: Check<Outgoing> = object<Outgoing & Record<string, unknown>>({
  kind: oneOf("outgoing"),
  to: text,
  from: text,
  subject: text,
  notice: text,
  files: listOf(object<SealedFile & Record<string, unknown>>({ name: text, type: text, bytes: octets })),
});

/** What the reading frame says: the person wants to answer. The page knows which mail it has given. */
export type FromReading = { readonly kind: "answer" };

/** What the writing frame says. */
export type FromWriting = Outgoing | { readonly kind: "given-up" };

/** What the writing frame hears of what it has given. */
export type Handed = "attached" | "not-attached";
export const handed: Check<Handed> = oneOf("attached", "not-attached");
