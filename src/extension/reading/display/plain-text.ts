import { piecesOf } from "./links.js";

/**
 * Plain text as people read it: links that can be clicked, quotes by depth, the signature apart.
 * Made of text nodes only; nothing in the text is ever parsed as HTML.
 */
const quote = /^(?:> ?)+/;

/** Quoting is shown up to here; deeper is shown as this deep (attack: ten thousand `>` make as many elements). */
const QUOTE_LIMIT = 8;

function linked(text: string, document: Document): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const piece of piecesOf(text)) {
    if (!piece.isLink) {
      fragment.append(piece.text);
      continue;
    }
    const anchor = document.createElement("a");
    anchor.href = piece.text;
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
  for (const { depth, lines } of blocksOf(text)) {
    let target: DocumentFragment | HTMLElement = fragment;
    for (let level = 0; level < depth; level += 1) {
      const quoted = document.createElement("blockquote");
      target.append(quoted);
      target = quoted;
    }
    const signature = depth === 0 ? lines.indexOf("-- ") : -1;
    const body = signature < 0 ? lines : lines.slice(0, signature);
    target.append(paragraph(body, "text", document));
    if (signature >= 0) target.append(paragraph(lines.slice(signature), "text signature", document));
  }
  return fragment;
}

function paragraph(lines: readonly string[], name: string, document: Document): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  element.dir = "auto";
  element.append(linked(lines.join("\n"), document));
  return element;
}
