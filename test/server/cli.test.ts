/** The command: what it prints, how it fails, and that it works beside a running server. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { readCard } from "../../src/membership/invitation/server-card.js";
import { armorSealingKey, generateKey, readSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import { BOUNCE_WINDOW_DAYS, DAY_MS, HARD_BOUNCE_DAYS } from "../../src/server/base/limits.js";
import { openStore } from "../../src/server/store/open-store.js";
import { ListSealCommand, type Ran } from "./command.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";
import { describeWithPostgres } from "./postgres.js";
import { Sink } from "./sink.js";

let command: ListSealCommand;

beforeAll(async () => {
  command = await ListSealCommand.build();
});

afterAll(() => command.discard());

let folder: string;
let data: string;
let sink: Sink;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-cli-"));
  data = join(folder, "data");
  sink = await Sink.open();
});

afterEach(async () => {
  await command.endAll();
  await sink.close();
  await rm(folder, { recursive: true });
});

const run = (...words: readonly string[]): Promise<Ran> => command.run(["--data", data, ...words]);

type Ask = (...words: readonly string[]) => Promise<string>;

const good: Ask = async (...words) => wellEnded(await run(...words));
/** As a process of its own, as people run it. */
const alone: Ask = async (...words) => wellEnded(await command.runAlone(["--data", data, ...words]));

function wellEnded(ran: Ran): string {
  expect(ran).toMatchObject({ code: 0, err: "" });
  return ran.out;
}

/** `serve`, listening; gives its port. */
async function serve(): Promise<{ process: ChildProcess; port: number }> {
  const relay = `smtp://127.0.0.1:${sink.port}`;
  const words = ["--data", data, "serve", "--smtp", "127.0.0.1:0", "--relay", relay];
  const { process, ports } = await command.serve(words);
  return { process, port: ports["smtp"] ?? 0 };
}

async function keyFile(who: Person): Promise<string> {
  const path = join(folder, `${who.name}.asc`);
  await writeFile(path, armorSealingKey(sealingHalf(who.key)));
  return path;
}

/** A list with Alice and Bob, made by the commands alone. */
async function listByCommands(ask = good): Promise<{ list: PlayList; alice: Person; bob: Person }> {
  const [alice, bob] = [await person("Alice"), await person("Bob")];
  const address = "team@lists.test";
  const key = await generateKey("list", { address, profile: "compatible" });
  const listKey = join(folder, "list.asc");
  await writeFile(listKey, armorSealingKey(sealingHalf(key)));
  await ask("init");
  await ask("list", "create", address, "--name", "Team", "--list-key", listKey);
  for (const who of [alice, bob]) {
    await ask("member", "add", address, who.address, "--key", await keyFile(who), "--name", who.name);
  }
  const store = await openStore({ kind: "sqlite", file: join(data, "listseal.db") });
  const list = await store.listByAddress(address);
  await store.close();
  if (list === undefined) throw new Error("no list");
  const server = await readSealingKey("server", list.serverCertificate);
  return { list: { list, address, key, server }, alice, bob };
}

test("makes a list, keeps its roster, and shows both", async () => {
  const { list } = await listByCommands(alone);
  const shown = await alone("list", "show", list.address);
  const fingerprint = shown.replaceAll(" ", "").toLowerCase();
  expect(fingerprint).toContain(`serverkey${list.server.fingerprint}`);
  expect(fingerprint).toContain(`listkey${list.key.fingerprint}`);
  expect(shown).toContain("members      2");
  const certificate = /certificate {2}(.*)/.exec(shown)?.[1] ?? "";
  expect(existsSync(certificate)).toBe(true);
  expect(await alone("member", "show", list.address)).toMatch(/^alice@people\.test {2}Alice {2}mixed {2}/);

  const [secret, ...more] = await readdir(join(data, "keys"));
  expect(more).toEqual([]);
  expect((await stat(join(data, "keys", secret ?? ""))).mode & 0o777).toBe(0o600);
});

