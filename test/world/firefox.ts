import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  type Browser,
  type BrowserStart,
  type KeyName,
  manifestOf,
  type Page,
  type Sheet,
  VIEWPORT,
} from "./browser-driver.js";
import { marionetteOf, type Preferences, QUIET_GECKO, quitGecko, writeGeckoProfile } from "./gecko.js";
import type { Marionette } from "./marionette.js";
import { PATIENCE, startProcess, until } from "./processes.js";

const PROGRAM = "/usr/bin/firefox-esr";

/** Everything but loopback goes to a proxy that is not there; downloads ask nothing. */
function quiet(start: BrowserStart, geckoId: string, uuid: string): Preferences {
  return {
    ...QUIET_GECKO,
    "browser.aboutConfig.showWarning": false,
    "browser.aboutwelcome.enabled": false,
    "browser.download.dir": start.downloads,
    "browser.download.folderList": 2,
    "browser.download.useDownloadDir": true,
    "browser.newtabpage.enabled": false,
    "browser.region.network.url": "",
    "browser.search.update": false,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "browser.tabs.warnOnClose": false,
    "browser.topsites.contile.enabled": false,
    "dom.push.connection.enabled": false,
    "extensions.webextensions.uuids": JSON.stringify({ [geckoId]: uuid }),
    "intl.locale.requested": start.language ?? "en",
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.type": 1,
    // 0: dark, 1: light
    "layout.css.prefers-color-scheme.content-override": start.dark === true ? 0 : 1,
    ...start.firefoxPreferences,
  };
}

/** WebDriver's name for an element in JSON. */
const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const SHADOW = "shadow-6066-11e4-a52e-4f735466cecf";
const elementShape = z.object({ [ELEMENT]: z.string() });
const shadowShape = z.object({ [SHADOW]: z.string() });

/** WebDriver's codes of named keys. */
const KEYS: Readonly<Record<KeyName, string>> = {
  Enter: "\uE007",
  Tab: "\uE004",
  Escape: "\uE00C",
  Backspace: "\uE003",
  Space: " ",
  ArrowDown: "\uE015",
  Home: "\uE011",
  Delete: "\uE017",
};

const valueShape = z.object({ value: z.unknown() });
const addressShape = z.string();
const handlesShape = z.array(z.string());
const scriptShape = z.union([z.object({ ok: z.unknown() }), z.object({ failed: z.string() })]);

/** Calls the function in the document and reports how it went. */
const callOf = (source: string): string => `
  const given = [...arguments];
  const done = given.pop();
  (async () => (${source})(...given))().then(
    (value) => done({ ok: value === undefined ? null : value }),
    (error) => done({ failed: String(error) + "\\n" + (error?.stack ?? "") }),
  );`;

/** The element that has the focus, in shadow roots too, of which WebDriver's own answer is the host alone. */
const FOCUSED = `
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element;`;

/** Where something is looked for: a tab, and the way to a frame in it. */
interface Place {
  readonly handle: string;
  readonly way: readonly number[];
}

/**
 * Marionette has one current context, tab and frame; everything goes through here, one after the other, so that two
 * sheets never get in each other's way.
 */
class Wheel {
  readonly #marionette: Marionette;
  #last: Promise<unknown> = Promise.resolve();

  constructor(marionette: Marionette) {
    this.#marionette = marionette;
  }

