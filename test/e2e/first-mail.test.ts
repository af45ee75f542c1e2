/**
 * From nothing to the first encrypted mail, as docs/OPERATING.md says it: the Debian package on a clean machine, `quickstart`, the card
 * by mail, the owner in a real Thunderbird, an old list's members taken over, and an invitation. The commands are those of the
 * documents, as they stand there. How long each step took is printed. The machine is a Debian 13 with its own Node; the package on
 * Debian 12 is test/e2e/debian-package's.
 *
 * The machine is a container without a network. Its mail goes to and from the people's mail servers by files, as if the internet
 * were between them.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import PostalMime from "postal-mime";
import { SMTPServer } from "smtp-server";
import { parseAddress } from "../../src/mail/mailbox.js";
import { armorSealingKey, generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { ListSealCommand } from "../server/command.js";
import { handOver, type JoinedList, joinByMail, reads, writeTo } from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { Person } from "../tour/person.js";
import { wordsOf } from "../tour/words.js";
import { packServer } from "../world/debian-packages.js";
import { hasNoMachine, Machine, makeDebianBase } from "../world/machine.js";
import { LOOPBACK } from "../world/ports.js";
import { pause, until } from "../world/processes.js";
import { PEOPLE_DOMAIN, World } from "../world/world.js";

const project = new URL("../../", import.meta.url).pathname;
/** What was seen, for scripts/pictures.mjs and for looking at. */
const ALBUM = join(project, "out/first-mail");
const TEAM: JoinedList = { address: "team@lists.example", slug: "team", name: "team" };
const KEYED = ["gil", "hana", "ines"];
const w = wordsOf("en");

const isAdmitted =
  hasNoMachine || /\b(registry|mmdebstrap|debhelper)\b/.test(process.env["LISTSEAL_MISSING"] ?? "");
if (isAdmitted)
  console.warn("NOT RUN: from nothing to the first mail (install systemd-container mmdebstrap debhelper)");

