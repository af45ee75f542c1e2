/**
 * Opening one OpenPGP layer with one key: what server and member have in common.
 *
 * It decrypts and hands out the signatures unverified; who made them is not known at this point. The server opens the
 * outer layer with it and nothing else can be opened with a server key; the inner layer is `open.ts`.
 */
import {
  decrypt,
  type MaybeStream,
  type Message,
  type PrivateKey,
  readMessage,
  type Signature,
  type WebStream,
} from "openpgp";
import { ListSealError } from "./errors.js";
import type { Role } from "./keys.js";
import { isSecretSealed, join, type SplitMessage, split } from "./packets.js";
import { assertSize, layerConfig, MAX_PAYLOAD_BYTES, readingConfig } from "./policy.js";
import { isSecret, type Opener, passphraseOf } from "./secrets.js";

/** An opened layer. The signatures say nothing yet: `binding.ts` verifies them. */
export interface OpenedLayer {
  readonly literal: Uint8Array;
  readonly signatures: readonly Signature[];
}

/**
 * Messages above this go through the library as a stream: that halves the memory that a large one takes. Smaller ones
 * don't: a stream costs some milliseconds whatever its length.
 */
const STREAM_ABOVE_BYTES = 1_000_000;
/** Octets given to the library at a time: views on the message, not copies. */
const SLICE_BYTES = 256 * 1024;

/**
 * Opens `message` with one key or one shared secret. A message in two halves need not be joined for it.
 *
 * Large messages are streamed through, but nothing comes out of this function before all of it has been read and its
 * integrity is known.
 *
 * @param maxBytes the longest literal, after decompression. A key part of 30 kB could otherwise become 30 MB.
 * @returns the literal's bytes and its signatures, or `not-for-me` when no session key packet names one of its keys (for a
 *          secret: when the message is not under a secret at all). Anonymous recipients (key id 0) are not tried, also not
 *          beside named ones: trial decryption makes an oracle of whoever does it.
 * @throws ListSealError `damaged` (cut short, altered, not OpenPGP, or under another secret than was named), `too-large`
 *         (decompressed, or too many session key packets), `key-locked`
 */
export async function openLayer(
  message: Uint8Array | SplitMessage,
  opener: Opener<Role>,
  maxBytes: number = MAX_PAYLOAD_BYTES,
): Promise<OpenedLayer | "not-for-me"> {
  // counts the session key packets before the library sees them; halves were checked when they were split
  if (message instanceof Uint8Array) split(message);
  if (isSecret(opener)) {
    const bytes = message instanceof Uint8Array ? message : join(message.keyPacket, message.dataPacket);
    if (!isSecretSealed(bytes)) return "not-for-me";
    return decryptWith({ message: await parse([bytes]), passwords: passphraseOf(opener) }, maxBytes);
  }
  const { secret } = opener;
  const parsed = await parse(
    message instanceof Uint8Array ? [message] : [message.keyPacket, message.dataPacket],
  );
  const named = parsed.getEncryptionKeyIDs();
  const mine = secret.getKeys().map((key) => key.getKeyID());
  // the library tries its key on every anonymous packet as soon as it may try it on one
  if (named.some((id) => /^0*$/.test(id.toHex()))) return "not-for-me";
  if (!named.some((id) => mine.some((own) => own.equals(id)))) return "not-for-me";
  if (!secret.isDecrypted()) throw new ListSealError("key-locked", "the key is locked by a passphrase");
  return decryptWith({ message: parsed, decryptionKeys: secret }, maxBytes);
}

type Parsed = Message<Uint8Array> | Message<ReadableStream<Uint8Array>>;

async function decryptWith(
  options: { readonly message: Parsed } & (
    | { readonly passwords: string }
    | { readonly decryptionKeys: PrivateKey }
  ),
  maxBytes: number,
): Promise<OpenedLayer> {
  try {
    const result = await decrypt({ ...options, format: "binary", config: layerConfig(maxBytes) });
    // verified elsewhere, by a key that is not known yet; here it must only not be an unhandled rejection
    for (const { verified } of result.signatures) verified.catch(() => undefined);
    const data: MaybeStream<Uint8Array> = result.data;
    const literal = data instanceof Uint8Array ? data : await collect(data, maxBytes);
    assertSize(literal, maxBytes, "the literal");
    const signatures = await Promise.all(result.signatures.map((each) => each.signature));
    return { literal, signatures };
  } catch (cause) {
    throw cause instanceof ListSealError ? cause : asReadingError(cause);
  }
}

async function parse(pieces: readonly Uint8Array[]): Promise<Parsed> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const [first] = pieces;
  const small = pieces.length === 1 && first !== undefined ? first : undefined;
  try {
    return length > STREAM_ABOVE_BYTES
      ? await readMessage({ binaryMessage: streamOf(pieces), config: readingConfig })
      : await readMessage({ binaryMessage: small ?? concatenate(pieces, length), config: readingConfig });
  } catch (cause) {
    throw new ListSealError("damaged", "not a readable OpenPGP message", { cause });
  }
}

/** The pieces as a stream of views; each is made when the reader asks for it. */
function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  const views = (function* () {
    for (const piece of pieces) {
      for (let at = 0; at < piece.length; at += SLICE_BYTES) yield piece.subarray(at, at + SLICE_BYTES);
    }
  })();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const next = views.next();
        if (next.done) controller.close();
        else controller.enqueue(next.value);
      },
    },
    { highWaterMark: 0 },
  );
}

/** Reads a stream to its end. @throws what the stream ends with: then nothing of it is handed out */
async function collect(stream: WebStream<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      throw new ListSealError("too-large", "the message is too large after decompression");
    }
  }
  return concatenate(chunks, length);
}

function concatenate(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/** openpgp.js tells its failures apart by text only. QUIRK: seen in 6.3.2; anything unknown counts as damage. */
function asReadingError(cause: unknown): ListSealError {
  const text = cause instanceof Error ? cause.message : "";
  if (/maximum decompressed|size exceed/i.test(text)) {
    return new ListSealError("too-large", "the message is too large after decompression", { cause });
  }
  return new ListSealError("damaged", "the message was cut short or altered", { cause });
}
