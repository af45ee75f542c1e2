/**
 * What the server says in the SMTP dialogue.
 *
 * People read these lines: a mail program shows them when it can't send, and a mail system puts them into the mail
 * that it returns. One line each, well under the 512 octets of RFC 5321 (4.5.3.1.5), and never a word of what was
 * received.
 *
 * Why a sealed post was refused is not said here: whoever resends a captured post would learn from "not a member"
 * and "sent before" who is on the list. Everybody gets {@link refused}; the reason goes to the member at the address
 * on the roster (plain-notice.ts).
 */

import type { Language } from "../texts/language.js";

/** Reply code (RFC 5321), enhanced status code (RFC 3463) and text. */
export interface Reply {
  readonly code: number;
  readonly status: string;
  readonly text: string;
}

const reply = (code: number, status: string, text: string): Reply => ({ code, status, text });

export const queued = reply(250, "2.6.0", "Accepted");

export const refused = reply(
  550,
  "5.7.1",
  "The list did not accept this message. If you are a member: send from the address you joined with, and turn on Encrypt to list in ListSeal. If it is still refused, ask the list's owner for a new invitation.",
);

export const notSealed = reply(
  550,
  "5.7.1",
  "This is an encrypted list: it accepts only messages that are encrypted for it, and yours was not. It was neither read nor kept. Use Thunderbird with the ListSeal add-on: join with the invitation from the list's owner, turn on Encrypt to list and send again.",
);

/**
 * What each language calls itself, in ASCII: SMTPUTF8 is not offered, so no reply may have more (RFC 6531, 3.7.4.2; RFC 5321,
 * 4.2).
 */
const ownNames: Readonly<Record<Exclude<Language, "en">, string>> = {
  ja: "Nihongo",
  de: "Deutsch",
  fr: "Francais",
  es: "Espanol",
};

/** Octets of a reply line with its codes and line end (RFC 5321, 4.5.3.1.5). */
const MAX_REPLY_OCTETS = 512;

/**
 * A refusal with the address of the page that says it in the list's language (serve/web.ts), where the server has one. It is the
 * same for members and strangers, as the reply itself.
 */
export function inLanguage(reply: Reply, language: Language, publicUrl: string | undefined): Reply {
  if (language === "en" || publicUrl === undefined) return reply;
  const text = `${reply.text} ${ownNames[language]}: ${new URL(`refused/${language}`, publicUrl)}`;
  return `${reply.code} ${reply.status} ${text}\r\n`.length > MAX_REPLY_OCTETS ? reply : { ...reply, text };
}

export const notReady = reply(450, "4.3.5", "The list is being set up. Try again later.");
export const tooManyPosts = reply(450, "4.7.1", "Too many messages in one hour. Try again later.");
export const paused = reply(
  451,
  "4.3.0",
  "The list was restored from a backup and is paused until its owner resumes it. Try again later.",
);
export const closed = reply(550, "5.1.6", "This list is closed.");
export const tryLater = reply(
  451,
  "4.3.0",
  "The list server can't accept mail at the moment. Try again later.",
);
export const tooBusy = reply(451, "4.3.2", "The list server is busy. Try again later.");
/** 421: smtp-server closes the connection after it. */
export const tooSlow = reply(421, "4.4.2", "The mail arrived too slowly. Try again later.");
export const noSuchAddress = reply(550, "5.1.1", "There is no such address here.");
export const lastOwner = reply(
  550,
  "5.7.1",
  "You are the list's only owner, so you are still on it. Make someone else an owner first, in ListSeal's settings.",
);
export const badParameters = reply(555, "5.5.4", "That parameter is not supported.");
export const tooLarge = reply(552, "5.3.4", "The mail is larger than the list allows.");
export const malformed = reply(550, "5.6.0", "The mail is malformed. Send it with an ordinary mail program.");
export const barelyEnded = reply(
  550,
  "5.6.0",
  "The mail has line ends other than CR LF. Send it with an ordinary mail program.",
);
export const tooManyHeaders = reply(
  550,
  "5.6.0",
  "The mail's header is too long. Send it with an ordinary mail program.",
);
export const tooManyLines = reply(
  550,
  "5.6.0",
  "The mail has too many lines. Send large files as attachments.",
);
export const tooManyConnections = reply(
  421,
  "4.7.0",
  "You have too many connections open. Close some and try again.",
);
export const onlyAscii = reply(553, "5.6.7", "Only addresses in ASCII are accepted here.");
export const loop = reply(554, "5.4.6", "Mail loop: this mail has been here before.");
export const notFromMachines = reply(550, "5.7.1", "The list accepts no automatic replies.");

/** The error that smtp-server turns into `reply`. */
export class ReplyError extends Error {
  override readonly name = "ReplyError";
  readonly responseCode: number;
  readonly reply: Reply;

  constructor(reply: Reply) {
    super(`${reply.status} ${reply.text}`);
    this.responseCode = reply.code;
    this.reply = reply;
  }
}
