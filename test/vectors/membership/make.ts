/**
 * Writes the membership vectors and their keys: `npx tsx test/vectors/membership/make.ts`. With `--check` it writes nothing and says
 * which files are not what it would write. Every file follows from its recipes alone, as those of the posts do.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Profile } from "../../../src/openpgp/keys.js";
import { withSeed } from "../seeded.js";
import { authorRecipes } from "./author-recipes.js";
import { cardRecipes } from "./card-recipes.js";
import { castOf, keyFile, type MembershipCast, madeKeys } from "./cast.js";
import { backupRecipes, invitationRecipes } from "./file-recipes.js";
import { type Case, type Group, groups, type Recipe, vectorFile, vectorText } from "./format.js";
import { answerRecipes, requestRecipes } from "./message-recipes.js";
import { noticeRecipes, receiptRecipes } from "./notice-recipes.js";
import { recordRecipes } from "./record-recipes.js";
import { secretInvitationRecipes } from "./secret-invitation-recipes.js";
import { secretNoticeRecipes } from "./secret-notice-recipes.js";
import { serverRecipes } from "./server-recipes.js";

const profiles = ["compatible", "rfc9580"] as const satisfies readonly Profile[];

export const recipesOf: Readonly<Record<Group, readonly Recipe<MembershipCast>[]>> = {
  card: cardRecipes,
  invitation: [...invitationRecipes, ...secretInvitationRecipes],
  backup: backupRecipes,
  author: authorRecipes,
  request: requestRecipes,
  answer: answerRecipes,
  notice: [...noticeRecipes, ...secretNoticeRecipes],
  receipt: receiptRecipes,
  record: recordRecipes,
  server: serverRecipes,
};

async function casesOf(group: Group, casts: Readonly<Record<Profile, MembershipCast>>): Promise<Case[]> {
  const cases: Case[] = [];
  for (const { make, both, name, expect, comment } of recipesOf[group]) {
    for (const profile of both ? profiles : (["compatible"] as const)) {
      const made = await withSeed(`membership ${group} ${profile} ${name}`, () => make(casts[profile]));
      cases.push({ name: both ? `${name}-${profile}` : name, expect, comment, profile, ...made });
    }
  }
  return cases;
}

/** Every file and its text: the keys first, since the vectors are made with them. */
async function* files(): AsyncGenerator<readonly [file: URL, text: string]> {
  for (const profile of profiles)
    for await (const [name, text] of madeKeys(profile)) yield [keyFile(profile, name), text];
  const casts = { compatible: await castOf("compatible"), rfc9580: await castOf("rfc9580") };
  for (const group of groups) yield [vectorFile(group), vectorText(group, await casesOf(group, casts))];
}

async function main(): Promise<void> {
  const checks = process.argv[2] === "--check";
  await mkdir(new URL("keys/", vectorFile("card")), { recursive: true });
  for await (const [file, text] of files()) {
    const there = await readFile(file, "utf8").catch(() => undefined);
    if (there === text) continue;
    if (!checks) await writeFile(file, text);
    console.log(fileURLToPath(file));
    if (checks) process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
