/** The packed add-on and the published vectors: the same files give the same bytes, whenever and in whatever order they were written. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const script = fileURLToPath(new URL("../../scripts/package.mjs", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "listseal-pack-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

const files = { "manifest.json": "{}", "b/two.js": "2".repeat(5_000), "a/one.js": "1", "a/ten.js": "10" };

function packed(name: string, order: readonly string[], writtenAt: number): Buffer {
  const folder = join(place, name);
  for (const path of order) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), Object.entries(files).find(([one]) => one === path)?.[1] ?? "");
    utimesSync(join(folder, path), writtenAt, writtenAt);
  }
  const target = join(place, `${name}.xpi`);
  const code = `import { pack } from ${JSON.stringify(pathToFileURL(script).href)};
    pack(${JSON.stringify(folder)}, ${JSON.stringify(target)});`;
  execFileSync(process.execPath, ["--input-type=module", "-e", code], {
    env: { ...process.env, TZ: name === "one" ? "Asia/Tokyo" : "America/New_York" },
  });
  return readFileSync(target);
}

test("two builds on two days in two places are the same bytes", () => {
  const names = Object.keys(files);
  const one = packed("one", names, 1_700_000_000);
  const two = packed("two", names.toReversed(), 1_800_000_000);
  expect(one.equals(two)).toBe(true);
  expect(execFileSync("unzip", ["-Z1", join(place, "one.xpi")], { encoding: "utf8" }).trim()).toBe(
    Object.keys(files).sort().join("\n"),
  );
});

test("the vectors are one archive with all that a stranger needs, and nothing of the programs that make them", () => {
  const archives = ["one", "two"].map((name) => {
    const folder = join(place, `vectors-${name}`);
    const target = join(place, `vectors-${name}.zip`);
    const code = `import { gatherVectors, pack } from ${JSON.stringify(pathToFileURL(script).href)};
      gatherVectors(${JSON.stringify(folder)});
      pack(${JSON.stringify(folder)}, ${JSON.stringify(target)});`;
    execFileSync(process.execPath, ["--input-type=module", "-e", code]);
    return target;
  });
  const [one = "", two = ""] = archives;
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
  const entries = execFileSync("unzip", ["-Z1", one], { encoding: "utf8" }).trim().split("\n");
  expect(entries).toEqual(
    expect.arrayContaining([
      "LICENSE",
      "README.md",
      "docs/FORMAT.md",
      "docs/MEMBERSHIP.md",
      "keys/compatible-alice.asc",
      "letters/good-compatible.eml",
      "mails/server-good-key-compatible.eml",
      "membership/card.json",
      "posts/server-key-good-compatible.txt",
      "sequences/server-repeat-compatible.txt",
    ]),
  );
  expect(entries.filter((name) => name.endsWith(".ts"))).toEqual([]);
});
