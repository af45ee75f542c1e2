/**
 * Keys and their roles.
 *
 * A role is part of the type: a list key where a server key is wanted does not compile. The same is checked at run
 * time on every key that comes from outside, by its User ID: list and server keys carry a User ID that says what they
 * are (`ListSeal list key <team@lists.example>`), so that gpg shows it too, and a member key never does.
 *
 * `SealingKey` is the public half (encrypts, verifies); `OpeningKey` is the secret half (decrypts, signs).
 */

import {
  decryptKey,
  encryptKey,
  enums,
  generateKey as generateOpenPgpKey,
  type Key,
  PrivateKey,
  type PublicKey,
  readKey,
  readKeys,
  readPrivateKey,
  SignaturePacket,
} from "openpgp";
import { ProtocolError } from "./errors.js";
import { configFor, fullReadingConfig, readingConfig } from "./policy.js";
import type { Profile } from "./profiles.js";

export type { Profile } from "./profiles.js";

/**
 * What a key is for. `introduction` is the one-time key of an invitation: it certifies one member key and seals nothing.
 */
export type Role = "list" | "server" | "member" | "introduction";

declare const fingerprintBrand: unique symbol;

/** A certificate's primary fingerprint in lower-case hex: 40 digits (v4) or 64 (v6). Made only by this file. */
export type Fingerprint = string & { readonly [fingerprintBrand]: true };

/** A certificate, of whatever role. Other floors pass it on, and ask this one about it. */
export type Certificate = PublicKey;

/** The public half of a key with its role. */
export interface SealingKey<R extends Role> {
  readonly role: R;
  readonly fingerprint: Fingerprint;
  readonly certificate: PublicKey;
}

/** The secret half, unlocked and ready to use. It never leaves the process that read it. */
export interface OpeningKey<R extends Role> {
  readonly role: R;
  readonly fingerprint: Fingerprint;
  readonly secret: PrivateKey;
}

/** The User ID names that say a role; members and introductions carry a person's. */
const userIdNames = { list: "ListSeal list key", server: "ListSeal server key" } as const;
type NamedRole = keyof typeof userIdNames;
const namedRoles = ["list", "server"] as const satisfies readonly NamedRole[];

/** Parses 40 or 64 hex digits in any case. @throws ListSealError `key-damaged` for anything else. */
export function parseFingerprint(text: string): Fingerprint {
  const lower = text.toLowerCase();
  if (!isFingerprint(lower)) throw new ProtocolError("key-damaged", "not a fingerprint");
  return lower;
}

function isFingerprint(text: string): text is Fingerprint {
  return /^([0-9a-f]{40}|[0-9a-f]{64})$/.test(text);
}

/** What a key of a profile is, for openpgp.js. */
export const keyType = (profile: Profile) =>
  profile === "compatible"
    ? // QUIRK: v4 with the new algorithm ids 25/27 can't be imported by GnuPG 2.2 and sq 0.27
      ({ type: "ecc", curve: "curve25519Legacy" } as const)
    : ({ type: "curve25519" } as const);

/** Keys are dated this much back: a signature of the first second must not be older than its key on a slower clock. */
const BACKDATE_MS = 60_000;

interface NewKey {
  readonly profile: Profile;
  /** Creation time; one minute ago if absent. */
  readonly date?: Date;
  /** Validity in seconds from the creation time; unlimited if absent. */
  readonly expiresInSeconds?: number;
}

async function generate<R extends Role>(
  role: R,
  userId: { name?: string; email: string },
  { profile, date, expiresInSeconds }: NewKey,
): Promise<OpeningKey<R>> {
  const { privateKey } = await generateOpenPgpKey({
    ...keyType(profile),
    userIDs: [userId],
    date: date ?? new Date(Date.now() - BACKDATE_MS),
    ...(expiresInSeconds === undefined ? {} : { keyExpirationTime: expiresInSeconds }),
    format: "object",
    config: configFor(profile),
  });
  return opening(role, privateKey);
}

/**
 * Makes a list key, a server key or an introduction for `address`.
 *
 * For `list` and `server`, `address` is the list's; a server key is made for one list and never used for another
 * (cross-list replay). For `introduction` it is the invitee's.
 */
