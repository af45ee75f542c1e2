import { toBase64 } from "../../mail/base64.js";
import { ProtocolError } from "../../openpgp/errors.js";
import { listKeyKindOf } from "../../openpgp/list-keys.js";
import { withLock } from "../platform/locks.js";
import type { NoticeRun, OwnedList, StoredNotice } from "../records/owned-list.js";
import { changeOwned, loadOwned, ownedRecord } from "../records/owned-storage.js";
import { load } from "../records/storage.js";
import type { StoredOwner } from "../records/stored.js";
import type { AnswerResult, IncomingHandlers } from "../requests/incoming.js";
import type { PendingRequest } from "../requests/pending.js";
import { runJob } from "../worker/client.js";
import {
  type BatchLimits,
  batchAnswered,
  fullBatch,
  nextSerial,
  noteOlderServer,
  nowInSeconds,
  passNext,
} from "./batches.js";
import { changeAnswered, renewByHand } from "./epochs.js";
import { askNews, headOf, noteHead } from "./members.js";
import { addresseeByKey, latecomers, ownersByLog, ownersUntold, untold } from "./notice-addressees.js";
import { askAsOwner, noteRefusal, ownerSecret } from "./owner-requests.js";
import { listSecretsBefore } from "./secrets-before.js";

/** What an owner tells all members, sealed once for them and for nobody else: a new list key, a new server key, and who the owners are. */

/**
 * Makes a new list key because the owner wants one, or goes on with one that the members have to be told of.
 * @throws ListSealError as {@link renewByHand}
 */
export async function beginNewKey(address: string, graceDays: number): Promise<void> {
  const { rekeying } = await loadOwned(address);
  // a server of an older version uses that one already: begun again, it would be known to nobody
  return rekeying?.stage === "agreed" ? tellMembers(address) : renewByHand(address, graceDays);
}

/** The server's word on a new list key. Of one that goes to each member in a copy of their own the members are told then. */
export async function newKeyAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  limits = fullBatch,
): Promise<void> {
  if (await changeAnswered(asked, result)) return;
  if (result.kind === "refused") {
    await changeOwned(asked.list, (before) => ({ ...before, rekeying: null }));
    return noteRefusal(asked, result.code);
  }
  await changeOwned(asked.list, (before) =>
    before.rekeying === null ? before : { ...before, rekeying: { ...before.rekeying, stage: "agreed" } },
  );
  await goOnTelling(asked.list, limits);
}

/**
 * Tells the members what they were not told yet: a list key or server key that the server uses, or other owners than they
 * know. What is half told is gone on with first; a batch that was not answered is sent once more.
 * @throws ListSealError `key-locked`; what the worker throws
 */
export function tellMembers(address: string, limits = fullBatch): Promise<void> {
  return withLock("telling", () => tell(address, limits, true));
}

/** The same by itself, when an answer has come: it sends nothing twice. With a locked key the page offers to go on. */
export async function goOnTelling(address: string, limits = fullBatch): Promise<void> {
  await withLock("telling", () => tell(address, limits, false)).catch(() => undefined);
}

async function tell(address: string, limits: BatchLimits, again: boolean): Promise<void> {
  let list = await begun(await loadOwned(address));
  while (list.telling !== null) {
    if ((await passNext(list, list.telling, limits, again)) === "asked") return;
    list = await loadOwned(address);
    // came to be told meanwhile; other owners wait for the page's button
    const isAgreed = list.rekeying?.stage === "agreed" || list.serverMove?.stage === "agreed";
    if (isAgreed || (await lateIn(list)).length > 0) list = await begun(list);
  }
}

/** The list with what its members are to be told, or are being told. */
async function begun(list: OwnedList): Promise<OwnedList> {
  if (list.telling !== null) return list;
  const run = await untoldYet(list);
  if (run === null) return list;
  await begin(list, run);
  return loadOwned(list.address);
}

type BegunNotice = Pick<NoticeRun, "serial" | "tidings" | "only">;

