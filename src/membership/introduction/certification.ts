/**
 * One OpenPGP certification with what it says: made, attached, verified.
 *
 * A certification (RFC 9580, 5.2.1.6, type 0x10) is a signature by one primary key over another primary key and one of
 * its User IDs. Ours say in notations what they are for. They are made and checked with `SignaturePacket` itself, never
 * with `signPrimaryUser` and `verifyPrimaryUser`: those can't write notations, and answer "valid" for certifications
 * without ours, by subkeys, for another User ID of the key, and even for an issuer that is `undefined`.
 */
import {
  type AnyPacket,
  type Config,
  enums,
  type Key,
  type PacketList,
  PrivateKey,
  type PublicKey,
  readKeys,
  readPrivateKey,
  SecretKeyPacket,
  SignaturePacket,
  type User,
  UserIDPacket,
} from "openpgp";
import { hex } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { assertNotFuture, fullReadingConfig, readingConfig, verificationDate } from "../../openpgp/policy.js";
import { type Kind, notations } from "../../protocol/binding.js";
import { MembershipError } from "../file/errors.js";

/** What a certification is over. */
interface Certified {
  readonly userID: UserIDPacket;
  readonly key: Key["keyPacket"];
}

// QUIRK: openpgp 6.3.2 declares `sign` for bytes only, without the configuration that it needs at run time
declare module "openpgp" {
  interface SignaturePacket {
    sign(key: SecretKeyPacket, over: Certified, date: Date, detached: false, config: Config): Promise<void>;
  }
}

/**
 * The only hashes that a certification may use. SHA-1 is out, which the library allows here: with chosen prefixes it
 * collides, and a certification over one key becomes one over another (Leurent and Peyrin, "SHA-1 is a Shambles").
 */
const strongHashes: ReadonlySet<enums.hash | null> = new Set([
  enums.hash.sha256,
  enums.hash.sha384,
  enums.hash.sha512,
  enums.hash.sha3_256,
  enums.hash.sha3_512,
]);

const certificationTypes: ReadonlySet<enums.signature | null> = new Set([
  enums.signature.certGeneric,
  enums.signature.certPersona,
  enums.signature.certCasual,
  enums.signature.certPositive,
]);

