/**
 * A profile is fixed when the list key is made. Apart from the policy, which loads openpgp.js: whoever knows only the word does not.
 * - `compatible`: v4 keys on curve25519Legacy, SEIPDv1. GnuPG 2.2, Sequoia and RNP read it.
 * - `rfc9580`: v6 keys, SEIPDv2 with AES-256-GCM. For lists whose members all use this software.
 */
export const profiles = ["compatible", "rfc9580"] as const;
export type Profile = (typeof profiles)[number];
