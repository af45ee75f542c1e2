/** The pages that ask before something is believed: an author's key, and what a backup would change. */
import { jest } from "@jest/globals";
import { render } from "preact";
import { placesLeftOut } from "../../src/extension/app/options/comparison.js";
import { Options } from "../../src/extension/app/options/options.js";
import { AskRestore } from "../../src/extension/app/options/restore.js";
import type { Comparison } from "../../src/extension/reading/comparison.js";
import { groupsOf } from "../../src/extension/reading/display/state-line.js";
import { background, settle } from "./page-tester.js";

let root: HTMLElement;
let asked: (readonly [string, unknown])[];
beforeEach(() => {
  document.body.replaceChildren();
  root = document.body.appendChild(document.createElement("div"));
});
afterEach(() => render(null, root));

const overview = {
  ...{ lists: [], keys: [], backedUpAt: null, refused: [], requests: [], refusals: [], copies: [] },
};
const key = "0123456789abcdef0123456789abcdef01234567";
const comparison: Comparison = {
  ...{ list: "team@lists.example", listName: "Team", address: "bob@example.test", fingerprint: key },
  ...{ kind: "open", pinned: null },
};

async function open(answers: Record<string, unknown>) {
  const page = background({ overview, "join:offered": null, "compare:wanted": null, ...answers });
  asked = page.asked;
  render(<Options call={page.call} />, root);
  await settle();
}
const button = (text: string) =>
  [...root.querySelectorAll("button")].find((one) => one.textContent?.includes(text));
async function press(text: string) {
  button(text)?.click();
  await settle();
}
const gaps = () => [...root.querySelectorAll<HTMLInputElement>("input[data-place]")];
async function type(field: HTMLInputElement, text: string) {
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await settle();
}

describe("comparing an author's key", () => {
  const groups = groupsOf(key).split(" ");

  test("the page leaves groups out that only the author can read out; typed right, the key is confirmed", async () => {
    await open({ "compare:wanted": comparison, "compare:confirm": null });
    expect(gaps()).toHaveLength(3);
    expect(root.textContent).not.toContain(groupsOf(key));
    expect(button("All groups")?.disabled).toBe(true);
    for (const gap of gaps()) await type(gap, ` ${groups[Number(gap.dataset["place"])]?.toLowerCase()}`);
    await press("All groups");
    const { list, address, fingerprint } = comparison;
    expect(asked).toContainEqual(["compare:confirm", { list, address, fingerprint }]);
    expect(root.querySelector("output")?.textContent).toContain("recorded as theirs");
    expect(gaps()).toEqual([]);
  });

  test("typed wrong, nothing is asked of the background, and the page says what that means", async () => {
    await open({ "compare:wanted": comparison });
    for (const gap of gaps()) await type(gap, "0000");
    await press("All groups");
    expect(root.querySelector("form [role=alert]")?.textContent).toContain("someone else is using");
    expect(asked.map(([name]) => name)).not.toContain("compare:confirm");
  });

  test("an owner's address has nothing to type, and says why", async () => {
    const pinned = { fingerprint: "ff".repeat(20), how: "owner" as const };
    await open({ "compare:wanted": { ...comparison, kind: "owner", pinned } });
    expect(gaps()).toEqual([]);
    expect(root.textContent).toContain("belongs to an owner of the list");
    expect(root.textContent).toContain(groupsOf(pinned.fingerprint));
    await press("Close");
    expect(root.textContent).not.toContain("belongs to an owner");
  });

  test("the places are different ones, in their order, and others the next time", () => {
    const drawn = Array.from({ length: 200 }, () => placesLeftOut(10).join(" "));
    for (const places of drawn) expect(places).toMatch(/^(\d) (?!\1)(\d) (?!\1|\2)\d$/);
    expect(new Set(drawn).size).toBeGreaterThan(20);
    expect(new Set(drawn.join(" ").split(" ")).size).toBe(10);
  });
});

describe("a backup where something is here already", () => {
  const facts = {
    ...{ name: "Team", requestAddress: "team-request@lists.example", sealing: "", formerOwners: [] },
    ...{ owners: [{ userId: "Olive <olive@example.test>", fingerprint: "cc".repeat(20) }] },
    ...{
      listKey: "aa".repeat(20),
      server: "bb".repeat(20),
      formerListKeys: 0,
      deletedListKeys: 0,
      formerServers: 0,
      authors: 0,
    },
  };
  const other = { userId: "Mallory <mallory@example.test>", fingerprint: "0c".repeat(20) };
  const move = {
    ...{ id: "m1", address: "team@lists.example", before: facts },
    after: { ...facts, owners: [other], server: "0d".repeat(20) },
  };
  const plan = {
    ...{ made: "2026-08-01T12:00:00.000Z", isEmptyHere: false, keys: [], lists: [], owned: [] },
    ...{ moves: [move], kept: [] },
  };
  test("shows what is believed now beside what the backup says; nothing happens without a tick and a press", async () => {
    const restore = jest.fn(async () => undefined);
    render(<AskRestore plan={plan} restore={restore} close={() => undefined} />, root);
    await settle();
    const text = root.textContent ?? "";
    for (const shown of ["Olive <olive@example.test>", other.userId, groupsOf(other.fingerprint)])
      expect(text).toContain(shown);
    expect(button("Restore")?.disabled).toBe(true);
    root.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
    await settle();
    await press("Restore");
    expect(restore.mock.calls).toEqual([[{ m1: true }]]);
  });

  test("says how many deleted list keys it would restore, beside those that are new here", async () => {
    const returning = {
      ...{ id: "m2", address: "team@lists.example", before: { ...facts, deletedListKeys: 2 } },
      after: { ...facts, formerListKeys: 3 },
    };
    const brings = { ...plan, moves: [returning] };
    render(<AskRestore plan={brings} restore={async () => undefined} close={() => undefined} />, root);
    await settle();
    const said = [...root.querySelectorAll("li")].map((item) => item.textContent);
    expect(said).toEqual([
      "Adds earlier list keys, which open old messages: 1",
      "Restores list keys that you deleted here, so that their messages can be read again: 2",
    ]);
    expect(button("Restore")?.disabled).toBe(true);
  });

  test("what it only adds needs no tick, and an untouched list stays", async () => {
    const restore = jest.fn(async () => undefined);
    const keys = [{ userId: "Bob <bob@example.test>", fingerprint: key }];
    render(<AskRestore plan={{ ...plan, keys }} restore={restore} close={() => undefined} />, root);
    await settle();
    expect(root.textContent).toContain("shown as written by you");
    await press("Restore");
    expect(restore.mock.calls).toEqual([[{}]]);
  });
});
