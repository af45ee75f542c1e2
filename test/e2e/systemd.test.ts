/**
 * The systemd unit under a real systemd: one that is process 1 of a container of its own (systemd-nspawn), with this machine's
 * /usr, an own /etc, and loopback alone.
 */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ListSealCommand } from "../server/command.js";
import { runToEnd } from "../world/processes.js";

const project = new URL("../../", import.meta.url).pathname;
const UNIT = "listseal-server.service";
const unitFile = join(project, "packaging", UNIT);

/** Of the user that the server runs as, inside. */
const UID = 990;
/** systemd's own measure, from 0 (nothing open) to 10: the unit had 1.3 when this was written. */
const MOST_EXPOSURE = 1.5;

const isAdmitted = /\bsystemd(-container)?\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (isAdmitted) console.warn("NOT RUN: the systemd unit (install systemd systemd-container)");

let folder: string;

/** A root folder with everything of its own but /usr. */
function makeRoot(): string {
  const root = join(folder, "machine");
  for (const name of ["usr", "var", "tmp", "run", "proc", "sys", "dev", "root", "opt", "etc/listseal"])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(root, name));
  const etc = join(root, "etc");
  for (const name of ["ld.so.cache", "nsswitch.conf", "os-release"])
    copyFileSync(join("/etc", name), join(etc, name));
  writeFileSync(
    join(etc, "passwd"),
    `root:x:0:0::/root:/bin/sh\nlistseal:x:${UID}:${UID}::/:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n`,
  );
  writeFileSync(join(etc, "group"), `root:x:0:\nlistseal:x:${UID}:\nnogroup:x:65534:\n`);
  writeFileSync(join(etc, "machine-id"), "");
  const settings = join(etc, "listseal", "listseal.toml");
  writeFileSync(
    settings,
    `data = "/var/lib/listseal"
[lmtp]
listen = "127.0.0.1:2424"
[relay]
url = "smtp://127.0.0.1:25"
[web]
metrics = "127.0.0.1:9480"
`,
  );
  for (const path of [settings, dirname(settings)]) chownSync(path, UID, UID);
  writeFileSync(join(etc, "listseal", "passphrase"), "correct horse battery staple\n", { mode: 0o600 });

  const units = join(etc, "systemd/system");
  mkdirSync(join(units, "multi-user.target.wants"), { recursive: true });
  // the passphrase line as its comment says: with the "#" taken away
  writeFileSync(join(units, UNIT), readFileSync(unitFile, "utf8").replace(/^#(?=LoadCredential=)/m, ""));
  writeFileSync(
    join(units, "trial.service"),
    `[Service]
Type=oneshot
ExecStart=/opt/trial
StandardOutput=file:/opt/said
StandardError=file:/opt/said
ExecStopPost=/usr/bin/systemctl --no-block poweroff
`,
  );
  symlinkSync("../trial.service", join(units, "multi-user.target.wants/trial.service"));
  symlinkSync("/usr/lib/systemd/system/multi-user.target", join(units, "default.target"));
  return root;
}

/** /usr/local as `npm install -g` leaves it; Node and the packages are put there when the container starts. */
function makeLocal(built: string): string {
  const local = join(folder, "local");
  const home = join(local, "lib/node_modules/listseal");
  for (const path of [join(local, "bin"), join(home, "node_modules"), join(home, "dist")])
    mkdirSync(path, { recursive: true });
  cpSync(dirname(built), join(home, "dist/server"), { recursive: true });
  copyFileSync(join(project, "package.json"), join(home, "package.json"));
  chmodSync(join(home, "dist/server/cli.js"), 0o755);
  symlinkSync("../lib/node_modules/listseal/dist/server/cli.js", join(local, "bin/listseal-server"));
  writeFileSync(join(local, "bin/node"), "");
  return local;
}

/** What the operator does, and looks at. */
const TRIAL = `#!/bin/sh
as() { setpriv --reuid=listseal --regid=listseal --clear-groups "$@"; }
wait_ready() { for n in 1 2 3 4 5 6 7 8 9 10 11 12; do
  node -e 'fetch("http://127.0.0.1:9480/readyz").then(a => process.exit(a.ok ? 0 : 1), () => process.exit(1))' && return 0
  sleep 1
done; return 1; }
pid() { systemctl show -p MainPID --value ${UNIT}; }
install -d -o listseal -g listseal -m 0700 /var/lib/listseal
as listseal-server --config /etc/listseal/listseal.toml init
systemd-run --quiet --wait --pipe -p User=listseal -p LoadCredential=passphrase:/etc/listseal/passphrase \\
  listseal-server --config /etc/listseal/listseal.toml list create team@lists.test --name Team
as listseal-server --config /etc/listseal/listseal.toml doctor | grep locked
systemctl start ${UNIT}
wait_ready && echo READY
grep -E '^(Uid|NoNewPrivs|CapEff|CapBnd|Seccomp):' /proc/$(pid)/status
grep 'Max core' /proc/$(pid)/limits
before=$(pid)
systemctl reload ${UNIT}; sleep 1
[ "$before" = "$(pid)" ] && echo RELOADED
kill -9 $before
sleep 6
wait_ready && [ "$before" != "$(pid)" ] && echo CAME-BACK
systemctl stop ${UNIT}
systemctl show -p Result ${UNIT}
journalctl -u ${UNIT} --no-pager -o cat
`;

(isAdmitted ? describe.skip : describe)("the systemd unit", () => {
  beforeAll(() => {
    if (!existsSync("/usr/bin/systemd-nspawn")) throw new Error("install systemd systemd-container");
    folder = mkdtempSync(join(tmpdir(), "listseal-systemd-"));
    chmodSync(folder, 0o755);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("is one that systemd understands, and leaves little open", async () => {
    const copy = join(folder, UNIT);
    copyFileSync(unitFile, copy);
    // it ends with 0 also for settings that it does not know; then it says so
    const verified = await runToEnd("systemd-analyze", ["verify", "--man=no", copy]);
    expect(verified.stderr.split("\n").filter((line) => line.includes(UNIT))).toEqual([]);
    const words = ["security", "--offline=true", "--no-pager", `--threshold=${MOST_EXPOSURE * 10}`, copy];
    expect((await runToEnd("systemd-analyze", words, { anyCode: true })).code).toBe(0);
  });

  test("starts, reloads, comes back after a kill and drains, locked in, with the passphrase as a credential", async () => {
    const command = await ListSealCommand.build();
    try {
      const [root, local] = [makeRoot(), makeLocal(command.path)];
      writeFileSync(join(root, "opt/trial"), TRIAL, { mode: 0o755 });
      const packages = realpathSync(join(project, "node_modules"));
      await runToEnd(
        "timeout",
        [
          ...["90", "systemd-nspawn", "--register=no", "--keep-unit", "--quiet", `--directory=${root}`],
          ...["--private-network", "--console=pipe", "--bind-ro=/usr", `--bind-ro=${local}:/usr/local`],
          ...[`--bind-ro=${realpathSync(process.execPath)}:/usr/local/bin/node`],
          ...[`--bind-ro=${packages}:/usr/local/lib/node_modules/listseal/node_modules`, "--boot"],
        ],
        { anyCode: true },
      );
      const said = readFileSync(join(root, "opt/said"), "utf8");
      for (const line of ["READY", "RELOADED", "CAME-BACK", "Result=success"])
        expect(said).toContain(`${line}\n`);
      expect(said).toMatch(new RegExp(`^Uid:\\t${UID}\\t${UID}\\t${UID}\\t${UID}$`, "m"));
      expect(said).toMatch(/^NoNewPrivs:\t1$/m);
      expect(said).toMatch(/^Seccomp:\t2$/m);
      for (const set of ["CapEff", "CapBnd"]) expect(said).toMatch(new RegExp(`^${set}:\\t0+$`, "m"));
      expect(said).toMatch(/^Max core file size +0 +0 /m);
      // who has not the credential can't use the key
      expect(said).toMatch(/^WRONG team@lists\.test: .* is locked/m);
      expect(said).toContain('"msg":"stopped"');
    } finally {
      await command.discard();
    }
  });
});
