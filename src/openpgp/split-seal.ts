/**
 * One sealed message for very many readers, in its parts: one data packet, and one session key packet (PKESK) for each reader, made
 * apart. A reader who gets theirs and the data packet has an ordinary OpenPGP message; nobody has to be given all of them.
 *
 * It is for what a list's owner tells all members. What a server seals again for its members is `shared-seal.ts`, which needs Node.
 *
 * The suite is the profile's, and not what the readers' preferences would choose: asking ten thousand certificates takes longer than
 * everything else. AES-256 is what every program of this format opens (FORMAT, 2).
 */
import { createMessage, encrypt, encryptSessionKey, type MaybeStream, type Signature } from "openpgp";
import { ciphers } from "./ciphers.js";
import { ProtocolError } from "./errors.js";
import { assertUsable, type Role, type SealingKey } from "./keys.js";
import { assertDataPacket } from "./packets.js";
import { configFor } from "./policy.js";
import type { Profile } from "./profiles.js";

/** A sealed message that is addressed to nobody yet. Whoever has the session key opens it: it is kept as a secret key is. */
export interface SplitSeal {
  readonly dataPacket: Uint8Array;
  /** 32 octets of AES-256. */
  readonly sessionKey: Uint8Array;
}

/** How openpgp.js is told the suite of a profile (RFC 9580, 5.13): version 1 of the data packet with its MDC, or version 2 with GCM. */
const suites = {
  compatible: { algorithm: "aes256" },
  rfc9580: { algorithm: "aes256", aeadAlgorithm: "gcm" },
} as const;

/**
 * Seals a signed literal under a fresh session key, for readers who are named later ({@link keyPacketTo}).
 *
 * @param signature names no readers: it is the same for all
 */
export async function sealForLater(
  literal: Uint8Array,
  signature: Signature,
  profile: Profile,
  date: Date,
): Promise<SplitSeal> {
  const sessionKey = crypto.getRandomValues(new Uint8Array(ciphers.aes256.octets));
  const dataPacket: MaybeStream<Uint8Array> = await encrypt({
    message: await createMessage({ binary: literal, filename: "", date }),
    // a copy: what the library does with it is its own
    sessionKey: { data: Uint8Array.from(sessionKey), ...suites[profile] },
    signature,
    format: "binary",
    date,
    config: configFor(profile),
  });
  assertDataPacket(dataPacket);
  return { dataPacket, sessionKey };
}

/**
 * The session key for one reader: a PKESK v3 (`compatible`) or v6 (`rfc9580`), under a fresh ephemeral key.
 *
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a certificate that can't be used
 */
export async function keyPacketTo(
  reader: SealingKey<Role>,
  sessionKey: Uint8Array,
  profile: Profile,
  date: Date,
): Promise<Uint8Array> {
  await assertUsable(reader.certificate, date);
  const data = Uint8Array.from(sessionKey);
  try {
    return await encryptSessionKey({
      data,
      ...suites[profile],
      encryptionKeys: reader.certificate,
      format: "binary",
      date,
      config: configFor(profile),
    });
  } catch (cause) {
    throw new ProtocolError("weak-algorithm", "the session key can't be sealed for this certificate", {
      cause,
    });
  } finally {
    data.fill(0);
  }
}
