/**
 * Sealed message <-> RFC 5322 mail: the only file that knows both.
 *
 * Sender to server: what Thunderbird's composer can send, multipart/mixed of a notice and the sealed parts as attachments.
 * Server to member, by that member's preference:
 * - `encrypted`: multipart/encrypted with the sealed parts inside; mail programs show no attachment pane for it. Not for large
 *   mail, which takes Thunderbird too long.
 * - `mixed`: the sender's shape, with a notice that tells how to read it with gpg.
 *
 * QUIRK: RFC 1847 gives multipart/encrypted exactly two parts; delivery `opened` adds the list signature as another.
 */
import { ProtocolError } from "../openpgp/errors.js";
import { isSecretId } from "../openpgp/secrets.js";
import type { SealedMessage } from "../protocol/message.js";
import { memberNotice, outerSubject, submissionNotice } from "./fixed-texts.js";
import { FORMAT_VERSION, listFields, sealHeader } from "./list-headers.js";
import { type Address, formatMailbox, type Mailbox, parseMailbox } from "./mailbox.js";
import {
  base64Lines,
  formatMailDate,
  type HeaderField,
  inFrame,
  type Leaf,
  type SharedEntity,
  type SharedFrame,
  type SharedMultipart,
  type SplitEncoding,
  textLeaf,
  writeEntity,
  writeFrame,
} from "./mime.js";
import { authorType, type CopyShape, fileNameOf, partTypes, ridingType } from "./part-types.js";
import { fieldValues, messageIdsIn } from "./payload.js";
import { partsOfMail, readReceived } from "./received.js";

/** One sealed part of a mail: what becomes an attachment of the composer. */
export interface MailPart {
  readonly name: string;
  readonly type: (typeof partTypes)[keyof typeof partTypes];
  readonly bytes: Uint8Array;
}

/** The parts of a sealed message, in the order in which they stand in the mail; the large one last. */
export function toParts(sealed: SealedMessage): readonly MailPart[] {
  const part = (type: MailPart["type"], bytes: Uint8Array): MailPart => ({
    name: fileNameOf(type),
    type,
    bytes,
  });
  const through = sealed.listSignature === undefined ? [] : [part(partTypes.through, sealed.listSignature)];
  return sealed.mode === "key"
    ? [part(partTypes.key, sealed.key), ...through, part(partTypes.body, sealed.body)]
    : [...through, part(partTypes.message, sealed.message)];
}

/**
 * The sealed message that these parts are, whatever their order, or `not-sealed` if none of them is one of ours.
 *
 * @throws ListSealError `damaged` if there are sealed parts but not exactly those of one message: two key parts, a body
 *         without its key
 */
export function fromParts(
  parts: readonly { readonly type: string; readonly bytes: Uint8Array }[],
): SealedMessage | { readonly kind: "not-sealed" } {
  const ours = Object.values(partTypes).map((type) =>
    parts.filter((part) => part.type.toLowerCase() === type),
  );
  if (ours.every((found) => found.length === 0)) return { kind: "not-sealed" };
  if (ours.some((found) => found.length > 1)) throw new ProtocolError("damaged", "a sealed part is doubled");
  const [key, body, message, through] = ours.map((found) => found[0]?.bytes);
  const listSignature = through === undefined ? {} : { listSignature: through };
  if (key !== undefined && body !== undefined && message === undefined) {
    return { mode: "key", key, body, ...listSignature };
  }
  if (message !== undefined && key === undefined && body === undefined) {
    return { mode: "whole", message, ...listSignature };
  }
  throw new ProtocolError("damaged", "the sealed parts do not make one message");
}

/** The value of the {@link sealHeader} field. */
export function sealHeaderValue(
  sealed: Pick<SealedMessage, "mode" | "outerSecret"> & { readonly held?: number },
): string {
  const secret = sealed.outerSecret === undefined ? "" : `; secret=${sealed.outerSecret}`;
  const held = sealed.held === undefined ? "" : `; held=${sealed.held}`;
  return `v=${FORMAT_VERSION}; mode=${sealed.mode}${secret}${held}`;
}

