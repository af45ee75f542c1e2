/** The record of the owned lists, of which one has many members: it lies in blocks, and whoever asks for it does not see that. */
import fc from "fast-check";
import { MAX_INLINE } from "../../src/extension/records/blocks.js";
import { readNoticeTargets } from "../../src/extension/records/notice-targets.js";
import { type OwnedList, readOwned } from "../../src/extension/records/owned-list.js";
import { recordInBlocks } from "../../src/extension/records/record-in-blocks.js";
import { type Address, parseAddress } from "../../src/mail/mailbox.js";
import { isRecord } from "../../src/membership/file/check.js";
import type { LoggedMember } from "../../src/membership/roster/state.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";
import { local } from "./fake-host.js";
import { ownedList } from "./owned-fixture.js";

const KEY = "owned";
const team = ownedList.address;

/** As a page does that was opened just now: it knows nothing of what was read before. */
const opened = () => recordInBlocks(KEY, readOwned);

const digits = (number: number, length: number) => number.toString(16).padStart(length, "0");

const member = (number: number): LoggedMember => ({
  fingerprint: parseFingerprint(digits(number, 40)),
  role: "member",
  since: "2026-02-01T00:00:00.000Z",
  by: "introduction",
  certificate: `CERT ${number}`,
});

const addressOf = (number: number): Address => parseAddress(`member-${number}@example.test`);

function listOfMany(members: number): OwnedList {
  const numbers = Array.from({ length: members }, (_, number) => number);
  return {
    ...ownedList,
    history: {
      ...ownedList.history,
      hashes: numbers.map((number) => digits(number, 64)),
      members: Object.fromEntries(numbers.map((number) => [addressOf(number), member(number)])),
    },
    members: numbers.map((number) => ({
      ...{ address: addressOf(number), name: `Member ${number}`, fingerprint: digits(number, 40) },
      ...{ role: "member", since: "2026-02-01T00:00:00.000Z", delivery: "on", keyExpires: null, bounces: 0 },
    })),
  };
}

type Change = (list: OwnedList) => OwnedList;

const changed = (record: ReturnType<typeof opened>, change: Change) =>
  record.update((owned) => {
    const list = owned.lists[team] ?? ownedList;
    return { stored: { ...owned, lists: { ...owned.lists, [team]: change(list) } }, result: undefined };
  });

const everything = () => local.get(null);
const blockNames = async () => Object.keys(await everything()).filter((name) => name !== KEY);

beforeEach(() => local.clear());

test("a list of few is kept in one piece, as it always was", async () => {
  await changed(opened(), () => listOfMany(MAX_INLINE));
  expect(await blockNames()).toEqual([]);
  expect((await everything())[KEY]).toMatchObject({ lists: { [team]: { name: ownedList.name } } });
});

test("one of many is kept in blocks, and read again by who knows nothing of it", async () => {
  const many = listOfMany(3_000);
  await changed(opened(), () => many);
  expect((await blockNames()).length).toBeGreaterThan(6);
  expect((await opened().load()).lists[team]).toEqual(many);
});

test("what an earlier version kept in one piece is read, and lies in blocks with the first change", async () => {
  const many = listOfMany(1_500);
  await local.set({ [KEY]: { version: 5, lists: { [team]: many } } });
  const record = opened();
  expect((await record.load()).lists[team]).toEqual(many);
  await changed(record, (list) => ({ ...list, held: 1 }));
  expect((await blockNames()).length).toBeGreaterThan(3);
  expect((await opened().load()).lists[team]).toEqual({ ...many, held: 1 });
});

test("nothing is read again while nobody has changed it", async () => {
  const record = opened();
  await changed(record, () => listOfMany(1_000));
  const first = await record.load();
  expect(await record.load()).toBe(first);
  await changed(opened(), (list) => ({ ...list, held: 2 }));
  expect((await record.load()).lists[team]).toEqual({ ...listOfMany(1_000), held: 2 });
});

