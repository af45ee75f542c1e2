import type { Mutation } from "../suite.js";

/** Name, the check, and what stands there without it. */
export type Switch = readonly [name: string, find: string, replace: string];

/** The switches of one file. */
export const inFile = (file: string, switches: readonly Switch[]): readonly Mutation[] =>
  switches.map(([name, find, replace]) => ({ name, file: `src/${file}`, find, replace }));
