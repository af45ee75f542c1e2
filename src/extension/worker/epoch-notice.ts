import { fromBase64, toBase64 } from "../../mail/base64.js";
import { parseAddress } from "../../mail/mailbox.js";
import type { News } from "../../membership/notice/owner-notice.js";
import {
  type NoticeTarget,
  packetFor,
  packetsFor,
  sealForMembers,
  targetOf,
} from "../../membership/notice/shared-notice.js";
import { type Profile, parseFingerprint, readOpeningKey, readSealingKey } from "../../openpgp/keys.js";
import { parseListKeyId, readListOpener } from "../../openpgp/list-keys.js";
import { hasX25519 } from "../../openpgp/pkesk-webcrypto.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import type { NoticeContent } from "../records/owned-list.js";
import { termOf } from "./notices.js";
import type { ListInNotice } from "./owner-jobs.js";
import { readSecretsBefore, type SecretsBefore } from "./secrets-before.js";

/** An owner's notice, sealed once for all members. */

/**
 * The notice, signed and sealed: its data packet, and the session key with which each member's packet is made. Both in base64.
 * @param input.before for a new secret of the list: what it is sealed under
 * @throws ListSealError what `sealForMembers` throws
 */
export async function sealNoticeForAll({
  list,
  secret,
  tidings,
  before,
  serial,
  now,
}: {
  readonly list: ListInNotice;
  readonly secret: string;
  readonly tidings: NoticeContent;
  readonly before: SecretsBefore;
  readonly serial: number;
  readonly now: string;
}): Promise<{ readonly body: string; readonly sessionKey: string }> {
  const date = new Date(now);
  const notice = {
    serial,
    date,
    list: { address: parseAddress(list.address), key: parseListKeyId(list.listKeyFingerprint) },
    news: await newsOf(list, tidings, date),
  };
  const owner = await readOpeningKey("member", fromBase64(secret));
  const { dataPacket, sessionKey } = await sealForMembers(
    notice,
    owner,
    await readSecretsBefore(before, list.profile),
  );
  return { body: toBase64(dataPacket), sessionKey: toBase64(sessionKey) };
}

async function newsOf(list: ListInNotice, tidings: NoticeContent, date: Date): Promise<News> {
  switch (tidings.news) {
    case "new-list-key":
      return {
        kind: tidings.news,
        listKey: await readListOpener(fromBase64(tidings.listKey), list.profile),
        graceEnds: new Date(tidings.graceEnds),
      };
    case "new-server-key":
      return {
        kind: tidings.news,
        server: await readSealingKey("server", fromBase64(tidings.certificate), date),
        replaces: parseFingerprint(list.serverFingerprint),
      };
    case "owners":
      return { kind: tidings.news, owners: await Promise.all(tidings.owners.map(termOf)) };
  }
}

/** What is wrong with a member's certificate, and with nothing else: nobody else goes without because of it. */
const unusable: ReadonlySet<ErrorCode> = new Set([
  "key-expired",
  "key-from-the-future",
  "key-revoked",
  "weak-algorithm",
]);

/** A member whose packet is to be made. Bytes are base64. */
export interface PacketReader {
  /** Armored, from the owner's own log. */
  readonly certificate: string;
  /** What was worked out of that very certificate before, if it was. */
  readonly target: KeptTarget | null;
}

/** A {@link NoticeTarget} as it is kept. Bytes are base64. */
export interface KeptTarget {
  readonly key: string;
  readonly fingerprint: string;
  /** ISO 8601. */
  readonly freshUntil: string;
}

/** One member's packet. `packet`: null for one to whose certificate nothing can be sealed; `target`: to be kept, where it is new. */
export interface MadePacket {
  readonly packet: Uint8Array | null;
  readonly target: KeptTarget | null;
}

/**
 * The session key packets for some members, in the same order.
 *
 * Certificates are looked at once, which takes longer than all the rest; the packets are then made by the platform
 * (`pkesk-webcrypto.ts`), or, where that does not know the curve or the key is of another kind, by the library.
 * @param input.members a thousand at most in one worker
 * @throws ListSealError for a certificate that can't be read
 */
export async function noticePackets({
  sessionKey,
  profile,
  members,
  now,
}: {
  /** In base64. */
  readonly sessionKey: string;
  readonly profile: Profile;
  readonly members: readonly PacketReader[];
  readonly now: string;
}): Promise<{ readonly made: readonly MadePacket[] }> {
  const [key, date] = [fromBase64(sessionKey), new Date(now)];
  const isFast = await hasX25519();
  const made: MadePacket[] = members.map(() => ({ packet: null, target: null }));
  const targets: { readonly at: number; readonly target: NoticeTarget }[] = [];
  for (const [at, { certificate, target }] of members.entries()) {
    if (isFast && target !== null && Date.parse(target.freshUntil) > date.getTime()) {
      targets.push({ at, target: readTarget(target) });
      continue;
    }
    try {
      const member = await readSealingKey("member", certificate, date);
      const found = isFast ? await targetOf(member, date) : undefined;
      if (found === undefined) made[at] = { packet: await packetFor(member, key, date), target: null };
      else {
        targets.push({ at, target: found });
        made[at] = { packet: null, target: writeTarget(found) };
      }
    } catch (error) {
      if (!unusable.has(codeOf(error, "worker-failed"))) throw error;
    }
  }
  const packets = await packetsFor(
    targets.map(({ target }) => target),
    key,
    profile,
  );
  for (const [index, { at }] of targets.entries()) {
    made[at] = { target: made[at]?.target ?? null, packet: packets[index] ?? null };
  }
  return { made };
}

/**
 * What the packets of some members need of their certificates, in the same order; null for one to which nothing is sealed so.
 * @param input.members armored certificates from the owner's own log, a thousand at most in one worker
 * @throws ListSealError for a certificate that can't be read
 */
export async function targetsOf({
  members,
  now,
}: {
  readonly members: readonly string[];
  readonly now: string;
}): Promise<{ readonly targets: readonly (KeptTarget | null)[] }> {
  const date = new Date(now);
  const targets: (KeptTarget | null)[] = [];
  for (const certificate of members) {
    try {
      const found = await targetOf(await readSealingKey("member", certificate, date), date);
      targets.push(found === undefined ? null : writeTarget(found));
    } catch (error) {
      if (!unusable.has(codeOf(error, "worker-failed"))) throw error;
      targets.push(null);
    }
  }
  return { targets };
}

const readTarget = ({ key, fingerprint, freshUntil }: KeptTarget): NoticeTarget => ({
  key: fromBase64(key),
  fingerprint: fromBase64(fingerprint),
  freshUntil: new Date(freshUntil),
});

const writeTarget = ({ key, fingerprint, freshUntil }: NoticeTarget): KeptTarget => ({
  key: toBase64(key),
  fingerprint: toBase64(fingerprint),
  freshUntil: freshUntil.toISOString(),
});
