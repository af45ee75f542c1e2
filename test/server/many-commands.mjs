/**
 * Runs commands of `listseal-server` one after the other in one process, each from a fresh copy of the built program: a process for
 * each takes twenty times as long to start as most commands take to run.
 *
 * A command has ended when its own promise has settled and it holds nothing open any more, as a process would end then.
 * Usage: node many-commands.mjs CLI.JS, then messages `{ words, environment }`, answered by `{ code, out, err }`.
 */
import { pathToFileURL } from "node:url";
import { Command } from "commander";

/** What `process.exit` throws here. */
class Exit extends Error {}

const cli = pathToFileURL(process.argv[2] ?? "").href;
let count = 0;
let out = "";
let err = "";
/** What it said to `process.exit`. @type {number | undefined} */
let exited;
/** Of the command that runs; it does not wait for it itself. @type {Promise<unknown>} */
let running = Promise.resolve();

const parse = Command.prototype.parseAsync;
Command.prototype.parseAsync = function (...given) {
  const made = parse.apply(this, given);
  running = made.catch(() => undefined);
  return made;
};
process.exit = (code) => {
  exited ??= Number(code ?? process.exitCode);
  throw new Exit();
};
process.stdout.setMaxListeners(0);
process.stderr.setMaxListeners(0);
process.stdout.write = (text) => {
  if (exited === undefined) out += text;
  return true;
};
process.stderr.write = (text) => {
  if (exited === undefined) err += text;
  return true;
};

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** What keeps a process from ending. */
const held = () => process.getActiveResourcesInfo().filter((kind) => kind !== "Immediate").length;

async function run({ words, environment }) {
  [out, err, exited] = ["", "", undefined];
  process.exitCode = 0;
  process.argv = [process.argv[0] ?? "", cli, ...words];
  const before = { ...process.env };
  Object.assign(process.env, environment);
  const heldBefore = held();
  try {
    await import(`${cli}?${++count}`);
  } catch (error) {
    if (!(error instanceof Exit)) throw error;
  }
  await running;
  do await turn();
  while (held() > heldBefore);
  process.env = before;
  return { code: exited ?? process.exitCode, out, err };
}

let last = Promise.resolve();
process.on("message", (given) => {
  last = last.then(async () => {
    const answer = await run(given);
    process.exitCode = 0;
    process.send?.(answer);
  });
});
