/**
 * `npm run attacks`: runs every attack of docs/ATTACKS.md, and prints a line for each: whether it succeeds where the defence is missing,
 * and whether it fails against the real thing. `npm run attacks -- replay` runs those that have the word in their line, their
 * section or the name of a file.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { filesOf, printAttacks, readAttacks, stageOf, whatRan } from "./attack-lines.mjs";
import { jest } from "./jest-stage.mjs";
import { ROOT } from "./run.mjs";
import { ensureBuild, SetupError, setUp } from "./setup.mjs";
import { obstacleOf, proofs, STAGES } from "./stages.mjs";

/** Minutes for each kind of test: all of them together run for less in `npm test`. */
const LIMIT = 60;

/** @param {readonly string[]} words */
function wanted(words) {
  const looked = words.map((word) => word.toLowerCase());
  return readAttacks().filter((attack) => {
    const text = `${attack.section} ${attack.attack} ${filesOf([attack]).join(" ")}`.toLowerCase();
    return looked.every((word) => text.includes(word));
  });
}

/** @param {readonly string[]} words */
async function main(words) {
  const attacks = wanted(words);
  if (attacks.length === 0)
    throw new SetupError(`No attack in docs/ATTACKS.md contains these words: ${words.join(" ")}`);
  const files = filesOf(attacks);
  const stages = STAGES.filter(({ name }) => files.some((file) => stageOf(file) === name));
  const lacking = await setUp([
    ...new Set(stages.flatMap(({ needs, wants = [] }) => [needs ?? [], wants].flat())),
  ]);
  mkdirSync(join(ROOT, "out", "test"), { recursive: true });
  const reports = [];
  for (const stage of stages) {
    const { name, build } = stage;
    const obstacle = obstacleOf(stage, lacking);
    if (obstacle !== undefined) {
      console.log(`${name}: could not run: ${obstacle}`);
      continue;
    }
    if (build === true) await ensureBuild();
    const report = `attacks-${name}`;
    reports.push(report);
    const its = files.filter((file) => stageOf(file) === name);
    if (name === "proofs") await proofs(report, LIMIT);
    else {
      const projects = name === "unit" ? ["unit", "dom"] : [name];
      const alone = name === "e2e" ? ["--runInBand"] : [];
      await jest(report, projects, LIMIT, [
        ...alone,
        "--runTestsByPath",
        ...its.map((file) => join(ROOT, file)),
      ]);
    }
  }
  const { passed, failed } = printAttacks(attacks, whatRan(reports));
  console.log(`\n${passed} attacks succeed without their defence and fail against it, ${failed} do not`);
  return failed === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
