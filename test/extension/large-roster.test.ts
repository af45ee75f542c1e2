/** An owner's page of a list that has more members than fit into one answer; the add-on's own code and a real server. */
import { jest } from "@jest/globals";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { askNews } from "../../src/extension/owner/members.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import { ROSTER_PAGE } from "../../src/membership/request/answer-result.js";
import { begin, card, cardFile, listKey, play, teamAddress } from "../server/asking.js";
import { addCrowd, wholeRoster } from "../server/many-members.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

const CROWD = ROSTER_PAGE + 5;
const leaver = "crowd7@people.test";

beforeAll(haveWorkerNear);
beforeEach(() => begin());
afterEach(async () => {
  await play.discard();
  await lockAll();
});

/** The operator takes {@link leaver} off. */
const operatorRemoves = (listId: number) =>
  play.office(({ store }) =>
    store.removeMember(listId, leaver, ({ fingerprint }) => ({
      do: "remove",
      address: leaver,
      fingerprint,
      by: "operator",
      at: new Date().toISOString(),
    })),
  );

test("everybody is on it, once, with as little asked for twice as can be", async () => {
  const olga = new Addon("Olga", play);
  await olga.claim(cardFile);
  const list = await play.service.store.listByAddress(teamAddress);
  if (list === undefined) throw new Error("no list");
  await play.office((office) =>
    addCrowd(office, { list, address: teamAddress, key: listKey, server: card.server }, CROWD),
  );
  const before = play.sink.for(olga.address).length;
  await olga.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await olga.settled();
  const { members, history, alarms } = await olga.owned();
  expect(members.map(({ address }): string => address)).toEqual(
    (await wholeRoster(play.service.store, list.id)).map(({ address }) => address),
  );
  expect(members).toHaveLength(CROWD + 1);
  expect(history.hashes).toHaveLength((await play.service.store.recordHead(list.id)).number);
  expect(alarms).toEqual([]);
  // the record has as many entries, 200 in an answer; the members come along
  expect(play.sink.for(olga.address).length - before).toBe(3);
  // and once more: the first page takes the place of what was known
  await operatorRemoves(list.id);
  await olga.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await olga.settled();
  const after = (await olga.owned()).members.map(({ address }): string => address);
  expect(after).toHaveLength(CROWD);
  expect(after).not.toContain(leaver);
}, 120_000);

test("who comes and goes is asked for where they are, and not with everybody else", async () => {
  const [olga, bob] = [new Addon("Olga", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  const list = await play.service.store.listByAddress(teamAddress);
  if (list === undefined) throw new Error("no list");
  await play.office((office) =>
    addCrowd(office, { list, address: teamAddress, key: listKey, server: card.server }, CROWD),
  );
  // as many behind the owner: the page around her is not the last one
  await play.office((office) =>
    addCrowd(office, { list, address: teamAddress, key: listKey, server: card.server }, CROWD, CROWD, "zoe"),
  );
  await olga.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await olga.settled();
  const asSeen = async () => (await olga.owned()).members.map(({ address }): string => address);
  const asItIs = async () =>
    (await wholeRoster(play.service.store, list.id)).map(({ address }): string => address);
  expect(await asSeen()).toEqual(await asItIs());
  const pages = jest.spyOn(play.service.store, "recordAfter");
  const asked = () => pages.mock.calls.splice(0).length;

  // two who come: each is told of, and asked for
  await olga.invites(bob);
  expect(await asSeen()).toEqual(await asItIs());
  expect(await asSeen()).toContain(bob.address);
  expect(asked()).toBeLessThanOrEqual(3);

  // who goes by their own word is gone by the own log, wherever they are
  await bob.as(() => calls["list:leave"]({ address: teamAddress }));
  while ((await asSeen()).includes(bob.address)) await olga.takesNext();
  await olga.settled();
  expect(await asSeen()).toEqual(await asItIs());
  expect(await asSeen()).not.toContain(bob.address);
  expect(asked()).toBeLessThanOrEqual(3);
  // he has the list key
  expect((await olga.owned()).epoch).toMatchObject({ due: { why: "gone" } });

  // whom the operator takes off is told of by the entry, and somebody whom a lying server goes on to name is suspect
  await operatorRemoves(list.id);
  await olga.posts("a head that is newer");
  await olga.reads("a head that is newer");
  while ((await asSeen()).includes(leaver)) await olga.takesNext();
  await olga.settled();
  expect(await asSeen()).toEqual(await asItIs());
  expect(asked()).toBeLessThanOrEqual(3);
  expect((await olga.owned()).alarms).toEqual([]);

  // an answer was lost when all were asked for: they are asked for once more, and not the part around somebody
  await olga.as(() =>
    changeOwned(teamAddress, (owned) => ({ ...owned, members: owned.members.slice(0, 600) })),
  );
  await olga.as(() => askNews(teamAddress));
  await olga.settled();
  expect(await asSeen()).toEqual(await asItIs());
  asked();

  // many at once: everybody is asked for once more
  await play.office((office) =>
    addCrowd(office, { list, address: teamAddress, key: listKey, server: card.server }, 3, 2 * CROWD),
  );
  await olga.posts("three have come");
  await olga.reads("three have come");
  while ((await asSeen()).length < 2 * CROWD + 3) await olga.takesNext();
  await olga.settled();
  expect(await asSeen()).toEqual(await asItIs());
  expect((await olga.owned()).alarms).toEqual([]);
}, 240_000);
