/**
 * The PKESK packet (RFC 9580, 5.1) for keys on Curve25519, as octets: what of it depends on the recipient, on the session key, and on
 * the agreement between the two; everything but the arithmetic. That is Node's (`pkesk-writer.ts`, for servers) or WebCrypto's
 * (`pkesk-webcrypto.ts`, for add-ons).
 *
 * Why our own: openpgp.js makes 8 to 12 asynchronous calls a packet and reads the certificate again for each. Everything else about
 * OpenPGP stays the library's, and every test run has the library, and gpg, open what is written here.
 */
import { type CipherName, ciphers } from "./ciphers.js";
import { packetHeader } from "./signed-packets.js";

interface CommonRecipient {
  /** What a PKESK v3 to this key begins with: version, key id, algorithm; for ECDH also the head of the ephemeral MPI. */
  readonly recipient3: Uint8Array<ArrayBuffer>;
  /** The same for a PKESK v6: version, length, key version, fingerprint, algorithm. */
  readonly recipient6: Uint8Array<ArrayBuffer>;
  /** The public point, 32 octets, without the 0x40 in front. */
  readonly point: Uint8Array<ArrayBuffer>;
}

/** An encryption key on Curve25519. */
export type PkeskRecipient =
  | (CommonRecipient & { readonly algorithm: "x25519" })
  | (CommonRecipient & {
      readonly algorithm: "ecdh";
      readonly kdfHash: "sha256" | "sha384" | "sha512";
      /** AES key length of the key wrap, octets. */
      readonly wrapOctets: 16 | 24 | 32;
      /** RFC 9580, 11.5: what the KDF binds beside the shared point. */
      readonly kdfParameter: Uint8Array<ArrayBuffer>;
    });

/** Packet type (RFC 9580, section 5). */
const PKESK = 1;
const algorithmId = { ecdh: 18, x25519: 25 } as const;
const ascii = new TextEncoder();
/** 1.3.6.1.4.1.3029.1.5.1 with its length in front (RFC 9580, 9.2). */
const curve25519LegacyOid = Uint8Array.of(10, 0x2b, 6, 1, 4, 1, 0x97, 0x55, 1, 5, 1);
const anonymousSender = ascii.encode("Anonymous Sender    ");
const kdfHashes: Readonly<Record<number, "sha256" | "sha384" | "sha512">> = {
  8: "sha256",
  9: "sha384",
  10: "sha512",
};
const wrapLengths: Readonly<Record<number, 16 | 24 | 32>> = { 7: 16, 8: 24, 9: 32 };