test("who asks for it at once has it read once, and after a failure anew", async () => {
  await changed(opened(), () => listOfMany(1_500));
  const record = opened();
  const first = local.reads;
  await Promise.all([record.load(), record.load(), record.load()]);
  expect(local.reads - first).toBe(4);
  const another = opened();
  const [name = ""] = await blockNames();
  const block = (await everything())[name];
  await local.remove(name);
  await expect(another.load()).rejects.toMatchObject({ code: "storage-damaged" });
  await local.set({ [name]: block });
  expect((await another.load()).lists[team]).toEqual(listOfMany(1_500));
});

/** How many blocks a change writes, made by who has just opened the record. */
async function blocksWritten(change: Change): Promise<number> {
  const before = new Set(await blockNames());
  await changed(opened(), change);
  return (await blockNames()).filter((name) => !before.has(name)).length;
}

const withMembers = (list: OwnedList, members: OwnedList["history"]["members"]): OwnedList => ({
  ...list,
  history: { ...list.history, members },
});

test("a change writes the blocks that it changes, also the first one after the start", async () => {
  await changed(opened(), () => listOfMany(20_000));
  expect(await blocksWritten((list) => ({ ...list, held: 3 }))).toBe(0);
  const hash = (list: OwnedList) => ({ ...list.history, hashes: [...list.history.hashes, digits(1, 64)] });
  expect(await blocksWritten((list) => ({ ...list, history: hash(list) }))).toBe(1);
  const { [addressOf(9_999)]: gone, ...others } = listOfMany(20_000).history.members;
  expect(gone).toBeDefined();
  // one who leaves from the middle takes no other block along, unless a block ended with them
  const leave: Change = (list) => {
    const { [addressOf(9_999)]: _, ...rest } = list.history.members;
    return withMembers(list, rest);
  };
  expect(await blocksWritten(leave)).toBeLessThanOrEqual(2);
  expect((await opened().load()).lists[team]?.history.members).toEqual(others);
});

describe("whatever happens between two changes", () => {
  /** Something that a list's record goes through. */
  const steps: Readonly<Record<string, (number: number) => Change>> = {
    joins: (number) => (list) =>
      withMembers(list, { ...list.history.members, [addressOf(number)]: member(number + 1) }),
    leaves: (number) => (list) => {
      const { [addressOf(number)]: _, ...rest } = list.history.members;
      return withMembers(list, rest);
    },
    followed: (number) => (list) => ({
      ...list,
      history: { ...list.history, hashes: [...list.history.hashes, digits(number, 64)] },
    }),
    shortened: (number) => (list) => ({ ...list, members: list.members.slice(number) }),
    replaced: (number) => () => listOfMany(number),
    noted: (number) => (list) => ({ ...list, held: number }),
  };

  const step = fc.record({
    what: fc.constantFrom(...Object.keys(steps)),
    number: fc.nat(1_500),
    // whether the page is a new one, and whether what is not needed any more is left lying about, as after a crash
    reopened: fc.boolean(),
    interrupted: fc.boolean(),
    full: fc.boolean(),
  });

  test("the record is what the changes that were written have made of it, and no block is left over for ever", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (all) => {
        await local.clear();
        let record = opened();
        let expected = listOfMany(1_000);
        await changed(record, () => expected);
        for (const { what, number, reopened, interrupted, full } of all) {
          if (reopened) record = opened();
          const change = steps[what]?.(number) ?? ((list: OwnedList) => list);
          if (full) local.failNextSet(new Error("QuotaExceededError"));
          if (interrupted) local.failNextRemove();
          const written = await changed(record, change).then(
            () => true,
            () => false,
          );
          expect(written).toBe(!full);
          if (written) expected = change(expected);
          expect((await opened().load()).lists[team]).toEqual(expected);
        }
        local.failNextRemove(false);
        for (const held of [7, 8]) await changed(record, (list) => ({ ...list, held }));
        const { [KEY]: root, ...blocks } = await everything();
        const named = JSON.stringify(root);
        expect(Object.keys(blocks).filter((name) => !named.includes(name.slice(KEY.length + 1)))).toEqual([]);
      }),
      { numRuns: 12, seed: 1 },
    );
  });

  test("who reads while another changes gets the record of before or of after", async () => {
    const first = opened();
    const second = opened();
    await changed(first, () => listOfMany(1_200));
    const reads: Promise<OwnedList | undefined>[] = [];
    for (let held = 1; held <= 20; held++) {
      const change = changed(first, (list) => ({
        ...listOfMany(1_200 + held),
        held: list.held + 1,
      }));
      reads.push(...[first, second, opened()].map(async (record) => (await record.load()).lists[team]));
      await change;
    }
    for (const list of await Promise.all(reads)) {
      expect(list?.history.hashes).toHaveLength(1_200 + (list?.held ?? -1));
      expect(list?.members).toHaveLength(1_200 + (list?.held ?? -1));
    }
    // what was asked for before a change and answered after it is no ground for the next one
    await changed(first, (list) => ({ ...list, held: 99 }));
    expect((await opened().load()).lists[team]).toEqual({ ...listOfMany(1_220), held: 99 });
  });
});

