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
 */
export function copyWithLoopbackAllowed(name: BrowserName, folder: string): string {
  cpSync(builtFor(name), folder, { recursive: true });
  const file = join(folder, "manifest.json");
  const manifest = shape.parse(JSON.parse(readFileSync(file, "utf8")));
  writeFileSync(file, JSON.stringify({ ...manifest, host_permissions: [`http://${LOOPBACK}/*`] }));
  return folder;
}
