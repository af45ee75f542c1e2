/**
 * `npm run package`: builds everything and packs it, into dist: the add-on for Thunderbird (listseal-VERSION.xpi), Firefox and
 * Chromium, the server for npm (.tgz) and Debian (.deb), the test vectors, what the server contains (CycloneDX), and the checksums
 * of all of them. The same sources give the same bytes: entries in the order of their names, one date for all, no owners, no extra
 * fields. With `--release` it packs nothing while the page that invitations link to is a placeholder.
 *
 * The date is SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/), or the first day that a zip
 * file can name, so that a build does not depend on when it is made.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { buildDebianPackage } from "./debian-package.mjs";

const root = resolve(import.meta.dirname, "..");

/** 1980-01-01, in seconds. */
const FIRST_ZIP_DAY = 315_532_800;

/** What is packed, below dist, and how its package is named. */
const packages = [
  ["extension", (version) => `listseal-${version}.xpi`],
  ["firefox", (version) => `listseal-firefox-${version}.xpi`],
  ["chromium", (version) => `listseal-chromium-${version}.zip`],
  ["vectors", (version) => `listseal-vectors-${version}.zip`],
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

/** Folders of test/vectors whose files are the vectors; what makes and checks them is beside them, and is left out. */
const vectorFolders = ["keys", "posts", "mails", "letters", "private", "sequences", "pins", "membership"];

/** The vectors as they are published, in `folder`: with the documents that say what they are vectors of. */
export function gatherVectors(folder) {
  rmSync(folder, { recursive: true, force: true });
  const from = join(root, "test", "vectors");
  for (const name of vectorFolders) {
    cpSync(join(from, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.endsWith(".ts"),
    });
  }
  cpSync(join(from, "README.md"), join(folder, "README.md"));
  for (const name of ["docs/FORMAT.md", "docs/MEMBERSHIP.md", "docs/MAIL.md", "LICENSE"]) {
    cpSync(join(root, name), join(folder, name));
  }
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

/**
 * What the server's package contains, as CycloneDX has it; without the number and the time that would differ in each run, and under the
 * project's name: npm takes the name of the folder that the sources happen to be in.
 */
export function billOfMaterials() {
  const { status, stdout } = spawnSync(
    "npm",
    ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", "--package-lock-only"],
    { cwd: root, encoding: "utf8", maxBuffer: 2 ** 26 },
  );
  if (status !== 0) throw new Error("npm sbom failed");
  const { serialNumber: _number, metadata, ...bill } = JSON.parse(stdout);
  const { timestamp: _time, component, ...rest } = metadata;
  const { name } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const named = { ...rest, component: { ...component, name } };
  return `${JSON.stringify({ ...bill, metadata: named }, null, 2)}\n`;
}

/** One line for each file, as `sha256sum --check` reads them. */
const checksums = (files) =>
  files
    .map((file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${basename(file)}\n`)
    .join("");

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
  const dist = join(root, "dist");
  gatherVectors(join(dist, "vectors"));
  const made = packages.map(([build, name]) => {
    const target = join(dist, name(version));
    pack(join(dist, build), target);
    return target;
  });
  // the server, for npm and for Debian
  run("npm", ["pack", "--pack-destination", dist], { cwd: root });
  made.push(join(dist, `listseal-${version}.tgz`), buildDebianPackage({ target: dist }));
  const bill = join(dist, `listseal-${version}.cdx.json`);
  writeFileSync(bill, billOfMaterials());
  const sums = join(dist, "SHA256SUMS");
  writeFileSync(sums, checksums([...made, bill]));
  for (const file of [...made, bill, sums]) console.log(relative(root, file));
}
