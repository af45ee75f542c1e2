/**
 * The hash that a signature over a message is made of (RFC 9580, 5.2.4), without openpgp.js's copies of the message.
 *
 * QUIRK: openpgp.js 6.3.2 puts salt, message and trailer into one buffer, and hands that to WebCrypto, which copies it
 * again. But it takes a hash that is there already: for verifying in the field `hashed` (where its own one-pass
 * signatures put it), for signing from the method `hash`. EdDSA signs nothing but the hash; for RSA and ECDSA the library's
 * native code wants the whole message, so those stay its own.
 */
import { enums, type Signature, type SignaturePacket } from "openpgp";
import { digest, type HashName } from "./digest.js";

declare module "openpgp" {
  // present at run time, absent from the library's type file
  interface SignaturePacket {
    /** Version 6: what is hashed before the message. */
    salt: Uint8Array | null;
    /** The hash, if somebody has computed it. */
    hashed?: Promise<Uint8Array> | undefined;
  }
}

/** RFC 9580, 9.5: the hashes, and how long the salt of a version 6 signature with each is. */
const hashes = new Map<enums.hash | null, { readonly name: HashName; readonly salt: number }>([
  [enums.hash.sha256, { name: "SHA-256", salt: 16 }],
  [enums.hash.sha384, { name: "SHA-384", salt: 24 }],
  [enums.hash.sha512, { name: "SHA-512", salt: 32 }],
]);
const edwards: readonly (enums.publicKey | null)[] = [
  enums.publicKey.eddsaLegacy,
  enums.publicKey.ed25519,
  enums.publicKey.ed448,
];

/** Whether {@link signedDigest} can be used for this packet; else the library does it all. */
export function hasOwnDigest(packet: SignaturePacket): boolean {
  const { version, hashAlgorithm, publicKeyAlgorithm, signatureType, salt } = packet;
  const hash = hashes.get(hashAlgorithm);
  return (
    signatureType === enums.signature.binary &&
    edwards.includes(publicKeyAlgorithm) &&
    hash !== undefined &&
    // a salt of another length is the library's to refuse
    (version === 4 || (version === 6 && salt?.length === hash.salt))
  );
}

/** A hash that was begun before it is known by whose key its signature is to be verified. */
export interface BegunDigest {
  readonly packet: SignaturePacket;
  readonly data: Uint8Array;
  readonly hash: Promise<Uint8Array>;
}

/**
 * Begins the hash of `data` under its one signature: a browser makes it in another thread. It says nothing before
 * `verifyOnly` has it.
 * @returns undefined unless there is one signature, of a kind that {@link hasOwnDigest} is true for
 */
export function beginDigest(data: Uint8Array, signatures: readonly Signature[]): BegunDigest | undefined {
  const [packet, another] = signatures.flatMap(({ packets }) => [...packets]);
  if (packet === undefined || another !== undefined || !hasOwnDigest(packet)) return undefined;
  const hash = signedDigest(packet, data);
  // whoever asks for it gets the failure; nobody may ask, if the data turn out to be unreadable
  hash.catch(() => undefined);
  return { packet, data, hash };
}

/**
 * The hash of `data` under the signature in `packet`: salt, data, the signed fields, and their length.
 * @throws Error for a packet that {@link hasOwnDigest} is not true for
 */
export async function signedDigest(packet: SignaturePacket, data: Uint8Array): Promise<Uint8Array> {
  const { version, signatureData, salt, hashAlgorithm } = packet;
  const hash = hashes.get(hashAlgorithm);
  if (hash === undefined || signatureData === null) throw new Error("a signature that is not for this");
  const trailer = new DataView(new ArrayBuffer(6));
  trailer.setUint8(0, version);
  trailer.setUint8(1, 0xff);
  trailer.setUint32(2, signatureData.length);
  const before = version === 6 && salt !== null ? [salt] : [];
  return digest(hash.name, [...before, data, signatureData, new Uint8Array(trailer.buffer)]);
}
