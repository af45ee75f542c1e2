import { cleanHtml } from "./clean-html.js";

/** Elements that begin a line of their own. */
const blocks =
  "address, article, aside, blockquote, center, dd, details, div, dl, dt, figcaption, figure, footer, h1, h2, h3, h4, h5, h6, header, hr, li, main, nav, ol, p, pre, section, summary, table, tr, ul";
/** Those with an empty line around them. */
const paragraphs = "p, h1, h2, h3, h4, h5, h6, blockquote, ul, ol, dl, pre, table";

/** What HTML says, in plain words, for who wants no formatting. Pictures are left out. */
export function textOfHtml(html: string): string {
  const words = new PlainWords();
  words.read(cleanHtml(html, {}).fragment);
  return words
    .text()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}

/** Collects words and lines. In pieces: a text that is looked at after each of them costs its whole length every time. */
class PlainWords {
  readonly #pieces: string[] = [];
  /** Line ends before the next word. */
  #breaks = 0;
  #atStart = true;

  text(): string {
    return this.#pieces.join("");
  }

  read(node: Node): void {
    for (const child of node.childNodes) {
      if (child instanceof Text) this.#words(child);
      else if (child instanceof HTMLElement) this.#element(child);
    }
  }

  #element(element: HTMLElement): void {
    const lines = element.matches(paragraphs) ? 2 : element.matches(blocks) ? 1 : 0;
    this.#breaks = Math.max(this.#breaks, lines);
    if (element.localName === "br") this.#add("\n");
    this.read(element);
    if (element.matches("td, th")) this.#add(" \t");
    this.#breaks = Math.max(this.#breaks, lines);
  }

  #words(node: Text): void {
    const isPre = node.parentElement?.closest("pre") != null;
    const words = isPre ? node.data : node.data.replace(/[ \t\r\n]+/g, " ");
    this.#add(!isPre && (this.#atStart || this.#breaks > 0) ? words.trimStart() : words);
  }

  #add(words: string): void {
    if (words === "") return;
    if (this.#pieces.length > 0) this.#pieces.push("\n".repeat(this.#breaks));
    this.#breaks = 0;
    this.#pieces.push(words);
    this.#atStart = words.endsWith("\n");
  }
}
