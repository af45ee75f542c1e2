/** The index follows Thunderbird's folders: built once, resumed after a kill, and kept by events. Mails and keys are real. */
import { keepUnlocked, lockAll, whenLocked } from "../../src/extension/keys/unlocked.js";
import {
  takeDeleted,
  takeMoved,
  takeNewMail,
  takeRead,
} from "../../src/extension/mail-index/folder-events.js";
import type { IndexedMail } from "../../src/extension/mail-index/indexed-mail.js";
import {
  forgetIndexes,
  indexOf,
  useBlockStore,
  whenIndexDamaged,
} from "../../src/extension/mail-index/open-indexes.js";
import {
  beginSync,
  beginSyncUnlessPaused,
  catchUp,
  indexesNow,
  interrupt,
  pauseSync,
  rebuild,
  type SyncProgress,
  syncProgress,
  whenIndexChanges,
} from "../../src/extension/mail-index/sync.js";
import { changeSync, markUnbuilt, syncState } from "../../src/extension/mail-index/sync-record.js";
import type { MailFolder, MessageHeader } from "../../src/extension/platform/thunderbird.js";
import { update } from "../../src/extension/records/storage.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { seal } from "../../src/extension/worker/seal.js";
import { toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type HeaderField, type Leaf, textLeaf, writeEntity } from "../../src/mail/mime.js";
import { generateKey, sealingHalf, writeOpeningKey, writeSealingKey } from "../../src/openpgp/keys.js";
import host, { resetHost } from "./fake-host.js";
import { type MemoryBlocks, memoryBlocks } from "./memory-blocks.js";
import { haveWorkerNear } from "./near-worker.js";
import { stored, storedList } from "./stored-fixture.js";

const list = storedList.address;
const CHOIR = "choir@lists.example";
const inbox: MailFolder = { id: "account1://INBOX", accountId: "account1", path: "/INBOX" };
const archive: MailFolder = { id: "account1://Archive", accountId: "account1", path: "/Archive" };
const trash: MailFolder = {
  id: "account1://Trash",
  accountId: "account1",
  path: "/Trash",
  specialUse: ["trash"],
};

/** A mail as Thunderbird has it. */
interface FolderMail {
  readonly header: MessageHeader;
  readonly raw: string;
}
let mails: FolderMail[] = [];
/** Numbers of the mails that were fetched, in their order. */
let fetched: number[] = [];
let beforeFetch: () => Promise<void> = async () => undefined;
let aborted: string[] = [];
let queries: { readonly folderId?: string; readonly fromDate?: Date }[] = [];
let unlock: () => Promise<void>;
let sealed: string[];
let store: MemoryBlocks;

const rest = new Map<string, MessageHeader[]>();
let lists = 0;
function pageOf(headers: readonly MessageHeader[], size: number) {
  const messages = headers.slice(0, size);
  if (headers.length <= size) return { id: null, messages };
  lists += 1;
  rest.set(String(lists), headers.slice(size));
  return { id: String(lists), messages };
}
const PAGE = 25;

function haveFolders(): void {
  Object.assign(host, {
    compose: {},
    messageDisplay: {},
    identities: {},
    accounts: {
      list: async () => [
        {
          ...{ id: "account1", type: "imap", identities: [] },
          rootFolder: {
            id: "account1://",
            accountId: "account1",
            path: "/",
            isRoot: true,
            subFolders: [inbox, archive, trash],
          },
        },
      ],
    },
    messages: {
      query: async (about: { readonly folderId?: string; readonly fromDate?: Date }) => {
        queries.push(about);
        const found = mails.filter(
          ({ header }) =>
            header.folder?.id === about.folderId &&
            (about.fromDate === undefined || header.date >= about.fromDate),
        );
        return pageOf(
          found.map(({ header }) => header),
          PAGE,
        );
      },
      continueList: async (id: string) => pageOf(rest.get(id) ?? [], PAGE),
      abortList: async (id: string) => void aborted.push(id),
      getRaw: async (id: number) => {
        await beforeFetch();
        const found = mails.find(({ header }) => header.id === id);
        if (found === undefined) throw new Error("no such message");
        fetched.push(id);
        return found.raw;
      },
    },
  });
}

const day = 86_400_000;
/** Mail `id`, `id` days old: the sealed mail of that number. */
function mailOf(id: number, folder: MailFolder, more: Partial<MessageHeader> = {}): FolderMail {
  const header: MessageHeader = {
    ...{
      id,
      headerMessageId: `${id}@lists.example`,
      author: "alice@example.test",
      recipients: [list],
      ccList: [],
    },
    ...{
      subject: "[team] encrypted message",
      date: new Date(Date.now() - id * day),
      size: 1_000,
      read: false,
      folder,
    },
    ...more,
  };
  return { header, raw: sealed[id % sealed.length] ?? "" };
}

