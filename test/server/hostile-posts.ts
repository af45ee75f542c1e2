/** Submissions that the add-on would never make, by somebody who holds real keys. */
import { config, createMessage, encrypt, enums, readKey, SecretKeyPacket, SignaturePacket } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import { sha256 } from "../../src/openpgp/digest.js";
import { generateKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { split } from "../../src/openpgp/packets.js";
import { listValue, signBinding } from "../../src/protocol/binding.js";
import { loadServerKey } from "../../src/server/store/server-keys.js";
import type { Person, PlayList, PlayServer, SealedPost } from "./play-server.js";

/** What the server opens: a key packet, and the body that belongs to it. */
export interface Halves {
  readonly keyPacket: Uint8Array;
  readonly body: Uint8Array;
}

/** The halves of a captured post, as a member with their own copy has them. */
export async function halvesOf(server: PlayServer, list: PlayList, post: SealedPost): Promise<Halves> {
  if (post.sealed.mode !== "key") throw new Error("mode key is wanted");
  const layer = await openLayer(post.sealed.key, await loadServerKey(server.folder, list.list));
  if (layer === "not-for-me") throw new Error("not for the server");
  return { keyPacket: layer.literal, body: post.sealed.body };
}

/** The halves of anything, encrypted to the list key without a signature. */
export async function halvesOfText(list: PlayList, text: string): Promise<Halves> {
  const { keyPacket, dataPacket } = split(
    await encrypt({
      message: await createMessage({ binary: Buffer.from(text) }),
      encryptionKeys: sealingHalf(list.key).certificate,
      format: "binary",
    }),
  );
  return { keyPacket, body: dataPacket };
}

/** What a hostile signature says. */
export interface Claim {
  readonly messageId: string;
  readonly date?: Date;
  /** More notations, or other values than the true ones; `undefined` leaves one out. */
  readonly says?: Readonly<Record<string, string | undefined>>;
}

/** A submission of `halves` under the outer signature of `signer`, in a mail of theirs. */
export async function submissionBy(
  signer: Person,
  list: PlayList,
  halves: Halves,
  { messageId, date = new Date(), says = {} }: Claim,
): Promise<Uint8Array> {
  const signature = await signBinding(
    halves.keyPacket,
    signer.key,
    {
      kind: "submit",
      list: listValue(list.address, list.key.fingerprint),
      msgid: messageId,
      "body-sha256": await sha256(halves.body),
      ...says,
    },
    [],
    date,
  );
  const key = await encrypt({
    message: await createMessage({ binary: halves.keyPacket }),
    encryptionKeys: list.server.certificate,
    signature,
    format: "binary",
  });
  return writeSubmission({
    from: { address: parseAddress(signer.address) },
    list: parseAddress(list.address),
    date,
    messageId: "<outer@people.test>",
    sealed: { mode: "key", key, body: halves.body },
  });
}

/**
 * The list key's encryption subkey under a fresh primary key: another certificate with another fingerprint, which opens
 * the same mail.
 */
export async function underAnotherPrimary(list: PlayList, address: string): Promise<Uint8Array> {
  const fresh = await generateKey("list", { address, profile: "compatible" });
  const primary = fresh.secret.keyPacket;
  const certificate = await readKey({ binaryKey: writeSealingKey(sealingHalf(fresh)) });
  const [stolen] = (await readKey({ binaryKey: writeSealingKey(sealingHalf(list.key)) })).subkeys;
  if (stolen === undefined || !(primary instanceof SecretKeyPacket)) throw new Error("keys are missing");
  const binding = new SignaturePacket();
  binding.signatureType = enums.signature.subkeyBinding;
  binding.publicKeyAlgorithm = primary.algorithm;
  binding.hashAlgorithm = enums.hash.sha256;
  binding.keyFlags = new Uint8Array([enums.keyFlags.encryptCommunication | enums.keyFlags.encryptStorage]);
  const bound = { key: certificate.keyPacket, bind: stolen.keyPacket };
  // QUIRK: openpgp.js 6.3.2 declares four parameters and reads a fifth
  await Reflect.apply(binding.sign, binding, [primary, bound, new Date(), false, config]);
  stolen.bindingSignatures = [binding];
  certificate.subkeys = [stolen];
  return certificate.write();
}
