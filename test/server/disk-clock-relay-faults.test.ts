/** Bad days of a server that is a process of its own: disk, clock, database, relay. */
import { randomBytes } from "node:crypto";
import { open, rm, truncate } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import Database from "better-sqlite3";
import { refused } from "../../src/server/receive/reply.js";
import { openStore } from "../../src/server/store/open-store.js";
import { eventually } from "../world/processes.js";
import { RoughWire } from "./cutting-proxy.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import type { ServeSettings } from "./serve-entry.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { onEachStore } from "./stores.js";

jest.setTimeout(120_000);

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;
const running: ServerProcess[] = [];

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.kill();
  await server.discard();
});

async function serve(
  more: Partial<ServeSettings> = {},
  limits: { maxFileBytes?: number } = {},
): Promise<ServerProcess> {
  const settings: ServeSettings = {
    folder: server.folder.path,
    place: server.place,
    relayPort: server.sink.port,
    lanes: 2,
    retryPauses: [50, 50, 50, 50],
    ...more,
  };
  const started = await ServerProcess.start(program, settings, limits);
  running.push(started);
  return started;
}

const send = (to: ServerProcess, raw: Uint8Array) =>
  submit(to.port, { sender: alice.address, recipient: list.address, raw });

const bothHaveIt = () => server.sink.until((sink) => sink.caught.length >= 2);
const recipients = () => server.sink.caught.map(({ recipient }) => recipient).sort();

async function counts() {
  const store = await openStore(server.place);
  try {
    return { ...(await store.queueCounts()), post: await store.post(1) };
  } finally {
    await store.close();
  }
}

test("the disk is full: 451 and nothing half accepted; with room again, the same post is taken", async () => {
  const { raw } = await seal(list, alice, { text: randomBytes(1_500_000).toString("hex") });
  const process = await serve({}, { maxFileBytes: 1024 * 1024 });
  expect(await send(process, raw)).toMatchObject({ code: 451 });
  expect(await counts()).toEqual({ waiting: 0, aside: 0, post: undefined });

  await process.makeRoom();
  expect(await send(process, raw)).toMatchObject({ code: 250 });
  await bothHaveIt();
  expect(recipients()).toEqual([alice.address, bob.address]);
});

describe("a database that can't be used: it does not start, and says what to do", () => {
  const file = () => server.folder.database;

  test("held by another program", async () => {
    const holder = new Database(file());
    holder.exec("BEGIN EXCLUSIVE");
    try {
      await expect(serve()).rejects.toThrow(/another program is using the database .*fuser/);
    } finally {
      holder.close();
    }
  });

  test("with a page overwritten", async () => {
    const handle = await open(file(), "r+");
    await handle.write(Buffer.alloc(3 * 4096, 0xa5), 0, 3 * 4096, 4 * 4096);
    await handle.close();
    await expect(serve()).rejects.toThrow(/is damaged: keep a copy of it, restore the last backup/);
  });

  test("cut short", async () => {
    await truncate(file(), 10_000);
    await expect(serve()).rejects.toThrow(/is damaged/);
  });

  test("that is no database at all", async () => {
    const handle = await open(file(), "r+");
    await handle.write("To whom it may concern");
    await handle.close();
    await expect(serve()).rejects.toThrow(/is damaged/);
  });

  test("that is gone: no empty one is made in its place", async () => {
    for (const end of ["", "-wal", "-shm"]) await rm(file() + end, { force: true });
    await expect(serve()).rejects.toThrow(/missing or this user may not open it/);
  });
});

