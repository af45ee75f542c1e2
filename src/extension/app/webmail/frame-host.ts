import { browser } from "../../platform/browser.js";
import { HELLO, READY, type ToRead, type ToWrite } from "./frame-messages.js";

/**
 * The content script's side of one of our frames: puts it into the page and speaks with it over a port of their own.
 *
 * The closed shadow root is for the page's styles and scripts not to stumble over the frame; it keeps no secret (a page reads
 * text in it with `window.find()`). The boundary is the frame's own origin.
 */
export interface OpenFrame {
  /** What stands in the page. */
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

/** How often a frame is called that does not answer yet, and how long. A busy machine takes seconds to start it. */
const [CALL_MS, PATIENCE_MS] = [250, 30_000] as const;

/**
 * Makes a frame for a message; the caller puts `element` into the page. Buffers in `transfer` are moved.
 *
 * The frame is called until it answers, over a port of its own that the page's scripts never see, and only then gets the
 * message. QUIRK: Firefox 153 says `load` of a frame of another process before its scripts have run.
 */
export function makeFrame(
  message: ToRead | ToWrite,
  title: string,
  transfer: readonly ArrayBuffer[],
  hear: (said: unknown, port: MessagePort) => void,
  height: string = HEIGHT,
): OpenFrame {
  const element = document.createElement("div");
  element.style.cssText = `all: initial; display: block; width: 100%; height: ${height}; min-height: 12rem; resize: vertical; overflow: hidden;`;
  const frame = document.createElement("iframe");
  frame.title = title;
  frame.style.cssText = "display: block; width: 100%; height: 100%; border: 0;";
  frame.src = browser.runtime.getURL(pages[message.listseal]);
  element.attachShadow({ mode: "closed" }).append(frame);

  const origin = new URL(browser.runtime.getURL("")).origin;
  let answered: MessagePort | undefined;
  const call = () => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (answered !== undefined || data !== READY) return;
      answered = port1;
      clearInterval(calling);
      port1.onmessage = (event: MessageEvent<unknown>) => hear(event.data, port1);
      port1.postMessage(message, [...transfer]);
    };
    frame.contentWindow?.postMessage(HELLO, origin, [port2]);
  };
  const calling = setInterval(call, CALL_MS);
  setTimeout(() => clearInterval(calling), PATIENCE_MS);
  frame.addEventListener("load", call, { once: true });
  return {
    element,
    close: () => {
      clearInterval(calling);
      answered?.close();
      element.remove();
    },
  };
}
