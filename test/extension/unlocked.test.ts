/** Unlocked keys lock by themselves, and everything that was opened with them is forgotten. */
import { jest } from "@jest/globals";
import { chooseLockAfter, DEFAULT_LOCK_AFTER, lockAfter } from "../../src/extension/keys/lock-after.js";
import {
  followLocking,
  keepUnlocked,
  lockAll,
  lockIfDue,
  noteUse,
  secretOf,
  whenLocked,
} from "../../src/extension/keys/unlocked.js";
import { local, resetHost, session, storageListeners } from "./fake-host.js";
import { storedKey } from "./stored-fixture.js";

const MINUTE = 60_000;
const locked = { ...storedKey, locked: true };
let forgotten = 0;
whenLocked(() => {
  forgotten += 1;
});

beforeEach(() => {
  resetHost();
  forgotten = 0;
  jest.useFakeTimers();
});
afterEach(() => jest.useRealTimers());

/** The clock moves while the event page sleeps: its timers are gone. */
const asleep = (minutes: number) => jest.setSystemTime(Date.now() + minutes * MINUTE);

test("an hour without use locks, if nothing else was chosen", async () => {
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(59);
  expect(await secretOf(locked)).toBe("UNLOCKED");
  asleep(1);
  expect(await secretOf(locked)).toBeNull();
  expect(await session.get(null)).toEqual({});
  expect(forgotten).toBe(1);
});

test("reading and writing begin the time anew; asking for a key does not", async () => {
  await chooseLockAfter("15");
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(10);
  await noteUse();
  asleep(10);
  expect(await secretOf(locked)).toBe("UNLOCKED");
  asleep(5);
  expect(await secretOf(locked)).toBeNull();
});

test("use that comes too late locks instead of beginning anew", async () => {
  await chooseLockAfter("5");
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(6);
  await noteUse();
  expect(await secretOf(locked)).toBeNull();
  expect(forgotten).toBe(1);
});

test("while the event page is awake a timer locks, without anybody asking", async () => {
  await chooseLockAfter("5");
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  await jest.advanceTimersByTimeAsync(5 * MINUTE);
  expect(await session.get(null)).toEqual({});
  expect(forgotten).toBe(1);
});

test("'only when Thunderbird closes' never locks by itself", async () => {
  await chooseLockAfter("exit");
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(60 * 24 * 30);
  expect(await secretOf(locked)).toBe("UNLOCKED");
});

test("a shorter time counts at once, and a clock that was set back locks", async () => {
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(10);
  await chooseLockAfter("5");
  await lockIfDue();
  expect(await session.get(null)).toEqual({});
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  asleep(-1);
  expect(await secretOf(locked)).toBeNull();
});

test("what is unlocked is never on disk, and locking by hand forgets it", async () => {
  await keepUnlocked(locked.fingerprint, "UNLOCKED");
  expect(JSON.stringify(await local.get(null))).not.toContain("UNLOCKED");
  await lockAll();
  expect(await secretOf(locked)).toBeNull();
  expect(forgotten).toBe(1);
});

test("a key without a passphrase has nothing to lock", async () => {
  expect(await secretOf(storedKey)).toBe(storedKey.secret);
});

test("when another page locks, this one forgets what it has opened, and nothing else makes it forget", () => {
  followLocking();
  const tell = (key: string, change: object, area: string) => {
    for (const listener of storageListeners) listener({ [key]: change }, area);
  };
  tell("unlocked", { newValue: { keys: [], usedAt: 1 } }, "session");
  tell("unlocked", {}, "local");
  tell("offered", {}, "session");
  expect(forgotten).toBe(0);
  tell("unlocked", {}, "session");
  expect(forgotten).toBe(1);
});

test("a choice that can't be read counts as the default", async () => {
  await local.set({ lockAfter: "0" });
  expect(await lockAfter()).toBe(DEFAULT_LOCK_AFTER);
});
