/**
 * The Debian package: the same bytes twice, nothing that lintian minds, and on a clean Debian 12 with systemd it is installed, set
 * up, upgraded with a thousand copies waiting, and purged.
 */
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { ListSealCommand } from "../server/command.js";
import { addCrowd } from "../server/many-members.js";
import { PlayServer, person } from "../server/play-server.js";
import { nodePackage, packServer } from "../world/debian-packages.js";
import { Machine, makeDebianBase } from "../world/machine.js";
import { runToEnd } from "../world/processes.js";

const COPIES = 1_000;

const missing = process.env["LISTSEAL_MISSING"] ?? "";
const isAdmitted = /\b(registry|systemd-container|mmdebstrap|debhelper|lintian)\b/.test(missing);
if (isAdmitted)
  console.warn("NOT RUN: the Debian package (install systemd-container mmdebstrap debhelper lintian)");

let folder: string;
let command: ListSealCommand;

const build = (target: string, version: string) =>
  packServer({ target: join(folder, target), version, server: dirname(command.path) });

/** A data folder whose queue holds a copy for each of a thousand members. */
async function makeQueue(): Promise<string> {
  const server = await PlayServer.make();
  try {
    const list = await server.createList("team@lists.test");
    const alice = await person("Alice");
    await server.join(list, alice);
    await server.office((office) => addCrowd(office, list, COPIES - 1));
    server.sink.mood = () => ({ code: 451, text: "4.3.0 later", at: "rcpt" });
    await server.start();
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });
    await server.stop();
    const path = join(folder, "data");
    cpSync(server.folder.path, path, { recursive: true });
    return path;
  } finally {
    await server.discard();
  }
}

const TRIAL = `#!/bin/sh
export DEBIAN_FRONTEND=noninteractive
say() { echo "== $1"; }
wait_for() { for n in $(seq 1 60); do eval "$1" && return 0; sleep 1; done; return 1; }
say install; dpkg -i /opt/nodejs.deb /opt/old.deb; echo "code $?"
systemctl is-enabled listseal-server; systemctl is-active listseal-server
stat -c '%U %a %n' /var/lib/listseal /etc/listseal /etc/listseal/listseal.toml
listseal-server --version
say quickstart; listseal-server quickstart lists.test root@localhost --list first --yes; echo "code $?"
systemctl is-active listseal-server
say queue
systemctl stop listseal-server
rm -rf /var/lib/listseal; cp -a /opt/data /var/lib/listseal; chown -R listseal:listseal /var/lib/listseal; chmod 700 /var/lib/listseal
sed -i 's#^url = .*#url = "smtp://127.0.0.1:2525"#' /etc/listseal/listseal.toml
systemctl start listseal-server; systemctl is-active listseal-server
before=$(systemctl show -p MainPID --value listseal-server)
listseal-server queue show --limit 1 | tail -1
say upgrade; dpkg -i /opt/new.deb; echo "code $?"
dpkg-query -W -f '\${Version}\n' listseal-server
[ "$before" != "$(systemctl show -p MainPID --value listseal-server)" ] && systemctl is-active listseal-server
/usr/bin/node /opt/relay.mjs & relay=$!
sleep 1; listseal-server queue flush --all
wait_for '[ "$(listseal-server queue show --limit 1 | tail -1)" = "waiting 0, aside 0" ]'
listseal-server queue show --limit 1 | tail -1
kill $relay
say remove; dpkg -r listseal-server; echo "code $?"; systemctl is-active listseal-server; ls /etc/listseal
say purge; dpkg -P listseal-server; echo "code $?"; ls -d /etc/listseal /var/lib/listseal/keys; getent passwd listseal
say again; rm -rf /var/lib/listseal; dpkg -i /opt/new.deb > /dev/null; dpkg -P listseal-server > /dev/null; echo "code $?"
ls -d /var/lib/listseal; getent passwd listseal
say end
`;

/** The part of what was said between two lines that begin with `== `. */
const chapter = (said: string, title: string) => said.split(`== ${title}\n`)[1]?.split("\n== ")[0] ?? "";

