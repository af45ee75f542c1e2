/** Every right that the add-on asks for is explained to people, in the order in which it is asked for, and no other. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifests, type Target } from "../../src/extension/manifest.js";

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

test.each<Target>(["thunderbird", "chromium", "firefox"])(
  "the manifest for %s and docs/PERMISSIONS.md name the same rights in the same order",
  (target) => {
    const manifest = manifests[target];
    const rows = (chapters.get(chapterOf[target]) ?? "").matchAll(/^\| `([^`]+)` +\| (.+?) +\| (.+?) +\|$/gm);
    const later = "optional_permissions" in manifest ? manifest.optional_permissions : [];
    const sites = "optional_host_permissions" in manifest ? manifest.optional_host_permissions : [];
    expect([...rows].map(([, name]) => name)).toEqual([...manifest.permissions, ...later, ...sites]);
    // no web site is allowed from the start
    expect(manifest).not.toHaveProperty("host_permissions");
    expect(manifest).not.toHaveProperty("content_scripts");
  },
);

test("the page names the oldest version of each program that the manifests let in", () => {
  const chapter = chapters.get("Which versions") ?? "";
  const { thunderbird, firefox, chromium } = manifests;
  const oldest = [thunderbird, firefox].map(({ browser_specific_settings: { gecko } }) =>
    Number.parseInt(gecko.strict_min_version, 10),
  );
  expect(chapter).toContain(`Thunderbird ${oldest[0]} or newer`);
  expect(chapter).toContain(`Firefox ${oldest[1]} or newer`);
  expect(chapter).toContain(`Chromium ${chromium.minimum_chrome_version} or newer`);
});
