import { fromBase64, toBase64 } from "../../mail/base64.js";
import { object, text } from "../../membership/file/check.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { readOpeningKey } from "../../openpgp/keys.js";
import { openOwn, sealToOwn } from "../../protocol/own-seal.js";
import type { StoredMemberKey } from "../records/stored.js";
import { ownKey } from "./member-keys.js";

/** The key of a mail index at rest: sealed to a member key, and bound to the index that it is of. */

const sealedRecord = object<{ readonly index: string; readonly key: string }>({ index: text, key: text });

/** Octets of an AES-256 key. */
const KEY_OCTETS = 32;

/**
 * Makes a key for an index.
 * @returns the key, and the same sealed to the member key
 * @throws ListSealError what `sealToOwn` throws
 */
export async function makeIndexKey({
  index,
  key: own,
  secret,
  now,
}: {
  /** The name of the index. */
  readonly index: string;
  readonly key: Pick<StoredMemberKey, "certificate">;
  /** The key's unlocked secret, in base64. */
  readonly secret: string;
  readonly now: string;
}): Promise<{ readonly key: Uint8Array<ArrayBuffer>; readonly sealed: Uint8Array }> {
  const reader = await ownKey(own, secret);
  const key = crypto.getRandomValues(new Uint8Array(KEY_OCTETS));
  const payload = new TextEncoder().encode(JSON.stringify({ index, key: toBase64(key) }));
  return { key, sealed: await sealToOwn("index-key", payload, reader, new Date(now)) };
}

/**
 * Opens the key of an index.
 * @throws ListSealError `damaged` if it is another index's; what `openOwn` throws
 */
export async function unsealIndexKey({
  index,
  sealed,
  secrets,
  now,
}: {
  readonly index: string;
  readonly sealed: Uint8Array;
  /** Unlocked secrets of member keys, in base64. */
  readonly secrets: readonly string[];
  readonly now: string;
}): Promise<
  { readonly kind: "opened"; readonly key: Uint8Array<ArrayBuffer> } | { readonly kind: "not-for-me" }
> {
  const own = await Promise.all(secrets.map((secret) => readOpeningKey("member", fromBase64(secret))));
  const payload = await openOwn("index-key", sealed, own, new Date(now));
  if (payload === "not-for-me") return { kind: "not-for-me" };
  const found = sealedKeyIn(payload);
  if (found.index !== index || found.key.length !== KEY_OCTETS)
    throw new ProtocolError("damaged", "the key is none of this index");
  return { kind: "opened", key: found.key };
}

function sealedKeyIn(payload: Uint8Array): { readonly index: string; readonly key: Uint8Array<ArrayBuffer> } {
  try {
    const { index, key } = sealedRecord(JSON.parse(new TextDecoder().decode(payload)));
    return { index, key: fromBase64(key) };
  } catch (cause) {
    throw new ProtocolError("damaged", "the key of an index can't be read", { cause });
  }
}
