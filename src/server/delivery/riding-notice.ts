/** The owner's notice that a copy carries beside its post (store/riding-notices.ts). */
import { join } from "../../openpgp/packets.js";
import type { RidingNotices } from "../store/riding-notices.js";
import type { Member } from "../store/store.js";
import type { PreparedPost } from "./copies.js";

/**
 * The notice for this member's copy, sealed to them by an owner; undefined if the post needs none, they have confirmed it, or their
 * program would take the copy for a stranger's mail.
 */
export async function noticeAboard(
  store: RidingNotices,
  { riding }: PreparedPost,
  member: Member,
  now: number,
): Promise<Uint8Array | undefined> {
  if (riding === undefined || !member.takesRiding) return undefined;
  const packet = await store.packetToRide(riding.id, member.id, now);
  return packet && join(packet, riding.body);
}
