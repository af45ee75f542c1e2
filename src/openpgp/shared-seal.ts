/**
 * One sealed message for many recipients: one data packet, and a session key packet for each of them.
 *
 * `key packet || data packet` is a message to several recipients with the others' packets left out, which is what `gpg -r`
 * for each and a split would give. Two things make that sound:
 * - A session key is never used for two messages: whoever got the first would open the second with it, too. It is made here,
 *   and can't be given.
 * - The recipients of one message learn the same session key; each could pack other bytes under it for another. So can
 *   anybody who has a recipient's certificate: encryption proves nothing about an author, the signatures inside do.
 *
 * For servers: it needs Node.
 */
import { randomBytes } from "node:crypto";
import { encryptSessionKey, generateSessionKey, type PublicKey, type Signature } from "openpgp";
import { type CipherSuite, ciphers, inProfile, suiteOf } from "./ciphers.js";
import { encryptionKeyOf } from "./encryption-key.js";
import { ProtocolError } from "./errors.js";
import type { Role, SealingKey } from "./keys.js";
import {
  type PkeskTarget,
  type PreparedSessionKey,
  prepareSessionKey,
  readTarget,
  wipeSessionKey,
  writePkesk,
} from "./pkesk-writer.js";
import { configFor } from "./policy.js";
import { dataWriter } from "./seipd-writer.js";
import { signedPackets } from "./signed-packets.js";

/** What sealing for a certificate needs of it. */
export interface Recipient {
  /** In milliseconds since 1970: from then on the certificate must be validated again. */
  readonly freshUntil: number;
  /** What its message is encrypted with; `library` for what is not written here (AES-192, OCB alone). */
  readonly suite: CipherSuite | "library";
  readonly seal:
    | { readonly by: "native"; readonly target: PkeskTarget }
    /** An algorithm that this software does not write: openpgp.js seals the session key. */
    | { readonly by: "library"; readonly certificate: PublicKey };
}

/** A certificate is validated again after a day, since the library's judgement may depend on the date in more ways than by expiry. */
const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Validates a certificate at `now` and takes out what sealing needs.
 *
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
 */
export async function readRecipient(key: SealingKey<Role>, now: Date): Promise<Recipient> {
  const { certificate } = key;
  const { body, fingerprint, ends } = await encryptionKeyOf(key, now);
  const suite = await wantedSuite(certificate, now);
  const freshUntil = Math.min(now.getTime() + DAY_MS, ends);
  const target = suite === "library" ? undefined : readTarget(body, fingerprint);
  return {
    freshUntil,
    suite,
    seal: target === undefined ? { by: "library", certificate } : { by: "native", target },
  };
}

/** What the library would encrypt with for this certificate: its own choice from the preferences, not ours again. */
async function wantedSuite(certificate: PublicKey, date: Date): Promise<Recipient["suite"]> {
  const profile = certificate.keyPacket.version === 6 ? "rfc9580" : "compatible";
  const made = await generateSessionKey({ encryptionKeys: certificate, date, config: configFor(profile) });
  const { data, algorithm, aeadAlgorithm } = inProfile(made, profile);
  data.fill(0);
  const suite = suiteOf(algorithm, aeadAlgorithm);
  return suite === undefined || suite.cipher === "aes192" ? "library" : suite;
}

/** A message that is sealed and addressed to nobody yet. */
export interface SharedSeal {
  /** The very buffer that all copies share. Never write to it. */
  readonly dataPacket: Uint8Array;
  readonly suite: CipherSuite;
  readonly sessionKey: PreparedSessionKey;
}

/**
 * Seals a signed literal under a fresh session key.
 *
 * @param onGarbage as `seipd-writer.ts` has it
 */
export async function sealShared(
  literal: Uint8Array,
  signature: Signature,
  suite: CipherSuite,
  onGarbage: (octets: number) => void,
): Promise<SharedSeal> {
  const write = dataWriter(suite);
  if (write === undefined) throw new ProtocolError("unsupported-algorithm", "no OpenSSL here");
  const octets = randomBytes(ciphers[suite.cipher].octets);
  const packets = signedPackets(literal, signature, new Date());
  const dataPacket = await write({ packets, sessionKey: octets, onGarbage });
  const sessionKey = prepareSessionKey(octets, suite.cipher, suite.version === 1 ? 3 : 6);
  return { dataPacket, suite, sessionKey };
}

/**
 * The session key packet for one recipient, who must want the seal's suite.
 * @throws ListSealError `weak-algorithm` for a certificate that nothing can be sealed for
 */
export async function keyPacketFor(
  { sessionKey, suite }: SharedSeal,
  { seal }: Recipient,
): Promise<Uint8Array> {
  if (seal.by === "native") return writePkesk(seal.target, sessionKey);
  // a copy: the message may be finished, and its key overwritten, while the library is still at work
  const data = Uint8Array.from(sessionKey.octets);
  try {
    return await encryptSessionKey({
      data,
      algorithm: suite.cipher,
      ...(suite.version === 2 ? { aeadAlgorithm: "gcm" } : {}),
      encryptionKeys: seal.certificate,
      format: "binary",
      config: configFor(suite.version === 2 ? "rfc9580" : "compatible"),
    });
  } catch (cause) {
    throw new ProtocolError("weak-algorithm", "the session key can't be sealed for this certificate", {
      cause,
    });
  } finally {
    data.fill(0);
  }
}

/** Overwrites the session key. Key packets that were made before stay good. */
export function wipeSharedSeal({ sessionKey }: SharedSeal): void {
  wipeSessionKey(sessionKey);
}
