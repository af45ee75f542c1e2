import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openNewest } from "../tour/journey.js";
import { ADDON } from "../tour/person.js";
import { TEAM, Writer } from "../tour/writer.js";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { eventually, pause, until } from "../world/processes.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is asked and told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/writing", import.meta.url));

/** Pictures of one dot. */
const GIF = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
const DOT =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** Unfinished letters: where their drafts are, and what is left of them when something dies. In order, as they stand. */
describe("drafts in a real Thunderbird", () => {
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

  /** Sends, and has Bob read it. */
  async function sendAndRead(marker: string) {
    await expect(w.alice.ui.send()).resolves.toBe("closed");
    w.received += 1;
    return openNewest(w.bob, TEAM, marker, { folder: "INBOX", count: w.received });
  }

  test("a draft that reached the server before sealing was on is moved here, and the person is told", async () => {
    const marker = await w.begin(w.bob.address, "not for the server");
    await w.alice.ui.saveDraft("timer");
    await until("the draft on the server", () => (w.serverDrafts().length === 1 ? true : undefined));
    // the search finds it there while it is there
    expect(searchBytes("draft", w.serverDrafts()[0]?.raw ?? Buffer.alloc(0), marker)).not.toEqual([]);
    await w.desk.addRecipients("addr_to", w.list.address);
    await w.sealed();
    await until("the server to be clean", () => (w.serverDrafts().length === 0 ? true : undefined));
    await w.draftHere(marker);
    await w.titled("moved to this computer");
    await w.alice.ui.clickComposeAction(w.alice.addon.id);
    expect(await w.alice.addon.popupText()).toContain("Until then, your email provider could have read it.");
    await w.alice.ui.pictureOfScreen(join(ALBUM, "draft-moved-en.png"));
    await w.alice.addon.pressInPopup("OK");
    await w.alice.ui.closeComposers();

    // the same with a draft of last week that is opened again
    const older = await w.begin(w.bob.address, "nor this");
    await w.alice.ui.saveDraft("timer");
    await until("the older draft on the server", () => (w.serverDrafts().length === 1 ? true : undefined));
    await w.alice.ui.closeComposers();
    await w.alice.ui.getNewMail("Drafts");
    await w.alice.ui.openFolder("Drafts");
    await w.desk.editNewestDraft();
    await w.desk.addRecipients("addr_to", w.list.address);
    await w.sealed();
    await until("the server to be clean again", () => (w.serverDrafts().length === 0 ? true : undefined));
    await until("the older draft here", () =>
      searchPaths([w.localMail()], older).findings.length > 0 ? true : undefined,
    );
  });

  test("pictures in the text: they are in the draft here, and are attached again where the mail goes on as ordinary mail", async () => {
    const marks = async () =>
      (await w.alice.ui.composerState()).html.split('moz-do-not-send="listseal"').length - 1;
    const marker = await w.begin(w.list.address, `<img alt="dot" src="${DOT}">`);
    await w.sealed();
    await w.alice.ui.saveDraft("timer");
    await w.draftHere(marker);
    expect(await w.alice.ui.dialogs()).toEqual([]);
    // one that comes later is seen as well
    await w.alice.ui.typeHtml(`<img alt="another" src="${GIF}">`);
    await eventually(async () => expect(await marks()).toBe(2));
    await w.alice.ui.saveDraft("timer");
    expect(w.openDrafts().length).toBe(0);

    await w.alice.ui.clickComposeAction(w.alice.addon.id);
    await w.labelled("Encrypt to list · Not encrypted");
    await eventually(async () => expect(await marks()).toBe(0));
    await w.alice.ui.typeHtml("<p>more words</p>");
    await w.alice.ui.saveDraft("timer");
    const draft = await until("the draft on the server", () => w.openDrafts()[0]);
    expect(draft.raw.toString("latin1").match(/^Content-ID: /gim)).toHaveLength(2);

    await w.alice.ui.clickComposeAction(w.alice.addon.id);
    await w.sealed();
    const view = await sendAndRead(marker);
    expect(view.images.filter(({ width }) => width === 1)).toHaveLength(2);
  });

  test("a sealed draft travels: put on the server, opened again, sent", async () => {
    const file = join(w.world.folderOf("alice"), "travel.txt");
    writeFileSync(file, "it came along");
    const marker = await w.begin(w.list.address, "half a thought", [{ path: file }]);
    await w.sealed();
    await w.desk.pressCtrlShift("Y");
    const draft = await until("the sealed draft", () => w.serverDrafts()[0]);
    await w.titled("encrypted draft is now on your mail server");
    expect(draft.raw.toString("latin1")).toContain("application/vnd.listseal.draft");
    expect(searchBytes("draft", draft.raw, marker)).toEqual([]);
    await w.alice.ui.closeComposers();

    await w.alice.ui.getNewMail("Drafts");
    await w.alice.ui.openFolder("Drafts");
    await w.desk.editNewestDraft();
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        subject: `題 ${marker}`,
        to: [w.list.address],
        html: expect.stringContaining(marker),
        attachments: ["travel.txt"],
      }),
    );
    await w.sealed();
    const { title } = await w.alice.ui.composeActionState(w.alice.addon.id);
    expect(title).toContain("Its drafts stay on this computer");
    await w.alice.ui.saveDraft("timer");
    await until("the sealed draft to be gone", () => (w.openDrafts().length === 0 ? true : undefined));
    await w.desk.pressCtrlShift("Y");
    await until("the sealed draft, once more", () => (w.openDrafts().length === 1 ? true : undefined));
    const view = await sendAndRead(marker);
    expect(view.text).toContain("travel.txt");
    await until("no draft after sending", () => (w.openDrafts().length === 0 ? true : undefined));
  });

  test("a sealed draft that is still on its way to the server when Send is pressed is taken away as well", async () => {
    const large = join(w.world.folderOf("alice"), "hurry.bin");
    writeFileSync(large, Buffer.alloc(8_000_000, "all work and no play "));
    const marker = await w.begin(w.list.address, "in a hurry", [{ path: large }]);
    await w.sealed();
    await w.desk.pressCtrlShift("Y");
    expect(w.openDrafts().length).toBe(0);
    await sendAndRead(marker);
    // it has had its time to arrive
    await pause(3_000);
    expect(w.openDrafts().length).toBe(0);
  });

  test("a page that dies while it seals: nothing leaves, and the letter goes on in a new window", async () => {
    const large = join(w.world.folderOf("alice"), "large.bin");
    writeFileSync(large, Buffer.alloc(24_000_000, "all work and no play "));
    const marker = await w.begin(w.list.address, "unfinished", [{ path: large }]);
    await w.sealed();
    const before = w.submissions();
    await w.desk.pressSend();
    await until("the sealing to begin", async () => ((await w.label()) === "Encrypting…" ? true : undefined));
    await w.alice.addon.killPage();
    // whatever wakes the page: here a look into its storage
    await w.alice.addon.storage();
    await eventually(async () => {
      expect(await w.desk.composers()).toBe(1);
      expect(await w.alice.ui.composerState()).toMatchObject({
        subject: `題 ${marker}`,
        to: [w.list.address],
        html: expect.stringContaining(marker),
        attachments: ["large.bin"],
        locked: false,
      });
    });
    expect(w.submissions()).toBe(before);
    await w.labelled("Not sent");
    await w.alice.ui.picture("msgcompose", join(ALBUM, "recovered-en.png"));
  });

  test("a page that dies while Thunderbird sends, and the sending fails: the letter comes out of its seal", async () => {
    const file = join(w.world.folderOf("alice"), "back.txt");
    writeFileSync(file, "back again");
    const marker = await w.begin(w.list.address, "<b>there and back</b>", [{ path: file }]);
    await w.sealed();
    await w.world.recorder.cut("alice-to-postfix");
    try {
      await expect(w.alice.ui.send()).resolves.toBe("dialog");
      await w.alice.addon.killPage();
      await w.alice.ui.acceptDialogs();
      await eventually(async () =>
        expect(await w.alice.ui.composerState()).toMatchObject({
          subject: `題 ${marker}`,
          to: [w.list.address],
          html: expect.stringContaining(`<b>there and back</b> ${marker}`),
          attachments: ["back.txt"],
        }),
      );
    } finally {
      await w.world.recorder.mend("alice-to-postfix");
    }
    await w.sealed();
    await w.alice.ui.saveDraft("timer");
    await w.draftHere(marker);
    expect(w.openDrafts()).toEqual([]);
    const view = await sendAndRead(marker);
    expect(view.text).toContain("back.txt");
  });

  test("Thunderbird asks whether to send so large a mail, and is told no: what was written comes back", async () => {
    const file = join(w.world.folderOf("alice"), "noise.bin");
    writeFileSync(file, randomBytes(1_000_000));
    // it asks from 20 MiB on, which takes a busy machine minutes to seal
    await w.alice.ui.setPreference("mailnews.message_warning_size", 500_000);
    const marker = await w.begin(w.list.address, "<b>too large?</b>", [{ path: file }]);
    await w.sealed();
    const before = w.submissions();
    try {
      await expect(w.alice.ui.send()).resolves.toBe("dialog");
      const says = (words: RegExp) =>
        until(`a dialog that says ${words}`, async () =>
          (await w.alice.ui.dialogs()).some((each) => words.test(each)) ? true : undefined,
        );
      await says(/ MB/);
      await w.alice.ui.pictureOfScreen(join(ALBUM, "too-large-en.png"));
      await expect(w.alice.ui.declineDialogs()).resolves.toBe(1);
      // and only then it says that nothing was sent, to the add-on too
      await says(/failed/);
      await w.alice.ui.acceptDialogs();
    } finally {
      await w.alice.ui.setPreference("mailnews.message_warning_size", 20_971_520);
    }
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        subject: `題 ${marker}`,
        to: [w.list.address],
        html: expect.stringContaining(`<b>too large?</b> ${marker}`),
        attachments: ["noise.bin"],
      }),
    );
    expect(w.submissions()).toBe(before);
    await w.sealed();
    await w.alice.ui.saveDraft("timer");
    await w.draftHere(marker);
    expect(w.openDrafts()).toEqual([]);
    const view = await sendAndRead(marker);
    expect(view.text).toContain("noise.bin");
  });

  test("sealing is stopped by a press, and everything stands there again", async () => {
    const large = join(w.world.folderOf("alice"), "large.bin");
    const marker = await w.begin(w.list.address, "stop me", [{ path: large }]);
    await w.sealed();
    const before = w.submissions();
    await w.desk.pressSend();
    await until("the sealing to begin", async () => ((await w.label()) === "Encrypting…" ? true : undefined));
    await w.alice.ui.clickComposeAction(w.alice.addon.id);
    expect(await w.alice.addon.popupText()).toContain("Encrypting…");
    await w.alice.ui.pictureOfScreen(join(ALBUM, "sealing-en.png"));
    await w.alice.addon.pressInPopup("Stop");
    await w.sealed();
    await eventually(async () =>
      expect(await w.alice.ui.composerState()).toMatchObject({
        locked: false,
        html: expect.stringContaining(marker),
        attachments: ["large.bin"],
      }),
    );
    expect(w.submissions()).toBe(before);
  });

  /** Begins an answer, has it saved by the timer, closes its window, and opens the draft from its folder. */
  async function answerAgain(folder: () => Promise<unknown>): Promise<string> {
    const marker = w.mark();
    await w.alice.ui.typeHtml(`<p>${marker}</p>`);
    await w.alice.ui.saveDraft("timer");
    await until("the draft", () =>
      searchPaths([w.localMail(), w.world.dovecot.store], marker).findings.length > 0 ? true : undefined,
    );
    await w.alice.ui.closeComposers();
    await folder();
    await w.desk.editNewestDraft();
    await until("the draft's words", async () =>
      (await w.alice.ui.composerState()).html.includes(marker) ? true : undefined,
    );
    return marker;
  }

  test("the draft of an answer is opened again: it goes on in its conversation, and what it answers stays in its folder", async () => {
    await w.alice.ui.openFolder("INBOX");
    await w.alice.ui.selectMessage(0);
    const there = w.world.dovecot.mails("alice", "INBOX").length;
    await w.desk.about("cmd_reply");
    await until("the quote", async () =>
      (await w.alice.ui.composerState()).html.includes("<blockquote") ? true : undefined,
    );
    const thread = await until("the thread", async () => (await w.threadInComposer()) || undefined);
    await answerAgain(() => w.desk.openLocalFolder("Drafts"));
    await w.sealed();
    expect(await until("the draft's thread", async () => (await w.threadInComposer()) || undefined)).toBe(
      thread,
    );
    await w.alice.ui.closeComposers();

    // an answer to ordinary mail, whose draft is on the server, and to which the list is added
    const asked = w.mark();
    await w.bob.ui.compose({ to: w.alice.address, subject: `plain ${asked}`, html: `<p>${asked}</p>` });
    await expect(w.bob.ui.send()).resolves.toBe("closed");
    await w.alice.ui.waitForMails(there + 1);
    await w.alice.ui.selectMessage(asked);
    await w.alice.ui.waitForNativeText(asked);
    await w.desk.about("cmd_reply");
    await w.labelled("Encrypt to list · Not encrypted");
    await answerAgain(async () => {
      await w.alice.ui.getNewMail("Drafts");
      await w.alice.ui.openFolder("Drafts");
    });
    await w.desk.addRecipients("addr_to", w.list.address);
    await w.titled("moved to this computer");
    await until("the server to be clean", () => (w.openDrafts().length === 0 ? true : undefined));
    expect(w.world.dovecot.mails("alice", "INBOX")).toHaveLength(there + 1);
  });

  test("after kill -9 the draft is in Local Folders, and is a sealed one still", async () => {
    await w.alice.ui.openFolder("INBOX");
    await w.alice.ui.selectMessage("[team] encrypted message");
    await w.desk.about("cmd_reply");
    await until("the quote", async () =>
      (await w.alice.ui.composerState()).html.includes("<blockquote") ? true : undefined,
    );
    const marker = w.mark();
    await w.alice.ui.typeHtml(`<p>${marker}</p>`);
    // it is noted once the quote stands there
    const thread = await until("the thread", async () => (await w.threadInComposer()) || undefined);
    await w.alice.ui.saveDraft("timer");
    await w.draftHere(marker);
    await w.alice.thunderbird.kill();
    const again = await w.world.openThunderbird("alice", Writer.preferences(w.world));
    const addon = await InstalledAddon.install(again, ADDON);
    const newDesk = new WritingDesk(again);
    await until("the draft in its folder", async () =>
      (await newDesk.openLocalFolder("Drafts")) > 0 ? true : undefined,
    );
    await newDesk.editNewestDraft();
    await until("the button of the draft", async () =>
      (await addon.ui.composeActionState(addon.id)).label === "Encrypted for Team" ? true : undefined,
    );
    await eventually(async () => expect((await addon.ui.composerState()).html).toContain(marker));
    // the button is on first, before anything of the draft is looked at
    const continued = await until(
      "the draft's thread",
      async () => (await w.threadInComposer(addon)) || undefined,
    );
    expect(continued).toBe(thread);
    await addon.ui.closeComposers();
    for (const text of w.markers.slice(-1))
      expect(searchPaths([w.world.dovecot.store], text).findings).toEqual([]);
  });
});
