/**
 * What is sealed for one reader and is no post <-> RFC 5322 mail: multipart/mixed of a fixed text and one part. Any mail
 * program can send it; nothing outside the seal says what it is about.
 *
 * - `request`: to the server, at `<list>-request@`; `answer`: from there to the asker's address on the roster.
 * - `notice`: from an owner to a member (a new list key, new owners, a new server key); `receipt`: the member's word for it.
 */
import type { Email } from "postal-mime";
import { ProtocolError } from "../openpgp/errors.js";
import { type Address, formatMailbox, localPartOf, type Mailbox, parseMailbox } from "./mailbox.js";
import { formatMailDate, type HeaderField, textLeaf, writeEntity } from "./mime.js";
import { fileNameOf, requestTypes } from "./part-types.js";
import { fieldValues, messageIdsIn } from "./payload.js";
import { partsOfMail, readReceived } from "./received.js";

/** Which of them a mail is. */
export type RequestMailKind = keyof typeof requestTypes;

/** The part of a mail, ready to be an attachment of the composer. */
export interface RequestPart {
  readonly name: string;
  readonly type: (typeof requestTypes)[RequestMailKind];
  readonly bytes: Uint8Array;
}

/** The sealed bytes as the one part of their mail. */
export function requestPart(kind: RequestMailKind, sealed: Uint8Array): RequestPart {
  const type = requestTypes[kind];
  return { name: fileNameOf(type), type, bytes: sealed };
}

/** The Subject: what people without the add-on, and before it has taken the mail, read in their folders. */
const subjects: Readonly<Record<RequestMailKind, string>> = {
  request: "ListSeal: request to the server",
  answer: "ListSeal: nothing to do",
  notice: "ListSeal: nothing to do",
  receipt: "ListSeal: nothing to do",
};

/** The Subject, the same for whatever is asked or answered. */
export function requestSubject(kind: RequestMailKind, list: Address): string {
  return `[${localPartOf(list)}] ${subjects[kind]}`;
}

/** The Subject of the mail that answers a post under a former list key: it is for people with GnuPG alone, and for the add-on. */
export const FORMER_KEY_SUBJECT = "your message used an old list key";

/** Subjects without the list's name: today's, and those that were written before version 1 was frozen. */
const arrivingSubjects: readonly string[] = (["answer", "notice", "receipt"] as const)
  .flatMap((kind) => [subjects[kind], `encrypted ${kind}`, `sealed ${kind}`])
  .concat(FORMER_KEY_SUBJECT);

/**
 * Whether a Subject may be that of an answer, notice or receipt, so that the mail is worth a look. QUIRK: gateways put words before
 * it ("[EXTERNAL]"), so it is looked for at the end.
 */
export function maybeArrivingSubject(subject: string): boolean {
  return arrivingSubjects.some((words) => subject.trimEnd().endsWith(words));
}

/**
 * Whether a Subject is that of an answer, notice or receipt about this list and nothing else: no "Re:" or "Fwd:" of a person who
 * wrote something beside it.
 */
export function isArrivingSubject(subject: string, list: Address): boolean {
  return arrivingSubjects.some((words) => subject === `[${localPartOf(list)}] ${words}`);
}

const texts: Readonly<Record<RequestMailKind, readonly string[]>> = {
  request: [
    "This mail asks the server of an encrypted mailing list for something. Only the server",
    "can open it. It was written by ListSeal.",
  ],
  answer: [
    "This is a list server's answer to a request of yours. ListSeal opens it; with GnuPG",
    "alone: gpg -d answer.pgp",
  ],
  notice: [
    "An owner of an encrypted mailing list tells you of a change of its keys or owners.",
    "ListSeal opens it; with GnuPG alone: gpg -d notice.pgp",
    "Trust it only if GnuPG reports a good signature of an owner whom you know.",
  ],
  receipt: [
    "This mail tells an owner of an encrypted mailing list that a notice has arrived. It",
    "was written by ListSeal.",
  ],
};

/** The text beside the part. */
export function requestNotice(kind: RequestMailKind): string {
  return `${texts[kind].join("\n")}\n`;
}

/** Everything outside the seal. */
export interface RequestMail {
  readonly kind: RequestMailKind;
  /** The list that it is about. */
  readonly list: Address;
  readonly from: Mailbox;
  readonly to: Mailbox;
  readonly date: Date;
  readonly messageId: string;
  /** Of an answer: the request's Message-ID, if it is one. */
  readonly inReplyTo?: string;
  readonly sealed: Uint8Array;
}

/** A whole mail with its sealed part. An `answer` is marked as automatic (RFC 3834). */
export function writeRequestMail(mail: RequestMail): Uint8Array {
  const { kind, list, from, to, date, messageId, inReplyTo, sealed } = mail;
  const fields: HeaderField[] = [
    ["From", formatMailbox(from)],
    ["To", formatMailbox(to)],
    ["Subject", requestSubject(kind, list)],
    ["Date", formatMailDate(date)],
    ["Message-ID", messageId],
    ...(inReplyTo === undefined ? [] : [["In-Reply-To", inReplyTo] as const]),
    ...(kind === "answer"
      ? [["Auto-Submitted", "auto-replied"] as const, ["X-Auto-Response-Suppress", "All"] as const]
      : []),
    ["MIME-Version", "1.0"],
  ];
  return writeEntity(fields, {
    type: "multipart/mixed",
    parts: [textLeaf(requestNotice(kind)), { ...requestPart(kind, sealed), disposition: "attachment" }],
  });
}

/** Notice and part, and what a gateway may have added. */
const MAX_PARTS = 8;

/**
 * The sealed bytes of a request or answer among a mail's parts; undefined if there are none.
 * @throws ListSealError `damaged` if there are several
 */
export function sealedPartOf(
  kind: RequestMailKind,
  parts: readonly { readonly type: string; readonly bytes: Uint8Array }[],
): Uint8Array | undefined {
  const found = parts.filter((part) => part.type === requestTypes[kind]);
  if (found.length > 1) throw new ProtocolError("damaged", `more than one ${kind} in a mail`);
  return found[0]?.bytes;
}

/** A sealed request as it came. */
export interface ReceivedRequest {
  readonly sealed: Uint8Array;
  /** The mail's own Message-ID, for the answer's In-Reply-To. */
  readonly messageId?: string;
  /** Whose certificate the signature may be by. Anybody can write it: who sent it says only the signature inside. */
  readonly from?: Address;
}

/**
 * The sealed request in a mail as it was received; undefined if it brings none.
 *
 * @throws ListSealError `damaged`, `too-large` (too many parts)
 */
export async function readRequestMail(raw: Uint8Array): Promise<ReceivedRequest | undefined> {
  const email = await readReceived(raw, MAX_PARTS, "left-out");
  const sealed = sealedPartOf("request", partsOfMail(email));
  if (sealed === undefined) return undefined;
  const [messageId] = messageIdsIn(fieldValues(email, "message-id")[0]);
  const from = senderOf(email);
  return {
    sealed,
    ...(messageId === undefined ? {} : { messageId }),
    ...(from === undefined ? {} : { from }),
  };
}

/** The one address in From, if it is one that a roster can hold. */
function senderOf(email: Email): Address | undefined {
  const [from, another] = fieldValues(email, "from");
  if (from === undefined || another !== undefined) return undefined;
  try {
    return parseMailbox(from).address;
  } catch {
    return undefined;
  }
}
