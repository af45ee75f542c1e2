/** The stages of `npm test`: what each needs, runs and counts. */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ROOT, runVisibly } from "./run.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number, reason?: string }} Count */

const bin = (name) => join(ROOT, "node_modules", ".bin", name);

/** A stage that is one yes or no. */
async function oneCheck(command, args) {
  const code = await runVisibly(command, args);
  return { passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, skipped: 0 };
}

/** Some Jest projects; tests are counted by Jest's own report. */
async function jest(name, projects, more = []) {
  const report = join(ROOT, "out", "test", `${name}.json`);
  mkdirSync(join(ROOT, "out", "test"), { recursive: true });
  rmSync(report, { force: true });
  const code = await runVisibly(process.execPath, [
    ...["--experimental-vm-modules", "--no-warnings", join(ROOT, "node_modules", "jest", "bin", "jest.js")],
    ...["--selectProjects", ...projects, "--json", `--outputFile=${report}`],
    ...more,
  ]);
  return countOf(report, code);
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
  { name: "unit", wants: ["postgres"], run: () => jest("unit", ["unit", "dom"]) },
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
    // a test that ran out of time leaves its timers behind: without forceExit they would hold the whole run for ever
    run: () => jest("e2e", ["e2e"], ["--runInBand", "--forceExit"]),
  },
];
