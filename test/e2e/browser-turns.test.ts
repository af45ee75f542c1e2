import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { lockName } from "../../src/extension/platform/locks.js";
import { BrowserOptions } from "../tour/browser-options.js";
import { wordsOf } from "../tour/words.js";
import { type Browser, describeInBrowsers, startBrowser } from "../world/browser.js";
import { freePort, LOOPBACK } from "../world/ports.js";
import { until } from "../world/processes.js";

/** In a browser each page does its own work on the same records: also one that stands in a frame of a page of the web. */

/** Runs in a page: takes the lock and keeps it until the page is closed. */
const HOLD = `(name) => new Promise((held) => {
  void navigator.locks.request(name, () => {
    held(null);
    return new Promise(() => {});
  });
})`;

/** Runs there: whether another page waits for that lock. */
const WAITS = `async (name) => (await navigator.locks.query()).pending.some((one) => one.name === name)`;

describeInBrowsers("several pages of ours at once", (name) => {
  const w = wordsOf("en");
  let folder: string;
  let web: Server;
  let address: string;
  let browser: Browser;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-pages-at-once-"));
    const extension = join(folder, "extension");
    cpSync(fileURLToPath(new URL(`../../dist/${name}`, import.meta.url)), extension, { recursive: true });
    const file = join(extension, "manifest.json");
    // no page of ours but those for webmail stands in frames; here the one for settings does, which every build has
    const manifest = {
      ...z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(file, "utf8"))),
      host_permissions: ["http://127.0.0.1/*"],
      content_scripts: [{ matches: ["http://127.0.0.1/*"], js: ["frame.js"] }],
      web_accessible_resources: [
        { resources: ["app/browser/options.html"], matches: ["http://127.0.0.1/*"] },
      ],
    };
    writeFileSync(file, JSON.stringify(manifest));
    writeFileSync(
      join(extension, "frame.js"),
      `const frame = document.body.appendChild(document.createElement("iframe"));
       frame.src = (globalThis.browser ?? chrome).runtime.getURL("app/browser/options.html");
       frame.style.cssText = "width: 1000px; height: 700px";`,
    );
    const port = await freePort();
    address = `http://${LOOPBACK}:${port}/`;
    web = createServer((_, response) => {
      response.setHeader("content-type", "text/html; charset=utf-8");
      response.end("<!doctype html><title>A web page</title><p>Hello</p>");
    });
    await new Promise<void>((resolve) => web.listen(port, LOOPBACK, resolve));
    browser = await startBrowser(name, { extension });
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => web.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  test.each(["tab", "frame"] as const)(
    "what one does in a %s waits for what another has begun",
    async (where) => {
      const other = await BrowserOptions.open(browser);
      const own =
        where === "tab"
          ? await BrowserOptions.open(browser)
          : await BrowserOptions.within(browser, await browser.open(address), "app/browser/options.html");
      await own.showTab("keys");
      // the key of the first turn is shown before another one is offered
      if (where === "frame") await own.press(w("keys_another"));
      await own.fill("#panel input[name=address]", `${where}@example.test`);
      const lock = lockName("storage");
      await other.page.run(z.null(), HOLD, lock);
      await own.press(w("make_button"));
      const waits = () => other.page.run(z.boolean(), WAITS, lock);
      await until("the page to wait", async () => (await waits()) || undefined);
      expect(await own.text()).toContain(w("make_working"));
      await other.page.close();
      await own.waitForText(`<${where}@example.test>`);
    },
  );
});
