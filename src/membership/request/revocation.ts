/**
 * Revocation of a member key: its holder says, by a signature of the key itself, that it is in other hands or lost. Nobody
 * else can say so, and whoever sees the revoked certificate needs nobody's word for it (RFC 9580, 5.2.1 and 10.1.2).
 *
 * A thief dates signatures as they like. So what counts is when somebody else saw a signature: the server, by its clock,
 * refuses everything from the revocation on; a reader goes by the date of the list signature.
 */
import { enums, type PublicKey, readPrivateKey, revokeKey } from "openpgp";
import { ProtocolError } from "../../openpgp/errors.js";
import type { OpeningKey, SealingKey } from "../../openpgp/keys.js";
import { fullReadingConfig, readingConfig } from "../../openpgp/policy.js";
import { readOneCertificate } from "../introduction/certification.js";
import { MAX_CHAIN_BYTES } from "../introduction/introduction.js";
import { readSigned, type SignedBytes } from "./request.js";

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
  // read anew from its bytes: a signature that was just made counts as verified for the library
  const certificate = await readOneCertificate(publicKey.write());
  return { role: "member", fingerprint: key.fingerprint, certificate };
}

/**
 * When the holder revoked the primary key: the earliest of its own good revocation signatures.
 * @returns undefined if it is not revoked at `now`
 */
export async function revokedSince(certificate: PublicKey, now: Date): Promise<Date | undefined> {
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

/** A key that its holder has revoked, and since when. */
export interface Revocation {
  readonly fingerprint: string;
  readonly since: Date;
}

/**
 * What a signed `revoke` proves. The command's own signature is not looked at: the revocation inside is by the key itself.
 *
 * @throws ListSealError `wrong-kind` for another command, `wrong-list`, `damaged`; `too-large`; `bad-signature` if the
 *   certificate is not revoked
 */
export async function readRevocation(signed: SignedBytes, list: string, now: Date): Promise<Revocation> {
  const { request } = await readSigned(signed);
  if (request.list.address !== list) throw new ProtocolError("wrong-list", "about another list");
  if (request.command.do !== "revoke") throw new ProtocolError("wrong-kind", "not a revocation");
  const certificate = await readOneCertificate(request.command.certificate);
  const since = await revokedSince(certificate, now);
  if (since === undefined) throw new ProtocolError("bad-signature", "the certificate is not revoked");
  return { fingerprint: certificate.getFingerprint(), since };
}

/**
 * A revoked certificate as it came with a command, if it is that of `fingerprint`.
 * @returns undefined for one that is not revoked, or another key's
 * @throws ListSealError `too-large`, `key-damaged`
 */
export async function revokedCertificate(
  bytes: Uint8Array,
  fingerprint: string,
  now: Date,
): Promise<Uint8Array | undefined> {
  if (bytes.length > MAX_CHAIN_BYTES) throw new ProtocolError("too-large", "too large for a certificate");
  const certificate = await readOneCertificate(bytes);
  if (certificate.getFingerprint() !== fingerprint) return undefined;
  return (await revokedSince(certificate, now)) === undefined ? undefined : certificate.write();
}
