/**
 * What a list of mutations and the vectors that are to notice them have in common. Each suite has a file that exports its
 * {@link Suite} as `suite`: the program imports it once as it is, and once for each mutation with that mutation in the sources below it.
 */
import { isDeepStrictEqual } from "node:util";

/** One check taken out of the sources, in a copy of them. */
export interface Mutation {
  /** Of the check. */
  readonly name: string;
  /** From the root of the repository on. */
  readonly file: string;
  /** The check, as it stands in the file, exactly once. */
  readonly find: string;
  /** The same without the check. */
  readonly replace: string;
}

/** A vector as it came out, beside what it says. */
export interface Checked {
  readonly name: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Vectors, and what opens them. */
export interface Suite {
  /**
   * Opens the vectors that could notice a mutation in `file`, until some have; all vectors if absent.
   * @param named these alone, if given
   */
  readonly check: (file?: string, named?: ReadonlySet<string>) => Promise<readonly Checked[]>;
}

/** Whether a vector came out as it says. */
export const isRight = ({ expected, found }: Checked): boolean => isDeepStrictEqual(found, expected);
