/**
 * An unfinished post, sealed to its author's own key: it may lie on a mail server and travel between the author's
 * computers.
 *
 * Attacks: a mail provider keeps the draft and later hands it to the list as a post; or lays a draft of its own into the
 * mailbox, sealed to the author's certificate, which is no secret, for the author to send on as theirs. So it is not
 * sealed to the list or its server, its signature has a kind of its own, and only the author's own signature opens it.
 */

import { assertUsable, type OpeningKey, sealingHalf } from "../openpgp/keys.js";
import { openLayer } from "../openpgp/open-layer.js";
import { assertSize, MAX_PAYLOAD_BYTES } from "../openpgp/policy.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { profileOf } from "../openpgp/secrets.js";
import { verifyOnly } from "../openpgp/signature.js";
import { readNotations, signBinding } from "./binding.js";

/**
 * Seals a draft to its author.
 *
 * @param payload  the MIME entity, as for a post
 * @returns binary OpenPGP message, for this one key
 * @throws ListSealError `too-large`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`, `key-locked`
 */
export async function sealDraft(
  payload: Uint8Array,
  author: OpeningKey<"member">,
  date: Date,
): Promise<Uint8Array> {
  assertSize(payload, MAX_PAYLOAD_BYTES, "the draft");
  const own = sealingHalf(author);
  await assertUsable(own.certificate, date);
  const signature = await signBinding(payload, author, { kind: "draft" }, [own.fingerprint], date);
  return sealLayer(payload, signature, [own], profileOf(own), date);
}

/**
 * Opens a draft with one of the reader's own keys, and checks that the same key has signed it.
 *
 * @returns the payload, or `not-for-me` when it is sealed for none of the keys
 * @throws ListSealError `damaged`, `too-large`, and what `verifyOnly` and `readNotations` throw: a draft by somebody else,
 *         or a signature that was made for something else
 */
export async function openDraft(
  message: Uint8Array,
  own: readonly OpeningKey<"member">[],
  now: Date,
): Promise<Uint8Array | "not-for-me"> {
  for (const key of own) {
    const layer = await openLayer(message, key);
    if (layer === "not-for-me") continue;
    const { certificate } = sealingHalf(key);
    const { notations } = await verifyOnly(layer.literal, layer.signatures, certificate, now);
    readNotations(notations, "draft", []);
    return layer.literal;
  }
  return "not-for-me";
}