async function untoldYet(list: OwnedList): Promise<BegunNotice | null> {
  const { rekeying, serverMove } = list;
  if (rekeying?.stage === "agreed") {
    const { serial, listKey, fingerprint, graceEnds } = rekeying;
    return { serial, tidings: { news: "new-list-key", listKey, fingerprint, graceEnds }, only: null };
  }
  if (serverMove?.stage === "agreed") {
    const { certificate, fingerprint } = serverMove;
    const serial = await nextSerial(list, "new-server-key");
    return { serial, tidings: { news: "new-server-key", certificate, fingerprint }, only: null };
  }
  const late = await lateIn(list);
  if (late.length > 0) return presentKeyFor(list, late);
  if (!ownersUntold(list)) return null;
  const serial = await nextSerial(list, "owners");
  return { serial, tidings: { news: "owners", owners: await termsOf(list, serial) }, only: null };
}

/** The serial of the notice that brought the present list key; 0 for a list's first key. */
async function presentSerial({ address }: OwnedList): Promise<number> {
  return (await load()).lists[address]?.serials["new-list-key"] ?? 0;
}

async function lateIn(list: OwnedList): Promise<readonly string[]> {
  return (await canGivePresentKey(list)) ? latecomers(list, await presentSerial(list)) : [];
}

/** Whether the present list key can be sealed once more: a secret goes under one before it, unless the owner has deleted those. */
async function canGivePresentKey(list: OwnedList): Promise<boolean> {
  const { listKeyFingerprint: id } = list;
  return listKeyKindOf(id) === "pair" || (await listSecretsBefore(list, id)).length > 0;
}

/** The present list key once more, for some. Its serial stays what it is: for those who have it, nothing is new. */
async function presentKeyFor(list: OwnedList, only: readonly string[]): Promise<BegunNotice> {
  const { address, listKey, listKeyFingerprint: fingerprint } = list;
  const former = (await load()).lists[address]?.formerListKeys.at(-1);
  const graceEnds = former?.graceEnds ?? nowInSeconds().toISOString();
  const tidings = { news: "new-list-key", listKey, fingerprint, graceEnds } as const;
  return { serial: await presentSerial(list), tidings, only };
}

/**
 * Sends the present list key to members who came in under a former one. By itself, when the record is known further: nobody has
 * to know that an invitation was older than a key.
 */
export async function tellLatecomers(address: string): Promise<void> {
  await withLock("telling", async () => {
    const list = await loadOwned(address);
    if (list.telling === null && (await lateIn(list)).length > 0) await tell(address, fullBatch, false);
  }).catch(() => undefined);
}

/**
 * Sends the present list key to these members of the owner's own log, and to nobody else: they have asked for it.
 *
 * @param fingerprints of whoever asks; one that the log does not have gets nothing
 * @throws ListSealError `key-locked`; what the worker throws
 */
export function giveListKey(address: string, fingerprints: readonly string[]): Promise<void> {
  return withLock("telling", async () => {
    const list = await loadOwned(address);
    // what is being told goes on; a new key that waits for the server goes to everybody anyway
    if (list.telling !== null || list.rekeying !== null) return tell(address, fullBatch, false);
    const run = await presentKeyFor(list, fingerprints);
    if (run.serial === 0 || untold(list, { ...run, told: [] }).length === 0) return;
    if (!(await canGivePresentKey(list))) return;
    await begin(list, run);
    await tell(address, fullBatch, false);
  });
}

async function begin(list: OwnedList, run: BegunNotice): Promise<void> {
  // asked before anything is kept: a key that is locked changes nothing
  await ownerSecret(list);
  const telling = { ...run, at: nowInSeconds().toISOString(), told: [], asked: null };
  await changeOwned(list.address, (before) => ({ ...before, telling }));
}

/**
 * The server's word on a batch; the next one follows. A refusal is kept for the page, which offers to go on: nothing has
 * changed over here.
 */
export async function noticeAnswered(
  asked: PendingRequest,
  result: AnswerResult,
  date: Date,
  limits = fullBatch,
): Promise<void> {
  const code = result.kind === "refused" ? result.code : null;
  const { list, id } = asked;
  await withLock("telling", () => changeOwned(list, (before) => batchAnswered(before, id, code)));
  if (asked.do === "shared-notice" && code === "unsupported-version") {
    noteOlderServer(await loadOwned(list));
    return goOnTelling(list, limits);
  }
  if (code !== null && code !== "not-a-member") return noteRefusal(asked, code);
  const head = headOf(result);
  if (head !== undefined) await noteHead(list, head, date);
  // who has come or gone since is looked up before the next batch, too
  await askNews(list).catch(() => undefined);
  await goOnTelling(list, limits);
}

