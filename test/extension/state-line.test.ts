import { groupsOf, stateLine } from "../../src/extension/display/state-line.js";
import type { OpenedView } from "../../src/extension/display/view.js";
import { say } from "../../src/extension/i18n.js";
import { openedView as view } from "./opened-view.js";

const line = (change: Partial<OpenedView>) => {
  const { tone, phrases } = stateLine({ ...view, ...change });
  return [tone, phrases.map(say).join(" · ")];
};
const standing = (word: OpenedView["author"]["standing"]) =>
  line({ author: { ...view.author, standing: word } });

test("nothing to think about", () => {
  expect(line({})).toEqual([
    "good",
    "Sealed for Team · from Alice, introduced by the owner · came through the list",
  ]);
});

test.each([
  ["you", "good", "from you"],
  ["owner", "good", "from Alice, owner of the list"],
  ["confirmed", "good", "from Alice, confirmed by you"],
  ["reintroduced", "note", "from Alice, introduced anew by the owner with another key"],
  ["known", "note", "from Alice, the same key as before, not introduced"],
  ["new", "note", "from Alice, new and not introduced"],
  ["changed", "warning", "from Alice, but with another key than before"],
  ["refused", "warning", "from Alice, with an introduction that is not valid"],
] as const)("author %s is a %s", (word, tone, words) => {
  expect(standing(word)).toEqual([tone, `Sealed for Team · ${words} · came through the list`]);
});

test("how it came", () => {
  expect(line({ passage: { via: "own-copy" } })[1]).toMatch(/your own copy$/);
  expect(line({ passage: { via: "unproved", reason: "absent" } })).toEqual([
    "note",
    "Sealed for Team · from Alice, introduced by the owner · did not come through the list",
  ]);
  expect(line({ passage: { via: "unproved", reason: "by-another-author" } })[0]).toBe("warning");
  expect(line({ passage: { via: "unproved", reason: "message-id-reused" } })[1]).toMatch(/sent before/);
});

test("a foreign shell is said first and is a warning, whoever wrote the sealed part", () => {
  const [tone, words] = line({ shell: "elsewhere" });
  expect(tone).toBe("warning");
  expect(words).toMatch(/^A sealed part inside another mail/);
});

test("a person without a name is called by their address", () => {
  expect(line({ author: { ...view.author, name: null } })[1]).toContain("from alice@example.test");
});

test("fingerprints are read in groups of four", () => {
  expect(groupsOf("00ff11ee22")).toBe("00FF 11EE 22");
});

test("a post under a list key that was replaced is marked, whatever the server did", () => {
  const [tone, words] = line({ underOldKey: true });
  expect(tone).toBe("warning");
  expect(words).toContain("no longer in use");
});

test("one's own key that runs out soon is named beside the rest", () => {
  const [tone, words] = line({ ownKeyEnds: "2027-05-06T12:00:00.000Z" });
  expect(tone).toBe("note");
  expect(words).toContain("your own key runs out on May 6, 2027");
});
