/** The project's own sources and what they import, for the tests of the house. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of all sources. */
export const root = fileURLToPath(new URL("../../src", import.meta.url));

export interface Source {
  /** Below src, without its ending. */
  readonly path: string;
  readonly text: string;
  /** Files of ours, as paths below src. */
  readonly own: readonly string[];
  /** Those of them that are there when the program runs: not `import type`. */
  readonly atRunTime: readonly string[];
  /** Packages and Node modules. */
  readonly others: readonly string[];
}

/** All of them, without declarations. */
export function sources(): readonly Source[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => {
      const text = readFileSync(join(root, path), "utf8");
      const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
      const named = [...code.matchAll(/(?:\bfrom|\bimport|\bimport\()\s*"([^"]+)"/g)].map(
        ([, name = ""]) => name,
      );
      const below = (names: readonly string[]) =>
        names
          .filter((name) => name.startsWith("."))
          .map((name) => relative(root, resolve(root, dirname(path), name)).replace(/\.js$/, ""));
      const own = below(named);
      const types = [...code.matchAll(/\bimport type [^;]*? from "([^"]+)"/g)].map(([, name = ""]) => name);
      const atRunTime = own.filter((to) => !below(types).includes(to));
      const others = named.filter((name) => !name.startsWith("."));
      return { path: path.replace(/\.tsx?$/, ""), text, own, atRunTime, others };
    });
}

/** The paths of everything that is reached from `entries`, however far the imports are followed. */
export function reachedFrom(
  entries: readonly string[],
  all: readonly Source[],
  by: "own" | "atRunTime",
): ReadonlySet<string> {
  const reached = new Set<string>();
  const visit = (path: string) => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const next of all.find((source) => source.path === path)?.[by] ?? []) visit(next);
  };
  for (const entry of entries) visit(entry);
  return reached;
}
