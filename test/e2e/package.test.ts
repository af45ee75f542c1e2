import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { z } from "zod";
import { OptionsPage } from "../tour/options-page.js";
import { InstalledAddon } from "../world/extension.js";
import { World } from "../world/world.js";

/** The packed add-on in a real Thunderbird: it installs, it starts, and its practice list works in there. */
const root = fileURLToPath(new URL("../..", import.meta.url));

describe("the packed add-on", () => {
  const folder = mkdtempSync(join(tmpdir(), "listseal-xpi-"));
  let world: World;
  beforeAll(async () => {
    world = await World.start();
  });
  afterAll(async () => {
    await world.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is the same bytes twice, installs, and opens its own practice mail", async () => {
    const built = join(root, "dist/extension");
    const script = pathToFileURL(join(root, "scripts/package.mjs")).href;
    const [one, two] = ["one.xpi", "two.xpi"].map((name) => {
      const target = join(folder, name);
      const code = `import { pack } from ${JSON.stringify(script)}; pack(${JSON.stringify(built)}, ${JSON.stringify(target)});`;
      execFileSync(process.execPath, ["--input-type=module", "-e", code]);
      return target;
    });
    if (one === undefined || two === undefined) throw new Error("nothing was packed");
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);

    const addon = await InstalledAddon.install(await world.openThunderbird("alice"), one);
    const version = await addon.inBackground(
      z.string(),
      "async () => (globalThis.messenger ?? globalThis.browser).runtime.getManifest().version",
    );
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
    const page = await OptionsPage.open(addon);
    await page.click("Try it out");
    await page.click("Encrypt it and follow it to the members");
    await page.waitForText("this is what the member reads");
  });
});
