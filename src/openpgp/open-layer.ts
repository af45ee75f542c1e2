/**
 * Opening one OpenPGP layer with one key: what server and member have in common.
 *
 * It decrypts and hands out the signatures unverified; who made them is not known at this point. The server opens the
 * outer layer with it and nothing else can be opened with a server key; the inner layer is `open-post.ts`.
 */
import { decrypt, decryptSessionKeys, type Message, type PrivateKey, readMessage } from "openpgp";
import { ListSealError, ProtocolError } from "./errors.js";
import type { Role } from "./keys.js";
import { type Inside, readInside } from "./literal-reader.js";
import { isSecretSealed, join, type SplitMessage, sessionKeyVersions, split } from "./packets.js";
import {
  assertSize,
  layerConfig,
  MAX_PACKETS_FOR_ONE_KEY,
  MAX_PAYLOAD_BYTES,
  readingConfig,
} from "./policy.js";
import { isSecret, type Opener, passphraseOf, profileOf } from "./secrets.js";
import {
  type AllowedCiphers,
  dataPacketVersion,
  openDataPacket,
  type PacketsInside,
} from "./seipd-reader.js";

/** An opened layer. The signatures say nothing yet: `signature.ts` verifies them. */
export type OpenedLayer = Inside;

/**
 * Opens `message` with one key or one shared secret.
 *
 * openpgp.js finds the session key; the large part is opened by `seipd-reader.ts` and read by `literal-reader.ts`. OCB, and CFB
 * where there is no WebAssembly, are openpgp.js's from end to end.
 *
 * Only packets of the opener's own profile are opened. Attack: a list whose members chose version 2 for its authenticated
 * encryption is sent version 1, and every reader falls back without a word.
 *
 * @param message  whole, or in its two halves ({@link split}), which then are not copied into one
 * @param maxBytes the longest literal, after decompression. A key part of 30 kB could otherwise become 30 MB.
 * @returns the literal's bytes and its signatures, or `not-for-me` when no session key packet names one of its keys (for a
 *          secret: when the message is not under a secret at all). Anonymous recipients (key id 0) are not tried, also not
 *          beside named ones: trial decryption makes an oracle of whoever does it.
 * @throws ListSealError `damaged` (cut short, altered, not OpenPGP, or under another secret than was named), `too-large`
 *         (decompressed, or too many packets, also for one key), `unsupported-algorithm` (packets of the other profile, a cipher or
 *         AEAD that is not allowed, compression by BZip2), `key-locked`
 */
export async function openLayer(
  message: Uint8Array | SplitMessage,
  opener: Opener<Role>,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): Promise<OpenedLayer | "not-for-me"> {
  const halves = message instanceof Uint8Array ? split(message) : message;
  if (isSecret(opener)) {
    if (!isSecretSealed(halves)) return "not-for-me";
    assertOfProfile(halves, opener);
    return decryptWith(halves, { passwords: passphraseOf(opener), allowed: "aes256" }, maxBytes);
  }
  const { secret } = opener;
  const named = (await parse(halves.keyPacket)).getEncryptionKeyIDs();
  const mine = secret.getKeys().map((key) => key.getKeyID());
  // the library tries its key on every anonymous packet as soon as it may try it on one
  if (named.some((id) => /^0*$/.test(id.toHex()))) return "not-for-me";
  const forEach = mine.map((own) => named.filter((id) => own.equals(id)).length);
  if (forEach.every((count) => count === 0)) return "not-for-me";
  if (forEach.some((count) => count > MAX_PACKETS_FOR_ONE_KEY)) {
    throw new ProtocolError("too-large", "too many session key packets for one key");
  }
  assertOfProfile(halves, opener);
  if (!secret.isDecrypted()) throw new ProtocolError("key-locked", "the key is locked by a passphrase");
  const allowed = opener.role === "list" ? "aes256" : "aes";
  return decryptWith(halves, { decryptionKeys: secret, allowed }, maxBytes);
}

/** Versions of the packets of each profile: PKESK, SKESK, data packet (RFC 9580, 10.3.2.1). */
const versions = {
  compatible: { pkesk: 3, skesk: 4, data: 1 },
  rfc9580: { pkesk: 6, skesk: 6, data: 2 },
} as const;

/** @throws ListSealError `unsupported-algorithm` for a packet of the other profile; `damaged` for a data packet that is none */
function assertOfProfile({ keyPacket, dataPacket }: SplitMessage, opener: Opener<Role>): void {
  const wanted = versions[profileOf(opener)];
  const isOurs =
    dataPacketVersion(dataPacket) === wanted.data &&
    sessionKeyVersions(keyPacket).every(({ kind, version }) => version === wanted[kind]);
  if (!isOurs) throw new ProtocolError("unsupported-algorithm", "packets of the other profile");
}

type With = { readonly allowed: AllowedCiphers } & (
  | { readonly passwords: string }
  | { readonly decryptionKeys: PrivateKey }
);

async function decryptWith(
  halves: SplitMessage,
  { allowed, ...keys }: With,
  maxBytes: number,
): Promise<OpenedLayer> {
  try {
    const packets = await packetsInside(halves, keys, allowed, maxBytes);
    return await (packets === "unknown"
      ? byLibraryAlone(join(halves.keyPacket, halves.dataPacket), keys, maxBytes)
      : readInside(packets, maxBytes));
  } catch (cause) {
    throw cause instanceof ListSealError ? cause : asReadingError(cause);
  }
}

/** The packets inside the data packet, by whichever session key fits: two session key packets may hold different ones. */
async function packetsInside(
  halves: SplitMessage,
  keys: Omit<With, "allowed">,
  allowed: AllowedCiphers,
  maxBytes: number,
): Promise<PacketsInside> {
  const config = layerConfig(maxBytes);
  const found = await decryptSessionKeys({ message: await parse(halves.keyPacket), ...keys, config });
  let failure: unknown;
  for (const { data, algorithm } of found) {
    try {
      return await openDataPacket(halves.dataPacket, { data, algorithm }, allowed);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function byLibraryAlone(
  message: Uint8Array,
  keys: Omit<With, "allowed">,
  maxBytes: number,
): Promise<OpenedLayer> {
  const config = layerConfig(maxBytes);
  const result = await decrypt({ message: await parse(message), ...keys, format: "binary", config });
  assertSize(result.data, maxBytes, "the literal");
  const signatures = await Promise.all(result.signatures.map((each) => each.signature));
  return { literal: result.data, signatures };
}

async function parse(message: Uint8Array): Promise<Message<Uint8Array>> {
  try {
    return await readMessage({ binaryMessage: message, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("damaged", "not a readable OpenPGP message", { cause });
  }
}

/** openpgp.js tells its failures apart by text only. QUIRK: seen in 6.3.2; anything unknown counts as damage. */
function asReadingError(cause: unknown): ListSealError {
  const text = cause instanceof Error ? cause.message : "";
  if (/maximum decompressed|size exceed/i.test(text)) {
    return new ProtocolError("too-large", "the message is too large after decompression", { cause });
  }
  return new ProtocolError("damaged", "the message was cut short or altered", { cause });
}
