/** The stages of `npm test`: what each needs, runs and counts. */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { jest } from "./jest-stage.mjs";
import { OUT_OF_TIME, ROOT, runWithin, tooLong } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, reason?: string, secondTry?: string[] }} Count */

const bin = (name) => join(ROOT, "node_modules", ".bin", name);

/**
 * Minutes that a stage may take, several times what it needs: the machines are shared. All of them together stay below what a
 * machine that runs this after every push allows.
 */
const LIMITS = { check: 5, unit: 20, interop: 8, e2e: 40 };

/** Unit tests at a time: half of their time they wait for disks, databases and other programs. */
const WORKERS = availableParallelism() + 1;

/** Private mail worlds at a time: each has its own folders, ports and screens. More than two, and mail programs get slow. */
const WORLDS = Math.min(2, availableParallelism());

/** A stage that is one yes or no. */
async function oneCheck(command, args) {
  const code = await runWithin(LIMITS.check, command, args);
  return {
    passed: code === 0 ? 1 : 0,
    failed: code === 0 ? 0 : 1,
    skipped: 0,
    ...(code === OUT_OF_TIME ? { reason: tooLong(LIMITS.check) } : {}),
  };
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
  { name: "interop", needs: "interop", run: () => jest("interop", ["interop"], LIMITS.interop) },
  {
    name: "proofs",
    needs: "proofs",
    file: "proofs/run.mjs",
    run: () => oneCheck(process.execPath, [join(ROOT, "proofs", "run.mjs")]),
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
];
