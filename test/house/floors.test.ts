/** The house: imports point down or stay on their floor, the two doors never meet, and there is no circle of files. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { circlesOf, reachedFrom, root, type Source, sourceOf, sources } from "./sources.js";

const floors = ["protocol", "mail", "membership", "server", "extension"] as const;
const below: Record<(typeof floors)[number], readonly string[]> = {
  protocol: ["protocol"],
  mail: ["mail", "protocol"],
  membership: ["membership", "mail", "protocol"],
  server: ["server", "membership", "mail", "protocol"],
  extension: ["extension", "membership", "mail", "protocol"],
};

const all = sources();
const floorOf = (path: string) => floors.find((floor) => path.startsWith(`${floor}/`));

test("there are sources to look at", () => {
  expect(all.length).toBeGreaterThan(10);
});

test("imports point down, and the server and the add-on never import each other", () => {
  const wrong = all.flatMap(({ path, own }) => {
    const floor = floorOf(path);
    const allowed = floor === undefined ? [] : below[floor];
    // the locale files are data of the add-on
    const target = own.filter((to) => !to.endsWith(".json"));
    return target.filter((to) => !allowed.includes(floorOf(to) ?? "?")).map((to) => `${path} -> ${to}`);
  });
  expect(wrong).toEqual([]);
});

test("the server's rooms: run -> in -> out -> kept, and every file is in one of them", () => {
  const rooms = ["run", "in", "out", "kept"];
  const depth = (path: string) => rooms.indexOf(path.split("/")[1] ?? "");
  const files = all.filter(({ path }) => floorOf(path) === "server");
  expect(files.map(({ path }) => path).filter((path) => depth(path) < 0)).toEqual([]);
  const up = files.flatMap(({ path, own }) =>
    own.filter((to) => floorOf(to) === "server" && depth(to) < depth(path)).map((to) => `${path} -> ${to}`),
  );
  expect(up).toEqual([]);
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

test("the protocol imports openpgp and nothing else", () => {
  const outside = all.filter(({ path }) => floorOf(path) === "protocol").flatMap(({ others }) => others);
  expect([...new Set(outside)]).toEqual(["openpgp"]);
});

test("the server can't reach open.ts, however far the imports are followed", () => {
  const entries = all.filter(({ path }) => floorOf(path) === "server").map(({ path }) => path);
  const reached = reachedFrom(entries, all, "own");
  expect([...reached]).not.toContain("protocol/open");
});

test.each([
  ["webextension-polyfill", "extension/platform"],
  ["webext-bridge", "extension/messaging"],
])("%s has one door", (name, door) => {
  const importers = all.filter(({ others }) =>
    others.some((other) => other === name || other.startsWith(`${name}/`)),
  );
  expect(importers.map(({ path }) => path).filter((path) => path !== door)).toEqual([]);
});

test("no circle of files: type imports, imports and dynamic imports counted, statement by statement", () => {
  expect(circlesOf(new Map(all.map(({ path, own }) => [path, new Set(own)])))).toEqual([]);
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
