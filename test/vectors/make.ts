/**
 * Writes the vectors and their keys: `npx tsx test/vectors/make.ts`. With `--check` it writes nothing and says which files
 * are not what it would write.
 *
 * Every file follows from its name alone (`seeded.ts`, fixed dates), so it writes the same bytes each time. One thing is not
 * ours: the octets of what is compressed (`*-bomb`) are the platform's zlib's, here that of Node 20.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { keyFile, keyRecipes, keyText, vectorCast } from "./cast.js";
import { writeVector } from "./format.js";
import { memberRecipes } from "./member-recipes.js";
import type { Recipe } from "./recipes.js";
import { secretRecipes } from "./secret-recipes.js";
import { withSeed } from "./seeded.js";
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

const profiles = ["compatible", "rfc9580"] as const;

/** Every file and its text: the keys first, since the vectors are made with them. */
async function* files(): AsyncGenerator<readonly [file: URL, text: string]> {
  for (const profile of profiles) {
    for (const [name, make] of keyRecipes(profile)) {
      yield [keyFile(profile, name), await keyText(await withSeed(`${profile}-${name}`, make))];
    }
  }
  const casts = { compatible: await vectorCast("compatible"), rfc9580: await vectorCast("rfc9580") };
  for (const [name, { make, ...head }] of recipes) {
    const sealed = await withSeed(name, () => make(casts[head.profile]));
    yield [fileOf(name), writeVector({ ...head, sealed })];
  }
}

async function main(): Promise<void> {
  const checks = process.argv[2] === "--check";
  for await (const [file, text] of files()) {
    const there = await readFile(file, "utf8").catch(() => undefined);
    if (there === text) continue;
    if (!checks) await writeFile(file, text);
    console.log(fileURLToPath(file));
    if (checks) process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
