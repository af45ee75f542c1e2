/** The npm modules that the list server loads, by package-lock.json; without what is only for installing them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Fetches or compiles better-sqlite3 when npm installs it; never loaded. */
const INSTALLERS = new Set(["prebuild-install"]);

/**
 * @param {string} root of the project
 * @returns {readonly { name: string, path: string, version: string, license: string }[]} in the order of their paths
 */
export function modulesOf(root) {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const found = new Map();
  /** Where `from` finds the module: in its own folder, or in one above. */
  const placeOf = (name, from) => {
    for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
      const path = `${folder === "" ? "" : `${folder}/`}node_modules/${name}`;
      if (packages[path] !== undefined) return path;
      if (folder === "") return undefined;
    }
  };
  const visit = (from) => {
    const { dependencies = {}, optionalDependencies = {} } = packages[from];
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (INSTALLERS.has(name)) continue;
      const path = placeOf(name, from);
      // an optional one for another system
      if (path === undefined || found.has(path)) continue;
      const { version, license } = packages[path];
      found.set(path, { name, path, version, license });
      visit(path);
    }
  };
  visit("");
  return [...found.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
}
