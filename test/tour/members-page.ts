import { z } from "zod";
import type { InstalledAddon } from "../world/extension.js";
import { until } from "../world/processes.js";
import { Surface } from "./surface.js";

/** The page for owners, driven as a person does. */

/** A press counts as a person's own: only then does Thunderbird let a page ask for a right. */
const CLICK = `const press = (element) => {
    const handle = window.windowUtils.setHandlingUserInput(true);
    try {
      element.click();
    } finally {
      handle.destruct();
    }
  };`;

/** Runs in the page: presses the button with this label, or this name for screen readers. */
const PRESS = `(window, label) => {
  ${CLICK}
  const all = [...window.document.querySelectorAll("button, summary")].filter((one) => !one.disabled);
  const named = (one) => one.getAttribute("aria-label") ?? one.textContent;
  const button = all.find((one) => named(one) === label) ?? all.find((one) => named(one).includes(label));
  if (!button) throw new Error("no button " + label + " among: " + all.map(named).join(" | "));
  button.scrollIntoView({ block: "center" });
  press(button);
}`;

/** Runs in the page: types into fields by their names. */
const FILL = `(window, values) => {
  for (const [name, value] of Object.entries(values)) {
    const field = window.document.querySelector("[name=" + name + "]");
    if (!field) throw new Error("no field " + name);
    field.value = value;
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
    field.dispatchEvent(new window.Event("change", { bubbles: true }));
  }
}`;

/** Runs in the page: gives a file to a field. */
const GIVE_FILE = `(window, field, name, base64) => {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const file = new window.File([Cu.cloneInto(bytes.buffer, window)], name);
  window.document.querySelector("input[name=" + field + "]").mozSetFileArray([file]);
}`;

/** Runs in the page: chooses in a list by the label of the list. */
const CHOOSE = `(window, label, value) => {
  const wanted = [...window.document.querySelectorAll("label")].find((one) => one.textContent.includes(label));
  const select = wanted?.querySelector("select");
  if (!select) throw new Error("no list " + label);
  const handle = window.windowUtils.setHandlingUserInput(true);
  try {
    select.value = value;
    select.dispatchEvent(new window.Event("change", { bubbles: true }));
  } finally {
    handle.destruct();
  }
}`;

/** Runs in the page: presses the one of several choices that has this value. */
const TICK = `(window, name, value) => {
  ${CLICK}
  const choice = window.document.querySelector("input[name=" + name + "][value=" + value + "]");
  if (!choice) throw new Error("no choice " + name + " " + value);
  press(choice);
}`;

/** Runs in the page: the invitation codes that it shows, by address. */
const CODES = `(window) => Object.fromEntries(
  [...window.document.querySelectorAll(".card")].flatMap((card) => {
    const code = card.querySelector(".code");
    if (!code) return [];
    const groups = [...code.querySelectorAll("span")].map((group) => group.textContent);
    return [[card.querySelector("h4").textContent, groups.join("-")]];
  }),
)`;

/** Runs in the page: shows one of its tabs. */
const SHOW_TAB = `(window, name) => window.document.querySelector("#tab-" + name).click()`;

/** The options page's tab "Members", or another one, in the front tab of somebody's Thunderbird. */
export class MembersPage {
  readonly #addon: InstalledAddon;

  private constructor(addon: InstalledAddon) {
    this.#addon = addon;
  }

  static async open(
    addon: InstalledAddon,
    tab: "members" | "backup" | "keys" = "members",
  ): Promise<MembersPage> {
    await addon.openOptions();
    const page = new MembersPage(addon);
    await page.#until("the tabs", "#tab-members");
    await page.showTab(tab);
    await page.#until("the page", "#panel form");
    return page;
  }

  async showTab(name: "members" | "backup" | "keys" | "privacy" | "lists" | "about"): Promise<void> {
    await this.#addon.inFrontTab(z.null(), SHOW_TAB, name);
  }

  /** What stands in the first element that matches. */
  textOf(selector: string): Promise<string> {
    const source = `(window, selector) => window.document.querySelector(selector)?.textContent ?? ""`;
    return this.#addon.inFrontTab(z.string(), source, selector);
  }

  async #until(what: string, selector: string): Promise<void> {
    const source = "(window, selector) => window.document.querySelector(selector) !== null";
    await until(what, async () =>
      (await this.#addon.inFrontTab(z.boolean(), source, selector)) ? true : undefined,
    );
  }

  async press(label: string): Promise<void> {
    await this.#addon.inFrontTab(z.null(), PRESS, label);
  }

  async fill(values: Readonly<Record<string, string>>): Promise<void> {
    await this.#addon.inFrontTab(z.null(), FILL, values);
  }

  async giveFile(field: string, name: string, bytes: Uint8Array): Promise<void> {
    const base64 = Buffer.from(bytes).toString("base64");
    await this.#addon.inFrontTab(z.null(), GIVE_FILE, field, name, base64);
  }

  /** One of several choices, by its field and value. */
  async tick(field: string, value: string): Promise<void> {
    await this.#addon.inFrontTab(z.null(), TICK, field, value);
  }

  async choose(label: string, value: string): Promise<void> {
    await this.#addon.inFrontTab(z.null(), CHOOSE, label, value);
  }

  /** Codes that are shown for reading aloud, by address. */
  codes(): Promise<Readonly<Record<string, string>>> {
    return this.#addon.inFrontTab(z.record(z.string(), z.string()), CODES);
  }

  /** The page as a person reads it. */
  text(): Promise<string> {
    return this.#addon.inFrontTab(z.string(), "(window) => window.document.body.innerText");
  }

  /** Waits until the page says this; new mail is fetched meanwhile, since answers come by mail. */
  async waitFor(words: string): Promise<string> {
    let seen = "";
    try {
      return await until(`"${words}" on the page for owners`, async () => {
        seen = await this.text();
        if (seen.includes(words)) return seen;
        await this.#addon.ui.getNewMail();
        return undefined;
      });
    } catch (error) {
      throw new Error(`${error}\nThe page says: ${seen}`);
    }
  }

  /** Scrolls to the first element that matches. */
  async scrollTo(selector: string): Promise<void> {
    const source = `(window, selector) => {
      window.document.querySelector(selector)?.scrollIntoView({ block: "start" });
    }`;
    await this.#addon.inFrontTab(z.null(), source, selector);
  }

  /** What axe-core finds wrong with the page as it is. */
  complaints(): Promise<readonly string[]> {
    return new Surface(this.#addon.thunderbird.marionette, "tab").complaints();
  }

  async close(): Promise<void> {
    await this.#addon.closeFrontTab();
  }
}
