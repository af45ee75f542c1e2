import { ProtocolError } from "../../openpgp/errors.js";
import { keyOf } from "../keys/certify-key.js";
import { needOpenSecrets } from "../keys/unlocked.js";
import { AddonError, codeOf } from "../platform/errors.js";
import { host } from "../platform/host.js";
import { withLock } from "../platform/locks.js";
import { load, update } from "../records/storage.js";
import type { Stored, StoredList } from "../records/stored.js";
import { holdReceipt } from "../requests/held-receipts.js";
import type { Incoming } from "../requests/incoming.js";
import { askServer } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import { isOnlyInvited } from "./membership-changes.js";

/**
 * Owners' notices: a new list key, a new server key, other owners. The switch is one write; nobody is asked, since an
 * owner whom one knows has signed it. Then the owner's receipt goes out, at once or when it can be sent; that of a notice that came in
 * a copy of a post with what is sent next (`requests/held-receipts.ts`).
 */

/** A notice that a copy of a post carries: it brings that list a new key, and nothing else. */
export interface CarryingCopy {
  /** The addresses that its header names. */
  readonly named: readonly string[];
}

/**
 * Takes a notice, one at a time: the same mail arrives and is displayed at once.
 * @param taken is told the list's address after its owners, keys or server have changed: an owner's own record follows
 * @param copy  in which it came, if it has no mail of its own
 * @throws ListSealError
 */
export function takeNotice(
  sealed: Uint8Array,
  taken: (list: string) => Promise<void>,
  copy?: CarryingCopy,
): Promise<Incoming> {
  return withLock("notices", () => takeOne(sealed, taken, copy)).catch((error: unknown) => {
    if (codeOf(error, "damaged") === "old-serial") return { kind: "old-notice" };
    throw error;
  });
}

async function takeOne(
  sealed: Uint8Array,
  taken: (list: string) => Promise<void>,
  copy: CarryingCopy | undefined,
): Promise<Incoming> {
  const secrets = await needOpenSecrets();
  const before = await load();
  // attack: a notice of another list in a copy, by whoever could put it there
  const isMeant = ({ address }: StoredList) => copy === undefined || copy.named.includes(address);
  const opened = await runJob("open-notice", {
    sealed,
    lists: Object.values(before.lists).filter(isMeant),
    secrets,
    now: new Date().toISOString(),
  });
  if (opened.kind === "not-for-me") return opened;
  const { list, news, serial, receipt } = opened;
  // attack: whoever the owners are, and which server, is told in a mail that a person sees
  if (copy !== undefined && news !== "new-list-key")
    throw new ProtocolError("wrong-kind", "a copy brings a list key alone");
  await update((stored) => ({
    stored: {
      ...stored,
      lists: { ...stored.lists, [list.address]: switched(stored, before, list) },
      backedUpAt: null,
    },
    result: undefined,
  }));
  // who is an owner, and which server counts, is another matter from now on
  host().renewViews();
  if (copy === undefined) {
    await askServer({
      command: { do: "receipt", news, serial, receipt },
      list,
      key: keyOf(before, list.memberKey),
    });
  } else await holdReceipt({ list: list.address, serial, receipt });
  await taken(list.address);
  return { kind: "notice", list: list.address, news };
}

/**
 * What a notice may change of a list, put over what is there now.
 *
 * Attack: between an invitation and the server's answer, whoever wrote the file would be believed as the list's owner.
 * @throws ListSealError `join-unanswered`; `no-such-list` if the list that the notice was held against is not here any more
 */
function switched(stored: Stored, before: Stored, changed: StoredList): StoredList {
  const present = stored.lists[changed.address];
  const judgedBy = before.lists[changed.address];
  if (present === undefined || judgedBy === undefined || !isSameWord(present, judgedBy))
    throw new AddonError("no-such-list", "the list was removed or changed meanwhile");
  if (isOnlyInvited(stored, changed.address))
    throw new AddonError("join-unanswered", "the server has not let one in");
  const { listKey, listKeyFingerprint, formerListKeys, serverCertificate, serverFingerprint } = changed;
  const { formerServers, owners, serials } = changed;
  return {
    ...present,
    ...{ listKey, listKeyFingerprint, formerListKeys, serverCertificate, serverFingerprint },
    ...{ formerServers, owners, serials },
  };
}

/** Whether a list's owners and what they have said are the same in both, and which of its keys the person has deleted. */
function isSameWord(one: StoredList, other: StoredList): boolean {
  const wordOf = ({ listKeyFingerprint, owners, serials, formerListKeys }: StoredList) =>
    JSON.stringify([listKeyFingerprint, owners, serials, formerListKeys]);
  return wordOf(one) === wordOf(other);
}
