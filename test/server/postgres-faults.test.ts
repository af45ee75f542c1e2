/** Bad days of PostgreSQL: connections that end or fall silent, and servers that start at the same moment. */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from "@jest/globals";
import pg from "pg";
import { openLedger } from "../../src/server/store/open-ledger.js";
import { openStore } from "../../src/server/store/open-store.js";
import { openPool } from "../../src/server/store/postgres-pool.js";
import { openPostgresEngine } from "../../src/server/store/postgres-store.js";
import { sql } from "../../src/server/store/sql.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { describeWithPostgres } from "./postgres.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { QuietWire } from "./silent-proxy.js";
import { useStore } from "./store-places.js";

jest.setTimeout(120_000);

/** Longest silence in these tests, in milliseconds; it is awaited as an event, never by a clock of the test's. */
const PATIENCE = 3_000;

describeWithPostgres("PostgreSQL", (cluster) => {
  let wire: QuietWire;
  let url: string;

  beforeEach(async () => {
    const direct = new URL(await cluster().fresh());
    wire = await QuietWire.open(Number(direct.port));
    direct.port = String(wire.port);
    url = direct.href;
  });
  afterEach(() => wire.close());

  test("a connection that ends between two statements of a transaction has a listener, which a bare pool leaves out", async () => {
    const ours = openPool(url, 1, 30_000);
    const bare = new pg.Pool({ connectionString: url, max: 1 });
    bare.on("error", () => undefined);
    const killer = new pg.Client({ connectionString: url });
    await killer.connect();
    try {
      for (const [pool, isSafe] of [
        [ours, true],
        [bare, false],
      ] as const) {
        const client = await pool.connect();
        await client.query("BEGIN");
        const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
        // an error without a listener ends the process
        expect(client.listenerCount("error") > 0).toBe(isSafe);
        const broken = once(client, "error");
        client.on("error", () => undefined);
        await killer.query("SELECT pg_terminate_backend($1)", [rows[0]?.pid]);
        await broken;
        client.release(true);
      }
    } finally {
      await Promise.all([ours.end(), bare.end(), killer.end()]);
    }
  });

  test("a database that falls silent within a transaction: an error, no waiting, and the next connection works", async () => {
    const engine = openPostgresEngine(url, 2, PATIENCE);
    const twice = () =>
      engine.run(function* () {
        yield sql("SELECT 1 AS one");
        wire.fallSilent();
        yield sql("SELECT 2 AS two");
      });
    await expect(twice()).rejects.toMatchObject({ code: "DATABASE_LOST" });
    const pending = engine.ask(sql("SELECT 3 AS three"));
    expect(engine.waitingSince()).toBeDefined();
    await expect(pending).rejects.toMatchObject({ code: "DATABASE_LOST" });
    expect(engine.waitingSince()).toBeUndefined();
    wire.speak();
    expect((await engine.ask(sql("SELECT 4 AS four"))).rows).toEqual([{ four: 4 }]);
    await engine.close();
  });

  test("eight servers that start at once on an empty database make its tables once", async () => {
    const place = { kind: "postgres", url } as const;
    const open = async () => {
      const store = await openStore(place);
      const ledger = await openLedger(place);
      const settings = await ledger.settings(1);
      await Promise.all([store.close(), ledger.close()]);
      return settings;
    };
    const all = await Promise.all(Array.from({ length: 8 }, open));
    expect(all).toHaveLength(8);
  });
});

describeWithPostgres("a server on a PostgreSQL that falls silent", (cluster) => {
  let wire: QuietWire;
  let server: PlayServer;
  let list: PlayList;
  let alice: Person;
  let program: Built;

  beforeAll(async () => {
    program = await build("test/server/serve-entry.ts");
  });
  afterAll(() => program.discard());

  beforeEach(async () => {
    useStore(async () => {
      const direct = new URL(await cluster().fresh());
      wire = await QuietWire.open(Number(direct.port));
      direct.port = String(wire.port);
      return { kind: "postgres", url: direct.href, patience: PATIENCE };
    });
    server = await PlayServer.make();
    list = await server.createList("team@lists.test");
    alice = await person("Alice");
    await server.join(list, alice);
  });
  afterEach(async () => {
    wire.speak();
    await server.discard();
    await wire.close();
  });

  const readiness = async () => {
    const { vitals } = server.service;
    const answer = await fetch(`http://127.0.0.1:${vitals?.port}/readyz`);
    return { status: answer.status, text: await answer.text() };
  };

  test("is not ready, and says why; delivers when the database speaks again", async () => {
    await server.start("smtp", "smtp", { vitals: { host: "127.0.0.1", port: 0 }, lease: 5_000 });
    expect(await readiness()).toMatchObject({ status: 200 });
    let answer = () => {};
    server.sink.patience = new Promise<void>((resolve) => {
      answer = resolve;
    });
    await server.post(list, alice);
    await server.sink.until(({ seen }) => seen.length === 1);
    wire.fallSilent();
    expect(await readiness()).toMatchObject({
      status: 503,
      text: expect.stringMatching(/silent|DATABASE_LOST/),
    });
    answer();
    wire.speak();
    await server.untilQuiet();
    expect(server.sink.for(alice.address)).toHaveLength(1);
    expect(await readiness()).toMatchObject({ status: 200 });
  });

  test("ends when it is told to, whatever the database does", async () => {
    const process = await ServerProcess.start(program, {
      folder: server.folder.path,
      // a database that would be waited for longer than anybody has patience
      place: { ...server.place, ...(server.place.kind === "postgres" && { patience: 600_000 }) },
      relayPort: server.sink.port,
      lanes: 2,
      stopPatience: 1_000,
    });
    wire.fallSilent();
    process.child.kill("SIGTERM");
    await process.ended;
    expect(process.child.exitCode).toBe(1);
    expect(process.logged()).toContain("drain-failed");
  });
});
