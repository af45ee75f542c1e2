/** The stages of `npm test`: what each needs, runs and counts. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { OUT_OF_TIME, ROOT, runWithin } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, reason?: string }} Count */

const bin = (name) => join(ROOT, "node_modules", ".bin", name);

/**
 * Minutes that a stage may take, several times what it needs: the machines are shared. All of them together stay below what a
 * machine that runs this after every push allows.
 */
const LIMITS = { check: 5, unit: 25, interop: 10, e2e: 35 };

/** Unit tests at a time: half of their time they wait for disks, databases and other programs. */
const WORKERS = availableParallelism() + 1;

/** Said of a stage that had to be ended. */
const tooLong = (minutes) => `did not end within ${minutes} minutes`;

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
 * Some Jest projects; tests are counted by Jest's own report.
 * `--forceExit`: a test that failed may leave timers and connections behind, and without it they hold the whole run.
 */
async function jest(name, projects, more = []) {
  const report = join(ROOT, "out", "test", `${name}.json`);
  mkdirSync(join(ROOT, "out", "test"), { recursive: true });
  rmSync(report, { force: true });
  const code = await runWithin(LIMITS[name], process.execPath, [
    ...["--experimental-vm-modules", "--no-warnings", join(ROOT, "node_modules", "jest", "bin", "jest.js")],
    ...["--selectProjects", ...projects, "--json", `--outputFile=${report}`, "--forceExit"],
    ...more,
  ]);
  return code === OUT_OF_TIME
    ? { passed: 0, failed: 1, skipped: 0, reason: tooLong(LIMITS[name]) }
    : countOf(report, code);
}

/** What a Jest report says, and at least one failure if Jest itself failed. */
function countOf(report, code) {
  if (!existsSync(report)) return { passed: 0, failed: 1, skipped: 0, reason: "Jest ended without a report" };
  const said = JSON.parse(readFileSync(report, "utf8"));
  const brokenFiles = said.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  const failed = said.numFailedTests + brokenFiles;
  return {
    passed: said.numPassedTests,
    failed: failed === 0 && code !== 0 ? 1 : failed,
    skipped: said.numPendingTests + said.numTodoTests,
    ...(said.numTotalTests === 0 && failed === 0 ? { reason: "there are no tests" } : {}),
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
    run: () => jest("unit", ["unit", "dom"], [`--maxWorkers=${WORKERS}`]),
  },
  { name: "interop", needs: "interop", run: () => jest("interop", ["interop"]) },
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
    run: () => jest("e2e", ["e2e"], ["--runInBand"]),
  },
];
