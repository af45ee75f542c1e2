/**
 * A letter from one member of a list to another, past the list: sealed to the reader's member certificate and the author's own,
 * signed by the author.
 *
 * Attacks: the reader seals the author's words anew, to the list or to somebody else, as if they had been written for them; a post is
 * sealed to one member alone, as if it were private; the list's server, or whoever else has the reader's certificate, which is no
 * secret, writes as a member. So its signature has a kind of its own and names list, message and reader, and it is never given to
 * anybody who opens posts. The list's server has no part in it.
 */
import { ProtocolError } from "../openpgp/errors.js";
import { assertIntendedFor } from "../openpgp/intended-recipients.js";
import {
  assertKeyVersion,
  assertUsable,
  type Fingerprint,
  type OpeningKey,
  type SealingKey,
  sealingHalf,
} from "../openpgp/keys.js";
import { openLayer } from "../openpgp/open-layer.js";
import { assertSize, MAX_PAYLOAD_BYTES } from "../openpgp/policy.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { profileOf } from "../openpgp/secrets.js";
import { verifyOnly } from "../openpgp/signature.js";
import { readNotations, signBinding } from "./binding.js";
import type { ClaimedAuthor } from "./open-post.js";

/** What {@link sealPrivate} takes. */
export interface PrivateToSeal {
  /** The MIME entity with protected headers, as for a post. */
  readonly payload: Uint8Array;
  /** The protected Message-ID, with its angle brackets. */
  readonly messageId: string;
  /** The list that both are members of: `listValue`. */
  readonly list: string;
  /** The reader's member certificate. */
  readonly to: SealingKey<"member">;
  readonly author: OpeningKey<"member">;
  readonly date: Date;
}

/**
 * Seals a letter to one member.
 *
 * @returns binary OpenPGP message, for that member and its author
 * @throws ListSealError `too-large`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`, `key-locked`;
 *         `wrong-key-version` if the two keys are of different profiles
 */
export async function sealPrivate(letter: PrivateToSeal): Promise<Uint8Array> {
  const { payload, messageId, list, to, author, date } = letter;
  assertSize(payload, MAX_PAYLOAD_BYTES, "the letter");
  const own = sealingHalf(author);
  for (const { certificate } of [own, to]) await assertUsable(certificate, date);
  assertKeyVersion(to, profileOf(own));
  const says = { kind: "private", list, msgid: messageId, to: to.fingerprint } as const;
  const signature = await signBinding(payload, author, says, [to.fingerprint, own.fingerprint], date);
  return sealLayer(payload, signature, [to, own], profileOf(to), date);
}

/** An opened, verified private letter. */
export interface OpenedPrivateLetter {
  readonly payload: Uint8Array;
  readonly author: Fingerprint;
  readonly messageId: string;
  /** `listValue` of the list by which its author knows the reader: the caller compares it with those that it knows. */
  readonly list: string;
  /** Fingerprint of the member that it is for. */
  readonly to: string;
  readonly signedAt: Date;
}

/**
 * Opens a private letter with one of the reader's own keys, and verifies it.
 *
 * @param identify as for `openPost`: what it is given is not verified yet
 * @returns `not-for-me` when it is sealed for none of the keys
 * @throws ListSealError `damaged`, `too-large`, what `verifyOnly`, `readNotations` and `identify` throw; `binding-mismatch` for another
 *         message id, or a letter to somebody else that was sealed anew to this reader; `wrong-list` for a signature that names other
 *         readers; `wrong-key-version`
 */
export async function openPrivate(
  message: Uint8Array,
  own: readonly OpeningKey<"member">[],
  identify: (payload: Uint8Array) => Promise<ClaimedAuthor>,
  now: Date,
): Promise<OpenedPrivateLetter | "not-for-me"> {
  assertSize(message, MAX_PAYLOAD_BYTES, "the sealed part");
  for (const key of own) {
    const layer = await openLayer(message, key);
    if (layer === "not-for-me") continue;
    const { author, messageId } = await identify(layer.literal);
    const signature = await verifyOnly(layer.literal, layer.signatures, author.certificate, now);
    const says = readNotations(signature.notations, "private", ["list", "msgid", "to"]);
    if (says.msgid !== messageId)
      throw new ProtocolError("binding-mismatch", "signed under another message id");
    if (says.to !== key.fingerprint && signature.by !== key.fingerprint)
      throw new ProtocolError("binding-mismatch", "written to somebody else");
    assertKeyVersion(author, profileOf(key));
    assertIntendedFor(signature.readers, key.fingerprint);
    const { list, to } = says;
    return {
      payload: layer.literal,
      author: signature.by,
      messageId,
      list,
      to,
      signedAt: signature.signedAt,
    };
  }
  return "not-for-me";
}
