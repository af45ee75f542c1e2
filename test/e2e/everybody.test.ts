import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { OWNED_VERSION } from "../../src/extension/records/owned-list.js";
import {
  KEEP_RECORDS,
  LOOKING_PREFERENCES,
  OPEN_ALL,
  OPEN_POPUP,
  PRESS_ALL,
  popups,
  STANDS_IN_THE_WAY,
} from "../tour/every-state.js";
import { MadeList, makePerson } from "../tour/made-list.js";
import { ADDON, Person } from "../tour/person.js";
import {
  allLocked,
  allOpen,
  busyLife,
  everyMail,
  invitationFor,
  type Kept,
  type MadeMail,
  type Scenery,
} from "../tour/scenery.js";
import { Surface } from "../tour/surface.js";
import { type Language, wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of every state in both languages, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/everybody", import.meta.url));

/** Two pages side by side on a small screen; at 200 % it has half of that. */
const WIDTH = 980;

/** Every page, popup and banner in one real Thunderbird, for people who can't see, use a mouse, or read small letters. */
describe("a Thunderbird for everybody", () => {
  let world: World;
  let alice: Person;
  let scenery: Scenery;
  let life: Kept;
  let mails: readonly MadeMail[];
  let page: Surface;
  let popup: Surface;
  let mail: Surface;

  beforeAll(async () => {
    const making = (async () => {
      const [owner, olive, bob] = await Promise.all([
        makePerson(addressOf("alice"), "Alice"),
        makePerson("olive@example.test", "Olive"),
        makePerson(addressOf("bob"), "Bob"),
      ]);
      const list = await MadeList.make("team@lists.example", "Team", [owner, olive]);
      scenery = { list, alice: owner, olive, bob };
      life = await busyLife(scenery);
    })();
    world = await World.start();
    alice = await Person.arrive(world, "alice", LOOKING_PREFERENCES);
    await making;
    const asked = z.object({ pending: z.array(z.object({ id: z.string() })) }).parse(life["requests"]);
    mails = await everyMail(scenery, asked.pending[1]?.id ?? "");
    for (const { raw } of mails) world.dovecot.drop("alice", Buffer.from(raw));
    await alice.ui.sizeWindow("mail:3pane", WIDTH, 900);
    const { marionette } = alice.thunderbird;
    page = new Surface(marionette, "tab");
    popup = new Surface(marionette, "popup");
    mail = new Surface(marionette, "mail");
  });

  afterAll(async () => {
    await world.stop();
  });

  // where a test has failed in the middle
  afterEach(async () => {
    await alice.addon.closeFrontTab();
    await alice.ui.closeComposers();
  });

  const keep = (records: Kept, session: Kept = {}) =>
    alice.addon.inBackground(z.null(), KEEP_RECORDS, records, session);

  describe.each<Language>(["en", "ja"])("in %s", (language) => {
    const w = wordsOf(language);
    const album = join(ALBUM, language);

    beforeAll(async () => {
      mkdirSync(album, { recursive: true });
      await alice.ui.useLanguage(language);
      await alice.thunderbird.installAddon(ADDON);
    });

    /** Looks at what is there in every way, and gives everything that is wrong. */
    async function wrong(surface: Surface, name: string): Promise<readonly string[]> {
      const found: string[] = [];
      const note = (how: string, all: readonly string[]) =>
        found.push(...all.map((one) => `${name}, ${how}: ${one}`));
      note("light", await surface.complaints());
      note("light", await surface.cutOff());
      await surface.picture(join(album, `${name}-light.png`));
      await surface.useScheme("dark");
      note("dark", await surface.complaints("colours"));
      await surface.picture(join(album, `${name}-dark.png`));
      await surface.useScheme("none");
      await surface.forceColours(true);
      note("forced colours", await surface.withoutEdges());
      if (language === "en") await surface.picture(join(album, `${name}-forced.png`));
      await surface.forceColours(false);
      note("keys", await surface.beyondKeys());
      await surface.direction("rtl");
      note("right to left", await surface.cutOff());
      if (language === "ja") await surface.picture(join(album, `${name}-rtl.png`));
      await surface.zoom(2);
      note("200 %, right to left", await surface.cutOff());
      await surface.direction("ltr");
      note("200 %", await surface.cutOff());
      if (language === "en") await surface.picture(join(album, `${name}-large.png`));
      await surface.zoom(1);
      return found;
    }

    const press = (selector: string) => page.run(z.null(), PRESS_ALL, selector);
    const has = (selector: string) =>
      until(`${selector} on the page`, async () =>
        (await page.run(
          z.boolean(),
          "(window, selector) => window.document.querySelector(selector) !== null",
          selector,
        ))
          ? true
          : undefined,
      );
    const says = (words: string) =>
      until(
        `"${words}" on the page`,
        async () =>
          (await page.run(z.string(), "(window) => window.document.body.innerText")).includes(words) ||
          undefined,
      );
    async function tab(name: string, ready = "#panel > *"): Promise<void> {
      await press(`#tab-${name}`);
      await has(ready);
    }

    test("the settings of somebody to whom everything happens at once", async () => {
      await keep(life);
      await alice.addon.openOptions();
      await has(".cards .card");
      const found = [...(await wrong(page, "lists"))];
      await press("details > summary");
      await press(".card .danger:not(.held .danger)");
      found.push(...(await wrong(page, "lists-open")));
      await tab("keys", ".cards .card");
      found.push(...(await wrong(page, "keys")));
      await press(".card [aria-expanded]:not(.danger)");
      found.push(...(await wrong(page, "keys-open")));
      await press(".card [aria-expanded].danger");
      found.push(...(await wrong(page, "keys-revoke")));
      await tab("members", ".people");
      await press("details > summary");
      await press(".people .danger");
      found.push(...(await wrong(page, "members")));
      await press("[aria-labelledby=server-move] .primary");
      found.push(...(await wrong(page, "members-server")));
      await tab("backup", "form");
      found.push(...(await wrong(page, "backup")));
      await tab("privacy", "#questions");
      found.push(...(await wrong(page, "privacy")));
      await tab("about");
      found.push(...(await wrong(page, "about")));
      await alice.addon.closeFrontTab();
      expect(found).toEqual([]);
    });

    test("the first page, the practice list, and what is damaged", async () => {
      await keep({});
      await alice.addon.openOptions();
      await has("#welcome");
      const found = [...(await wrong(page, "welcome"))];
      await press("[aria-expanded]");
      await press("form:has([name=practice]) button");
      await has(".next ol");
      found.push(...(await wrong(page, "practice")));
      await tab("members", "[name=card]");
      found.push(...(await wrong(page, "members-none")));
      await alice.addon.closeFrontTab();
      await keep({ listseal: { version: 2, lists: "?" } });
      await alice.addon.openOptions();
      await has("#trouble");
      await press(".danger");
      found.push(...(await wrong(page, "trouble")));
      await alice.addon.inBackground(
        z.null(),
        `async () => navigator.locks.request("listseal-page-options", { steal: true }, async () => null)`,
      );
      await says(w("other_window"));
      found.push(...(await wrong(page, "other-window")));
      await alice.addon.closeFrontTab();
      expect(found).toEqual([]);
    });

    test("joining by keys alone, from the code to the request that leaves", async () => {
      const { name, file, code } = await invitationFor(scenery.list, scenery.olive, scenery.alice);
      await keep({}, { offered: { name, file } });
      await alice.addon.openOptions();
      await says(w("import_have", name));
      const found = [...(await wrong(page, "join-code"))];
      await page.goAndPress(w("import_code"), ...code.replaceAll("-", ""), "Enter");
      await has("input[name=address]");
      found.push(...(await wrong(page, "join-compare")));
      await page.goAndPress(w("join_button"), "Enter");
      await says(w("joining_title"));
      await says(w("joining_text"));
      found.push(...(await wrong(page, "join-waiting")));
      await alice.addon.closeFrontTab();
      expect(found).toEqual([]);
    });

    test("removing a member by keys alone", async () => {
      const owned = await scenery.list.ownedRecord(scenery.alice, [scenery.olive, scenery.bob]);
      await keep({
        ...life,
        requests: { version: 1, pending: [], answered: [], reported: [] },
        "listseal-owned": { version: OWNED_VERSION, lists: { [owned.address]: owned } },
      });
      await alice.addon.openOptions();
      await page.goAndPress(w("options_lists"), "ArrowRight");
      await has(".people");
      await page.goAndPress(w("people_remove_named", "Bob"), "Enter");
      await says(w("people_remove_question", "Bob"));
      await page.goAndPress(w("people_remove_now"), "Enter");
      await says(w("what_remove", scenery.bob.address));
      await alice.addon.closeFrontTab();
    });

    test("every question of the compose window", async () => {
      await keep(life);
      await alice.ui.compose({ to: scenery.list.address, subject: "hello", html: "<p>hello</p>" });
      await until("the button to be on", async () =>
        (await alice.ui.composeActionState(alice.addon.id)).label === w("compose_on_for", "Team")
          ? true
          : undefined,
      );
      const found: string[] = [];
      for (const [name, state] of Object.entries(popups)) {
        await alice.addon.inBackground(z.null(), OPEN_POPUP, state);
        await alice.addon.popupText();
        const first = name === "locked" ? "input" : name === "nothing" ? "body" : "button.primary";
        // the keyboard goes there once the popup has its size
        const hasIt = until(`the keyboard in popup-${name}`, async () =>
          (await popup.hasKeyboardOn(first)) ? true : undefined,
        );
        await hasIt.catch(() => found.push(`popup-${name}: opens without the keyboard`));
        found.push(...(await wrong(popup, `popup-${name}`)));
        await popup.closePopup();
      }
      expect(found).toEqual([]);
      // the safe answer has the keyboard: one key gives it
      await alice.addon.inBackground(z.null(), OPEN_POPUP, popups["not-sent"]);
      await alice.addon.popupText();
      await popup.goAndPress(w("popup_back"), "Enter");
      await until("nothing to stand in the way", async () =>
        (await alice.addon.inBackground(z.boolean(), STANDS_IN_THE_WAY)) ? undefined : true,
      );
      await alice.ui.closeComposers();
    });

    test("every kind of mail", async () => {
      await keep(allOpen(life));
      await alice.ui.waitForMails(mails.length);
      const found: string[] = [];
      const look = async (name: string, of: string, kind: string) => {
        await alice.ui.selectMessage(`state ${of}`);
        await alice.ui.waitForView((view) => view.kind === kind);
        await mail.run(z.null(), OPEN_ALL);
        found.push(...(await wrong(mail, `mail-${name}`)));
      };
      for (const { name, kind } of mails) await look(name, name, kind);
      // opened ones are in memory; this one can't have been
      await keep(allLocked(life));
      await look("locked", "not-for-me", "locked");
      expect(found).toEqual([]);
    });
  });
});
