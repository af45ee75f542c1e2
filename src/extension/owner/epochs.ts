import { fromBase64, toBase64 } from "../../mail/base64.js";
import { MAX_NOTICE_PACKETS } from "../../membership/request/request.js";
import { sha256 } from "../../openpgp/digest.js";
import { listKeyKindOf, parseListKeyId } from "../../openpgp/list-keys.js";
import { withLock } from "../platform/locks.js";
import type { OwnedList, StoredNotice } from "../records/owned-list.js";
import { changeOwned, loadOwned, ownedRecord } from "../records/owned-storage.js";
import type { EpochReason, EpochRun } from "../records/stored-epoch.js";
import type { AnswerResult } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { pendingFor } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import { changeOver, nextSerial, nowInSeconds } from "./batches.js";
import { dueKey, isTimeFor, makesKeysItself, mayBeStopped, notedEpoch } from "./epoch-state.js";
import { askNews } from "./members.js";
import { addressees, isOwner, type NoticeAddressee, untold } from "./notice-addressees.js";
import { makePackets, type NamedPacket, prepareTargets, sealNotice } from "./notice-packets.js";
import { askAsOwner, noteRefusal, ownerSecret } from "./owner-requests.js";
import { listSecretsBefore } from "./secrets-before.js";

/**
 * New list keys, by themselves or because a person wants one. The notice is sealed once for all members of the owner's own log, left with the
 * server in parts, and the list changes over when the server has it whole: before that nothing is different, here or there, so it may
 * be interrupted anywhere and is gone on with.
 *
 * Two owners may begin at once. The server takes the first; the other hears `old-serial`, forgets theirs, and takes the first's like
 * any member.
 */

/** How much goes in one request. */
export interface PacketLimits {
  readonly packets: number;
}

/** What the server takes and a kept request may have, as `fullBatch`: 230 octets of JSON for each member. */
export const fullPart: PacketLimits = { packets: Math.min(MAX_NOTICE_PACKETS, 3_000) };

/** What is being made for a list now: a person may stop it, and is shown how far it is. */
interface PacketWork {
  readonly stop: AbortController;
  /** Packets that are made by now, and not left with the server yet. */
  made: number;
}

const atWork = new Map<string, PacketWork>();

/** How many packets are made for a list at this moment, and not left with the server yet. */
export const packetsAtWork = (address: string): number => atWork.get(address)?.made ?? 0;

/**
 * Notes who has the list key and who of them is gone; then as {@link renewIfDue}. Call it when the record was followed to its end.
 */
export async function renewListKey(address: string, limits = fullPart): Promise<void> {
  const known = (await ownedRecord.load()).lists[address];
  if (known === undefined || !isOwner(known)) return;
  await changeOwned(address, (list) => ({ ...list, epoch: notedEpoch(list, new Date()) }));
  await renewIfDue(address, limits);
  if (makesKeysItself(known)) await prepareTargets(await loadOwned(address)).catch(() => undefined);
}

/**
 * Makes another list key if it is time, or goes on with one that was begun. Call it whenever time has passed. With a locked key the
 * page says that one is due.
 */
export async function renewIfDue(address: string, limits = fullPart): Promise<void> {
  await withLock("telling", async () => {
    const list = (await ownedRecord.load()).lists[address];
    if (list === undefined || !isOwner(list)) return;
    const { run } = list.epoch;
    if (run !== null) return follow(list, run, limits);
    const due = dueKey(list, new Date());
    const isFree = list.rekeying === null && list.telling === null && list.serverMove === null;
    if (due === null || !isFree || isOvertaken(list) || !makesKeysItself(list)) return;
    if (isTimeFor(due, new Date())) await goOn(list, await begun(list, due.why, 0), limits);
  }).catch(() => undefined);
}

/** The same for every list that is owned here. */
export async function renewAllIfDue(): Promise<void> {
  for (const address of Object.keys((await ownedRecord.load()).lists)) await renewIfDue(address);
}

/** Whether the record has a list key after the one that is known here: another owner's, whose notice is on its way. */
function isOvertaken({ history, listKeyFingerprint }: OwnedList): boolean {
  const newest = history.listKeys.at(-1);
  return newest !== undefined && newest !== listKeyFingerprint;
}

/**
 * Goes on with what was begun, as the record is now. An answer may be lost, and with it the only word that the list has changed
 * over: then the record has it, signed by this owner, and the key is not made in vain.
 */
async function follow(list: OwnedList, run: EpochRun, limits: PacketLimits): Promise<void> {
  const { history, listKeyFingerprint, address } = list;
  if (history.listKeys.some((key) => key === run.fingerprint)) return finish(list, run);
  if (listKeyFingerprint !== run.replaces || isOvertaken(list)) return changeRun(address, () => null);
  if (run.refusedAt !== null && history.hashes.length <= run.refusedAt) return;
  return goOn(list, run, limits);
}

const DAY_MS = 86_400_000;

/** Longest grace, in days; the server cuts off what is longer. */
const MAX_GRACE_DAYS = 90;

