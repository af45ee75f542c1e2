import { piecesOf } from "./links.js";

/**
 * Plain text as people read it: links that can be clicked, quotes by depth, the signature apart.
 * Made of text nodes only; nothing in the text is ever parsed as HTML.
 */
const quote = /^(?:> ?)+/;

/** Quoting is shown up to here; deeper is shown as this deep (attack: ten thousand `>` make as many elements). */
const QUOTE_LIMIT = 8;

/** A text with its addresses as links. */
export function linkedText(text: string, document: Document): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of piecesOf(text)) {
    if (piece.address === null) {
      fragment.append(piece.text);
      continue;
    }
    const anchor = document.createElement("a");
    anchor.href = piece.address;
    anchor.rel = "noopener noreferrer";
    anchor.textContent = piece.text;
    fragment.append(anchor);
  }
  return fragment;
}

interface Block {
  readonly depth: number;
  readonly lines: string[];
}

function blocksOf(text: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const mark = quote.exec(line)?.[0] ?? "";
    const depth = Math.min(mark.replace(/ /g, "").length, QUOTE_LIMIT);
    const bare = depth === 0 ? line : line.slice(mark.length);
    const last = blocks.at(-1);
    if (last?.depth === depth) last.lines.push(bare);
    else blocks.push({ depth, lines: [bare] });
  }
  return blocks;
}

/** The body of a plain-text mail. */
export function plainTextBody(text: string, document: Document): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const quotes: HTMLElement[] = [];
  for (const { depth, lines } of blocksOf(text)) {
    quotes.length = Math.min(quotes.length, depth);
    while (quotes.length < depth) quotes.push(quoteIn(quotes.at(-1) ?? fragment, document));
    const target = quotes.at(-1) ?? fragment;
    const signature = depth === 0 ? lines.indexOf("-- ") : -1;
    const body = signature < 0 ? lines : lines.slice(0, signature);
    target.append(paragraph(body, "text", document));
    if (signature >= 0) target.append(paragraph(lines.slice(signature), "text signature", document));
  }
  // a quote has one direction, and its bar on the side on which its lines begin: that of its first words
  for (const quoted of fragment.querySelectorAll<HTMLElement>("blockquote")) {
    if (quoted.parentElement === null) quoted.dir = "auto";
    // QUIRK: what has a direction of its own does not count for `auto` (HTML, 3.2.6.4)
    for (const text of quoted.querySelectorAll("[dir]")) text.removeAttribute("dir");
  }
  return fragment;
}

function quoteIn(place: ParentNode, document: Document): HTMLElement {
  const quoted = document.createElement("blockquote");
  quoted.setAttribute("type", "cite");
  place.append(quoted);
  return quoted;
}

function paragraph(lines: readonly string[], name: string, document: Document): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  element.dir = "auto";
  element.append(linkedText(lines.join("\n"), document));
  return element;
}
