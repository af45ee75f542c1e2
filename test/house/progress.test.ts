/** What `npm test` says of a run that had to be ended: which files had ended until then, and which kept it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "listseal-progress-"));
afterAll(() => rmSync(folder, { recursive: true }));

const reporter = new URL("../../scripts/jest-progress.mjs", import.meta.url).href;

/** Runs lines of a module that has the reporter, and gives what they print. */
function told(lines: string): unknown {
  const script = `import { writeFileSync } from "node:fs";
    import JestProgress, { readProgress } from ${JSON.stringify(reporter)};
    const path = ${JSON.stringify(join(folder, "unit.progress"))};
    const result = (failed, broken = null) => ({
      testResults: [{ status: failed > 0 ? "failed" : "passed", title: "works", fullName: "it works" }],
      testExecError: broken,
      perfStats: { start: 1_000, end: 3_400 },
      numFailingTests: failed,
    });
    const said = () => {
      const { ended, running, seconds } = readProgress(path);
      return { ended: ended.map(({ name, status, assertionResults }) => [name, status, assertionResults.length]), running,
        seconds: [...seconds] };
    };
    ${lines}
    console.log(JSON.stringify(said()));`;
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }),
  );
}

test("of a run that wrote nothing there is nothing", () => {
  expect(told("")).toEqual({ ended: [], running: [], seconds: [] });
});

test("names what ended, how, and in what time; and what was still running", () => {
  const lines = `writeFileSync(path, "of a run before\\n");
    const progress = new JestProgress(null, { path });
    for (const file of ["a", "b", "c", "d"]) progress.onTestFileStart({ path: file });
    progress.onTestFileResult({ path: "a" }, result(0));
    progress.onTestFileResult({ path: "b" }, result(1));
    progress.onTestFileResult({ path: "c" }, result(0, new Error("no such module")));`;
  expect(told(lines)).toEqual({
    ended: [
      ["a", "passed", 1],
      ["b", "failed", 1],
      ["c", "failed", 1],
    ],
    running: ["d"],
    seconds: [
      ["a", 2],
      ["b", 2],
      ["c", 2],
    ],
  });
});
