/** The hash chain of joins and removals. */
import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import {
  isWholeChain,
  NO_PREVIOUS,
  nextEntry,
  type RecordEntry,
  type RosterChange,
} from "../../src/server/store/roster-record.js";
import { PlayServer, person } from "./play-server.js";

const at = "2026-01-02T03:04:05.000Z";
const created: RosterChange = { do: "create", list: "team@lists.test", by: "operator", at };
const added: RosterChange = { do: "add", address: "a@b.test", fingerprint: "00", by: "operator", at };

function chain(...changes: readonly RosterChange[]): RecordEntry[] {
  const entries: RecordEntry[] = [];
  for (const change of changes) entries.push(nextEntry(entries.at(-1), change));
  return entries;
}

test("an entry's hash is what its document says", () => {
  const [first] = chain(created);
  const text = `listseal-roster-entry\n1\n${NO_PREVIOUS}\n${JSON.stringify(created)}`;
  expect(first).toEqual({
    number: 1,
    previous: NO_PREVIOUS,
    entry: JSON.stringify(created),
    hash: createHash("sha256").update(text).digest("hex"),
  });
});

test("a chain is whole, and no longer with an entry changed, left out or moved", () => {
  const whole = chain(created, added, { ...added, do: "remove" });
  const [one, two, three] = whole;
  if (!one || !two || !three) throw new Error("three entries are wanted");
  expect(isWholeChain(whole)).toBe(true);
  expect(isWholeChain([one, { ...two, entry: two.entry.replace("a@b", "c@d") }, three])).toBe(false);
  expect(isWholeChain([one, three])).toBe(false);
  expect(isWholeChain([two, three])).toBe(false);
  expect(isWholeChain([one, three, two])).toBe(false);
});

test("the server records what was done to a list, in order", async () => {
  const server = await PlayServer.make();
  const alice = await person("Alice");
  const list = await server.createList("team@lists.test");
  await server.join(list, alice);
  await server.remove(list, alice);
  const entries = await server.office(({ store }) => store.record(list.list.id));
  expect(entries.map(({ entry }) => JSON.parse(entry).do)).toEqual(["create", "list-key", "add", "remove"]);
  expect(isWholeChain(entries)).toBe(true);
  await server.discard();
});