onEachStore(() => {
  describe("the relay", () => {
    test("is down for a while: the post waits, and costs no attempt", async () => {
      await server.sink.close();
      const process = await serve({ retryPauses: [] });
      const { raw } = await seal(list, alice);
      expect(await send(process, raw)).toMatchObject({ code: 250 });
      while (process.logged().split("relay-unreachable").length < 5)
        await new Promise((r) => setTimeout(r, 50));
      expect(await counts()).toMatchObject({ waiting: 2, aside: 0 });
      await server.sink.reopen();
      await bothHaveIt();
      expect(recipients()).toEqual([alice.address, bob.address]);
    });

    test("is down for more than an hour of the server's clock: no attempt is counted, and both copies go out after it", async () => {
      await server.sink.close();
      // an attempt that counted would leave nothing to try
      const process = await serve({ retryPauses: [], clockStep: 60_000 });
      const post = await seal(list, alice);
      expect(await send(process, post.raw)).toMatchObject({ code: 250 });
      const tried = async (times: number) => {
        while (process.logged().split("relay-unreachable").length <= times)
          await new Promise((r) => setTimeout(r, 20));
      };
      await tried(2);
      for (let minute = 1; minute <= 61; minute++) await process.setClock();
      // both lanes again, with the clock of an hour later
      await tried(4);
      // its sender did not hear the 250, and comes again an hour later
      expect(await send(process, post.raw)).toMatchObject({ code: 250 });
      expect(await counts()).toMatchObject({ waiting: 2, aside: 0 });
      await server.sink.reopen();
      await bothHaveIt();
      expect(recipients()).toEqual([alice.address, bob.address]);
      process.child.kill("SIGTERM");
      await process.ended;
      expect(process.logged()).not.toContain('"attempt":2');
      expect(await counts()).toMatchObject({ waiting: 0, aside: 0 });
    });

    test("puts one off (450) and refuses another (550): each gets what is theirs", async () => {
      let greylisted = 0;
      server.sink.mood = (recipient) => {
        if (recipient === bob.address) return { code: 550, text: "5.1.1 unknown", at: "rcpt" };
        return greylisted++ < 3 ? { code: 450, text: "4.7.1 later", at: "rcpt" } : undefined;
      };
      const process = await serve();
      await send(process, (await seal(list, alice)).raw);
      await server.sink.until((sink) => sink.caught.length === 1);
      expect(recipients()).toEqual([alice.address]);
      await eventually(async () => expect((await counts()).aside).toBe(1));
    });

    test("cuts connections in the middle of DATA: everybody gets the post in the end, whole", async () => {
      const wire = await RoughWire.open(server.sink.port, 4, 20_000);
      try {
        const process = await serve({ relayPort: wire.port });
        await send(process, (await seal(list, alice, { text: randomBytes(100_000).toString("hex") })).raw);
        await bothHaveIt();
        expect(recipients()).toEqual([alice.address, bob.address]);
        await eventually(async () => expect(process.logged()).toContain("connection-broken"));
      } finally {
        await wire.close();
      }
    });

    test("is slow: other posts are taken meanwhile", async () => {
      server.sink.stallAfter(0);
      const process = await serve();
      const one = await seal(list, alice);
      const two = await seal(list, alice);
      expect(await send(process, one.raw)).toMatchObject({ code: 250 });
      await server.sink.until((sink) => sink.seen.length === 2);
      expect(await send(process, two.raw)).toMatchObject({ code: 250 });
    });
  });

  const HOUR_MS = 60 * 60_000;

  test("the clock goes back an hour: what was accepted goes out once, and nothing gets stuck", async () => {
    let later = true;
    server.sink.mood = () => (later ? { code: 450, text: "4.7.1 later", at: "rcpt" } : undefined);
    const process = await serve({ clockAhead: HOUR_MS, retryPauses: Array.from({ length: 1000 }, () => 50) });
    const first = await seal(list, alice);
    expect(await send(process, first.raw)).toMatchObject({ code: 250 });
    while (!process.logged().includes("copy-deferred")) await new Promise((r) => setTimeout(r, 20));
    await process.setClock();
    later = false;
    const second = await seal(list, alice);
    expect(await send(process, second.raw)).toMatchObject({ code: 250 });
    await server.sink.until((sink) => sink.caught.length === 4);
    // the first one again, as an upstream that did not hear the 250 sends it
    expect(await send(process, first.raw)).toMatchObject({ code: 250 });
    await process.kill();
    expect(recipients()).toEqual([alice.address, alice.address, bob.address, bob.address]);
  });

  test("the clock is an hour behind: a post of now is refused, and its author learns why", async () => {
    const process = await serve();
    const { raw } = await seal(list, alice, { date: new Date(Date.now() + HOUR_MS) });
    expect(await send(process, raw)).toMatchObject({ code: refused.code });
    await server.sink.until((sink) => sink.caught.length === 1);
    const [notice] = server.sink.for(alice.address);
    const [, body = ""] = (notice?.raw.toString("latin1") ?? "").split("\r\n\r\n");
    expect(Buffer.from(body, "base64").toString()).toMatch(/ahead\s+of\s+the\s+server/);
  });
});
