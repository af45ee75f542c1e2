/**
 * One OpenPGP certification with its notations: made, attached, verified.
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
  readPrivateKey,
  SecretKeyPacket,
  SignaturePacket,
  type User,
  UserIDPacket,
} from "openpgp";
import { hex } from "./digest.js";
import { ProtocolError } from "./errors.js";
import type { Certificate, OpeningKey, Role } from "./keys.js";
import { assertNotFuture, fullReadingConfig, readingConfig, verificationDate } from "./policy.js";
import type { Notation } from "./signature.js";

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
function onlyUser(key: PublicKey, text: string): { user: User; userID: UserIDPacket } | undefined {
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
 * The key read again from its bytes. A signature object that was just made counts as verified for the library, whatever
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
 * @param notations what the certification says
 * @param date      its date; the caller sees to it that no clock makes it older than what it builds on
 * @returns `target` with the certification, or `no-such-user-id` unless it has exactly one User ID `<address>`
 * @throws ListSealError `key-locked`
 */
export async function certify<R extends Role>(
  target: OpeningKey<R>,
  address: string,
  issuer: OpeningKey<Role>,
  notations: readonly Notation[],
  date: Date,
): Promise<OpeningKey<R> | "no-such-user-id"> {
  const copy = await readAgain(target.secret);
  const found = onlyUser(copy, userIdFor(address));
  if (found === undefined) return "no-such-user-id";
  const packet = new SignaturePacket();
  packet.rawNotations = [...notations];
  const over = { userID: found.userID, key: copy.keyPacket };
  found.user.otherCertifications.push(await signed(packet, primarySecret(issuer.secret), over, date));
  return { ...target, secret: await readAgain(copy) };
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
export async function withUserId<R extends Role>(
  key: OpeningKey<R>,
  address: string,
  date: Date,
): Promise<OpeningKey<R>> {
  if (onlyUser(key.secret, userIdFor(address)) !== undefined) return key;
  const copy = await readAgain(key.secret);
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
  return { ...key, secret: await readAgain(new PrivateKey(packets)) };
}

/** A certification that verified: by which of the issuers, when, and what it says. */
export interface VerifiedCertification {
  readonly issuer: Certificate;
  readonly certifiedAt: Date;
  readonly notations: readonly Notation[];
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
 * @returns `no-such-user-id` unless there is exactly one User ID `<address>`
 * @throws ListSealError `not-signed`, `several-signatures`, `key-revoked`, `weak-algorithm`,
 *   `binding-mismatch` (it expires), `from-the-future`, `bad-signature`
 */
export async function verifyCertification(
  target: Certificate,
  address: string,
  issuers: readonly Certificate[],
  now: Date,
): Promise<VerifiedCertification | "no-such-user-id"> {
  const found = onlyUser(target, userIdFor(address));
  if (found === undefined) return "no-such-user-id";
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
  return { issuer, certifiedAt: created, notations: packet.rawNotations };
}

/** The text of the one User ID; undefined if there are none, or others, or an image. It may be certified by nobody. */
export function onlyUserId(certificate: Certificate): string | undefined {
  const [user, more] = certificate.users;
  return more === undefined ? user?.userID?.userID : undefined;
}

/** Whether the key itself certifies, and has not revoked, one of its User IDs that `matches`. */
export async function hasOwnUserId(
  certificate: Certificate,
  matches: (userId: string) => boolean,
  now: Date,
): Promise<boolean> {
  for (const user of certificate.users) {
    if (!matches(user.userID?.userID ?? "")) continue;
    try {
      return await user.verify(verificationDate(now), fullReadingConfig());
    } catch {
      // not the key's own User ID, or a revoked one: it names nobody
    }
  }
  return false;
}
