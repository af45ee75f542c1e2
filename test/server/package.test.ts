/** The package as an operator installs it: packed, unpacked beside its dependencies, and run by its name. */
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { ListSealCommand } from "./command.js";

const root = new URL("../../", import.meta.url).pathname;
const run = promisify(execFile);
let folder: string;
let command: ListSealCommand;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-package-"));
  command = await ListSealCommand.build();
});

afterAll(async () => {
  await command.discard();
  await rm(folder, { recursive: true });
});

test("the packed files are enough to run listseal-server by its name", async () => {
  // a tree of its own with the freshly built program: dist/ may be of another day
  const tree = join(folder, "tree");
  for (const name of [
    "package.json",
    "LICENSE",
    "packaging",
    "docs/OPERATING.md",
    "docs/postfix",
    "docs/mailman",
  ]) {
    await mkdir(dirname(join(tree, name)), { recursive: true });
    await cp(join(root, name), join(tree, name), { recursive: true });
  }
  await cp(dirname(command.path), join(tree, "dist/server"), { recursive: true });
  const { stdout: packed } = await run("npm", ["pack", "--offline", "--json", "--pack-destination", folder], {
    cwd: tree,
  });
  const [, name = ""] = /"filename": "([^"]+\.tgz)"/.exec(packed) ?? [];
  expect(packed).toContain("packaging/listseal-server.service");
  expect(packed).not.toContain("src/");

  // what npm install -g does with it, with the packages that are here already
  const prefix = join(folder, "prefix");
  const home = join(prefix, "lib/node_modules/listseal");
  await mkdir(home, { recursive: true });
  await mkdir(join(prefix, "bin"));
  await run("tar", ["-xzf", join(folder, name), "--strip-components=1", "-C", home]);
  await symlink(join(root, "node_modules"), join(home, "node_modules"));
  const { bin, version }: { bin: Record<string, string>; version: string } = JSON.parse(
    await readFile(join(home, "package.json"), "utf8"),
  );
  const program = join(prefix, "bin/listseal-server");
  await run("chmod", ["+x", join(home, bin["listseal-server"] ?? "")]);
  await symlink(join(home, bin["listseal-server"] ?? ""), program);

  expect((await run(program, ["--version"])).stdout).toBe(`${version}\n`);
  const data = join(folder, "data");
  expect((await run(program, ["--data", data, "init"])).stdout).toContain(`created ${data}`);
  expect((await run(program, ["--data", data, "config", "check"])).stdout).toContain("is valid");
});

test("the list of what the server contains has the project's name, whatever the folder is called, and the same bytes twice", async () => {
  // in a process of its own: Jest's modules are not Node's; in a folder of another name
  const tree = join(folder, "checkout");
  await mkdir(join(tree, "scripts"), { recursive: true });
  for (const name of ["package.json", "package-lock.json", "scripts"])
    await cp(join(root, name), join(tree, name), { recursive: true });
  await symlink(join(root, "node_modules"), join(tree, "node_modules"));
  const script = `import { billOfMaterials } from ${JSON.stringify(join(tree, "scripts/package.mjs"))};
    process.stdout.write(billOfMaterials());`;
  const made = async () => (await run(process.execPath, ["--input-type=module", "--eval", script])).stdout;
  const [one, two] = [await made(), await made()];
  expect(two).toBe(one);
  const bill: { metadata: { component: { name: string; purl: string } } } = JSON.parse(one);
  expect(bill.metadata.component).toMatchObject({ name: "listseal", purl: "pkg:npm/listseal@0.1.0" });
});