beforeAll(async () => {
  await haveWorkerNear();
  haveFolders();
  const now = new Date().toISOString();
  const [profile, address] = ["compatible" as const, storedList.invitee];
  const membership = async (of: string) => {
    const made = await makeKey({ address, name: "Alice", passphrase: "correct horse", profile, now });
    const listKey = await generateKey("list", { address: of, profile });
    const server = await generateKey("server", { address: of, profile });
    const record = {
      ...{ ...storedList, address: of },
      ...{ listKey: toBase64(await writeOpeningKey(listKey)), listKeyFingerprint: listKey.fingerprint },
      serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
      ...{ owners: [], introduction: null, introductionSecret: null, memberKey: made.key.fingerprint },
    };
    const mail = async (id: number) => {
      const letter = {
        ...{
          from: { address: parseAddress(address), name: "Alice" },
          to: [{ address: parseAddress(of) }],
          cc: [],
        },
        ...{
          subject: `Matter ${id}`,
          date: new Date(),
          messageId: `<${id}@lists.example>`,
        },
        ...{ references: [], text: `the words of ${id}`, attachments: [] },
      };
      const { parts, notice } = await seal({ letter, list: record, key: made.key, secret: made.secret });
      const files = parts.map((part): Leaf => ({ ...part, disposition: "attachment" }));
      const fields: HeaderField[] = [
        ["From", address],
        ["To", of],
      ];
      const raw = writeEntity(fields, { type: "multipart/mixed", parts: [textLeaf(notice), ...files] });
      return Buffer.from(raw).toString("latin1");
    };
    return { made, record, mail, unlock: () => keepUnlocked(made.key.fingerprint, made.secret) };
  };
  const first = await membership(list);
  const second = await membership(CHOIR);
  kept = { lists: { [list]: first.record }, memberKeys: { [first.made.key.fingerprint]: first.made.key } };
  twice = {
    lists: { ...kept.lists, [CHOIR]: second.record },
    memberKeys: { ...kept.memberKeys, [second.made.key.fingerprint]: second.made.key },
  };
  sealed = await Promise.all([...Array(60).keys()].map(first.mail));
  sealedToChoir = await second.mail(7);
  unlock = first.unlock;
  unlockChoir = second.unlock;
  whenLocked(() => {
    forgetIndexes();
    interrupt();
    void catchUp();
  });
  whenIndexDamaged(rebuild);
});

let kept: Pick<typeof stored, "lists" | "memberKeys">;
/** The same with a second list, under a member key of its own. */
let twice: typeof kept;
let sealedToChoir: string;
let unlockChoir: () => Promise<void>;

beforeEach(async () => {
  resetHost();
  haveFolders();
  store = memoryBlocks();
  useBlockStore(store);
  [mails, fetched, aborted, queries] = [[], [], [], []];
  beforeFetch = async () => undefined;
  await update(() => ({ stored: { ...stored, ...kept }, result: undefined }));
  await unlock();
});

// the timer that locks would keep the process alive
afterAll(() => lockAll());

const all = async () => (await indexOf(list)).mails;
const subjects = async () => (await all()).map(({ subject }) => subject).sort();
const built = async () => {
  await beginSync();
  await catchUp();
};
const message = ({ header }: FolderMail) => ({ messages: [header] });
const nobody = () => undefined;

test("nothing is opened before somebody has opened the page of lists", async () => {
  mails = [mailOf(1, inbox)];
  await catchUp();
  await takeNewMail(inbox, message(mailOf(1, inbox)), nobody);
  expect([fetched, queries, store.keys.size]).toEqual([[], [], 0]);
});

test("the first time: the list mails of all folders but those that count for nothing, the newest first", async () => {
  const other = mailOf(3, inbox, { recipients: ["bob@example.test"], subject: "Lunch" });
  mails = [mailOf(4, archive), mailOf(2, inbox), other, mailOf(1, inbox, { read: true }), mailOf(5, trash)];
  await built();
  expect(await subjects()).toEqual(["Matter 1", "Matter 2", "Matter 4"]);
  expect(fetched).toEqual([1, 2, 4]);
  expect((await all()).filter(({ unread }) => unread)).toHaveLength(2);
  expect(syncProgress()).toEqual({ kind: "idle" });
  expect((await (await indexOf(list)).search("words of 4")).mails.map(({ folder }) => folder)).toEqual([
    archive.id,
  ]);
});

