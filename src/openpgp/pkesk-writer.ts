/**
 * Writes one packet type, the PKESK (`pkesk-layout.ts`), for keys on Curve25519, with Node's native crypto.
 *
 * Why not WebCrypto as in add-ons: a post to a thousand members is a thousand of these packets and nothing else, and each of its
 * asynchronous calls costs as much as the curve arithmetic.
 */
import { Buffer } from "node:buffer";
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  randomFillSync,
} from "node:crypto";
import type { CipherName } from "./ciphers.js";
import { ProtocolError } from "./errors.js";
import {
  ecdhInput,
  type PkeskRecipient,
  paddedSessionKey,
  pkeskPacket,
  readRecipientKey,
  x25519Info,
  x25519Input,
} from "./pkesk-layout.js";

/** An encryption key that this writer can write for. */
export type PkeskTarget = PkeskRecipient & { readonly publicKey: KeyObject };

/** As {@link readRecipientKey}, ready to agree with. */
export function readTarget(body: Uint8Array, fingerprint: Uint8Array): PkeskTarget | undefined {
  const recipient = readRecipientKey(body, fingerprint);
  return recipient && { ...recipient, publicKey: importPoint(Buffer.from(recipient.point)) };
}

/** A public key from its 32 octets. QUIRK: by JWK; OpenSSL 3 takes ten times as long to import and export DER. */
function importPoint(point: Buffer): KeyObject {
  return createPublicKey({
    key: { kty: "OKP", crv: "X25519", x: point.toString("base64url") },
    format: "jwk",
  });
}

/** OpenSSL wants a public half beside the secret one and does not look at it: it derives the right one itself. */
const ignoredPoint = Buffer.alloc(32, 1).toString("base64url");

/** Random octets are taken from the system for so many keys at a time: a call costs as much as the AES key wrap. */
const SECRETS_AT_A_TIME = 64;
const secrets = Buffer.alloc(32 * SECRETS_AT_A_TIME);
let secretsUsed = SECRETS_AT_A_TIME;

/** 32 fresh random octets in base64url. Each is handed out once and overwritten. */
function freshSecret(): string {
  if (secretsUsed === SECRETS_AT_A_TIME) {
    randomFillSync(secrets);
    secretsUsed = 0;
  }
  const secret = secrets.subarray(32 * secretsUsed, 32 * ++secretsUsed);
  const text = secret.toString("base64url");
  secret.fill(0);
  return text;
}

interface Agreement {
  readonly ephemeral: Buffer;
  readonly shared: Buffer;
}

/**
 * A fresh ephemeral key, used for one packet and forgotten, and its agreement with the recipient's.
 *
 * QUIRK: not generateKeyPairSync followed by an export. In Node 20.20 that can stop the process for ever: if the garbage
 * collector runs during the export, it destroys the finished key generation job, which waits for the lock that the
 * export holds, on the same thread. Seen after some ten thousand keys. A secret key imported from 32 random octets has
 * no such job, and costs less.
 *
 * @throws ListSealError `weak-algorithm` for a point of small order, where the agreement would be known to everybody
 */
function agree(target: PkeskTarget): Agreement {
  const secret = createPrivateKey({
    key: { kty: "OKP", crv: "X25519", x: ignoredPoint, d: freshSecret() },
    format: "jwk",
  });
  const { x } = secret.export({ format: "jwk" });
  if (x === undefined) throw new ProtocolError("unsupported-algorithm", "no public half of an ephemeral key");
  try {
    const shared = diffieHellman({ privateKey: secret, publicKey: target.publicKey });
    return { ephemeral: Buffer.from(x, "base64url"), shared };
  } catch (cause) {
    throw new ProtocolError("weak-algorithm", "no agreement with the member's key", { cause });
  }
}

const keyWrapIv = Buffer.alloc(8, 0xa6);

/** AES key wrap (RFC 3394) of a multiple of 8 octets. */
function wrap(key: Buffer, data: Uint8Array): Buffer {
  // the whole result comes from update: the wrap mode has no final block
  return createCipheriv(`id-aes${key.length * 8}-wrap`, key, keyWrapIv).update(data);
}

/** HKDF's one block (RFC 5869, 2.3). */
const hkdfInfo = Buffer.concat([x25519Info, Buffer.from([1])]);
const noSalt = Buffer.alloc(32);

/** X25519's key wrap key: HKDF-SHA256 (RFC 5869) without salt, 16 octets. Two HMACs: hkdfSync costs eight times as much. */
function wrapKeyX25519(target: PkeskTarget, { ephemeral, shared }: Agreement): Buffer {
  const extracted = createHmac("sha256", noSalt)
    .update(x25519Input(ephemeral, target.point, shared))
    .digest();
  return createHmac("sha256", extracted).update(hkdfInfo).digest().subarray(0, 16);
}

/** A session key as both algorithms wrap it: made once a post, not once a member. */
export interface PreparedSessionKey {
  readonly cipher: CipherName;
  /** 3 in front of a SEIPD v1, 6 in front of a SEIPD v2; the receiver refuses any other pairing. */
  readonly version: 3 | 6;
  /** The key itself: what X25519 wraps. */
  readonly octets: Buffer;
  /** What ECDH wraps. */
  readonly padded: Uint8Array;
}

/** Prepares a session key for {@link writePkesk}. The caller keeps `octets` and wipes it with {@link wipeSessionKey}. */
export function prepareSessionKey(octets: Buffer, cipher: CipherName, version: 3 | 6): PreparedSessionKey {
  return { cipher, version, octets, padded: paddedSessionKey(octets, cipher, version) };
}

/** Overwrites a session key. */
export function wipeSessionKey({ octets, padded }: PreparedSessionKey): void {
  octets.fill(0);
  padded.fill(0);
}

/**
 * One PKESK packet: the session key, sealed for `target` under a fresh ephemeral key.
 *
 * @returns the whole packet ({@link pkeskPacket})
 * @throws ListSealError `weak-algorithm` for a point of small order
 */
export function writePkesk(target: PkeskTarget, key: PreparedSessionKey): Uint8Array {
  const agreement = agree(target);
  const wrapped =
    target.algorithm === "x25519"
      ? wrap(wrapKeyX25519(target, agreement), key.octets)
      : wrap(wrapKeyEcdh(target, agreement), key.padded);
  return pkeskPacket(target, key, agreement.ephemeral, wrapped);
}

function wrapKeyEcdh(
  { kdfHash, kdfParameter, wrapOctets }: Extract<PkeskTarget, { readonly algorithm: "ecdh" }>,
  { shared }: Agreement,
): Buffer {
  return createHash(kdfHash).update(ecdhInput(shared, kdfParameter)).digest().subarray(0, wrapOctets);
}