/** The one User ID of the key whose text is exactly `text`, with its certifications; undefined if none or several. */
export function onlyUser(key: PublicKey, text: string): { user: User; userID: UserIDPacket } | undefined {
  const found = key.users.flatMap((user) => {
    const { userID } = user;
    return userID !== null && userID.userID === text ? [{ user, userID }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

/** The primary secret key packet. @throws ListSealError `key-locked` if it is locked or was left out of the file */
function primarySecret(key: PrivateKey): SecretKeyPacket {
  const packet = key.keyPacket;
  if (!(packet instanceof SecretKeyPacket) || !packet.isDecrypted() || packet.isMissingSecretKeyMaterial()) {
    throw new ProtocolError("key-locked", "the primary secret key is not at hand");
  }
  return packet;
}

async function signed(
  packet: SignaturePacket,
  signer: SecretKeyPacket,
  over: Certified,
  date: Date,
): Promise<SignaturePacket> {
  packet.signatureType = enums.signature.certGeneric;
  packet.publicKeyAlgorithm = signer.algorithm;
  packet.hashAlgorithm = enums.hash.sha512;
  await packet.sign(signer, over, date, false, fullReadingConfig());
  return packet;
}

/**
 * The key read anew from its bytes. A signature object that was just made counts as verified for the library, whatever
 * it is verified against later; and the original stays as it was.
 */
async function readAgain(key: PrivateKey): Promise<PrivateKey> {
  return readPrivateKey({ binaryKey: key.write(), config: readingConfig });
}

/** The User ID that stands for an address in every chain, compared as bytes and never parsed. */
export function userIdFor(address: string): string {
  return `<${address}>`;
}

/**
 * Certifies the User ID `<address>` of `target` with the primary key of `issuer`.
 *
 * No OpenPGP expiry: it would end the verdict of honest members later, and backdating gets round it.
 *
 * @param values what the certification says, `kind` included
 * @param date   its date; the caller sees to it that no clock makes it older than what it builds on
 * @returns `target` with the certification
 * @throws ListSealError `key-locked`; `wrong-address` if the target has no such User ID
 */
export async function certify(
  target: PrivateKey,
  address: string,
  issuer: PrivateKey,
  values: Readonly<Record<string, string>> & { readonly kind: Kind },
  date: Date,
): Promise<PrivateKey> {
  const copy = await readAgain(target);
  const found = onlyUser(copy, userIdFor(address));
  if (found === undefined)
    throw new MembershipError("wrong-address", "the key has no User ID for the address");
  const packet = new SignaturePacket();
  packet.rawNotations = notations(values);
  const over = { userID: found.userID, key: copy.keyPacket };
  found.user.otherCertifications.push(await signed(packet, primarySecret(issuer), over, date));
  return readAgain(copy);
}

/** What a v4 key says about itself in the self-certification of its primary User ID, so that a further one says it too. */
function modelled(model: SignaturePacket): SignaturePacket {
  const packet = new SignaturePacket();
  packet.keyFlags = model.keyFlags;
  packet.keyExpirationTime = model.keyExpirationTime;
  packet.keyNeverExpires = model.keyNeverExpires;
  packet.preferredSymmetricAlgorithms = model.preferredSymmetricAlgorithms;
  packet.preferredHashAlgorithms = model.preferredHashAlgorithms;
  packet.preferredCompressionAlgorithms = model.preferredCompressionAlgorithms;
  packet.features = model.features;
  return packet;
}

/**
 * `key` with the User ID `<address>`, self-certified, added behind the others if it isn't there. The name that the key
 * shows stays the first; each further address of a person is one more User ID of the same key.
 *
 * @throws ListSealError `key-locked`; `key-damaged` if the key has no valid User ID at all
 */
export async function withUserId(key: PrivateKey, address: string, date: Date): Promise<PrivateKey> {
  if (onlyUser(key, userIdFor(address)) !== undefined) return key;
  const copy = await readAgain(key);
  let model: SignaturePacket;
  try {
    model = (await copy.getPrimaryUser(date, undefined, fullReadingConfig())).selfCertification;
  } catch (cause) {
    throw new ProtocolError("key-damaged", "the key has no valid User ID", { cause });
  }
  const userID = UserIDPacket.fromObject({ email: address });
  // a v6 key says these things in a signature on the key itself (RFC 9580, 5.2.3.10)
  const packet = copy.keyPacket.version === 6 ? new SignaturePacket() : modelled(model);
  const self = await signed(packet, primarySecret(copy), { userID, key: copy.keyPacket }, date);
  const packets: PacketList<AnyPacket> = copy.toPacketList();
  const [firstSubkey = packets.length] = packets.indexOfTag(enums.packet.secretSubkey);
  packets.splice(firstSubkey, 0, userID, self);
  return readAgain(new PrivateKey(packets));
}

/** Reads `bytes` as exactly one certificate. @throws ListSealError `key-damaged` for none, several, or a secret key */
export async function readOneCertificate(bytes: Uint8Array): Promise<PublicKey> {
  let keys: Key[];
  try {
    keys = await readKeys({ binaryKeys: bytes, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("key-damaged", "not a readable OpenPGP certificate", { cause });
  }
  const [key] = keys;
  // `readKey` would take the first of several and say nothing
  if (key === undefined || keys.length !== 1)
    throw new ProtocolError("key-damaged", "not exactly one certificate");
  if (key.isPrivate()) throw new ProtocolError("key-damaged", "a secret key where a certificate belongs");
  return key;
}

/** A certification that verified: by which of the issuers, when, and its packet for `readNotations`. */
export interface VerifiedCertification {
  readonly issuer: PublicKey;
  readonly certifiedAt: Date;
  readonly packet: SignaturePacket;
}

/**
 * The certification by one of `issuers` on the User ID `<address>` of `target`: there must be exactly one such User ID
 * and exactly one such certification. It must be by a primary key (a signing subkey may certify nobody), unrevoked,
 * without expiry, under a strong hash, and not from the future. Certifications by others are passed over: anybody can
 * add some, and they prove nothing.
 *
 * `target` has to come fresh from its bytes (`readOneCertificate`): the library remembers on a signature object that it
 * verified once, and asks no more over what or with which key.
 *
 * @throws ListSealError `wrong-address`, `not-signed`, `several-signatures`, `key-revoked`, `weak-algorithm`,
 *   `binding-mismatch` (it expires), `from-the-future`, `bad-signature`
 */
export async function verifyCertification(
  target: PublicKey,
  address: string,
  issuers: readonly PublicKey[],
  now: Date,
): Promise<VerifiedCertification> {
  const found = onlyUser(target, userIdFor(address));
  if (found === undefined)
    throw new MembershipError("wrong-address", "not exactly one User ID for the address");
  const candidates = found.user.otherCertifications.flatMap((packet) => {
    const by = packet.issuerFingerprint === null ? "" : hex(packet.issuerFingerprint);
    const issuer = issuers.find((key) => key.getFingerprint() === by);
    return issuer === undefined ? [] : [{ issuer, packet }];
  });
  const [only] = candidates;
  if (only === undefined)
    throw new ProtocolError("not-signed", "no certification by the key that has to make it");
  if (candidates.length !== 1) throw new ProtocolError("several-signatures", "more than one certification");
  const { issuer, packet } = only;
  // whoever holds the key left the revocation in; without it there would be nothing to see
  if (found.user.revocationSignatures.length > 0)
    throw new ProtocolError("key-revoked", "the User ID is revoked");
  if (!certificationTypes.has(packet.signatureType))
    throw new ProtocolError("wrong-kind", "not a certification");
  if (!strongHashes.has(packet.hashAlgorithm)) throw new ProtocolError("weak-algorithm", "a broken hash");
  if (!packet.signatureNeverExpires) throw new ProtocolError("binding-mismatch", "the certification expires");
  const { created } = packet;
  if (created === null) throw new ProtocolError("bad-signature", "the certification has no date");
  assertNotFuture(created, now);
  try {
    await packet.verify(
      issuer.keyPacket,
      enums.signature.certGeneric,
      { userID: found.userID, key: target.keyPacket },
      verificationDate(now),
      false,
      fullReadingConfig(),
    );
  } catch (cause) {
    throw new ProtocolError("bad-signature", "the certification does not fit", { cause });
  }
  return { issuer, certifiedAt: created, packet };
}
