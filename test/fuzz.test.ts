/** A short run of every target of `npm run fuzz`, the same each time, and that the runner finds what is to be found. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Inputs, tryInput } from "../fuzz/run.js";
import { Finding, type Target } from "../fuzz/target.js";
import { targetNames } from "../fuzz/targets.js";
import { ProtocolError } from "../src/openpgp/errors.js";

const main = fileURLToPath(new URL("../fuzz/main.ts", import.meta.url));
const run = (...args: readonly string[]) =>
  spawnSync(process.execPath, ["--import", "tsx", main, ...args], {
    encoding: "utf8",
    env: { ...process.env, NODE_OPTIONS: "" },
  });

test.each(targetNames)("%s: nothing is found in a short run", (name) => {
  const { status, stdout, stderr } = run(name, "--inputs", "120", "--seed", "1");
  expect(`${stdout}${stderr}`).toContain(`${name}: 120 inputs, 0 findings`);
  expect(status).toBe(0);
});

const taking = (take: Target["take"]): Target => ({
  ...{ name: "planted", words: ["word"], seeds: async () => [new Uint8Array([1, 2, 3])] },
  take,
});
const input = new Uint8Array([7]);

test.each<[string, Target["take"], string | undefined]>([
  ["a refusal is none", () => Promise.reject(new ProtocolError("damaged", "x")), undefined],
  ["another error", () => Promise.reject(new TypeError("x")), "wrong-error"],
  ["a broken promise", () => Promise.reject(new Finding("x")), "broken-promise"],
])("what is a finding: %s", async (_, take, kind) => {
  expect((await tryInput(taking(take), input))?.kind).toBe(kind);
});

test("what is a finding: work without end", async () => {
  const spun = toldTime(process.cpuUsage);
  const found = await tryInput(
    taking(async () => spun.spin(5_000)),
    input,
  );
  spun.restore();
  expect(found).toMatchObject({ kind: "work" });
});

/** Processor time that passes when it is told to: a test does not spin for seconds. */
function toldTime(real: typeof process.cpuUsage) {
  let spent = 0;
  process.cpuUsage = (before) => ({ user: spent * 1000 - (before?.user ?? 0), system: 0 });
  return {
    spin: (ms: number) => {
      spent += ms;
    },
    restore: () => {
      process.cpuUsage = real;
    },
  };
}

test("the same seed and number give the same input; another seed another", async () => {
  const target = taking(async () => undefined);
  const made = async (seed: number) => (await Inputs.of(target, seed)).at(5);
  expect(await made(1)).toEqual(await made(1));
  expect(await made(1)).not.toEqual(await made(2));
  expect([...(await (await Inputs.of(target, 1)).at(0))]).toEqual([1, 2, 3]);
});

test("an input that was kept is tried again; a target that is none is told", () => {
  const folder = mkdtempSync(join(tmpdir(), "listseal-fuzz-"));
  const file = join(folder, "x.input");
  writeFileSync(file, "From: a@b.test\r\n\r\nhello\r\n");
  expect(run("mime", "--replay", file)).toMatchObject({
    status: 0,
    stdout: "no finding: this input is handled correctly\n",
  });
  expect(run("nothing")).toMatchObject({ status: 2, stderr: expect.stringContaining("npm run fuzz --") });
  rmSync(folder, { recursive: true });
});
