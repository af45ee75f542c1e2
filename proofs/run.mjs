/**
 * Checks every claim and every twin: `node proofs/run.mjs [part of a claim's name]`.
 * `--report FILE` writes what was found as a report of Jest's form. `--write FOLDER` writes each problem there in TPTP as well, to be read or given to another prover.
 *
 * A line a check: what was expected, and what each prover found. Exit code 1 on any mismatch, or if nothing ran at all.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { noOtherKey } from "./attacker.mjs";
import { horn, spinClaims } from "./claims/index.mjs";
import { toTptp } from "./model.mjs";
import { eprover, spass, spin } from "./provers.mjs";

/** @typedef {import("./provers.mjs").Answer} Answer */

/**
 * @typedef {object} Check  one question to one or two provers
 * @property {string} claim
 * @property {string} what
 * @property {"unreachable" | "reached"} expected
 * @property {[string, () => Promise<Answer>][]} provers
 * @property {string} [problem]  TPTP
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { write: { type: "string" }, report: { type: "string" } },
});

/** @param {import("./claim.mjs").Claim} claim @returns {Check[]} */
function hornChecks(claim) {
  /** @param {string} what @param {Check["expected"]} expected @param {import("./model.mjs").Rule[]} world @param {string[][]} goals @returns {Check} */
  const check = (what, expected, world, goals) => {
    const problem = toTptp(
      world,
      goals,
      `${claim.name}. ${claim.says} Here: ${what}. Expected: ${expected}.`,
    );
    const provers = /** @type {Check["provers"]} */ ([
      ["eprover", () => eprover(problem)],
      ["SPASS", () => spass(problem)],
    ]);
    return { claim: claim.name, what, expected, provers, problem };
  };
  return [
    check("holds", "unreachable", claim.world, [claim.never, ...noOtherKey(claim.world)]),
    check(
      `works: ${claim.works.what}`,
      "reached",
      [...claim.world, ...(claim.works.with ?? [])],
      [claim.works.reached],
    ),
    ...claim.twins.map((twin) => check(`without ${twin.without}`, "reached", twin.world, [claim.never])),
  ];
}

/** @param {import("./claims/spin.mjs").SpinClaim} claim @returns {Check[]} */
function spinChecks(claim) {
  const model = fileURLToPath(new URL(`spin/${claim.model}`, import.meta.url));
  /** @param {string} what @param {Check["expected"]} expected @param {string[]} defines @returns {Check} */
  const check = (what, expected, defines) => ({
    claim: claim.name,
    what,
    expected,
    provers: [["spin", () => spin(model, defines)]],
  });
  return [
    check("holds", "unreachable", []),
    check(`works: ${claim.works.what}`, "reached", [claim.works.define]),
    ...claim.twins.map((twin) => check(`without ${twin.without}`, "reached", [twin.define])),
  ];
}

const checks = [...horn.flatMap(hornChecks), ...spinClaims.flatMap(spinChecks)].filter(({ claim }) =>
  claim.includes(positionals[0] ?? ""),
);

if (values.write !== undefined) {
  await mkdir(values.write, { recursive: true });
  for (const [i, { problem }] of checks.entries()) {
    if (problem !== undefined)
      await writeFile(join(values.write, `${String(i + 1).padStart(3, "0")}.p`), problem);
  }
}

const count = { passed: 0, failed: 0, skipped: 0 };
/** @type {Set<string>} */
const missing = new Set();
let claim = "";

/** @type {{ fullName: string, status: "passed" | "failed" | "pending" }[]} */
const found = [];

/** @param {Check} check @param {[string, Answer][]} answers */
function report(check, answers) {
  if (check.claim !== claim) {
    claim = check.claim;
    console.log(`\n${claim}`);
  }
  let verdict = "ok    ";
  for (const [, answer] of answers) {
    if (answer.found === "could not run") {
      count.skipped++;
      if (answer.missing !== undefined) missing.add(answer.missing);
      if (verdict === "ok    ") verdict = "SKIP  ";
    } else if (answer.found === check.expected) {
      count.passed++;
    } else {
      count.failed++;
      verdict = "FAILED";
    }
  }
  const status = verdict === "FAILED" ? "failed" : verdict === "SKIP  " ? "pending" : "passed";
  found.push({ fullName: `${check.claim}: ${check.what}`, status });
  const told = answers.map(
    ([prover, { found, detail }]) => `${prover}: ${found}${detail === undefined ? "" : ` (${detail})`}`,
  );
  console.log(`  ${verdict} ${check.what} | expected: ${check.expected} | ${told.join(", ")}`);
  const trace = answers.find(([, answer]) => answer.trace)?.[1].trace;
  if (trace !== undefined && check.what !== "holds" && !check.what.startsWith("works"))
    console.log(`           trace: ${trace}`);
  else if (trace !== undefined && verdict === "FAILED") console.log(`           trace: ${trace}`);
}

/** Two checks at a time, reported in their own order. */
const AT_ONCE = 2;
/** @type {Promise<[string, Answer][]>[]} */
const running = [];
for (const [i, check] of checks.entries()) {
  const before = running[i - AT_ONCE] ?? Promise.resolve();
  running.push(
    before.then(async () => {
      /** @type {[string, Answer][]} */
      const answers = [];
      for (const [name, ask] of check.provers) answers.push([name, await ask()]);
      return answers;
    }),
  );
}
for (const [i, check] of checks.entries()) report(check, (await running[i]) ?? []);

if (values.report !== undefined) {
  // claims stand in several files, and a name is in one only
  const name = fileURLToPath(new URL("claims", import.meta.url));
  await mkdir(dirname(values.report), { recursive: true });
  await writeFile(values.report, JSON.stringify({ testResults: [{ name, assertionResults: found }] }));
}

const ran = count.passed + count.failed;
const skipped =
  count.skipped > 0
    ? `, ${count.skipped} skipped (could not run: ${[...missing].sort().join(", ")} not installed)`
    : "";
console.log(
  `\n${ran === 0 ? "nothing was checked: " : ""}${count.passed} passed, ${count.failed} failed${skipped}`,
);
process.exitCode = count.failed > 0 || ran === 0 ? 1 : 0;