test.each<[string, Partial<MessageHeader>]>([
  ["its sender", { author: `Alice via Team <${list}>`, subject: "re-written on its way" }],
  ["its fixed subject", { subject: "[team] encrypted message" }],
])("a copy that names its member and not the list is known by %s", async (_, named) => {
  mails = [mailOf(1, inbox, { recipients: ["alice@example.test"], ...named })];
  await built();
  expect(await subjects()).toEqual(["Matter 1"]);
});

test("a mail that does not open, is none of ours, or is gone by now stops nobody", async () => {
  mails = [
    mailOf(1, inbox),
    { ...mailOf(2, inbox), raw: "Subject: listseal\r\n\r\nno mail of ours" },
    mailOf(3, inbox),
  ];
  beforeFetch = async () => {
    mails = mails.filter(({ header }) => header.id !== 3);
  };
  await built();
  expect(await subjects()).toEqual(["Matter 1"]);
});

test("ended in the middle, the next start opens only what is missing", async () => {
  mails = [...Array(60).keys()].map((id) => mailOf(id, inbox));
  beforeFetch = async () => {
    if (fetched.length >= 40) interrupt();
  };
  await changeSync((state) => ({ ...state, wish: "on" }));
  await catchUp();
  const before = await subjects();
  expect(before.length).toBeGreaterThanOrEqual(25);
  expect(before.length).toBeLessThan(60);
  // the page that began it is gone
  useBlockStore(store);
  const opened = fetched.length;
  beforeFetch = async () => undefined;
  await catchUp();
  expect(await subjects()).toHaveLength(60);
  expect(fetched.length - opened).toBe(60 - before.length);
});

test("opening the page again goes through no folder, but does when Thunderbird was started anew or a folder is to be gone through", async () => {
  mails = [mailOf(1, inbox)];
  expect(await beginSyncUnlessPaused()).toBe(true);
  await catchUp();
  expect(await beginSyncUnlessPaused()).toBe(false);
  await markUnbuilt([inbox.id]);
  expect(await beginSyncUnlessPaused()).toBe(true);
  await catchUp();
  expect(await beginSyncUnlessPaused()).toBe(false);
  // what a start does
  await host.storage.session.remove("mailIndexFollowed");
  queries = [];
  const followed = new Promise<void>((resolve) => whenIndexChanges(resolve));
  expect(await beginSyncUnlessPaused()).toBe(true);
  await followed;
  expect(queries.length).toBeGreaterThan(0);
});

test("the page is opened while keys are locked: that is said, though nothing is behind", async () => {
  mails = [mailOf(1, inbox)];
  await built();
  await lockAll();
  await beginSyncUnlessPaused();
  expect(syncProgress()).toEqual({ kind: "locked" });
});

test("the person stops it, which ends the query too, and goes on", async () => {
  mails = [...Array(60).keys()].map((id) => mailOf(id, inbox));
  const seen: SyncProgress["kind"][] = [];
  whenIndexChanges(() => seen.push(syncProgress().kind));
  beforeFetch = async () => {
    if (fetched.length >= 10) await pauseSync();
  };
  await built();
  expect(syncProgress()).toEqual({ kind: "paused" });
  expect(seen).toContain("building");
  beforeFetch = async () => undefined;
  await catchUp();
  expect((await all()).length).toBeLessThan(60);
  await built();
  expect(await all()).toHaveLength(60);
});

test("with two member keys each list opens with its own, and the other one's mails come when it is unlocked", async () => {
  await update(() => ({ stored: { ...stored, ...twice }, result: undefined }));
  const toChoir = { recipients: [CHOIR], subject: "[choir] encrypted message" };
  mails = [mailOf(1, inbox), { ...mailOf(7, inbox, toChoir), raw: sealedToChoir }];
  await built();
  expect(await subjects()).toEqual(["Matter 1"]);
  expect(syncProgress()).toEqual({ kind: "idle" });
  expect((await indexesNow()).locked).toEqual([CHOIR]);
  await unlockChoir();
  await catchUp();
  expect((await indexOf(CHOIR)).mails.map(({ subject }) => subject)).toEqual(["Matter 7"]);
  expect(await indexesNow()).toMatchObject({ locked: [] });
  expect(await subjects()).toEqual(["Matter 1"]);
});

