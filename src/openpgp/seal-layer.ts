/**
 * Sealing one OpenPGP layer: a signed literal, encrypted to keys or secrets of any role. What `open-layer.ts` opens.
 *
 * Which algorithms are used is openpgp.js's choice, from the recipients' certificates, and so are the session key's packets.
 * Large data are written by `seipd-writer.ts`; what that does not write is left to openpgp.js, as is everything small.
 */

import {
  createMessage,
  encrypt,
  encryptSessionKey,
  enums,
  generateSessionKey,
  type MaybeStream,
  type PartialConfig,
  type PublicKey,
  type Signature,
} from "openpgp";
import { inProfile, suiteOf } from "./ciphers.js";
import { assertUsable, type Role } from "./keys.js";
import { lengthOf } from "./packets.js";
import { sealingConfig } from "./policy.js";
import type { Profile } from "./profiles.js";
import { passphraseOf, type Sealer, secretS2k, sortSealers } from "./secrets.js";
import { dataWriter, slices } from "./seipd-writer.js";
import { packetHeader, signedPackets } from "./signed-packets.js";

/** Literals above this are written here. Below it openpgp.js's surplus is a millisecond, and nobody notices it. */
export const OWN_ABOVE_BYTES = 256 * 1024;

/**
 * Encrypts `literal` with a signature that already exists, to keys or secrets of any role.
 *
 * @returns binary OpenPGP message; a literal above the compression threshold is compressed inside
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a certificate that can't be used
 */
export async function sealLayer(
  literal: Uint8Array,
  signature: Signature,
  sealers: readonly Sealer<Role>[],
  profile: Profile,
  date: Date,
): Promise<Uint8Array> {
  const { certificates, secrets } = sortSealers(sealers);
  for (const { certificate } of certificates) await assertUsable(certificate, date);
  const isPayload =
    certificates.some(({ role }) => role === "list") || secrets.some(({ role }) => role === "list");
  const encryptionKeys = certificates.map(({ certificate }) => certificate);
  const passwords = secrets.map(passphraseOf);
  const config = {
    // what is sealed already does not get smaller
    ...sealingConfig(profile, isPayload ? literal.length : 0),
    ...(secrets.length > 0 ? secretS2k : {}),
  };
  if (literal.length > OWN_ABOVE_BYTES) {
    const compress = config.preferredCompressionAlgorithm === enums.compression.zip;
    const large = {
      literal,
      signature,
      certificates: encryptionKeys,
      passwords,
      compress,
      profile,
      date,
      config,
    };
    const sealed = await sealLarge(large);
    if (sealed !== "unknown") return sealed;
  }
  const sessionKey = inProfile(await generateSessionKey({ encryptionKeys, date, config }), profile);
  try {
    const result: MaybeStream<Uint8Array> = await encrypt({
      message: await createMessage({ binary: literal, filename: "", date }),
      encryptionKeys,
      passwords,
      sessionKey,
      signature,
      format: "binary",
      date,
      config,
    });
    return result;
  } finally {
    sessionKey.data.fill(0);
  }
}

/** What is sealed, and for whom. */
export interface LargeMessage {
  readonly literal: Uint8Array;
  readonly signature: Signature;
  readonly certificates: readonly PublicKey[];
  readonly passwords: readonly string[];
  /** Whether the packets are compressed (ZIP) before they are sealed. */
  readonly compress: boolean;
  readonly profile: Profile;
  readonly date: Date;
  readonly config: PartialConfig;
}

/**
 * Seals a signed literal by our own writer: session key packets and one data packet.
 *
 * @returns `unknown` for what is openpgp.js's to write
 */
export async function sealLarge(message: LargeMessage): Promise<Uint8Array | "unknown"> {
  const { literal, signature, certificates, passwords, date, config } = message;
  const made = await generateSessionKey({ encryptionKeys: [...certificates], date, config });
  const { data, algorithm, aeadAlgorithm } = inProfile(made, message.profile);
  try {
    const suite = suiteOf(algorithm, aeadAlgorithm);
    const write = suite === undefined ? undefined : dataWriter(suite);
    if (write === undefined) return "unknown";
    const before: Uint8Array = await encryptSessionKey({
      data,
      algorithm,
      ...(aeadAlgorithm === undefined ? {} : { aeadAlgorithm }),
      encryptionKeys: [...certificates],
      passwords: [...passwords],
      format: "binary",
      date,
      config,
    });
    const signed = signedPackets(literal, signature, date);
    const packets = message.compress ? await compressed(signed) : signed;
    return await write({ packets, sessionKey: data, before });
  } finally {
    data.fill(0);
  }
}

const COMPRESSED = 8;
const ZIP = 1;
/** Octets handed to the compressor at a time. */
const PIECE = 65_536;

/** The packets as one compressed packet (RFC 9580, 5.6), in pieces. */
async function compressed(packets: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
  const waiting = slices(packets, PIECE);
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      const { done, value } = waiting.next();
      if (done === true) controller.close();
      // a copy: a stream may take the buffer of what it is given
      else controller.enqueue(new Uint8Array(value));
    },
  });
  const pieces: Uint8Array[] = [];
  const reader = source.pipeThrough(new CompressionStream("deflate-raw")).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) pieces.push(read.value);
  return [packetHeader(COMPRESSED, lengthOf(pieces) + 1), Uint8Array.of(ZIP), ...pieces];
}
