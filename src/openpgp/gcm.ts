/**
 * AES-GCM as version 2 of the data packet has it (RFC 9580, 5.13.2): its keys, and one chunk at a time.
 *
 * By OpenSSL where Node is, by WebCrypto elsewhere. WebCrypto answers each chunk from another thread, and a message of 25 MB
 * has a hundred of them: waiting for one after the other takes half of the time.
 */
import { inOne, nodeCrypto, webCryptoView } from "./digest.js";

/** Its number among the AEAD algorithms. */
export const GCM_ID = 3;
/** Octets of the tag behind each chunk, and of the nonce. */
export const GCM_TAG = 16;
const GCM_NONCE = 12;

/** Chunks that are asked for at a time, where each is answered from another thread. */
export const IN_FLIGHT = 4;

/** One chunk to be sealed. */
export interface PlainChunk {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly associated: Uint8Array<ArrayBuffer>;
  readonly plain: Uint8Array;
}

/** Seals a chunk: in pieces, of which the last ends with the tag. */
export type SealChunk = (chunk: PlainChunk) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;

/** Seals chunks under `key`, of 16, 24 or 32 octets; each nonce must be used once. */
export async function gcmSealer(key: Uint8Array<ArrayBuffer>): Promise<SealChunk> {
  const native = nodeCrypto();
  if (native !== undefined) {
    const { createCipheriv } = native;
    const name = nameOf(key);
    return ({ nonce, associated, plain }) => {
      const cipher = createCipheriv(name, key, nonce, { authTagLength: GCM_TAG });
      cipher.setAAD(associated);
      const sealed = cipher.update(plain);
      cipher.final();
      return [sealed, cipher.getAuthTag()];
    };
  }
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  return async ({ nonce, associated, plain }) => {
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: associated };
    return [new Uint8Array(await crypto.subtle.encrypt(parameters, imported, webCryptoView(plain)))];
  };
}

/** OpenSSL's name. */
function nameOf(key: Uint8Array): "aes-128-gcm" | "aes-192-gcm" | "aes-256-gcm" {
  const name = ({ 16: "aes-128-gcm", 24: "aes-192-gcm", 32: "aes-256-gcm" } as const)[key.length];
  if (name === undefined) throw new Error("no length of an AES key");
  return name;
}

/** One chunk with its tag. */
export interface SealedChunk {
  readonly nonce: Uint8Array<ArrayBuffer>;
  readonly associated: Uint8Array<ArrayBuffer>;
  readonly sealed: Uint8Array;
}

/** Opens a chunk. @throws Error (or rejects) if the tag does not fit; then nothing is handed out */
export type OpenChunk = (chunk: SealedChunk) => Uint8Array | Promise<Uint8Array>;

/** Opens chunks under `key`, of 16, 24 or 32 octets. */
export async function gcmOpener(key: Uint8Array<ArrayBuffer>): Promise<OpenChunk> {
  const native = nodeCrypto();
  if (native !== undefined) {
    const { createDecipheriv } = native;
    const name = nameOf(key);
    return ({ nonce, associated, sealed }) => {
      const decipher = createDecipheriv(name, key, nonce, { authTagLength: GCM_TAG });
      decipher.setAAD(associated);
      decipher.setAuthTag(sealed.subarray(sealed.length - GCM_TAG));
      const plain = decipher.update(sealed.subarray(0, sealed.length - GCM_TAG));
      try {
        decipher.final();
      } catch (error) {
        plain.fill(0);
        throw error;
      }
      return plain;
    };
  }
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  return async ({ nonce, associated, sealed }) => {
    const parameters = { name: "AES-GCM", iv: nonce, additionalData: associated };
    return new Uint8Array(await crypto.subtle.decrypt(parameters, imported, webCryptoView(sealed)));
  };
}

/** The nonce of a chunk of a version 2 packet: its number is in the last eight octets. */
export function numbered(nonce: Uint8Array, chunk: number): Uint8Array<ArrayBuffer> {
  const own = new Uint8Array(nonce);
  new DataView(own.buffer).setBigUint64(GCM_NONCE - 8, BigInt(chunk));
  return own;
}

/** Message key and nonce of a version 2 packet: HKDF with SHA-256 of the session key, the salt and the packet's fields. */
export async function derive(
  key: Uint8Array,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  octets: number,
): Promise<Record<"messageKey" | "nonce", Uint8Array<ArrayBuffer>>> {
  const derived = await hkdf(key, salt, info, octets + GCM_NONCE - 8);
  const messageKey = derived.slice(0, octets);
  const nonce = new Uint8Array(GCM_NONCE);
  nonce.set(derived.subarray(octets));
  derived.fill(0);
  return { messageKey, nonce };
}

/** HKDF-SHA256 (RFC 5869) of up to 64 octets: by OpenSSL in three HMACs, which hkdfSync takes several times as long for. */
async function hkdf(
  key: Uint8Array,
  salt: Uint8Array<ArrayBuffer>,
  info: Uint8Array<ArrayBuffer>,
  octets: number,
): Promise<Uint8Array> {
  const native = nodeCrypto();
  if (native === undefined) {
    const secret = await crypto.subtle.importKey("raw", webCryptoView(key), "HKDF", false, ["deriveBits"]);
    return new Uint8Array(
      await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, secret, octets * 8),
    );
  }
  const extracted = native.createHmac("sha256", salt).update(key).digest();
  const expand = (before: Uint8Array, count: number) =>
    native.createHmac("sha256", extracted).update(before).update(info).update(Uint8Array.of(count)).digest();
  const first = expand(new Uint8Array(), 1);
  return inOne([first, expand(first, 2)]).subarray(0, octets);
}
