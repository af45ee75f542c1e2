/** A browser's index of the mails that were given to it: who wants it, what is in it, and what is left of it. */
import { listsHandlers } from "../../src/extension/app/browser/lists/lists-handlers.js";
import { keepUnlocked, lockAll, whenLocked } from "../../src/extension/keys/unlocked.js";
import {
  addGiven,
  beginGiven,
  forgetGiven,
  forgetGivenBefore,
  forgetGivenOf,
  givenIndexes,
  givenState,
  noteLosses,
  stopGiven,
  wantGiven,
  watchLosses,
  whenGivenChanges,
} from "../../src/extension/mail-index/given-mails.js";
import { type GivenForm, keyOfMail, wordsSearched } from "../../src/extension/mail-index/indexed-mail.js";
import { letterForIndex } from "../../src/extension/mail-index/letter-for-index.js";
import { dropIndexes, forgetIndexes, useBlockStore } from "../../src/extension/mail-index/open-indexes.js";
import { conversationOf, threadsOf } from "../../src/extension/mail-index/threads.js";
import type { OpenedMail } from "../../src/extension/reading/opening.js";
import type { OpenedView } from "../../src/extension/reading/view.js";
import { update } from "../../src/extension/records/storage.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { noPins } from "../../src/membership/introduction/pins.js";
import host, { local, resetHost, storageListeners } from "./fake-host.js";
import { type MemoryBlocks, memoryBlocks } from "./memory-blocks.js";
import { haveWorkerNear } from "./near-worker.js";
import { openedView } from "./opened-view.js";
import { storedList, stored as storedState } from "./stored-fixture.js";

const list = storedList.address;
const file: GivenForm = { kind: "file", name: "board.eml" };
let store: MemoryBlocks;
let alice: Awaited<ReturnType<typeof makeKey>>;

beforeAll(async () => {
  await haveWorkerNear();
  const now = new Date().toISOString();
  const wish = { address: storedList.invitee, name: "Alice", passphrase: "correct horse", now };
  alice = await makeKey({ ...wish, profile: "compatible" });
  watchLosses();
  whenLocked(forgetIndexes);
});

beforeEach(async () => {
  resetHost();
  store = memoryBlocks();
  useBlockStore(store);
  const { key, secret } = alice;
  await update(() => ({
    stored: {
      ...storedState,
      lists: { [list]: { ...storedList, memberKey: key.fingerprint } },
      memberKeys: { [key.fingerprint]: key },
    },
    result: undefined,
  }));
  await keepUnlocked(key.fingerprint, secret);
});

// the timer that locks would keep the process alive
afterAll(() => lockAll());

interface Wish {
  readonly number: number;
  readonly subject?: string;
  readonly author?: string;
  readonly text?: string;
  readonly messageId?: string;
  readonly continues?: string;
  readonly view?: Partial<OpenedView>;
}

/** A mail as the Reader has opened it. */
function opened({
  number,
  subject = `Matter ${number}`,
  author = "olga",
  view = {},
  ...wish
}: Wish): OpenedMail {
  const messageId = wish.messageId ?? `<${number}@lists.example>`;
  return {
    letter: {
      kind: "opened",
      list,
      letter: {
        from: { name: "Olga", address: parseAddress(`${author}@example.test`) },
        to: [],
        cc: [],
        subject,
        date: new Date(number * 1_000),
        messageId,
        references: wish.continues === undefined ? [] : [wish.continues],
        text: wish.text ?? `Text ${number}`,
        attachments: [],
      },
      body: [],
      author: {
        fingerprint: "cd".repeat(20),
        userId: "Olga",
        standing: "introduced",
        certificate: new Uint8Array(),
      },
      pins: noPins,
      passage: { via: "own-copy" },
      hasStraySignature: false,
      messageId,
      dataPacketDigest: `digest of ${number}`,
      signedAt: new Date(0).toISOString(),
      underOldKey: false,
    },
    view: { ...openedView, ...view },
    basis: "",
  };
}

const kept = async () => {
  // as another page reads it
  dropIndexes();
  return (await givenIndexes()).get(list)?.mails ?? [];
};
const subjects = async () => (await kept()).map(({ subject }) => subject);

test("mail from before a moment, whose keys were deleted, is taken out; with a locked key everything is", async () => {
  await beginGiven();
  for (const number of [1, 2, 3]) await addGiven(opened({ number }), file);
  await forgetGivenBefore(list, new Date(3_000).toISOString());
  expect(await subjects()).toEqual(["Matter 3"]);
  expect([...store.blocks.keys()].length).toBeGreaterThan(0);
  await lockAll();
  await forgetGivenBefore(list, new Date(3_000).toISOString());
  expect(store.blocks.size).toBe(0);
});

