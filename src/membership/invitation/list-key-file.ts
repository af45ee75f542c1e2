/**
 * The list key for a member who has GnuPG and no add-on: the secret key as gpg imports it, signed by the owner and sealed to
 * the member's own certificate, so that it may go by mail.
 *
 *     gpg -d team-list-key.asc | gpg --import
 *
 * Of a list with a secret it is the secret, as gpg takes it for a passphrase:
 *
 *     gpg -d team-list-secret.asc > team.secret
 *
 * Attack: sealed to a certificate alone, it is what a quantum computer opens in a recording. So that one does not go by mail.
 */
import { type Address, localPartOf } from "../../mail/mailbox.js";
import { armorMessage } from "../../openpgp/armor.js";
import { armorOpeningKey, type OpeningKey, type SealingKey } from "../../openpgp/keys.js";
import type { ListKeyKind } from "../../openpgp/list-keys.js";
import { sealLayer } from "../../openpgp/seal-layer.js";
import { isSecret, type Opener, passphraseOf, profileOf } from "../../openpgp/secrets.js";
import { signBinding } from "../../protocol/binding.js";

/** The name of the file: `team-list-key.asc`, `team-list-secret.asc`. */
export function listKeyFileName(list: Address, kind: ListKeyKind): string {
  const what = kind === "pair" ? "key" : "secret";
  return `${localPartOf(list).replace(/[^a-z0-9._+-]/g, "_")}-list-${what}.asc`;
}

/**
 * Writes the file.
 * @param owner unlocked
 * @returns an armored OpenPGP message
 * @throws ListSealError `key-locked`; `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a member's key that can't be used
 */
export async function writeListKeyFile(
  listKey: Opener<"list">,
  owner: OpeningKey<"member">,
  member: SealingKey<"member">,
  date: Date,
): Promise<string> {
  const text = isSecret(listKey) ? `${passphraseOf(listKey)}\n` : await armorOpeningKey(listKey);
  const bytes = new TextEncoder().encode(text);
  const signature = await signBinding(bytes, owner, { kind: "invitation" }, [member.fingerprint], date);
  const profile = profileOf(member);
  return armorMessage(await sealLayer(bytes, signature, [member], profile, date), profile);
}
