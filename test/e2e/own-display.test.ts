import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { TAG_LIMIT } from "../../src/extension/reading/display/limits.js";
import { emptyStored, type Stored } from "../../src/extension/records/stored.js";
import { LOOK_AT_IT, SELECT_ITS_TEXT, SHOW_IN_SENDERS_DOCUMENT } from "../attacks/naive/shared-document.js";
import { isOwnByTree } from "../attacks/naive/tree-shell.js";
import { keyRecord, MadeList, type MadePerson, makePerson } from "../tour/made-list.js";
import { OptionsPage } from "../tour/options-page.js";
import { Person } from "../tour/person.js";
import { titled } from "../tour/scenery.js";
import { Counter } from "../world/counter.js";
import { until } from "../world/processes.js";
import { ReadingPlaces } from "../world/reading-places.js";
import type { Displayed } from "../world/thunderbird-ui.js";
import { addressOf, World } from "../world/world.js";

/** Pictures of what a reader sees, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/own-display", import.meta.url));

const MARKER = "the heron on the ninth pile";
const GREEN = "Encrypted to Team · from olive@example.test (“Olive”)";
const [OWN, FOREIGN, ORDINARY, PAINTED] = ["own shell", "foreign shell", "ordinary words", "painted line"];
const [TWO_TYPES, SAME_NAME, POSING] = ["two types", "same name", "a name that poses"];
const [DOTS, MANY_TAGS] = ["an address of full stops", "many tags"];
const PAY = "Pay 10000 EUR now (verified)";
/** A name that is made of our own words and signs. */
const POSING_NAME = "Olive · owner of the list · came through the list";
/** More than any search that tries every end gets through while somebody waits. */
const MANY_DOTS = 150_000;

/** What everybody who writes HTML can put into a mail: a line like ours, a view that is not seen, and a font that tells. */
const hostile = (counter: Counter): string => `<style>
@font-face { font-family: spy; src: url("${counter.at("font-h")}"); unicode-range: U+68; }
@font-face { font-family: spy; src: url("${counter.at("font-n")}"); unicode-range: U+6E; }
body::before { content: "${GREEN}, owner of the list · came through the list"; color: #0b6b3a; font: bold 13px sans-serif; }
#listseal-view { opacity: 0 !important; font-family: spy !important; position: absolute !important; top: 40px; left: 0; }
#balloon { position: absolute; top: 40px; left: 0; width: 100%; height: 300px; background: pink; pointer-events: none; }
</style><p id="balloon">POP</p>`;

/** As somebody sends it who has got hold of a copy: its sealed parts, in a mail of their own. */
function inMailOfEve(copy: Uint8Array, html: string): Uint8Array {
  const text = Buffer.from(copy).toString("latin1");
  const boundary = /boundary="?([^";\r\n]+)/.exec(text)?.[1];
  if (boundary === undefined) throw new Error("the copy has no parts");
  const sealed = text.split(`--${boundary}`).filter((part) => /vnd\.listseal\.(?:key|body)/.test(part));
  const sealedParts = sealed
    .map((part) => `--eve${part}`)
    .join("")
    .replaceAll("multipart/encrypted", "");
  return Buffer.from(
    [
      ...["From: Eve <eve@example.test>", "To: alice@example.test", `Subject: ${FOREIGN}`],
      ...[`Date: ${new Date().toUTCString()}`, "Message-ID: <eve@example.test>", "MIME-Version: 1.0"],
      ...["Content-Type: multipart/mixed; boundary=eve", "", "--eve", "Content-Type: text/html", "", html],
      `${sealedParts}--eve--`,
      "",
    ].join("\r\n"),
    "latin1",
  );
}

/**
 * A copy with one more part of a stranger's in it, of which one reader sees a type and another sees another: words to display for
 * Thunderbird, a list signature by its name to who reads a doubled type as none.
 */
function withTwoTypes(copy: Uint8Array): Uint8Array {
  const text = Buffer.from(copy).toString("latin1");
  const end = /\r\n--[^\r\n]+--\r\n\s*$/.exec(text);
  if (end === null) throw new Error("the copy has no parts");
  const part = [
    ...[end[0].trimEnd().slice(0, -2), "Content-Type: text/html", "Content-Type: application/octet-stream"],
    ...['Content-Disposition: inline; filename="list-signature.pgp"', "", `<p>${PAY}</p>`],
  ];
  return Buffer.from(`${text.slice(0, end.index)}${part.join("\r\n")}${end[0]}`, "latin1");
}

