import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTransport } from "nodemailer";
import { z } from "zod";
import { Sink } from "../server/sink.js";
import { BrowserOptions, bringBackup, builtFor, makeBackup } from "../tour/browser-options.js";
import { type Language, type Words, wordsOf } from "../tour/words.js";
import { type Browser, type BrowserName, isAdmittedMissing, startBrowser } from "../world/browser.js";
import { ListServer } from "../world/list-server.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";

/**
 * The pages of the builds for browsers, in a real Chromium and a real Firefox, with the real list server. No mail account is
 * in sight: what a page asks for, a person sends with whatever mail program they have. This test is that mail program.
 */
const ALBUM = fileURLToPath(new URL("../../out/browser-pages", import.meta.url));

const TEAM = "team@lists.example";
const OWNER = "alice@example.test";
const MEMBER = "bob@example.test";

/** The way of a list's mail without any mail program: the list server, and what it hands to a relay. */
class Post {
  readonly server: ListServer;
  readonly #port: number;
  readonly #relay: Sink;
  readonly #folder: string;
  #opened = 0;

  private constructor(server: ListServer, port: number, relay: Sink, folder: string) {
    this.server = server;
    this.#port = port;
    this.#relay = relay;
    this.#folder = folder;
  }

  static async open(folder: string): Promise<Post> {
    const [relay, port] = await Promise.all([Sink.open(), freePort()]);
    const server = new ListServer(join(folder, "server"), port, relay.port);
    await server.initialise();
    return new Post(server, port, relay, folder);
  }

  async close(): Promise<void> {
    await this.server.stop();
    await this.#relay.close();
  }

