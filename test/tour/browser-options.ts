import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Browser, type BrowserName, type Page, type Sheet, startBrowser } from "../world/browser.js";
import { until } from "../world/processes.js";
import { savedFiles } from "../world/saved-files.js";
import { type Language, wordsOf } from "./words.js";

/** The options page in a real browser, driven as a person does: fields filled in, buttons pressed, the answer read. */

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Runs in the page: axe-core's complaints. The page's own policy is not asked by what a driver runs. */
const AXE = `async () => {
  ${AXE_SOURCE}
  const { violations } = await (globalThis.axe ?? window.axe).run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).join(" | "));
}`;

/** Runs in the page: marks the one button or link that is seen and says this, so that it can be pressed. */
const MARK = `(label) => {
  for (const one of document.querySelectorAll("[data-pressed]")) one.removeAttribute("data-pressed");
  const all = [...document.querySelectorAll("button, a, summary")].filter((one) => one.checkVisibility());
  const found = all.find((one) => one.textContent.trim() === label) ?? all.find((one) => one.textContent.includes(label));
  if (!found) return all.map((one) => one.textContent).join(" | ");
  found.setAttribute("data-pressed", "");
  return null;
}`;

/** Runs in the page: fills a field that the page reads when its form is sent. */
const FILL = `(selector, value) => { document.querySelector(selector).value = value; }`;

export class BrowserOptions {
  /** The tab; around the page, if it stands in a frame. */
  readonly page: Page;
  readonly #sheet: Sheet;
  readonly #browser: Browser;

  private constructor(browser: Browser, page: Page, sheet: Sheet) {
    this.#browser = browser;
    this.page = page;
    this.#sheet = sheet;
  }

  static async open(browser: Browser): Promise<BrowserOptions> {
    const page = await browser.open("app/browser/options.html");
    await page.waitFor("#panel > *");
    return new BrowserOptions(browser, page, page);
  }

  /** The options page in a frame of another page. */
  static async within(browser: Browser, page: Page, part: string): Promise<BrowserOptions> {
    const frame = await page.frame(part);
    await frame.waitFor("#panel > *");
    return new BrowserOptions(browser, page, frame);
  }

  showTab(name: "keys" | "lists" | "members" | "backup" | "privacy" | "about"): Promise<void> {
    return this.#sheet.click(`#tab-${name}`);
  }

  /** The page as a person reads it. */
  text(): Promise<string> {
    return this.#sheet.run(z.string(), "() => document.body.innerText");
  }

  async waitForText(words: string): Promise<void> {
    let text = "";
    const says = async () => {
      text = await this.text();
      return text.includes(words) ? true : undefined;
    };
    try {
      await until(`"${words}"`, says);
    } catch (error) {
      throw new Error(`${error}\nThe page says:\n${text}`);
    }
  }

  async fill(selector: string, value: string): Promise<void> {
    await this.#sheet.waitFor(selector);
    await this.#sheet.run(z.null(), FILL, selector, value);
  }

  /** Presses what says this, as soon as it is there. */
  async press(label: string): Promise<void> {
    let others: string | null = "";
    try {
      await until(`a button "${label}"`, async () => {
        others = await this.#sheet.run(z.string().nullable(), MARK, label);
        return others === null ? true : undefined;
      });
    } catch (error) {
      throw new Error(`${error}\nThere are: ${others}`);
    }
    await this.#sheet.click("[data-pressed]");
  }

  /** Presses what saves a file, and gives the file. */
  async saved(label: string, ending: string): Promise<string> {
    const folder = this.#browser.downloads;
    const before = savedFiles(folder);
    await this.press(label);
    return until(`a saved file *${ending}`, () =>
      savedFiles(folder).find((file) => file.endsWith(ending) && !before.includes(file)),
    );
  }

  /** What axe-core finds wrong with the page as it is. */
  complaints(): Promise<readonly string[]> {
    return this.#sheet.run(z.array(z.string()), AXE);
  }
}

/** The unpacked build for a browser. */
export const builtFor = (name: BrowserName): string =>
  fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** Brings a backup to the options page, and waits until everything is there. */
export async function bringBackup(
  options: BrowserOptions,
  language: Language,
  backup: { readonly file: string; readonly passphrase: string },
): Promise<void> {
  const w = wordsOf(language);
  await options.showTab("backup");
  await options.page.waitFor("input[name=backup]");
  await options.page.setFiles("input[name=backup]", [backup.file]);
  await options.fill("input[name=backupPassphrase]", backup.passphrase);
  await options.press(w("restore_button"));
  await options.waitForText(w("backup_restored"));
}

/** Makes a backup on the options page. */
export async function makeBackup(
  options: BrowserOptions,
  language: Language,
): Promise<{ readonly file: string; readonly passphrase: string }> {
  const w = wordsOf(language);
  await options.showTab("backup");
  await options.page.waitFor("#panel code.code");
  const source = `() => document.querySelector("#panel code.code").textContent`;
  const passphrase = await options.page.run(z.string(), source);
  const file = await options.saved(w("backup_save"), ".listseal");
  await options.waitForText(w("backup_made"));
  return { file, passphrase };
}

/** A backup that was brought to a fresh browser: the browser's own backup of what it has then. */
export async function carriedThrough(
  name: BrowserName,
  language: Language,
  backup: { readonly file: string; readonly passphrase: string },
): Promise<{ readonly bytes: Buffer; readonly passphrase: string }> {
  const browser = await startBrowser(name, { extension: builtFor(name), language });
  try {
    const options = await BrowserOptions.open(browser);
    await bringBackup(options, language, backup);
    const { file, passphrase } = await makeBackup(options, language);
    return { bytes: readFileSync(file), passphrase };
  } finally {
    await browser.close();
  }
}
