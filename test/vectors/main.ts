/**
 * `npm run vectors` opens every vector with the code that is here, and says which don't come out as they say.
 *
 *   npm run vectors -- --mutate            takes each check out of a copy of the sources, one at a time, and names vectors that
 *                                          notice it; fails if none does. Many minutes
 *   npm run vectors -- --mutate signature  the checks alone whose suite, file or name has this in it
 *   npm run vectors -- --mutate --write    writes what was found into test/vectors/README.md
 *   npm run vectors -- --mutate --named    runs the vectors alone that README.md names for each check; all of them must notice
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Mutated, type Outcome } from "./mutate.js";
import { type Row, readTable, writeTable } from "./mutation-table.js";
import { isRight, type Mutation, type Suite } from "./suite.js";

/** Where a suite's files are, from the root on. */
interface Place {
  readonly check: string;
  readonly mutations: string;
}

const places: readonly Place[] = [
  { check: "test/vectors/check.ts", mutations: "test/vectors/mutations.ts" },
  { check: "test/vectors/membership/check.ts", mutations: "test/vectors/membership/mutations.ts" },
].filter(({ check, mutations }) => existsSync(fileOf(check)) && existsSync(fileOf(mutations)));

function fileOf(path: string): URL {
  return new URL(`../../${path}`, import.meta.url);
}

async function mutationsOf({ mutations }: Place): Promise<readonly Mutation[]> {
  const loaded: { readonly mutations: readonly Mutation[] } = await import(fileOf(mutations).href);
  return loaded.mutations;
}

async function suiteOf({ check }: Place): Promise<Suite> {
  const loaded: { readonly suite: Suite } = await import(fileOf(check).href);
  return loaded.suite;
}

/** Opens every vector, and prints how many of each kind there were. @returns whether all came out as they say */
async function checkAll(): Promise<boolean> {
  let wrong = 0;
  const counts = new Map<string, number>();
  for (const place of places) {
    for (const each of await (await suiteOf(place)).check()) {
      // the folder, and the role that the name begins with
      const [kind = ""] = /^letters|^[^/]*\/[a-z]+/.exec(each.name) ?? [];
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
      if (isRight(each)) continue;
      wrong += 1;
      console.log(
        `${each.name}: ${JSON.stringify(each.expected)} expected, ${JSON.stringify(each.found)} found`,
      );
    }
  }
  const width = Math.max(...[...counts.keys()].map((kind) => kind.length));
  for (const [kind, count] of counts) console.log(`${kind.padEnd(width)} ${String(count).padStart(5)}`);
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  console.log(`${"all".padEnd(width)} ${String(all).padStart(5)}${wrong === 0 ? "" : `, ${wrong} wrong`}`);
  return wrong === 0;
}

/** A line that a part of the work prints for each mutation. */
interface Line {
  readonly index: number;
  readonly noticed: readonly string[];
  readonly failure?: string;
}

interface Wanted {
  readonly words: readonly string[];
  readonly named: boolean;
}

/** All mutations of all suites that are wanted, in their order. */
async function wantedMutations({ words }: Wanted) {
  const all: { readonly place: Place; readonly mutation: Mutation }[] = [];
  for (const place of places) {
    for (const mutation of await mutationsOf(place)) {
      const text = `${place.check} ${mutation.file} ${mutation.name}`;
      if (words.every((word) => text.includes(word))) all.push({ place, mutation });
    }
  }
  return all;
}

const namedFor = (rows: readonly Row[], { name, file }: Mutation): ReadonlySet<string> =>
  new Set(rows.find((row) => row.name === name && row.file === file)?.noticed ?? []);

