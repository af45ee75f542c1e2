import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { Preferences } from "./gecko.js";

/** The real browsers that the builds for browsers are tried in. */
export const BROWSERS = ["chromium", "firefox"] as const;
export type BrowserName = (typeof BROWSERS)[number];

/** Keys that are pressed by name. */
export type KeyName = "Enter" | "Tab" | "Escape" | "Backspace" | "Space" | "ArrowDown" | "Home" | "Delete";

/**
 * One document: that of a tab, or that of a frame in it, wherever the frame hangs (another origin, a closed shadow
 * root). Selectors are CSS, and `host >> inner` is `inner` in the open shadow root of `host`; clicks and keys are the browser's own, trusted like a person's.
 */
export interface Sheet {
  /**
   * Runs JavaScript source, a function (async or not), in the document, past its content security policy.
   * @param shape what it has to give; anything else is an error
   * @param args JSON values
   * @throws what the function throws
   */
  run<T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T>;
  /** Clicks in the middle of the first element that matches, once there is one; throws if it can't be clicked. */
  click(selector: string): Promise<void>;
  /** Clicks an editable element, or a line in one, and types at the end of that line. */
  type(selector: string, text: string): Promise<void>;
  /** Gives files to an `input[type=file]`, as a person's choice in the file dialog does. */
  setFiles(selector: string, files: readonly string[]): Promise<void>;
  /** Waits until an element matches; it need not be visible. */
  waitFor(selector: string): Promise<void>;
  /** Waits for a frame below this document whose address contains `part`; `patience` (milliseconds) is for one that should not be there. */
  frame(part: string, patience?: number): Promise<Sheet>;
}

/** One tab. */
export interface Page extends Sheet {
  /** Goes to an address of the web and waits until it has loaded. */
  go(url: string): Promise<void>;
  /** Presses a key on whatever has the focus. */
  press(key: KeyName): Promise<void>;
  /** Gives the page this width, in CSS pixels, as on a telephone. */
  resize(width: number): Promise<void>;
  /** Saves a PNG picture of what is visible. */
  picture(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A running browser with the extension in it. */
export interface Browser {
  readonly name: BrowserName;
  /** Where files are saved without a question. */
  readonly downloads: string;
  /** The address of one of the extension's files. */
  extensionUrl(path: string): string;
  /** Opens a page of the extension (a path such as "app/options/options.html") or an http address in a tab in front. */
  open(pathOrUrl: string): Promise<Page>;
  /** The tab, opened by the page itself or by the extension, whose address contains `part`; waits for it. */
  opened(part: string): Promise<Page>;
  /** Ends the background worker or page, as the browser does with an idle one; the next event starts it again. */
  stopBackground(): Promise<void>;
  /** Ends it and removes its folder. */
  close(): Promise<void>;
}

/** What a browser is started with. */
export interface BrowserOptions {
  /** Folder of the unpacked extension: dist/chromium, dist/firefox, or a test's own. */
  readonly extension: string;
  /** Language of browser and extension; English if left out. */
  readonly language?: "en" | "ja" | "de" | "fr" | "es";
  /** Whether pages are told that the person wants them dark. */
  readonly dark?: boolean;
  /** Chromium in a window of its own on the display, for a person to play with. */
  readonly visible?: boolean;
  /** More arguments for Chromium. */
  readonly chromiumArguments?: readonly string[];
  /** More preferences for Firefox. */
  readonly firefoxPreferences?: Preferences;
}

/** What a driver needs beside the options. */
export interface BrowserStart extends BrowserOptions {
  /** An empty folder for profile, downloads and logs. */
  readonly folder: string;
  readonly downloads: string;
}

/** Size of the window's inside, in CSS pixels. */
export const VIEWPORT = { width: 1200, height: 800 } as const;

/** The manifest of an unpacked extension, as far as a driver needs it. */
export function manifestOf(extension: string): { readonly geckoId: string | undefined } {
  const shape = z.object({
    browser_specific_settings: z.object({ gecko: z.object({ id: z.string() }) }).optional(),
  });
  const manifest = shape.parse(JSON.parse(readFileSync(join(extension, "manifest.json"), "utf8")));
  return { geckoId: manifest.browser_specific_settings?.gecko.id };
}
