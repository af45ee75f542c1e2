import { element } from "../../ui/elements.js";
import { t } from "../../ui/i18n.js";
import type { WordsView } from "../view.js";
import { cleanHtml, hasOwnBackground } from "./clean-html.js";
import { plainTextBody } from "./plain-text.js";

/** Words of an opened mail, in a document in which there is nothing else. */
export function mailWords(view: WordsView): readonly Node[] {
  // not that of our own words: whose language it is, nobody has said
  const lang = view.lang ?? "";
  if (view.html === null) {
    return [element("div", { class: "body", lang }, plainTextBody(view.text ?? "", document))];
  }
  const { fragment, remoteImages } = cleanHtml(view.html, view.inline);
  const paper = hasOwnBackground(fragment) ? " paper" : "";
  // what is wider than the pane is scrolled to, also by keys
  const place = { tabindex: "0", role: "group", "aria-label": t("mail_body") };
  const shown = element("div", { class: `body${paper}`, dir: "auto", lang, ...place }, fragment);
  if (remoteImages === 0) return [shown];
  return [element("p", { class: "remote" }, t("remote_images_left_out", String(remoteImages))), shown];
}
