/** Taking inputs one after the other in this process, and what is a finding. */
import { ListSealError } from "../src/openpgp/errors.js";
import { Random } from "./random.js";
import { Finding, type Target } from "./target.js";
import { MAX_INPUT, varied } from "./vary.js";

/**
 * Processor time for one input, in milliseconds: honest ones of this size take a hundredth. Not the clock's time: the machine may
 * have other work.
 */
const MAX_CPU_MS = 4_000;
/** Peak memory of the process, in octets; without any input it is 100 to 250 MB. */
const MAX_MEMORY = 900_000_000;

/** What is wrong with an input; null if nothing is. */
export interface Found {
  readonly kind: "broken-promise" | "wrong-error" | "work" | "memory" | "ended";
  readonly text: string;
}

/** Has the target take one input. */
export async function tryInput(target: Target, input: Uint8Array): Promise<Found | null> {
  const before = process.cpuUsage();
  try {
    await target.take(input);
  } catch (error) {
    if (error instanceof Finding) return { kind: "broken-promise", text: error.message };
    if (!(error instanceof ListSealError))
      return {
        kind: "wrong-error",
        text: error instanceof Error ? (error.stack ?? error.message) : String(error),
      };
  }
  const { user, system } = process.cpuUsage(before);
  const spent = Math.round((user + system) / 1000);
  if (spent > MAX_CPU_MS) return { kind: "work", text: `${spent} ms of processor time` };
  const peak = process.resourceUsage().maxRSS * 1024;
  if (peak > MAX_MEMORY) return { kind: "memory", text: `${Math.round(peak / 1e6)} MB at the peak` };
  return null;
}

/** The inputs of a run: the seeds themselves, then changed ones without end. */
export class Inputs {
  readonly #target: Target;
  readonly #seeds: readonly Uint8Array[];
  readonly #seed: number;

  private constructor(target: Target, seeds: readonly Uint8Array[], seed: number) {
    this.#target = target;
    this.#seeds = seeds;
    this.#seed = seed;
  }

  static async of(target: Target, seed: number): Promise<Inputs> {
    return new Inputs(target, await target.seeds(), seed);
  }

  /** The same for the same seed and number, as far as the target's seeds are the same. */
  async at(number: number): Promise<Uint8Array> {
    const plain = this.#seeds[number];
    if (plain !== undefined) return plain;
    const random = new Random(Math.imul(this.#seed, 0x9e3779b1) + number);
    const { vary, words } = this.#target;
    const seed = random.pick(this.#seeds);
    const structured =
      vary === undefined || random.once(4)
        ? seed
        : (await vary(seed, random, this.#seeds)).subarray(0, MAX_INPUT);
    return structured !== seed && random.once(2)
      ? structured
      : varied(structured, random, words, this.#seeds);
  }
}
