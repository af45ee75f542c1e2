/**
 * Octets that came as a "binary string", one character an octet. The native methods are used: a loop over 25 MB takes seconds
 * where JavaScript is not compiled.
 */
interface NativeFromBase64 {
  fromBase64(text: string): Uint8Array<ArrayBuffer>;
}

function hasNative(type: object): type is NativeFromBase64 {
  return "fromBase64" in type;
}

/** @throws DOMException if a character is no octet */
export function octetsOfBinary(binary: string): Uint8Array<ArrayBuffer> {
  const octets = new TextEncoder().encode(binary);
  // as many octets as characters: all are ASCII, as in nearly every mail
  if (octets.length === binary.length) return octets;
  const base64 = btoa(binary);
  if (hasNative(Uint8Array)) return Uint8Array.fromBase64(base64);
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
