import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { openNewest } from "../tour/journey.js";
import { newMarker } from "../tour/letter.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, type ListPlan, listAddress, type OwnedList, Owner } from "../tour/owner.js";
import { ADDON, Person } from "../tour/person.js";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { until } from "../world/processes.js";
import { addressOf, World } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is asked and told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/writing", import.meta.url));

const [team, , , choir] = LISTS;
if (team === undefined || choir === undefined) throw new Error("two lists are needed");

const TEAM: ListPlan = team;

const SIGNATURE = "Alice of the Signature";

/** Alice has a second account with a server of its own for sending, and signatures. */
const secondAccount = (port: number) => ({
  "mail.accountmanager.accounts": "account1,account2,account3",
  "mail.account.account3.identities": "id2",
  "mail.account.account3.server": "server3",
  "mail.server.server3.type": "imap",
  "mail.server.server3.hostname": "127.0.0.2",
  "mail.server.server3.userName": "carol",
  "mail.server.server3.name": "second account",
  "mail.server.server3.login_at_startup": false,
  "mail.server.server3.check_new_mail": false,
  "mail.server.server3.directory-rel": "[ProfD]ImapMail/second",
  "mail.identity.id2.fullName": "Alice elsewhere",
  "mail.identity.id2.useremail": addressOf("carol"),
  "mail.identity.id2.smtpServer": "smtp2",
  "mail.identity.id2.valid": true,
  "mail.identity.id2.compose_html": true,
  "mail.identity.id2.fcc": false,
  "mail.identity.id2.htmlSigText": `<b>${SIGNATURE}</b>, elsewhere`,
  "mail.identity.id2.htmlSigFormat": true,
  "mail.identity.id1.htmlSigText": `<i>${SIGNATURE}</i>`,
  "mail.identity.id1.htmlSigFormat": true,
  "mail.smtpservers": "smtp1,smtp2",
  "mail.smtpserver.smtp2.hostname": "127.0.0.1",
  "mail.smtpserver.smtp2.port": port,
  "mail.smtpserver.smtp2.try_ssl": 0,
  "mail.smtpserver.smtp2.authMethod": 1,
  "mail.smtpserver.smtp2.type": "smtp",
});

/** What the add-on keeps outlives its temporary installation; going offline and back asks nothing. */
const quiet = {
  "extensions.webextensions.keepStorageOnUninstall": true,
  "extensions.webextensions.keepUuidOnUninstall": true,
  "offline.send.unsent_messages": 2,
  "offline.download.download_messages": 2,
};

/** What an add-on can't keep from the outer header of a mail; docs/THREAT-MODEL.md says so. */
const OUTER_FIELDS = [
  "content-type",
  "date",
  "from",
  "in-reply-to",
  "message-id",
  "mime-version",
  "references",
  "subject",
  "to",
  "user-agent",
  "x-listseal",
];

