import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { type Person, type PlayList, PlayServer, person } from "../server/play-server.js";
import { type Browser, describeInBrowsers, type Page, type Sheet, startBrowser } from "../world/browser.js";
import { keepInBrowser, keptBy } from "../world/browser-member.js";
import { copyWithLoopbackAllowed } from "../world/built-extension.js";
import { type HostileWebmail, startHostileWebmail } from "../world/hostile-webmail.js";
import { pause, until } from "../world/processes.js";

/** Words that the page must not get. */
const SECRET = "the heron on the seventh pile";
const LONG = "a long story. ".repeat(400);

/** Every way that a page has to text on its screen and in its frames. Gives the ways by which it got the words. */
const READ = `async (secret) => {
  const got = [];
  const look = (way, text) => { if (String(text ?? "").includes(secret)) got.push(way); };
  getSelection().removeAllRanges();
  // into frames and without: Firefox refuses the first in a page with a frame of another origin
  for (const inFrames of [true, false]) {
    try { if (window.find(secret, false, false, true, false, inFrames)) got.push("find"); } catch { /* refused */ }
  }
  look("selection after find", getSelection());
  document.execCommand("selectAll");
  look("selection of all", getSelection());
  getSelection().removeAllRanges();
  look("text of the page", document.documentElement.innerText);
  const walk = (root) => {
    look("tree", root.textContent);
    for (const one of root.querySelectorAll("*")) if (one.shadowRoot) walk(one.shadowRoot);
  };
  walk(document);
  for (let i = 0; i < window.frames.length; i += 1) {
    try { look("frame", window.frames[i].document.body.innerText); } catch { /* another origin */ }
  }
  for (const entry of performance.getEntries()) look("timeline", entry.name);
  look("messages", JSON.stringify(window.heard ?? []));
  look("session", JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }));
  return got;
}`;

/** Listens to everything before our content script is there. */
const LISTEN = `window.heard = []; addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)), true);`;

/** The element that our frame hangs in: the page finds it, and not what is in it. */
const HOST = `document.querySelector("#messagebody").previousElementSibling`;

const textOf = (frame: Sheet): Promise<string> =>
  frame.run(
    z.string(),
    `() => document.body.innerText + (document.querySelector("listseal-view")?.shadowRoot?.textContent ?? "")`,
  );

/** Waits until our frame shows these words; says what it shows instead if it does not. */
async function untilShown(frame: Sheet, words: string): Promise<void> {
  let shown = "";
  const look = async () => {
    shown = await textOf(frame);
    return shown.includes(words) ? true : undefined;
  };
  await until(`"${words}" in our frame`, look, 15_000).catch((error: unknown) => {
    throw new Error(`${String(error)}; it shows: ${shown}`);
  });
}

