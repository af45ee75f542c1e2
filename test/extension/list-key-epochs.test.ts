/**
 * A list that heals itself: somebody goes, and without anybody's press the list has another key, with the add-on's own code and a
 * real server. However it is interrupted, the owner, the members and the server end with one key.
 */
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import {
  dueKey,
  GATHER_MS,
  isTimeFor,
  makesKeysItself,
  notedEpoch,
} from "../../src/extension/owner/epoch-state.js";
import { packetsAnswered, renewAllIfDue } from "../../src/extension/owner/epochs.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { noticeTargets } from "../../src/extension/records/notice-targets.js";
import type { OwnedList } from "../../src/extension/records/owned-list.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import { noEpoch } from "../../src/extension/records/stored-epoch.js";
import type { IncomingHandlers } from "../../src/extension/requests/incoming.js";
import { forgetPending, loadRequests } from "../../src/extension/requests/pending.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import type { CommandName } from "../../src/membership/request/command-names.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear, workers } from "./near-worker.js";
import { ownedList } from "./owned-fixture.js";
import { Addon, withOlderServer } from "./play-addon.js";

const list = teamAddress;
let olga: Addon;
let ann: Addon;
let bob: Addon;
let eve: Addon;

/** One packet in a request: two members take two. */
const oneByOne: IncomingHandlers = {
  ...arrivals,
  answers: {
    ...arrivals.answers,
    "list-key-notice": (asked, result) => packetsAnswered(asked, result, { packets: 1 }),
  },
};

const listKeyOf = async () => (await play.service.store.listByAddress(list))?.listKeyFingerprint;
const pendingOf = (who: Addon, what: CommandName) =>
  who.as(async () => (await loadRequests()).pending.filter((one) => one.do === what));
const loses = async (what: CommandName) => {
  for (const { id } of await pendingOf(olga, what)) await olga.as(() => forgetPending(id));
};
const page = async () => viewOf(await olga.owned(), (await olga.as(loadRequests)).pending, [], new Date());

/** As if the hour that a new list key waits for others had passed. */
const anHourLater = (who = olga) => who.waitsAnHour(list);
const timePasses = (who = olga) => who.as(renewAllIfDue);

async function leaves(who: Addon) {
  await olga.about(who, "remove");
  expect((await olga.owned()).epoch).toMatchObject({ due: { why: "gone" }, run: null });
}

/** Takes answers until a command of this kind waits. */
async function until(what: CommandName) {
  while ((await pendingOf(olga, what)).length === 0) await olga.takesNext();
}

/** One key everywhere, which is not the one before; nobody has pressed anything. */
async function healed(before: string, ...members: readonly Addon[]) {
  const next = await listKeyOf();
  expect(next).not.toBe(before);
  const owned = await olga.owned();
  expect(owned).toMatchObject({
    listKeyFingerprint: next,
    telling: null,
    rekeying: null,
    refusals: [],
    alarms: [],
  });
  expect(owned.epoch).toMatchObject({ key: next, why: "gone", due: null, run: null });
  expect(owned.formerListKeys).toContain(before);
  expect((await olga.list()).listKeyFingerprint).toBe(next);
  // the notice rides: the first post brings the key that it is under
  await olga.posts("the first under it");
  for (const member of members) {
    while ((await member.list()).listKeyFingerprint !== next) await member.hears();
  }
  const notice = owned.notices.findLast(({ news }) => news === "new-list-key");
  expect(notice?.to.map(({ address }) => address).sort()).toEqual(
    members.map(({ address }) => address).sort(),
  );
  return next;
}

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  olga = new Addon("Olga", play);
  await olga.claim(cardFile);
  [ann, bob, eve] = [new Addon("Ann", play), new Addon("Bob", play), new Addon("Eve", play)];
  for (const guest of [ann, bob, eve]) await olga.invites(guest);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("Eve goes: an hour later the next post is under another key, and everybody but her reads it", async () => {
  const before = (await olga.list()).listKeyFingerprint;
  await leaves(eve);
  await timePasses();
  expect(await listKeyOf()).toBe(before);
  expect((await page()).epoch).toMatchObject({ due: { why: "gone" }, itself: true });

  await anHourLater();
  await timePasses();
  await olga.settled();
  const next = await healed(before, ann, bob);
  await ann.posts("under the new key");
  for (const reader of [olga, bob]) {
    expect((await reader.reads("under the new key")).view.passage).toMatchObject({ via: "list" });
  }
  // she has the key before and nothing else, whatever came to her
  await eve.fetch();
  const hers = await eve.list();
  expect([hers.listKeyFingerprint, ...hers.formerListKeys.map(({ fingerprint }) => fingerprint)]).toEqual([
    before,
  ]);
  // and nothing more is due
  await olga.settled();
  await timePasses();
  expect((await olga.as(loadRequests)).pending).toEqual([]);
  expect(await listKeyOf()).toBe(next);
});

