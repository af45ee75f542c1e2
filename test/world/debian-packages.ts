/** Packages for Debian, as tests need them: the list server's, and Node's for a machine that has none. */
import { cpSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runToEnd } from "./processes.js";

const project = new URL("../../", import.meta.url).pathname;

/** What is packed: into which folder, in which version, and the folder of the built program. */
export interface ServerPackage {
  readonly target: string;
  readonly version?: string;
  readonly server: string;
}

/** Builds the server's package; gives its path. In a process of its own: Jest's modules are not Node's. */
export async function packServer(wanted: ServerPackage): Promise<string> {
  const script = `import { buildDebianPackage } from ${JSON.stringify(`${project}scripts/debian-package.mjs`)};
    console.log(buildDebianPackage(${JSON.stringify(wanted)}));`;
  const { stdout } = await runToEnd(process.execPath, ["--input-type=module", "--eval", script]);
  return stdout.trim();
}

/** Node as its maker's package has it, for a machine that has none: this one's program, by the same name and version. */
export async function nodePackage(folder: string): Promise<string> {
  const tree = join(folder, "nodejs");
  mkdirSync(join(tree, "DEBIAN"), { recursive: true });
  mkdirSync(join(tree, "usr/bin"), { recursive: true });
  cpSync(realpathSync(process.execPath), join(tree, "usr/bin/node"));
  const version = process.versions.node;
  writeFileSync(
    join(tree, "DEBIAN/control"),
    `Package: nodejs\nVersion: ${version}\nArchitecture: amd64\nMaintainer: nobody <nobody@people.test>\nDescription: Node\n`,
  );
  const path = join(folder, "nodejs.deb");
  await runToEnd("dpkg-deb", ["-Znone", "--root-owner-group", "--build", tree, path]);
  return path;
}
