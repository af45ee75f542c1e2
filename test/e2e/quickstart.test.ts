/**
 * `quickstart` on a machine with systemd and Debian's Postfix: from nothing to a list whose card is in its owner's mailbox and
 * whose addresses Postfix knows.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import PostalMime from "postal-mime";
import { readCard } from "../../src/membership/invitation/server-card.js";
import { ListSealCommand } from "../server/command.js";
import { hasNoMachine, Machine } from "../world/machine.js";

/** As Debian's package makes it for an "Internet site", with things that an operator had set before. */
const MAIN = `compatibility_level = 3.6
myhostname = mail.people.test
mydestination = $myhostname, people.test, localhost
mynetworks = 127.0.0.0/8
alias_maps =
mailbox_size_limit = 40000000
recipient_delimiter = +
inet_interfaces = loopback-only
inet_protocols = ipv4
# of another domain whose mail this machine passes on
relay_domains = old.test
transport_maps = texthash:/etc/postfix/transport
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_recipient_restrictions = reject_non_fqdn_recipient
maillog_file = /var/log/mail.log
disable_dns_lookups = yes
smtp_host_lookup = native
`;

const QUICKSTART = "listseal-server quickstart lists.test alice@people.test";

/** Says what Postfix answers to recipients, one after the other. */
const ASK = `cat > /opt/ask.mjs <<'END'
import { connect } from "node:net";
import { createInterface } from "node:readline";
const socket = connect(25, "127.0.0.1");
const lines = createInterface(socket)[Symbol.asyncIterator]();
const answer = async () => { for (;;) { const { value = "" } = await lines.next(); if (/^\\d{3} /.test(value)) return value; } };
await answer();
for (const said of ["EHLO x", "MAIL FROM:<bob@people.test>", ...process.argv.slice(2).map((to) => \`RCPT TO:<\${to}>\`)]) {
  // a recipient that is being asked about is answered later
  for (let left = 20; ; left--) {
    socket.write(\`\${said}\\r\\n\`);
    const heard = await answer();
    if (heard.startsWith("450") && left > 0) { await new Promise((done) => setTimeout(done, 500)); continue; }
    if (said.startsWith("RCPT")) console.log(said, heard.slice(0, 3));
    break;
  }
}
socket.end();
END
`;

/** Everything that a second run must leave alone; not what the running server writes. */
const FINGERPRINTS = `find /etc /var/lib/listseal/keys /var/lib/listseal/cards /var/mail -type f | sort | xargs sha256sum`;

let folder: string;
let command: ListSealCommand;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "listseal-quickstart-"));
  chmodSync(folder, 0o755);
  command = await ListSealCommand.build();
});
afterAll(async () => {
  await command.discard();
  rmSync(folder, { recursive: true, force: true });
});

/** A machine with Postfix installed and running, and a person with a mailbox. */
function machineWithPostfix(name: string): Machine {
  const line = (file: string, user: string) =>
    readFileSync(file, "utf8")
      .split("\n")
      .filter((each) => each.startsWith(`${user}:`));
  const machine = new Machine(
    join(folder, name),
    [...line("/etc/passwd", "postfix"), "alice:x:1000:1000::/home/alice:/bin/sh"],
    [...line("/etc/group", "postfix"), ...line("/etc/group", "postdrop"), "mail:x:8:", "alice:x:1000:"],
  );
  for (const path of [
    "/etc/alternatives",
    "/etc/pam.d",
    "/etc/security",
    "/etc/login.defs",
    "/etc/postfix",
    "/etc/services",
  ])
    machine.copy(path);
  machine.write("etc/hosts", "127.0.0.1 localhost mail.people.test people.test\n");
  machine.write("etc/postfix/main.cf", MAIN);
  machine.write("etc/postfix/transport", "old.test smtp:[127.0.0.1]:9\n");
  machine.write("etc/shadow", "root:*:19000:0:99999:7:::\n", 0o640);
  for (const path of ["var/spool/postfix/x", "var/lib/postfix/x", "var/mail/x", "var/log/x"])
    machine.write(path, "");
  return machine;
}

/** Starts Postfix as its package's unit does. */
const START = `#!/bin/sh
rm /var/spool/postfix/x /var/lib/postfix/x /var/mail/x
chown postfix /var/lib/postfix; chgrp mail /var/mail; chmod 2775 /var/mail
`;

/** The part of what was said between two lines that begin with `== `. */
const chapter = (said: string, title: string) => said.split(`== ${title}\n`)[1]?.split("\n== ")[0] ?? "";

