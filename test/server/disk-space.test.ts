/** A disk that fills up: mail waits with its senders while there is room for what waits here, and a reserve is given away. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { dataFolder } from "../../src/server/base/data-folder.js";
import { freeSpace, keepReserve } from "../../src/server/base/disk-space.js";
import { LITTLE_ROOM_BYTES, RESERVE_BYTES } from "../../src/server/base/limits.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";

let server: PlayServer;
let list: PlayList;
let alice: Person;

beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  alice = await person("Alice");
  await server.join(list, alice);
});
afterEach(() => server.discard());

test("little room: 451 before the last block is used, what waits goes out, and with room again the post is taken", async () => {
  let free = 1024 ** 3;
  await server.start("smtp", "smtp", { freeSpace: async () => free });
  await server.sink.close();
  expect(await server.post(list, alice)).toMatchObject({ code: 250 });
  free = LITTLE_ROOM_BYTES;
  expect(await server.post(list, alice)).toMatchObject({ code: 451 });
  expect(server.logged.join("")).toContain('"disk-full"');
  await server.sink.reopen();
  await server.untilQuiet();
  expect(server.sink.for(alice.address)).toHaveLength(1);
  free = 1024 ** 3;
  expect(await server.post(list, alice)).toMatchObject({ code: 250 });
});

test("it starts on a full disk, by giving the reserve away", async () => {
  const reserve = join(server.folder.path, "reserve");
  await server.start("smtp", "smtp", { freeSpace: async () => 1024 ** 3 });
  expect((await stat(reserve)).size).toBe(RESERVE_BYTES);
  await server.stop();
  await server.start("smtp", "smtp", { freeSpace: async () => 0 });
  expect(existsSync(reserve)).toBe(false);
});

test("the reserve is real room, is given away once, and is laid up again when there is room for it", async () => {
  const folder = dataFolder(await mkdtemp(join(tmpdir(), "listseal-")));
  const plenty = LITTLE_ROOM_BYTES + 2 * RESERVE_BYTES;
  expect(await freeSpace(folder)).toBeGreaterThan(0);
  expect(await keepReserve(folder, plenty)).toBe("laid-up");
  expect((await stat(join(folder.path, "reserve"))).blocks * 512).toBeGreaterThanOrEqual(RESERVE_BYTES);
  expect(await keepReserve(folder, plenty)).toBe("kept");
  expect(await keepReserve(folder, LITTLE_ROOM_BYTES - 1)).toBe("given-away");
  expect(await keepReserve(folder, LITTLE_ROOM_BYTES - 1)).toBe("kept");
  expect(await keepReserve(folder, plenty - 1)).toBe("kept");
  expect(await keepReserve(folder, plenty)).toBe("laid-up");
  await rm(folder.path, { recursive: true });
});