/** Another sender in the outer header. */
function sentBy(raw: Uint8Array, from: string): Uint8Array {
  const text = Buffer.from(raw).toString("latin1");
  return Buffer.from(text.replace(/^From: .*$/m, `From: ${from}`), "latin1");
}

function inClear(subject: string, type: "text/plain" | "text/html", body: string): Uint8Array {
  return Buffer.from(
    [
      ...["From: Eve <eve@example.test>", "To: alice@example.test", `Subject: ${subject}`],
      ...[`Date: ${new Date().toUTCString()}`, `Message-ID: <${subject.replace(" ", "-")}@example.test>`],
      ...["MIME-Version: 1.0", `Content-Type: ${type}`, "", body, ""],
    ].join("\r\n"),
  );
}

const looked = z.object({
  at: z.tuple([z.number(), z.number()]),
  hit: z.string(),
  opacity: z.string(),
  font: z.string(),
  pressed: z.string(),
});

/** Runs in a message document: everything in it that is not the frame, and what of it a point of the pane reaches. */
const WHAT_IS_THERE = `(window) => {
  const { document } = window;
  const hits = new Set();
  for (let y = 5; y < window.innerHeight; y += 40)
    for (let x = 5; x < window.innerWidth; x += 60) hits.add(document.elementFromPoint(x, y)?.id ?? "");
  return {
    elements: [...document.querySelectorAll("body *")].map((one) => one.localName),
    sheets: document.styleSheets.length,
    fonts: document.fonts.size,
    before: window.getComputedStyle(document.body, "::before").content,
    hits: [...hits],
  };
}`;
const thereShape = z.object({
  elements: z.array(z.string()),
  sheets: z.number(),
  fonts: z.number(),
  before: z.string(),
  hits: z.array(z.string()),
});

/** Runs in a message document: selects everything that there is, in it and in its frame. */
const SELECT_EVERYTHING = `(window) => {
  const inner = window.document.querySelector("iframe#listseal-page")?.contentWindow;
  const root = inner?.document.querySelector("listseal-view")?.shadowRoot;
  if (root) inner.getSelection().selectAllChildren(root.querySelector(".body"));
  window.getSelection().selectAllChildren(window.document.documentElement);
  return inner?.getSelection().toString() ?? "";
}`;

