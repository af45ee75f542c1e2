/** A post for a large list: its copies are queued some at a time, and each member of that moment gets one, whatever happens. */
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { FAN_OUT_STEP } from "../../src/server/store/fan-outs.js";
import { openStore } from "../../src/server/store/open-store.js";
import type { NewPost, Store } from "../../src/server/store/store.js";
import { dyingStore } from "./dying-database.js";
import { turnsDuring } from "./event-loop-turns.js";
import { type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

jest.setTimeout(120_000);

const MEMBERS = 2 * FAN_OUT_STEP + 5;
const NOW = Date.UTC(2026, 10, 22);
const LEASE = 60_000;

let server: PlayServer;
let list: PlayList;
let certificate: Uint8Array;
let store: Store;

const memberOf = (index: number) => {
  const address = `crowd${index}@people.test`;
  const fingerprint = index.toString(16).padStart(40, "0");
  const change = {
    do: "add",
    address,
    fingerprint,
    by: "operator",
    at: new Date(NOW).toISOString(),
  } as const;
  const member = { address, name: "Crowd", certificate, fingerprint, shape: "encrypted" as const };
  return { member, role: "member" as const, isPaused: false, changes: [change] };
};

beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  certificate = (await person("Crowd")).key.secret.toPublic().write();
  store = await openStore(server.place);
  const members = Array.from({ length: MEMBERS }, (_, index) => memberOf(index));
  await store.addMembers(list.list.id, { members }, NOW);
});

afterEach(async () => {
  await store.close();
  await server.discard();
});

const newPost = (): NewPost => ({
  listId: list.list.id,
  raw: Buffer.from("sealed"),
  accepted: NOW,
  messageId: "<one@people.test>",
  signer: "a1".repeat(20),
  keyPacketDigest: "key",
  dataPacketDigest: "data",
  sealDigest: "seal",
  keptUntil: NOW + LEASE,
  author: { kind: "member", name: "Alice", certificate: Buffer.from("certificate") },
  warrant: anybodysWarrant(list.list),
});

/** Everybody for whom a copy is claimed, until none is left. */
async function claimed(): Promise<readonly number[]> {
  const members: number[] = [];
  for (;;) {
    const jobs = await store.claimJobs(NOW, NOW + LEASE, 500);
    if (jobs.length === 0) return members;
    for (const job of jobs) if (job.kind === "copy") members.push(job.memberId);
  }
}

const idOf = async (index: number) =>
  (await store.memberByAddress(list.list.id, memberOf(index).member.address))?.id ?? 0;

onEachStore(() => {
  test("everybody has a copy to come when the post is taken, and others had their turns meanwhile", async () => {
    const taking = store.queuePost(newPost());
    expect(await turnsDuring(taking)).toBeGreaterThan(1);
    expect(await taking).toMatchObject({ kind: "queued", copies: MEMBERS });
    expect((await store.queueCounts()).waiting).toBe(MEMBERS);
    const got = await claimed();
    expect(new Set(got).size).toBe(MEMBERS);
    expect(got).toHaveLength(MEMBERS);
  });

  describe("killed when the first were queued", () => {
    beforeEach(async () => {
      const killed = dyingStore(server.place, 1);
      expect(await killed.queuePost(newPost())).toMatchObject({ kind: "queued", copies: MEMBERS });
      await killed.close();
      expect((await store.queueCounts()).waiting).toBe(FAN_OUT_STEP);
    });

    test("a worker goes on where it ended: everybody gets one, who left since does not, nor who came", async () => {
      // addresses in their order: the last of them is crowd999@, which no step has come to
      const gone = await idOf(999);
      await store.removeMember(list.list.id, memberOf(999).member.address, ({ address, fingerprint }) => ({
        ...{ do: "remove", address, fingerprint, by: "operator" },
        at: new Date(NOW).toISOString(),
      }));
      const late = memberOf(999_999);
      await store.addMembers(list.list.id, { members: [late] }, NOW);
      const got = await claimed();
      expect(new Set(got).size).toBe(got.length);
      expect(got).toHaveLength(MEMBERS - 1);
      expect(got).not.toContain(gone);
      expect(got).not.toContain(await idOf(999_999));
    });

    test("the post is kept while copies of it are to be queued, also when all that are queued are done", async () => {
      for (;;) {
        const jobs = await store.claimJobs(NOW, NOW + LEASE, 250);
        const [job] = jobs;
        if (job?.kind !== "copy") break;
        // every step's last batch leaves nothing in the queue, and the next step to come
        expect(await store.post(job.postId)).toBeDefined();
        await store.finishJobs(jobs);
        await store.forget(NOW);
      }
      expect(await store.oldestPost()).toBeUndefined();
    });

    test("two workers go on at one moment: nobody has two copies", async () => {
      const other = await openStore(server.place);
      try {
        const taken = await Promise.all(
          Array.from({ length: 40 }, (_, turn) =>
            (turn % 2 === 0 ? store : other).claimJobs(NOW, NOW + LEASE, 100),
          ),
        );
        const got = [
          ...taken.flat().map((job) => (job.kind === "copy" ? job.memberId : 0)),
          ...(await claimed()),
        ];
        expect(got).toHaveLength(MEMBERS);
        expect(new Set(got).size).toBe(MEMBERS);
      } finally {
        await other.close();
      }
    });

    test("what the operator says of the queue is said of all of them", async () => {
      expect(await store.copiesLeft(list.list.id)).toBe(MEMBERS);
      expect(await store.setListAside(list.list.id, "restored", NOW)).toBe(MEMBERS);
    });
  });
});