/** Tries each mutation whose number leaves `part` when divided by `parts`, and prints a line for each. */
async function tryPart(part: number, parts: number, wanted: Wanted): Promise<void> {
  const rows = wanted.named ? readTable() : [];
  const mutated = new Map<Place, Mutated>();
  try {
    for (const [index, { place, mutation }] of (await wantedMutations(wanted)).entries()) {
      if (index % parts !== part) continue;
      const copies = mutated.get(place) ?? new Mutated(place.check);
      mutated.set(place, copies);
      const outcome = await copies.try(mutation, wanted.named ? namedFor(rows, mutation) : undefined);
      const line: Line = { index, noticed: outcome.noticed, ...failureOf(outcome) };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
  } finally {
    for (const copies of mutated.values()) copies.discard();
  }
}

const failureOf = ({ failure }: Outcome) => (failure === undefined ? {} : { failure });

/** A process of its own for each part: what is loaded once more stays in memory, and there is more than one core. */
async function linesOf(part: number, parts: number, args: readonly string[]): Promise<readonly Line[]> {
  const program = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--import", "tsx", program, ...args, "--part", `${part}/${parts}`], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: Line[] = [];
  for await (const text of createInterface({ input: child.stdout })) lines.push(JSON.parse(text));
  return lines;
}

/** @returns whether every mutation was noticed, and by all the vectors that the table names */
async function mutateAll(args: readonly string[], wanted: Wanted, writes: boolean): Promise<boolean> {
  const all = await wantedMutations(wanted);
  const parts = availableParallelism();
  const lines = (
    await Promise.all(Array.from({ length: parts }, (_, part) => linesOf(part, parts, args)))
  ).flat();
  const rows = wanted.named ? readTable() : [];
  let wrong = 0;
  const found: Row[] = [];
  for (const [index, { mutation }] of all.entries()) {
    const { noticed = [], failure = "it was not tried" } = lines.find((line) => line.index === index) ?? {};
    const tried = lines.find((line) => line.index === index);
    const missing = [...namedFor(rows, mutation)].filter((name) => !noticed.includes(name));
    const fault =
      tried === undefined || tried.failure !== undefined
        ? failure
        : noticed.length === 0
          ? "UNNOTICED"
          : missing.length > 0
            ? `not noticed by ${missing.join(", ")}`
            : undefined;
    if (fault !== undefined) wrong += 1;
    found.push({ ...mutation, noticed });
    console.log(`${mutation.file}: ${mutation.name}`);
    console.log(`  ${fault ?? `${noticed.length}: ${noticed.slice(0, 3).join(", ")}`}`);
  }
  if (wanted.named && wanted.words.length === 0 && rows.length !== all.length) {
    console.log(`README.md has ${rows.length} checks, and there are ${all.length}: --mutate --write`);
    wrong += 1;
  }
  console.log(`${all.length} checks taken out, ${all.length - wrong} noticed`);
  if (writes && wrong === 0) writeTable(await withOthers(found));
  return wrong === 0;
}

/** The rows in the order of the checks: what was found, and of checks that were not tried what the table has. */
async function withOthers(found: readonly Row[]): Promise<readonly Row[]> {
  const known = [...found, ...readTable()];
  const rows: Row[] = [];
  for (const { mutation } of await wantedMutations({ words: [], named: false })) {
    const row = known.find(({ name, file }) => name === mutation.name && file === mutation.file);
    if (row !== undefined) rows.push({ ...row, name: mutation.name, file: mutation.file });
  }
  return rows;
}

async function main(args: readonly string[]): Promise<boolean> {
  const flags = args.filter((arg) => arg.startsWith("--"));
  const partAt = args.indexOf("--part");
  const words = args.filter((arg, i) => !arg.startsWith("--") && (partAt < 0 || i !== partAt + 1));
  const wanted: Wanted = { words, named: flags.includes("--named") };
  if (partAt >= 0) {
    const [part = 0, parts = 1] = (args[partAt + 1] ?? "").split("/").map(Number);
    await tryPart(part, parts, wanted);
    return true;
  }
  if (!(await checkAll())) return false;
  return flags.includes("--mutate") ? mutateAll(args, wanted, flags.includes("--write")) : true;
}

process.exitCode = (await main(process.argv.slice(2))) ? 0 : 1;
