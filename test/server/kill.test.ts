/** Servers that are killed in the middle of a fan-out: everybody gets the post, and hardly anybody twice. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import { number } from "../../src/server/store/database.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import { noteSample, SEED, slow } from "../world/slow.js";
import { submit } from "./dialogue.js";
import { addCrowd } from "./many-members.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { describeWithPostgres } from "./postgres.js";
import type { ServeSettings } from "./serve-entry.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { Sink } from "./sink.js";
import { useStore } from "./store-places.js";
import { onEachStore } from "./stores.js";

jest.setTimeout(300_000);

const MEMBERS = 1_000;
const LANES = 8;
const { LISTSEAL_SEED = "" } = process.env;
/** `LISTSEAL_SLOW=1` kills more often. */
const KILLS = slow ? 12 : 4;
if (!slow) noteSample("a server is killed at any copy");
/** Chooses the copies at which servers are killed; the name of the test has it, `LISTSEAL_SEED` repeats it. */
const KILL_SEED = LISTSEAL_SEED === "" ? SEED : Number(LISTSEAL_SEED);

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

let server: PlayServer;
let list: PlayList;
let alice: Person;
let everybody: readonly string[];
const running: ServerProcess[] = [];

beforeEach(async () => {
  server = await PlayServer.make();
  alice = await person("Alice");
  list = await server.createList("team@lists.test");
  await server.join(list, alice);
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  await server.discard();
});

async function crowd(members: number): Promise<void> {
  const others = await server.office((office) => addCrowd(office, list, members - 1));
  everybody = [alice.address, ...others].sort();
}

async function serve(more: Partial<ServeSettings> = {}): Promise<ServerProcess> {
  const started = await ServerProcess.start(program, {
    folder: server.folder.path,
    place: server.place,
    relayPort: server.sink.port,
    lanes: LANES,
    ...more,
  });
  running.push(started);
  return started;
}

async function post(to: ServerProcess): Promise<void> {
  const { raw } = await seal(list, alice);
  const answer = await submit(to.port, { sender: alice.address, recipient: list.address, raw });
  expect(answer.code).toBe(250);
}

/** Numbers from 0 to 1 that follow from `seed` (mulberry32, public domain). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const reached = (...sinks: readonly Sink[]) =>
  [...new Set(sinks.flatMap((sink) => sink.caught.map((mail) => mail.recipient)))].sort();

onEachStore(() => {
  test(`${KILLS} kills in a fan-out to ${MEMBERS}: at most one duplicate a connection and kill (seed ${KILL_SEED})`, async () => {
    await crowd(MEMBERS);
    const next = chance(KILL_SEED);
    // leases of a shared store run out by themselves; an embedded one's claims are freed by the next start
    const lease = 5_000;
    let current = await serve({ lease });
    await post(current);
    for (let kill = 1; kill <= KILLS; kill++) {
      const before = server.sink.caught.length;
      // by count, not by time: a kill at a random moment mostly misses the fan-out
      const after = 20 + Math.floor((next() * MEMBERS) / (KILLS + 2));
      await server.sink.until(({ caught }) => caught.length >= before + after);
      await current.kill();
      current = await serve({ lease });
    }
    await server.sink.until((sink) => reached(sink).length === MEMBERS);
    expect(reached(server.sink)).toEqual(everybody);
    expect(server.sink.caught.length - MEMBERS).toBeLessThanOrEqual(KILLS * LANES);
    const ids = new Set(
      server.sink.caught.map(({ raw }) => /^Message-ID: (.*)\r$/m.exec(raw.toString("latin1"))?.[1]),
    );
    expect(ids.size).toBe(1);
  });

  test("a kill while a large post is being written: it is no post, and is taken whole when it comes again", async () => {
    await crowd(3);
    const { raw } = await seal(list, alice, { text: randomBytes(3 * 1024 * 1024).toString("hex") });
    const { place } = server;
    const database = place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
    const count = async (table: "body_pieces" | "posts") => {
      const [row = {}] = (await database.query({ sql: `SELECT count(*) AS count FROM ${table}`, values: [] }))
        .rows;
      return number(row, "count");
    };
    const hand = (to: ServerProcess) =>
      submit(to.port, { sender: alice.address, recipient: list.address, raw, declaresSize: true });
    try {
      const first = await serve();
      const lost = expect(hand(first)).rejects.toThrow();
      while ((await count("body_pieces")) === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await first.kill();
      await lost;
      expect(await count("body_pieces")).toBeGreaterThan(0);
      expect(await count("posts")).toBe(0);
      const second = await serve();
      // with a shared database, nobody can know yet that the other one has ended
      if (place.kind === "sqlite") expect(await count("body_pieces")).toBe(0);
      expect(await hand(second)).toMatchObject({ code: 250 });
      await server.sink.until((sink) => reached(sink).length === everybody.length);
      second.child.kill("SIGTERM");
      await second.ended;
      expect(server.sink.caught.map(({ recipient }) => recipient).sort()).toEqual(everybody);
      expect(await count("posts")).toBe(0);
    } finally {
      await database.close();
    }
  });

  test("SIGTERM with copies at the end of DATA: they are finished, the others given back, and all go out once", async () => {
    await crowd(60);
    let answer = () => {};
    server.sink.patience = new Promise<void>((resolve) => {
      answer = resolve;
    });
    // a claim that is not given back would hold its copies longer than this test may take
    const settings = { lanes: 2, lease: 3_600_000 };
    const first = await serve(settings);
    await post(first);
    await server.sink.until(({ seen }) => seen.length === 2);
    first.child.kill("SIGTERM");
    // it takes no more posts: it has begun to stop
    while (await isOpen(first.port)) await new Promise((resolve) => setTimeout(resolve, 10));
    answer();
    await first.ended;
    expect(first.child.exitCode).toBe(0);
    const { seen, caught } = server.sink;
    expect(caught.length).toBe(seen.length);
    expect(caught.length).toBeLessThan(everybody.length);
    const second = await serve(settings);
    await server.sink.until((sink) => reached(sink).length === everybody.length);
    second.child.kill("SIGTERM");
    await second.ended;
    expect(caught.map(({ recipient }) => recipient).sort()).toEqual(everybody);
    expect(second.logged()).not.toContain('"attempt":2');
  });
});

/** Whether anybody listens. */
async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const open = await Promise.race([
    once(socket, "connect").then(() => true),
    new Promise<boolean>((resolve) => socket.on("error", () => resolve(false))),
  ]).catch(() => false);
  socket.destroy();
  return open;
}