(isAdmitted ? describe.skip : describe)("the Debian package", () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-debian-"));
    chmodSync(folder, 0o755);
    command = await ListSealCommand.build();
  });
  afterAll(async () => {
    await command.discard();
    rmSync(folder, { recursive: true, force: true });
  });

  test("is the same bytes twice, and lintian finds nothing", async () => {
    const [one, two] = [await build("one", "0.1.0"), await build("two", "0.1.0")];
    expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    const said = await runToEnd("lintian", [
      "--allow-root",
      "--display-info",
      "--fail-on",
      "error,warning,info",
      one,
    ]);
    expect(said.stdout).toBe("");
    const { stdout: control } = await runToEnd("dpkg-deb", ["--info", one]);
    const major = Number(process.versions.node.split(".")[0]);
    expect(control).toContain(`nodejs (>= ${major}), nodejs (<< ${major + 1})`);
    const { stdout: files } = await runToEnd("dpkg-deb", ["--contents", one]);
    for (const name of [
      "man8/listseal-server.8.gz",
      "man5/listseal.toml.5.gz",
      "build/Release/better_sqlite3.node",
      "postfix/main.cf",
    ])
      expect(files).toContain(name);
    // nothing for compiling, and no path of where it was built
    expect(files).not.toMatch(/prebuild-install|\.cpp$|binding\.gyp/m);
  });

  test("is installed, set up, upgraded with a thousand copies waiting, removed and purged", async () => {
    const machine = await Machine.debian(folder, await makeDebianBase(12));
    cpSync(await build("old", "0.1.0"), join(machine.root, "opt/old.deb"));
    cpSync(await build("new", "0.1.1"), join(machine.root, "opt/new.deb"));
    cpSync(await nodePackage(folder), join(machine.root, "opt/nodejs.deb"));
    cpSync(await makeQueue(), join(machine.root, "opt/data"), { recursive: true });
    machine.write(
      "opt/relay.mjs",
      `import { appendFileSync } from "node:fs";
import { createRequire } from "node:module";
const { SMTPServer } = createRequire("/usr/lib/listseal/package.json")("smtp-server");
new SMTPServer({
  authOptional: true,
  disabledCommands: ["AUTH", "STARTTLS"],
  onData(stream, session, done) {
    stream.resume();
    stream.on("end", () => {
      for (const { address } of session.envelope.rcptTo) appendFileSync("/opt/taken", \`\${address}\\n\`);
      done();
    });
  },
}).listen(2525, "127.0.0.1");
`,
    );
    const said = await machine.runDebian(TRIAL, 1200);
    const install = chapter(said, "install");
    expect(install).toContain("code 0\ndisabled\ninactive\n");
    expect(install).toContain("listseal-server quickstart lists.example owner@people.example");
    for (const line of [
      "listseal 700 /var/lib/listseal",
      "listseal 700 /etc/listseal",
      "listseal 600 /etc/listseal/listseal.toml",
      "0.1.0",
    ])
      expect(install.split("\n")).toContain(line);
    expect(chapter(said, "quickstart")).toMatch(/mailed to {4}root@localhost[\s\S]*code 0\nactive$/);
    expect(chapter(said, "queue")).toMatch(new RegExp(`^active\\nwaiting ${COPIES}, aside 0`, "m"));
    const upgrade = chapter(said, "upgrade");
    expect(upgrade).toMatch(/code 0\n0\.1\.1\nactive\n/);
    expect(upgrade).toMatch(/\nwaiting 0, aside 0$/);
    // none lost, none twice
    const taken = machine.read("opt/taken").trim().split("\n");
    expect([taken.length, new Set(taken).size]).toEqual([COPIES, COPIES]);
    expect(chapter(said, "remove")).toMatch(/code 0\ninactive\nlistseal\.toml$/);
    const purge = chapter(said, "purge");
    expect(purge).toContain("The lists' keys and mail are still in /var/lib/listseal.");
    expect(purge).toMatch(/code 0\n/);
    expect(purge).toContain("/var/lib/listseal/keys");
    expect(purge).not.toMatch(/^\/etc\/listseal$/m);
    expect(chapter(said, "again")).toMatch(
      /^code 0\nls: cannot access '\/var\/lib\/listseal': No such file or directory$/m,
    );
    expect(chapter(said, "again")).not.toMatch(/^listseal:/m);
  });
});
