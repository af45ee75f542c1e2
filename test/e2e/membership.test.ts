import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestSubject } from "../../src/mail/request-mail.js";
import { readCard } from "../../src/membership/invitation/server-card.js";
import { generateKey } from "../../src/openpgp/keys.js";
import { attachmentsOf } from "../interop/copies.js";
import { carriedThrough } from "../tour/browser-options.js";
import { GnupgMember } from "../tour/gnupg-member.js";
import {
  handOver,
  type JoinedList,
  joinAgain,
  joinByMail,
  openMail,
  reads,
  sealedMails,
  writeTo,
} from "../tour/member.js";
import { MembersPage } from "../tour/members-page.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, listAddress, Owner } from "../tour/owner.js";
import { Person } from "../tour/person.js";
import { differences, everythingOf } from "../tour/profile-bytes.js";
import { untilQuiet } from "../tour/removal.js";
import { type Language, wordsOf } from "../tour/words.js";
import { isAdmittedMissing } from "../world/browser.js";
import { pause, until } from "../world/processes.js";
import { addressOf, fullNameOf, type PersonName, World } from "../world/world.js";

/** Pictures of every page that a person sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/membership", import.meta.url));

const [plan] = LISTS;
if (plan === undefined) throw new Error("a list is needed");
const list: JoinedList = { address: listAddress(plan), slug: plan.slug, name: plan.name };
const TEAM = list.address;

const storedShape = z.object({
  listseal: z.object({ lists: z.record(z.string(), z.object({ listKeyFingerprint: z.string() })) }),
});

/** Thunderbird's own question about the right to send is not what is tested here. */
const WITHOUT_QUESTION = { "extensions.webextOptionalPermissionPrompts": false };

const stories: readonly (readonly ["compatible" | "rfc9580", "key" | "whole", Language])[] = [
  ["compatible", "key", "en"],
  ["rfc9580", "whole", "ja"],
];

/**
 * A list's life, from the operator's first command to its last member's new computer: Alice owns it, Bob stays, Eve goes,
 * Carol has GnuPG alone. In order: each test goes on where the one before has ended.
 */
