/** The index of a list's opened mails: what is found, what is kept, and what the disk tells of it. */

import {
  type IndexedMail,
  keyOfMail,
  type MailToIndex,
  searchedText,
} from "../../src/extension/mail-index/indexed-mail.js";
import { HITS_LIMIT, MailIndex, type ViewState } from "../../src/extension/mail-index/mail-index.js";
import { importIndexKey, openBlock } from "../../src/extension/mail-index/sealed-block.js";
import { fold } from "../../src/extension/mail-index/search-words.js";
import { MailThreads, threadsOf } from "../../src/extension/mail-index/threads.js";
import { type MemoryBlocks, memoryBlocks } from "./memory-blocks.js";

const day = 86_400_000;
const from = Date.UTC(2026, 0, 1);

/** Mail `number`, a day younger than the one before. */
function mailOf(number: number, more: Partial<IndexedMail> = {}, words = "the usual words"): MailToIndex {
  const mail: IndexedMail = {
    id: `${number}@lists.example`,
    folder: "account1://INBOX",
    list: "board@lists.example",
    subject: `Matter ${number}`,
    author: { name: "Olga", address: "olga@example.test" },
    date: from + number * day,
    unread: true,
    attachments: [],
    messageId: `${number}@lists.example`,
    references: [],
    doubtful: false,
    ...more,
  };
  return { mail, text: searchedText(mail, words) };
}

const index = "0123abcd";
let store: MemoryBlocks;
let key: CryptoKey;
let damages: number;
const open = () => MailIndex.open({ store, index, key, damaged });
const damaged = () => {
  damages += 1;
};
const nothingYet: ViewState = { epoch: "", change: 0, before: null };
const subjects = (mails: readonly IndexedMail[]) => mails.map(({ subject }) => subject);
const found = async (made: MailIndex, query: string) => subjects((await made.search(query)).mails);

beforeEach(async () => {
  store = memoryBlocks();
  key = await importIndexKey(crypto.getRandomValues(new Uint8Array(32)));
  damages = 0;
});

describe("searching", () => {
  test.each([
    ["a word of the subject", "visa", true],
    ["capital letters", "VISA", true],
    ["a part of a word", "pap", true],
    ["words in any order, in subject, author and text", "embassy olga papers", true],
    ["a word of the address", "visa olga@example", true],
    ["the name of a file", "scan.pdf", true],
    ["Japanese, in the middle of a sentence", "予約", true],
    ["half-width forms of it", "ﾋﾞｻﾞ", true],
    ["full-width letters", "ｖｉｓａ", true],
    ["a letter that is composed", "cafe\u0301", true],
    ["one word that is there and one that is not", "visa money", false],
    ["nothing", "  ", false],
    ["what ends a text", "\0", false],
  ])("%s", async (_, query, isFound) => {
    const made = await open();
    const visa = { subject: "Visa papers", attachments: ["Scan.pdf"] };
    await made.put([mailOf(1), mailOf(2, visa, "Embassy, café. 来週のビザの予約です。"), mailOf(3)]);
    expect(await found(made, query)).toEqual(isFound ? ["Visa papers"] : []);
  });

  test("a word is not found across two mails", async () => {
    const made = await open();
    await made.put([mailOf(1, {}, "begins here"), mailOf(2, { subject: "then" })]);
    expect(await found(made, "here\0then")).toEqual([]);
    expect(await found(made, "herethen")).toEqual([]);
  });

  test("the newest first, wherever they are kept, and no more than the limit", async () => {
    const made = await open();
    const numbers = [...Array(1_300).keys()];
    // some that come late are old
    const shuffled = [...numbers.slice(600), ...numbers.slice(0, 600)];
    await made.put(shuffled.map((number) => mailOf(number)));
    const newest = numbers.toReversed().slice(0, HITS_LIMIT);
    const hits = await made.search("usual");
    expect(subjects(hits.mails)).toEqual(newest.map((number) => `Matter ${number}`));
    expect(hits.more).toBe(true);
    expect(await found(made, "usual 1299")).toEqual(["Matter 1299"]);
  });

  test("only those that are wanted count", async () => {
    const made = await open();
    await made.put([mailOf(1), mailOf(2, { unread: false })]);
    const hits = await made.search("usual", ({ unread }) => unread);
    expect([subjects(hits.mails), hits.more]).toEqual([["Matter 1"], false]);
  });

  test("a very long mail is searched in its beginning", () => {
    expect(mailOf(1, {}, "x".repeat(5_000_000)).text.length).toBeLessThan(200_000);
    expect(fold("ＡＢＣ")).toBe("abc");
  });
});

