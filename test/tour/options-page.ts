import { z } from "zod";
import type { InstalledAddon } from "../world/extension.js";
import { until } from "../world/processes.js";
import type { HandedInvitation } from "./owner.js";

/** The add-on's options page, driven as a person does: fields filled in, buttons pressed, the answer read. */

/** Runs in the page: shows one of its tabs. */
const SHOW_TAB = `(window, name) => window.document.querySelector("#tab-" + name).click()`;

/** Runs in the page: gives the invitation's file to its field, types the code. */
const FILL_IMPORT = `(window, name, base64, code) => {
  const form = window.document.querySelector("input[name=file]").form;
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const file = new window.File([Cu.cloneInto(bytes.buffer, window)], name);
  form.querySelector("input[name=file]").mozSetFileArray([file]);
  form.querySelector("input[name=code]").value = code;
}`;

/** Runs in the page: types the code of a file that the page has already. */
const TYPE_CODE = `(window, code) => {
  window.document.querySelector("input[name=code]").value = code;
}`;

/**
 * A press counts as a person's own where Thunderbird is told to grant rights without its question: only then does it let a
 * page ask for one. Elsewhere the question would stay open, and nothing may be sent.
 */
const CLICK = `const press = (button) => {
    if (Services.prefs.getBoolPref("extensions.webextOptionalPermissionPrompts", true)) {
      button.click();
      return;
    }
    const handle = window.windowUtils.setHandlingUserInput(true);
    try {
      button.click();
    } finally {
      handle.destruct();
    }
  };`;

/** Runs in the page: fills in the form for a new key. */
const FILL_KEY = `(window, name, passphrase) => {
  const form = window.document.querySelector("input[name=name]").form;
  form.querySelector("input[name=name]").value = name;
  const field = form.querySelector("input[name=passphrase]");
  if (field) field.value = passphrase;
  return form.querySelector("input[name=address]").value;
}`;

/** Runs in the page: empties its one line, so that the answer to the press before is not taken for the next one. */
const FORGET = `{
  const line = window.document.querySelector("output").firstChild;
  if (line) line.data = "";
}`;

/** Runs in the page: presses the button of the form that has this field. */
const SUBMIT = `(window, field) => {
  ${FORGET}
  ${CLICK}
  press(window.document.querySelector("input[name=" + field + "]").form.querySelector("button[type=submit]"));
}`;

/** Runs in the page: presses the first button with this label. */
const PRESS = `(window, label) => {
  const all = [...window.document.querySelectorAll("button")];
  const button = all.find((one) => one.textContent.includes(label));
  if (!button) throw new Error("no button " + label + " among: " + all.map((one) => one.textContent).join(" | "));
  ${FORGET}
  ${CLICK}
  press(button);
}`;

/** Runs in the page: presses the first box whose label has these words. */
const TICK = `(window, label) => {
  const all = [...window.document.querySelectorAll("label")];
  const box = all.find((one) => one.textContent.includes(label))?.querySelector("input[type=checkbox]");
  if (!box) throw new Error("no box " + label + " among: " + all.map((one) => one.textContent).join(" | "));
  ${FORGET}
  ${CLICK}
  press(box);
}`;

/** Runs in the page: what its one line says, and whether that is a failure. */
const SAID = `(window) => {
  const line = window.document.querySelector("output");
  return { text: line?.textContent ?? "", failed: line?.className === "problem" };
}`;

const saidShape = z.object({ text: z.string(), failed: z.boolean() });

/** What the page answered: its sentence, good or bad. */
export type Said = z.infer<typeof saidShape>;

/** The options page in the front tab of somebody's Thunderbird. */
export class OptionsPage {
  readonly #addon: InstalledAddon;

  private constructor(addon: InstalledAddon) {
    this.#addon = addon;
  }

  static async open(addon: InstalledAddon): Promise<OptionsPage> {
    await addon.openOptions();
    return OptionsPage.inFront(addon);
  }

