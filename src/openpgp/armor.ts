/** ASCII armor (RFC 9580, 6) around bytes that nobody looks at. Keys armor themselves: `keys.ts`. */
import { armor, enums, unarmor } from "openpgp";
import { ProtocolError } from "./errors.js";
import { fullReadingConfig } from "./policy.js";

/** Armor of an encrypted or signed message. */
export function armorMessage(message: Uint8Array): string {
  return armor(enums.armor.message, message);
}

/** Armor of a certificate, whatever is in it. */
export function armorCertificate(certificate: Uint8Array): string {
  return armor(enums.armor.publicKey, certificate);
}

/** The bytes of one armored certificate, whatever is in it. @throws ListSealError `damaged` */
export async function unarmorCertificate(text: string): Promise<Uint8Array> {
  try {
    const { data, type } = await unarmor(text, fullReadingConfig());
    if (type !== enums.armor.publicKey || !(data instanceof Uint8Array)) throw new Error("not a certificate");
    return data;
  } catch (cause) {
    throw new ProtocolError("damaged", "not an armored certificate", { cause });
  }
}
