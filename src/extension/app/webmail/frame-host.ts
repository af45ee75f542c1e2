import { browser } from "../../platform/browser.js";
import { callFrame } from "../../platform/rpc/frame-port.js";

/**
 * The content script's side of one of our frames: puts it into the page and speaks with it over a port of their own.
 *
 * The closed shadow root is for the page's styles and scripts not to stumble over the frame; it keeps no secret (a page reads
 * text in it with `window.find()`). The boundary is the frame's own origin.
 */
export interface OpenFrame {
  /** What is in the page. */
  readonly element: HTMLElement;
  close(): void;
}

const pages = { read: "app/webmail/read.html", write: "app/webmail/write.html" } as const;

/** A height that says nothing of what is in it; people pull it larger. */
const HEIGHT = "min(70vh, 46rem)";
/** What a letter can be written in, in CSS pixels. */
const LEAST_HEIGHT = 320;

/**
 * The height of what a frame stands in for. QUIRK: Chromium 156 counts a frame as covered where the page scrolls a part of it
 * under something else, so it had better not be taller than its place.
 */
export function heightOf(place: Element): string {
  return `${Math.max(LEAST_HEIGHT, Math.floor(place.getBoundingClientRect().height))}px`;
}

/**
 * Makes a frame; the caller puts `element` into the page.
 * @param opened gets the port to the frame's script, when it has answered: once
 */
export function makeFrame(
  page: keyof typeof pages,
  title: string,
  opened: (port: MessagePort) => void,
  height: string = HEIGHT,
): OpenFrame {
  const element = document.createElement("div");
  element.style.cssText = `all: initial; display: block; width: 100%; height: ${height}; min-height: 12rem; resize: vertical; overflow: hidden;`;
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0;";
  frame.src = browser.runtime.getURL(pages[page]);
  element.attachShadow({ mode: "closed" }).append(frame);

  const origin = new URL(browser.runtime.getURL("")).origin;
  const giveUp = callFrame(frame, origin, opened);
  return {
    element,
    close: () => {
      giveUp();
      element.remove();
    },
  };
}
