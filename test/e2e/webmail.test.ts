import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Stored } from "../../src/extension/records/stored.js";
import { open } from "../../src/extension/worker/open.js";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { partsBelow, readMimeTree } from "../../src/mail/mime-tree.js";
import { partTypes } from "../../src/mail/part-types.js";
import { requestSubject } from "../../src/mail/request-mail.js";
import type { MailPart } from "../../src/mail/sealed-mail.js";
import { armorSealingKey, generateMemberKey, type OpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { BrowserOptions } from "../tour/browser-options.js";
import { post } from "../tour/claimed-list.js";
import { LISTS, type OwnedList, Owner } from "../tour/owner.js";
import {
  type Browser,
  describeInBrowsers,
  isAdmittedMissing,
  type Sheet,
  startBrowser,
} from "../world/browser.js";
import { BROWSERS } from "../world/browser-driver.js";
import { untilClicksCount } from "../world/browser-frame.js";
import { keepInBrowser } from "../world/browser-member.js";
import { copyWithLoopbackAllowed } from "../world/built-extension.js";
import { searchBytes, searchPaths } from "../world/evidence.js";
import { until } from "../world/processes.js";
import type { Roundcube } from "../world/roundcube.js";
import { RoundcubeWindow } from "../world/roundcube-window.js";
import { memberRecord } from "../world/webmail-member.js";
import { addressOf, fullNameOf, type PersonName, World } from "../world/world.js";

/** Pictures, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/webmail", import.meta.url));

const [team] = LISTS;
if (team === undefined) throw new Error("a list is needed");
const SUBJECT = "[team] encrypted message";
const SECRET = "the heron on the seventh pile";
const ANSWER = "then I bring the boat 舟";

const suite = isAdmittedMissing("roundcube-core", "php-cli") ? describe.skip : describe;

/** Bob has webmail and no Thunderbird: real Roundcube, real browsers, the real list server. */
suite("a member with webmail", () => {
  let world: World;
  let roundcube: Roundcube;
  let list: OwnedList;
  let keys: Readonly<Record<"alice" | "bob", OpeningKey<"member">>>;
  let records: Readonly<Record<"alice" | "bob", Stored>>;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    world = await World.start();
    await world.listServer.initialise();
    await world.listServer.start();
    const owner = await Owner.inWorld(world);
    const made = (who: PersonName) =>
      generateMemberKey({
        name: fullNameOf(who),
        address: parseAddress(addressOf(who)),
        profile: "compatible",
      });
    const [found, alice, bob, opened] = await Promise.all([
      owner.found(team),
      made("alice"),
      made("bob"),
      world.openRoundcube(),
    ]);
    [list, roundcube, keys] = [found, opened, { alice, bob }];
    for (const who of ["alice", "bob"] as const) {
      const file = join(world.folder, `${who}.asc`);
      writeFileSync(file, armorSealingKey(sealingHalf(keys[who])));
      await world.listServer.addMember(list.address, addressOf(who), fullNameOf(who), file);
    }
    const record = async (who: "alice" | "bob") =>
      memberRecord([await owner.invite(list, addressOf(who))], keys[who]);
    records = { alice: await record("alice"), bob: await record("bob") };
  });

  afterAll(async () => {
    await world?.stop();
  });

  const aliceWrites = (subject: string) =>
    post(
      world,
      keys.alice,
      list,
      { subject, text: `Meet at ${SECRET}\r\n` },
      makeMailbox("Alice", parseAddress(addressOf("alice"))),
    );

  /** What Alice's add-on makes of a mail in her inbox. */
  const aliceOpens = async (raw: Uint8Array) => {
    const parts = partsBelow(await readMimeTree(raw)).flatMap(({ name, contentType, bytes }): MailPart[] => {
      const type = Object.values(partTypes).find((one) => one === contentType);
      return type === undefined || bytes === null ? [] : [{ name, type, bytes }];
    });
    const { lists, memberKeys, pins } = records.alice;
    const secrets = Object.values(memberKeys).map(({ secret }) => secret);
    return open({ parts, lists: Object.values(lists), secrets, pins, now: new Date().toISOString() });
  };

  /** Text that a frame of ours shows. */
  const textIn = (frame: Sheet) =>
    frame.run(
      z.string(),
      `() => (document.body?.innerText ?? "") + (document.querySelector("listseal-view")?.shadowRoot?.textContent ?? "")`,
    );
  const untilSays = (frame: Sheet, words: string) =>
    until(`"${words}" in our frame`, async () => ((await textIn(frame)).includes(words) ? true : undefined));

  describeInBrowsers("reads and answers in Roundcube", (name) => {
    let browser: Browser;
    let folder: string;
    let window: RoundcubeWindow;
    const subject = `Plan of ${name}`;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), "listseal-webmail-"));
      browser = await startBrowser(name, {
        extension: copyWithLoopbackAllowed(name, join(folder, "extension")),
      });
      const page = await browser.open("app/browser/options.html");
      await keepInBrowser(page, records.bob);
      await page.close();
      // from now on what is read is listed
      const lists = await browser.open("app/browser/lists/lists.html");
      await lists.waitFor(".messages > .empty");
      await lists.close();
    });

    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    test("what Alice has sealed opens in its place", async () => {
      await aliceWrites(subject);
      window = await RoundcubeWindow.logIn(browser, roundcube, "bob");
      await window.select(SUBJECT);
      const frame = await window.page.frame("app/webmail/read.html");
      await untilSays(frame, SECRET);
      expect(await textIn(frame)).toContain(subject);
      await window.page.picture(join(ALBUM, `read-${name}.png`));
    });

    test("what was read in the webmail is listed by its true subject, and leads back to it", async () => {
      const lists = await browser.open("app/browser/lists/lists.html");
      await lists.waitFor(".row");
      await lists.click(".row");
      await lists.waitFor(".given .where a");
      const given = z.object({ text: z.string(), href: z.string() });
      const { text, href } = await lists.run(
        given,
        `() => ({
          text: document.querySelector(".given").innerText,
          href: document.querySelector(".given .where a").href,
        })`,
      );
      expect(text).toContain(subject);
      expect(text).toContain(SECRET);
      expect(new URL(href).origin).toBe(new URL(roundcube.url).origin);
      expect(new URL(href).searchParams.get("_action")).toBe("show");
      await lists.picture(join(ALBUM, `listed-${name}.png`));
      await lists.close();
      const again = await browser.open(href);
      const frame = await again.frame("app/webmail/read.html");
      await untilSays(frame, SECRET);
      await again.close();
    });

    test("the answer is written in our frame, sealed there, attached by Roundcube, and resealed by the server", async () => {
      const before = world.dovecot.mails("alice", "INBOX").length;
      const reading = await window.page.frame("app/webmail/read.html");
      await untilClicksCount(reading);
      await reading.click("listseal-view >> .reply");
      const writing = await window.page.frame("app/webmail/write.html");
      await writing.waitFor(".editor .text blockquote");
      expect(await textIn(writing)).toContain(SECRET);
      await writing.type(".editor .text > p", ANSWER);
      await window.page.picture(join(ALBUM, `write-${name}.png`));
      await untilClicksCount(writing);
      await writing.click("button.seal");
      await writing.waitFor(".attached-note");
      await window.page.picture(join(ALBUM, `attached-${name}.png`));
      await window.send();
      const answer = await until("the answer in Alice's inbox", () => {
        const mails = world.dovecot.mails("alice", "INBOX");
        return mails.length > before ? mails.at(-1)?.raw : undefined;
      });
      const opened = await aliceOpens(new Uint8Array(answer));
      if (opened.kind !== "opened") throw new Error(`Alice can't open it: ${opened.kind}`);
      const { letter, passage, author } = opened;
      expect(letter.subject).toBe(`Re: ${subject}`);
      expect(`${letter.text ?? ""}${letter.html ?? ""}`).toContain(ANSWER);
      expect(`${letter.text ?? ""}${letter.html ?? ""}`).toContain(SECRET);
      expect(letter.inReplyTo).toBeDefined();
      expect(letter.from.address).toBe(addressOf("bob"));
      expect(author.userId).toContain("Bob");
      expect(passage).toMatchObject({ via: "list" });
    });

    test("a new letter begins beside Send", async () => {
      await window.compose();
      // the person writes HTML: Roundcube takes its text from another editor then
      await window.page.run(
        z.null(),
        `async () => {
          rcmail.command("toggle-editor", { id: "composebody", html: true });
          while (document.querySelector("#composebody_ifr")?.contentDocument?.body === undefined)
            await new Promise((resolve) => setTimeout(resolve, 50));
        }`,
      );
      await window.page.click("button.listseal-encrypt");
      const writing = await window.page.frame("app/webmail/write.html");
      await writing.waitFor(".editor .text");
      await writing.type("input[type=text]", `New from ${name}`);
      await writing.type(".editor .text", ANSWER);
      // Roundcube's own Send does nothing before it is sealed
      const sent = world.dovecot.mails("bob", "Sent").length;
      const before = world.dovecot.mails("alice", "INBOX").length;
      await window.page.click(".formbuttons button.send");
      await untilClicksCount(writing);
      await writing.click("button.seal");
      await writing.waitFor(".attached-note");
      expect(world.dovecot.mails("bob", "Sent")).toHaveLength(sent);
      await window.send();
      const copy = await until("the copy in Sent", () => {
        const mails = world.dovecot.mails("bob", "Sent");
        return mails.length > sent ? mails.at(-1)?.raw.toString("latin1") : undefined;
      });
      // the fixed words alone stand outside, in both texts
      expect(copy).toContain("This message is encrypted to a mailing list");
      expect(copy).toContain(`Subject: ${SUBJECT}`);
      const opened = await aliceOpens(
        await until("the letter in Alice's inbox", () => {
          const mails = world.dovecot.mails("alice", "INBOX");
          return mails.length > before ? mails.at(-1)?.raw : undefined;
        }),
      );
      expect(opened).toMatchObject({ kind: "opened", letter: { subject: `New from ${name}` } });
    });

    // once: Bob is no member afterwards
    if (name === BROWSERS.at(-1))
      test("a request that waits for the person's own mail program goes out by Roundcube, and its answer opens there", async () => {
        const options = await BrowserOptions.open(browser);
        await options.press("Leave");
        await options.waitForText("Leave Team?");
        await options.page.click("#panel .card .actions button.danger");
        await options.waitForText("request.pgp");
        await window.compose();
        await window.page.click("button.listseal-encrypt");
        const writing = await window.page.frame("app/webmail/write.html");
        await untilClicksCount(writing);
        await writing.click(".requests button");
        await writing.waitFor(".attached-note");
        await window.page.picture(join(ALBUM, `request-${name}.png`));
        await window.send();
        await window.select(requestSubject("answer", list.address));
        await untilSays(await window.page.frame("app/webmail/read.html"), "You have left the list");
        await window.page.picture(join(ALBUM, `answer-${name}.png`));
        expect((await world.listServer.command("member", "list", list.address)).stdout).not.toContain(
          addressOf("bob"),
        );
      });
  });

  describe("afterwards", () => {
    test("no word of it was on Roundcube's wires, in its database, its uploads, or the mail store", () => {
      for (const words of [SECRET, ANSWER]) {
        const carried = world.recorder
          .since()
          .filter(({ bytes, recording }) => searchBytes(recording.wire, bytes, words).length > 0);
        expect(carried.map(({ recording }) => recording.wire)).toEqual([]);
        expect(searchPaths([roundcube.folder, ...world.mailServerPaths()], words).findings).toEqual([]);
      }
      // the search finds what is there
      expect(searchPaths([world.dovecot.store], SUBJECT).findings).not.toEqual([]);
    });
  });
});
