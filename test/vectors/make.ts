/**
 * Writes the vectors: `npx tsx test/vectors/make.ts`.
 *
 * Which vectors there are, and what is wrong with each, is fixed here. Their bytes are not reproducible: session keys
 * and ephemeral keys come from the platform's random source, which can't be seeded. So they were made once and are
 * checked in; a file that is there is never written again, and `test/vectors.test.ts` sees to it that recipes and files
 * are the same set. To make one anew, delete it and run this.
 */
import { access, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { vectorCast } from "./cast.js";
import { writeVector } from "./format.js";
import { memberRecipes } from "./member-recipes.js";
import type { Recipe } from "./recipes.js";
import { secretRecipes } from "./secret-recipes.js";
import { serverRecipes } from "./server-recipes.js";

/** Every vector by its name. */
export const recipes: ReadonlyMap<string, Recipe> = new Map([
  ...serverRecipes,
  ...memberRecipes,
  ...secretRecipes,
]);

export const fileOf = (name: string) => new URL(`./${name}.txt`, import.meta.url);

/** The names of the vectors that are checked in. */
export async function madeVectors(): Promise<readonly string[]> {
  const names = await readdir(new URL(".", import.meta.url));
  return names.filter((name) => name.endsWith(".txt")).map((name) => name.slice(0, -4));
}

async function main(): Promise<void> {
  const casts = { compatible: await vectorCast("compatible"), rfc9580: await vectorCast("rfc9580") };
  for (const [name, { make, ...head }] of recipes) {
    const file = fileOf(name);
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) continue;
    await writeFile(file, writeVector({ ...head, sealed: await make(casts[head.profile]) }));
    console.log(name);
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
