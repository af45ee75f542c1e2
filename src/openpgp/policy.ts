/**
 * What is acceptable: algorithms, sizes, dates. Pure (no clock, no I/O); the default is to refuse.
 *
 * Each limit names the attack or the accident that it stops.
 */
import { type Config, enums, config as libraryDefaults, type PartialConfig } from "openpgp";
import { ProtocolError } from "./errors.js";

/**
 * A profile is fixed when the list key is made.
 * - `compatible`: v4 keys on curve25519Legacy, SEIPDv1. GnuPG 2.2, Sequoia and RNP read it.
 * - `rfc9580`: v6 keys, SEIPDv2 with AES-256-GCM. For lists whose members all use this software.
 */
export type Profile = "compatible" | "rfc9580";

/** A key packet is about 100 bytes today, 1.2 kB with a post-quantum key. Stops packet floods in the opened literal. */
export const MAX_KEY_PACKET_BYTES = 4096;

/** An outer seal around a key packet: the packet, two PKESKs and a signature. Stops a "key" part that is a mail of its own. */
export const MAX_KEY_PART_BYTES = 32 * 1024;

/**
 * Session key packets in front of one data packet: server and author, or one member. Stops a message of a megabyte that
 * holds thousands for one key: each costs a key agreement, before anybody's signature is seen (12 s a MB).
 */
export const MAX_SESSION_KEY_PACKETS = 8;

/**
 * Of these, packets that name one and the same key. A program writes one for each key that it encrypts to. Stops packets in front
 * of the right one that have its address and are no good: each costs a key agreement.
 */
export const MAX_PACKETS_FOR_ONE_KEY = 2;

/**
 * Packets inside a seal: a literal, and a one-pass signature and a signature of each signer. Stops a megabyte of markers,
 * padding or one-pass signatures: openpgp.js takes 1 to 5 s for them, before anybody's signature is seen.
 */
export const MAX_PACKETS_INSIDE = 16;

/** The largest payload that is sealed or opened, after decompression. Stops compression bombs (RFC 9580, 13.13). */
export const MAX_PAYLOAD_BYTES = 100 * 1024 * 1024;

/** Payloads above this are compressed before sealing; smaller ones never, since a compressed length tells of the text. */
export const COMPRESS_ABOVE_BYTES = 1_000_000;

/** How far a signature's date may lie ahead of our clock: clocks differ, and openpgp.js refuses even 30 seconds. */
export const FUTURE_ALLOWED_MS = 10 * 60 * 1000;

/** How old a submission may be at the server. With the replay memory it stops re-posting to later joiners. Readers refuse nothing for age. */
export const PAST_WINDOW_MS = 7 * 24 * 60 * 60 * 1000;

/** A list signature may be at most this much older than the inner Date (clocks of author and server differ). */
export const LIST_SIGNATURE_SLACK_MS = FUTURE_ALLOWED_MS;

/** Argon2 on opening: 2^16 KiB = 64 MiB. Stops a sender from making the opener allocate gigabytes (RFC 9580, 3.7.1.4). */
export const MAX_ARGON2_MEMORY_EXPONENT = 16;

/** RSA below this is refused, whoever made the key. */
export const MIN_RSA_BITS = 3072;

const strict: PartialConfig = {
  // EFAIL: nothing is released before its integrity is known
  allowUnauthenticatedMessages: false,
  allowUnauthenticatedStream: false,
  // a second literal or an appended packet is an error, not a surprise
  enforceGrammar: true,
  ignoreMalformedPackets: false,
  allowInsecureDecryptionWithSigningKeys: false,
  allowMissingKeyFlags: false,
  minRSABits: MIN_RSA_BITS,
  maxDecompressedMessageSize: MAX_PAYLOAD_BYTES,
  maxArgon2MemoryExponent: MAX_ARGON2_MEMORY_EXPONENT,
  preferredSymmetricAlgorithm: enums.symmetric.aes256,
  preferredHashAlgorithm: enums.hash.sha512,
  preferredCompressionAlgorithm: enums.compression.uncompressed,
  showVersion: false,
  showComment: false,
};

