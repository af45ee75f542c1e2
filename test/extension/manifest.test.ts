/** What each build's manifest asks for, and what it must not. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import packageJson from "../../package.json" with { type: "json" };
import { type Json, manifestFor, PNG_SIZES, targets } from "../../src/extension/app/manifest.js";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const written: Json = JSON.parse(readFileSync(at("manifest.json"), "utf8"));
const [thunderbird, chromium, firefox] = targets.map((target) => manifestFor(target));

test("manifest.json as it is, without the keys for others, is Thunderbird's", () => {
  const plain = Object.entries(written ?? {}).filter(([key]) => !key.startsWith("{{"));
  expect(JSON.stringify(thunderbird)).toBe(JSON.stringify(Object.fromEntries(plain)));
  expect(manifestFor("thunderbird")["version"]).toBe(packageJson.version);
});

test.each(targets)("no prefix, and nothing that is null, survives in the manifest for %s", (target) => {
  const text = JSON.stringify(manifestFor(target));
  expect(text).not.toMatch(/\{\{|:null/);
  // the file has both, so that the line above can fail
  expect(JSON.stringify(written)).toMatch(/\{\{.*:null/);
});

test("a prefixed key takes the place of the plain one at any depth, and null removes it", () => {
  const from = { a: 1, b: { c: 2, "{{firefox}}.c": 3, "{{chromium}}.c": null }, "{{firefox}}.a": null };
  const { version } = packageJson;
  expect(manifestFor("thunderbird", from)).toEqual({ a: 1, b: { c: 2 }, version });
  expect(manifestFor("firefox", from)).toEqual({ b: { c: 3 }, version });
  expect(manifestFor("chromium", from)).toEqual({ a: 1, b: {}, version });
  expect(manifestFor("chromium", { list: [{ "{{chromium}}.x": [1], x: [2] }] })["list"]).toEqual([
    { x: [1] },
  ]);
});

test("a prefix that names no build is a mistake, and said", () => {
  expect(() => manifestFor("firefox", { "{{chrome}}.a": 1 })).toThrow("{{chrome}}.a is for no build");
});

test("each add-on has an id of its own: the shops of Thunderbird and of Firefox know one add-on by each", () => {
  const shape = z.object({ browser_specific_settings: z.object({ gecko: z.object({ id: z.string() }) }) });
  const ids = [thunderbird, firefox].map(
    (manifest) => shape.parse(manifest).browser_specific_settings.gecko.id,
  );
  expect(new Set(ids).size).toBe(2);
  expect(chromium).not.toHaveProperty("browser_specific_settings");
});

test("the browsers get what they can use: no right, key or command of Thunderbird's", () => {
  for (const manifest of [chromium, firefox]) {
    expect(manifest).toHaveProperty("permissions", ["activeTab", "contextMenus", "scripting", "storage"]);
    for (const key of [
      ...["compose_action", "message_display_action", "message_display_scripts", "commands"],
      ...["optional_permissions", "host_permissions"],
    ])
      expect(manifest).not.toHaveProperty(key);
  }
  expect(firefox).toHaveProperty("browser_specific_settings.gecko.data_collection_permissions", {
    required: ["none"],
  });
  expect(chromium).toHaveProperty("message_serialization", "structured_clone");
});

test("Chromium and Firefox differ only in what the browsers ask to be different", () => {
  const keys = new Set([...Object.keys(chromium ?? {}), ...Object.keys(firefox ?? {})]);
  const other = [...keys].filter((key) => JSON.stringify(chromium?.[key]) !== JSON.stringify(firefox?.[key]));
  expect(other.sort()).toEqual(
    [
      ...["action", "background", "browser_specific_settings", "icons", "message_serialization"],
      ...["minimum_chrome_version", "web_accessible_resources"],
    ].sort(),
  );
});

test("Chromium starts a service worker, the others an event page; each is a module", () => {
  expect(chromium?.["background"]).toEqual({ service_worker: "background.js", type: "module" });
  const page = { scripts: ["background.js"], type: "module" };
  expect([firefox?.["background"], thunderbird?.["background"]]).toEqual([page, page]);
});

const policyOf = (manifest: Json | undefined) =>
  z.object({ content_security_policy: z.object({ extension_pages: z.string() }) }).parse(manifest)
    .content_security_policy.extension_pages;

test.each(targets)("pages in %s load nothing from a network and run no script but their own", (target) => {
  const policy = policyOf(manifestFor(target));
  const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ", 1)[0], rule]));
  expect(rules.get("default-src")).toBe("default-src 'none'");
  expect(rules.get("script-src")).toBe("script-src 'self' 'wasm-unsafe-eval'");
  expect(rules.get("base-uri")).toBe("base-uri 'none'");
  expect(rules.get("form-action")).toBe("form-action 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
});

test("mail that is shown in a page of a browser can't be led away by a link", () => {
  for (const manifest of [chromium, firefox]) expect(policyOf(manifest)).toContain("frame-src 'none'");
});

test.each(PNG_SIZES)("the picture of %i pixels is one, as wide and high as it says", (size) => {
  const path = at(`src/extension/app/browser/icons/seal-${size}.png`);
  const png = readFileSync(path);
  expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
});
