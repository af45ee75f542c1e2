import { dirname, join } from "node:path";
import { z } from "zod";
import { privateSubject } from "../../src/mail/fixed-texts.js";
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { readPayload } from "../../src/mail/payload.js";
import { authorOfLetter } from "../../src/membership/introduction/letter-author.js";
import { openPrivate } from "../../src/protocol/private-letter.js";
import { describeInBrowsers, type Page } from "../world/browser.js";
import { axeComplaints, keepInBrowser, keptBy } from "../world/browser-member.js";
import { searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import { ALBUM, ReaderBed } from "../world/reader-bed.js";

/** Runs in the composer: goes to the text and types where the cursor stands then. */
const WRITE = `(text) => {
  document.querySelector(".editor .text").focus();
  document.execCommand("insertText", false, text);
}`;

/**
 * Runs in the composer: drops HTML and a picture into the text, as a person does who drags them there from another page. What
 * is pasted goes the same way; an event of a script that pastes has nothing in it in Firefox.
 */
const DROP = `async (html, picture) => {
  const place = document.querySelector(".editor .text");
  place.focus();
  const drop = (data) => place.dispatchEvent(
    new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  const words = new DataTransfer();
  words.setData("text/html", html);
  drop(words);
  const image = new DataTransfer();
  const bytes = Uint8Array.from(atob(picture), (one) => one.charCodeAt(0));
  image.items.add(new File([bytes], "red.png", { type: "image/png" }));
  drop(image);
  for (let tries = 0; tries < 6000 && place.querySelector("img") === null; tries += 1)
    await new Promise((done) => setTimeout(done, 20));
}`;

const PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC";

/** What is there to be copied. */
const VALUES = `() => [...document.querySelectorAll(".leaving input[readonly]")].map(({ value }) => value)`;

/** As wide as a telephone, in CSS pixels. */
const PHONE = 390;

/** What has the focus, in words. */
const FOCUSED = `() => {
  const { activeElement: one } = document;
  return one === document.body ? "" : one.className + " " + (one.getAttribute("type") ?? one.localName);
}`;

/** Both keep what is typed into a page for the next start; this makes Firefox do it at once. */
const SAVE_SESSIONS = { firefoxPreferences: { "browser.sessionstore.interval": 1000 } };

describeInBrowsers("the composer", (name) => {
  let bed: ReaderBed;

  beforeAll(async () => {
    bed = await ReaderBed.make(name, SAVE_SESSIONS);
  });

  afterAll(() => bed?.discard());

  const ready = async (writing: Page) => {
    await writing.click("button.seal");
    await writing.waitFor(".leaving");
  };

  test("an answer begins in the Reader, and the list's server passes on the mail file that it makes", async () => {
    const { server, list, alice, carol, browser } = bed;
    await server.post(list, alice, { text: "Hello Carol" });
    await server.untilQuiet();
    await bed.read("opened", bed.file("copy.eml", bed.copy));
    await bed.pressInView(".reply");
    const writing = await browser.opened("app/browser/composer.html");
    await writing.waitFor(".editor .text blockquote");
    await writing.run(z.null(), WRITE, "Hello Alice, my answer");
    await writing.setFiles(".attached input[type=file]", [bed.file("numbers.csv", "1;2;3\r\n")]);
    await writing.waitFor(".attached li");
    await writing.picture(join(ALBUM, `composer-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await ready(writing);
    await writing.picture(join(ALBUM, `leaving-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.click(".save-mail");
    const raw = await bed.saved(".eml");
    expect(raw.toString("latin1")).not.toMatch(/my answer|numbers|true subject/i);
    expect((await server.submit(list, carol, raw)).code).toBe(250);
    await server.untilQuiet();
    const letter = await bed.alicesLetter();
    expect(letter).toMatchObject({ subject: "Re: The true subject", attachments: [{ name: "numbers.csv" }] });
    expect(letter.text).toContain("Hello Alice, my answer");
    expect(letter.text).toContain("> Hello Carol");
    expect(letter.references.at(-1)).toBe(letter.inReplyTo);
    await writing.close();
  });

  test("an owner of the list is answered alone: sealed to them, past the list, and read again in the Reader", async () => {
    const { server, list, alice, carol, browser, page } = bed;
    await keepInBrowser(page, await keptBy(carol, [list], null, [alice]));
    await server.post(list, alice, { text: "Who comes along?" });
    await server.untilQuiet();
    const copies = server.sink.caught.length;
    await bed.read("opened", bed.file("copy.eml", bed.copy));
    // the mail before is opened anew, too: who its author is has changed
    const shown = await until("the new mail", async () => {
      const text = await bed.shown("opened");
      return text.includes("Who comes along?") ? text : undefined;
    });
    expect(shown).toContain("an owner of the list");
    await bed.pressInView(".more summary");
    await page.picture(join(ALBUM, `details-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    await bed.pressInView(".alone");
    const writing = await browser.opened("app/browser/composer.html");
    await writing.waitFor(".alone h2");
    expect(await writing.run(z.string(), `() => document.querySelector(".alone").innerText`)).toContain(
      `Encrypted to ${alice.address} alone`,
    );
    await writing.run(z.null(), WRITE, "I do, but keep it to yourself.");
    await writing.picture(join(ALBUM, `alone-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.resize(PHONE);
    await writing.picture(join(ALBUM, `alone-phone-${name}.png`));
    expect(await writing.run(z.number(), `() => document.documentElement.scrollWidth`)).toBeLessThanOrEqual(
      PHONE,
    );
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.resize(1200);
    await ready(writing);
    await writing.picture(join(ALBUM, `alone-leaving-${name}.png`));
    expect(await writing.run(z.array(z.string()), VALUES)).toEqual([alice.address, privateSubject()]);
    await writing.click(".save-part");
    const part = await bed.saved("private.pgp");
    await writing.click(".save-mail");
    const mail = await bed.saved(".eml");
    for (const secret of ["keep it to yourself", "true subject", list.address])
      expect(mail.toString("latin1")).not.toContain(secret);
    // Alice has it, and the list's server had no part in it
    const opened = await openPrivate(
      new Uint8Array(part),
      [alice.key],
      async (payload) => {
        const letter = await readPayload(payload);
        return { author: await authorOfLetter(letter), messageId: letter.messageId };
      },
      new Date(),
    );
    if (opened === "not-for-me") throw new Error("it is not for Alice");
    expect(opened.author).toBe(carol.key.fingerprint);
    expect(await readPayload(opened.payload)).toMatchObject({
      to: [{ address: alice.address }],
      subject: "Re: The true subject",
      text: expect.stringContaining("keep it to yourself"),
    });
    expect(server.sink.caught).toHaveLength(copies);
    // what Carol has sent is hers to read: the mail, and the attachment alone
    for (const file of [bed.file("sent.eml", mail), bed.file("private (1).pgp", part)]) {
      const own = await bed.read("private", file);
      expect(own).toContain("alone, from you, not to the list");
      expect(own).toContain("keep it to yourself");
    }
    await page.picture(join(ALBUM, `private-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    await writing.close();
  });

  test("loaded again, an answer to one member becomes no letter to the list", async () => {
    const { browser } = bed;
    const writing = await browser.open("app/browser/composer.html?private=1");
    await writing.waitFor(".problem");
    expect(await writing.run(z.boolean(), `() => document.querySelector("form") === null`)).toBe(true);
    await writing.close();
  });

  test("the Reader page leads there, and the composer has its one list chosen", async () => {
    await bed.page.click('header nav a[href$="composer.html"]');
    const writing = await bed.browser.opened("app/browser/composer.html");
    await writing.waitFor(".editor .text");
    expect(await writing.run(z.string(), `() => document.querySelector("select").value`)).toBe(
      bed.list.address,
    );
    await writing.close();
  });

  test("rich text leaves as one file, which the server takes from any webmail", async () => {
    const { server, list, carol, browser } = bed;
    const writing = await browser.open(`app/browser/composer.html?to=mailto:${list.address}%3Fsubject=x`);
    await writing.waitFor(".editor .text");
    await writing.type("form input[type=text]", "Plans");
    await writing.run(z.null(), WRITE, "I have attached ");
    await writing.click(".tools .bold");
    await writing.run(z.null(), WRITE, "bold");
    const dropped = `<p onclick="x()" style="position:fixed">pasted<script>x()</script><img src="http://127.0.0.1:9/x"></p>`;
    await writing.run(z.null(), DROP, dropped, PIXEL);
    // the picture may be what the words speak of; without it they are asked about
    await writing.run(z.null(), `() => { document.querySelector(".editor .text img").remove(); }`);
    await writing.click("button.seal");
    await writing.waitFor(".anyway");
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.run(z.null(), DROP, "<i>again</i>", PIXEL);
    await ready(writing);
    await writing.click(".save-part");
    const bytes = new Uint8Array(await bed.saved("sealed-message.pgp"));
    const raw = writeEntity(
      [
        ["From", `Carol <${carol.address}>`],
        ["To", list.address],
        ["Subject", "[team] encrypted message"],
      ],
      {
        type: "multipart/mixed",
        parts: [
          textLeaf(""),
          {
            type: "application/octet-stream",
            name: "sealed-message (1).pgp",
            disposition: "attachment",
            bytes,
          },
        ],
      },
    );
    expect((await server.submit(list, carol, raw)).code).toBe(250);
    await server.untilQuiet();
    const letter = await bed.alicesLetter();
    expect(letter.subject).toBe("Plans");
    expect(letter.html).toMatch(/<(?:b|strong|span style="[^"]*bold[^"]*")>bold/);
    expect(letter.html).toContain("pasted");
    expect(letter.html).not.toMatch(/onclick|script|position|127\.0\.0\.1|data:/);
    expect(letter.attachments).toMatchObject([{ name: "red.png", contentId: expect.any(String) }]);
    await writing.close();
  });

  test("the keyboard alone is enough, and plain text is plain", async () => {
    const { server, list, carol, browser } = bed;
    const writing = await browser.open("app/browser/composer.html");
    await writing.waitFor(".editor .text");
    const way: string[] = [];
    while (!way.at(-1)?.startsWith("primary seal") && way.length < 20) {
      await writing.press("Tab");
      way.push((await writing.run(z.string(), FOCUSED)).trim());
      if (way.at(-1) === "checkbox") await writing.press("Space");
    }
    expect(way).toEqual([
      ...["select", "text", "bold button", "italic button", "insertUnorderedList button", "quote button"],
      ...["make-link button", "text div", "checkbox", "file", "primary seal submit"],
    ]);
    await writing.run(z.null(), WRITE, "line\n\n-- \nCarol <b>");
    await ready(writing);
    await writing.click(".save-mail");
    expect((await server.submit(list, carol, await bed.saved(".eml"))).code).toBe(250);
    await server.untilQuiet();
    const letter = await bed.alicesLetter();
    expect(letter.html).toBeUndefined();
    expect(letter.text?.replace(/\s+/g, " ")).toContain("line -- Carol <b>");
    await writing.close();
  });

  test("a key that is locked, and a list that is not here, are said", async () => {
    const { list, carol, browser, page } = bed;
    await keepInBrowser(page, await keptBy(carol, [list], "a passphrase"));
    const writing = await browser.open("app/browser/composer.html?to=other@lists.test");
    await writing.waitFor("form [role=alert]");
    expect(await writing.run(z.string(), `() => document.body.innerText`)).toContain("other@lists.test");
    await writing.run(
      z.null(),
      `() => {
        const select = document.querySelector("select");
        select.selectedIndex = 1;
        select.dispatchEvent(new Event("change", { bubbles: true }));
      }`,
    );
    await writing.click("button.seal");
    await writing.waitFor("form [role=alert].next");
    expect(await writing.run(z.string(), `() => document.body.innerText`)).toContain("is locked");
    await keepInBrowser(page, await keptBy(carol, [list]));
    await writing.close();
  });

  test("nothing that is typed is kept on disk, as it is of a page of the web", async () => {
    const { browser } = bed;
    const folder = dirname(browser.downloads);
    // of one word that occurs nowhere else: the session file is compressed
    const words = { subject: "qzhvkwjx", text: "xkqjvzwh", control: "vwzqhxjk" } as const;
    const marker = (where: keyof typeof words) => words[where];
    const writing = await browser.open("app/browser/composer.html");
    await writing.waitFor(".editor .text");
    await writing.type("form input[type=text]", marker("subject"));
    await writing.type(".editor .text", marker("text"));
    // nor read by a spelling checker, which may be a server's
    expect(
      await writing.run(
        z.array(z.boolean()),
        `() => [...document.querySelectorAll(".editor .text, form input[type=text]")].map((one) => one.spellcheck)`,
      ),
    ).toEqual([false, false]);
    const control = await browser.open("app/browser/reader/reader.html");
    await control.run(
      z.null(),
      `(text) => {
        const field = Object.assign(document.createElement("input"), { id: "kept" });
        document.body.append(field);
        field.focus();
        document.execCommand("insertText", false, text);
      }`,
      marker("control"),
    );
    const found = (where: keyof typeof words) => searchPaths([folder], marker(where)).findings;
    if (name === "firefox") await until("the session file", () => found("control").length > 0 || undefined);
    else await control.run(z.null(), `() => new Promise((done) => setTimeout(done, 3000))`);
    expect([...found("subject"), ...found("text")]).toEqual([]);
    await control.close();
    await writing.close().catch(() => undefined);
  });
});

describeInBrowsers("reader and composer in Japanese and in the dark", (name) => {
  let bed: ReaderBed;

  beforeAll(async () => {
    bed = await ReaderBed.make(name, { language: "ja", dark: true });
  });

  afterAll(() => bed?.discard());

  test("read well, and axe finds nothing wrong", async () => {
    const { server, list, alice, page, browser } = bed;
    await server.post(list, alice, {
      subject: "来年の予算",
      html: "<p>添付の<b>資料</b>をご覧ください。</p>",
    });
    await server.untilQuiet();
    expect(await page.run(z.boolean(), `() => matchMedia("(prefers-color-scheme: dark)").matches`)).toBe(
      true,
    );
    await page.picture(join(ALBUM, `empty-ja-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    const text = await bed.read("opened", bed.file("予算.eml", bed.copy));
    expect(text).toContain("リスト経由で届きました");
    await (await page.frame("about:srcdoc")).waitFor("b");
    await page.picture(join(ALBUM, `opened-ja-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    await bed.pressInView(".reply");
    const writing = await browser.opened("app/browser/composer.html");
    await writing.waitFor(".editor .text blockquote");
    await writing.run(z.null(), WRITE, "添付します");
    await writing.click("button.seal");
    await writing.waitFor(".anyway");
    await writing.picture(join(ALBUM, `composer-ja-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.click(".anyway");
    await writing.waitFor(".leaving");
    await writing.picture(join(ALBUM, `leaving-ja-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.close();
  });
});