test("somebody comes and goes between two looks at the record: they have the list key, and there is another", async () => {
  const dan = new Addon("Dan", play);
  await dan.joins(await olga.invitationFor(dan));
  await dan.as(() => calls["list:leave"]({ address: list }));
  await dan.settled();
  const before = await listKeyOf();
  await olga.settled();
  await olga.as(() => calls["owner:refresh"]({ list }));
  await olga.settled();
  expect((await olga.owned()).epoch).toMatchObject({ due: { why: "gone" } });
  await anHourLater();
  await timePasses();
  await olga.settled();
  expect(await listKeyOf()).not.toBe(before);
  // and once is enough
  await olga.as(() => calls["owner:refresh"]({ list }));
  await olga.settled();
  expect((await olga.owned()).epoch).toMatchObject({ due: null, run: null });
});

test("what a member's packet needs of their certificate is known before, and goes with them", async () => {
  const kept = async () => Object.keys((await olga.as(() => noticeTargets.load())).lists[list] ?? {}).length;
  await olga.as(() => calls["owner:refresh"]({ list }));
  await olga.settled();
  expect(await kept()).toBe(3);
  const looks = () => workers.flatMap(({ asked }) => asked).filter((job) => job === "notice-targets").length;
  const before = looks();
  await leaves(eve);
  await anHourLater();
  await timePasses();
  await olga.settled();
  // nobody's certificate was looked at again
  expect(looks()).toBe(before);
  // who comes is added, and who has gone is forgotten
  const dan = new Addon("Dan", play);
  await olga.invites(dan);
  expect(await kept()).toBe(3);
});

test("somebody who has not heard of it writes under the key before: it is sealed again by itself, and arrives", async () => {
  const before = (await olga.list()).listKeyFingerprint;
  await leaves(eve);
  await anHourLater();
  await timePasses();
  await olga.settled();
  await bob.posts("late");
  await healed(before, ann, bob);
  while (bob.sentAgain === 0) await bob.hears();
  expect((await ann.reads("late")).view.passage).toMatchObject({ via: "list" });
  expect(bob.sentAgain).toBe(1);
});

