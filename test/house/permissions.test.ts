/** Every right that the add-on asks for is explained to people, in the order in which it is asked for, and no other. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import manifest from "../../manifest.json" with { type: "json" };

const page = readFileSync(fileURLToPath(new URL("../../docs/PERMISSIONS.md", import.meta.url)), "utf8");

test("manifest.json and docs/PERMISSIONS.md name the same rights in the same order", () => {
  const explained = [...page.matchAll(/^\| `([\w.]+)` +\| (.+?) +\| (.+?) +\|$/gm)];
  expect(explained.map(([, name]) => name)).toEqual([
    ...manifest.permissions,
    ...manifest.optional_permissions,
  ]);
});

test("the page names the oldest Thunderbird that the manifest lets in", () => {
  const oldest = manifest.browser_specific_settings.gecko.strict_min_version;
  expect(page).toContain(`${Number.parseInt(oldest, 10)} or newer`);
});
