import type { OpeningKey } from "../../src/openpgp/keys.js";
import { isSecret, type Opener } from "../../src/openpgp/secrets.js";

/** The list key, which a test made as a pair. */
export function pairIn(key: Opener<"list">): OpeningKey<"list"> {
  if (isSecret(key)) throw new Error("a secret, and no pair");
  return key;
}
