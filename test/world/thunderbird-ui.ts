import { writeFileSync } from "node:fs";
import { z } from "zod";
import { until } from "./processes.js";
import type { Thunderbird } from "./thunderbird.js";

/** The custom element in which the add-on's display script shows an opened mail, and what it holds. */
const VIEW_ELEMENT = "listseal-view";

/**
 * Source of a function that gives the window in which the add-on's view is: that of the empty frame in the page that the
 * add-on has put in the sender's place, or the message document's own.
 */
export const WINDOW_OF_VIEW = `(window) => {
  return window.document.querySelector("iframe#listseal-page")?.contentWindow ?? window;
}`;

/** Where a message is shown: in the main window, or in a window of its own. */
export type MessageWindow = "mail:3pane" | "mail:messageWindow";

const headerShape = z.object({ subject: z.string(), from: z.string(), attachments: z.array(z.string()) });
/** As {@link Displayed}. */
export const displayedShape = z.object({
  /** Text of the message document without the add-on's view: what Thunderbird itself shows. */
  nativeText: z.string(),
  /** What the add-on shows, or null when it shows nothing. */
  view: z
    .object({
      kind: z.string(),
      text: z.string(),
      html: z.string(),
      images: z.array(z.object({ width: z.number(), height: z.number(), bytes: z.string() })),
      buttons: z.array(z.string()),
    })
    .nullable(),
});
const composerShape = z.object({
  subject: z.string(),
  to: z.array(z.string()),
  /** Those in Cc and Bcc. */
  others: z.array(z.string()),
  html: z.string(),
  attachments: z.array(z.string()),
  identity: z.string(),
  locked: z.boolean(),
});
const buttonShape = z.object({
  label: z.string(),
  title: z.string(),
  badge: z.string(),
  disabled: z.boolean(),
});

/** What Thunderbird itself says about the message: subject and From above it, names in its attachment pane. */
export type MessageHeader = z.infer<typeof headerShape>;
/** What the message document shows. */
export type Displayed = z.infer<typeof displayedShape>;
/** What stands in the compose window. */
export type ComposerState = z.infer<typeof composerShape>;
/** What a person sees of the add-on's button. */
export type ButtonState = z.infer<typeof buttonShape>;

/** How pressing Send ended: sent (window gone), a dialog asks, or the window is open again with nothing sent. */
export type SendOutcome = "closed" | "dialog" | "open";

/** A file to attach, by its path on disk. */
export interface FileToAttach {
  readonly path: string;
  readonly contentType?: string;
}

/**
 * Runs in the message document's process with full rights, so that a closed shadow root can be looked into.
 * Image contents are given in base64 where they are data: URLs.
 */
export const READ_DISPLAYED = `(window) => {
  const { document } = window;
  const host = (${WINDOW_OF_VIEW})(window).document.querySelector(${JSON.stringify(VIEW_ELEMENT)});
  const root = host ? (host.openOrClosedShadowRoot ?? host) : null;
  const textOf = (node) => {
    const copy = node.cloneNode(true);
    for (const silent of copy.querySelectorAll("style, script, " + ${JSON.stringify(VIEW_ELEMENT)})) silent.remove();
    return copy.textContent.replace(/[ \\t\\u00a0]+/g, " ").trim();
  };
  const shown = (node) => node.localName !== "style" && node.localName !== "script";
  const rootText = root && [...root.children].filter(shown).map(textOf).join("\\n").trim();
  return {
    nativeText: document.body ? textOf(document.body) : "",
    view: root && {
      kind: host.dataset.kind ?? "",
      text: rootText,
      html: root.innerHTML,
      images: [...root.querySelectorAll("img")].map((image) => ({
        width: image.naturalWidth,
        height: image.naturalHeight,
        bytes: image.src.startsWith("data:") ? image.src.slice(image.src.indexOf(",") + 1) : "",
      })),
      buttons: [...root.querySelectorAll("button, a[role=button]")].map((button) => textOf(button)),
    },
  };
}`;

const CLICK_IN_VIEW = `(window, label) => {
  const host = (${WINDOW_OF_VIEW})(window).document.querySelector(${JSON.stringify(VIEW_ELEMENT)});
  const root = host?.openOrClosedShadowRoot ?? host;
  const pressed = (selector) => [...(root?.querySelectorAll(selector) ?? [])];
  const all = [...pressed("button, a, [role=button]"), ...pressed("summary")];
  const button = all.find((one) => (one.textContent + " " + (one.getAttribute("aria-label") ?? "")).includes(label));
  if (!button) throw new Error("no button " + label + " among: " + all.map((one) => one.textContent).join(" | "));
  button.click();
}`;

