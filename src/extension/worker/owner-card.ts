import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress, parseMailbox } from "../../mail/mailbox.js";
import { listKeyFileName, writeListKeyFile } from "../../membership/invitation/list-key-file.js";
import { readCard } from "../../membership/invitation/server-card.js";
import {
  generateKey,
  readOpeningKey,
  readSealingKey,
  sealingHalf,
  userIdOf,
  userIdsOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../openpgp/keys.js";
import type { Jobs } from "./jobs.js";

/** The beginning of a list: its server's card, its key; and a person's public key as a file. */

/** @throws ListSealError what `readCard` throws */
export async function readCardFile({
  file,
  now,
}: Jobs["read-card"]["input"]): Promise<Jobs["read-card"]["output"]> {
  const card = await readCard(file, new Date(now));
  return {
    address: card.listAddress,
    name: card.listName,
    requestAddress: card.requestAddress,
    mode: card.mode,
    delivery: card.delivery,
    profile: card.profile,
    serverCertificate: toBase64(writeSealingKey(card.server)),
    serverFingerprint: card.server.fingerprint,
    code: card.code,
    expires: card.expires.toISOString(),
  };
}

export async function makeListKey({
  address,
  profile,
}: Jobs["make-list-key"]["input"]): Promise<Jobs["make-list-key"]["output"]> {
  const key = await generateKey("list", { address, profile });
  return {
    listKey: toBase64(await writeOpeningKey(key)),
    certificate: writeSealingKey(sealingHalf(key)),
    fingerprint: key.fingerprint,
  };
}

/**
 * Somebody's public key, from an .asc file or a binary one.
 * @throws ListSealError `key-damaged`, `wrong-role`, `key-expired`, `key-revoked`, `weak-algorithm`
 */
export async function readPublicKey({
  file,
  now,
}: Jobs["read-public-key"]["input"]): Promise<Jobs["read-public-key"]["output"]> {
  // a binary key begins with a packet tag, whose highest bit is set
  const source = (file[0] ?? 0) >= 0x80 ? file : new TextDecoder().decode(file);
  const key = await readSealingKey("member", source, new Date(now));
  const addresses = userIdsOf(key.certificate).flatMap((userId) => {
    try {
      return [parseMailbox(userId).address];
    } catch {
      return [];
    }
  });
  return {
    certificate: writeSealingKey(key),
    fingerprint: key.fingerprint,
    addresses,
    userId: userIdOf(key),
  };
}

/** @throws ListSealError what `writeListKeyFile` throws */
export async function listKeyFile({
  list,
  secret,
  member,
  now,
}: Jobs["list-key-file"]["input"]): Promise<Jobs["list-key-file"]["output"]> {
  const date = new Date(now);
  const armored = await writeListKeyFile(
    await readOpeningKey("list", fromBase64(list.listKey)),
    await readOpeningKey("member", fromBase64(secret)),
    await readSealingKey("member", member, date),
    date,
  );
  return { name: listKeyFileName(parseAddress(list.address)), armored };
}