describe("it is interrupted", () => {
  let before: string;
  beforeEach(async () => {
    olga.handlers = oneByOne;
    before = (await olga.list()).listKeyFingerprint;
    await leaves(eve);
    await anHourLater();
  });
  const nothingChanged = async () => {
    expect(await listKeyOf()).toBe(before);
    expect((await olga.list()).listKeyFingerprint).toBe(before);
  };

  test("while packets are left with the server: it is gone on with where it was", async () => {
    await olga.as(() => calls["owner:epochs"]({ list, itself: "yes", days: 90 }));
    await until("list-key-notice");
    await loses("list-key-notice");
    await nothingChanged();
    await timePasses();
    await olga.settled();
    await healed(before, ann, bob);
  });

  test("while packets are made: the worker dies, and they are made again", async () => {
    const { Worker } = globalThis;
    let died = 0;
    globalThis.Worker = class extends Worker {
      override postMessage(job: { readonly name: string }): void {
        if (job.name === "notice-packets") {
          died++;
          queueMicrotask(() => this.dispatchEvent(new Event("error")));
        } else super.postMessage(job);
      }
    };
    await timePasses();
    globalThis.Worker = Worker;
    expect(died).toBe(1);
    await nothingChanged();
    const { run } = (await olga.owned()).epoch;
    expect(run).toMatchObject({ told: [], asked: null });
    await timePasses();
    // the key that was begun with, and no other
    expect((await olga.owned()).epoch.run).toMatchObject({ fingerprint: run?.fingerprint });
    await olga.settled();
    await healed(before, ann, bob);
  });

  test.each(["list-key-notice", "new-list-key"] as const)(
    "between asking (%s) and noting it: what was asked is asked once more, and changes nothing twice",
    async (what) => {
      await timePasses();
      await until(what);
      await olga.as(() =>
        changeOwned(list, ({ epoch, ...owned }) => ({
          ...owned,
          epoch: { ...epoch, run: epoch.run && { ...epoch.run, asked: null } },
        })),
      );
      // the answer is to nothing that anybody remembers
      await olga.settled();
      await timePasses();
      await olga.settled();
      await healed(before, ann, bob);
    },
  );

  test("between the records of the change: it is done once more, and nothing is there twice", async () => {
    await timePasses();
    await until("new-list-key");
    const { epoch } = await olga.owned();
    await olga.settled();
    const known = await olga.list();
    await olga.as(() => changeOwned(list, (owned) => ({ ...owned, epoch })));
    await timePasses();
    await olga.settled();
    expect(await olga.list()).toEqual(known);
    await healed(before, ann, bob);
  });

  test("by the owner, who stops it: nothing has changed, and it begins anew an hour later", async () => {
    await timePasses();
    expect((await page()).epoch.run).toEqual({ made: 0, of: 2, mayBeStopped: true, comesAgain: true });
    await olga.as(() => calls["owner:stop-key"]({ list }));
    await olga.settled();
    await timePasses();
    await nothingChanged();
    expect((await olga.owned()).epoch).toMatchObject({ due: { why: "gone" }, run: null });
    expect((await olga.as(loadRequests)).pending).toEqual([]);

    await anHourLater();
    await timePasses();
    await until("new-list-key");
    // the server was asked: from now on this is the only place where the key is
    expect((await page()).epoch.run).toMatchObject({ mayBeStopped: false });
    await olga.as(() => calls["owner:stop-key"]({ list }));
    await olga.settled();
    await healed(before, ann, bob);
  });

  test("the answer to the change is lost: the record has it, and the key is not made in vain", async () => {
    await timePasses();
    await until("new-list-key");
    await loses("new-list-key");
    // the server has changed over, and the owner has not heard
    await olga.receives();
    expect(await listKeyOf()).not.toBe(before);
    expect((await olga.list()).listKeyFingerprint).toBe(before);
    // asked once more it says that it has another key; the record says whose
    await timePasses();
    await olga.settled();
    await healed(before, ann, bob);
  });

  test("the server is restored from before anything was left with it: all is left with it once more, and nobody goes without", async () => {
    const backup = await play.backup();
    const came = play.sink.for(olga.address).length;
    await timePasses();
    await play.sink.until((sink) => sink.for(olga.address).length > came);
    await play.restore(backup);
    // the answer to the packets is here, and the list is to change over; a paused one does not, and sends nothing
    await olga.fetch();
    expect((await olga.owned()).epoch.run?.told).toHaveLength(2);
    await olga.as(() => calls["owner:resume-server"]({ list }));
    await olga.settled();
    await olga.as(() => calls["owner:dismiss"]({ list, what: "refusals" }));
    await timePasses();
    await olga.settled();
    await healed(before, ann, bob);
  });

  test("somebody joins before it is changed: they get theirs first", async () => {
    const dan = new Addon("Dan", play);
    const invitation = await olga.invitationFor(dan);
    await timePasses();
    await dan.joins(invitation);
    await olga.settled();
    await healed(before, ann, bob, dan);
    await ann.posts("to Dan as well");
    expect((await dan.reads("to Dan as well")).view.passage).toMatchObject({ via: "list" });
  });

  test("somebody else goes before it is changed: they get none", async () => {
    await timePasses();
    await bob.as(() => calls["list:leave"]({ address: list }));
    await bob.settled();
    await olga.settled();
    await healed(before, ann);
    expect((await bob.as(loadRequests)).pending).toEqual([]);
  });

  test("a server of an older version keeps no notice: the members are told one by one", async () => {
    await timePasses();
    const [asked] = await pendingOf(olga, "list-key-notice");
    if (asked === undefined) throw new Error("nothing was asked");
    await loses("list-key-notice");
    await olga.as(() => packetsAnswered(asked, { kind: "refused", code: "unsupported-version" }));
    await olga.settled();
    const next = await listKeyOf();
    expect(next).not.toBe(before);
    expect(await olga.owned()).toMatchObject({ listKeyFingerprint: next, rekeying: null, telling: null });
    for (const member of [ann, bob]) {
      while ((await member.list()).listKeyFingerprint !== next) await member.hears();
    }
  });
});