/**
 * The sealed message with what the {@link sealHeader} field says of it: the name of the secret of its outer seal.
 * (In the header, not on the part: Thunderbird's composer drops the parameters of a Content-Type.)
 *
 * @param value of the field, or undefined where a gateway dropped it: then only key pairs are tried
 * @throws ListSealError `unsupported-version` for a value that names a version that this software does not know; `damaged` for
 *         one that is not of the form, or of another mode than the parts
 */
export function withSealHeader(sealed: SealedMessage, value: string | undefined): SealedMessage {
  if (value === undefined) return sealed;
  const version = /^v=(\d{1,9})(?![^;\s])/.exec(value)?.[1];
  if (version !== undefined && Number(version) !== FORMAT_VERSION) {
    throw new ProtocolError("unsupported-version", `the mail is of format version ${version}`);
  }
  // blanks as a gateway may have folded them; nothing else is read with half an eye
  const [said, mode, secret] = sealValue.exec(value) ?? [];
  if (said === undefined || mode !== sealed.mode) {
    throw new ProtocolError("damaged", "the seal field does not fit the parts");
  }
  return secret !== undefined && isSecretId(secret) ? { ...sealed, outerSecret: secret } : sealed;
}

/**
 * As {@link withSealHeader}, of all fields of that name in a mail.
 * @throws ListSealError `damaged` for more than one, and what {@link withSealHeader} throws
 */
export function withSealFields(sealed: SealedMessage, values: readonly string[]): SealedMessage {
  const [value, another] = values;
  if (another !== undefined) throw new ProtocolError("damaged", "the seal field is doubled");
  return withSealHeader(sealed, value);
}

/** As {@link sealHeaderValue} writes it. */
const sealValue =
  /^v=1[ \t]*;[ \t]*mode=(key|whole)(?:[ \t]*;[ \t]*secret=([0-9a-f]{32}))?(?:[ \t]*;[ \t]*held=\d{1,15})?$/;

const attachment = (part: MailPart): Leaf => ({ ...part, disposition: "attachment" });

/** Everything outside the seals of a submission. */
export interface Submission {
  readonly from: Mailbox;
  readonly list: Address;
  readonly date: Date;
  /** The outer Message-ID: the mail program's own, or the protected one. */
  readonly messageId: string;
  readonly inReplyTo?: string;
  readonly references?: readonly string[];
  readonly sealed: SealedMessage;
  /** The sender's certificate, binary, from a sender who is not a member. */
  readonly author?: Uint8Array;
}

/** A whole mail as a sender sends it to the list's server. Thunderbird's composer writes the same shape by itself. */
export function writeSubmission(submission: Submission): Uint8Array {
  const { from, list, date, messageId, inReplyTo, references = [], sealed, author } = submission;
  const sent: Leaf[] =
    author === undefined
      ? []
      : [{ name: fileNameOf(authorType), type: authorType, bytes: author, disposition: "attachment" }];
  return writeEntity(
    [
      ["From", formatMailbox(from)],
      ["To", list],
      ["Subject", outerSubject(list)],
      ["Date", formatMailDate(date)],
      ["Message-ID", messageId],
      ...threadFields(inReplyTo, references),
      [sealHeader, sealHeaderValue(sealed)],
      ["MIME-Version", "1.0"],
    ],
    {
      type: "multipart/mixed",
      parts: [textLeaf(submissionNotice()), ...sent, ...toParts(sealed).map(attachment)],
    },
  );
}

function threadFields(inReplyTo: string | undefined, references: readonly string[]): HeaderField[] {
  return [
    ...(inReplyTo === undefined ? [] : [["In-Reply-To", inReplyTo] as const]),
    ...(references.length === 0 ? [] : [["References", references.join(" ")] as const]),
  ];
}

/**
 * Octets of base64 up to which a copy may be `encrypted`.
 *
 * QUIRK: Thunderbird 153 takes every line of a multipart/encrypted through JavaScript, in the process of its windows, which
 * stand still meanwhile: where JavaScript is not compiled (Debian) 0.7 s of processor time for 1 MB, 15 s for 25 MB. Parts of a
 * multipart/mixed that it can't show cost it nothing, and wait on the server until somebody asks for them.
 */
