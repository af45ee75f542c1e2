/**
 * Writes one packet type, the PKESK (RFC 9580, 5.1), for keys on Curve25519, with Node's native crypto.
 *
 * Why our own: openpgp.js makes 8 to 12 asynchronous WebCrypto calls a packet, which cost about five times the curve
 * arithmetic; a post to a thousand members is a thousand of these packets and nothing else. Everything else about
 * OpenPGP stays the library's, and every test run has the library, and gpg, open what is written here.
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
import { type CipherName, ciphers } from "./ciphers.js";
import { ProtocolError } from "./errors.js";
import { packetHeader } from "./signed-packets.js";

interface CommonTarget {
  /** What a PKESK v3 to this key begins with: version, key id, algorithm; for ECDH also the head of the ephemeral MPI. */
  readonly recipient3: Buffer;
  /** The same for a PKESK v6: version, length, key version, fingerprint, algorithm. */
  readonly recipient6: Buffer;
  /** The public point, 32 octets, without the 0x40 in front. */
  readonly point: Buffer;
  readonly publicKey: KeyObject;
}

/** An encryption key that this writer can write for. */
export type PkeskTarget =
  | (CommonTarget & { readonly algorithm: "x25519" })
  | (CommonTarget & {
      readonly algorithm: "ecdh";
      readonly kdfHash: "sha256" | "sha384" | "sha512";
      /** AES key length of the key wrap, octets. */
      readonly wrapOctets: 16 | 24 | 32;
      /** RFC 9580, 11.5: what the KDF binds beside the shared point. */
      readonly kdfParameter: Buffer;
    });

/** Packet type (RFC 9580, section 5). */
const PKESK = 1;
const algorithmId = { ecdh: 18, x25519: 25 } as const;
/** 1.3.6.1.4.1.3029.1.5.1 with its length in front (RFC 9580, 9.2). */
const curve25519LegacyOid = Buffer.from("0a2b060104019755010501", "hex");
const kdfHashes: Readonly<Record<number, "sha256" | "sha384" | "sha512">> = {
  8: "sha256",
  9: "sha384",
  10: "sha512",
};
const wrapLengths: Readonly<Record<number, 16 | 24 | 32>> = { 7: 16, 8: 24, 9: 32 };

/**
 * Reads the body of a public (sub)key packet (RFC 9580, 5.5.2).
 *
 * @param body        as openpgp.js writes it: version, creation time, algorithm, [v6: length,] key material
 * @param fingerprint of that key
 * @returns undefined for any key that is not Curve25519Legacy ECDH or X25519: the library seals for those
 */
export function readTarget(body: Uint8Array, fingerprint: Uint8Array): PkeskTarget | undefined {
  const bytes = Buffer.from(body);
  const keyVersion = bytes[0];
  if (keyVersion !== 4 && keyVersion !== 6) return undefined;
  const material = bytes.subarray(keyVersion === 6 ? 10 : 6);
  switch (bytes[5]) {
    case algorithmId.x25519: {
      if (material.length !== 32) return undefined;
      const begins = recipients(keyVersion, fingerprint, [algorithmId.x25519]);
      return { algorithm: "x25519", ...begins, point: material, publicKey: importPoint(material) };
    }
    case algorithmId.ecdh: {
      const oidEnd = curve25519LegacyOid.length;
      if (!material.subarray(0, oidEnd).equals(curve25519LegacyOid)) return undefined;
      // MPI of 263 bits: 0x40, then the point; then the KDF parameters: length 3, reserved 1, hash, cipher
      const [high, low, prefix] = material.subarray(oidEnd);
      const point = material.subarray(oidEnd + 3, oidEnd + 35);
      const kdf = material.subarray(oidEnd + 35);
      const kdfHash = kdfHashes[kdf[2] ?? 0];
      const wrapOctets = wrapLengths[kdf[3] ?? 0];
      const exact =
        high === 1 && low === 7 && prefix === 0x40 && kdf.length === 4 && kdf[0] === 3 && kdf[1] === 1;
      if (!exact || kdfHash === undefined || wrapOctets === undefined) return undefined;
      const kdfParameter = Buffer.concat([
        curve25519LegacyOid,
        Buffer.from([algorithmId.ecdh]),
        kdf,
        Buffer.from("Anonymous Sender    ", "latin1"),
        fingerprint,
      ]);
      const publicKey = importPoint(point);
      // the ephemeral point follows as an MPI of 263 bits, of which 0x40 is the first octet
      const begins = recipients(keyVersion, fingerprint, [algorithmId.ecdh, 1, 7, 0x40]);
      return { algorithm: "ecdh", ...begins, point, publicKey, kdfHash, wrapOctets, kdfParameter };
    }
    default:
      return undefined;
  }
}

