import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { submit } from "../server/dialogue.js";
import { BrowserOptions } from "../tour/browser-options.js";
import { type Language, wordsOf } from "../tour/words.js";
import { type BrowserName, describeInBrowsers, type Page } from "../world/browser.js";
import { axeComplaints, keepInBrowser, keptBy } from "../world/browser-member.js";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import { ReaderBed } from "../world/reader-bed.js";

/** Pictures, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/browser-lists", import.meta.url));

const PASSPHRASE = "correct horse battery";
const PHONE = 390;

/** What is typed into a page is kept for the next start; this makes Firefox do it at once. */
const SAVE_SESSIONS = { "browser.sessionstore.interval": 1000 };

/** Runs in the page of lists: everything that it shows. */
const SHOWN = `() => {
  const texts = (selector) => [...document.querySelectorAll(selector)].map((one) => one.textContent.trim());
  return {
    text: document.body.innerText,
    subjects: texts(".row .subject"),
    letter: [...document.querySelectorAll(".given")].filter((one) => one.checkVisibility()).map((one) => one.innerText).join(),
    isLocked: document.querySelector(".progress listseal-view")?.dataset.kind === "locked",
  };
}`;
const shownShape = z.object({
  text: z.string(),
  subjects: z.array(z.string()),
  letter: z.string(),
  isLocked: z.boolean(),
});
type Shown = z.infer<typeof shownShape>;

/** Runs in a page of the extension: how many blocks are on the disk; with \`spoil\`, each of them is damaged first. */
const BLOCKS = `(spoil) => new Promise((resolve, reject) => {
  const request = indexedDB.open("listseal-mail-index");
  request.onerror = () => reject(request.error);
  request.onupgradeneeded = () => { request.transaction.abort(); resolve(0); };
  request.onsuccess = () => {
    const transaction = request.result.transaction(["blocks"], "readwrite");
    const blocks = transaction.objectStore("blocks");
    const all = blocks.getAllKeys();
    all.onsuccess = () => { if (spoil) for (const name of all.result) blocks.put(new Uint8Array(40), name); };
    transaction.oncomplete = () => { request.result.close(); resolve(all.result.length); };
  };
})`;

/** Runs in a page of the extension, as another one does where the person locks the key. */
const LOCK = `() => (globalThis.browser ?? chrome).storage.session.remove("unlocked")`;
const UNLOCK = `async (fingerprint, secret) => {
  const unlocked = { keys: [{ fingerprint, secret }], usedAt: Date.now() };
  await (globalThis.browser ?? chrome).storage.session.set({ unlocked });
}`;

/** Carol with a locked key, her Reader, and her page of lists. */
class Desk {
  readonly bed: ReaderBed;
  readonly language: Language;
  #lists: Page | undefined;
  #files = 0;

  private constructor(bed: ReaderBed, language: Language) {
    this.bed = bed;
    this.language = language;
  }

  static async make(name: BrowserName, language: Language): Promise<Desk> {
    mkdirSync(join(ALBUM, language), { recursive: true });
    const bed = await ReaderBed.make(name, { language, firefoxPreferences: SAVE_SESSIONS });
    await keepInBrowser(bed.page, await keptBy(bed.carol, [bed.list], PASSPHRASE));
    return new Desk(bed, language);
  }

  get lists(): Page {
    if (this.#lists === undefined) throw new Error("the page of lists is not open");
    return this.#lists;
  }

  /** The page of lists, opened as a person does: by the link in the Reader. */
  async openLists(): Promise<void> {
    await this.bed.page.click('header a[href$="lists/lists.html"]');
    this.#lists = await this.bed.browser.opened("app/browser/lists/lists.html");
    await this.lists.waitFor(".tools");
  }

  /** A new post of Alice's, read in the Reader from a file. @returns its Message-ID */
  async reads(wish: NonNullable<Parameters<ReaderBed["server"]["post"]>[2]>): Promise<void> {
    const { server, list, alice } = this.bed;
    await server.post(list, alice, wish);
    await server.untilQuiet();
    this.#files += 1;
    await this.bed.read("opened", this.bed.file(`board-${this.#files}.eml`, this.bed.copy));
  }

  /** What the page of lists shows, once that fits. */
  async shows(what: string, fits: (shown: Shown) => boolean): Promise<Shown> {
    let seen: Shown | undefined;
    return until(what, async () => {
      seen = await this.lists.run(shownShape, SHOWN);
      return fits(seen) ? seen : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`${what}: ${JSON.stringify(seen)}`, { cause });
    });
  }

