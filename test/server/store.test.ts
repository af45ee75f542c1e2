/** What every store has to keep to, above all when several ask it at the same moment. */
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { MAX_HELD_OF_STRANGERS } from "../../src/server/base/limits.js";
import type { VerifiedCommand } from "../../src/server/store/authorization.js";
import { type Database, number, runInTurn, sql } from "../../src/server/store/database.js";
import { openStore } from "../../src/server/store/open-store.js";
import { giveBody, INCOMING_MS, PIECE_OCTETS, writePieces } from "../../src/server/store/post-pieces.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { isWholeChain, type RosterChange } from "../../src/server/store/roster-record.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import type { CopyJob, Job, NewPost, Store } from "../../src/server/store/store.js";
import { addCrowd } from "./many-members.js";
import { type PlayList, PlayServer } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

const MEMBERS = 40;
const NOW = Date.UTC(2026, 10, 22);
const LEASE = 60_000;

let server: PlayServer;
let list: PlayList;
/** Two hosts' connections to one store. */
let here: Store;
let there: Store;

beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  await server.office((office) => addCrowd(office, list, MEMBERS));
  [here, there] = await Promise.all([openStore(server.place), openStore(server.place)]);
});

afterEach(async () => {
  await Promise.all([here.close(), there.close()]);
  await server.discard();
});

const newPost = (name = "one", more: Partial<NewPost> = {}): NewPost => ({
  listId: list.list.id,
  raw: Buffer.from(`sealed ${name}`),
  accepted: NOW,
  messageId: `<${name}@people.test>`,
  signer: "a1".repeat(20),
  keyPacketDigest: name,
  dataPacketDigest: name,
  sealDigest: `seal ${name}`,
  keptUntil: NOW + LEASE,
  author: { kind: "member", name: "Alice", certificate: Buffer.from("certificate") },
  warrant: anybodysWarrant(list.list),
  ...more,
});

async function queued(store: Store, post = newPost()): Promise<number> {
  const outcome = await store.queuePost(post);
  if (outcome.kind !== "queued" && outcome.kind !== "held") throw new Error(outcome.kind);
  return outcome.postId;
}

/**
 * The most octets of buffers that were in use at one time while `work` ran, beyond what was in use before.
 *
 * QUIRK: what a collection of V8's finds dead is freed by another thread, and done with for certain when the next one begins: so
 * there are two before each look. Node gives the collector out only where a flag says so.
 */
async function watchingBuffers<T>(work: () => Promise<T>): Promise<{ result: T; most: number }> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("no collector");
  const inUse = () => {
    collect();
    collect();
    return process.memoryUsage().arrayBuffers;
  };
  const before = inUse();
  let most = before;
  let working = true;
  const watch = async () => {
    while (working) {
      most = Math.max(most, inUse());
      await setImmediate();
    }
  };
  const done = work().finally(() => {
    working = false;
  });
  const [result] = await Promise.all([done, watch()]);
  return { result, most: most - before };
}