test("two lists whose names run into each other keep their own tables", async () => {
  const record = opened();
  const names = ["a/history@lists.example", "a@lists.example"];
  await record.update((owned) => ({
    stored: {
      ...owned,
      lists: Object.fromEntries(
        names.map((name, index) => [name, { ...listOfMany(700 + index), address: name }]),
      ),
    },
    result: undefined,
  }));
  const { lists } = await opened().load();
  expect(names.map((name) => lists[name]?.history.hashes.length)).toEqual([700, 701]);
});

describe("a damaged record is refused, and left as it is", () => {
  test.each([
    ["a block is missing", (name: string) => local.remove(name)],
    ["a block is shorter", (name: string) => local.set({ [name]: "[]" })],
    ["a block is something else", (name: string) => local.set({ [name]: "text" })],
    ["a block is no text", (name: string) => local.set({ [name]: [] })],
  ])("%s", async (_, damage) => {
    await changed(opened(), () => listOfMany(1_000));
    const [name = ""] = await blockNames();
    await damage(name);
    const before = await everything();
    await expect(opened().load()).rejects.toMatchObject({ code: "storage-damaged" });
    await expect(changed(opened(), (list) => ({ ...list, held: 1 }))).rejects.toMatchObject({
      code: "storage-damaged",
    });
    expect(await everything()).toEqual(before);
  });

  test("the names of its blocks are no names", async () => {
    await changed(opened(), () => listOfMany(1_000));
    const root = (await everything())[KEY];
    const text = JSON.stringify(root).replace(/"blocks":\[\[/, '"blocks":[7,[');
    expect(isRecord(root)).toBe(true);
    await local.set({ [KEY]: JSON.parse(text) });
    await expect(opened().load()).rejects.toMatchObject({ code: "storage-damaged" });
  });

  test("one of a later version is called that", async () => {
    await changed(opened(), () => listOfMany(1_000));
    const root = (await everything())[KEY];
    await local.set({ [KEY]: { ...(isRecord(root) ? root : {}), version: 99 } });
    await expect(opened().load()).rejects.toMatchObject({ code: "unsupported-version" });
  });
});

test("what sealing a notice needs of certificates is read as version 1 had it", () => {
  const target = { key: "AAAA", fingerprint: "BBBB", freshUntil: "2027-01-01T00:00:00.000Z" };
  const lists = { [team]: { ["ab".repeat(32)]: target } };
  expect(readNoticeTargets({ version: 1, lists })).toEqual({ version: 2, lists });
  expect(() => readNoticeTargets({ version: 3, lists })).toThrow();
});
