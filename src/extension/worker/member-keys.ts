import { parseAddress, parseMailbox } from "../../mail/mailbox.js";
import {
  armorSealingKey,
  generateMemberKey,
  type OpeningKey,
  readOpeningKey,
  readSealingKey,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../protocol/keys.js";
import { fromBase64, toBase64 } from "../base64.js";
import type { StoredMemberKey } from "../stored.js";
import type { Jobs } from "./jobs.js";

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
  };
}

/** The unlocked secret in base64. */
export async function plainSecret(key: OpeningKey<"member">): Promise<string> {
  return toBase64(await writeOpeningKey(key));
}

/** @throws ListSealError `bad-address` */
export async function makeKey(input: Jobs["make-key"]["input"]): Promise<Jobs["make-key"]["output"]> {
  const address = parseAddress(input.address);
  const name = input.name?.trim() ?? "";
  const key = await generateMemberKey({ address, profile: input.profile, ...(name === "" ? {} : { name }) });
  return {
    key: await keptKey(key, userIdOf(key), input.passphrase, input.now),
    secret: await plainSecret(key),
  };
}

async function read(key: StoredMemberKey, passphrase: string | null): Promise<OpeningKey<"member">> {
  const bytes = fromBase64(key.secret);
  return passphrase === null ? readOpeningKey("member", bytes) : readOpeningKey("member", bytes, passphrase);
}

/** @throws ListSealError `wrong-passphrase`, `key-damaged` */
export async function unlockKey({
  key,
  passphrase,
}: Jobs["unlock-key"]["input"]): Promise<Jobs["unlock-key"]["output"]> {
  return { secret: await plainSecret(await read(key, passphrase)) };
}

/** @throws ListSealError `key-locked` without the passphrase that is on it, `wrong-passphrase`, `key-damaged` */
export async function protectKey({
  key,
  current,
  next,
}: Jobs["protect-key"]["input"]): Promise<Jobs["protect-key"]["output"]> {
  const opened = await read(key, current);
  return { key: await keptKey(opened, key.userId, next, key.createdAt), secret: await plainSecret(opened) };
}

/** The public half for other programs and people. */
export async function armorKey({ key }: Jobs["armor-key"]["input"]): Promise<Jobs["armor-key"]["output"]> {
  return { armored: armorSealingKey(await readSealingKey("member", fromBase64(key.certificate))) };
}