/** The terms by the own log: who came since gets one, who went gets its end. */
async function termsOf(list: OwnedList, serial: number): Promise<readonly StoredOwner[]> {
  const known = ownersByLog(list);
  const ended = list.owners.map((term) =>
    term.to !== null || known.includes(term.fingerprint) ? term : { ...term, to: serial },
  );
  const come: StoredOwner[] = [];
  for (const [address, { fingerprint, certificate }] of Object.entries(list.history.members)) {
    if (!known.includes(fingerprint) || certificate === undefined) continue;
    if (ended.some((term) => term.fingerprint === fingerprint)) continue;
    const file = new TextEncoder().encode(certificate);
    const key = await runJob("read-public-key", { file, now: nowInSeconds().toISOString() });
    const { userId } = key;
    const binary = toBase64(key.certificate);
    come.push({ fingerprint, certificate: binary, userId, address, from: serial, to: null });
  }
  return [...ended, ...come];
}

/** Asks the server for the receipts of a notice. */
export async function askReceipts(
  address: string,
  news: StoredNotice["news"],
  serial: number,
): Promise<void> {
  await askAsOwner(await loadOwned(address), { do: "receipts", news, serial });
}

/** The receipts that the server has kept. What a receipt says is inside its member's signature. */
export async function receiptsAnswered(asked: PendingRequest, result: AnswerResult): Promise<void> {
  if (result.kind === "refused") return noteRefusal(asked, result.code);
  if (result.kind !== "receipts") return;
  const list = await loadOwned(asked.list);
  const read: Receipt[] = [];
  for (const { receipt } of result.passed) {
    if (receipt !== undefined) read.push(...(await receiptFor(list, receipt).catch(() => [])));
  }
  await noteReceipts(list.address, read);
}

/** A member's word that they have a notice. */
interface Receipt {
  readonly by: string;
  readonly news: StoredNotice["news"];
  readonly serial: number;
}

/**
 * @returns none if it is nothing for this list's owner: one key may own several lists, and a receipt is for one of them
 * @throws ListSealError `unknown-author` if it is from nobody of the own log; what the worker throws
 */
async function receiptFor(list: OwnedList, sealed: Uint8Array): Promise<readonly Receipt[]> {
  const secret = await ownerSecret(list);
  const author = await runJob("receipt-author", { secret, sealed });
  if (author.kind === "not-for-me" || author.list !== list.address) return [];
  const member = addresseeByKey(list, author.by);
  if (member === undefined) throw new ProtocolError("unknown-author", "from nobody who was sent a notice");
  const { certificate } = member;
  const now = nowInSeconds().toISOString();
  const opened = await runJob("open-receipt", { secret, certificate, sealed, now });
  return opened.kind === "receipt" ? [opened] : [];
}

async function noteReceipts(address: string, receipts: readonly Receipt[]): Promise<void> {
  if (receipts.length === 0) return;
  const confirmedAt = nowInSeconds().toISOString();
  const confirmed = (news: StoredNotice["news"], serial: number, to: StoredNotice["to"]) => {
    const by = new Set(
      receipts.flatMap((one) => (one.news === news && one.serial === serial ? [one.by] : [])),
    );
    return by.size === 0
      ? to
      : to.map((one) =>
          by.has(one.fingerprint) && one.confirmedAt === null ? { ...one, confirmedAt } : one,
        );
  };
  await changeOwned(address, ({ telling, ...before }) => ({
    ...before,
    telling: telling && {
      ...telling,
      told: confirmed(telling.tidings.news, telling.serial, telling.told),
    },
    notices: before.notices.map((notice) => ({
      ...notice,
      to: confirmed(notice.news, notice.serial, notice.to),
    })),
  }));
}

/** A receipt that came as a mail of its own. */
export const takeReceipt: IncomingHandlers["receipt"] = async (sealed) => {
  for (const list of Object.values((await ownedRecord.load()).lists)) {
    const [receipt] = await receiptFor(list, sealed);
    if (receipt === undefined) continue;
    await noteReceipts(list.address, [receipt]);
    return { kind: "receipt", list: list.address, by: receipt.by };
  }
  return { kind: "not-for-me" };
};