test("adds a member who shares secrets with the server, and shows their ids alone", async () => {
  const { list } = await listByCommands();
  const carol = await person("Carol");
  const secrets = ["c1".repeat(32), "c2".repeat(32)];
  const files = secrets.map((_, index) => join(folder, `${index}.secret`));
  for (const [index, file] of files.entries()) await writeFile(file, `${secrets[index]}\n`);
  const [copies = "", posts = ""] = files;
  const words = [
    "member",
    "add",
    list.address,
    carol.address,
    "--key",
    await keyFile(carol),
    "--name",
    "Carol",
  ];
  await good(...words, "--secret-file", copies, "--sender-secret-file", posts);
  const shown = await good("member", "show", list.address, carol.address);
  expect(shown).toMatch(/^copies under secret [0-9a-f]{32}$/m);
  expect(shown).toMatch(/^posts under {2}secret [0-9a-f]{32}$/m);
  for (const secret of secrets) expect(shown).not.toContain(secret.slice(0, 32));
});

test("fails in one line, with exit code 1", async () => {
  const { list, alice } = await listByCommands();
  const key = await keyFile(alice);
  const add = (...words: string[]) => ["member", "add", list.address, ...words] as const;
  for (const [words, said] of [
    [["list", "create", list.address, "--name", "Again"], "exists"],
    [["list", "create", "not an address", "--name", "X"], "not an address"],
    [["list", "create", "a-request@lists.test", "--name", "X"], "-request"],
    [["list", "show", "none@lists.test"], "there is no list"],
    [add(alice.address, "--key", key, "--name", "Alice"), "is already a member"],
    [
      add("other@people.test", "--key", key, "--name", "Other"),
      "another member already has that certificate",
    ],
    [add("other@people.test", "--key", "/nonexistent", "--name", "Other"), "can't be read (ENOENT)"],
    [add("other@people.test", "--key", "/dev/zero", "--name", "Other"), "too large"],
    [add("other@people.test", "--key", join(folder, "list.asc"), "--name", "Other"), "member key"],
    [add("other@people.test", "--key", key, "--name", "Two\nLines"), "a name must have"],
    [["member", "remove", list.address, "nobody@people.test"], "no member"],
    [["serve", "--relay", "smtp://127.0.0.1:1"], "--smtp or --lmtp"],
  ] as const) {
    const ran = await run(...words);
    expect({ words, ...ran }).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(/^listseal-server: .*\n$/);
    expect(ran.err).toContain(said);
  }
});

test("a mistake in a command is named, with where to read on", async () => {
  await good("init");
  for (const [words, said] of [
    [["list", "nonsense"], "unknown command 'nonsense'"],
    [["filter"], "required option '--smtp <host:port>'"],
    [
      ["member", "role", "team@lists.test", "bob@people.test", "king"],
      "The role must be one of owner, moderator",
    ],
    [["list", "set", "team@lists.test", "--policy", "moon"], "members, moderated, open"],
    [["serve", "--relay", "moon"], "smtp://HOST:PORT"],
    [["filter", "--smtp", "127.0.0.1:0", "--behind", "moon"], "postfix, mailman"],
  ] as const) {
    const ran = await run(...words);
    expect({ words, ...ran }).toMatchObject({ code: 1, out: "" });
    expect(ran.err).toMatch(/^listseal-server: .*\n.*\(see listseal-server --help\)\n$/s);
    expect(ran.err).toContain(said);
  }
});

test("every command that there is stands in docs/OPERATING.md", async () => {
  const manual = await readFile(new URL("../../docs/OPERATING.md", import.meta.url), "utf8");
  const commandsOf = async (...words: string[]) => {
    const { out } = await run(...words, "--help");
    const [, listed = ""] = out.split("\nCommands:\n");
    return [...listed.matchAll(/^ {2}([a-z-]+)/gm)]
      .map(([, name = ""]) => name)
      .filter((name) => name !== "help");
  };
  let found = 0;
  for (const name of await commandsOf()) {
    const inner = await commandsOf(name);
    for (const each of inner.length === 0 ? [name] : inner.map((word) => `${name} ${word}`)) {
      found++;
      expect(manual).toContain(`\n    ${each}`);
    }
  }
  expect(found).toBeGreaterThan(20);
});

test("refuses to work where nothing was made", async () => {
  const ran = await run("list", "show");
  expect(ran).toMatchObject({ code: 1 });
  expect(ran.err).toContain("run init first");
  expect(existsSync(data)).toBe(false);
});

test("serves; a removal by command takes effect on what was accepted before; SIGTERM ends it well", async () => {
  const { list, alice, bob } = await listByCommands();
  const { process: server, port } = await serve();
  await sink.close();
  const { raw } = await seal(list, alice);
  const answer = await submit(port, { sender: alice.address, recipient: list.address, raw });
  expect(answer.code).toBe(250);

  await good("member", "remove", list.address, bob.address);
  await sink.reopen();
  await sink.until(() => sink.for(alice.address).length === 1);

  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
  expect(sink.for(bob.address)).toEqual([]);
});

