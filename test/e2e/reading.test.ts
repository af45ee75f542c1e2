import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { claimedList, post } from "../tour/claimed-list.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, type OwnedList, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";

/** Pictures of what a reader sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/reading", import.meta.url));

const [team] = LISTS;
if (team === undefined) throw new Error("a list is needed");

/** A picture of one red pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64",
);
const FORWARDED = "From: zoe@example.test\r\nSubject: The older plan\r\n\r\nIt was like this.\r\n";
const MARKER = "the heron on the seventh pile";

const copyShape = z.array(z.object({ subject: z.string(), folder: z.string() }));

/** Runs in the background page: the mails in the folder for copies. */
const COPIES = `async () => {
  const { accounts, folders, messages } = globalThis.messenger ?? globalThis.browser;
  const local = (await accounts.list(false)).find(({ type }) => type === "local");
  const found = [];
  const walk = async (id, path) => {
    for (const folder of await folders.getSubFolders(id, false)) {
      const here = path + "/" + folder.name;
      if (here.startsWith("/ListSeal")) {
        const page = await messages.list(folder.id);
        found.push(...page.messages.map(({ subject }) => ({ subject, folder: here })));
        await walk(folder.id, here);
      }
    }
  };
  await walk(local.rootFolder.id, "");
  return found;
}`;

/** What an opened mail offers beyond its text: pictures, forwarded mails, a readable file, readable copies by choice. */
describe("a reader in a real Thunderbird", () => {
  let world: World;
  let owner: Owner;
  let list: OwnedList;
  let bob: Person;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    await world.listServer.start();
    owner = await Owner.inWorld(world);
    [list, bob] = await Promise.all([
      claimedList(world, owner.key, team),
      Person.arrive(world, "bob", { "extensions.webextOptionalPermissionPrompts": false }),
    ]);
    await bob.join([await owner.invite(list, bob.address)]);
    await until("Bob's answer", async () => (await bob.ui.getNewMail()) >= 1 || undefined);
  });

  afterAll(async () => {
    await world.stop();
  });

  const letter = (subject: string) => ({
    subject,
    text: `Hello\r\n${MARKER}\r\n`,
    attachments: [
      { name: "red.png", type: "image/png", bytes: new Uint8Array(PIXEL) },
      { name: "older plan.eml", type: "message/rfc822", bytes: new TextEncoder().encode(FORWARDED) },
      { name: "meeting.ics", type: "text/calendar", bytes: new TextEncoder().encode("BEGIN:VCALENDAR\r\n") },
    ],
  });
  const newest = async (count: number, text: string) => {
    await bob.ui.waitForMails(count);
    await bob.ui.selectMessage("[team] encrypted message");
    return bob.ui.waitForView((view) => view.text.includes(text));
  };
  const copies = () => bob.addon.inBackground(copyShape, COPIES);

  test("a picture is looked at in place; other files are offered by name and kind", async () => {
    await post(world, owner.key, list, letter("First plan"));
    const view = await newest(2, "First plan");
    for (const name of ["red.png", "older plan.eml", "meeting.ics"]) expect(view.text).toContain(name);
    expect(view.images).toEqual([]);
    await bob.ui.clickInView("Show red.png");
    const shown = await bob.ui.waitForView(({ images }) => images.length === 1);
    expect(shown.images[0]?.bytes).toBe(PIXEL.toString("base64"));
    await bob.picture(join(ALBUM, "1-files.png"));
  });

  test("the mail itself is saved as a file that any mail program reads", async () => {
    await bob.ui.clickInView("Save a readable copy");
    const file = await until("the saved mail", () => bob.downloads().find((name) => name.endsWith(".eml")));
    const saved = readFileSync(file, "latin1");
    expect(file).toContain("First plan");
    expect(saved).toContain("Subject: First plan");
    // but for the field by which the add-on knows it again
    expect(saved.replace(/^X-ListSeal-Copy: .*$/m, "")).not.toMatch(/pgp|listseal/i);
    expect(searchPaths([file], MARKER).findings).not.toEqual([]);
  });

  test("no copy is kept unless it was chosen", async () => {
    expect(await copies()).toEqual([]);
  });

  test("once chosen, new mail is kept under its true subject before it is read, and never on the mail server", async () => {
    const page = await OptionsPage.open(bob.addon);
    await page.showTab("lists");
    await page.waitForText("Keep readable copies");
    await page.tick("Keep readable copies");
    await page.waitForText("Readable copies of this list’s messages are kept");
    await bob.picture(join(ALBUM, "2-choice.png"));
    await page.close();
    await post(world, owner.key, list, letter("Second plan"));
    await bob.ui.waitForMails(3);
    // those of before are filled in as well
    const kept = async () => (await copies()).filter(({ subject }) => subject === "Second plan");
    await until("the copy", async () => (await kept()).length > 0 || undefined);
    expect(await kept()).toEqual([{ subject: "Second plan", folder: "/ListSeal/Team" }]);
    expect(searchPaths([world.dovecot.store], MARKER).findings).toEqual([]);
    // reading it once more keeps no second copy
    await newest(3, "Second plan");
    expect(await kept()).toHaveLength(1);
  });
});