  async subjects(...expected: readonly string[]): Promise<void> {
    await this.shows(
      `the subjects ${expected.join(", ")}`,
      ({ subjects }) => subjects.join() === expected.join(),
    );
  }

  blocks(spoil = false): Promise<number> {
    return this.lists.run(z.number(), BLOCKS, spoil);
  }

  picture(name: string): Promise<void> {
    return this.lists.picture(join(ALBUM, this.language, `${this.bed.browser.name}-${name}.png`));
  }

  /** Gives the page this width, and waits until it has it: Firefox lays pages out in its own time. */
  async resize(width: number): Promise<void> {
    await this.lists.resize(width);
    await until(
      `a page of ${width} px`,
      async () => (await this.lists.run(z.number(), `() => window.innerWidth`)) === width || undefined,
    );
  }

  async search(words: string): Promise<void> {
    await this.lists.run(
      z.null(),
      `(words) => {
        const field = document.querySelector("input[type=search]");
        field.value = words;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      }`,
      words,
    );
  }

  async unlock(): Promise<void> {
    await this.lists.type(".progress listseal-view >> input", PASSPHRASE);
    await this.lists.press("Enter");
  }

  async lock(): Promise<void> {
    await this.bed.page.run(z.null(), LOCK);
    await this.shows("the lock", ({ isLocked }) => isLocked);
  }
}

/** A date that is later than those of posts without one: rows are in that order. Ten minutes are let pass. */
const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000);

/** Of words that occur nowhere else, and short, since a session file is compressed. */
const [SUBJECT, TEXT, CONTROL, TYPED] = ["qzhvkwjx", "xkqjvzwh", "vwzqhxjk", "jwqvkzxh"] as const;

