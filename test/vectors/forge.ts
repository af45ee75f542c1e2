/** A sealer that refuses nothing: it makes the messages that the product must never make. */
import { deflateRawSync } from "node:zlib";
import { createMessage, encrypt, type Signature } from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import { notations } from "../../src/protocol/binding.js";
import { type OpeningKey, profileOf, type Role, type SealingKey } from "../../src/protocol/index.js";
import { NOW } from "./cast.js";
import { bodyOfPacket, concat, packet, rawSeal, tag } from "./raw.js";

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

/** A literal of `size` zero bytes in compressed data packets (ZIP), `times` in one another; sealed unsigned. */
export async function forgeBomb(size: number, times: number, to: SealingKey<Role>): Promise<Uint8Array> {
  // binary, no file name, no date
  const literal = new Uint8Array(6 + size);
  literal[0] = 0x62;
  let packets = packet(tag.literal, literal);
  for (let i = 0; i < times; i++) {
    packets = packet(tag.compressed, concat(Uint8Array.of(1), deflateRawSync(packets)));
  }
  const { keyPacket, dataPacket } = await rawSeal({
    packets,
    to: [to],
    version: profileOf(to) === "rfc9580" ? 2 : 1,
  });
  return concat(keyPacket, dataPacket);
}

/** The same packet with its header in another spelling: five octets of length, where one or two would do. */
export function respelled(bytes: Uint8Array): Uint8Array {
  return packet((bytes[0] ?? 0) & 0x3f, bodyOfPacket(bytes), "five");
}

export function flipped(bytes: Uint8Array, at = bytes.length >> 1): Uint8Array {
  return bytes.map((value, i) => (i === at ? value ^ 1 : value));
}
