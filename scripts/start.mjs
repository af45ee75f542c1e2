/**
 * `npm start`: sets up what is missing and runs the main job: a private mail world on loopback with Alice, Bob, Carol
 * and Eve. With a display it is opened for you to play with; without one (or with CI=true) the tour runs by itself
 * and leaves out/tour/index.html. `npm start -- --webmail` has Roundcube in it, too: Bob uses it in a real Chromium.
 */
import { join } from "node:path";
import { installLine } from "./packages.mjs";
import { ROOT, runVisibly } from "./run.mjs";
import { ensureBuild, SetupError, setUp } from "./setup.mjs";

async function main() {
  const webmail = process.argv.includes("--webmail");
  const features = webmail ? ["world", "browsers", "webmail"] : ["world"];
  const lacking = await setUp(features);
  const packages = features.flatMap((feature) => lacking.get(feature) ?? []);
  if (packages.length > 0) {
    throw new SetupError(`The mail world needs these Debian packages:\n  ${installLine(packages)}`);
  }
  if (process.getuid?.() !== 0) {
    throw new SetupError(
      "The mail world needs root: its Postfix and Dovecot serve several users. Try: sudo npm start",
    );
  }
  await ensureBuild();
  const alone = process.env.CI === "true" || !process.env.DISPLAY;
  const program = join(ROOT, "test", "tour", alone ? "main.ts" : "playground.ts");
  return runVisibly(process.execPath, ["--import", "tsx", program, ...(webmail ? ["--webmail"] : [])]);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
