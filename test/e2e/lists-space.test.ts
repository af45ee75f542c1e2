import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readOpeningKey } from "../../src/protocol/index.js";
import { ListsPage } from "../tour/lists-page.js";
import { MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { OptionsPage } from "../tour/options-page.js";
import { Person } from "../tour/person.js";
import { Surface } from "../tour/surface.js";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of the page, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/lists-space", import.meta.url));

const PASSPHRASE = "a heron on nine piles";
const MARKER = "the heron on the eighth pile";
const PREFERENCES = {
  // notifications in windows of Thunderbird's own, which can be looked at, whatever service for them the machine has
  "alerts.useSystemBackend": false,
  "extensions.webextOptionalPermissionPrompts": false,
  // as an add-on that is installed for good keeps what it has over a restart
  "extensions.webextensions.keepStorageOnUninstall": true,
};

/** What the mails of a day are about; the rest is small talk. */
const MATTERS = [
  { subject: "Visa papers", text: `The embassy wants them on Friday.\r\n${MARKER}\r\n`, by: "Olga" },
  { subject: "ビザの予約", text: "来週の火曜日に大使館で予約しました。", by: "Kenji" },
  { subject: "Minutes of Monday", text: "Attached.", by: "Olga", file: "minutes.pdf" },
] as const;
const MAILS = 50;
/** What is left of them after what is deleted below, and what comes: five go, two come. */
const LEFT = MAILS - 4;
/** As wide as a telephone, in a window that can't be that narrow: everything so many times as large. */
const WIDTH = 980;

/** Runs in the background page: numbers of what is kept in IndexedDB. */
const KEPT = `async () => {
  const found = await indexedDB.databases();
  if (!found.some(({ name }) => name === "listseal-mail-index")) return { keys: 0, blocks: 0 };
  const database = await new Promise((resolve, reject) => {
    const request = indexedDB.open("listseal-mail-index");
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const count = (store) => new Promise((resolve) => {
    const request = database.transaction(store).objectStore(store).count();
    request.onsuccess = () => resolve(request.result);
  });
  const kept = { keys: await count("keys"), blocks: await count("blocks") };
  database.close();
  return kept;
}`;
const keptShape = z.object({ keys: z.number(), blocks: z.number() });

/** Runs in the background page: deletes a mail of the Inbox, as another program may. */
const DELETE_ELSEWHERE = `async (id) => {
  const { messages } = globalThis.messenger ?? globalThis.browser;
  const found = await messages.query({ headerMessageId: id });
  await messages.delete(found.messages.map((one) => one.id), { deletePermanently: true });
}`;

/** The day of fifty mails, in a real Thunderbird; no server takes part. */
describe("a place for lists, in a real Thunderbird", () => {
  let world: World;
  let alice: Person;
  let page: ListsPage;
  let list: MadeList;
  let reader: MadePerson;
  let authors: ReadonlyMap<string, MadePerson>;
  let kept: Stored;

  const copy = async (number: number, subject: string, text: string, by: string, file?: string) => {
    const author = authors.get(by);
    if (author === undefined) throw new Error(`nobody is called ${by}`);
    const bytes = new Uint8Array([37, 80, 68, 70]);
    return list.copyFor(reader, author, {
      ...{ subject, text, messageId: `<${number}@lists.example>` },
      attachments: file === undefined ? [] : [{ name: file, type: "application/pdf", bytes }],
      // every tenth continues the one before
      ...(number % 10 === 9 ? { references: [`<${number - 1}@lists.example>`] } : {}),
    });
  };

  /** The paths of the folders that have a mail. */
  const foldersOf = async (id: string): Promise<string> => {
    const paths = await alice.addon.inBackground(
      z.array(z.string()),
      `async (id) => {
        const { messages } = globalThis.messenger ?? globalThis.browser;
        const found = await messages.query({ headerMessageId: id });
        return found.messages.map(({ folder }) => folder.path);
      }`,
      id,
    );
    return paths.join();
  };

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    const address = addressOf("alice");
    const now = new Date().toISOString();
    const made = await makeKey({
      address,
      name: "Alice",
      passphrase: PASSPHRASE,
      profile: "compatible",
      now,
    });
    reader = {
      address: parseAddress(address),
      name: "Alice",
      key: await readOpeningKey("member", fromBase64(made.secret)),
    };
    const [olga, kenji] = await Promise.all([
      makePerson("olga@example.test", "Olga"),
      makePerson("kenji@example.test", "Kenji"),
    ]);
    authors = new Map([
      ["Olga", olga],
      ["Kenji", kenji],
    ]);
    list = await MadeList.make("board@lists.example", "Board", [olga]);
    kept = {
      ...emptyStored,
      lists: { [list.address]: await list.record(reader) },
      memberKeys: { [made.key.fingerprint]: made.key },
      backedUpAt: now,
    };
    for (let number = 0; number < MAILS; number += 1) {
      const matter = MATTERS[number];
      const raw =
        matter === undefined
          ? await copy(number, `Small talk ${number}`, `Nothing much, the ${number}th time.`, "Kenji")
          : await copy(
              number,
              matter.subject,
              matter.text,
              matter.by,
              "file" in matter ? matter.file : undefined,
            );
      world.dovecot.drop("alice", raw);
    }
    alice = await Person.arrive(world, "alice", PREFERENCES);
    await alice.addon.setStorage("listseal", kept);
    await alice.ui.waitForMails(MAILS);
  });

  afterAll(async () => {
    await world.stop();
  });

  test("before it is unlocked it shows the lock, and nothing is kept", async () => {
    page = await ListsPage.open(alice.addon);
    const shown = await page.waitFor("the lock", ({ isLocked }) => isLocked);
    expect(shown).toMatchObject({ rows: 0, lists: ["Board"] });
    await alice.picture(join(ALBUM, "1-locked.png"));
    expect(await alice.addon.inBackground(keptShape, KEPT)).toEqual({ keys: 0, blocks: 0 });
  });

  test("unlocked, it has all of the day's mails by their true subjects, and says how many are unread", async () => {
    await page.unlock(PASSPHRASE);
    const shown = await page.waitFor("all mails", ({ rows }) => rows === MAILS);
    expect(shown.lists).toEqual([`Board${MAILS} unread`]);
    expect(shown.subjects.length).toBeGreaterThan(5);
    expect(shown.subjects.join()).not.toContain("encrypted message");
    await alice.picture(join(ALBUM, "2-fifty.png"));
  });

  test("filters leave those with an attachment, or by one author", async () => {
    await page.press("With attachment");
    await page.waitFor(
      "one with a file",
      ({ rows, subjects }) => rows === 1 && subjects[0] === MATTERS[2].subject,
    );
    await page.press("With attachment");
    await page.chooseAuthor("olga@example.test");
    await page.waitFor("Olga's", ({ rows }) => rows === 2);
    await page.chooseAuthor("");
    await page.waitFor("all of them", ({ rows }) => rows === MAILS);
  });

  test("one is found by a word of its text, in Japanese too, and read beside the list", async () => {
    await page.search("大使館");
    await page.waitFor("the Japanese one", ({ subjects }) => subjects.join() === MATTERS[1].subject);
    await page.search("embassy FRI");
    await page.waitFor("the one about the embassy", ({ subjects }) => subjects.join() === MATTERS[0].subject);
    await page.choose(MATTERS[0].subject);
    const shown = await page.waitFor("its text", ({ letter }) => letter.includes(MARKER));
    expect(shown.letter).toContain("Encrypted to Board");
    await page.waitFor("one less unread", ({ lists }) => lists[0] === `Board${MAILS - 1} unread`);
    await alice.picture(join(ALBUM, "3-found.png"));
  });

  test("it is answered", async () => {
    await page.press("Reply to the list");
    const composer = await until("the quote", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state?.html.includes(MARKER) ? state : undefined;
    });
    expect(composer.to.join()).toContain("board@lists.example");
    await alice.ui.closeComposers();
  });

  test("it is forwarded, and opened in a tab of Thunderbird's own", async () => {
    await page.press("Forward");
    await until("the quote", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state?.html.includes(MARKER) || undefined;
    });
    await alice.ui.closeComposers();
    await page.press("Open in Thunderbird");
    await until("a tab with the message", async () => {
      const kind = await alice.ui.frontTabKind();
      return kind === "mailMessageTab" || undefined;
    });
    await alice.addon.closeFrontTab();
    page = await ListsPage.open(alice.addon);
  });

  test("the list goes into Thunderbird's own address book, by name and address, and no second time", async () => {
    const isList = ({ address }: { readonly address: string }) => address === list.address;
    expect((await alice.ui.contacts()).filter(isList)).toEqual([]);
    for (let times = 0; times < 2; times += 1) {
      await page.press("Add to address book");
      // said anew after each press
      await page.waitFor("its word", ({ text }) => text.includes("Board is in your address book"));
      expect((await alice.ui.contacts()).filter(isList)).toEqual([{ name: "Board", address: list.address }]);
    }
  });

  test("by keys: the next one, the next unread one, marked as unread again", async () => {
    await page.search("");
    await page.waitFor("all of them", ({ rows }) => rows === MAILS);
    await page.key("Home");
    const first = await page.waitFor("the first", ({ letter }) => letter !== "");
    await page.key("ArrowDown");
    await page.waitFor("another", ({ letter }) => letter !== "" && letter !== first.letter);
    // the page knows that it is read: the key would mark it as read otherwise
    await page.waitFor("it is read", ({ text }) => text.includes("Mark as unread"));
    const before = (await page.shown()).lists[0];
    await page.key("m");
    await page.waitFor(
      "one more unread",
      ({ lists, text }) => text.includes("Mark as read") && lists[0] !== before,
    );
  });

  test("deleted here and elsewhere, it is gone; new mail is there", async () => {
    await page.search("small talk 44");
    await page.waitFor("the one", ({ rows }) => rows === 1);
    await page.choose("Small talk 44");
    await page.waitFor("its text", ({ letter }) => letter.includes("44th"));
    await page.press("Delete");
    await page.waitFor("it is gone", ({ rows }) => rows === 0);
    await page.search("");
    await page.waitFor("one less", ({ rows }) => rows === MAILS - 1);
    await alice.addon.inBackground(z.null(), DELETE_ELSEWHERE, "43@lists.example");
    await page.waitFor("two less", ({ rows }) => rows === MAILS - 2);
    world.dovecot.drop("alice", await copy(60, "It has just come", "News.", "Olga"));
    await alice.ui.getNewMail();
    await page.waitFor("the new one", ({ subjects }) => subjects.includes("It has just come"));
  });

  test("several are marked, and deleted together", async () => {
    await page.search("small talk 1");
    await page.waitFor("10 to 19, 21, 31 and 41", ({ rows }) => rows === 13);
    await page.key("Home");
    await page.key("ArrowDown", { shiftKey: true });
    await page.key("ArrowDown", { shiftKey: true });
    await page.waitFor("the number", ({ text }) => text.includes("Messages selected: 3"));
    await alice.picture(join(ALBUM, "3-several.png"));
    const before = (await page.shown()).unread;
    await page.press("Mark as read");
    await page.waitFor("they are read", ({ unread }) => unread < before);
    await page.press("Delete");
    await page.waitFor("they are gone", ({ rows, selected }) => rows === 10 && selected === 0);
    await page.key("a", { ctrlKey: true });
    await page.waitFor("all of them", ({ text }) => text.includes("Messages selected: 10"));
    await page.search("");
  });

  test("what Thunderbird's own list deletes or archives is gone from ours, or stays as what is archived", async () => {
    await page.search("small talk 25");
    await page.waitFor("the one", ({ rows }) => rows === 1);
    await alice.ui.commandOnMessage("25@lists.example", "cmd_delete");
    page = await ListsPage.open(alice.addon);
    await page.waitFor("it is gone", ({ rows }) => rows === 0);
    await page.search("small talk 26");
    await page.waitFor("the next one", ({ rows }) => rows === 1);
    await alice.ui.commandOnMessage("26@lists.example", "cmd_archive");
    await until(
      "the archive",
      async () => (await foldersOf("26@lists.example")).includes("Archive") || undefined,
    );
    page = await ListsPage.open(alice.addon);
    // while its row changes places it is gone for a moment
    await until("its row", () =>
      page.choose("Small talk 26").then(
        () => true,
        () => undefined,
      ),
    );
    await page.waitFor("its text, from the archive", ({ letter }) => letter.includes("26th"));
    await page.search("");
  });

  test("new mail is told of by its author and true subject", async () => {
    await page.chooseNotifications("subject");
    world.dovecot.drop("alice", await copy(61, "Told by a window", "News.", "Olga"));
    await alice.ui.getNewMail();
    const told = await until("the notification", async () => {
      const alerts = await alice.ui.shownAlerts();
      return alerts.find((one) => one.includes("Told by")) ?? undefined;
    });
    expect(told).toBe("Olga: Told by a window");
    await page.chooseNotifications("off");
  });

  test("archived, it goes where Thunderbird archives, and stays in the list", async () => {
    await page.search("small talk 42");
    await page.waitFor("the one", ({ rows }) => rows === 1);
    await page.choose("Small talk 42");
    await page.waitFor("its text", ({ letter }) => letter.includes("42th"));
    await page.press("Archive");
    await until(
      "the archive",
      async () => (await foldersOf("42@lists.example")).includes("Archive") || undefined,
    );
    await page.search("");
    await page.waitFor("all that are left", ({ rows }) => rows === LEFT);
  });

  test("nobody is hindered by it: axe, and room, also where the page is narrow", async () => {
    const surface = new Surface(alice.thunderbird.marionette, "tab");
    expect(await surface.complaints()).toEqual([]);
    await alice.ui.sizeWindow("mail:3pane", WIDTH, 1_000);
    await surface.zoom(WIDTH / 390);
    await page.waitFor("the narrow page", ({ rows }) => rows > 0);
    await surface.picture(join(ALBUM, "4-narrow.png"));
    expect(await surface.complaints()).toEqual([]);
    expect(await surface.cutOff()).toEqual([]);
    await page.choose("It has just come");
    await page.waitFor("its text", ({ letter }) => letter.includes("News."));
    await surface.picture(join(ALBUM, "4-narrow-reading.png"));
    expect(await surface.complaints()).toEqual([]);
    expect(await surface.cutOff()).toEqual([]);
    await surface.zoom(1);
  });

  test("locked while somebody searches: nothing is left on the page", async () => {
    await page.search("heron");
    await page.waitFor("the marker's", ({ rows }) => rows === 1);
    await page.choose(MATTERS[0].subject);
    await page.waitFor("its text", ({ letter }) => letter.includes(MARKER));
    const options = await OptionsPage.open(alice.addon);
    await options.showTab("keys");
    await options.press("Lock now");
    await options.close();
    page = await ListsPage.open(alice.addon);
    const shown = await page.waitFor("the lock", ({ isLocked }) => isLocked);
    expect([shown.rows, shown.letter]).toEqual([0, ""]);
    await page.unlock(PASSPHRASE);
    await page.search("");
    await page.waitFor("all of them again", ({ rows }) => rows === LEFT);
  });

  test("after a power cut everything is there again, as soon as the key is unlocked, in another language too", async () => {
    await alice.thunderbird.kill();
    alice = await Person.arrive(world, "alice", PREFERENCES, "ja");
    page = await ListsPage.open(alice.addon);
    await page.waitFor("the lock", ({ isLocked }) => isLocked);
    await page.unlock(PASSPHRASE);
    await page.waitFor("all of them", ({ rows }) => rows === LEFT);
    await page.search("大使館");
    await page.waitFor("the Japanese one", ({ subjects }) => subjects.join() === MATTERS[1].subject);
    await page.choose(MATTERS[1].subject);
    await page.waitFor("its text", ({ letter }) => letter.includes("来週の火曜日"));
    await alice.picture(join(ALBUM, "5-japanese.png"));
  });

  test("nothing of a mail is in clear in the profile", async () => {
    const { findings, files } = searchPaths([alice.thunderbird.profile], MARKER);
    expect(files).toBeGreaterThan(20);
    expect(findings).toEqual([]);
    for (const { subject } of MATTERS)
      expect(searchPaths([alice.thunderbird.profile], subject).findings).toEqual([]);
  });

  test("a list that is removed takes its index along", async () => {
    const options = await OptionsPage.open(alice.addon);
    await options.showTab("lists");
    expect(await alice.addon.inBackground(keptShape, KEPT)).toMatchObject({ keys: 1 });
    await options.click("このコンピューターから消す");
    await options.waitForText("消しますか");
    await options.press("このコンピューターから消す");
    await until("the index to be gone", async () => {
      const { keys, blocks } = await alice.addon.inBackground(keptShape, KEPT);
      return keys + blocks === 0 || undefined;
    });
    await options.close();
    page = await ListsPage.open(alice.addon);
    await page.waitFor("no list", ({ lists, rows }) => lists.length + rows === 0);
  });
});
