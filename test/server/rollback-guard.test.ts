/** The file of heads, written by several at a time: the server, and commands beside it. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { tryLock, whileLocked } from "../../src/server/base/file-lock.js";
import { openStore } from "../../src/server/store/open-store.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { PlayServer } from "./play-server.js";

let folder: string;
let play: PlayServer;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-heads-"));
  play = await PlayServer.make();
});

afterEach(async () => {
  await play.discard();
  await rm(folder, { recursive: true });
});

test("twenty write it at once: each does, and no pause is undone", async () => {
  const file = join(folder, "heads.json");
  const lists = await Promise.all(
    ["one", "two", "three"].map((name) => play.createList(`${name}@lists.test`)),
  );
  const store = await openStore(play.place);
  // each a process of its own, as far as the file is concerned
  const writers = Array.from({ length: 20 }, () => new Heads(file));
  await Promise.all(writers.map((heads, turn) => (turn === 7 ? heads.pauseAll(store) : heads.note(store))));
  await store.close();
  expect([...(await new Heads(file).paused())].sort()).toEqual(lists.map(({ address }) => address).sort());
  expect((await readdir(folder)).filter((name) => name.endsWith(".new"))).toEqual([]);
});

test("a lock is one holder's at a time, and is given back when the work fails", async () => {
  const file = join(folder, "a.lock");
  const release = tryLock(file);
  expect(release).toBeDefined();
  expect(tryLock(file)).toBeUndefined();
  release?.();
  await expect(whileLocked(file, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await whileLocked(file, async () => tryLock(file))).toBeUndefined();
});
