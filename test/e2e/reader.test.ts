import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Person, type PlayList, PlayServer, person } from "../server/play-server.js";
import { type Browser, describeInBrowsers, type Page, startBrowser } from "../world/browser.js";
import { axeComplaints, keepInBrowser, keptBy } from "../world/browser-member.js";

/** Pictures of the pages, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/reader", import.meta.url));

/** Runs in the Reader page: what its view shows now. */
const SHOWN = `async () => {
  const host = document.querySelector("listseal-view");
  return { kind: host?.dataset.kind ?? "", text: host?.shadowRoot?.textContent ?? "" };
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
});
