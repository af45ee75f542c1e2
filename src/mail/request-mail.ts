/**
 * Sealed requests and answers <-> RFC 5322 mail: multipart/mixed of a fixed notice and one part. Any mail program can
 * send it; nothing outside the seal says what is asked.
 *
 * To the server: to `<list>-request@`. From it: to the asker's address on the roster, marked as automatic (RFC 3834).
 */
import PostalMime, { type Email } from "postal-mime";
import { ListSealError } from "../protocol/errors.js";
import { type Address, formatMailbox, localPartOf, type Mailbox, requestAddress } from "./mailbox.js";
import { formatDate, type HeaderField, textLeaf, writeEntity } from "./mime.js";
import { contentOf } from "./payload.js";

/** Media types of the one part. */
export const requestTypes = {
  request: "application/vnd.listseal.request",
  answer: "application/vnd.listseal.answer",
} as const;

/** Which of the two a mail is. */
export type RequestMailKind = keyof typeof requestTypes;

/** The part of a mail, ready to be an attachment of the composer. */
export interface RequestPart {
  readonly name: string;
  readonly type: (typeof requestTypes)[RequestMailKind];
  readonly bytes: Uint8Array;
}

/** The sealed bytes as the one part of their mail. */
export function requestPart(kind: RequestMailKind, sealed: Uint8Array): RequestPart {
  return { name: `${kind}.pgp`, type: requestTypes[kind], bytes: sealed };
}

/** The Subject, the same for whatever is asked or answered. */
export function requestSubject(kind: RequestMailKind, list: Address): string {
  return `[${localPartOf(list)}] sealed ${kind}`;
}

/** The text beside the part. */
export function requestNotice(kind: RequestMailKind): string {
  return (
    kind === "request"
      ? [
          "This mail asks the server of a sealed mailing list for something. Only the server",
          "can open it. It was written by the ListSeal add-on for Thunderbird.",
          "",
        ]
      : [
          "This is a list server's answer to something that you asked of it. The ListSeal",
          "add-on for Thunderbird opens it; with GnuPG alone: gpg -d answer.pgp",
          "",
        ]
  ).join("\n");
}

/** Everything outside the seal. */
export interface RequestMail {
  readonly kind: RequestMailKind;
  /** The list that it is about. */
  readonly list: Address;
  /** The person: who asks, or who is answered. */
  readonly person: Mailbox;
  readonly date: Date;
  readonly messageId: string;
  /** Of an answer: the request's Message-ID, if it is one. */
  readonly inReplyTo?: string;
  readonly sealed: Uint8Array;
}

/** A whole mail with a sealed request or answer. */
export function writeRequestMail(mail: RequestMail): Uint8Array {
  const { kind, list, person, date, messageId, inReplyTo, sealed } = mail;
  const [from, to] =
    kind === "request"
      ? [formatMailbox(person), requestAddress(list)]
      : [requestAddress(list), formatMailbox(person)];
  const fields: HeaderField[] = [
    ["From", from],
    ["To", to],
    ["Subject", requestSubject(kind, list)],
    ["Date", formatDate(date)],
    ["Message-ID", messageId],
    ...(inReplyTo === undefined ? [] : [["In-Reply-To", inReplyTo] as const]),
    ...(kind === "request"
      ? []
      : [["Auto-Submitted", "auto-replied"] as const, ["X-Auto-Response-Suppress", "All"] as const]),
    ["MIME-Version", "1.0"],
  ];
  return writeEntity(fields, {
    type: "multipart/mixed",
    parts: [textLeaf(requestNotice(kind)), { ...requestPart(kind, sealed), disposition: "attachment" }],
  });
}

/** Against mails that keep the parser busy. */
const PARSER_LIMITS = { maxNestingDepth: 8, maxHeadersSize: 64 * 1024 } as const;
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
  const found = parts.filter((part) => part.type.toLowerCase() === requestTypes[kind]);
  if (found.length > 1) throw new ListSealError("damaged", `more than one ${kind} in a mail`);
  return found[0]?.bytes;
}

/**
 * The sealed request in a mail as it was received; undefined if it brings none. Who sent it says only the signature
 * inside: the header is not looked at.
 *
 * @throws ListSealError `damaged`, `too-large` (too many parts)
 */
export async function readRequestMail(raw: Uint8Array): Promise<Uint8Array | undefined> {
  let email: Email;
  try {
    email = await PostalMime.parse(raw, {
      forceRfc822Attachments: true,
      attachmentEncoding: "arraybuffer",
      ...PARSER_LIMITS,
    });
  } catch (cause) {
    throw new ListSealError("damaged", "the mail is not readable", { cause });
  }
  if (email.attachments.length > MAX_PARTS) throw new ListSealError("too-large", "too many parts");
  return sealedPartOf(
    "request",
    email.attachments.map((each) => ({ type: each.mimeType, bytes: contentOf(each) })),
  );
}
