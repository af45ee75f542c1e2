/** Backup while running, and a restored old backup that brings nobody and nothing back. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { armorSealingKey, generateKey, readSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import { openStore } from "../../src/server/store/open-store.js";
import { ListSealCommand } from "./command.js";
import { submit } from "./dialogue.js";
import { nextSecond } from "./next-second.js";
import { type Person, type PlayList, person, seal } from "./play-server.js";
import { signedFile } from "./request-file.js";
import { Sink } from "./sink.js";

let command: ListSealCommand;
let folder: string;
let data: string;
let sink: Sink;
let alice: Person;
let bob: Person;
let list: PlayList;
const address = "team@lists.test";

beforeAll(async () => {
  command = await ListSealCommand.build();
});

afterAll(() => command.discard());

const good = (...words: string[]) => command.good("--data", data, ...words);
const serve = (...more: string[]) =>
  command.serve([
    ...["--data", data, "serve", "--smtp", "127.0.0.1:0", "--relay", `smtp://127.0.0.1:${sink.port}`],
    ...more,
  ]);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-restore-"));
  data = join(folder, "data");
  sink = await Sink.open();
  [alice, bob] = [await person("Alice"), await person("Bob")];
  const key = await generateKey("list", { address, profile: "compatible" });
  const keyFile = async (name: string, armored: string) => {
    await writeFile(join(folder, name), armored);
    return join(folder, name);
  };
  const listKey = await keyFile("list.asc", armorSealingKey(sealingHalf(key)));
  await good("init");
  await good("list", "create", address, "--name", "Team", "--list-key", listKey);
  for (const who of [alice, bob]) {
    const file = await keyFile(`${who.name}.asc`, armorSealingKey(sealingHalf(who.key)));
    await good("member", "add", address, who.address, "--key", file, "--name", who.name);
  }
  await good("member", "role", address, alice.address, "owner");
  const store = await openStore({ kind: "sqlite", file: join(data, "listseal.db") });
  const row = await store.listByAddress(address);
  await store.close();
  if (row === undefined) throw new Error("no list");
  list = { list: row, address, key, server: await readSealingKey("server", row.serverCertificate) };
});

afterEach(async () => {
  await command.endAll();
  await sink.close();
  await rm(folder, { recursive: true });
});

/** What an owner signs. */
async function resumeFile(
  by: Person,
  entry: { number: number; hash: string },
  date = new Date(),
): Promise<string> {
  const file = join(folder, `resume-${randomUUID()}.asc`);
  await writeFile(file, await signedFile(list, { do: "resume-server", head: entry }, by.key, date));
  return file;
}

async function newestEntry(): Promise<{ number: number; hash: string }> {
  const [, number, hash = ""] =
    /^record {7}entry (\d+) ([0-9a-f]{64})$/m.exec(await good("list", "show")) ?? [];
  return { number: Number(number), hash };
}

test("an old backup delivers nothing, to nobody, until an owner signs for its newest entry; then nothing older", async () => {
  const first = await serve();
  const port = () => first.ports["smtp"] ?? 0;
  const captured = await seal(list, alice, { text: "Before" });
  const backup = join(folder, "backup.db");
  // while it serves
  await good("backup", backup);
  expect((await stat(backup)).mode & 0o777).toBe(0o600);
  expect(
    await submit(port(), { sender: alice.address, recipient: address, raw: captured.raw }),
  ).toMatchObject({ code: 250 });
  await sink.until(() => sink.caught.length === 2);
  await good("member", "remove", address, bob.address);
  const known = await newestEntry();
  expect(await command.run(["--data", data, "restore", backup])).toMatchObject({ code: 1 });
  await command.endAll();

  await good("restore", backup);
  const { ports } = await serve();
  const say = (raw: Uint8Array) =>
    submit(ports["smtp"] ?? 0, { sender: alice.address, recipient: address, raw });
  expect(await good("list", "show")).toContain("paused");
  expect(await say((await seal(list, alice)).raw)).toMatchObject({ code: 451 });
  expect(await say(captured.raw)).toMatchObject({ code: 451 });

  // somebody else's word, the entry that the backup lacks, and a word that isn't signed resume nothing
  for (const file of [
    await resumeFile(bob, await newestEntry()),
    await resumeFile(alice, known),
    join(folder, "Alice.asc"),
  ]) {
    expect(await command.run(["--data", data, "list", "resume", address, file])).toMatchObject({ code: 1 });
  }
  expect(await say((await seal(list, alice)).raw)).toMatchObject({ code: 451 });

  // the operator removes again who was removed since, and the owner signs for that
  await good("member", "remove", address, bob.address);
  await good("list", "resume", address, await resumeFile(alice, await newestEntry()));
  expect(await say(captured.raw)).toMatchObject({ code: 550 });
  expect(await say((await seal(list, alice, { date: new Date(Date.now() + 1000) })).raw)).toMatchObject({
    code: 250,
  });
  await sink.until(() => sink.for(alice.address).some(({ sender }) => sender !== ""));
  expect(sink.for(bob.address)).toHaveLength(1);
});

