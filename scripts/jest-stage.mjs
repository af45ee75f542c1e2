/** Running Jest as a stage of `npm test`, and counting by its own report. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { readProgress } from "./jest-progress.mjs";
import { OUT_OF_TIME, ROOT, runWithin, tooLong } from "./run.mjs";

/**
 * Runs some Jest projects.
 * `--forceExit`: a test that failed may leave timers and connections behind, and without it they hold the whole run.
 * @returns {Promise<import("./stages.mjs").Count>}
 */
export async function jest(name, projects, minutes, more = []) {
  const report = join(ROOT, "out", "test", `${name}.json`);
  const progress = join(ROOT, "out", "test", `${name}.progress`);
  mkdirSync(join(ROOT, "out", "test"), { recursive: true });
  rmSync(report, { force: true });
  process.env.LISTSEAL_PROGRESS = progress;
  const code = await runWithin(minutes, process.execPath, [
    ...["--experimental-vm-modules", "--no-warnings", join(ROOT, "node_modules", "jest", "bin", "jest.js")],
    ...["--selectProjects", ...projects, "--json", `--outputFile=${report}`, "--forceExit"],
    ...more,
  ]);
  const broken = (reason) => ({ passed: 0, failed: 1, skipped: 0, reason });
  if (code === OUT_OF_TIME) return endedEarly(report, readProgress(progress), minutes);
  if (!existsSync(report)) return broken("Jest ended without a report");
  const count = countOf(JSON.parse(readFileSync(report, "utf8")));
  tellSlowest(readProgress(progress));
  return count.failed === 0 && code !== 0 ? broken(`Jest ended with ${code}`) : count;
}

/**
 * A run that had to be ended: what had passed or failed until then counts, with one failure more, and the files that kept it are named.
 */
function endedEarly(report, { ended, running, seconds }, minutes) {
  writeFileSync(report, JSON.stringify({ testResults: ended }));
  tellSlowest({ seconds });
  const count = countOf({ testResults: ended });
  const open = running.map((file) => relative(ROOT, file)).join(" ");
  return {
    ...count,
    failed: count.failed + 1,
    reason: `${tooLong(minutes)}, after ${ended.length} files, in ${open === "" ? "none" : open}`,
  };
}

/** Files named as those that took longest. */
const SLOWEST = 10;

function tellSlowest({ seconds }) {
  const files = [...seconds].sort(([, one], [, other]) => other - one).slice(0, SLOWEST);
  const lines = files.map(([file, took]) => `  ${String(took).padStart(5)} s  ${relative(ROOT, file)}`);
  console.log(`The slowest files:\n${lines.join("\n")}`);
}

/** What a Jest report says; a file that broke before its tests is one failure. */
function countOf({ testResults }) {
  const tests = testResults.flatMap((file) => file.assertionResults);
  const of = (...statuses) => tests.filter(({ status }) => statuses.includes(status)).length;
  const brokenFiles = testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some(({ status }) => status === "failed"),
  ).length;
  const failed = of("failed") + brokenFiles;
  return {
    passed: of("passed"),
    failed,
    skipped: of("pending", "skipped", "todo", "disabled"),
    ...(tests.length === 0 && failed === 0 ? { reason: "there are no tests" } : {}),
  };
}
