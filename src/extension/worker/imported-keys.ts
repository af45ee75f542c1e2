import { fromBase64 } from "../../mail/base64.js";
import { isAddress, parseMailbox } from "../../mail/mailbox.js";
import { readImportedKey } from "../../openpgp/imported-key.js";
import { armorOpeningKey, createdAt, readOpeningKey, userIdsOf } from "../../openpgp/keys.js";
import { AddonError } from "../platform/errors.js";
import type { StoredMemberKey } from "../records/stored.js";
import { keptKey, plainSecret } from "./member-keys.js";

/** Member keys that come from other programs, and go to them. */

/** A file that starts with dashes is armored text; no OpenPGP packet starts so. */
const ARMOR_START = /^\s*-----BEGIN PGP /;

/** The User ID that names `wanted`, or the first that names any address. */
function userIdFor(userIds: readonly string[], wanted: string | null): string | undefined {
  return userIds.find((userId) => {
    const address = addressOf(userId);
    return address !== null && (wanted === null || address === wanted);
  });
}

function addressOf(userId: string): string | null {
  if (isAddress(userId)) return userId;
  try {
    return parseMailbox(userId).address;
  } catch {
    return null;
  }
}

/**
 * Reads a secret key that another program made, for one address. It stays locked with the passphrase that it came with.
 * `file`: armored or binary.
 * @throws ListSealError what `readImportedKey` throws; `address-not-in-key` if it names no address, or not the wanted one
 */
export async function importKey({
  file,
  passphrase,
  address,
  now,
}: {
  readonly file: Uint8Array;
  readonly passphrase: string | null;
  /** The address that it is wanted for; null for whichever its first User ID names. */
  readonly address: string | null;
  readonly now: string;
}): Promise<{ readonly key: StoredMemberKey; readonly secret: string }> {
  const text = new TextDecoder().decode(file);
  const source = ARMOR_START.test(text) ? text : file;
  const key = await readImportedKey(source, passphrase ?? undefined, new Date(now));
  const userId = userIdFor(userIdsOf(key.secret), address);
  if (userId === undefined) throw new AddonError("address-not-in-key", "no User ID names the address");
  const made = createdAt(key.secret).toISOString();
  return { key: await keptKey(key, userId, passphrase, made), secret: await plainSecret(key) };
}

/**
 * Writes the secret key for other programs, armored, locked with a passphrase that is for this file alone.
 * @throws ListSealError `key-locked` without the passphrase that is on it, `wrong-passphrase`, `key-damaged`
 */
export async function exportKey({
  key,
  current,
  passphrase,
}: {
  readonly key: StoredMemberKey;
  /** The passphrase that is on it now; null if there is none. */
  readonly current: string | null;
  readonly passphrase: string;
}): Promise<{ readonly armored: string }> {
  const opened = await readOpeningKey("member", fromBase64(key.secret), current ?? undefined);
  return { armored: await armorOpeningKey(opened, passphrase) };
}
