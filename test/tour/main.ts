import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { World } from "../world/world.js";
import { writePage } from "./page.js";
import { runTour } from "./tour.js";

/**
 * The main job without a person: the whole way of a sealed letter, in every setting, in real Thunderbirds. Leaves
 * `out/tour/index.html` and `out/tour/report.json`; exits with 0 only if everything was observed as promised.
 */
const folder = fileURLToPath(new URL("../../out/tour", import.meta.url));

const start = Date.now();
const say = (line: string) =>
  console.log(`${String(Math.round((Date.now() - start) / 1000)).padStart(4)} s  ${line}`);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => void World.stopAll().finally(() => process.exit(1)));
}

rmSync(folder, { recursive: true, force: true });
try {
  const { album, report, differences } = await runTour(folder, say, process.argv.includes("--webmail"));
  writeFileSync(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
  writePage(album, report, differences);
  for (const { mode, delivery, opened, notOpened, markerFound, wiretap } of report.settings) {
    const { wire, server, imap } = markerFound;
    console.log(
      `${mode}, ${delivery}: read by ${opened.join(" and ")}; not by ${notOpened.join(" and ")}; marker found on wires ${wire}, server ${server}, mail store ${imap}; Eve's wiretap: ${wiretap.Eve}`,
    );
  }
  console.log(`The tour: ${join(folder, "index.html")}`);
  if (differences.length > 0) {
    console.error(`Not as promised:\n${differences.map((each) => `  ${each}`).join("\n")}`);
    process.exitCode = 1;
  }
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
