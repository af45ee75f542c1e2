/** The stages of `npm test`: what each needs, runs and counts. */
import { rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { printAttacks, readAttacks, reportFile, stageOf, whatRan } from "./attack-lines.mjs";
import { jest } from "./jest-stage.mjs";
import { installLine } from "./packages.mjs";
import { OUT_OF_TIME, ROOT, runWithin, tooLong } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, reason?: string, couldNotRun?: boolean }} Count */

const bin = (name) => join(ROOT, "node_modules", ".bin", name);

/**
 * Minutes that a stage may take, about twice what it needs: the machines are shared. The stories may need all of their time, and
 * everything still ends within the 90 minutes that a machine allows which runs this after every push. With every case of every property
 * (test/world/slow.ts) the unit tests take hours.
 */
const LIMITS = {
  check: 4,
  vectors: 8,
  unit: process.env.LISTSEAL_SLOW === "1" ? 180 : 30,
  interop: 5,
  e2e: 62,
};

/** Unit tests at a time: half of their time they wait for disks, databases and other programs. */
const WORKERS = availableParallelism() + 1;

/** Private mail worlds at a time: each has its own folders, ports and screens. More than two, and mail programs get slow. */
const WORLDS = Math.min(2, availableParallelism());

/** A stage that is one yes or no. */
async function oneCheck(command, args, minutes = LIMITS.check) {
  const code = await runWithin(minutes, command, args);
  return {
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
    ...(code === OUT_OF_TIME ? { reason: tooLong(minutes) } : {}),
  };
}

/** The proofs, with a report as Jest writes one. @param {string} report @param {number} minutes */
export function proofs(report, minutes) {
  rmSync(reportFile(report), { force: true });
  const program = join(ROOT, "proofs", "run.mjs");
  return oneCheck(process.execPath, [program, "--report", reportFile(report)], minutes);
}

/**
 * Every line of docs/ATTACKS.md, from the reports of the stages that ran before: no test runs twice. A line whose tests did not run is
 * no defence that was seen: it has failed, unless its whole stage was left out or could not run, which is said there.
 * @param {readonly (readonly [string, Count])[]} before
 * @returns {Count}
 */
function attacks(before) {
  const ran = before.flatMap(([name, count]) => (count.couldNotRun === true ? [] : [name]));
  const all = readAttacks();
  const known = all.filter(({ without, against }) =>
    [...without, ...against].every(({ file }) => ran.includes(stageOf(file))),
  );
  const count = printAttacks(known, whatRan(ran));
  const left = all.length - known.length;
  if (left === 0) return count;
  return { ...count, skipped: left, reason: `${left} are shown by stages that did not run here` };
}

/** Why a stage can't run here, or undefined. */
export function obstacleOf(stage, lacking) {
  const packages = stage.needs === undefined ? undefined : lacking.get(stage.needs);
  if (packages !== undefined) return `missing: ${packages.join(" ")} (${installLine(packages)})`;
  if (stage.root === true && process.getuid?.() !== 0)
    return "needs root: Postfix and Dovecot serve several users";
  return undefined;
}

/**
 * In the order in which they run. `needs`: features of scripts/packages.mjs; `wants`: without them some suites don't run; `build`: needs dist/;
 * `registry`: one suite installs packages from npm's registry; `root`: needs root, which Postfix and Dovecot do; `file`: only there if this file is.
 */
export const STAGES = [
  { name: "types", run: () => oneCheck(bin("tsc"), ["--noEmit"]) },
  { name: "lint", run: () => oneCheck(bin("biome"), ["check", "."]) },
  {
    name: "unit",
    wants: ["postgres"],
    run: () => jest("unit", ["unit", "dom"], LIMITS.unit, [`--maxWorkers=${WORKERS}`]),
  },
  // every vector, and for each check that is taken out those that must notice
  {
    name: "vectors",
    run: () => oneCheck(bin("tsx"), ["test/vectors/main.ts", "--mutate", "--named"], LIMITS.vectors),
  },
  { name: "interop", needs: "interop", run: () => jest("interop", ["interop"], LIMITS.interop) },
  {
    name: "proofs",
    needs: "proofs",
    file: "proofs/run.mjs",
    run: () => proofs("proofs", LIMITS.check),
  },
  {
    name: "e2e",
    needs: "world",
    wants: ["operating", "browsers", "webmail"],
    registry: true,
    build: true,
    root: true,
    run: () => jest("e2e", ["e2e"], LIMITS.e2e, [`--maxWorkers=${WORLDS}`]),
  },
  { name: "attacks", run: async (before) => attacks(before) },
];
