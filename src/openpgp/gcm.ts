/**
 * AES-GCM, one chunk at a time: by OpenSSL where Node is, by WebCrypto elsewhere. WebCrypto answers each chunk from another
 * thread, and a message of 25 MB has a hundred of them: waiting for one after the other takes half of the time.
 */
import { nodeCrypto, webCryptoView } from "./digest.js";

/** Octets of the tag behind each chunk, and of the nonce. */
export const GCM_TAG = 16;
export const GCM_NONCE = 12;

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