/** v4 keys have 20 octets of fingerprint and its last 8 as their id; v6 keys 32, and the first 8. */
function recipients(keyVersion: 4 | 6, fingerprint: Uint8Array, rest: readonly number[]) {
  const keyId = keyVersion === 6 ? fingerprint.subarray(0, 8) : fingerprint.subarray(-8);
  return {
    recipient3: Buffer.from([3, ...keyId, ...rest]),
    recipient6: Buffer.from([6, fingerprint.length + 1, keyVersion, ...fingerprint, ...rest]),
  };
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

const hkdfInfoX25519 = Buffer.concat([Buffer.from("OpenPGP X25519", "latin1"), Buffer.from([1])]);
const noSalt = Buffer.alloc(32);

/** X25519's key wrap key: HKDF-SHA256 (RFC 5869) without salt, 16 octets. Two HMACs: hkdfSync costs eight times as much. */
function wrapKeyX25519(target: PkeskTarget, { ephemeral, shared }: Agreement): Buffer {
  const extracted = createHmac("sha256", noSalt)
    .update(ephemeral)
    .update(target.point)
    .update(shared)
    .digest();
  return createHmac("sha256", extracted).update(hkdfInfoX25519).digest().subarray(0, 16);
}

const one = Buffer.from([0, 0, 0, 1]);

/** A session key as both algorithms wrap it: made once a post, not once a member. */
export interface PreparedSessionKey {
  readonly cipher: CipherName;
  /** 3 in front of a SEIPD v1, 6 in front of a SEIPD v2; the receiver refuses any other pairing. */
  readonly version: 3 | 6;
  /** The key itself: what X25519 wraps. */
  readonly octets: Buffer;
  /** What ECDH wraps (RFC 9580, 11.5): [v3: cipher,] session key, checksum, padded as PKCS #5. */
  readonly padded: Buffer;
}

/** Prepares a session key for {@link writePkesk}. The caller keeps `octets` and wipes it with {@link wipeSessionKey}. */
export function prepareSessionKey(octets: Buffer, cipher: CipherName, version: 3 | 6): PreparedSessionKey {
  const sum = octets.reduce((total, value) => (total + value) & 0xffff, 0);
  const head = version === 3 ? [ciphers[cipher].id] : [];
  const length = head.length + octets.length + 2;
  const padding = 8 - (length % 8);
  // a buffer of its own: the shared pool could not be wiped
  const padded = Buffer.alloc(length + padding, padding);
  padded.set([...head, ...octets, sum >> 8, sum & 0xff]);
  return { cipher, version, octets, padded };
}

/** Overwrites a session key. */
export function wipeSessionKey({ octets, padded }: PreparedSessionKey): void {
  octets.fill(0);
  padded.fill(0);
}

/**
 * One PKESK packet: the session key, sealed for `target` under a fresh ephemeral key.
 *
 * @returns the whole packet. Curve25519Legacy v3: 96 octets; X25519 v3: 86; X25519 v6 to a v6 key: 111
 * @throws ListSealError `weak-algorithm` for a point of small order
 */
export function writePkesk(
  target: PkeskTarget,
  { cipher, version, octets, padded }: PreparedSessionKey,
): Buffer {
  const agreement = agree(target);
  const recipient = version === 6 ? target.recipient6 : target.recipient3;
  if (target.algorithm === "x25519") {
    const wrapped = wrap(wrapKeyX25519(target, agreement), octets);
    const length = version === 3 ? [wrapped.length + 1, ciphers[cipher].id] : [wrapped.length];
    return pkesk([recipient, agreement.ephemeral, Buffer.from(length), wrapped]);
  }
  const wrapKey = createHash(target.kdfHash)
    .update(one)
    .update(agreement.shared)
    .update(target.kdfParameter)
    .digest()
    .subarray(0, target.wrapOctets);
  const wrapped = wrap(wrapKey, padded);
  return pkesk([recipient, agreement.ephemeral, Buffer.of(wrapped.length), wrapped]);
}

/** The whole packet; it copies. */
function pkesk(parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([packetHeader(PKESK, length), ...parts]);
}
