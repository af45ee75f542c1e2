import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress, parseMailbox } from "../../mail/mailbox.js";
import { listKeyFileName, writeListKeyFile } from "../../membership/invitation/list-key-file.js";
import { readCard } from "../../membership/invitation/server-card.js";
import { readOpeningKey, readSealingKey, userIdOf, userIdsOf, writeSealingKey } from "../../openpgp/keys.js";
import {
  generateListKey,
  type ListKeyKind,
  listKeyKindOf,
  listNameOf,
  readListOpener,
  writeListName,
  writeListOpener,
} from "../../openpgp/list-keys.js";
import type { Profile } from "../../openpgp/profiles.js";
import type { ListForWorker } from "../records/owned-list.js";
import type { Card, NewListKey, PublicKeyFile } from "./owner-jobs.js";

/** The beginning of a list: its server's card, its key; and a person's public key as a file. */

/** @throws ListSealError what `readCard` throws */
export async function readCardFile({
  file,
  now,
}: {
  readonly file: Uint8Array;
  readonly now: string;
}): Promise<Card> {
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
    listKeys: card.listKeys,
  };
}

/** A list key for a list that is being claimed, or in place of one that may be known to others. */
export async function makeListKey({
  address,
  profile,
  kind,
}: {
  readonly address: string;
  readonly profile: Profile;
  readonly kind: ListKeyKind;
}): Promise<NewListKey> {
  const key = await generateListKey(kind, { address, profile });
  return {
    listKey: toBase64(await writeListOpener(key)),
    certificate: writeListName(listNameOf(key)),
    fingerprint: key.fingerprint,
  };
}

/**
 * Somebody's public key as they sent it, from an .asc file or a binary one: to enrol a person without the add-on.
 * @throws ListSealError `key-damaged`, `wrong-role`, `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm`
 */
export async function readPublicKey({
  file,
  now,
}: {
  readonly file: Uint8Array;
  readonly now: string;
}): Promise<PublicKeyFile> {
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

/**
 * The list key for a member without the add-on, sealed to their own key.
 * @throws ListSealError what `writeListKeyFile` throws
 */
export async function listKeyFile({
  list,
  secret,
  member,
  now,
}: {
  readonly list: ListForWorker;
  readonly secret: string;
  /** Armored, from the owner's own log. */
  readonly member: string;
  readonly now: string;
}): Promise<{ readonly name: string; readonly armored: string }> {
  const date = new Date(now);
  const armored = await writeListKeyFile(
    await readListOpener(fromBase64(list.listKey), list.profile),
    await readOpeningKey("member", fromBase64(secret)),
    await readSealingKey("member", member, date),
    date,
  );
  return {
    name: listKeyFileName(parseAddress(list.address), listKeyKindOf(list.listKeyFingerprint)),
    armored,
  };
}