/** The commands of a part of a document, without what they say of themselves. */
function commandsOf(document: string, heading: string): readonly string[] {
  const text = `\n${readFileSync(join(project, "docs", document), "utf8")}`;
  const [, part = ""] = text.split(`\n${heading}\n`);
  return (part.split("\n#")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("    "))
    .map((line) => line.replace(/ {2,}# .*$/, "").trim());
}

/** The machine's own script: mail in, and the operator's commands one after the other, as `root` in /root. */
const TRIAL = `#!/bin/sh
export DEBIAN_FRONTEND=noninteractive HOME=/root
for name in owner alice bob; do useradd --create-home $name; done
# as Debian's package leaves it for an "Internet site", with the people's domains
[ -e /etc/postfix/main.cf ] || cp /usr/share/postfix/main.cf.debian /etc/postfix/main.cf
[ -e /etc/postfix/master.cf ] || cp /usr/share/postfix/master.cf.dist /etc/postfix/master.cf
postconf -e compatibility_level=3.6 myhostname=mail.people.example 'mydestination=localhost, people.example, ${PEOPLE_DOMAIN}' \\
  home_mailbox=Maildir/ alias_maps= inet_interfaces=loopback-only inet_protocols=ipv4
cd /root
(while :; do
  for mail in /opt/in/*.mail; do
    [ -e "$mail" ] || continue
    { read -r from; read -r to; sendmail -i -f "$from" -- "$to"; } < "$mail" && rm "$mail"
  done
  sleep 0.2
done) &
touch /opt/ready
while [ ! -e /opt/end ]; do
  for task in /opt/do/*.sh; do
    [ -e "$task" ] || continue
    sh "$task" > "$task.out" 2>&1; echo $? > "$task.code"; mv "$task" "$task.done"
  done
  sleep 0.2
done
journalctl --no-pager -u listseal-server -n 200
echo end
`;

(isAdmitted ? describe.skip : describe)("from nothing to the first encrypted mail", () => {
  let folder: string;
  let machine: Machine;
  let running: Promise<string>;
  let world: World;
  let internet: SMTPServer;
  let alice: Person;
  let bob: Person;
  let card: Buffer;
  let page: MembersPage;
  let mails = 0;
  let tasks = 0;
  let forwarding: Promise<void>;
  let isOver = false;
  let began: number;
  const steps: string[] = [];

  const inMachine = (path: string) => join(machine.root, path);

  /** Runs an operator's command on the machine, as it is written; gives what it said. */
  async function operate(command: string): Promise<string> {
    const task = inMachine(`opt/do/${String(++tasks).padStart(3, "0")}.sh`);
    writeFileSync(`${task}.draft`, command);
    renameSync(`${task}.draft`, task);
    await until(`the machine's answer to ${command}`, () => existsSync(`${task}.done`) || undefined);
    const said = readFileSync(`${task}.out`, "utf8");
    if (readFileSync(`${task}.code`, "utf8").trim() !== "0") throw new Error(`${command}\n${said}`);
    return said;
  }

  const took = (step: string): void => {
    steps.push(`${((Date.now() - began) / 1000).toFixed(0).padStart(5)} s  ${step}`);
  };

  /** A mail from the people's mail server to the machine. */
  function intoMachine(from: string, to: string, raw: Buffer): void {
    const path = inMachine(`opt/in/${String(++mails).padStart(4, "0")}.mail`);
    writeFileSync(
      `${path}.draft`,
      Buffer.concat([
        Buffer.from(`${from}\n${to}\n`),
        Buffer.from(raw.toString("latin1").replaceAll("\r\n", "\n"), "latin1"),
      ]),
    );
    renameSync(`${path}.draft`, path);
  }

  /** What the machine has delivered to somebody's folder there goes on to their own mail server. */
  async function forward(): Promise<void> {
    while (!isOver) {
      for (const [name, to] of [
        ["owner", "alice"],
        ["alice", "alice"],
        ["bob", "bob"],
      ] as const) {
        const inbox = inMachine(`home/${name}/Maildir/new`);
        for (const file of existsSync(inbox) ? readdirSync(inbox) : []) {
          const raw = readFileSync(join(inbox, file), "latin1");
          const [, from = ""] = /^Return-Path: <(.*)>$/m.exec(raw) ?? [];
          const sent = raw.replace(/^(?:(?:Return-Path|X-Original-To|Delivered-To): .*\n)+/, "");
          if (name === "owner") writeFileSync(join(folder, "card.eml"), sent);
          await handOver(
            world,
            from,
            `${to}@${PEOPLE_DOMAIN}`,
            Buffer.from(sent.replaceAll("\n", "\r\n"), "latin1"),
          );
          rmSync(join(inbox, file));
        }
      }
      await pause(200);
    }
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-first-mail-"));
    chmodSync(folder, 0o755);
    mkdirSync(ALBUM, { recursive: true });
    const command = await ListSealCommand.build();
    machine = await Machine.debian(folder, await makeDebianBase(13));
    for (const name of ["in", "do"]) mkdirSync(inMachine(`opt/${name}`), { recursive: true });
    cpSync(
      await packServer({ target: join(folder, "packages"), server: dirname(command.path) }),
      inMachine("root/listseal-server_0.1.0_amd64.deb"),
    );
    await command.discard();
    world = await World.start();
    internet = new SMTPServer({
      authOptional: true,
      disabledCommands: ["AUTH", "STARTTLS"],
      onData(stream, { envelope }, done) {
        const pieces: Buffer[] = [];
        stream.on("data", (piece: Buffer) => pieces.push(piece));
        stream.on("end", () => {
          const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
          for (const { address } of envelope.rcptTo) intoMachine(from, address, Buffer.concat(pieces));
          done();
        });
      },
    });
    internet.listen(world.listServer.port, LOOPBACK);
    running = machine.runDebian(TRIAL, 1400);
    const preferences = { "extensions.webextOptionalPermissionPrompts": false };
    [alice, bob] = await Promise.all([
      Person.arrive(world, "alice", preferences),
      Person.arrive(world, "bob", preferences),
    ]);
    await until("the machine", () => existsSync(inMachine("opt/ready")) || undefined);
    forwarding = forward();
  });

  afterAll(async () => {
    isOver = true;
    if (machine !== undefined) {
      writeFileSync(inMachine("opt/end"), "");
      writeFileSync(join(ALBUM, "machine.log"), await running);
    }
    await forwarding;
    internet?.close();
    await world?.stop();
    rmSync(folder, { recursive: true, force: true });
    console.info(`from nothing to the first encrypted mail:\n${steps.join("\n")}`);
  });

  test("the package and quickstart, as OPERATING has them", async () => {
    began = Date.now();
    const [install, quickstart, ...more] = commandsOf("OPERATING.md", "## Install");
    expect([install, quickstart, more]).toEqual([
      expect.stringMatching(/^apt install \.\/listseal-server_/),
      expect.stringMatching(/^listseal-server quickstart lists\.example /),
      [],
    ]);
    // apt and quickstart ask, and are answered as a person does
    expect(await operate(`echo y | ${install}`)).toContain("Setting up listseal-server");
    took("the package is installed");
    const said = await operate(`echo y | script --quiet --return --command '${quickstart}' /dev/null`);
    expect(said).toContain("Go ahead? [y/N]");
    expect(said).toContain("mailed to    owner@people.example");
    expect(said).toContain("lists.example. IN MX 10 mail.people.example.");
    took("quickstart has set up the server and its first list");
  });

  test("the card comes by mail, and its owner takes the list in Thunderbird", async () => {
    await until("the card", () => existsSync(join(folder, "card.eml")) || undefined);
    took("the card is in the owner's mailbox");
    const mail = await PostalMime.parse(readFileSync(join(folder, "card.eml")));
    const content = mail.attachments.find(({ filename }) => filename?.endsWith(".listseal"))?.content;
    if (!(content instanceof ArrayBuffer)) throw new Error("no card");
    card = Buffer.from(content);
    page = await MembersPage.open(alice.addon);
    await page.giveFile("card", "team-server.listseal", card);
    await page.press(w("found_open"));
    const text = await page.waitFor(w("found_compare"));
    // read out by telephone, as OPERATING says
    const [, shown = ""] =
      /^server key\s+([0-9A-F ]{40,})/im.exec(
        await operate("listseal-server list show team@lists.example"),
      ) ?? [];
    expect(shown).not.toBe("");
    expect(text.replace(/\s/g, "").toLowerCase()).toContain(shown.replace(/\s/g, "").toLowerCase());
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press(w("found_claim"));
    await page.waitFor(w("people_title", "1"));
    took("the owner has the list");
  });

  test("somebody is invited, joins, and reads the first encrypted mail", async () => {
    await page.fill({ addresses: `Bob <${bob.address}>` });
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    const codes = await until("the code", async () => {
      const shown = await page.codes();
      return shown[bob.address] === undefined ? undefined : shown;
    });
    await page.press(w("invite_send_all", "1"));
    await page.waitFor(w("invite_sent_all"));
    await joinByMail(bob, TEAM, codes[bob.address] ?? "", w);
    took("the first member has joined");
    await page.waitFor(w("people_title", "2"));
    await writeTo(alice, TEAM, "The first words", w);
    await reads(bob, TEAM, "The first words");
    took("the first encrypted mail is read");
  });

  test("an old list's members come in by MOVING's command, and the owner confirms them all at once", async () => {
    mkdirSync(inMachine("root/DIR"));
    for (const name of KEYED) {
      const address = parseAddress(`${name}@people.example`);
      const key = await generateMemberKey({ address, name, profile: "compatible" });
      writeFileSync(inMachine(`root/DIR/${name}.asc`), armorSealingKey(sealingHalf(key)));
    }
    const table = ["address,name", ...[...KEYED, "kim"].map((name) => `${name}@people.example,${name}`)];
    writeFileSync(inMachine("root/people.csv"), `${table.join("\n")}\n`);
    const commands = commandsOf("MOVING.md", "# Moving a list to ListSeal").filter((line) =>
      /import (?:csv|keys) /.test(line),
    );
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(await operate(command)).toContain("in all       3 to add");
    const said = await operate(`${commands[0]} --yes`);
    const [path = ""] = /\/var\/lib\/listseal\/imports\/\S+\.csv/.exec(said) ?? [];
    expect(await operate(`${commands[1]} --yes`)).toContain("nothing to do");

    page = await MembersPage.open(alice.addon);
    await page.press(w("people_refresh"));
    const text = await page.waitFor(w("unconfirmed_title", "3"));
    expect(text).toContain("hana@people.example");
    await page.scrollTo("#unconfirmed");
    await alice.picture(join(ALBUM, "confirm.png"));
    await page.press(w("unconfirmed_button", "3"));
    await until("them to be confirmed", async () => {
      await alice.ui.getNewMail();
      return (await page.text()).includes(w("unconfirmed_title", "3")) ? undefined : true;
    });
    expect(await page.text()).not.toContain(w("people_by_operator"));
    // and who has no key is invited from the operator's table, as it is
    await page.giveFile("csv", "to-invite.csv", Buffer.from(readFileSync(inMachine(path.slice(1)))));
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    await until("the code", async () => (await page.codes())["kim@people.example"]);
    await page.press(w("invite_save_all", "1"));
    await page.waitFor(w("invite_saved_all"));
    await until("the file", () => alice.downloads().find((file) => file.endsWith("team-kim.listseal")));
    await page.scrollTo("#codes");
    await alice.picture(join(ALBUM, "codes.png"));
    took("an old list is taken over, and confirmed");
  });

  test("the operator's other commands of OPERATING, as they stand there", async () => {
    await operate("install -d -o listseal /backups");
    const [backup = ""] = commandsOf("OPERATING.md", "## Backup and restore");
    expect(backup).toMatch(/^listseal-server backup \/backups\//);
    await operate(backup);
    const another = commandsOf("OPERATING.md", "## Keys").find((line) =>
      line.startsWith("listseal-server list new-server-key"),
    );
    expect(await operate("listseal-server config check")).toContain("is valid");
    const status = await operate("listseal-server status");
    expect(status).toContain("team@lists.example");
    writeFileSync(join(ALBUM, "status.txt"), status);
    // a machine without DNS has something wrong with it
    const doctor = await operate("listseal-server doctor || true");
    expect(doctor).toMatch(/^ok +serve is running$/m);
    expect(doctor).toMatch(/^WRONG .*\n +no-mx: /m);
    writeFileSync(join(ALBUM, "doctor.txt"), doctor);
    expect(await operate(another ?? "")).toMatch(/fingerprint|server key/i);
  });
});
