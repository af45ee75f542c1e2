import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored } from "../../src/extension/records/stored.js";
import { ListsPage } from "../tour/lists-page.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { ADDON, Person } from "../tour/person.js";
import { searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";

const PREFERENCES = {
  "extensions.webextOptionalPermissionPrompts": false,
  // as an add-on that is installed for good keeps what it has over a restart
  "extensions.webextensions.keepStorageOnUninstall": true,
};
/** So many that the build is not over before it is looked at. */
const MAILS = 200;
/** Pictures of the page, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/lists-space", import.meta.url));
const MARKER = "a kingfisher over the weir";

/** Runs in the background page: answers the newest readable copy, as Thunderbird's button does. */
const ANSWER_COPY = `async () => {
  const { compose, folders, messages } = globalThis.messenger ?? globalThis.browser;
  const [{ id }] = await folders.query({ name: "Board" });
  const page = await messages.query({ folderId: id });
  await compose.beginReply(page.messages[0].id);
}`;
/** Runs in the background page: how many readable copies there are. */
const COUNT = `async () => {
  const { folders } = globalThis.messenger ?? globalThis.browser;
  const [folder] = await folders.query({ name: "Board" });
  return folder === undefined ? 0 : (await folders.getFolderInfo(folder.id)).totalMessageCount;
}`;
/** Runs in the background page: the subjects of the folder of readable copies, and whether each is read. */
const COPIES = `async () => {
  const { accounts, folders, messages } = globalThis.messenger ?? globalThis.browser;
  const all = await folders.query({ name: "Board" });
  const copies = [];
  for (const { id } of all) {
    let page = await messages.query({ folderId: id });
    for (;;) {
      copies.push(...page.messages.map(({ subject, read }) => ({ subject, read })));
      if (!page.id) break;
      page = await messages.continueList(page.id);
    }
  }
  return copies;
}`;
const copiesShape = z.array(z.object({ subject: z.string(), read: z.boolean() }));

/** The first build of an index in a real Thunderbird: ended in the middle, and gone on with; and what is built on it. */
describe("the first build of the index, in a real Thunderbird", () => {
  let world: World;
  let alice: Person;
  let page: ListsPage;
  let list: MadeList;
  let reader: MadePerson;

  beforeAll(async () => {
    world = await World.start();
    const olga = await makePerson("olga@example.test", "Olga");
    reader = await makePerson(addressOf("alice"), "Alice");
    list = await MadeList.make("board@lists.example", "Board", [olga]);
    for (let number = 0; number < MAILS; number += 1) {
      const text = number === 0 ? MARKER : `Nothing much, the ${number}th time.`;
      const parts = { subject: `Small talk ${number}`, text, messageId: `<${number}@lists.example>` };
      world.dovecot.drop("alice", await list.copyFor(reader, olga, parts));
    }
    alice = await Person.arrive(world, "alice", PREFERENCES);
    const key = await keyRecord(reader);
    await alice.addon.setStorage("listseal", {
      ...emptyStored,
      lists: { [list.address]: await list.record(reader) },
      memberKeys: { [key.fingerprint]: key },
      backedUpAt: new Date().toISOString(),
    });
    await alice.ui.waitForMails(MAILS);
  });

  afterAll(async () => {
    await world.stop();
  });

  const copiesNow = () => alice.addon.inBackground(copiesShape, COPIES);

  test("after a power cut in the middle of it, it goes on where it was", async () => {
    page = await ListsPage.open(alice.addon);
    const before = await page.waitFor("the first mails", ({ rows }) => rows > 0);
    expect(before.rows).toBeLessThan(MAILS);
    await alice.thunderbird.kill();
    alice = await Person.arrive(world, "alice", PREFERENCES);
    page = await ListsPage.open(alice.addon);
    const after = await page.waitFor("what was there", ({ rows }) => rows > 0);
    // as many as were there, before any was opened again
    expect(after.rows).toBeGreaterThanOrEqual(before.rows);
    await page.waitFor("all of them", ({ rows }) => rows === MAILS);
    await page.search("kingfisher");
    await page.waitFor("the one", ({ subjects }) => subjects.join() === "Small talk 0");
    await page.search("");
  });

  test("readable copies, once they are chosen, are there of all mails, unread as these are", async () => {
    await page.choose("Small talk 1");
    await page.waitFor("it is read", ({ letter, unread }) => letter.includes("time") && unread > 0);
    const { letter } = await page.shown();
    const read = `Small talk ${/the (\d+)th/.exec(letter)?.[1]}`;
    await page.clickCopies();
    // QUIRK: Thunderbird 153 may never end a query of a folder that grows meanwhile
    await until(
      "all copies",
      async () => (await alice.addon.inBackground(z.number(), COUNT)) >= MAILS || undefined,
    );
    const copies = await copiesNow();
    expect(copies).toHaveLength(MAILS);
    expect(copies.filter((copy) => copy.read).map(({ subject }) => subject)).toEqual([read]);
    // this is their price
    expect(searchPaths([alice.thunderbird.profile], MARKER).findings).not.toEqual([]);
  });

  test("what is read later is read in its copy too", async () => {
    await page.key("n");
    await until(
      "another copy to be read",
      async () => (await copiesNow()).filter((copy) => copy.read).length === 2 || undefined,
    );
  });

  test("an answer to a copy goes to the list", async () => {
    await alice.addon.inBackground(z.null(), ANSWER_COPY);
    const composer = await until("the answer", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state !== undefined && state.to.length > 0 ? state : undefined;
    });
    expect(composer.to.join()).toContain("board@lists.example");
    await alice.ui.closeComposers();
  });
});

/** A person who installs it for good, and not to try it. */
describe("after the installation, in a real Thunderbird", () => {
  let world: World;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
  });

  afterAll(async () => {
    await world.stop();
  });

  test("the page of lists opens by itself and says where to begin, and by its keys", async () => {
    const xpi = join(world.folder, "listseal.xpi");
    execFileSync("zip", ["-qr", xpi, "."], { cwd: ADDON });
    const thunderbird = await world.openThunderbird("bob");
    const addon = new InstalledAddon(thunderbird, await thunderbird.marionette.installAddon(xpi, "for-good"));
    const inFront = () =>
      until("the page of lists", async () => {
        const text = await addon
          .inFrontTab(z.string(), "(window) => window.location.href + window.document.body.innerText")
          .catch(() => "");
        return text.includes("/space/space.html") && text.includes("Get started") ? text : undefined;
      });
    expect(await inFront()).toContain("What would you like to do?");
    await addon.ui.sizeWindow("mail:3pane", 1280, 900);
    await addon.ui.picture("mail:3pane", join(ALBUM, "6-first.png"));
    await addon.closeFrontTab();
    await addon.ui.openFolder("INBOX");
    await addon.ui.pressShortcut("E");
    await inFront();
  });
});
