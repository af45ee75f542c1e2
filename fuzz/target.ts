import type { Random } from "./random.js";

/** One thing that reads what anybody may send. To add one: a file in targets/, a line in targets.ts. */
export interface Target {
  readonly name: string;
  /** Inputs to begin with: vectors, and fixtures of our own. Called once. */
  readonly seeds: () => Promise<readonly Uint8Array[]>;
  /** Pieces that mean something to this reader; put in anywhere. */
  readonly words: readonly string[];
  /** A change that knows the structure of an input; the general ones of vary.ts are made besides. */
  readonly vary?: (
    seed: Uint8Array,
    random: Random,
    seeds: readonly Uint8Array[],
  ) => Uint8Array | Promise<Uint8Array>;
  /**
   * Reads one input. To refuse it, it throws a ListSealError, and all is well. A {@link Finding}, any other error, work or memory
   * beyond the bounds of run.ts is a finding.
   */
  readonly take: (input: Uint8Array) => Promise<void>;
}

/** A promise that an input has broken. */
export class Finding extends Error {
  override readonly name = "Finding";
}

/** @throws Finding unless this holds */
export function promise(holds: boolean, what: string): void {
  if (!holds) throw new Finding(what);
}