/** What a sender, a style sheet and a reply can do to a mail that is opened in a real Thunderbird; no server takes part. */
describe("a display that the sender can't reach, in a real Thunderbird", () => {
  let world: World;
  let counter: Counter;
  let alice: Person;
  let places: ReadingPlaces;
  let list: MadeList;
  let reader: MadePerson;
  let kept: Stored;
  let twoTypes: Uint8Array;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    counter = await Counter.start();
    world = await World.start();
    const making = (async () => {
      reader = await makePerson(addressOf("alice"), "Alice");
      const olive = await makePerson("olive@example.test", "Olive");
      list = await MadeList.make("team@lists.example", "Team", [olive]);
      const letter = (id: string) => ({
        subject: "The true subject",
        messageId: `<${id}@example.test>`,
        text: `Hello,\r\n${MARKER}\r\n`,
      });
      const [namesake, poser] = [
        await makePerson("mallory@example.test", "Olive"),
        await makePerson("poser@example.test", POSING_NAME),
      ];
      const dots = `Look at http://a${".".repeat(MANY_DOTS)}b first.\r\n${MARKER}\r\n`;
      const tags = { html: `<p>${MARKER}</p>${"<p>x".repeat(TAG_LIMIT)}` };
      twoTypes = withTwoTypes(titled(await list.copyFor(reader, olive, letter("twice"), "mixed"), TWO_TYPES));
      const mails = [
        twoTypes,
        titled(await list.copyFor(reader, namesake, letter("namesake")), SAME_NAME),
        titled(await list.copyFor(reader, poser, letter("poser")), POSING),
        sentBy(titled(await list.copyFor(reader, olive, letter("pay")), PAY), "Bank <eve@example.test>"),
        titled(await list.copyFor(reader, olive, { ...letter("dots"), text: dots }), DOTS),
        titled(await list.copyFor(reader, olive, { ...letter("tags"), ...tags }), MANY_TAGS),
        titled(await list.copyFor(reader, olive, letter("own")), OWN),
        inMailOfEve(await list.copyFor(reader, olive, letter("foreign"), "mixed"), hostile(counter)),
        inClear(ORDINARY, "text/plain", "An ordinary mail, plain as day."),
        inClear(PAINTED, "text/html", `${hostile(counter)}<p>The plan: pay Eve.</p>`),
      ];
      for (const raw of mails) world.dovecot.drop("alice", raw);
      const record = await keyRecord(reader);
      kept = {
        ...emptyStored,
        lists: { [list.address]: await list.record(reader) },
        memberKeys: { [record.fingerprint]: record },
        backedUpAt: new Date().toISOString(),
      };
    })();
    alice = await Person.arrive(world, "alice");
    await making;
    await alice.addon.setStorage("listseal", kept);
    places = new ReadingPlaces(alice.thunderbird);
    await alice.ui.waitForMails(10);
  });

  afterAll(async () => {
    await world.stop();
    await counter.stop();
  });

  afterEach(async () => {
    await alice.ui.closeComposers();
    await alice.addon.setStorage("listseal", kept);
  });

  const select = async (subject: string) => {
    await alice.ui.openFolder();
    await alice.ui.selectMessage(subject);
  };
  const openOwn = async () => {
    await select(OWN);
    return alice.ui.waitForView(({ text }) => text.includes(MARKER));
  };
  const inMail = <T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]): Promise<T> =>
    alice.thunderbird.marionette.call(shape, "mail-window", "inMessage", "mail:3pane", source, args);
  /** Shows the sender's mail with a naive display in it. */
  const showNaively = async (subject: string) => {
    await select(ORDINARY);
    await alice.ui.waitForNativeText("plain as day");
    await select(subject);
    await alice.ui.waitForNativeText("POP");
    await inMail(z.null(), SHOW_IN_SENDERS_DOCUMENT, MARKER);
  };
  /** Waits for what the mail's own window shows. */
  const waitForWindow = (accept: (view: NonNullable<Displayed["view"]>) => boolean) =>
    until("the mail in its window", async () => {
      const { view } = await alice.ui.displayed("mail:messageWindow").catch(() => ({ view: null }));
      return (view !== null && accept(view)) || undefined;
    });
  const replied = async () => {
    await alice.ui.reply();
    return (await alice.ui.composerState()).html;
  };

  describe("styles of the sender", () => {
    test("make a naive view unseen, have its button pressed, and send out which letters the opened text has", async () => {
      await places.allowRemoteContent("eve@example.test");
      counter.asked.length = 0;
      await showNaively(PAINTED);
      const before = await inMail(looked, LOOK_AT_IT);
      expect(before).toMatchObject({ hit: "listseal-view", opacity: "0", pressed: "no" });
      await alice.picture(join(ALBUM, "naive-covered.png"));
      await inMail(
        z.null(),
        `(window, x, y) => {
          for (const type of ["mousedown", "mouseup"]) window.synthesizeMouseEvent(type, x, y, { button: 0, clickCount: 1 }, {});
        }`,
        ...before.at,
      );
      await until("the press", async () =>
        (await inMail(looked, LOOK_AT_IT)).pressed === "yes" ? true : undefined,
      );
      await until("the font of a letter", () => counter.asked.includes("/font-h") || undefined);
    });

    test("are gone with everything else of the sender's where a mail is opened in its own shell", async () => {
      await openOwn();
      const { hits, ...there } = await inMail(thereShape, WHAT_IS_THERE);
      expect(there).toEqual({ elements: ["iframe"], sheets: 0, fonts: 0, before: "none" });
      expect(hits).toEqual(["listseal-page"]);
      await alice.picture(join(ALBUM, "own.png"));
    });

    test("find nothing to press in a mail of their own that carries sealed parts, and opening asks nobody", async () => {
      await select(FOREIGN);
      const banner = await alice.ui.waitForView(({ kind }) => kind === "elsewhere");
      expect([banner.buttons, banner.html.match(/<(?:a|button|input|summary)\b/g)]).toEqual([[], null]);
      await alice.picture(join(ALBUM, "foreign.png"));
      const said = await alice.addon.openMailPopup();
      expect(said).toMatchObject({ kind: "elsewhere", buttons: ["Open the encrypted part"] });
      expect(said.mail).toContain(FOREIGN);
      await alice.ui.pictureOfScreen(join(ALBUM, "foreign-popup.png"));
      counter.asked.length = 0;
      await alice.addon.pressInMailPopup("Open the encrypted part");
      const text = await until("the opened part in a tab", async () => {
        const source = `(window) => window.document.querySelector("listseal-view")?.shadowRoot.textContent ?? ""`;
        const found = await alice.addon.inFrontTab(z.string(), source);
        return found.includes(MARKER) ? found : undefined;
      });
      expect(text).toContain("from olive@example.test");
      expect(text).toContain("Encrypted part inside another message");
      await alice.picture(join(ALBUM, "foreign-opened.png"));
      expect(counter.asked).toEqual([]);
      await alice.addon.closeFrontTab();
    });
  });

  describe("a reply", () => {
    test("quotes in clear what is selected in a naive view", async () => {
      await showNaively(PAINTED);
      await inMail(z.null(), SELECT_ITS_TEXT);
      expect(await replied()).toContain(MARKER);
    });

    test("quotes nothing that is selected in ours, though it opens no more", async () => {
      await openOwn();
      await alice.addon.setStorage("listseal", { ...kept, lists: {} });
      expect(await inMail(z.string(), SELECT_EVERYTHING)).toContain(MARKER);
      const html = await replied();
      expect(html).not.toContain(MARKER);
      expect(html).not.toContain("true subject");
    });
  });

  describe("a line like ours", () => {
    test("is painted by any mail, and stands there as ours does; the popup knows better, and the mark is missing", async () => {
      await select(PAINTED);
      await alice.ui.waitForNativeText("pay Eve");
      await alice.picture(join(ALBUM, "painted.png"));
      const painted = `(window) => window.getComputedStyle(window.document.body, "::before").content`;
      expect(await inMail(z.string(), painted)).toContain(GREEN);
      const said = await alice.addon.openMailPopup();
      await alice.ui.pictureOfScreen(join(ALBUM, "painted-popup.png"));
      expect(said).toMatchObject({ kind: "ordinary", buttons: [] });
      expect(said.mail).toContain(PAINTED);
      expect(said.text).toContain("Not encrypted to a list");
      expect(said.mark).toMatch(/\d{4}/);
      const { nativeText } = await alice.ui.displayed();
      expect(nativeText).not.toContain(said.mark.trim());
      await alice.addon.closeMailPopup();
    });

    test("in ours comes with the mark; the popup says the same of the mail that it names, in each window", async () => {
      const view = await openOwn();
      const said = await alice.addon.openMailPopup();
      await alice.ui.pictureOfScreen(join(ALBUM, "own-popup.png"));
      expect(said.kind).toBe("opened");
      expect(said.mail).toContain(OWN);
      expect(said.text).toContain(GREEN);
      expect(view.text).toContain(said.mark.trim());
      await alice.addon.closeMailPopup();
      await select(ORDINARY);
      expect(await alice.addon.openMailPopup()).toMatchObject({ kind: "ordinary" });
      await alice.addon.closeMailPopup();
      await select(OWN);
      await places.openInWindow();
      try {
        await waitForWindow((shown) => shown.text.includes(MARKER));
        const there = await alice.addon.openMailPopup("mail:messageWindow");
        expect([there.kind, there.mail]).toEqual(["opened", expect.stringContaining(OWN)]);
        await alice.addon.closeMailPopup("mail:messageWindow");
      } finally {
        await places.closeWindow();
      }
    });
  });

  describe("words that are not the author's", () => {
    test("in a part with two types stand in Thunderbird, so the mail is none of ours, though the tree of its parts says so", async () => {
      await expect(isOwnByTree(twoTypes)).resolves.toBe(true);
      await select(TWO_TYPES);
      await alice.ui.waitForNativeText(PAY);
      const banner = await alice.ui.waitForView(() => true);
      expect([banner.kind, banner.buttons]).toEqual(["elsewhere", []]);
      expect(banner.text).not.toContain("came through the list");
      await alice.picture(join(ALBUM, "two-types.png"));
      const said = await alice.addon.openMailPopup();
      expect(said).toMatchObject({ kind: "elsewhere", buttons: ["Open the encrypted part"] });
      await alice.ui.pictureOfScreen(join(ALBUM, "two-types-popup.png"));
      await alice.addon.closeMailPopup();
    });

    test("in the mail's own subject and sender are told, above the true ones", async () => {
      await select(PAY);
      const view = await alice.ui.waitForView(({ text }) => text.includes(MARKER));
      expect(view.text).toContain("the subject in the message list is not from the list");
      expect(view.text).toContain("the sender in the message list is neither");
      await alice.picture(join(ALBUM, "outer-words.png"));
    });

    test("in a name: the owner's own name is warned of, and one like our line is cut and only quoted", async () => {
      await select(SAME_NAME);
      const same = await alice.ui.waitForView(({ text }) => text.includes(MARKER));
      expect(same.text).toContain("from mallory@example.test");
      expect(same.text).toContain("olive@example.test uses the same name");
      expect(same.text).not.toContain("owner of the list");
      await alice.picture(join(ALBUM, "same-name.png"));
      await select(POSING);
      const posing = await alice.ui.waitForView(({ text }) => text.includes("from poser@example.test"));
      expect(posing.text).toContain("from poser@example.test (“Olive owner of the list");
      expect(posing.text).not.toContain("· owner of the list");
      expect(posing.text).not.toContain("owner of the list · came through");
      await alice.picture(join(ALBUM, "posing-name.png"));
    });

    test("without end do not keep the rest from being shown: an address of full stops, and more tags than can be drawn", async () => {
      await select(DOTS);
      await alice.ui.waitForView(({ text }) => text.includes(MARKER));
      await select(MANY_TAGS);
      const view = await alice.ui.waitForView(({ text }) => text.includes("too large to be shown"));
      expect(view.buttons.filter((label) => label.includes("Save a readable copy"))).toHaveLength(2);
      await alice.picture(join(ALBUM, "too-long.png"));
    });
  });

  test("an owner who is none any more has no green line in a mail that was opened before", async () => {
    expect((await openOwn()).text).toContain("owner of the list");
    await select(ORDINARY);
    await alice.ui.waitForNativeText("plain as day");
    const other = await MadeList.make(list.address, list.name, []);
    const record = { ...(await list.record(reader)), owners: other.ownerRecords() };
    await alice.addon.setStorage("listseal", { ...kept, lists: { [list.address]: record } });
    const view = await openOwn();
    expect(view.text).not.toContain("owner of the list");
    await alice.picture(join(ALBUM, "no-owner.png"));
  });

  test("locking the keys clears every mail that is open, wherever it is", async () => {
    const [own] = Object.values(kept.memberKeys);
    if (own === undefined) throw new Error("a key is needed");
    await alice.addon.setStorage("listseal", {
      ...kept,
      memberKeys: { [own.fingerprint]: { ...own, locked: true } },
    });
    await alice.addon.inBackground(
      z.null(),
      `async (fingerprint, secret) => {
        await (globalThis.messenger ?? globalThis.browser).storage.session.set({
          unlocked: { keys: [{ fingerprint, secret }], usedAt: Date.now() },
        });
      }`,
      own.fingerprint,
      own.secret,
    );
    await openOwn();
    await places.openInWindow();
    await waitForWindow(({ text }) => text.includes(MARKER));
    await select(FOREIGN);
    await alice.ui.waitForView(({ kind }) => kind === "elsewhere");
    await alice.addon.openMailPopup();
    await alice.addon.pressInMailPopup("Open the encrypted part");
    const inTab = () =>
      alice.addon.inFrontTab(
        z.string(),
        `(window) => window.document.querySelector("listseal-view")?.shadowRoot.textContent ?? ""`,
      );
    await until("the foreign part", async () => (await inTab()).includes(MARKER) || undefined);
    await openOwn();

    const page = await OptionsPage.open(alice.addon);
    await page.showTab("keys");
    await page.press("Lock now");
    await page.close();
    await waitForWindow(({ kind }) => kind === "locked");
    await places.closeWindow();
    await alice.ui.waitForView(({ kind }) => kind === "locked");
    const { view, nativeText } = await alice.ui.displayed();
    expect([view?.text, nativeText].join("")).not.toContain(MARKER);
    await alice.picture(join(ALBUM, "locked.png"));
    await alice.addon.closeFrontTab();
  });

  test("an ordinary mail wakes nobody", async () => {
    await openOwn();
    await alice.addon.suspend();
    await select(ORDINARY);
    await alice.ui.waitForNativeText("plain as day");
    const ready = `(window) => window.document.readyState === "complete" && window.document.documentElement.outerHTML.length`;
    const length = await until(
      "the mail",
      async () => (await inMail(z.union([z.number(), z.boolean()]), ready)) || undefined,
    );
    expect(await alice.addon.backgroundState()).toBe("stopped");
    expect(length).toBe(await inMail(z.union([z.number(), z.boolean()]), ready));
  });
});
