import { parseFingerprint } from "../../protocol/keys.js";
import { toBase64 } from "../base64.js";
import type { AnswerResult, ArrivalHandlers } from "../requests/arrivals.js";
import type { PendingRequest } from "../requests/pending.js";
import { load, update } from "../storage.js";
import type { StoredOwner } from "../stored.js";
import { runJob } from "../worker/client.js";
import { askAsOwner, noteRefusal, ownerSecret } from "./asking.js";
import type { OwnedList, ServerMove, StoredNotice } from "./owned.js";
import { changeOwned, loadOwned, ownedRecord } from "./owned-storage.js";
import { ownersByLog, ownersUntold } from "./view.js";

/** What an owner tells all members, sealed to each: a new list key, a new server key, and who the owners are. */

const DAY_MS = 86_400_000;

/** Longest grace, in days; the server cuts off what is longer. */
const MAX_GRACE_DAYS = 90;

const now = () => new Date(Math.floor(Date.now() / 1000) * 1000);

/** The serial after all that were made here, and all that came from other owners. */
async function nextSerial(list: OwnedList, news: StoredNotice["news"]): Promise<number> {
  const own = list.notices.filter((one) => one.news === news).map(({ serial }) => serial);
  const others = (await load()).lists[list.address]?.serials[news] ?? 0;
  return Math.max(others, ...own) + 1;
}

/**
 * Makes a new list key and asks the server to take posts under it. The members are told when it has agreed: before, their
 * posts would be refused.
 * @throws ListSealError `key-locked`
 */
export async function beginNewKey(address: string, graceDays: number): Promise<void> {
  const list = await loadOwned(address);
  // asked before anything is kept: a key that is locked changes nothing
  await ownerSecret(list);
  const made = await runJob("make-list-key", { address, profile: list.profile });
  const days = Math.min(graceDays, MAX_GRACE_DAYS);
  const graceEnds = new Date(now().getTime() + days * DAY_MS);
  const serial = await nextSerial(list, "new-list-key");
  await changeOwned(address, (before) => ({
    ...before,
    rekeying: {
      serial,
      listKey: made.listKey,
      fingerprint: made.fingerprint,
      graceEnds: graceEnds.toISOString(),
      stage: "asked",
    },
  }));
  await askAsOwner(list, {
    do: "new-list-key",
    serial,
    replaces: parseFingerprint(list.listKeyFingerprint),
    listKey: made.certificate,
    graceEnds,
  });
}

/** The server's word on a new list key; the members are told then. */
export async function newKeyAnswered(asked: PendingRequest, result: AnswerResult): Promise<void> {
  if (result.kind === "refused") {
    await changeOwned(asked.list, (before) => ({ ...before, rekeying: null }));
    return noteRefusal(asked, result.code);
  }
  await changeOwned(asked.list, (before) =>
    before.rekeying === null ? before : { ...before, rekeying: { ...before.rekeying, stage: "agreed" } },
  );
  // a locked key: the page offers to go on
  await tellMembers(asked.list).catch(() => undefined);
}

/**
 * Tells the members what they were not told yet: a list key or server key that the server uses, or other owners than they
 * know.
 * @throws ListSealError `key-locked`; what the worker throws
 */
export async function tellMembers(address: string): Promise<void> {
  const list = await loadOwned(address);
  if (list.rekeying?.stage === "agreed") await tellNewKey(list, list.rekeying);
  else if (list.serverMove?.stage === "agreed") await tellNewServer(list, list.serverMove);
  else if (ownersUntold(list)) await tellOwners(list);
}

interface Addressee {
  readonly address: string;
  readonly fingerprint: string;
  /** Armored. */
  readonly certificate: string;
}

/** The members of the owner's own log, without the owner: never the server's roster, never those of the operator alone. */
function addressees({ history, ownerKey }: OwnedList): readonly Addressee[] {
  return Object.entries(history.members).flatMap(([address, { fingerprint, by, certificate, revoked }]) =>
    by === "operator" || certificate === undefined || revoked || fingerprint === ownerKey
      ? []
      : [{ address, fingerprint, certificate }],
  );
}

async function pass(
  list: OwnedList,
  notice: Omit<StoredNotice, "to">,
  seal: (member: string) => Promise<Uint8Array>,
  change: (before: OwnedList) => OwnedList,
): Promise<void> {
  const to = addressees(list);
  const copies: { readonly to: ReturnType<typeof parseFingerprint>; readonly sealed: Uint8Array }[] = [];
  for (const { fingerprint, certificate } of to) {
    copies.push({ to: parseFingerprint(fingerprint), sealed: await seal(certificate) });
  }
  const kept = to.map(({ address, fingerprint }) => ({ address, fingerprint, confirmedAt: null }));
  const changed = await changeOwned(list.address, (before) => ({
    ...change(before),
    notices: [...before.notices, { ...notice, to: kept }],
  }));
  if (copies.length === 0) return;
  const { news, serial } = notice;
  await askAsOwner(changed, { do: "notice", news, serial, copies });
}