describe.each(stories)("a list's life, keys %s, mode %s, pages in %s", (profile, mode, language) => {
  const w = wordsOf(language);
  let world: World;
  let alice: Person;
  let bob: Person;
  let eve: Person;
  let page: MembersPage;
  let carol: GnupgMember;
  let card: Buffer;
  let serverCertificate: string;
  let codes: Readonly<Record<string, string>>;

  beforeAll(async () => {
    mkdirSync(join(ALBUM, language), { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    const { stdout } = await world.listServer.createList(TEAM, list.name, {
      ...{ mode, profile, delivery: "resealed" },
    });
    const path = /^server card\s+(.+)$/m.exec(stdout)?.[1];
    serverCertificate = /^certificate\s+(.+)$/m.exec(stdout)?.[1] ?? "";
    if (path === undefined) throw new Error(`The server named no card:\n${stdout}`);
    card = readFileSync(path);
    await world.listServer.start();
    carol = await GnupgMember.arrive(addressOf("carol"));
    const arrive = (name: PersonName) => Person.arrive(world, name, WITHOUT_QUESTION, language);
    [alice, bob] = await Promise.all([arrive("alice"), arrive("bob")]);
    eve = await arrive("eve");
  });

  afterAll(async () => {
    await carol.close();
    await world.stop();
  });

  const picture = (who: Person, name: string) => who.picture(join(ALBUM, language, `${name}.png`));
  const look = async (name: string, selector?: string): Promise<void> => {
    if (selector !== undefined) await page.scrollTo(selector);
    await picture(alice, `owner-${name}`);
  };
  const roster = async () => (await world.listServer.command("member", "list", TEAM)).stdout;
  /** As the operator's command shows it, for comparing. */
  const fingerprintOf = async (which: "list" | "server"): Promise<string> => {
    const { stdout } = await world.listServer.command("list", "show", TEAM);
    const shown = new RegExp(`^${which} key\\s+([0-9a-f ]{40,})`, "im").exec(stdout)?.[1];
    if (shown === undefined) throw new Error(`The server shows no ${which} key:\n${stdout}`);
    return shown.replace(/\s/g, "").toLowerCase();
  };
  /** A file that somebody's page has saved. */
  const savedBy = (person: Person, isIt: (name: string) => boolean): Promise<string> =>
    until("the saved file", () => person.downloads().find((file) => isIt(basename(file))));
  const peopleAre = (count: number) => page.waitFor(w("people_title", String(count)));
  const invitationOf = async (name: PersonName): Promise<Uint8Array> => {
    const wanted = `team-${name}.listseal`;
    for (const { raw } of world.dovecot.mails(name, "INBOX")) {
      const found = (await attachmentsOf(raw)).find((one) => one.name === wanted);
      if (found !== undefined) return found.bytes;
    }
    throw new Error(`no mail brought ${wanted}`);
  };

  test("a server card is opened, another file is told from one, and the list is claimed", async () => {
    page = await MembersPage.open(alice.addon);
    await look("1-start");
    await page.giveFile("card", "team-server.listseal", Buffer.from("no card"));
    await page.press(w("found_open"));
    await page.waitFor(w("error_card_damaged"));
    await page.giveFile("card", "team-server.listseal", card);
    await page.press(w("found_open"));
    const text = await page.waitFor(w("found_compare"));
    expect(text.replace(/\s/g, "").toLowerCase()).toContain(await fingerprintOf("server"));
    expect(text).toContain(w(profile === "compatible" ? "found_compatible" : "found_modern"));
    await look("2-card");
    await page.fill({ address: alice.address, name: alice.fullName });
    await page.press(w("found_claim"));
    await page.waitFor(w("claim_waiting"));
    await look("3-claimed");
    await peopleAre(1);
    expect(await roster()).toContain(alice.address);
    await look("4-born");
  });

  test("the same card in other hands: the list has its owner, and nothing changes", async () => {
    const before = await roster();
    const theirs = await MembersPage.open(eve.addon);
    await theirs.giveFile("card", "team-server.listseal", card);
    await theirs.press(w("found_open"));
    await theirs.waitFor(w("found_compare"));
    await theirs.fill({ address: eve.address, name: eve.fullName });
    await theirs.press(w("found_claim"));
    await theirs.waitFor(w("error_already_claimed"));
    await picture(eve, "claimed-already");
    await theirs.press(w("claim_forget"));
    await theirs.waitFor(w("claim_forgotten"));
    await theirs.close();
    expect(await roster()).toBe(before);
  });

  test("invitations are made, and each file goes by mail without its code", async () => {
    await page.fill({ addresses: `Bob <${bob.address}>, not an address\n${eve.address}` });
    await page.press(w("invite_button"));
    await page.waitFor(w("invite_made"));
    codes = await until("both codes", async () => {
      const shown = await page.codes();
      return Object.keys(shown).length === 2 ? shown : undefined;
    });
    expect(Object.keys(codes)).toEqual([bob.address, eve.address]);
    expect(await page.text()).toContain(w("invite_refused", "not an address"));
    await look("5-codes", "#invite");
    for (const { address, name } of [bob, eve]) {
      const code = codes[address] ?? "none";
      await page.press(w("invite_mail_named", address));
      const mail = await until("the compose window", async () => {
        const state = await alice.ui.composerState().catch(() => undefined);
        return state?.attachments.length === 1 ? state : undefined;
      });
      expect(mail.to.join()).toContain(address);
      expect(mail.attachments).toEqual([`team-${name}.listseal`]);
      expect(JSON.stringify(mail)).not.toContain(code);
      expect(JSON.stringify(mail)).not.toContain(code.slice(0, 5));
      if (name === "bob") {
        await alice.ui.sizeWindow("msgcompose", 980, 620);
        await alice.ui.picture("msgcompose", join(ALBUM, language, "owner-6-mail.png"));
      }
      await expect(alice.ui.send()).resolves.toBe("closed");
    }
    await page.press(w("invite_save_named", bob.address));
    const saved = readFileSync(await savedBy(alice, (file) => file === "team-bob.listseal"));
    for (const person of [bob, eve])
      await openMail(person, w("invite_mail_subject", alice.fullName, list.name));
    expect(saved.equals(await invitationOf("bob"))).toBe(true);
    if (profile === "compatible") {
      await expect(carol.openInvitation(saved, codes[bob.address] ?? "")).resolves.toMatchObject({
        ...{ kind: "invitation", list: { address: TEAM, name: list.name }, invitee: bob.address },
      });
    }
    // the codes are in no storage, and the page forgets them
    expect(await alice.addon.storage()).not.toContain(codes[bob.address]);
    await page.press(w("invite_told_named", eve.address));
    await until("Eve's code to be off the page", async () =>
      Object.keys(await page.codes()).includes(eve.address) ? undefined : true,
    );
    expect(Object.keys(await page.codes())).toEqual([bob.address]);
  });

  test("a wrong code, another file and somebody else's invitation change nothing", async () => {
    const before = await bob.addon.storageHash();
    const start = await OptionsPage.open(bob.addon);
    await picture(bob, "member-0-start");
    const tries = [
      ["team-bob.listseal", await invitationOf("bob"), "12340-12348-12343-12349-12341", "error_wrong_code"],
      ["holiday.listseal", Buffer.from("a letter"), codes[bob.address], "error_invitation_damaged"],
      ["team-eve.listseal", await invitationOf("eve"), codes[eve.address], "error_invitation_for_another"],
    ] as const;
    for (const [name, file, code = "", sentence] of tries) {
      await start.fillInvitation({ name, file, code });
      await expect(start.openInvitation()).resolves.toEqual({ text: w(sentence), failed: true });
      await picture(bob, `member-${sentence}`);
    }
    await start.close();
    expect(await bob.addon.storageHash()).toBe(before);
  });

  test("the mail, the code, one press: Bob and Eve are members", async () => {
    let step = 0;
    const effort = await joinByMail(bob, list, codes[bob.address] ?? "", w, (moment) => {
      // a popup is a window of its own
      if (moment === "popup") return bob.ui.pictureOfScreen(join(ALBUM, language, "member-popup.png"));
      step += 1;
      return picture(bob, `member-${step}-${moment}`);
    });
    expect(effort).toEqual({ clicks: 5, typed: 25, compared: 0 });
    await joinByMail(eve, list, codes[eve.address] ?? "", w);
    // the invitation's mail says now that it was used, and asks for no code
    await openMail(bob, w("invite_mail_subject", alice.fullName, list.name));
    const used = await bob.ui.waitForView(({ kind }) => kind === "invitation");
    expect(used.text).toContain(w("offer_used_text", list.name));
    await picture(bob, "member-invitation-used");
    expect(await bob.addon.storage()).not.toContain('"introductionSecret":"');
    const lists = await OptionsPage.open(bob.addon);
    await lists.click(w("leave"));
    await picture(bob, "member-leave");
    await lists.close();
    await openMail(bob, requestSubject("answer", parseAddress(TEAM)));
    const answer = await bob.ui.waitForView(({ kind }) => kind === "arrived");
    expect(answer.text).toContain(w("arrived_joined"));
    await peopleAre(3);
    await look("7-members", "#people");
    await page.close();
  });

  if (profile === "compatible")
    test("the same list with another key is refused, and nothing is lost", async () => {
      const { server } = await readCard(card);
      const listKey = await generateKey("list", { address: listAddress(plan), profile: "compatible" });
      const stranger = await Owner.inWorld(world);
      const false_ = await stranger.invite(
        { plan, address: listAddress(plan), listKey, server },
        bob.address,
      );
      const before = await bob.addon.storageHash();
      const start = await OptionsPage.open(bob.addon);
      await start.fillInvitation(false_);
      await expect(start.openInvitation()).resolves.toEqual({ text: w("error_list_conflict"), failed: true });
      await picture(bob, "member-list-conflict");
      await start.close();
      expect(await bob.addon.storageHash()).toBe(before);
    });

  test("Alice writes, Bob reads and answers, all read it", async () => {
    await writeTo(alice, list, "The first words", w);
    await reads(bob, list, "The first words");
    await picture(bob, "member-6-read");
    await bob.ui.reply();
    await until("the quote", async () =>
      (await bob.ui.composerState()).html.includes("The first words") ? true : undefined,
    );
    await bob.ui.typeHtml("<p>Bob's own words</p>");
    await until("the button to be on", async () =>
      (await bob.ui.composeActionState(bob.addon.id)).label === w("compose_on_for", list.name)
        ? true
        : undefined,
    );
    await expect(bob.ui.send()).resolves.toBe("closed");
    await reads(alice, list, "Bob's own words");
    await reads(eve, list, "Bob's own words");
  });

  if (profile === "compatible")
    test("Carol, who has GnuPG alone, is added by her public key, reads and posts", async () => {
      page = await MembersPage.open(alice.addon);
      await page.press(w("enrol_title"));
      await page.giveFile("file", "carol.asc", await carol.makeKey(fullNameOf("carol")));
      await page.press(w("enrol_button"));
      await peopleAre(4);
      await page.fill({ whom: carol.address });
      await page.press(w("enrol_list_key_save"));
      await page.waitFor(w("enrol_key_saved"));
      await look("8-gnupg", "details.more[open]");
      await page.showTab("keys");
      await page.press(w("keys_save_public"));
      const listKeyFile = await savedBy(alice, (file) => file === "team-list-key.asc");
      const author = await savedBy(alice, (file) => file.endsWith(".asc") && file !== "team-list-key.asc");
      await page.close();
      await carol.takeListKey(listKeyFile, [serverCertificate, author]);
      await writeTo(alice, list, "For Carol too", w);
      const mail = await until("Carol's copy", () => sealedMails(world, "carol", list).at(-1));
      expect(await carol.read(mail)).toContain("For Carol too");

      const keys = { listKey: await fingerprintOf("list"), serverKey: await fingerprintOf("server") };
      const post = await carol.write({ address: TEAM, ...keys }, "From gpg", "Carol's own words\n");
      await handOver(world, carol.address, TEAM, post);
      await reads(bob, list, "Carol's own words");
      await picture(bob, "member-7-from-gnupg");
    });

  test("Eve is removed by one press; nobody else's computer is touched, and nobody gets a mail of it", async () => {
    page = await MembersPage.open(alice.addon);
    await page.press(w("people_remove_named", eve.fullName));
    await page.waitFor(w("people_remove_question", eve.fullName));
    await look("9-remove", "#people");
    const others: readonly PersonName[] = ["bob", "carol", "eve"];
    const mails = () => others.map((name) => world.dovecot.mails(name, "INBOX").length);
    await untilQuiet(world);
    const before = { bob: await everythingOf(bob), mails: mails() };
    const mark = world.recorder.mark();
    await page.press(w("people_remove_now"));
    await page.waitFor(w("people_title", profile === "compatible" ? "3" : "2"));
    await untilQuiet(world);
    expect(differences(before.bob, await everythingOf(bob))).toEqual([]);
    expect(mails()).toEqual(before.mails);
    const wires = new Set(world.recorder.since(mark).map(({ recording }) => recording.wire));
    expect([...wires].filter((wire) => /^(?:bob|carol|eve)-/.test(wire))).toEqual([]);
    expect(wires).toContain("alice-to-postfix");
    expect(await roster()).not.toContain(eve.address);
    await page.waitFor(w("people_removed", eve.fullName));
    await look("10-removed", "#people");
  });

  test("her old introduction, sent again, lets nobody in, and the owner is told", async () => {
    await joinAgain(world, "eve", await invitationOf("eve"), codes[eve.address] ?? "");
    await page.waitFor(w("alarm_second_join"));
    await look("11-alarm", ".alarm");
    expect(await roster()).not.toContain(eve.address);
    await page.press(w("alarm_dismiss"));
    await page.close();
  });

  test("a new list key: it comes to Bob with the next message, Alice sees his receipt, old mail still opens", async () => {
    const keyOf = async (person: Person) =>
      storedShape.parse(JSON.parse(await person.addon.storage())).listseal.lists[TEAM]?.listKeyFingerprint;
    const old = await keyOf(bob);
    const evesMails = world.dovecot.mails("eve", "INBOX").length;
    const to = profile === "compatible" ? "2" : "1";
    page = await MembersPage.open(alice.addon);
    await look("12-new-key", "#new-key");
    await page.press(w("new_key_button"));
    await page.waitFor(w("new_key_question", to));
    await page.press(w("new_key_now"));
    await page.waitFor(w("notice_confirmed", "0", to));
    await page.close();
    await writeTo(alice, list, "Under the new key", w);
    await reads(bob, list, "Under the new key");
    await until("Bob's new key", async () => {
      const now = await keyOf(bob);
      return now !== undefined && now !== old ? now : undefined;
    });
    await picture(bob, "member-8-new-key");
    // his receipt goes with what he sends next
    await writeTo(bob, list, "From Bob, under the new key", w);
    await reads(alice, list, "From Bob, under the new key");
    page = await MembersPage.open(alice.addon);
    await until("Bob's receipt", async () => {
      await alice.ui.getNewMail();
      const isThere = (await page.text()).includes(w("notice_confirmed", "1", to));
      // where everybody has confirmed meanwhile there is nothing to ask, and no button
      if (!isThere) await page.press(w("notice_ask")).catch(() => undefined);
      await pause(1_000);
      return isThere || undefined;
    });
    await look("13-confirmed", "#new-key");
    await page.close();
    await reads(bob, list, "The first words");
    expect(world.dovecot.mails("eve", "INBOX").length).toBe(evesMails);
  });

  test("Bob on a new computer: one file and its passphrase bring everything", async () => {
    const before = await MembersPage.open(bob.addon, "backup");
    await picture(bob, "member-9-backup");
    const passphrase = await before.textOf("code.code");
    await before.press(w("backup_save"));
    await before.waitFor(w("backup_made"));
    const file = await savedBy(bob, (each) => each.endsWith(".listseal"));
    // he takes his keys to a browser first, and what comes to the new computer is the browser's own backup
    const by = profile === "compatible" ? "chromium" : "firefox";
    const brought = isAdmittedMissing("chromium", "firefox-esr")
      ? { bytes: readFileSync(file), passphrase }
      : await carriedThrough(by, language, { file, passphrase });
    await bob.thunderbird.quit();
    rmSync(world.folderOf("bob"), { recursive: true, force: true });

    bob = await Person.arrive(world, "bob", WITHOUT_QUESTION, language);
    const after = await MembersPage.open(bob.addon, "backup");
    await after.giveFile("backup", basename(file), brought.bytes);
    await after.fill({ backupPassphrase: brought.passphrase });
    await picture(bob, "member-10-restore");
    await after.press(w("restore_button"));
    await after.waitFor(w("backup_restored"));
    await picture(bob, "member-11-restored");
    await after.close();
    await reads(bob, list, "The first words");
    await reads(bob, list, "Under the new key");
    await writeTo(alice, list, "For the new computer", w);
    await reads(bob, list, "For the new computer");
  });

  test("Bob is made an owner: his own page opens when the members are told", async () => {
    page = await MembersPage.open(alice.addon);
    await page.choose(w("people_role_of", fullNameOf("bob")), "owner");
    await until("the offer to tell the members", async () => {
      await alice.ui.getNewMail();
      return (await page.text()).includes(w("owners_untold")) || undefined;
    });
    await look("14-second-owner", "#people");
    await page.press(w("owners_tell"));
    await page.close();
    const his = await MembersPage.open(bob.addon);
    const shows = (words: string) => async () => {
      await bob.ui.getNewMail();
      return (await his.text()).includes(words) || undefined;
    };
    await until("Bob's page for owners", shows(w("invite_title")));
    // on his new computer Thunderbird was not asked yet whether the add-on may send
    await his.press(w("people_refresh"));
    await until("who is a member", shows(alice.address));
    expect(await his.text()).not.toContain(w("alarm_title"));
    await picture(bob, "owner-15-his-own");
    await his.close();
  });

  test("Bob leaves: the server drops his key, old mail stays readable, nothing can be posted", async () => {
    const options = await OptionsPage.open(bob.addon);
    await options.click(w("leave"));
    await picture(bob, "member-12-leave");
    await options.press(w("leave"));
    await until("the server's answer", async () => {
      await bob.ui.getNewMail();
      return (await options.text()).includes(w("left_text")) || undefined;
    });
    await picture(bob, "member-13-left");
    await options.close();
    expect(await roster()).not.toContain(bob.address);
    await reads(bob, list, "For the new computer");
    await bob.ui.compose({ to: TEAM, subject: "Too late", html: "<p>words</p>" });
    await until("the button to be on", async () =>
      (await bob.ui.composeActionState(bob.addon.id)).label === w("compose_on_for", list.name)
        ? true
        : undefined,
    );
    await expect(bob.ui.send()).resolves.toBe("open");
    expect(await bob.addon.popupText()).toContain(w("error_left_list"));
    await bob.ui.closeComposers();
  });

  test("axe finds nothing on the owner's page, and in the dark neither", async () => {
    page = await MembersPage.open(alice.addon);
    await page.press(w("people_refresh"));
    await peopleAre(profile === "compatible" ? 2 : 1);
    await expect(page.complaints()).resolves.toEqual([]);
    await alice.ui.useTheme("dark");
    await expect(page.complaints()).resolves.toEqual([]);
    await look("14-dark", "#people");
    for (const tab of ["keys", "lists", "backup", "privacy", "about"] as const) {
      await page.showTab(tab);
      await expect(page.complaints()).resolves.toEqual([]);
      await picture(alice, `dark-${tab}`);
    }
    await alice.ui.useTheme("light");
    for (const tab of ["keys", "lists", "backup", "privacy", "about"] as const) {
      await page.showTab(tab);
      await picture(alice, `light-${tab}`);
    }
  });
});
