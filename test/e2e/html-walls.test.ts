import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";
import type { allowedStyles } from "../../src/extension/reading/display/clean-html.js";
import {
  type Browser,
  type BrowserName,
  describeInBrowsers,
  type Page,
  startBrowser,
} from "../world/browser.js";
import { LINKS, type Payload, payloads } from "../world/html-payloads.js";
import { LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Puts the code that the Reader shows HTML with onto a page of the same extension, where a test can call it. */
const SCRIPT = `
import { allowedStyles, cleanHtml } from "${root}/src/extension/reading/display/clean-html.ts";
import { frameDocument, htmlFrame } from "${root}/src/extension/reading/page/html-frame.ts";
Object.assign(globalThis, { allowedStyles, cleanHtml, frameDocument, htmlFrame });
`;
const PAGE = `<!doctype html><meta charset="utf-8"><title>Walls</title><div id="frames"></div>
<script type="module" src="walls.js"></script>`;

/** The extension as it is built, with one page more. */
async function withWallsPage(name: BrowserName, folder: string): Promise<string> {
  const extension = join(folder, name);
  cpSync(join(root, "dist", name), extension, { recursive: true });
  writeFileSync(join(extension, "walls.html"), PAGE);
  const source = join(root, "out", `walls-${name}.mjs`);
  writeFileSync(source, SCRIPT);
  const build = `
    const { build } = await import("vite");
    await build({ configFile: false, root: ${JSON.stringify(root)}, logLevel: "silent", build: {
      outDir: ${JSON.stringify(extension)}, emptyOutDir: false, copyPublicDir: false, target: "firefox140",
      lib: { entry: ${JSON.stringify(source)}, formats: ["es"], fileName: () => "walls.js" } } });`;
  await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", build], { cwd: root });
  rmSync(source);
  return extension;
}

/** In the page of the extension: shows each by the Reader's own code. */
const SHOW_ALL = `async (all) => {
  while (!globalThis.htmlFrame) await new Promise((done) => setTimeout(done, 50));
  document.getElementById("frames").replaceChildren(...all.flatMap((html) => globalThis.htmlFrame(html, {})));
}`;

/** In the page of the extension: the same frames with the mail as it came, as if the cleaning and the inner policy had failed. */
const SHOW_UNCLEANED = `async (all) => {
  const framed = globalThis.htmlFrame("<p>x</p>", {}).at(-1);
  document.getElementById("frames").replaceChildren(...all.map((html) => {
    const box = framed.cloneNode(true);
    box.querySelector("iframe").srcdoc = html;
    return box;
  }));
}`;

/** In the page of the extension: what the cleaning alone makes of each. */
const CLEANED = `async (all) => all.map((html) =>
  globalThis.frameDocument(html, {}).srcdoc.replace(/<meta http-equiv[^>]*>/, ""))`;

/** Values as letters have them, for properties that may stay; those of the others are made of them. */
const STYLES = {
  "background-color": "rgba(1, 2, 3, 0.5)",
  "border-collapse": "collapse",
  "border-spacing": "3px 4px",
  "caption-side": "bottom",
  clear: "both",
  color: "#123456",
  direction: "rtl",
  display: "inline-block",
  "empty-cells": "hide",
  float: "right",
  "font-family": "'Courier New', monospace",
  "font-size": "17px",
  "font-style": "italic",
  "font-variant": "small-caps",
  "font-weight": "bold",
  height: "50px",
  hyphens: "auto",
  "letter-spacing": "2px",
  "line-height": "1.7",
  "list-style-type": "square",
  "max-height": "90px",
  "max-width": "80%",
  "overflow-wrap": "anywhere",
  "tab-size": "3",
  "table-layout": "fixed",
  "text-align": "center",
  "text-decoration": "underline wavy red",
  "text-indent": "1em",
  "text-transform": "uppercase",
  "unicode-bidi": "bidi-override",
  "vertical-align": "top",
  "white-space": "pre-wrap",
  width: "60%",
  "word-break": "break-all",
  "word-spacing": "5px",
  "writing-mode": "vertical-rl",
  padding: "1px 2px 3px 4px",
  "padding-top": "1em",
  "padding-right": "2px",
  "padding-bottom": "3px",
  "padding-left": "4px",
  border: "1px solid #ccc",
  "border-color": "red green blue black",
  "border-style": "solid dashed",
  "border-width": "thick 2px; border-style: solid",
  "border-radius": "3px 4px / 5px",
  "border-top": "1px dotted red",
  "border-right": "2px dashed",
  "border-bottom": "3px double blue",
  "border-left": "4px groove",
  margin: "0 0 0 0.8ex",
  "margin-top": "1px",
  "margin-right": "2px",
  "margin-bottom": "3px",
  "margin-left": "40px",
} as const satisfies Readonly<Record<(typeof allowedStyles)[number], string>>;

/** More that writers put into one property, all of it in parts that may stay. */
const SHORTHANDS = [
  "background: #ffe",
  "font: italic bold 12px/1.4 Georgia, serif",
  "list-style: none",
  "white-space: nowrap",
  "white-space: pre-line",
  "word-wrap: break-word",
  "border-width: 2px; border-left: 4px solid gray",
] as const;

/**
 * In the page of the extension: the properties that look otherwise when a mail's style was cleaned, for each of them. Beside each
 * stands how many look otherwise without any style: none would mean that the sample says nothing.
 */
const COMPARED = `async (styles) => {
  while (!globalThis.cleanHtml) await new Promise((done) => setTimeout(done, 50));
  const looks = (element) => {
    document.body.append(element);
    const computed = getComputedStyle(element);
    const all = Object.fromEntries([...computed].map((name) => [name, computed.getPropertyValue(name)]));
    element.remove();
    return all;
  };
  const paragraph = (style) => Object.assign(document.createElement("p"), { textContent: "a  b" });
  return styles.map((style) => {
    const raw = paragraph();
    raw.setAttribute("style", style);
    const before = looks(raw);
    const after = looks(globalThis.cleanHtml(raw.outerHTML, {}).fragment.firstElementChild);
    const bare = looks(paragraph());
    const differs = (other) => Object.keys(before).filter((name) => before[name] !== other[name]);
    return { style, lost: differs(after), says: differs(bare).length > 0 };
  });
}`;

/** How often the payloads are shown at most. */
const LOADS = 4;

/** In an ordinary web page: frames without sandbox or policy. */
const SHOW_BARE = `(all) => {
  document.body.replaceChildren(...all.map((html) => Object.assign(document.createElement("iframe"), { srcdoc: html })));
}`;

/** In either page. */
const COUNT_FRAMES = `() => document.querySelectorAll("iframe").length`;

interface Asked {
  readonly name: string;
  readonly referer: string | undefined;
}

describeInBrowsers("the walls around a mail's HTML", (name) => {
  let browser: Browser;
  let server: Server;
  let folder: string;
  let web: string;
  let table: readonly Payload[];
  let asked: Asked[] = [];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-walls-"));
    server = createServer((request, response) => {
      const [, room, what = ""] = (request.url ?? "").split("?", 1).join("").split("/");
      if (room === "x") asked.push({ name: what, referer: request.headers.referer });
      response.setHeader("access-control-allow-origin", "*");
      response.setHeader("cache-control", "no-store");
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end("<!doctype html><title>The listener</title><body></body>");
    });
    await new Promise<void>((resolve) => server.listen(0, LOOPBACK, resolve));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    web = `http://${LOOPBACK}:${address.port}/`;
    table = payloads(`${web}x/`);
    browser = await startBrowser(name, { extension: await withWallsPage(name, folder) });
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  beforeEach(() => {
    asked = [];
  });

  const loading = () => table.filter(({ click }) => click === undefined);
  const clicked = () => table.filter(({ click }) => click !== undefined);
  const htmlOf = (some: readonly Payload[]) => some.map(({ html }) => html);
  /** The browser has done all that it does by itself: a request of ours that was begun after the frames is answered. */
  const settled = async (page: Page) => {
    await page.run(z.null(), `() => new Promise((done) => setTimeout(done, 1000))`);
  };
  const names = () => [...new Set(asked.map((one) => one.name))].sort();

  test("without them, every one of them reaches the listener", async () => {
    const expected = loading().filter(({ quiet = [] }) => !quiet.includes(name));
    const missing = () => expected.map((one) => one.name).filter((one) => !names().includes(one));
    // what a browser fetches ahead it fetches when it finds the time, and now and then not at all: shown until all were seen once
    for (let shown = 0; shown < LOADS && missing().length > 0; shown += 1) {
      const page = await browser.open(web);
      await page.run(z.null(), SHOW_BARE, htmlOf(loading()));
      await until("the requests", () => missing().length === 0 || undefined).catch(() => undefined);
      await page.close();
    }
    expect(missing()).toEqual([]);
  });

  test("behind them nothing is asked for", async () => {
    const page = await browser.open("walls.html");
    await page.run(z.null(), SHOW_ALL, htmlOf(loading()));
    expect(await page.run(z.number(), COUNT_FRAMES)).toBe(loading().length);
    await settled(page);
    expect(names()).toEqual([]);
    await page.close();
  });

  test("if the cleaning let everything through, the sandbox and the page's own policy would still hold", async () => {
    const page = await browser.open("walls.html");
    await page.run(z.null(), SHOW_ALL, ["<p>x</p>"]);
    await page.run(z.null(), SHOW_UNCLEANED, htmlOf(loading()));
    await settled(page);
    expect(names()).toEqual([]);
    await page.close();
  });

  test("if there were neither sandbox nor policy, the cleaning would still hold", async () => {
    const page = await browser.open("walls.html");
    await page.run(z.null(), SHOW_ALL, ["<p>x</p>"]);
    const cleaned = await page.run(z.array(z.string()), CLEANED, htmlOf(loading()));
    await page.close();
    const other = await browser.open(web);
    await other.run(z.null(), SHOW_BARE, cleaned);
    await settled(other);
    expect(names()).toEqual([]);
    await other.close();
  });

  test("what is clicked goes nowhere, but for a link, which opens a tab that knows nothing of the mail", async () => {
    for (const { name: one, html, click = "" } of clicked()) {
      asked = [];
      const page = await browser.open("walls.html");
      await page.run(z.null(), SHOW_ALL, [html]);
      const frame = await page.frame("about:srcdoc");
      const there = await frame.run(
        z.boolean(),
        `(selector) => document.querySelector(selector) !== null`,
        click,
      );
      if (there) await frame.click(click);
      if (LINKS.includes(one)) {
        const tab = await browser.opened(`/x/${one}`);
        const known = await tab.run(
          z.object({ opener: z.boolean(), referrer: z.string() }),
          `() => ({ opener: window.opener !== null, referrer: document.referrer })`,
        );
        expect([one, known]).toEqual([one, { opener: false, referrer: "" }]);
        expect(asked).toEqual([{ name: one, referer: undefined }]);
        await tab.close();
      } else {
        await page.run(z.null(), `() => new Promise((done) => setTimeout(done, 300))`);
        expect([one, names()]).toEqual([one, []]);
      }
      // the frame still shows the mail
      expect(await frame.run(z.string(), `() => document.title`)).toBe("Message text");
      await page.close();
    }
  });

  test("what may stay of a mail's style looks as before, in the parts in which this engine keeps it", async () => {
    const page = await browser.open("walls.html");
    const shape = z.array(z.object({ style: z.string(), lost: z.array(z.string()), says: z.boolean() }));
    const styles = [...Object.entries(STYLES).map(([name, value]) => `${name}: ${value}`), ...SHORTHANDS];
    const compared = await page.run(shape, COMPARED, styles);
    expect(compared.filter(({ lost }) => lost.length > 0)).toEqual([]);
    expect(compared.filter(({ says }) => !says)).toEqual([]);
    await page.close();
  });

  test("clicked without the walls they do reach it", async () => {
    for (const { name: one, html, click = "", quiet = [] } of clicked()) {
      if (quiet.includes(name)) continue;
      asked = [];
      const page = await browser.open(web);
      await page.run(z.null(), SHOW_BARE, [html]);
      await (await page.frame("about:srcdoc")).click(click);
      await until(one, () => names().includes(one) || undefined);
      await page.close().catch(() => undefined);
    }
  });
});
