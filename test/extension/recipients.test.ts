import { addressed, recipientsOf } from "../../src/extension/writing/recipients.js";
import { storedList } from "./stored-fixture.js";

const lists = { [storedList.address]: storedList };

test("the list alone, however it is written", () => {
  for (const to of [
    "team@lists.example",
    "Team <TEAM@Lists.Example>",
    ['"Team, all" <team@lists.example>'],
  ]) {
    expect(recipientsOf({ to }, lists)).toEqual({
      list: storedList,
      others: [],
      bcc: [],
      near: null,
      groups: [],
      none: false,
    });
  }
});

test("everybody else is named, in whichever field", () => {
  const { list, others, bcc } = recipientsOf(
    {
      to: ["team@lists.example", "Zoe <zoe@example.test>"],
      cc: "yan@example.test",
      bcc: ["zoe@example.test", { id: "1", type: "mailingList" }],
      newsgroups: "comp.test",
    },
    lists,
  );
  expect(list).toBe(storedList);
  expect(others).toEqual(["zoe@example.test", "yan@example.test", "mailingList", "comp.test"]);
  expect(bcc).toEqual(["zoe@example.test", "mailingList"]);
});

test("what can't be read is no list and is not overlooked", () => {
  expect(recipientsOf({ to: ["team@lists.example", "half@"] }, lists).others).toEqual(["half@"]);
  expect(recipientsOf({ to: "team@lists.example <zoe@example.test>" }, lists).list).toBeUndefined();
});

test("nobody yet", () => {
  expect(recipientsOf({ to: [], cc: "", newsgroups: [] }, lists)).toEqual({
    list: undefined,
    others: [],
    bcc: [],
    near: null,
    groups: [],
    none: true,
  });
});

test("an address from the prototype is no list", () => {
  expect(recipientsOf({ to: "constructor@example.test" }, {}).list).toBeUndefined();
});

const idn = { ...storedList, address: "team@xn--bcher-kva.example" };

test.each([
  ["a last dot", "team@lists.example."],
  ["a tag", "Team+notes@lists.example"],
  ["a tag and a name", "Team <TEAM+x@Lists.Example>"],
  ["a quoted local part", '"team"@lists.example'],
  ["a comment", "team(all)@lists.example"],
  ["full-width letters", "ｔｅａｍ＠lists.example"],
  ["a character that can't be seen", "te\u200bam@lists.example"],
  ["the Unicode form of an IDN domain", "team@bücher.example"],
  ["that form in capitals, with a dot", "Team@BÜCHER.example."],
  ["a name that is the address", '"team@lists.example" <eve@evil.example>'],
  ["a name that has the address in other letters", "Team ＜TEAM＠lists.example＞ <eve@evil.example>"],
])("%s: no list, and almost one", (_, to) => {
  const known = { [storedList.address]: storedList, [idn.address]: idn };
  for (const details of [{ to }, { cc: [to] }, { bcc: ["zoe@example.test", to] }]) {
    const { list, near } = recipientsOf(details, known);
    expect(list).toBeUndefined();
    expect(near).toMatchObject({ typed: to });
  }
});

test.each([
  "steam@lists.example",
  "team@lists.example.org",
  "team-request@lists.example",
  "Team <zoe@example.test>",
])("%s is not almost the list", (to) => {
  expect(recipientsOf({ to }, lists).near).toBeNull();
});

test("a list of the address book is one of which nobody knows who is in it", () => {
  expect(recipientsOf({ to: ["Friends <Friends>", "zoe@example.test"] }, lists).groups).toEqual(["Friends"]);
  expect(recipientsOf({ bcc: [{ id: "1", type: "mailingList" }] }, lists).groups).toEqual(["mailingList"]);
  // where no sealed list is known, none can be in it
  expect(recipientsOf({ to: "Friends <Friends>" }, {}).groups).toEqual([]);
});

test("an answer counts for the same recipients, however their fields are given", () => {
  expect(addressed({ to: "a@x.test" })).toBe(addressed({ to: ["a@x.test"], cc: [], bcc: [] }));
  expect(addressed({ to: ["a@x.test"] })).not.toBe(addressed({ to: ["a@x.test"], bcc: ["b@x.test"] }));
});