/** Bob is removed, and then the database of the day before is back. */
async function copiedBack(): Promise<void> {
  const backup = join(folder, "backup.db");
  await good("backup", backup);
  await good("member", "remove", address, bob.address);
  for (const suffix of ["-wal", "-shm"]) await rm(join(data, `listseal.db${suffix}`), { force: true });
  await copyFile(backup, join(data, "listseal.db"));
}

test("an old database that was copied back by hand undoes a removal where nothing is known outside it", async () => {
  await copiedBack();
  // what a server has that keeps everything in its database
  await rm(join(data, "heads.json"));
  const { ports } = await serve();
  const { raw } = await seal(list, alice);
  expect(await submit(ports["smtp"] ?? 0, { sender: alice.address, recipient: address, raw })).toMatchObject({
    code: 250,
  });
  await sink.until((each) => each.for(bob.address).length === 1);
});

test("an old database that was copied back by hand is noticed: the newest entry is known outside it", async () => {
  await copiedBack();
  const { ports, log } = await serve();
  const { raw } = await seal(list, alice);
  expect(await submit(ports["smtp"] ?? 0, { sender: alice.address, recipient: address, raw })).toMatchObject({
    code: 451,
  });
  expect(log()).toContain("list-paused");
});

test("serve --restored pauses a list whose record is no older; what waited in the queue is set aside", async () => {
  await sink.close();
  const { ports } = await serve();
  const { raw } = await seal(list, alice);
  await submit(ports["smtp"] ?? 0, { sender: alice.address, recipient: address, raw });
  await command.endAll();
  await sink.reopen();

  await serve("--restored");
  expect(await good("queue", "show")).toContain("waiting 0, aside 2");
  expect(await command.run(["--data", data, "queue", "retry", "--all"])).toMatchObject({ code: 1 });
  await good("list", "resume", address, await resumeFile(alice, await newestEntry()));
  expect(sink.caught).toEqual([]);
  expect(await good("queue", "retry", "--all")).toContain("2 will be tried again");
  await sink.until(() => sink.caught.length === 2);
});

test("a resume for one restore is none for the next", async () => {
  const backup = join(folder, "backup.db");
  await good("backup", backup);
  await good("restore", backup);
  const used = await resumeFile(alice, await newestEntry());
  await good("list", "resume", address, used);
  // dates in signatures are whole seconds
  await nextSecond();
  await good("restore", backup);
  const again = await command.run(["--data", data, "list", "resume", address, used]);
  expect(again).toMatchObject({ code: 1 });
  expect(again.err).toContain("before the list was paused");
});

test("a backup does not overwrite, and a broken one is not restored", async () => {
  const backup = join(folder, "backup.db");
  await good("backup", backup);
  expect(await command.run(["--data", data, "backup", backup])).toMatchObject({ code: 1 });
  await writeFile(join(folder, "broken.db"), "no database");
  expect(await command.run(["--data", data, "restore", join(folder, "broken.db")])).toMatchObject({
    code: 1,
  });
  expect(existsSync(join(data, "listseal.db"))).toBe(true);
  expect(await good("member", "show", address)).toContain(bob.address);
});
