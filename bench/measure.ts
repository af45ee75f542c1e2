/** Times things side by side: in turns within one run, so that what else the machine does falls on all of them alike. */

/** One thing to time. */
export interface Contender {
  readonly name: string;
  /** How many units of work one call of `run` does; the result is time per unit. */
  readonly units: number;
  readonly run: () => unknown;
}

export interface Limits {
  /** Rounds go on until this is used up. */
  readonly seconds: number;
  /** At least so many rounds, whatever they take. */
  readonly rounds?: number;
  /**
   * Milliseconds that a turn takes at least. On a busy machine short turns pass between two looks of the scheduler; they want an
   * exact clock.
   */
  readonly turn?: number;
}

/** Short work is repeated within a turn until it is long enough for the clock and for the scheduler's noise. */
const MIN_TURN_MS = 8;

/**
 * Median milliseconds per unit of each contender.
 *
 * A first round warms up and decides how often each is repeated in its turn; it is not counted.
 */
export async function measure(
  contenders: readonly Contender[],
  { seconds, rounds = 3, turn: least = MIN_TURN_MS }: Limits,
): Promise<ReadonlyMap<string, number>> {
  const entries = contenders.map((contender) => ({ contender, repeats: 1, times: [] as number[] }));
  for (const entry of entries) {
    await turn(entry.contender, 1);
    const once = await turn(entry.contender, 1);
    entry.repeats = Math.max(1, Math.ceil(least / once));
  }
  const end = performance.now() + seconds * 1000;
  for (let round = 0; round < rounds || performance.now() < end; round++) {
    for (const { contender, repeats, times } of entries) {
      times.push((await turn(contender, repeats)) / (repeats * contender.units));
    }
  }
  return new Map(entries.map(({ contender, times }) => [contender.name, median(times)]));
}

async function turn({ run }: Contender, repeats: number): Promise<number> {
  const start = performance.now();
  for (let i = 0; i < repeats; i++) await run();
  return performance.now() - start;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[sorted.length >> 1];
  if (value === undefined) throw new Error("a median of nothing");
  return value;
}
