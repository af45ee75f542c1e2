/** What an older database does not undo: retired lists, replaced server keys, posts that were taken. */
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { FUTURE_ALLOWED_MS } from "../../src/openpgp/policy.js";
import { retireList } from "../../src/server/admin/administration.js";
import { checkKeys, putBack } from "../../src/server/admin/after-restore.js";
import { backUp } from "../../src/server/admin/backup.js";
import { deleteAllServerKeys } from "../../src/server/admin/new-server-key.js";
import { openLog } from "../../src/server/base/log.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { makeServerKey } from "../../src/server/store/server-keys.js";
import type { List, Store } from "../../src/server/store/store.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let list: PlayList;
let alice: Person;
let folder: string;
const logged: string[] = [];
const log = openLog({ write: (line) => logged.push(line) });

beforeEach(async () => {
  logged.length = 0;
  folder = await mkdtemp(join(tmpdir(), "listseal-"));
  server = await PlayServer.make();
  alice = await person("Alice");
  list = await server.createList("team@lists.test");
  await server.join(list, alice);
});
afterEach(async () => {
  await server.discard();
  await rm(folder, { recursive: true });
});

const backup = () => join(folder, "backup.db");

/** The server stopped, and the file of before lies in the place of the database. */
async function copiedBack(): Promise<void> {
  const { database } = server.folder;
  for (const suffix of ["-wal", "-shm"]) await rm(database + suffix, { force: true });
  await copyFile(backup(), database);
}

async function atStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(server.place);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** A machine's file of heads that knows an entry which the database does not have. */
async function ahead(file: string, number: number): Promise<void> {
  const [known] = await atStore((store) => store.listStates(list.list.id));
  if (known === undefined) throw new Error("no list");
  const { owners, posts, serverKey } = known;
  const entry = { number, hash: "ab".repeat(32), owners, posts, serverKey, noted: Date.now() };
  await writeFile(file, JSON.stringify({ lists: { [list.address]: entry } }));
}

const note = () => atStore((store) => new Heads(server.folder.heads).note(store));

/** As each start does. */
const start = () =>
  atStore(async (store) => {
    const heads = new Heads(server.folder.heads);
    await heads.note(store);
    await putBack({ store, heads, folder: server.folder, log });
    return {
      list: await store.listById(list.list.id),
      settings: await store.listSettings(list.list.id),
      isPaused: (await heads.paused()).has(list.address),
    };
  });

const say = (to: string, raw: Uint8Array) =>
  submit(server.port, { sender: alice.address, recipient: to, raw });

test("posts that were taken since: the roster is the same, and the list waits for its owner all the same", async () => {
  await server.start();
  await server.post(list, alice);
  await server.untilQuiet();
  await server.stop();
  await backUp(server.folder, backup(), new Date());
  await server.start();
  const { raw } = await seal(list, alice);
  expect(await say(list.address, raw)).toMatchObject({ code: 250 });
  await server.untilQuiet();
  await server.stop();
  await copiedBack();
  await server.start();
  // a database that was put back has forgotten it, and would pass it on again
  expect(await say(list.address, raw)).toMatchObject({ code: 451 });
  expect(server.logged.join("")).toContain("list-paused");
});

test("without a count of posts outside the database, the captured post goes out again", async () => {
  await server.start();
  await server.stop();
  await backUp(server.folder, backup(), new Date());
  await server.start();
  const { raw } = await seal(list, alice);
  await say(list.address, raw);
  await server.untilQuiet();
  await server.stop();
  await rm(server.folder.heads);
  await copiedBack();
  await server.start();
  expect(await say(list.address, raw)).toMatchObject({ code: 250 });
  await server.untilQuiet();
  expect(server.sink.for(alice.address)).toHaveLength(2);
});

test("a list that was retired since: the server starts, the list stays closed, and the others go on", async () => {
  const other = await server.createList("other@lists.test");
  await server.join(other, alice);
  await note();
  await backUp(server.folder, backup(), new Date());
  await atStore(async (store) => {
    await new Heads(server.folder.heads).retire(store, list.list);
    await retireList({ store, folder: server.folder, now: Date.now }, list.address);
    await deleteAllServerKeys({ store, folder: server.folder }, list.list);
  });
  await copiedBack();
  await server.start();
  const { raw } = await seal(list, alice);
  expect(await say(list.address, raw)).toMatchObject({ code: 550 });
  expect(await server.post(other, alice)).toMatchObject({ code: 250 });
  expect(server.logged.join("")).toContain("list-retired-again");
});

