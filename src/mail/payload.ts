/**
 * What a person wrote, as the MIME entity that is sealed, and back.
 *
 * The payload carries the true header fields inside the seal (RFC 9788, `hp="cipher"`), with `HP-Outer` fields that say
 * what is outside, and the author's certificate (with the introduction by which readers trust it) as parts that are
 * not attachments.
 *
 * Everything read from a payload is a claim of its writer until the inner signature has verified (`protocol/open-post.ts`).
 */

import { addressParser, type Email, type Attachment as ParsedAttachment } from "postal-mime";
import { ListSealError, ProtocolError } from "../openpgp/errors.js";
import { decodeWords } from "./encoded-words.js";
import {
  type Attachment,
  type AuthorKeys,
  type EntityBody,
  introductionType,
  readBody,
} from "./letter-body.js";
import {
  type Address,
  formatMailbox,
  type Mailbox,
  makeMailbox,
  parseAddress,
  parseMailbox,
  parseMailboxList,
} from "./mailbox.js";
import {
  formatMailDate,
  type HeaderField,
  type Leaf,
  type Multipart,
  textLeaf,
  writeEntity,
} from "./mime.js";
import { authorType, COPY_FIELD } from "./part-types.js";
import { OtherPostalMime, type ReadMime, readMimeWithTree } from "./read-mime.js";

export { type Attachment, introductionType } from "./letter-body.js";

/** A letter: what its author wrote and what its readers see. */
export interface Letter {
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  readonly cc: readonly Mailbox[];
  readonly subject: string;
  readonly date: Date;
  /** With angle brackets. */
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references: readonly string[];
  readonly text?: string;
  readonly html?: string;
  readonly attachments: readonly Attachment[];
  /** Absent only where a sender without the add-on left it out; readers then need to know the key already. */
  readonly author?: AuthorKeys;
}

/** A letter that was read: also with what is where. */
export type ReadLetter = Letter & Pick<EntityBody, "pieces">;

/**
 * What the outside of the mail says; recorded inside as `HP-Outer` (RFC 9788, 2.2), so that a reader can tell what was
 * hidden from what was not. Date and Message-ID stand outside in every mail.
 */
export interface OuterFields {
  readonly subject: string;
  readonly from: Mailbox;
  readonly to: readonly Mailbox[];
  /** Whether In-Reply-To and References stand outside as they do inside: in a post, and not in a draft. True if absent. */
  readonly thread?: boolean;
}

/** Against a payload that is all headers or all nesting. */
const PARSER_LIMITS = { maxNestingDepth: 32, maxHeadersSize: 256 * 1024 } as const;
/** RFC 5322, 3.6.4; anything longer is no message id that a mail program wrote. */
const MAX_MESSAGE_ID = 250;
/** Against a References field made to grow with every answer; the first and the newest count. */
const MAX_REFERENCES = 100;

const messageIdPattern = /<[\x21-\x3b\x3d\x3f-\x7e]+@[\x21-\x3b\x3d\x3f-\x7e]+>/g;

/** The message ids of a field value, in order; what is not a message id is dropped. */
export function messageIdsIn(value: string | undefined): readonly string[] {
  const found = (value ?? "").match(messageIdPattern) ?? [];
  return found.filter((id) => id.length <= MAX_MESSAGE_ID).slice(-MAX_REFERENCES);
}

/** Whether a text is one message id and nothing more: what is signed becomes a header field of every copy. */
export function isMessageId(text: string): boolean {
  const [only] = messageIdsIn(text);
  return only === text;
}

const list = (mailboxes: readonly Mailbox[]) => mailboxes.map(formatMailbox).join(", ");

/** Writes the payload of `letter`. `outer` is what the sealed mail will say outside. */
export function writePayload(letter: Letter, outer: OuterFields): Uint8Array {
  const outside = [
    ["From", formatMailbox(outer.from)] as const,
    ...optional("To", list(outer.to)),
    ["Subject", outer.subject] as const,
    ["Date", formatMailDate(letter.date)] as const,
    ["Message-ID", letter.messageId] as const,
    ...(outer.thread === false ? [] : threadFields(letter)),
  ];
  const recorded = outside.map(([name, value]): HeaderField => ["HP-Outer", `${name}: ${value}`]);
  return writeEntity([...letterFields(letter), ...recorded], tree(letter));
}

/**
 * Writes an opened letter as an ordinary, readable mail (RFC 5322), for keeping and for other programs. The author's keys
 * are left out. The caller must know that this is the text in clear: it never goes to a server.
 * @param list address of the list that it was opened from
 */
export function writeClearMail(letter: Letter, list: string): Uint8Array {
  const { author: _keys, ...readable } = letter;
  const fields = [
    ...letterFields(readable),
    // an answer goes to the list, from every program. QUIRK: with List-Post beside it Thunderbird answers the author alone
    ["Reply-To", list] as const,
    [COPY_FIELD, list] as const,
  ];
  return writeEntity(fields, { ...tree(readable), type: "multipart/mixed" });
}

function optional(name: string, value: string | undefined): HeaderField[] {
  return value === undefined || value === "" ? [] : [[name, value]];
}

function threadFields({ inReplyTo, references }: Letter): HeaderField[] {
  return [...optional("In-Reply-To", inReplyTo), ...optional("References", references.join(" "))];
}

function letterFields(letter: Letter): HeaderField[] {
  return [
    ["From", formatMailbox(letter.from)],
    ...optional("To", list(letter.to)),
    ...optional("Cc", list(letter.cc)),
    ["Subject", letter.subject],
    ["Date", formatMailDate(letter.date)],
    ["Message-ID", letter.messageId],
    ...threadFields(letter),
    ["MIME-Version", "1.0"],
  ];
}

