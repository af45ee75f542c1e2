/** What each build's manifest asks for, and what it must not. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { manifests, PNG_SIZES, targets } from "../../src/extension/manifest.js";

const { thunderbird, chromium, firefox } = manifests;

test("each add-on has an id of its own: the shops of Thunderbird and of Firefox know one add-on by each", () => {
  const ids = [thunderbird, firefox].map(({ browser_specific_settings: { gecko } }) => gecko.id);
  expect(new Set(ids).size).toBe(2);
  expect(chromium).not.toHaveProperty("browser_specific_settings");
});

test("the browsers get what they can use: no right, key or command of Thunderbird's", () => {
  for (const manifest of [chromium, firefox]) {
    expect(manifest.permissions).toEqual(["activeTab", "contextMenus", "scripting", "storage"]);
    for (const key of ["compose_action", "message_display_scripts", "commands", "host_permissions"])
      expect(manifest).not.toHaveProperty(key);
  }
  expect(firefox.browser_specific_settings.gecko.data_collection_permissions).toEqual({
    required: ["none"],
  });
  expect(chromium.message_serialization).toBe("structured_clone");
});

test("Chromium starts a service worker, the others an event page; each is a module", () => {
  expect(chromium.background).toEqual({ service_worker: "background.js", type: "module" });
  const page = { scripts: ["background.js"], type: "module" };
  expect([firefox.background, thunderbird.background]).toEqual([page, page]);
});

test.each(targets)("pages in %s load nothing from a network and run no script but their own", (target) => {
  const policy = manifests[target].content_security_policy.extension_pages;
  const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ", 1)[0], rule]));
  expect(rules.get("default-src")).toBe("default-src 'none'");
  expect(rules.get("script-src")).toBe("script-src 'self' 'wasm-unsafe-eval'");
  expect(rules.get("base-uri")).toBe("base-uri 'none'");
  expect(rules.get("form-action")).toBe("form-action 'none'");
  expect(policy).not.toMatch(/https?:|\*/);
});

test("mail that is shown in a page of a browser can't be led away by a link", () => {
  for (const manifest of [chromium, firefox])
    expect(manifest.content_security_policy.extension_pages).toContain("frame-src 'none'");
});

test.each(PNG_SIZES)("the picture of %i pixels is one, as wide and high as it says", (size) => {
  const path = fileURLToPath(new URL(`../../src/extension/browser/icons/seal-${size}.png`, import.meta.url));
  const png = readFileSync(path);
  expect(png.subarray(1, 4).toString("latin1")).toBe("PNG");
  expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([size, size]);
});
