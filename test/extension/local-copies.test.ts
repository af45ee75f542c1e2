/** The choice to keep readable copies: off unless chosen, and off again if what was chosen can't be read. */
import { chooseKeeping, keepingOf, listsKept } from "../../src/extension/reading/local-copies/choice.js";
import { local, resetHost } from "./fake-host.js";

beforeEach(resetHost);
const team = "team@lists.example";
const choir = "choir@lists.example";

test("nothing is kept unless it was chosen, and for each list alone", async () => {
  expect(await keepingOf(team)).toBe("off");
  await chooseKeeping(team, "opened");
  expect([await keepingOf(team), await keepingOf(choir)]).toEqual(["opened", "off"]);
  await chooseKeeping(choir, "opened");
  await chooseKeeping(team, "off");
  expect(await listsKept()).toEqual([choir]);
});

test.each([
  ["damaged", { version: 1, lists: { [team]: "everything" } }],
  ["of a later version", { version: 2, lists: { [team]: "opened" } }],
  ["no record", "opened"],
])("a choice that is %s counts as off, and can be made anew", async (_, stored) => {
  await local.set({ localCopies: stored });
  expect(await keepingOf(team)).toBe("off");
  await chooseKeeping(team, "opened");
  expect(await keepingOf(team)).toBe("opened");
});
