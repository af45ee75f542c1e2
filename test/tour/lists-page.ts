import { z } from "zod";
import type { InstalledAddon } from "../world/extension.js";
import { until } from "../world/processes.js";

/** The add-on's page of lists in its own space of Thunderbird, driven as a person does. */

/** Runs in the background page: what the button in the bar of spaces does. */
const OPEN = `async () => {
  const { spaces } = globalThis.messenger ?? globalThis.browser;
  const [space] = await spaces.query({ isSelfOwned: true });
  if (space === undefined) return false;
  await spaces.open(space.id);
  return true;
}`;

/** Runs in the page: everything that it shows. */
const SHOWN = `(window) => {
  const { document } = window;
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent.trim());
  const view = [...document.querySelectorAll(".letter listseal-view")].at(-1);
  return {
    text: document.body.innerText,
    lists: texts(".lists button[aria-current]"),
    subjects: texts(".row .subject"),
    unread: document.querySelectorAll(".row.unread").length,
    undelivered: [...document.querySelectorAll(".row .missed")].map(({ title }) => title),
    rows: Number(document.querySelector(".row")?.getAttribute("aria-setsize") ?? 0),
    letter: view?.shadowRoot?.textContent ?? "",
    selected: document.querySelectorAll('.row[aria-selected="true"]').length,
    isLocked: document.querySelector(".progress listseal-view")?.dataset.kind === "locked",
  };
}`;
const shownShape = z.object({
  text: z.string(),
  lists: z.array(z.string()),
  subjects: z.array(z.string()),
  unread: z.number(),
  /** What is said of the person's own messages that did not reach everybody. */
  undelivered: z.array(z.string()),
  rows: z.number(),
  letter: z.string(),
  /** Selected rows among those that are drawn. */
  selected: z.number(),
  isLocked: z.boolean(),
});
/** What the page shows; of long lists those rows that are drawn, and `rows` for all. */
export type ListsShown = z.infer<typeof shownShape>;

/** Preact hears what a person types by events alone. */
const TYPE = `(window, selector, text) => {
  const field = window.document.querySelector(selector);
  field.value = text;
  // what a person chooses may ask for a right
  const handle = window.windowUtils.setHandlingUserInput(true);
  try {
    field.dispatchEvent(new window.Event("input", { bubbles: true }));
    field.dispatchEvent(new window.Event("change", { bubbles: true }));
  } finally {
    handle.destruct();
  }
}`;

const CLICK = `(window, selector, label) => {
  const all = [...window.document.querySelectorAll(selector)];
  const one = all.find(({ textContent }) => textContent.includes(label));
  if (!one) throw new Error("no " + selector + " with " + label + " among: " + all.map((each) => each.textContent).join(" | "));
  const handle = window.windowUtils.setHandlingUserInput(true);
  try {
    one.click();
  } finally {
    handle.destruct();
  }
}`;

const PRESS_KEY = `(window, key, how) => {
  const rows = window.document.querySelector(".rows");
  rows.focus();
  rows.dispatchEvent(new window.KeyboardEvent("keydown", { key, ...how, bubbles: true, cancelable: true }));
}`;

const UNLOCK = `(window, passphrase) => {
  const root = window.document.querySelector(".progress listseal-view").shadowRoot;
  root.querySelector("input").value = passphrase;
  root.querySelector(".unlock button").click();
}`;

/** The page of lists in the front tab of somebody's Thunderbird. */
export class ListsPage {
  readonly addon: InstalledAddon;

  private constructor(addon: InstalledAddon) {
    this.addon = addon;
  }

  /** Opens it as its button does, and waits until it shows something. */
  static async open(addon: InstalledAddon): Promise<ListsPage> {
    await until(
      "the button of the space",
      async () => (await addon.inBackground(z.boolean(), OPEN)) || undefined,
    );
    const page = new ListsPage(addon);
    await until("the page of lists", async () => {
      const text = await addon
        .inFrontTab(z.string(), "(window) => window.location.href + window.document.body.innerText")
        .catch(() => "");
      return (text.includes("/space/space.html") && text.length > 80) || undefined;
    });
    return page;
  }

  shown(): Promise<ListsShown> {
    return this.addon.inFrontTab(shownShape, SHOWN);
  }

  /** Waits until what it shows is as it should be. */
  async waitFor(what: string, accept: (shown: ListsShown) => boolean): Promise<ListsShown> {
    let last: ListsShown | undefined;
    try {
      return await until(what, async () => {
        last = await this.shown();
        return accept(last) ? last : undefined;
      });
    } catch (cause) {
      throw new Error(`${what} on the page of lists, which says: ${JSON.stringify(last)}`, { cause });
    }
  }

  async search(words: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), TYPE, "input[type=search]", words);
  }

  async chooseAuthor(address: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), TYPE, ".tools select", address);
  }

  /** Presses a button of the page. */
  async press(label: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), CLICK, "button", label);
  }

  /** Chooses the first row with this subject. */
  async choose(subject: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), CLICK, ".row", subject);
  }

  /** Presses a key while the list has the keyboard. */
  async key(
    key: string,
    how: { readonly shiftKey?: boolean; readonly ctrlKey?: boolean } = {},
  ): Promise<void> {
    await this.addon.inFrontTab(z.null(), PRESS_KEY, key, how);
  }

  /** Chooses how new messages are told of: "off", "subject", "author". */
  async chooseNotifications(show: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), TYPE, ".lists select", show);
  }

  /** Turns readable copies of the list that is shown on or off. */
  async clickCopies(): Promise<void> {
    await this.addon.inFrontTab(z.null(), CLICK, ".choices input", "");
  }

  async unlock(passphrase: string): Promise<void> {
    await this.addon.inFrontTab(z.null(), UNLOCK, passphrase);
  }
}