describe("keeping", () => {
  test("what was put is there after a restart, with its text", async () => {
    await (await open()).put([mailOf(1), mailOf(2)]);
    const again = await open();
    expect(subjects(again.mails).sort()).toEqual(["Matter 1", "Matter 2"]);
    expect(await found(again, "usual")).toEqual(["Matter 2", "Matter 1"]);
    await again.put([mailOf(3)]);
    expect(await found(await open(), "usual")).toEqual(["Matter 3", "Matter 2", "Matter 1"]);
  });

  test("a mail that is put twice is there once, as it was last", async () => {
    const made = await open();
    await made.put([mailOf(1), mailOf(1)]);
    await made.put([mailOf(1, { subject: "Other" }, "fresh words")]);
    expect(subjects(made.mails)).toEqual(["Other"]);
    expect(await found(await open(), "fresh")).toEqual(["Other"]);
    expect(await found(await open(), "usual")).toEqual([]);
  });

  test("what was read or moved is so after a restart; what was removed is gone, its text too", async () => {
    const made = await open();
    await made.put([mailOf(1), mailOf(2), mailOf(3)]);
    await made.change([keyOfMail(mailOf(1).mail)], (mail) => ({ ...mail, unread: false }));
    await made.change([keyOfMail(mailOf(2).mail)], (mail) => ({ ...mail, folder: "account1://Archive" }));
    await made.remove([keyOfMail(mailOf(3).mail)]);
    for (const one of [made, await open()]) {
      expect(one.unread).toBe(1);
      expect(one.has(keyOfMail(mailOf(2).mail))).toBe(false);
      expect(one.has("account1://Archive\n2@lists.example")).toBe(true);
      expect(await found(one, "usual")).toEqual(["Matter 2", "Matter 1"]);
    }
    const texts = await openBlock(
      store.blocks.get(`${index}/texts/0`) ?? new Uint8Array(),
      { index, part: "texts", number: 0 },
      key,
    );
    expect(texts).toContain("matter 2");
    expect(texts).not.toContain("matter 3");
  });

  test("the last mail of a block takes the block with it", async () => {
    const made = await open();
    await made.put([mailOf(1)]);
    await made.remove([keyOfMail(mailOf(1).mail)]);
    expect([...store.blocks.keys()]).toEqual([]);
    expect(made.mails).toEqual([]);
  });

  test("blocks have 500 mails, and one more mail touches the last one alone", async () => {
    const made = await open();
    await made.put([...Array(1_000).keys()].map((number) => mailOf(number)));
    expect(store.blocks.size).toBe(4);
    const before = new Map(store.blocks);
    await made.put([mailOf(2_000)]);
    const changed = [...store.blocks].filter(([name, bytes]) => before.get(name) !== bytes);
    expect(changed.map(([name]) => name)).toEqual([`${index}/heads/2`, `${index}/texts/2`]);
  });

  test("a writing that fails changes nothing", async () => {
    const made = await open();
    await made.put([mailOf(1)]);
    store.failure = new Error("full");
    await expect(made.put([mailOf(2)])).rejects.toThrow("full");
    await expect(made.remove([keyOfMail(mailOf(1).mail)])).rejects.toThrow("full");
    store.failure = undefined;
    expect(subjects(made.mails)).toEqual(["Matter 1"]);
    await made.put([mailOf(3)]);
    expect(await found(await open(), "usual")).toEqual(["Matter 3", "Matter 1"]);
  });

  test("a view hears of what has changed since it asked, and of all in another opening", async () => {
    const made = await open();
    await made.put([mailOf(1), mailOf(2)]);
    const first = made.since(nothingYet);
    expect(first.put).toHaveLength(2);
    await made.change([keyOfMail(mailOf(1).mail)], (mail) => ({ ...mail, unread: false }));
    await made.remove([keyOfMail(mailOf(2).mail)]);
    const next = made.since(first);
    expect(next).toMatchObject({ removed: [keyOfMail(mailOf(2).mail)], put: [{ unread: false }] });
    expect(made.since(next)).toMatchObject({ put: [], removed: [] });
    expect((await open()).since(next).put).toHaveLength(1);
  });
});

