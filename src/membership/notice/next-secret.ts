/**
 * The list's next secret inside a notice: sealed under secrets that the list had before.
 *
 * The notice around it is sealed to each member's certificate. Attack: somebody records it, and breaks every certificate's
 * encryption with a quantum computer in twenty years. Alone, the certificates would give them the secret of every epoch, one
 * after the other; under the secret before they have nothing unless they had that, and so back to the first, which no wire
 * carries but under an invitation's code. Either alone would not do: a secret before is known to whoever has left.
 *
 * It is sealed under several of them, each in a message of its own, so that whoever was away takes notices in any order.
 */

import { toBase64 } from "../../mail/base64.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { readListSecret } from "../../openpgp/list-keys.js";
import { openLayer } from "../../openpgp/open-layer.js";
import type { Profile } from "../../openpgp/profiles.js";
import { sealUnderSecret } from "../../openpgp/secret-seal.js";
import { passphraseOf, type SharedSecret } from "../../openpgp/secrets.js";
import type { Checked } from "../file/check.js";
import { base64To, objectOf, several } from "../file/declaration.js";
import { MembershipError } from "../file/errors.js";
import { secretIdText } from "../request/commands.js";

/** Secrets under which one is sealed: each is 0.3 kB of every member's notice. Against a notice that keeps its reader busy. */
export const MAX_SECRETS_BEFORE = 20;

/** A secret under a secret has some 170 octets. Against a "secret" that fills the memory. */
const MAX_SEALED_SECRET_BYTES = 1024;

/** The next secret as it stands in a notice's JSON. */
export const nextSecretDeclaration = objectOf({
  id: secretIdText,
  sealed: several(objectOf({ under: secretIdText, message: base64To(MAX_SEALED_SECRET_BYTES) }), {
    limit: MAX_SECRETS_BEFORE,
    least: 1,
  }),
});

/**
 * Seals the next secret.
 *
 * @param before secrets that the list had, the newest first; more than {@link MAX_SECRETS_BEFORE} are left out
 * @throws Error if there is none: to certificates alone it is never sealed
 */
export async function writeNextSecret(
  next: SharedSecret<"list">,
  before: readonly SharedSecret<"list">[],
  date: Date,
): Promise<Readonly<Record<string, unknown>>> {
  const under = before.slice(0, MAX_SECRETS_BEFORE);
  if (under.length === 0) throw new Error("no secret to seal the next one under");
  const digits = new TextEncoder().encode(passphraseOf(next));
  const sealed = under.map(async (secret) => ({
    under: secret.fingerprint,
    message: toBase64(await sealUnderSecret(digits, secret, date)),
  }));
  return { id: next.fingerprint, sealed: await Promise.all(sealed) };
}

/**
 * Opens the next secret with the first one that is known here.
 *
 * @param known the list's secrets, present and former
 * @throws ListSealError `former-secret-missing` if none of those that it is sealed under is known; `damaged`, also for another
 *   secret than its id says
 */
export async function readNextSecret(
  { id, sealed }: Checked<typeof nextSecretDeclaration>,
  known: readonly SharedSecret<"list">[],
  profile: Profile,
): Promise<SharedSecret<"list">> {
  const here = known.find(({ fingerprint }) => fingerprint === id);
  if (here !== undefined) return here;
  for (const { under, message } of sealed) {
    const secret = known.find(({ fingerprint }) => fingerprint === under);
    if (secret === undefined) continue;
    const layer = await openLayer(message, secret, MAX_SEALED_SECRET_BYTES);
    if (layer === "not-for-me") throw new ProtocolError("damaged", "not under the secret that it names");
    const next = await readListSecret(new TextDecoder().decode(layer.literal), profile);
    if (next.fingerprint !== id) throw new ProtocolError("damaged", "another secret than it says");
    return next;
  }
  throw new MembershipError("former-secret-missing", "under secrets that are not known here");
}
