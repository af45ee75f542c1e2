/**
 * What the event page loads while it starts, and what runs in every mail, in the add-on as it is built. The event page starts
 * anew with each sealed mail that is read after a pause: OpenPGP, which is most of the add-on, belongs into the worker.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Builds without writing. In a process of its own: Vite can't run inside Jest's sandbox. */
const BUILD = `
  const { createBuilder } = await import("vite");
  const builder = await createBuilder({
    configFile: ${JSON.stringify(join(root, "vite.config.ts"))}, logLevel: "silent", build: { write: false },
  });
  const { output } = await builder.build(builder.environments[process.argv.at(-1)]);
  const chunks = output.filter(({ type }) => type === "chunk");
  console.log(JSON.stringify(
    chunks.map(({ fileName, imports, moduleIds, code }) => ({ fileName, imports, moduleIds, size: code.length }))));
`;

const chunkShape = z.object({
  fileName: z.string(),
  imports: z.array(z.string()),
  moduleIds: z.array(z.string()),
  /** Characters, as it is built. */
  size: z.number(),
});
type Chunk = z.infer<typeof chunkShape>;

async function buildChunks(environment: "client" | "display"): Promise<readonly Chunk[]> {
  const run = ["--input-type=module", "--eval", BUILD, environment];
  const { stdout } = await promisify(execFile)(process.execPath, run, { cwd: root, maxBuffer: 2 ** 26 });
  return z.array(chunkShape).parse(JSON.parse(stdout));
}

/** All modules that are loaded with this file, before a line of it runs. */
function loadedWith(entry: string, chunks: readonly Chunk[]): readonly string[] {
  const files = new Set<string>();
  const visit = (file: string) => {
    if (files.has(file)) return;
    files.add(file);
    for (const next of chunks.find(({ fileName }) => fileName === file)?.imports ?? []) visit(next);
  };
  visit(entry);
  return chunks.filter(({ fileName }) => files.has(fileName)).flatMap(({ moduleIds }) => moduleIds);
}

test("the event page starts without OpenPGP; the worker has it", async () => {
  const chunks = await buildChunks("client");
  const openpgp = (entry: string) =>
    loadedWith(entry, chunks).filter((module) => module.includes("node_modules/openpgp/"));
  expect(openpgp("background.js")).toEqual([]);
  expect(openpgp("worker.js")).not.toEqual([]);
  expect(
    loadedWith("background.js", chunks).some((module) => module.endsWith("app/thunderbird/background.ts")),
  ).toBe(true);
});

test("what runs in every mail that is shown is small, and loads nothing", async () => {
  const [gate, ...more] = await buildChunks("display");
  expect(gate).toMatchObject({ fileName: "display.js", imports: [] });
  expect(more).toEqual([]);
  expect(gate?.size).toBeLessThan(2_000);
});
