import { MembershipError } from "../../membership/file/errors.js";
import { certified, keyOf } from "../keys/certify-key.js";
import { noteUse, secretOf } from "../keys/unlocked.js";
import { AddonError } from "../platform/errors.js";
import { load } from "../records/storage.js";
import type { StoredList, StoredMemberKey } from "../records/stored.js";
import type { SendBlocker } from "./compose-status.js";

/** Something stands in the way, and the person is told what. */
export class SendBlocked extends Error {
  readonly hindrance: SendBlocker;

  constructor(hindrance: SendBlocker) {
    super(hindrance.kind);
    this.name = "Hindered";
    this.hindrance = hindrance;
  }
}

/** The person at this computer, as a member of one list. */
export interface LetterAuthor {
  readonly list: StoredList;
  readonly key: StoredMemberKey;
  readonly secret: string;
}

/**
 * Whose key signs what one writes as a member of a list.
 * @throws ListSealError `no-member-key`, `left-list`, `own-key-revoked`
 */
export async function memberKeyFor(list: StoredList): Promise<StoredMemberKey> {
  if (list.membership === "left") throw new AddonError("left-list", "one has left the list");
  const key = keyOf(await load(), list.memberKey);
  if (key.revokedAt !== null) throw new AddonError("own-key-revoked", "one's own key is revoked");
  await noteUse();
  return key;
}

/**
 * Who writes to a list here.
 * @throws Hindered if the key is locked; ListSealError `read-only`, what {@link memberKeyFor} throws
 */
export async function authorFor(list: StoredList): Promise<LetterAuthor> {
  const key = await memberKeyFor(list);
  // the server would refuse it, and a mail on its way is a promise
  if (list.role === "read-only") throw new MembershipError("read-only", "the list takes no posts from one");
  const secret = await secretOf(key);
  if (secret === null)
    throw new SendBlocked({
      kind: "locked",
      doing: "sending",
      fingerprint: key.fingerprint,
      address: key.address,
    });
  return { ...(await certified(list, key, secret)), secret };
}
