import type { ViewPiece } from "../view.js";

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

/** How many of `piece` are in a text, counted up to one more than `limit`. */
function countOf(text: string, piece: string, limit: number): number {
  let at = -1;
  for (let found = 0; found <= limit; found += 1) {
    at = text.indexOf(piece, at + 1);
    if (at < 0) return found;
  }
  return limit + 1;
}

/** What of a mail can be shown, and what of it is left out: nothing, the end of its text, or its HTML. */
export interface LimitedPieces {
  readonly pieces: readonly ViewPiece[];
  readonly leftOut: "nothing" | "end" | "html";
}

/** As much of a mail as can be shown, those within it included. Where HTML is too much, its text stands in, if it has one. */
export function shownOf(pieces: readonly ViewPiece[]): LimitedPieces {
  const budget = new Budget();
  return { pieces: budget.of(pieces), leftOut: budget.leftOut };
}

/** What is left of the limits while pieces are taken. */
class Budget {
  leftOut: LimitedPieces["leftOut"] = "nothing";
  #text = TEXT_LIMIT;
  #lines = LINE_LIMIT;
  #html = HTML_LIMIT;
  #tags = TAG_LIMIT;

  of(pieces: readonly ViewPiece[]): readonly ViewPiece[] {
    return pieces.map((piece) => {
      switch (piece.kind) {
        case "words": {
          const { html, text } = piece;
          if (html !== null && this.#takeHtml(html)) return piece;
          if (html !== null) this.leftOut = "html";
          return { ...piece, html: null, text: text === null ? null : this.#beginningOf(text) };
        }
        case "text-file":
          return { ...piece, text: this.#beginningOf(piece.text) };
        case "mail":
          return { ...piece, mail: { ...piece.mail, pieces: this.of(piece.mail.pieces) } };
        default:
          return piece;
      }
    });
  }

  #takeHtml(html: string): boolean {
    const tags = countOf(html, "<", this.#tags);
    if (html.length > this.#html || tags > this.#tags) return false;
    this.#html -= html.length;
    this.#tags -= tags;
    return true;
  }

  /** The beginning of a text, up to what is left of the limits. */
  #beginningOf(text: string): string {
    let end = Math.min(text.length, this.#text);
    for (let lines = 0, at = 0; lines < this.#lines; lines += 1) {
      const next = text.indexOf("\n", at);
      if (next < 0 || next >= end) break;
      at = next + 1;
      if (lines === this.#lines - 1) end = next;
    }
    if (end < text.length && this.leftOut === "nothing") this.leftOut = "end";
    const shown = text.slice(0, this.#lines === 0 ? 0 : end);
    this.#text -= shown.length;
    this.#lines -= Math.min(this.#lines, countOf(shown, "\n", this.#lines) + 1);
    return shown;
  }
}
