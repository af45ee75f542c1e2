/**
 * What the quick run of the tests leaves to the slow one, `LISTSEAL_SLOW=1`.
 *
 * A property that holds for many cases is tried with all of them in the slow run, and with a sample of them in the quick one,
 * which `npm test` is by default. A sample has every kind of case, the same ones on every run. All other tests are the same in both,
 * and so are all attacks of docs/ATTACKS.md: the twin without the defence is found by the same sample that the defence passes.
 *
 * Sampled in the quick run, with all that the slow run does in addition:
 *
 * - `server/rights`, `server/posting-rights` (interleavings.ts): of the orders of two acts' transactions, on both databases and for every
 *   pair, the first and the last, the one just before each act's own change, and a quarter of the others. Slow: every order.
 * - `server/any-mail`: each mail of 50 MiB for one of the list's three addresses, and one of the mails for all. Slow: each for all.
 * - `protocol/properties`: forty to two thousand cases by chance of each property, and of altered messages one bit of each fourth byte and of
 *   the bytes at both ends. Slow: twenty times as many cases, and each bit of each byte.
 * - `vectors`: each vector cut at each fifth length and at all of those near its ends. Slow: at every length.
 * - `server/kill`: four servers killed in a fan-out. Slow: twelve.
 *
 * Not sampled, since it goes on for as long as one likes in any case: `npm run fuzz` and `npm run endure`, of which the tests run a
 * beginning from a fixed seed.
 */
import { appendFileSync } from "node:fs";

const { LISTSEAL_SLOW = "", LISTSEAL_SAMPLED = "" } = process.env;

/** Whether everything is tried: `LISTSEAL_SLOW=1`. */
export const slow = LISTSEAL_SLOW === "1";

/** What chance follows from: the same on every quick run, another on every slow one. */
export const SEED = slow ? Math.floor(Math.random() * 2 ** 31) : 20_261_129;

/**
 * The cases of a property to try: all of them in the slow run, a sample in the quick one.
 * @param what the property, in a line of its own in the file that `npm test` counts them by
 * @param isKind says which cases are in every sample
 * @param oneOf of the others, one of so many is in the sample; none if 0
 */
export function sampleOf<T>(
  what: string,
  all: readonly T[],
  isKind: (one: T) => boolean,
  oneOf = 4,
): readonly T[] {
  if (slow) return all;
  noteSample(what);
  const start = [...what].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0);
  return all.filter((one, index) => isKind(one) || (oneOf > 0 && (start + index) % oneOf === 0));
}

/** Notes that a property was tried with a sample of its cases. */
export function noteSample(what: string): void {
  if (LISTSEAL_SAMPLED !== "") appendFileSync(LISTSEAL_SAMPLED, `${what}\n`);
}
