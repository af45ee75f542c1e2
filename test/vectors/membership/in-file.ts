/** What a switch is: a check, and what stands there without it. */

/** A text that stands once in a file, below the project, and what is put in its place. */
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

type Switch = readonly [name: string, find: string, replace: string];

/** The switches of one file. */
export const inFile = (file: string, switches: readonly Switch[]): readonly Mutation[] =>
  switches.map(([name, find, replace]) => ({ name, file: `src/${file}`, find, replace }));