test("what was accepted before a kill goes out after it", async () => {
  const { list, alice } = await listByCommands();
  await sink.close();
  const first = await serve();
  const { raw } = await seal(list, alice);
  expect(await submit(first.port, { sender: alice.address, recipient: list.address, raw })).toMatchObject({
    code: 250,
  });
  first.process.kill("SIGKILL");
  await once(first.process, "exit");

  await sink.reopen();
  await serve();
  await sink.until(() => sink.caught.length === 2);
  expect(sink.for(alice.address)).toHaveLength(1);
});

test("a second server on the same folder does not start, and the first goes on", async () => {
  const { list, alice } = await listByCommands();
  const { port } = await serve();
  const second = await run("serve", "--smtp", "127.0.0.1:0", "--relay", `smtp://127.0.0.1:${sink.port}`);
  expect(second).toMatchObject({ code: 1 });
  expect(second.err).toContain("another listseal-server");
  const { raw } = await seal(list, alice);
  expect(await submit(port, { sender: alice.address, recipient: list.address, raw })).toMatchObject({
    code: 250,
  });
});

test("tells what a member's state is, and changes settings", async () => {
  const { list, bob } = await listByCommands();
  expect(await good("member", "role", list.address, bob.address, "owner")).toContain("role         owner");
  expect(await good("member", "suspend", list.address, bob.address)).toContain("SUSPENDED");
  expect(await good("member", "list", list.address)).toMatch(/bob@people\.test.*owner {2}SUSPENDED\n/);
  expect(await good("member", "resume", list.address, bob.address)).toContain("copies       sent");
  const set = [
    "list",
    "set",
    list.address,
    "--reply-to",
    "author",
    "--author-copy",
    "no",
    "--policy",
    "open",
  ];
  expect(await good(...set)).toContain("policy open, replies go to the author, authors get no copy");
  expect((await run("list", "set", list.address, "--reply-to", "moon")).code).toBe(1);
  expect(await good("list", "show", list.address)).toContain("\nlanguage     en\n");
  expect(await good("list", "set", list.address, "--language", "ja")).toContain("\nlanguage     ja\n");
  // the one is changed, and no other
  expect(await good("list", "show", list.address)).toContain("replies go to the author, authors get no copy");
  expect((await run("list", "set", list.address, "--language", "tlh")).code).toBe(1);
  expect(await good("list", "retire", list.address)).toContain("was deleted");
  expect(await good("list", "show")).toContain("retired on");
});

test("one command sends everybody copies again whom bounces have suspended, and nobody else", async () => {
  const { list, alice, bob } = await listByCommands();
  const place = { kind: "sqlite", file: join(data, "listseal.db") } as const;
  const carol = await person("Carol");
  await good("member", "add", list.address, carol.address, "--key", await keyFile(carol), "--name", "Carol");
  const store = await openStore(place);
  try {
    for (const who of [alice, bob]) {
      const { id = 0 } = (await store.memberByAddress(list.list.id, who.address)) ?? {};
      for (let days = 1; days <= HARD_BOUNCE_DAYS; days++) {
        await store.noteBounce(id, { severity: "hard", reason: "gone" }, Date.now() - days * DAY_MS);
      }
      await store.suspendMember(id, "bounces", Date.now());
    }
    await good("member", "suspend", list.address, carol.address);
    expect((await run("member", "resume", list.address)).err).toContain("a member's address, or --all");
    const both = await run("member", "resume", list.address, bob.address, "--all");
    expect(both.err).toContain("a member's address, or --all");
    expect(await good("member", "list", list.address)).toMatch(
      /alice.*SUSPENDED\n.*bob.*SUSPENDED\n.*carol.*SUSPENDED\n/,
    );

    expect(await good("member", "resume", list.address, "--all")).toBe("resumed      2 members\n");
    expect(await good("member", "list", list.address)).toMatch(/alice[^S]*\nbob[^S]*\ncarol.*SUSPENDED\n/);
    // what led to it is forgotten: the next look suspends nobody again
    const since = Date.now() - BOUNCE_WINDOW_DAYS * DAY_MS;
    expect(await store.bouncingMembers(list.list.id, since, Date.now(), HARD_BOUNCE_DAYS)).toEqual([]);
    expect(await good("member", "show", list.address, alice.address)).not.toContain("bounced");
    expect(await good("member", "resume", list.address, "--all")).toBe("resumed      0 members\n");
  } finally {
    await store.close();
  }
});

