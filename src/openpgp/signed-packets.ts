/**
 * A signed literal as packets (RFC 9580, 10.3): one-pass signature, literal, signature; the very packets that openpgp.js
 * writes for a signed message. The literal is the caller's own bytes, not a copy.
 */
import type { Signature } from "openpgp";
import { ProtocolError } from "./errors.js";

/** Packet types (RFC 9580, section 5). */
const tag = { signature: 2, onePass: 4, literal: 11 } as const;

/** The header of a packet whose body has `length` octets, in its shortest spelling. @param length below 2^32 */
export function packetHeader(packetTag: number, length: number): Uint8Array<ArrayBuffer> {
  const first = 0xc0 | packetTag;
  if (length < 192) return Uint8Array.of(first, length);
  if (length < 8384) return Uint8Array.of(first, ((length - 192) >> 8) + 192, (length - 192) & 0xff);
  const header = new DataView(new ArrayBuffer(6));
  header.setUint8(0, first);
  header.setUint8(1, 255);
  header.setUint32(2, length);
  return new Uint8Array(header.buffer);
}

/**
 * The packets, in pieces.
 *
 * @param date of the literal packet; the signature does not cover it
 * @throws ListSealError `several-signatures` unless there is exactly one
 */
export function signedPackets(literal: Uint8Array, signature: Signature, date: Date): readonly Uint8Array[] {
  const [packetOfIt] = signature.packets;
  if (packetOfIt === undefined || signature.packets.length !== 1) {
    throw new ProtocolError("several-signatures", "a post has one list signature");
  }
  const body = packetOfIt.write();
  // binary, no file name, date
  const head = Uint8Array.of(0x62, 0, 0, 0, 0, 0);
  new DataView(head.buffer).setUint32(2, Math.floor(date.getTime() / 1000));
  const onePass = onePassOf(body, packetOfIt.issuerKeyID.toHex(), packetOfIt.issuerFingerprint);
  return [
    packetHeader(tag.onePass, onePass.length),
    onePass,
    packetHeader(tag.literal, head.length + literal.length),
    head,
    literal,
    packetHeader(tag.signature, body.length),
    body,
  ];
}

/**
 * One-pass signature (RFC 9580, 5.4) of a signature packet's body: version, type, hash, algorithm, who, "last one".
 *
 * The body begins: version, type, public-key algorithm, hash algorithm, length of the hashed area (v4: 2 octets, v6: 4).
 */
function onePassOf(body: Uint8Array, issuerKeyId: string, issuer: Uint8Array | null): Uint8Array {
  const [version = 0, type = 0, algorithm = 0, hash = 0] = body;
  if (version !== 6) {
    const id = (issuerKeyId.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
    return Uint8Array.of(3, type, hash, algorithm, ...id, 1);
  }
  if (issuer === null) throw new ProtocolError("bad-signature", "a v6 signature names its issuer");
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  const unhashedAt = 8 + view.getUint32(4);
  // two octets of the hash follow the unhashed area, then the salt with its length in front
  const saltAt = unhashedAt + 4 + view.getUint32(unhashedAt) + 2;
  const salt = body.subarray(saltAt, saltAt + 1 + view.getUint8(saltAt));
  return Uint8Array.of(6, type, hash, algorithm, ...salt, ...issuer, 1);
}
