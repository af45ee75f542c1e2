/**
 * A member key that was made by another program and is brought along. It must do everything that one of ours does: sign
 * posts, open copies, be certified by an introduction.
 */
import { enums, type PrivateKey, type PublicKey, readPrivateKey } from "openpgp";
import { ProtocolError } from "./errors.js";
import { assertUsable, type OpeningKey, readOpeningKey, unusable } from "./keys.js";
import { fullReadingConfig, readingConfig } from "./policy.js";

/**
 * Reads the secret key in `source` (armored text or binary) and checks that it can be a member key today.
 *
 * @param passphrase the one that it is locked with; undefined if it is not locked
 * @throws ListSealError in this order: `no-secret-key` (nothing readable, a public key, or secret parts that are elsewhere),
 *         `wrong-role`, `key-locked`, `wrong-passphrase`, `unsupported-algorithm`, `key-revoked`, `key-expired`,
 *         `no-encryption-key`, `weak-algorithm`
 */
export async function readImportedKey(
  source: Uint8Array | string,
  passphrase: string | undefined,
  date: Date,
): Promise<OpeningKey<"member">> {
  await assertWholeSecret(source);
  const key = await readOpeningKey("member", source, passphrase);
  const certificate = key.secret.toPublic();
  try {
    await assertUsable(certificate, date);
  } catch (error) {
    if (
      error instanceof ProtocolError &&
      error.code === "weak-algorithm" &&
      !(await meantForEncryption(certificate))
    ) {
      throw new ProtocolError("no-encryption-key", "the key has no part for encryption", { cause: error });
    }
    throw error;
  }
  try {
    await key.secret.getSigningKey(undefined, date, undefined, fullReadingConfig());
  } catch (cause) {
    throw await unusable(certificate, date, "the key has no usable signing key", cause);
  }
  return key;
}

/** QUIRK: gpg writes a key whose primary part is kept offline with a stub in its place ("gnu-dummy"). It can't certify or be moved. */
async function assertWholeSecret(source: Uint8Array | string): Promise<void> {
  let key: PrivateKey;
  try {
    key =
      typeof source === "string"
        ? await readPrivateKey({ armoredKey: source, config: readingConfig })
        : await readPrivateKey({ binaryKey: source, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("no-secret-key", "no secret key can be read", { cause });
  }
  const dummy = key.getKeys().some(({ keyPacket }) => "isDummy" in keyPacket && keyPacket.isDummy());
  if (dummy) throw new ProtocolError("no-secret-key", "a secret part is not in the file");
}

/** Whether some part of the certificate says that it is for encryption, whatever its algorithm and date. */
async function meantForEncryption(certificate: PublicKey): Promise<boolean> {
  const forEncryption = enums.keyFlags.encryptCommunication | enums.keyFlags.encryptStorage;
  return certificate.subkeys.some(({ bindingSignatures }) =>
    bindingSignatures.some(({ keyFlags }) => ((keyFlags?.[0] ?? 0) & forEncryption) !== 0),
  );
}
