import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Letter, readPayload } from "../../src/mail/payload.js";
import { open, type Person, type PlayList, PlayServer, person } from "../server/play-server.js";
import { type Browser, type BrowserName, type BrowserOptions, type Page, startBrowser } from "./browser.js";
import { keepInBrowser, keptBy } from "./browser-member.js";
import { until } from "./processes.js";
import { savedFiles } from "./saved-files.js";

/** Pictures of the pages, for looking at. */
export const ALBUM = fileURLToPath(new URL("../../out/reader", import.meta.url));

/** Runs in the Reader page: what its view shows now. */
const SHOWN = `() => {
  const host = document.querySelector("listseal-view");
  return { kind: host?.dataset.kind ?? "", text: host?.shadowRoot?.lastElementChild?.textContent ?? "" };
}`;
const shownShape = z.object({ kind: z.string(), text: z.string() });

/** Carol, a list's member, in a real browser, with Alice and the list's server, which is the real one in the test's process. */
export class ReaderBed {
  readonly browser: Browser;
  readonly server: PlayServer;
  readonly list: PlayList;
  readonly alice: Person;
  readonly carol: Person;
  /** The Reader page. */
  readonly page: Page;
  readonly #folder: string;

  private constructor(
    given: Pick<ReaderBed, "browser" | "server" | "list" | "alice" | "carol" | "page">,
    folder: string,
  ) {
    ({
      browser: this.browser,
      server: this.server,
      list: this.list,
      alice: this.alice,
      carol: this.carol,
      page: this.page,
    } = given);
    this.#folder = folder;
  }

  static async make(name: BrowserName, options: Partial<BrowserOptions> = {}): Promise<ReaderBed> {
    mkdirSync(ALBUM, { recursive: true });
    const folder = mkdtempSync(join(tmpdir(), "listseal-reader-"));
    const [browser, server, alice, carol] = await Promise.all([
      startBrowser(name, { extension: `dist/${name}`, ...options }),
      PlayServer.make(),
      person("Alice"),
      person("Carol"),
    ]);
    const list = await server.createList("team@lists.test");
    for (const who of [alice, carol]) await server.join(list, who);
    await server.start();
    const page = await browser.open("app/browser/reader/reader.html");
    await keepInBrowser(page, await keptBy(carol, [list]));
    return new ReaderBed({ browser, server, list, alice, carol, page }, folder);
  }

  async discard(): Promise<void> {
    await this.browser.close();
    await this.server.discard();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Carol's newest copy. */
  get copy(): Buffer {
    return this.server.sink.for(this.carol.address).at(-1)?.raw ?? Buffer.alloc(0);
  }

  /** A file to choose. */
  file(name: string, bytes: Uint8Array | string): string {
    const path = join(this.#folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  /** Gives files to the Reader page, and waits for the view. */
  async read(kind: string, ...files: readonly string[]): Promise<string> {
    await this.forgetShown();
    await this.page.setFiles("input[type=file]", files);
    return this.shown(kind);
  }

  /** {@link shown} then waits for what comes next. */
  async forgetShown(): Promise<void> {
    await this.page.run(z.null(), `() => { delete document.querySelector("listseal-view")?.dataset.kind; }`);
  }

  /** What the view says, once it shows an answer of this kind. What it showed before may be opened anew meanwhile. */
  async shown(kind: string): Promise<string> {
    let seen = "nothing";
    const text = await until("an answer in the view", async () => {
      const now = await this.page.run(shownShape, SHOWN);
      seen = `${now.kind}: ${now.text}`;
      return now.kind === kind ? now.text : undefined;
    }).catch((cause: unknown) => {
      throw new Error(`not ${kind} but ${seen}`, { cause });
    });
    return text;
  }

  /** Presses a button of the view, as a person at the keyboard does. */
  async pressInView(selector: string): Promise<void> {
    await this.page.run(
      z.null(),
      `(selector) => document.querySelector("listseal-view").shadowRoot.querySelector(selector).focus()`,
      selector,
    );
    await this.page.press("Enter");
  }

  /** The file that the browser has saved whose name ends so; it is taken away. */
  saved(ending: string): Promise<Buffer> {
    return until(`a saved file ${ending}`, () => {
      const found = savedFiles(this.browser.downloads).find((file) => file.endsWith(ending));
      if (found === undefined) return undefined;
      const bytes = readFileSync(found);
      rmSync(found);
      return bytes;
    });
  }

  /** What Alice reads in the newest copy that she got. */
  async alicesLetter(): Promise<Letter> {
    const opened = await open(
      this.list,
      this.alice,
      this.server.sink.for(this.alice.address).at(-1)?.raw ?? Buffer.alloc(0),
    );
    if (opened.kind !== "opened") throw new Error("the copy does not open");
    return readPayload(opened.payload);
  }
}
