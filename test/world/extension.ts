import { createHash } from "node:crypto";
import { z } from "zod";
import { until } from "./processes.js";
import type { Thunderbird } from "./thunderbird.js";
import { type MessageWindow, ThunderbirdUi } from "./thunderbird-ui.js";

/** Runs in the popup: its text, once there is some. */
const POPUP_TEXT = `async (window) => {
  const text = () => window.document.body?.innerText.trim() ?? "";
  for (let tries = 0; tries < 2400 && text() === ""; tries += 1) {
    await new Promise((resolve) => window.setTimeout(resolve, 50));
  }
  return text();
}`;

/** Runs in the popup above a mail: what it is about, what it says, and its buttons; null while it is being read. */
const MAIL_POPUP = `(window) => {
  const { document } = window;
  const host = document.querySelector("listseal-view");
  const root = host?.shadowRoot;
  if (!root || !host.dataset.kind || host.dataset.kind === "opening") return null;
  return {
    kind: host.dataset.kind,
    mark: document.getElementById("mark").textContent,
    mail: document.getElementById("mail").innerText,
    text: root.textContent,
    buttons: [...root.querySelectorAll("button")].map((one) => one.textContent),
  };
}`;
const mailPopupShape = z.object({
  kind: z.string(),
  mark: z.string(),
  /** The mail that it speaks of. */
  mail: z.string(),
  text: z.string(),
  buttons: z.array(z.string()),
});
/** What the popup of the add-on's button above a mail says. */
export type MailPopup = z.infer<typeof mailPopupShape>;

/** Runs in the popup. */
const PRESS_IN_POPUP = `(window, label) => {
  const roots = [window.document, ...[...window.document.querySelectorAll("listseal-view")].map((one) => one.shadowRoot)];
  const all = roots.flatMap((root) => [...root.querySelectorAll("button")]);
  const button = all.find((one) => one.textContent.includes(label));
  if (!button) throw new Error("no button " + label + " among: " + all.map((one) => one.textContent).join(" | "));
  button.click();
}`;

/** An add-on that is installed in one Thunderbird, looked at from inside. */
export class InstalledAddon {
  readonly id: string;
  readonly thunderbird: Thunderbird;
  readonly ui: ThunderbirdUi;

  constructor(thunderbird: Thunderbird, id: string) {
    this.thunderbird = thunderbird;
    this.id = id;
    this.ui = new ThunderbirdUi(thunderbird);
  }

  /** Installs the unpacked add-on (or .xpi) at `path`. */
  static async install(thunderbird: Thunderbird, path: string): Promise<InstalledAddon> {
    return new InstalledAddon(thunderbird, await thunderbird.installAddon(path));
  }

  /**
   * Runs JavaScript source, an async function, with the rights of the add-on's background page.
   * @param shape what it has to give
   * @param source such as `async (key) => browser.storage.local.get(key)`
   * @param args JSON values
   */
  inBackground<T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T> {
    return this.thunderbird.marionette.call(shape, "extension", "inBackground", this.id, source, args);
  }

