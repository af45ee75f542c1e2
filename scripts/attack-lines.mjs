/** The lines of docs/ATTACKS.md, and what test reports say of them. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { ROOT } from "./run.mjs";

/** @typedef {{ file: string, name: string }} Named  a test, or a claim's twin, by its words; `%s` stands for any */

/**
 * @typedef {object} Attack
 * @property {string} section
 * @property {string} attack
 * @property {Named[]} without  where it succeeds
 * @property {Named[]} against  where it fails
 */

/** @typedef {{ file: string, title: string, status: "passed" | "failed" | "skipped" }} Ran  what ran, and how it ended */

/** @typedef {{ file: string, name: string, how: "passed" | "failed" | "did not run" }} Shown */

/** @param {string} cell @returns {Named[]} */
function namedIn(cell) {
  return [...cell.matchAll(/`((?:test|proofs)\/[^`]+)`: ("[^"]+"(?:, "[^"]+")*)/g)].flatMap(
    ([, file = "", names = ""]) => [...names.matchAll(/"([^"]+)"/g)].map(([, name = ""]) => ({ file, name })),
  );
}

/**
 * Every line of docs/ATTACKS.md, in its order.
 * @returns {Attack[]}
 */
export function readAttacks() {
  /** @type {Attack[]} */
  const attacks = [];
  let section = "";
  for (const line of readFileSync(join(ROOT, "docs", "ATTACKS.md"), "utf8").split("\n")) {
    if (line.startsWith("## ")) section = line.slice(3);
    if (!line.startsWith("|") || line.startsWith("| --")) continue;
    const [attack = "", , without = "", against = ""] = line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (attack === "attack") continue;
    attacks.push({ section, attack, without: namedIn(without), against: namedIn(against) });
  }
  return attacks;
}

/** The files of tests that some attacks name, each once. @param {readonly Attack[]} attacks */
export function filesOf(attacks) {
  return [
    ...new Set(attacks.flatMap(({ without, against }) => [...without, ...against].map(({ file }) => file))),
  ];
}

/**
 * Which stage of `npm test` runs a file.
 * @param {string} file @returns {"unit" | "interop" | "e2e" | "proofs"}
 */
export function stageOf(file) {
  if (file.startsWith("proofs/")) return "proofs";
  if (file.startsWith("test/e2e/")) return "e2e";
  return file.startsWith("test/interop/") ? "interop" : "unit";
}

/** @param {string} name */
export const reportFile = (name) => join(ROOT, "out", "test", `${name}.json`);

/** What ran, by the reports of these names. @param {readonly string[]} names @returns {Ran[]} */
export function whatRan(names) {
  return names
    .filter((name) => existsSync(reportFile(name)))
    .flatMap((name) => {
      const said = JSON.parse(readFileSync(reportFile(name), "utf8"));
      return said.testResults.flatMap(
        (/** @type {{ name: string, assertionResults: { fullName: string, status: string }[] }} */ file) =>
          file.assertionResults.map(({ fullName, status }) => ({
            file: relative(ROOT, file.name),
            title: fullName,
            status: status === "passed" || status === "failed" ? status : "skipped",
          })),
      );
    });
}

/** A title with `%s` for any words. @param {string} name */
function pattern(name) {
  const literal = name.split(/%[a-z]|\$[\w.]+/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(literal.join(".*"), "s");
}

/**
 * How the tests of a name ended. All that have it must have passed, and there must be one.
 * @param {Named} named @param {readonly Ran[]} ran @returns {Shown}
 */
function shown({ file, name }, ran) {
  const title = pattern(name);
  // the report of the proofs does not tell its files apart
  const place = file.startsWith("proofs/") ? "proofs/claims" : file;
  const found = ran.filter((each) => each.file === place && title.test(each.title));
  const failed = found.some(({ status }) => status === "failed");
  const missed = found.length === 0 || found.some(({ status }) => status === "skipped");
  return { file, name, how: failed ? "failed" : missed ? "did not run" : "passed" };
}

/**
 * Prints one line an attack, and what is wrong below it.
 * @param {readonly Attack[]} attacks @param {readonly Ran[]} ran
 * @returns {{ passed: number, failed: number, skipped: number }} attacks whose tests have all passed, and the others
 */
export function printAttacks(attacks, ran) {
  const count = { passed: 0, failed: 0, skipped: 0 };
  /** @param {readonly Shown[]} all */
  const word = (all) => (all.length > 0 && all.every(({ how }) => how === "passed") ? "pass" : "FAIL");
  let section = "";
  for (const { section: its, attack, without, against } of attacks) {
    if (its !== section)
      console.log(`\n${its}\n  succeeds without the defence | fails against the real code`);
    section = its;
    const sides = [without, against].map((names) => names.map((named) => shown(named, ran)));
    const words = sides.map(word);
    count[words.every((each) => each === "pass") ? "passed" : "failed"]++;
    console.log(`  ${words.join(" | ")} | ${attack}`);
    for (const { file, name, how } of sides.flat()) {
      if (how !== "passed") console.log(`         ${how}: ${file}: "${name}"`);
    }
  }
  return count;
}
