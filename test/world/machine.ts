/**
 * A machine of its own to install on: systemd as process 1 of a container (systemd-nspawn), with this machine's /usr, an own /etc
 * and /var, and loopback alone. It runs one script and ends.
 */
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { runToEnd } from "./processes.js";

const project = new URL("../../", import.meta.url).pathname;

/** Who has not systemd-nspawn, and says so, leaves these tests out. */
export const hasNoMachine = /\bsystemd(-container)?\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (hasNoMachine)
  console.warn("NOT RUN: what needs a machine of its own (install systemd systemd-container)");

/** Of /etc, what programs of this machine need to run at all. */
const COMMON = ["ld.so.cache", "nsswitch.conf", "os-release"];

export class Machine {
  /** Its root folder. */
  readonly root: string;
  readonly #folder: string;

  /** An empty machine below `folder`, with the users of root, nobody and those given: lines of passwd and of group. */
  constructor(folder: string, passwd: readonly string[] = [], group: readonly string[] = [], isMade = true) {
    if (!existsSync("/usr/bin/systemd-nspawn")) throw new Error("install systemd systemd-container");
    this.#folder = folder;
    this.root = join(folder, "machine");
    if (!isMade) return;
    for (const name of [
      "usr",
      "var",
      "tmp",
      "run",
      "proc",
      "sys",
      "dev",
      "root",
      "opt",
      "etc/systemd/system",
    ])
      mkdirSync(join(this.root, name), { recursive: true });
    for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(this.root, name));
    for (const name of COMMON) this.copy(`/etc/${name}`);
    const lines = (known: readonly string[], more: readonly string[]) => [...known, ...more, ""].join("\n");
    const users = ["root:x:0:0::/root:/bin/sh", "nobody:x:65534:65534::/:/bin/false"];
    this.write("etc/passwd", lines(users, passwd));
    this.write("etc/group", lines(["root:x:0:", "nogroup:x:65534:"], group));
    this.write("etc/machine-id", "");
    this.#addTrial();
  }

  /** A clean Debian below `folder`, from Debian's own packages: an archive that `makeDebianBase` has made. */
  static async debian(folder: string, base: string): Promise<Machine> {
    const machine = new Machine(folder, [], [], false);
    mkdirSync(machine.root, { recursive: true });
    await runToEnd("tar", ["-xf", base, "-C", machine.root, "--exclude=./dev/*"]);
    machine.#addTrial();
    return machine;
  }

  /** The unit that runs the script and ends the machine. */
  #addTrial(): void {
    this.write(
      "etc/systemd/system/trial.service",
      `[Service]
Type=oneshot
ExecStart=/opt/trial
StandardOutput=append:/opt/said
StandardError=append:/opt/said
ExecStopPost=/usr/bin/systemctl --no-block poweroff
`,
    );
    const wants = join(this.root, "etc/systemd/system/multi-user.target.wants");
    mkdirSync(wants, { recursive: true });
    symlinkSync("../trial.service", join(wants, "trial.service"));
    rmSync(join(this.root, "etc/systemd/system/default.target"), { force: true });
    symlinkSync(
      "/usr/lib/systemd/system/multi-user.target",
      join(this.root, "etc/systemd/system/default.target"),
    );
  }

  /** A file or folder of this machine, at the same place there. */
  copy(path: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    cpSync(realpathSync(path), join(this.root, path), { recursive: true, verbatimSymlinks: true });
  }

  /** A file, by its path without the first slash. */
  write(path: string, text: string, mode = 0o644): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text, { mode });
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  /**
   * Boots it with `npm install -g` of the built program done, runs `script` and gives what it said.
   *
   * @param built the program (dist/server/cli.js)
   */
  async run(built: string, script: string, seconds: number): Promise<string> {
    this.write("opt/trial", script, 0o755);
    writeFileSync(join(this.root, "opt/said"), "");
    const local = this.#makeLocal(built);
    const node = realpathSync(process.execPath);
    const modules = realpathSync(join(project, "node_modules"));
    return this.#boot(seconds, [
      ...["--bind-ro=/usr", `--bind-ro=${local}:/usr/local`, `--bind-ro=${node}:/usr/local/bin/node`],
      `--bind-ro=${modules}:/usr/local/lib/node_modules/listseal/node_modules`,
    ]);
  }

  /** As {@link run}, on a machine of its own /usr ({@link Machine.debian}), with nothing installed. */
  async runDebian(script: string, seconds: number): Promise<string> {
    this.write("opt/trial", script, 0o755);
    writeFileSync(join(this.root, "opt/said"), "");
    return this.#boot(seconds, []);
  }

  async #boot(seconds: number, binds: readonly string[]): Promise<string> {
    const { stderr } = await runToEnd(
      "timeout",
      [
        ...[
          `${seconds}`,
          "systemd-nspawn",
          "--register=no",
          "--keep-unit",
          "--quiet",
          `--directory=${this.root}`,
        ],
        ...["--private-network", "--console=pipe", ...binds, "--boot"],
      ],
      { anyCode: true },
    );
    const said = this.read("opt/said");
    if (said === "") throw new Error(`the machine did not come up: ${stderr}`);
    return said;
  }

  /** /usr/local as `npm install -g` leaves it; Node and the packages are put there when the container starts. */
  #makeLocal(built: string): string {
    const local = join(this.#folder, "local");
    if (existsSync(local)) return local;
    const home = join(local, "lib/node_modules/listseal");
    for (const path of [join(local, "bin"), join(home, "node_modules"), join(home, "dist")])
      mkdirSync(path, { recursive: true });
    cpSync(dirname(built), join(home, "dist/server"), { recursive: true });
    cpSync(join(project, "packaging"), join(home, "packaging"), { recursive: true });
    copyFileSync(join(project, "package.json"), join(home, "package.json"));
    chmodSync(join(home, "dist/server/cli.js"), 0o755);
    symlinkSync("../lib/node_modules/listseal/dist/server/cli.js", join(local, "bin/listseal-server"));
    writeFileSync(join(local, "bin/node"), "");
    return local;
  }
}

/** What a machine of each release has when it is new. Debian 13 has the Node that the server needs; on 12 it is its maker's. */
const DEBIAN = {
  12: { suite: "bookworm", packages: ["systemd", "systemd-sysv", "adduser", "libstdc++6", "postfix"] },
  13: { suite: "trixie", packages: ["systemd", "systemd-sysv", "adduser", "nodejs", "postfix"] },
} as const;

/**
 * An archive of a clean Debian with systemd and Postfix, made once for this checkout, from Debian's mirror.
 *
 * @returns its path
 */
export async function makeDebianBase(release: keyof typeof DEBIAN): Promise<string> {
  const base = join(project, `out/machine-debian-${release}.tar`);
  if (existsSync(base)) return base;
  mkdirSync(join(project, "out"), { recursive: true });
  const { suite, packages } = DEBIAN[release];
  const draft = `${base}.${process.pid}`;
  await runToEnd("mmdebstrap", [
    "--quiet",
    "--format=tar",
    "--variant=minbase",
    `--include=${packages.join(",")}`,
    suite,
    draft,
  ]);
  renameSync(draft, base);
  return base;
}
