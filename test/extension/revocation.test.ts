/** A key that was stolen: its holder's add-on revokes it, the others' hear of it, and the thief is believed by nobody. */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { stateLine } from "../../src/extension/reading/display/state-line.js";
import { phrase } from "../../src/extension/ui/i18n.js";
import { authorFor } from "../../src/extension/writing/author.js";
import { begin, cardFile, play } from "../server/asking.js";
import { nextSecond } from "../server/next-second.js";
import type { PlayServer } from "../server/play-server.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let mia: Addon;
let bob: Addon;
/** A server that plays the thief's game: it knows nothing of the revocation. */
let accomplice: PlayServer;

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, mia, bob] = [new Addon("Olga", play), new Addon("Mia", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mia);
  accomplice = await play.fork();
});
afterAll(async () => {
  await play.discard();
  await accomplice.discard();
  await lockAll();
});

test("what was written before stays its author's; what comes after is nobody's", async () => {
  await bob.posts("mine");
  const mine = await mia.reads("mine");
  expect(mine.view.author.standing).toBe("introduced");
  // signatures have whole seconds, and what is of the same one counts as later
  await nextSecond();
  const stolen = await bob.key();
  const { fingerprint } = stolen;

  expect(await bob.as(() => calls["key:revoke"]({ fingerprint }))).toMatchObject({
    revokedAt: expect.any(String),
  });
  await bob.settled();
  await mia.hears();

  // the thief has the key as it was, the list key, and a server that helps
  [bob.server, mia.server, olga.server] = [accomplice, accomplice, accomplice];
  await bob.posts("not mine", stolen);
  const { view } = await mia.reads("not mine");
  expect(view).toMatchObject({ passage: { via: "list" }, author: { standing: "revoked" } });
  expect((await mia.again("mine")).view.author.standing).toBe("introduced");
  // naive: without the holder's word there is nothing to be seen
  expect((await olga.reads("not mine")).view.author.standing).toBe("introduced");
  olga.server = play;
  await olga.hears();
  expect((await olga.again("not mine")).view.author.standing).toBe("revoked");
});

test("its holder writes nothing with it any more, and the owners are alarmed", async () => {
  const list = await bob.list();
  await expect(bob.as(() => authorFor(list))).rejects.toMatchObject({ code: "own-key-revoked" });
  const page = viewOf(await olga.owned(), [], [], new Date());
  expect(page.alarms).toMatchObject([{ code: "key-revoked", about: bob.address }]);
  expect(Object.fromEntries(page.members.map(({ name, revoked }) => [name, revoked]))).toEqual({
    Olga: false,
    Bob: true,
    Mia: false,
  });
  expect(page.newKey).toMatchObject({ notTo: { count: 1, first: [bob.address] } });
});

test("its holder comes back by a new invitation, and readers see that the owner has introduced them anew", async () => {
  bob.server = play;
  mia.server = play;
  await olga.about(bob, "remove");
  const { fingerprint } = await bob.key();
  // introductions that were made in the second of the removal are burnt, too
  await nextSecond();
  await olga.invites(bob);
  expect((await bob.key()).fingerprint).not.toBe(fingerprint);
  await bob.posts("here again");
  const { view } = await mia.reads("here again");
  expect(view.author.standing).toBe("reintroduced");
  expect(stateLine(view).phrases).toContainEqual(
    phrase("state_from_reintroduced", "bob@people.test (“Bob”)"),
  );
});