  /** Runs `work` when everything before it is done. */
  turn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work, work);
    this.#last = next.catch(() => {});
    return next;
  }

  /** One WebDriver command and its value. */
  async ask(name: string, parameters: object = {}): Promise<unknown> {
    const answer = valueShape.safeParse(await this.#marionette.command(name, parameters));
    return answer.success ? answer.data.value : null;
  }

  async inContent(place: Place | undefined): Promise<void> {
    await this.ask("Marionette:SetContext", { value: "content" });
    if (place === undefined) return;
    await this.ask("WebDriver:SwitchToWindow", { handle: place.handle, focus: true });
    await this.ask("WebDriver:SwitchToFrame", { id: null });
    for (const index of place.way) await this.ask("WebDriver:SwitchToFrame", { id: index });
  }

  /** A function of chrome/browser-window.js. */
  async chrome<T>(shape: z.ZodType<T>, name: string, ...args: readonly unknown[]): Promise<T> {
    await this.ask("Marionette:SetContext", { value: "chrome" });
    return this.#marionette.call(shape, "browser-window", name, ...args);
  }

  /** The first element that matches in the current document; `host >> inner` looks into the open shadow root of a host. */
  async element(selector: string): Promise<string> {
    const [outer = selector, ...inner] = selector.split(" >> ");
    let id = elementShape.parse(
      await this.ask("WebDriver:FindElement", { using: "css selector", value: outer }),
    )[ELEMENT];
    for (const value of inner) {
      const root = shadowShape.parse(await this.ask("WebDriver:GetShadowRoot", { id }))[SHADOW];
      const query = { shadowRoot: root, using: "css selector", value };
      id = elementShape.parse(await this.ask("WebDriver:FindElementFromShadowRoot", query))[ELEMENT];
    }
    return id;
  }

  async handles(): Promise<readonly string[]> {
    return handlesShape.parse(await this.#marionette.command("WebDriver:GetWindowHandles"));
  }

  /** The tab whose address contains `part`. Marionette's current tab is its own, and not the one in front. */
  async handleOf(part: string): Promise<string> {
    for (const handle of await this.handles()) {
      await this.inContent({ handle, way: [] });
      if (addressShape.parse(await this.ask("WebDriver:GetCurrentURL")).includes(part)) return handle;
    }
    throw new Error(`no tab of ${part}`);
  }
}

/** A tab or a frame as a sheet. */
function sheetOf(wheel: Wheel, place: Place): Sheet {
  /** Once the element is there and can be acted on; what Marionette says at last is what is thrown. */
  const onceThere = async (selector: string, act: (id: string) => Promise<void>) => {
    const end = Date.now() + PATIENCE;
    for (;;) {
      try {
        return await wheel.turn(async () => {
          await wheel.inContent(place);
          await act(await wheel.element(selector));
        });
      } catch (error) {
        if (Date.now() > end) throw error;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  };
  const click = (id: string) => wheel.ask("WebDriver:ElementClick", { id }).then(() => {});
  const keys = (id: string, text: string) =>
    wheel.ask("WebDriver:ElementSendKeys", { id, text }).then(() => {});
  return {
    run: <T>(shape: z.ZodType<T>, source: string, ...args: readonly unknown[]) =>
      wheel.turn(async () => {
        await wheel.inContent(place);
        const value = await wheel.ask("WebDriver:ExecuteAsyncScript", { script: callOf(source), args });
        const result = scriptShape.parse(value);
        if ("failed" in result) throw new Error(result.failed);
        return shape.parse(result.ok);
      }),
    click: (selector) => onceThere(selector, click),
    type: async (selector, text) => {
      await onceThere(selector, click);
      // what was clicked may be a line within the element that takes the keys
      await wheel.turn(async () => {
        await wheel.inContent(place);
        const active = elementShape.parse(await wheel.ask("WebDriver:ExecuteScript", { script: FOCUSED }))[
          ELEMENT
        ];
        await keys(active, text);
      });
    },
    setFiles: (selector, files) => onceThere(selector, (id) => keys(id, files.join("\n"))),
    waitFor: (selector) => onceThere(selector, async () => {}),
    frame: async (part, patience) => {
      const way = await until(
        `a frame of ${part}`,
        () =>
          wheel.turn(async () => {
            await wheel.inContent(place);
            const found = await wheel.chrome(z.array(z.number()).nullable(), "wayToFrame", place.way, part);
            return found ?? undefined;
          }),
        patience,
      );
      return sheetOf(wheel, { handle: place.handle, way });
    },
  };
}

function pageOf(wheel: Wheel, handle: string): Page {
  const place = { handle, way: [] };
  const act = <T>(work: () => Promise<T>): Promise<T> =>
    wheel.turn(async () => {
      await wheel.inContent(place);
      return work();
    });
  return {
    ...sheetOf(wheel, place),
    go: async (url) => {
      await act(() => wheel.ask("WebDriver:Navigate", { url }));
    },
    press: async (key) => {
      const actions = [
        { type: "keyDown", value: KEYS[key] },
        { type: "keyUp", value: KEYS[key] },
      ];
      await act(() =>
        wheel.ask("WebDriver:PerformActions", { actions: [{ type: "key", id: "keyboard", actions }] }),
      );
    },
    resize: async (width) => {
      await act(() => wheel.chrome(z.null(), "resizePage", width));
    },
    picture: async (file) => {
      const png = await act(() => wheel.ask("WebDriver:TakeScreenshot", { full: false }));
      writeFileSync(file, Buffer.from(z.string().parse(png), "base64"));
    },
    close: async () => {
      await act(() => wheel.ask("WebDriver:CloseWindow"));
    },
  };
}

/**
 * Starts Debian's Firefox ESR with the extension, installed for this run; see startBrowser.
 *
 * QUIRK: not by WebDriver BiDi. Seen with Firefox ESR 153.8: playwright-core 1.65.1 can't start it ("emulation.setMediaFeaturesOverride:
 * unknown command"); in puppeteer-core 25.16, pages of an extension never finish loading (goto ends at its time limit, url() stays
 * about:blank), and nothing ends a background page, so that Marionette would stay beside it.
 */
export async function startFirefox(start: BrowserStart): Promise<Browser> {
  const { geckoId } = manifestOf(start.extension);
  if (geckoId === undefined) throw new Error("Firefox needs an id in browser_specific_settings.gecko");
  const uuid = randomUUID();
  const [profile, home] = [join(start.folder, "profile"), join(start.folder, "home")];
  for (const folder of [profile, home]) mkdirSync(folder);
  writeGeckoProfile(profile, quiet(start, geckoId, uuid));
  const { width, height } = VIEWPORT;
  const program = await startProcess({
    name: "Firefox",
    command: PROGRAM,
    args: [
      ...["--marionette", "--remote-allow-system-access", "--headless", "--no-remote", "--new-instance"],
      ...["--profile", profile, "--width", String(width), "--height", String(height)],
    ],
    logFile: join(start.folder, "firefox.log"),
    env: { ...process.env, HOME: home, TMPDIR: start.folder, LANG: "C.UTF-8" },
  });
  try {
    const marionette = await marionetteOf(program, profile);
    await marionette.installAddon(start.extension);
    const wheel = new Wheel(marionette);
    const extensionUrl = (path: string) => `moz-extension://${uuid}/${path}`;
    /** The tab that was not there before. */
    const newTab = async (before: readonly string[]) => {
      await wheel.inContent(undefined);
      const fresh = (await wheel.handles()).find((handle) => !before.includes(handle));
      if (fresh === undefined) throw new Error("no new tab");
      return pageOf(wheel, fresh);
    };
    return {
      name: "firefox",
      downloads: start.downloads,
      extensionUrl,
      open: (pathOrUrl) =>
        wheel.turn(async () => {
          await wheel.inContent(undefined);
          const before = await wheel.handles();
          const url = /^\w+:/.test(pathOrUrl) ? pathOrUrl : extensionUrl(pathOrUrl);
          await wheel.chrome(z.null(), "openTab", url);
          return newTab(before);
        }),
      opened: (part) =>
        wheel.turn(async () => {
          await wheel.chrome(z.null(), "selectTab", part);
          await wheel.inContent(undefined);
          return pageOf(wheel, await wheel.handleOf(part));
        }),
      stopBackground: () => wheel.turn(() => wheel.chrome(z.null(), "endBackground", geckoId)).then(() => {}),
      close: () => quitGecko(marionette, program),
    };
  } catch (error) {
    program.killNow();
    await program.ended;
    throw error;
  }
}
