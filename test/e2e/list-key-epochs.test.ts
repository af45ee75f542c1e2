import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { GATHER_MS } from "../../src/extension/owner/epoch-state.js";
import { OWNED_KEY } from "../../src/extension/records/has-owned-lists.js";
import { type Owned, readOwned } from "../../src/extension/records/owned-list.js";
import { recordInBlocks } from "../../src/extension/records/record-in-blocks.js";
import { requestTypes, ridingType } from "../../src/mail/part-types.js";
import { local } from "../extension/fake-host.js";
import { type JoinedList, joinByMail, reads, sealedMails, writeTo } from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { LISTS, listAddress } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { World } from "../world/world.js";

/** Pictures of the owner's page, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/list-key-epochs", import.meta.url));

const [plan] = LISTS;
if (plan === undefined) throw new Error("a list is needed");
const list: JoinedList = { address: listAddress(plan), slug: plan.slug, name: plan.name };

const WITHOUT_QUESTION = { "extensions.webextOptionalPermissionPrompts": false };
/** Mail is fetched when the test says so, and not a moment before. */
const WITHOUT_IDLE = { "mail.server.server1.use_idle": false };

/** Members that the owner's log has besides: enough for four parts of a notice. */
const CROWD = 10_000;

/** Runs in the background page: the log of the list's owner gets so many more members, with the certificate of one who is there. */
const ADD_CROWD = `async (key, address, count) => {
  const { storage } = globalThis.messenger ?? globalThis.browser;
  const owned = (await storage.local.get(key))[key];
  for (const { history } of Object.values(owned.lists)) {
    for (let number = 0; number < count; number += 1) {
      const fingerprint = number.toString(16).padStart(40, "0");
      history.members["crowd" + number + "@people.example"] = { ...history.members[address], fingerprint };
    }
  }
  await storage.local.set({ [key]: owned });
  return null;
}`;

/** What somebody's add-on keeps of the lists that they own, read as the add-on reads it: the tables of large lists lie in blocks. */
async function ownedIn(storage: string): Promise<Owned> {
  const all = z.record(z.string(), z.unknown()).parse(JSON.parse(storage));
  const before = local.exchange(new Map(Object.entries(all)));
  try {
    return await recordInBlocks(OWNED_KEY, readOwned).load();
  } finally {
    local.exchange(before);
  }
}

const stored = z.looseObject({
  listseal: z.looseObject({
    lists: z.record(z.string(), z.looseObject({ listKeyFingerprint: z.string() })),
  }),
});

