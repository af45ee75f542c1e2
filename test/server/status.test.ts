/** `status`: one screen, with the numbers that are so. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { retireList, setRole } from "../../src/server/admin/administration.js";
import { backUp } from "../../src/server/admin/backup.js";
import { defaultConfig } from "../../src/server/admin/config.js";
import { examine } from "../../src/server/admin/doctor.js";
import { readStatus, statusLines } from "../../src/server/admin/status.js";
import { ListSealCommand } from "./command.js";
import { PlayServer, person } from "./play-server.js";

let server: PlayServer;
let folder: string;
let command: ListSealCommand;

beforeAll(async () => {
  command = await ListSealCommand.build();
});
afterAll(() => command.discard());
beforeEach(async () => {
  server = await PlayServer.make();
  folder = await mkdtemp(join(tmpdir(), "listseal-status-"));
});
afterEach(async () => {
  await server.discard();
  await rm(folder, { recursive: true });
});

const status = () => {
  const { folder: data, place, sink } = server;
  return readStatus(
    { folder: data, place, config: defaultConfig },
    { protocol: "smtp", host: "127.0.0.1", port: sink.port, tls: "none" },
  );
};

test("lists, queue, relay, disk, backup and alarms stand on one screen", async () => {
  const list = await server.createList("team@lists.test");
  const [alice, bob] = [await person("Alice"), await person("Bob")];
  for (const who of [alice, bob]) await server.join(list, who);
  await server.office((office) => setRole(office, list.address, alice.address, "owner"));
  const old = await server.createList("a-list-with-a-long-name@lists.test");
  await server.office((office) => retireList(office, old.address));
  // what is not taken at the first attempt waits, and is not given up meanwhile
  await server.start("smtp", "smtp", { retryPauses: [3_600_000] });
  server.sink.mood = (to) => ({ code: 451, text: to, at: "rcpt" });
  await server.post(list, alice);
  const file = join(folder, "backup.db");
  await backUp(server.folder, file, new Date());
  const found = await status();
  expect(found).toMatchObject({
    lists: [
      { address: old.address, members: 0, state: "retired" },
      {
        address: list.address,
        members: 2,
        owners: 1,
        suspended: 0,
        keyless: 0,
        keyDays: 0,
        state: "accepts posts",
      },
    ],
    queue: { waiting: 2, aside: 0 },
    relay: `smtp://127.0.0.1:${server.sink.port} answers`,
    alarms: [],
  });
  const lines = statusLines(found);
  expect(lines.slice(0, 3)).toEqual([
    "list                                members  owners  suspended  no key  key age  state",
    "a-list-with-a-long-name@lists.test        0       0          0       0      0 d  retired",
    "team@lists.test                           2       1          0       0      0 d  accepts posts",
  ]);
  expect(lines).toContainEqual(
    expect.stringMatching(/^queue {9}2 waiting, the oldest post since 2.*Z; 0 set aside$/),
  );
  expect(lines).toContainEqual(expect.stringContaining(file));
  expect(lines.at(-1)).toBe("nothing needs you");
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(120);
});

test("what is wrong is said in doctor's words", async () => {
  await server.createList("team@lists.test");
  await server.sink.close();
  const found = await status();
  expect(found.relay).toContain("does not answer");
  expect(found.alarms.map(({ fault }) => fault)).toEqual([
    "not-running",
    "no-backup",
    "no-owner",
    "relay-down",
  ]);
  const { folder: data, place } = server;
  const doctor = await examine(
    { folder: data, place, config: { ...defaultConfig, dns: { resolver: { host: "127.0.0.1", port: 9 } } } },
    undefined,
  );
  for (const alarm of found.alarms.filter(({ fault }) => fault === "no-owner"))
    expect(doctor).toContainEqual(alarm);
  await server.sink.reopen();
});

test("--watch shows it again and again, until it is interrupted", async () => {
  await writeFile(join(server.folder.path, "listseal.toml"), "");
  const words = ["--data", server.folder.path, "status", "--watch"];
  expect((await command.run([...words, "0"])).err).toBe(
    "listseal-server: --watch needs a number of seconds, from 1\n",
  );
  const child = spawn(process.execPath, [command.path, ...words, "1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    if (said.split("as of").length > 2) break;
  }
  const ended = once(child, "exit");
  child.kill("SIGINT");
  expect(await ended).toEqual([null, "SIGINT"]);
});