/** What a person does with Thunderbird's mouse and keyboard, and what they see. */
export class ThunderbirdUi {
  readonly #thunderbird: Thunderbird;

  constructor(thunderbird: Thunderbird) {
    this.#thunderbird = thunderbird;
  }

  #call<T>(shape: z.ZodType<T>, file: string, name: string, ...args: readonly unknown[]): Promise<T> {
    return this.#thunderbird.marionette.call(shape, file, name, ...args);
  }

  /** Looks for new mail and gives how many mails the folder then holds. */
  getNewMail(folder = "INBOX"): Promise<number> {
    return this.#call(z.number(), "mail-window", "getNewMail", folder);
  }

  /** Opens a folder in the main window and gives the number of its rows. */
  openFolder(folder = "INBOX"): Promise<number> {
    return this.#call(z.number(), "mail-window", "openFolder", folder);
  }

  /** Subjects as the thread pane shows them. */
  listSubjects(): Promise<readonly string[]> {
    return this.#call(z.array(z.string()), "mail-window", "listSubjects");
  }

  /** Fetches until the folder holds at least `count` mails, and opens it. */
  async waitForMails(count: number, folder = "INBOX"): Promise<void> {
    await until(`${count} mails in ${folder} of ${this.#thunderbird.account.user}`, async () =>
      (await this.getNewMail(folder)) >= count ? true : undefined,
    );
    await this.openFolder(folder);
    await until(`${count} rows in ${folder}`, async () =>
      (await this.openFolder(folder)) >= count ? true : undefined,
    );
  }

  /** Selects a message in the open folder by its row or by text in its subject (the newest one), and waits for it. */
  selectMessage(which: number | string): Promise<number> {
    return this.#call(z.number(), "mail-window", "selectMessage", which);
  }

  /** Has Thunderbird's own list do a command ("cmd_delete", "cmd_archive") with the message of this Message-ID. */
  async commandOnMessage(messageId: string, command: string): Promise<void> {
    await this.#call(z.null(), "mail-window", "commandOnMessage", messageId, command);
  }

  /** Presses Ctrl, Shift and a capital letter in the main window. */
  async pressShortcut(letter: string): Promise<void> {
    await this.#call(z.null(), "mail-window", "pressShortcut", letter);
  }

  /** What the notifications on the screen say. */
  shownAlerts(): Promise<readonly string[]> {
    return this.#call(z.array(z.string()), "mail-window", "shownAlerts");
  }

  /** Who is in Thunderbird's address books. */
  contacts(): Promise<readonly { readonly name: string; readonly address: string }[]> {
    return this.#call(
      z.array(z.object({ name: z.string(), address: z.string() })),
      "mail-window",
      "contacts",
    );
  }

  /** What kind of tab is in front, by Thunderbird's own name. */
  frontTabKind(): Promise<string> {
    return this.#call(z.string(), "mail-window", "frontTabKind");
  }

  /** What Thunderbird's own header area says. */
  messageHeader(where: MessageWindow = "mail:3pane"): Promise<MessageHeader> {
    return this.#call(headerShape, "mail-window", "messageHeader", where);
  }

  /** What the message document shows at this moment, the add-on's view apart from the rest. */
  displayed(where: MessageWindow = "mail:3pane"): Promise<Displayed> {
    return this.#call(displayedShape, "mail-window", "inMessage", where, READ_DISPLAYED, []);
  }

  /** Waits until the add-on shows something that `accept` agrees to, and gives it; "it is being opened" is no answer yet. */
  waitForView(
    accept: (view: NonNullable<Displayed["view"]>) => boolean,
  ): Promise<NonNullable<Displayed["view"]>> {
    return until(`the add-on's view in ${this.#thunderbird.account.user}'s Thunderbird`, async () => {
      const { view } = await this.displayed();
      return view !== null && view.kind !== "opening" && accept(view) ? view : undefined;
    });
  }

  /** Waits until Thunderbird itself shows this text in the message. */
  async waitForNativeText(text: string): Promise<void> {
    await until(`the text ${text}`, async () =>
      (await this.displayed()).nativeText.includes(text) ? true : undefined,
    );
  }

  /** Clicks a button of the add-on's view, or what opens its details, named by a part of its label. */
  async clickInView(label: string): Promise<void> {
    await this.#call(z.null(), "mail-window", "inMessage", "mail:3pane", CLICK_IN_VIEW, [label]);
  }

  /** Opens a compose window with recipient and subject, and types the HTML at its start. */
  async compose(mail: {
    readonly to: string;
    readonly subject: string;
    readonly html: string;
    readonly files?: readonly FileToAttach[];
  }): Promise<void> {
    await this.#call(z.null(), "compose-window", "openComposer", mail.to, mail.subject);
    await this.#call(z.null(), "compose-window", "typeHtml", mail.html);
    for (const file of mail.files ?? []) {
      await this.#call(z.null(), "compose-window", "attachFile", file.path, file.contentType ?? null);
    }
  }

  /** Presses Reply on the displayed message and waits for the compose window. */
  async reply(): Promise<void> {
    await this.#call(z.null(), "compose-window", "replyToDisplayed");
  }

  /** Types HTML at the start of the open compose window. */
  async typeHtml(html: string): Promise<void> {
    await this.#call(z.null(), "compose-window", "typeHtml", html);
  }

  /** What stands in the compose window. */
  composerState(): Promise<ComposerState> {
    return this.#call(composerShape, "compose-window", "composerState");
  }

  /** Clicks the add-on's button in the compose window. */
  async clickComposeAction(addonId: string): Promise<void> {
    await this.#call(z.null(), "compose-window", "clickComposeAction", addonId);
  }

  /** What a person sees of the add-on's button. */
  composeActionState(addonId: string): Promise<ButtonState> {
    return this.#call(buttonShape, "compose-window", "composeActionState", addonId);
  }

  /** Presses Send and waits for what comes of it. */
  async send(): Promise<SendOutcome> {
    await this.#call(z.null(), "compose-window", "pressSend");
    return this.#call(z.enum(["closed", "dialog", "open"]), "compose-window", "sendOutcome");
  }

  /** Saves the draft: by the person's Ctrl+S, or as the timer does. */
  async saveDraft(by: "person" | "timer"): Promise<void> {
    await this.#call(z.null(), "compose-window", by === "person" ? "saveDraft" : "autoSave");
  }

  /** Texts of open dialogs. */
  dialogs(): Promise<readonly string[]> {
    return this.#call(z.array(z.string()), "compose-window", "dialogs");
  }

  /** Presses OK in every open dialog and gives how many there were. */
  acceptDialogs(): Promise<number> {
    return this.#call(z.number(), "compose-window", "acceptDialogs");
  }

  /** Says no in every open dialog and gives how many there were. */
  declineDialogs(): Promise<number> {
    return this.#call(z.number(), "compose-window", "declineDialogs");
  }

  /** What scripts of add-ons have thrown, unseen by anybody. */
  errorsOfAddons(): Promise<readonly string[]> {
    return this.#call(z.array(z.string()), "common", "errorsOfAddons");
  }

  /** Runs a function with the message window and these arguments. */
  inMessage<T>(shape: z.ZodType<T>, source: string, args: readonly unknown[] = []): Promise<T> {
    return this.#call(shape, "mail-window", "inMessage", "mail:3pane", source, args);
  }

  /** Changes a preference while Thunderbird runs. */
  async setPreference(name: string, value: string | number | boolean): Promise<void> {
    await this.#call(z.null(), "common", "setPreference", name, value);
  }

  /** Writes to the profile now what Thunderbird writes when it gets to it: preferences, files of filters. */
  async writeProfile(): Promise<void> {
    await this.#call(z.null(), "common", "writeProfile");
  }

  /** Closes all compose windows, keeping nothing. */
  async closeComposers(): Promise<void> {
    await this.#call(z.null(), "compose-window", "closeComposers");
  }

  /** Gives a window a size in pixels and brings it to the front. */
  async sizeWindow(type: "mail:3pane" | "msgcompose", width: number, height: number): Promise<void> {
    await this.#call(z.null(), "pictures", "sizeWindow", type, width, height);
  }

  /** Gives the message under the list of messages so many pixels of height. */
  async sizeMessagePane(height: number): Promise<void> {
    await this.#call(z.null(), "mail-window", "sizeMessagePane", height);
  }

  /** Changes Thunderbird's theme; pages of add-ons follow it. */
  async useTheme(theme: "dark" | "light"): Promise<void> {
    await this.#call(z.null(), "pictures", "useTheme", theme === "dark");
  }

  /** Has add-ons that are installed from now on speak this language. */
  async useLanguage(language: "en" | "ja" | "de" | "fr" | "es"): Promise<void> {
    await this.#call(z.null(), "pictures", "useLanguage", language === "en" ? "en-US" : language);
  }

  /** Saves a PNG picture of a window's inside. */
  async picture(type: "mail:3pane" | "msgcompose" | "mail:messageWindow", file: string): Promise<void> {
    const png = await this.#call(z.string(), "pictures", "pictureOfWindow", type);
    writeFileSync(file, Buffer.from(png, "base64"));
  }

  /** Saves a PNG picture of the whole screen: popups and dialogs are windows of their own. */
  async pictureOfScreen(file: string): Promise<void> {
    await this.#thunderbird.display.picture(file);
  }
}
