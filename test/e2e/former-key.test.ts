import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { requestTypes } from "../../src/mail/part-types.js";
import { type JoinedList, joinByMail, openMail, reads, sealedMails, writeTo } from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { LISTS, listAddress } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";

/** Pictures of what Bob sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/former-key", import.meta.url));

const [plan] = LISTS;
if (plan === undefined) throw new Error("a list is needed");
const list: JoinedList = { address: listAddress(plan), slug: plan.slug, name: plan.name };

const WITHOUT_QUESTION = { "extensions.webextOptionalPermissionPrompts": false };
/** Mail is fetched when the test says so, and not a moment before. */
const WITHOUT_IDLE = { "mail.server.server1.use_idle": false };

/** Alice owns the list and makes a new list key, which nothing has brought to Bob yet. */
describe("a post under a list key that is no longer used", () => {
  const w = wordsOf("en");
  let world: World;
  let alice: Person;
  let bob: Person;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    const { stdout } = await world.listServer.createList(list.address, list.name, {
      ...{ mode: "key", profile: "compatible", delivery: "resealed" },
    });
    const card = readFileSync(/^server card\s+(.+)$/m.exec(stdout)?.[1] ?? "");
    await world.listServer.start();
    alice = await Person.arrive(world, "alice", WITHOUT_QUESTION);
    bob = await Person.arrive(world, "bob", { ...WITHOUT_QUESTION, ...WITHOUT_IDLE });

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
  });

  afterAll(() => world.stop());

  const inboxOfBob = (words: string) =>
    world.dovecot.mails("bob", "INBOX").filter(({ raw }) => raw.includes(words));

  test("arrives at the list without a press and without a bounce", async () => {
    const page = await MembersPage.open(alice.addon);
    await page.press(w("new_key_button"));
    await page.waitFor(w("new_key_question", "1"));
    await page.press(w("new_key_now"));
    await page.waitFor(w("notice_confirmed", "0", "1"));
    await page.close();
    // nothing has been posted under it that would bring it to him
    expect(inboxOfBob(requestTypes.notice)).toEqual([]);
    const before = sealedMails(world, "alice", list).length;

    await writeTo(bob, list, "Under the key of before", w);
    await until("the server's answer", () =>
      inboxOfBob("your message used an old list key").length > 0 ? true : undefined,
    );
    expect(sealedMails(world, "alice", list)).toHaveLength(before);
    await bob.ui.getNewMail();
    // from here on everybody only fetches their mail: the key comes with the answer, and his add-on sends
    await until("the post at Alice's", async () => {
      await alice.ui.getNewMail();
      await bob.ui.getNewMail();
      return sealedMails(world, "alice", list).length > before || undefined;
    });
    await reads(alice, list, "Under the key of before");

    await openMail(bob, "your message used an old list key");
    const shown = await bob.ui.waitForView(({ kind }) => kind === "arrived");
    expect(shown.text).toContain(w("arrived_post_sent"));
    await bob.picture(join(ALBUM, "answer.png"));
    // and looked at once more it is not sent again
    await reads(bob, list, "Under the key of before");
    expect(sealedMails(world, "alice", list)).toHaveLength(before + 1);
    expect(inboxOfBob("Undelivered")).toEqual([]);
    expect(inboxOfBob("was not accepted")).toEqual([]);
    // what Bob writes from now on is under the key of today
    await writeTo(bob, list, "Under the key of today", w);
    await reads(alice, list, "Under the key of today");
    expect(inboxOfBob("your message used an old list key")).toHaveLength(1);
  });
});
