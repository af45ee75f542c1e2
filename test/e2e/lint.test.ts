import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { runToEnd } from "../world/processes.js";

/**
 * Mozilla's addons-linter, the one that its shops run, on all three builds: no error, and no warning but those that
 * docs/PERMISSIONS.md names with the reason. It is a linter for Firefox: of Chromium's manifest it asks what Chromium does not
 * want, and of Thunderbird's rights it knows nothing.
 */
const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string) => readFileSync(join(root, path), "utf8");

const findingShape = z.array(z.object({ code: z.string(), message: z.string() }));
const reportShape = z.object({ errors: findingShape, warnings: findingShape, notices: findingShape });

async function lint(build: string): Promise<z.infer<typeof reportShape>> {
  const program = join(root, "node_modules/.bin/addons-linter");
  // its exit code only says whether there are errors
  const { stdout } = await runToEnd(program, [join(root, "dist", build), "--output", "json"], {
    anyCode: true,
  });
  return reportShape.parse(JSON.parse(stdout));
}

/** The codes that the page explains, by build and kind: rows of `| Firefox | warning | CODE | why |`. */
const explained = [
  ...read("docs/PERMISSIONS.md").matchAll(
    /^\| (Thunderbird|Chromium|Firefox) +\| (error|warning) +\| `(\w+)` +\| .+\|$/gm,
  ),
].map(([, program = "", kind = "", code = ""]) => ({ program, kind, code }));

// at once: each linter is a process of its own
test.concurrent.each([
  ["Thunderbird", "extension"],
  ["Firefox", "firefox"],
  ["Chromium", "chromium"],
])("%s: nothing but what the page explains", async (program, build) => {
  const report = await lint(build);
  const found = (kind: "error" | "warning") =>
    [...new Set(report[`${kind}s`].map(({ code }) => code))].sort();
  const named = (kind: "error" | "warning") =>
    explained
      .filter((one) => one.program === program && one.kind === kind)
      .map(({ code }) => code)
      .sort();
  expect({ errors: found("error"), warnings: found("warning"), notices: report.notices }).toEqual({
    errors: named("error"),
    warnings: named("warning"),
    notices: [],
  });
});

test("errors are explained for Chromium alone, whose manifest the linter is not made for", () => {
  expect(explained.filter(({ kind }) => kind === "error").map(({ program }) => program)).toEqual([
    "Chromium",
    "Chromium",
  ]);
});

test("markup that the linter finds is written by Preact and DOMPurify: no file of ours writes any", () => {
  const ours = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.tsx?$/.test(path),
  );
  const writes =
    /\.(?:inner|outer)HTML\s*\+?=(?!=)|insertAdjacentHTML|document\.write|dangerouslySetInnerHTML/;
  expect(ours.filter((path) => writes.test(read(join("src", path))))).toEqual([]);
});
