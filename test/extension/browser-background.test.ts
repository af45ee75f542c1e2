/** The background of a browser: what it opens, and that a link brings no more than its address. */
import "../../src/extension/app/browser/background.js";
import { begunFor } from "../../src/extension/writing/composer/reply-draft.js";
import { actionClicked, HOST_BASE, installed, menuClicked, menuEntries, openedTabs } from "./fake-host.js";

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