/**
 * Makes a new list key because a person wants one, whoever decides on others; one that was begun is gone on with.
 * @throws ListSealError `key-locked` before anything is kept; what the worker throws
 */
export async function renewByHand(address: string, graceDays: number, limits = fullPart): Promise<void> {
  await withLock("telling", async () => {
    const list = await loadOwned(address);
    const { run } = list.epoch;
    if (run !== null) return follow(list, run, limits);
    const why = dueKey(list, new Date())?.why ?? "other";
    const days = Math.min(graceDays, MAX_GRACE_DAYS);
    await goOn(list, await begun(list, why, days), limits);
  });
}

/** The owner's word on who decides, and how old a list key may get. What is due then is made, or waits for a press. */
export async function decideOnKeys(address: string, rule: "itself" | "by-hand", days: number): Promise<void> {
  await changeOwned(address, (list) => ({ ...list, epoch: { ...list.epoch, rule, days } }));
  await renewIfDue(address);
}

/**
 * @param graceDays none where nobody asks for it: whoever has left has the key before, and what a member sends under it is sealed again
 *   by itself (former-key-posts.ts)
 * @throws ListSealError `key-locked` before anything is kept
 */
async function begun(list: OwnedList, why: EpochReason, graceDays: number): Promise<EpochRun> {
  const { address, profile, listKeyFingerprint } = list;
  const secret = await ownerSecret(list);
  const serial = await nextSerial(list, "new-list-key");
  const now = nowInSeconds();
  const at = now.toISOString();
  const graceEnds = new Date(now.getTime() + graceDays * DAY_MS).toISOString();
  const made = await runJob("make-list-key", { address, profile, kind: listKeyKindOf(listKeyFingerprint) });
  const { listKey, fingerprint, certificate } = made;
  const tidings = { news: "new-list-key", listKey, fingerprint, graceEnds } as const;
  const under = (await listSecretsBefore(list, fingerprint)).slice(0, SECRETS_BEFORE);
  const { body, sessionKey } = await sealNotice(list, secret, { tidings, serial, at }, under);
  const run: EpochRun = {
    ...{ serial, at, why, listKey, fingerprint, certificate: toBase64(certificate) },
    ...{ graceEnds, replaces: listKeyFingerprint, body, sessionKey, told: [], asked: null, refusedAt: null },
  };
  // one that was asked for in the old way and forgotten is not waited for any more
  await changeOwned(address, (before) => ({ ...before, rekeying: null, epoch: { ...before.epoch, run } }));
  return run;
}

async function changeRun(address: string, change: (run: EpochRun | null) => EpochRun | null): Promise<void> {
  await changeOwned(address, (list) => ({
    ...list,
    epoch: { ...list.epoch, run: change(list.epoch.run) },
  }));
}

/** How many secrets the next one is sealed under for all members: each is 0.3 kB of everybody's notice. Notices between wait for whoever was away. */
const SECRETS_BEFORE = 4;

/** Asks for the next step, unless an answer is waited for. */
async function goOn(list: OwnedList, run: EpochRun, limits: PacketLimits): Promise<void> {
  const pending = await pendingFor(list.address);
  if (pending.some(({ id }) => id === run.asked?.request)) return;
  const left = untold(list, { told: run.told, only: null }).slice(0, limits.packets);
  const { id, to } = left.length > 0 ? await leavePackets(list, run, left) : await changeKey(list, run);
  await changeRun(list.address, (now) => now && { ...now, asked: { request: id, to } });
}

interface Asked {
  readonly id: string;
  readonly to: StoredNotice["to"];
}

async function leavePackets(
  list: OwnedList,
  run: EpochRun,
  left: readonly NoticeAddressee[],
): Promise<Asked> {
  const packets = await packetsAtOnce(list, run, left);
  // one to whose certificate nothing can be sealed gets no posts either, and stays as one who has not confirmed
  const to = left.map(({ address, fingerprint }) => ({ address, fingerprint, confirmedAt: null }));
  if (packets.length === 0) {
    await changeRun(list.address, (kept) => kept && { ...kept, told: [...kept.told, ...to] });
    return changeKey(list, run);
  }
  const { serial, body } = run;
  const { id } = await askAsOwner(list, {
    do: "list-key-notice",
    serial,
    body: fromBase64(body),
    packets,
  });
  return { id, to };
}

async function packetsAtOnce(
  list: OwnedList,
  run: EpochRun,
  left: readonly NoticeAddressee[],
): Promise<readonly NamedPacket[]> {
  const work: PacketWork = { stop: new AbortController(), made: 0 };
  atWork.set(list.address, work);
  try {
    return await makePackets(list, run, left, work.stop.signal, (made) => {
      work.made = made;
    });
  } finally {
    atWork.delete(list.address);
  }
}

/**
 * A person stops a list key that is being made: nothing has changed, here or at the server, which forgets what was left with it. It is
 * begun anew after an hour, or not, if the owner chooses so meanwhile. Once the server was asked to change over it can't be stopped.
 *
 * @returns whether it was stopped
 */
