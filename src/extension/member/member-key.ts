import { fromBase64 } from "../../mail/base64.js";
import { noPins, noteRevoked } from "../../membership/introduction/pins.js";
import { keyOf } from "../keys/certify-key.js";
import { keepUnlocked, needSecretOf } from "../keys/unlocked.js";
import { host } from "../platform/host.js";
import { awake } from "../platform/keep-awake.js";
import { load, update } from "../records/storage.js";
import type { Stored, StoredList, StoredMemberKey } from "../records/stored.js";
import type { ServerReport } from "../requests/incoming.js";
import { askServer } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";

/** One's own key: renewed before it expires; revoked when it was stolen or lost, of which the others hear. */

/** The lists that a key is used for and that one has not left. */
const listsOf = ({ lists }: Stored, fingerprint: string) =>
  Object.values(lists).filter(
    ({ memberKey, membership }) => memberKey === fingerprint && membership === "member",
  );

/** Sends the key's new certificate to the server of each list. */
async function tellServers(
  lists: readonly StoredList[],
  what: "renew" | "revoke",
  key: StoredMemberKey,
): Promise<void> {
  for (const list of lists) {
    const certificate = fromBase64(key.certificate);
    await askServer({ command: { do: what, certificate }, list, key });
  }
}

function withRevoked(stored: Stored, list: string, fingerprint: string, since: string): Stored {
  const before = stored.pins[list] ?? noPins;
  const pins = noteRevoked(before, fingerprint, new Date(since));
  return pins === before ? stored : { ...stored, pins: { ...stored.pins, [list]: pins } };
}

/**
 * Revokes a member key and tells the server of each list that uses it. It stays here, to open old mail with. Pressed once
 * more, the servers are told again. What could not be sent waits in the list's card.
 * @throws ListSealError `no-member-key`, `key-locked`
 */
export function revokeMember(fingerprint: string): Promise<StoredMemberKey> {
  return awake(async () => {
    const before = keyOf(await load(), fingerprint);
    const secret = await needSecretOf(before);
    const made = await runJob("revoke-key", { key: before, secret, now: new Date().toISOString() });
    const revoked: StoredMemberKey = {
      ...before,
      certificate: made.certificate,
      revokedAt: made.revokedAt,
    };
    // kept first: what is revoked stays so, whatever becomes of the mails
    const lists = await update((stored) => {
      let next: Stored = {
        ...stored,
        memberKeys: { ...stored.memberKeys, [fingerprint]: revoked },
        backedUpAt: null,
      };
      const uses = listsOf(stored, fingerprint);
      for (const { address } of uses) next = withRevoked(next, address, fingerprint, made.revokedAt);
      return { stored: next, result: uses };
    });
    await tellServers(lists, "revoke", revoked);
    return revoked;
  });
}

/**
 * A member has revoked their key, says the server; what is inside proves it. Letters that come by that key from then on
 * are nobody's.
 * @throws ListSealError what `readRevocation` throws
 */
export async function takeRevocation(list: string, report: ServerReport): Promise<void> {
  const now = new Date().toISOString();
  const { fingerprint, since } = await runJob("read-revocation", { signed: report.signed, list, now });
  await update((stored) => ({ stored: withRevoked(stored, list, fingerprint, since), result: undefined }));
  host().renewViews();
}

/**
 * Renews a member key and tells the server of each list that uses it. Readers get the renewed certificate with the next
 * post. What could not be sent waits in the list's card.
 * @throws ListSealError `no-member-key`, `key-locked`, what `renewMemberKey` throws
 */
export function renewMember(fingerprint: string): Promise<StoredMemberKey> {
  return awake(async () => {
    const before = keyOf(await load(), fingerprint);
    const secret = await needSecretOf(before);
    const renewed = await runJob("renew-key", { key: before, secret, now: new Date().toISOString() });
    if (renewed.key.locked) await keepUnlocked(fingerprint, renewed.secret);
    const stored = await update((now) => {
      const memberKeys = { ...now.memberKeys, [fingerprint]: renewed.key };
      const next = { ...now, memberKeys, backedUpAt: null };
      return { stored: next, result: next };
    });
    // a join that waits for its answer brings the key itself
    const lists = listsOf(stored, fingerprint).filter(({ address }) => stored.joining[address] === undefined);
    await tellServers(lists, "renew", renewed.key);
    return renewed.key;
  });
}