test("of two owners one makes it, and the other takes that one", async () => {
  const before = (await olga.list()).listKeyFingerprint;
  await olga.about(bob, "owner");
  await olga.tells();
  await bob.hears();
  await bob.as(() => calls["owner:refresh"]({ list }));
  await bob.settled();
  await leaves(eve);
  await bob.hears();
  expect((await bob.owned()).epoch.due).toMatchObject({ why: "gone" });
  for (const owner of [olga, bob]) {
    await anHourLater(owner);
    await timePasses(owner);
  }
  await olga.settled();
  await bob.settled();
  const next = await listKeyOf();
  expect(next).not.toBe(before);
  await olga.posts("the first under it");
  for (const who of [olga, bob, ann]) {
    while ((await who.list()).listKeyFingerprint !== next) await who.hears();
  }
  for (const owner of [olga, bob]) {
    await owner.as(() => calls["owner:refresh"]({ list }));
    await owner.settled();
    await timePasses(owner);
    expect(await owner.owned()).toMatchObject({
      listKeyFingerprint: next,
      epoch: { key: next, due: null, run: null },
      alarms: [],
    });
  }
  expect(await listKeyOf()).toBe(next);
});

test("only by hand: the page says that one is due, and why; nothing is made", async () => {
  const before = await listKeyOf();
  await olga.as(() => calls["owner:epochs"]({ list, itself: "no", days: 0 }));
  await leaves(eve);
  await anHourLater();
  await timePasses();
  expect((await olga.as(loadRequests)).pending).toEqual([]);
  expect(await listKeyOf()).toBe(before);
  expect((await page()).epoch).toMatchObject({ itself: false, due: { why: "gone" }, run: null });
  // a press ends it
  await olga.as(() => calls["owner:new-key"]({ list, graceDays: 0 }));
  await olga.settled();
  expect((await page()).epoch).toMatchObject({ why: "gone", due: null });
  expect(await listKeyOf()).not.toBe(before);
});

describe("by a press", () => {
  const presses = (graceDays: number) => olga.as(() => calls["owner:new-key"]({ list, graceDays }));
  const noticesTo = (who: Addon) =>
    play.sink.for(who.address).filter(({ raw }) => raw.includes(requestTypes.notice)).length;

  test("it is sealed once and rides, too, and the key before is taken for as long as was chosen", async () => {
    const before = await listKeyOf();
    await presses(7);
    await olga.settled();
    const next = await listKeyOf();
    expect(next).not.toBe(before);
    expect((await page()).epoch).toMatchObject({ why: "other", due: null, run: null });
    await ann.posts("under the key before");
    await olga.posts("under the new one");
    for (const member of [ann, bob, eve]) {
      await member.reads("under the new one");
      await member.reads("under the key before");
      expect((await member.list()).listKeyFingerprint).toBe(next);
      expect(noticesTo(member)).toBe(0);
    }
    expect((await olga.owned()).notices).toMatchObject([{ news: "new-list-key", to: [{}, {}, {}] }]);
    // the naive half: a copy for each member is a mail for each
    olga.handlers = withOlderServer();
    await presses(7);
    await olga.settled();
    await play.untilQuiet();
    expect([ann, bob, eve].map(noticesTo)).toEqual([1, 1, 1]);
  });

  test("a second press goes on with it; stopped, it is not begun again", async () => {
    const before = await listKeyOf();
    await presses(0);
    await loses("list-key-notice");
    expect((await page()).epoch.run).toMatchObject({ mayBeStopped: true, comesAgain: false });
    const { run } = (await olga.owned()).epoch;
    await presses(0);
    expect((await olga.owned()).epoch.run).toMatchObject({ fingerprint: run?.fingerprint });
    await loses("list-key-notice");
    await olga.as(() => calls["owner:stop-key"]({ list }));
    await anHourLater();
    await timePasses();
    await olga.settled();
    expect((await olga.owned()).epoch).toMatchObject({ due: null, run: null });
    expect(await listKeyOf()).toBe(before);
  });
});