export async function stopRenewal(address: string): Promise<boolean> {
  atWork.get(address)?.stop.abort();
  return withLock("telling", async () => {
    const { epoch } = await loadOwned(address);
    const { run } = epoch;
    if (run === null || !mayBeStopped(run)) return false;
    const { why } = run;
    // what a person asked for is not begun by itself
    const due = why === "other" ? null : { why, since: new Date().toISOString() };
    await changeOwned(address, (list) => ({ ...list, epoch: { ...list.epoch, due, run: null } }));
    return true;
  });
}

/** Asks the server to change over: only for the members of the record that is known here, to whom the notice is sealed. */
async function changeKey(list: OwnedList, run: EpochRun): Promise<Asked> {
  const { hashes } = list.history;
  const head = { number: hashes.length, hash: hashes.at(-1) ?? "" };
  const { id } = await askAsOwner(list, {
    do: "new-list-key",
    serial: run.serial,
    replaces: parseListKeyId(run.replaces),
    listKey: fromBase64(run.certificate),
    graceEnds: new Date(run.graceEnds),
    notice: { digest: await sha256(fromBase64(run.body)), head },
  });
  return { id, to: [] };
}

/**
 * The server's word on packets that were left with it; the next step follows.
 * @param limits of the next part
 */
export async function packetsAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  limits = fullPart,
): Promise<void> {
  const { list: address, id } = asked;
  const code = result.kind === "refused" ? result.code : null;
  if (code === "unsupported-version") return tellOneByOne(asked);
  if (code === "old-serial") return lookAgain(asked);
  // nobody of them is a member any more
  const isTaken = code === null || code === "not-a-member";
  await withLock("telling", () =>
    changeRun(address, (run) =>
      run?.asked?.request === id
        ? { ...run, told: isTaken ? [...run.told, ...run.asked.to] : run.told, asked: null }
        : run,
    ),
  );
  if (!isTaken) return noteRefusal(asked, code);
  await renewIfDue(address, limits);
}

/** The record has gone on, or another owner was first: it is looked at before anything else is asked, and says which. */
async function lookAgain({ list: address, id }: PendingRequest): Promise<void> {
  await withLock("telling", async () => {
    const { history } = await loadOwned(address);
    await changeRun(address, (run) =>
      run?.asked?.request === id ? { ...run, asked: null, refusedAt: history.hashes.length } : run,
    );
  });
  await askNews(address).catch(() => undefined);
}

/** A server of an older version keeps no notice: the key is asked for, and the members are told one by one. */
async function tellOneByOne({ list: address, id }: PendingRequest): Promise<void> {
  const list = await loadOwned(address);
  const { run } = list.epoch;
  if (run?.asked?.request !== id) return;
  const { serial, listKey, fingerprint, graceEnds } = run;
  await changeOwned(address, (before) => ({
    ...before,
    rekeying: { serial, listKey, fingerprint, graceEnds, stage: "asked" },
    epoch: { ...before.epoch, run: null },
  }));
  await askAsOwner(list, {
    do: "new-list-key",
    serial,
    replaces: parseListKeyId(list.listKeyFingerprint),
    listKey: fromBase64(run.certificate),
    graceEnds: new Date(graceEnds),
  });
}

/**
 * The server's word on a change that was asked for here.
 * @returns false if it is about another list key, which a person has asked for
 */
export async function changeAnswered(asked: PendingRequest, result: AnswerResult): Promise<boolean> {
  const { list: address, id } = asked;
  const list = await loadOwned(address);
  const { run } = list.epoch;
  if (run?.asked?.request !== id) return false;
  if (result.kind !== "refused") {
    await withLock("telling", () => finish(list, run));
    // the change is in the record
    await askNews(address).catch(() => undefined);
    return true;
  }
  const { code } = result;
  await lookAgain(asked);
  // it has lost them, by a backup or among those of owners who did not go on: all are left with it once more
  if (code === "no-such-notice") await changeRun(address, (now) => now && { ...now, told: [] });
  if (code !== "roster-behind" && code !== "old-serial") await noteRefusal(asked, code);
  return true;
}

/** The list has changed over at the server, and does here. */
async function finish(list: OwnedList, run: EpochRun): Promise<void> {
  const { address } = list;
  const { serial, at, why, listKey, fingerprint, graceEnds } = run;
  // the packet of somebody who has gone since went with them
  const present = new Set(addressees(list).map((one) => one.fingerprint));
  const told = run.told.filter((one) => present.has(one.fingerprint));
  const tidings = { news: "new-list-key", listKey, fingerprint, graceEnds } as const;
  await changeOver(list, { serial, at, tidings, told, only: null, asked: null });
  const holders = [list.ownerKey, ...told.map((one) => one.fingerprint)];
  await changeOwned(address, (before) => ({
    ...before,
    epoch: { ...before.epoch, key: fingerprint, since: at, why, holders, due: null, run: null },
  }));
}
