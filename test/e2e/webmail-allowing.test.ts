import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { type Browser, describeInBrowsers, type Page, startBrowser } from "../world/browser.js";
import { axeComplaints } from "../world/browser-member.js";
import { builtFor } from "../world/built-extension.js";
import { type HostileWebmail, startHostileWebmail } from "../world/hostile-webmail.js";
import { LOOPBACK } from "../world/ports.js";
import { pause, until } from "../world/processes.js";

/** Pictures, for looking at. */
const ALBUM = fileURLToPath(new URL("../../out/webmail", import.meta.url));

/** The build as people get it: no site is allowed. */
describeInBrowsers("allowing a webmail", (name) => {
  let browser: Browser;
  let webmail: HostileWebmail;
  let options: Page;

  beforeAll(async () => {
    mkdirSync(ALBUM, { recursive: true });
    webmail = await startHostileWebmail([new TextEncoder().encode("Subject: x\r\n\r\nhello")]);
    browser = await startBrowser(name, {
      extension: builtFor(name),
      language: "ja",
      // the browser's own question is answered with yes
      firefoxPreferences: { "extensions.webextOptionalPermissionPrompts": false },
    });
    options = await browser.open("app/browser/options.html");
    await options.click("#tab-webmail");
    await options.waitFor("form input");
  });

  afterAll(async () => {
    await browser?.close();
    await webmail?.stop();
  });

  const sites = () =>
    options.run(
      z.array(z.string()),
      `() => [...document.querySelectorAll(".sites code")].map((one) => one.textContent)`,
    );
  const isIn = async () => {
    const page = await browser.open(webmail.show(0));
    await pause(1_000);
    const hidden = `() => getComputedStyle(document.querySelector("#messagebody")).display === "none"`;
    const is = await page.run(z.boolean(), hidden);
    await page.close();
    return is;
  };

  test("in no page before it was asked for", async () => {
    expect(await sites()).toEqual([]);
    expect(await isIn()).toBe(false);
  });

  test("what is no address is refused; the page has no fault of access", async () => {
    await options.type("form input", "javascript:alert(1)");
    await options.click("form button");
    await options.waitFor("[role=status].problem:not(:empty)");
    expect(await axeComplaints(options)).toEqual([]);
    await options.picture(join(ALBUM, `options-${name}-ja.png`));
    await options.run(z.null(), "() => { document.querySelector('form input').select(); }");
  });

  // QUIRK: Chromium's own question is a window that no program can press (but see webmail.test.ts, where the right is there)
  if (name === "firefox")
    test("in the pages of one site once it was, and no longer when it is taken back", async () => {
      await options.press("Backspace");
      await options.type("form input", `http://${LOOPBACK}/`);
      await options.click("form button");
      await until("the site in the list", async () => ((await sites()).length > 0 ? true : undefined));
      expect(await sites()).toEqual([`http://${LOOPBACK}`]);
      await until("our script in the page", async () => ((await isIn()) ? true : undefined));
      await options.click(".sites button");
      await until("no site in the list", async () => ((await sites()).length === 0 ? true : undefined));
      await until("no script in the page", async () => ((await isIn()) ? undefined : true));
    });
});
