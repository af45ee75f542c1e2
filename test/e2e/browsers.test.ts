import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Browser, describeInBrowsers, startBrowser } from "../world/browser.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";

/**
 * The drivers themselves, with a small extension of the test's own: if they did not reach every frame, then "the text
 * is nowhere" would mean nothing.
 */
const MANIFEST = {
  manifest_version: 3,
  name: "Probe",
  version: "1.0",
  browser_specific_settings: { gecko: { id: "probe@example.test", strict_min_version: "140.0" } },
  permissions: ["storage", "downloads"],
  host_permissions: ["http://127.0.0.1/*"],
  content_scripts: [{ matches: ["http://127.0.0.1/*"], js: ["content.js"], run_at: "document_end" }],
  web_accessible_resources: [{ resources: ["frame.html"], matches: ["http://127.0.0.1/*"] }],
};

/** A page of the extension: a counter of trusted clicks, a rich text field, a file chooser. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>Probe</title><button>0</button>
<div contenteditable="true" style="min-height:40px">Begin </div><input type="file" multiple><output></output>
<script src="page.js"></script>`;

const SCRIPT = `
const button = document.querySelector("button");
button.addEventListener("click", (event) => { if (event.isTrusted) button.textContent = Number(button.textContent) + 1; });
document.querySelector("input")?.addEventListener("change", async ({ target }) => {
  const read = [...target.files].map(async (file) => file.name + "=" + (await file.text()));
  document.querySelector("output").textContent = (await Promise.all(read)).join(" ");
});`;

/** Puts the extension's frame into a closed shadow root of the web page. */
const CONTENT = `
const host = document.body.appendChild(document.createElement("div"));
const frame = document.createElement("iframe");
frame.src = (globalThis.browser ?? chrome).runtime.getURL("frame.html");
host.attachShadow({ mode: "closed" }).append(frame);`;

const FRAME = `<!doctype html><title>Frame</title><button>0</button><script src="page.js"></script>`;

function writeProbe(folder: string): string {
  mkdirSync(folder);
  const background = { service_worker: "background.js", scripts: ["background.js"] };
  writeFileSync(join(folder, "manifest.json"), JSON.stringify({ ...MANIFEST, background }));
  writeFileSync(
    join(folder, "background.js"),
    `const api = globalThis.browser ?? chrome;
     const started = Math.random();
     api.runtime.onMessage.addListener((message, sender, answer) => { answer(started); });`,
  );
  writeFileSync(join(folder, "page.html"), PAGE);
  writeFileSync(join(folder, "page.js"), SCRIPT);
  writeFileSync(join(folder, "content.js"), CONTENT);
  writeFileSync(join(folder, "frame.html"), FRAME);
  return folder;
}

describeInBrowsers("a real browser", (name) => {
  let files: string;
  let browser: Browser;
  let server: Server;
  let web: string;
  const asked: string[] = [];

  beforeAll(async () => {
    files = mkdtempSync(join(tmpdir(), "listseal-browsers-"));
    const port = await freePort();
    web = `http://${LOOPBACK}:${port}/`;
    server = createServer((request, response) => {
      asked.push(request.url ?? "");
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end(`<!doctype html><title>A web page</title><p>Hello</p>`);
    });
    await new Promise<void>((resolve) => server.listen(port, LOOPBACK, resolve));
    browser = await startBrowser(name, { extension: writeProbe(join(files, "probe")) });
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
    rmSync(files, { recursive: true, force: true });
  });

  test("opens a page of the extension, clicks, types, chooses files, takes a picture, and saves a download", async () => {
    const page = await browser.open("page.html");
    await page.click("button");
    await page.click("button");
    const label = `() => document.querySelector("button").textContent`;
    expect(await page.run(z.string(), label)).toBe("2");
    await page.run(z.null(), `() => document.querySelector("button").click()`);
    // a script's click is not a person's: the drivers' clicks are
    expect(await page.run(z.string(), label)).toBe("2");
    await page.type("[contenteditable]", "日本語 and more");
    await page.press("Enter");
    const text = await page.run(z.string(), `() => document.querySelector("[contenteditable]").innerText`);
    expect(text).toContain("日本語 and more");
    expect(text).toContain("Begin");
    for (const one of ["a.txt", "b.txt"]) writeFileSync(join(files, one), `in ${one}`);
    await page.setFiles("input[type=file]", [join(files, "a.txt"), join(files, "b.txt")]);
    await until("both files", () =>
      page
        .run(z.boolean(), `() => document.querySelector("output").textContent !== ""`)
        .then((is) => is || undefined),
    );
    expect(await page.run(z.string(), `() => document.querySelector("output").textContent`)).toBe(
      "a.txt=in a.txt b.txt=in b.txt",
    );
    await page.picture(join(files, "page.png"));
    expect(readFileSync(join(files, "page.png")).subarray(1, 4).toString()).toBe("PNG");
    await page.run(
      z.number(),
      `async () => (globalThis.browser ?? chrome).downloads.download(
        { url: URL.createObjectURL(new Blob(["saved"])), filename: "saved.txt" })`,
    );
    const saved = join(browser.downloads, "saved.txt");
    await until("the download", () =>
      existsSync(saved) && readFileSync(saved, "utf8") === "saved" ? true : undefined,
    );
    await page.close();
  });

  test("reaches the extension's frame in a closed shadow root of a web page, with trusted clicks", async () => {
    const page = await browser.open(web);
    expect(asked).toContain("/");
    const frame = await page.frame("frame.html");
    await frame.click("button");
    expect(await frame.run(z.string(), `() => document.querySelector("button").textContent`)).toBe("1");
    expect(await frame.run(z.string(), `() => location.href`)).toContain("frame.html");
    expect(await page.run(z.string(), `() => document.title`)).toBe("A web page");
    await expect(page.run(z.string(), `() => { throw new Error("on purpose"); }`)).rejects.toThrow(
      "on purpose",
    );
    await page.close();
  });

  test("names outside of loopback lead nowhere", async () => {
    const page = await browser.open(web);
    const reached = `(url) => fetch(url, { mode: "no-cors" }).then(() => true, () => false)`;
    expect(await page.run(z.boolean(), reached, web)).toBe(true);
    expect(await page.run(z.boolean(), reached, "http://example.test/")).toBe(false);
    await page.close();
  });

  test("ends the background, which the next event starts again", async () => {
    const page = await browser.open("page.html");
    const ask = `() => (globalThis.browser ?? chrome).runtime.sendMessage("who")`;
    const first = await page.run(z.number(), ask);
    expect(await page.run(z.number(), ask)).toBe(first);
    await browser.stopBackground();
    expect(await page.run(z.number(), ask)).not.toBe(first);
    await page.close();
  });
});
