import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import type { Marionette } from "../world/marionette.js";
import { WINDOW_OF_VIEW } from "../world/thunderbird-ui.js";

/** What the add-on shows, looked at as people see, hear and reach it: by axe, by the room it takes, by the keyboard. */

/** Where it is: the tab in front, the button's popup in the compose window, the mail of the main window or of its own. */
export type Place = "tab" | "popup" | "mail" | "mail-window";

/**
 * Runs there: axe-core's complaints. The pages' own policy forbids scripts from outside, a sandbox does not ask it.
 * In a mail only the add-on's own element is looked at: the document around it is Thunderbird's.
 */
const AXE = `async (window, rules) => {
  if (window.listsealAxe === undefined) {
    window.listsealAxe = Cu.Sandbox(window, { sandboxPrototype: window, wantXrays: false, sameZoneAs: window });
    Cu.evalInSandbox(Services.cpmm.sharedData.get("listseal-axe"), window.listsealAxe);
  }
  const sandbox = window.listsealAxe;
  sandbox.rules = JSON.stringify(rules);
  const { violations } = await Cu.evalInSandbox(
    \`(window.axe ?? axe).run(document.querySelector("listseal-view") === null ? document : "listseal-view",
      { resultTypes: ["violations"], ...(rules === "[]" ? {} : { runOnly: JSON.parse(rules) }) })\`,
    sandbox,
  );
  return JSON.parse(JSON.stringify(violations)).map(
    ({ id, nodes }) => id + ": " + nodes.map(({ html, failureSummary }) => html + " " + failureSummary).join(" | "),
  );
}`;

const AXE_SOURCE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Everything that is the add-on's, through open shadow roots; in a mail what stands in its own element. */
const PARTS = `
  const { document } = window;
  const host = document.querySelector("listseal-view");
  const walk = (root) => [...root.querySelectorAll("*")].flatMap((one) =>
    one.shadowRoot ? [one, ...walk(one.shadowRoot)] : [one]);
  const parts = host ? walk(host.openOrClosedShadowRoot ?? host) : walk(document.body);
  const silent = "script, style, option, svg *, .unseen, .unseen *";
  const seen = parts.filter((one) =>
    !one.matches(silent) && one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length > 0);
  const nameOf = (one) => one.localName + (one.className && typeof one.className === "string" ? "." + one.className : "") +
    " " + JSON.stringify((one.textContent || one.value || "").trim().slice(0, 50));`;

/** Runs there: what sticks out at the sides, scrolls sideways, or is cut off. */
const LAYOUT = `(window) => {
  ${PARTS}
  const root = document.documentElement;
  const found = [];
  const scrolls = (one) => /auto|scroll/.test(window.getComputedStyle(one).overflowX);
  const inScrolled = (one) => {
    for (let above = one.parentElement; above; above = above.parentElement) if (scrolls(above)) return true;
    return false;
  };
  if (!host && root.scrollWidth > root.clientWidth)
    found.push("scrolls sideways: " + root.scrollWidth + " in " + root.clientWidth);
  for (const one of seen) {
    const { left, right, width, height } = one.getBoundingClientRect();
    if (width === 0 || height === 0) continue;
    if ((left < -1 || right > root.clientWidth + 1) && !inScrolled(one))
      found.push("sticks out (" + Math.round(left) + " to " + Math.round(right) + " of " + root.clientWidth + "): " + nameOf(one));
    const { overflowX, overflowY, display, contain } = window.getComputedStyle(one);
    const clips = (value) => value !== "visible" || /paint|content|strict/.test(contain);
    const line = /^(?:button|summary)$/.test(one.localName);
    if (display === "inline") continue;
    if ((clips(overflowX) || line) && one.scrollWidth > one.clientWidth + 1 && !/^(?:auto|scroll)$/.test(overflowX))
      found.push("cut off at the side: " + nameOf(one));
    if ((clips(overflowY) || line) && one.scrollHeight > one.clientHeight + 1 && !/^(?:auto|scroll)$/.test(overflowY))
      found.push("cut off below: " + nameOf(one));
  }
  return found;
}`;