export function generateKey<R extends "list" | "server" | "introduction">(
  role: R,
  options: NewKey & { readonly address: string },
): Promise<OpeningKey<R>> {
  // an introduction has exactly one User ID, `<address>`, compared as bytes (the ordered check of a chain)
  const named = namedRoles.find((candidate) => candidate === role);
  const userId =
    named === undefined ? { email: options.address } : { name: userIdNames[named], email: options.address };
  return generate(role, userId, options);
}

/** Makes a member key: signs the member's posts, opens their copies. `name` may be anything but a role's User ID. */
export function generateMemberKey(
  options: NewKey & { readonly address: string; readonly name?: string },
): Promise<OpeningKey<"member">> {
  const { address, name } = options;
  if (namedRoles.some((role) => userIdNames[role] === name)) {
    throw new ProtocolError("wrong-role", "a member key can't be named like a list or server key");
  }
  return generate("member", name === undefined ? { email: address } : { name, email: address }, options);
}

/** The profile that a key was made in: v6 keys are `rfc9580`, all others `compatible`. */
export function profileOfKey(key: SealingKey<Role> | OpeningKey<Role>): Profile {
  const certificate = "certificate" in key ? key.certificate : key.secret;
  return certificate.keyPacket.version === 6 ? "rfc9580" : "compatible";
}

/**
 * Throws unless the key is of the version that its list's profile has: what a key of the other version signs or opens is refused by
 * the list's readers.
 *
 * @throws ListSealError `wrong-key-version`
 */
export function assertKeyVersion(key: SealingKey<Role> | OpeningKey<Role>, profile: Profile): void {
  if (profileOfKey(key) !== profile) {
    throw new ProtocolError("wrong-key-version", "a key of another version than the list's");
  }
}

/** The public half of an opening key. */
export function sealingHalf<R extends Role>(key: OpeningKey<R>): SealingKey<R> {
  return { role: key.role, fingerprint: key.fingerprint, certificate: key.secret.toPublic() };
}

/** The primary User ID as it is in the certificate, e.g. `Alice <alice@example.test>`; empty if there is none. */
export function userIdOf(key: SealingKey<Role> | OpeningKey<Role>): string {
  const certificate = "certificate" in key ? key.certificate : key.secret;
  return certificate.getUserIDs()[0] ?? "";
}

/** All User IDs as they stand in the certificate. */
export function userIdsOf(certificate: Certificate): readonly string[] {
  return certificate.getUserIDs();
}

/** When the primary key was made. */
export function createdAt(certificate: Certificate): Date {
  return certificate.getCreationTime();
}

/** When each subkey was made. */
export function subkeyDates(certificate: Certificate): readonly Date[] {
  return certificate.subkeys.map((subkey) => subkey.getCreationTime());
}

/** When a key runs out, by its newest self-signature. */
export async function expirationOf(certificate: Certificate): Promise<Date | "never" | "no-valid-user-id"> {
  const expires = await certificate.getExpirationTime(undefined, fullReadingConfig());
  return expires instanceof Date ? expires : expires === null ? "no-valid-user-id" : "never";
}

/** The primary key's fingerprint. */
export function fingerprintOfCertificate(certificate: Certificate): Fingerprint {
  return parseFingerprint(certificate.getFingerprint());
}

/** Lower-case hex fingerprints of the primary key and of every subkey. */
export function allFingerprints(certificate: PublicKey): readonly string[] {
  return certificate.getKeys().map((key) => key.getFingerprint());
}

/** `key` with everything that its certificate has got since: certifications, renewed self-signatures. */
export async function updatedFrom<R extends Role>(
  key: OpeningKey<R>,
  { certificate }: SealingKey<R>,
): Promise<OpeningKey<R>> {
  return { ...key, secret: await key.secret.update(certificate) };
}

function opening<R extends Role>(role: R, secret: PrivateKey): OpeningKey<R> {
  return { role, fingerprint: parseFingerprint(secret.getFingerprint()), secret };
}

function assertRole(role: Role, certificate: PublicKey): void {
  const ids = certificate.getUserIDs();
  if (ids.length === 0) throw new ProtocolError("key-damaged", "the certificate has no User ID");
  const named = namedRoles.find((other) => ids.some((id) => id.startsWith(`${userIdNames[other]} <`)));
  const fits = named === undefined ? role === "member" || role === "introduction" : named === role;
  if (!fits) {
    throw new ProtocolError("wrong-role", `a ${role} key was expected, this is a ${named ?? "person's"} key`);
  }
}