test("a folder that is left in the middle has its query ended", async () => {
  mails = [...Array(60).keys()].map((id) => mailOf(id, inbox));
  const { walkFolder } = await import("../../src/extension/mail-index/folder-walk.js");
  const stop = new AbortController();
  const walk = walkFolder(inbox.id, null, stop.signal);
  expect((await walk.next()).value).toHaveLength(25);
  stop.abort();
  await expect(walk.next()).rejects.toMatchObject({ code: "cancelled" });
  expect(aborted).toHaveLength(1);
});

describe("afterwards", () => {
  beforeEach(async () => {
    mails = [mailOf(1, inbox), mailOf(2, inbox), mailOf(3, inbox)];
    await built();
    [fetched, queries] = [[], []];
  });

  test("a start asks for what came since the last one, and two weeks before that", async () => {
    mails.push(mailOf(4, inbox), mailOf(40, inbox));
    await catchUp();
    expect(fetched).toEqual([4]);
    const [{ fromDate } = {}] = queries;
    expect(Math.round((Date.now() - Number(fromDate)) / day)).toBe(14);
  });

  test("once a week everything is compared", async () => {
    mails = [mailOf(2, inbox, { read: true }), mailOf(3, inbox), mailOf(40, inbox)];
    await changeSync((state) => ({ ...state, reconciledAt: new Date(Date.now() - 8 * day).toISOString() }));
    await catchUp();
    expect(await subjects()).toEqual(["Matter 2", "Matter 3", "Matter 40"]);
    expect((await all()).find(({ id }) => id.startsWith("2@"))?.unread).toBe(false);
    expect(fetched).toEqual([40]);
  });

  test("new mail is there at once, and told of", async () => {
    const told: IndexedMail[] = [];
    mails.push(mailOf(5, inbox));
    await takeNewMail(inbox, message(mailOf(5, inbox)), (arrived) => told.push(...arrived));
    expect(await subjects()).toContain("Matter 5");
    expect(told.map(({ subject }) => subject)).toEqual(["Matter 5"]);
  });

  test("what is read, moved, thrown away, fetched back or deleted elsewhere is so in the index", async () => {
    await takeRead(mailOf(1, inbox).header, true);
    await takeMoved(
      message(mailOf(2, inbox)),
      message(mailOf(12, archive, { headerMessageId: "2@lists.example" })),
    );
    await takeMoved(
      message(mailOf(3, inbox)),
      message(mailOf(13, trash, { headerMessageId: "3@lists.example" })),
    );
    expect((await all()).map(({ id, folder, unread }) => [id, folder, unread]).sort()).toEqual([
      ["1@lists.example", inbox.id, false],
      ["2@lists.example", archive.id, true],
    ]);
    // nothing was opened for it
    expect(fetched).toEqual([]);
    mails.push(mailOf(3, inbox));
    await takeMoved(
      message(mailOf(13, trash, { headerMessageId: "3@lists.example" })),
      message(mailOf(3, inbox)),
    );
    expect(await subjects()).toEqual(["Matter 1", "Matter 2", "Matter 3"]);
    await takeDeleted(message(mailOf(1, inbox)));
    expect(await subjects()).toEqual(["Matter 2", "Matter 3"]);
  });

  test("what happens while the key is locked is found when it is unlocked", async () => {
    await lockAll();
    await catchUp();
    expect(syncProgress()).toEqual({ kind: "locked" });
    mails = [mailOf(1, inbox), mailOf(2, inbox), mailOf(6, inbox)];
    await takeDeleted(message(mailOf(3, inbox)));
    await takeNewMail(inbox, message(mailOf(6, inbox)), nobody);
    await unlock();
    await catchUp();
    expect(await subjects()).toEqual(["Matter 1", "Matter 2", "Matter 6"]);
  });

  test("a block that was damaged is built anew, the other mails stay", async () => {
    for (const [name, bytes] of store.blocks) store.blocks.set(name, bytes.subarray(0, 20));
    useBlockStore(store);
    await catchUp();
    // the marks are written beside the run that has found it
    while ((await all()).length < 3) await catchUp();
    expect(await subjects()).toEqual(["Matter 1", "Matter 2", "Matter 3"]);
    expect(Object.values((await syncState()).folders).map(({ state }) => state)).toEqual(["built", "built"]);
  });

  test("a folder that is gone takes its mails along", async () => {
    mails.push(mailOf(7, archive));
    await catchUp();
    Object.assign(host, {
      accounts: {
        list: async () => [
          {
            id: "account1",
            type: "imap",
            identities: [],
            rootFolder: { id: "r", accountId: "account1", isRoot: true, subFolders: [inbox] },
          },
        ],
      },
    });
    await catchUp();
    expect(await subjects()).toEqual(["Matter 1", "Matter 2", "Matter 3"]);
  });
});
