/**
 * A notice that is the same for all members: signed and encrypted once, with one session key packet for each member. What
 * `owner-notice.ts` writes for one member grows with the list, 2 ms and 1.6 kB a member; here a member is one packet of 0.1 kB.
 *
 * The server is given the data packet once and each member's packet, can open none of them, and hands each member the two that are
 * theirs. Together they are an ordinary notice, which `openNotice` opens.
 *
 * The signature names no readers, since all have the same. Whoever passes the notice on under another key gives away what it brings,
 * which is the list key that every member has; what it says is bound to its list and its serial.
 */
import type { OpeningKey, SealingKey } from "../../openpgp/keys.js";
import { join } from "../../openpgp/packets.js";
import { profileOf } from "../../openpgp/secrets.js";
import { keyPacketTo, type SplitSeal, sealForLater } from "../../openpgp/split-seal.js";
import { signBinding } from "../../protocol/binding.js";
import { type Notice, noticeBytes } from "./owner-notice.js";

/**
 * Signs and seals a notice, for members who are named later ({@link packetFor}).
 *
 * @param owner an owner whom the members know already; unlocked
 * @returns `sessionKey` opens it: it is kept as the list key is, until every member's packet is made
 * @throws ListSealError `key-locked`
 */
export async function sealForMembers(notice: Notice, owner: OpeningKey<"member">): Promise<SplitSeal> {
  const bytes = await noticeBytes(notice);
  const signature = await signBinding(bytes, owner, { kind: notice.news.kind }, [], notice.date);
  return sealForLater(bytes, signature, profileOf(owner), notice.date);
}

/**
 * One member's packet. The caller picks the members by the owner's own log, as for {@link ./owner-notice.ts}.
 *
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a member's key that can't be used
 */
export function packetFor(
  member: SealingKey<"member">,
  sessionKey: Uint8Array,
  date: Date,
): Promise<Uint8Array> {
  return keyPacketTo(member, sessionKey, profileOf(member), date);
}

/** The notice that a member gets: their packet in front of the data packet that is everybody's. */
export const noticeOf = (packet: Uint8Array, dataPacket: Uint8Array): Uint8Array => join(packet, dataPacket);
