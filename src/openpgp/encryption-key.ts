/** What sealing to a certificate needs of it, and for how long that may be believed. */
import { assertUsable, type Role, type SealingKey } from "./keys.js";
import { fullReadingConfig } from "./policy.js";

/** The key of a certificate that is encrypted to. */
export interface EncryptionKey {
  /** The body of its packet (RFC 9580, 5.5.2). */
  readonly body: Uint8Array;
  readonly fingerprint: Uint8Array;
  /** When certificate or key expires, in milliseconds since 1970; Infinity if neither does. */
  readonly ends: number;
}

/**
 * Validates a certificate at `now` and finds the key to encrypt to: the newest that is valid (FORMAT, 2).
 *
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
 */
export async function encryptionKeyOf({ certificate }: SealingKey<Role>, now: Date): Promise<EncryptionKey> {
  await assertUsable(certificate, now);
  const config = fullReadingConfig();
  const key = await certificate.getEncryptionKey(undefined, now, undefined, config);
  const ends = await Promise.all([
    certificate.getExpirationTime(undefined, config),
    "mainKey" in key ? key.getExpirationTime(now, config) : null,
  ]);
  return {
    body: key.keyPacket.write(),
    fingerprint: key.keyPacket.getFingerprintBytes() ?? new Uint8Array(),
    ends: Math.min(...ends.map((end) => (end instanceof Date ? end.getTime() : Number.POSITIVE_INFINITY))),
  };
}
