/**
 * Runs eprover, SPASS and spin. Each answer is one of four words, so that a prover that gave up, crashed or is missing
 * can't be mistaken for one that found nothing.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { ABILITY } from "./attacker.mjs";

/**
 * @typedef {"reached" | "unreachable" | "no answer" | "could not run"} Found
 * @typedef {object} Answer
 * @property {Found} found
 * @property {string} [trace]  how the goal was reached
 * @property {string} [missing]  the program that is not installed
 * @property {string} [detail]  what the prover said, where it gave no answer
 */

/** A run of a second is already long for these models. */
const TIMEOUT_MS = 60_000;

/**
 * @param {string} program @param {string[]} args @param {string} cwd
 * @returns {Promise<{ missing: boolean, code: number | null, out: string }>}
 */
function run(program, args, cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    let out = "";
    child.stdout.on("data", (data) => (out += data));
    child.stderr.on("data", (data) => (out += data));
    child.on("error", (error) =>
      "code" in error && error.code === "ENOENT"
        ? resolve({ missing: true, code: null, out })
        : reject(error),
    );
    child.on("close", (code) => resolve({ missing: false, code, out }));
  });
}

/** @template T @param {(folder: string) => Promise<T>} work @returns {Promise<T>} */
async function inFolder(work) {
  const folder = await mkdtemp(join(tmpdir(), "listseal-proofs-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** @param {string} out */
const lastLines = (out) => out.trim().split("\n").slice(-3).join(" | ");

/**
 * @param {string} program @param {string[]} args @param {RegExp} reached @param {RegExp} unreachable @param {string} problem
 * @returns {Promise<{ answer: Answer, out: string }>}
 */
const ask = (program, args, reached, unreachable, problem) =>
  inFolder(async (folder) => {
    await writeFile(join(folder, "problem.p"), problem);
    const { missing, out } = await run(program, [...args, "problem.p"], folder);
    if (missing) return { answer: { found: "could not run", missing: program }, out };
    if (reached.test(out)) return { answer: { found: "reached" }, out };
    if (unreachable.test(out)) return { answer: { found: "unreachable" }, out };
    return { answer: { found: "no answer", detail: lastLines(out) }, out };
  });

/**
 * E says "Satisfiable" only if its search was complete (otherwise "GaveUp" or "ResourceOut").
 * The trace lists the rules that the derivation used, in the order in which the model has them.
 * @param {string} problem  TPTP @returns {Promise<Answer>}
 */
export async function eprover(problem) {
  // Resolution on the largest literal, a condition without variables first: what ends on models of this kind.
  const args = [
    "--literal-selection-strategy=SelectGroundNegLit",
    "--term-ordering=KBO6",
    "--silent",
    "--proof-object",
    "--cpu-limit=50",
  ];
  const { answer, out } = await ask(
    "eprover",
    args,
    /^# SZS status Unsatisfiable$/m,
    /^# SZS status Satisfiable$/m,
    problem,
  );
  if (answer.found !== "reached") return answer;
  const used = new Set([...out.matchAll(/file\('[^']*', (\w+)\)/g)].map(([, name]) => name));
  const inOrder = [...problem.matchAll(/^cnf\((\w+), axiom/gm)].map(([, name]) => name ?? "");
  const told = inOrder.filter(
    (name) => used.has(name) && !name.startsWith(ABILITY) && !name.startsWith("public_"),
  );
  return { ...answer, trace: told.map((name) => name.replaceAll("_", " ")).join("; ") };
}

/** SPASS says "Completion found" only if its search was complete. @param {string} problem  TPTP @returns {Promise<Answer>} */
export async function spass(problem) {
  // Ordered resolution and factoring, no selection, all reductions; its automatic mode doesn't end on these models.
  const rules = ["-Auto=0", "-Sorts=0", "-Select=0", "-IORe=1", "-IOFc=1"];
  const reductions = ["-RFSub=1", "-RBSub=1", "-RTaut=1", "-RObv=1", "-RCon=1", "-FullRed=1"];
  const args = ["-TPTP=1", "-PGiven=0", "-PProblem=0", "-TimeLimit=50", ...rules, ...reductions];
  const { answer } = await ask(
    "SPASS",
    args,
    /^SPASS beiseite: Proof found\.$/m,
    /^SPASS beiseite: Completion found\.$/m,
    problem,
  );
  return answer;
}

/** Deeper than any run of the models; the search is refused as an answer if it ever gets there. */
const MAX_DEPTH = 1_000_000;

/**
 * Searches every run of a spin model. "reached": an assertion fails in some run; the trace is what the model prints there.
 * @param {string} model  path of a .pml file @param {string[]} defines  preprocessor names that are switched
 * @returns {Promise<Answer>}
 */
export const spin = (model, defines) =>
  inFolder(async (folder) => {
    const file = basename(model);
    await copyFile(model, join(folder, file));
    const flags = defines.map((define) => `-D${define}`);
    for (const [program, args] of /** @type {[string, string[]][]} */ ([
      ["spin", [...flags, "-a", file]],
      ["gcc", ["-O0", "-w", "-DSAFETY", "-DVECTORSZ=4096", "-o", "pan", "pan.c"]],
    ])) {
      const { missing, code, out } = await run(program, args, folder);
      if (missing) return { found: "could not run", missing: program };
      if (code !== 0) return { found: "no answer", detail: lastLines(out) };
    }
    const { out } = await run(join(folder, "pan"), [`-m${MAX_DEPTH}`, "-E"], folder);
    const errors = /errors: (\d+)/.exec(out)?.[1];
    if (errors === "0" && !/max search depth too small|Search not completed|out of memory/i.test(out)) {
      return { found: "unreachable" };
    }
    if (errors === undefined || errors === "0" || !/assertion violated/.test(out)) {
      return { found: "no answer", detail: lastLines(out) };
    }
    const replayed = await run("spin", [...flags, "-t", "-T", file], folder);
    const told = replayed.out.split("\n").filter((line) => /^\s*>/.test(line));
    return { found: "reached", trace: told.map((line) => line.trim().slice(1).trim()).join("; ") };
  });
