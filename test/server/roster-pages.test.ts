/** What is asked of the database for a roster, for the heads of the records and for metrics: counted, not timed. */
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { type Address, parseAddress } from "../../src/mail/mailbox.js";
import { ROSTER_PAGE } from "../../src/membership/request/answer-result.js";
import { setRole } from "../../src/server/admin/administration.js";
import { putBack } from "../../src/server/admin/after-restore.js";
import { DAY_MS } from "../../src/server/base/limits.js";
import { openLog } from "../../src/server/base/log.js";
import { type RosterRequest, roster } from "../../src/server/request/roster.js";
import { openMetrics } from "../../src/server/serve/metrics.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { ROSTER_STEP } from "../../src/server/store/roster-pages.js";
import type { Member } from "../../src/server/store/store.js";
import { type Counted, openCounted } from "./counted.js";
import { addCrowd, wholeRoster } from "./many-members.js";
import { type PlayList, PlayServer, person } from "./play-server.js";
import { orderFor } from "./signed-orders.js";
import { onEachStore } from "./stores.js";

const CROWD = ROSTER_PAGE + 30;
const LISTS = 3;
const NOW = Date.UTC(2026, 10, 22);

let server: PlayServer;
let list: PlayList;
let counted: Counted;
let heads: Heads;
let owner: Member;

const everybody = () => wholeRoster(counted.store, list.list.id);

async function shown(from?: Address, asker = owner) {
  const asked: RosterRequest = {
    parts: { store: counted.store, ledger: counted.ledger, heads },
    list: list.list,
    now: new Date(NOW),
  };
  const done = await roster(asked, asker, { after: 0, ...(from === undefined ? {} : { from }) });
  if (done.kind !== "answer" || done.result === "done" || done.result.kind !== "roster")
    throw new Error("no roster");
  return done.result;
}