/** Alice owns the list; Eve goes. Nobody presses anything about keys. */
describe("a list that heals itself, in a real Thunderbird", () => {
  const w = wordsOf("en");
  let world: World;
  let alice: Person;
  let bob: Person;
  let eve: Person;

  /** Invites somebody, whose name as Alice writes it is `name`, and has them join by the mail that comes. */
  async function invites(page: MembersPage, guest: Person, name: string): Promise<void> {
    await page.fill({ addresses: `${name} <${guest.address}>` });
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    const codes = await page.codes();
    await page.press(w("invite_mail_named", guest.address));
    await until("the compose window", async () => {
      const state = await alice.ui.composerState().catch(() => undefined);
      return state?.attachments.length === 1 ? state : undefined;
    });
    await expect(alice.ui.send()).resolves.toBe("closed");
    await joinByMail(guest, list, codes[guest.address] ?? "", w);
  }

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
    eve = await Person.arrive(world, "eve", WITHOUT_QUESTION);

    const page = await MembersPage.open(alice.addon);
    await page.giveFile("card", "team-server.listseal", card);
    await page.press(w("found_open"));
    await page.waitFor(w("found_compare"));
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press(w("found_claim"));
    await page.waitFor(w("people_title", "1"));
    await invites(page, bob, "Bob");
    await page.waitFor(w("people_title", "2"));
    await invites(page, eve, "Eve");
    await page.waitFor(w("people_title", "3"));
    await page.close();
  });

  afterAll(() => world.stop());

  const keyOf = async (who: Person) =>
    stored.parse(JSON.parse(await who.addon.storage())).listseal.lists[list.address]?.listKeyFingerprint;
  const ownedBy = async (who: Person) => (await ownedIn(await who.addon.storage())).lists[list.address];
  const noticesTo = (who: "bob" | "eve") =>
    world.dovecot.mails(who, "INBOX").filter(({ raw }) => raw.includes(requestTypes.notice));

  /** As if time had passed at Alice's. @param change source that puts the date `then` into an `epoch` of hers */
  async function timePasses(change: string, ms: number): Promise<void> {
    await alice.addon.inBackground(
      z.null(),
      `async (key, ms) => {
        const { storage } = globalThis.messenger ?? globalThis.browser;
        const owned = (await storage.local.get(key))[key];
        const then = new Date(Date.now() - ms).toISOString();
        for (const { epoch } of Object.values(owned.lists)) { ${change} }
        await storage.local.set({ [key]: owned });
        return null;
      }`,
      OWNED_KEY,
      ms,
    );
  }
  /** The hour that a new list key waits for others. It is an error if none is due. */
  const anHourPasses = () => timePasses("epoch.due.since = then;", GATHER_MS);
  /** So long that a list key is replaced for its age. */
  const aSeasonPasses = () => timePasses("epoch.since = then;", 100 * 86_400_000);

  async function untilAnotherKey(before: string | undefined): Promise<void> {
    await until("another list key at Alice's", async () => {
      await alice.ui.getNewMail();
      return (await keyOf(alice)) !== before || undefined;
    });
  }

  test("Eve goes: the next post is under another key, everybody else reads it, and nobody had a mail because of it", async () => {
    const before = await keyOf(alice);
    const page = await MembersPage.open(alice.addon);
    await page.press(w("people_remove_named", "Eve"));
    await page.press(w("people_remove_now"));
    await page.waitFor(w("people_title", "2"));
    await page.waitFor(w("epoch_exposed", "1"));
    await page.scrollTo("#epoch");
    await alice.ui.picture("mail:3pane", join(ALBUM, "due.png"));
    await page.close();

    await anHourPasses();
    await writeTo(bob, list, "Within the hour", w);
    // she only reads her mail
    await reads(alice, list, "Within the hour");
    await untilAnotherKey(before);
    expect(await keyOf(bob)).toBe(before);
    const next = await keyOf(alice);

    await writeTo(alice, list, "After she has gone", w);
    await reads(bob, list, "After she has gone");
    expect(await keyOf(bob)).toBe(next);
    expect(sealedMails(world, "bob", list).filter((raw) => raw.includes(ridingType))).toHaveLength(1);
    expect(noticesTo("bob")).toEqual([]);

    await writeTo(bob, list, "And the answer", w);
    await reads(alice, list, "And the answer");
    // she has what came while she was a member, and nothing since
    expect(sealedMails(world, "eve", list)).toEqual([]);
    expect(noticesTo("eve")).toEqual([]);
  });

  test("Bob is away for two keys: what he writes under the one before arrives, and he reads everything", async () => {
    const before = await keyOf(bob);
    for (const words of ["While Bob is away", "A season later"]) {
      const former = await keyOf(alice);
      await aSeasonPasses();
      await writeTo(alice, list, words, w);
      await reads(alice, list, words);
      await untilAnotherKey(former);
    }
    await writeTo(alice, list, "Under the third key", w);
    await reads(alice, list, "Under the third key");
    expect(await keyOf(bob)).toBe(before);

    const sealed = sealedMails(world, "alice", list).length;
    // he has fetched nothing yet, and writes under the key that he knows
    await writeTo(bob, list, "Written before I had heard", w);
    await until("Bob's post at Alice's", async () => {
      await bob.ui.getNewMail();
      await alice.ui.getNewMail();
      return sealedMails(world, "alice", list).length > sealed || undefined;
    });
    await reads(alice, list, "Written before I had heard");
    for (const words of ["Under the third key", "A season later", "While Bob is away"])
      await reads(bob, list, words);
    expect(await keyOf(bob)).toBe(await keyOf(alice));
  });

  test("with ten thousand members the owner sees how far a new key is, stops it, and it reaches her whole log later", async () => {
    const before = await keyOf(alice);
    await alice.addon.inBackground(z.null(), ADD_CROWD, OWNED_KEY, bob.address, CROWD);
    const reached = CROWD + 1;
    const everybody = reached.toLocaleString("en");
    // nothing is answered: it stays where it can be looked at, however fast this computer is
    await world.listServer.stop();
    const page = await MembersPage.open(alice.addon);
    await page.press(w("new_key_button"));
    await page.waitFor(w("new_key_question", everybody));
    await page.press(w("new_key_now"));
    await page.waitFor(w("epoch_progress", "0", everybody));
    await page.scrollTo("#epoch");
    await alice.ui.picture("mail:3pane", join(ALBUM, "ten-thousand.png"));
    await page.press(w("epoch_stop"));
    await until("no list key being made", async () =>
      (await ownedBy(alice))?.epoch.run === null ? true : undefined,
    );
    expect(await keyOf(alice)).toBe(before);

    await page.press(w("new_key_button"));
    await page.press(w("new_key_now"));
    await world.listServer.start();
    await untilAnotherKey(before);
    await page.waitFor(w("epoch_why_other"));
    await page.close();
    expect((await ownedBy(alice))?.notices.at(-1)?.to).toHaveLength(reached);
    await writeTo(alice, list, "To ten thousand", w);
    await reads(bob, list, "To ten thousand");
    expect(await keyOf(bob)).toBe(await keyOf(alice));
  });
});
