/**
 * Base64 of bytes, where bytes have to stand in text: storage, `data:` addresses, messages of the bridge.
 * The native methods are used: on a machine without a compiling JavaScript engine a loop over the bytes of one
 * 25 MB attachment takes seconds.
 */
interface NativeBase64 {
  toBase64(): string;
}

function hasNative(bytes: Uint8Array): bytes is Uint8Array & NativeBase64 {
  return "toBase64" in bytes;
}

/** Small enough for the arguments of one call in every engine. */
const SLICE = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  if (hasNative(bytes)) return bytes.toBase64();
  let binary = "";
  for (let start = 0; start < bytes.length; start += SLICE) {
    binary += String.fromCharCode(...bytes.subarray(start, start + SLICE));
  }
  return btoa(binary);
}

/** @throws DOMException if the text is not base64 */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
