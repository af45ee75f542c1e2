/**
 * How many posts are taken: a token bucket for each author and one for each list. What is stopped is a program gone wild
 * or a stolen key; people never notice. Authors are counted after their signature was found good: counted by what
 * is in the envelope, anybody could use up somebody's allowance.
 *
 * In memory: after a restart everybody starts full, which costs at most one allowance.
 */
import { MAX_BUCKETS } from "./limits.js";

const HOUR_MS = 60 * 60_000;

/** Posts an hour, which is also how many may come at once. */
export interface RateLimits {
  readonly author: number;
  readonly list: number;
}

/** What people who are no members may post to an open list, as a share of what its members may. */
const STRANGERS_SHARE = 0.5;

interface Bucket {
  tokens: number;
  at: number;
}

export class RateLimiter {
  readonly #limits: () => RateLimits;
  readonly #authors = new Map<number, Bucket>();
  readonly #lists = new Map<number, Bucket>();
  /** Of an open list: whoever can make a key can use it up, and keeps no member out by it. */
  readonly #strangers = new Map<number, Bucket>();

  /** @param limits asked again each time: they may be changed while the server runs */
  constructor(limits: () => RateLimits) {
    this.#limits = limits;
  }

  /** Whose allowance is used up, if one is. Takes nothing: a captured post sent again must use up nobody's. */
  exhausted(listId: number, memberId: number | undefined, now: number): "author" | "list" | undefined {
    const { author, list } = this.#limits();
    if (memberId === undefined) {
      return refill(this.#strangers, listId, list * STRANGERS_SHARE, now).tokens < 1 ? "list" : undefined;
    }
    if (refill(this.#authors, memberId, author, now).tokens < 1) return "author";
    return refill(this.#lists, listId, list, now).tokens < 1 ? "list" : undefined;
  }

  /** Counts a post that was taken. */
  count(listId: number, memberId: number | undefined, now: number): void {
    const { author, list } = this.#limits();
    if (memberId === undefined) {
      refill(this.#strangers, listId, list * STRANGERS_SHARE, now).tokens--;
      return;
    }
    refill(this.#authors, memberId, author, now).tokens--;
    refill(this.#lists, listId, list, now).tokens--;
  }
}

function refill(buckets: Map<number, Bucket>, id: number, perHour: number, now: number): Bucket {
  const known = buckets.get(id);
  const bucket = known ?? { tokens: perHour, at: now };
  // a clock that was set back gives nothing, and takes nothing away
  const passed = Math.max(0, now - bucket.at);
  bucket.tokens = Math.min(perHour, bucket.tokens + (passed / HOUR_MS) * perHour);
  bucket.at = now;
  // the one that was used last is last; the first is the longest unused, and likely full
  buckets.delete(id);
  buckets.set(id, bucket);
  const [oldest] = buckets.keys();
  if (buckets.size > MAX_BUCKETS && oldest !== undefined) buckets.delete(oldest);
  return bucket;
}

/** How many requests members make: one bucket each. Asked once their signature was found good. */
export class RequestLimiter {
  readonly #members = new Map<number, Bucket>();

  /** Counts a request. @returns false if it is one too many */
  take(memberId: number, perHour: number, now: number): boolean {
    const bucket = refill(this.#members, memberId, perHour, now);
    if (bucket.tokens < 1) return false;
    bucket.tokens--;
    return true;
  }
}
