import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import {
  KEEP_RECORDS,
  LOOKING_PREFERENCES,
  OPEN_ALL,
  OPEN_POPUP,
  PRESS_ALL,
  popups,
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
import { englishAmong, type Language, wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";

/**
 * The add-on in German, French and Spanish, in one real Thunderbird: longer words than English ones find their room, also on a
 * telephone's width, and nothing was left in English. What people need who can't see or use a mouse is looked at in everybody.test.ts.
 */
const ALBUM = fileURLToPath(new URL("../../out/languages", import.meta.url));

const WIDTH = 980;
const TO_390_PIXELS = WIDTH / 390;

test("what was left in English is found, and what a language says itself is not", () => {
  const texts = [
    "Leave list",
    "Liste verlassen",
    "Members (3)",
    "Alice",
    "Details",
    "came through the list",
    "OK",
  ];
  expect(englishAmong(texts, "de")).toEqual(["Leave list", "Members (3)", "came through the list"]);
});

describe("a Thunderbird in other languages", () => {
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

  describe.each<Language>(["de", "fr", "es"])("in %s", (language) => {
    const w = wordsOf(language);
    const album = join(ALBUM, language);

    beforeAll(async () => {
      mkdirSync(album, { recursive: true });
      await alice.ui.useLanguage(language);
      await alice.thunderbird.installAddon(ADDON);
    });

    /** Everything that is cut off or English. A popup has the width that it wants. */
    async function wrong(surface: Surface, name: string): Promise<readonly string[]> {
      const found: string[] = [];
      const note = (how: string, all: readonly string[]) =>
        found.push(...all.map((one) => `${name}, ${how}: ${one}`));
      note("English", englishAmong(await surface.texts(), language));
      note("cut off", await surface.cutOff());
      await surface.picture(join(album, `${name}.png`));
      if (surface.place === "popup") return found;
      await surface.zoom(TO_390_PIXELS);
      note("390 pixels", await surface.cutOff());
      note("390 pixels", await surface.squeezed());
      await surface.picture(join(album, `${name}-390.png`));
      await surface.zoom(1);
      return found;
    }

    const press = (selector: string) => page.run(z.null(), PRESS_ALL, selector);
    const has = (selector: string) =>
      until(
        `${selector} on the page`,
        async () =>
          (await page.run(
            z.boolean(),
            "(window, selector) => window.document.querySelector(selector) !== null",
            selector,
          )) || undefined,
      );
    const says = (words: string) =>
      until(
        `"${words}" on the page`,
        async () =>
          (await page.run(z.string(), "(window) => window.document.body.innerText")).includes(words) ||
          undefined,
      );

    test("the settings of somebody to whom everything happens at once", async () => {
      await keep(life);
      await alice.addon.openOptions();
      await has(".cards .card");
      await press("details > summary");
      const found = [...(await wrong(page, "lists"))];
      for (const [tab, ready, opened] of [
        ["keys", ".cards .card", ".card [aria-expanded]:not(.danger)"],
        ["members", ".people", "details > summary"],
        ["backup", "form", undefined],
        ["privacy", "#questions", undefined],
        ["about", "#panel > *", undefined],
      ] as const) {
        await press(`#tab-${tab}`);
        await has(ready);
        if (opened !== undefined) await press(opened);
        found.push(...(await wrong(page, tab)));
      }
      await alice.addon.closeFrontTab();
      expect(found).toEqual([]);
    });

    test("the first page, and joining, from the code to the request that leaves", async () => {
      await keep({});
      await alice.addon.openOptions();
      await has("#welcome");
      const found = [...(await wrong(page, "welcome"))];
      await alice.addon.closeFrontTab();
      const { name, file, code } = await invitationFor(scenery.list, scenery.olive, scenery.alice);
      await keep({}, { offered: { name, file } });
      await alice.addon.openOptions();
      await says(w("import_have", name));
      found.push(...(await wrong(page, "join-code")));
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
        found.push(...(await wrong(popup, `popup-${name}`)));
        await popup.closePopup();
      }
      await alice.ui.closeComposers();
      expect(found).toEqual([]);
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
      await keep(allLocked(life));
      await look("locked", "not-for-me", "locked");
      expect(found).toEqual([]);
    });
  });
});
