/**
 * AES-CFB decryption by OpenSSL, where Node is: the server, and tests. It takes a fifth of the time of WebAssembly.
 *
 * Not by import: the same files make the add-on, whose browser has no `node:crypto`. Node before 20.16 has no other way to
 * it, and goes on with WebAssembly.
 */
import { nodeCrypto } from "../digest.js";
import type { DecryptCfb } from "./aes-cfb.js";

/** Octets deciphered at a time: each gives a buffer of its own, which is copied and then garbage. */
const PIECE = 65_536;
const NOTHING = new Uint8Array();
/** The initial vector is all zeros (RFC 9580, 5.13.1). */
const BLOCK = 16;

/** OpenSSL's, or undefined where it can't be had. */
export function opensslCfb(): DecryptCfb | undefined {
  const native = nodeCrypto();
  if (native === undefined) return undefined;
  const { createDecipheriv } = native;
  return (sealed, length, key) => {
    const decipher = createDecipheriv(`aes-${key.length * 8}-cfb`, key, new Uint8Array(BLOCK));
    let plain = NOTHING;
    let at = 0;
    for (const chunk of sealed) {
      if (chunk.length === length) {
        // a packet in one chunk: what OpenSSL gives is what is wanted, and no garbage of that size is left behind
        const { buffer, byteOffset } = decipher.update(chunk);
        if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, length);
      }
      if (at === 0) plain = new Uint8Array(length);
      for (let from = 0; from < chunk.length; from += PIECE) {
        const piece = decipher.update(chunk.subarray(from, from + PIECE));
        plain.set(piece, at);
        at += piece.length;
        piece.fill(0);
      }
    }
    decipher.final();
    return plain;
  };
}
