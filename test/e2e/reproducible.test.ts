/** Two people who build the same sources get the same add-on, byte for byte: wherever, whenever, in whatever language. */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../..", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "listseal-twice-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

/** What the build reads: files, and folders. */
const single = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "vite.config.ts",
  "manifest.json",
  "LICENSE",
];
const folders = ["public", "scripts", "src", "docs", "packaging", "test/vectors"];
/** Packages that go into the add-on: each copy has its own, since their paths could get into the build as ours could. */
const bundled = [
  ...["dompurify", "openpgp", "postal-mime", "preact", "webextension-polyfill"],
  ...["webext-bridge", "nanoevents", "serialize-error", "tiny-uid"],
];

interface Builder {
  /** Where the sources are, below a folder of the test's own. */
  readonly folder: string;
  /** Seconds since 1970: when the sources were written. */
  readonly writtenAt: number;
  readonly env: Readonly<Record<string, string>>;
}

/** Copies the sources and builds them by `npm run package`'s own script; gives the packages by their names. */
async function build({ folder, writtenAt, env }: Builder): Promise<ReadonlyMap<string, Buffer>> {
  const copy = join(place, folder);
  const modules = join(copy, "node_modules");
  mkdirSync(modules, { recursive: true });
  for (const name of [...single, ...folders]) cpSync(join(root, name), join(copy, name), { recursive: true });
  for (const name of bundled)
    cpSync(join(root, "node_modules", name), join(modules, name), { recursive: true, dereference: true });
  for (const name of readdirSync(join(root, "node_modules")))
    if (!bundled.includes(name)) symlinkSync(join(root, "node_modules", name), join(modules, name));
  for (const name of [...folders, ...bundled.map((each) => `node_modules/${each}`)])
    for (const path of readdirSync(join(copy, name), { recursive: true, encoding: "utf8" }))
      utimesSync(join(copy, name, path), writtenAt, writtenAt);

  const script = join(copy, "scripts/package.mjs");
  await promisify(execFile)(process.execPath, [script], { cwd: tmpdir(), env: { ...process.env, ...env } });
  const packages = readdirSync(join(copy, "dist")).filter((name) => /\.(?:xpi|zip)$/.test(name));
  return new Map(packages.map((name) => [name, readFileSync(join(copy, "dist", name))]));
}

test("the same sources in two places, written and built at other times, are the same packages", async () => {
  const [one, two] = await Promise.all([
    build({
      folder: "a",
      writtenAt: 1_700_000_000,
      env: { TZ: "Asia/Tokyo", LANG: "ja_JP.UTF-8", LC_ALL: "C.UTF-8", USER: "hanako" },
    }),
    build({
      folder: "quite/another place/b",
      writtenAt: 1_800_000_000,
      env: { TZ: "America/New_York", LANG: "C", LC_ALL: "C", USER: "root", NODE_ENV: "development" },
    }),
  ]);
  expect([...one.keys()].some((name) => name.endsWith(".xpi"))).toBe(true);
  expect([...two.keys()]).toEqual([...one.keys()]);
  for (const [name, bytes] of one)
    expect({ name, same: two.get(name)?.equals(bytes) }).toEqual({ name, same: true });
});
