/** A sealer that refuses nothing: it makes the messages that the product must never make. */
import { createCipheriv, createHash } from "node:crypto";
import { deflateRawSync } from "node:zlib";
import { createMessage, encrypt, encryptSessionKey, type Signature } from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import { notations } from "../../src/protocol/binding.js";
import { type OpeningKey, profileOf, type Role, type SealingKey } from "../../src/protocol/index.js";
import { NOW } from "./cast.js";

/** What a forged signature says; `raw` stands after it, with full names. */
export interface Says {
  readonly notations: Readonly<Record<string, string | undefined>>;
  readonly raw?: readonly (readonly [name: string, value: string])[];
}

export interface Forgery {
  /** Bytes, or text: the latter is signed as text. */
  readonly literal: Uint8Array | string;
  readonly to: readonly SealingKey<Role>[];
  readonly by: readonly OpeningKey<Role>[];
  readonly says: Says;
  readonly date?: Date;
  /** A signature made elsewhere, instead of `by`. */
  readonly signature?: Signature;
  readonly anonymous?: boolean;
}

/** Signs with all of `by` and encrypts to all of `to`, whatever it says. */
export async function forge(forgery: Forgery): Promise<Uint8Array> {
  const { literal, to, by, says, date = NOW, signature, anonymous = false } = forgery;
  const [first] = to;
  if (first === undefined) throw new Error("sealed for nobody");
  const raw = (says.raw ?? []).map(([name, value]) => ({
    name,
    value: new TextEncoder().encode(value),
    humanReadable: true,
    critical: false,
  }));
  const common = {
    date,
    wildcard: anonymous,
    encryptionKeys: to.map((key) => key.certificate),
    signingKeys: by.map((key) => key.secret),
    signatureNotations: [...notations(says.notations), ...raw],
    ...(signature === undefined ? {} : { signature }),
    format: "binary" as const,
    config: configFor(profileOf(first)),
  };
  if (typeof literal === "string") {
    return encrypt({ ...common, message: await createMessage({ text: literal, date }) });
  }
  return encrypt({ ...common, message: await createMessage({ binary: literal, filename: "", date }) });
}

/**
 * Encrypts packets that openpgp would not write: a PKESK by openpgp, and a SEIPD version 1 made here
 * (RFC 9580, 5.13.1: random prefix, packets, SHA-1 of both; AES-256 in CFB mode with a zero vector).
 */
export async function sealPackets(packets: Uint8Array, to: SealingKey<Role>): Promise<Uint8Array> {
  // from where openpgp.js takes it, so that a seed is one for both
  const sessionKey = crypto.getRandomValues(new Uint8Array(32));
  const keyPacket: Uint8Array = await encryptSessionKey({
    data: Uint8Array.from(sessionKey),
    algorithm: "aes256",
    encryptionKeys: to.certificate,
    format: "binary",
    date: NOW,
    config: configFor("compatible"),
  });
  const prefix = crypto.getRandomValues(new Uint8Array(16));
  const checked = Buffer.concat([prefix, prefix.subarray(14), packets, Uint8Array.of(0xd3, 0x14)]);
  const digest = createHash("sha1").update(checked).digest();
  const cipher = createCipheriv("aes-256-cfb", sessionKey, Buffer.alloc(16));
  const body = Buffer.concat([
    Uint8Array.of(1),
    cipher.update(checked),
    cipher.update(digest),
    cipher.final(),
  ]);
  return concat(keyPacket, packet(18, body));
}

/** A packet in the new format (RFC 9580, 4.2.1), its length as short as it can be, or in five octets. */
export function packet(
  tag: number,
  body: Uint8Array,
  spelling: "shortest" | "five" = "shortest",
): Uint8Array {
  const { length } = body;
  const five = [255, length >>> 24, length >>> 16, length >>> 8, length];
  const two = [((length - 192) >>> 8) + 192, length - 192];
  const size = spelling === "five" || length >= 8384 ? five : length >= 192 ? two : [length];
  return concat(Uint8Array.of(0xc0 | tag, ...size), body);
}

/** A literal of `size` zero bytes in compressed data packets (ZIP), `times` in one another; sealed unsigned. */
export function forgeBomb(size: number, times: number, to: SealingKey<Role>): Promise<Uint8Array> {
  // binary, no file name, no date
  const literal = new Uint8Array(6 + size);
  literal[0] = 0x62;
  let packets = packet(11, literal);
  for (let i = 0; i < times; i++) packets = packet(8, concat(Uint8Array.of(1), deflateRawSync(packets)));
  return sealPackets(packets, to);
}

/** The same packet with its header in another spelling: five octets of length, where one or two would do. */
export function respelled(bytes: Uint8Array): Uint8Array {
  const short = (bytes[1] ?? 0) < 192;
  return packet((bytes[0] ?? 0) & 0x3f, bytes.subarray(short ? 2 : 3), "five");
}

export function flipped(bytes: Uint8Array, at = bytes.length >> 1): Uint8Array {
  return bytes.map((value, i) => (i === at ? value ^ 1 : value));
}

export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(pieces));
}
