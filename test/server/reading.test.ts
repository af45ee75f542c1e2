/** The thread that reads what anybody may send: its end costs one mail, and nobody waits for it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { DAY_MS, MAX_NOT_AGAIN } from "../../src/server/base/limits.js";
import { largeBuffers } from "../../src/server/parse/large-buffers.js";
import { ThreadReader } from "../../src/server/parse/reader.js";
import { ReadingThread } from "../../src/server/parse/thread.js";
import { turnsDuring } from "./event-loop-turns.js";
import { readHere } from "./read-here.js";

let folder: string;
let now: number;
const running: ReadingThread[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "listseal-"));
  now = Date.now();
});

afterEach(async () => {
  for (const each of running.splice(0)) await each.close();
  await rm(folder, { recursive: true });
});

function keep(thread: ReadingThread): ReadingThread {
  running.push(thread);
  return thread;
}

/**
 * A parser as bad as any: a mail that says HANG keeps it busy for ever, GROW fills its memory, FALL throws where nobody
 * catches. The thread around it is real.
 */
const BAD_PARSER = `
  const { parentPort } = require("node:worker_threads");
  const { createHash } = require("node:crypto");
  parentPort.on("message", ({ given: { raw }, ended }) => {
    const digest = createHash("sha256").update(raw).digest("hex");
    if (ended.includes(digest)) return parentPort.postMessage({ before: true });
    parentPort.postMessage({ digest });
    const text = Buffer.from(raw).toString();
    if (text.includes("HANG")) for (;;);
    const grown = [];
    if (text.includes("GROW")) for (;;) grown.push({ text: String(grown.length) });
    if (text.includes("FALL")) throw new Error("fell");
    parentPort.postMessage({ made: { kind: "other" } });
  });`;

const badParser = (deadline = 60_000): ReadingThread =>
  keep(
    new ReadingThread({
      deadline,
      start: () => new Worker(BAD_PARSER, { eval: true, resourceLimits: { maxOldGenerationSizeMb: 32 } }),
    }),
  );

const open = (thread = badParser()) =>
  ThreadReader.open(join(folder, "not-again.json"), () => now, { thread, release: () => undefined });

const mail = (text: string) => ({ raw: Buffer.from(`Subject: x\r\n\r\n${text}\r\n`) });

describe.each([
  ["never comes to an end", "HANG", "deadline"],
  ["fills all memory", "GROW", "memory"],
  ["ends the program that reads it", "FALL", "crash"],
])("a mail that %s", (_name, word, reason) => {
  test("is given up, what waits behind it is read, and it is not looked at again", async () => {
    const reader = await open(badParser(reason === "deadline" ? 500 : undefined));
    const bad = reader.do("report", mail(word));
    const good = reader.do("report", mail("good"));
    await expect(bad).rejects.toMatchObject({ name: "ReadingEnded", reason });
    await expect(good).resolves.toEqual({ kind: "other" });
    await expect(reader.do("report", mail(word))).rejects.toMatchObject({ reason: "before" });
    await expect(reader.do("report", mail(`another ${word}`))).rejects.toMatchObject({ reason });
  });
});

test("for five days, also after a restart; then it is tried again", async () => {
  await expect((await open()).do("report", mail("FALL"))).rejects.toMatchObject({ reason: "crash" });
  now += 5 * DAY_MS - 1000;
  await expect((await open()).do("report", mail("FALL"))).rejects.toMatchObject({ reason: "before" });
  now += 1000;
  await expect((await open()).do("report", mail("FALL"))).rejects.toMatchObject({ reason: "crash" });
});

test("no more of them are remembered than there is room for, and a memory that is damaged is an empty one", async () => {
  const { readFile, writeFile } = await import("node:fs/promises");
  const file = join(folder, "not-again.json");
  const many = Object.fromEntries(Array.from({ length: MAX_NOT_AGAIN + 50 }, (_, i) => [`digest ${i}`, now]));
  await writeFile(file, JSON.stringify(many));
  await expect((await open()).do("report", mail("FALL"))).rejects.toMatchObject({ reason: "crash" });
  const kept: object = JSON.parse(await readFile(file, "utf8"));
  expect(Object.keys(kept)).toHaveLength(MAX_NOT_AGAIN);
  for (const damaged of ["", "[1]", '{"a":"b"}', "null"]) {
    await writeFile(file, damaged);
    await expect((await open()).do("report", mail("good"))).resolves.toEqual({ kind: "other" });
  }
});

describe("a mail that takes long to read", () => {
  // one line of base64 that is none at its end: looked at twice
  const long = () => {
    const lines = `${"A".repeat(76)}\r\n`.repeat(100_000);
    return Buffer.from(
      `From: a@b.test\r\nContent-Type: x/y\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}!`,
    );
  };

  test("read in the server's own thread, nobody is answered meanwhile", async () => {
    expect(await turnsDuring(readHere.do("read", { raw: long() }))).toBeLessThan(50);
  });

  test("others are answered while it is read", async () => {
    const thread = keep(new ReadingThread());
    // warm
    await thread.do("report", mail("x"), []);
    expect(await turnsDuring(thread.do("read", { raw: long() }, []))).toBeGreaterThan(1000);
  });

  test("it is handed over and comes back: there is one copy of it", async () => {
    const thread = keep(new ReadingThread());
    const raw = long();
    const { length } = raw;
    const reading = thread.do("read", { raw }, []);
    const { raw: back } = await reading;
    expect(raw).toHaveLength(0);
    expect(back).toHaveLength(length);
  });
});

test("what is handed over: each large buffer once, and no buffer for a small part of it", () => {
  const large = new Uint8Array(100_000);
  const value = { raw: large, parts: [large.subarray(0, 90_000), large.subarray(0, 10), null, "text"] };
  expect(largeBuffers(value)).toEqual([large.buffer]);
  expect(largeBuffers({ small: large.subarray(0, 10) })).toEqual([]);
});
