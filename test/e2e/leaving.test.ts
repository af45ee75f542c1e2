import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readOwnShell } from "../../src/mail/own-shell.js";
import { writeClearMail } from "../../src/mail/payload.js";
import { newMarker } from "../tour/letter.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { ADDON, Person } from "../tour/person.js";
import { inForeignShell, titled } from "../tour/scenery.js";
import { Surface } from "../tour/surface.js";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { InstalledAddon } from "../world/extension.js";
import { eventually, until } from "../world/processes.js";
import type { Thunderbird } from "../world/thunderbird.js";
import { ThunderbirdUi } from "../world/thunderbird-ui.js";
import { addressOf, World } from "../world/world.js";
import { WritingDesk } from "../world/writing-desk.js";

/** Pictures of what a person is asked and told, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/leaving", import.meta.url));

const FOREIGN = "foreign shell";
const OWN = "own shell";
const LARGE = "large mail";
const COPY = "readable copy";
const STOLEN = "stolen parts";
/** What stands in the sealed parts that somebody has sent to Alice, for her to send on. */
const SECRET = "the otter under the third bridge";
/** What the copy says, in clear. */
const COPIED = "柿の木 as it was opened";

/** Runs in the message document: words stand on the screen, and are selected, however they came there. */
const ON_SCREEN = `(window, words) => {
  const paragraph = window.document.createElement("p");
  paragraph.textContent = words;
  // above whatever hides the mail while it is opened
  paragraph.style.setProperty("display", "block", "important");
  paragraph.style.setProperty("visibility", "visible", "important");
  window.document.body.append(paragraph);
  const range = window.document.createRange();
  range.selectNodeContents(paragraph);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}`;

/** Runs in the background page: has it remember of the open compose window what a page that has died meanwhile would have left. */
const REMEMBER = `async (change) => {
  const { tabs, storage } = globalThis.messenger ?? globalThis.browser;
  const [{ id }] = (await tabs.query({})).filter(({ type }) => type === "messageCompose");
  const name = "compose-" + id;
  await storage.session.set({ [name]: { ...(await storage.session.get(name))[name], ...change } });
}`;

/** Runs in the background page: what it remembers of the open compose window. */
const PHASE = `async () => {
  const { tabs, storage } = globalThis.messenger ?? globalThis.browser;
  const [{ id }] = (await tabs.query({})).filter(({ type }) => type === "messageCompose");
  return (await storage.session.get("compose-" + id))["compose-" + id].phase;
}`;

/** A person with a Thunderbird, with or without the add-on. */
interface Desk {
  readonly ui: ThunderbirdUi;
  readonly writing: WritingDesk;
  readonly mail: Surface;
}

const deskOf = (thunderbird: Thunderbird): Desk => ({
  ui: new ThunderbirdUi(thunderbird),
  writing: new WritingDesk(thunderbird),
  mail: new Surface(thunderbird.marionette, "mail"),
});

