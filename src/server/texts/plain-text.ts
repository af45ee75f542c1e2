/** Columns of a line of plain text (RFC 5322, 2.1.1 recommends at most 78 characters). */
const COLUMNS = 72;

/** What takes two columns: kana, ideographs, full-width forms and the punctuation that goes with them. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6]/u;

/** What no line begins with (JIS X 4051): closing punctuation, small kana, the long vowel sign. */
const NO_LINE_BEGIN = /^[、。，．：；？！）」』】〕ぁぃぅぇぉっゃゅょァィゥェォッャュョー々％]/u;

/** What no line ends with. */
const NO_LINE_END = /[（「『【〔]$/u;

const columnsOf = (text: string): number => [...text].reduce((sum, one) => sum + (WIDE.test(one) ? 2 : 1), 0);

/**
 * Pieces that a line break may come between: words at their spaces, and Japanese, which has none, between any two characters that
 * its rules do not keep together.
 */
function piecesOf(text: string): readonly string[] {
  const pieces: string[] = [];
  for (const one of text) {
    const last = pieces.at(-1);
    const isApart =
      last !== undefined &&
      (last.endsWith(" ") || WIDE.test(one) || WIDE.test(last.at(-1) ?? "")) &&
      one !== " " &&
      !NO_LINE_BEGIN.test(one) &&
      !NO_LINE_END.test(last);
    if (last === undefined || isApart) pieces.push(one);
    else pieces[pieces.length - 1] = last + one;
  }
  return pieces;
}

/** Paragraphs as the text of a mail. */
export const plainText = (paragraphs: readonly string[]): string =>
  `${paragraphs.map(wrapped).join("\n\n")}\n`;

/** `text` in lines of at most 72 columns, a wide character being two; a word that is longer has a line of its own. */
export function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const piece of piecesOf(text)) {
    if (line !== "" && columnsOf((line + piece).trimEnd()) > COLUMNS) {
      lines.push(line.trimEnd());
      line = "";
    }
    line += piece;
  }
  lines.push(line.trimEnd());
  return lines.join("\n");
}
