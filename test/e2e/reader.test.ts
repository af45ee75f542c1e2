import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Letter, readPayload } from "../../src/mail/payload.js";
import { open, type Person, type PlayList, PlayServer, person } from "../server/play-server.js";
import { type Browser, describeInBrowsers, type Page, startBrowser } from "../world/browser.js";
import { axeComplaints, keepInBrowser, keptBy } from "../world/browser-member.js";
import { until } from "../world/processes.js";

/** Pictures of the pages, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/reader", import.meta.url));

/** Runs in the Reader page: what its view shows now. */
const SHOWN = `async () => {
  const host = document.querySelector("listseal-view");
  return { kind: host?.dataset.kind ?? "", text: host?.shadowRoot?.textContent ?? "" };
}`;
/** Runs in the composer: goes to the text and types where the cursor stands then. */
const WRITE = `(text) => {
  document.querySelector(".editor .text").focus();
  document.execCommand("insertText", false, text);
}`;

const shownShape = z.object({ kind: z.string(), text: z.string() });

describeInBrowsers("the Reader page", (name) => {
  let browser: Browser;
  let page: Page;
  let server: PlayServer;
  let list: PlayList;
  let alice: Person;
  let carol: Person;
  let folder: string;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), "listseal-reader-"));
    [browser, server, alice, carol] = await Promise.all([
      startBrowser(name, { extension: `dist/${name}` }),
      PlayServer.make(),
      person("Alice"),
      person("Carol"),
    ]);
    list = await server.createList("team@lists.test");
    for (const who of [alice, carol]) await server.join(list, who);
    await server.start();
    page = await browser.open("reader/reader.html");
    await keepInBrowser(page, await keptBy(carol, [list]));
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await server?.discard();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  const file = (fileName: string, bytes: Uint8Array | string) => {
    const path = join(folder, fileName);
    writeFileSync(path, bytes);
    return path;
  };
  const shown = async (kind: string) => {
    await page.waitFor(`listseal-view[data-kind=${kind}]`);
    return page.run(shownShape, SHOWN);
  };

  test("a mail that the list's server made is read from its file", async () => {
    await server.post(list, alice, { text: "Hello Carol" });
    await server.untilQuiet();
    const [copy] = server.sink.for(carol.address);
    await page.setFiles("input[type=file]", [file("copy.eml", copy?.raw ?? "")]);
    const { text } = await shown("opened");
    expect(text).toContain("Hello Carol");
    expect(text).toContain("The true subject");
    expect(text).toContain("came through the list");
    await page.picture(join(ALBUM, `opened-${name}.png`));
    expect(await axeComplaints(page)).toEqual([]);
  });

  /** Presses a button in the view, as a person at the keyboard does. */
  const pressInView = async (selector: string) => {
    await page.run(
      z.null(),
      `(selector) => document.querySelector("listseal-view").shadowRoot.querySelector(selector).focus()`,
      selector,
    );
    await page.press("Enter");
  };

  test("the answer is written in the composer, and the list's server passes on the file that it makes", async () => {
    await pressInView(".reply");
    const writing = await browser.opened("composer/");
    await writing.waitFor(".editor .text");
    await writing.run(z.null(), WRITE, "Hello Alice, my answer");
    const attached = file("numbers.csv", "1;2;3\r\n");
    await writing.setFiles(".attached input[type=file]", [attached]);
    await writing.waitFor(".attached li");
    await writing.picture(join(ALBUM, `composer-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.click("button.seal");
    await writing.waitFor(".leaving");
    await writing.picture(join(ALBUM, `leaving-${name}.png`));
    expect(await axeComplaints(writing)).toEqual([]);
    await writing.click(".save-mail");
    const raw = await saved(".eml");
    expect(raw.toString("latin1")).not.toMatch(/my answer|numbers|true subject/i);
    expect((await server.submit(list, carol, raw)).code).toBe(250);
    await server.untilQuiet();
    const copy = server.sink.for(alice.address).at(-1)?.raw ?? Buffer.alloc(0);
    const letter = await letterOf(list, alice, copy);
    expect(letter.subject).toBe("Re: The true subject");
    expect(letter.text).toContain("Hello Alice, my answer");
    expect(letter.text).toContain("> Hello Carol");
    expect(letter.attachments).toMatchObject([{ name: "numbers.csv" }]);
    expect(letter.references.at(-1)).toBe(letter.inReplyTo);
    await writing.close();
  });

  /** The file that the browser has saved last whose name ends so. */
  const saved = (ending: string): Promise<Buffer> =>
    until(
      `a saved file ${ending}`,
      () => {
        const names = readdirSync(browser.downloads).filter((one) => one.endsWith(ending));
        const [found] = names;
        if (
          found === undefined ||
          readdirSync(browser.downloads).some((one) => /\.(?:part|crdownload)$/.test(one))
        )
          return undefined;
        const bytes = readFileSync(join(browser.downloads, found));
        rmSync(join(browser.downloads, found));
        return bytes;
      },
      20_000,
    );
});

async function letterOf(list: PlayList, reader: Person, raw: Uint8Array): Promise<Letter> {
  const opened = await open(list, reader, raw);
  if (opened.kind !== "opened") throw new Error("the copy does not open");
  return readPayload(opened.payload);
}
