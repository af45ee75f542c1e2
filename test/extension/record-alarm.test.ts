/**
 * A server that lies about the record of who came and went, to owners whose add-ons are as they are. It is the real server:
 * two of it from one moment on, with the same keys, each telling its own story.
 */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import { begin, cardFile, DAY, play, teamAddress } from "../server/asking.js";
import type { PlayServer } from "../server/play-server.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let mia: Addon;
let bob: Addon;
let twin: PlayServer;

const alarmsOf = async (who: Addon) => viewOf(await who.owned(), [], [], new Date()).alarms;
const codes = async (who: Addon) => (await alarmsOf(who)).map(({ code }) => code);
beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, mia, bob] = [new Addon("Olga", play), new Addon("Mia", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mia);
  await olga.about(mia, "owner");
  await olga.tells();
  await mia.hears();
  await bob.hears();
  twin = await play.fork();
});
afterAll(async () => {
  await play.discard();
  await twin.discard();
  await lockAll();
});

test("as long as everybody is told the same, nobody is alarmed", async () => {
  await bob.posts("the truth");
  await mia.reads("the truth");
  await olga.reads("the truth");
  for (const who of [olga, mia]) expect(await codes(who)).toEqual([]);
});

// attack: a server that writes a removal into the record of one owner, and shows another one a record without it
test("two owners who are shown different records hear of it with the next post", async () => {
  await olga.about(bob, "moderator");
  mia.server = twin;
  await mia.about(bob, "read-only");
  const [hers, olgas] = [await mia.owned(), await olga.owned()];
  expect(hers.history.hashes).toHaveLength(olgas.history.hashes.length);
  expect(hers.history.hashes.at(-1)).not.toBe(olgas.history.hashes.at(-1));
  // each story is straight in itself: the chains verify, and the answers are signed by the list's own server key
  for (const who of [olga, mia]) expect(await codes(who)).toEqual([]);

  // one post crosses over: its list signature names the newest entry
  mia.server = play;
  await olga.posts("from the other side");
  const { view } = await mia.reads("from the other side");
  // naive: whoever looks at seals and signatures alone sees an ordinary letter of an owner
  expect(view).toMatchObject({ passage: { via: "list" }, author: { standing: "owner" } });
  expect(await codes(mia)).toContain("roster-forked");
  // it stands until it is put away, and the next word does not take it back
  await olga.posts("once more");
  await mia.reads("once more");
  expect(await codes(mia)).toContain("roster-forked");
});

test("an owner who asks the other server for the record hears of it, too", async () => {
  await mia.as(() => calls["owner:dismiss"]({ list: teamAddress, what: "alarms" }));
  await olga.about(bob, "member");
  await mia.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await mia.settled();
  expect(await codes(mia)).toContain("roster-forked");
});

// attack: a server that keeps a removal back and goes on sending to who should be gone
test("a removal that never appears is an alarm a day later, and no earlier", async () => {
  const fingerprint = (await bob.list()).memberKey ?? "";
  olga.unheard = true;
  await olga.as(() => calls["owner:remove"]({ list: teamAddress, address: bob.address, fingerprint }));
  olga.unheard = false;
  await mia.as(() => calls["owner:dismiss"]({ list: teamAddress, what: "alarms" }));
  await bob.posts("still here");
  await olga.reads("still here");
  expect(await codes(olga)).toEqual([]);
  // the same a day later: what is moved is the time of asking
  await olga.as(() =>
    changeOwned(teamAddress, (list) => ({
      ...list,
      awaited: list.awaited.map((one) => ({
        ...one,
        sent: new Date(Date.parse(one.sent) - DAY - 60_000).toISOString(),
      })),
    })),
  );
  await bob.posts("and still");
  await olga.reads("and still");
  expect(await alarmsOf(olga)).toMatchObject([{ code: "roster-altered" }]);
});
