/**
 * Former list keys that a person deletes, with the add-on's own code and a real server: their mail is closed here, whatever comes by
 * once more, and says why. What a backup of before brings back is shown before it does.
 */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { merged, planOf } from "../../src/extension/backup/merge.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { withoutListKeys } from "../../src/extension/member/delete-list-keys.js";
import { renewAllIfDue } from "../../src/extension/owner/epochs.js";
import { emptyOwned } from "../../src/extension/records/owned-list.js";
import { load, loadRaw, summaryOfList, update } from "../../src/extension/records/storage.js";
import { keptKeysOf } from "../../src/extension/records/stored.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear, workers } from "./near-worker.js";
import { Addon } from "./play-addon.js";
import { stored, storedList } from "./stored-fixture.js";

const address = teamAddress;
let olga: Addon;
let bob: Addon;

/** Somebody comes and goes, an hour passes, and the list's next key is begun. */
async function beginsNextKey(guest: string): Promise<void> {
  const eve = new Addon(guest, play);
  await olga.invites(eve);
  await olga.about(eve, "remove");
  await olga.waitsAnHour(address);
  await olga.as(renewAllIfDue);
}

/** As {@link beginsNextKey}, and the first post is on its way under that key. */
async function nextPost(guest: string, post: string): Promise<void> {
  await beginsNextKey(guest);
  await olga.settled();
  await olga.posts(post);
}

/** As {@link nextPost}, and Bob reads it. */
async function nextKey(guest: string, post: string): Promise<void> {
  await nextPost(guest, post);
  await bob.reads(post);
}

const [firstEnd, secondEnd] = ["2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"];

/** Two keys have been the list's before the one of today, each with a post of Olga's and the first with one of Bob's. */
async function threeKeys(kind: "pair" | "secret"): Promise<void> {
  await begin();
  [olga, bob] = [new Addon("Olga", play), new Addon("Bob", play)];
  await olga.claim(cardFile, kind);
  await olga.invites(bob);
  await bob.posts("Bob's own");
  await olga.posts("the first key");
  await bob.reads("the first key");
  await nextKey("Eve", "the second key");
  await nextKey("Dan", "the third key");
  // both have ended in this second
  await bob.as(() =>
    update((kept) => {
      const list = kept.lists[address] ?? storedList;
      const formerListKeys = list.formerListKeys.map((key, number) => ({
        ...key,
        graceEnds: [firstEnd, secondEnd][number] ?? secondEnd,
      }));
      return {
        stored: { ...kept, lists: { ...kept.lists, [address]: { ...list, formerListKeys } } },
        result: undefined,
      };
    }),
  );
}

async function ends(): Promise<void> {
  await play.discard();
  await lockAll();
}

const summary = async () => summaryOfList(await bob.list(), await bob.as(load));
const deletes = (until: string) => bob.as(() => calls["list:delete-keys"]({ address, until }));
/** What Bob is told of all that came for him, and of what he sent. */
async function tells(): Promise<readonly string[]> {
  const seen = await bob.looksAgain(bob.handlers);
  const own = await bob.takes(bob.sent[0] ?? new Uint8Array());
  return [...seen, own].flatMap((one) => {
    if ("opened" in one) return [one.opened.letter.letter.text?.trim() ?? ""];
    return one.kind === "key-deleted" ? [`deleted: ${one.list} before ${one.before}`] : [];
  });
}

beforeAll(haveWorkerNear);

