import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { BROWSERS, type Browser, type BrowserName, type BrowserOptions } from "./browser-driver.js";
import { startChromium } from "./chromium.js";
import { startFirefox } from "./firefox.js";

export type { Browser, BrowserName, BrowserOptions, KeyName, Page, Sheet } from "./browser-driver.js";

/**
 * Starts a real browser without a screen, in a temporary profile, with the unpacked extension in it. Names outside
 * of loopback are not resolved. The caller closes it.
 */
export async function startBrowser(name: BrowserName, options: BrowserOptions): Promise<Browser> {
  const folder = mkdtempSync(join(tmpdir(), `listseal-${name}-`));
  const downloads = join(folder, "downloads");
  mkdirSync(downloads);
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  const start = { ...options, extension: resolve(options.extension), folder, downloads };
  try {
    const browser = name === "chromium" ? await startChromium(start) : await startFirefox(start);
    return {
      ...browser,
      close: async () => {
        await browser.close();
        remove();
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/**
 * Whether a Debian package was said to be missing (`LISTSEAL_MISSING`, set by scripts/test.mjs, which names it in its
 * report). Without that word a suite whose program is missing fails instead of being left out.
 */
export function isAdmittedMissing(...packages: readonly string[]): boolean {
  const admitted = (process.env["LISTSEAL_MISSING"] ?? "").split(/[\s,]+/);
  return packages.some((name) => admitted.includes(name));
}

/** `describe` for each browser, so that one body is tried in both; a browser that can't be had is skipped openly. */
export function describeInBrowsers(title: string, body: (name: BrowserName) => void): void {
  for (const name of BROWSERS) {
    const missing = isAdmittedMissing(name === "chromium" ? "chromium" : "firefox-esr");
    (missing ? describe.skip : describe)(`${title} (${name})`, () => body(name));
  }
}