test("shows the queue, tries again what was set aside, and gives it up", async () => {
  const { list, alice, bob } = await listByCommands();
  sink.mood = (recipient) =>
    recipient === bob.address ? { code: 550, text: "5.1.1 unknown", at: "rcpt" } : undefined;
  const { port } = await serve();
  for (let posts = 0; posts < 2; posts++) {
    const { raw } = await seal(list, alice);
    await submit(port, { sender: alice.address, recipient: list.address, raw });
  }
  await sink.until(() => sink.for(alice.address).length === 2);
  while (!(await good("queue", "show", "--aside")).includes("aside 2"));
  const [, job = ""] =
    /^job (\d+) .*bob@people\.test {2}ASIDE relay-550/m.exec(await good("queue", "show")) ?? [];
  expect((await run("queue", "retry")).err).toContain("--job NUMBER");

  expect((await run("queue", "hold", "--older", "soon")).err).toContain("90m, 2h or 3d");
  const page = await good("queue", "show", "--to", bob.address, "--reason", "relay-550", "--limit", "1");
  expect(page).toContain(`more: repeat with --after ${job}`);
  expect(await good("queue", "show", "--older", "1d")).toBe("waiting 0, aside 2\n");
  expect(await good("queue", "hold", "--list", list.address)).toContain("0 on hold");
  expect(await good("queue", "flush", "--all")).toContain("0 will be tried now");

  sink.mood = () => undefined;
  expect(await good("queue", "retry", "--job", job)).toContain("1 will be tried again");
  await sink.until(() => sink.for(bob.address).length === 1);
  expect(await good("queue", "drop", "--all")).toContain("1 dropped");
  expect(await good("queue", "show")).toBe("waiting 0, aside 0\n");
});

test("init writes a configuration that is good; a mistake in it is named; SIGHUP takes it over", async () => {
  const { list, alice, bob } = await listByCommands();
  const file = join(data, "listseal.toml");
  expect(await good("config", "check")).toContain("is valid");
  await writeFile(file, "[relay]\nurl = 1\n");
  expect((await run("config", "check")).err).toBe(
    `listseal-server: ${file}, line 2, relay.url: must be a string\n`,
  );

  const other = await Sink.open();
  try {
    const settings = (port: number) =>
      writeFile(file, `[smtp]\nlisten = "127.0.0.1:0"\n[relay]\nurl = "smtp://127.0.0.1:${port}"\n`);
    await settings(sink.port);
    const { process: server, ports, log } = await command.serve(["--config", file, "serve"]);
    const post = async () =>
      submit(ports["smtp"] ?? 0, {
        sender: alice.address,
        recipient: list.address,
        raw: (await seal(list, alice)).raw,
      });
    await post();
    await sink.until(() => sink.caught.length === 2);
    // so that the lanes let go of their connections to the first relay
    while (!(await good("queue", "show")).includes("waiting 0"));
    await settings(other.port);
    server.kill("SIGHUP");
    while (!log().includes("reloaded")) await new Promise((resolve) => setTimeout(resolve, 5));
    await post();
    await other.until(() => other.for(bob.address).length === 1);
    expect(sink.caught).toHaveLength(2);

    await writeFile(file, "what");
    server.kill("SIGHUP");
    while (!log().includes("keeping the previous settings"))
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await post()).toMatchObject({ code: 250 });
  } finally {
    await other.close();
  }
});

test("list create writes a server card for the owner; a newer card is another one", async () => {
  await good("init");
  const created = await good("list", "create", "new@lists.test", "--name", "New");
  const path = /^server card +(.+)$/m.exec(created)?.[1] ?? "";
  const first = await readCard(await readFile(path));
  expect(first).toMatchObject({ listAddress: "new@lists.test", requestAddress: "new-request@lists.test" });
  expect((await stat(path)).mode & 0o077).toBe(0);
  // the code itself is not in the database
  expect((await readFile(join(data, "listseal.db"))).includes(first.code)).toBe(false);
  await good("list", "card", "new@lists.test");
  const second = await readCard(await readFile(path));
  expect(second.code).not.toBe(first.code);
  expect(second.server.fingerprint).toBe(first.server.fingerprint);
});

