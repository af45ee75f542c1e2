import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { privateSubject } from "../../src/mail/fixed-texts.js";
import { armorSealingKey, generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { ListsPage } from "../tour/lists-page.js";
import { type JoinedList, joinByMail, openMail, reads, writeTo } from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { LISTS, listAddress } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { Surface } from "../tour/surface.js";
import { wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";

/** Pictures of what people see, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/what-a-list-says", import.meta.url));

const [plan] = LISTS;
if (plan === undefined) throw new Error("a list is needed");
const list: JoinedList = { address: listAddress(plan), slug: plan.slug, name: plan.name };

const WITHOUT_QUESTION = { "extensions.webextOptionalPermissionPrompts": false };
/** Refused by the relay at once: Dovecot has a mailbox for whatever address at the people's own domain. */
const GONE = "carol@gone.example";
/** As wide as a telephone, in CSS pixels. */
const PHONE = 390;

const FILL = `(window, text) => {
  const area = window.document.querySelector("textarea");
  if (!area) throw new Error("there is no field: " + window.document.body.innerText);
  area.value = text;
}`;
const SUBMIT = `(window) => {
  const handle = window.windowUtils.setHandlingUserInput(true);
  try {
    window.document.querySelector("button[type=submit]").click();
  } finally {
    handle.destruct();
  }
}`;
const TEXT = "(window) => window.location.href + ' ' + window.document.body.innerText";

/** Alice owns the list; Bob is a member, and so is Carol, whose mailbox is gone. */
describe.each(["en", "ja"] as const)("what a list can say, in %s", (language) => {
  const w = wordsOf(language);
  let world: World;
  let alice: Person;
  let bob: Person;
  const album = (name: string) => join(ALBUM, language, `${name}.png`);
  const words = language === "en" ? "Who comes to the lake?" : "湖に来るのは誰ですか";
  const answer = language === "en" ? "I do, but keep it to yourself." : "行きます。ほかの人には内緒です。";

  beforeAll(async () => {
    mkdirSync(join(ALBUM, language), { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    const { stdout } = await world.listServer.createList(list.address, list.name, {
      ...{ mode: "key", profile: "compatible", delivery: "resealed" },
    });
    const card = readFileSync(/^server card\s+(.+)$/m.exec(stdout)?.[1] ?? "");
    await world.listServer.start();
    alice = await Person.arrive(world, "alice", WITHOUT_QUESTION, language);
    bob = await Person.arrive(world, "bob", WITHOUT_QUESTION, language);
    const page = await MembersPage.open(alice.addon);
    await page.giveFile("card", "team-server.listseal", card);
    await page.press(w("found_open"));
    await page.waitFor(w("found_compare"));
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press(w("found_claim"));
    await page.waitFor(w("people_title", "1"));
    await page.fill({ addresses: `Bob <${bob.address}>` });
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    const codes = await page.codes();
    await page.press(w("invite_mail_named", bob.address));
    await until("the compose window", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state?.attachments.length === 1 ? state : undefined;
    });
    await expect(alice.ui.send()).resolves.toBe("closed");
    await joinByMail(bob, list, codes[bob.address] ?? "", w);
    await page.waitFor(w("people_title", "2"));
    await page.close();
    const carol = await generateMemberKey({ name: "Carol", address: GONE, profile: "compatible" });
    const file = join(world.folder, "carol.asc");
    writeFileSync(file, armorSealingKey(sealingHalf(carol)));
    await world.listServer.addMember(list.address, GONE, "Carol", file);
  });

  afterAll(() => world.stop());

  const surface = () => new Surface(alice.thunderbird.marionette, "tab");
  const pageWidth = () => surface().run(z.number(), "(window) => window.innerWidth");
  const frontTab = (accept: (text: string) => boolean) =>
    until("the page in front", async () => {
      const text = await alice.addon.inFrontTab(z.string(), TEXT).catch(() => "");
      return accept(text) ? text : undefined;
    });

  test("the author asks who got it, and is told at the message itself", async () => {
    await writeTo(bob, list, words, w);
    await reads(bob, list, words);
    // an answer of before would say, truly, that nothing has failed yet
    await until(
      "the relay's word about Carol",
      () => readFileSync(world.listServer.logFile, "utf8").includes('"msg":"copy-refused"') || undefined,
    );
    await bob.ui.clickInView(w("delivery_ask"));
    await bob.ui.waitForView(({ text }) => text.includes(w("delivery_asked")));
    await bob.picture(album("1-asked"));
    await until("the server's answer", async () => {
      await bob.ui.getNewMail();
      const { text } = await bob.ui.waitForView(() => true);
      return text.includes(w("delivery_missing", "1", "2")) || undefined;
    });
    const told = await reads(bob, list, words);
    expect(told.text).toContain(w("delivery_failed", "1"));
    expect(told.text).not.toContain("Carol");
    await bob.picture(album("2-told"));
    const lists = await ListsPage.open(bob.addon);
    await lists.waitFor("the mark of the row", ({ undelivered }) =>
      undelivered.includes(w("delivery_missing", "1", "2")),
    );
    await bob.picture(album("2-in-the-list"));
    await bob.addon.closeFrontTab();
  });

  test("its reader sees nothing of that, and answers its author alone", async () => {
    const read = await reads(alice, list, words);
    for (const key of ["delivery_ask", "delivery_asked", "delivery_ask_again"] as const)
      expect(read.text).not.toContain(w(key));
    await alice.ui.clickInView(w("details"));
    await alice.picture(album("3-details"));
    await alice.ui.clickInView(w("reply_alone", bob.fullName));
    await frontTab((text) => text.includes("private-answer.html") && text.includes(w("alone_send")));
    await alice.addon.inFrontTab(z.unknown(), FILL, answer);
    await alice.picture(album("4-alone"));
    expect(await surface().complaints()).toEqual([]);
    // no window can be that narrow
    await surface().zoom((await pageWidth()) / PHONE);
    // the zoom is rounded
    await until("a narrow page", async () => (await pageWidth()) <= PHONE + 1 || undefined);
    await surface().picture(album("5-alone-narrow"));
    expect(await surface().complaints()).toEqual([]);
    expect(await surface().cutOff()).toEqual([]);
    await surface().zoom(1);
    await alice.addon.inFrontTab(z.unknown(), SUBMIT);
    await frontTab((text) => text.includes(w("alone_sent", bob.fullName)));
    await alice.picture(album("6-sent"));

    await openMail(bob, privateSubject());
    const shown = await bob.ui.waitForView(({ kind }) => kind === "private");
    expect(shown.text).toContain(answer);
    expect(shown.text).toContain(w("private_to_you", `${alice.fullName} <${alice.address}>`));
    await bob.picture(album("7-private"));
    const [mail, ...more] = world.dovecot
      .mails("bob", "INBOX")
      .filter(({ raw }) => raw.includes(privateSubject()));
    expect(more).toEqual([]);
    for (const secret of [answer, words, list.address]) expect(mail?.raw.toString()).not.toContain(secret);
    expect(world.dovecot.mails("alice", "INBOX").filter(({ raw }) => raw.includes(privateSubject()))).toEqual(
      [],
    );
  });

  test("Thunderbird's own Reply quotes nothing of it", async () => {
    const shown = await bob.ui.displayed();
    expect(shown.view?.kind).toBe("private");
    await bob.ui.reply();
    // what would be quoted is in the window by then, and was taken out
    await until("the word that nothing was quoted", async () => {
      const { title } = await bob.ui.composeActionState(bob.addon.id);
      return title.includes(w("notice_quote_left_out_title")) || undefined;
    });
    expect((await bob.ui.composerState()).html).not.toContain(answer);
    await bob.ui.closeComposers();
  });
});
