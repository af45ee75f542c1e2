import { copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openNewest } from "../tour/journey.js";
import { OptionsPage } from "../tour/options-page.js";
import { LISTS, listAddress } from "../tour/owner.js";
import { ADDON } from "../tour/person.js";
import { SIGNATURE, TEAM, Writer } from "../tour/writer.js";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { eventually, until } from "../world/processes.js";
import { addressOf } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is asked and told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/writing", import.meta.url));

const [, , , choir] = LISTS;
if (choir === undefined) throw new Error("another list is needed");

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
  let w: Writer;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    w = await Writer.start();
  });

  afterAll(async () => {
    await w.world.stop();
  });

  afterEach(async () => {
    if (w.alice.thunderbird.process.ending !== undefined) return;
    await w.alice.ui.acceptDialogs();
    await w.alice.ui.closeComposers();
  });

  /** Presses Send; a question must come, and nothing may leave. */
  async function askedAbout(words: string, picture: string): Promise<void> {
    const before = w.submissions();
    await expect(w.alice.ui.send()).resolves.toBe("open");
    expect(await w.alice.addon.popupText()).toContain(words);
    await w.alice.ui.pictureOfScreen(join(ALBUM, `${picture}-en.png`));
    expect(w.submissions()).toBe(before);
  }

  /** Answers a question: the mail goes on its way, or the next question comes. */
  async function answerWith(label: string, next?: string): Promise<void> {
    await w.alice.addon.pressInPopup(label);
    if (next === undefined)
      await until("the mail to leave", async () => ((await w.desk.composers()) === 0 ? true : undefined));
    else
      await until(next, async () =>
        (await w.alice.addon.popupText().catch(() => "")).includes(next) ? true : undefined,
      );
  }

  /** Sends, and has Bob read it. */
  async function sendAndRead(marker: string) {
    await expect(w.alice.ui.send()).resolves.toBe("closed");
    return isRead(marker);
  }

  async function isRead(marker: string) {
    w.received += 1;
    return openNewest(w.bob, TEAM, marker, { folder: "INBOX", count: w.received });
  }

  test("the button follows the recipients, and the keyboard reaches it", async () => {
    await w.begin(w.list.address);
    await w.sealed();
    await w.desk.pressCtrlShift("U");
    await w.labelled("Encrypt to list · Not encrypted");
    await w.desk.pressCtrlShift("U");
    await w.sealed();
    await w.alice.ui.picture("msgcompose", join(ALBUM, "on-en.png"));
    const { title } = await w.alice.ui.composeActionState(w.alice.addon.id);
    expect(title).toContain("Its drafts stay on this computer");
    await w.alice.ui.closeComposers();

    await w.begin(w.bob.address);
    await w.labelled("Encrypt to list · Not encrypted");
    await w.desk.addRecipients("addr_cc", w.list.address);
    await w.sealed();
  });

  test("others beside the list: the list only, or nobody", async () => {
    const marker = await w.begin(w.list.address);
    await w.desk.addRecipients("addr_cc", "zoe@example.test");
    await w.sealed();
    await askedAbout("Only members of Team can read this", "others");
    await answerWith("Send to Team only");
    await isRead(marker);
    const [mail = Buffer.alloc(0)] = w.submitted().slice(-1);
    expect(mail.toString("latin1")).not.toContain("zoe@example.test");
  });

  test("a Bcc is asked about; a missing attachment is, once, and not for what is quoted", async () => {
    const marker = await w.begin(w.list.address, "see the attached plan");
    await w.desk.addRecipients("addr_bcc", "zoe@example.test");
    await w.sealed();
    await askedAbout("Bcc with an encrypted message", "bcc");
    const before = w.submissions();
    await answerWith("Send to Team only", "The message says “attached”, but no file is attached.");
    await w.alice.ui.pictureOfScreen(join(ALBUM, "attachment-en.png"));
    expect(w.submissions()).toBe(before);
    await answerWith("Send without a file");
    await isRead(marker);
  });

  test("switched off for good by one tick, and on again", async () => {
    const question = "Did you forget to attach a file?";
    const first = await w.begin(w.list.address, "添付をご覧ください");
    await w.sealed();
    await askedAbout(question, "attachment-again");
    await w.alice.addon.inPopup(`(window) => window.document.querySelector("input[type=checkbox]").click()`);
    await answerWith("Send without a file");
    await isRead(first);
    await until("the switch", async () =>
      (await w.alice.addon.storage()).includes(`"missing-attachment":false`) ? true : undefined,
    );
    const marker = await w.begin(w.list.address, "同封します");
    await w.sealed();
    await sendAndRead(marker);
    await w.alice.addon.setStorage("guards", { "missing-attachment": true });
  });

  test("nothing of the author's mail program stands outside that an add-on can keep inside", () => {
    const all = Buffer.concat(w.submitted()).toString("latin1");
    const mails = all
      .split("\r\nDATA\r\n")
      .slice(1)
      .filter((mail) => mail.includes("Subject: [team] encrypted message"));
    expect(mails.length).toBeGreaterThan(2);
    for (const mail of mails) {
      const head = mail.slice(0, mail.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
      const names = head.split("\r\n").map((line) => line.slice(0, line.indexOf(":")).toLowerCase());
      expect(names.filter((name) => !OUTER_FIELDS.includes(name))).toEqual([]);
      expect(mail).not.toContain(SIGNATURE);
    }
    for (const marker of w.markers)
      expect(searchBytes("wire", Buffer.from(all, "latin1"), marker)).toEqual([]);
  });

  test("reply to all, and to that answer: opened quote, true subject, the list alone, ids from inside the seal", async () => {
    const [first = ""] = w.markers.slice(-1);
    await w.show(first, "INBOX");
    await w.desk.about("cmd_replyall");
    await w.sealed();
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        html: expect.stringContaining(first),
        subject: `Re: 題 ${first}`,
        to: [w.list.address],
        others: [],
      }),
    );
    // the words about an attachment are quoted: no question about them
    const answer = w.mark();
    await w.alice.ui.typeHtml(`<p>${answer}</p>`);
    const [start = ""] = (await w.threadInComposer()).split(" ");
    expect(start).toMatch(/^<.+@lists\.example>$/);
    const view = await sendAndRead(answer);
    expect(view.text).toContain(first);

    await w.show(answer, "Sent");
    await w.desk.about("cmd_reply");
    await until("the quote of the answer", async () =>
      (await w.alice.ui.composerState()).html.includes(answer) ? true : undefined,
    );
    const ids = (await w.threadInComposer()).split(" ");
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(start);
    // her own copy in Sent has another id outside: nobody else ever sees it
    const copies = w.world.dovecot.mails("bob", "INBOX").map(({ raw }) => raw.toString("latin1"));
    expect(copies.some((copy) => copy.includes(`Message-ID: ${ids[1]}`))).toBe(true);
  });

  test("a forward outside the list is asked about; to the list it goes sealed", async () => {
    const [answer = ""] = w.markers.slice(-1);
    await w.show(answer, "INBOX");
    await w.desk.about("cmd_forwardInline");
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        html: expect.stringContaining(answer),
        subject: expect.stringContaining("Fwd: Re: 題"),
        attachments: [],
      }),
    );
    await w.desk.addRecipients("addr_to", "zoe@example.test");
    await askedAbout("This quotes an encrypted message", "forward");
    await w.alice.addon.pressInPopup("Go back");
    await w.alice.ui.closeComposers();

    await w.desk.about("cmd_forwardInline");
    await until("the forwarded text", async () =>
      (await w.alice.ui.composerState()).html.includes(answer) ? true : undefined,
    );
    await w.desk.addRecipients("addr_to", w.list.address);
    await w.sealed();
    const more = w.mark();
    await w.alice.ui.typeHtml(`<p>${more}</p>`);
    const view = await sendAndRead(more);
    expect(view.text).toContain(answer);
  });

  test("a sealed mail that is attached whole to a forward stays sealed", async () => {
    await w.desk.about("cmd_forwardAttachment");
    const state = await w.alice.ui.composerState();
    expect(state.attachments).toHaveLength(1);
    for (const marker of w.markers) expect(state.html).not.toContain(marker);
    await w.desk.addRecipients("addr_to", w.list.address);
    await w.sealed();
    const marker = w.mark();
    await w.alice.ui.typeHtml(`<p>${marker}</p>`);
    const view = await sendAndRead(marker);
    expect(view.text).toContain(".eml");
  });

  test("edit as new: the opened words, the true subject, the list", async () => {
    const marker = w.markers.at(-1) ?? "";
    await w.show(marker, "Sent");
    await w.desk.about("cmd_editAsNew");
    // Thunderbird opens the sealed mail first, with its parts
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        to: [w.list.address],
        others: [],
        html: expect.stringContaining(marker),
        attachments: [expect.stringMatching(/\.eml$/)],
      }),
    );
    await w.sealed();
  });

  test("any name of an attachment, rich text and a picture come through", async () => {
    const folder = join(w.world.folderOf("alice"), "names");
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
    const marker = await w.begin(
      w.list.address,
      `<b>bold</b> <img src="data:image/png;base64,${dot}">`,
      files,
    );
    await w.sealed();
    const view = await sendAndRead(marker);
    for (const name of names) expect(view.text).toContain(name);
    expect(view.html).toContain("<b>bold</b>");
    expect(view.images.map(({ bytes }) => bytes)).toEqual([dot]);
    for (const bytes of w.submitted()) expect(searchBytes("wire", bytes, "議事録 2027年度")).toEqual([]);
  });

  test("send later and offline: sealed in the Outbox, sent from there", async () => {
    const marker = await w.begin(w.list.address, "later");
    await w.sealed();
    await w.desk.setOffline(true);
    await expect(w.desk.sendLater()).resolves.toBe("closed");
    await expect(w.desk.outbox()).resolves.toEqual(["[team] encrypted message"]);
    const waiting = searchPaths([join(w.localMail(), "Local Folders", "Unsent Messages")], marker);
    expect(waiting.findings).toEqual([]);
    await w.desk.setOffline(false);
    await w.desk.sendUnsent();
    w.received += 1;
    await openNewest(w.bob, TEAM, marker, { folder: "INBOX", count: w.received });
  });

  test("another account: its own server sends, its own address signs, its signature stays inside", async () => {
    const second = await w.owner.found(choir);
    const page = await OptionsPage.open(w.alice.addon);
    await page.fillInvitation(await w.owner.invite(second, addressOf("carol")));
    await expect(page.openInvitation()).resolves.toMatchObject({ failed: false });
    await page.fillKey("Alice elsewhere");
    await expect(page.joinList()).resolves.toMatchObject({ failed: false });
    await page.close();
    const before = w.submissions();
    const marker = w.mark();
    await w.alice.ui.compose({ to: listAddress(choir), subject: `題 ${marker}`, html: `<p>${marker}</p>` });
    await w.sealed(choir);
    const written = await until("the signature of the other account", async () => {
      const { html } = await w.alice.ui.composerState();
      return html.includes(`${SIGNATURE}</b>, elsewhere`) ? html : undefined;
    });
    expect(written).not.toContain(`<i>${SIGNATURE}</i>`);
    // the list's server takes mail from one address only: another one gives way to it
    const { identity } = await w.alice.ui.composerState();
    await w.desk.chooseIdentity("id1");
    await until("the identity that the list knows", async () =>
      (await w.alice.ui.composerState()).identity === identity ? true : undefined,
    );
    await expect(w.alice.ui.send()).resolves.toBe("closed");
    expect(w.submissions()).toBe(before);
    const sent = Buffer.concat(w.submitted("carol-to-postfix")).toString("latin1");
    expect(sent).toContain(`From: Alice elsewhere <${addressOf("carol")}>`);
    expect(sent).not.toContain(SIGNATURE);
    expect(searchBytes("wire", Buffer.from(sent, "latin1"), marker)).toEqual([]);
  });

  test("every question and state in Japanese", async () => {
    // a Thunderbird without its Japanese pack asks add-ons for English: here English is Japanese
    const folder = join(w.world.folder, "addon-ja");
    cpSync(ADDON, folder, { recursive: true });
    copyFileSync(join(folder, "_locales/ja/messages.json"), join(folder, "_locales/en/messages.json"));
    const addon = await InstalledAddon.install(w.bob.thunderbird, folder);
    const his = new WritingDesk(w.bob.thunderbird);
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
    await addon.ui.compose({ to: w.list.address, subject: "質問", html: "<p>ファイルを添付します</p>" });
    await shown("「Team」宛てに暗号化されます");
    await addon.ui.picture("msgcompose", join(ALBUM, "on-ja.png"));
    await isAsked("添付ファイルを忘れていませんか", "attachment", "戻る");
    await his.addRecipients("addr_bcc", "zoe@example.test");
    await isAsked("Bcc と暗号化メッセージ", "bcc", "戻る");
    await his.addRecipients("addr_cc", "yan@example.test");
    await isAsked("メンバーだけが読めます", "others", "「Team」だけに送信");
    // it would go on, but for the question that was not answered yet
    await until("the next question", async () =>
      (await addon.popupText().catch(() => "")).includes("添付ファイルを忘れていませんか") ? true : undefined,
    );
    await addon.pressInPopup("戻る");
    await shown("「Team」宛てに暗号化されます");
    await his.pressCtrlShift("U");
    await shown("リスト宛てに暗号化 · 未暗号化");
    await isAsked("暗号化せずに「Team」に送信しようとしています", "clear", "戻る");
    await shown("リスト宛てに暗号化 · 未暗号化");
    await his.pressCtrlShift("U");
    await shown("「Team」宛てに暗号化されます");
    await his.pressCtrlShift("Y");
    await until("the notice", async () =>
      (await addon.ui.composeActionState(addon.id)).title.includes("暗号化した下書き") ? true : undefined,
    );
    await addon.ui.clickComposeAction(addon.id);
    expect(await addon.popupText()).toContain("開けるのはあなたの鍵だけです");
    await addon.ui.pictureOfScreen(join(ALBUM, "draft-kept-ja.png"));
    await addon.ui.closeComposers();

    await addon.ui.openFolder("INBOX");
    await addon.ui.selectMessage(0);
    await his.about("cmd_forwardInline");
    await shown("リスト宛てに暗号化されます");
    await his.addRecipients("addr_to", "zoe@example.test");
    await isAsked("暗号化メッセージが引用されています", "forward", "戻る");
    await addon.ui.closeComposers();
  });
});