test("one list's key file is gone: its mail waits with its senders, the others' goes on; all gone is no start", async () => {
  const other = await server.createList("other@lists.test");
  await server.join(other, alice);
  await rm(join(server.folder.keys, list.list.serverKeyFile));
  await server.start();
  expect(await server.post(list, alice)).toMatchObject({ code: 451 });
  expect(await server.post(other, alice)).toMatchObject({ code: 250 });
  await server.stop();
  for (const file of await readdir(server.folder.keys)) await rm(join(server.folder.keys, file));
  await expect(server.start()).rejects.toThrow(/key file/);
});

test("a list that is younger than the backup: its mail waits with its senders", async () => {
  await backUp(server.folder, backup(), new Date());
  const young = await server.createList("young@lists.test");
  await server.join(young, alice);
  await note();
  await copiedBack();
  await server.start();
  const { raw } = await seal(young, alice);
  for (const to of [young.address, "young-request@lists.test", "young-bounces+x@lists.test"])
    expect(await say(to, raw)).toMatchObject({ code: 451 });
  expect(await say("nobody@lists.test", raw)).toMatchObject({ code: 550 });
});

test("a server key that was replaced since, because it was suspect, does not come back", async () => {
  await note();
  await backUp(server.folder, backup(), new Date());
  const suspect = list.list.serverFingerprint;
  const key = await makeServerKey(server.folder, list.address, "compatible");
  await atStore(async (store) => {
    await store.putServerKeyBack(list.list.id, key);
    // as an owner's consent does, the record says so
    const at = new Date().toISOString();
    const change = { do: "role", address: alice.address, role: "owner", by: "operator", at } as const;
    await store.setMemberRole(list.list.id, alice.address, "owner", change);
  });
  await note();
  await copiedBack();
  const fingerprintIn = (found: List | undefined) => found?.serverFingerprint;
  expect(fingerprintIn(await atStore((store) => store.listById(list.list.id)))).toBe(suspect);
  const { list: found, isPaused } = await start();
  expect(fingerprintIn(found)).toBe(key.fingerprint);
  expect(isPaused).toBe(true);
});

onEachStore(() => {
  test("a machine that was off while the database was put back starts after the owner's word: the list goes on", async () => {
    const [there, later] = [new Heads(join(folder, "there.json")), new Heads(join(folder, "later.json"))];
    const counted = await atStore(async (store) => {
      await there.note(store);
      const { head } = (await store.listStates(list.list.id))[0] ?? {};
      if (head === undefined) throw new Error("no list");
      // what this machine knows and the database lacks: an entry that the backup is older than
      const known = (file: string) => ahead(file, head.number + 1);
      await known(join(folder, "there.json"));
      await known(join(folder, "later.json"));
      // nobody has said anything yet
      expect(await later.note(store)).toEqual([list.address]);
      await known(join(folder, "later.json"));
      // an owner's word that may be from before what this machine knows
      await store.refuseBefore(list.list.id, Date.now());
      expect(await later.note(store)).toEqual([list.address]);
      // and one that is later beyond doubt
      await store.refuseBefore(list.list.id, Date.now() + FUTURE_ALLOWED_MS + 60_000);
      const paused = await there.note(store);
      return { paused, of: head.number };
    });
    expect(counted.paused).toEqual([]);
    expect(await there.pausedSince(list.address)).toBeUndefined();
    // what it knows from now on is what the database has
    expect(JSON.parse(await readFile(join(folder, "there.json"), "utf8"))).toMatchObject({
      lists: { [list.address]: { number: counted.of } },
    });
  });

  test("an owner's word that came to one machine counts for the others on the same database", async () => {
    const there = new Heads(join(folder, "heads.json"));
    await note();
    await atStore(async (store) => {
      for (const heads of [new Heads(server.folder.heads), there]) await heads.pauseAll(store);
      const parts = { store, heads: there, folder: server.folder, log };
      await putBack(parts);
      expect(await there.pausedSince(list.address)).toBeDefined();
      // an answer to an earlier restore is none to this
      await store.refuseBefore(list.list.id, Date.now() - 60_000);
      await putBack(parts);
      expect(await there.pausedSince(list.address)).toBeDefined();
      await store.refuseBefore(list.list.id, Date.now());
      await putBack(parts);
      expect(await there.pausedSince(list.address)).toBeUndefined();
      await checkKeys({ ...parts, lists: new ListsInUse(store, server.folder) });
    });
  });
});
