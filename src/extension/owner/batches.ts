import { fromBase64 } from "../../mail/base64.js";
import { noticeOf } from "../../membership/notice/shared-notice.js";
import {
  type Command,
  MAX_NOTICE_COPIES,
  MAX_NOTICE_MAILS_BYTES,
  MAX_NOTICE_PACKET_BYTES,
  type NoticeCopy,
} from "../../membership/request/commands.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import type { NoticeRun, OwnedList, StoredNotice } from "../records/owned-list.js";
import { changeOwned } from "../records/owned-storage.js";
import { load, update } from "../records/storage.js";
import type { StoredList } from "../records/stored.js";
import { forgetPending, pendingFor, sendAgain } from "../requests/send-request.js";
import { type NoticeAddressee, untold } from "./notice-addressees.js";
import { makePackets, type NamedPacket, sealNotice } from "./notice-packets.js";
import { askAsOwner, ownerSecret } from "./owner-requests.js";
import { asMembersKnow } from "./second-owner.js";
import { listSecretsBefore } from "./secrets-before.js";

/**
 * A notice to all members, in as many requests as it takes: one batch after the other, each sealed once for all in it, all under one serial. The owner's own
 * side changes over when the server has taken the last one.
 *
 * What was taken is kept after each answer, and who is left is looked up in the owner's log before each batch. So it can
 * end anywhere and be gone on with: at worst somebody gets their copy twice, which their add-on knows by its serial.
 */

/** How much goes in one request. */
export interface BatchLimits {
  readonly copies: number;
  /** Of the command, as JSON. */
  readonly octets: number;
}

/**
 * What the server takes (`MAX_NOTICE_REQUEST_BYTES` is more), and what a request may have that is kept until its answer comes:
 * a text of a kept record has a million characters at most, and this is 930,000 in base64.
 */
export const fullBatch: BatchLimits = { copies: MAX_NOTICE_COPIES, octets: 700_000 };

/** A copy's or packet's fingerprint, the names of its fields and the indentation. */
const FRAME_OCTETS = 160;

/** Notices whose server is of a version before `shared-notice`, as long as this page lives: each member's copy goes there whole. */
const needCopies = new Set<string>();

const nameOf = ({ address }: OwnedList, { tidings, serial }: NoticeRun): string =>
  `${address} ${tidings.news} ${serial}`;

/** The server refused `shared-notice` as a command that it doesn't know. */
export function noteOlderServer(list: OwnedList): void {
  if (list.telling !== null) needCopies.add(nameOf(list, list.telling));
}

/** What a batch asks for, and the members whom it leaves told. */
interface Batch {
  /** undefined: nothing can be sealed to any of them. */
  readonly command: Extract<Command, { readonly do: "notice" | "shared-notice" }> | undefined;
  readonly to: StoredNotice["to"];
}

const inBase64 = (octets: number): number => Math.ceil(octets / 3) * 4;

/**
 * Seals the notice once, for as many of these members as go in one request: those behind them get it sealed once more.
 * @throws ListSealError `key-locked`; what the workers throw
 */
async function nextBatch(
  list: OwnedList,
  run: NoticeRun,
  left: readonly NoticeAddressee[],
  limits: BatchLimits,
): Promise<Batch> {
  const { tidings, serial, at } = run;
  const { news } = tidings;
  const before = news === "new-list-key" ? await listSecretsBefore(list, tidings.fingerprint) : [];
  const { body, sessionKey } = await sealNotice(list, await ownerSecret(list), run, before);
  const dataPacket = fromBase64(body);
  const isWhole = needCopies.has(nameOf(list, run));
  const common = isWhole ? 0 : inBase64(dataPacket.length);
  const octetsOf = (packet: number): number =>
    FRAME_OCTETS + inBase64(isWhole ? packet + dataPacket.length : packet);
  const most = Math.min(
    limits.copies,
    Math.floor((limits.octets - common) / octetsOf(0)),
    Math.floor(MAX_NOTICE_MAILS_BYTES / (dataPacket.length + MAX_NOTICE_PACKET_BYTES)),
  );
  const readers = left.slice(0, Math.max(1, most));
  const uncancelled = new AbortController().signal;
  const made = await makePackets(list, { sessionKey, at }, readers, uncancelled, () => undefined);
  const packets: NamedPacket[] = [];
  let octets = common;
  for (const named of made) {
    octets += octetsOf(named.packet.length);
    if (octets > limits.octets && packets.length > 0) break;
    packets.push(named);
  }
  const firstLeft = made[packets.length]?.to;
  const end = readers.findIndex(({ fingerprint }) => fingerprint === firstLeft);
  const to = readers.slice(0, end < 0 ? readers.length : end);
  return {
    to: to.map((one) => ({ address: one.address, fingerprint: one.fingerprint, confirmedAt: null })),
    command:
      packets.length === 0
        ? undefined
        : isWhole
          ? { do: "notice", news, serial, copies: packets.map((one) => copyOf(one, dataPacket)) }
          : { do: "shared-notice", news, serial, body: dataPacket, packets },
  };
}

