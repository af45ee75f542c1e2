/**
 * The Debian package of the list server: the built program, the modules that it needs, unit, manual pages and documents, put
 * together by debhelper. The same sources and modules give the same bytes.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, relative, resolve } from "node:path";
import { licencesText } from "./licences.mjs";
import { manualPages } from "./man-pages.mjs";
import { modulesOf } from "./modules.mjs";

const root = resolve(import.meta.dirname, "..");

/** What npm's packages carry for people who change or debug them. */
const NOT_SHIPPED =
  /\.(?:map|ts|mts|cts|md|markdown|yml|yaml|c|cc|h|hpp|cpp|gyp|gypi|flow|tsbuildinfo|html|sh)$|(?:^|\/)(?:\.[^/]+|docs?|tests?|__tests__|benchmarks?|examples?|deps|src|lightweight)(?:\/|$)|(?:^|\/)(?:Makefile|AUTHORS|CHANGELOG|HISTORY)$/;
/** They are in debian/copyright, all of them. */
const LICENCE = /(?:^|\/)(?:licen[cs]e|copying|security)[^/]*$/i;
/** Of better-sqlite3, what was compiled for this Node: all else of its build is for compiling. */
const isCompiled = (path) =>
  !/(?:^|\/)build(?:\/|$)/.test(path) || /build(?:\/Release(?:\/better_sqlite3\.node)?)?$/.test(path);
/** Kept although a rule above would leave them out: code in folders of those names. */
const CODE = /\.(?:c?js|mjs|json|node)$/;

function copyModule(from, to) {
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter(source) {
      const path = relative(from, source);
      if (path === "") return true;
      if (basename(source) === "node_modules") return false;
      // a program of the module's own, which nothing here runs
      if (!isCompiled(path) || path === "bin.js") return false;
      if (statSync(source).isDirectory())
        return !/(?:^|\/)(?:deps|tests?|__tests__|benchmarks?|lightweight|\.[^/]+)$/.test(path);
      return CODE.test(path)
        ? !/\.min\.(?:m?js)$/.test(path) || !existsSync(source.replace(".min", ""))
        : !NOT_SHIPPED.test(path) && !LICENCE.test(path);
    },
  });
}

/** Folders of which nothing was taken. */
function dropEmptyFolders(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) dropEmptyFolders(join(folder, entry.name));
  }
  if (readdirSync(folder).length === 0) rmdirSync(folder);
}

/** One mode for files, whatever the umask of who installed them. */
function settleModes(folder) {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const path = join(folder, name);
    chmodSync(path, statSync(path).isDirectory() ? 0o755 : 0o644);
  }
}

/**
 * @param {{ target: string, version?: string, server?: string }} options `target`: folder for the .deb; `server`: the built program's folder
 * @returns the package's path
 */
export function buildDebianPackage({ target, version, server = join(root, "dist/server") }) {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const release = version ?? manifest.version;
  const changelog = readFileSync(join(root, "packaging/debian/changelog"), "utf8");
  const stamp = / {2}(\w{3}, \d{2} \w{3} \d{4} [\d:]{8} [+-]\d{4})$/m.exec(changelog)?.[1] ?? "";
  const epoch = Math.floor(Date.parse(stamp) / 1000);
  const work = mkdtempSync(join(tmpdir(), "listseal-deb-"));
  try {
    // always the same name: paths of the build stand in nothing, and this makes sure of it
    const tree = join(work, "listseal");
    const lib = join(tree, "lib");
    mkdirSync(lib, { recursive: true });
    cpSync(server, join(lib, "dist/server"), { recursive: true });
    const { name, type, license, engines } = manifest;
    writeFileSync(
      join(lib, "package.json"),
      `${JSON.stringify({ name, version: release, type, license, engines }, null, 2)}\n`,
    );
    for (const module of modulesOf(root)) copyModule(join(root, module.path), join(lib, module.path));
    cpSync(join(root, "packaging/debian"), join(tree, "debian"), { recursive: true });
    cpSync(join(root, "packaging/listseal-server.service"), join(tree, "debian/listseal-server.service"));
    // quickstart installs it where no package has
    cpSync(join(root, "packaging/listseal-server.service"), join(lib, "packaging/listseal-server.service"));
    for (const path of ["OPERATING.md", "MOVING.md", "postfix", "mailman", "web"])
      cpSync(join(root, "docs", path), join(tree, "docs", path), { recursive: true });
    dropEmptyFolders(lib);
    settleModes(tree);
    for (const path of ["debian/rules", "lib/dist/server/cli.js"]) chmodSync(join(tree, path), 0o755);
    writeFileSync(join(tree, "debian/changelog"), changelog.replace(/\(([^)]+)\)/, `(${release})`));
    writeFileSync(join(tree, "debian/copyright"), licencesText(root));
    mkdirSync(join(tree, "man"));
    const date = new Date(epoch * 1000).toISOString().slice(0, 10);
    for (const [file, text] of Object.entries(
      manualPages(join(server, "cli.js"), { version: release, date }),
    ))
      writeFileSync(join(tree, "man", file), text);
    const major = Number(process.versions.node.split(".")[0]);
    execFileSync("dpkg-buildpackage", ["--build=binary", "--unsigned-changes", "--no-check-builddeps"], {
      cwd: tree,
      stdio: ["ignore", "ignore", "inherit"],
      env: {
        ...process.env,
        SOURCE_DATE_EPOCH: String(epoch),
        NODE_MAJOR: String(major),
        NODE_NEXT: String(major + 1),
        LC_ALL: "C.UTF-8",
        TZ: "UTC",
        DEB_BUILD_OPTIONS: "nocheck",
      },
    });
    const built = readdirSync(work).find((each) => each.endsWith(".deb"));
    if (built === undefined) throw new Error("dpkg-buildpackage made no package");
    mkdirSync(target, { recursive: true });
    const path = join(target, built);
    rmSync(path, { force: true });
    cpSync(join(work, built), `${path}.new`);
    renameSync(`${path}.new`, path);
    return path;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
