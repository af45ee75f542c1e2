/** Our whole server as a process of its own, with a list of some size, and what a post to it takes. */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { submit } from "../../test/server/dialogue.js";
import { addCrowd } from "../../test/server/many-members.js";
import { PlayServer, person, seal } from "../../test/server/play-server.js";
import { type Built, ServerProcess } from "../../test/server/server-process.js";
import { Sink } from "../../test/server/sink.js";
import type { Measured } from "./measured.js";
import { LANES } from "./relays.js";

/** What the server logs of each copy that the relay has taken. */
const SENT = Buffer.from('"copy-sent"');
/** A tick of /proc/PID/stat. */
const TICKS_PER_SECOND = 100;
/** Between two looks at the memory, as in measured.py. */
const SAMPLE_MS = 50;

/**
 * Whether memory is looked at while a post goes out. Each look takes the kernel a walk through the whole process: milliseconds in
 * which nobody else has that processor, too many for a race against the clock.
 */
export type Watch = "memory" | "clock";

/** What a post took. */
export interface Took extends Measured {
  /** Resident above the most that the server had before, in bytes. */
  readonly more: number;
  /** Size of the mail as submitted; a copy's is about that. */
  readonly size: number;
}

/** A server with one list. */
export interface ListServer {
  post(bytes: number, watch: Watch): Promise<Took>;
  /** Removes one member by the operator's command; milliseconds of it on the clock. */
  removeMember(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Starts a server whose list has `members` members. One small post is out when this resolves: it is warm.
 *
 * @param nodeArgs for Node itself; a server with any is asked to end, and not killed: it has something to write
 */
export async function startListServer(
  program: Built,
  relay: { readonly port: number },
  members: number,
  nodeArgs: readonly string[] = [],
): Promise<ListServer> {
  const play = await PlayServer.make();
  const alice = await person("Alice");
  const list = await play.createList("team@lists.test");
  await play.join(list, alice);
  const crowd = [...(await play.office((office) => addCrowd(office, list, members - 1)))];
  const server = await ServerProcess.start(
    program,
    { folder: play.folder.path, place: play.place, relayPort: relay.port, lanes: LANES },
    { nodeArgs },
  );
  const pid = server.child.pid ?? 0;
  let present = members;

  // what has come is counted as it comes: the benchmark must not use up the processor that it measures
  let sent = 0;
  let counted: (() => void) | undefined;
  server.child.stderr?.on("data", (chunk: Buffer) => {
    for (let at = chunk.indexOf(SENT); at !== -1; at = chunk.indexOf(SENT, at + SENT.length)) sent++;
    counted?.();
  });

  async function post(bytes: number, watch: Watch): Promise<Took> {
    const { raw } = await seal(list, alice, { text: randomBytes(bytes / 2).toString("hex") });
    const [before, spent] = [server.peak(), cpuOf(pid)];
    let memory = 0;
    const looking =
      watch === "clock"
        ? undefined
        : setInterval(() => {
            memory = Math.max(memory, pssOf(pid));
          }, SAMPLE_MS);
    sent = 0;
    const start = performance.now();
    const answer = await submit(server.port, {
      sender: alice.address,
      recipient: list.address,
      raw,
      declaresSize: true,
    });
    if (answer.code !== 250) throw new Error(`the post was answered with ${answer.code}`);
    while (sent < present) {
      await new Promise<void>((resolve) => {
        counted = resolve;
      });
    }
    const seconds = (performance.now() - start) / 1000;
    clearInterval(looking);
    return { seconds, cpu: cpuOf(pid) - spent, memory, more: server.peak() - before, size: raw.length };
  }

  await post(1_000, "clock");
  return {
    post,
    async removeMember() {
      const address = crowd.pop();
      if (address === undefined) throw new Error("nobody is left to remove");
      const start = performance.now();
      await play.office(({ store }) =>
        store.removeMember(list.list.id, address, ({ fingerprint }) => ({
          do: "remove",
          address,
          fingerprint,
          by: "operator",
          at: new Date().toISOString(),
        })),
      );
      present--;
      return performance.now() - start;
    },
    async close() {
      if (nodeArgs.length > 0) {
        server.child.kill("SIGTERM");
        await server.ended;
      }
      await server.kill();
      await play.discard();
    },
  };
}

/** One copy of a post of that size, in a file as smtp-source takes it: lines end in LF. */
export async function oneCopy(program: Built, bytes: number): Promise<{ path: string; discard(): void }> {
  const sink = await Sink.open();
  const server = await startListServer(program, sink, 1);
  await server.post(bytes, "clock");
  await server.close();
  await sink.close();
  const raw = sink.caught.at(-1)?.raw;
  if (raw === undefined) throw new Error("no copy came");
  const folder = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  const path = join(folder, "copy");
  writeFileSync(path, raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
  return { path, discard: () => rmSync(folder, { recursive: true }) };
}

/** As measured.py takes the memory of Schleuder: pages that it shares with others count in part. */
function pssOf(pid: number): number {
  return 1024 * Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1]);
}

/** Processor seconds of a process with all its threads. It starts no others. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}
