/**
 * Writes PKESK packets (`pkesk-layout.ts`) with WebCrypto: for add-ons, where one message goes to very many. A fresh ephemeral key for
 * each packet.
 *
 * QUIRK: X25519 in Thunderbird 153 becomes slower with each operation in one context: 10,000 packets take 40 s in one page or worker,
 * and 3 s in a fresh worker for each 250 to 1,000 of them. So the caller ends a worker that has done so many.
 */
import { type CipherName, ciphers } from "./ciphers.js";
import { ProtocolError } from "./errors.js";
import {
  ecdhInput,
  type PkeskRecipient,
  paddedSessionKey,
  pkeskPacket,
  x25519Info,
  x25519Input,
} from "./pkesk-layout.js";

const hashNames = { sha256: "SHA-256", sha384: "SHA-384", sha512: "SHA-512" } as const;

/** A session key as WebCrypto's key wrap takes it, made once for all recipients. */
export interface WrappableSessionKey {
  readonly cipher: CipherName;
  readonly version: 3 | 6;
  /** The key itself: what X25519 wraps. */
  readonly plain: CryptoKey;
  /** What ECDH wraps. */
  readonly padded: CryptoKey;
}

/** QUIRK: wrapKey takes keys and no octets. An HMAC key may have any length, and is exported as it was imported. */
const asKey = (octets: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", octets, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);

/**
 * Prepares a session key of AES-256.
 * @param version 3 in front of a SEIPD v1, 6 in front of a SEIPD v2; the receiver refuses any other pairing
 */
export async function wrappable(octets: Uint8Array, version: 3 | 6): Promise<WrappableSessionKey> {
  if (octets.length !== ciphers.aes256.octets)
    throw new ProtocolError("unsupported-algorithm", "AES-256 alone");
  const copy = Uint8Array.from(octets);
  const padded = paddedSessionKey(octets, "aes256", version);
  try {
    return { cipher: "aes256", version, plain: await asKey(copy), padded: await asKey(padded) };
  } finally {
    copy.fill(0);
    padded.fill(0);
  }
}

/** Whether this platform's WebCrypto knows X25519; older ones don't, and the library seals there. */
export async function hasX25519(): Promise<boolean> {
  try {
    await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
    return true;
  } catch {
    return false;
  }
}

interface Agreement {
  readonly ephemeral: Uint8Array<ArrayBuffer>;
  readonly shared: Uint8Array<ArrayBuffer>;
}

/** @throws ListSealError `weak-algorithm` for a point of small order, where the agreement would be known to everybody */
async function agree(point: Uint8Array<ArrayBuffer>): Promise<Agreement> {
  const { subtle } = crypto;
  const pair = await subtle.generateKey({ name: "X25519" }, false, ["deriveBits"]);
  if (!("publicKey" in pair)) throw new ProtocolError("unsupported-algorithm", "no pair of keys");
  try {
    const [ephemeral, recipient] = await Promise.all([
      subtle.exportKey("raw", pair.publicKey),
      subtle.importKey("raw", point, { name: "X25519" }, false, []),
    ]);
    const shared = new Uint8Array(
      await subtle.deriveBits({ name: "X25519", public: recipient }, pair.privateKey, 256),
    );
    // RFC 7748, 6.1; not every platform looks by itself
    if (shared.every((octet) => octet === 0)) throw new Error("the point at infinity");
    return { ephemeral: new Uint8Array(ephemeral), shared };
  } catch (cause) {
    throw new ProtocolError("weak-algorithm", "no agreement with the member's key", { cause });
  }
}

async function wrapKeyFor(recipient: PkeskRecipient, { ephemeral, shared }: Agreement): Promise<CryptoKey> {
  const { subtle } = crypto;
  if (recipient.algorithm === "x25519") {
    const input = await subtle.importKey(
      "raw",
      x25519Input(ephemeral, recipient.point, shared),
      "HKDF",
      false,
      ["deriveKey"],
    );
    const salt = new Uint8Array();
    return subtle.deriveKey(
      { name: "HKDF", hash: "SHA-256", salt, info: x25519Info },
      input,
      { name: "AES-KW", length: 128 },
      false,
      ["wrapKey"],
    );
  }
  const { kdfHash, kdfParameter, wrapOctets } = recipient;
  const digest = await subtle.digest(hashNames[kdfHash], ecdhInput(shared, kdfParameter));
  return subtle.importKey("raw", digest.slice(0, wrapOctets), "AES-KW", false, ["wrapKey"]);
}

/**
 * One packet for each recipient, in the same order, under a fresh ephemeral key; null for one with a point of small order.
 *
 * @param recipients a thousand at most in one context; see above
 */
export function writePkesks(
  recipients: readonly PkeskRecipient[],
  key: WrappableSessionKey,
): Promise<readonly (Uint8Array | null)[]> {
  // all at once: WebCrypto does them in threads of its own, and each waits mostly for its turn
  return Promise.all(
    recipients.map(async (recipient) => {
      try {
        const agreement = await agree(recipient.point);
        const wrapKey = await wrapKeyFor(recipient, agreement);
        agreement.shared.fill(0);
        const session = recipient.algorithm === "x25519" ? key.plain : key.padded;
        const wrapped = await crypto.subtle.wrapKey("raw", session, wrapKey, "AES-KW");
        return pkeskPacket(recipient, key, agreement.ephemeral, new Uint8Array(wrapped));
      } catch (error) {
        if (error instanceof ProtocolError && error.code === "weak-algorithm") return null;
        throw error;
      }
    }),
  );
}
