import type { Letter } from "../../mail/payload.js";
import { cleanHtml } from "../reading/display/clean-html.js";
import { plainTextBody } from "../reading/display/plain-text.js";
import { inlineImages, type OpenedMail } from "../reading/opening.js";

/** What an opened letter gives to a new one: its subject, and its words in HTML and in plain text. Pure but for the DOM. */

/** `Re: ` or `Fwd: ` before the true subject, once. Pure. */
export function subjectOf(kind: "reply" | "forward", subject: string): string {
  const [prefix, known] = kind === "reply" ? ["Re: ", /^re:\s/i] : ["Fwd: ", /^fwd?:\s/i];
  return known.test(subject) ? subject : `${prefix}${subject}`;
}

/** An opened letter as the whole HTML of a composer. */
export function htmlOf(opened: Pick<OpenedMail, "view">): string {
  const page = document.implementation.createHTMLDocument("");
  page.body.append(page.importNode(quotedBody(opened), true));
  return page.documentElement.outerHTML;
}

/** The body of an opened letter, cleaned: what an answer quotes. */
export function quotedBody({ view }: Pick<OpenedMail, "view">): DocumentFragment {
  return view.html === null ? textFragment(view.text ?? "") : cleanHtml(view.html, view.inline).fragment;
}

function textFragment(text: string): DocumentFragment {
  const fragment = plainTextBody(text, document);
  for (const block of fragment.querySelectorAll<HTMLElement>("div.text")) {
    block.removeAttribute("class");
    block.style.setProperty("white-space", "pre-wrap");
  }
  return fragment;
}

/** What an opened letter says, as plain text. */
export function textOf({ view }: Pick<OpenedMail, "view">): string {
  if (view.text !== null && view.text.trim() !== "") return view.text;
  return view.html === null ? "" : (cleanHtml(view.html, {}).fragment.textContent ?? "").trim();
}

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
