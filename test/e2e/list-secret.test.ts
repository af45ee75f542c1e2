import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { GnupgMember } from "../tour/gnupg-member.js";
import { type JoinedList, joinByMail, reads, sealedMails, writeTo } from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { LISTS, listAddress } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { wordsOf } from "../tour/words.js";
import { until } from "../world/processes.js";
import { addressOf, fullNameOf, World } from "../world/world.js";

/** Pictures of what the owner and Bob see, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/list-secret", import.meta.url));

const [plan] = LISTS;
if (plan === undefined) throw new Error("a list is needed");
const list: JoinedList = { address: listAddress(plan), slug: plan.slug, name: plan.name };

const WITHOUT_QUESTION = { "extensions.webextOptionalPermissionPrompts": false };

/** Alice founds a list with a secret; Bob has the add-on, Carol GnuPG alone. Each test goes on where the one before has ended. */
describe("a list whose key is a secret", () => {
  const w = wordsOf("en");
  let world: World;
  let alice: Person;
  let bob: Person;
  let carol: GnupgMember;
  let serverCertificate: string;
  let page: MembersPage;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    const { stdout } = await world.listServer.createList(list.address, list.name, {
      ...{ mode: "key", profile: "compatible", delivery: "resealed" },
    });
    const card = readFileSync(/^server card\s+(.+)$/m.exec(stdout)?.[1] ?? "");
    serverCertificate = /^certificate\s+(.+)$/m.exec(stdout)?.[1] ?? "";
    await world.listServer.start();
    carol = await GnupgMember.arrive(addressOf("carol"));
    alice = await Person.arrive(world, "alice", WITHOUT_QUESTION);
    bob = await Person.arrive(world, "bob", WITHOUT_QUESTION);

    page = await MembersPage.open(alice.addon);
    await page.giveFile("card", "team-server.listseal", card);
    await page.press(w("found_open"));
    await page.waitFor(w("found_compare"));
    await page.waitFor(w("found_secret_text"));
    await page.tick("list-key", "secret");
    await page.scrollTo("fieldset");
    await alice.picture(join(ALBUM, "found.png"));
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press(w("found_claim"));
    await page.waitFor(w("people_title", "1"));
  });

  afterAll(async () => {
    await carol.close();
    await world.stop();
  });

  const keyShown = async (): Promise<string> => {
    const { stdout } = await world.listServer.command("list", "show", list.address);
    return (/^list key\s+(.+)$/m.exec(stdout)?.[1] ?? "").replace(/\s/g, "");
  };
  const savedBy = (person: Person, isIt: (name: string) => boolean): Promise<string> =>
    until("the saved file", () => person.downloads().find((file) => isIt(basename(file))));
  const carolsCopy = (before: number) =>
    until("Carol's copy", () => {
      const mails = sealedMails(world, "carol", list);
      return mails.length > before ? mails.at(-1) : undefined;
    });
  const savesSecretForCarol = async (): Promise<string> => {
    await page.fill({ whom: carol.address });
    await page.press(w("enrol_list_key_save"));
    await page.waitFor(w("enrol_key_saved"));
    return savedBy(alice, (file) => file === "team-list-secret.asc");
  };

  test("is founded by a choice in plain words; the server knows the secret by its id, and lets nobody else post", async () => {
    expect(await keyShown()).toMatch(/^[0-9a-f]{32}$/i);
    for (const policy of ["moderated", "open"]) {
      await expect(world.listServer.command("list", "set", list.address, "--policy", policy)).rejects.toThrow(
        "only members can post",
      );
    }
  });

  test("Bob joins by an invitation and reads what Alice writes, and she what he writes", async () => {
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
    await writeTo(alice, list, "Under the list's secret", w);
    await reads(bob, list, "Under the list's secret");
    await bob.picture(join(ALBUM, "read.png"));
    await writeTo(bob, list, "And back", w);
    await reads(alice, list, "And back");
  });

  test("Carol, with GnuPG alone, gets the secret by hand and reads with two commands", async () => {
    page = await MembersPage.open(alice.addon);
    await page.press(w("enrol_title"));
    await page.giveFile("file", "carol.asc", await carol.makeKey(fullNameOf("carol")));
    await page.press(w("enrol_button"));
    await page.waitFor(w("people_title", "3"));
    await page.waitFor("Don’t send this file by email");
    await page.scrollTo("details.more[open]");
    await alice.picture(join(ALBUM, "gnupg.png"));
    const secretFile = await savesSecretForCarol();
    await page.showTab("keys");
    await page.press(w("keys_save_public"));
    const author = await savedBy(alice, (file) => file.endsWith(".asc") && !file.includes("list-secret"));
    await page.close();
    await carol.takeListSecret(secretFile, [serverCertificate, author]);
    rmSync(secretFile);
    const before = sealedMails(world, "carol", list).length;
    await writeTo(alice, list, "For Carol too", w);
    expect(await carol.readWithSecret(await carolsCopy(before))).toContain("For Carol too");
    await reads(bob, list, "For Carol too");
  });

  test("a new secret: Bob's add-on takes it by itself, Carol by another file", async () => {
    const former = await keyShown();
    page = await MembersPage.open(alice.addon);
    await page.press(w("new_key_button"));
    await page.waitFor(w("new_key_question", "2"));
    await page.press(w("new_key_now"));
    await page.waitFor(w("notice_confirmed", "0", "2"));
    expect(await keyShown()).toMatch(/^[0-9a-f]{32}$/i);
    expect(await keyShown()).not.toBe(former);
    await page.press(w("enrol_title"));
    const secretFile = await savesSecretForCarol();
    await page.close();
    const before = sealedMails(world, "carol", list).length;
    await writeTo(alice, list, "Under the next secret", w);
    await reads(bob, list, "Under the next secret");
    const mail = await carolsCopy(before);
    await expect(carol.readWithSecret(mail)).rejects.toThrow("ended with");
    await carol.takeListSecret(secretFile, [serverCertificate]);
    expect(await carol.readWithSecret(mail)).toContain("Under the next secret");
    // mail of before stays readable
    await reads(bob, list, "Under the list's secret");
  });
});