/** Writing to a sealed list, in the order in which the tests stand: each goes on where the one before has ended. */
describe("writing in a real Thunderbird", () => {
  let world: World;
  let owner: Owner;
  let list: OwnedList;
  let alice: Person;
  let desk: WritingDesk;
  let bob: Person;
  let received = 0;
  const everyMarker: string[] = [];

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    owner = await Owner.inWorld(world);
    list = await owner.found(team);
    const preferences = {
      ...secondAccount(world.submissionPortOf("carol")),
      ...quiet,
    };
    [alice, bob] = await Promise.all([
      Person.arrive(world, "alice", preferences),
      Person.arrive(world, "bob"),
    ]);
    desk = new WritingDesk(alice.thunderbird);
    for (const person of [alice, bob]) {
      const certificate = await person.join([await owner.invite(list, person.address)]);
      await world.listServer.addMember(list.address, person.address, person.fullName, certificate);
    }
    await world.listServer.start();
  }, 300_000);

  afterAll(async () => {
    await world.stop();
  }, 60_000);

  afterEach(async () => {
    if (alice.thunderbird.process.ending !== undefined) return;
    await alice.ui.acceptDialogs();
    await alice.ui.closeComposers();
  });

  /** What left Alice's Thunderbird by one of her two accounts. */
  const submitted = (wire = "alice-to-postfix") =>
    world.recorder
      .since()
      .filter(({ recording }) => recording.wire === wire && recording.direction === "up")
      .map(({ bytes }) => bytes);
  const submissions = () =>
    submitted().filter((bytes) => /\r\nDATA\r\n|BDAT/.test(bytes.toString("latin1"))).length;

  const label = async () => (await alice.ui.composeActionState(alice.addon.id)).label;
  const labelled = (words: string) =>
    until(`the button to say ${words}`, async () => ((await label()) === words ? true : undefined));
  const sealed = (plan: ListPlan = TEAM) => labelled(`Sealed for ${plan.name}`);

  function mark(): string {
    const marker = newMarker();
    everyMarker.push(marker);
    return marker;
  }

  /** Begins a mail with a marker in subject and body. */
  async function begin(
    to: string,
    words = "",
    files: readonly { readonly path: string }[] = [],
  ): Promise<string> {
    const marker = mark();
    await alice.ui.compose({ to, subject: `題 ${marker}`, html: `<p>${words} ${marker}</p>`, files });
    return marker;
  }

  /** Presses Send; a question must come, and nothing may leave. */
  async function askedAbout(words: string, picture: string): Promise<void> {
    const before = submissions();
    await expect(alice.ui.send()).resolves.toBe("open");
    expect(await alice.addon.popupText()).toContain(words);
    await alice.ui.pictureOfScreen(join(ALBUM, `${picture}-en.png`));
    expect(submissions()).toBe(before);
  }

  /** Sends, and has Bob read it. */
  async function sendAndRead(marker: string, plan: ListPlan = TEAM) {
    await expect(alice.ui.send(120_000)).resolves.toBe("closed");
    received += 1;
    return openNewest(bob, plan, marker, { folder: "INBOX", count: received });
  }

  /** Opens Alice's newest copy in one of her folders and waits until it is shown opened. */
  async function show(marker: string, folder: "INBOX" | "Sent", count: number): Promise<void> {
    await openNewest(alice, TEAM, marker, { folder, count });
  }

  const localMail = () => join(alice.thunderbird.profile, "Mail");
  const serverDrafts = () => world.dovecot.mails("alice", "Drafts");
  /** Without those that are marked as deleted (the flag T of a Maildir) and wait to be expunged. */
  const openDrafts = () => serverDrafts().filter(({ file }) => !/:2,[A-Z]*T[A-Z]*$/.test(file));

  test("the button follows the recipients, and the keyboard reaches it", async () => {
    await begin(list.address);
    await sealed();
    await desk.pressCtrlShift("U");
    await labelled("Encrypt to list");
    await desk.pressCtrlShift("U");
    await sealed();
    await alice.ui.picture("msgcompose", join(ALBUM, "on-en.png"));
    const { title } = await alice.ui.composeActionState(alice.addon.id);
    expect(title).toContain("Its drafts stay on this computer");
    await alice.ui.closeComposers();

    await begin(bob.address);
    await labelled("Encrypt to list");
    await desk.addRecipients("addr_cc", list.address);
    await sealed();
  }, 90_000);

  test("others beside the list: the list only, or nobody", async () => {
    const marker = await begin(list.address);
    await desk.addRecipients("addr_cc", "zoe@example.test");
    await sealed();
    await askedAbout("Only members of Team can read this", "others");
    await alice.addon.pressInPopup("Send to Team only");
    await sealed();
    expect(await alice.ui.composerState()).toMatchObject({ to: [list.address], others: [] });
    await sendAndRead(marker);
  }, 90_000);

  test("a Bcc is asked about; a missing attachment is, once, and not for what is quoted", async () => {
    const marker = await begin(list.address, "see the attached plan");
    await desk.addRecipients("addr_bcc", "zoe@example.test");
    await sealed();
    await askedAbout("Bcc and a sealed message", "bcc");
    await alice.addon.pressInPopup("Send to Team only");
    await sealed();
    await askedAbout("The message says “attached”, and no file is attached.", "attachment");
    await alice.addon.pressInPopup("Send without attachment");
    await sealed();
    await sendAndRead(marker);
  }, 120_000);

  test("switched off for good by one tick, and on again", async () => {
    const question = "Is the attachment missing?";
    await begin(list.address, "添付をご覧ください");
    await sealed();
    await askedAbout(question, "attachment-again");
    await alice.addon.inPopup(`(window) => window.document.querySelector("input[type=checkbox]").click()`);
    await alice.addon.pressInPopup("Send without attachment");
    await until("the switch", async () =>
      (await alice.addon.storage()).includes(`"missing-attachment":false`) ? true : undefined,
    );
    await alice.ui.closeComposers();
    const marker = await begin(list.address, "同封します");
    await sealed();
    await sendAndRead(marker);
    await alice.addon.setStorage("guards", { "missing-attachment": true });
  }, 120_000);

  test("nothing of the author's mail program stands outside that an add-on can keep inside", () => {
    const all = Buffer.concat(submitted()).toString("latin1");
    const mails = all.split("\r\nDATA\r\n").slice(1);
    expect(mails.length).toBeGreaterThan(2);
    for (const mail of mails) {
      const head = mail.slice(0, mail.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
      const names = head.split("\r\n").map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
      expect(names.filter((name) => !OUTER_FIELDS.includes(name))).toEqual([]);
      expect(mail).not.toContain(SIGNATURE);
    }
    for (const marker of everyMarker)
      expect(searchBytes("wire", Buffer.from(all, "latin1"), marker)).toEqual([]);
  });

  const threadInComposer = () =>
    alice.addon.inBackground(
      z.string(),
      `async () => {
        const tabs = (await messenger.tabs.query({})).filter((tab) => tab.type === "messageCompose");
        const { customHeaders } = await messenger.compose.getComposeDetails(tabs.at(-1).id);
        return customHeaders.find(({ name }) => name === "X-Listseal-Thread")?.value ?? "";
      }`,
    );

  test("reply to all, and to that answer: opened quote, true subject, the list alone, ids from inside the seal", async () => {
    const [first = ""] = everyMarker.slice(-1);
    await show(first, "INBOX", received);
    await desk.about("cmd_replyall");
    await sealed();
    const written = await until("the quote", async () => {
      const state = await alice.ui.composerState();
      return state.html.includes(first) ? state : undefined;
    });
    expect(written).toMatchObject({ subject: `Re: 題 ${first}`, to: [list.address], others: [] });
    // the words about an attachment are quoted: no question about them
    const answer = mark();
    await alice.ui.typeHtml(`<p>${answer}</p>`);
    const [start = ""] = (await threadInComposer()).split(" ");
    expect(start).toMatch(/^<.+@lists\.example>$/);
    const view = await sendAndRead(answer);
    expect(view.text).toContain(first);

    await show(answer, "Sent", received);
    await desk.about("cmd_reply");
    await until("the quote of the answer", async () =>
      (await alice.ui.composerState()).html.includes(answer) ? true : undefined,
    );
    const ids = (await threadInComposer()).split(" ");
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(start);
    // her own copy in Sent has another id outside: nobody else ever sees it
    const copies = world.dovecot.mails("bob", "INBOX").map(({ raw }) => raw.toString("latin1"));
    expect(copies.some((copy) => copy.includes(`Message-ID: ${ids[1]}`))).toBe(true);
  }, 180_000);

  test("a forward outside the list is asked about; to the list it goes sealed", async () => {
    const [answer = ""] = everyMarker.slice(-1);
    await show(answer, "INBOX", received);
    await desk.about("cmd_forwardInline");
    const state = await until("the forwarded text", async () => {
      const now = await alice.ui.composerState();
      return now.html.includes(answer) ? now : undefined;
    });
    expect(state.subject).toContain("Fwd: Re: 題");
    expect(state.attachments).toEqual([]);
    await desk.addRecipients("addr_to", "zoe@example.test");
    await askedAbout("This quotes sealed mail", "forward");
    await alice.addon.pressInPopup("Go back");
    await alice.ui.closeComposers();

    await desk.about("cmd_forwardInline");
    await until("the forwarded text", async () =>
      (await alice.ui.composerState()).html.includes(answer) ? true : undefined,
    );
    await desk.addRecipients("addr_to", list.address);
    await sealed();
    const more = mark();
    await alice.ui.typeHtml(`<p>${more}</p>`);
    const view = await sendAndRead(more);
    expect(view.text).toContain(answer);
  }, 180_000);

  test("a sealed mail that is attached whole to a forward stays sealed", async () => {
    await desk.about("cmd_forwardAttachment");
    const state = await alice.ui.composerState();
    expect(state.attachments).toHaveLength(1);
    for (const marker of everyMarker) expect(state.html).not.toContain(marker);
    await desk.addRecipients("addr_to", list.address);
    await sealed();
    const marker = mark();
    await alice.ui.typeHtml(`<p>${marker}</p>`);
    const view = await sendAndRead(marker);
    expect(view.text).toContain(".eml");
  }, 120_000);

  test("edit as new: the opened words, the true subject, the list", async () => {
    const marker = everyMarker.at(-1) ?? "";
    await show(marker, "Sent", received);
    await desk.about("cmd_editAsNew");
    const state = await until("the words", async () => {
      const now = await alice.ui.composerState();
      return now.html.includes(marker) && now.attachments.length === 1 ? now : undefined;
    });
    expect(state).toMatchObject({ to: [list.address], others: [] });
    expect(state.attachments[0]).toMatch(/\.eml$/);
    await sealed();
  }, 90_000);

  test("a draft that reached the server before sealing was on is moved here, and the person is told", async () => {
    const marker = await begin(bob.address, "not for the server");
    await alice.ui.saveDraft("timer");
    await until("the draft on the server", () => (serverDrafts().length === 1 ? true : undefined));
    // the search finds it there while it is there
    expect(searchBytes("draft", serverDrafts()[0]?.raw ?? Buffer.alloc(0), marker)).not.toEqual([]);
    await desk.addRecipients("addr_to", list.address);
    await sealed();
    await until("the server to be clean", () => (serverDrafts().length === 0 ? true : undefined), 20_000);
    await until("the draft here", () =>
      searchPaths([localMail()], marker).findings.length > 0 ? true : undefined,
    );
    await until("the notice", async () =>
      (await alice.ui.composeActionState(alice.addon.id)).title.includes("moved to this computer")
        ? true
        : undefined,
    );
    await alice.ui.clickComposeAction(alice.addon.id);
    expect(await alice.addon.popupText()).toContain("Your mail provider could have read it until then.");
    await alice.ui.pictureOfScreen(join(ALBUM, "draft-moved-en.png"));
    await alice.addon.pressInPopup("All right");
    await alice.ui.closeComposers();

    // the same with a draft of last week that is opened again
    const older = await begin(bob.address, "nor this");
    await alice.ui.saveDraft("timer");
    await until("the older draft on the server", () => (serverDrafts().length === 1 ? true : undefined));
    await alice.ui.closeComposers();
    await alice.ui.getNewMail("Drafts");
    await alice.ui.openFolder("Drafts");
    await desk.editNewestDraft();
    await desk.addRecipients("addr_to", list.address);
    await sealed();
    await until(
      "the server to be clean again",
      () => (serverDrafts().length === 0 ? true : undefined),
      20_000,
    );
    await until("the older draft here", () =>
      searchPaths([localMail()], older).findings.length > 0 ? true : undefined,
    );
  }, 120_000);

  test("a sealed draft travels: put on the server, opened again, sent", async () => {
    const file = join(world.folderOf("alice"), "travel.txt");
    writeFileSync(file, "it came along");
    const marker = await begin(list.address, "half a thought", [{ path: file }]);
    await sealed();
    await desk.pressCtrlShift("Y");
    const draft = await until("the sealed draft", () => serverDrafts()[0], 20_000);
    await until("the notice", async () =>
      (await alice.ui.composeActionState(alice.addon.id)).title.includes(
        "sealed draft is on your mail server",
      )
        ? true
        : undefined,
    );
    expect(draft.raw.toString("latin1")).toContain("application/vnd.listseal.draft");
    expect(searchBytes("draft", draft.raw, marker)).toEqual([]);
    await alice.ui.closeComposers();

    await alice.ui.getNewMail("Drafts");
    await alice.ui.openFolder("Drafts");
    await desk.editNewestDraft();
    const state = await until("the opened draft", async () => {
      const now = await alice.ui.composerState();
      return now.html.includes(marker) && now.attachments.includes("travel.txt") ? now : undefined;
    });
    expect(state).toMatchObject({ subject: `題 ${marker}`, to: [list.address], attachments: ["travel.txt"] });
    await sealed();
    await alice.ui.saveDraft("timer");
    await until("the sealed draft to be gone", () => (openDrafts().length === 0 ? true : undefined), 20_000);
    await desk.pressCtrlShift("Y");
    await until("the sealed draft, once more", () => (openDrafts().length === 1 ? true : undefined), 20_000);
    const view = await sendAndRead(marker);
    expect(view.text).toContain("travel.txt");
    await until("no draft after sending", () => (openDrafts().length === 0 ? true : undefined), 20_000);
  }, 150_000);

  test("any name of an attachment, rich text and a picture come through", async () => {
    const folder = join(world.folderOf("alice"), "names");
    mkdirSync(folder, { recursive: true });
    const names = [
      "議事録 2027年度.txt",
      "🎉 party 🦆.txt",
      `say "hi", it's; a=b.txt`,
      `${"あ".repeat(83)}aa.txt`,
    ];
    const files = names.map((name) => {
      writeFileSync(join(folder, name), name);
      return { path: join(folder, name) };
    });
    const dot =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const marker = await begin(list.address, `<b>bold</b> <img src="data:image/png;base64,${dot}">`, files);
    await sealed();
    const view = await sendAndRead(marker);
    for (const name of names) expect(view.text).toContain(name);
    expect(view.html).toContain("<b>bold</b>");
    expect(view.images.map(({ bytes }) => bytes)).toEqual([dot]);
    for (const bytes of submitted()) expect(searchBytes("wire", bytes, "議事録 2027年度")).toEqual([]);
  }, 120_000);

  test("send later and offline: sealed in the Outbox, sent from there", async () => {
    const marker = await begin(list.address, "later");
    await sealed();
    await desk.setOffline(true);
    await expect(desk.sendLater()).resolves.toBe("closed");
    await expect(desk.outbox()).resolves.toEqual(["[team] sealed mail"]);
    const waiting = searchPaths([join(localMail(), "Local Folders", "Unsent Messages")], marker);
    expect(waiting.findings).toEqual([]);
    await desk.setOffline(false);
    await desk.sendUnsent();
    received += 1;
    await openNewest(bob, team, marker, { folder: "INBOX", count: received });
  }, 120_000);

  test("another account: its own server sends, its own address signs, its signature stays inside", async () => {
    const second = await owner.found(choir);
    const page = await OptionsPage.open(alice.addon);
    await page.fillInvitation(await owner.invite(second, addressOf("carol")));
    await expect(page.openInvitation()).resolves.toMatchObject({ failed: false });
    await page.fillKey("Alice elsewhere");
    await expect(page.makeKey()).resolves.toMatchObject({ failed: false });
    await page.close();
    const before = submissions();
    const marker = mark();
    await alice.ui.compose({ to: listAddress(choir), subject: `題 ${marker}`, html: `<p>${marker}</p>` });
    await sealed(choir);
    const written = await until("the signature of the other account", async () => {
      const { html } = await alice.ui.composerState();
      return html.includes(`${SIGNATURE}</b>, elsewhere`) ? html : undefined;
    });
    expect(written).not.toContain(`<i>${SIGNATURE}</i>`);
    // the list's server takes mail from one address only: another one gives way to it
    const { identity } = await alice.ui.composerState();
    await desk.chooseIdentity("id1");
    await until("the identity that the list knows", async () =>
      (await alice.ui.composerState()).identity === identity ? true : undefined,
    );
    await expect(alice.ui.send(120_000)).resolves.toBe("closed");
    expect(submissions()).toBe(before);
    const sent = Buffer.concat(submitted("carol-to-postfix")).toString("latin1");
    expect(sent).toContain(`From: Alice elsewhere <${addressOf("carol")}>`);
    expect(sent).not.toContain(SIGNATURE);
    expect(searchBytes("wire", Buffer.from(sent, "latin1"), marker)).toEqual([]);
  }, 150_000);

  test("a page that dies while it seals: nothing leaves, and the letter goes on in a new window", async () => {
    const large = join(world.folderOf("alice"), "large.bin");
    writeFileSync(large, Buffer.alloc(24_000_000, "all work and no play "));
    const marker = await begin(list.address, "unfinished", [{ path: large }]);
    await sealed();
    const before = submissions();
    await desk.pressSend();
    await until("the sealing to begin", async () => ((await label()) === "Sealing…" ? true : undefined));
    await alice.addon.killPage();
    // whatever wakes the page: here a look into its storage
    await alice.addon.storage();
    await until(
      "the new window",
      async () => {
        if ((await desk.composers()) !== 1) return undefined;
        const now = await alice.ui.composerState().catch(() => undefined);
        return now?.locked === false && now.html.includes(marker) ? true : undefined;
      },
      60_000,
    );
    expect(await alice.ui.composerState()).toMatchObject({
      subject: `題 ${marker}`,
      to: [list.address],
      attachments: ["large.bin"],
    });
    expect(submissions()).toBe(before);
    await labelled("Not sent");
    await alice.ui.picture("msgcompose", join(ALBUM, "recovered-en.png"));
  }, 180_000);

  test("a page that dies while Thunderbird sends, and the sending fails: the letter comes out of its seal", async () => {
    const file = join(world.folderOf("alice"), "back.txt");
    writeFileSync(file, "back again");
    const marker = await begin(list.address, "<b>there and back</b>", [{ path: file }]);
    await sealed();
    await world.recorder.cut("alice-to-postfix");
    try {
      await expect(alice.ui.send(120_000)).resolves.toBe("dialog");
      await alice.addon.killPage();
      await alice.ui.acceptDialogs();
      const state = await until("the letter", async () => {
        const now = await alice.ui.composerState();
        return now.subject === `題 ${marker}` && now.attachments.includes("back.txt") ? now : undefined;
      });
      expect(state).toMatchObject({ to: [list.address], attachments: ["back.txt"] });
      expect(state.html).toContain(`<b>there and back</b> ${marker}`);
    } finally {
      await world.recorder.mend("alice-to-postfix");
    }
    await sealed();
    await alice.ui.saveDraft("timer");
    await until("the draft here", () =>
      searchPaths([localMail()], marker).findings.length > 0 ? true : undefined,
    );
    expect(openDrafts()).toEqual([]);
    const view = await sendAndRead(marker);
    expect(view.text).toContain("back.txt");
  }, 180_000);

  test("sealing is stopped by a press, and everything stands there again", async () => {
    const large = join(world.folderOf("alice"), "large.bin");
    const marker = await begin(list.address, "stop me", [{ path: large }]);
    await sealed();
    const before = submissions();
    await desk.pressSend();
    await until("the sealing to begin", async () => ((await label()) === "Sealing…" ? true : undefined));
    await alice.ui.clickComposeAction(alice.addon.id);
    expect(await alice.addon.popupText()).toContain("Sealing…");
    await alice.ui.pictureOfScreen(join(ALBUM, "sealing-en.png"));
    await alice.addon.pressInPopup("Stop");
    await sealed();
    expect(await alice.ui.composerState()).toMatchObject({ locked: false, attachments: ["large.bin"] });
    expect((await alice.ui.composerState()).html).toContain(marker);
    expect(submissions()).toBe(before);
  }, 120_000);

  test("every question and state in Japanese", async () => {
    // a Thunderbird without its Japanese pack asks add-ons for English: here English is Japanese
    const folder = join(world.folder, "addon-ja");
    cpSync(ADDON, folder, { recursive: true });
    copyFileSync(join(folder, "_locales/ja/messages.json"), join(folder, "_locales/en/messages.json"));
    const addon = await InstalledAddon.install(bob.thunderbird, folder);
    const his = new WritingDesk(bob.thunderbird);
    const shown = (words: string) =>
      until(words, async () =>
        (await addon.ui.composeActionState(addon.id)).label === words ? true : undefined,
      );
    const isAsked = async (words: string, picture: string, answer: string) => {
      await expect(addon.ui.send()).resolves.toBe("open");
      expect(await addon.popupText()).toContain(words);
      await addon.ui.pictureOfScreen(join(ALBUM, `${picture}-ja.png`));
      await addon.pressInPopup(answer);
    };
    await addon.ui.compose({ to: list.address, subject: "質問", html: "<p>ファイルを添付します</p>" });
    await shown("「Team」宛に封印");
    await addon.ui.picture("msgcompose", join(ALBUM, "on-ja.png"));
    await isAsked("添付ファイルを忘れていませんか", "attachment", "戻る");
    await his.addRecipients("addr_bcc", "zoe@example.test");
    await isAsked("Bccと封印されたメッセージ", "bcc", "戻る");
    await his.addRecipients("addr_cc", "yan@example.test");
    await isAsked("メンバーだけが読めます", "others", "「Team」だけに送る");
    await shown("「Team」宛に封印");
    await his.pressCtrlShift("U");
    await shown("リスト宛に暗号化");
    await isAsked("封印なしで「Team」に送ろうとしています", "clear", "戻る");
    await shown("リスト宛に暗号化");
    await his.pressCtrlShift("U");
    await shown("「Team」宛に封印");
    await his.pressCtrlShift("Y");
    await until("the notice", async () =>
      (await addon.ui.composeActionState(addon.id)).title.includes("封印した下書き") ? true : undefined,
    );
    await addon.ui.clickComposeAction(addon.id);
    expect(await addon.popupText()).toContain("開けるのはあなたの鍵だけです");
    await addon.ui.pictureOfScreen(join(ALBUM, "draft-kept-ja.png"));
    await addon.ui.closeComposers();

    await addon.ui.openFolder("INBOX");
    await addon.ui.selectMessage(0);
    await his.about("cmd_forwardInline");
    await shown("リスト宛に封印");
    await his.addRecipients("addr_to", "zoe@example.test");
    await isAsked("封印されたメールが引用されています", "forward", "戻る");
    await addon.ui.closeComposers();
  }, 180_000);

  test("after kill -9 the draft is in Local Folders, and is a sealed one still", async () => {
    await alice.ui.openFolder("INBOX");
    await alice.ui.selectMessage(0);
    await desk.about("cmd_reply");
    await until("the quote", async () =>
      (await alice.ui.composerState()).html.includes("<blockquote") ? true : undefined,
    );
    const marker = mark();
    await alice.ui.typeHtml(`<p>${marker}</p>`);
    const thread = await threadInComposer();
    await alice.ui.saveDraft("timer");
    await until("the draft here", () =>
      searchPaths([localMail()], marker).findings.length > 0 ? true : undefined,
    );
    await alice.thunderbird.kill();
    const again = await world.openThunderbird("alice", {
      ...secondAccount(world.submissionPortOf("carol")),
      ...quiet,
    });
    const addon = await InstalledAddon.install(again, ADDON);
    const newDesk = new WritingDesk(again);
    await until("the draft in its folder", async () =>
      (await newDesk.openLocalFolder("Drafts")) > 0 ? true : undefined,
    );
    await newDesk.editNewestDraft();
    await until("the button of the draft", async () =>
      (await addon.ui.composeActionState(addon.id)).label === "Sealed for Team" ? true : undefined,
    );
    expect((await addon.ui.composerState()).html).toContain(marker);
    const kept = await addon.inBackground(
      z.string(),
      `async () => {
        const [tab] = (await messenger.tabs.query({})).filter((tab) => tab.type === "messageCompose");
        const { customHeaders } = await messenger.compose.getComposeDetails(tab.id);
        return customHeaders.find(({ name }) => name === "X-Listseal-Thread")?.value ?? "";
      }`,
    );
    expect(kept).toBe(thread);
    await addon.ui.closeComposers();
    for (const text of everyMarker.slice(-3))
      expect(searchPaths([world.dovecot.store], text).findings).toEqual([]);
  }, 180_000);
});