describe("a view of very many", () => {
  /** What a view has that asks until nothing is left, and how many came with each answer. */
  async function follow(made: MailIndex, between: () => Promise<void> = async () => {}) {
    const here = new Map<string, IndexedMail>();
    const sizes: number[] = [];
    let view = nothingYet;
    do {
      const { put, removed, ...next } = made.since(view);
      for (const name of removed) here.delete(name);
      for (const mail of put) here.set(keyOfMail(mail), mail);
      sizes.push(put.length);
      view = next;
      if (view.before !== null) await between();
    } while (view.before !== null);
    return { here, sizes };
  }

  test("gets the newest first, all of one date together, and the others after them", async () => {
    const made = await open();
    // the 500th and the two behind it are of one moment
    const all = Array.from({ length: 5_000 }, (_, at) =>
      mailOf(at, at >= 4_498 && at <= 4_500 ? { date: from + 4_500 * day } : {}),
    );
    await made.put(all);
    const { here, sizes } = await follow(made);
    expect(sizes).toEqual([502, 3_000, 1_498]);
    expect(here.size).toBe(5_000);
    expect(made.since(nothingYet).put[0]?.subject).toBe("Matter 4999");
  });

  test("misses nothing of what comes, changes and goes between two answers", async () => {
    const made = await open();
    await made.put(Array.from({ length: 4_000 }, (_, at) => mailOf(at)));
    let turn = 0;
    const { here, sizes } = await follow(made, async () => {
      turn += 1;
      const at = 10 * turn;
      await made.put([mailOf(5_000 + turn), mailOf(turn, { id: `moved-${turn}`, date: from - turn })]);
      await made.remove([keyOfMail(mailOf(at).mail)]);
      await made.change([keyOfMail(mailOf(at + 1).mail)], (mail) => ({ ...mail, unread: false }));
    });
    expect(sizes).toHaveLength(3);
    expect(here).toEqual((await follow(made)).here);
    expect(here.size).toBe(4_000 + 2);
  });
});

describe("on the disk, and locked", () => {
  test("nothing of a mail is in clear", async () => {
    const made = await open();
    await made.put([mailOf(1, { subject: "Visa papers" }, "Embassy")]);
    const all = [...store.blocks].map(([name, bytes]) => name + Buffer.from(bytes).toString("latin1")).join();
    // deflate alone would leave it there
    for (const word of ["Visa", "visa", "mbassy", "olga", "board", "lists.example"])
      expect(all).not.toContain(word);
  });

  test("forgotten: nothing is found, nothing is written, and nothing is left in it", async () => {
    const made = await open();
    await made.put([mailOf(1)]);
    const before = new Map(store.blocks);
    const writing = made.put([mailOf(2)]);
    made.forget();
    await expect(writing).rejects.toMatchObject({ code: "key-locked" });
    await expect(made.search("usual")).rejects.toMatchObject({ code: "key-locked" });
    expect(made.mails).toEqual([]);
    expect(made.since(nothingYet).put).toEqual([]);
    expect(store.blocks).toEqual(before);
  });

  test("locked in the middle of a search: nothing is found", async () => {
    await (await open()).put([mailOf(1)]);
    const made = await open();
    const searching = made.search("usual");
    made.forget();
    await expect(searching).rejects.toMatchObject({ code: "key-locked" });
  });

  test("attack: bound to no place, one block opens in the place of another", async () => {
    const iv = new Uint8Array(12);
    const block = await crypto.subtle.encrypt(
      { name: "AES-GCM", iv },
      key,
      new TextEncoder().encode("block 1"),
    );
    // whoever reads block 0 has only what lies there to go by
    expect(Buffer.from(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, block)).toString()).toBe(
      "block 1",
    );
  });

  // attack: somebody who can write to the disk lays old mails, or those of another list, in the place of others
  test.each([
    ["heads", "is cut short", (bytes: Uint8Array) => bytes.subarray(0, 20)],
    [
      "heads",
      "has another octet",
      (bytes: Uint8Array) => bytes.map((octet, at) => (at === 30 ? octet ^ 1 : octet)),
    ],
    ["texts", "is cut short", (bytes: Uint8Array) => bytes.subarray(0, 20)],
    ["texts", "is the heads", () => store.blocks.get(`${index}/heads/0`) ?? new Uint8Array()],
    ["heads", "is another block", () => store.blocks.get(`${index}/heads/1`) ?? new Uint8Array()],
  ])("a block of %s that %s is dropped, and said to be damaged; the others stay", async (part, _, damage) => {
    await (await open()).put([...Array(501).keys()].map((number) => mailOf(number)));
    const name = `${index}/${part}/0`;
    store.blocks.set(name, damage(store.blocks.get(name) ?? new Uint8Array()));
    const made = await open();
    expect(await found(made, "usual")).toEqual(["Matter 500"]);
    expect(damages).toBe(1);
    expect(subjects(made.mails)).toEqual(["Matter 500"]);
    // and it is whole again when its mails were read anew
    await made.put([mailOf(1)]);
    damages = 0;
    expect(await found(await open(), "usual")).toEqual(["Matter 500", "Matter 1"]);
    expect(damages).toBe(0);
  });

  test("under another key nothing opens", async () => {
    await (await open()).put([mailOf(1)]);
    key = await importIndexKey(new Uint8Array(32));
    expect((await open()).mails).toEqual([]);
    expect(damages).toBe(1);
  });
});

