/** Every fault that docs/OPERATING.md names is brought about here, and doctor names it with what mends it. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeEach, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { createList } from "../../src/server/admin/administration.js";
import { backUp } from "../../src/server/admin/backup.js";
import { type Config, defaultConfig } from "../../src/server/admin/config.js";
import { type Diagnosis, diagnosisLines, type Fault, faults } from "../../src/server/admin/diagnosis.js";
import { examine } from "../../src/server/admin/doctor.js";
import { examineDisk } from "../../src/server/admin/doctor-site.js";
import { dataFolder } from "../../src/server/base/data-folder.js";
import { takeServeLock } from "../../src/server/base/file-lock.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { type PlayList, PlayServer, person } from "./play-server.js";

const LIST = "team@lists.test";

let server: PlayServer;
let folder: string;
let path: string | undefined;
const seen = new Set<Fault>();

beforeEach(async () => {
  server = await PlayServer.make();
  folder = await mkdtemp(join(tmpdir(), "listseal-faults-"));
  path = process.env["PATH"];
});
afterEach(async () => {
  process.env["PATH"] = path;
  await server.discard();
  await rm(folder, { recursive: true });
});

/** Nobody answers there, at once. */
const nowhere = { host: "127.0.0.1", port: 9 };

async function doctor(more: Partial<Config> = {}, isRelaySet = true): Promise<readonly Diagnosis[]> {
  const { folder: data, place, sink } = server;
  const relay = { protocol: "smtp", host: "127.0.0.1", port: sink.port, tls: "none" } as const;
  const config = { ...defaultConfig, dns: { resolver: nowhere }, ...more };
  return examine({ folder: data, place, config }, isRelaySet ? relay : undefined);
}

/** The fault is among the findings, and says what to do. */
function named(findings: readonly Diagnosis[], fault: Fault): Diagnosis {
  const found = findings.find((finding) => finding.fault === fault);
  expect(findings.map((finding) => finding.fault)).toContain(fault);
  expect(found?.mend).toMatch(/\w/);
  seen.add(fault);
  if (found === undefined) throw new Error("not there");
  return found;
}

const absent = (findings: readonly Diagnosis[], ...those: readonly Fault[]) =>
  expect(findings.flatMap(({ fault = "" }) => (those.some((each) => each === fault) ? [fault] : []))).toEqual(
    [],
  );

