/**
 * Owners' notices on their way through the server: it passes on what it can't open, and keeps the members' receipts for
 * the owners to ask for.
 *
 * Each copy is sealed by the owner to the member's own certificate. The server could hold notices back; it can make none,
 * and who has not sent a receipt is what the owner sees.
 */
import {
  MAX_NOTICE_MAILS_BYTES,
  type NoticeCopy,
  type NoticePacket,
} from "../../membership/request/commands.js";
import { sha256 } from "../../openpgp/digest.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { assertDataPacket, assertKeyPacket, join } from "../../openpgp/packets.js";
import { noticeMail } from "../delivery/shared-notice.js";
import type { VerifiedCommand } from "../store/authorization.js";
import {
  type CommandNamed,
  type CommandResult,
  commandOutcome,
  type RequestContext,
  refusal,
} from "./request-context.js";

/**
 * Passes a notice on to those it is for who are members now; copies for others are dropped: they have left since the
 * owner looked.
 */
export async function passNotice(
  asked: RequestContext,
  verified: VerifiedCommand,
  notice: Pick<CommandNamed<"notice">, "news" | "serial">,
  copies: readonly NoticeCopy[],
): Promise<CommandResult> {
  const { parts, list } = asked;
  const keys = [...new Set(copies.map(({ to }) => to))];
  const named = await parts.store.membersByFingerprints(list.id, keys);
  const members = new Map(named.map((member) => [member.fingerprint, member]));
  const mails = copies.flatMap(({ to, sealed }) => {
    const member = members.get(to);
    if (member === undefined) return [];
    return [{ fingerprint: member.fingerprint, ...noticeMail(list, member, sealed, asked.now) }];
  });
  return commandOutcome(await parts.store.passNotice(verified, notice, mails));
}

/**
 * Each member's copy of a notice that was sealed once for all: their session key packet in front of the data packet.
 * @throws ListSealError `damaged` for anything else than these packets; `too-large` for more mail than one command may make
 */
export function copiesOf({ body, packets }: CommandNamed<"shared-notice">): readonly NoticeCopy[] {
  assertParts(body, packets);
  const octets = packets.reduce((sum, { packet }) => sum + packet.length + body.length, 0);
  if (octets > MAX_NOTICE_MAILS_BYTES)
    throw new ProtocolError("too-large", "more mail than one command makes");
  return packets.map(({ to, packet }) => ({ to, sealed: join(packet, body) }));
}

/** What a member gets is their packet in front of the data packet, and nothing else that an owner may have put there. */
function assertParts(body: Uint8Array, packets: readonly NoticePacket[]): void {
  assertDataPacket(body);
  for (const { packet } of packets) assertKeyPacket(packet);
}

/**
 * Keeps a part of a new list key's notice: the data packet that is everybody's, and session key packets for members of now.
 * Nobody is told of it before the list changes over.
 */
export async function keepSharedNotice(
  { parts }: RequestContext,
  verified: VerifiedCommand,
  { serial, body, packets }: CommandNamed<"list-key-notice">,
): Promise<CommandResult> {
  assertParts(body, packets);
  const notice = { serial, digest: await sha256(body), body };
  return commandOutcome(await parts.store.keepSharedNotice(verified, notice, packets));
}

/** Whom the notice was passed on to, with the receipts that have come. */
export async function receiptsOf(
  { parts, list }: RequestContext,
  notice: CommandNamed<"receipts">,
): Promise<CommandResult> {
  const { store } = parts;
  const rows = await store.passedNotices(list.id, notice);
  if (rows.length === 0) return refusal("no-such-notice");
  return {
    kind: "answer",
    result: {
      kind: "receipts",
      head: await store.recordHead(list.id),
      passed: rows.map(({ fingerprint, passed, receipt }) => ({
        member: parseFingerprint(fingerprint),
        passed: new Date(passed),
        ...(receipt === undefined ? {} : { receipt }),
      })),
    },
  };
}
