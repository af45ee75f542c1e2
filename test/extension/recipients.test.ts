import { recipientsOf } from "../../src/extension/compose/recipients.js";
import { storedList } from "./stored-fixture.js";

const lists = { [storedList.address]: storedList };

test("the list alone, however it is written", () => {
  for (const to of [
    "team@lists.example",
    "Team <TEAM@Lists.Example>",
    ['"Team, all" <team@lists.example>'],
  ]) {
    expect(recipientsOf({ to }, lists)).toEqual({ list: storedList, others: [], bcc: [], none: false });
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
    none: true,
  });
});

test("an address from the prototype is no list", () => {
  expect(recipientsOf({ to: "constructor@example.test" }, {}).list).toBeUndefined();
});