test("nothing is kept before the person has opened the page of lists, and nothing after they have stopped it", async () => {
  await addGiven(opened({ number: 1 }), file);
  expect([store.blocks.size, store.keys.size]).toEqual([0, 0]);
  await beginGiven();
  await addGiven(opened({ number: 2 }), file);
  expect(await subjects()).toEqual(["Matter 2"]);
  await stopGiven();
  expect([store.blocks.size, store.keys.size]).toEqual([0, 0]);
  await beginGiven();
  await addGiven(opened({ number: 3 }), file);
  expect(store.blocks.size).toBe(0);
  await wantGiven();
  await addGiven(opened({ number: 4 }), file);
  expect(await subjects()).toEqual(["Matter 4"]);
});

test("the same mail is one record, and says how it was given last; its words are there as they are searched", async () => {
  await beginGiven();
  await addGiven(opened({ number: 1, text: "Die Botschaft öffnet um ９" }), file);
  const page = "https://mail.example/?_uid=7";
  await addGiven(opened({ number: 1, text: "Die Botschaft öffnet um ９" }), { kind: "webmail", page });
  const [mail, ...others] = await kept();
  if (mail === undefined) throw new Error("no record");
  expect(others).toEqual([]);
  expect(mail.given?.as).toEqual({ kind: "webmail", page });
  const text = await (await givenIndexes()).get(list)?.searchedTextOf(keyOfMail(mail));
  expect(wordsSearched(mail, text ?? "")).toBe("die botschaft öffnet um 9");
});

test("a conversation is the mail with what it continues and what continues it, and nothing else", async () => {
  await beginGiven();
  for (const number of [1, 2, 3]) await addGiven(opened({ number }), file);
  await addGiven(opened({ number: 4, continues: "<2@lists.example>" }), file);
  const mails = await kept();
  const of = (subject: string) =>
    mails
      .filter((mail) => mail.subject === subject)
      .flatMap((mail) => conversationOf(mail, mails).map((row) => row.mail.subject));
  expect([of("Matter 4"), of("Matter 2"), of("Matter 3"), of("Matter 1")]).toEqual([
    ["Matter 2", "Matter 4"],
    ["Matter 2", "Matter 4"],
    ["Matter 3"],
    ["Matter 1"],
  ]);
});

test("two pages that open a mail at once both have it kept", async () => {
  await beginGiven();
  await Promise.all([1, 2, 3].map((number) => addGiven(opened({ number }), file)));
  expect((await subjects()).toSorted()).toEqual(["Matter 1", "Matter 2", "Matter 3"]);
});

test("attack: by its Message-ID, a mail takes the place of another's in the index", async () => {
  await beginGiven();
  const index = (await givenIndexes()).get(list);
  for (const { letter } of [
    opened({ number: 1 }),
    opened({ number: 2, author: "eve", messageId: "<1@lists.example>" }),
  ]) {
    const at = { id: letter.messageId, folder: "", unread: false };
    await index?.put([letterForIndex(letter, at, false)]);
  }
  expect(await subjects()).toEqual(["Matter 2"]);
});

test("a mail with the Message-ID of another's does not take its place, nor hide it among the rows", async () => {
  await beginGiven();
  await addGiven(opened({ number: 1 }), file);
  await addGiven(opened({ number: 2, author: "eve", messageId: "<1@lists.example>" }), file);
  const rows = threadsOf(await kept()).map(({ mail }) => mail.subject);
  expect(rows.toSorted()).toEqual(["Matter 1", "Matter 2"]);
});

test.each<[string, Partial<OpenedView>, boolean]>([
  ["through the list", {}, false],
  ["unproved", { passage: { via: "unproved", reason: "message-id-reused" } }, true],
  ["in a foreign shell", { shell: "elsewhere" }, true],
  ["by a changed key", { author: { ...openedView.author, standing: "changed" } }, true],
])("what came %s is marked as it was shown", async (_, view, doubtful) => {
  await beginGiven();
  await addGiven(opened({ number: 1, view }), file);
  expect((await kept()).map((mail) => mail.doubtful)).toEqual([doubtful]);
});

test("in a private window nothing is kept", async () => {
  await beginGiven();
  Object.assign(host, { extension: { inIncognitoContext: true } });
  try {
    await addGiven(opened({ number: 1 }), file);
  } finally {
    Object.assign(host, { extension: { inIncognitoContext: false } });
  }
  expect(store.blocks.size).toBe(0);
  await addGiven(opened({ number: 2 }), file);
  expect(await subjects()).toEqual(["Matter 2"]);
});

