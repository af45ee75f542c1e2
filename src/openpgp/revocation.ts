/**
 * Revocation of a key by its holder (RFC 9580, 5.2.1 and 10.1.2): a signature of the key itself, which nobody else can make, so
 * that whoever sees the revoked certificate needs nobody's word for it.
 */
import { enums, readPrivateKey, revokeKey } from "openpgp";
import { ProtocolError } from "./errors.js";
import { type Certificate, type OpeningKey, readOneCertificate, type SealingKey } from "./keys.js";
import { fullReadingConfig, readingConfig } from "./policy.js";

/**
 * The certificate of `key`, revoked as stolen or lost.
 *
 * @param key unlocked; it stays as it is, since old mail has to be opened with it
 * @throws ListSealError `key-locked`
 */
export async function revokeMemberKey(key: OpeningKey<"member">, date: Date): Promise<SealingKey<"member">> {
  if (!key.secret.isDecrypted()) throw new ProtocolError("key-locked", "the key is locked");
  const { publicKey } = await revokeKey({
    // the library changes what it is given
    key: await readPrivateKey({ binaryKey: key.secret.write(), config: readingConfig }),
    reasonForRevocation: { flag: enums.reasonForRevocation.keyCompromised, string: "" },
    date,
    format: "object",
    config: readingConfig,
  });
  // read again from its bytes: a signature that was just made counts as verified for the library
  const certificate = await readOneCertificate(publicKey.write());
  return { role: "member", fingerprint: key.fingerprint, certificate };
}

/**
 * When the holder revoked the primary key: the earliest of its own good revocation signatures.
 * @returns undefined if it is not revoked at `now`
 */
export async function revokedSince(certificate: Certificate, now: Date): Promise<Date | undefined> {
  if (certificate.revocationSignatures.length === 0) return undefined;
  const { keyPacket } = certificate;
  const dates: number[] = [];
  for (const packet of certificate.revocationSignatures) {
    try {
      const { keyRevocation } = enums.signature;
      await packet.verify(keyPacket, keyRevocation, { key: keyPacket }, now, false, fullReadingConfig());
      if (packet.created !== null) dates.push(packet.created.getTime());
    } catch {
      // not by this key: anybody may append such a thing to a certificate
    }
  }
  return dates.length === 0 ? undefined : new Date(Math.min(...dates));
}

/**
 * A member's certificate as it was before its revocation: what a `revoke` that comes once more was signed with, and what
 * its answer is sealed to. Of use for nothing else.
 *
 * @throws ListSealError `key-damaged`
 */
export async function beforeRevocation(key: SealingKey<"member">): Promise<SealingKey<"member">> {
  const certificate = await readOneCertificate(key.certificate.write());
  certificate.revocationSignatures = [];
  return { ...key, certificate };
}

/** Whether a certificate comes with a revocation of its primary key, good or not. */
export function hasRevocation(certificate: Certificate): boolean {
  return certificate.revocationSignatures.length > 0;
}