/** What leaves with an answer, and what must not: Alice has the add-on, Bob has none, Eve is who they answer. */
describe("what leaves a real Thunderbird", () => {
  let world: World;
  let list: MadeList;
  let reader: MadePerson;
  let alice: Person;
  let hers: Desk;
  let his: Desk;
  let stored: Stored;
  let council: MadeList;
  /** Sealed parts that somebody has sent, saved as files. */
  const savedParts: { readonly path: string }[] = [];

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    const making = (async () => {
      const [made, olive] = await Promise.all([
        makePerson(addressOf("alice"), "Alice"),
        makePerson("olive@example.test", "Olive"),
      ]);
      reader = made;
      list = await MadeList.make("team@lists.example", "Team", [olive]);
      council = await MadeList.make("council@lists.example", "Council", [olive]);
      const letter = (subject: string, more = {}) => ({
        subject,
        messageId: `<${subject.replace(" ", "-")}@x.test>`,
        text: subject === STOLEN ? `${SECRET}\r\n` : "Hello.\r\n",
        ...more,
      });
      const copy = (subject: string, more = {}) => list.copyFor(reader, olive, letter(subject, more));
      const noise = { name: "noise.bin", type: "application/octet-stream", bytes: new Uint8Array(8_000_000) };
      const mails = [
        titled(await copy(OWN), OWN),
        fromEve(inForeignShell(await list.copyFor(reader, olive, letter("inside"), "mixed"))),
        titled(await copy(LARGE, { attachments: [noise] }), LARGE),
      ];
      mails.push(titled(readableCopy(), COPY));
      for (const raw of mails) for (const user of ["alice", "bob"]) world.dovecot.drop(user, raw);
      savedParts.push(...saveParts(await copy(STOLEN)));
      const record = await keyRecord(reader);
      return {
        ...emptyStored,
        lists: {
          [list.address]: await list.record(reader),
          [council.address]: await council.record(reader),
        },
        memberKeys: { [record.fingerprint]: record },
        backedUpAt: new Date().toISOString(),
      };
    })();
    alice = await Person.arrive(world, "alice", {
      "extensions.webextensions.keepStorageOnUninstall": true,
      "extensions.webextensions.keepUuidOnUninstall": true,
    });
    hers = deskOf(alice.thunderbird);
    his = deskOf(await world.openThunderbird("bob"));
    await alice.addon.setStorage("listseal", await making);
    // installed again it makes the identity that keeps drafts here
    await InstalledAddon.install(alice.thunderbird, ADDON);
    stored = await until("the identity for drafts", async () => {
      const { listseal } = JSON.parse(await alice.addon.storage());
      return Object.keys(listseal.draftIdentities).length > 0 ? listseal : undefined;
    });
    await Promise.all([alice.ui.waitForMails(4), his.ui.waitForMails(4)]);
  });

  afterAll(async () => {
    await world.stop();
  });

  afterEach(async () => {
    await hers.ui.acceptDialogs();
    await hers.ui.closeComposers();
  });

  /** Eve has put the list's mail into a mail of hers, and wants an answer. */
  function fromEve(raw: Uint8Array): Uint8Array {
    return Buffer.from(
      Buffer.from(raw)
        .toString("latin1")
        .replace(/^From: .*$/m, `From: Eve <${addressOf("eve")}>`),
      "latin1",
    );
  }

  /** The sealed parts of a mail, as somebody has them who saves its attachments. */
  function saveParts(raw: Uint8Array): readonly { readonly path: string }[] {
    const parts = readOwnShell(raw)?.parts ?? [];
    return parts.map(({ type, bytes }) => {
      const path = join(world.folder, `sealed-${type.replace(/.*\./, "")}.pgp`);
      writeFileSync(path, bytes);
      return { path };
    });
  }

  /** What somebody has saved of an opened mail. */
  function readableCopy(): Uint8Array {
    return writeClearMail(
      {
        ...{ from: { address: parseAddress("olive@example.test") }, to: [{ address: list.address }], cc: [] },
        ...{ subject: COPY, date: new Date(), messageId: "<copy@x.test>", references: [], attachments: [] },
        text: `${COPIED}\r\n`,
      },
      list.address,
    );
  }

  /** Everything that a person's Thunderbird has sent, and everything that their mail server keeps. */
  const sent = (user: string) =>
    Buffer.concat(
      world.recorder
        .since()
        .filter(({ recording }) => recording.wire === `${user}-to-postfix` && recording.direction === "up")
        .map(({ bytes }) => bytes),
    );
  const mailsSent = (user: string) => sent(user).toString("latin1").split("\r\nDATA\r\n").length - 1;

  /** Has words stand on the screen in a mail, selected, and presses Reply. */
  async function replyWithSelection(desk: Desk, subject: string, words: string): Promise<void> {
    await desk.ui.openFolder();
    await desk.ui.selectMessage(subject);
    await desk.mail.run(z.null(), ON_SCREEN, words);
    await desk.writing.about("cmd_reply");
  }

  const labelled = (label: string) =>
    until(`the button to say ${label}`, async () =>
      (await hers.ui.composeActionState(alice.addon.id)).label === label ? true : undefined,
    );

  function nowhere(words: string): void {
    expect(searchBytes("sent", sent("alice"), words)).toEqual([]);
    expect(searchPaths([world.dovecot.store], words).findings).toEqual([]);
  }

  test("without the add-on what is selected on the screen is quoted, saved on the server and sent", async () => {
    const words = `${newMarker()} as it stood on the screen`;
    await replyWithSelection(his, FOREIGN, words);
    expect((await his.ui.composerState()).html).toContain(words);
    await his.ui.typeHtml("<p>my own words</p>");
    await his.ui.saveDraft("timer");
    await until("the words in the draft on the server", () =>
      world.dovecot.mails("bob", "Drafts").some(({ raw }) => searchBytes("draft", raw, words).length > 0)
        ? true
        : undefined,
    );
    // pressed again while the draft is still being saved, which takes no press
    await until("the words on the wire", async () => {
      if (searchBytes("sent", sent("bob"), words).length > 0) return true;
      await his.writing.pressSend();
      return undefined;
    });
  });

  const lockKey = async (locked: boolean) => {
    const memberKeys = Object.fromEntries(
      Object.entries(stored.memberKeys).map(([name, key]) => [name, { ...key, locked }]),
    );
    await alice.addon.setStorage("listseal", { ...stored, memberKeys });
    // what was opened before is forgotten with the page
    await alice.addon.suspend();
  };

  test.each([
    ["a foreign shell", FOREIGN, false],
    ["a mail that is still on the screen after the key was locked", OWN, true],
  ])(
    "%s: nothing of what is on the screen is quoted, saved or sent, and it is asked",
    async (name, subject, locked) => {
      const words = `${newMarker()} as it stood on the screen`;
      const own = `my own words about ${subject}`;
      await hers.ui.openFolder();
      await hers.ui.selectMessage(subject);
      await hers.ui.waitForView(() => true);
      await lockKey(locked);
      try {
        await hers.mail.run(z.null(), ON_SCREEN, words);
        await hers.writing.about("cmd_reply");
        await until("the quote to be gone", async () =>
          (await hers.ui.composeActionState(alice.addon.id)).title.includes("left out") ? true : undefined,
        );
        const state = await hers.ui.composerState();
        expect(state.html).not.toContain(words);
        await hers.ui.typeHtml(`<p>${own}</p>`);
        await hers.ui.saveDraft("timer");
        await until("the draft here", () =>
          searchPaths([join(alice.thunderbird.profile, "Mail")], own).findings.length > 0 ? true : undefined,
        );
        expect(world.dovecot.mails("alice", "Drafts")).toEqual([]);
        await hers.writing.saveTemplate();
        await until("the template here", () =>
          searchPaths([join(alice.thunderbird.profile, "Mail", "Local Folders", "Templates")], own).findings
            .length > 0
            ? true
            : undefined,
        );
        expect(searchPaths([world.dovecot.store], own).findings).toEqual([]);
        await hers.ui.picture("msgcompose", join(ALBUM, `left-out-${subject.replace(" ", "-")}.png`));
        const before = mailsSent("alice");
        if (!locked) {
          await expect(hers.ui.send()).resolves.toBe("open");
          expect(await alice.addon.popupText()).toContain("This quotes an encrypted message");
          await hers.ui.pictureOfScreen(join(ALBUM, "asked.png"));
          expect(mailsSent("alice")).toBe(before);
          // and even then: nothing that was on the screen
          await labelled("Not sent");
          await alice.addon.pressInPopup("Send unencrypted");
          await until("the mail to leave", () => (mailsSent("alice") === before + 1 ? true : undefined));
        }
        nowhere(words);
        expect(name).not.toBe("");
      } finally {
        await lockKey(false);
      }
    },
  );

  test("Send pressed at once, while the page has not looked at a large mail yet: nothing leaves", async () => {
    const words = `${newMarker()} as it stood on the screen`;
    await hers.ui.openFolder();
    const before = mailsSent("alice");
    await alice.addon.whilePageIsBusy(async () => {
      await hers.ui.selectMessage(LARGE);
      await hers.mail.run(z.null(), ON_SCREEN, words);
      await hers.writing.about("cmd_reply");
      expect((await hers.ui.composerState()).html).toContain(words);
      await hers.writing.pressSend();
      await until(
        "Send to wait for the page",
        async () => (await hers.ui.composerState()).locked || undefined,
      );
      expect(mailsSent("alice")).toBe(before);
    });
    await expect(hers.writing.outcomeOfSend()).resolves.toBe("open");
    expect(await alice.addon.popupText()).toContain("check the message first");
    await hers.ui.pictureOfScreen(join(ALBUM, "late.png"));
    expect(mailsSent("alice")).toBe(before);
    await alice.addon.pressInPopup("OK");
    await labelled("Encrypted for Team");
    await eventually(async () => {
      const state = await hers.ui.composerState();
      expect(state.html).not.toContain(words);
      expect(state.html).toContain("Hello.");
      expect(state).toMatchObject({ subject: `Re: ${LARGE}`, to: [list.address], others: [] });
    });
    await expect(hers.ui.send()).resolves.toBe("closed");
    nowhere(words);
  });

  test.each([
    ["was never sealed", {}],
    ["was being sealed when the page died", { phase: "sealing", sealing: "on" }],
    ["has sealed a mail before, as far as anybody remembers", { phase: "sealed", sealing: "on" }],
  ] as const)(
    "sealed parts of somebody else's are attached, and sending fails, in a window that %s: they stay closed, and the words stay",
    async (_, remembered) => {
      const words = `my own words ${newMarker()}`;
      await hers.ui.compose({ to: addressOf("eve"), subject: "see these", html: words, files: savedParts });
      await labelled("Encrypt to list · Not encrypted");
      await world.recorder.cut("alice-to-postfix");
      try {
        await expect(hers.ui.send()).resolves.toBe("dialog");
        const change = { phase: "sealing", listAddress: list.address, ...remembered };
        await alice.addon.inBackground(z.null(), REMEMBER, change);
        await hers.ui.acceptDialogs();
        await until("the failure to be dealt with", async () =>
          (await alice.addon.inBackground(z.string(), PHASE)) === "writing" ? true : undefined,
        );
      } finally {
        await world.recorder.mend("alice-to-postfix");
      }
      await eventually(async () => {
        const state = await hers.ui.composerState();
        expect(state.html).toContain(words);
        expect(state.html).not.toContain(SECRET);
        expect(state).toMatchObject({ subject: "see these", to: [addressOf("eve")] });
        expect(state.attachments.toSorted()).toEqual(["sealed-body.pgp", "sealed-key.pgp"]);
      });
      await hers.ui.picture("msgcompose", join(ALBUM, "sealed-parts-of-another.png"));
      nowhere(SECRET);
    },
  );

  test("the quote of one list's mail is asked about before it is sealed for another list", async () => {
    await hers.ui.openFolder();
    await hers.ui.selectMessage(OWN);
    await hers.ui.waitForView(({ kind }) => kind === "opened");
    await hers.writing.about("cmd_forwardInline");
    await until("the forwarded text", async () =>
      (await hers.ui.composerState()).html.includes("Hello.") ? true : undefined,
    );
    await hers.writing.addRecipients("addr_to", council.address);
    await labelled("Encrypted for Council");
    const before = mailsSent("alice");
    await expect(hers.ui.send()).resolves.toBe("open");
    expect(await alice.addon.popupText()).toContain(`This quotes an encrypted message from ${list.address}`);
    await hers.ui.pictureOfScreen(join(ALBUM, "other-list.png"));
    expect(mailsSent("alice")).toBe(before);
    await alice.addon.pressInPopup("Go back");
  });

  test("a readable copy is answered: its quote is sealed for its list, and asked about elsewhere", async () => {
    await hers.ui.openFolder();
    await hers.ui.selectMessage(COPY);
    await hers.writing.about("cmd_reply");
    await labelled("Encrypted for Team");
    const state = await hers.ui.composerState();
    expect(state).toMatchObject({ to: [list.address], others: [] });
    expect(state.html).toContain(COPIED);
    const before = sent("alice").length;
    const drafts = world.dovecot.mails("alice", "Drafts").length;
    await hers.ui.typeHtml("<p>words</p>");
    await hers.ui.saveDraft("timer");
    await expect(hers.ui.send()).resolves.toBe("closed");
    await hers.writing.about("cmd_forwardInline");
    await hers.writing.addRecipients("addr_to", "eve@example.test");
    await labelled("Encrypted for the list");
    await expect(hers.ui.send()).resolves.toBe("open");
    expect(await alice.addon.popupText()).toContain("This quotes an encrypted message");
    await alice.addon.pressInPopup("Go back");
    await hers.ui.closeComposers();
    expect(world.dovecot.mails("alice", "Drafts")).toHaveLength(drafts);
    expect(searchBytes("sent", sent("alice").subarray(before), COPIED)).toEqual([]);
  });

  test("an account that adds a card, a Cc and a Bcc by itself: they leave as usual with an ordinary mail, and not with a sealed one", async () => {
    const habits = {
      attach_vcard: true,
      escapedVCard: encodeURIComponent(
        "begin:vcard\nfn:Alice\ntel;type=cell:+81 90 1234 5678\nversion:2.1\nend:vcard\n",
      ),
      doCc: true,
      doCcList: "carol@example.test",
      doBcc: true,
      doBccList: "bob@example.test",
    };
    for (const [name, value] of Object.entries(habits))
      await hers.ui.setPreference(`mail.identity.id1.${name}`, value);
    const sentSince = async (to: string, label: string) => {
      const before = sent("alice").length;
      await hers.ui.compose({ to, subject: "habits", html: "<p>words</p>" });
      await labelled(label);
      await expect(hers.ui.send()).resolves.toBe("closed");
      return sent("alice").subarray(before).toString("latin1");
    };
    try {
      const ordinary = await sentSince(addressOf("eve"), "Encrypt to list · Not encrypted");
      expect(ordinary).toMatch(/RCPT TO:<carol@example\.test>/i);
      expect(ordinary).toMatch(/RCPT TO:<bob@example\.test>/i);
      expect(ordinary).toContain("vcard");
      const sealed = await sentSince(list.address, "Encrypted for Team");
      expect(sealed).toContain("Subject: [team] encrypted message");
      expect(sealed.match(/RCPT TO:<[^>]*>/gi)).toEqual([`RCPT TO:<${list.address}>`]);
      expect(sealed).not.toMatch(/vcard|carol@|bob@/i);
    } finally {
      for (const name of ["attach_vcard", "doCc", "doBcc"])
        await hers.ui.setPreference(`mail.identity.id1.${name}`, false);
    }
  });

  test("almost the list's address, and a list of the address book: nothing leaves unasked", async () => {
    const asked = async (to: string, words: string, picture: string) => {
      const before = mailsSent("alice");
      await hers.ui.compose({ to, subject: "to whom", html: "<p>words</p>" });
      await expect(hers.ui.send()).resolves.toBe("open");
      await labelled("Not sent");
      expect(await alice.addon.popupText()).toContain(words);
      await hers.ui.pictureOfScreen(join(ALBUM, `${picture}.png`));
      expect(mailsSent("alice")).toBe(before);
    };
    await asked("Team+notes@lists.example", "This is almost team@lists.example", "almost");
    await alice.addon.pressInPopup("Correct the address and send");
    await until("the mail to leave", async () => ((await hers.writing.composers()) === 0 ? true : undefined));
    const corrected = sent("alice").toString("latin1").split("\r\nDATA\r\n").at(-1);
    expect(corrected).toContain("Subject: [team] encrypted message");
    await asked('"team@lists.example" <eve@example.test>', "This is almost team@lists.example", "name");
    await alice.addon.pressInPopup("Go back");
    await hers.ui.closeComposers();
    await alice.thunderbird.marionette.call(
      z.null(),
      "compose-window",
      "addAddressBookList",
      "Friends",
      list.address,
    );
    const friends = () => asked("Friends <Friends>", "Is an encrypted list among these recipients?", "group");
    await friends();
    expect(await alice.addon.popupText()).toContain("Expand List");
    await alice.addon.pressInPopup("Go back");
    await hers.writing.expandRecipient("Friends");
    await labelled("Encrypted for Team");
    expect(await hers.ui.composerState()).toMatchObject({ to: [list.address] });
    await hers.ui.closeComposers();
    await friends();
    await alice.addon.pressInPopup("Go back");
    // one question after the other, and an answer counts for those whom it was about
    const isAsked = (words: string) =>
      until(words, async () =>
        (await alice.addon.popupText().catch(() => "")).includes(words) ? true : undefined,
      );
    const before = mailsSent("alice");
    await hers.writing.addRecipients("addr_cc", "Team@lists.example.");
    await expect(hers.ui.send()).resolves.toBe("open");
    await isAsked("This is almost team@lists.example");
    await alice.addon.pressInPopup("Send unencrypted");
    await isAsked("Is an encrypted list among these recipients?");
    await alice.addon.pressInPopup("Go back");
    await hers.writing.addRecipients("addr_cc", "eve@example.test");
    await expect(hers.ui.send()).resolves.toBe("open");
    await isAsked("This is almost team@lists.example");
    expect(mailsSent("alice")).toBe(before);
  });
});
