import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import { cleanHtml, hasOwnBackground } from "../display/clean-html.js";

/**
 * The HTML of an opened mail in a browser: in a frame of its own, which may do nothing.
 *
 * Attack: a page of a browser has no mail program around it that keeps remote content out; one address that is loaded tells
 * the writer who reads, when and where. So there are four walls, and each is tried alone in test/e2e/html-walls.test.ts:
 * 1. `cleanHtml`, which leaves no element and no attribute that loads, runs or leaves its place;
 * 2. a sandbox without scripts, forms and an origin of its own: nothing in it can speak to our page or lead it away;
 * 3. the policy of our page (manifest.ts), which a frame without an address inherits: nothing comes from a network, and
 *    `frame-src 'none'` keeps the frame from going anywhere;
 * 4. the same policy again in the frame's own document.
 * A link opens a tab of its own, which knows nothing of this page (`noopener noreferrer`).
 */

/** The sandbox: links may open tabs that are not bound by it. No scripts, no forms, no origin, no way to the page around it. */
const SANDBOX = "allow-popups allow-popups-to-escape-sandbox";

/** Wall 4. Pictures are `data:` alone: the mail's own. */
const POLICY =
  "default-src 'none'; img-src data:; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'";

/** The frame can't be measured from outside; what it needs is guessed from its text, and a person can drag it. */
const [LINE_PX, CHARACTERS_A_LINE, LEAST_PX, MOST_PX] = [22, 90, 100, 560] as const;

const look = (paper: boolean) => `
:root { color-scheme: ${paper ? "light" : "light dark"}; }
body { margin: 10px 12px; font: 14px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
body { ${paper ? "background: #fff; color: #15141a;" : "background: Canvas; color: CanvasText;"} }
img { max-width: 100%; height: auto; }
:is(td, th) img { max-width: none; }
blockquote[type="cite" i] { margin-inline: 0; padding-inline-start: 10px; border-inline-start: 3px solid #8f8f9d; }
blockquote[type="cite" i]:not([dir]):has(> [dir="rtl" i]:first-child) { padding-inline: 0 10px; border-inline: 0 none; border-inline-end: 3px solid #8f8f9d; }
${paper ? "" : '@media (prefers-color-scheme: dark) { :is([style*="color"], font[color]):not(a) { color: inherit !important; } }'}
pre { white-space: pre-wrap; }
`;

/** A document for the frame, and what was left out of it. */
export interface FrameDocument {
  readonly srcdoc: string;
  /** Remote pictures that were left out. */
  readonly remoteImages: number;
  /** Height in CSS pixels that its text may need. */
  readonly height: number;
}

/** Makes the frame's document. @param inline as {@link cleanHtml} takes it */
export function frameDocument(html: string, inline: Readonly<Record<string, string>>): FrameDocument {
  const { fragment, remoteImages } = cleanHtml(html, inline);
  const height = heightOf(fragment);
  const paper = hasOwnBackground(fragment);
  const page = document.implementation.createHTMLDocument("");
  const make = (name: string, attributes: Readonly<Record<string, string>>, text = "") => {
    const made = page.createElement(name);
    for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
    made.textContent = text;
    return made;
  };
  page.head.replaceChildren(
    make("meta", { charset: "utf-8" }),
    make("meta", { "http-equiv": "Content-Security-Policy", content: POLICY }),
    make("meta", { name: "referrer", content: "no-referrer" }),
    make("base", { target: "_blank" }),
    make("title", {}, t("mail_text")),
    make("style", {}, look(paper)),
  );
  page.documentElement.lang = "";
  page.body.dir = "auto";
  page.body.append(page.importNode(fragment, true));
  return { srcdoc: `<!DOCTYPE html>${page.documentElement.outerHTML}`, remoteImages, height };
}

function heightOf(fragment: DocumentFragment): number {
  const blocks = fragment.querySelectorAll("p, div, li, tr, br, h1, h2, h3, pre, blockquote, hr");
  const lines = blocks.length + (fragment.textContent?.length ?? 0) / CHARACTERS_A_LINE;
  const pictures = fragment.querySelectorAll("img").length * 10;
  return Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, (lines + pictures) * LINE_PX)));
}

/** The text of a mail as elements: a word about what was left out, and the frame in a box that can be dragged. */
export function htmlFrame(html: string, inline: Readonly<Record<string, string>>): readonly Node[] {
  const { srcdoc, remoteImages, height } = frameDocument(html, inline);
  const frame = element("iframe", {
    sandbox: SANDBOX,
    referrerpolicy: "no-referrer",
    title: t("mail_text"),
    srcdoc,
  });
  const box = element("div", { class: "body frame" }, frame);
  box.style.height = `${height}px`;
  return remoteImages === 0
    ? [box]
    : [element("p", { class: "remote" }, t("remote_images_left_out", String(remoteImages))), box];
}
