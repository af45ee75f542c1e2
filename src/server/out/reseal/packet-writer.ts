/** OpenPGP packet framing for what this folder writes (RFC 9580, 4.2): new format, definite length, shortest spelling. */
import { Buffer } from "node:buffer";

/** Packet types that the fast path writes (RFC 9580, section 5). */
export const tag = { pkesk: 1, signature: 2, onePassSignature: 4, literal: 11, seipd: 18 } as const;

/**
 * The header of a packet whose body has `length` octets: 2, 3 or 6 octets.
 *
 * @param length below 2^32
 */
export function packetHeader(packetTag: number, length: number): Buffer {
  const first = 0xc0 | packetTag;
  if (length < 192) return Buffer.from([first, length]);
  if (length < 8384) return Buffer.from([first, ((length - 192) >> 8) + 192, (length - 192) & 0xff]);
  const header = Buffer.alloc(6);
  header[0] = first;
  header[1] = 255;
  header.writeUInt32BE(length, 2);
  return header;
}

/** A whole packet: header, then `parts` as its body. For small packets; it copies. */
export function packet(packetTag: number, parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  const header = packetHeader(packetTag, length);
  const whole = Buffer.allocUnsafe(header.length + length);
  whole.set(header);
  let at = header.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