const copyOf = ({ to, packet }: NamedPacket, dataPacket: Uint8Array): NoticeCopy => ({
  to,
  sealed: noticeOf(packet, dataPacket),
});

/**
 * Asks the server to take the next batch, or changes over if none is left.
 *
 * A member to whose certificate nothing can be sealed keeps nobody else from hearing it: they get no posts either, and stay
 * in the notice as one who has not confirmed it.
 *
 * @param again a batch whose answer is waited for is sent once more: the answer may be lost
 * @returns `asked` if an answer is waited for; `passed-over` if the next could be sealed for nobody
 * @throws ListSealError `key-locked`; what the worker throws; `storage-failed`
 */
export async function passNext(
  list: OwnedList,
  telling: NoticeRun,
  limits: BatchLimits,
  again: boolean,
): Promise<"asked" | "changed-over" | "passed-over"> {
  if (await isWaitedFor(list, telling, again)) return "asked";
  const left = untold(list, telling);
  if (left.length === 0) {
    await changeOver(list, telling);
    return "changed-over";
  }
  const { command, to } = await nextBatch(list, telling, left, limits);
  const change = (next: (run: NoticeRun) => NoticeRun) =>
    changeOwned(list.address, (before) => ({ ...before, telling: before.telling && next(before.telling) }));
  if (command === undefined) {
    await change((run) => ({ ...run, told: [...run.told, ...to] }));
    return "passed-over";
  }
  const { id } = await askAsOwner(list, command);
  await change((run) => ({ ...run, asked: { request: id, to } }));
  return "asked";
}

/** Whether an answer is still to come. A request that was forgotten, or that the server would not take any more, has none. */
async function isWaitedFor(list: OwnedList, { asked }: NoticeRun, again: boolean): Promise<boolean> {
  const waiting = (await pendingFor(list.address)).some(({ id }) => id === asked?.request);
  if (asked === null || !waiting) return false;
  if (!again) return true;
  try {
    await sendAgain(asked.request);
    return true;
  } catch (error) {
    if (codeOf(error, "storage-failed") !== "too-old") throw error;
    await forgetPending(asked.request);
    return false;
  }
}

/**
 * What the server's answer to a batch changes. Any other answer changes nothing: it was for a batch that was asked for again,
 * or it is looked at for a second time.
 *
 * @param code of a refusal. `not-a-member`: nobody of the batch is a member any more, and there is nobody left to tell. They
 *   stay in the notice as those who have not confirmed it, so that a server that lies about it shows.
 *   `old-serial`: another owner was faster; what is still to be told then gets a serial of its own
 */
export function batchAnswered(list: OwnedList, request: string, code: ErrorCode | null): OwnedList {
  const { telling } = list;
  if (telling === null || telling.asked?.request !== request) return list;
  if (code === "old-serial") return { ...list, telling: null };
  const taken = code === null || code === "not-a-member" ? telling.asked.to : [];
  return { ...list, telling: { ...telling, told: [...telling.told, ...taken], asked: null } };
}

/** What the list has from now on. */
function valuesOf(tidings: NoticeRun["tidings"]) {
  switch (tidings.news) {
    case "owners":
      return { owners: tidings.owners };
    case "new-list-key":
      return { listKey: tidings.listKey, listKeyFingerprint: tidings.fingerprint };
    case "new-server-key":
      return { serverCertificate: tidings.certificate, serverFingerprint: tidings.fingerprint };
  }
}

