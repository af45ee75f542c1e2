/** OpenPGP packet framing for what this folder writes (RFC 9580, 4.2): new format, definite length, shortest spelling. */
import { Buffer } from "node:buffer";
import { packetHeader } from "./signed-packets.js";

/** Packet types that the fast path writes (RFC 9580, section 5). */
export const tag = { pkesk: 1, seipd: 18 } as const;

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
