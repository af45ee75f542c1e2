import type { IncomingPart } from "../../mail/found-parts.js";
import type { OuterHeader } from "../../mail/outer-header.js";
import type { Letter } from "../../mail/payload.js";
import type { MailPart } from "../../mail/sealed-mail.js";
import type { ShownPiece } from "../../mail/shown-body.js";
import type { Pins } from "../../membership/introduction/pins.js";
import type { RequestResult } from "../../membership/request/answer-result.js";
import type { Command } from "../../membership/request/request.js";
import type { PostOrigin } from "../../protocol/message.js";

/** What the jobs of reading and writing give, and what goes into them. The jobs themselves are in `table.ts`. */

/** What a mail brings. */
export type MailRead =
  | {
      readonly kind: "sealed";
      readonly parts: readonly MailPart[];
      /** An owner's notice that the copy carries, still sealed: to be taken before the post is opened. */
      readonly riding?: Uint8Array;
      /** The addresses that its header names, the list's own fields first. */
      readonly named: readonly string[];
      readonly shell: "own" | "elsewhere";
      /** What the mail says of itself, where people see it; null for parts without their mail. */
      readonly outer: OuterHeader | null;
    }
  | {
      /** A letter past the list, from one member to another. */
      readonly kind: "private";
      readonly sealed: Uint8Array;
      /** Null for the part without its mail. */
      readonly outer: OuterHeader | null;
    }
  | {
      readonly kind: "other";
      /** It is, or says that it is, a readable copy of opened mail: the list that its field names, as it is there. */
      readonly copyOf?: string;
      readonly arriving: (IncomingPart & { readonly sealed: Uint8Array }) | null;
      readonly invitation: { readonly name: string; readonly file: Uint8Array } | null;
    };

/** A command to be written; of a `join` the worker fills in what the keys say. */
export type CommandToSend =
  | Exclude<Command, { readonly do: "join" }>
  | Omit<Extract<Command, { readonly do: "join" }>, "certificate" | "introduction">;

/** A server that an answer may come from, and the ids of what it was asked. */
export interface ExpectedServer {
  readonly list: string;
  /** Its certificate, in base64. */
  readonly server: string;
  readonly requests: readonly string[];
}

/** An opened, verified answer. */
export interface OpenedAnswer {
  readonly kind: "answer";
  readonly request: string;
  readonly list: string;
  readonly result: RequestResult;
  /** ISO 8601. */
  readonly date: string;
  /** Fingerprint of the list key of today, by the server's word. */
  readonly listKey: string;
  /** Which of the server's certificates to seal with from now on: the one that was known, or a later one; in base64. */
  readonly server: string;
  readonly serverFingerprint: string;
}

/** A sealed letter, as it goes into the composer. */
export interface SealedLetter {
  readonly parts: readonly MailPart[];
  readonly subject: string;
  readonly notice: string;
  readonly header: { readonly name: string; readonly value: string };
}

/**
 * What is known of an author: the verdict of `membership`, as the reader is told.
 * - `you`: one of the member keys here. `owner`: an owner of the list. `introduced`: an owner introduced this key.
 * - `reintroduced`: an owner has introduced this key in place of another.
 * - `confirmed`: the person at this computer compared the fingerprint.
 * - `known`: seen before with this key, not introduced. `new`: not introduced, and not seen with this key before.
 * - `changed`: another key than the one that is believed, and no owner's newer word for it.
 * - `refused`: an introduction came along and proves nothing.
 * - `revoked`: its holder had revoked the key when this came: whoever wrote it, not they.
 */
export type AuthorTrust =
  | "you"
  | "owner"
  | "introduced"
  | "reintroduced"
  | "confirmed"
  | "known"
  | "new"
  | "changed"
  | "refused"
  | "revoked";

/** Authors of whose key somebody vouches: to nobody else's is anything sealed that is for one person alone. */
const vouchedFor: readonly AuthorTrust[] = ["owner", "introduced", "confirmed", "reintroduced"];

/** Whether an author may be answered alone. */
export const mayAnswerAlone = (standing: AuthorTrust): boolean => vouchedFor.includes(standing);

/** The recipients of a draft, as they were typed: some may be no addresses yet. */
export interface DraftRecipients {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
}

/** An opened draft, by one's own key. */
export interface OpenedDraft {
  readonly kind: "opened";
  readonly letter: Omit<Letter, "author">;
  readonly recipients: DraftRecipients;
}

/** Somebody who is answered alone: the author of a letter that was opened, and what is gone on with. */
export interface Correspondent {
  /** Address of the list by which one knows them. */
  readonly list: string;
  readonly name: string | null;
  readonly address: string;
  readonly fingerprint: string;
  /** The member certificate that came inside the seal; binary. */
  readonly certificate: Uint8Array;
  /** What came along to prove whose it is: judged once more when an answer is sealed. */
  readonly introduction?: Uint8Array;
  /** ISO 8601: when they signed the letter that is answered. */
  readonly signedAt: string;
  readonly subject: string;
  /** Of the letter that is answered. */
  readonly messageId: string;
  readonly references: readonly string[];
}

/** A sealed letter to one member, as it goes into an ordinary mail. */
export interface SealedPrivate {
  readonly part: { readonly name: string; readonly type: string; readonly bytes: Uint8Array };
  readonly subject: string;
  readonly notice: string;
}

/** An opened, verified letter from one member to another. */
export interface OpenedPrivate {
  readonly kind: "private";
  /** The list by which the two know each other. */
  readonly list: string;
  readonly letter: Omit<Letter, "author">;
  readonly author: OpenedLetter["author"];
  /** ISO 8601, date of the author's signature. */
  readonly signedAt: string;
}

/** An opened, verified letter. */
export interface OpenedLetter {
  readonly kind: "opened";
  readonly list: string;
  readonly letter: Omit<Letter, "author">;
  /** What of it is shown, in its order. */
  readonly body: readonly ShownPiece[];
  readonly author: {
    readonly fingerprint: string;
    readonly userId: string;
    readonly standing: AuthorTrust;
    /** Binary, as it came inside the seal, and as the signature was verified with it. */
    readonly certificate: Uint8Array;
    readonly introduction?: Uint8Array;
  };
  /** What is remembered of the list's authors from now on. */
  readonly pins: Pins;
  readonly passage: PostOrigin;
  /** The mail has a list signature beside a message that does not need it: not in its own shell. */
  readonly hasStraySignature: boolean;
  readonly messageId: string;
  readonly dataPacketDigest: string;
  /** ISO 8601, date of the author's signature. */
  readonly signedAt: string;
  /** Under a list key that was replaced, and signed when it was not to be used any more. */
  readonly underOldKey: boolean;
}
