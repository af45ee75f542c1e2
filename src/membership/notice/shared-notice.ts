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
import { encryptionKeyOf } from "../../openpgp/encryption-key.js";
import { ProtocolError } from "../../openpgp/errors.js";
import type { OpeningKey, Profile, SealingKey } from "../../openpgp/keys.js";
import { join } from "../../openpgp/packets.js";
import { readRecipientKey } from "../../openpgp/pkesk-layout.js";
import { wrappable, writePkesks } from "../../openpgp/pkesk-webcrypto.js";
import { profileOf, type SharedSecret } from "../../openpgp/secrets.js";
import { keyPacketTo, type SplitSeal, sealForLater } from "../../openpgp/split-seal.js";
import { signBinding } from "../../protocol/binding.js";
import { type Notice, noticeBytes } from "./owner-notice.js";

/**
 * Signs and seals a notice, for members who are named later ({@link packetFor}).
 *
 * @param owner  an owner whom the members know already; unlocked
 * @param before of a list with a secret: the secrets that it had, the newest first
 * @returns `sessionKey` opens it: it is kept as the list key is, until every member's packet is made
 * @throws Error for a secret with none in `before`; ListSealError `key-locked`
 */
export async function sealForMembers(
  notice: Notice,
  owner: OpeningKey<"member">,
  before: readonly SharedSecret<"list">[] = [],
): Promise<SplitSeal> {
  const bytes = await noticeBytes(notice, before);
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

/** What sealing to a member needs of their certificate: it is worked out once, and kept by whoever makes the packets. */
export interface NoticeTarget {
  /** As {@link EncryptionKey}: the public key's packet, and its fingerprint. */
  readonly key: Uint8Array;
  readonly fingerprint: Uint8Array;
  /** From then on the certificate is looked at again. */
  readonly freshUntil: Date;
}

/** A certificate is validated again after so long, in milliseconds: the library's judgement may depend on the date in more ways than by expiry. */
const FRESH_MS = 120 * 86_400_000;

/**
 * A member's target, for {@link packetsFor}.
 *
 * @returns undefined for a key that only the library seals to ({@link packetFor})
 * @throws ListSealError `key-expired`, `key-from-the-future`, `key-revoked`, `weak-algorithm` for a member's key that can't be used
 */
export async function targetOf(member: SealingKey<"member">, date: Date): Promise<NoticeTarget | undefined> {
  const { body, fingerprint, ends } = await encryptionKeyOf(member, date);
  if (readRecipientKey(body, fingerprint) === undefined) return undefined;
  return { key: body, fingerprint, freshUntil: new Date(Math.min(date.getTime() + FRESH_MS, ends)) };
}

/**
 * Many members' packets, without their certificates, in the same order: three in a millisecond where {@link packetFor} takes two for
 * one. null for one whose key nothing can be sealed to.
 *
 * @param targets a thousand at most in one worker (`pkesk-webcrypto.ts`)
 * @throws ListSealError `key-damaged` for a target that is none
 */
export async function packetsFor(
  targets: readonly Pick<NoticeTarget, "key" | "fingerprint">[],
  sessionKey: Uint8Array,
  profile: Profile,
): Promise<readonly (Uint8Array | null)[]> {
  const recipients = targets.map(({ key, fingerprint }) => {
    const recipient = readRecipientKey(key, fingerprint);
    if (recipient === undefined) throw new ProtocolError("key-damaged", "no key on Curve25519");
    return recipient;
  });
  return writePkesks(recipients, await wrappable(sessionKey, profile === "compatible" ? 3 : 6));
}

/** The notice that a member gets: their packet in front of the data packet that is everybody's. */
export const noticeOf = (packet: Uint8Array, dataPacket: Uint8Array): Uint8Array => join(packet, dataPacket);
