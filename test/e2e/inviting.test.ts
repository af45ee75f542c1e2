import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import PostalMime from "postal-mime";
import { z } from "zod";
import { OWNED_VERSION } from "../../src/extension/records/owned-list.js";
import { emptyStored } from "../../src/extension/records/stored.js";
import { INSTALL_PAGE } from "../../src/extension/ui/install-page.js";
import { attachmentsOf } from "../interop/copies.js";
import { keyRecord, MadeList, makePerson } from "../tour/made-list.js";
import { MembersPage } from "../tour/members-page.js";
import { Person } from "../tour/person.js";
import { Surface } from "../tour/surface.js";
import { type Language, wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { addressOf, fullNameOf, PEOPLE_DOMAIN, World } from "../world/world.js";

/** Pictures of every step, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/inviting", import.meta.url));

const HOW_MANY = 40;

/** As wide as a telephone, in a window that can't be that narrow: 980 pixels, 2.5 times as large. */
const WIDTH = 980;
const TO_390_PIXELS = WIDTH / 390;

/** Thunderbird's own question about the right to send is not what is tested here. */
const WITHOUT_QUESTION = {
  "extensions.webextOptionalPermissionPrompts": false,
  // Debian's Thunderbird compiles no JavaScript: axe takes ten times as long there, and finds the same
  "javascript.options.baselinejit": true,
};

/** Runs in the background page. */
const KEEP = `async (records) => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  await storage.local.set(records);
}`;

/** Runs in the page: how many mails' states say these words. */
const STATES = `(window, words) =>
  [...window.document.querySelectorAll(".invitations li")].filter((one) => one.textContent.includes(words)).length`;

const guests = Array.from({ length: HOW_MANY }, (_, number) => {
  const two = String(number + 1).padStart(2, "0");
  return { user: `guest${two}`, address: `guest${two}@${PEOPLE_DOMAIN}`, name: `Guest ${two}` };
});

describe.each<Language>(["en", "ja"])("forty people are invited, in %s", (language) => {
  const w = wordsOf(language);
  const album = join(ALBUM, language);
  let world: World;
  let alice: Person;
  let page: MembersPage;
  let surface: Surface;
  let codes: Readonly<Record<string, string>>;

  beforeAll(async () => {
    mkdirSync(album, { recursive: true });
    const [owner, bob] = await Promise.all([
      makePerson(addressOf("alice"), fullNameOf("alice")),
      makePerson(addressOf("bob"), fullNameOf("bob")),
    ]);
    const list = await MadeList.make("team@lists.example", "Team", [owner]);
    const [mine, record, owned] = await Promise.all([
      keyRecord(owner),
      list.record(owner),
      list.ownedRecord(owner, [bob]),
    ]);
    world = await World.start();
    alice = await Person.arrive(world, "alice", WITHOUT_QUESTION, language);
    await alice.ui.sizeWindow("mail:3pane", WIDTH, 900);
    await alice.addon.inBackground(z.null(), KEEP, {
      listseal: {
        ...emptyStored,
        lists: { [record.address]: { ...record, role: "owner" } },
        memberKeys: { [mine.fingerprint]: mine },
        backedUpAt: new Date().toISOString(),
      },
      "listseal-owned": { version: OWNED_VERSION, lists: { [owned.address]: owned } },
    });
    surface = new Surface(alice.thunderbird.marionette, "tab");
  });

  afterAll(() => world.stop());

  const look = async (name: string, selector: string): Promise<void> => {
    await page.scrollTo(selector);
    await alice.picture(join(album, `${name}.png`));
  };

  test("a pasted table is enough; who is a member is left out, and told", async () => {
    page = await MembersPage.open(alice.addon);
    const table = ["Name\tE-mail", ...guests.map(({ name, address }) => `${name}\t${address}`)];
    await page.fill({ addresses: [...table, `Bob\t${addressOf("bob")}`].join("\n") });
    await look("1-pasted", "#invite");
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    codes = await until("the codes", async () => {
      const shown = await page.codes();
      return Object.keys(shown).length === HOW_MANY ? shown : undefined;
    });
    expect(Object.keys(codes)).toEqual(guests.map(({ address }) => address));
    expect(new Set(Object.values(codes)).size).toBe(HOW_MANY);
    expect(await page.text()).toContain(w("invite_members_already", addressOf("bob")));
    await look("2-codes", "#codes");
  });

  test("the codes are there again when the page was closed, and are on no disk", async () => {
    await page.close();
    page = await MembersPage.open(alice.addon);
    await page.waitFor(w("invite_codes_title"));
    await until("the codes", async () => Object.keys(await page.codes()).length === HOW_MANY || undefined);
    expect(await page.codes()).toEqual(codes);
    const stored = await alice.addon.storage();
    for (const code of Object.values(codes)) expect(stored).not.toContain(code);
  });

  test("they are on one sheet, which shows in print alone", async () => {
    const sheet = "(window) => window.getComputedStyle(window.document.querySelector('.sheet')).display";
    expect(await surface.run(z.string(), sheet)).toBe("none");
    await surface.useMedium("print");
    expect(await surface.run(z.string(), sheet)).toBe("block");
    await surface.picture(join(album, "3-sheet.png"));
    await surface.useMedium("");
  });

  test("the mails go out in one step: each with its own file, with where the add-on is, and without any code", async () => {
    await page.press(w("invite_preview"));
    await page.waitFor(INSTALL_PAGE);
    await look("4-preview", "#codes");
    await page.press(w("invite_send_all", String(HOW_MANY)));
    await page.waitFor(w("invite_sent_all"));
    const sent = await until("the mails", () => {
      const found = guests.map(({ user }) => world.dovecot.mails(user, "INBOX"));
      return found.every((mails) => mails.length === 1) ? found.map(([mail]) => mail?.raw) : undefined;
    });
    const files = new Set<string>();
    for (const [number, raw] of sent.entries()) {
      const mail = raw ?? Buffer.alloc(0);
      const { subject, text = "" } = await PostalMime.parse(mail);
      const attachments = await attachmentsOf(mail);
      expect(subject).toBe(w("invite_mail_subject", fullNameOf("alice"), "Team"));
      // lines of plain text may be broken on their way
      const flat = (words: string) => words.replace(/\s+/g, "");
      expect(flat(text)).toContain(flat(w("invite_mail_text", fullNameOf("alice"), "Team", INSTALL_PAGE)));
      expect(attachments.map(({ name }) => name)).toEqual([`team-${guests[number]?.user}.listseal`]);
      files.add(attachments.map(({ bytes }) => Buffer.from(bytes).toString("base64")).join());
      for (const code of Object.values(codes)) expect(mail.includes(code)).toBe(false);
    }
    expect(files.size).toBe(HOW_MANY);
    await until("the states", async () => {
      const written = w("invitation_mailed", "").trim();
      return (await surface.run(z.number(), STATES, written)) === HOW_MANY || undefined;
    });
    await look("5-states", ".invitations");
  });

  test("a code that was told is gone, and the mail can be sent again", async () => {
    const [first] = guests;
    if (first === undefined) throw new Error("a guest is needed");
    await page.press(w("invite_told_named", first.address));
    await until("the code to go", async () => !(first.address in (await page.codes())) || undefined);
    await page.press(w("invitation_again_named", first.address));
    await page.waitFor(w("invitation_sent_again"));
    await until("the second mail", () => world.dovecot.mails(first.user, "INBOX").length === 2 || undefined);
  });

  test("everybody can use the page, on a telephone's width, too", async () => {
    expect(await surface.complaints()).toEqual([]);
    expect(await surface.cutOff()).toEqual([]);
    await surface.zoom(TO_390_PIXELS);
    expect(await surface.cutOff()).toEqual([]);
    await surface.picture(join(album, "6-390-pixels.png"));
    await surface.zoom(1);
    await page.close();
  });
});
