/** Another server key, from the operator's command to the members' add-ons, with a real server; and who is away meanwhile. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { askStanding } from "../../src/extension/member/join.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { findList } from "../../src/server/admin/administration.js";
import { deleteOldServerKeys, makeNextServerKey } from "../../src/server/admin/new-server-key.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import type { MadeServerKey } from "../../src/server/store/server-keys.js";
import { begin, cardFile, DAY, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let bob: Addon;
let mia: Addon;
let made: MadeServerKey;
const list = teamAddress;

/** As `list new-server-key` does. */
async function makesKey(): Promise<MadeServerKey> {
  const store = await openStore(play.place);
  try {
    const { folder } = play;
    const lists = new ListsInUse(store, folder);
    const log = { warn: () => undefined };
    const parts = { store, folder, lists, log, now: () => Date.now() };
    return (await makeNextServerKey(parts, await findList({ store }, list))).key;
  } finally {
    await store.close();
  }
}
const serverOf = async () => (await play.service.store.listByAddress(list))?.serverFingerprint;
const pageOf = async (who: Addon) => viewOf(await who.owned(), [], [], new Date());

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, bob, mia] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Mia", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mia);
});
afterAll(async () => {
  await play.discard();
  await lockAll();
});

// attack: whoever has the old server key, or the server, offers a key of their own
test("an offer changes nothing: its characters are shown, and can be declined", async () => {
  const before = await serverOf();
  const declined = await makesKey();
  await olga.hears();
  expect((await pageOf(olga)).serverMove).toEqual({ fingerprint: declined.fingerprint, stage: "offered" });
  await olga.as(() => calls["owner:decline-server"]({ list }));
  expect((await pageOf(olga)).serverMove).toBeNull();
  expect(await serverOf()).toBe(before);
  expect((await olga.list()).serverFingerprint).toBe(before);

  made = await makesKey();
  await olga.hears();
  // the one of before is for nothing
  expect(existsSync(join(play.folder.keys, declined.file))).toBe(false);
  const { fingerprint } = declined;
  await expect(olga.as(() => calls["owner:confirm-server"]({ list, fingerprint }))).rejects.toMatchObject({
    code: "old-serial",
  });
  expect(await serverOf()).toBe(before);
});

test("the owner's word switches the server, and a notice the members; old mail stays proved", async () => {
  await bob.posts("before");
  const before = await serverOf();
  const { fingerprint } = made;
  await olga.as(() => calls["owner:confirm-server"]({ list, fingerprint }));
  await olga.settled();
  expect(await serverOf()).toBe(fingerprint);
  await bob.hears();
  for (const who of [olga, bob]) {
    const known = await who.list();
    expect(known).toMatchObject({ serverFingerprint: fingerprint, serials: { "new-server-key": 1 } });
    expect(known.formerServers).toHaveLength(1);
  }
  expect(before).not.toBe(fingerprint);
  expect(await pageOf(olga)).toMatchObject({ serverMove: null, alarms: [], refusals: [] });
  await olga.posts("after");
  expect((await bob.reads("after")).view.passage).toMatchObject({ via: "list" });
  expect((await olga.reads("before")).view.passage).toMatchObject({ via: "list" });
  // an invitation that is made now brings the new key
  const dave = new Addon("Dave", play);
  await olga.invites(dave);
  expect((await dave.list()).serverFingerprint).toBe(fingerprint);
});

test("who was away posts and asks under the old key, until its time is over", async () => {
  const old = (await mia.list()).serverFingerprint;
  expect(old).not.toBe(made.fingerprint);
  await mia.posts("from a ship");
  expect((await bob.reads("from a ship")).view.passage).toMatchObject({ via: "list" });
  // asked, and answered, by the key that she knows; her mail is read afterwards
  await mia.as(() => askStanding(list));
  await mia.settled();
  const known = await mia.list();
  expect(known.serverFingerprint).toBe(made.fingerprint);
  expect(known.serverCertificate).toBe((await bob.list()).serverCertificate);
  expect((await mia.again("after")).view.passage).toMatchObject({ via: "list" });

  const store = await openStore(play.place);
  const parts = { store, folder: play.folder, now: () => Date.now() + 61 * DAY };
  expect(await deleteOldServerKeys(parts, await findList({ store }, list))).toBe(1);
  await store.close();
  expect(existsSync(join(play.folder.keys, `${old}.key`))).toBe(false);
  await expect(mia.posts("too late", undefined, true)).rejects.toThrow("550");
  await mia.posts("in time");
  expect((await bob.reads("in time")).view.passage).toMatchObject({ via: "list" });
});
