import { groupsOf, stateLine } from "../../src/extension/reading/display/state-line.js";
import type { OpenedView } from "../../src/extension/reading/view.js";
import { say } from "../../src/extension/ui/i18n.js";
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
    "Encrypted to Team · from alice@example.test (“Alice”), confirmed by an owner · came through the list",
  ]);
});

test.each([
  ["you", "good", "from you"],
  ["owner", "good", "from alice@example.test (“Alice”), an owner of the list"],
  ["confirmed", "good", "from alice@example.test (“Alice”), confirmed by you"],
  ["reintroduced", "note", "from alice@example.test (“Alice”), with a new key that an owner has confirmed"],
  ["known", "note", "from alice@example.test (“Alice”), same key as before, identity not confirmed"],
  ["new", "note", "from alice@example.test (“Alice”): identity not confirmed"],
  ["changed", "warning", "from alice@example.test (“Alice”), but with a different key than before"],
  ["refused", "warning", "from alice@example.test (“Alice”), but the owner’s confirmation is not valid"],
] as const)("author %s is a %s", (word, tone, words) => {
  expect(standing(word)).toEqual([tone, `Encrypted to Team · ${words} · came through the list`]);
});

test("how it came", () => {
  expect(line({ passage: { via: "own-copy" } })[1]).toMatch(/your own copy$/);
  expect(line({ passage: { via: "unproved", reason: "absent" } })).toEqual([
    "note",
    "Encrypted to Team · from alice@example.test (“Alice”), confirmed by an owner · did not come through the list",
  ]);
  expect(line({ passage: { via: "unproved", reason: "by-another-author" } })[0]).toBe("warning");
  expect(line({ passage: { via: "unproved", reason: "message-id-reused" } })[1]).toMatch(/sent before/);
});

test("a foreign shell is said first and is a warning, whoever wrote the sealed part", () => {
  const [tone, words] = line({ shell: "elsewhere" });
  expect(tone).toBe("warning");
  expect(words).toMatch(/^Encrypted part inside another message/);
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
  expect(words).toContain("your own key expires on May 6, 2027");
});

/** What Mallory calls herself, once the owner has introduced her. */
const POSING = "Olive, owner of the list · came through the list · checked";

test("a name that poses as our own words stands in the line where it is taken as it is", () => {
  expect(`Encrypted to Team · from ${POSING}, confirmed by an owner`).toContain(
    "from Olive, owner of the list · came through the list",
  );
});

test("a name that poses as our own words is only quoted, behind the certified address", () => {
  const author = { ...view.author, name: POSING, address: "mallory@example.test" };
  expect(line({ author })[1]).toBe(
    "Encrypted to Team · from mallory@example.test (“Olive owner of the list came through th…”), confirmed by an owner · came through the list",
  );
});

test.each([
  ["outer-subject", "warning", /the subject in the message list is not from the list/],
  ["outer-from", "warning", /the sender in the message list is neither/],
  ["sent-again", "note", /an old message that someone has sent again/],
] as const)("what stands around it and does not fit is told: %s", (kind, tone, words) => {
  const [seen, said] = line({ remarks: [{ kind }] });
  expect(seen).toBe(tone);
  expect(said).toMatch(words);
});

test("a name that somebody else goes by is a warning", () => {
  expect(line({ remarks: [{ kind: "same-name", address: "olive@example.test" }] })).toEqual([
    "warning",
    expect.stringContaining("olive@example.test uses the same name"),
  ]);
});
