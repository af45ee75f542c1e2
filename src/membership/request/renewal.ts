/** How long a member key is good, and its renewal. */
import { parseMailbox } from "../../mail/mailbox.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { expirationOf, type OpeningKey } from "../../openpgp/keys.js";
import { extended, type UserIdParts } from "../../openpgp/renewal.js";

/** How long a fresh or renewed member key is good. A key that is forgotten somewhere ends by itself. */
export const MEMBER_KEY_DAYS = 2 * 365;
const DAY_SECONDS = 86_400;

/** Seconds of {@link MEMBER_KEY_DAYS}. */
export const MEMBER_KEY_SECONDS = MEMBER_KEY_DAYS * DAY_SECONDS;

/** When a member key runs out; null if it does not. @throws ListSealError `key-damaged` */
export async function expiryOf({ secret }: Pick<OpeningKey<"member">, "secret">): Promise<Date | null> {
  const expires = await expirationOf(secret);
  if (expires === "no-valid-user-id") throw new ProtocolError("key-damaged", "the key has no valid User ID");
  return expires === "never" ? null : expires;
}

function userIdParts(userId: string): UserIdParts {
  const { name, address } = parseMailbox(userId);
  return name === undefined ? { email: address } : { name, email: address };
}

/**
 * `key`, good until {@link MEMBER_KEY_DAYS} after `now`.
 *
 * The caller keeps it in place of the old one, sends its certificate to each list's server (`renew`) and with each post.
 *
 * @param key unlocked
 * @throws ListSealError as {@link extended}
 */
export function renewMemberKey(key: OpeningKey<"member">, now: Date): Promise<OpeningKey<"member">> {
  return extended(key, MEMBER_KEY_SECONDS, now, userIdParts);
}