/**
 * Throws unless the certificate can be used at `date`: valid self-signatures, not revoked, not expired, and with an
 * encryption subkey that the policy allows.
 *
 * @throws ListSealError `key-revoked` | `key-expired` | `key-from-the-future` | `weak-algorithm`
 */
export async function assertUsable(certificate: PublicKey, date: Date = new Date()): Promise<void> {
  const full = fullReadingConfig();
  if (await certificate.isRevoked(undefined, undefined, date, full)) {
    throw new ProtocolError("key-revoked", "the key was revoked by its holder");
  }
  const expires = await expirationOf(certificate);
  if (expires instanceof Date && expires <= date) {
    throw new ProtocolError("key-expired", `the key expired on ${expires.toISOString().slice(0, 10)}`);
  }
  try {
    await assertGood(certificate, date);
  } catch (cause) {
    throw await unusable(certificate, date, "the key has no usable encryption key", cause);
  }
}

async function assertGood(certificate: PublicKey, date: Date): Promise<void> {
  const full = fullReadingConfig();
  await certificate.verifyPrimaryKey(date, undefined, full);
  await certificate.getEncryptionKey(undefined, date, undefined, full);
}

/**
 * Why a key is no good at `date`: `key-from-the-future` if it is once all of its parts are made, so that a clock is wrong and nothing
 * about the key, else `weak-algorithm`. The holder of a key that is called weak makes another one, for nothing if it is the clock.
 */
export async function unusable(
  certificate: PublicKey,
  date: Date,
  why: string,
  cause: unknown,
): Promise<ProtocolError> {
  const signed = certificate.toPacketList().filterByTag(enums.packet.signature);
  const made = [
    ...certificate.getKeys().map((key) => key.getCreationTime()),
    ...signed.flatMap((packet) =>
      packet instanceof SignaturePacket && packet.created !== null ? [packet.created] : [],
    ),
  ].map((each) => each.getTime());
  const newest = new Date(Math.max(...made));
  const isGoodThen = await assertGood(certificate, newest).then(
    () => newest > date,
    () => false,
  );
  return isGoodThen
    ? new ProtocolError("key-from-the-future", "the key was made after this date", { cause })
    : new ProtocolError("weak-algorithm", why, { cause });
}

/**
 * Throws unless the primary key existed, was not revoked and had not expired at `date`. Judged by its newest self-signature,
 * not by the one of that day: a renewed certificate may have shed the old ones.
 *
 * @throws ListSealError `key-revoked` | `key-expired`
 */
export async function assertHeldAt(certificate: Certificate, date: Date): Promise<void> {
  if (await certificate.isRevoked(undefined, undefined, date, fullReadingConfig())) {
    throw new ProtocolError("key-revoked", "the key was revoked");
  }
  const expires = await expirationOf(certificate);
  const ran = expires === "no-valid-user-id" || (expires instanceof Date && expires <= date);
  if (createdAt(certificate) > date || ran) {
    throw new ProtocolError("key-expired", "the key was not valid at that date");
  }
}

/**
 * Throws unless the primary key was good at `date` as its self-signatures of that day have it.
 *
 * @throws ListSealError `damaged`
 */
export async function assertPrimaryKeyGood(certificate: Certificate, date: Date): Promise<void> {
  try {
    await certificate.verifyPrimaryKey(date, undefined, fullReadingConfig());
  } catch (cause) {
    throw new ProtocolError("damaged", "the primary key is not good", { cause });
  }
}

/**
 * Reads a certificate (binary or armored) as a key of `role`, and checks that it can be used today.
 * A secret key given here is reduced to its public half.
 *
 * @throws ListSealError `key-damaged` | `wrong-role` | `key-revoked` | `key-expired` | `weak-algorithm`
 */
export async function readSealingKey<R extends Role>(
  role: R,
  source: Uint8Array | string,
  date: Date = new Date(),
): Promise<SealingKey<R>> {
  const certificate = await parseSealingKey(role, source);
  await assertUsable(certificate.certificate, date);
  return certificate;
}

/**
 * As {@link readSealingKey}, but an expired or revoked certificate is given back too: for verifying old mail, and for
 * the roster, where a key that ran out is a state of the member and not a damage.
 *
 * @throws ListSealError `key-damaged` | `wrong-role`
 */
