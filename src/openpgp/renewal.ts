/** Renewal of keys: the same primary key, good for longer, or with a new encryption subkey. */

import { PrivateKey, readPrivateKey, reformatKey } from "openpgp";
import { ProtocolError } from "./errors.js";
import { keyType, type OpeningKey, profileOfKey, type Role, subkeyDates } from "./keys.js";
import { configFor, fullReadingConfig, readingConfig } from "./policy.js";
import type { Profile } from "./profiles.js";

/** A User ID in its two parts, as openpgp.js writes it. */
export interface UserIdParts {
  readonly name?: string;
  readonly email: string;
}

/**
 * `key` with the same primary key and subkeys, good for `seconds` after `now`. The new self-signatures are beside the old ones,
 * so that what was signed in between still verifies; certifications stay.
 *
 * @param key   unlocked
 * @param parts of a User ID
 * @throws ListSealError `key-locked`; `key-revoked`; `key-damaged` for a key with User IDs or subkeys of another program
 *   that can't be signed again as they are
 */
export async function extended<R extends Role>(
  key: OpeningKey<R>,
  seconds: number,
  now: Date,
  parts: (userId: string) => UserIdParts,
): Promise<OpeningKey<R>> {
  if (!key.secret.isDecrypted()) throw new ProtocolError("key-locked", "the key is locked");
  if (await key.secret.isRevoked(undefined, undefined, now, fullReadingConfig())) {
    throw new ProtocolError("key-revoked", "a revoked key is not renewed");
  }
  const old = await readPrivateKey({ binaryKey: key.secret.write(), config: readingConfig });
  const lived = (now.getTime() - old.getCreationTime().getTime()) / 1_000;
  const until = Math.ceil(lived) + seconds;
  const fresh = await signedAgain(old, until, now, profileOfKey(key), parts);
  for (const user of old.users) {
    const text = user.userID?.userID;
    const again = fresh.users.find((one) => one.userID?.userID === text);
    if (text === undefined || again === undefined)
      throw new ProtocolError("key-damaged", "a User ID that can't be signed again as it is");
    user.selfCertifications.push(...again.selfCertifications);
  }
  for (const [index, subkey] of old.subkeys.entries()) {
    const again = fresh.subkeys[index];
    if (again?.getFingerprint() !== subkey.getFingerprint())
      throw new ProtocolError("key-damaged", "a subkey that can't be signed again");
    subkey.bindingSignatures.push(...again.bindingSignatures);
  }
  old.directSignatures.push(...fresh.directSignatures);
  // a signature object that was just made counts as verified for the library: read again from its bytes
  const secret = await readPrivateKey({
    binaryKey: new PrivateKey(old.toPacketList()).write(),
    config: readingConfig,
  });
  return { ...key, secret };
}

async function signedAgain(
  old: PrivateKey,
  keyExpirationTime: number,
  date: Date,
  profile: Profile,
  parts: (userId: string) => UserIdParts,
): Promise<PrivateKey> {
  const texts = old.users.flatMap(({ userID }) => (userID === null ? [] : [userID.userID]));
  try {
    const { privateKey } = await reformatKey({
      // the library signs what it is given: a copy, so that a failure leaves the key as it was
      privateKey: await readPrivateKey({ binaryKey: old.write(), config: readingConfig }),
      userIDs: texts.map(parts),
      keyExpirationTime,
      date,
      format: "object",
      config: configFor(profile),
    });
    return privateKey;
  } catch (cause) {
    throw new ProtocolError("key-damaged", "the key can't be signed again", { cause });
  }
}

/** When encryption subkeys are replaced, and how long a replaced one stays, in milliseconds. */
export interface SubkeyPlan {
  readonly renewAfter: number;
  readonly deleteAfter: number;
}

/**
 * A copy of `key` with a new encryption subkey if the newest is too old, and without those that were replaced long enough ago.
 *
 * @param key unlocked; it stays as it is
 */
export async function withFreshSubkey<R extends Role>(
  key: OpeningKey<R>,
  { renewAfter, deleteAfter }: SubkeyPlan,
  now: Date,
): Promise<{ readonly key: OpeningKey<R>; readonly added: boolean; readonly deleted: number }> {
  const newest = Math.max(...subkeyDates(key.secret).map((date) => date.getTime()));
  const added = now.getTime() - newest >= renewAfter;
  let secret = await readPrivateKey({ binaryKey: key.secret.write() });
  if (added) {
    const profile = profileOfKey(key);
    secret = await secret.addSubkey({ ...keyType(profile), date: now, config: configFor(profile) });
  }
  const kept = secret.subkeys.filter((subkey) => {
    const successors = secret.subkeys.filter((other) => other.getCreationTime() > subkey.getCreationTime());
    const replaced = Math.min(...successors.map((other) => other.getCreationTime().getTime()));
    return !(now.getTime() - replaced >= deleteAfter);
  });
  const deleted = secret.subkeys.length - kept.length;
  secret.subkeys = kept;
  return { key: { ...key, secret }, added, deleted };
}
