/** ASCII armor (RFC 9580, 6) around bytes that nobody looks at. Keys armor themselves: `keys.ts`. */
import { armor, enums, unarmor } from "openpgp";
import { ProtocolError } from "./errors.js";
import { readHeader } from "./packets.js";
import { fullReadingConfig } from "./policy.js";
import type { Profile } from "./profiles.js";

/*
 * QUIRK: GnuPG 2.2.40 reads a block without its checksum as if the last line were data, whenever the length of what is in it can be
 * divided by three: it says "invalid radix64 character" and ends with 2. So what GnuPG may get has the checksum (RFC 9580, 6.1,
 * allows it for what older software reads); what only newer software can read has none.
 */

/** Armor of an encrypted or signed message. */
export function armorMessage(message: Uint8Array, profile: Profile): string {
  return armor(enums.armor.message, message, undefined, undefined, undefined, profile === "compatible");
}

/** Armor of a certificate, whatever is in it. @throws ListSealError `damaged` for what does not begin with a packet */
export function armorCertificate(certificate: Uint8Array): string {
  const isV6 = certificate[readHeader(certificate, 0).start] === 6;
  return armor(enums.armor.publicKey, certificate, undefined, undefined, undefined, !isV6);
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