  /** What the person does who was told to send a request: the file is attached as a webmail does it, without its type. */
  async sendAsTold(options: BrowserOptions, words: Words, from: string): Promise<void> {
    await options.waitForText(words("by_hand_text", from));
    const [to = "", subject = ""] = await options.page.run(
      z.array(z.string()),
      `() => [...document.querySelectorAll("#panel input[readonly]")].slice(-2).map((one) => one.value)`,
    );
    const file = await options.saved(words("by_hand_attachment", "request.pgp"), ".pgp");
    const transport = createTransport({ host: LOOPBACK, port: this.#port, secure: false, ignoreTLS: true });
    await transport.sendMail({
      ...{ from, to, subject, text: "sealed\n" },
      attachments: [
        { filename: "request.pgp", content: readFileSync(file), contentType: "application/octet-stream" },
      ],
    });
    transport.close();
    await options.press(words("by_hand_sent"));
  }

  /** The newest mail for somebody, as a file that they have saved. */
  async answerTo(address: string, count: number): Promise<string> {
    const mail = await until(`mail ${count} for ${address}`, () => this.#relay.for(address)[count - 1]);
    this.#opened += 1;
    const file = join(this.#folder, `answer-${this.#opened}.eml`);
    writeFileSync(file, mail.raw);
    return file;
  }
}

/** What arrives is opened by hand. */
async function openInReader(browser: Browser, file: string): Promise<void> {
  const page = await browser.open("app/browser/reader/reader.html");
  await page.setFiles("input[type=file]", [file]);
  // the page that waits for it says what it has changed
  await page.waitFor("#app > *");
}

const stories: readonly (readonly [owner: BrowserName, member: BrowserName, Language])[] = [
  ["chromium", "firefox", "en"],
  ["firefox", "chromium", "ja"],
];
const missing = isAdmittedMissing("chromium") || isAdmittedMissing("firefox-esr");

/** In order: each test goes on where the one before has ended. */
(missing ? describe.skip : describe).each(stories)(
  "an owner in %s, a member in %s, pages in %s",
  (ownerIn, memberIn, language) => {
    const w = wordsOf(language);
    let folder: string;
    let post: Post;
    let alice: Browser;
    let bob: Browser;
    let owner: BrowserOptions;
    let member: BrowserOptions;
    let invitation: { readonly file: string; readonly code: string };

    beforeAll(async () => {
      mkdirSync(join(ALBUM, language), { recursive: true });
      folder = mkdtempSync(join(tmpdir(), "listseal-browser-pages-"));
      const start = (name: BrowserName) => startBrowser(name, { extension: builtFor(name), language });
      [post, alice, bob] = await Promise.all([Post.open(folder), start(ownerIn), start(memberIn)]);
    });

    afterAll(async () => {
      await Promise.all([alice?.close(), bob?.close()]);
      await post?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** A picture for looking at, and what axe finds wrong there. */
    const look = async (options: BrowserOptions, name: string): Promise<void> => {
      await options.page.picture(join(ALBUM, language, `${name}.png`));
      expect(await options.complaints()).toEqual([]);
    };

    test("the owner claims a list with its card; the claim is sent by hand, and the server takes it", async () => {
      const { stdout } = await post.server.createList(TEAM, "Team", { mode: "key", delivery: "resealed" });
      const card = /^server card\s+(.+)$/m.exec(stdout)?.[1] ?? "";
      await post.server.start();
      owner = await BrowserOptions.open(alice);
      await look(owner, "1-start");
      await owner.showTab("members");
      await owner.page.waitFor("input[name=card]");
      await owner.page.setFiles("input[name=card]", [card]);
      await owner.press(w("found_open"));
      await owner.page.type("input[name=address]", OWNER);
      await owner.fill("input[name=name]", "Alice");
      await owner.press(w("found_claim"));
      await owner.waitForText(w("by_hand_text", OWNER));
      await look(owner, "2-claim");
      await post.sendAsTold(owner, w, OWNER);
      await openInReader(alice, await post.answerTo(OWNER, 1));
      await owner.waitForText(w("invite_title"));
      // who is a member is another question, and sent by hand as well
      await post.sendAsTold(owner, w, OWNER);
      await openInReader(alice, await post.answerTo(OWNER, 2));
      await owner.waitForText(w("people_title", "1"));
    });

    test("the owner invites; the code is read out, the file is saved", async () => {
      await owner.fill("textarea[name=addresses]", MEMBER);
      await owner.press(w("invite_button"));
      await owner.waitForText(w("invite_tell_code", MEMBER));
      const code = await owner.page.run(
        z.string(),
        `() => [...document.querySelectorAll(".cards .code span")].map((one) => one.textContent).join("-")`,
      );
      invitation = { file: await owner.saved(w("invite_save"), ".listseal"), code };
      await look(owner, "3-invited");
    });

    test("the member joins with file and code in the other browser", async () => {
      member = await BrowserOptions.open(bob);
      await member.page.waitFor("input[name=file]");
      await member.page.setFiles("input[name=file]", [invitation.file]);
      await member.fill("input[name=code]", invitation.code);
      await member.press(w("import_button"));
      await member.waitForText(w("join_address"));
      await look(member, "4-compare");
      await member.press(w("join_button"));
      await post.sendAsTold(member, w, MEMBER);
      await look(member, "5-joining");
      await openInReader(bob, await post.answerTo(MEMBER, 1));
      await member.waitForText(w("member_now"));
      const { stdout } = await post.server.command("member", "list", TEAM);
      expect(stdout).toContain(MEMBER);
    });

    test("a backup carries keys and lists to a fresh browser of the other kind", async () => {
      const backup = await makeBackup(member, language);
      await look(member, "6-backup");
      await alice.close();
      alice = await startBrowser(ownerIn, { extension: builtFor(ownerIn), language });
      owner = await BrowserOptions.open(alice);
      await bringBackup(owner, language, backup);
      await owner.showTab("lists");
      await owner.waitForText(w("member_now"));
    });

    test("and from there the member leaves", async () => {
      await owner.press(w("leave"));
      await owner.waitForText(w("leave_question", "Team"));
      await owner.page.click("#panel .card .actions button.danger");
      await post.sendAsTold(owner, w, MEMBER);
      await openInReader(alice, await post.answerTo(MEMBER, 2));
      await owner.waitForText(w("left_text"));
      await look(owner, "7-left");
    });
  },
);
