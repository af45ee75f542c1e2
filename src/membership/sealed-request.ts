/**
 * A signed command on its way: sealed to the list's server key, so that the wire does not learn what is asked for.
 *
 *     gpg --sign ... | gpg --encrypt --recipient SERVER-KEY
 *
 * The two layers are apart: what is inside is the very text that was signed, and can be kept as the command's proof.
 */
import { createMessage, encrypt } from "openpgp";
import { ListSealError } from "../protocol/errors.js";
import type { OpeningKey, SealingKey } from "../protocol/keys.js";
import { sealingConfig } from "../protocol/policy.js";
import { openLayer } from "../protocol/unseal.js";
import { MAX_REQUEST_BYTES } from "./signed-request.js";

/** Media type of the one part of a mail to `<list>-request` that holds a sealed command. */
export const requestType = "application/vnd.listseal.request";

/** Seals an armored signed command (`signRequest`) for the server; binary OpenPGP. */
export async function sealRequest(armored: string, server: SealingKey<"server">): Promise<Uint8Array> {
  const result: unknown = await encrypt({
    message: await createMessage({ binary: new TextEncoder().encode(armored), filename: "" }),
    encryptionKeys: server.certificate,
    format: "binary",
    config: sealingConfig("compatible", 0),
  });
  if (!(result instanceof Uint8Array)) throw new ListSealError("damaged", "a command that is not bytes");
  return result;
}

/**
 * Opens a sealed command. Whether its signature is good is `readRequest`'s to say.
 *
 * @returns the armored signed command
 * @throws ListSealError `too-large`, `damaged`, `wrong-list` (sealed to another server key), `wrong-kind` (signed outside)
 */
export async function openRequest(sealed: Uint8Array, server: OpeningKey<"server">): Promise<string> {
  if (sealed.length > MAX_REQUEST_BYTES) throw new ListSealError("too-large", "too large for a command");
  const layer = await openLayer(sealed, server);
  if (layer === "not-for-me") throw new ListSealError("wrong-list", "not sealed to this list's server key");
  if (layer.signatures.length > 0) throw new ListSealError("wrong-kind", "signed outside of the seal");
  return new TextDecoder().decode(layer.literal);
}
