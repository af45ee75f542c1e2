/**
 * The Reader page in the real browsers: from the file that a person has chosen to its opened and checked text on the screen,
 * beside SHA-256 of the same octets in the same page, which tells how busy the machine is. `npm run build` first. Its parts are
 * the browsers.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Page, startBrowser } from "../../test/world/browser.js";
import { BROWSERS, type BrowserName } from "../../test/world/browser-driver.js";
import { keepInBrowser } from "../../test/world/browser-member.js";
import { kilobyte, type Mail, megabyte, sealedMails, ten, twentyFive } from "../addon/mails.js";
import { median } from "../measure.js";
import { compare, type Options, type Row } from "../row.js";

const TURNS = 3;
/** Between two looks at whether it is done. */
const PAUSE_MS = 50;
/** Opening 25 MB in Chromium. */
const GOAL_MS = 1_500;
const sizes = [kilobyte, megabyte, ten, twentyFive] as const;
/** The second with `--full` alone: it takes the same time here. */
const profiles = ["compatible", "rfc9580"] as const;

/** Runs in the page: times what comes after the next choice of a file, until a frame with its text was drawn. */
const WATCH = `() => {
  // in the document: what a script of Marionette keeps in its global is gone with it
  delete document.documentElement.dataset.bench;
  const input = document.querySelector("input[type=file]");
  delete document.querySelector("listseal-view").dataset.kind;
  input.addEventListener("change", async () => {
    const start = performance.now();
    const [file] = input.files;
    const size = file.size;
    const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const kind = () => document.querySelector("listseal-view").dataset.kind;
    while (kind() === undefined || kind() === "opening") await drawn();
    await drawn();
    const time = performance.now() - start;
    const bytes = await file.arrayBuffer();
    const before = performance.now();
    await crypto.subtle.digest("SHA-256", bytes);
    const hash = performance.now() - before;
    document.documentElement.dataset.bench = JSON.stringify({ kind: kind(), time, size, hash });
  }, { capture: true, once: true });
}`;

const RESULT = "() => JSON.parse(document.documentElement.dataset.bench ?? 'null')";

const timed = z.object({ kind: z.string(), time: z.number(), size: z.number(), hash: z.number() });

async function turn(page: Page, file: string) {
  await page.run(z.null(), WATCH);
  await page.setFiles("input[type=file]", [file]);
  for (;;) {
    const result = await page.run(z.union([z.null(), timed]), RESULT);
    if (result === null) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      continue;
    }
    if (result.kind !== "opened") throw new Error(`not opened but ${result.kind}`);
    return result;
  }
}

/** Medians of some turns, after one that is not counted. */
async function turns(page: Page, file: string): Promise<{ readonly time: number; readonly hash: number }> {
  const all = [];
  for (let i = 0; i <= TURNS; i++) all.push(await turn(page, file));
  const counted = all.slice(1);
  return { time: median(counted.map(({ time }) => time)), hash: median(counted.map(({ hash }) => hash)) };
}

async function rowsIn(name: BrowserName, folder: string, full: boolean): Promise<readonly Row[]> {
  const extension = fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));
  if (!existsSync(extension)) throw new Error("npm run build first");
  const browser = await startBrowser(name, { extension });
  const rows: Row[] = [];
  try {
    const page = await browser.open("app/browser/reader/reader.html");
    for (const profile of full ? profiles : profiles.slice(0, 1)) {
      const { sealed, stored } = await sealedMails(profile, "bob@example.test", sizes);
      await keepInBrowser(page, stored);
      for (const [at, { label, bytes }] of sizes.entries()) {
        const { time, hash } = await turns(page, fileOf(folder, `${profile}-${bytes}`, sealed[at]));
        const goal = name === "chromium" && bytes === twentyFive.bytes ? { goal: 1 } : {};
        rows.push(
          ...compare(`${name}, ${profile}: from the file of ${label} to its text`, "ms", time, [
            { name: "a second and a half", value: GOAL_MS, ...goal },
            { name: "SHA-256 of the file in the same page", value: hash },
          ]),
        );
      }
    }
  } finally {
    await browser.close();
  }
  return rows;
}

function fileOf(folder: string, name: string, mail: Mail | undefined): string {
  const path = join(folder, `${name}.eml`);
  writeFileSync(path, mail?.raw ?? "");
  return path;
}

export async function rows({ full, parts }: Options): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(tmpdir(), "listseal-bench-"));
  try {
    const found: Row[] = [];
    for (const name of BROWSERS.filter((one) => parts.length === 0 || parts.includes(one)))
      found.push(...(await rowsIn(name, folder, full)));
    return found;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