onEachStore(() => {
  beforeAll(async () => {
    server = await PlayServer.make();
    list = await server.createList("team@lists.test");
    for (let index = 1; index < LISTS; index++) await server.createList(`more${index}@lists.test`);
    const olga = await person("Olga");
    await server.join(list, olga);
    await server.office(async (office) => {
      await setRole(office, list.address, olga.address, "owner");
      await addCrowd(office, list, CROWD);
    });
    counted = openCounted(server.place);
    heads = new Heads(join(server.folder.path, "heads-of-the-test.json"));
    const found = await counted.store.memberByAddress(list.list.id, olga.address);
    if (found === undefined) throw new Error("Olga is no member");
    owner = found;
  }, 60_000);

  afterAll(async () => {
    await counted.close();
    await server.discard();
  });

  beforeEach(() => void counted.taken());

  describe("an owner's roster", () => {
    test("is read a page at a time, with one question for how all of a page stand; others have their turn meanwhile", async () => {
      const { members } = await shown();
      expect(members).toHaveLength(ROSTER_PAGE);
      const { store, ledger } = counted.taken();
      expect(ledger.map(({ rows }) => rows)).toEqual([ROSTER_STEP, ROSTER_STEP]);
      expect(store.filter(({ rows }) => rows > 1).every(({ rows }) => rows <= ROSTER_STEP)).toBe(true);
      expect(store.length).toBeLessThan(10);
      const [first, second] = ledger;
      expect((second?.turn ?? 0) - (first?.turn ?? 0)).toBeGreaterThan(ROSTER_STEP / 20);
    });

    test("goes on behind the last member of a full answer: nobody is left out, and nobody is there twice", async () => {
      const first = await shown();
      expect(first.next).toBe(first.members.at(-1)?.address);
      const second = await shown(first.next);
      expect(second).toMatchObject({ from: first.next });
      expect(second.next).toBeUndefined();
      expect([...first.members, ...second.members].map(({ address }) => address)).toEqual(
        (await everybody()).map(({ address }) => address),
      );
    });

    test("says of each member how they stand", async () => {
      const { ledger, store } = counted;
      const [byBounces, byOperator, bySelf, both, keyless] = await everybody();
      if (!byBounces || !byOperator || !bySelf || !both || !keyless) throw new Error("a crowd is wanted");
      await ledger.suspend(byBounces.id, "bounces", NOW);
      for (const day of [40, 3, 2]) {
        await ledger.noteBounce(byBounces.id, { severity: "hard", reason: "gone" }, NOW - day * DAY_MS);
      }
      await ledger.suspend(byOperator.id, "operator", NOW);
      await ledger.suspend(both.id, "operator", NOW);
      await ledger.noteUnusableKey(keyless.id, "key-expired", NOW);
      await pausedByThemselves(bySelf);
      await pausedByThemselves(both);
      const { members } = await shown();
      const since = new Date(NOW);
      expect(members.slice(0, 6)).toMatchObject([
        { delivery: "paused", paused: { by: "bounces", since }, bounces: 2 },
        { delivery: "paused", paused: { by: "operator", since }, bounces: 0 },
        { delivery: "paused", paused: { by: "member" }, bounces: 0 },
        // the operator's word is the one that the member's own can't take back
        { delivery: "paused", paused: { by: "operator", since } },
        { delivery: "on", keyUnusable: since },
        { delivery: "on", bounces: 0 },
      ]);
      for (const member of [byBounces, byOperator, bySelf, both]) {
        expect((await store.recipientById(member.id))?.isSuspended).toBe(true);
      }
    });

    test("leaves out whoever is removed while it is read", async () => {
      const { store, ledger } = counted;
      const page = await store.membersAfter(list.list.id, "", ROSTER_STEP);
      const leaver = page.at(-1);
      if (leaver === undefined) throw new Error("a crowd is wanted");
      const late: RosterRequest = {
        parts: {
          heads,
          store,
          ledger: {
            suspension: (id) => ledger.suspension(id),
            async standings(listId, first, last, since) {
              if (first === page[0]?.address) await removed(leaver);
              return ledger.standings(listId, first, last, since);
            },
          },
        },
        list: list.list,
        now: new Date(NOW),
      };
      const done = await roster(late, owner, { after: 0 });
      if (done.kind !== "answer" || done.result === "done" || done.result.kind !== "roster")
        throw new Error("no roster");
      const named = done.result.members.map(({ address }): string => address);
      expect(named).not.toContain(leaver.address);
      expect(named).toContain(page.at(-2)?.address);
    });
  });

  describe("what is asked with every change and every minute", () => {
    test("the heads of all lists are one question, of as many rows as there are lists and owners", async () => {
      await heads.note(counted.store);
      const { store } = counted.taken();
      expect(store.map(({ rows }) => rows)).toEqual([LISTS]);
    });

    test("a request has its own list's head noted, and no other", async () => {
      await heads.note(counted.store, list.list.id);
      const { store } = counted.taken();
      expect(store.map(({ rows }) => rows)).toEqual([1]);
    });

    test("lists of which this machine knows nothing out of the ordinary are not asked for", async () => {
      const { store, ledger } = counted;
      const log = openLog({ write: () => undefined });
      const parts = { store, ledger, heads, folder: server.folder, log };
      await heads.note(store);
      counted.taken();
      await putBack(parts);
      expect(counted.taken()).toEqual({ store: [], ledger: [] });
    });

    test("metrics are counted by the database", async () => {
      const { store, ledger } = counted;
      const metrics = openMetrics({
        store,
        ledger,
        pausedLists: async () => 0,
        freeSpace: async () => 0,
        relayAnswers: async () => true,
        now: () => NOW,
      });
      const text = await metrics.text();
      const { store: asked, ledger: askedToo } = counted.taken();
      expect([...asked, ...askedToo].every(({ rows }) => rows <= LISTS)).toBe(true);
      const sizes = await store.rosterSizes();
      expect(sizes.get(list.address)).toBeGreaterThan(ROSTER_PAGE);
      for (const [address, members] of sizes)
        expect(text).toContain(`listseal_members{list="${address}"} ${members}\n`);
      expect(text).toContain(`listseal_members_suspended{list="${list.address}"} 1\n`);
      expect(text).toContain('listseal_members_suspended{list="more1@lists.test"} 0\n');
    });

    test("a notice's copies have the members read that they name, and a post for Postfix addresses alone", async () => {
      const { store } = counted;
      const [one, other] = await everybody();
      if (!one || !other) throw new Error("a crowd is wanted");
      counted.taken();
      const named = await store.membersByFingerprints(list.list.id, [
        one.fingerprint,
        other.fingerprint,
        "no such",
      ]);
      expect(named.map(({ id }) => id).sort()).toEqual([one.id, other.id].sort());
      expect(await store.membersByFingerprints(list.list.id, [])).toEqual([]);
      expect(counted.taken().store.map(({ rows }) => rows)).toEqual([2]);
      const readers = await store.readersOf(list.list.id);
      expect(readers).toEqual((await everybody()).map(({ address }) => address));
    });
  });
});

async function removed(member: Member): Promise<void> {
  const { listId, address, fingerprint } = member;
  await counted.store.removeMember(listId, address, () => ({
    do: "remove",
    address: parseAddress(address),
    fingerprint,
    by: "operator",
    at: new Date(NOW).toISOString(),
  }));
}

/** The member's own wish, as their command has it carried out. */
async function pausedByThemselves({ id }: Member): Promise<void> {
  const command = { listId: list.list.id, signer: "card", id: `pause ${id}`, keptUntil: NOW };
  await counted.store.pauseCopies(orderFor(list.list, command, "leave"), id);
}
