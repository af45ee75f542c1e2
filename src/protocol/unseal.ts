/**
 * Opening one OpenPGP layer with one key: what server and member have in common.
 *
 * It decrypts and hands out the signatures unverified; who made them is not known at this point. The server opens the
 * outer layer with it and nothing else can be opened with a server key; the inner layer is `open.ts`.
 */
import { decrypt, type Message, type PrivateKey, readMessage, type Signature } from "openpgp";
import { ListSealError } from "./errors.js";
import type { Role } from "./keys.js";
import { isSecretSealed, split } from "./packets.js";
import { assertSize, layerConfig, MAX_PAYLOAD_BYTES, readingConfig } from "./policy.js";
import { isSecret, type Opener, passphraseOf } from "./secrets.js";

/** An opened layer. The signatures say nothing yet: `binding.ts` verifies them. */
export interface OpenedLayer {
  readonly literal: Uint8Array;
  readonly signatures: readonly Signature[];
}

/**
 * Opens `message` with one key or one shared secret.
 *
 * Not as a stream, large ones neither: measured with openpgp.js 6.3.2 at 25 MB, a stream takes about twice the processor
 * time and hardly less memory (6 times the payload instead of 6.5 with GCM, no less with CFB).
 *
 * @param maxBytes the longest literal, after decompression. A key part of 30 kB could otherwise become 30 MB.
 * @returns the literal's bytes and its signatures, or `not-for-me` when no session key packet names one of its keys (for a
 *          secret: when the message is not under a secret at all). Anonymous recipients (key id 0) are not tried, also not
 *          beside named ones: trial decryption makes an oracle of whoever does it.
 * @throws ListSealError `damaged` (cut short, altered, not OpenPGP, or under another secret than was named), `too-large`
 *         (decompressed, or too many session key packets), `key-locked`
 */
export async function openLayer(
  message: Uint8Array,
  opener: Opener<Role>,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): Promise<OpenedLayer | "not-for-me"> {
  split(message);
  if (isSecret(opener)) {
    if (!isSecretSealed(message)) return "not-for-me";
    return decryptWith({ message: await parse(message), passwords: passphraseOf(opener) }, maxBytes);
  }
  const { secret } = opener;
  const parsed = await parse(message);
  const named = parsed.getEncryptionKeyIDs();
  const mine = secret.getKeys().map((key) => key.getKeyID());
  // the library tries its key on every anonymous packet as soon as it may try it on one
  if (named.some((id) => /^0*$/.test(id.toHex()))) return "not-for-me";
  if (!named.some((id) => mine.some((own) => own.equals(id)))) return "not-for-me";
  if (!secret.isDecrypted()) throw new ListSealError("key-locked", "the key is locked by a passphrase");
  return decryptWith({ message: parsed, decryptionKeys: secret }, maxBytes);
}

async function decryptWith(
  options: { readonly message: Message<Uint8Array> } & (
    | { readonly passwords: string }
    | { readonly decryptionKeys: PrivateKey }
  ),
  maxBytes: number,
): Promise<OpenedLayer> {
  try {
    const result = await decrypt({ ...options, format: "binary", config: layerConfig(maxBytes) });
    assertSize(result.data, maxBytes, "the literal");
    const signatures = await Promise.all(result.signatures.map((each) => each.signature));
    return { literal: result.data, signatures };
  } catch (cause) {
    throw cause instanceof ListSealError ? cause : asReadingError(cause);
  }
}

async function parse(message: Uint8Array): Promise<Message<Uint8Array>> {
  try {
    return await readMessage({ binaryMessage: message, config: readingConfig });
  } catch (cause) {
    throw new ListSealError("damaged", "not a readable OpenPGP message", { cause });
  }
}

/** openpgp.js tells its failures apart by text only. QUIRK: seen in 6.3.2; anything unknown counts as damage. */
function asReadingError(cause: unknown): ListSealError {
  const text = cause instanceof Error ? cause.message : "";
  if (/maximum decompressed|size exceed/i.test(text)) {
    return new ListSealError("too-large", "the message is too large after decompression", { cause });
  }
  return new ListSealError("damaged", "the message was cut short or altered", { cause });
}
