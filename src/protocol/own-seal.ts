/**
 * What somebody seals to their own member key, and nobody else gets: an unfinished post, which may lie on a mail server and travel
 * between its author's computers; and the key of a mail index, which never leaves the computer.
 *
 * Attacks: a mail provider keeps a draft and later hands it to the list as a post. So it is not sealed to the list or its server,
 * and its signature has a kind of its own. A mail provider lays a draft of its own into the mailbox, sealed to the author's
 * certificate, which is no secret, for the author to send on as theirs; whoever can write to the disk lays an index key of their own
 * there, and later reads what was encrypted with it. So only the holder's own signature opens either.
 */

import { assertUsable, type OpeningKey, sealingHalf } from "../openpgp/keys.js";
import { openLayer } from "../openpgp/open-layer.js";
import { assertSize, MAX_PAYLOAD_BYTES } from "../openpgp/policy.js";
import { sealLayer } from "../openpgp/seal-layer.js";
import { profileOf } from "../openpgp/secrets.js";
import { verifyOnly } from "../openpgp/signature.js";
import { readNotations, signBinding } from "./binding.js";

/**
 * The longest payload of each kind: a draft is a MIME entity, as for a post; a key and the name of its index need no more. Against a
 * "key" that fills the memory.
 */
const limits = { draft: MAX_PAYLOAD_BYTES, "index-key": 4096 } as const;

/** What the signature of something that is sealed to oneself says it is. */
export type OwnKind = keyof typeof limits;

/**
 * Seals something to the member key that signs it.
 *
 * @returns binary OpenPGP message, for this one key
 * @throws ListSealError `too-large`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`, `key-locked`
 */
export async function sealToOwn(
  kind: OwnKind,
  payload: Uint8Array,
  holder: OpeningKey<"member">,
  date: Date,
): Promise<Uint8Array> {
  assertSize(payload, limits[kind], `the ${kind}`);
  const own = sealingHalf(holder);
  await assertUsable(own.certificate, date);
  const signature = await signBinding(payload, holder, { kind }, [own.fingerprint], date);
  return sealLayer(payload, signature, [own], profileOf(own), date);
}

/**
 * Opens it with one of the reader's own keys, and checks that the same key has signed it, as this kind.
 *
 * @returns the payload, or `not-for-me` when it is sealed for none of the keys
 * @throws ListSealError `damaged`, `too-large`, and what `verifyOnly` and `readNotations` throw: by somebody else, or a signature
 *         that was made for something else
 */
export async function openOwn(
  kind: OwnKind,
  message: Uint8Array,
  own: readonly OpeningKey<"member">[],
  now: Date,
): Promise<Uint8Array | "not-for-me"> {
  for (const key of own) {
    const layer = await openLayer(message, key, limits[kind]);
    if (layer === "not-for-me") continue;
    const { certificate } = sealingHalf(key);
    const { notations } = await verifyOnly(layer.literal, layer.signatures, certificate, now);
    readNotations(notations, kind, []);
    return layer.literal;
  }
  return "not-for-me";
}
