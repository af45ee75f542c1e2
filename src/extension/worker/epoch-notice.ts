import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import { packetFor, sealForMembers } from "../../membership/notice/shared-notice.js";
import { parseFingerprint, readOpeningKey, readSealingKey } from "../../openpgp/keys.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";

/** The notice of a new list key, sealed once for all members. */

/**
 * The notice, signed and sealed: its data packet, and the session key with which each member's packet is made.
 * @throws ListSealError what `sealForMembers` throws
 */
export async function sealNoticeForAll({
  list,
  secret,
  listKey,
  serial,
  graceEnds,
  now,
}: {
  readonly list: { readonly address: string; readonly listKeyFingerprint: string };
  readonly secret: string;
  readonly listKey: string;
  readonly serial: number;
  readonly graceEnds: string;
  readonly now: string;
}): Promise<{ readonly body: string; readonly sessionKey: string }> {
  const notice = {
    serial,
    date: new Date(now),
    list: { address: parseAddress(list.address), key: parseFingerprint(list.listKeyFingerprint) },
    news: {
      kind: "new-list-key",
      listKey: await readOpeningKey("list", fromBase64(listKey)),
      graceEnds: new Date(graceEnds),
    },
  } as const;
  const owner = await readOpeningKey("member", fromBase64(secret));
  const { dataPacket, sessionKey } = await sealForMembers(notice, owner);
  return { body: toBase64(dataPacket), sessionKey: toBase64(sessionKey) };
}

/** What is wrong with a member's certificate, and with nothing else: nobody else goes without because of it. */
const unusable: ReadonlySet<ErrorCode> = new Set([
  "key-expired",
  "key-from-the-future",
  "key-revoked",
  "weak-algorithm",
]);

/**
 * The session key packets for some members, in the same order; null for one to whose certificate nothing can be sealed.
 * @throws ListSealError for a certificate that can't be read
 */
export async function noticePackets({
  sessionKey,
  members,
  now,
}: {
  /** In base64. */
  readonly sessionKey: string;
  /** Armored, from the owner's own log. */
  readonly members: readonly string[];
  readonly now: string;
}): Promise<{ readonly packets: readonly (Uint8Array | null)[] }> {
  const [key, date] = [fromBase64(sessionKey), new Date(now)];
  const packets: (Uint8Array | null)[] = [];
  for (const member of members) {
    try {
      packets.push(await packetFor(await readSealingKey("member", member, date), key, date));
    } catch (error) {
      if (!unusable.has(codeOf(error, "worker-failed"))) throw error;
      packets.push(null);
    }
  }
  return { packets };
}
