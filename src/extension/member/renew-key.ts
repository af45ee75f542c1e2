import { fromBase64 } from "../../mail/base64.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { keyOf } from "../keys/certify-key.js";
import { keepUnlocked, secretOf } from "../keys/unlocked.js";
import { awake } from "../platform/keep-awake.js";
import { load, update } from "../records/storage.js";
import type { StoredMemberKey } from "../records/stored.js";
import { askServer } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";

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
