import { sha256 } from "../../openpgp/digest.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { type ListTargets, noticeTargets } from "../records/notice-targets.js";
import type { NoticeRun, OwnedList } from "../records/owned-list.js";
import { runJob, runJobApart } from "../worker/client.js";
import type { KeptTarget } from "../worker/epoch-notice.js";
import type { SecretsBefore } from "../worker/secrets-before.js";
import { addressees, type NoticeAddressee } from "./notice-addressees.js";

/**
 * The packets of a notice for very many members: in workers of their own, several at a time, each of which ends after some hundred
 * packets (`openpgp/pkesk-webcrypto.ts`). What a certificate needs to be looked at for is kept, so that the next list key costs a
 * third of the first.
 */

/** Packets that a worker makes. */
const PACKETS_IN_A_WORKER = 500;

/** Workers at one time: the person is at work on the same computer. */
const MOST_WORKERS = 4;

/** What is sealed: what a notice says, under which serial, and when it was signed. */
type SealedContent = Pick<NoticeRun, "tidings" | "serial" | "at">;

/**
 * A notice, signed and sealed for members who are named by {@link makePackets}. Both in base64.
 * @param secret the owner's member key, unlocked
 * @param before of a list with a secret: what the next one is sealed under
 * @throws ListSealError what the worker throws
 */
export function sealNotice(
  { address, profile, listKeyFingerprint, serverFingerprint }: OwnedList,
  secret: string,
  { tidings, serial, at }: SealedContent,
  before: SecretsBefore,
): Promise<{ readonly body: string; readonly sessionKey: string }> {
  const list = { address, profile, listKeyFingerprint, serverFingerprint };
  return runJob("seal-notice", { list, secret, tidings, before, serial, now: at });
}

/** A member's packet, as a request names it. */
export interface NamedPacket {
  readonly to: ReturnType<typeof parseFingerprint>;
  readonly packet: Uint8Array;
}

/** What the packets are made of. */
export interface PacketSource {
  /** In base64. */
  readonly sessionKey: string;
  /** ISO 8601. */
  readonly at: string;
}

/** @param made how many there are by now */
type Progress = (made: number) => void;

interface Batch {
  readonly members: readonly NoticeAddressee[];
  readonly packets: NamedPacket[];
}

/**
 * The packets for these members, but for those to whose certificates nothing can be sealed.
 *
 * @param signal stops it
 * @throws ListSealError `cancelled`; what the workers throw
 */
export async function makePackets(
  list: OwnedList,
  { sessionKey, at }: PacketSource,
  readers: readonly NoticeAddressee[],
  signal: AbortSignal,
  progress: Progress,
): Promise<readonly NamedPacket[]> {
  const known = (await noticeTargets.load()).lists[list.address] ?? {};
  const found = new Map<string, KeptTarget>();
  const batches: Batch[] = [];
  for (let from = 0; from < readers.length; from += PACKETS_IN_A_WORKER) {
    batches.push({ members: readers.slice(from, from + PACKETS_IN_A_WORKER), packets: [] });
  }
  const waiting = [...batches];
  let made = 0;
  const lane = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) {
      const { members, packets } = batch;
      const names = await Promise.all(members.map(digestOf));
      const input = members.map(({ certificate }, index) => ({
        certificate,
        target: known[names[index] ?? ""] ?? null,
      }));
      const work = { sessionKey, profile: list.profile, members: input, now: at };
      const results = (await runJobApart("notice-packets", work, { signal })).made;
      for (const [index, { packet, target }] of results.entries()) {
        const [member, digest] = [members[index], names[index]];
        if (target !== null && digest !== undefined) found.set(digest, target);
        if (packet !== null && member !== undefined)
          packets.push({ to: parseFingerprint(member.fingerprint), packet });
      }
      made += members.length;
      progress(made);
    }
  };
  await Promise.all(Array.from({ length: workersAtATime() }, lane));
  await keepTargets(list, found);
  return batches.flatMap(({ packets }) => packets);
}

/** Certificates that are looked at in advance at one time: half a second of a worker. */
const LOOKED_AT = 500;

/** Digests of certificates that nothing is sealed to, as long as this page lives. */
const unusable = new Set<string>();

/**
 * Looks at the certificates of members of whom that is not kept yet, some at a time, so that a new list key has not to wait for it.
 * Call it when the list's log has gone on.
 * @throws ListSealError what the worker throws, `storage-failed`
 */
export async function prepareTargets(list: OwnedList): Promise<void> {
  const known = (await noticeTargets.load()).lists[list.address] ?? {};
  const now = new Date().toISOString();
  const missing: { readonly digest: string; readonly certificate: string }[] = [];
  for (const member of addressees(list)) {
    if (missing.length === LOOKED_AT) break;
    const digest = await digestOf(member);
    const isFresh = (known[digest]?.freshUntil ?? "") > now;
    if (!isFresh && !unusable.has(digest)) missing.push({ digest, certificate: member.certificate });
  }
  if (missing.length === 0) return;
  const members = missing.map(({ certificate }) => certificate);
  const { targets } = await runJobApart("notice-targets", { members, now });
  const found = new Map<string, KeptTarget>();
  for (const [index, { digest }] of missing.entries()) {
    const target = targets[index] ?? null;
    if (target === null) unusable.add(digest);
    else found.set(digest, target);
  }
  await keepTargets(list, found);
}

const workersAtATime = (): number => Math.min(Math.max(navigator.hardwareConcurrency ?? 1, 1), MOST_WORKERS);

/** Digests that are remembered, as long as this page lives: those of 100,000 members take seconds, and are wanted with each look. */
const MOST_DIGESTS = 200_000;

/** By certificate. */
const digests = new Map<string, string>();

async function digestOf({ certificate }: NoticeAddressee): Promise<string> {
  const known = digests.get(certificate);
  if (known !== undefined) return known;
  const digest = await sha256(new TextEncoder().encode(certificate));
  if (digests.size >= MOST_DIGESTS) digests.clear();
  digests.set(certificate, digest);
  return digest;
}

/** Keeps what is new, and of what was known that of members. */
async function keepTargets(list: OwnedList, found: ReadonlyMap<string, KeptTarget>): Promise<void> {
  if (found.size === 0) return;
  const present = new Set(await Promise.all(addressees(list).map(digestOf)));
  await noticeTargets.update((before) => {
    const merged: ListTargets = { ...before.lists[list.address], ...Object.fromEntries(found) };
    const kept = Object.fromEntries(Object.entries(merged).filter(([digest]) => present.has(digest)));
    return { stored: { ...before, lists: { ...before.lists, [list.address]: kept } }, result: undefined };
  });
}
