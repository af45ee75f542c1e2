import { fromBase64 } from "../../mail/base64.js";
import { noPins, noteRevoked } from "../../membership/introduction/pins.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { keyOf } from "../keys/certify-key.js";
import { keepUnlocked, secretOf } from "../keys/unlocked.js";
import { host } from "../platform/host.js";
import { awake } from "../platform/keep-awake.js";
import { load, update } from "../records/storage.js";
import type { Stored, StoredMemberKey } from "../records/stored.js";
import type { ServerReport } from "../requests/incoming.js";
import { askServer } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";

/** A key that was stolen or lost: its holder revokes it, and the others hear of it. */

/** The lists that a key is used for and that one has not left. */
const listsOf = ({ lists }: Stored, fingerprint: string) =>
  Object.values(lists).filter(
    ({ memberKey, membership }) => memberKey === fingerprint && membership === "member",
  );

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
    const secret = await secretOf(before);
    if (secret === null) throw new ProtocolError("key-locked", "the key is locked");
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
    for (const list of lists) {
      const certificate = fromBase64(made.certificate);
      await askServer({ command: { do: "revoke", certificate }, list, key: revoked });
    }
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
    const secret = await secretOf(before);
    if (secret === null) throw new ProtocolError("key-locked", "the key is locked");
    const renewed = await runJob("renew-key", { key: before, secret, now: new Date().toISOString() });
    if (renewed.key.locked) await keepUnlocked(fingerprint, renewed.secret);
    const { lists, joining } = await update((stored) => {
      const memberKeys = { ...stored.memberKeys, [fingerprint]: renewed.key };
      const next = { ...stored, memberKeys, backedUpAt: null };
      return { stored: next, result: next };
    });
    for (const list of Object.values(lists)) {
      const uses = list.memberKey === fingerprint && list.membership === "member";
      if (!uses || joining[list.address] !== undefined) continue;
      await askServer({
        command: { do: "renew", certificate: fromBase64(renewed.key.certificate) },
        list,
        key: renewed.key,
      });
    }
    return renewed.key;
  });
}
