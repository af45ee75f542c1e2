/**
 * Everything between a fresh clone and a running project: Node, Debian packages, npm packages, the build.
 * Uses Node's own modules only, since it runs before there are others.
 *
 *   npm run setup                 everything that `npm start` and `npm test` need
 *   npm run setup -- postgres     these features alone (scripts/packages.mjs has the names)
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { ensureDebianPackages } from "./debian.mjs";
import { installLine, PACKAGES } from "./packages.mjs";
import { ROOT, runQuietly } from "./run.mjs";

/** The oldest Node that everything runs on. */
const NODE_FLOOR = 20;

/** What the build is made from. */
const BUILD_INPUTS = [
  "src",
  "public",
  "manifest.json",
  "vite.config.ts",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
];

const NODE_MODULES = join(ROOT, "node_modules");
const NPM_STAMP = join(NODE_MODULES, ".listseal-lock");
const BUILD_STAMP = join(ROOT, "dist", ".listseal-built");

/** The set-up can't go on; the message is meant for the person at the keyboard. */
export class SetupError extends Error {}

/** @throws SetupError if this Node is too old */
export function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < NODE_FLOOR) {
    throw new SetupError(`ListSeal needs Node ${NODE_FLOOR} or newer; this is ${process.versions.node}.`);
  }
}

/** Every file under a path, sorted, or the file itself. */
function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesOf(join(path, name)));
}

/** SHA-256 over names and contents: dates change with every checkout, contents do not. */
function fingerprint(paths) {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesOf(join(ROOT, path)))) {
    const bytes = readFileSync(file);
    hash.update(`${file.slice(ROOT.length)}\0${bytes.length}\0`).update(bytes);
  }
  return hash.digest("hex");
}

const stampIs = (file, value) => existsSync(file) && readFileSync(file, "utf8") === value;

function writeStamp(file, value) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, value);
}

/** The packages that a lock file of npm names, by their place in node_modules. */
const lockedPackages = (file) => JSON.parse(readFileSync(file, "utf8")).packages ?? {};

/** Whether npm's own record of what it installed agrees with package-lock.json. */
function installedAsLocked() {
  const record = join(ROOT, "node_modules", ".package-lock.json");
  if (!existsSync(record)) return false;
  const installed = lockedPackages(record);
  return Object.entries(lockedPackages(join(ROOT, "package-lock.json"))).every(
    ([place, { version, optional }]) =>
      place === "" || (optional === true && !(place in installed)) || installed[place]?.version === version,
  );
}

/** Whether node_modules is what package-lock.json asks for. */
function npmPackagesAreThere() {
  const folder = lstatSync(NODE_MODULES, { throwIfNoEntry: false });
  // A linked folder belongs to another checkout: npm ci would empty it under that one's feet.
  if (folder?.isSymbolicLink() === true) return true;
  const lock = fingerprint(["package-lock.json"]);
  if (stampIs(NPM_STAMP, lock)) return true;
  if (!installedAsLocked()) return false;
  writeStamp(NPM_STAMP, lock);
  return true;
}

/**
 * Installs the npm packages exactly as package-lock.json names them, unless they are there.
 * @throws SetupError when npm fails
 */
export async function ensureNpmPackages() {
  if (npmPackagesAreThere()) return;
  const lacking = await ensureDebianPackages(["build"]);
  const code = await runQuietly("npm packages (npm ci)", "npm-ci", "npm", ["ci"]);
  if (code !== 0) {
    const hint = lacking.get("build");
    throw new SetupError(
      `npm ci failed (out/setup/npm-ci.log).${hint ? ` It may need: ${installLine(hint)}` : ""}`,
    );
  }
  writeStamp(NPM_STAMP, fingerprint(["package-lock.json"]));
}

/**
 * Builds the add-on and the server, unless what they are made from has not changed.
 * @throws SetupError when the build fails
 */
export async function ensureBuild() {
  const inputs = fingerprint(BUILD_INPUTS);
  if (stampIs(BUILD_STAMP, inputs)) return;
  const code = await runQuietly("Add-on and server (npm run build)", "build", "npm", ["run", "build"]);
  if (code !== 0) throw new SetupError("The build failed (out/setup/build.log).");
  writeStamp(BUILD_STAMP, inputs);
}

/**
 * Does all of it.
 * @returns a Map from each feature that can't be had here to its missing Debian packages
 * @throws SetupError
 */
export async function setUp(features) {
  checkNode();
  const lacking = await ensureDebianPackages(features);
  await ensureNpmPackages();
  return lacking;
}

if (process.argv[1] !== undefined && process.argv[1] === join(ROOT, "scripts", "setup.mjs")) {
  const named = process.argv.slice(2);
  const unknown = named.filter((name) => !(name in PACKAGES));
  try {
    if (unknown.length > 0) {
      throw new SetupError(`Unknown: ${unknown.join(" ")}. Known: ${Object.keys(PACKAGES).join(" ")}`);
    }
    const lacking = await setUp(named.length > 0 ? named : Object.keys(PACKAGES));
    await ensureBuild();
    for (const [feature, packages] of lacking)
      console.log(`Not available: ${feature} (${packages.join(" ")})`);
    console.log(lacking.size === 0 ? "Everything is set up." : "Everything else is set up.");
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
