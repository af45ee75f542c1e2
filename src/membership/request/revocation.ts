/**
 * Revocation of a member key: its holder says, by a signature of the key itself, that it is in other hands or lost. Nobody
 * else can say so, and whoever sees the revoked certificate needs nobody's word for it (RFC 9580, 5.2.1 and 10.1.2).
 *
 * A thief dates signatures as they like. So what counts is when somebody else saw a signature: the server, by its clock,
 * refuses everything from the revocation on; a reader goes by the date of the list signature.
 */
import { ProtocolError } from "../../openpgp/errors.js";
import { fingerprintOfCertificate, readOneCertificate, writeCertificate } from "../../openpgp/keys.js";
import { revokedSince } from "../../openpgp/revocation.js";
import { MAX_CHAIN_BYTES } from "../introduction/introduction.js";
import { readSigned, type SignedBytes } from "./request.js";

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
  return { fingerprint: fingerprintOfCertificate(certificate), since };
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
  if (fingerprintOfCertificate(certificate) !== fingerprint) return undefined;
  return (await revokedSince(certificate, now)) === undefined ? undefined : writeCertificate(certificate);
}