/** Runs there: what has so little room beside something else that its words break. */
const SQUEEZED = `(window) => {
  ${PARTS}
  const words = (one) => [...one.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim().length > 12);
  return seen
    .filter((one) => {
      const { lineHeight, fontSize, display } = window.getComputedStyle(one);
      const { width, height } = one.getBoundingClientRect();
      const [size, line] = [parseFloat(fontSize), parseFloat(lineHeight) || 1.4 * parseFloat(fontSize)];
      return words(one) && display !== "inline" && width < 5 * size && height > 4 * line;
    })
    .map((one) => "squeezed: " + nameOf(one));
}`;

/** Runs there: each text that is seen, or read out in its place. */
const TEXTS = `(window) => {
  ${PARTS}
  const found = new Set();
  for (const one of seen) {
    for (const { nodeType, data } of one.childNodes) if (nodeType === 3) found.add(data);
    for (const name of ["aria-label", "title", "placeholder", "alt"]) found.add(one.getAttribute(name) ?? "");
    if (one.localName === "select") for (const { text } of one.options) found.add(text);
  }
  return [...found].map((text) => text.replace(/\\s+/g, " ").trim()).filter((text) => text !== "");
}`;

/**
 * Runs there: what can't be told from text or from its neighbours once backgrounds are gone, as they are where colours are
 * forced: controls without an edge or a line under them, and a chosen tab that looks like the others.
 */
const EDGES = `(window) => {
  ${PARTS}
  const found = [];
  if (!window.matchMedia("(forced-colors: active)").matches) found.push("colours are not forced");
  const edges = (one) => {
    const style = window.getComputedStyle(one);
    const sides = ["Top", "Bottom", "Left", "Right"].map((side) =>
      style["border" + side + "Style"] === "none" ? "" : style["border" + side + "Width"] + " " + style["border" + side + "Color"]);
    return sides.join(", ") + ", " + style.textDecorationLine + ", " + style.fontWeight + ", " + style.color + ", " +
      style.backgroundColor;
  };
  for (const one of seen) {
    const style = window.getComputedStyle(one);
    if (one.matches("button, select, textarea, input:not([type=checkbox], [type=radio], [type=file])")) {
      const isEdged = ["Top", "Bottom", "Left", "Right"].some((side) =>
        style["border" + side + "Style"] !== "none" && parseFloat(style["border" + side + "Width"]) >= 1 &&
        style["border" + side + "Color"] !== style.backgroundColor && !/, 0\\)$/.test(style["border" + side + "Color"]));
      if (!isEdged && !style.textDecorationLine.includes("underline")) found.push("no edge: " + nameOf(one));
    }
    if (one.matches("[role=tab][aria-selected=true]")) {
      const other = seen.find((each) => each.matches("[role=tab][aria-selected=false]"));
      if (other && edges(other) === edges(one)) found.push("the chosen tab looks like the others: " + nameOf(one));
    }
  }
  return found;
}`;

/** Runs there: presses keys as a keyboard does. */
const KEYS = `
  const press = (key, shift = false) => {
    const tip = Cc["@mozilla.org/text-input-processor;1"].createInstance(Ci.nsITextInputProcessor);
    if (!tip.beginInputTransactionForTests(window)) throw new Error("no keyboard");
    const codes = { Tab: 9, Enter: 13, Escape: 27, End: 35, Home: 36, ArrowLeft: 37, ArrowUp: 38, ArrowRight: 39,
      ArrowDown: 40, " ": 32 };
    const down = (init) => new window.KeyboardEvent("", init);
    const shiftKey = down({ key: "Shift", code: "ShiftLeft", keyCode: 16 });
    const code = key === " " ? "Space" : key.length > 1 ? key : /[0-9]/.test(key) ? "Digit" + key : "Key" + key.toUpperCase();
    const event = down({ key, code, keyCode: codes[key] ?? key.toUpperCase().charCodeAt(0) });
    if (shift) tip.keydown(shiftKey);
    tip.keydown(event);
    tip.keyup(event);
    if (shift) tip.keyup(shiftKey);
  };
  const active = () => {
    let one = window.document.activeElement;
    while (one?.openOrClosedShadowRoot?.activeElement) one = one.openOrClosedShadowRoot.activeElement;
    return one === window.document.body || one === window.document.documentElement ? null : one;
  };`;

