/** The house: imports point down or stay on their floor, the two doors never meet, and there is no circle of files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { circlesOf, reachedFrom, root, type Source, sourceOf, sources } from "./sources.js";

/** From the ground up. A floor imports those that are named for it, and itself. */
const below = {
  openpgp: [],
  protocol: ["openpgp"],
  mail: ["protocol", "openpgp"],
  membership: ["mail", "protocol", "openpgp"],
  server: ["membership", "mail", "protocol", "openpgp"],
  extension: ["membership", "mail", "protocol", "openpgp"],
} as const;

/** The rooms of a floor from the top down: a room imports those that come after it. The longest name that fits counts. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  membership: ["roster", "notice", "invitation", "request", "introduction", "file"],
  server: [
    "cli",
    "serve",
    "admin",
    "receive",
    "post",
    "request",
    "parse",
    "delivery",
    "store",
    "base",
    "texts",
  ],
  extension: [
    ...[
      "app/thunderbird",
      "app/webmail",
      "app/browser",
      "app/options",
      "app/lists-page",
      "app/handlers",
      "app/calls",
    ],
    ...["app", "owner", "moderation", "backup"],
    ...["writing/window", "writing/composer", "writing"],
    "mail-index",
    ...["reading/page", "reading/display", "reading", "reading/local-copies"],
    ...["member", "requests", "keys", "worker", "ui", "records", "platform"],
  ],
};

const all = sources();
const floorOf = (path: string) => path.split("/", 1)[0] ?? "";
const allowedFrom = new Map<string, readonly string[]>(
  Object.entries(below).map(([floor, lower]) => [floor, [floor, ...lower]]),
);

/** The room of a file among those of its floor; -1 for a file that is in none. */
function roomOf(path: string): number {
  const floor = floorOf(path);
  const [best] = (rooms[floor] ?? [])
    .map((room, index) => ({ room, index }))
    .filter(({ room }) => path.startsWith(`${floor}/${room}/`))
    .sort((one, other) => other.room.length - one.room.length);
  return best?.index ?? -1;
}

test("there are sources to look at", () => {
  expect(all.length).toBeGreaterThan(10);
});

test("imports point down, and the server and the add-on never import each other", () => {
  const wrong = all.flatMap(({ path, own }) => {
    const allowed = allowedFrom.get(floorOf(path)) ?? [];
    // the locale files, the manifest and package.json are data
    const targets = own.filter((to) => !to.endsWith(".json"));
    return targets.filter((to) => !allowed.includes(floorOf(to))).map((to) => `${path} -> ${to}`);
  });
  expect(wrong).toEqual([]);
});

describe.each(Object.keys(rooms))("the rooms of %s", (floor) => {
  const files = all.filter(({ path }) => floorOf(path) === floor);

  test("every file is in one of them", () => {
    expect(files.map(({ path }) => path).filter((path) => roomOf(path) < 0)).toEqual([]);
  });

  test("none is empty", () => {
    const used = new Set(files.map(({ path }) => roomOf(path)));
    expect((rooms[floor] ?? []).filter((room, index) => room !== "app" && !used.has(index))).toEqual([]);
  });

  test("imports point down: type imports, imports and dynamic imports", () => {
    const up = files.flatMap(({ path, own }) =>
      own
        .filter((to) => floorOf(to) === floor && !to.endsWith(".json") && roomOf(to) < roomOf(path))
        .map((to) => `${path} -> ${to}`),
    );
    expect(up).toEqual([]);
  });
});

/** What one reads in one sitting. */
const MOST_LINES = 450;

test("no file is longer than that", () => {
  const long = all.filter(({ text }) => text.split("\n").length - 1 > MOST_LINES);
  expect(long.map(({ path }) => path)).toEqual([]);
});

test("the documents name files that are there", () => {
  const project = resolve(root, "..");
  const pages = [
    "README.md",
    "CONTRIBUTING.md",
    ...readdirSync(join(project, "docs")).map((name) => `docs/${name}`),
  ];
  const gone = pages
    .filter((page) => page.endsWith(".md"))
    .flatMap((page) =>
      [
        ...readFileSync(join(project, page), "utf8").matchAll(
          /`((?:src|test|docs|proofs|bench|scripts)\/[\w./-]+)`/g,
        ),
      ]
        .map(([, name = ""]) => name)
        .filter((name) => !existsSync(join(project, name)))
        .map((name) => `${page}: ${name}`),
    );
  expect(gone).toEqual([]);
});

/** The packages that a floor imports, types included; without the modules of Node. */
const packagesOf = (floor: string): readonly string[] => {
  const named = all.filter(({ path }) => floorOf(path) === floor).flatMap(({ others }) => others);
  return [...new Set(named.filter((name) => !name.startsWith("node:")))].sort();
};

test("openpgp.js is imported by the floor that is named after it, and by nobody else", () => {
  const importers = all.filter(({ others }) => others.includes("openpgp")).map(({ path }) => floorOf(path));
  expect([...new Set(importers)]).toEqual(["openpgp"]);
});

