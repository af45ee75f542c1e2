import { type IndexedMail, keyOfMail } from "./indexed-mail.js";

/** A mail in its conversation. */
export interface ThreadRow {
  readonly mail: IndexedMail;
  /** How many mails it continues, one the other: 0 for the first. */
  readonly depth: number;
}

/** A mail that continues none of those that are here, with everything that continues it. */
interface Conversation {
  readonly rows: readonly ThreadRow[];
  /** The date of its newest mail. */
  readonly newest: number;
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
  return conversationsIn(mails).flatMap(({ rows }) => rows);
}

/** What {@link threadsOf} puts together, the newest first. */
function conversationsIn(mails: readonly IndexedMail[]): readonly Conversation[] {
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
  return conversationsFrom(byDate, firsts, continued).toSorted(newestFirst);
}

const newestFirst = (one: Conversation, other: Conversation) => other.newest - one.newest;

/** The conversation of a mail, itself included, as {@link threadsOf} has it; empty if it is not among them. */
export function conversationOf(mail: IndexedMail, mails: readonly IndexedMail[]): readonly ThreadRow[] {
  const rows = threadsOf(mails);
  const at = rows.findIndex((row) => nameOf(row.mail) === nameOf(mail));
  if (at < 0) return [];
  const first = rows.findLastIndex(({ depth }, place) => place <= at && depth === 0);
  const next = rows.findIndex(({ depth }, place) => place > at && depth === 0);
  return rows.slice(first, next < 0 ? rows.length : next);
}

function conversationsFrom(
  mails: readonly IndexedMail[],
  firsts: readonly number[],
  continued: readonly (readonly number[])[],
): readonly Conversation[] {
  return firsts.map((first) => {
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
}

/** Mails that name each other, directly or by what others name. Mails of two such never continue one another. */
interface Related {
  /** The one that it has become a part of. */
  into: Related | null;
  mails: IndexedMail[];
  conversations: Conversation[];
  /** Whether they have to be put together again. */
  isChanged: boolean;
}

/**
 * The rows of {@link threadsOf}, of mails that come and go: only those are put together again that name what has changed, or are
 * named by it. Of ten thousand mails, all of them take a quarter of a second where JavaScript is not compiled.
 */
export class MailThreads {
  /** By every Message-ID that is known: a mail's own, and those that it continues. */
  readonly #related = new Map<string, Related>();
  #changed: Related[] = [];
  #conversations: readonly Conversation[] = [];
  #rows: readonly ThreadRow[] = [];

  /** Adds a mail that is not among them. */
  add(mail: IndexedMail): void {
    let all = this.#of(mail.messageId);
    for (const reference of mail.references) all = this.#joined(all, this.#of(reference));
    all.mails.push(mail);
    this.#change(all);
  }

  /** Takes a mail away that is among them. */
  remove(mail: IndexedMail): void {
    const all = this.#of(mail.messageId);
    const name = keyOfMail(mail);
    all.mails = all.mails.filter((one) => keyOfMail(one) !== name);
    this.#change(all);
  }

  #change(all: Related): void {
    if (!all.isChanged) this.#changed.push(all);
    all.isChanged = true;
  }

  /** Takes all away. */
  clear(): void {
    this.#related.clear();
    [this.#changed, this.#conversations, this.#rows] = [[], [], []];
  }

  /** As {@link threadsOf} has them; the same array until something changes. */
  get rows(): readonly ThreadRow[] {
    if (this.#changed.length === 0) return this.#rows;
    const stale = new Set(this.#changed.flatMap(({ conversations }) => conversations));
    const mails = this.#changed.flatMap((all) => all.mails);
    for (const all of this.#changed) {
      all.conversations = [];
      all.isChanged = false;
    }
    this.#changed = [];
    const made = conversationsIn(mails);
    for (const conversation of made) {
      const [first] = conversation.rows;
      if (first !== undefined) this.#of(first.mail.messageId).conversations.push(conversation);
    }
    const kept = this.#conversations.filter((conversation) => !stale.has(conversation));
    this.#conversations = merged(kept, made);
    this.#rows = this.#conversations.flatMap(({ rows }) => rows);
    return this.#rows;
  }

  #of(messageId: string): Related {
    let found = this.#related.get(messageId);
    if (found === undefined) {
      found = { into: null, mails: [], conversations: [], isChanged: false };
      this.#related.set(messageId, found);
    }
    while (found.into !== null) {
      // the way is halved each time
      found.into = found.into.into ?? found.into;
      found = found.into;
    }
    return found;
  }

  #joined(one: Related, other: Related): Related {
    if (one === other) return one;
    const [large, small] = one.mails.length < other.mails.length ? [other, one] : [one, other];
    for (const mail of small.mails) large.mails.push(mail);
    small.mails = [];
    small.into = large;
    // their rows are told apart no longer
    if (small.conversations.length > 0) this.#change(small);
    return large;
  }
}

/** Conversations of two arrays, each the newest first, in one. */
function merged(many: readonly Conversation[], few: readonly Conversation[]): readonly Conversation[] {
  const all: Conversation[] = [];
  const rest = many.values();
  let next = rest.next();
  for (const one of few) {
    for (; next.done !== true && next.value.newest >= one.newest; next = rest.next()) all.push(next.value);
    all.push(one);
  }
  for (; next.done !== true; next = rest.next()) all.push(next.value);
  return all;
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
