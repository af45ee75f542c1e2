import { t } from "../i18n.js";
import { type Acts, answerView, bannerOf } from "./answer-view.js";
import { cleanHtml, hasOwnColours } from "./clean-html.js";
import { element } from "./elements.js";
import { plainTextBody } from "./plain-text.js";
import { displayStyle } from "./style.js";
import type { DisplayAnswer, OpenedView } from "./view.js";

/** Showing an answer in Thunderbird's message document: one host element with a shadow root. */

/** Name and id of the element that everything is shown in. */
export const VIEW_ID = "listseal-view";

/** Says that a large mail is being opened, and that it goes on; the mail's own text stays where it is. */
export function renderOpening(): void {
  const banner = bannerOf("note", t("opening_title"), t("opening_text"));
  banner.append(element("progress", { "aria-label": t("opening_title") }));
  const host = putView("opening", [banner]);
  host.style.setProperty("min-height", "0");
  document.body.prepend(host);
}

/** Takes away what was shown. */
export function removeView(): void {
  document.getElementById(VIEW_ID)?.remove();
}

/** Makes the host element with its shadow root; the caller puts it into the document. */
function putView(kind: string, shown: readonly Node[]): HTMLElement {
  removeView();
  const host = document.createElement(VIEW_ID);
  host.id = VIEW_ID;
  host.lang = t("lang");
  host.dataset["kind"] = kind;
  const root = host.attachShadow({ mode: "open" });
  root.append(element("div", {}, element("style", {}, displayStyle), ...shown));
  return host;
}

/** Puts the answer into the message document; an answer that replaces the mail hides what Thunderbird made of it. */
export function renderAnswer(
  answer: Exclude<DisplayAnswer, { readonly kind: "ordinary" }>,
  acts: Acts,
): void {
  const again = (next: typeof answer) => renderAnswer(next, acts);
  const host = putView(answer.kind, answerView(answer, { acts, body, again }));
  if (answer.kind === "opened") takeTheSubject(answer.subject);
  // these stand above the mail, which stays as it is
  if (answer.kind === "elsewhere" || answer.kind === "invitation") {
    host.style.setProperty("min-height", "0");
    document.body.prepend(host);
    return;
  }
  // a style and not removal: Thunderbird may still be adding to the document
  document.documentElement.append(
    element("style", {}, `body > :not(#${VIEW_ID}):not(.moz-main-header) { display: none !important; }`),
  );
  document.body.append(host);
}

/** The window's title and the printed header carry the outer subject; the true one takes its place. */
function takeTheSubject(subject: string): void {
  const outer = document.title;
  document.title = subject;
  if (outer === "") return;
  for (const cell of document.querySelectorAll(".moz-main-header td")) {
    for (const node of Array.from(cell.childNodes)) {
      if (node.nodeType === Node.TEXT_NODE && node.textContent?.trim() === outer) node.textContent = subject;
    }
  }
}

function body(view: OpenedView): readonly Node[] {
  if (view.html === null) {
    return [element("div", { class: "body" }, plainTextBody(view.text ?? "", document))];
  }
  const { fragment, remoteImages } = cleanHtml(view.html, view.inline);
  const paper = hasOwnColours(fragment) ? " paper" : "";
  // what is wider than the pane is scrolled to, also by keys
  const place = { tabindex: "0", role: "group", "aria-label": t("mail_body") };
  const shown = element("div", { class: `body${paper}`, dir: "auto", ...place }, fragment);
  if (remoteImages === 0) return [shown];
  return [element("p", { class: "remote" }, t("remote_images_left_out", String(remoteImages))), shown];
}
