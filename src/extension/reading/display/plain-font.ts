import type { PlainFont } from "../view.js";

/**
 * The font of plain text that a person has chosen in Thunderbird, by what it has made of a text: `font-family: -moz-fixed`, or no
 * family (Thunderbird 153). The document may be a sender's; they choose between two fonts at most.
 */
export function plainFontIn(page: Document): PlainFont | "unseen" {
  const text = page.querySelector(".moz-text-plain, .moz-text-flowed");
  if (text === null) return "unseen";
  return /-moz-fixed|monospace/.test(text.getAttribute("style") ?? "") ? "fixed" : "variable";
}
