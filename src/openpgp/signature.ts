/**
 * Signatures over bytes, apart from them: made with notations, read, verified.
 *
 * What the notations of this product mean is `protocol/binding.ts`. Here they are names and values; that they are never
 * critical is up to who makes them (gpg and sq call a signature bad that has an unknown critical one).
 */
import {
  createMessage,
  enums,
  LiteralDataPacket,
  PacketList,
  type RawNotation,
  readSignature as readOpenPgpSignature,
  SecretKeyPacket,
  SecretSubkeyPacket,
  Signature,
  type SignaturePacket,
  verify,
} from "openpgp";
import { hex } from "./digest.js";
import { ProtocolError } from "./errors.js";
import { intendedRecipients, SignatureForRecipients } from "./intended-recipients.js";
import {
  allFingerprints,
  assertHeldAt,
  type Certificate,
  type Fingerprint,
  type OpeningKey,
  parseFingerprint,
  type Role,
} from "./keys.js";
import { assertNotFuture, fullReadingConfig, readingConfig, verificationDate } from "./policy.js";
import { type BegunDigest, hasOwnDigest, signedDigest } from "./signed-digest.js";

/** A signature apart from what it is over: mostly one packet. It says nothing before {@link verifyOnly} has it. */
export type DetachedSignature = Signature;

/** A notation (RFC 9580, 5.2.3.24). */
export type Notation = RawNotation;

/**
 * Signs `data`: a signature packet of binary type (0x00), by the key's signing key.
 *
 * @param readers certificates that the signature is meant for (Intended Recipient Fingerprint); none if it must not name them
 * @throws ListSealError `key-locked`
 */
export async function signBytes(
  data: Uint8Array,
  key: OpeningKey<Role>,
  notations: readonly Notation[],
  readers: readonly Fingerprint[],
  date: Date,
): Promise<DetachedSignature> {
  const config = fullReadingConfig();
  const signing = await key.secret.getSigningKey(undefined, date, undefined, config);
  const secret = signing.keyPacket;
  if (!(secret instanceof SecretKeyPacket || secret instanceof SecretSubkeyPacket) || !secret.isDecrypted()) {
    throw new ProtocolError("key-locked", "the signing key is locked");
  }
  const packet = new SignatureForRecipients(readers, data);
  packet.signatureType = enums.signature.binary;
  packet.publicKeyAlgorithm = secret.algorithm;
  packet.hashAlgorithm = enums.hash.sha512;
  packet.rawNotations = [...notations];
  const message = await createMessage({ binary: data, filename: "", date });
  const literal = message.packets.findPacket(enums.packet.literalData);
  if (!(literal instanceof LiteralDataPacket)) throw new ProtocolError("damaged", "no literal to sign");
  await packet.sign(secret, literal, date, true, config);
  return withPackets([packet]);
}

function withPackets(packets: readonly SignaturePacket[]): DetachedSignature {
  const list = new PacketList<SignaturePacket>();
  list.push(...packets);
  return new Signature(list);
}

/** Several signatures over the same bytes as one. */
export function joinSignatures(signatures: readonly DetachedSignature[]): DetachedSignature {
  return withPackets(signatures.flatMap(({ packets }) => [...packets]));
}

/** The inverse of {@link joinSignatures}: one for each packet. */
export function separateSignatures(joined: DetachedSignature): readonly DetachedSignature[] {
  return joined.packets.map((packet) => withPackets([packet]));
}

/** The signature packets, binary, one after the other. */
export function writeSignature(signature: DetachedSignature): Uint8Array {
  const written = signature.write();
  if (!(written instanceof Uint8Array)) throw new ProtocolError("damaged", "a signature that is not bytes");
  return written;
}

