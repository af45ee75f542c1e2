/**
 * The whole server's fan-out: a post is submitted, every member's copy is taken by `smtp-sink` of Postfix. Against
 * `smtp-source`, which sends as many mails of the same size without looking at any of them: the most that the same sink
 * takes from anybody on this machine.
 */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { addCrowd } from "../../test/server/crowd.js";
import { submit } from "../../test/server/dialogue.js";
import { PlayServer, person, seal } from "../../test/server/play-server.js";
import { build, ServerProcess } from "../../test/server/server-process.js";
import { freePort, LOOPBACK } from "../../test/world/ports.js";
import { compare, type Row } from "../row.js";

const SINK = "/usr/sbin/smtp-sink";
const SOURCE = "/usr/sbin/smtp-source";
const LANES = 8;
/** What the server logs of each copy that the relay has taken. */
const SENT = '"copy-sent"';

const sizes = [
  { label: "1 kB", bytes: 1_000, members: [100, 1_000, 10_000] },
  { label: "5 MB", bytes: 5_000_000, members: [10, 100] },
] as const;

/** What a fan-out took. */
interface FanOut {
  readonly seconds: number;
  /** The most memory that the server had, above what it has at rest, in bytes. */
  readonly memory: number;
  /** Size of one copy. */
  readonly copy: number;
}

async function openSink(): Promise<{ port: number; sink: ChildProcess }> {
  const port = await freePort();
  const sink = spawn(SINK, ["-u", "nobody", `${LOOPBACK}:${port}`, "1000"], { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 300));
  return { port, sink };
}

async function peakOf(server: ServerProcess): Promise<number> {
  const status = await readFile(`/proc/${server.child.pid}/status`, "utf8");
  return 1024 * Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]);
}

async function fanOut(
  program: Awaited<ReturnType<typeof build>>,
  bytes: number,
  members: number,
): Promise<FanOut> {
  const play = await PlayServer.make();
  const alice = await person("Alice");
  const list = await play.createList("team@lists.test");
  await play.join(list, alice);
  await play.office((office) => addCrowd(office, list, members - 1));
  const { port, sink } = await openSink();
  const server = await ServerProcess.start(program, {
    folder: play.folder.path,
    place: play.place,
    relayPort: port,
    lanes: LANES,
  });
  try {
    const { raw } = await seal(list, alice, { text: randomBytes(bytes / 2).toString("hex") });
    const atRest = await peakOf(server);
    const start = performance.now();
    await submit(server.port, { sender: alice.address, recipient: list.address, raw });
    // only what is new is looked at: the benchmark must not use up the processor that it measures
    let seen = 0;
    let sent = 0;
    const isDone = () => {
      const logged = server.logged();
      for (let at = logged.indexOf(SENT, seen); at !== -1; at = logged.indexOf(SENT, seen)) {
        seen = at + SENT.length;
        sent++;
      }
      return sent >= members;
    };
    while (!isDone()) await new Promise((resolve) => setTimeout(resolve, 20));
    const seconds = (performance.now() - start) / 1000;
    return { seconds, memory: (await peakOf(server)) - atRest, copy: raw.length };
  } finally {
    await server.kill();
    sink.kill();
    await once(sink, "exit");
    await play.discard();
  }
}

/** Seconds that smtp-source takes for as many mails of that size. */
async function floor(bytes: number, mails: number): Promise<number | undefined> {
  if (!existsSync(SOURCE)) return undefined;
  const { port, sink } = await openSink();
  try {
    const start = performance.now();
    await promisify(execFile)(SOURCE, [
      "-s",
      `${LANES}`,
      "-l",
      `${bytes}`,
      "-m",
      `${mails}`,
      `${LOOPBACK}:${port}`,
    ]);
    return (performance.now() - start) / 1000;
  } finally {
    sink.kill();
    await once(sink, "exit");
  }
}

/** The rows of this section. */
export async function rows(): Promise<readonly Row[]> {
  if (!existsSync(SINK)) return compare("fan-out", "s", 0, [{ name: "smtp-sink", value: undefined }]);
  const program = await build("test/server/serve-entry.ts");
  const found: Row[] = [];
  try {
    for (const { label, bytes, members } of sizes) {
      let fewest: FanOut | undefined;
      for (const count of members) {
        const ours = await fanOut(program, bytes, count);
        const least = await floor(ours.copy, count);
        found.push(
          ...compare(`fan-out of ${label} to ${count} members`, "s", ours.seconds, [
            { name: "smtp-source, the same size and number", value: least },
          ]),
        );
        if (bytes > 1_000_000) {
          const goal = { name: "the mail as received", value: ours.copy / 1e6, goal: 3 };
          found.push(...compare(`memory for ${label} to ${count} members`, "MB", ours.memory / 1e6, [goal]));
        }
        if (fewest !== undefined) {
          const name = `the same to ${members[0]} members`;
          found.push(
            ...compare(`memory for ${label} to ${count} members`, "MB", ours.memory / 1e6, [
              { name, value: fewest.memory / 1e6 },
            ]),
          );
        }
        fewest ??= ours;
      }
    }
  } finally {
    await program.discard();
  }
  return found;
}
