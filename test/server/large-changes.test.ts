/**
 * What is done for every member of a large list is done some members at a time; killed between two steps, nothing is wrong, and the
 * next to come does the rest, once.
 */
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import type { BulkMember } from "../../src/server/store/bulk-roster.js";
import type { NewListKeyRow } from "../../src/server/store/lists.js";
import { openStore } from "../../src/server/store/open-store.js";
import { REPORT_STEP } from "../../src/server/store/replies.js";
import { NOTICE_STEP, RIDE_WAIT_MS } from "../../src/server/store/riding-notices.js";
import type { CommandOutcome, Member, Store } from "../../src/server/store/store.js";
import { dyingStore } from "./dying-database.js";
import { turnsDuring } from "./event-loop-turns.js";
import { type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { verifiedCommand } from "./verified-commands.js";

jest.setTimeout(120_000);

const MEMBERS = 2 * NOTICE_STEP + 5;
const NOW = Date.UTC(2026, 10, 22);
const LEASE = 60_000;
const DAY_MS = 24 * 60 * 60_000;
const at = new Date(NOW).toISOString();

let server: PlayServer;
let list: PlayList;
let store: Store;
let certificate: Uint8Array;

const fingerprintOf = (index: number) => index.toString(16).padStart(40, "0");
const addressOf = (index: number) => `crowd${index}@people.test`;
const crowdMember = (index: number): BulkMember => {
  const [address, fingerprint] = [addressOf(index), fingerprintOf(index)];
  return {
    member: { address, name: "Crowd", certificate, fingerprint, shape: "encrypted" },
    role: "member",
    isPaused: false,
    changes: [{ do: "add", address, fingerprint, by: "operator", at }],
  };
};
const crowd = (members: number) => Array.from({ length: members }, (_, index) => crowdMember(index));
const goes = ({ address, fingerprint }: Member) =>
  ({ do: "remove", address, fingerprint, by: "operator", at }) as const;
const command = (id: string) => ({ listId: list.list.id, signer: fingerprintOf(0), id, keptUntil: NOW });
const verified = async (
  id: string,
  does: Parameters<typeof verifiedCommand>[2] = "new-list-key",
  now = NOW,
) => {
  const row = await store.listByAddress(list.address);
  if (row === undefined) throw new Error("no list");
  return { ...verifiedCommand(row, command(id), does), now };
};

beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  certificate = (await person("Crowd")).key.secret.toPublic().write();
  store = await openStore(server.place);
});

afterEach(async () => {
  await store.close();
  await server.discard();
});

/** What is due at `now`, until nothing is left. */
async function due(now = NOW): Promise<readonly number[]> {
  const members: number[] = [];
  for (;;) {
    const jobs = await store.claimJobs(now, now + LEASE, 500);
    if (jobs.length === 0) return members;
    for (const job of jobs) if (job.kind === "notice") members.push(job.memberId);
    await store.finishJobs(jobs);
  }
}

/** A store that is killed after so many changes of `work`. */
async function killedAfter(transactions: number, work: (killed: Store) => Promise<unknown>): Promise<void> {
  const killed = dyingStore(server.place, transactions);
  await work(killed).catch(() => undefined);
  await killed.close();
}

