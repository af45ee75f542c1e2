/**
 * The key of a mail index, sealed to the member key of whoever reads the list: it never leaves the computer, and nobody but
 * that member key gives it out again.
 *
 * Attack: somebody who can write to the disk lays a key of their own there, sealed to the reader's certificate, which is no
 * secret, and later reads what was encrypted with it. So the reader's own signature is on it, of a kind of its own.
 */

import { assertUsable, type OpeningKey, sealingHalf } from "../openpgp/keys.js";
import { openLayer } from "../openpgp/open-layer.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { profileOf } from "../openpgp/secrets.js";
import { verifyOnly } from "../openpgp/signature.js";
import { readNotations, signBinding } from "./binding.js";

/** A key and the name of its index need no more. Against a "key" that fills the memory. */
const MAX_KEY_BYTES = 4096;

/**
 * Seals the key of an index to its reader.
 *
 * @param payload what is sealed: the key, and which index it is of
 * @returns binary OpenPGP message, for this one member key
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`, `key-locked`
 */
export async function sealIndexKey(
  payload: Uint8Array,
  reader: OpeningKey<"member">,
  date: Date,
): Promise<Uint8Array> {
  const own = sealingHalf(reader);
  await assertUsable(own.certificate, date);
  const signature = await signBinding(payload, reader, { kind: "index-key" }, [own.fingerprint], date);
  return sealLayer(payload, signature, [own], profileOf(own), date);
}

/**
 * Opens it with one of the reader's own keys, and checks that the same key has signed it.
 *
 * @returns what was sealed, or `not-for-me` when it is sealed for none of the keys
 * @throws ListSealError `damaged`, `too-large`, and what `verifyOnly` and `readNotations` throw: a key by somebody else
 */
export async function openIndexKey(
  message: Uint8Array,
  own: readonly OpeningKey<"member">[],
  now: Date,
): Promise<Uint8Array | "not-for-me"> {
  for (const key of own) {
    const layer = await openLayer(message, key, MAX_KEY_BYTES);
    if (layer === "not-for-me") continue;
    const { certificate } = sealingHalf(key);
    const { notations } = await verifyOnly(layer.literal, layer.signatures, certificate, now);
    readNotations(notations, "index-key", []);
    return layer.literal;
  }
  return "not-for-me";
}
