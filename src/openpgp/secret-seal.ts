/** A few octets under a shared secret, without a signature: whoever hands them on has signed what they are in. */
import { createMessage, encrypt, type MaybeStream } from "openpgp";
import type { Role } from "./keys.js";
import { sealingConfig } from "./policy.js";
import { passphraseOf, type SharedSecret, secretS2k } from "./secrets.js";

/**
 * Seals `octets` under `secret`: one SKESK and one data packet (FORMAT, 10), which `openLayer` opens.
 * @param date stands in the literal, and nowhere else
 */
export async function sealUnderSecret(
  octets: Uint8Array,
  secret: SharedSecret<Role>,
  date: Date,
): Promise<Uint8Array> {
  const sealed: MaybeStream<Uint8Array> = await encrypt({
    message: await createMessage({ binary: octets, filename: "", date }),
    passwords: [passphraseOf(secret)],
    format: "binary",
    date,
    config: { ...sealingConfig(secret.profile, 0), ...secretS2k },
  });
  return sealed;
}
