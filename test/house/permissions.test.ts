/** Every right that the add-on asks for is explained to people, in the order in which it is asked for, and no other. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { manifestFor, type Target } from "../../src/extension/app/manifest.js";

const page = readFileSync(fileURLToPath(new URL("../../docs/PERMISSIONS.md", import.meta.url)), "utf8");

/** The chapters of the page, by their headings. */
const chapters = new Map(
  page.split(/^(?=##? )/m).map((chapter) => [chapter.split("\n", 1)[0]?.replace(/^#+ /, ""), chapter]),
);
const chapterOf = {
  thunderbird: "In Thunderbird",
  chromium: "In Chromium and Firefox",
  firefox: "In Chromium and Firefox",
} as const;

const rights = z.array(z.string()).default([]);

test.each<Target>(["thunderbird", "chromium", "firefox"])(
  "the manifest for %s and docs/PERMISSIONS.md name the same rights in the same order",
  (target) => {
    const manifest = manifestFor(target);
    const rows = (chapters.get(chapterOf[target]) ?? "").matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm);
    const asked = ["permissions", "optional_permissions", "optional_host_permissions"].flatMap((key) =>
      rights.parse(manifest[key]),
    );
    expect([...rows].map(([, name]) => name)).toEqual(asked);
    // no web site is allowed from the start
    expect(manifest).not.toHaveProperty("host_permissions");
    expect(manifest).not.toHaveProperty("content_scripts");
  },
);

test("the page names the oldest version of each program that the manifests let in", () => {
  const chapter = chapters.get("Which versions") ?? "";
  const rows = new Map(
    [...chapter.matchAll(/^\| (\w+) +\| (\d+) +\|/gm)].map(([, program, version]) => [program, version]),
  );
  const gecko = z.object({ gecko: z.object({ strict_min_version: z.string() }) });
  for (const target of ["thunderbird", "firefox"] as const) {
    const { strict_min_version } = gecko.parse(manifestFor(target)["browser_specific_settings"]).gecko;
    expect(`${rows.get(target === "firefox" ? "Firefox" : "Thunderbird")}.0`).toBe(strict_min_version);
  }
  expect(rows.get("Chromium")).toBe(manifestFor("chromium")["minimum_chrome_version"]);
});
