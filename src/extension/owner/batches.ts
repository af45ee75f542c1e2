import { MAX_NOTICE_COPIES } from "../../membership/request/request.js";
import { parseFingerprint } from "../../openpgp/keys.js";
import { codeOf, type ErrorCode } from "../platform/errors.js";
import type { NoticeRun, OwnedList, StoredNotice } from "../records/owned-list.js";
import { changeOwned } from "../records/owned-storage.js";
import { load, update } from "../records/storage.js";
import type { StoredList } from "../records/stored.js";
import { forgetPending, pendingFor, sendAgain } from "../requests/send-request.js";
import { runJob } from "../worker/client.js";
import { askAsOwner, ownerSecret } from "./owner-requests.js";
import { asMembersKnow } from "./second-owner.js";
import { listSecretsBefore } from "./secrets-before.js";
import { untold } from "./view.js";

/**
 * A notice to all members, in as many requests as it takes: one batch after the other, all under one serial. The owner's own
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

/** A copy's fingerprint, the names of its fields and the indentation. */
const COPY_FRAME_OCTETS = 160;

/** Seals one member's copy. @throws ListSealError `key-locked` when it is made; what the worker throws */
async function sealerFor(
  list: OwnedList,
  { tidings, serial, at }: NoticeRun,
): Promise<(member: string) => Promise<Uint8Array>> {
  const secret = await ownerSecret(list);
  const { address, profile, listKeyFingerprint, serverFingerprint } = list;
  const owners = tidings.news === "owners" ? tidings.owners : list.owners;
  const noticed = { address, profile, listKeyFingerprint, serverFingerprint, owners };
  const common = { list: noticed, secret, serial, now: at };
  const before = tidings.news === "new-list-key" ? await listSecretsBefore(list, tidings.fingerprint) : [];
  return async (member) => {
    switch (tidings.news) {
      case "new-list-key": {
        const { listKey, graceEnds } = tidings;
        return (await runJob("new-list-key-notice", { ...common, member, listKey, before, graceEnds }))
          .sealed;
      }
      case "new-server-key": {
        const { certificate } = tidings;
        return (await runJob("server-notice", { ...common, member, certificate })).sealed;
      }
      case "owners":
        return (await runJob("owners-notice", { ...common, member })).sealed;
    }
  };
}

/** What is wrong with a member's certificate then, and with nothing else. */
const unusable: ReadonlySet<ErrorCode> = new Set([
  "key-expired",
  "key-from-the-future",
  "key-revoked",
  "weak-algorithm",
]);

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
  const seal = await sealerFor(list, telling);
  const copies: { readonly to: ReturnType<typeof parseFingerprint>; readonly sealed: Uint8Array }[] = [];
  const to: StoredNotice["to"][number][] = [];
  let octets = 0;
  for (const { address, fingerprint, certificate } of left) {
    if (copies.length === limits.copies) break;
    const sealed = await seal(certificate).catch((error: unknown) => {
      if (!unusable.has(codeOf(error, "worker-failed"))) throw error;
      return undefined;
    });
    if (sealed === undefined) {
      to.push({ address, fingerprint, confirmedAt: null });
      continue;
    }
    octets += COPY_FRAME_OCTETS + Math.ceil(sealed.length / 3) * 4;
    if (octets > limits.octets && copies.length > 0) break;
    copies.push({ to: parseFingerprint(fingerprint), sealed });
    to.push({ address, fingerprint, confirmedAt: null });
  }
  if (copies.length === 0) {
    await changeOwned(list.address, (before) =>
      before.telling === null
        ? before
        : { ...before, telling: { ...before.telling, told: [...before.telling.told, ...to] } },
    );
    return "passed-over";
  }
  const { news } = telling.tidings;
  const { id } = await askAsOwner(list, { do: "notice", news, serial: telling.serial, copies });
  await changeOwned(list.address, (before) =>
    before.telling === null
      ? before
      : { ...before, telling: { ...before.telling, asked: { request: id, to } } },
  );
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