describe("conversations", () => {
  const rows = (...mails: readonly MailToIndex[]) =>
    threadsOf(mails.map(({ mail }) => mail)).map(({ mail, depth }) => `${depth} ${mail.subject}`);

  test("by References, the one with the newest mail first", () => {
    const answer = mailOf(9, { references: ["1@lists.example"] });
    const inBetween = mailOf(5, { references: ["1@lists.example", "unknown@lists.example"] });
    const below = mailOf(10, { references: ["1@lists.example", "9@lists.example"] });
    expect(rows(mailOf(7), below, mailOf(1), answer, inBetween)).toEqual([
      ...["0 Matter 1", "1 Matter 5", "1 Matter 9", "2 Matter 10", "0 Matter 7"],
    ]);
  });

  // attack: a ring of mails of which each says that it continues the next
  test("a ring of references ends", () => {
    const ring = [1, 2, 3].map((number) =>
      mailOf(number, { references: [`${(number % 3) + 1}@lists.example`] }),
    );
    expect(rows(...ring)).toHaveLength(3);
    expect(rows(mailOf(1, { references: ["1@lists.example"] }))).toEqual(["0 Matter 1"]);
  });

  test("a mail that is in two folders is shown once; one that is below thousands is shown", () => {
    expect(rows(mailOf(1), mailOf(1, { folder: "other" }))).toEqual(["0 Matter 1"]);
    const chain = [...Array(5_000).keys()].map((number) =>
      mailOf(number, { references: [`${number - 1}@lists.example`] }),
    );
    expect(rows(...chain)).toHaveLength(5_000);
  });

  test("kept as mails come and go they are those that are made anew, rings and copies in other folders among them", () => {
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const reference = () => `${random(24)}@lists.example`;
    const kept = new MailThreads();
    const here = new Map<string, IndexedMail>();
    for (let step = 0; step < 600; step += 1) {
      for (let times = random(4); times >= 0; times -= 1) {
        const number = random(20);
        const references = Array.from({ length: random(3) }, reference);
        const folder = `account1://${random(5) === 0 ? "Archive" : "INBOX"}`;
        const { mail } = mailOf(number, { references, folder, unread: random(2) === 0 });
        const before = here.get(keyOfMail(mail));
        if (before !== undefined) kept.remove(before);
        here.delete(keyOfMail(mail));
        if (before !== undefined && random(2) === 0) continue;
        kept.add(mail);
        here.set(keyOfMail(mail), mail);
      }
      const shown = (rows: readonly { readonly mail: IndexedMail; readonly depth: number }[]) =>
        rows.map(({ mail, depth }) => `${depth} ${mail.messageId}`);
      expect(shown(kept.rows)).toEqual(shown(threadsOf([...here.values()])));
      expect(kept.rows).toBe(kept.rows);
    }
    kept.clear();
    expect(kept.rows).toEqual([]);
  });
});
