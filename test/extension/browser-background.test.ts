/** The background of a browser: what it opens, and that a link brings no more than its address. */
import "../../src/extension/app/browser/background.js";
import { blockCalls } from "../../src/extension/app/calls/block-calls.js";
import { begunFor } from "../../src/extension/writing/composer/reply-draft.js";
import {
  actionClicked,
  HOST_BASE,
  HOST_ID,
  installed,
  menuClicked,
  menuEntries,
  messageListeners,
  openedTabs,
} from "./fake-host.js";

beforeEach(() => {
  openedTabs.length = 0;
});

test("the button opens the Reader page", () => {
  actionClicked.tell();
  expect(openedTabs).toEqual([`${HOST_BASE}app/browser/reader/reader.html`]);
});

test("there is an entry in the menus of links to mail addresses, and of no other links", () => {
  installed.tell();
  expect(menuEntries).toMatchObject([
    // the button's: the webmail in front, and the page for writing
    { contexts: ["action"] },
    { contexts: ["action"] },
    { contexts: ["link"], targetUrlPatterns: ["mailto:*"] },
  ]);
});

test("the page for writing begins with the list that the link names, and with no word of the link", async () => {
  const link = "mailto:team@lists.example?subject=a&body=b&to=eve@example.test#?answer=1&to=x";
  menuClicked.tell({ menuItemId: "write-sealed-to", linkUrl: link });
  const [opened = ""] = openedTabs;
  expect(opened.startsWith(`${HOST_BASE}app/browser/composer.html?`)).toBe(true);
  expect(await begunFor(new URL(opened).search)).toEqual({
    ...(await begunFor("")),
    list: "team@lists.example",
  });
});

test("the button's own menu opens it empty, and other add-on's entries nothing", () => {
  menuClicked.tell({ menuItemId: "another", linkUrl: "mailto:team@lists.example" });
  menuClicked.tell({ menuItemId: "write-sealed" });
  expect(openedTabs).toEqual([`${HOST_BASE}app/browser/composer.html`]);
});

describe("what is asked of it", () => {
  const ask = (name: string, input: unknown, sender: object) => {
    const answers = messageListeners.map((listener) => listener({ name, input }, sender));
    return answers.find((answer) => answer !== undefined);
  };
  const frame = { id: HOST_ID, url: `${HOST_BASE}app/webmail/read.html`, tab: { id: 7 } };
  const script = { id: HOST_ID, url: "https://mail.example/", tab: { id: 7 } };
  const stranger = { id: "other@add.on", url: "moz-extension://other/app/webmail/read.html" };
  const refused = { ok: false, code: "foreign-caller" };

  test("a frame of ours keeps what is in the session, and no other record", async () => {
    expect(await ask("session:set", { key: "offered", value: { name: "x" } }, frame)).toMatchObject({
      ok: true,
    });
    expect(await ask("session:get", { key: "offered" }, frame)).toEqual({ ok: true, value: { name: "x" } });
    expect(await ask("session:remove", { key: "offered" }, frame)).toMatchObject({ ok: true });
    expect(await ask("session:get", { key: "offered" }, frame)).toEqual({ ok: true, value: null });
    expect(await ask("session:get", { key: "wrongCodes" }, frame)).toEqual({
      ok: false,
      code: "worker-failed",
    });
  });

  test.each([
    ["a content script", script],
    ["another add-on", stranger],
  ])("%s gets nothing of it", async (_, sender) => {
    for (const name of ["session:get", "session:set", "session:remove"])
      expect(await ask(name, { key: "unlocked", value: 1 }, sender)).toEqual(refused);
    for (const name of Object.keys(blockCalls))
      expect([name, await ask(name, { index: "x" }, sender)]).toEqual([name, refused]);
  });

  test("a frame of ours reads and writes blocks, and nothing that is none", async () => {
    // no IndexedDB here: it was let in
    expect(await ask("blocks:indexes", null, frame)).toMatchObject({ code: "storage-failed" });
    const changes = [{ part: "heads", number: 0, bytes: "words" }];
    expect(await ask("blocks:write", { index: "x", changes }, frame)).toMatchObject({
      code: "worker-failed",
    });
    const others = [{ part: "letters", number: 0, bytes: null }];
    expect(await ask("blocks:write", { index: "x", changes: others }, frame)).toMatchObject({
      code: "worker-failed",
    });
  });

  test("a content script has pages opened, and asks whether its site is allowed; another add-on does not", async () => {
    expect(await ask("open-page", { page: "reader" }, script)).toEqual({ ok: true, value: null });
    expect(openedTabs).toEqual([`${HOST_BASE}app/browser/reader/reader.html`]);
    expect(await ask("is-allowed", { origin: "https://mail.example" }, script)).toEqual({
      ok: true,
      value: false,
    });
    expect(await ask("open-page", { page: "https://evil.example" }, script)).toMatchObject({ ok: false });
    expect(await ask("open-page", { page: "reader" }, stranger)).toEqual(refused);
    expect(openedTabs).toHaveLength(1);
  });
});