/** Octets one after the other, in a buffer of their own. */
export function concatenated(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/**
 * Reads the body of a public (sub)key packet (RFC 9580, 5.5.2).
 *
 * @param body        as openpgp.js writes it: version, creation time, algorithm, [v6: length,] key material
 * @param fingerprint of that key
 * @returns undefined for any key that is not Curve25519Legacy ECDH or X25519: the library seals for those
 */
export function readRecipientKey(body: Uint8Array, fingerprint: Uint8Array): PkeskRecipient | undefined {
  const keyVersion = body[0];
  if (keyVersion !== 4 && keyVersion !== 6) return undefined;
  const material = body.slice(keyVersion === 6 ? 10 : 6);
  switch (body[5]) {
    case algorithmId.x25519: {
      if (material.length !== 32) return undefined;
      return {
        algorithm: "x25519",
        ...namesOf(keyVersion, fingerprint, [algorithmId.x25519]),
        point: material,
      };
    }
    case algorithmId.ecdh: {
      const oidEnd = curve25519LegacyOid.length;
      if (!curve25519LegacyOid.every((octet, at) => material[at] === octet)) return undefined;
      // MPI of 263 bits: 0x40, then the point; then the KDF parameters: length 3, reserved 1, hash, cipher
      const [high, low, prefix] = material.subarray(oidEnd);
      const point = material.slice(oidEnd + 3, oidEnd + 35);
      const kdf = material.subarray(oidEnd + 35);
      const kdfHash = kdfHashes[kdf[2] ?? 0];
      const wrapOctets = wrapLengths[kdf[3] ?? 0];
      const exact =
        high === 1 && low === 7 && prefix === 0x40 && kdf.length === 4 && kdf[0] === 3 && kdf[1] === 1;
      if (!exact || kdfHash === undefined || wrapOctets === undefined) return undefined;
      const kdfParameter = concatenated(
        curve25519LegacyOid,
        Uint8Array.of(algorithmId.ecdh),
        kdf,
        anonymousSender,
        fingerprint,
      );
      // the ephemeral point follows as an MPI of 263 bits, of which 0x40 is the first octet
      const names = namesOf(keyVersion, fingerprint, [algorithmId.ecdh, 1, 7, 0x40]);
      return { algorithm: "ecdh", ...names, point, kdfHash, wrapOctets, kdfParameter };
    }
    default:
      return undefined;
  }
}

/** v4 keys have 20 octets of fingerprint and its last 8 as their id; v6 keys 32, and the first 8. */
function namesOf(keyVersion: 4 | 6, fingerprint: Uint8Array, rest: readonly number[]) {
  const keyId = keyVersion === 6 ? fingerprint.subarray(0, 8) : fingerprint.subarray(-8);
  return {
    recipient3: Uint8Array.of(3, ...keyId, ...rest),
    recipient6: Uint8Array.of(6, fingerprint.length + 1, keyVersion, ...fingerprint, ...rest),
  };
}

/** What X25519's HKDF-SHA256 is told (RFC 9580, 5.1.6); without salt, 16 octets come of it. */
export const x25519Info = ascii.encode("OpenPGP X25519");

/** What X25519's key wrap key is derived from. */
export const x25519Input = (ephemeral: Uint8Array, point: Uint8Array, shared: Uint8Array) =>
  concatenated(ephemeral, point, shared);

const one = Uint8Array.of(0, 0, 0, 1);

/** What ECDH's key wrap key is the beginning of a hash of (RFC 9580, 11.5). */
export const ecdhInput = (shared: Uint8Array, kdfParameter: Uint8Array) =>
  concatenated(one, shared, kdfParameter);

/** What ECDH wraps (RFC 9580, 11.5): [v3: cipher,] session key, checksum, padded as PKCS #5. */
export function paddedSessionKey(
  octets: Uint8Array,
  cipher: CipherName,
  version: 3 | 6,
): Uint8Array<ArrayBuffer> {
  const sum = octets.reduce((total, value) => (total + value) & 0xffff, 0);
  const head = version === 3 ? [ciphers[cipher].id] : [];
  const length = head.length + octets.length + 2;
  const padding = 8 - (length % 8);
  const padded = new Uint8Array(length + padding).fill(padding);
  padded.set([...head, ...octets, sum >> 8, sum & 0xff]);
  return padded;
}

/**
 * One whole packet.
 * @param wrapped the session key, wrapped as the algorithm has it: X25519 the key itself, ECDH as {@link paddedSessionKey}
 * @returns Curve25519Legacy v3: 96 octets; X25519 v3: 86; X25519 v6 to a v6 key: 111
 */
export function pkeskPacket(
  { algorithm, recipient3, recipient6 }: PkeskRecipient,
  { cipher, version }: { readonly cipher: CipherName; readonly version: 3 | 6 },
  ephemeral: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const recipient = version === 6 ? recipient6 : recipient3;
  const length =
    algorithm === "x25519" && version === 3 ? [wrapped.length + 1, ciphers[cipher].id] : [wrapped.length];
  const octets = recipient.length + ephemeral.length + length.length + wrapped.length;
  return concatenated(packetHeader(PKESK, octets), recipient, ephemeral, Uint8Array.from(length), wrapped);
}
