/** Every vector of posts, mails, letters, private letters and sequences, opened by the code that is here. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readVector } from "./format.js";
import { expectedFacts, type Facts, readFacts } from "./mail-format.js";
import { openLetter, openMail } from "./open-mail.js";
import { openPrivateMail } from "./open-private.js";
import { expected, openVector } from "./open-vector.js";
import { readPins } from "./pin-recipes.js";
import { runPins } from "./run-pins.js";
import { runSequence } from "./run-sequence.js";
import { readSequence } from "./sequence-format.js";
import { type Checked, isRight, type Suite } from "./suite.js";

/** An error without a code is none of the format's: the program has failed, and a vector never expects that. */
async function tried<T>(work: () => Promise<T>): Promise<T | { readonly failed: string }> {
  try {
    return await work();
  } catch (error) {
    return { failed: error instanceof Error ? error.message : String(error) };
  }
}

/** A folder of vectors, and what is done with one of its files. */
interface Kind {
  readonly folder: string;
  /** Whether a fault in this source could show in it. */
  readonly reaches: RegExp;
  readonly check: (folder: URL, file: string) => Promise<Omit<Checked, "name">>;
}

const kinds: readonly Kind[] = [
  {
    folder: "posts",
    reaches: /^src\/(?:openpgp|protocol|membership\/introduction\/letter-author|mail\/payload)/,
    check: async (folder, file) => {
      const vector = readVector(readFileSync(new URL(file, folder), "utf8"));
      return { expected: expected(vector), found: await tried(() => openVector(vector, vector.sealed)) };
    },
  },
  {
    folder: "mails",
    reaches: /^src\/mail|read-mail|open-post|own-seal/,
    check: (folder, file) => twoFiles(folder, file, openMail),
  },
  {
    folder: "sequences",
    reaches: /^src\/(?:server\/store\/posts|extension\/records|protocol\/(?:open-post|reseal))/,
    check: async (folder, file) => {
      const sequence = readSequence(readFileSync(new URL(file, folder), "utf8"));
      const expected = sequence.steps.map(({ expect }) => expect);
      return { expected, found: await tried(() => runSequence(sequence)) };
    },
  },
  {
    folder: "pins",
    reaches: /^src\/membership\/introduction\/pins/,
    check: async (folder, file) => {
      const pins = readPins(readFileSync(new URL(file, folder), "utf8"));
      const expected = pins.sightings.map(({ expect }) => expect);
      return { expected, found: await tried(async () => runPins(pins)) };
    },
  },
  {
    folder: "private",
    reaches: /private-letter|found-parts|outer-header|read-mail|binding/,
    check: (folder, file) => twoFiles(folder, file, openPrivateMail),
  },
  {
    folder: "letters",
    reaches: /^src\/mail|openpgp\/keys|letter-author/,
    check: (folder, file) => twoFiles(folder, file, openLetter),
  },
];

/** A vector of two files: what it says, and the octets that it says it of. */
async function twoFiles(
  folder: URL,
  file: string,
  open: (facts: Facts, raw: Uint8Array) => Promise<Facts>,
): Promise<Omit<Checked, "name">> {
  const facts = readFacts(readFileSync(new URL(file, folder), "utf8"));
  const raw = readFileSync(new URL(file.replace(/\.txt$/, ".eml"), folder));
  return { expected: expectedFacts(facts), found: await tried(() => open(facts, Uint8Array.from(raw))) };
}

/** Vectors at a time: signatures and key agreements are made in other threads. */
const AT_A_TIME = 8;

/**
 * Opens the vectors of a folder in groups.
 * @param first what comes earlier: the least rank
 * @param group how many vectors are in a group. After a group of which one is wrong, the rest is left out
 */
async function checkKind(
  { folder: name, check }: Kind,
  isWanted: (name: string) => boolean,
  first: (name: string) => number,
  group: number,
): Promise<readonly Checked[]> {
  const folder = new URL(`./${name}/`, import.meta.url);
  const files = readdirSync(fileURLToPath(folder))
    .filter((file) => /\.(?:txt|json)$/.test(file))
    .sort()
    .map((file) => ({ file, called: `${name}/${file.replace(/\.[a-z]+$/, "")}` }))
    .filter(({ called }) => isWanted(called))
    .sort((one, other) => first(one.called) - first(other.called));
  const checked: Checked[] = [];
  while (files.length > 0 && checked.every(isRight)) {
    const now = files.splice(0, group);
    const next = async (): Promise<void> => {
      for (let one = now.shift(); one !== undefined; one = now.shift()) {
        checked.push({ name: one.called, ...(await check(folder, one.file)) });
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, next));
  }
  return checked.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** 100 MiB take half a second to inflate: only where something about sizes was changed. */
const isHeavy = (name: string) => name.includes("-bomb-");
const sizes = /literal-reader|policy/;

/** Of a mutation some vectors that notice will do: a group takes a second, and all of them ten. */
const GROUP = 100;

/** Vectors of one profile, those of the role whose code was changed, and no heavy ones, come first. */
const likeliest = (file: string) => {
  const role = /reseal|server/.test(file) ? "/server-" : "/member-";
  return (name: string) =>
    (isHeavy(name) ? 4 : 0) + (name.endsWith("rfc9580") ? 2 : 0) + (name.includes(role) ? 0 : 1);
};

export const suite: Suite = {
  check: async (file, named) => {
    const reached = file === undefined ? kinds : kinds.filter(({ reaches }) => reaches.test(file));
    const isWanted = (name: string) =>
      named?.has(name) ?? (file === undefined || sizes.test(file) || !isHeavy(name));
    const group = file === undefined ? Number.POSITIVE_INFINITY : GROUP;
    const first = file === undefined ? () => 0 : likeliest(file);
    const checked: Checked[] = [];
    for (const kind of reached) checked.push(...(await checkKind(kind, isWanted, first, group)));
    return checked;
  },
};