/** A program of the system that says what the test wants. */
async function program(name: string, script: string): Promise<void> {
  const programs = join(folder, "programs");
  await mkdir(programs, { recursive: true });
  await writeFile(join(programs, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  process.env["PATH"] = `${programs}:${path}`;
}

/** Statements on the server's database, as nothing but a fault or time would bring about. */
function alter(...statements: readonly string[]): void {
  const database = new Database(server.folder.database);
  for (const statement of statements) database.exec(statement);
  database.close();
}

/** A list with three members, a copy for each of them in the queue. */
async function withQueue(): Promise<PlayList> {
  const list = await server.createList(LIST);
  const people = await Promise.all(["Alice", "Bob", "Carol"].map((name) => person(name)));
  for (const who of people) await server.join(list, who);
  // an attempt is made, and no other before the end
  await server.start("smtp", "smtp", { retryPauses: [3_600_000] });
  server.sink.mood = () => ({ code: 451, text: "4.3.0 later", at: "rcpt" });
  const [alice] = people;
  if (alice !== undefined) expect(await server.post(list, alice)).toMatchObject({ code: 250 });
  await server.stop();
  server.sink.mood = () => undefined;
  return list;
}

test("a folder that holds no server", async () => {
  const place = { kind: "sqlite", file: join(folder, "listseal.db") } as const;
  const found = await examine({ folder: dataFolder(folder), place, config: defaultConfig }, undefined);
  expect(diagnosisLines(named(found, "no-server"))).toEqual([
    `WRONG ${folder} holds no list server yet`,
    "      no-server: listseal-server init, or listseal-server quickstart",
  ]);
});

test("the process: not running, or killed by systemd's filter", async () => {
  await program("systemctl", "echo Result=signal; echo ExecMainStatus=9");
  const found = await doctor();
  expect(named(found, "not-running").mend).toBe("systemctl start listseal-server");
  absent(found, "killed-by-filter");
  await program("systemctl", "echo Result=signal; echo ExecMainStatus=31");
  const killed = await doctor();
  named(killed, "killed-by-filter");
  absent(killed, "not-running");
  const release = takeServeLock(server.folder.lock);
  absent(await doctor(), "not-running", "killed-by-filter");
  release();
});

test("the database: damaged, held by another program, newer, away", async () => {
  const held = new Database(server.folder.database);
  held.exec("BEGIN EXCLUSIVE");
  expect(named(await doctor(), "database-in-use").mend).toBe(`fuser -v ${server.folder.database}`);
  held.close();
  alter("PRAGMA user_version = 9999");
  expect(named(await doctor(), "database-unusable").text).toContain("newer version");
  await writeFile(server.folder.database, "no database, or not any more".repeat(100));
  named(await doctor(), "database-damaged");
  const away = { kind: "postgres", url: "postgres://nobody@127.0.0.1:9/none" } as const;
  named(
    await examine({ folder: server.folder, place: away, config: defaultConfig }, undefined),
    "database-down",
  );
}, 60_000);

test("the disk, and files that others can read", async () => {
  // nothing can be written there at all
  named([await examineDisk({ ...server.folder, path: "/proc" })], "disk-low");
  await server.createList(LIST);
  absent(await doctor(), "open-to-others");
  await chmod(server.folder.keys, 0o755);
  expect(named(await doctor(), "open-to-others").mend).toContain(`chmod go= ${server.folder.keys}`);
});

test("backups: none, an old one, a new one", async () => {
  named(await doctor(), "no-backup");
  await backUp(server.folder, join(folder, "old.db"), new Date(Date.now() - 8 * 86_400_000));
  expect(named(await doctor(), "no-backup").text).toContain("the last backup is from");
  await backUp(server.folder, join(folder, "new.db"), new Date());
  absent(await doctor(), "no-backup");
});

test("keys and clock", async () => {
  const { list } = await server.createList(LIST);
  const alice = await person("Alice");
  await rm(join(server.folder.keys, list.serverKeyFile));
  expect(named(await doctor(), "server-key-unusable").mend).toBe(
    `put ${join(server.folder.keys, list.serverKeyFile)} back from your copy of the keys`,
  );
  await program("timedatectl", "echo no");
  named(await doctor(), "clock-not-set");
  await program("timedatectl", "echo yes");
  absent(await doctor(), "clock-not-set", "clock-behind");
  await server.join({ ...(await server.createList("other@lists.test")), address: LIST }, alice);
  alter(`UPDATE members SET added = ${Date.now() + 3_600_000}`);
  named(await doctor(), "clock-behind");
});

test("lists: without a key, without an owner, paused, gone", async () => {
  const options = { name: "Team", mode: "key", delivery: "resealed", profile: "compatible" } as const;
  await server.office((office) => createList(office, { address: LIST, ...options }));
  const found = await doctor();
  named(found, "no-list-key");
  named(found, "no-owner");
  await server.office(({ store }) => new Heads(server.folder.heads).pauseAll(store));
  named(await doctor(), "list-paused");
  const known = JSON.parse(await readFile(server.folder.heads, "utf8"));
  known.lists["gone@lists.test"] = { number: 0, hash: "0".repeat(64), owners: [] };
  await writeFile(server.folder.heads, JSON.stringify(known));
  named(await doctor(), "list-missing");
});

test("members who get nothing, and mail that could not be read", async () => {
  await withQueue();
  absent(await doctor(), "members-suspended", "members-without-key", "mail-not-read");
  alter(
    "INSERT INTO suspensions (member_id, since, reason) SELECT min(id), 1, 'bounces' FROM members",
    "INSERT INTO unusable_keys (member_id, since, code) SELECT max(id), 1, 'key-expired' FROM members",
  );
  await writeFile(server.folder.notAgain, "{}");
  const found = await doctor();
  expect(named(found, "members-suspended").text).toBe(`${LIST}: 1 member suspended because of bounces`);
  named(found, "members-without-key");
  named(found, "mail-not-read");
});

test("the relay: not set, down, back after a long time, and one that refuses the list's own mail", async () => {
  await withQueue();
  named(await doctor({}, false), "relay-not-set");
  absent(await doctor(), "relay-back", "copies-late", "relay-down");
  alter(`UPDATE posts SET accepted = ${Date.now() - 2 * 3_600_000}`);
  expect(named(await doctor(), "relay-back").mend).toContain("queue flush --all");
  const behindPostfix = { lmtp: { listen: nowhere } };
  absent(await doctor(behindPostfix), "relay-refuses-list");
  server.sink.mood = (to) => (to === LIST ? { code: 550, text: "5.1.1 unknown", at: "rcpt" } : undefined);
  named(await doctor(behindPostfix), "relay-refuses-list");
  // it was asked, and nothing was sent
  expect(server.sink.for(LIST)).toEqual([]);
  await server.sink.close();
  const found = await doctor();
  named(found, "relay-down");
  named(found, "copies-late");
  await server.sink.reopen();
});

test("copies that were set aside, by reason", async () => {
  const { address } = await withQueue();
  const aside = async (reason: string, where = "") => {
    alter("UPDATE jobs SET aside = NULL", `UPDATE jobs SET aside = '${reason}' ${where}`);
    return doctor();
  };
  const one = "WHERE id = (SELECT min(id) FROM jobs)";
  expect(named(await aside("relay-550", one), "copies-refused").mend).toContain(
    `listseal-server queue drop --list ${address} --reason relay-550`,
  );
  expect(named(await aside("relay-554"), "copies-refused-all").mend).toContain("queue retry");
  named(await aside("too-many-attempts"), "copies-given-up");
  named(await aside("restored"), "copies-restored");
  named(await aside("on-hold"), "copies-on-hold");
  expect(named(await aside("damaged"), "post-unreadable").verdict).toBe("WRONG");
  alter("INSERT INTO unusable_keys (member_id, since, code) SELECT id, 1, 'key-expired' FROM members");
  const found = await aside("key-expired");
  named(found, "copies-without-key");
  absent(found, "post-unreadable");
});

test("DNS, Postfix and certificates", async () => {
  await server.createList(LIST);
  const openssl = (name: string, days: number) =>
    promisify(execFile)("openssl", [
      ...[
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-subj",
        "/CN=x",
      ],
      ...["-keyout", join(folder, `${name}.key`), "-out", join(folder, `${name}.crt`), "-days", `${days}`],
    ]);
  await Promise.all([openssl("short", 5), openssl("long", 80)]);
  await program("postconf", 'case "$2" in smtpd*) echo no;; *) echo mail.lists.test;; esac');
  const web = (name: string) => ({
    web: { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) },
  });
  const found = await doctor(web("short"));
  expect(named(found, "no-mx").mend).toMatch(/^lists\.test\. IN MX 10 mail\.lists\.test\. /);
  for (const fault of ["no-spf", "no-dmarc", "smuggling"] as const) named(found, fault);
  expect(named(found, "certificate-ends").text).toContain("for 4 more days");
  absent(await doctor(web("long")), "certificate-ends");
  expect(named(await doctor(web("none")), "certificate-ends").text).toContain("can't be read");
});

afterAll(() => {
  expect(faults.filter((fault) => !seen.has(fault))).toEqual([]);
});