/** openpgp.js settings for making keys and sealing in a profile. */
export function configFor(profile: Profile): PartialConfig {
  switch (profile) {
    case "compatible":
      return { ...strict, v6Keys: false, aeadProtect: false };
    case "rfc9580":
      // OCB has no native code in Node or browsers (50 to 100 times slower): read, never written
      return { ...strict, v6Keys: true, aeadProtect: true, preferredAEADAlgorithm: enums.aead.gcm };
  }
}

/** openpgp.js settings for reading: what we accept does not depend on a profile. */
export const readingConfig: PartialConfig = strict;

/**
 * QUIRK: openpgp.js 6.3.2 reports an error in a packet and then reads on to the end of the data, in the background. Only
 * an error while it classifies the error (`instanceof`) ends its loop, so that is what this one makes.
 */
const endOfParsing = new Proxy(new Error("a packet type without a meaning"), {
  getPrototypeOf() {
    throw new ProtocolError("damaged", "a packet type without a meaning");
  },
});

/**
 * Packet types without a meaning (RFC 9580, 5: 40 to 59 unassigned, 60 to 63 private). A reader may skip them; a million
 * of them in 3 MB keep openpgp.js 6.3.2 busy for 100 seconds. As classes whose making fails, they end the parsing.
 */
const refusedPackets = Array.from({ length: 24 }, (_, i) => {
  return class RefusedPacket {
    static readonly tag = 40 + i;
    constructor() {
      throw endOfParsing;
    }
  };
});

/**
 * {@link readingConfig} for the content of a layer: it decompresses to at most `maxBytes` (stops small bombs inside
 * small parts) and holds no packets without a meaning.
 */
export function layerConfig(maxBytes: number): PartialConfig {
  return { ...readingConfig, maxDecompressedMessageSize: maxBytes, additionalAllowedPackets: refusedPackets };
}

/** {@link readingConfig} on top of the library's defaults, for the methods that take no partial configuration. */
export function fullReadingConfig(): Config {
  return { ...libraryDefaults, ...readingConfig };
}

/** As {@link configFor}, with payloads above {@link COMPRESS_ABOVE_BYTES} compressed (ZIP: every reader has it). */
export function sealingConfig(profile: Profile, payloadBytes: number): PartialConfig {
  const config = configFor(profile);
  return payloadBytes > COMPRESS_ABOVE_BYTES
    ? { ...config, preferredCompressionAlgorithm: enums.compression.zip }
    : config;
}

/**
 * Throws `from-the-future` if a signature is dated more than {@link FUTURE_ALLOWED_MS} ahead of `now`.
 * Everybody checks this; only the server also checks {@link assertInWindow}.
 */
export function assertNotFuture(signedAt: Date, now: Date): void {
  if (signedAt.getTime() > now.getTime() + FUTURE_ALLOWED_MS) {
    throw new ProtocolError("from-the-future", "the signature is dated in the future");
  }
}

/** The server's rule alone: throws `too-old` or `from-the-future` for a submission outside the window. */
export function assertInWindow(signedAt: Date, now: Date): void {
  assertNotFuture(signedAt, now);
  if (signedAt.getTime() < now.getTime() - PAST_WINDOW_MS) {
    throw new ProtocolError("too-old", "the signature is older than the server's window");
  }
}

/** The date that verification is run at: now, plus what a clock may be ahead. */
export function verificationDate(now: Date): Date {
  return new Date(now.getTime() + FUTURE_ALLOWED_MS);
}

/** Throws `too-large` when `bytes` is longer than `limit`. `what` names the thing in the developers' message. */
export function assertSize(bytes: Uint8Array, limit: number, what: string): void {
  if (bytes.length > limit) {
    throw new ProtocolError("too-large", `${what} is ${bytes.length} bytes, the limit is ${limit}`);
  }
}
