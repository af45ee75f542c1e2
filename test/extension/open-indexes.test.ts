/** The keys of indexes: sealed to the member key, forgotten when it locks, of no use to anybody else. */
import { keepUnlocked, lockAll, whenLocked } from "../../src/extension/keys/unlocked.js";
import { searchedText } from "../../src/extension/mail-index/indexed-mail.js";
import {
  forgetIndexes,
  indexOf,
  removeStrayIndexes,
  useBlockStore,
  whenIndexDamaged,
} from "../../src/extension/mail-index/open-indexes.js";
import { update } from "../../src/extension/records/storage.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { readOpeningKey } from "../../src/openpgp/keys.js";
import { sealToOwn } from "../../src/protocol/own-seal.js";
import { resetHost } from "./fake-host.js";
import { type MemoryBlocks, memoryBlocks } from "./memory-blocks.js";
import { haveWorkerNear } from "./near-worker.js";
import { storedList, stored as storedState } from "./stored-fixture.js";

type Made = Awaited<ReturnType<typeof makeKey>>;
const list = storedList.address;
const mail = {
  ...{ id: "1@lists.example", folder: "account1://INBOX", list, subject: "Visa papers" },
  ...{ author: { name: null, address: "olga@example.test" }, date: 1_000, unread: true },
  ...{ attachments: [], messageId: "1@lists.example", references: [], doubtful: false },
};
const damages: string[] = [];
let store: MemoryBlocks;
let alice: Made;
let eve: Made;

beforeAll(async () => {
  await haveWorkerNear();
  const now = new Date().toISOString();
  const make = (passphrase: string | null) =>
    makeKey({ address: storedList.invitee, name: "Alice", passphrase, profile: "compatible", now });
  [alice, eve] = await Promise.all([make("correct horse"), make(null)]);
  whenLocked(forgetIndexes);
  whenIndexDamaged((damaged) => damages.push(damaged));
});

/** What is kept on this computer: the list, and one member key. */
const have = ({ key }: Made) =>
  update(() => ({
    stored: {
      ...storedState,
      lists: { [list]: { ...storedList, memberKey: key.fingerprint } },
      memberKeys: { [key.fingerprint]: key },
    },
    result: undefined,
  }));
const unlock = () => keepUnlocked(alice.key.fingerprint, alice.secret);
const subjects = async () => (await indexOf(list)).mails.map(({ subject }) => subject);

beforeEach(async () => {
  resetHost();
  store = memoryBlocks();
  useBlockStore(store);
  await have(alice);
  await unlock();
  await (await indexOf(list)).put([{ mail, text: searchedText(mail, "Embassy") }]);
  damages.splice(0);
});

// the timer that locks would keep the process alive
afterAll(() => lockAll());

/** The event page sleeps, and wakes. */
const sleep = () => useBlockStore(store);

test("what was put is there after the page has slept", async () => {
  sleep();
  expect(await subjects()).toEqual(["Visa papers"]);
  expect(damages).toEqual([]);
});

test("locked: nothing is left in memory, and nothing opens until the key is unlocked", async () => {
  const open = await indexOf(list);
  await lockAll();
  expect(open.mails).toEqual([]);
  await expect(indexOf(list)).rejects.toMatchObject({ code: "key-locked" });
  sleep();
  await expect(indexOf(list)).rejects.toMatchObject({ code: "key-locked" });
  await unlock();
  expect(await subjects()).toEqual(["Visa papers"]);
  expect(damages).toEqual([]);
});

test("the key on the disk is sealed: nothing but the member key opens it", async () => {
  const [sealed = new Uint8Array()] = store.keys.values();
  expect(Buffer.from(sealed).toString("latin1")).not.toContain('"key"');
  await have(eve);
  sleep();
  expect(await subjects()).toEqual([]);
  // made anew, under a key that is here
  expect(damages).toEqual([list]);
  expect([...store.blocks.keys()]).toEqual([]);
});

describe("attack: somebody who can write to the disk lays a key of their own there, to read later what it encrypts", () => {
  const theirs = new Uint8Array(32).fill(7);
  const payload = (index: string) =>
    new TextEncoder().encode(JSON.stringify({ index, key: Buffer.from(theirs).toString("base64") }));
  const lay = async (sealed: (index: string) => Promise<Uint8Array>) => {
    const [index = ""] = store.keys.keys();
    store.keys.set(index, await sealed(index));
    sleep();
    await (await indexOf(list)).put([{ mail, text: searchedText(mail, "Embassy") }]);
    const name = `${index}/heads/0`;
    return { index, block: store.blocks.get(name) ?? new Uint8Array() };
  };
  const opensWithTheirs = async ({
    index,
    block,
  }: {
    readonly index: string;
    readonly block: Uint8Array;
  }) => {
    const { importIndexKey, openBlock } = await import("../../src/extension/mail-index/sealed-block.js");
    return (
      (await openBlock(block, { index, part: "heads", number: 0 }, await importIndexKey(theirs))) !== null
    );
  };
  const own = () => readOpeningKey("member", fromBase64(alice.secret));

  test("with the member's own signature, as if there were no check, it works", async () => {
    const made = await lay(async (index) => sealToOwn("index-key", payload(index), await own(), new Date()));
    expect(await opensWithTheirs(made)).toBe(true);
  });

  test.each([
    [
      "signed by another",
      async (index: string) => {
        const other = await readOpeningKey("member", fromBase64(eve.secret));
        return sealToOwn("index-key", payload(index), other, new Date());
      },
    ],
    [
      "signed for another purpose",
      async (index: string) => sealToOwn("draft", payload(index), await own(), new Date()),
    ],
    ["of another index", async () => sealToOwn("index-key", payload("other"), await own(), new Date())],
    ["no message", async () => new Uint8Array([1, 2, 3])],
  ])("one that is %s is not used: a new key is made", async (_, sealed) => {
    expect(await opensWithTheirs(await lay(sealed))).toBe(false);
    expect(damages).toEqual([list]);
    expect(await subjects()).toEqual(["Visa papers"]);
  });
});

test("a list that was removed takes its index along, in memory and on the disk", async () => {
  const open = await indexOf(list);
  await removeStrayIndexes([list]);
  expect(store.blocks.size).toBe(2);
  await removeStrayIndexes([]);
  await Promise.resolve();
  expect(open.mails).toEqual([]);
  expect([store.blocks.size, store.keys.size]).toEqual([0, 0]);
});

test("of a list that is not here there is none", async () => {
  await expect(indexOf("other@lists.example")).rejects.toMatchObject({ code: "no-such-list" });
});
