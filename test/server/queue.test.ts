/** The one queue: what was in the two before it, what is marked, and what a bad day does to what waits. */
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import Database from "better-sqlite3";
import { BatchCommit } from "../../src/server/delivery/batch-commit.js";
import { raw, sql } from "../../src/server/store/database.js";
import { openStore, type StorePlace } from "../../src/server/store/open-store.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import type { JobChoice } from "../../src/server/store/queue-admin.js";
import { missingSteps, schemaSteps, schemaVersion } from "../../src/server/store/schema.js";
import { sqlite } from "../../src/server/store/sqlite.js";
import type { Job } from "../../src/server/store/store.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { newPlace } from "./store-places.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

const NOW = Date.UTC(2026, 10, 29);

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;

/** Where the step with these words is. */
const stepWith = (words: string, steps: readonly string[]) => steps.findIndex((step) => step.includes(words));

/** The step that made one queue of two. */
const MERGING = "RENAME TO jobs";

/** The step since which a post's pieces are written before it. */
const PIECES_FIRST = "CREATE TABLE post_bodies";

/** A list with Bob, its owner, and a post of his. */
const withBob = `
  INSERT INTO lists (address, name, mode, delivery, profile, server_key_file, server_fingerprint, server_certificate, created)
    VALUES ('team@lists.test', 'Team', 'key', 'resealed', 'compatible', 'file', 'f0', '', 0);
  INSERT INTO members (list_id, address, name, certificate, fingerprint, shape, role, added)
    VALUES (1, 'bob@people.test', 'Bob', '', 'b0', 'encrypted', 'owner', 0);
  INSERT INTO posts (list_id, raw, accepted, message_id, author_kind, author_name, author_certificate)
    VALUES (1, '', ${NOW - 5}, '<a@b>', 'member', 'Bob', '');
`;

/** A database in which each large post's pieces were written with it: one in three pieces that waits for Bob. */
const withPieces = `
  ${withBob}
  INSERT INTO post_pieces (post_id, number, octets) VALUES (1, 0, 'SEALED'), (1, 2, 'SEALED'), (1, 1, 'SEALED');
  INSERT INTO jobs (list_id, kind, post_id, member_id, queued, due) VALUES (1, 'copy', 1, 1, ${NOW}, ${NOW});
`;

/** A database of the version before, with a list, two members, and something in both queues. */
const before = `
  ${withBob}
  INSERT INTO jobs (post_id, member_id, review, attempts, claim, due) VALUES (1, 1, 0, 2, 'abc', ${NOW});
  INSERT INTO jobs (post_id, member_id, review, due) VALUES (1, 1, 1, ${NOW});
  INSERT INTO jobs (notice, member_id, due, aside) VALUES ('too-old', 1, ${NOW}, 'relay-550');
  INSERT INTO outbox (list_id, recipient, mail, attempts, due) VALUES (1, 'eve@people.test', 'SEALED', 3, ${NOW});
  INSERT INTO outbox (list_id, recipient, mail, due, member_id) VALUES (1, 'bob@people.test', 'SEALED', ${NOW}, 1);
`;