const ENCRYPTED_LIMIT = 256 * 1024;

/** What the copies of a post in one shape have in common; empty before the first is written. */
export type CopyFrames = Map<CopyShape, SharedFrame>;

/** Everything outside the seals of a member's copy: the server's own words, nothing of the author's mail. */
export interface Copy {
  readonly shape: CopyShape;
  readonly list: Address;
  readonly listName: string;
  readonly from: Mailbox;
  readonly replyTo: Mailbox;
  readonly to: Mailbox;
  /** From the outer signature: every copy carries the author's. */
  readonly messageId: string;
  readonly date: Date;
  readonly inReplyTo?: string;
  readonly references?: readonly string[];
  readonly sealed: SealedMessage;
  /** The number of a held post, on a copy for its review: what a moderator's command names. */
  readonly held?: number;
  /**
   * The large part in base64, if the caller made it for all copies: whole ({@link largePartOf}), or in mode `whole` in
   * two pieces (`SharedBase64`). The large part of `sealed` is then not looked at; in mode `whole` it may be empty.
   */
  readonly encoded?: Uint8Array | SplitEncoding;
  /** An owner's notice to this member, sealed: one more part (`ridingType`). */
  readonly notice?: Uint8Array;
  /** More fields of the server's own, e.g. List-Unsubscribe. */
  readonly fields?: readonly HeaderField[];
  /** What {@link writeCopy} wrote for other copies that differ in nothing but `fields` and what is sealed; it adds to them. */
  readonly frames?: CopyFrames;
}

/** The part that is the same in every copy of a post. Its base64 is made once and shared by all. */
export const largePartOf = (sealed: SealedMessage): Uint8Array =>
  sealed.mode === "key" ? sealed.body : sealed.message;

/** The fields that are the same in every copy of a post (but for one `held` for review). */
function commonFields(copy: Copy): readonly HeaderField[] {
  const { list, sealed } = copy;
  return [
    ["From", formatMailbox(copy.from)],
    ["To", formatMailbox(copy.to)],
    ["Reply-To", formatMailbox(copy.replyTo)],
    ["Subject", outerSubject(list)],
    ["Date", formatMailDate(copy.date)],
    ["Message-ID", copy.messageId],
    ...threadFields(copy.inReplyTo, copy.references ?? []),
    ...listFields(list, copy.listName),
    [sealHeader, sealHeaderValue(copy.held === undefined ? sealed : { ...sealed, held: copy.held })],
    ["MIME-Version", "1.0"],
  ];
}

/** A member's copy, in three pieces of which the large middle one is shared. */
export function writeCopy(copy: Copy): SharedEntity {
  const { sealed, encoded = base64Lines(largePartOf(sealed)), fields = [], notice } = copy;
  const given = encoded instanceof Uint8Array ? { own: NOTHING, shared: encoded } : encoded;
  const octets = given.own.length + given.shared.length;
  // QUIRK: see multipartOf; in mode `whole` the notice would be that second part
  const isKept = notice === undefined || sealed.mode === "key";
  const shape = copy.shape === "encrypted" && octets <= ENCRYPTED_LIMIT && isKept ? "encrypted" : "mixed";
  // what carries a member's own notice is like no other copy
  const frames = notice === undefined ? copy.frames : undefined;
  const frame = frames?.get(shape) ?? writeFrame(commonFields(copy), multipartOf(sealed, shape, notice));
  frames?.set(shape, frame);
  return inFrame(frame, fields, sealed.mode === "key" ? base64Lines(sealed.key) : given.own, given.shared);
}

const NOTHING = new Uint8Array();

