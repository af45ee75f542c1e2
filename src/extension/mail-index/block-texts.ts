import { type IndexedMail, SEPARATOR } from "./indexed-mail.js";

/** The searched texts of a block in one, over which the engine's own `indexOf` runs. */
export interface BlockTexts {
  readonly joined: string;
  /** Where each begins, and, last, where the next one would. */
  readonly starts: readonly number[];
}

/** Which mails are searched, beside the words. */
export type MailFilter = (mail: IndexedMail) => boolean;

/** Searched texts of a block in one: a native search runs over all of them at once. */
export function joinTexts(texts: readonly string[]): string {
  return texts.map((text) => text + SEPARATOR).join("");
}

/** Where each text begins, and, last, where the next one would. */
export function startsOf(joined: string): readonly number[] {
  const starts = [0];
  for (let end = joined.indexOf(SEPARATOR); end >= 0; end = joined.indexOf(SEPARATOR, end + 1))
    starts.push(end + 1);
  return starts;
}

/** One of them. */
export function textAt({ joined, starts }: BlockTexts, at: number): string {
  return joined.slice(starts[at], (starts[at + 1] ?? 0) - 1);
}

/** The mails that have all words. @param mails in the order of their texts */
export function hitsIn(
  texts: BlockTexts,
  mails: readonly IndexedMail[],
  [longest, ...others]: readonly string[],
  isWanted: MailFilter,
): IndexedMail[] {
  if (longest === undefined) return [];
  const { joined, starts } = texts;
  const hits: IndexedMail[] = [];
  for (let at = joined.indexOf(longest); at >= 0; ) {
    const number = placeOf(at, starts);
    const mail = mails[number];
    const hasAll = others.length === 0 || hasEach(others, textAt(texts, number));
    if (mail !== undefined && hasAll && isWanted(mail)) hits.push(mail);
    at = joined.indexOf(longest, starts[number + 1]);
  }
  return hits;
}

const hasEach = (words: readonly string[], text: string) => words.every((word) => text.includes(word));

/** Which text a character is in: the last that begins at or before it. */
function placeOf(at: number, starts: readonly number[]): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((starts[middle] ?? 0) <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}
