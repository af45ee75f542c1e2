/**
 * `npm test`: sets up what is missing and runs every stage; `npm test -- unit lint` runs only those.
 * The last line is `N passed, N failed, N skipped`; what could not run is named just above it, and how many properties were tried
 * with a sample of their cases (test/world/slow.ts).
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { installLine } from "./packages.mjs";
import { ROOT, runAndListen } from "./run.mjs";
import { ensureBuild, SetupError, setUp } from "./setup.mjs";
import { obstacleOf, STAGES } from "./stages.mjs";

const notRun = (reason) => ({ passed: 0, failed: 0, skipped: 1, reason, couldNotRun: true });

/** Whether npm's registry can be reached. */
async function registryAnswers() {
  const { code } = await runAndListen("npm", ["view", "openpgp", "version", "--fetch-retries=0"]);
  return code === 0;
}

async function runStage(stage, lacking, buildProblem, before) {
  const obstacle = obstacleOf(stage, lacking);
  if (obstacle !== undefined) return notRun(obstacle);
  const wanted = (stage.wants ?? []).flatMap((feature) => lacking.get(feature) ?? []);
  const offline = stage.registry === true && !(await registryAnswers());
  // the suites that need them then say that they do not run, and are counted as skipped
  process.env.LISTSEAL_MISSING = [...wanted, ...(offline ? ["registry"] : [])].join(" ");
  if (stage.build === true && buildProblem !== undefined) return notRun(buildProblem);
  console.log(`\n=== ${stage.name} ===`);
  const start = Date.now();
  const count = await stage.run(before);
  const without = [
    ...(wanted.length > 0 ? [`missing: ${wanted.join(" ")} (${installLine(wanted)})`] : []),
    ...(offline ? ["npm's registry can't be reached, so nothing was installed from it"] : []),
  ];
  if (without.length > 0) count.without = without.join("; ");
  console.log(`=== ${stage.name}: ${Math.round((Date.now() - start) / 1000)} s ===`);
  return count;
}

const describe = ({ passed, failed, skipped, reason, couldNotRun }) =>
  couldNotRun
    ? `could not run: ${reason}`
    : [
        `${passed} passed`,
        ...(failed > 0 ? [`${failed} failed`] : []),
        ...(skipped > 0 ? [`${skipped} skipped`] : []),
        ...(reason === undefined ? [] : [reason]),
      ].join(", ");

/** Where tests note each property that they try with a sample of its cases, a line each. */
const SAMPLED = join(ROOT, "out", "test", "sampled.txt");

function sampledProperties() {
  const lines = existsSync(SAMPLED) ? readFileSync(SAMPLED, "utf8").trimEnd().split("\n") : [];
  return new Set(lines).size;
}

/** Prints the table and the closing lines, and gives the exit code. */
function report(results) {
  const sum = (key) => results.reduce((total, [, count]) => total + count[key], 0);
  console.log("\n=== result ===");
  for (const [name, count] of results) console.log(`${name.padEnd(8)} ${describe(count)}`);
  const silent = results.flatMap(([name, count]) => [
    ...(count.couldNotRun ? [`  ${name}: ${count.reason}`] : []),
    ...(count.without === undefined ? [] : [`  ${name}, in part: ${count.without}`]),
  ]);
  if (silent.length > 0) console.log(`\nCould not run here:\n${silent.join("\n")}`);
  const sampled = sampledProperties();
  if (sampled > 0)
    console.log(
      `\nQuick run: ${sampled} properties were tried with a sample of their cases; LISTSEAL_SLOW=1 tries all`,
    );
  console.log(`${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`);
  return sum("failed") > 0 ? 1 : 0;
}

async function main(names) {
  const unknown = names.filter((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown.length > 0) {
    throw new SetupError(
      `No such stage: ${unknown.join(" ")}. The stages are: ${STAGES.map((s) => s.name).join(" ")}`,
    );
  }
  const stages = STAGES.filter((stage) => names.length === 0 || names.includes(stage.name)).filter(
    (stage) => stage.file === undefined || existsSync(join(ROOT, stage.file)),
  );
  const lacking = await setUp([
    ...new Set(stages.flatMap((stage) => [stage.needs ?? [], stage.wants ?? []].flat())),
  ]);
  mkdirSync(dirname(SAMPLED), { recursive: true });
  rmSync(SAMPLED, { force: true });
  process.env.LISTSEAL_SAMPLED = SAMPLED;
  const results = [];
  let buildProblem;
  if (stages.some((stage) => stage.build === true && obstacleOf(stage, lacking) === undefined)) {
    try {
      await ensureBuild();
    } catch (error) {
      if (!(error instanceof SetupError)) throw error;
      buildProblem = error.message;
      results.push(["build", { passed: 0, failed: 1, skipped: 0, reason: buildProblem }]);
    }
  }
  for (const stage of stages)
    results.push([stage.name, await runStage(stage, lacking, buildProblem, results)]);
  return report(results);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(`${error.message}\n0 passed, 1 failed, 0 skipped`);
  process.exitCode = 1;
}