describeInBrowsers("the page of lists", (name) => {
  let desk: Desk;

  beforeAll(async () => {
    desk = await Desk.make(name, "en");
  });

  afterAll(() => desk?.bed.discard());

  test("nothing is kept of what is read before somebody has opened it; it says what it will have, and asks for the passphrase", async () => {
    const { page, carol } = desk.bed;
    const secret = await secretFor(desk);
    await page.run(z.null(), UNLOCK, carol.key.fingerprint, secret);
    await desk.reads({ subject: "Read before" });
    await desk.openLists();
    await desk.shows("no message", ({ text }) => text.includes("from now on are listed here"));
    expect(await desk.blocks()).toBe(0);
    await desk.lock();
    await desk.unlock();
    // the Reader opens again what it still shows: from now on that is listed
    await desk.subjects("Read before");
    expect(await axeComplaints(desk.lists)).toEqual([]);
  });

  test("what is read from then on is there at once, in its conversation, by its true subject", async () => {
    const first = "<first@people.test>";
    await desk.reads({
      messageId: first,
      subject: `Visa papers ${SUBJECT}`,
      text: `The Embassy opens at nine.\n${TEXT}`,
      attachments: [{ name: "form.pdf", type: "application/pdf", bytes: new Uint8Array(9) }],
    });
    await desk.reads({ subject: "Budget", text: "Numbers follow.", date: inMinutes(1) });
    await desk.reads({
      subject: "Re: Visa papers",
      text: "大使館は九時に開きます。",
      continues: first,
      date: inMinutes(2),
    });
    await desk.subjects(`Visa papers ${SUBJECT}`, "Re: Visa papers", "Budget", "Read before");
    // the same mail once more, pasted: one row
    await desk.bed.page.run(
      z.null(),
      `(mail) => {
        document.querySelector("textarea").closest("details").open = true;
        document.querySelector("textarea").value = mail;
      }`,
      desk.bed.copy.toString("latin1"),
    );
    await desk.bed.forgetShown();
    await desk.bed.page.click(".paste-open");
    await desk.bed.shown("opened");
    await desk.subjects(`Visa papers ${SUBJECT}`, "Re: Visa papers", "Budget", "Read before");
  });

  test("search as one types, in Japanese too; with attachment", async () => {
    await desk.search("embassy NINE");
    await desk.subjects(`Visa papers ${SUBJECT}`);
    await desk.search("大使館");
    await desk.subjects("Re: Visa papers");
    await desk.search("");
    await desk.lists.click(".tools button[aria-pressed]");
    await desk.subjects(`Visa papers ${SUBJECT}`);
    await desk.lists.click(".tools button[aria-pressed]");
    await desk.subjects(`Visa papers ${SUBJECT}`, "Re: Visa papers", "Budget", "Read before");
  });

  test("a row says what is known, and where the message is; keys go through the rows", async () => {
    await desk.lists.click(".row");
    const { letter } = await desk.shows("the first", ({ letter: now }) => now.includes(SUBJECT));
    for (const words of [
      "Verified when you opened it",
      "Alice",
      "Team",
      "board-2.eml",
      "form.pdf",
      TEXT,
      "opens at nine",
    ])
      expect(letter).toContain(words);
    await desk.picture("opened");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.lists.press("ArrowDown");
    await desk.shows("the answer", ({ letter: now }) => now.includes("大使館") && now.includes("pasted"));
    // to the first of the conversation
    await desk.lists.click(".given li button");
    await desk.shows("the first again", ({ letter: now }) => now.includes("board-2.eml"));
  });

  test("an answer from here goes on with the conversation", async () => {
    await desk.lists.click(".acts button:not(.back)");
    const writing = await desk.bed.browser.opened("app/browser/composer.html");
    await writing.waitFor(".editor .text");
    expect(await writing.run(z.string(), `() => document.querySelector("form input[type=text]").value`)).toBe(
      `Re: Visa papers ${SUBJECT}`,
    );
    await writing.close();
  });

  test("who is on the list is asked by a request that the person sends, and the answer is said here", async () => {
    const { server, list, carol, browser } = desk.bed;
    await desk.lists.click(".who summary");
    await desk.lists.click(".who button");
    const options = await browser.opened("app/browser/options.html");
    await options.waitFor(".by-hand");
    await desk.shows("that it is not sent", ({ text }) => text.includes("has not been sent yet"));
    await desk.picture("who");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await options.click(".by-hand .actions button:nth-of-type(2)");
    const raw = await desk.bed.saved(".eml");
    await options.click(".by-hand .actions button:nth-of-type(1)");
    await until("the request to be noted as sent", async () =>
      (await options.run(z.boolean(), `() => document.querySelector(".by-hand") === null`))
        ? true
        : undefined,
    );
    await options.close();
    await desk.shows("that it is sent", ({ text }) => text.includes("When the reply arrives"));
    const recipient = requestAddress(parseAddress(list.address));
    const before = server.sink.for(carol.address).length;
    expect((await submit(server.port, { sender: carol.address, recipient, raw })).code).toBe(250);
    await server.sink.until(() => server.sink.for(carol.address).length > before);
    await desk.bed.read("arrived", desk.bed.file("answer.eml", desk.bed.copy));
    await desk.shows("the answer", ({ text }) => text.includes("don’t show its members"));
  });

  test("at the width of a telephone one pane at a time", async () => {
    await desk.resize(PHONE);
    await desk.shows("the message alone", ({ letter }) => letter !== "");
    expect(
      await desk.lists.run(z.number(), `() => document.documentElement.scrollWidth`),
    ).toBeLessThanOrEqual(PHONE);
    await desk.picture("phone-opened");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.lists.click(".back");
    await desk.shows("the rows", ({ letter }) => letter === "");
    await desk.picture("phone");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.resize(1200);
  });

  test("nothing of it is on the disk in clear", async () => {
    const { browser, page } = desk.bed;
    const folder = dirname(browser.downloads);
    const found = (marker: string) => searchPaths([folder], marker).findings;
    expect(await desk.blocks()).toBeGreaterThan(0);
    await desk.search(TEXT);
    await desk.subjects(`Visa papers ${SUBJECT}`);
    // what is kept in clear is found, so the others would be: in the storage, and in a field that the browser writes down
    await page.run(
      z.null(),
      `(control, typed) => {
        const field = Object.assign(document.createElement("input"), { id: "kept" });
        document.body.append(field);
        field.focus();
        document.execCommand("insertText", false, typed);
        return (globalThis.browser ?? chrome).storage.local.set({ control });
      }`,
      CONTROL,
      TYPED,
    );
    await until("the control on the disk", () => found(CONTROL).length > 0 || undefined);
    if (name === "firefox") await until("the session file", () => found(TYPED).length > 0 || undefined);
    expect([...found(SUBJECT), ...found(TEXT)]).toEqual([]);
    await desk.search("");
  });

  test("locked, nothing is left on the page; unlocked, all of it is back", async () => {
    await desk.lists.click(".row");
    await desk.shows("a message", ({ letter }) => letter !== "");
    await desk.lock();
    const { text, subjects, letter } = await desk.lists.run(shownShape, SHOWN);
    expect([subjects, letter, text.includes(SUBJECT), text.includes(TEXT)]).toEqual([[], "", false, false]);
    await desk.unlock();
    await desk.subjects(`Visa papers ${SUBJECT}`, "Re: Visa papers", "Budget", "Read before");
  });

  test("Delete takes a row away, and not its message", async () => {
    await desk.lists.click(".row:last-child");
    await desk.shows("the last", ({ letter }) => letter.includes("Read before"));
    await desk.lists.press("Delete");
    await desk.subjects(`Visa papers ${SUBJECT}`, "Re: Visa papers", "Budget");
  });

  test("a damaged block is removed, and the page says that nobody can build it anew", async () => {
    await desk.blocks(true);
    await desk.lists.close();
    await desk.openLists();
    await desk.shows(
      "the loss",
      ({ text, subjects }) => text.includes("was damaged") && subjects.length === 0,
    );
    await desk.picture("lost");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.lists.click(".progress button");
    await desk.shows("no word of it", ({ text }) => !text.includes("was damaged"));
    await desk.reads({ subject: "Read again" });
    await desk.subjects("Read again");
  });

  test("stopped, everything is gone from the disk, and nothing is added until the person wants it", async () => {
    for (const _ of ["asked", "sure"]) await desk.lists.click(".lists button:nth-last-of-type(2)");
    await desk.shows("the end", ({ text }) => text.includes("keeps no list"));
    expect(await desk.blocks()).toBe(0);
    await desk.reads({ subject: "Not kept" });
    await desk.lists.click(".progress button");
    await desk.shows("the beginning", ({ text }) => text.includes("from now on are listed here"));
    await desk.reads({ subject: "Kept" });
    await desk.subjects("Kept");
  });

  test("a list that is removed takes its blocks along", async () => {
    expect(await desk.blocks()).toBeGreaterThan(0);
    const options = await BrowserOptions.open(desk.bed.browser);
    expect(
      await options.page.run(z.string(), `() => document.querySelector("header nav a").textContent`),
    ).toBe(wordsOf("en")("given_title"));
    await options.showTab("lists");
    for (const _ of ["asked", "sure"]) await options.press(wordsOf("en")("lists_forget"));
    await options.waitForText(wordsOf("en")("lists_forgotten"));
    await until("no block", async () => ((await desk.blocks()) === 0 ? true : undefined));
    await desk.shows("no list", ({ text }) => text.includes(wordsOf("en")("welcome_title")));
  });
});

