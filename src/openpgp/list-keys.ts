/**
 * A list's key, of either kind (seed [0010]): a `pair`, whose public half anybody may seal with, or a `secret`, which seals and
 * opens alike and is therefore the members' alone. Which it is, is decided when the list is founded and stays so.
 *
 * Both are one type each: {@link Opener} for those who have it, {@link ListName} for the server, which has the public half of a
 * pair and of a secret nothing but its id. What is kept of them is octets of one of two forms that can't be taken for each other:
 * OpenPGP, whose first octet has its highest bit set, or hexadecimal digits.
 */
import { ProtocolError } from "./errors.js";
import {
  type Fingerprint,
  generateKey,
  parseFingerprint,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  sealingHalf,
  writeOpeningKey,
  writeSealingKey,
} from "./keys.js";
import type { Profile } from "./profiles.js";
import {
  generateSecret,
  isSecret,
  isSecretId,
  type ListName,
  nameOf,
  type Opener,
  passphraseOf,
  readSecret,
  type Sealer,
  type SecretId,
  type SharedSecret,
} from "./secrets.js";

/** The two kinds of list keys. */
export const listKeyKinds = ["pair", "secret"] as const;
export type ListKeyKind = (typeof listKeyKinds)[number];

/** What a list key is called wherever it is named: the fingerprint of a pair, the id of a secret. */
export type ListKeyId = Fingerprint | SecretId;

/** Reads a list key's id. @throws ListSealError `key-damaged` for anything else */
export function parseListKeyId(text: string): ListKeyId {
  return isSecretId(text) ? text : parseFingerprint(text);
}

/** The kind of the list key that has this id: the two have different lengths. */
export function listKeyKindOf(id: string): ListKeyKind {
  return isSecretId(id) ? "secret" : "pair";
}

/** Makes a list key. @param address the list's; a pair names it */
export function generateListKey(
  kind: ListKeyKind,
  { address, profile }: { readonly address: string; readonly profile: Profile },
): Promise<Opener<"list">> {
  return kind === "pair" ? generateKey("list", { address, profile }) : generateSecret("list", profile);
}

/** What seals for the list, for whoever opens for it. */
export function listSealer(key: Opener<"list">): Sealer<"list"> {
  return isSecret(key) ? key : sealingHalf(key);
}

/** What the server may have of a list key. */
export function listNameOf(key: Opener<"list">): ListName {
  return isSecret(key) ? nameOf(key) : sealingHalf(key);
}

const DIGITS_OF_SECRET = 64;

/** A secret in the 64 lower-case hex digits that are its passphrase (FORMAT, 10). @throws ListSealError `key-damaged` */
export function readListSecret(text: string, profile: Profile): Promise<SharedSecret<"list">> {
  const digits = text.match(/../g) ?? [];
  if (text.length !== DIGITS_OF_SECRET || !/^[0-9a-f]+$/.test(text))
    throw new ProtocolError("key-damaged", "a list's secret must be 64 hex digits");
  return readSecret(
    "list",
    profile,
    Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16)),
  );
}

/** OpenPGP packets begin with this bit; digits don't. */
const PACKET_BIT = 0x80;

const isDigits = (octets: Uint8Array): boolean => ((octets[0] ?? 0) & PACKET_BIT) === 0;

/** Whether what {@link writeListOpener} or {@link writeListName} gave is of a secret. */
export const listKeyKindIn = (octets: Uint8Array): ListKeyKind => (isDigits(octets) ? "secret" : "pair");

/** A list key as it is kept by whoever opens with it. @throws ListSealError `key-locked` */
export function writeListOpener(key: Opener<"list">): Promise<Uint8Array> {
  return isSecret(key) ? Promise.resolve(new TextEncoder().encode(passphraseOf(key))) : writeOpeningKey(key);
}

/**
 * The inverse of {@link writeListOpener}.
 * @param profile the list's, which a secret does not say
 * @throws ListSealError `key-damaged`, `key-locked`, `wrong-role`
 */
export function readListOpener(octets: Uint8Array, profile: Profile): Promise<Opener<"list">> {
  return isDigits(octets)
    ? readListSecret(new TextDecoder().decode(octets), profile)
    : readOpeningKey("list", octets);
}

/** What the server is given of a list key, and keeps: the certificate, or the secret's id in hex. */
export function writeListName(key: ListName): Uint8Array {
  return "certificate" in key ? writeSealingKey(key) : new TextEncoder().encode(key.fingerprint);
}

/** The name of a secret from its id. @throws ListSealError `key-damaged` */
export function listSecretName(id: string, profile: Profile): ListName {
  if (!isSecretId(id)) throw new ProtocolError("key-damaged", "a secret's id must be 32 hex digits");
  return { role: "list", profile, fingerprint: id };
}

/** {@link readListName} without asking whether the certificate can be used today: it may have run out since. */
export async function parseListName(octets: Uint8Array, profile: Profile): Promise<ListName> {
  return isDigits(octets)
    ? listSecretName(new TextDecoder().decode(octets), profile)
    : parseSealingKey("list", octets);
}

/** The id of the list key that {@link writeListName} gave. @throws ListSealError `key-damaged`, `wrong-role` */
export async function listKeyIdIn(octets: Uint8Array): Promise<ListKeyId> {
  // the profile is no part of an id
  return (await parseListName(octets, "compatible")).fingerprint;
}

/**
 * The inverse of {@link writeListName}.
 * @param profile the list's, which a secret's id does not say
 * @throws ListSealError `key-damaged`, `wrong-role`, `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
 */
export async function readListName(octets: Uint8Array, profile: Profile, now?: Date): Promise<ListName> {
  return isDigits(octets)
    ? listSecretName(new TextDecoder().decode(octets), profile)
    : readSealingKey("list", octets, now);
}
