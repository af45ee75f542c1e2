/**
 * Where the processor time of a copy goes, by part: Node's own profile (`--cpu-prof`) of a fan-out into smtp-sink.
 *
 * Every sample is put down to the part whose code was running, or had called what was running: what Node and V8 do for a
 * part counts for it. The parts are the source's folders and files.
 */
import { diffieHellman, generateKeyPairSync } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { SourceMap } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { build } from "../../test/server/server-process.js";
import { median } from "../measure.js";
import { compare, type Row } from "../row.js";
import { oneCopy, startListServer } from "./list-server.js";
import { openSink, sourceTakes } from "./relays.js";

/** Enough that starting and warming up count for little. */
const MEMBERS = 2_000;
const POSTS = 5;
/** Of the large list by the clock, and in how many seconds a post is to reach them. */
const [MANY, MANY_SECONDS] = [10_000, 2] as const;
/** Microseconds between two samples. */
const INTERVAL_US = 200;

/** What a frame of the profile belongs to; the first that fits. Where it comes from is a source file, or Node's own. */
const parts: readonly (readonly [string, RegExp])[] = [
  ["collecting garbage", /^\(garbage collector\)$/],
  ["the database", /better-sqlite3|^src\/server\/store\/(?!tokens)/],
  ["MACs of addresses and links", /^src\/server\/store\/tokens\.ts$/],
  ["sealing", /^src\/(openpgp|protocol)\/|^src\/server\/delivery\/(fast-reseal|recipients)\.ts$/],
  ["writing the mail", /^src\/mail\/|^src\/server\/delivery\/copies\.ts$/],
  ["the log", /^src\/server\/base\/log\.ts$|node_modules\/(pino|sonic-boom)/],
  ["the wire", /^src\/server\/delivery\/(smtp-client|wire-body|relay)\.ts$/],
  ["the queue and the gate", /^src\/server\//],
];
/** Node's own, where none of the above called it. */
const ofNode: typeof parts = [["the wire", /^node:(net|internal\/stream)/]];
const REST = "the event loop and the rest";

interface Frame {
  readonly id: number;
  readonly callFrame: {
    readonly functionName: string;
    readonly url: string;
    readonly lineNumber: number;
    readonly columnNumber: number;
  };
  readonly children?: readonly number[];
}

/** What `--cpu-prof` writes. */
interface Profile {
  readonly nodes: readonly Frame[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

function isProfile(value: unknown): value is Profile {
  return typeof value === "object" && value !== null && "nodes" in value && "timeDeltas" in value;
}

/** Tells from which source file a function of the built program is. */
function sourceFinder(): (frame: Frame["callFrame"]) => string {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (url: string): SourceMap | undefined => {
    const path = `${fileURLToPath(url)}.map`;
    return existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, "utf8"))) : undefined;
  };
  return ({ functionName, url, lineNumber, columnNumber }) => {
    if (!url.startsWith("file:")) return url || functionName;
    if (!maps.has(url)) maps.set(url, mapOf(url));
    const entry = maps.get(url)?.findEntry(lineNumber, columnNumber);
    const source = entry !== undefined && "originalSource" in entry ? entry.originalSource : url;
    return source.replace(/^.*\/(?=(src|node_modules)\/)/, "");
  };
}

/** Microseconds of each part. */
function timesByPart({ nodes, samples, timeDeltas }: Profile): Map<string, number> {
  const sourceOf = sourceFinder();
  const frames = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])));
  const partIn = (all: typeof parts, id: number | undefined): string | undefined => {
    const frame = id === undefined ? undefined : frames.get(id);
    if (frame === undefined) return undefined;
    const from = sourceOf(frame.callFrame);
    const found = all.find(([, pattern]) => pattern.test(from))?.[0];
    return found ?? partIn(all, parents.get(frame.id));
  };
  const partOf = (id: number): string => partIn(parts, id) ?? partIn(ofNode, id) ?? REST;
  const known = new Map<number, string>();
  const times = new Map<string, number>();
  samples.forEach((id, index) => {
    if (frames.get(id)?.callFrame.functionName === "(idle)") return;
    const part = known.get(id) ?? partOf(id);
    known.set(id, part);
    times.set(part, (times.get(part) ?? 0) + (timeDeltas[index] ?? 0));
  });
  return times;
}

/** Agreements between two posts: a quarter of a second. */
const AGREEMENTS = 4_000;

/** Milliseconds of processor time of a key and its agreement, which each copy takes: a busy machine slows both alike. */
function agreementTakes(): number {
  const { publicKey } = generateKeyPairSync("x25519");
  const begun = process.cpuUsage();
  for (let each = 0; each < AGREEMENTS; each++) {
    const { privateKey } = generateKeyPairSync("x25519");
    diffieHellman({ privateKey, publicKey });
  }
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000 / AGREEMENTS;
}

/** Processor time a copy, the whole and its parts. */
export async function profileRows(program: Awaited<ReturnType<typeof build>>): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  const sink = await openSink();
  const copy = await oneCopy(program, 1_000);
  try {
    const plain = await startListServer(program, sink, MEMBERS);
    let cpu = 0;
    let elapsed = 0;
    let agreement = 0;
    let source = 0;
    for (let post = 0; post < POSTS; post++) {
      const took = await plain.post(1_000, "clock");
      cpu += took.cpu;
      elapsed += (1000 * took.seconds) / (POSTS * MEMBERS);
      agreement += agreementTakes() / POSTS;
      source += (1000 * (await sourceTakes(sink, copy.path, MEMBERS))) / (POSTS * MEMBERS);
    }
    await plain.close();
    const large = await startListServer(program, sink, MANY);
    const times: number[] = [];
    for (let post = 0; post < POSTS; post++) times.push((await large.post(1_000, "clock")).seconds);
    await large.close();
    const profiled = await startListServer(program, sink, MEMBERS, [
      "--cpu-prof",
      `--cpu-prof-dir=${folder}`,
      `--cpu-prof-interval=${INTERVAL_US}`,
    ]);
    for (let post = 0; post < POSTS; post++) await profiled.post(1_000, "clock");
    await profiled.close();

    const total = new Map<string, number>();
    // one file a thread
    for (const name of readdirSync(folder)) {
      const profile: unknown = JSON.parse(readFileSync(join(folder, name), "utf8"));
      if (!isProfile(profile)) throw new Error(`${name} is no profile`);
      for (const [part, time] of timesByPart(profile)) {
        total.set(part, (total.get(part) ?? 0) + time);
      }
    }
    const whole = (1000 * cpu) / (POSTS * MEMBERS);
    const sum = [...total.values()].reduce((one, other) => one + other, 0);
    return [
      ...compare("processor time a copy of 1 kB, into smtp-sink", "ms", whole, [
        { name: "the goal", value: 0.2, goal: 1 },
        { name: "Node's raw X25519 at the time", value: agreement },
        { name: "that, and smtp-source's time on the clock", value: agreement + source },
      ]),
      ...compare("time a copy of 1 kB on the clock, into smtp-sink", "ms", elapsed, [
        { name: "smtp-source", value: source },
      ]),
      ...compare(`a post of 1 kB to ${MANY} members, on the clock, into smtp-sink`, "s", median(times), [
        { name: "the goal", value: MANY_SECONDS, goal: 1 },
      ]),
      ...[...total].flatMap(([part, time]) =>
        compare(`of it: ${part}`, "ms", (whole * time) / sum, [{ name: "the whole copy", value: whole }]),
      ),
    ];
  } finally {
    copy.discard();
    await sink.close();
    rmSync(folder, { recursive: true });
  }
}
