import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { BrowserName } from "./browser.js";
import { LOOPBACK } from "./ports.js";

const shape = z.record(z.string(), z.unknown());

/** Where the build of a browser is. */
export const builtFor = (name: BrowserName): string =>
  fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/**
 * A copy of the build in which webmails on loopback are allowed from the start. In the build itself a person allows each one
 * by the browser's own question, and Chromium's can't be answered by a program.
 * @param probe a content script of the test's own beside ours: with the voice of one that a page has taken over
 */
export function copyWithLoopbackAllowed(name: BrowserName, folder: string, probe?: string): string {
  cpSync(builtFor(name), folder, { recursive: true });
  const file = join(folder, "manifest.json");
  const manifest = shape.parse(JSON.parse(readFileSync(file, "utf8")));
  const site = `http://${LOOPBACK}/*`;
  const scripts = probe === undefined ? {} : { content_scripts: [{ matches: [site], js: ["probe.js"] }] };
  writeFileSync(file, JSON.stringify({ ...manifest, ...scripts, host_permissions: [site] }));
  if (probe !== undefined) writeFileSync(join(folder, "probe.js"), probe);
  return folder;
}