describe.each(["pair", "secret"] as const)("a list with a %s", (kind) => {
  afterEach(ends);

  test("mail of a deleted key says so, the rest opens; nothing brings the key back", async () => {
    await threeKeys(kind);
    expect((await summary()).formerKeys).toEqual([firstEnd, secondEnd]);
    const [key] = keptKeysOf(await bob.list());
    if (key === undefined) throw new Error("no former key");
    const everything = ["the first key", "the second key", "the third key", "Bob's own"];
    expect(await tells()).toEqual(expect.arrayContaining(everything));

    const backup = await bob.as(load);
    await deletes(firstEnd);
    // what had the key in its memory is gone
    expect(workers.filter(({ ended }) => !ended)).toEqual([]);
    expect(await summary()).toMatchObject({ formerKeys: [secondEnd], deletedBefore: firstEnd });
    expect(JSON.stringify(await bob.as(loadRaw))).not.toContain(key.listKey);
    expect((await bob.as(load)).backedUpAt).toBeNull();
    const gone = `deleted: ${address} before ${firstEnd}`;
    // the copies that brought the second key and the third are looked at as well
    const after = await tells();
    expect(after).toEqual(expect.arrayContaining([gone, "the second key", "the third key"]));
    expect(after).not.toContain("the first key");
    expect(after.at(-1)).toBe(gone);
    expect(JSON.stringify(await bob.as(loadRaw))).not.toContain(key.listKey);

    // the next key is taken as ever
    await nextKey("Fay", "the fourth key");
    expect(await summary()).toMatchObject({ deletedBefore: firstEnd });

    const here = await bob.as(load);
    const { moves } = planOf(here, backup, { here: emptyOwned, restored: emptyOwned });
    expect(moves).toMatchObject([{ before: { deletedListKeys: 1 }, after: { deletedListKeys: 0 } }]);
    const restored = merged(here, backup, here.backedUpAt ?? "", new Set(moves.map(({ id }) => id)));
    await bob.as(() => update(() => ({ stored: restored, result: undefined })));
    expect(await tells()).toEqual(expect.arrayContaining([...everything, "the fourth key"]));
  });

  test("keys are deleted while the next one is on its way: it arrives, and they stay deleted", async () => {
    await threeKeys(kind);
    const before = await bob.list();
    const deleted = [...keptKeysOf(await olga.list()), ...keptKeysOf(before)].map(({ listKey }) => listKey);
    // the next one is begun, and the owner's and a member's former keys go before the server has heard of it
    await beginsNextKey("Fay");
    expect((await olga.owned()).epoch.run).not.toBeNull();
    const until = keptKeysOf(await olga.list()).at(-1)?.graceEnds ?? "";
    await olga.as(() => calls["list:delete-keys"]({ address, until }));
    await deletes(secondEnd);
    await olga.settled();
    await olga.posts("the fourth key");
    await bob.reads("the fourth key");
    const now = await bob.list();
    expect([(await olga.list()).listKeyFingerprint, (await olga.owned()).listKeyFingerprint]).toEqual([
      now.listKeyFingerprint,
      now.listKeyFingerprint,
    ]);
    expect(now.listKeyFingerprint).not.toBe(before.listKeyFingerprint);
    // of those before only the one that was the list's own when they were deleted is there
    for (const who of [olga, bob]) {
      const kept = JSON.stringify(await who.as(loadRaw));
      expect(deleted.filter((key) => kept.includes(key))).toEqual([]);
      expect(kept).toContain(before.listKey);
    }
  });
});

test("a notice that brought a key does not bring it again", async () => {
  await threeKeys("pair");
  await deletes(secondEnd);
  expect(await summary()).toMatchObject({ formerKeys: [], deletedBefore: secondEnd });
  const after = await tells();
  expect(after).not.toContain("the second key");
  expect(after).toContain("the third key");
  expect((await summary()).formerKeys).toEqual([]);
  await ends();
});

describe("what is kept", () => {
  const key = { listKey: "T0xE", fingerprint: "ab".repeat(20), graceEnds: firstEnd };
  const later = { ...key, fingerprint: "ac".repeat(20), graceEnds: secondEnd };
  const list = { ...storedList, formerListKeys: [key, later] };
  const kept = { ...stored, lists: { [list.address]: list } };

  test("a join that is waited for keeps none either; what ends later stays", () => {
    const waiting = { ...kept, joining: { [list.address]: { name: "Team", before: list, refused: null } } };
    const after = withoutListKeys(waiting, list.address, firstEnd);
    const formerListKeys = [{ ...key, listKey: null }, later];
    expect(after.lists[list.address]).toEqual({ ...list, formerListKeys });
    expect(after.joining[list.address]?.before).toEqual({ ...list, formerListKeys });
    expect(() => withoutListKeys(kept, "none@lists.example", firstEnd)).toThrow(
      expect.objectContaining({ code: "no-such-list" }),
    );
  });

  test("a backup from when a deleted key was the list's own brings it back, and says so", () => {
    const here = withoutListKeys(kept, list.address, firstEnd);
    const then = {
      ...list,
      listKey: key.listKey,
      listKeyFingerprint: key.fingerprint,
      formerListKeys: [],
    };
    const backup = { ...stored, lists: { [list.address]: then } };
    const plan = planOf(here, backup, { here: emptyOwned, restored: emptyOwned });
    expect(plan.moves).toMatchObject([{ before: { deletedListKeys: 1 }, after: { deletedListKeys: 0 } }]);
    const agreed = new Set(plan.moves.map(({ id }) => id));
    expect(merged(here, backup, firstEnd, agreed).lists[list.address]).toEqual(list);
    expect(merged(here, backup, firstEnd, new Set()).lists).toEqual(here.lists);
    // a backup that was made afterwards has none
    expect(planOf(here, here, { here: emptyOwned, restored: emptyOwned }).moves).toEqual([]);
  });
});
