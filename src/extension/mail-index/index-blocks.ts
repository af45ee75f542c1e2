import type { BlockTexts } from "./block-texts.js";
import type { IndexedMail } from "./indexed-mail.js";

/** The blocks of an index as they are in memory. */

/** Mails that are written together. */
export interface Block {
  readonly number: number;
  readonly mails: readonly IndexedMail[];
  /** The date of the newest of them. */
  readonly newest: number;
  /** Their texts in one; null until they are wanted. */
  texts: BlockTexts | null;
}

/** A block of these mails. */
export const blockOf = (number: number, mails: readonly IndexedMail[], texts: BlockTexts | null): Block => ({
  number,
  mails,
  newest: mails.reduce((newest, { date }) => Math.max(newest, date), 0),
  texts,
});

/** Blocks, the one with the newest mail first. */
export const byDate = (blocks: Iterable<Block>): readonly Block[] =>
  [...blocks].sort((one, other) => other.newest - one.newest);

/** Some mails, and the date of the last of them; `before` is null if there are none older. */
interface NewestMails {
  readonly put: readonly IndexedMail[];
  readonly before: number | null;
}

/** The newest mails of before a date: so many, and all that have the date of the last of them. */
export function newestOf(blocks: Iterable<Block>, count: number, before: number): NewestMails {
  let older: IndexedMail[] = [];
  let last: number | undefined;
  for (const block of byDate(blocks)) {
    // whatever is in the blocks that follow is older than what was found
    if (last !== undefined && block.newest < last) return { put: newerThan(last, older), before: last };
    older = [...older, ...block.mails.filter(({ date }) => date < before)];
    if (older.length < count) continue;
    older.sort((one, other) => other.date - one.date);
    last = older[count - 1]?.date;
  }
  if (last === undefined) return { put: older, before: null };
  const put = newerThan(last, older);
  return { put, before: put.length === older.length ? null : last };
}

/** Those of a date or later. */
const newerThan = (date: number, mails: readonly IndexedMail[]): readonly IndexedMail[] =>
  mails.filter((mail) => mail.date >= date);