test("doctor names a Postfix that lets mail be smuggled, with the command that puts it right", async () => {
  await good("init");
  const programs = join(folder, "programs");
  await mkdir(programs);
  for (const [value, found] of [
    [
      "no",
      /^WRONG .*smtpd_forbid_bare_newline = no: mail can be smuggled in\n +smuggling: postconf -e smtpd_forbid_bare_newline=normalize /m,
    ],
    ["", /^WRONG .*smtpd_forbid_bare_newline = unknown here: update Postfix/m],
    ["normalize", /^ok .*smtpd_forbid_bare_newline = normalize$/m],
    ["yes", /^ok .*smtpd_forbid_bare_newline = yes$/m],
  ] as const) {
    const script = `#!/bin/sh\n[ "$*" = "-h smtpd_forbid_bare_newline" ] && echo ${value}\n`;
    await writeFile(join(programs, "postconf"), script, { mode: 0o755 });
    const { code, out } = await command.run(["--data", data, "doctor"], {
      PATH: `${programs}:${process.env["PATH"]}`,
    });
    expect(out).toMatch(found);
    if (value === "no") expect(code).toBe(1);
  }
});

describeWithPostgres("the commands on PostgreSQL", (cluster) => {
  test("make a list, serve it, change its roster and its queue, and look it over", async () => {
    const file = join(folder, "listseal.toml");
    const url = await cluster().fresh();
    const lines = [
      `data = "${data}"`,
      `[store]\npostgres = "${url}"`,
      // nobody answers there, at once
      `[dns]\nresolver = "127.0.0.1:9"`,
      `[relay]\nurl = "smtp://127.0.0.1:${sink.port}"`,
    ];
    await writeFile(file, `${lines.join("\n")}\n`);
    const on = (...words: readonly string[]) => command.good("--config", file, ...words);
    const [alice, bob] = [await person("Alice"), await person("Bob")];
    const address = "team@lists.test";
    const key = await generateKey("list", { address, profile: "compatible" });
    const listKey = join(folder, "list.asc");
    await writeFile(listKey, armorSealingKey(sealingHalf(key)));
    await on("init");
    await on("list", "create", address, "--name", "Team", "--list-key", listKey);
    for (const who of [alice, bob]) {
      await on("member", "add", address, who.address, "--key", await keyFile(who), "--name", who.name);
    }
    expect(await on("list", "show", address)).toContain("members      2");
    const store = await openStore({ kind: "postgres", url });
    const list = await store.listByAddress(address);
    await store.close();
    if (list === undefined) throw new Error("no list");
    const server = await readSealingKey("server", list.serverCertificate);

    sink.mood = (recipient) =>
      recipient === bob.address ? { code: 550, text: "5.1.1 unknown", at: "rcpt" } : undefined;
    const {
      process: running,
      ports,
      log,
    } = await command.serve([...["--config", file, "serve", "--smtp", "127.0.0.1:0"]]);
    const { raw } = await seal({ list, address, key, server }, alice);
    const mail = { sender: alice.address, recipient: address, raw };
    expect(await submit(ports["smtp"] ?? 0, mail)).toMatchObject({ code: 250 });
    await sink.until(() => sink.for(alice.address).length === 1);
    while (!log().includes("copy-refused")) await once(running.stderr ?? running, "data");
    let aside = "";
    while (!aside.includes("relay-550")) aside = await on("queue", "show", "--aside");
    sink.mood = () => undefined;
    await on("queue", "retry", "--all");
    await sink.until(() => sink.for(bob.address).length === 1);
    running.kill("SIGTERM");
    expect(await once(running, "exit")).toEqual([0, null]);

    await on("member", "remove", address, bob.address);
    expect(await on("member", "list", address)).not.toContain(bob.address);
    const { code, out } = await command.run(["--config", file, "doctor"]);
    expect(out).toMatch(/^ok +the database is intact, 1 list$/m);
    expect(out).toMatch(/^ok +team@lists\.test: the server key can be used$/m);
    expect(out).toMatch(/^ok +queue: 0 waiting, 0 set aside/m);
    // a domain that nobody has
    expect(out).toMatch(/^WRONG +lists\.test: no MX record/m);
    expect(code).toBe(1);
    expect(existsSync(join(data, "listseal.db"))).toBe(false);
  });
});
