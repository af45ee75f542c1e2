/**
 * Fuzzing, for as long as anybody likes:
 * `npm run fuzz -- TARGET [--minutes N | --inputs N] [--seed S]`, `npm run fuzz -- TARGET --replay FILE`.
 *
 * The inputs are taken in a process of their own, which may die of one, or hang, or eat the memory. What is found is kept in
 * out/fuzz: the input (`.input`), and what is wrong with it (`.txt`). Ends with 1 if anything was found.
 */
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { z } from "zod";
import { type Found, tryInput } from "./run.js";
import { targetNamed, targetNames } from "./targets.js";

const usage = `npm run fuzz -- ${targetNames.join("|")} [--minutes N | --inputs N] [--seed S] [--replay FILE]`;
const folder = fileURLToPath(new URL("../out/fuzz", import.meta.url));
const child = fileURLToPath(new URL("child.ts", import.meta.url));

/** An input that takes longer by the clock hangs. Long, since the machine may have other work. */
const HANG_MS = 90_000;
/** Heap of the process that takes the inputs, in MB. */
const HEAP_MB = 512;
/** Then the process is started anew: its peak memory is that of all its inputs. */
const INPUTS_A_PROCESS = 20_000;

const message = z.object({
  number: z.number(),
  found: z
    .object({
      kind: z.enum(["broken-promise", "wrong-error", "work", "memory", "ended"]),
      text: z.string(),
    })
    .nullable(),
});

interface Run {
  readonly name: string;
  readonly seed: number;
  /** When it is enough. */
  readonly inputs: number;
  readonly until: number;
}

/** What one process did. */
interface Done {
  /** The number of the next input. */
  readonly next: number;
  readonly found: number;
}

function keep({ name, seed }: Run, number: number, input: Uint8Array, { kind, text }: Found): void {
  const id = createHash("sha256").update(input).digest("hex").slice(0, 12);
  const file = join(folder, `${name}-${kind}-${id}`);
  writeFileSync(`${file}.input`, input);
  writeFileSync(`${file}.txt`, `${kind}\nseed ${seed}, input ${number}\n${text}\n`);
  console.log(`${kind}: ${text.split("\n", 1)[0]}\n  npm run fuzz -- ${name} --replay ${file}.input`);
}

/** Takes inputs in a process of its own until it ends, by itself or not. */
function take(run: Run, from: number): Promise<Done> {
  const file = join(folder, `current-${run.name}-${process.pid}`);
  const count = Math.min(INPUTS_A_PROCESS, run.inputs - from);
  const args = [run.name, String(run.seed), String(from), String(count), file];
  const running = fork(child, args, {
    execArgv: [`--max-old-space-size=${HEAP_MB}`, "--import", "tsx"],
    env: { ...process.env, NODE_OPTIONS: "" },
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let [next, found, isEnough] = [from, 0, false];
  let words = "";
  running.stderr?.on("data", (data: Buffer) => {
    words = (words + data.toString("latin1")).slice(-4_000);
  });
  return new Promise((resolve, reject) => {
    const hang = setTimeout(() => {
      words = `hangs: no end after ${HANG_MS / 1000} s\n${words}`;
      running.kill("SIGKILL");
    }, HANG_MS);
    running.on("message", (said) => {
      const told = message.parse(said);
      hang.refresh();
      next = told.number + 1;
      if (told.found !== null) {
        found += 1;
        keep(run, told.number, readFileSync(`${file}-${told.number}`), told.found);
        rmSync(`${file}-${told.number}`);
      }
      // its peak stays: what comes after would be found as well
      isEnough = Date.now() > run.until || told.found?.kind === "memory";
      if (isEnough) running.kill("SIGKILL");
    });
    running.on("close", (code) => {
      clearTimeout(hang);
      if (!isEnough && code !== 0) {
        // not of an input: the target itself can't be loaded
        if (!existsSync(file)) {
          reject(new Error(words));
          return;
        }
        found += 1;
        keep(run, next, readFileSync(file), { kind: "ended", text: words });
        next += 1;
      }
      rmSync(file, { force: true });
      resolve({ next, found });
    });
  });
}

async function fuzz(run: Run): Promise<number> {
  mkdirSync(folder, { recursive: true });
  console.log(`${run.name}: seed ${run.seed}`);
  let [next, found] = [0, 0];
  while (next < run.inputs && Date.now() < run.until) {
    const done = await take(run, next);
    next = done.next;
    found += done.found;
  }
  console.log(`${run.name}: ${next} inputs, ${found} findings`);
  return found;
}

async function replay(name: string, file: string): Promise<number> {
  const found = await tryInput(await targetNamed(name), readFileSync(file));
  console.log(
    found === null ? "no finding: this input is handled correctly" : `${found.kind}: ${found.text}`,
  );
  return found === null ? 0 : 1;
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      minutes: { type: "string", default: "1" },
      inputs: { type: "string" },
      seed: { type: "string" },
      replay: { type: "string" },
    },
    allowPositionals: true,
  });
  const [name, more] = positionals;
  if (name === undefined || more !== undefined || !targetNames.includes(name)) throw new Error(usage);
  if (values.replay !== undefined) return replay(name, values.replay);
  const isCounted = values.inputs !== undefined;
  return fuzz({
    name,
    seed: Number(values.seed ?? Math.floor(Math.random() * 2 ** 31)),
    inputs: isCounted ? Number(values.inputs) : Number.MAX_SAFE_INTEGER,
    until: isCounted ? Number.MAX_SAFE_INTEGER : Date.now() + Number(values.minutes) * 60_000,
  });
}

await main().then(
  (found) => {
    process.exitCode = found === 0 ? 0 : 1;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 2;
  },
);
