/** Writes what the product must never write: any JSON, signed by anybody, saying anything. */

import { createMessage, encrypt, enums } from "openpgp";
import type { OpeningKey, Profile, Role, SealingKey } from "../../../src/openpgp/keys.js";
import { sealUnderCode } from "../../../src/openpgp/passphrase-message.js";
import { configFor } from "../../../src/openpgp/policy.js";
import { sealLayer } from "../../../src/openpgp/seal-layer.js";
import { profileOf } from "../../../src/openpgp/secrets.js";
import { joinSignatures, signBytes } from "../../../src/openpgp/signature.js";
import { writeSignedMessage } from "../../../src/openpgp/signed-message.js";
import { notations } from "../../../src/protocol/binding.js";
import { NOW } from "./cast.js";

export const toBase64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

export type Json = Readonly<Record<string, unknown>>;

/** JSON as the product writes it; a text as it is. */
export const bytesOf = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === "string" ? value : `${JSON.stringify(value, null, 2)}\n`);

/** One octet in the middle is another. */
export function flipped(bytes: Uint8Array, at = bytes.length >> 1): Uint8Array {
  return bytes.map((octet, index) => (index === at ? octet ^ 1 : octet));
}

/** What a signature says: its notations by their short names, `kind` among them. */
export type Says = Readonly<Record<string, string>>;

/** A signed message in clear. */
export const clear = (value: unknown, by: OpeningKey<Role>, says: Says, date = NOW): Promise<Uint8Array> =>
  writeSignedMessage(bytesOf(value), by, notations(says), date);

/** A message under a code, signed by `by`, if anybody. */
export const underCode = (
  value: unknown,
  {
    code,
    profile,
    by,
    says = {},
    date = NOW,
  }: {
    readonly code: string;
    readonly profile: Profile;
    readonly by?: OpeningKey<Role>;
    readonly says?: Says;
    readonly date?: Date;
  },
): Promise<Uint8Array> =>
  sealUnderCode(bytesOf(value), {
    code,
    profile,
    date,
    ...(by === undefined ? {} : { signed: { by, notations: notations(says) } }),
  });

/** A message sealed to one reader. */
export interface Sealing {
  readonly to: SealingKey<Role>;
  readonly by: readonly OpeningKey<Role>[];
  readonly says: Says;
  /** Whom the signatures name as their readers; `to` unless said. */
  readonly readers?: readonly SealingKey<Role>[];
  readonly date?: Date;
  /** What is signed in place of what is sealed. */
  readonly signed?: unknown;
  /** Compressed inside, by the platform's zlib. */
  readonly compressed?: true;
}

/** Seals `value` for one reader. */
export async function sealedTo(value: unknown, sealing: Sealing): Promise<Uint8Array> {
  const { to, by, says, readers = [to], date = NOW } = sealing;
  const bytes = bytesOf(value);
  const named = readers.map(({ fingerprint }) => fingerprint);
  const signed = sealing.signed === undefined ? bytes : bytesOf(sealing.signed);
  const signatures = [];
  for (const signer of by) signatures.push(await signBytes(signed, signer, notations(says), named, date));
  const signature = joinSignatures(signatures);
  const profile = profileOf(to);
  if (sealing.compressed === undefined) return sealLayer(bytes, signature, [to], profile, date);
  return encrypt({
    message: await createMessage({ binary: bytes, filename: "", date }),
    encryptionKeys: to.certificate,
    signature,
    format: "binary",
    date,
    config: { ...configFor(profile), preferredCompressionAlgorithm: enums.compression.zip },
  });
}
