/** The house: imports point down or stay on their floor, the two doors never meet, and there is no cycle. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reachedFrom, root, sources } from "./sources.js";

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

test("no cycles", () => {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]) => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const next of all.find((source) => source.path === path)?.atRunTime ?? [])
      visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const { path } of all) visit(path, []);
  expect(cycles).toEqual([]);
});
