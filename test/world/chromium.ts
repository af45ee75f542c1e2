import { createHash } from "node:crypto";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BrowserContext, chromium, type Frame, type Page as PlaywrightPage } from "playwright-core";
import type { z } from "zod";
import {
  type Browser,
  type BrowserStart,
  type KeyName,
  type Page,
  type Sheet,
  VIEWPORT,
} from "./browser-driver.js";
import { PATIENCE, until } from "./processes.js";

const PROGRAM = "/usr/bin/chromium";

/** Nothing that asks the network, and no name but loopback's is known. */
const QUIET = [
  "--no-sandbox",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-domain-reliability",
  "--disable-sync",
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/** The id that Chromium gives an unpacked extension: SHA-256 of its path, in the letters a to p. */
function idOf(extension: string): string {
  const hash = createHash("sha256").update(realpathSync(extension), "utf8").digest("hex");
  return [...hash.slice(0, 32)].map((digit) => "abcdefghijklmnop"[Number.parseInt(digit, 16)]).join("");
}

/** An expression that calls the function; source as text is not under the page's content security policy. */
const callOf = (source: string, args: readonly unknown[]): string =>
  `(async () => (await (${source})(...${JSON.stringify(args)})) ?? null)()`;

/** Every frame below this one. */
const below = (frame: Frame): readonly Frame[] =>
  frame.childFrames().flatMap((child) => [child, ...below(child)]);

/** A frame as a sheet. `locate` finds it again each time: a frame that navigates away becomes another one. */
function sheetOf(frame: Frame): Sheet {
  const first = (selector: string) => frame.locator(selector).first();
  return {
    run: async <T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]) =>
      shape.parse(await frame.evaluate(callOf(source, args))),
    click: (selector) => first(selector).click({ timeout: PATIENCE }),
    type: async (selector, text) => {
      await first(selector).click({ timeout: PATIENCE });
      await frame.page().keyboard.press("End");
      await frame.page().keyboard.type(text);
    },
    setFiles: (selector, files) => first(selector).setInputFiles([...files], { timeout: PATIENCE }),
    waitFor: (selector) => first(selector).waitFor({ state: "attached", timeout: PATIENCE }),
    frame: async (part, patience) =>
      sheetOf(
        await until(
          `a frame of ${part}`,
          () => below(frame).find((one) => one.url().includes(part)),
          patience,
        ),
      ),
  };
}

function pageOf(page: PlaywrightPage): Page {
  return {
    ...sheetOf(page.mainFrame()),
    go: async (url) => {
      await page.goto(url, { timeout: PATIENCE });
    },
    press: (key: KeyName) => page.keyboard.press(key),
    resize: (width) => page.setViewportSize({ width, height: VIEWPORT.height }),
    picture: async (file) => {
      await page.screenshot({ path: file });
    },
    close: () => page.close(),
  };
}

/** Ends every service worker by the browser's own tool for developers. */
async function stopWorkers(context: BrowserContext): Promise<void> {
  const page = context.pages()[0] ?? (await context.newPage());
  const session = await context.newCDPSession(page);
  await session.send("ServiceWorker.enable");
  await session.send("ServiceWorker.stopAllWorkers");
  await session.detach();
}

/** A profile in which files are saved without a question. */
function writeProfile(profile: string, downloads: string): void {
  mkdirSync(join(profile, "Default"), { recursive: true });
  const download = { default_directory: downloads, prompt_for_download: false };
  writeFileSync(join(profile, "Default", "Preferences"), JSON.stringify({ download }));
}

/** Starts Debian's Chromium with the extension; see startBrowser. */
export async function startChromium(start: BrowserStart): Promise<Browser> {
  const language = start.language ?? "en";
  const profile = join(start.folder, "profile");
  writeProfile(profile, start.downloads);
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: PROGRAM,
    headless: start.visible !== true,
    viewport: start.visible === true ? null : VIEWPORT,
    locale: language,
    colorScheme: start.dark === true ? "dark" : "light",
    args: [
      ...QUIET,
      `--disable-extensions-except=${start.extension}`,
      `--load-extension=${start.extension}`,
      `--lang=${language}`,
      ...(start.chromiumArguments ?? []),
    ],
    env: { ...process.env, HOME: start.folder, LANGUAGE: language },
  });
  const session = await context.newCDPSession(context.pages()[0] ?? (await context.newPage()));
  // Playwright gives downloads names of its own; as the browser does it, they have those that the extension chose
  await session.send("Browser.setDownloadBehavior", { behavior: "default" });
  const extensionUrl = (path: string) => `chrome-extension://${idOf(start.extension)}/${path}`;
  return {
    name: "chromium",
    downloads: start.downloads,
    extensionUrl,
    open: async (pathOrUrl) => {
      const page = await context.newPage();
      await page.goto(/^\w+:/.test(pathOrUrl) ? pathOrUrl : extensionUrl(pathOrUrl), { timeout: PATIENCE });
      return pageOf(page);
    },
    opened: async (part) =>
      pageOf(await until(`a tab of ${part}`, () => context.pages().find((one) => one.url().includes(part)))),
    stopBackground: () => stopWorkers(context),
    close: () => context.close(),
  };
}
