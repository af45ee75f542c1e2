import type { OpenedView } from "../view.js";

/**
 * How much of a mail is shown.
 *
 * Attack: ten million characters of `<p>x`, of which a program makes two million elements: the window stands still, and the mail
 * is never shown. What is beyond is saved and opened elsewhere.
 */

/** Characters of plain text that are shown: 200 pages. */
export const TEXT_LIMIT = 400_000;
/** Lines that are shown, each of which may be an element. */
export const LINE_LIMIT = 20_000;
/** Characters of HTML that are looked at, pictures within it included. */
export const HTML_LIMIT = 6_000_000;
/** `<` in it: a long newsletter has some thousands. */
export const TAG_LIMIT = 40_000;

/** Whether there are more than `limit` of `piece` in a text. */
function hasMore(text: string, piece: string, limit: number): boolean {
  let at = -1;
  for (let found = 0; found <= limit; found += 1) {
    at = text.indexOf(piece, at + 1);
    if (at < 0) return false;
  }
  return true;
}

/** The beginning of a text, up to the limits. */
function beginningOf(text: string): string {
  let end = Math.min(text.length, TEXT_LIMIT);
  for (let lines = 0, at = 0; lines < LINE_LIMIT; lines += 1) {
    const next = text.indexOf("\n", at);
    if (next < 0 || next >= end) return text.slice(0, end);
    at = next + 1;
    if (lines === LINE_LIMIT - 1) end = next;
  }
  return text.slice(0, end);
}

/** What is shown of a mail, and what of it is left out: nothing, the end of its text, or its HTML. */
export interface LimitedView {
  readonly view: OpenedView;
  readonly leftOut: "nothing" | "end" | "html";
}

/** As much of a mail as can be shown. Where HTML is too much, its text stands in, if it has one. */
export function shownOf(view: OpenedView): LimitedView {
  const { html } = view;
  const text = beginningOf(view.text ?? "");
  if (html !== null) {
    const isFew = html.length <= HTML_LIMIT && !hasMore(html, "<", TAG_LIMIT);
    return isFew ? { view, leftOut: "nothing" } : { view: { ...view, html: null, text }, leftOut: "html" };
  }
  const isWhole = text.length === (view.text ?? "").length;
  return isWhole ? { view, leftOut: "nothing" } : { view: { ...view, text }, leftOut: "end" };
}