/** Runs there: goes through it by Tab from its beginning, and gives what a person at a keyboard lacks. */
const TAB_THROUGH = `async (window) => {
  ${PARTS}
  ${KEYS}
  const wanted = seen.filter((one) =>
    one.matches("a[href], button, input, select, textarea, summary, [tabindex]") &&
    !one.disabled && one.tabIndex >= 0 &&
    // arrow keys go on from the chosen one of a group
    !(one.type === "radio" && !one.checked && parts.some(({ name, checked }) => name === one.name && checked)) && !(one.localName === "summary" && one.parentElement?.localName !== "details"));
  active()?.blur();
  Services.focus.clearFocus(window);
  window.getSelection().collapse(document.body, 0);
  window.scrollTo(0, 0);
  const reached = new Set();
  const found = [];
  for (let count = 0; count <= wanted.length + 2; count += 1) {
    press("Tab");
    await new Promise((resolve) => window.setTimeout(resolve, 0));
    const one = active();
    if (one === null || reached.has(one)) break;
    reached.add(one);
    const style = window.getComputedStyle(one);
    if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) found.push("no visible focus: " + nameOf(one));
    const away = () => {
      const { top, bottom, left, right } = one.getBoundingClientRect();
      return bottom < 0 || top > window.innerHeight || right < 0 || left > window.innerWidth;
    };
    // it is scrolled to with the next picture that is drawn; what has come into the page above it since may have moved it
    for (let tries = 0; away() && tries < 2400; tries += 1) {
      if (tries % 20 === 19) {
        press("Tab", true);
        press("Tab");
      }
      await new Promise((resolve) => window.setTimeout(resolve, 50));
    }
    if (away()) found.push("focus out of sight (" + Math.round(one.getBoundingClientRect().top) + " of " + window.innerHeight + ", scrolled " + Math.round(window.scrollY) + (active() === one ? "" : ", focus lost") + "): " + nameOf(one));
  }
  for (const one of wanted) if (!reached.has(one)) found.push("not reached by Tab: " + nameOf(one));
  return found;
}`;

/** Runs there: presses Tab until something with this label has the focus, then the keys. */
const GO_AND_PRESS = `async (window, label, keys) => {
  ${KEYS}
  const labelOf = (one) => one?.getAttribute("aria-label") ??
    ((one?.labels?.[0]?.textContent ?? "") + " " + (one?.textContent ?? "") + " " + (one?.name ?? ""));
  const first = active();
  const passed = [];
  for (let count = 0; count < 200; count += 1) {
    const one = active();
    if (one !== null && labelOf(one).includes(label)) break;
    if (count === 199) throw new Error("Tab never comes to " + label + "; it came to " + passed.join(" | "));
    passed.push(labelOf(one).trim().slice(0, 40));
    press("Tab");
    await new Promise((resolve) => window.setTimeout(resolve, 0));
  }
  for (const key of keys) press(key);
}`;

const DIRECTION = `(window, direction) => {
  const host = window.document.querySelector("listseal-view");
  (host ?? window.document.documentElement).dir = direction;
}`;

/** Rules of axe that a change of colours can break. */
const COLOURS = ["color-contrast", "link-in-text-block"] as const;

/** Thunderbirds that have axe's source already: it is long. */
const givenAxe = new WeakSet<Marionette>();

export class Surface {
  readonly place: Place;
  readonly #marionette: Marionette;