(hasNoMachine ? describe.skip : describe)("quickstart", () => {
  test("sets up server, Postfix and list, and mails the card; run again it changes nothing", async () => {
    const machine = machineWithPostfix("one");
    const said = await machine.run(
      command.path,
      `${START}${ASK}
echo "== before"; postfix start
echo "== asks"; ${QUICKSTART} < /dev/null
getent passwd listseal; ls /etc/listseal
echo "== dry"; ${QUICKSTART} --dry-run | tee /opt/dry.sh
getent passwd listseal; ls /etc/listseal
echo "== first"; ${QUICKSTART} --yes; echo "code $?"
echo "== state"; systemctl is-active listseal-server; systemctl is-enabled listseal-server
node /opt/ask.mjs team@lists.test team-request@lists.test nobody@lists.test alice@people.test
for n in 1 2 3 4 5 6 7 8 9 10; do [ -s /var/mail/alice ] && break; sleep 1; done
${FINGERPRINTS} > /opt/before
echo "== second"; ${QUICKSTART} --yes; echo "code $?"
${FINGERPRINTS} > /opt/after
echo "== root"; listseal-server list set team@lists.test --policy moderated | grep policy
find /var/lib/listseal ! -user listseal
echo "== script"; sh /opt/dry.sh
${FINGERPRINTS} > /opt/after-script
echo "== end"
`,
      280,
    );
    expect(chapter(said, "asks")).toContain("nobody can be asked here: add --yes");
    expect(chapter(said, "asks")).toMatch(/^1\. create the user listseal/m);
    expect(chapter(said, "asks") + chapter(said, "dry")).not.toMatch(/^listseal:|^listseal.toml/m);
    const first = chapter(said, "first");
    expect(first).toContain("code 0");
    expect(first).toContain("mailed to    alice@people.test");
    expect(first).toContain("lists.test. IN MX 10 mail.people.test.");
    expect(first).toContain('lists.test. IN TXT "v=spf1 mx -all"');
    expect(first).toContain('_dmarc.lists.test. IN TXT "v=DMARC1; p=none"');
    expect(first).toContain("MTA-STS: https://mta-sts.lists.test/.well-known/mta-sts.txt is not served (");
    expect(first).not.toContain("_mta-sts.lists.test. IN TXT");
    expect(first).toMatch(/^ok +serve is running$/m);
    expect(first).toMatch(/^ok +the relay smtp:\/\/127\.0\.0\.1:25 answers$/m);
    expect(first).toMatch(/^ok +Postfix: smtpd_forbid_bare_newline = normalize$/m);
    const state = chapter(said, "state");
    expect(state).toContain("active\nenabled\n");
    expect(state.match(/RCPT .*/g)).toEqual([
      "RCPT TO:<team@lists.test> 250",
      "RCPT TO:<team-request@lists.test> 250",
      "RCPT TO:<nobody@lists.test> 550",
      "RCPT TO:<alice@people.test> 250",
    ]);
    // what was there is still there
    const main = machine.read("etc/postfix/main.cf");
    for (const line of [
      "relay_domains = old.test, lists.test",
      "transport_maps = texthash:/etc/postfix/listseal-transport, texthash:/etc/postfix/transport",
      "smtpd_recipient_restrictions = check_recipient_access inline:{{lists.test = reject_unverified_recipient}}, reject_non_fqdn_recipient",
      "mailbox_size_limit = 52428800",
      "# of another domain whose mail this machine passes on",
    ])
      expect(main.split("\n")).toContain(line);
    const kept = readdirSync(join(machine.root, "etc/postfix")).filter((name) =>
      name.includes("before-listseal"),
    );
    expect(kept.length).toBe(1);
    expect(machine.read(`etc/postfix/${kept[0]}`)).toBe(MAIN);
    expect(machine.read("etc/listseal/listseal.toml")).toContain(
      "\n# Accepts mail from the Postfix on this machine.",
    );
    // the owner has the card
    const mail = await PostalMime.parse(machine.read("var/mail/alice"));
    const card = mail.attachments[0]?.content;
    if (!(card instanceof ArrayBuffer)) throw new Error("no card");
    expect(await readCard(new Uint8Array(card))).toMatchObject({ listAddress: "team@lists.test" });
    // what root does leaves nothing behind that the server could not use
    expect(chapter(said, "root")).toMatch(/^posts +policy moderated, .*\n?$/);
    // twice is once
    expect(chapter(said, "second")).toContain("everything is set up, and nothing was changed");
    expect(machine.read("opt/before").split("\n").length).toBeGreaterThan(20);
    for (const name of ["after", "after-script"])
      expect(machine.read(`opt/${name}`)).toBe(machine.read("opt/before"));
  });

  test("--dry-run's script does the same on a fresh machine", async () => {
    const machine = machineWithPostfix("two");
    await machine.run(
      command.path,
      `${START}
${QUICKSTART} --dry-run > /opt/dry.sh
sh /opt/dry.sh
systemctl is-active listseal-server > /opt/active
for n in 1 2 3 4 5 6 7 8 9 10; do [ -s /var/mail/alice ] && break; sleep 1; done
`,
      280,
    );
    expect(machine.read("opt/active")).toBe("active\n");
    const other = (path: string) => readFileSync(join(folder, "one/machine", path), "utf8");
    for (const path of ["etc/postfix/listseal-transport", "etc/listseal/listseal.toml"])
      expect(machine.read(path)).toBe(other(path));
    // postconf appends in an order of its own
    const lines = (text: string) => text.split("\n").sort();
    expect(lines(machine.read("etc/postfix/main.cf"))).toEqual(lines(other("etc/postfix/main.cf")));
    expect(machine.read("var/mail/alice")).toContain("team-server.listseal");
  });

  test("puts main.cf back if Postfix does not work with it", async () => {
    const machine = machineWithPostfix("three");
    // a Postfix that refuses to go on: its queue is not its own
    const said = await machine.run(
      command.path,
      `${START}
mv /etc/postfix/master.cf /etc/postfix/master.away
${QUICKSTART} --yes; echo "code $?"
`,
      180,
    );
    expect(said).toContain("/etc/postfix/main.cf is as it was before");
    expect(said).toContain("step 4 failed");
    expect(said).toContain("code 1");
    expect(machine.read("etc/postfix/main.cf")).toBe(MAIN);
  });
});
