/**
 * What makes two list keys the same, however they are dressed: the public key material of every (sub)key.
 *
 * The attack (review of the format, cross-list replay): a member removed from list A has A's captured mail and A's list
 * key. They own list B on this server. If B may use A's list key, the server opens A's mail for B and reseals it to
 * them. A certificate's fingerprint says nothing: the same encryption subkey under a fresh primary key, with a fresh
 * date, or written in another algorithm's form has another fingerprint and opens the same mail.
 *
 * So the numbers alone are compared, and no list may use one that any list of this server has ever used.
 */
import { createHash } from "node:crypto";
import { publicNumbers } from "../../openpgp/key-material.js";
import type { SealingKey } from "../../openpgp/keys.js";
import { writeListName } from "../../openpgp/list-keys.js";
import type { ListName } from "../../openpgp/secrets.js";
import type { NewListKeyRow } from "./lists.js";

/**
 * A list key as the store takes it. Of a secret the id alone is known here, and is what makes two the same.
 * @throws Error as {@link materialOfPair}
 */
export function newListKeyRow(key: ListName): NewListKeyRow {
  return {
    certificate: writeListName(key),
    fingerprint: key.fingerprint,
    material:
      "certificate" in key
        ? materialOfPair(key)
        : [createHash("sha256").update(`listseal list secret\n${key.fingerprint}`).digest("hex")],
  };
}

/**
 * SHA-256 digests, hex and sorted, of the public numbers in `key`'s primary key and subkeys.
 *
 * @throws Error for a key in which no number is found: an algorithm that this list doesn't know must not pass unseen
 */
function materialOfPair(key: SealingKey<"list">): readonly string[] {
  const digests = publicNumbers(key.certificate).map((values) => {
    if (values.length === 0) throw new Error("a list key with an algorithm that can't be compared");
    const hash = createHash("sha256");
    for (const value of values) hash.update(value);
    return hash.digest("hex");
  });
  return [...new Set(digests)].sort();
}