/** The tree of a copy; what is sealed for its member alone comes with {@link inFrame}, but for an owner's `notice` to them. */
function multipartOf(
  sealed: SealedMessage,
  shape: CopyShape,
  notice: Uint8Array | undefined,
): SharedMultipart {
  const parts = toParts(sealed);
  const small = parts.slice(0, -1);
  const large = parts.at(-1);
  if (large === undefined) throw new ProtocolError("not-sealed", "a sealed message has at least one part");
  const { name, type } = large;
  const isOwn = (part: MailPart): boolean => part.type === partTypes.key;
  const aboard: readonly Leaf[] = notice === undefined ? [] : [{ type: ridingType, bytes: notice }];
  if (shape === "encrypted") {
    const protocol = sealed.mode === "key" ? partTypes.key : partTypes.message;
    // no file names: there is nothing here for anybody to save
    const leaf = (part: MailPart): Leaf => ({ type: part.type, bytes: part.bytes });
    const leaves = small.map((part) => (isOwn(part) ? { type: part.type } : leaf(part)));
    // QUIRK: Thunderbird 153 takes the second part of any multipart/encrypted for an OpenPGP message of its own and puts a
    // red "secret key not available" over the mail. So the second part is never one: body, list signature, or nothing
    const [before, after] = sealed.mode === "key" ? [leaves, []] : [[], small.map(leaf)];
    return {
      type: `multipart/encrypted; protocol="${protocol}"`,
      before,
      large: { type },
      after: [...after, ...aboard],
    };
  }
  // only a copy in delivery `opened` has its list signature beside it
  const delivery = sealed.listSignature === undefined ? "resealed" : "opened";
  const words = textLeaf(memberNotice(sealed.mode, delivery));
  const attached = small.map((part) =>
    isOwn(part)
      ? ({ name: part.name, type: part.type, disposition: "attachment" } as const)
      : attachment(part),
  );
  return {
    type: "multipart/mixed",
    before: [words, ...attached],
    large: { name, type, disposition: "attachment" },
    after: aboard.map((part) => ({ ...part, name: fileNameOf(ridingType), disposition: "attachment" })),
  };
}

/** A mail as the server received it. */
export type ReceivedMail =
  | {
      readonly kind: "sealed";
      readonly sealed: SealedMessage;
      /** The header From: which member's certificate the outer signature is checked against. */
      readonly from: Mailbox;
      /** The mail's own, which anybody on its way may have written: its author's program finds it by that. */
      readonly messageId?: string;
      readonly inReplyTo?: string;
      readonly references: readonly string[];
      /** The certificate that came along ({@link authorType}): anybody's, until the outer signature fits it. */
      readonly author?: Uint8Array;
    }
  | { readonly kind: "not-sealed" };

/** Notice, sealed parts, and what a gateway may have added. */
const MAX_ATTACHMENTS = 16;

/**
 * Reads a submission.
 *
 * @throws ListSealError `damaged` (sealed parts that make no message, no or several From), `bad-address`,
 *         `unsupported-version`, `too-large` (too many parts)
 */
export async function readSealedMail(raw: Uint8Array): Promise<ReceivedMail> {
  const email = await readReceived(raw, MAX_ATTACHMENTS, "left-out");
  const parts = partsOfMail(email);
  const sealed = fromParts(parts);
  if ("kind" in sealed) return sealed;
  const [author, anotherAuthor] = parts.filter(({ type }) => type === authorType);
  if (anotherAuthor !== undefined) throw new ProtocolError("damaged", "a sender has one certificate");
  const seal = fieldValues(email, sealHeader.toLowerCase());
  const [from, second] = fieldValues(email, "from");
  if (from === undefined || second !== undefined) {
    throw new ProtocolError("damaged", "a mail has exactly one From");
  }
  const [messageId] = messageIdsIn(fieldValues(email, "message-id")[0]);
  const [inReplyTo] = messageIdsIn(fieldValues(email, "in-reply-to")[0]);
  return {
    kind: "sealed",
    sealed: withSealFields(sealed, seal),
    from: parseMailbox(from),
    ...(messageId === undefined ? {} : { messageId }),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    references: messageIdsIn(fieldValues(email, "references")[0]),
    ...(author === undefined ? {} : { author: author.bytes }),
  };
}