/** The inverse of {@link writeSignature}. @throws ListSealError `damaged` */
export async function readSignature(bytes: Uint8Array): Promise<DetachedSignature> {
  try {
    return await readOpenPgpSignature({ binarySignature: bytes, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("damaged", "the signature is not readable", { cause });
  }
}

/** Whether one of the signatures names a key of `certificate`, by its key id, as who made it. Proves nothing. */
export function isNamedBy(signatures: readonly DetachedSignature[], certificate: Certificate): boolean {
  const issuers = signatures.flatMap((signature) => signature.getSigningKeyIDs());
  return certificate.getKeys().some((key) => issuers.some((id) => id.equals(key.getKeyID())));
}

/** Fingerprints of the keys, primary or subkeys, that say to have signed. Proves nothing. */
export function claimedIssuers(signature: DetachedSignature): readonly string[] {
  return signature.packets.flatMap(({ issuerFingerprint }) =>
    issuerFingerprint === null ? [] : [hex(issuerFingerprint)],
  );
}

const NOTHING = new Uint8Array();

/**
 * The hashes of signatures. SHA-512 is what is written: in Node it costs as much as SHA-256, in a reader it is made while the mail
 * is parsed. GnuPG 2.2 signs with SHA-256, and keys on P-384 with SHA-384.
 */
const hashes: readonly enums.hash[] = [enums.hash.sha256, enums.hash.sha384, enums.hash.sha512];

/** A signature that verified: who made it, when, and what it says. */
export interface VerifiedSignature {
  readonly by: Fingerprint;
  readonly signedAt: Date;
  readonly notations: readonly Notation[];
  /** The fingerprints that it names as its readers; empty if it names none. */
  readonly readers: readonly string[];
}

/** The one signature packet among `signatures`. @throws ListSealError `not-signed`, `several-signatures`, `wrong-kind` */
function onlySignature(signatures: readonly DetachedSignature[]): {
  signature: DetachedSignature;
  packet: SignaturePacket;
} {
  const [signature] = signatures;
  if (signature === undefined) throw new ProtocolError("not-signed", "there is no signature");
  const [packet] = signature.packets;
  if (signatures.length !== 1 || signature.packets.length !== 1 || packet === undefined) {
    throw new ProtocolError("several-signatures", "there is more than one signature");
  }
  // only type 0x00: a text signature (0x01) verifies for bytes that differ in their line endings
  if (packet.signatureType !== 0) throw new ProtocolError("wrong-kind", "not a signature over bytes");
  return { signature, packet };
}

/**
 * Verifies that `data` bears exactly one signature, by `certificate`, not from the future.
 *
 * Key expiry and revocation are judged at the signature's date, so that old mail stays readable.
 *
 * @param begun the hash of `data`, if the caller has begun it; one of other data is not used
 * @throws ListSealError `not-signed`, `several-signatures`, `wrong-kind`, `unknown-author` (made by another key),
 *         `weak-algorithm` (another hash than SHA-256, SHA-384 and SHA-512), `unsupported-algorithm` (a signature of another
 *         version than its key's), `bad-signature`, `key-expired`, `key-revoked` (at the signature's date), `from-the-future`
 */
export async function verifyOnly(
  data: Uint8Array,
  signatures: readonly DetachedSignature[],
  certificate: Certificate,
  now: Date,
  begun?: BegunDigest,
): Promise<VerifiedSignature> {
  const { signature, packet } = onlySignature(signatures);
  const issuer = packet.issuerFingerprint;
  const ids = certificate.getKeys().map((key) => key.getKeyID());
  // the issuer fingerprint decides where there is one; GnuPG 2.2 and openpgp.js always write it
  const known =
    issuer === null
      ? ids.some((id) => id.equals(packet.issuerKeyID))
      : allFingerprints(certificate).includes(hex(issuer));
  if (!known) throw new ProtocolError("unknown-author", "signed by another key than the one expected");
  const { created } = packet;
  if (created === null) throw new ProtocolError("bad-signature", "the signature has no date");
  if (packet.version !== certificate.keyPacket.version) {
    throw new ProtocolError("unsupported-algorithm", "a signature of another version than its key's");
  }
  // here and not by the library's own list of bad ones: what is accepted is written down, and nothing joins it by an update
  if (packet.hashAlgorithm === null || !hashes.includes(packet.hashAlgorithm)) {
    throw new ProtocolError("weak-algorithm", "a signature with another hash than SHA-2");
  }
  // the signature first, its date after: "your clock is ahead" may be told only to somebody who proved who they are
  const date = new Date(Math.max(created.getTime(), verificationDate(now).getTime()));
  const own = hasOwnDigest(packet);
  // the library looks at the message only where the hash is its own to make: then nothing else could verify
  const seen = own ? NOTHING : data;
  const fits = begun?.packet === packet && begun.data === data;
  if (own) packet.hashed = fits ? begun.hash : signedDigest(packet, data);
  try {
    const result = await verify({
      message: await createMessage({ binary: seen, filename: "" }),
      signature,
      verificationKeys: certificate,
      date,
      format: "binary",
      config: readingConfig,
    });
    const [only] = result.signatures;
    if (only === undefined || result.signatures.length !== 1) throw new Error("no result");
    await only.verified;
  } catch (cause) {
    // a good signature that was made too late is no forgery, and whoever asks what to do is not to hear of one
    await assertHeldAt(certificate, created);
    throw new ProtocolError("bad-signature", "the signature does not fit", { cause });
  } finally {
    // of this data; the same signature may be asked about other data
    packet.hashed = undefined;
  }
  assertNotFuture(created, now);
  return {
    by: parseFingerprint(certificate.getFingerprint()),
    signedAt: created,
    notations: packet.rawNotations,
    readers: intendedRecipients(packet),
  };
}
