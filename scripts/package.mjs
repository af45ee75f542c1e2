/**
 * `npm run package`: builds the add-on and packs it for each of its host programs: dist/listseal-VERSION.xpi for Thunderbird,
 * dist/listseal-firefox-VERSION.xpi, dist/listseal-chromium-VERSION.zip; and the format's test vectors, for whoever writes other software,
 * as dist/listseal-vectors-VERSION.zip. The same sources give the same bytes: entries in the order of their names, one date for
 * all, no owners, no extra fields.
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
const vectorFolders = ["keys", "posts", "mails", "letters", "sequences", "pins", "membership"];

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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  run(process.execPath, [join(root, "node_modules/vite/bin/vite.js"), "build"], { cwd: root });
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  gatherVectors(join(root, "dist", "vectors"));
  for (const [build, name] of packages) {
    const target = join(root, "dist", name(version));
    pack(join(root, "dist", build), target);
    console.log(relative(root, target));
  }
}