/** The time in whole seconds, as signatures have it. */
export const nowInSeconds = (): Date => new Date(Math.floor(Date.now() / 1000) * 1000);

/** The serial after all that were made here, and all that came from other owners. */
export async function nextSerial(list: OwnedList, news: StoredNotice["news"]): Promise<number> {
  const own = list.notices.filter((one) => one.news === news).map(({ serial }) => serial);
  const others = (await load()).lists[list.address]?.serials[news] ?? 0;
  return Math.max(others, ...own) + 1;
}

/**
 * The owner reads and writes as the members do from now on; old mail stays readable. The member's side is first, and the
 * owner's follows it: ended in between, it is done once more and changes nothing twice.
 */
export async function changeOver({ address }: OwnedList, telling: NoticeRun): Promise<void> {
  const { tidings, serial, at, told } = telling;
  const known = await update((stored) => {
    const before = stored.lists[address];
    if (before === undefined) return { stored, result: undefined };
    const next = afterNews(before, telling);
    return { stored: { ...stored, lists: { ...stored.lists, [address]: next } }, result: next };
  });
  const { news } = tidings;
  const graceEnds = news === "new-list-key" ? tidings.graceEnds : null;
  await changeOwned(address, (before) => {
    const next = { ...before, ...valuesOf(tidings), ...(known === undefined ? {} : asMembersKnow(known)) };
    const keys = [...before.formerListKeys, before.listKeyFingerprint];
    if (news === "new-list-key") keys.push(tidings.fingerprint);
    return {
      ...next,
      formerListKeys: [...new Set(keys)].filter((key) => key !== next.listKeyFingerprint),
      rekeying:
        news === "new-list-key" && before.rekeying?.fingerprint === tidings.fingerprint
          ? null
          : before.rekeying,
      serverMove:
        news === "new-server-key" && before.serverMove?.fingerprint === tidings.fingerprint
          ? null
          : before.serverMove,
      telling:
        before.telling?.serial === serial && before.telling.tidings.news === news ? null : before.telling,
      notices: withNotice(before.notices, { news, serial, at, graceEnds, to: told }),
    };
  });
}

/** The notices with one more; what went to some later is part of the notice that went to all. */
function withNotice(notices: readonly StoredNotice[], made: StoredNotice): readonly StoredNotice[] {
  const isSame = ({ news, serial }: StoredNotice) => news === made.news && serial === made.serial;
  const before = notices.find(isSame);
  if (before === undefined) return [...notices, made];
  const again = new Set(made.to.map(({ fingerprint }) => fingerprint));
  const kept = before.to.filter(({ fingerprint }) => !again.has(fingerprint));
  return notices.map((one) => (isSame(one) ? { ...before, to: [...kept, ...made.to] } : one));
}

/** The list as a member has it, after what was told. Another owner's newer word stays; a key that it overtook is for reading. */
function afterNews(known: StoredList, { tidings, serial }: NoticeRun): StoredList {
  const { news } = tidings;
  const { listKey, listKeyFingerprint, formerListKeys, formerServers } = known;
  if (known.serials[news] >= serial) {
    const has = (fingerprint: string) =>
      [listKeyFingerprint, ...formerListKeys.map((key) => key.fingerprint)].includes(fingerprint);
    if (news !== "new-list-key" || has(tidings.fingerprint)) return known;
    const { fingerprint, graceEnds } = tidings;
    return {
      ...known,
      formerListKeys: [...formerListKeys, { listKey: tidings.listKey, fingerprint, graceEnds }],
    };
  }
  const next = { ...known, ...valuesOf(tidings), serials: { ...known.serials, [news]: serial } };
  switch (news) {
    case "owners":
      return next;
    case "new-list-key": {
      const former = { listKey, fingerprint: listKeyFingerprint, graceEnds: tidings.graceEnds };
      return { ...next, formerListKeys: [...formerListKeys, former] };
    }
    case "new-server-key":
      return { ...next, formerServers: [...formerServers, known.serverCertificate] };
  }
}
