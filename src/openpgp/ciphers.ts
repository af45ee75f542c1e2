import type { SessionKey } from "openpgp";
import type { Profile } from "./profiles.js";

/** The ciphers of session keys (RFC 9580, 9.3), by openpgp.js's names: AES in its three lengths. */
export const ciphers = {
  aes128: { id: 7, octets: 16 },
  aes192: { id: 8, octets: 24 },
  aes256: { id: 9, octets: 32 },
} as const;

/** A cipher that we read and write. */
export type CipherName = keyof typeof ciphers;

/** How a data packet is encrypted. */
export interface CipherSuite {
  /** 1: CFB with a modification detection code, behind a PKESK v3 or SKESK v4. 2: GCM in chunks, behind version 6 of these. */
  readonly version: 1 | 2;
  readonly cipher: CipherName;
}

/**
 * A session key of openpgp.js's choice with the AEAD that the profile has: none in `compatible`.
 *
 * QUIRK: openpgp.js 6.3.2 goes by the features that the recipients' keys name, whatever its configuration says, so a version 4 key
 * that names version 2 of the data packet would get what its list's readers refuse.
 */
export function inProfile({ aeadAlgorithm, ...key }: SessionKey, profile: Profile): SessionKey {
  return profile === "compatible" ? key : { ...key, aeadAlgorithm: aeadAlgorithm ?? "gcm" };
}

/**
 * The suite that openpgp.js has chosen for some recipients, from their preferences.
 * @returns undefined for one that is openpgp.js's to write: other ciphers, and OCB
 */
export function suiteOf(algorithm: string, aeadAlgorithm: string | undefined): CipherSuite | undefined {
  const cipher = cipherNames.find((name) => name === algorithm);
  if (cipher === undefined || (aeadAlgorithm !== undefined && aeadAlgorithm !== "gcm")) return undefined;
  return { version: aeadAlgorithm === undefined ? 1 : 2, cipher };
}

const cipherNames = ["aes128", "aes192", "aes256"] as const satisfies readonly CipherName[];
