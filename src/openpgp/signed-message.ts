/** A signed message in clear: one-pass signature, literal, signature. `gpg --verify` and `gpg -d` read it. */
import { createMessage, type MaybeStream, readMessage, sign, verify } from "openpgp";
import { ProtocolError } from "./errors.js";
import { type OpeningKey, profileOfKey, type Role } from "./keys.js";
import { configFor, MAX_PAYLOAD_BYTES, readingConfig } from "./policy.js";
import type { DetachedSignature, Notation } from "./signature.js";

/** Writes `bytes` with a signature of `key`, binary. @param key unlocked */
export async function writeSignedMessage(
  bytes: Uint8Array,
  key: OpeningKey<Role>,
  notations: readonly Notation[],
  date: Date,
): Promise<Uint8Array> {
  const message: MaybeStream<Uint8Array> = await sign({
    message: await createMessage({ binary: bytes, filename: "", date }),
    signingKeys: key.secret,
    signatureNotations: [...notations],
    format: "binary",
    date,
    config: configFor(profileOfKey(key)),
  });
  return message;
}

/** A signed message taken apart. The signatures say nothing yet. */
export interface SignedMessage {
  readonly bytes: Uint8Array;
  readonly signatures: readonly DetachedSignature[];
}

/**
 * Takes a signed message apart.
 *
 * @param source   binary or armored
 * @param maxBytes the longest content after decompression
 * @throws ListSealError `damaged`
 */
export async function readSignedMessage(
  source: Uint8Array | string,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): Promise<SignedMessage> {
  const config = { ...readingConfig, maxDecompressedMessageSize: maxBytes };
  try {
    const message =
      typeof source === "string"
        ? await readMessage({ armoredMessage: source, config })
        : await readMessage({ binaryMessage: new Uint8Array(source), config });
    // without keys: which one made the signature is the caller's to find
    const { data, signatures } = await verify({ message, verificationKeys: [], format: "binary", config });
    const bytes: unknown = data;
    if (!(bytes instanceof Uint8Array)) throw new Error("not bytes");
    return { bytes, signatures: await Promise.all(signatures.map((each) => each.signature)) };
  } catch (cause) {
    throw new ProtocolError("damaged", "not an OpenPGP signed message", { cause });
  }
}