test("locked: nothing opens, nothing is added", async () => {
  await beginGiven();
  await addGiven(opened({ number: 1 }), file);
  await lockAll();
  await expect(givenIndexes()).rejects.toMatchObject({ code: "key-locked" });
  await expect(addGiven(opened({ number: 2 }), file)).rejects.toMatchObject({ code: "key-locked" });
});

test("a record goes by its name, an index with its list", async () => {
  await beginGiven();
  await addGiven(opened({ number: 1 }), file);
  await addGiven(opened({ number: 2 }), file);
  const [first] = await kept();
  if (first === undefined) throw new Error("no record");
  await forgetGiven(list, [keyOfMail(first)]);
  expect(await subjects()).toEqual(["Matter 2"]);
  await forgetGivenOf([list]);
  expect(store.blocks.size).toBeGreaterThan(0);
  await forgetGivenOf([]);
  expect([store.blocks.size, store.keys.size]).toEqual([0, 0]);
});

test("a damaged block goes, and that is known until the person has read it; a new index is no loss", async () => {
  await beginGiven();
  await addGiven(opened({ number: 1 }), file);
  expect((await givenState()).lost).toEqual([]);
  for (const [name, bytes] of store.blocks)
    store.blocks.set(
      name,
      bytes.map((byte) => byte ^ 1),
    );
  expect(await subjects()).toEqual([]);
  expect(store.blocks.size).toBe(0);
  // it is noted beside the reading
  while ((await givenState()).lost.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  expect((await givenState()).lost).toEqual([list]);
  await noteLosses();
  expect((await givenState()).lost).toEqual([]);
});

test("other pages hear of each change", async () => {
  await beginGiven();
  let heard = 0;
  whenGivenChanges(() => {
    heard += 1;
  });
  const before = (await givenState()).change;
  await addGiven(opened({ number: 1 }), file);
  const { change } = await givenState();
  expect(change).not.toBe(before);
  for (const listener of storageListeners)
    listener({ givenMails: { newValue: await givenState() } }, "local");
  expect(heard).toBe(1);
  // what is in clear says nothing of a mail
  expect(JSON.stringify(await local.get(null))).not.toContain("Matter");
});

describe("what the page of lists is answered", () => {
  const handlers = listsHandlers();
  const asked = { list, epoch: "", change: 0, before: null };

  test("locked and unlocked again: there are news each time, so that the page asks for what it has forgotten", async () => {
    await handlers["space:begin"](null);
    await addGiven(opened({ number: 1 }), file);
    const open = await handlers["space:watch"]({ known: 0 });
    expect(open.progress).toEqual({ kind: "idle" });
    await lockAll();
    const locked = await handlers["space:watch"]({ known: open.known });
    expect(locked.progress).toEqual({ kind: "locked" });
    await keepUnlocked(alice.key.fingerprint, alice.secret);
    const again = await handlers["space:watch"]({ known: locked.known });
    expect(again.progress).toEqual({ kind: "idle" });
    const { put } = await handlers["space:mails"](asked);
    expect(put.map(({ subject }) => subject)).toEqual(["Matter 1"]);
  });

  test("stopped: whatever the page knew goes, and looking at it begins no index", async () => {
    await handlers["space:begin"](null);
    await addGiven(opened({ number: 1 }), file);
    const { epoch, change, before } = await handlers["space:mails"](asked);
    await handlers["space:sync"]({ wish: "pause" });
    dropIndexes();
    const after = await handlers["space:mails"]({ list, epoch, change, before });
    expect([after.put, after.epoch === epoch]).toEqual([[], false]);
    const narrow = { unread: false, files: false, author: null };
    expect(await handlers["space:search"]({ list, query: "text", ...narrow })).toEqual({
      mails: [],
      more: false,
    });
    expect((await handlers["space:watch"]({ known: 0 })).progress).toEqual({ kind: "paused" });
    expect([store.blocks.size, store.keys.size]).toEqual([0, 0]);
  });

  test("what was lost is said by the list's name, until it was read", async () => {
    await handlers["space:begin"](null);
    await addGiven(opened({ number: 1 }), file);
    for (const name of store.blocks.keys()) store.blocks.set(name, new Uint8Array(40));
    dropIndexes();
    const progress = async () => (await handlers["space:watch"]({ known: 0 })).progress;
    for (;;) if ((await progress()).kind === "lost") break;
    expect(await progress()).toEqual({ kind: "lost", lists: [storedList.name] });
    await handlers["space:sync"]({ wish: "noted" });
    expect(await progress()).toEqual({ kind: "idle" });
  });
});