/** On the store's database, past the store. */
async function past<T>(work: (database: Database) => Promise<T>): Promise<T> {
  const { place } = server;
  const database = place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Rows of pieces, whatever post they are of. */
const piecesLeft = () =>
  past(async (database) => {
    const [row = {}] = (await database.query(sql`SELECT count(*) AS pieces FROM body_pieces`)).rows;
    return number(row, "pieces");
  });

/** What a server leaves that ends before the post whose pieces it has written is made. */
const cutShort = (raw: Uint8Array) =>
  past(async (database) => {
    const query = database.query.bind(database);
    const body = await writePieces({ query, queryInBackground: query }, raw, NOW);
    if (body === undefined) throw new Error("the post is too small for pieces");
    return body;
  });

async function one(store: Store, now = NOW): Promise<Job> {
  const [job] = await store.claimJobs(now, now + LEASE, 1);
  if (job === undefined) throw new Error("no job is due");
  return job;
}

const decision = (id = "first", of = list.list): VerifiedCommand => ({
  warrant: { list: of, signedAt: NOW, by: { kind: "card" } },
  command: { listId: of.id, signer: "b2".repeat(20), id, keptUntil: NOW + LEASE },
  signed: { bytes: new Uint8Array(), signatures: new Uint8Array() },
  server: of.serverFingerprint,
  now: NOW,
});

const changed = (address: string): RosterChange => ({
  do: "remove",
  address,
  fingerprint: "",
  by: "operator",
  at: new Date(NOW).toISOString(),
});

onEachStore(() => {
  describe("claims", () => {
    test("of two workers who ask at once, nobody has a job that the other has", async () => {
      await queued(here);
      const batches = await Promise.all(
        Array.from({ length: 12 }, (_, turn) => (turn % 2 ? here : there).claimJobs(NOW, NOW + LEASE, 7)),
      );
      const ids = batches.flat().map((job) => job.id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids).toHaveLength(MEMBERS);
    });

    test("a job is free again when its lease has run out, not before", async () => {
      await queued(here);
      await here.claimJobs(NOW, NOW + LEASE, MEMBERS);
      expect(await there.claimJobs(NOW + LEASE - 1, NOW + 2 * LEASE, MEMBERS)).toEqual([]);
      expect(await there.claimJobs(NOW + LEASE, NOW + 2 * LEASE, MEMBERS)).toHaveLength(MEMBERS);
    });

    test("an extended claim stays closed to the other", async () => {
      await queued(here);
      const [job] = await here.claimJobs(NOW, NOW + LEASE, MEMBERS);
      await here.extendClaims([job?.claim ?? ""], NOW + 3 * LEASE);
      expect(await there.claimJobs(NOW + 2 * LEASE, NOW + 4 * LEASE, MEMBERS)).toEqual([]);
    });

    test.each([
      ["finishes", (job: Job) => here.finishJobs([job])],
      ["puts off", (job: Job) => here.retryJob(job, NOW)],
      ["gives back", (job: Job) => here.returnJob(job, NOW)],
      ["sets aside", (job: Job) => here.setJobAside(job, "late")],
    ])("a worker that lost its claim and then %s the job changes nothing", async (_, act) => {
      await queued(here);
      const lost = await one(here);
      const later = NOW + LEASE;
      const taken = (await there.claimJobs(later, later + LEASE, MEMBERS)).find(({ id }) => id === lost.id);
      if (taken === undefined) throw new Error("the job was not free");
      // what lowers the attempt's number must not make an old claim good again
      await there.returnJob(taken, later);
      const [again] = (await there.claimJobs(later, later + LEASE, MEMBERS)).filter(
        ({ id }) => id === lost.id,
      );
      expect(again?.attempt).toBe(lost.attempt + 1);
      await act(lost);
      expect(await there.claimJobs(later, later + LEASE, MEMBERS)).toEqual([]);
      expect(await there.queueCounts()).toEqual({ waiting: MEMBERS, aside: 0 });
    });

    test("an attempt that was not made is not counted", async () => {
      await queued(here);
      const first = await one(here);
      await here.returnJob(first, NOW);
      expect((await one(here)).attempt).toBe(1);
    });

    test("releasing frees every claim of an earlier run", async () => {
      await queued(here);
      await here.claimJobs(NOW, NOW + LEASE, MEMBERS);
      await here.releaseClaims(NOW);
      expect(await here.claimJobs(NOW, NOW + LEASE, MEMBERS)).toHaveLength(MEMBERS);
    });
  });

  describe("a post", () => {
    test("goes when the last two of its copies are finished at one moment", async () => {
      const postId = await queued(here);
      const jobs = await here.claimJobs(NOW, NOW + LEASE, MEMBERS);
      await Promise.all(jobs.map((job, index) => (index % 2 ? here : there).finishJobs([job])));
      expect(await here.post(postId)).toBeUndefined();
    });

    test("that comes twice at one moment is queued once", async () => {
      const outcomes = await Promise.all([here.queuePost(newPost()), there.queuePost(newPost())]);
      expect(outcomes.map(({ kind }) => kind).sort()).toEqual(["queued", "repeat"]);
      expect((await here.queueCounts()).waiting).toBe(MEMBERS);
    });

    test.each([512, PIECE_OCTETS, PIECE_OCTETS + 1, 2 * PIECE_OCTETS, 3 * PIECE_OCTETS + 5])(
      "of %i octets is kept byte for byte",
      async (length) => {
        const raw = Uint8Array.from({ length }, (_, index) => (index + (index >> 8) + (index >> 16)) % 256);
        const postId = await queued(here, newPost("bytes", { raw }));
        expect(Buffer.from((await there.post(postId))?.raw ?? []).equals(raw)).toBe(true);
      },
    );

    test("that is large is read into one buffer: its pieces are not kept beside it", async () => {
      const length = 16 * PIECE_OCTETS;
      const postId = await queued(here, newPost("large", { raw: new Uint8Array(length) }));
      const { result: post, most } = await watchingBuffers(() => there.post(postId));
      expect(most).toBeLessThan(1.5 * length);
      expect(post?.raw).toHaveLength(length);
    });

    test("that is large and has gone out is not there any more, nor are its pieces", async () => {
      const postId = await queued(here, newPost("large", { raw: new Uint8Array(3 * PIECE_OCTETS) }));
      await here.finishJobs(await here.claimJobs(NOW, NOW + LEASE, MEMBERS));
      expect(await there.post(postId)).toBeUndefined();
      expect(await piecesLeft()).toBe(0);
    });

    test.each([
      ["finished", "its last copy"],
      ["removed", "the only member whom it waits for"],
      ["rejected", "a moderator's word"],
    ])("that is large and %s leaves no pieces: %s", async (how) => {
      const raw = new Uint8Array(3 * PIECE_OCTETS);
      const postId = await queued(here, newPost("large", { raw, hold: how === "rejected" }));
      expect(await piecesLeft()).toBe(3);
      const jobs = await here.claimJobs(NOW, NOW + LEASE, MEMBERS);
      if (how === "finished") {
        await here.finishJobs(jobs);
      } else if (how === "removed") {
        const [last, ...others] = jobs;
        await here.finishJobs(others);
        expect(await piecesLeft()).toBe(3);
        const { address } = (last?.kind === "copy" && (await here.memberById(last.memberId))) || {};
        if (address === undefined) throw new Error("the last copy is for nobody");
        await there.removeMember(list.list.id, address, () => changed(address));
      } else {
        expect(await there.rejectPost(decision("reject"), postId)).toEqual({ kind: "done" });
      }
      expect(await here.post(postId)).toBeUndefined();
      expect(await piecesLeft()).toBe(0);
    });

    test("that is large and refused leaves no pieces, and nothing is remembered of it", async () => {
      const raw = new Uint8Array(3 * PIECE_OCTETS);
      const warrant = anybodysWarrant({ ...list.list, policy: "moderated" });
      await expect(here.queuePost(newPost("large", { raw, warrant }))).rejects.toThrow();
      expect(await piecesLeft()).toBe(0);
      expect(await here.queuePost(newPost("large", { raw }))).toMatchObject({ kind: "queued" });
      expect(await here.queuePost(newPost("large", { raw }))).toEqual({ kind: "repeat" });
      expect(await piecesLeft()).toBe(3);
    });

    test("whose server ended before it was made is no post; its pieces go when no server can be writing them", async () => {
      await cutShort(new Uint8Array(3 * PIECE_OCTETS));
      expect(await here.queueCounts()).toEqual({ waiting: 0, aside: 0 });
      expect(await here.oldestPost()).toBeUndefined();
      await here.forget(NOW + INCOMING_MS);
      expect(await piecesLeft()).toBe(3);
      await here.forget(NOW + INCOMING_MS + 1);
      expect(await piecesLeft()).toBe(0);
    });

    test("whose server ended is gone at once when a server starts that has the database alone", async () => {
      await cutShort(new Uint8Array(3 * PIECE_OCTETS));
      const postId = await queued(here, newPost("whole", { raw: new Uint8Array(2 * PIECE_OCTETS) }));
      await here.releaseClaims(NOW);
      await here.forget(NOW);
      expect(await piecesLeft()).toBe(2);
      expect((await here.post(postId))?.raw).toHaveLength(2 * PIECE_OCTETS);
    });

    test("whose pieces were given up is not made of what is left", async () => {
      const postId = await queued(here);
      const body = await cutShort(new Uint8Array(3 * PIECE_OCTETS));
      await there.forget(NOW + INCOMING_MS + 1);
      await past((database) =>
        expect(runInTurn(giveBody(body, postId), (each) => database.query(each))).rejects.toThrow(
          /taken away/,
        ),
      );
    });

    test("without jobs, as a crash may leave it, is forgotten; a held one is not", async () => {
      const held = await queued(here, newPost("held", { hold: true }));
      await here.forget(NOW);
      expect(await here.post(held)).toMatchObject({ held: true });
    });
  });

  test("a removal beside an accepted post leaves no copy for the removed", async () => {
    const address = "crowd7@people.test";
    await Promise.all([
      here.queuePost(newPost()),
      there.removeMember(list.list.id, address, () => changed(address)),
    ]);
    const jobs = await here.claimJobs(NOW, NOW + LEASE, 2 * MEMBERS);
    expect(jobs).toHaveLength(MEMBERS - 1);
    expect(await here.memberByAddress(list.list.id, address)).toBeUndefined();
  });

  test("changes that come at one moment make one chain", async () => {
    const gone = Array.from({ length: 10 }, (_, index) => `crowd${index}@people.test`);
    await Promise.all(
      gone.map((address, index) =>
        (index % 2 ? here : there).removeMember(list.list.id, address, () => changed(address)),
      ),
    );
    const record = await here.record(list.list.id);
    expect(isWholeChain(record)).toBe(true);
    expect(record).toHaveLength(2 + MEMBERS + gone.length);
  });

  describe("a held post", () => {
    const decidedBySomebodyElse = { kind: "refused", code: "no-such-post" };
    const jobsOf = async (postId: number) =>
      (await here.claimJobs(NOW, NOW + LEASE, 2 * MEMBERS)).filter(
        (job): job is CopyJob => job.kind === "copy" && job.postId === postId,
      );

    test("goes to moderators and owners alone", async () => {
      for (const [address, role] of [
        ["crowd1@people.test", "moderator"],
        ["crowd2@people.test", "owner"],
      ] as const) {
        const change: RosterChange = { do: "role", address, role, by: "operator", at: "" };
        await here.setMemberRole(list.list.id, address, role, change);
      }
      const postId = await queued(here, newPost("held", { hold: true }));
      expect(await jobsOf(postId)).toHaveLength(2);
      expect(await here.heldPosts(list.list.id)).toMatchObject([
        { id: postId, messageId: "<held@people.test>" },
      ]);
    });

    test("that is released goes to everybody, once, whoever says so again", async () => {
      const postId = await queued(here, newPost("held", { hold: true }));
      expect(await here.releasePost(decision(), postId)).toEqual({ kind: "done" });
      expect(await there.releasePost(decision(), postId)).toEqual({ kind: "repeat" });
      expect(await there.releasePost(decision("second"), postId)).toEqual(decidedBySomebodyElse);
      expect(await jobsOf(postId)).toHaveLength(MEMBERS);
      expect(await here.heldPosts(list.list.id)).toEqual([]);
    });

    test("of strangers fill their own places, and no member's", async () => {
      const stranger = {
        kind: "non-member",
        name: "a stranger",
        certificate: Buffer.from("theirs"),
      } as const;
      const theirs = (name: string) => newPost(name, { hold: true, author: stranger });
      for (let count = 0; count < MAX_HELD_OF_STRANGERS; count++) await queued(here, theirs(`${count}`));
      expect(await here.queuePost(theirs("more"))).toEqual({ kind: "too-many-held" });
      expect(await there.queuePost(newPost("member's", { hold: true }))).toMatchObject({ kind: "held" });
    });

    test("that is rejected is gone", async () => {
      const postId = await queued(here, newPost("held", { hold: true }));
      expect(await here.rejectPost(decision(), postId)).toMatchObject({ kind: "done" });
      expect(await here.post(postId)).toBeUndefined();
    });

    test("of another list can't be decided about", async () => {
      const other = await server.createList("other@lists.test");
      const postId = await queued(here, newPost("held", { hold: true }));
      expect(await here.releasePost(decision("foreign", other.list), postId)).toEqual(decidedBySomebodyElse);
    });
  });
});
