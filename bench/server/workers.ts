/**
 * Several servers on one PostgreSQL, as machines that share a list: what a copy takes with one, two and four of them, each kept
 * on one core (`taskset`), in turn. The database's own fsync is off: it is measured how they share, and not the disk.
 */
import { execFile } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { submit } from "../../test/server/dialogue.js";
import { addCrowd } from "../../test/server/many-members.js";
import { PlayServer, person, seal } from "../../test/server/play-server.js";
import { Postgres, postgresPrograms } from "../../test/server/postgres-cluster.js";
import { type Built, ServerProcess } from "../../test/server/server-process.js";
import { inFolder, useStore } from "../../test/server/store-places.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { LANES, openSink } from "./relays.js";

/** Enough for the others to find the work: each looks at the database by itself every two seconds. */
const MEMBERS = 6_000;
const ROUNDS = 3;
const SENT = '"copy-sent"';

/** Milliseconds a copy with so many servers, one median of some posts. */
async function takes(program: Built, cluster: Postgres, workers: number): Promise<number> {
  useStore(async () => ({ kind: "postgres", url: await cluster.fresh() }));
  const play = await PlayServer.make();
  const sink = await openSink();
  const servers: ServerProcess[] = [];
  const folders: string[] = [];
  try {
    const alice = await person("Alice");
    const list = await play.createList("team@lists.test");
    await play.join(list, alice);
    await play.office((office) => addCrowd(office, list, MEMBERS - 1));
    let sent = 0;
    let counted: (() => void) | undefined;
    for (let worker = 0; worker < workers; worker++) {
      const folder = await mkdtemp(join(tmpdir(), "listseal-bench-"));
      folders.push(folder);
      await cp(play.folder.path, folder, { recursive: true });
      const server = await ServerProcess.start(program, {
        ...{ folder, place: play.place, relayPort: sink.port, lanes: LANES },
      });
      servers.push(server);
      const core = `${worker % cpus().length}`;
      await promisify(execFile)("taskset", [
        "--all-tasks",
        "--pid",
        "--cpu-list",
        core,
        `${server.child.pid}`,
      ]);
      server.child.stderr?.on("data", (chunk: Buffer) => {
        sent += chunk.toString().split(SENT).length - 1;
        counted?.();
      });
    }
    const times: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const { raw } = await seal(list, alice);
      sent = 0;
      const start = performance.now();
      const { code } = await submit(servers[0]?.port ?? 0, {
        ...{ sender: alice.address, recipient: list.address, raw },
      });
      if (code !== 250) throw new Error(`the post was answered with ${code}`);
      while (sent < MEMBERS) {
        await new Promise<void>((resolve) => {
          counted = resolve;
        });
      }
      // the first warms them up
      if (round > 0) times.push((performance.now() - start) / MEMBERS);
    }
    return median(times);
  } finally {
    for (const server of servers) await server.kill();
    for (const folder of folders) await rm(folder, { recursive: true });
    await sink.close();
    await play.discard();
    useStore(inFolder);
  }
}

/** The rows of this part. */
export async function workerRows(program: Built): Promise<readonly Row[]> {
  const bin = postgresPrograms();
  if (bin === undefined)
    return compare("workers on one PostgreSQL", "ms", 0, [{ name: "postgresql", value: undefined }]);
  const cluster = await Postgres.start(bin);
  try {
    const one = await takes(program, cluster, 1);
    const [two, four] = [await takes(program, cluster, 2), await takes(program, cluster, 4)];
    return [
      ...compare("a copy of 1 kB, two workers on one PostgreSQL", "ms", two, [
        { name: "one worker", value: one },
      ]),
      ...compare("a copy of 1 kB, four workers on one PostgreSQL", "ms", four, [
        { name: "one worker", value: one },
      ]),
    ];
  } finally {
    await cluster.stop();
  }
}
