import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress, parseMailbox } from "../../mail/mailbox.js";
import { expiryOf, MEMBER_KEY_SECONDS, renewMemberKey } from "../../membership/request/renewal.js";
import type { SignedBytes } from "../../membership/request/request.js";
import { readRevocation } from "../../membership/request/revocation.js";
import {
  armorSealingKey,
  generateMemberKey,
  type OpeningKey,
  parseSealingKey,
  readOpeningKey,
  readSealingKey,
  sealingHalf,
  updatedFrom,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import type { Profile } from "../../openpgp/profiles.js";
import { revokedSince, revokeMemberKey } from "../../openpgp/revocation.js";
import type { StoredMemberKey } from "../records/stored.js";

/** Making, locking and unlocking member keys. */

/** A key as it is kept, locked with `passphrase` if there is one. `userId` names the address that it is used for. */
export async function keptKey(
  key: OpeningKey<"member">,
  userId: string,
  passphrase: string | null,
  createdAt: string,
): Promise<StoredMemberKey> {
  return {
    fingerprint: key.fingerprint,
    address: parseMailbox(userId).address,
    userId,
    certificate: toBase64(writeSealingKey(sealingHalf(key))),
    secret: toBase64(await (passphrase === null ? writeOpeningKey(key) : writeOpeningKey(key, passphrase))),
    locked: passphrase !== null,
    createdAt,
    expiresAt: (await expiryOf(key))?.toISOString() ?? null,
    revokedAt: null,
  };
}

/** The unlocked secret in base64. */
export async function plainSecret(key: OpeningKey<"member">): Promise<string> {
  return toBase64(await writeOpeningKey(key));
}

/** @throws ListSealError `bad-address` */
export async function makeKey(input: {
  readonly address: string;
  readonly name: string | null;
  readonly passphrase: string | null;
  readonly profile: Profile;
  readonly now: string;
}): Promise<{ readonly key: StoredMemberKey; readonly secret: string }> {
  const address = parseAddress(input.address);
  const name = input.name?.trim() ?? "";
  const key = await generateMemberKey({
    address,
    profile: input.profile,
    expiresInSeconds: MEMBER_KEY_SECONDS,
    ...(name === "" ? {} : { name }),
  });
  return {
    key: await keptKey(key, userIdOf(key), input.passphrase, input.now),
    secret: await plainSecret(key),
  };
}

async function read(key: StoredMemberKey, passphrase: string | null): Promise<OpeningKey<"member">> {
  const bytes = fromBase64(key.secret);
  return passphrase === null ? readOpeningKey("member", bytes) : readOpeningKey("member", bytes, passphrase);
}

/**
 * A member key ready to use: its secret half with everything that its certificate has got since (certifications, renewed
 * self-signatures), which the locked secret may lack.
 * @param secret unlocked, in base64
 */
export async function ownKey(
  { certificate }: Pick<StoredMemberKey, "certificate">,
  secret: string,
): Promise<OpeningKey<"member">> {
  const own = await readOpeningKey("member", fromBase64(secret));
  const present = await parseSealingKey("member", fromBase64(certificate));
  return updatedFrom(own, present);
}

/**
 * The same key with new self-signatures, good for longer.
 * @throws ListSealError what `renewMemberKey` throws
 */
export async function renewKey({
  key,
  secret,
  now,
}: {
  readonly key: StoredMemberKey;
  readonly secret: string;
  readonly now: string;
}): Promise<{ readonly key: StoredMemberKey; readonly secret: string }> {
  const renewed = await renewMemberKey(await ownKey(key, secret), new Date(now));
  const plain = await plainSecret(renewed);
  const certificate = toBase64(writeSealingKey(sealingHalf(renewed)));
  const expiresAt = (await expiryOf(renewed))?.toISOString() ?? null;
  // a locked secret stays as it is: the person's passphrase is not at hand, and the certificate says what is new
  return { key: { ...key, certificate, expiresAt, ...(key.locked ? {} : { secret: plain }) }, secret: plain };
}

/**
 * The key's certificate, revoked as stolen or lost; as it is if it is revoked already.
 * @throws ListSealError `key-damaged`
 */
export async function revokeKey({
  key,
  secret,
  now,
}: {
  readonly key: StoredMemberKey;
  readonly secret: string;
  readonly now: string;
}): Promise<{ readonly certificate: string; readonly revokedAt: string }> {
  const own = await ownKey(key, secret);
  const date = new Date(Math.floor(Date.parse(now) / 1000) * 1000);
  const before = await revokedSince(sealingHalf(own).certificate, date);
  const revoked = before === undefined ? await revokeMemberKey(own, date) : sealingHalf(own);
  return {
    certificate: toBase64(writeSealingKey(revoked)),
    revokedAt: (before ?? date).toISOString(),
  };
}

/**
 * What a member's signed `revoke` proves.
 * @throws ListSealError what `readRevocation` of `membership` throws
 */
export async function readRevocationReport({
  signed,
  list,
  now,
}: {
  readonly signed: SignedBytes;
  readonly list: string;
  readonly now: string;
}): Promise<{ readonly fingerprint: string; readonly since: string }> {
  const { fingerprint, since } = await readRevocation(signed, list, new Date(now));
  return { fingerprint, since: since.toISOString() };
}

/** @throws ListSealError `wrong-passphrase`, `key-damaged` */
export async function unlockKey({
  key,
  passphrase,
}: {
  readonly key: StoredMemberKey;
  readonly passphrase: string;
}): Promise<{ readonly secret: string }> {
  return { secret: await plainSecret(await read(key, passphrase)) };
}

/**
 * Puts another passphrase on a key, or takes it off.
 * @throws ListSealError `key-locked` without the passphrase that is on it, `wrong-passphrase`, `key-damaged`
 */
export async function protectKey({
  key,
  current,
  next,
}: {
  readonly key: StoredMemberKey;
  readonly current: string | null;
  readonly next: string | null;
}): Promise<{ readonly key: StoredMemberKey; readonly secret: string }> {
  const opened = await ownKey(key, await plainSecret(await read(key, current)));
  const kept = await keptKey(opened, key.userId, next, key.createdAt);
  return { key: { ...kept, revokedAt: key.revokedAt }, secret: await plainSecret(opened) };
}

/** The public half for other programs and people. */
export async function armorKey({
  key,
}: {
  readonly key: StoredMemberKey;
}): Promise<{ readonly armored: string }> {
  return { armored: armorSealingKey(await readSealingKey("member", fromBase64(key.certificate))) };
}
