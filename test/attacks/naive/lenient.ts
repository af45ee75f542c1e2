/** What somebody writes who trusts a library's defaults: the blocks of the naive server and the naive reader. */
import {
  createMessage,
  decrypt,
  type PublicKey,
  type RawNotation,
  readMessage,
  type Signature,
  type SignaturePacket,
  verify,
} from "openpgp";
import type { OpeningKey, Role } from "../../../src/openpgp/keys.js";
import { verificationDate } from "../../../src/openpgp/policy.js";

/** An opened layer, as `open-layer.ts` gives it. */
export interface LenientLayer {
  readonly literal: Uint8Array;
  readonly signatures: readonly Signature[];
}

/** Tries every key on every session key packet, anonymous ones too, with the library's own limits (none). */
export async function openWithAny(
  message: Uint8Array,
  ring: readonly OpeningKey<Role>[],
): Promise<LenientLayer> {
  const result = await decrypt({
    message: await readMessage({ binaryMessage: message }),
    decryptionKeys: ring.map((key) => key.secret),
    format: "binary",
  });
  return {
    literal: result.data,
    signatures: await Promise.all(result.signatures.map((each) => each.signature)),
  };
}

/** The first of `signatures` that one of `certificates` made, whatever stands beside it; undefined if there is none. */
export async function anyGoodSignature(
  data: Uint8Array,
  signatures: readonly Signature[],
  certificates: readonly PublicKey[],
  now: Date,
): Promise<{ readonly by: PublicKey; readonly packet: SignaturePacket } | undefined> {
  for (const signature of signatures) {
    const [packet] = signature.packets;
    for (const by of certificates) {
      const { signatures: results } = await verify({
        message: await createMessage({ binary: data }),
        signature,
        verificationKeys: by,
        date: verificationDate(now),
      });
      const good = await Promise.all(results.map((result) => result.verified.catch(() => false)));
      if (packet !== undefined && good.some(Boolean)) return { by, packet };
    }
  }
  return undefined;
}

/** The notation `name` of whatever version and kind; the last one wins, as in the library's own `notations` object. */
export function lastNotation(said: readonly RawNotation[] | undefined, name: string): string {
  const found = said?.filter((notation) => notation.name.startsWith(`${name}@`)).at(-1);
  return found === undefined ? "" : new TextDecoder().decode(found.value);
}

/** The notation `name` wherever it stands in a signature packet: also in the part that the signature is not over. */
export function notationAnywhere(packet: SignaturePacket, name: string): string | undefined {
  const octets = Buffer.from(packet.write());
  const at = octets.indexOf(`${name}@v1.listseal.example`);
  if (at < 0) return undefined;
  // RFC 9580, 5.2.3.24: lengths of name and value in front of them
  const [nameLength, valueLength] = [octets.readUInt16BE(at - 4), octets.readUInt16BE(at - 2)];
  return octets.toString("utf8", at + nameLength, at + nameLength + valueLength);
}

/** Octets in each piece of the mail that {@link shownAsItComes} is given. */
const PIECE = 500;

/** What a program has shown by the time that a message ends or breaks off, if it shows each octet as soon as it is there. */
export async function shownAsItComes(message: Uint8Array, key: OpeningKey<Role>): Promise<string> {
  let at = 0;
  const arriving = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= message.length) return controller.close();
      controller.enqueue(message.subarray(at, at + PIECE));
      at += PIECE;
    },
  });
  const { data } = await decrypt({
    message: await readMessage({ binaryMessage: arriving }),
    decryptionKeys: key.secret,
    format: "binary",
    config: { allowUnauthenticatedStream: true },
  });
  const decoder = new TextDecoder();
  let shown = "";
  const reader = data.getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      shown += decoder.decode(read.value, { stream: true });
    }
  } catch {
    // too late: it has been shown
  }
  return shown;
}
