import type { Letter } from "../../../mail/payload.js";
import { inlineImages } from "../../reading/opening.js";

/**
 * A letter of one's own as the HTML of a composer, as it was: written at this keyboard and signed with one's own key,
 * nothing of it is cleaned away. Never for what somebody else wrote.
 */
export function htmlOfLetter({ html, text = "", attachments }: Omit<Letter, "author">): string {
  const page = new DOMParser().parseFromString(html ?? "", "text/html");
  if (html === undefined) {
    const lines = page.body.appendChild(page.createElement("pre"));
    lines.textContent = text;
  }
  const inline = inlineImages(attachments);
  for (const image of page.querySelectorAll("img[src^='cid:']")) {
    const data = inline[(image.getAttribute("src") ?? "").slice("cid:".length)];
    if (data !== undefined) image.setAttribute("src", data);
  }
  return page.documentElement.outerHTML;
}
