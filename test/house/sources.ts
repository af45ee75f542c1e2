/** The project's own sources and what they import, statement by statement, for the tests of the house. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "@swc/core";
import { z } from "zod";

/** The folder of all sources. */
export const root = fileURLToPath(new URL("../../src", import.meta.url));

/** One import or re-export as written: `import type`, `import` and `await import()`, each an edge of its own. */
export interface Edge {
  /** A file of ours, as a path below src without its ending; else a package or a module of Node. */
  readonly to: string;
  readonly own: boolean;
  readonly kind: "type" | "value" | "dynamic";
}

export interface Source {
  /** Below src, without its ending. */
  readonly path: string;
  readonly text: string;
  readonly edges: readonly Edge[];
  /** Files of ours that it names in any way. */
  readonly own: readonly string[];
  /** Those of them that are there when the program runs. */
  readonly atRunTime: readonly string[];
  /** Packages and Node modules. */
  readonly others: readonly string[];
  /** The names that it exports by declaring them, not by passing them on. */
  readonly declares: readonly string[];
  /** Those of them that name a type: interfaces, type aliases and classes. */
  readonly types: readonly string[];
}

/** All of them, without declarations. */
export function sources(): readonly Source[] {
  return readdirSync(root, { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => sourceOf(path, readFileSync(join(root, path), "utf8")));
}

/** @param path below src, with its ending */
export function sourceOf(path: string, text: string): Source {
  const parsed = parseSync(text, { syntax: "typescript", tsx: path.endsWith("x") });
  const edges: Edge[] = [];
  const declares: string[] = [];
  const types: string[] = [];
  walk(parsed, (node) => {
    for (const { name, kind } of named(node)) {
      const own = name.startsWith(".");
      const to = own ? relative(root, resolve(root, dirname(path), name)).replace(/\.js$/, "") : name;
      edges.push({ to, own, kind });
    }
    const exported = exportedDeclaration.safeParse(node);
    if (!exported.success) return;
    const names = namesOf(exported.data.declaration);
    declares.push(...names);
    if (typeDeclarations.has(exported.data.declaration.type)) types.push(...names);
  });
  const ours = edges.filter(({ own }) => own);
  const pathsOf = (some: readonly Edge[]) => [...new Set(some.map(({ to }) => to))];
  return {
    path: path.replace(/\.tsx?$/, ""),
    text,
    edges,
    own: pathsOf(ours),
    atRunTime: pathsOf(ours.filter(({ kind }) => kind !== "type")),
    others: pathsOf(edges.filter(({ own }) => !own)),
    declares,
    types,
  };
}

/** The kinds of node that say what is imported or exported. */
const looked: ReadonlySet<unknown> = new Set([
  ...["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration", "ExportDeclaration"],
  ...["TsImportType", "CallExpression"],
]);

/** Every such node of a syntax tree. */
function walk(node: unknown, visit: (node: object) => void): void {
  if (typeof node !== "object" || node === null) return;
  if ("type" in node && looked.has(node.type)) visit(node);
  for (const inside of Object.values(node)) walk(inside, visit);
}

const source = z.object({ value: z.string() });
const statement = z.object({
  type: z.enum(["ImportDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration"]),
  typeOnly: z.boolean().default(false),
  source,
});
const typeOf = z.object({ type: z.literal("TsImportType"), argument: source });
const call = z.object({
  type: z.literal("CallExpression"),
  callee: z.object({ type: z.literal("Import") }),
  arguments: z.tuple([z.object({ expression: source })]).rest(z.unknown()),
});

/** What a node imports. */
function named(node: object): readonly { readonly name: string; readonly kind: Edge["kind"] }[] {
  const stated = statement.safeParse(node);
  if (stated.success)
    return [{ name: stated.data.source.value, kind: stated.data.typeOnly ? "type" : "value" }];
  const typed = typeOf.safeParse(node);
  if (typed.success) return [{ name: typed.data.argument.value, kind: "type" }];
  const called = call.safeParse(node);
  return called.success ? [{ name: called.data.arguments[0].expression.value, kind: "dynamic" }] : [];
}

const identifier = z.object({ value: z.string() });
const exportedDeclaration = z.object({
  type: z.literal("ExportDeclaration"),
  declaration: z.union([
    z.object({ type: z.string(), identifier }),
    z.object({ type: z.string(), id: identifier }),
    z.object({ type: z.string(), declarations: z.array(z.object({ id: identifier.partial() })) }),
  ]),
});

const typeDeclarations: ReadonlySet<string> = new Set([
  ...["TsInterfaceDeclaration", "TsTypeAliasDeclaration", "ClassDeclaration"],
]);

function namesOf(declaration: z.infer<typeof exportedDeclaration>["declaration"]): readonly string[] {
  if ("identifier" in declaration) return [declaration.identifier.value];
  if ("id" in declaration) return [declaration.id.value];
  return declaration.declarations.flatMap(({ id: { value } }) => (value === undefined ? [] : [value]));
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

/**
 * The circles of a graph: each a group in which every node reaches every other (Tarjan's strongly connected components), in
 * alphabetical order. A node that names itself is one, too.
 */
export function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (node: string): number => {
    const mine = index.size;
    index.set(node, mine);
    let lowest = mine;
    stack.push(node);
    for (const next of graph.get(node) ?? []) {
      const seen = index.get(next);
      if (seen === undefined) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, seen);
    }
    low.set(node, lowest);
    if (lowest === mine) {
      const group = stack.splice(stack.indexOf(node));
      if (group.length > 1 || graph.get(node)?.has(node) === true) found.push(group.sort());
    }
    return lowest;
  };
  for (const node of graph.keys()) if (!index.has(node)) visit(node);
  return found.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1));
}
