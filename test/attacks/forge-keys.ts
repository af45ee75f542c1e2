/** Certificates that nobody's software would make: keys borrowed from others and bound under one's own. */
import {
  type Config,
  config as defaults,
  enums,
  PacketList,
  type PublicKey,
  type PublicSubkeyPacket,
  readKey,
  SecretKeyPacket,
  SignaturePacket,
} from "openpgp";
import { configFor } from "../../src/openpgp/policy.js";
import type { OpeningKey, Role } from "../../src/protocol/index.js";

interface Bound {
  readonly key: SecretKeyPacket;
  readonly bind: PublicSubkeyPacket;
}

// QUIRK: openpgp 6.3.2 declares `sign` for bytes only, without the configuration that it needs at run time
declare module "openpgp" {
  interface SignaturePacket {
    sign(key: SecretKeyPacket, over: Bound, date: Date, detached: false, config: Config): Promise<void>;
  }
}

/**
 * `own` with somebody else's `subkey` bound to it, for encryption or for signing. Its holder never agreed: for a signing
 * subkey their own signature is missing in it (RFC 9580, 10.1.5), an encryption subkey needs none.
 */
export async function withBorrowedSubkey(
  own: OpeningKey<Role>,
  subkey: PublicSubkeyPacket,
  use: "encrypt" | "sign",
): Promise<PublicKey> {
  const { keyPacket } = own.secret;
  if (!(keyPacket instanceof SecretKeyPacket)) throw new Error("no secret key");
  const binding = new SignaturePacket();
  binding.signatureType = enums.signature.subkeyBinding;
  binding.publicKeyAlgorithm = keyPacket.algorithm;
  binding.hashAlgorithm = enums.hash.sha512;
  binding.keyFlags = Uint8Array.of(
    use === "encrypt"
      ? enums.keyFlags.encryptCommunication | enums.keyFlags.encryptStorage
      : enums.keyFlags.signData,
  );
  await binding.sign(keyPacket, { key: keyPacket, bind: subkey }, new Date(), false, {
    ...defaults,
    ...configFor("compatible"),
  });
  const packets = new PacketList();
  for (const packet of own.secret.toPublic().toPacketList()) {
    // everything before one's own first subkey
    if (packet.constructor === subkey.constructor) break;
    packets.push(packet);
  }
  packets.push(subkey, binding);
  return readKey({ binaryKey: packets.write() });
}
