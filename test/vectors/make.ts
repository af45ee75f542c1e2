/**
 * Writes the vectors and their keys: `npx tsx test/vectors/make.ts`. With `--check` it writes nothing and says which files
 * are not what it would write.
 *
 * Every file follows from its name alone (`seeded.ts`, fixed dates), so it writes the same bytes each time. One thing is not
 * ours: the octets of what is compressed are the platform's zlib's, here that of Node 20.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { sha256 } from "../../src/openpgp/digest.js";
import type { Profile } from "../../src/protocol/index.js";
import {
  isOtherKey,
  keyFile,
  keyRecipes,
  keyText,
  type OtherKey,
  type VectorCast,
  vectorCast,
} from "./cast.js";
import { type VectorHead, writeVector } from "./format.js";
import { insideRecipes } from "./inside-recipes.js";
import { keyPacketRecipes } from "./key-packet-recipes.js";
import { keyRecipes as postsByKeys } from "./key-recipes.js";
import { letterRecipes } from "./letter-recipes.js";
import { letter } from "./letters.js";
import { writeFacts } from "./mail-format.js";
import type { MailRecipe } from "./mail-making.js";
import { mailRecipes } from "./mail-recipes.js";
import { memberRecipes } from "./member-recipes.js";
import { ownCopyRecipes } from "./own-copy-recipes.js";
import { pinRecipes, writePins } from "./pin-recipes.js";
import { privateRecipes } from "./private-recipes.js";
import { profiles, type Recipe } from "./recipes.js";
import { sealRecipes } from "./seal-recipes.js";
import { secretRecipes } from "./secret-recipes.js";
import { withSeed } from "./seeded.js";
import { writeSequence } from "./sequence-format.js";
import { sequenceRecipes } from "./sequence-recipes.js";
import { serverRecipes } from "./server-recipes.js";
import { signatureRecipes } from "./signature-recipes.js";

/** Every vector by its name. */
export const recipes: ReadonlyMap<string, Recipe> = new Map([
  ...serverRecipes,
  ...memberRecipes,
  ...secretRecipes,
  ...signatureRecipes,
  ...insideRecipes,
  ...sealRecipes,
  ...postsByKeys,
  ...keyPacketRecipes,
  ...ownCopyRecipes,
]);

/** Mails, letters and private letters, by their folders. */
const entities: ReadonlyMap<string, ReadonlyMap<string, MailRecipe>> = new Map([
  ["mails", mailRecipes],
  ["letters", letterRecipes],
  ["private", privateRecipes],
]);

/** Sequences of posts and of authors, by their folders. */
const plain: ReadonlyMap<string, ReadonlyMap<string, unknown>> = new Map<
  string,
  ReadonlyMap<string, unknown>
>([
  ["sequences", sequenceRecipes],
  ["pins", pinRecipes],
]);

/** The names of the vectors of a folder of mails, letters, private letters, sequences or pins. */
export const namesIn = (folder: string): readonly string[] => [
  ...(plain.get(folder) ?? entities.get(folder) ?? new Map<string, never>()).keys(),
];

export const fileOf = (name: string) => new URL(`./posts/${name}.txt`, import.meta.url);

/** The names of the vectors that are checked in. */
export async function madeVectors(): Promise<readonly string[]> {
  const names = await readdir(new URL("posts/", import.meta.url));
  return names.map((name) => name.slice(0, -".txt".length));
}

const casts = new Map<string, Promise<VectorCast>>();
function castOf(profile: Profile, keys: readonly OtherKey[] = []): Promise<VectorCast> {
  const name = [profile, ...keys].join(" ");
  const cast = casts.get(name) ?? vectorCast(profile, keys);
  casts.set(name, cast);
  return cast;
}

/** What a vector says of itself. */
export async function headOf({ make: _, keys, payload = letter, ...head }: Recipe): Promise<VectorHead> {
  const isRead = head.expect === "opened" && head.role !== "server";
  const digest = isRead ? await sha256(payload(await castOf(head.profile, keys))) : undefined;
  return {
    ...head,
    ...(digest === undefined ? {} : { "payload-sha256": digest }),
    ...(keys === undefined ? {} : { keys: keys.join(", ") }),
  };
}

/** Every file and its text: the keys first, since the vectors are made with them. */
async function* files(): AsyncGenerator<readonly [file: URL, text: string]> {
  for (const profile of profiles) {
    for (const [name, make] of keyRecipes(profile)) {
      yield [keyFile(profile, name), await keyText(await withSeed(`${profile}-${name}`, make))];
    }
  }
  for (const [name, recipe] of recipes) {
    const cast = await castOf(recipe.profile, recipe.keys);
    const sealed = await withSeed(name, () => recipe.make(cast));
    yield [fileOf(name), writeVector({ ...(await headOf(recipe)), sealed })];
  }
  for (const [name, { make, ...about }] of sequenceRecipes) {
    const cast = await castOf(about.profile);
    const steps = await withSeed(`sequence ${name}`, () => make(cast));
    yield [new URL(`./sequences/${name}.txt`, import.meta.url), writeSequence({ ...about, steps })];
  }
  for (const [name, pins] of pinRecipes)
    yield [new URL(`./pins/${name}.txt`, import.meta.url), writePins(pins)];
  for (const [folder, made] of entities) {
    for (const [name, { facts, make }] of made) {
      const cast = await castOf(facts.profile, (facts["keys"] ?? "").split(", ").filter(isOtherKey));
      const raw = await withSeed(`${folder} ${name}`, () => make(cast));
      yield [new URL(`./${folder}/${name}.eml`, import.meta.url), Buffer.from(raw).toString("latin1")];
      yield [new URL(`./${folder}/${name}.txt`, import.meta.url), writeFacts(facts)];
    }
  }
}

async function main(): Promise<void> {
  const checks = process.argv[2] === "--check";
  for await (const [file, text] of files()) {
    // mails are octets, each a character here
    const encoding = file.pathname.endsWith(".eml") ? "latin1" : "utf8";
    const there = await readFile(file, encoding).catch(() => undefined);
    if (there === text) continue;
    if (!checks) await writeFile(file, text, encoding);
    console.log(fileURLToPath(file));
    if (checks) process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
