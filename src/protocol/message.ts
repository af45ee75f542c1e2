/** The shapes that travel: what a sealed message is made of, whichever party holds it. Bytes only; mail is `src/mail`. */
import type { Fingerprint } from "../openpgp/keys.js";
import type { ListName, SecretId } from "../openpgp/secrets.js";

/**
 * What is sealed twice.
 * - `whole` (seed, embodiment 1): the whole message.
 * - `key` (embodiment 2): the message's key alone; the body is encrypted once and never touched again.
 */
export const modes = ["whole", "key"] as const;
export type Mode = (typeof modes)[number];

/**
 * How the server sends on.
 * - `resealed` (claims 2 and 5): sealed for each member with that member's key. The default.
 * - `opened` (claims 1 and 4): as the server opened it, under the list key alone. A former member with a wiretap reads it.
 */
export const deliveryModes = ["resealed", "opened"] as const;
export type DeliveryMode = (typeof deliveryModes)[number];

interface SealedCommon {
  /** Delivery `opened` only: the detached list signature, over the literal that the server opened. */
  readonly listSignature?: Uint8Array;
  /**
   * Where the outer seal is under a shared secret: that secret's id, named in clear so that one try is enough.
   * Not signed: a wrong name only makes the message unreadable.
   */
  readonly outerSecret?: SecretId;
}

/** A sealed message in mode `key`. */
export interface KeySealed extends SealedCommon {
  readonly mode: "key";
  /**
   * An OpenPGP message whose literal is the key packet: to the server (as submitted) or to one member (as resealed).
   * In delivery `opened`, server to member: the bare key packet.
   */
  readonly key: Uint8Array;
  /** The data packet: one SEIPD, the same bytes for everybody. */
  readonly body: Uint8Array;
}

/** A sealed message in mode `whole`. */
export interface WholeSealed extends SealedCommon {
  readonly mode: "whole";
  /**
   * An OpenPGP message whose literal is key packet || data packet; in delivery `opened`, server to member, that literal
   * itself.
   */
  readonly message: Uint8Array;
}

/** A message as it travels, on either of the two legs. */
export type SealedMessage = KeySealed | WholeSealed;

/** A list as those know it who can't open its mail: where to post, and what its mail is sealed with. */
export interface ListRef {
  /** Canonical address of the list. */
  readonly address: string;
  readonly key: ListName;
}

/** Number and hash of a roster record's newest entry, as every list signature names it. */
export interface RosterHead {
  readonly number: number;
  /** Lower-case hex SHA-256. */
  readonly hash: string;
}

/** How a post came to the reader, as far as it can be proved. */
export type PostOrigin =
  /** The list's server checked this author's outer signature for this very message. `signedAt`: when it said so. */
  | {
      readonly via: "list";
      readonly by: Fingerprint;
      readonly roster: RosterHead;
      readonly signedAt: Date;
    }
  /**
   * The same, for somebody whom the post policy let in and who was not on the roster: their certificate came with the post
   * and says nothing about who they are.
   */
  | {
      readonly via: "list-from-nonmember";
      readonly by: Fingerprint;
      readonly roster: RosterHead;
      readonly signedAt: Date;
    }
  /** One's own post as it was submitted: the copy in Sent. */
  | { readonly via: "own-copy" }
  /** Sealed to this member by somebody, without the list's word. Shown, and said. */
  | { readonly via: "unproved"; readonly reason: UnprovedReason };

/** Why a list signature proves nothing here. */
export type UnprovedReason =
  | "absent"
  | "not-by-this-server"
  | "for-another-list"
  | "for-another-message"
  | "by-another-author"
  | "older-than-the-post"
  | "unreadable";
