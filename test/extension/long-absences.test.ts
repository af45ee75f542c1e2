/** Years and absences, with the add-on's own code and a real server: a key that is renewed, a computer that was switched off. */
import { jest } from "@jest/globals";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { begin, cardFile, DAY, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let olga: Addon;
let mia: Addon;
let bob: Addon;

/** Everything but the date goes on as it is. */
const realTimers = [
  ...(["hrtime", "nextTick", "performance", "queueMicrotask", "setImmediate", "clearImmediate"] as const),
  ...(["setInterval", "clearInterval", "setTimeout", "clearTimeout"] as const),
];
const later = (days: number) => jest.setSystemTime(Date.now() + days * DAY);

beforeAll(haveWorkerNear);
beforeEach(async () => {
  jest.useFakeTimers({ now: Date.now(), doNotFake: realTimers });
  await begin();
  [olga, mia, bob] = [new Addon("Olga", play), new Addon("Mia", play), new Addon("Bob", play)];
  await olga.claim(cardFile);
  // new list keys are made where a test says so: with the years, each list key gets old
  await olga.as(() => calls["owner:epochs"]({ list: teamAddress, itself: "no", days: 0 }));
  await olga.invites(bob);
  await olga.invites(mia);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
  jest.useRealTimers();
});

test("a key that runs out is renewed by a press: the server takes it, and its readers do with the next post", async () => {
  const { fingerprint, expiresAt } = await bob.key();
  const end = new Date(expiresAt ?? 0).getTime();
  later((end - Date.now()) / DAY - 20);
  await olga.posts("twenty days before");
  expect((await bob.reads("twenty days before")).view.ownKeyEnds).toBe(expiresAt);

  for (const who of [bob, olga]) {
    const key = await who.key();
    await who.as(() => calls["key:renew"]({ fingerprint: key.fingerprint }));
    await who.settled();
  }
  expect(new Date((await bob.key()).expiresAt ?? 0).getTime()).toBeGreaterThan(end + 365 * DAY);
  await olga.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await olga.settled();
  const known = viewOf(await olga.owned(), [], [], new Date()).members;
  expect(known.map(({ name }) => name).sort()).toEqual(["Bob", "Mia", "Olga"]);

  // the day after the old end: Mia has not renewed, and gets nothing any more
  later(21);
  await bob.posts("with the renewed key");
  const read = await olga.reads("with the renewed key");
  expect(read.view).toMatchObject({
    passage: { via: "list" },
    author: { standing: "introduced", fingerprint },
  });
  await olga.posts("to the renewed key");
  expect((await bob.reads("to the renewed key")).view).toMatchObject({ ownKeyEnds: null });
  await play.untilQuiet();
  expect(Object.keys(await mia.timesRead())).toEqual(["twenty days before"]);
  // what was written under the old self-signature is read as before
  expect((await bob.again("twenty days before")).view.author.standing).toBe("owner");
});

test("a computer that was off while the list got two new keys reads everything that came meanwhile", async () => {
  const rekey = async () => {
    await olga.as(() => calls["owner:new-key"]({ list: teamAddress, graceDays: 0 }));
    await olga.settled();
    await olga.posts("the first under it");
    while ((await mia.list()).listKeyFingerprint !== (await olga.list()).listKeyFingerprint)
      await mia.hears();
  };
  await olga.posts("under the first key");
  await rekey();
  await mia.posts("under the second key");
  await rekey();
  await olga.posts("under the third key");
  await play.untilQuiet();

  const first = (await bob.list()).listKeyFingerprint;
  await bob.fetch();
  const list = await bob.list();
  expect(list.formerListKeys.map((key) => key.fingerprint)).toEqual([first, expect.any(String)]);
  expect(list.listKeyFingerprint).toBe((await olga.owned()).listKeyFingerprint);
  for (const text of ["under the first key", "under the second key", "under the third key"]) {
    expect((await bob.again(text)).view).toMatchObject({ passage: { via: "list" }, underOldKey: false });
  }
  await bob.posts("back again");
  expect((await mia.reads("back again")).view.author.standing).toBe("introduced");
  await olga.hears();
  expect((await olga.owned()).notices.map(({ serial }) => serial)).toContain(2);
});