  /** Puts the background page to sleep. */
  async suspend(): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "suspendBackground", this.id);
  }

  /** What Thunderbird says of the event page: "running" and "stopped" are the two that last. Asking does not wake it. */
  backgroundState(): Promise<string> {
    return this.thunderbird.marionette.call(z.string(), "extension", "backgroundState", this.id);
  }

  /** Ends the background page at once, whatever it is doing, as a crash does. */
  async killPage(): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "killBackground", this.id);
  }

  /**
   * Keeps the background page from doing anything while `meanwhile` runs, as a page that is busy does: whatever Thunderbird tells
   * it waits, and comes in its order afterwards. No other page of the add-on runs either.
   */
  async whilePageIsBusy<T>(meanwhile: () => Promise<T>): Promise<T> {
    const { marionette } = this.thunderbird;
    const page = await marionette.call(z.number().int().min(2), "extension", "backgroundProcess", this.id);
    process.kill(page, "SIGSTOP");
    try {
      return await meanwhile();
    } finally {
      process.kill(page, "SIGCONT");
    }
  }

  /** Everything in the add-on's storage, as one text in which keys have a fixed order. */
  async storage(): Promise<string> {
    return this.inBackground(
      z.string(),
      `async () => {
        const sorted = (value) => value !== null && typeof value === "object" && !Array.isArray(value)
          ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]))
          : Array.isArray(value) ? value.map(sorted) : value;
        const api = globalThis.messenger ?? globalThis.browser;
        return JSON.stringify(sorted(await api.storage.local.get(null)));
      }`,
    );
  }

  /** Puts one value into the add-on's storage, as a damaged disk or a passing year would. */
  async setStorage(key: string, value: unknown): Promise<void> {
    await this.inBackground(
      z.null(),
      `async (key, value) => {
        // QUIRK: right after Thunderbird 153 has started this was seen to give an object
        await (globalThis.messenger ?? globalThis.browser).storage.local.set({ [key]: value });
        return null;
      }`,
      key,
      value,
    );
  }

  /** Waits for the button's popup in the compose window and gives its text. */
  popupText(): Promise<string> {
    return this.thunderbird.marionette.call(z.string(), "extension", "inPopup", POPUP_TEXT, []);
  }

  /** Fills a field of the popup. */
  async typeInPopup(name: string, value: string): Promise<void> {
    const source = `(window, name, value) => {
      window.document.querySelector("input[name=" + name + "]").value = value;
    }`;
    await this.thunderbird.marionette.call(z.null(), "extension", "inPopup", source, [name, value]);
  }

  /** Runs JavaScript source, a function of the popup's window. */
  async inPopup(source: string): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "inPopup", source, []);
  }

  /** Presses a button of the popup, named by a part of its label. */
  async pressInPopup(label: string): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "inPopup", PRESS_IN_POPUP, [label]);
  }

  /** SHA-256 of the storage, in hex: two of these compare two moments without showing a key. */
  async storageHash(): Promise<string> {
    return createHash("sha256")
      .update(await this.storage(), "utf8")
      .digest("hex");
  }

  /** Opens the options page in a tab. */
  async openOptions(): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "openOptions", this.id);
  }

  /** Waits for the options page that the add-on itself has opened. */
  async optionsInFront(): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "optionsInFront", this.id);
  }

  /** Runs JavaScript source, a function of the window, in the tab that is in front. */
  inFrontTab<T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T> {
    return this.thunderbird.marionette.call(shape, "extension", "inFrontTab", source, args);
  }

  /** Waits for Thunderbird's own question about a right, and gives what it says. */
  permissionQuestion(): Promise<string> {
    return this.thunderbird.marionette.call(z.string(), "extension", "permissionQuestion");
  }

  /** Answers it. */
  async answerPermissionQuestion(agree: boolean): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "answerPermissionQuestion", agree);
  }

  /** Types on the keyboard, with the cursor in the shown message. */
  async typeKeys(text: string): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "typeKeys", text);
  }

  /** Runs JavaScript source, a function of the popup's window, in the popup above a mail. */
  async inMailPopup(source: string, ...args: readonly unknown[]): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "inMailPopup", "mail:3pane", source, args);
  }

  /** Runs JavaScript source, a function of the message's window, with full rights. */
  inMessage<T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T> {
    return this.thunderbird.marionette.call(shape, "mail-window", "inMessage", "mail:3pane", source, args);
  }

  /** Closes the tab in front. */
  async closeFrontTab(): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "closeFrontTab");
  }

  /** Presses the button above the mail that is shown, and gives what its popup says. */
  async openMailPopup(where: MessageWindow = "mail:3pane"): Promise<MailPopup> {
    const { marionette } = this.thunderbird;
    await marionette.call(z.null(), "extension", "openMailPopup", this.id, where);
    return until("what the popup says of the mail", async () => {
      const shape = mailPopupShape.nullable();
      const said = await marionette.call(shape, "extension", "inMailPopup", where, MAIL_POPUP, []);
      return said ?? undefined;
    });
  }

  /** Presses a button of that popup, named by a part of its label. */
  async pressInMailPopup(label: string, where: MessageWindow = "mail:3pane"): Promise<void> {
    const { marionette } = this.thunderbird;
    await marionette.call(z.null(), "extension", "inMailPopup", where, PRESS_IN_POPUP, [label]);
  }

  /** Closes it. */
  async closeMailPopup(where: MessageWindow = "mail:3pane"): Promise<void> {
    await this.thunderbird.marionette.call(z.null(), "extension", "closeMailPopup", where);
  }
}
