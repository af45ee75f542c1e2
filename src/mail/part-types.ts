/**
 * What a part of a mail is to us: by its media type, or by its file name where the type says nothing.
 *
 * A webmail can't be told the type of a file that a person attaches: it writes what it guesses (application/octet-stream,
 * application/pgp-encrypted, whatever its library takes sealed octets for), and keeps the name. So the name stands in for
 * such a type, here and nowhere else (docs/MAIL.md).
 *
 * Type and name are labels that anybody can write. They choose what a part is tried as; the seals say what it is.
 */

/** Media types of the sealed parts. */
export const partTypes = {
  /** Mode `key`: the sealed key packet. */
  key: "application/vnd.listseal.key",
  /** Mode `key`: the data packet. */
  body: "application/vnd.listseal.body",
  /** Mode `whole`: the sealed message. */
  message: "application/vnd.listseal.message",
  /** Delivery `opened`: the detached list signature. */
  through: "application/vnd.listseal.through",
} as const;

/** An owner's notice that a member's copy carries beside its post: for a program that has said that it takes that. */
export const ridingType = "application/vnd.listseal.riding-notice";

/** Media types of the one part of a request, its answer, an owner's notice and the receipt for it. */
export const requestTypes = {
  request: "application/vnd.listseal.request",
  answer: "application/vnd.listseal.answer",
  notice: "application/vnd.listseal.notice",
  receipt: "application/vnd.listseal.receipt",
} as const;

/**
 * Media type of a certificate that a sender sends along where the list lets non-members post: the server checks the outer
 * signature with it. Not sealed, and no part of a copy: a post without it, by a member, tells less.
 */
export const authorType = "application/vnd.listseal.author";

/** Media type of the one part of a letter between two members, past the list. */
export const privateType = "application/vnd.listseal.private";

/** The file names of the parts, without their ending. */
const namedTypes = {
  "sealed-key": partTypes.key,
  "sealed-body": partTypes.body,
  "sealed-message": partTypes.message,
  "list-signature": partTypes.through,
  author: authorType,
  "riding-notice": ridingType,
  private: privateType,
  ...requestTypes,
} as const;

/** The file name of a part of this type. */
export function fileNameOf(type: (typeof namedTypes)[keyof typeof namedTypes]): string {
  const [name] = Object.entries(namedTypes).find(([, named]) => named === type) ?? ["part"];
  return `${name}.pgp`;
}

/**
 * A name with what a browser or system adds where a file of that name is in the folder already: `name (1).pgp`,
 * `name(1).pgp`, `name-1.pgp`, `name 2.pgp`.
 */
const namePattern = /^([a-z-]{1,20}?)(?:[ _]?\(\d{1,4}\)|[ _-]\d{1,4})?\.pgp$/;

/** The type that a file name stands for; undefined for a name that is none of ours. */
export function namedType(name: string): string | undefined {
  const bare = namePattern.exec(name.trim().toLowerCase())?.[1];
  return Object.entries(namedTypes).find(([known]) => known === bare)?.[1];
}

/**
 * Types for which the name stands in: those that webmails and mail programs give an OpenPGP file. Attack: a part whose type each
 * program reads as another (two Content-Types, a malformed one), and whose name passes it off as one of ours, while the mail
 * program displays it. Text, pictures, mails and what has no type at all are never ours, whatever their name.
 */
const silentTypes: readonly string[] = [
  "application/octet-stream",
  "binary/octet-stream",
  "application/pgp",
  "application/x-pgp",
  "application/pgp-encrypted",
  "application/pgp-keys",
  "application/pgp-signature",
];

/** RFC 2045, 5.1: two tokens. */
const wellFormed = /^[a-z0-9!#$&^_.+-]{1,100}\/[a-z0-9!#$&^_.+-]{1,100}$/;

/** What a part is, by {@link labelOf}. */
export interface Label {
  /** Media type in lower case, without parameters. */
  readonly type: string;
  /** Whether the name alone says so. */
  readonly byName: boolean;
}

/**
 * The type that a part counts as: empty for a malformed one, which is never any of ours. Pure.
 *
 * @param part its Content-Type, with or without parameters, and its file name, if it has one
 */
export function labelOf(part: { readonly type: string; readonly name?: string | null | undefined }): Label {
  const said = part.type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const type = wellFormed.test(said) ? said : "";
  const named = silentTypes.includes(type) ? namedType(part.name ?? "") : undefined;
  return named === undefined ? { type, byName: false } : { type: named, byName: true };
}

/** The field of a readable copy that says which list's mail it is: an answer to it quotes what came sealed. */
export const COPY_FIELD = "X-ListSeal-Copy";

/** How a member wants the copies to look; a large one is always `mixed`. */
export const copyShapes = ["encrypted", "mixed"] as const;
export type CopyShape = (typeof copyShapes)[number];
