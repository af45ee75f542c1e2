/**
 * The add-on's loops over millions of bytes, on their own: AES-CFB in WebAssembly and the decoding of base64. In a worker of an
 * add-on made for this, in Debian's Thunderbird, which does not compile JavaScript.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { z } from "zod";
import { InstalledAddon } from "../../test/world/extension.js";
import { until } from "../../test/world/processes.js";
import { World } from "../../test/world/world.js";
import { cfbRows } from "../cfb.js";
import { compare, type Row } from "../row.js";

const PATIENCE_MS = 600_000;

/** Otherwise the clock of a worker counts whole milliseconds. */
const CLOCK = { "privacy.reduceTimerPrecision": false };

const MANIFEST = {
  manifest_version: 3,
  name: "Loops",
  version: "1.0",
  browser_specific_settings: { gecko: { id: "loops@example.test" } },
  background: { scripts: ["background.js"] },
  content_security_policy: {
    extension_pages: "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
  },
};

/** Runs in the background page. An event page that calls nothing is put to sleep after 30 seconds. */
const START = `async () => {
  window.benchResult = null;
  window.benchAwake = setInterval(() => messenger.runtime.getPlatformInfo(), 1000);
  window.benchWorker = new Worker("/worker.js", { type: "module" });
  window.benchWorker.onmessage = ({ data }) => { window.benchResult = data; };
  window.benchWorker.onerror = ({ message }) => { window.benchResult = { failed: message }; };
}`;

const times = z.record(z.string(), z.number());
const result = z.union([z.null(), z.object({ failed: z.string() }), z.object({ cfb: times, base64: times })]);

async function writeAddon(folder: string): Promise<void> {
  const worker = fileURLToPath(new URL("./loops-worker.ts", import.meta.url));
  await build({
    configFile: false,
    publicDir: false,
    logLevel: "warn",
    build: {
      target: "es2023",
      outDir: folder,
      emptyOutDir: true,
      rolldownOptions: { input: { worker }, output: { entryFileNames: "[name].js" } },
    },
  });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, "background.js"), "");
}

export async function loopRows(): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  const world = await World.start();
  try {
    await writeAddon(folder);
    const addon = await InstalledAddon.install(await world.openThunderbird("bob", CLOCK), folder);
    await addon.inBackground(z.null(), START);
    const found = await until(
      "the loops",
      async () => (await addon.inBackground(result, "async () => window.benchResult")) ?? undefined,
      PATIENCE_MS,
    );
    if ("failed" in found) throw new Error(found.failed);
    const { now = Number.NaN, ...others } = found.base64;
    const peers = Object.entries(others).map(([name, value]) => ({ name, value }));
    return [
      ...cfbRows("Thunderbird", new Map(Object.entries(found.cfb))),
      ...compare("decode 25 MB of base64, in Thunderbird", "ms", now, peers),
    ];
  } finally {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}