onEachStore(() => {
  describe("a list key's notice", () => {
    let replaced: string;
    const keyRow = (serial: number): NewListKeyRow => ({
      certificate: randomBytes(8),
      fingerprint: serial.toString(16).padStart(40, "a"),
      material: [`material ${serial}`],
    });
    const keep = async (serial: number, members = MEMBERS) => {
      const packets = Array.from({ length: members }, (_, index) => ({
        to: fingerprintOf(index),
        packet: randomBytes(8),
      }));
      const notice = { serial, digest: `digest ${serial}`, body: randomBytes(8) };
      return store.keepSharedNotice(await verified(`keep ${serial}`), notice, packets);
    };
    const passOn = async (serial: number, by = store): Promise<CommandOutcome> => {
      const head = await store.recordHead(list.list.id);
      const key = keyRow(serial);
      const outcome = await by.replaceListKey(await verified(`pass ${serial}`), key, {
        ...{ serial, replaces: replaced, graceEnds: NOW },
        notice: { digest: `digest ${serial}`, head },
      });
      if (outcome.kind === "done") replaced = key.fingerprint;
      return outcome;
    };
    const passed = async (serial: number) =>
      (await store.passedNotices(list.list.id, { news: "new-list-key", serial })).length;
    const idOf = async (index: number) =>
      (await store.memberByAddress(list.list.id, addressOf(index)))?.id ?? 0;

    beforeEach(async () => {
      replaced = list.list.listKeyFingerprint ?? "";
      await store.addMembers(list.list.id, { members: crowd(MEMBERS) }, NOW);
      expect(await keep(1)).toEqual({ kind: "done" });
    });

    test("is passed on to everybody, and others have their turns meanwhile", async () => {
      const passing = passOn(1);
      expect(await turnsDuring(passing)).toBeGreaterThan(2);
      expect(await passing).toEqual({ kind: "done" });
      const got = await due();
      expect([got.length, new Set(got).size, await passed(1)]).toEqual([MEMBERS, MEMBERS, MEMBERS]);
    });

    test.each([
      [1, 0],
      [2, NOTICE_STEP],
      [3, 2 * NOTICE_STEP],
    ])(
      "killed after %i transactions: it is passed on, and its mails follow once",
      async (survived, queued) => {
        await killedAfter(survived, (killed) => passOn(1, killed));
        // for everybody from the first transaction on, with a mail or without
        expect(await passed(1)).toBe(MEMBERS);
        expect((await store.queueCounts()).waiting).toBe(queued);
        const last = await idOf(MEMBERS - 1);
        const notice = await store.ridingNotice(list.list.id, keyRow(1).fingerprint);
        expect(await store.packetToRide(notice?.id ?? 0, last, NOW)).toBeDefined();
        // whoever has it by then needs no mail
        const receipt = await store.keepReceipt(
          await verified("receipt"),
          { news: "new-list-key", serial: 1 },
          last,
          randomBytes(8),
        );
        expect(receipt).toEqual({ kind: "done" });
        // killed once more
        await killedAfter(1, (killed) => killed.queueLateNotices(NOW));
        await Promise.all([store.queueLateNotices(NOW), store.queueLateNotices(NOW)]);
        const got = await due();
        expect([got.length, new Set(got).size]).toEqual([MEMBERS - 1, MEMBERS - 1]);
        expect(got).not.toContain(last);
        await store.queueLateNotices(NOW + 2 * RIDE_WAIT_MS);
        expect(await due(NOW + 2 * RIDE_WAIT_MS)).toEqual([]);
        expect(await passed(1)).toBe(MEMBERS);
      },
    );

    test("that another owner's came before is nobody's, whatever is left of it", async () => {
      expect(await keep(2)).toEqual({ kind: "done" });
      // the release of the first, with two steps of its mails
      await killedAfter(3, (killed) => passOn(1, killed));
      expect(await passOn(2)).toEqual({ kind: "refused", code: "no-such-notice" });
      // begun again before anything of it was taken away
      expect(await keep(2, 3)).toEqual({ kind: "repeat" });
      await killedAfter(1, (killed) => killed.forget(NOW));
      await store.forget(NOW);
      expect(await passOn(2)).toEqual({ kind: "refused", code: "no-such-notice" });
      expect(await passed(2)).toBe(0);
    });

    test("of long ago: to whom it was passed on stays known, and what was kept for them is gone", async () => {
      await passOn(1);
      const receipt = randomBytes(8);
      const first = await idOf(0);
      await store.keepReceipt(await verified("receipt"), { news: "new-list-key", serial: 1 }, first, receipt);
      const notice = await store.ridingNotice(list.list.id, keyRow(1).fingerprint);
      const later = (id: string) => verified(id, "new-list-key", NOW + 30 * DAY_MS);
      for (const serial of [2, 3]) {
        await keep(serial, 1);
        const head = await store.recordHead(list.list.id);
        const terms = {
          serial,
          replaces: replaced,
          graceEnds: NOW,
          notice: { digest: `digest ${serial}`, head },
        };
        const by = serial === 3 ? dyingStore(server.place, 2) : store;
        await by.replaceListKey(await later(`pass ${serial}`), keyRow(serial), terms);
        if (by !== store) await by.close();
        replaced = keyRow(serial).fingerprint;
      }
      expect(await store.ridingNotice(list.list.id, keyRow(1).fingerprint)).toBeUndefined();
      expect(await passed(1)).toBe(MEMBERS);
      await killedAfter(1, (killed) => killed.forget(NOW));
      expect(await passed(1)).toBe(MEMBERS);
      await store.forget(NOW);
      expect(await store.sharedNoticeFor(notice?.id ?? 0, first)).toBeUndefined();
      const known = await store.passedNotices(list.list.id, { news: "new-list-key", serial: 1 });
      expect(known).toHaveLength(MEMBERS);
      expect(known.filter((row) => row.receipt !== undefined)).toHaveLength(1);
    });
  });

  test("everybody hears of a revoked key, once, whenever a server is killed meanwhile", async () => {
    const members = 2 * REPORT_STEP + 5;
    await store.addMembers(list.list.id, { members: crowd(members) }, NOW);
    const named = { address: addressOf(0), fingerprint: fingerprintOf(0) };
    expect(await store.revokeCertificate(await verified("revoke", "revoke"), named, randomBytes(8))).toEqual({
      kind: "done",
    });
    // who comes later was no member then; who is gone by then hears nothing
    await store.addMembers(list.list.id, { members: [crowdMember(999_999)] }, NOW);
    await store.removeMembers(list.list.id, [addressOf(999)], goes);
    const told: string[] = [];
    const tell = async (by: Store) => {
      for (;;) {
        const replies = await by.pendingReplies(0, 500);
        if (replies.length === 0) return;
        for (const reply of replies) {
          await by.finishPendingReply(reply, undefined, NOW);
          told.push(reply.to.address);
        }
      }
    };
    // when all that were written down are sealed, in the middle of the next, and before the last
    await killedAfter(REPORT_STEP - 1, tell);
    await store.forget(NOW);
    await killedAfter(REPORT_STEP / 2, tell);
    await killedAfter(REPORT_STEP / 2 + 1, tell);
    await store.forget(NOW);
    await tell(store);
    // all but the one who said so, and the one who left
    expect([told.length, new Set(told).size]).toEqual([members - 2, members - 2]);
    expect(told).not.toContain(addressOf(999_999));
    expect(await store.pendingReplies(0, 10)).toEqual([]);
  });
});