export async function parseSealingKey<R extends Role>(
  role: R,
  source: Uint8Array | string,
): Promise<SealingKey<R>> {
  let certificate: PublicKey;
  try {
    const key =
      typeof source === "string"
        ? await readKey({ armoredKey: source, config: readingConfig })
        : await readKey({ binaryKey: source, config: readingConfig });
    certificate = key.isPrivate() ? key.toPublic() : key;
  } catch (cause) {
    throw new ProtocolError("key-damaged", "not a readable OpenPGP certificate", { cause });
  }
  assertRole(role, certificate);
  return { role, fingerprint: parseFingerprint(certificate.getFingerprint()), certificate };
}

/** Reads `bytes` as exactly one certificate. @throws ListSealError `key-damaged` for none, several, or a secret key */
export async function readOneCertificate(bytes: Uint8Array): Promise<Certificate> {
  let keys: Key[];
  try {
    keys = await readKeys({ binaryKeys: bytes, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("key-damaged", "not a readable OpenPGP certificate", { cause });
  }
  const [key] = keys;
  // `readKey` would take the first of several and say nothing
  if (key === undefined || keys.length !== 1)
    throw new ProtocolError("key-damaged", "not exactly one certificate");
  if (key.isPrivate()) throw new ProtocolError("key-damaged", "a secret key where a certificate belongs");
  return key;
}

/**
 * Reads a secret key (binary or armored) as a key of `role`, unlocking it with `passphrase` if it is locked.
 * Expiry is not checked: old mail has to open.
 *
 * @throws ListSealError `key-damaged` | `wrong-role` | `key-locked` | `wrong-passphrase` | `unsupported-algorithm` (its
 *         lock asks for more memory than {@link MAX_ARGON2_MEMORY_EXPONENT})
 */
export async function readOpeningKey<R extends Role>(
  role: R,
  source: Uint8Array | string,
  passphrase?: string,
): Promise<OpeningKey<R>> {
  let secret: PrivateKey;
  try {
    secret =
      typeof source === "string"
        ? await readPrivateKey({ armoredKey: source, config: readingConfig })
        : await readPrivateKey({ binaryKey: source, config: readingConfig });
  } catch (cause) {
    throw new ProtocolError("key-damaged", "not a readable OpenPGP secret key", { cause });
  }
  assertRole(role, secret);
  return opening(role, await unlock(secret, passphrase));
}

async function unlock(secret: PrivateKey, passphrase: string | undefined): Promise<PrivateKey> {
  if (secret.isDecrypted()) return secret;
  if (passphrase === undefined) throw new ProtocolError("key-locked", "the key is locked by a passphrase");
  try {
    return await decryptKey({ privateKey: secret, passphrase, config: readingConfig });
  } catch (cause) {
    // QUIRK: openpgp.js 6.3.2 wraps this error in others and does not export its class
    if (cause instanceof Error && cause.message.includes("Argon2")) {
      throw new ProtocolError("unsupported-algorithm", "the key's lock asks for too much memory", { cause });
    }
    throw new ProtocolError("wrong-passphrase", "the passphrase does not unlock the key", { cause });
  }
}

/** The certificate as binary OpenPGP packets. */
export function writeSealingKey(key: SealingKey<Role>): Uint8Array {
  return key.certificate.write();
}

/** As {@link writeSealingKey}, for a certificate of whatever role. */
export function writeCertificate(certificate: Certificate): Uint8Array {
  return certificate.write();
}

/** The certificate as an ASCII-armored public key block. */
export function armorSealingKey(key: SealingKey<Role>): string {
  return key.certificate.armor();
}

/** The secret key as binary OpenPGP packets, locked with `passphrase` if one is given. The caller protects the bytes. */
export async function writeOpeningKey(key: OpeningKey<Role>, passphrase?: string): Promise<Uint8Array> {
  return (await lock(key, passphrase)).write();
}

/** As {@link writeOpeningKey}, ASCII-armored. */
export async function armorOpeningKey(key: OpeningKey<Role>, passphrase?: string): Promise<string> {
  return (await lock(key, passphrase)).armor();
}

async function lock(key: OpeningKey<Role>, passphrase: string | undefined): Promise<PrivateKey> {
  if (passphrase === undefined) return key.secret;
  const copy = await readPrivateKey({ binaryKey: key.secret.write(), config: readingConfig });
  if (!(copy instanceof PrivateKey)) throw new ProtocolError("key-damaged", "not a secret key");
  return encryptKey({ privateKey: copy, passphrase });
}