async function tellNewKey(list: OwnedList, rekeying: NonNullable<OwnedList["rekeying"]>): Promise<void> {
  const secret = await ownerSecret(list);
  const { serial, listKey, fingerprint, graceEnds } = rekeying;
  const at = now().toISOString();
  await pass(
    list,
    { news: "new-list-key", serial, at, graceEnds },
    async (member) => {
      const input = { list, secret, member, listKey, serial, graceEnds, now: at };
      return (await runJob("new-list-key-notice", input)).sealed;
    },
    (before) => ({
      ...before,
      listKey,
      listKeyFingerprint: fingerprint,
      formerListKeys: [...before.formerListKeys, before.listKeyFingerprint],
      rekeying: null,
    }),
  );
  await useNewKey(list.address, rekeying);
}

/** The owner reads and writes under the new key, too; old mail stays readable. */
async function useNewKey(
  address: string,
  { serial, listKey, fingerprint, graceEnds }: NonNullable<OwnedList["rekeying"]>,
): Promise<void> {
  await update((stored) => {
    const known = stored.lists[address];
    if (known === undefined) return { stored, result: undefined };
    const former = { listKey: known.listKey, fingerprint: known.listKeyFingerprint, graceEnds };
    const next = {
      ...known,
      listKey,
      listKeyFingerprint: fingerprint,
      formerListKeys: [...known.formerListKeys, former],
      serials: { ...known.serials, "new-list-key": serial },
    };
    return { stored: { ...stored, lists: { ...stored.lists, [address]: next } }, result: undefined };
  });
}

async function tellNewServer(list: OwnedList, move: ServerMove): Promise<void> {
  const secret = await ownerSecret(list);
  const serial = await nextSerial(list, "new-server-key");
  const { certificate, fingerprint } = move;
  const at = now().toISOString();
  await pass(
    list,
    { news: "new-server-key", serial, at, graceEnds: null },
    async (member) =>
      (await runJob("server-notice", { list, secret, member, certificate, serial, now: at })).sealed,
    (before) => ({
      ...before,
      serverCertificate: certificate,
      serverFingerprint: fingerprint,
      serverMove: null,
    }),
  );
  await update((stored) => {
    const known = stored.lists[list.address];
    if (known === undefined) return { stored, result: undefined };
    const next = {
      ...known,
      serverCertificate: certificate,
      serverFingerprint: fingerprint,
      formerServers: [...known.formerServers, known.serverCertificate],
      serials: { ...known.serials, "new-server-key": serial },
    };
    return { stored: { ...stored, lists: { ...stored.lists, [list.address]: next } }, result: undefined };
  });
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
    const key = await runJob("read-public-key", { file, now: now().toISOString() });
    const { userId } = key;
    const binary = toBase64(key.certificate);
    come.push({ fingerprint, certificate: binary, userId, address, from: serial, to: null });
  }
  return [...ended, ...come];
}

async function tellOwners(list: OwnedList): Promise<void> {
  const secret = await ownerSecret(list);
  const serial = await nextSerial(list, "owners");
  const owners = await termsOf(list, serial);
  const at = now().toISOString();
  const next = { ...list, owners };
  await pass(
    next,
    { news: "owners", serial, at, graceEnds: null },
    async (member) => (await runJob("owners-notice", { list: next, secret, member, serial, now: at })).sealed,
    (before) => ({ ...before, owners }),
  );
  await update((stored) => {
    const known = stored.lists[list.address];
    if (known === undefined) return { stored, result: undefined };
    const next = { ...known, owners, serials: { ...known.serials, owners: serial } };
    return { stored: { ...stored, lists: { ...stored.lists, [list.address]: next } }, result: undefined };
  });
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
  for (const { receipt } of result.passed) {
    if (receipt !== undefined) await confirm(await loadOwned(asked.list), receipt).catch(() => undefined);
  }
}

/** @returns who confirmed, or null if it is nothing for this list's owner */
async function confirm(list: OwnedList, sealed: Uint8Array): Promise<string | null> {
  const secret = await ownerSecret(list);
  const opened = await runJob("open-receipt", { list, secret, sealed, now: now().toISOString() });
  if (opened.kind === "not-for-me") return null;
  const { by, news, serial } = opened;
  const confirmedAt = now().toISOString();
  await changeOwned(list.address, (before) => ({
    ...before,
    notices: before.notices.map((notice) =>
      notice.news === news && notice.serial === serial
        ? {
            ...notice,
            to: notice.to.map((one) =>
              one.fingerprint === by && one.confirmedAt === null ? { ...one, confirmedAt } : one,
            ),
          }
        : notice,
    ),
  }));
  return by;
}

/** A receipt that came as a mail of its own. */
export const takeReceipt: ArrivalHandlers["receipt"] = async (sealed) => {
  for (const list of Object.values((await ownedRecord.load()).lists)) {
    const by = await confirm(list, sealed);
    if (by !== null) return { kind: "receipt", list: list.address, by };
  }
  return { kind: "not-for-me" };
};
