/**
 * Text as it is searched: what looks the same is the same. Full-width and half-width forms, ligatures and composed letters are
 * one (NFKC, Unicode Standard Annex 15), and so are capital and small letters. Japanese stays as it is: it is searched by any
 * part of it, and needs no division into words.
 */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase().normalize("NFKC");
}

/** Words of one search: a page that was pasted by mistake must not take a second for each keystroke. */
const WORDS_LIMIT = 16;

/** What is searched for: each of the words, the longest first, since it is in the fewest mails. */
export function wordsOfQuery(query: string): readonly string[] {
  const words = fold(query)
    // what ends a mail's text is in no word
    .replaceAll("\0", " ")
    .split(/\s+/)
    .filter((word) => word !== "");
  return [...new Set(words)].slice(0, WORDS_LIMIT).sort((one, other) => other.length - one.length);
}