  constructor(marionette: Marionette, place: Place) {
    this.#marionette = marionette;
    this.place = place;
  }

  #call<T>(shape: z.ZodType<T>, name: string, ...args: readonly unknown[]): Promise<T> {
    return this.#marionette.call(shape, "surfaces", name, this.place, ...args);
  }

  /** Runs JavaScript source, a function of the window, there. */
  run<T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T> {
    const isMail = this.place === "mail" || this.place === "mail-window";
    const there = isMail ? `(window, ...args) => (${source})((${WINDOW_OF_VIEW})(window), ...args)` : source;
    return this.#call(shape, "onSurface", there, args);
  }

  /** What axe-core finds wrong with it as it is; `colours`: only what a change of colours can break. */
  async complaints(rules: "all" | "colours" = "all"): Promise<readonly string[]> {
    if (!givenAxe.has(this.#marionette)) {
      await this.#marionette.call(z.null(), "surfaces", "share", "listseal-axe", AXE_SOURCE);
      givenAxe.add(this.#marionette);
    }
    return this.run(z.array(z.string()), AXE, rules === "all" ? [] : COLOURS);
  }

  /** What is cut off, or sticks out at the sides. */
  cutOff(): Promise<readonly string[]> {
    return this.run(z.array(z.string()), LAYOUT);
  }

  /** What has too little room beside something else. */
  squeezed(): Promise<readonly string[]> {
    return this.run(z.array(z.string()), SQUEEZED);
  }

  /** Each text that is seen there, or that a screen reader reads in its place. */
  texts(): Promise<readonly string[]> {
    return this.run(z.array(z.string()), TEXTS);
  }

  /** What a keyboard can't reach, or reaches unseen. */
  async beyondKeys(): Promise<readonly string[]> {
    await this.#call(z.null(), "focusSurface");
    return this.run(z.array(z.string()), TAB_THROUGH);
  }

  /** Whether the keyboard is in it already, on this kind of element: for what opens by itself. */
  hasKeyboardOn(selector: string): Promise<boolean> {
    const source = `(window, selector) => window.document.hasFocus() && window.document.activeElement.matches(selector)`;
    return this.run(z.boolean(), source, selector);
  }

  /** By keys alone: Tab until something with this label has the focus, then these keys. */
  async goAndPress(label: string, ...keys: readonly string[]): Promise<void> {
    await this.#call(z.null(), "focusSurface");
    await this.run(z.null(), GO_AND_PRESS, label, keys);
  }

  /** As in a dark or light theme; "none" gives it back to the theme. */
  async useScheme(scheme: "dark" | "light" | "none"): Promise<void> {
    await this.#call(z.null(), "useScheme", scheme);
  }

  /** As it is printed; an empty text gives the screen back. */
  async useMedium(medium: "print" | ""): Promise<void> {
    await this.#call(z.null(), "useMedium", medium);
  }

  /** As to somebody whose system forces its own colours on everything. */
  async forceColours(isForced: boolean): Promise<void> {
    await this.#call(z.null(), "forceColours", isForced ? "active" : "none");
  }

  /** What can't be told from text any more, where colours are forced. */
  withoutEdges(): Promise<readonly string[]> {
    return this.run(z.array(z.string()), EDGES);
  }

  /** 2 shows everything twice as large. */
  async zoom(factor: number): Promise<void> {
    await this.#call(z.null(), "zoom", factor);
  }

  /** As for a language that is written from right to left. */
  async direction(direction: "ltr" | "rtl"): Promise<void> {
    await this.run(z.null(), DIRECTION, direction);
  }

  /** Saves a PNG picture of all of it. */
  async picture(file: string): Promise<void> {
    writeFileSync(file, Buffer.from(await this.#call(z.string(), "pictureOfSurface"), "base64"));
  }

  /** Closes the popup, as a click beside it does. */
  async closePopup(): Promise<void> {
    await this.#marionette.call(z.null(), "surfaces", "closePopup");
  }
}
