/**
 * `npm run package`: builds the add-on and packs it for each of its host programs: dist/listseal-VERSION.xpi for Thunderbird,
 * dist/listseal-firefox-VERSION.xpi, dist/listseal-chromium-VERSION.zip. The same sources give the same bytes: entries in
 * the order of their names, one date for all, no owners, no extra fields. With `--release` it packs nothing while the page that
 * invitations link to is a placeholder.
 *
 * The date is SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), or the first day that a zip
 * file can name, so that a build does not depend on when it is made.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(import.meta.dirname, "..");

/** 1980-01-01, in seconds. */
const FIRST_ZIP_DAY = 315_532_800;

/** What is packed, below dist, and how its package is named. */
const packages = [
  ["extension", (version) => `listseal-${version}.xpi`],
  ["firefox", (version) => `listseal-firefox-${version}.xpi`],
  ["chromium", (version) => `listseal-chromium-${version}.zip`],
];

function run(command, args, options) {
  const { status, error } = spawnSync(command, args, {
    stdio: ["pipe", "ignore", "inherit"],
    ...options,
  });
  if (error?.code === "ENOENT")
    throw new Error(`${command} is missing: apt-get install --no-install-recommends ${command}`);
  if (status !== 0) throw new Error(`${command} failed`);
}

/** Packs everything in `folder` into the zip file `target`. */
export function pack(folder, target, epoch = Number(process.env["SOURCE_DATE_EPOCH"] ?? FIRST_ZIP_DAY)) {
  const copy = mkdtempSync(join(tmpdir(), "listseal-package-"));
  try {
    cpSync(folder, copy, { recursive: true });
    const files = readdirSync(copy, { recursive: true, encoding: "utf8" })
      .filter((name) => statSync(join(copy, name)).isFile())
      .sort();
    for (const name of files) utimesSync(join(copy, name), epoch, epoch);
    rmSync(target, { force: true });
    // -X: no extra fields; -D: no folders; -@: the names, in this order
    run("zip", ["-X", "-D", "-9", "-q", "-@", resolve(target)], {
      cwd: copy,
      input: files.join("\n"),
      env: { ...process.env, TZ: "UTC", ZIPOPT: "" },
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** The page, as the sources name it. */
function installPage() {
  const source = readFileSync(join(root, "src/extension/ui/install-page.ts"), "utf8");
  return /INSTALL_PAGE = "([^"]+)"/.exec(source)?.[1] ?? "";
}

/**
 * Why the page that invitations link to is not set; undefined if it is.
 *
 * Attack: an add-on goes out that sends everybody who is invited to a name that anybody can register.
 */
export function installPageObstacle(page = installPage()) {
  if (!URL.canParse(page)) return "INSTALL_PAGE is no address";
  const { protocol, hostname } = new URL(page);
  if (protocol !== "https:") return `INSTALL_PAGE is not on https: ${page}`;
  return /(?:^|\.)(?:example|test|invalid|localhost)$|(?:^|\.)example\.(?:com|net|org)$/.test(hostname)
    ? `INSTALL_PAGE is still a placeholder: ${page}`
    : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const obstacle = installPageObstacle();
  // without --release it is for trying out
  if (obstacle !== undefined && process.argv.includes("--release")) {
    console.error(`no release: ${obstacle}`);
    process.exit(1);
  }
  run(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build"], { cwd: root });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  for (const [build, name] of packages) {
    const target = join(root, "dist", name(version));
    pack(join(root, "dist", build), target);
    console.log(relative(root, target));
  }
}
