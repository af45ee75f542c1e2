/**
 * `npm run bench -- SECTION ...`: installs what the section compares with, as `npm test` does for its stages, then measures
 * (bench/main.ts). What can't be installed here is named; its rows say "(not installed)".
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { installLine } from "./packages.mjs";
import { ROOT } from "./run.mjs";
import { SetupError, setUp } from "./setup.mjs";

/** Packages of each section: features of packages.mjs. */
const FEATURES = {
  protocol: ["interop"],
  server: ["bench", "postgres"],
  addon: ["world"],
  browser: ["browsers"],
};

async function main(args) {
  const features = args.flatMap((word) => FEATURES[word] ?? []);
  const lacking = await setUp(features);
  for (const [feature, packages] of lacking) {
    console.error(`Not compared with, for ${feature}: ${packages.join(" ")} (${installLine(packages)})`);
  }
  const bench = spawn(process.execPath, ["--import", "tsx", join(ROOT, "bench/main.ts"), ...args], {
    cwd: ROOT,
    stdio: "inherit",
  });
  const [code] = await once(bench, "exit");
  return code ?? 1;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
