/**
 * Renewal of a member key: the same primary key and subkeys, good for longer. The new self-signatures stand beside the
 * old ones, so that what was signed in between still verifies; certifications by introductions stay.
 */
import { PrivateKey, readPrivateKey, reformatKey } from "openpgp";
import { parseMailbox } from "../../mail/mailbox.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { OpeningKey } from "../../openpgp/keys.js";
import { configFor, fullReadingConfig, readingConfig } from "../../openpgp/policy.js";
import { profileOf } from "../../openpgp/secrets.js";

/** How long a fresh or renewed member key is good. A key that is forgotten somewhere ends by itself. */
export const MEMBER_KEY_DAYS = 2 * 365;
const DAY_SECONDS = 86_400;

/** Seconds of {@link MEMBER_KEY_DAYS}. */
export const MEMBER_KEY_SECONDS = MEMBER_KEY_DAYS * DAY_SECONDS;

/** When a member key runs out; null if it does not. @throws ListSealError `key-damaged` */
export async function expiryOf({ secret }: Pick<OpeningKey<"member">, "secret">): Promise<Date | null> {
  const expires = await secret.getExpirationTime(undefined, fullReadingConfig());
  if (expires === null) throw new ProtocolError("key-damaged", "the key has no valid User ID");
  return expires instanceof Date ? expires : null;
}

function userIdParts(userId: string): { name?: string; email: string } {
  const { name, address } = parseMailbox(userId);
  return name === undefined ? { email: address } : { name, email: address };
}

/**
 * `key`, good until {@link MEMBER_KEY_DAYS} after `now`.
 *
 * The caller keeps it in place of the old one, sends its certificate to each list's server (`renew`) and with each post.
 *
 * @param key unlocked
 * @throws ListSealError `key-locked`; `key-revoked`; `key-damaged` for a key with User IDs or subkeys of another program
 *   that can't be signed anew as they are
 */
export async function renewMemberKey(key: OpeningKey<"member">, now: Date): Promise<OpeningKey<"member">> {
  if (!key.secret.isDecrypted()) throw new ProtocolError("key-locked", "the key is locked");
  if (await key.secret.isRevoked(undefined, undefined, now, fullReadingConfig())) {
    throw new ProtocolError("key-revoked", "a revoked key is not renewed");
  }
  const old = await readPrivateKey({ binaryKey: key.secret.write(), config: readingConfig });
  const lived = (now.getTime() - old.getCreationTime().getTime()) / 1_000;
  const fresh = await signedAnew(old, Math.ceil(lived) + MEMBER_KEY_SECONDS, now, profileOf(key));
  for (const user of old.users) {
    const text = user.userID?.userID;
    const again = fresh.users.find((one) => one.userID?.userID === text);
    if (text === undefined || again === undefined)
      throw new ProtocolError("key-damaged", "a User ID that can't be signed anew as it is");
    user.selfCertifications.push(...again.selfCertifications);
  }
  for (const [index, subkey] of old.subkeys.entries()) {
    const again = fresh.subkeys[index];
    if (again?.getFingerprint() !== subkey.getFingerprint())
      throw new ProtocolError("key-damaged", "a subkey that can't be signed anew");
    subkey.bindingSignatures.push(...again.bindingSignatures);
  }
  old.directSignatures.push(...fresh.directSignatures);
  // a signature object that was just made counts as verified for the library: read anew from its bytes
  const secret = await readPrivateKey({
    binaryKey: new PrivateKey(old.toPacketList()).write(),
    config: readingConfig,
  });
  return { ...key, secret };
}

async function signedAnew(
  old: PrivateKey,
  keyExpirationTime: number,
  date: Date,
  profile: ReturnType<typeof profileOf>,
): Promise<PrivateKey> {
  const texts = old.users.flatMap(({ userID }) => (userID === null ? [] : [userID.userID]));
  try {
    const { privateKey } = await reformatKey({
      // the library signs what it is given: a copy, so that a failure leaves the key as it was
      privateKey: await readPrivateKey({ binaryKey: old.write(), config: readingConfig }),
      userIDs: texts.map(userIdParts),
      keyExpirationTime,
      date,
      format: "object",
      config: configFor(profile),
    });
    return privateKey;
  } catch (cause) {
    throw new ProtocolError("key-damaged", "the key can't be signed anew", { cause });
  }
}