describeInBrowsers("the page of lists in Japanese", (name) => {
  let desk: Desk;

  beforeAll(async () => {
    desk = await Desk.make(name, "ja");
  });

  afterAll(() => desk?.bed.discard());

  test("reads well on a desk and on a telephone, and axe finds nothing wrong", async () => {
    const { page, carol } = desk.bed;
    await desk.openLists();
    await desk.shows("the lock", ({ isLocked }) => isLocked);
    await desk.picture("locked");
    await page.run(z.null(), UNLOCK, carol.key.fingerprint, await secretFor(desk));
    await desk.shows("no lock", ({ isLocked }) => !isLocked);
    await desk.picture("empty");
    await desk.reads({
      messageId: "<1@people.test>",
      subject: "来年の予算について",
      text: "添付の資料をご覧ください。締め切りは１０月です。",
      attachments: [{ name: "予算.pdf", type: "application/pdf", bytes: new Uint8Array(9) }],
    });
    await desk.reads({
      subject: "Re: 来年の予算について",
      text: "承知しました。",
      continues: "<1@people.test>",
    });
    await desk.subjects("来年の予算について", "Re: 来年の予算について");
    await desk.search("10月");
    await desk.subjects("来年の予算について");
    await desk.lists.click(".row");
    await desk.shows("the message", ({ letter }) => letter.includes("添付の資料"));
    await desk.picture("opened");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.resize(PHONE);
    await desk.picture("phone-opened");
    expect(await axeComplaints(desk.lists)).toEqual([]);
    await desk.lists.click(".back");
    await desk.picture("phone");
    expect(await axeComplaints(desk.lists)).toEqual([]);
  });
});

/** Carol's secret key, ready to use, as what is unlocked holds it. */
async function secretFor({ bed }: Desk): Promise<string> {
  const { memberKeys } = await keptBy(bed.carol, [bed.list]);
  const [key] = Object.values(memberKeys);
  if (key === undefined || key.locked) throw new Error("no open key");
  return key.secret;
}