function tree(letter: Letter): Multipart {
  const inline = letter.attachments.filter((each) => each.contentId !== undefined);
  const attached = letter.attachments.filter((each) => each.contentId === undefined);
  const parts: (Leaf | Multipart)[] = [
    bodyOf(letter, inline.map(attachmentLeaf)),
    ...attached.map(attachmentLeaf),
  ];
  if (letter.author !== undefined) {
    const { certificate, introduction } = letter.author;
    parts.push({ type: authorType, disposition: "inline", bytes: certificate });
    if (introduction !== undefined) {
      parts.push({ type: introductionType, disposition: "inline", bytes: introduction });
    }
  }
  // RFC 9788, 2.1: the parameter that says "these header fields are protected, and were encrypted"
  return { type: 'multipart/mixed; hp="cipher"', parts };
}

function bodyOf(letter: Letter, inline: readonly Leaf[]): Leaf | Multipart {
  const plain = textLeaf(letter.text ?? "");
  if (letter.html === undefined) return plain;
  const html = textLeaf(letter.html, "html");
  const shown = inline.length === 0 ? html : { type: "multipart/related", parts: [html, ...inline] };
  return letter.text === undefined ? shown : { type: "multipart/alternative", parts: [plain, shown] };
}

function attachmentLeaf(attachment: Attachment): Leaf {
  const { name, bytes, contentId } = attachment;
  // a sender's media type is written only if it is one; it is in a header field
  const type = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/.test(attachment.type)
    ? attachment.type
    : "application/octet-stream";
  return contentId === undefined
    ? { type, disposition: "attachment", name, bytes }
    : { type, disposition: "inline", name, bytes, contentId };
}

/**
 * Reads a payload.
 *
 * @throws ListSealError `damaged` if it is not a MIME entity with the header fields that a letter needs (one From,
 *         one Message-ID, a Date), `bad-address` if From has no canonical form
 */
export async function readPayload(payload: Uint8Array): Promise<ReadLetter> {
  const { email, root } = await readEntity(payload);
  const from = only(email, "from");
  const messageId = messageIdsIn(only(email, "message-id"));
  const date = new Date(only(email, "date"));
  const [id] = messageId;
  if (id === undefined || messageId.length !== 1 || Number.isNaN(date.getTime())) {
    throw new ProtocolError("damaged", "the protected Message-ID or Date is not readable");
  }
  const inReplyTo = messageIdsIn(optionalField(email, "in-reply-to"))[0];
  optionalField(email, "content-type");
  const body = readBody(root);
  return {
    from: parseMailbox(from),
    to: lenientMailboxes(optionalField(email, "to")),
    cc: lenientMailboxes(optionalField(email, "cc")),
    subject: decodeWords(optionalField(email, "subject") ?? ""),
    date,
    messageId: id,
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references: messageIdsIn(optionalField(email, "references")),
    ...body,
  };
}

/**
 * Reads an entity with its texts left in the tree.
 * @throws ListSealError `too-large`, `damaged`
 */
export async function readEntity(payload: Uint8Array): Promise<ReadMime> {
  try {
    return await readMimeWithTree(payload, { forceRfc822Attachments: true, ...PARSER_LIMITS }, "in-tree");
  } catch (cause) {
    if (cause instanceof ListSealError || cause instanceof OtherPostalMime) throw cause;
    throw new ProtocolError("damaged", "the payload is not a readable MIME entity", { cause });
  }
}

/** The value of a field that must stand there exactly once: a second From is how one program is shown another author. */
function only(email: Email, key: string): string {
  const found = fieldValues(email, key);
  const [value] = found;
  if (value === undefined || found.length !== 1) {
    throw new ProtocolError("damaged", `the protected field ${key} is absent or doubled`);
  }
  return value;
}

function optionalField(email: Email, key: string): string | undefined {
  const found = fieldValues(email, key);
  if (found.length > 1) throw new ProtocolError("damaged", `the protected field ${key} is doubled`);
  return found[0];
}

/** Values as they stand in the entity, unfolded: decoding is ours, so that one charset error can't change a header. */
export function fieldValues(email: Email, key: string): readonly string[] {
  return email.headerLines
    .filter((header) => header.key === key)
    .map(({ line }) =>
      line
        .slice(line.indexOf(":") + 1)
        .replace(/\r?\n(?=[ \t])/g, "")
        .trim(),
    );
}

/**
 * The mailboxes of To or Cc. The payload's From decides who wrote and is never repaired; these are for showing and for answers, and one
 * that has no canonical form must not cost the reader the letter: it is left out.
 */
export function lenientMailboxes(value: string | undefined): readonly Mailbox[] {
  if (value === undefined) return [];
  try {
    return parseMailboxList(value);
  } catch {
    return addressParser(value, { flatten: true }).flatMap(({ name, address }) => {
      const canonical = tryAddress(address);
      return canonical === undefined ? [] : [makeMailbox(name, canonical)];
    });
  }
}

function tryAddress(text: string | undefined): Address | undefined {
  try {
    return parseAddress(text ?? "");
  } catch {
    return undefined;
  }
}

/** The bytes of a parsed attachment. */
export function contentOf(attachment: ParsedAttachment): Uint8Array {
  const { content } = attachment;
  if (typeof content === "string") return new TextEncoder().encode(content);
  return content instanceof Uint8Array ? content : new Uint8Array(content);
}
