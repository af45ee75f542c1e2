import { join } from "node:path";
import { z } from "zod";
import { sealedMails, twentyFive } from "../../bench/addon/mails.js";
import { groupsOf } from "../../src/extension/reading/display/state-line.js";
import { toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { textLeaf, writeEntity } from "../../src/mail/mime.js";
import { partsOfMail, readReceived } from "../../src/mail/received.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { writeOpeningKey } from "../../src/openpgp/keys.js";
import { setFromBase64, shortTexts } from "../mail/native-base64.js";
import { describeInBrowsers } from "../world/browser.js";
import { axeComplaints, keepInBrowser, keptBy } from "../world/browser-member.js";
import { until } from "../world/processes.js";
import { ALBUM, ReaderBed } from "../world/reader-bed.js";

/** Made once for both browsers: sealing so much takes longer than opening it. */
let large: ReturnType<typeof sealedMails> | undefined;

/** Octets that don't compress. */
function noise(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC",
  "base64",
);

/** Run in a page of the extension, as another one does where the person unlocks or locks the key. */
const UNLOCK = `async (fingerprint, secret) => {
  const unlocked = { keys: [{ fingerprint, secret }], usedAt: Date.now() };
  await (globalThis.browser ?? chrome).storage.session.set({ unlocked });
}`;
const LOCK = `() => (globalThis.browser ?? chrome).storage.session.remove("unlocked")`;

/** Run in a page: what its own decoder of base64 makes of each text. */
const DECODE = `(texts) => texts.map((text) => {
  const out = new Uint8Array(8);
  try {
    const { read, written } = out.setFromBase64(text, { lastChunkHandling: "stop-before-partial" });
    return [read, written, ...out.subarray(0, written)].join();
  } catch ({ name }) {
    return name;
  }
})`;

/** The same by the one that unit tests use. */
function decodedHere(text: string): string {
  const out = new Uint8Array(8);
  try {
    const { read, written } = setFromBase64(out, text);
    return [read, written, ...out.subarray(0, written)].join();
  } catch (error) {
    return error instanceof Error ? error.name : "?";
  }
}

describeInBrowsers("the Reader page", (name) => {
  let bed: ReaderBed;

  beforeAll(async () => {
    bed = await ReaderBed.make(name);
  });

  afterAll(() => bed?.discard());

  test("its decoder of base64 is what the unit tests of ours have in its place", async () => {
    const texts = shortTexts();
    const found = await bed.page.run(z.array(z.string()), DECODE, texts);
    expect(found).toEqual(texts.map(decodedHere));
  });

  test("reads a mail that the list's server made, and saves and shows what is attached", async () => {
    const { server, list, alice, page } = bed;
    await server.post(list, alice, {
      html: `<p>Hello <b>Carol</b></p><img src="http://127.0.0.1:9/x.png"><img src="cid:p@x">`,
      attachments: [
        { name: "../red.png", type: "image/png", bytes: new Uint8Array(PIXEL) },
        { name: "notes.txt", type: "text/plain", bytes: new TextEncoder().encode("notes") },
        { name: "in text.png", type: "image/png", bytes: new Uint8Array(PIXEL), contentId: "p@x" },
      ],
    });
    await server.untilQuiet();
    const text = await bed.read("opened", bed.file("copy.eml", bed.copy));
    for (const words of ["The true subject", "came through the list", "red.png", "not loaded: 1"])
      expect(text).toContain(words);
    // the words are in the frame, and nowhere in our own page
    expect(text).not.toContain("Hello");
    const frame = await page.frame("about:srcdoc");
    expect(await frame.run(z.string(), `() => document.body.innerText`)).toContain("Hello Carol");
    expect(await frame.run(z.number(), `() => document.querySelector("img").naturalWidth`)).toBe(1);
    await bed.pressInView(".files li button");
    await page.picture(join(ALBUM, `opened-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    await bed.pressInView("[data-attachment]");
    expect((await bed.saved("red.png")).equals(PIXEL)).toBe(true);
    await bed.pressInView(".files .all");
    expect((await bed.saved("red.png")).equals(PIXEL)).toBe(true);
    expect((await bed.saved("notes.txt")).toString()).toBe("notes");
    await bed.pressInView(".keep .save");
    expect((await bed.saved(".eml")).toString()).toContain("Subject: The true subject");
  });

  test("saves a file of a forwarded mail by itself", async () => {
    const { server, list, alice, page } = bed;
    const crlf = (...lines: readonly string[]) => new TextEncoder().encode(lines.join("\r\n"));
    const part = (type: string, name: string, content: string) => [
      "--b",
      `Content-Type: ${type}`,
      `Content-Disposition: attachment; filename="${name}"`,
      "Content-Transfer-Encoding: base64",
      "",
      Buffer.from(content).toString("base64"),
    ];
    const forwarded = (subject: string, ...parts: readonly string[]) =>
      crlf(
        ...["From: eve@people.test", `Subject: ${subject}`, "MIME-Version: 1.0"],
        ...["Content-Type: multipart/mixed; boundary=b", "", ...parts, "--b--", ""],
      );
    const inner = "From: ted@people.test\r\nSubject: older\r\n\r\nolder words\r\n";
    const mail = forwarded(
      "newer",
      // QUIRK: Firefox opens a PDF that was saved, in a tab in front of ours
      ...part("application/octet-stream", "one.dat", "first file"),
      ...["--b", "Content-Type: message/rfc822", "", inner],
      ...part("application/octet-stream", "two.dat", "second file"),
    );
    await server.post(list, alice, {
      text: "see below",
      attachments: [
        { name: "own.txt", type: "text/plain", bytes: crlf("own") },
        { name: "newer.eml", type: "message/rfc822", bytes: mail },
      ],
    });
    await server.untilQuiet();
    const text = await bed.read("opened", bed.file("forwarded.eml", bed.copy));
    for (const words of ["one.dat", "two.dat", "older words"]) expect(text).toContain(words);
    await page.picture(join(ALBUM, `forwarded-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
    await bed.pressInView(".inside .files li:last-child [data-attachment]");
    expect((await bed.saved("two.dat")).toString()).toBe("second file");
    await bed.pressInView(".inside .files li:first-child [data-attachment]");
    expect((await bed.saved("one.dat")).toString()).toBe("first file");
  });

  test("reads parts that were saved from a webmail under the names that it gave them", async () => {
    const { server, list, alice } = bed;
    await server.post(list, alice, { text: "in two files" });
    await server.untilQuiet();
    const parts = partsOfMail(await readReceived(bed.copy, 9));
    const [key, body] = parts.map(({ name: one, type, bytes }) =>
      bed.file(one === "" ? `${type.endsWith("key") ? "sealed-key (1)" : "sealed-body"}.pgp` : one, bytes),
    );
    expect(await bed.read("opened", body ?? "", key ?? "")).toContain("in two files");
  });

  test("reads the source of a mail that was pasted, and several files one after the other", async () => {
    const { server, list, alice, page } = bed;
    for (const text of ["the first", "the second"]) {
      await server.post(list, alice, { text, subject: `Subject of ${text}` });
      await server.untilQuiet();
    }
    const copies = server.sink.for(bed.carol.address).slice(-2);
    const [one = "", two = ""] = copies.map(({ raw }, at) => bed.file(`${at}.eml`, raw));
    expect(await bed.read("opened", one, two)).toContain("the first");
    await bed.forgetShown();
    await page.click(".given li:last-child button");
    expect(await bed.shown("opened")).toContain("the second");
    const pasted = copies.at(0)?.raw.toString("latin1") ?? "";
    await page.run(
      z.null(),
      `(text) => {
        document.querySelector(".giving details").open = true;
        document.querySelector(".paste textarea").value = text;
      }`,
      pasted,
    );
    await bed.forgetShown();
    await page.click(".paste-open");
    expect(await bed.shown("opened")).toContain("the first");
  });

  test("opens 25 MB and gives them out whole", async () => {
    const { list, carol, page } = bed;
    large ??= sealedMails("compatible", carol.address, [twentyFive]);
    const { sealed, stored } = await large;
    await keepInBrowser(page, stored);
    expect(await bed.read("opened", bed.file("large.eml", sealed[0]?.raw ?? ""))).toContain("25 MB");
    await bed.pressInView("[data-attachment='0']");
    const saved = await bed.saved("noise.bin");
    expect(saved.length).toBe(twentyFive.bytes);
    await keepInBrowser(page, await keptBy(carol, [list]));
  });

  test("keeps that the author's digits were compared, for this mail and the next", async () => {
    const { server, list, alice, page } = bed;
    const next = async (text: string) => {
      await server.post(list, alice, { text });
      await server.untilQuiet();
      return bed.read("opened", bed.file("next.eml", bed.copy));
    };
    expect(await next("one")).not.toContain("confirmed by you");
    await page.run(
      z.null(),
      `() => { document.querySelector("listseal-view").shadowRoot.querySelector("details").open = true; }`,
    );
    await bed.pressInView("details button");
    const comparing = await bed.browser.opened("options.html");
    await comparing.waitFor("form.card input[data-place]");
    await bed.forgetShown();
    const places = `() => [...document.querySelectorAll("form.card input[data-place]")].map((one) => one.dataset.place)`;
    const groups = groupsOf(alice.key.fingerprint).split(" ");
    for (const place of await comparing.run(z.array(z.string()), places))
      await comparing.type(`input[data-place="${place}"]`, groups[Number(place)] ?? "");
    await comparing.click("form.card button[type=submit]");
    await until(
      "the comparison to be kept",
      async () =>
        (await comparing.run(z.boolean(), `() => document.querySelector("form.card") === null`)) || undefined,
    );
    await comparing.close();
    // the mail that is open says it, too, though another page has changed what is known
    expect(await bed.shown("opened")).toContain("confirmed by you");
    expect(await next("two")).toContain("confirmed by you");
  });

  test("shows nothing of a mail that was altered on its way", async () => {
    const { server, list, alice } = bed;
    await server.post(list, alice, { text: "words that are not to be seen" });
    await server.untilQuiet();
    const text = bed.copy.toString("latin1");
    const at = text.indexOf("\r\n\r\n", text.indexOf("application/vnd.listseal.body")) + 400;
    const flipped = text[at] === "A" ? "B" : "A";
    const damaged = Buffer.from(text.slice(0, at) + flipped + text.slice(at + 1), "latin1");
    const shown = await bed.read("refused", bed.file("damaged.eml", damaged));
    expect(shown).toContain("cut short or altered");
    expect(shown).not.toContain("words that");
    const whole = await bed.read("opened", bed.file("whole.eml", bed.copy));
    expect(whole).toContain("words that are not to be seen");
  });

  test("names sealed parts in a foreign shell, and opens them when asked, apart from what stands around them", async () => {
    const { server, list, alice, page } = bed;
    await server.post(list, alice, { text: "Alice's own words" });
    await server.untilQuiet();
    const parts = partsOfMail(await readReceived(bed.copy, 9));
    const foreign = writeEntity(
      [
        ["From", "mallory@evil.test"],
        ["To", list.address],
      ],
      {
        type: "multipart/mixed",
        parts: [
          textLeaf("<p>Mallory's words</p>", "html"),
          ...parts.map(({ type, bytes }) => ({ type, bytes, disposition: "attachment" as const })),
        ],
      },
    );
    const banner = await bed.read("elsewhere", bed.file("foreign.eml", foreign));
    expect(banner).toContain("Encrypted part inside another message");
    expect(banner).not.toContain("own words");
    expect(await axeComplaints(page)).toEqual([]);
    await bed.forgetShown();
    await bed.pressInView("button");
    const opened = await bed.shown("opened");
    expect(opened).toContain("the text around it is not from the list");
    expect(opened).toContain("Alice's own words");
    expect(opened).not.toContain("Mallory");
  });

  test("says what else a mail is", async () => {
    const { list, carol } = bed;
    const plain = "From: a@b.test\r\nSubject: hi\r\n\r\nhello\r\n";
    expect(await bed.read("ordinary", bed.file("plain.eml", plain))).toContain("not encrypted");
    const to = { address: parseAddress(carol.address) };
    const answer = writeRequestMail({
      ...{ kind: "answer", list: parseAddress(list.address), from: to, to },
      ...{ date: new Date(), messageId: "<1@lists.test>", sealed: noise(300) },
    });
    expect(await bed.read("arrived", bed.file("answer.eml", answer))).toContain("cut short or altered");
    await bed.page.setFiles("input[type=file]", [bed.file("team.listseal", noise(300))]);
    const options = await bed.browser.opened("options.html");
    const says = () => options.run(z.string(), `() => document.body.innerText`);
    await until("the file's name on the page", async () =>
      (await says()).includes("team.listseal") ? true : undefined,
    );
    await options.close();
  });

  test("says that the key is locked, and for whom a mail is that it can't open", async () => {
    const { server, list, alice, page, carol } = bed;
    await server.post(list, alice, { text: "for Carol" });
    await server.untilQuiet();
    const mail = bed.file("locked.eml", bed.copy);
    await keepInBrowser(page, await keptBy(carol, [list], "a passphrase"));
    expect(await bed.read("locked", mail)).toContain("Your key is locked");
    const secret = toBase64(await writeOpeningKey(carol.key));
    await page.run(z.null(), UNLOCK, carol.key.fingerprint, secret);
    expect(await bed.read("opened", mail)).toContain("for Carol");
    // locked in another page: what was opened goes from this one
    await bed.forgetShown();
    await page.run(z.null(), LOCK);
    expect(await bed.shown("locked")).not.toContain("for Carol");
    await keepInBrowser(page, await keptBy(alice, [list]));
    expect(await bed.read("not-for-me", mail)).toContain(list.address);
    await keepInBrowser(page, await keptBy(carol, [list]));
  });
});
