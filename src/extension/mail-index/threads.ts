import type { IndexedMail } from "./indexed-mail.js";

/** A mail in its conversation. */
export interface ThreadRow {
  readonly mail: IndexedMail;
  /** How many mails it continues, one the other: 0 for the first. */
  readonly depth: number;
}

/** Deeper than this no row is moved to the right any more. */
export const DEPTH_SHOWN = 8;

/**
 * Puts mails into conversations by References (RFC 5322, 3.6.4): the conversation with the newest mail first, and in each what
 * continues a mail below it, by date. A mail that is in two folders is shown once.
 *
 * Attack: two mails that each say that they continue the other, or a ring of such: neither is shown, or the page hangs. So what
 * would close a ring is left out.
 */
export function threadsOf(mails: readonly IndexedMail[]): readonly ThreadRow[] {
  const byDate = uniqueMails(mails).toSorted((one, other) => one.date - other.date);
  const places = new Map(byDate.map(({ messageId }, at) => [messageId, at]));
  const links = byDate.map((_, at) => at);
  /** The first mail of the conversation, with the way to it made short. */
  const firstOf = (at: number): number => {
    let first = at;
    while (links[first] !== first) first = links[first] ?? first;
    for (let step = at; step !== first; ) {
      const next = links[step] ?? first;
      links[step] = first;
      step = next;
    }
    return first;
  };
  const continued: number[][] = byDate.map(() => []);
  const firsts: number[] = [];
  for (const [at, { references }] of byDate.entries()) {
    const parent = references
      .toReversed()
      .map((reference) => places.get(reference))
      .find((place) => place !== undefined && firstOf(place) !== at);
    if (parent === undefined) firsts.push(at);
    else {
      continued[parent]?.push(at);
      links[at] = firstOf(parent);
    }
  }
  return rowsFrom(byDate, firsts, continued);
}

/** The conversation of a mail, itself included, as {@link threadsOf} has it; empty if it is not among them. */
export function conversationOf(mail: IndexedMail, mails: readonly IndexedMail[]): readonly ThreadRow[] {
  const rows = threadsOf(mails);
  const at = rows.findIndex((row) => nameOf(row.mail) === nameOf(mail));
  if (at < 0) return [];
  const first = rows.findLastIndex(({ depth }, place) => place <= at && depth === 0);
  const next = rows.findIndex(({ depth }, place) => place > at && depth === 0);
  return rows.slice(first, next < 0 ? rows.length : next);
}

function rowsFrom(
  mails: readonly IndexedMail[],
  firsts: readonly number[],
  continued: readonly (readonly number[])[],
): readonly ThreadRow[] {
  const conversations = firsts.map((first) => {
    const rows: ThreadRow[] = [];
    let newest = 0;
    // no recursion: a thread of 50,000 mails is one below the other
    const waiting = [{ at: first, depth: 0 }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { at, depth } = next;
      const mail = mails[at];
      if (mail === undefined) continue;
      rows.push({ mail, depth: Math.min(depth, DEPTH_SHOWN) });
      newest = Math.max(newest, mail.date);
      for (const below of continued[at]?.toReversed() ?? []) waiting.push({ at: below, depth: depth + 1 });
    }
    return { rows, newest };
  });
  return conversations.toSorted((one, other) => other.newest - one.newest).flatMap(({ rows }) => rows);
}

/**
 * Of a mail that is in several folders the one that is still unread, or the first.
 *
 * Attack: a member who gives a post the Message-ID of somebody else's, to have theirs shown instead of it. So the author counts.
 */
function uniqueMails(mails: readonly IndexedMail[]): readonly IndexedMail[] {
  const found = new Map<string, IndexedMail>();
  for (const mail of mails) {
    const name = nameOf(mail);
    if (!found.has(name) || mail.unread) found.set(name, mail);
  }
  return [...found.values()];
}

const nameOf = ({ list, author, messageId }: IndexedMail) => `${list}\n${author.address}\n${messageId}`;