describeInBrowsers("a hostile webmail page", (name) => {
  let browser: Browser;
  let webmail: HostileWebmail;
  let server: PlayServer;
  let list: PlayList;
  let alice: Person;
  let bob: Person;
  let folder: string;
  let mails: Uint8Array[];
  /** Our frame's address as our own script has it: what a page would have to learn first. */
  let address: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "listseal-hostile-"));
    [browser, server, alice, bob] = await Promise.all([
      startBrowser(name, { extension: copyWithLoopbackAllowed(name, join(folder, "extension")) }),
      PlayServer.make(),
      person("Alice"),
      person("Bob"),
    ]);
    list = await server.createList("team@lists.test");
    for (const who of [alice, bob]) await server.join(list, who);
    await server.start();
    for (const text of [SECRET, "another mail", `${SECRET} ${LONG}`])
      await server.post(list, alice, { text });
    await server.untilQuiet();
    mails = server.sink.for(bob.address).map(({ raw }) => new Uint8Array(raw));
    webmail = await startHostileWebmail(mails);
    const page = await browser.open("browser/options.html");
    await keepInBrowser(page, await keptBy(bob, [list]));
    const own = `() => (globalThis.browser ?? chrome).runtime.getURL("webmail/read.html?fed")`;
    address = await page.run(z.string(), own);
    await page.close();
  }, 90_000);

  afterAll(async () => {
    await browser?.close();
    await webmail?.stop();
    await server?.discard();
    rmSync(folder, { recursive: true, force: true });
  }, 30_000);

  /** Opens the page for a mail and waits until our frame shows it. */
  const opened = async (uid: number, words: string, script = "") => {
    const page = await browser.open(webmail.show(uid, script));
    const frame = await page.frame("webmail/read.html");
    await untilShown(frame, words);
    return { page, frame };
  };

  test("reads nothing of what our frame shows; in a closed shadow root of its own it would", async () => {
    const { page } = await opened(0, SECRET, LISTEN);
    expect(await page.run(z.array(z.string()), READ, SECRET)).toEqual([]);
    expect(await page.run(z.boolean(), `() => ${HOST}.shadowRoot === null`)).toBe(true);
    // the same words where a defence by shadow roots alone would have put them
    await page.run(
      z.null(),
      `(secret) => {
        const host = document.body.appendChild(document.createElement("div"));
        host.attachShadow({ mode: "closed" }).innerHTML = "<p>" + secret + "</p>";
      }`,
      SECRET,
    );
    expect(await page.run(z.array(z.string()), READ, SECRET)).not.toEqual([]);
    await page.close();
  }, 60_000);

  test("learns no size: a short mail and a long one look the same to it", async () => {
    const seen = `() => {
      const { width, height } = ${HOST}.getBoundingClientRect();
      return JSON.stringify([width, height, document.documentElement.scrollHeight, ${HOST}.outerHTML, heard]);
    }`;
    const shapes: string[] = [];
    for (const [uid, words] of [
      [0, SECRET],
      [2, "a long story"],
    ] as const) {
      const { page, frame } = await opened(uid, words, LISTEN);
      shapes.push(await page.run(z.string(), seen));
      // our frame itself has more to scroll through: what is hidden is really there
      expect(
        await frame.run(z.boolean(), `() => document.querySelector("main").scrollHeight > innerHeight`),
      ).toBe(uid === 2);
      await page.close();
    }
    expect(shapes[0]).toBe(shapes[1]);
  }, 60_000);

  test("presses nothing for the person: only a person's own press counts", async () => {
    const { page, frame } = await opened(0, SECRET);
    const where = () => page.run(z.string(), `() => location.search`);
    await page.run(
      z.null(),
      `() => { for (const type of ["mousedown", "mouseup", "click"]) {
      const { x, y, width } = ${HOST}.getBoundingClientRect();
      const event = new MouseEvent(type, { bubbles: true, composed: true, clientX: x + width - 60, clientY: y + 20 });
      ${HOST}.dispatchEvent(event); document.elementFromPoint(x + width - 60, y + 20).dispatchEvent(event);
    } }`,
    );
    // even from within our frame
    await frame.run(
      z.null(),
      `() => document.querySelector("listseal-view").shadowRoot.querySelector(".reply").click()`,
    );
    await pause(500);
    expect(await where()).toContain("_action=show");
    await until("a person's press", async () => {
      await frame.click("listseal-view >> .reply").catch(() => undefined);
      return (await where()).includes("_action=compose") ? true : undefined;
    });
    await page.close();
  }, 60_000);

  const COVER = `() => {
    const cover = document.createElement("div");
    cover.id = "cover";
    cover.style.cssText = "position: fixed; inset: 0; background: #fff; pointer-events: none";
    cover.textContent = "Press here to win";
    document.body.append(cover);
  }`;
  const covers = [
    ["lies something over our frame", COVER],
    ["makes our frame see-through", `() => { ${HOST}.style.opacity = "0.01"; }`],
  ] as const;

  test.each(covers)(
    "%s: the press does not count where the browser can tell, and gives nothing away anywhere",
    async (_, cover) => {
      const { page, frame } = await opened(0, SECRET, LISTEN);
      await pause(1_000);
      await page.run(z.null(), cover);
      await pause(500);
      await frame.click("listseal-view >> .reply").catch(() => undefined);
      await pause(500);
      const action = await page.run(z.string(), `() => new URLSearchParams(location.search).get("_action")`);
      if (name === "chromium") {
        expect(action).toBe("show");
        expect(await textOf(frame)).toContain("Something lies over this part of the page");
      } else {
        // Firefox can't tell; the page gets a wish that it could have had by itself
        expect(action).toBe("compose");
      }
      expect(await page.run(z.array(z.string()), READ, SECRET)).toEqual([]);
      await page.close();
    },
    60_000,
  );

  /** Makes a frame of ours by itself and gives it mails; whatever comes back is kept. */
  const FEED = `async (address, uids) => {
    window.answers = [];
    const frame = document.createElement("iframe");
    frame.src = address;
    document.body.prepend(frame);
    const mailOf = async (uid) => (await fetch("/?_action=viewsource&_uid=" + uid)).arrayBuffer();
    for (const uid of uids) {
      // as our content script does it; each mail also behind the one before, over the same port
      const port = await new Promise((resolve) => {
        const call = () => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => { clearInterval(calling); answers.push(data); resolve(port1); };
          frame.contentWindow.postMessage("listseal-hello", "*", [port2]);
        };
        const calling = setInterval(call, 250);
        setTimeout(() => { clearInterval(calling); resolve(undefined); }, 4000);
      });
      for (const one of uids) {
        const mail = await mailOf(one);
        port?.postMessage({ listseal: "read", mail }, [mail]);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }`;
  const given = (page: Page) => page.run(z.string(), `() => JSON.stringify(answers)`);

  test("gives a frame of ours any mail: it opens to the screen, the first only, and nothing comes back", async () => {
    const page = await browser.open(webmail.show(9, LISTEN));
    await page.run(z.null(), FEED, address, [0, 1]);
    const frame = await page.frame("read.html?fed");
    await untilShown(frame, SECRET);
    await pause(500);
    expect(await textOf(frame)).not.toContain("another mail");
    // it was listened to, once, and that is all that the page hears
    expect(await given(page)).toBe('["listseal-ready"]');
    expect(await page.run(z.array(z.string()), READ, SECRET)).toEqual([]);
    await page.close();
  }, 60_000);

  test("can't know our frame's address from the outside", async () => {
    const page = await browser.open(webmail.show(9));
    const seen = await page.run(
      z.string(),
      `() => JSON.stringify(performance.getEntries().map(({ name }) => name)) + document.documentElement.outerHTML`,
    );
    expect(seen).not.toContain(new URL(address).host);
    // an installation from a shop has an id that everybody knows; that address leads nowhere
    if (name === "chromium") {
      await page.run(z.null(), FEED, browser.extensionUrl("webmail/read.html?fed"), [0]);
      expect(await given(page)).toBe("[]");
    }
    await page.close();
  }, 60_000);

  test("gets nothing out of a frame in a site that the person has not allowed, not even to the screen", async () => {
    const page = await browser.open(webmail.elsewhere(LISTEN));
    await page.run(z.null(), FEED, address, [0]);
    await pause(1_500);
    expect(await given(page)).toBe("[]");
    const frame = await page.frame("read.html?fed").catch(() => undefined);
    if (frame !== undefined) expect(await textOf(frame)).not.toContain(SECRET);
    await page.close();
  }, 60_000);

  test("can't speak our messages: neither to the background nor into a frame that our script has made", async () => {
    const { page, frame } = await opened(0, SECRET, LISTEN);
    const tried = await page.run(
      z.array(z.string()),
      `async (id, mail) => {
        const tried = [];
        const api = globalThis.chrome?.runtime ?? globalThis.browser?.runtime;
        for (const message of [{ webmail: "open-reader" }, { name: "overview", input: null }]) {
          try { tried.push(String(await api.sendMessage(id, message))); } catch { tried.push("refused"); }
        }
        try {
          const port = api.connect(id, { name: "listseal-storage" });
          tried.push(await new Promise((resolve) => {
            port.onMessage.addListener(() => resolve("a turn")); port.onDisconnect.addListener(() => resolve("refused"));
            setTimeout(() => resolve("silence"), 1000);
          }));
        } catch { tried.push("refused"); }
        const { port1, port2 } = new MessageChannel();
        postMessage({ kind: "answer" }, "*");
        postMessage({ listseal: "read", mail: new ArrayBuffer(9) }, "*", [port2]);
        for (let i = 0; i < frames.length; i += 1) frames[i].postMessage({ listseal: "read", mail: new ArrayBuffer(9) }, "*");
        await new Promise((resolve) => setTimeout(resolve, 500));
        return tried;
      }`,
      new URL(browser.extensionUrl("")).host,
    );
    expect(tried).not.toContain("a turn");
    expect(tried.slice(0, 2)).toEqual(["refused", "refused"]);
    expect(await page.run(z.string(), `() => location.search`)).toContain("_action=show");
    expect(await textOf(frame)).toContain(SECRET);
    await page.close();
  }, 60_000);
});