  /** The page that the add-on itself has opened, once it shows something. */
  static async inFront(addon: InstalledAddon): Promise<OptionsPage> {
    await addon.optionsInFront();
    const page = new OptionsPage(addon);
    try {
      await page.#waitFor("#panel > *");
    } catch (error) {
      throw new Error(`${error}\nThe page says: ${await page.#text()}`);
    }
    return page;
  }

  #has(selector: string): Promise<boolean> {
    return this.#addon.inFrontTab(
      z.boolean(),
      "(window, selector) => window.document.querySelector(selector) !== null",
      selector,
    );
  }

  #text(): Promise<string> {
    return this.#addon.inFrontTab(
      z.string(),
      "(window) => window.location.href + ' ' + window.document.body.innerHTML",
    );
  }

  async #waitFor(selector: string): Promise<void> {
    await until(`${selector} on the options page`, async () =>
      (await this.#has(selector)) ? true : undefined,
    );
  }

  /** Waits for the sentence in which the page says what came of it. */
  async #answer(): Promise<Said> {
    return until("the answer of the options page", async () => {
      const said = await this.#addon.inFrontTab(saidShape, SAID);
      return said.text === "" ? undefined : said;
    });
  }

  async showTab(name: "lists" | "keys" | "about"): Promise<void> {
    await this.#addon.inFrontTab(z.null(), SHOW_TAB, name);
  }

  /** Chooses the file and types the code, without pressing the button yet. */
  async fillInvitation({ name, file, code }: HandedInvitation): Promise<void> {
    await this.showTab("lists");
    await this.#waitFor("input[name=file]");
    await this.#addon.inFrontTab(z.null(), FILL_IMPORT, name, Buffer.from(file).toString("base64"), code);
  }

  /** Types the code of a file that came with a mail. */
  async typeCode(code: string): Promise<void> {
    await this.#waitFor("input[name=code]");
    await this.#addon.inFrontTab(z.null(), TYPE_CODE, code);
  }

  /** Presses "Open invitation"; gives what the page then shows of it, or the sentence of a refusal. */
  async openInvitation(): Promise<Said> {
    await this.#addon.inFrontTab(z.null(), SUBMIT, "code");
    const opened = until("what is in the invitation", async () => {
      const said = await this.#addon.inFrontTab(saidShape, SAID);
      // seen once on a busy machine: already marked as a refusal, and its sentence not there yet
      if (said.failed && said.text !== "") return said;
      if (!(await this.#has("input[name=address]"))) return undefined;
      return { text: await this.text(), failed: false };
    });
    return opened.catch(async (error) => {
      throw new Error(`${error}\nThe page says: ${await this.text()}`);
    });
  }

  /** Fills in name and passphrase before joining; gives the address that the page shows. */
  async fillKey(name: string, passphrase = ""): Promise<string> {
    return this.#addon.inFrontTab(z.string(), FILL_KEY, name, passphrase);
  }

  /** Presses "Join list". */
  async joinList(): Promise<Said> {
    await this.#addon.inFrontTab(z.null(), SUBMIT, "address");
    const said = await this.#answer();
    // without the right to send, the request is in a window
    await this.#addon.ui.closeComposers();
    return said;
  }

  /** The page as a person reads it. */
  text(): Promise<string> {
    return this.#addon.inFrontTab(z.string(), "(window) => window.document.body.innerText");
  }

  /** Waits until the page says this. */
  async waitForText(words: string): Promise<void> {
    await until(`"${words}" on the options page`, async () =>
      (await this.text()).includes(words) ? true : undefined,
    );
  }

  /** Presses a button of the page and waits for its answer. */
  async press(label: string): Promise<Said> {
    await this.click(label);
    return this.#answer();
  }

  /** Ticks the first box with this label, or takes the tick away. */
  async tick(label: string): Promise<void> {
    await this.#addon.inFrontTab(z.null(), TICK, label);
  }

  /** Presses a button that only opens something. */
  async click(label: string): Promise<void> {
    await this.#addon.inFrontTab(z.null(), PRESS, label);
  }

  async close(): Promise<void> {
    await this.#addon.closeFrontTab();
  }
}
