/** A second owner, with the add-on's own code and a real server: what makes one, what they see, and what they can do. */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { askStanding } from "../../src/extension/member/join.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { setRole } from "../../src/server/admin/administration.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let mia: Addon;
let bob: Addon;

const pageOf = async (who: Addon) => viewOf(await who.owned(), [], [], new Date());
const rolesFor = async (who: Addon) =>
  Object.fromEntries((await pageOf(who)).members.map(({ name, role, word }) => [name, `${role} ${word}`]));

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  [olga, mia, bob] = [new Addon("Olga", play), new Addon("Mia", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mia);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("is made by a role, has a log of their own from the first entry, and acts when the members know them", async () => {
  await expect(mia.owned()).rejects.toMatchObject({ code: "no-such-list" });
  await olga.about(mia, "owner");
  await mia.hears();
  const [first, second] = [await olga.owned(), await mia.owned()];
  expect(second.claim.kind).toBe("appointed");
  expect(second.history.hashes).toEqual(first.history.hashes);
  expect(second.history.hashes.length).toBeGreaterThan(3);
  expect(await rolesFor(mia)).toEqual({ Olga: "owner owner", Bob: "member owner", Mia: "owner owner" });
  expect(await pageOf(mia)).toMatchObject({ claim: "confirmed", alarms: [], ownersUntold: false });
  // it is the owner whom the members know who tells them
  expect(await pageOf(olga)).toMatchObject({ ownersUntold: true });
  await olga.tells();
  await mia.hears();
  await bob.hears();
  for (const who of [mia, bob]) {
    expect((await who.list()).owners.map(({ address }) => address)).toEqual([olga.address, mia.address]);
  }

  const dave = new Addon("Dave", play);
  await mia.invites(dave);
  await mia.about(bob, "remove");
  await olga.hears();
  for (const who of [olga, mia]) {
    expect(Object.keys(await rolesFor(who)).sort()).toEqual(["Dave", "Mia", "Olga"]);
    expect((await pageOf(who)).alarms).toEqual([]);
  }
});

test("makes a new list key that the first owner seals invitations with, too; the serials go on", async () => {
  await olga.about(mia, "owner");
  await olga.tells();
  await mia.hears();
  await bob.hears();
  await olga.as(() => calls["owner:new-key"]({ list: teamAddress, graceDays: 0 }));
  await olga.settled();
  await mia.hears();
  await mia.as(() => calls["owner:new-key"]({ list: teamAddress, graceDays: 0 }));
  await mia.settled();
  await olga.hears();
  await mia.posts("the first under it");
  await bob.reads("the first under it");
  const [hers, olgas] = [await mia.owned(), await olga.owned()];
  expect(hers.notices.map(({ news, serial }) => [news, serial])).toEqual([["new-list-key", 2]]);
  expect(olgas.listKeyFingerprint).toBe(hers.listKeyFingerprint);
  expect(olgas.listKey).toBe(hers.listKey);
  expect(olgas.formerListKeys).toHaveLength(2);
  expect((await bob.list()).listKeyFingerprint).toBe(hers.listKeyFingerprint);
  // whoever comes in now knows neither the former list keys nor when somebody became an owner
  const dave = new Addon("Dave", play);
  await olga.invites(dave);
  await olga.about(dave, "owner");
  await olga.tells();
  await dave.hears();
  expect(await pageOf(dave)).toMatchObject({ claim: "confirmed", alarms: [] });
  expect(await rolesFor(dave)).toMatchObject({ Mia: "owner owner", Bob: "member owner" });
  expect((await dave.list()).owners.map(({ from, to }) => [from, to])).toEqual([
    [0, null],
    [1, null],
    [2, null],
  ]);
});

test("who may not send yet is an owner all the same, and asks for the record by a press", async () => {
  mia.mayNotSend = true;
  await olga.about(mia, "owner");
  await olga.tells();
  while ((await mia.list()).serials.owners === 0) {
    await mia.server.sink.until((sink) => sink.for(mia.address).length > 0);
    await mia.fetch();
  }
  expect(await pageOf(mia)).toMatchObject({ claim: "confirmed", members: [], membersAt: null });
  mia.mayNotSend = false;
  await mia.as(() => calls["owner:refresh"]({ list: teamAddress }));
  // the receipt that could not be sent waits in the page for its own press
  await mia.answered("roster");
  expect(await rolesFor(mia)).toMatchObject({ Olga: "owner owner", Mia: "owner owner" });
});

test("is none any more when the role is taken away, and what is left can be forgotten", async () => {
  await olga.about(mia, "owner");
  await mia.hears();
  await olga.about(mia, "member");
  await mia.hears();
  expect(await pageOf(mia)).toMatchObject({ claim: "ended" });
  expect((await mia.list()).role).toBe("member");
  await mia.as(() => calls["owner:forget"]({ list: teamAddress }));
  await expect(mia.owned()).rejects.toMatchObject({ code: "no-such-list" });
  await expect(olga.as(() => calls["owner:forget"]({ list: teamAddress }))).rejects.toMatchObject({
    code: "already-owned",
  });
});

// attack: an operator, or whoever holds the server, makes somebody an owner to have them invite and remove
test("is nobody by the operator's word alone, until an owner confirms it", async () => {
  await play.office((office) => setRole(office, teamAddress, mia.address, "owner"));
  await mia.as(() => askStanding(teamAddress));
  await mia.settled();
  expect(await pageOf(mia)).toMatchObject({ claim: "appointed", alarms: [] });
  const list = teamAddress;
  await expect(
    mia.as(() => calls["owner:invite"]({ list, address: "dave@people.test", name: null, days: 1 })),
  ).rejects.toMatchObject({ code: "not-claimed" });
  await olga.about(mia, "owner");
  await mia.hears();
  expect(await pageOf(mia)).toMatchObject({ claim: "confirmed", alarms: [] });
});
