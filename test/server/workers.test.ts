/** Several machines on one PostgreSQL, on a bad day: one dies, the database restarts, and their clocks disagree. */
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, jest, test } from "@jest/globals";
import { submit } from "./dialogue.js";
import { addCrowd } from "./many-members.js";
import { PlayServer, person, seal } from "./play-server.js";
import { describeWithPostgres } from "./postgres.js";
import { type Built, build, ServerProcess } from "./server-process.js";
import { Sink } from "./sink.js";
import { inFolder, useStore } from "./store-places.js";

jest.setTimeout(300_000);

const MEMBERS = 600;
const LANES = 2;
const MINUTE = 60_000;

let program: Built;
beforeAll(async () => {
  program = await build("test/server/serve-entry.ts");
});
afterAll(() => program.discard());

describeWithPostgres("three machines with clocks a minute apart", (cluster) => {
  // a database that says "committed" and means it: what it forgets in a crash no server can know
  beforeAll(() =>
    useStore(async () => {
      const url = await cluster().fresh();
      return { kind: "postgres", url: `${url}${encodeURIComponent(" -c synchronous_commit=on")}` };
    }),
  );
  afterAll(() => useStore(inFolder));

  const discarded: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const discard of discarded.splice(0).reverse()) await discard();
  });

  test("one is killed, the database restarts: nothing is lost, and at most one copy a connection goes out twice", async () => {
    const play = await PlayServer.make();
    discarded.push(() => play.discard());
    const alice = await person("Alice");
    const list = await play.createList("team@lists.test");
    await play.join(list, alice);
    const crowd = await play.office((office) => addCrowd(office, list, MEMBERS - 1));
    const everybody = [alice.address, ...crowd].sort();
    const sinks: Sink[] = [];
    const caught = () => sinks.flatMap((sink) => sink.caught.map(({ recipient }) => recipient));
    const until = async (count: number) => {
      while (caught().length < count) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    const machine = async (clockAhead: number): Promise<ServerProcess> => {
      const folder = await mkdtemp(join(tmpdir(), "listseal-"));
      await cp(play.folder.path, folder, { recursive: true });
      discarded.push(() => rm(folder, { recursive: true }));
      const sink = await Sink.open();
      sinks.push(sink);
      discarded.push(() => sink.close());
      const server = await ServerProcess.start(program, {
        ...{ folder, place: play.place, relayPort: sink.port, lanes: LANES, clockAhead },
        retryPauses: [0, 0, 0, 0, 0, 0],
      });
      discarded.push(() => server.kill());
      return server;
    };
    const first = await machine(0);
    const ahead = await machine(MINUTE);
    const behind = await machine(-MINUTE);
    // the relay of the one that has the post takes its time until the others have found the work, and the one of the quickest of
    // those until the last has: each delivers some, however late it comes to it
    const [firstSink, aheadSink, behindSink] = sinks;
    if (firstSink === undefined || aheadSink === undefined || behindSink === undefined)
      throw new Error("no sinks");
    const hasSome = ({ caught }: Sink) => caught.length > 0;
    aheadSink.patience = firstSink.until(hasSome).then(() => undefined);
    behindSink.patience = Promise.all([firstSink.until(hasSome), aheadSink.until(hasSome)]).then(
      () => undefined,
    );
    const { raw } = await seal(list, alice);
    // the one whose clock is behind takes the post: to the others its copies have long been due
    const answer = await submit(behind.port, { sender: alice.address, recipient: list.address, raw });
    expect(answer.code).toBe(250);

    await until(MEMBERS / 4);
    await first.kill();
    const atKill = caught().length;
    await until(Math.min(MEMBERS / 2, atKill + 20));
    await cluster().crash();
    // they go on with the database that is there again
    await until(MEMBERS / 2 + 20);
    for (const server of [ahead, behind]) server.child.kill("SIGTERM");
    await Promise.all([ahead.ended, behind.ended]);

    // the lease of the one that was killed has run out
    const later = await machine(10 * MINUTE);
    const reached = () => [...new Set(caught())].sort();
    while (reached().length < MEMBERS) await new Promise((resolve) => setTimeout(resolve, 20));
    later.child.kill("SIGTERM");
    await later.ended;
    expect(reached()).toEqual(everybody);
    expect(sinks.map((sink) => sink.caught.length > 0)).toEqual([true, true, true, true]);
    // one fault that ends a server, one that ends what the two others had under way
    expect(caught().length - MEMBERS).toBeLessThanOrEqual(3 * LANES);
  });
});
