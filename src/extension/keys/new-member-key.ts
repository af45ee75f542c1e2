import { parseAddress } from "../../mail/mailbox.js";
import type { Profile } from "../../openpgp/profiles.js";
import { update } from "../records/storage.js";
import type { Stored, StoredMemberKey } from "../records/stored.js";
import { runJob } from "../worker/client.js";
import { needStrong } from "./new-passphrase.js";
import { keepUnlocked } from "./unlocked.js";

/** What a new member key is made from. */
export interface NewKeyInput {
  readonly address: string;
  /** How others see the person; null for the address alone. */
  readonly name: string | null;
  /** Null for a key that is not locked at rest. */
  readonly passphrase: string | null;
  readonly profile: Profile;
}

/**
 * Makes a member key and keeps it: unlocked until it locks by itself, used by the lists that wait for one, and in no backup yet.
 * @throws ListSealError `bad-address`, `passphrase-too-short`, and what storage throws
 */
export async function makeMemberKey(wish: NewKeyInput): Promise<StoredMemberKey> {
  needStrong(wish.passphrase);
  const { key, secret } = await runJob("make-key", {
    ...wish,
    address: parseAddress(wish.address),
    now: new Date().toISOString(),
  });
  if (key.locked) await keepUnlocked(key.fingerprint, secret);
  await update((stored) => ({ stored: withNewKey(stored, key), result: undefined }));
  return key;
}

/** A new key is used at once by the lists that wait for one for its address. The backup does not have it yet. */
export function withNewKey(stored: Stored, key: StoredMemberKey): Stored {
  const lists = Object.fromEntries(
    Object.entries(stored.lists).map(([address, list]) => [
      address,
      list.memberKey === null && list.invitee === key.address
        ? { ...list, memberKey: key.fingerprint }
        : list,
    ]),
  );
  const memberKeys = { ...stored.memberKeys, [key.fingerprint]: key };
  return { ...stored, lists, memberKeys, backedUpAt: null };
}
