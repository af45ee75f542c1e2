import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { displayStyle } from "./style.js";

/**
 * A page of our own in Thunderbird's message document, with nothing of the sender's left in it.
 *
 * Attack: an opened mail that is put into the document that Thunderbird has made of the mail around it lives under the style
 * sheets, fonts and elements of whoever wrote that mail. They covered our warning with a line of their own, had a reader press
 * our buttons unseen, and sent out by `@font-face` which letters the opened text has. A shadow root keeps none of this out. So
 * the whole root element goes, and a new one takes its place.
 *
 * Attack: Thunderbird quotes what is selected in the message document when somebody presses Reply, also inside a shadow root:
 * opened text went out in clear. What is selected in a frame is not selected in the document, and is never quoted. So the
 * view is in an empty frame, which the display script fills.
 *
 * QUIRKS (Thunderbird 153): `document.replaceChildren` refuses a second root, `documentElement.replaceWith` does not. Only a
 * frame without `src` has a document here: `about:blank`, `srcdoc`, `data:` and our own addresses are blocked. Not before
 * DOMContentLoaded: until then the parser adds to the root that it knows. The rest of the mail need not have loaded.
 */
export interface ReplacementPage {
  /** Shows these elements in the place of what was shown. */
  show(kind: string, shown: readonly Node[]): void;
  /** Puts everything of the sender's back, as it was: the mail turned out to be none of ours. */
  giveBack(): void;
}

/** Name and id of the element whose shadow root holds what is shown. */
export const VIEW_ID = "listseal-view";
/** The frame in the message document. */
const PAGE_ID = "listseal-page";

/** The element that is shown in, with its shadow root and its look. */
export function viewElement(kind: string, shown: readonly Node[], place: Document = document): HTMLElement {
  const host = place.createElement(VIEW_ID);
  host.id = VIEW_ID;
  host.lang = t("lang");
  host.dataset["kind"] = kind;
  const root = host.attachShadow({ mode: "open" });
  root.append(element("div", {}, element("style", {}, displayStyle), ...shown));
  return host;
}

/** The frame is as tall as what is in it, and no less than the pane: it is the message document that scrolls. */
const FRAME = "display: block; width: 100%; min-height: 100vh; border: 0; margin: 0";
const INSIDE = "margin: 0; background: light-dark(#ffffff, #1c1b22); color-scheme: light dark";

/** Takes the message document over: at once nothing of the sender's is in it any more. */
export function takeDocument(): ReplacementPage {
  const theirs = document.documentElement;
  const title = document.title;
  const frame = element("iframe", { id: PAGE_ID, title: t("mail_text"), style: FRAME });
  const body = element("body", { style: "margin: 0" }, frame);
  const root = element("html", { lang: t("lang"), style: "color-scheme: light dark" }, element("head"), body);
  theirs.replaceWith(root);
  document.title = title;

  const inside = documentOf(frame);
  inside.documentElement.lang = t("lang");
  inside.documentElement.setAttribute("style", INSIDE);
  inside.body.setAttribute("style", "margin: 0");
  const fit = new ResizeObserver(([entry]) => {
    if (entry !== undefined) frame.style.height = `${Math.ceil(entry.borderBoxSize[0]?.blockSize ?? 0)}px`;
  });

  let view: HTMLElement | undefined;
  const stop = new AbortController();
  const { signal } = stop;
  printWithoutFrame(() => view, frame, inside, signal);
  passFocusOn(frame, signal);
  return {
    show(kind, shown) {
      view = viewElement(kind, shown, inside);
      frame.dataset["kind"] = kind;
      // the frame gives it its size and its background
      view.style.setProperty("margin", "0");
      view.style.setProperty("min-height", "0");
      fit.disconnect();
      inside.body.replaceChildren(view);
      fit.observe(view);
    },
    giveBack() {
      stop.abort();
      fit.disconnect();
      root.replaceWith(theirs);
    },
  };
}

function documentOf(frame: HTMLIFrameElement): Document {
  const inside = frame.contentDocument;
  if (inside === null) throw new Error("the empty frame has no document");
  return inside;
}

/**
 * QUIRK: a frame is printed as one picture, and cut in the middle of a line where the paper ends. For as long as something is
 * printed, its content is beside it in the document, in which there is nobody else's.
 */
function printWithoutFrame(
  view: () => HTMLElement | undefined,
  frame: HTMLIFrameElement,
  inside: Document,
  signal: AbortSignal,
): void {
  const before = () => {
    const shown = view();
    if (shown === undefined) return;
    frame.style.display = "none";
    frame.after(shown);
  };
  const after = () => {
    const shown = view();
    if (shown === undefined) return;
    inside.body.replaceChildren(shown);
    frame.style.display = "block";
  };
  addEventListener("beforeprint", before, { signal });
  addEventListener("afterprint", after, { signal });
}

/**
 * Thunderbird gives the keyboard to the message document. Select all, copy and the arrow keys mean what is in the frame, so it
 * goes on to there; not when it comes back out of the frame, or nobody could leave it by Shift+Tab.
 */
function passFocusOn(frame: HTMLIFrameElement, signal: AbortSignal): void {
  const inner = frame.contentWindow;
  if (inner === null) return;
  let leaving = false;
  inner.addEventListener(
    "blur",
    () => {
      leaving = true;
      setTimeout(() => {
        leaving = false;
      });
    },
    { signal },
  );
  const pass = () => {
    if (!leaving) inner.focus();
  };
  addEventListener("focus", pass, { signal });
  if (document.hasFocus()) pass();
}
