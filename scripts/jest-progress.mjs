/**
 * A Jest reporter that writes down, one line of JSON each, which file of tests has begun and what came of it: a run that has to be
 * ended leaves no report of its own, and would not say what kept it.
 */
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";

/** @typedef {{ status: string, title: string, fullName: string }} AssertionResult */
/** @typedef {{ name: string, status: string, assertionResults: AssertionResult[] }} FileResult  as in Jest's own report */
/** @typedef {{ ended: FileResult[], running: string[], seconds: Map<string, number> }} Progress */

export default class JestProgress {
  #path;

  /** @param {unknown} _ Jest's configuration @param {{ path: string }} options */
  constructor(_, { path }) {
    this.#path = path;
    rmSync(path, { force: true });
  }

  onTestFileStart({ path }) {
    this.#write({ began: path });
  }

  onTestFileResult({ path }, { testResults, testExecError, perfStats, numFailingTests }) {
    const broken = testExecError !== undefined && testExecError !== null;
    this.#write({
      ended: {
        name: path,
        status: broken || numFailingTests > 0 ? "failed" : "passed",
        assertionResults: testResults.map(({ status, title, fullName }) => ({ status, title, fullName })),
      },
      seconds: Math.round((perfStats.end - perfStats.start) / 1000),
    });
  }

  #write(line) {
    appendFileSync(this.#path, `${JSON.stringify(line)}\n`);
  }
}

/**
 * What such a file says so far.
 * @param {string} path @returns {Progress}
 */
export function readProgress(path) {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n").filter(Boolean) : [];
  const said = lines.map((line) => JSON.parse(line));
  const ended = said.flatMap((line) => line.ended ?? []);
  const names = new Set(ended.map(({ name }) => name));
  return {
    ended,
    running: said.flatMap(({ began }) => (began === undefined || names.has(began) ? [] : [began])),
    seconds: new Map(said.flatMap((line) => (line.ended ? [[line.ended.name, line.seconds]] : []))),
  };
}
