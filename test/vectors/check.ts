/** Every vector, opened by the code that is here: what the test, the program and each mutation run. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readVector } from "./format.js";
import { expected, openVector } from "./open-vector.js";

/** What came of a vector, beside what it says. */
export interface Checked {
  /** The file, from the folder of the vectors on. */
  readonly name: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/** Whether a vector came out as it says. */
export const isRight = ({ expected, found }: Checked): boolean =>
  JSON.stringify(expected) === JSON.stringify(found);

/** An error without a code is none of the format's: the program has failed, and a vector never expects that. */
const failed = (error: unknown) => ({ failed: error instanceof Error ? error.message : String(error) });

async function tried<T>(work: () => Promise<T>): Promise<T | { readonly failed: string }> {
  try {
    return await work();
  } catch (error) {
    return failed(error);
  }
}

/** A kind of vectors: a folder, and what is done with one of its files. */
interface Kind {
  readonly folder: string;
  readonly check: (folder: URL, file: string) => Promise<Omit<Checked, "name">>;
}

const kinds: readonly Kind[] = [
  {
    folder: "posts",
    check: async (folder, file) => {
      const vector = readVector(readFileSync(new URL(file, folder), "utf8"));
      return { expected: expected(vector), found: await tried(() => openVector(vector, vector.sealed)) };
    },
  },
];

/** The folders of vectors. */
export const folders: readonly string[] = kinds.map(({ folder }) => folder);

/**
 * Opens every vector of a folder.
 * @param isWanted leaves some out, by their names
 */
export async function* checkFolder(
  name: string,
  isWanted: (name: string) => boolean = () => true,
): AsyncGenerator<Checked> {
  const kind = kinds.find(({ folder }) => folder === name);
  if (kind === undefined) throw new Error(`no folder ${name}`);
  const folder = new URL(`./${name}/`, import.meta.url);
  for (const file of readdirSync(fileURLToPath(folder)).sort()) {
    const called = `${name}/${file.replace(/\.[a-z]+$/, "")}`;
    if (/\.(?:txt|json)$/.test(file) && isWanted(called)) {
      yield { name: called, ...(await kind.check(folder, file)) };
    }
  }
}