onEachStore(() => {
  beforeEach(async () => {
    server = await PlayServer.make();
    [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
    list = await server.createList("team@lists.test");
    for (const who of [alice, bob]) await server.join(list, who);
  });
  afterEach(() => server.discard());

  /** A database as the version before the step with these words left it, with `rows` in it. */
  async function olderDatabase(before: string, rows: string): Promise<StorePlace> {
    const place =
      server.place.kind === "sqlite"
        ? { ...server.place, file: `${server.place.file}-old` }
        : await newPlace(server.folder);
    if (place.kind === "sqlite") {
      const steps = schemaSteps(sqlite).slice(0, stepWith(before, schemaSteps(sqlite)));
      const database = new Database(place.file);
      for (const step of steps) database.exec(step);
      database.exec(rows.replaceAll("''", "x''").replaceAll("'SEALED'", "x'4142'"));
      database.pragma(`user_version = ${steps.length}`);
      database.close();
    } else {
      const database = connectToPostgres(place.url, 1);
      const all = schemaSteps(database.dialect);
      const steps = all.slice(0, stepWith(before, all));
      await database.query(sql`CREATE TABLE listseal_schema (version BIGINT NOT NULL)`);
      for (const step of steps) await database.query(raw(step));
      await database.query(raw(rows.replaceAll("'SEALED'", "'\\x4142'")));
      await database.query(sql`INSERT INTO listseal_schema (version) VALUES (${steps.length})`);
      await database.close();
    }
    return place;
  }

  test("a large post that an older version took goes out whole", async () => {
    const store = await openStore(await olderDatabase(PIECES_FIRST, withPieces));
    try {
      await store.releaseClaims(NOW);
      await store.forget(NOW);
      expect(Buffer.from((await store.post(1))?.raw ?? []).toString()).toBe("ABABAB");
      await store.finishJobs(await store.claimJobs(NOW, NOW + 1000, 10));
      expect(await store.post(1)).toBeUndefined();
      expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
    } finally {
      await store.close();
    }
  });

  test("what waited in the two queues before waits in the one, nothing lost and nothing done twice", async () => {
    const store = await openStore(await olderDatabase(MERGING, before));
    try {
      expect(await store.queueCounts()).toEqual({ waiting: 4, aside: 1 });
      const jobs = await store.claimJobs(NOW, NOW + 1000, 10);
      const [first, second, third, fourth] = jobs;
      expect(jobs).toHaveLength(4);
      expect(first).toMatchObject({
        kind: "copy",
        isReview: false,
        postId: 1,
        memberId: 1,
        attempt: 3,
        queued: NOW - 5,
      });
      expect(second).toMatchObject({ kind: "copy", isReview: true, postId: 1 });
      expect(third).toMatchObject({
        kind: "mail",
        to: { kind: "anybody" },
        recipient: "eve@people.test",
        attempt: 4,
      });
      expect(fourth).toMatchObject({ kind: "mail", to: { kind: "member", memberId: 1 } });
      expect(Buffer.from((await store.mailOf(third?.id ?? 0)) ?? []).toString()).toBe("AB");
    } finally {
      await store.close();
    }
  });

  test("an older version does not begin to work with it", () => {
    expect(() => missingSteps(sqlite, schemaVersion(sqlite) + 1)).toThrow(/newer version/);
  });

  test("a mark that fails is made again before anything else is sent: nobody gets a copy twice", async () => {
    const { store } = await server.start("smtp", "smtp", { lanes: 1, lease: 60_000 });
    const finishJobs = store.finishJobs.bind(store);
    let failures = 3;
    store.finishJobs = async (jobs) => {
      if (failures-- > 0) throw new Error("the database is away");
      return finishJobs(jobs);
    };
    await server.post(list, alice);
    await server.untilQuiet();
    expect(server.sink.caught.map(({ recipient }) => recipient).sort()).toEqual([alice.address, bob.address]);
    expect(server.logged.join("")).toContain("sent-not-recorded");
    expect(failures).toBeLessThan(0);
  });

  test("a database that is away for a moment condemns no post", async () => {
    const { store } = await server.start();
    const post = store.post.bind(store);
    let failures = 2;
    store.post = async (id) => {
      if (failures-- > 0) throw Object.assign(new Error("terminating connection"), { code: "57P01" });
      return post(id);
    };
    await server.post(list, alice);
    await server.sink.until((sink) => sink.caught.length === 2);
    await server.untilQuiet();
    expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
    expect(server.logged.join("")).not.toContain("post-set-aside");
  });

  /** Does `work` while the machine's clock shows the day before; timers go on. */
  async function theDayBefore(work: () => Promise<void>): Promise<void> {
    jest.useFakeTimers({
      now: Date.now() - 24 * 3600_000,
      doNotFake: [
        "hrtime",
        "nextTick",
        "performance",
        "queueMicrotask",
        "setImmediate",
        "clearImmediate",
        "setInterval",
        "clearInterval",
        "setTimeout",
        "clearTimeout",
      ],
    });
    try {
      await work();
    } finally {
      jest.useRealTimers();
    }
  }

  // naive: whoever compares dates has another clock, and finds nothing wrong with this one
  test("a clock that is set back to before the keys were made condemns good posts, where nobody asks for it", async () => {
    await server.sink.close();
    const [right, begun] = [Date.now(), performance.now()];
    const now = () => Math.floor(right + performance.now() - begun);
    const { store } = await server.start("smtp", "smtp", { now });
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    await theDayBefore(async () => {
      await server.sink.reopen();
      while ((await store.queueCounts()).aside < 2) {
        server.service.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(server.sink.caught).toEqual([]);
    expect(server.logged.join("")).toContain("set-aside");
  });

  test("a clock that is set back to before the keys were made condemns nothing: it waits, and says clock", async () => {
    await server.sink.close();
    const { store } = await server.start();
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    await theDayBefore(async () => {
      await server.sink.reopen();
      while (!server.logged.some((line) => line.includes("clock-behind"))) {
        server.service.wake();
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await store.queueCounts()).toEqual({ waiting: 2, aside: 0 });
      expect(server.sink.caught).toEqual([]);
    });
    await server.untilQuiet();
    await server.sink.until((sink) => sink.caught.length === 2);
    expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
    expect(server.logged.join("")).not.toContain('"attempt":4');
  });

  test("mail for the owners goes to each once, however often one of them is put off", async () => {
    for (const address of [alice.address, bob.address]) {
      const change = { do: "role", address, role: "owner", by: "operator", at: "" } as const;
      await server.office(({ store }) => store.setMemberRole(list.list.id, address, "owner", change));
    }
    let isPutOff = true;
    server.sink.mood = (recipient) =>
      isPutOff && recipient === bob.address ? { code: 450, text: "4.7.1 later", at: "rcpt" } : undefined;
    await server.start();
    const raw = "From: eve@people.test\r\nSubject: I can't read it\r\n\r\nPlease help.\r\n";
    const mail = { sender: "eve@people.test", recipient: "team-owner@lists.test", raw };
    for (let tries = 0; tries < 5; tries++) {
      expect(await submit(server.port, mail)).toMatchObject({ code: 451 });
    }
    isPutOff = false;
    expect(await submit(server.port, mail)).toMatchObject({ code: 250 });
    expect(server.sink.caught.map(({ recipient }) => recipient)).toEqual([alice.address, bob.address]);
    // another mail is another mail
    expect(await submit(server.port, { ...mail, raw: raw.replace("Please", "Now please") })).toMatchObject({
      code: 250,
    });
    expect(server.sink.caught).toHaveLength(4);
  });

  test("the operator finds what waits, flushes it, holds it back and gives it up, by list, recipient, age and reason", async () => {
    const other = await server.createList("other@lists.test");
    await server.join(other, alice);
    await server.sink.close();
    await server.start("smtp", "smtp", { lanes: 1 });
    await server.post(list, alice);
    await server.post(other, alice);
    await server.stop();
    const office = await openStore(server.place);
    const now = Date.now();
    const mail = { listId: list.list.id, to: { kind: "anybody" }, recipient: "eve@people.test" } as const;
    await office.addMail({ ...mail, mail: Buffer.from("sealed") }, now - 3 * 3600_000);
    const any = { state: "any" } as const;
    const names = async (choice: JobChoice) =>
      (await office.chosenJobs(choice, 0, 10)).map((job) => `${job.kind} ${job.recipient}`);
    const [to, too] = [alice.address, bob.address];
    expect(await names(any)).toEqual([`copy ${to}`, `copy ${too}`, `copy ${to}`, "mail eve@people.test"]);
    expect(await names({ ...any, list: other.address })).toEqual([`copy ${to}`]);
    expect(await names({ ...any, recipient: to })).toHaveLength(2);
    expect(await names({ ...any, queuedBefore: now - 3600_000 })).toEqual(["mail eve@people.test"]);
    const [first] = await office.chosenJobs(any, 0, 1);
    expect(await office.chosenJobs(any, first?.id ?? 0, 10)).toHaveLength(3);

    expect(await office.holdJobs({ recipient: to, list: list.address })).toBe(1);
    expect(await names({ ...any, reason: "on-hold" })).toEqual([`copy ${to}`]);
    expect(await office.claimJobs(now - 3600_000, now, 10)).toHaveLength(1);
    expect(await office.dropJobs({ recipient: "eve@people.test", state: "aside" })).toBe(0);
    expect(await office.dropJobs({ recipient: "eve@people.test", state: "any" })).toBe(1);
    const [waiting] = await office.claimJobs(now + 1000, now + 2000, 1);
    if (waiting === undefined) throw new Error("nothing waits");
    await office.retryJob(waiting, now + 3600_000);
    expect(await office.flushJobs({ job: waiting.id }, now)).toBe(1);
    expect((await office.claimJobs(now + 1000, now + 2000, 10)).map(({ id }) => id)).toContain(waiting.id);
    expect(await office.retryJobs({ state: "aside" }, now)).toBe(1);
    expect(await names({ state: "aside" })).toEqual([]);
    // what is dropped takes its post along, but not one that waits for its moderator
    const held = await office.queuePost({
      listId: list.list.id,
      raw: Buffer.from("sealed"),
      accepted: now,
      messageId: "<held@people.test>",
      signer: "a1".repeat(20),
      keyPacketDigest: "held",
      dataPacketDigest: "held",
      sealDigest: "held",
      keptUntil: now,
      author: { kind: "member", name: "Alice", certificate: Buffer.from("certificate") },
      warrant: anybodysWarrant(list.list),
      hold: true,
    });
    expect(await office.dropJobs({ state: "any" })).toBe(3);
    expect(held).toMatchObject({ kind: "held" });
    expect(await office.heldPosts(list.list.id)).toHaveLength(1);
    await office.close();
  });

  test("the log has the name under which the relay keeps a copy", async () => {
    await server.start();
    server.sink.taken = "2.0.0 Ok: queued as 4bXyZ1";
    await server.post(list, alice);
    let line: string | undefined;
    while (line === undefined) {
      await new Promise((r) => setTimeout(r, 5));
      line = server.logged.find((each) => each.includes('"msg":"copy-sent"'));
    }
    expect(JSON.parse(line)).toMatchObject({ "queue-id": "4bXyZ1" });
  });
});

describe("marks", () => {
  const job = (id: number): Job => ({
    kind: "notice",
    id,
    listId: 1,
    memberId: 1,
    code: "too-old",
    queued: 0,
    attempt: 1,
    claim: "c",
  });

  test("that fail are made again until they succeed, and what comes meanwhile waits for its turn", async () => {
    const commits: number[][] = [];
    let isAway = true;
    const logged: string[] = [];
    const finished = new BatchCommit(
      {
        async finishJobs(jobs) {
          commits.push(jobs.map(({ id }) => id));
          if (isAway && commits.length < 4) throw new Error("away");
          isAway = false;
        },
      },
      { error: (event) => logged.push(event) },
    );
    const first = finished.mark(job(1));
    while (commits.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const second = finished.mark(job(2));
    await Promise.all([first, second]);
    expect(commits).toEqual([[1], [1], [1], [1], [2]]);
    expect(logged).toEqual(["sent-not-recorded", "sent-not-recorded", "sent-not-recorded"]);
  });

  test("are given up when the server stops: a database that is away must not keep it", async () => {
    const finished = new BatchCommit(
      {
        async finishJobs() {
          throw new Error("away");
        },
      },
      { error: () => undefined },
    );
    const marked = finished.mark(job(1));
    finished.stop();
    await expect(marked).rejects.toThrow("away");
  });
});