test.each([
  ["openpgp", ["openpgp"]],
  ["protocol", []],
  ["mail", ["ical.js", "postal-mime"]],
  ["membership", []],
])("the packages of %s", (floor, packages) => {
  expect(packagesOf(floor)).toEqual(packages);
});

/** What keys, signatures and messages of openpgp.js have, as far as it can be told from other things by its name. */
const libraryMembers =
  /\.(?:keyPacket|subkeys|selfCertifications?|otherCertifications|revocationSignatures|bindingSignatures|issuerFingerprint|issuerKeyID|rawNotations|publicParams|getKeys|getKeyID|getFingerprint|getUserIDs|getCreationTime|getExpirationTime|getSigningKeyIDs|getEncryptionKey|getSigningKey|getPrimaryUser|isDecrypted|toPublic|toPacketList|verifyPrimaryKey)\b/g;

test("keys and signatures are looked into on that floor alone, also where they come without an import", () => {
  const looking = all
    .filter(({ path }) => floorOf(path) !== "openpgp")
    .flatMap(({ path, text }) => [...text.matchAll(libraryMembers)].map(([name]) => `${path}: ${name}`));
  expect(looking).toEqual([]);
  const inside = all.filter(({ path }) => floorOf(path) === "openpgp");
  expect(inside.some(({ text }) => text.search(libraryMembers) >= 0)).toBe(true);
});

test("the add-on reaches no module of Node", () => {
  const entries = all.map(({ path }) => path).filter((path) => floorOf(path) === "extension");
  const reached = reachedFrom(entries, all, "atRunTime");
  const node = all.filter(
    ({ path, others }) => reached.has(path) && others.some((name) => name.startsWith("node:")),
  );
  expect(node.map(({ path }) => path)).toEqual([]);
});

test("the server can't reach open-post.ts, however far the imports are followed", () => {
  const entries = all.filter(({ path }) => floorOf(path) === "server").map(({ path }) => path);
  const reached = reachedFrom(entries, all, "own");
  expect([...reached]).not.toContain("protocol/open-post");
});

test.each([
  ["webextension-polyfill", "extension/platform/browser"],
  ["webext-bridge", "extension/platform/rpc/bridge"],
])("%s has one door", (name, door) => {
  const importers = all.filter(({ others }) =>
    others.some((other) => other === name || other.startsWith(`${name}/`)),
  );
  expect(importers.map(({ path }) => path).filter((path) => path !== door)).toEqual([]);
});

test("no circle of files: type imports, imports and dynamic imports counted, statement by statement", () => {
  expect(circlesOf(new Map(all.map(({ path, own }) => [path, new Set(own)])))).toEqual([]);
});

test("the words of the format are written out in one place each", () => {
  const spelled =
    /"compatible" \| "rfc9580"|"(?:whole" \| "key|key" \| "whole)"|"resealed" \| "opened"|"encrypted" \| "mixed"/;
  const words =
    /\("compatible", "rfc9580"|\["compatible", "rfc9580"|\["(?:whole", "key|key", "whole)"|\["encrypted", "mixed"/;
  const places = all.filter(({ text }) => spelled.test(text) || words.test(text)).map(({ path }) => path);
  const declared = ["openpgp/profiles", "protocol/message", "mail/part-types"];
  // a lower floor, which knows no modes
  expect(places.filter((path) => !declared.includes(path) && path !== "openpgp/packets")).toEqual([]);
});

test("no exported name is declared twice", () => {
  const places = new Map<string, string[]>();
  for (const { path, declares } of all)
    for (const name of declares) places.set(name, [...(places.get(name) ?? []), path]);
  const twice = [...places].filter(([, paths]) => paths.length > 1);
  expect(twice).toEqual([]);
});

describe("what this house is looked at with", () => {
  const read = (path: string, text: string) => sourceOf(`extension/${path}`, text);
  const circles = (...files: readonly Source[]) =>
    circlesOf(new Map(files.map(({ path, own }) => [path, new Set(own)])));

  test("one file that imports another in two ways has two edges", () => {
    const { edges } = read(
      "a.ts",
      `import type { B } from "./b.js"; import { b } from "./b.js"; void import("./c.js");`,
    );
    expect(edges.map(({ to, kind }) => `${kind} ${to}`)).toEqual([
      ...["type extension/b", "value extension/b", "dynamic extension/c"],
    ]);
  });

  test.each([
    `import type { B } from "./b.js";`,
    `export type { B } from "./b.js";`,
    `export * from "./b.js";`,
    `let b: import("./b.js").B;`,
    `const b = await import("./b.js");`,
  ])("a circle closed by %s is found", (statement) => {
    const b = read("b.ts", `import { a } from "./a.js";`);
    expect(circles(read("a.ts", statement), b)).toEqual([["extension/a", "extension/b"]]);
    expect(circles(read("a.ts", ""), b)).toEqual([]);
  });

  test("the names that a file declares, not those that it passes on", () => {
    const { declares } = read(
      "a.ts",
      `export const a = 1; export interface B {} export { c } from "./c.js"; function d() {}`,
    );
    expect(declares).toEqual(["a", "B"]);
  });
});
