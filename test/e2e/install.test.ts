/**
 * The packed tarball as an operator installs it: `npm install -g`, with the packages from the real registry, on a machine
 * without a compiler. The one thing that comes from elsewhere is better-sqlite3's ready-made binary, which its authors keep at
 * GitHub: here a server on loopback gives the one that this machine has built, by the name under which theirs is asked for.
 */
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ListSealCommand } from "../server/command.js";
import { LOOPBACK } from "../world/ports.js";
import { type Finished, runToEnd } from "../world/processes.js";

const root = new URL("../../", import.meta.url).pathname;
const packageJson: { files: string[]; version: string; dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);
const BINARY = "build/Release/better_sqlite3.node";

/** All that npm and the server may find: no compiler, no make, no Python. */
const TOOLS = ["node", "npm", "sh", "env"];

let folder: string;
let command: ListSealCommand;
let tarball: string;
let github: Server;
const asked: string[] = [];

/** The built program and what goes beside it, packed. */
async function pack(): Promise<string> {
  const tree = join(folder, "tree");
  mkdirSync(tree);
  for (const name of ["package.json", ...packageJson.files.filter((each) => !each.startsWith("dist/"))]) {
    mkdirSync(dirname(join(tree, name)), { recursive: true });
    cpSync(join(root, name), join(tree, name), { recursive: true });
  }
  cpSync(dirname(command.path), join(tree, "dist/server"), { recursive: true });
  const { stdout } = await runToEnd("npm", ["pack", "--offline", "--json", "--pack-destination", folder], {
    cwd: tree,
  });
  return join(folder, /"filename": "([^"]+\.tgz)"/.exec(stdout)?.[1] ?? "");
}

/** Answers as GitHub does where it keeps the binaries. */
async function serveBinary(): Promise<Server> {
  const archive = join(folder, "binary.tar.gz");
  await runToEnd("tar", ["-czf", archive, "-C", join(root, "node_modules/better-sqlite3"), BINARY]);
  const server = createServer((request, answer) => {
    asked.push(request.url ?? "");
    answer.end(readFileSync(archive));
  });
  server.listen(0, LOOPBACK);
  await once(server, "listening");
  return server;
}

const isAdmitted = (process.env["LISTSEAL_MISSING"] ?? "").split(/[\s,]+/).includes("registry");
if (isAdmitted) console.warn("NOT RUN: npm install -g (the npm registry can't be reached)");

(isAdmitted ? describe.skip : describe)("npm install -g of the packed tarball", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-install-"));
    command = await ListSealCommand.build();
    tarball = await pack();
    github = await serveBinary();
  });

  afterAll(async () => {
    github.close();
    await command.discard();
    rmSync(folder, { recursive: true });
  });

  test("gives a listseal-server that works, without a compiler", async () => {
    const [tools, prefix] = [join(folder, "tools"), join(folder, "prefix")];
    mkdirSync(tools);
    for (const tool of TOOLS) {
      const { stdout } = await runToEnd("sh", ["-c", `command -v ${tool}`]);
      symlinkSync(stdout.trim(), join(tools, tool));
    }
    const bound = github.address();
    const at = `http://${LOOPBACK}:${typeof bound === "object" && bound !== null ? bound.port : 0}`;
    const env = {
      ...process.env,
      PATH: tools,
      npm_config_better_sqlite3_binary_host: at,
      // or a binary that was fetched before would do
      npm_config_cache: join(folder, "cache"),
    };
    await runToEnd("npm", ["install", "-g", "--prefix", prefix, "--no-audit", "--no-fund", tarball], { env });
    expect(asked).toEqual([
      expect.stringContaining(`better-sqlite3-v${packageJson.dependencies["better-sqlite3"]}-node-v`),
    ]);
    const home = join(prefix, "lib/node_modules/listseal");
    expect(existsSync(join(home, "packaging/listseal-server.service"))).toBe(true);
    // nothing for building came along
    expect(existsSync(join(home, "node_modules/vite"))).toBe(false);

    const data = join(folder, "data");
    const run = (...words: string[]): Promise<Finished> =>
      runToEnd(join(prefix, "bin/listseal-server"), words, { env, anyCode: true });
    expect(await run("--version")).toMatchObject({ code: 0, stdout: `${packageJson.version}\n` });
    const help = await run("--help");
    for (const word of ["init", "list", "member", "queue", "doctor"])
      expect(help.stdout).toContain(`  ${word} `);
    expect((await run("--data", data, "init")).stdout).toContain(`created ${data}`);
    expect((await run("--data", data, "list", "create", "team@lists.test", "--name", "Team")).code).toBe(0);
    const { stdout: found } = await run("--data", data, "doctor");
    expect(found).toContain("ok    team@lists.test: the server key can be used");
    expect(found).toContain("ok    the database is intact, 1 list");
  });
});
