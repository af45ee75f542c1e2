import { keepUnlocked, lockAll, secretOf } from "../../src/extension/keys/unlocked.js";
import {
  forgetEverything,
  load,
  loadRaw,
  rememberPost,
  update,
} from "../../src/extension/records/storage.js";
import { local, resetHost, session } from "./fake-host.js";
import { stored, storedKey } from "./stored-fixture.js";

beforeEach(() => resetHost());
// the timer that locks would keep the process alive
afterEach(() => lockAll());

test("changes made at the same time both stay", async () => {
  const add = (name: string) =>
    update((before) => ({
      stored: { ...before, draftIdentities: { ...before.draftIdentities, [name]: "id1" } },
      result: name,
    }));
  expect(await Promise.all([add("a"), add("b"), add("c")])).toEqual(["a", "b", "c"]);
  expect(Object.keys((await load()).draftIdentities)).toEqual(["a", "b", "c"]);
});

test("a change that throws leaves what was there, and the next one runs", async () => {
  await update(() => ({ stored, result: null }));
  const failing = update(() => {
    throw new Error("no");
  });
  await expect(failing).rejects.toThrow("no");
  expect(await load()).toEqual(stored);
  await expect(update((before) => ({ stored: before, result: 1 }))).resolves.toBe(1);
});

test.each([
  ["damaged", "storage-damaged", { version: 2, lists: 7 }],
  ["of a newer version", "unsupported-version", { version: 99 }],
])(
  "a record that is %s is an error, is not overwritten, and can be saved as it is",
  async (_, code, record) => {
    await local.set({ listseal: record });
    await expect(load()).rejects.toMatchObject({ code });
    await expect(update((before) => ({ stored: before, result: 1 }))).rejects.toMatchObject({ code });
    expect(await loadRaw()).toEqual({ listseal: record });
  },
);

test("beginning anew takes everything away, and the next record can be written", async () => {
  await local.set({ listseal: { version: 99 }, guards: {}, seen: [] });
  await keepUnlocked(storedKey.fingerprint, "UNLOCKED");
  await forgetEverything();
  expect(await local.get(null)).toEqual({});
  expect(await session.get(null)).toEqual({});
  await update(() => ({ stored, result: null }));
  expect(await load()).toEqual(stored);
});

test.each([
  ["storage-full", new DOMException("The quota has been exceeded.", "QuotaExceededError")],
  ["storage-full", new Error("QuotaExceededError: storage.local API call exceeded its quota limitations.")],
  ["storage-failed", new Error("disk I/O error")],
])("a write that fails is %s, and what was there stays", async (code, failure) => {
  await update(() => ({ stored, result: null }));
  local.failNextSet(failure);
  const change = update((before) => ({ stored: { ...before, backedUpAt: "2026" }, result: null }));
  await expect(change).rejects.toMatchObject({ code });
  expect(await load()).toEqual(stored);
});

test("a locked key has no secret until it is unlocked, and none after locking", async () => {
  const locked = { ...storedKey, locked: true };
  expect(await secretOf(storedKey)).toBe(storedKey.secret);
  expect(await secretOf(locked)).toBeNull();
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  expect(await secretOf(locked)).toBe("UNLOCKED");
  expect(JSON.stringify(await local.get(null))).not.toContain("UNLOCKED");
  await lockAll();
  expect(await secretOf(locked)).toBeNull();
  expect(await session.get(null)).toEqual({});
});

describe("what was shown before", () => {
  const post = {
    ...{ list: "team@lists.example", author: "aa", messageId: "<1@x>", dataPacketDigest: "11" },
    cameThroughList: true,
  };

  test("the same post again is the same; the same words in another data packet are told", async () => {
    expect(await rememberPost(post)).toBe("first");
    expect(await rememberPost(post)).toBe("again");
    for (const cameThroughList of [true, false])
      expect(await rememberPost({ ...post, dataPacketDigest: "22", cameThroughList })).toBe("reused");
    expect(await rememberPost({ ...post, author: "bb", dataPacketDigest: "22" })).toBe("first");
  });

  test("nothing is remembered of what the list did not pass on; digests of the first version say nothing", async () => {
    await local.set({ seen: [["team@lists.example", "aa", "<2@x>", "00"]] });
    const second = { ...post, messageId: "<2@x>" };
    expect(await rememberPost({ ...second, dataPacketDigest: "22", cameThroughList: false })).toBe("first");
    expect(await rememberPost(second)).toBe("first");
    expect(await rememberPost(second)).toBe("again");
  });
});
