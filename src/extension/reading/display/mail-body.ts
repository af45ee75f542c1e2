import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { OpenedView } from "../view.js";
import { cleanHtml, hasOwnColours } from "./clean-html.js";
import { plainTextBody } from "./plain-text.js";

/** The text of an opened mail, in a document in which there is nothing else. */
export function mailBody(view: OpenedView): readonly Node[] {
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