describe("what is noted", () => {
  const now = new Date("2026-03-01T12:00:00.000Z");
  const later = new Date("2026-03-02T12:00:00.000Z");
  const noted = (owned: OwnedList, at = now): OwnedList => ({ ...owned, epoch: notedEpoch(owned, at) });
  const without = (owned: OwnedList, address: string): OwnedList => ({
    ...owned,
    history: {
      ...owned.history,
      members: Object.fromEntries(Object.entries(owned.history.members).filter(([one]) => one !== address)),
    },
  });
  const bobs = "bob@example.test";

  test("who comes has the key; who goes is why there is to be another; who had none is not", () => {
    const first = noted(ownedList);
    expect(first.epoch).toMatchObject({ key: ownedList.listKeyFingerprint, why: "first", due: null });
    expect(dueKey(first, later)).toBeNull();
    // Eve is in by the operator's word alone, and has no list key
    expect(noted(without(first, "eve@example.test"), later).epoch.due).toBeNull();
    expect(noted(without(first, bobs), later).epoch.due).toEqual({ why: "gone", since: later.toISOString() });
  });

  test("a key that was revoked, or has run out", () => {
    const first = noted(ownedList);
    const { members } = first.history;
    const bobIn = members[parseAddress(bobs)];
    if (bobIn === undefined) throw new Error("no Bob");
    const revoked = { ...members, [bobs]: { ...bobIn, revoked: true as const } };
    expect(noted({ ...first, history: { ...first.history, members: revoked } }, later).epoch.due?.why).toBe(
      "revoked",
    );
    const keyExpires = "2026-03-02T00:00:00.000Z";
    const expired = first.members.map((one) => (one.address === bobs ? { ...one, keyExpires } : one));
    expect(noted({ ...first, members: expired }, later).epoch.due?.why).toBe("expired");
    expect(noted({ ...first, members: expired }, now).epoch.due).toBeNull();
  });

  test("its age counts, unless nobody wants that; those who go wait an hour for each other", () => {
    const first = noted(ownedList);
    const inDays = (days: number) => new Date(now.getTime() + days * 86_400_000);
    expect(dueKey(first, inDays(89))).toBeNull();
    expect(dueKey(first, inDays(90))).toEqual({ why: "age", since: inDays(90).toISOString() });
    expect(dueKey({ epoch: { ...first.epoch, days: 0 } }, inDays(900))).toBeNull();
    expect(dueKey({ epoch: noEpoch }, inDays(900))).toBeNull();
    const gone = { why: "gone", since: now.toISOString() } as const;
    expect(isTimeFor(gone, new Date(now.getTime() + GATHER_MS - 1))).toBe(false);
    expect(isTimeFor(gone, new Date(now.getTime() + GATHER_MS))).toBe(true);
  });

  test("where members have GnuPG alone the owner decides by hand, unless they say otherwise", () => {
    const { members } = ownedList.history;
    const bobIn = members[parseAddress(bobs)];
    if (bobIn === undefined) throw new Error("no Bob");
    const enrolled = {
      ...ownedList.history,
      members: { ...members, [bobs]: { ...bobIn, by: "owner" as const } },
    };
    expect(makesKeysItself(ownedList)).toBe(true);
    expect(makesKeysItself({ ...ownedList, history: enrolled })).toBe(false);
    expect(makesKeysItself({ epoch: { ...noEpoch, rule: "itself" }, history: enrolled })).toBe(true);
    expect(makesKeysItself({ ...ownedList, epoch: { ...noEpoch, rule: "by-hand" } })).toBe(false);
  });
});
