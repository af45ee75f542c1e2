/**
 * The systemd unit under a real systemd: one that is process 1 of a container of its own (systemd-nspawn), with this machine's
 * /usr, an own /etc, and loopback alone.
 */
import { chmodSync, chownSync, copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ListSealCommand } from "../server/command.js";
import { hasNoMachine, Machine } from "../world/machine.js";
import { runToEnd } from "../world/processes.js";

const UNIT = "listseal-server.service";
const unitFile = new URL(`../../packaging/${UNIT}`, import.meta.url).pathname;

/** Of the user that the server runs as, inside. */
const UID = 990;
/** systemd's own measure, from 0 (nothing open) to 10: the unit had 1.3 when this was written. */
const MOST_EXPOSURE = 1.5;

let folder: string;

/** With what docs/OPERATING.md has an operator make: user, settings, passphrase and unit. */
function makeMachine(): Machine {
  const machine = new Machine(folder, [`listseal:x:${UID}:${UID}::/:/bin/sh`], [`listseal:x:${UID}:`]);
  machine.write(
    "etc/listseal/listseal.toml",
    `data = "/var/lib/listseal"
[lmtp]
listen = "127.0.0.1:2424"
[relay]
url = "smtp://127.0.0.1:25"
[web]
metrics = "127.0.0.1:9480"
`,
  );
  const settings = join(machine.root, "etc/listseal/listseal.toml");
  for (const path of [settings, dirname(settings)]) chownSync(path, UID, UID);
  machine.write("etc/listseal/passphrase", "correct horse battery staple\n", 0o600);
  // the passphrase line as its comment says: with the "#" taken away
  const unit = readFileSync(unitFile, "utf8").replace(/^#(?=LoadCredential=)/m, "");
  machine.write(`etc/systemd/system/${UNIT}`, unit);
  return machine;
}

/** What the operator does, and looks at. */
const TRIAL = `#!/bin/sh
as() { setpriv --reuid=listseal --regid=listseal --clear-groups "$@"; }
is_ready() { node -e 'fetch("http://127.0.0.1:9480/readyz").then(a => process.exit(a.ok ? 0 : 1), () => process.exit(1))'; }
wait_ready() { for n in 1 2 3 4 5 6 7 8 9 10 11 12; do is_ready && return 0; sleep 1; done; return 1; }
pid() { systemctl show -p MainPID --value ${UNIT}; }
install -d -o listseal -g listseal -m 0700 /var/lib/listseal
as listseal-server --config /etc/listseal/listseal.toml init
systemd-run --quiet --wait --pipe -p User=listseal -p LoadCredential=passphrase:/etc/listseal/passphrase \\
  listseal-server --config /etc/listseal/listseal.toml list create team@lists.test --name Team
as listseal-server --config /etc/listseal/listseal.toml doctor | grep locked
systemctl start ${UNIT}
# it has started when it is ready, and not before
is_ready && echo READY
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

(hasNoMachine ? describe.skip : describe)("the systemd unit", () => {
  beforeAll(() => {
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
      const said = await makeMachine().run(command.path, TRIAL, 90);
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
