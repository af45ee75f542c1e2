/**
 * Takes one check after the other out of a copy of the sources, and runs the vectors against what is left.
 *
 * The copy is JavaScript, below `out/`, from where packages are found as from the sources; every mutation has a copy of its own,
 * since a program loads a file once. The libraries are loaded once for all.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformSync } from "@swc/core";
import { isRight, type Mutation, type Suite } from "./suite.js";

const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));

/** What came of a mutation. */
export interface Outcome {
  readonly mutation: Mutation;
  /** The vectors that came out otherwise, by their names. */
  readonly noticed: readonly string[];
  /** Why it could not be tried. */
  readonly failure?: string;
}

const toJavaScript = (source: string, file: string): string =>
  transformSync(source, {
    filename: file,
    configFile: false,
    swcrc: false,
    jsc: { parser: { syntax: "typescript" }, target: "es2023", experimental: { keepImportAttributes: true } },
    module: { type: "es6" },
  }).code;

/** A file and all that it imports by a relative path, as JavaScript, by their paths from the root on. */
function sourcesBelow(entry: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const waiting = [entry];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    const source = readFileSync(join(root, file), "utf8");
    found.set(file, file.endsWith(".json") ? source : toJavaScript(source, file));
    for (const [, path = ""] of source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)) {
      waiting.push(relative(root, resolve(root, dirname(file), path)).replace(/\.js$/, ".ts"));
    }
  }
  return found;
}

const writtenAs = (file: string) => file.replace(/\.ts$/, ".js");

/** The data beside the entry, files and folders, which are read by their place. */
function linkData(entry: string, copy: string): void {
  const folder = dirname(entry);
  for (const name of readdirSync(join(root, folder)).filter((each) => !each.endsWith(".ts"))) {
    const [source, target] = [join(root, folder, name), join(copy, folder, name)];
    // a folder that is there has sources in it: what is data in it is copied beside them
    if (existsSync(target))
      cpSync(source, target, { recursive: true, filter: (path) => !path.endsWith(".ts") });
    else symlinkSync(source, target);
  }
}

/** A suite whose sources are copied, and changed one at a time. */
export class Mutated {
  readonly #entry: string;
  readonly #sources: ReadonlyMap<string, string>;
  readonly #copies: string;
  #count = 0;

  /** @param entry the file that exports the suite, from the root on */
  constructor(entry: string) {
    this.#entry = entry;
    this.#sources = sourcesBelow(entry);
    this.#copies = join(root, "out", `mutated-vectors-${process.pid}`, entry.replaceAll("/", "-"));
  }

  /** The vectors that notice a mutation. @param named these alone are run, if given */
  async try(mutation: Mutation, named?: ReadonlySet<string>): Promise<Outcome> {
    const { file, find, replace } = mutation;
    const source = this.#sources.has(file) ? readFileSync(join(root, file), "utf8") : undefined;
    if (source === undefined) return { mutation, noticed: [], failure: `the vectors don't use ${file}` };
    const count = source.split(find).length - 1;
    if (count !== 1) return { mutation, noticed: [], failure: `stands ${count} times in ${file}` };
    const changed = toJavaScript(
      source.replace(find, () => replace),
      file,
    );
    const suite = await this.#load(new Map([...this.#sources, [file, changed]]));
    const checked = await suite.check(file, named);
    return { mutation, noticed: checked.filter((each) => !isRight(each)).map(({ name }) => name) };
  }

  async #load(sources: ReadonlyMap<string, string>): Promise<Suite> {
    const copy = join(this.#copies, String(this.#count++));
    for (const [file, text] of sources) {
      const target = join(copy, writtenAs(file));
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, text);
    }
    linkData(this.#entry, copy);
    const loaded: { readonly suite: Suite } = await import(
      pathToFileURL(join(copy, writtenAs(this.#entry))).href
    );
    return loaded.suite;
  }

  /** Takes the copies away. */
  discard(): void {
    rmSync(dirname(this.#copies), { recursive: true, force: true });
  }
}