describeWithPostgres("two workers on one PostgreSQL", (cluster) => {
  beforeAll(() => useStore(async () => ({ kind: "postgres", url: await cluster().fresh() })));
  let other: Sink;
  let otherFolder: string;

  beforeEach(async () => {
    other = await Sink.open();
    // another machine: the same keys, a folder of its own
    otherFolder = await mkdtemp(join(tmpdir(), "listseal-"));
    await cp(server.folder.path, otherFolder, { recursive: true });
  });
  afterEach(async () => {
    // before their folder goes
    for (const each of running.splice(0)) await each.kill();
    await other.close();
    await rm(otherFolder, { recursive: true });
  });

  const serveOther = (more: Partial<ServeSettings> = {}) =>
    serve({ folder: otherFolder, relayPort: other.port, ...more });

  test("share a fan-out, and no copy goes out twice", async () => {
    await crowd(MEMBERS);
    // neither relay takes its first mail before the other one has one: however fast a worker is, it can't finish alone
    server.sink.patience = other.until(({ seen }) => seen.length > 0);
    other.patience = server.sink.until(({ seen }) => seen.length > 0);
    const first = await serve();
    await serveOther();
    await post(first);
    const all = () => server.sink.caught.length + other.caught.length;
    await Promise.race([server.sink.until(() => all() >= MEMBERS), other.until(() => all() >= MEMBERS)]);
    // both stop in order: whatever was still on its way is in
    for (const each of running) each.child.kill("SIGTERM");
    await Promise.all(running.map((each) => each.ended));
    expect(reached(server.sink, other)).toEqual(everybody);
    expect(all()).toBe(MEMBERS);
    expect(server.sink.caught.length).toBeGreaterThan(0);
    expect(other.caught.length).toBeGreaterThan(0);
  });

  test("a killed worker's copies pass to the other", async () => {
    await crowd(100);
    // the first one's relay takes connections and a few mails, then never answers again
    server.sink.stallAfter(5);
    const first = await serve({ lease: 2_000 });
    await post(first);
    await server.sink.until(({ seen }) => seen.length > 5);
    await serveOther({ lease: 2_000 });
    await first.kill();
    await other.until((sink) => reached(sink, server.sink).length === everybody.length);
    expect(reached(server.sink, other)).toEqual(everybody);
  });
});
