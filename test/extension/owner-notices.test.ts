/**
 * What an owner tells more members than go in one request: in batches, with the add-on's own code and a real server. The
 * owner's side changes over when the server has taken the last one, wherever it was interrupted.
 */
import { arrivals } from "../../src/extension/app/handlers/incoming.js";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { fullBatch } from "../../src/extension/owner/batches.js";
import {
  giveListKey,
  newKeyAnswered,
  noticeAnswered,
  tellMembers,
} from "../../src/extension/owner/notices.js";
import { viewOf } from "../../src/extension/owner/view.js";
import type { OwnedList } from "../../src/extension/records/owned-list.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import type { IncomingHandlers } from "../../src/extension/requests/incoming.js";
import { forgetPending, loadRequests } from "../../src/extension/requests/pending.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { MAX_NOTICE_COPIES } from "../../src/membership/request/commands.js";
import { armorSealingKey, parseFingerprint, readOpeningKey } from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon, withOlderServer, withOldestServer } from "./play-addon.js";

let olga: Addon;
let members: readonly Addon[];

/** One copy in a request: three members take three. */
const one = { ...fullBatch, copies: 1 };
const oneByOne: IncomingHandlers = withOlderServer({
  ...arrivals,
  answers: {
    ...arrivals.answers,
    "new-list-key": (asked, result) => newKeyAnswered(asked, result, one),
    "shared-notice": (asked, result, date) => noticeAnswered(asked, result, date, one),
  },
});

const list = teamAddress;
const listKeyOf = async () => (await play.service.store.listByAddress(list))?.listKeyFingerprint;
const pendingNotices = () =>
  olga.as(async () => (await loadRequests()).pending.filter((one) => one.do === "shared-notice"));
const page = async () => {
  const { pending } = await olga.as(loadRequests);
  return viewOf(await olga.owned(), pending, [], new Date());
};

/** What both of the owner's records say is the list key. */
async function inUse() {
  const [owned, known] = [await olga.owned(), await olga.list()];
  expect([owned.listKeyFingerprint, owned.listKey]).toEqual([known.listKeyFingerprint, known.listKey]);
  expect(owned.formerListKeys).toEqual(known.formerListKeys.map(({ fingerprint }) => fingerprint));
  return owned.listKeyFingerprint;
}

/** Takes answers until the server has taken so many copies, and was asked for the next ones. */
async function untilTold(count: number) {
  for (;;) {
    const { telling } = await olga.owned();
    if (telling?.told.length === count && telling.asked !== null) return;
    await olga.takesNext();
  }
}

async function begins(names: readonly string[]) {
  await begin();
  olga = new Addon("Olga", play);
  olga.handlers = withOlderServer();
  await olga.claim(cardFile);
  members = names.map((name) => new Addon(name, play));
  for (const guest of members) await olga.invites(guest);
}
async function ends() {
  await play.discard();
  await lockAll();
}

beforeAll(haveWorkerNear);

describe("three members, one copy in a request", () => {
  let serial = 0;
  let before: string;
  beforeAll(async () => {
    await begins(["Ann", "Bob", "Cem"]);
    olga.handlers = oneByOne;
  });
  afterAll(ends);
  beforeEach(async () => {
    before = await inUse();
    serial++;
    await olga.as(() => calls["owner:new-key"]({ list, graceDays: 7 }));
  });

  const goesOn = async () => {
    await olga.as(() => tellMembers(list, one));
    await olga.settled();
  };
  const everybodyHasIt = async () => {
    const next = await inUse();
    expect(next).toBe(await listKeyOf());
    expect(next).not.toBe(before);
    const owned = await olga.owned();
    expect(owned.formerListKeys).toHaveLength(serial);
    expect(owned.formerListKeys).toContain(before);
    expect(owned).toMatchObject({ telling: null, rekeying: null, alarms: [], refusals: [] });
    const addresses = members.map(({ address }) => address);
    expect(owned.notices.at(-1)).toMatchObject({ news: "new-list-key", serial });
    expect(owned.notices.at(-1)?.to.map(({ address }) => address)).toEqual(addresses);
    for (const member of members) {
      while ((await member.list()).serials["new-list-key"] < serial) await member.hears();
      expect((await member.list()).listKeyFingerprint).toBe(next);
    }
  };
  /** As if it had never come: what was asked is forgotten, and the answer is then nobody's. */
  const losesAnswer = async () => {
    for (const { id } of await pendingNotices()) await olga.as(() => forgetPending(id));
  };

  test("all are told, in three requests; nothing changes over before the last was taken", async () => {
    for (const count of [0, 1, 2]) {
      await untilTold(count);
      expect(await inUse()).toBe(before);
      expect((await olga.owned()).notices).toHaveLength(serial - 1);
      expect(await pendingNotices()).toHaveLength(1);
      expect((await page()).telling).toEqual({ news: "new-list-key", told: count, of: 3, waiting: true });
    }
    // under the key before, while its grace lasts, and under the new one: neither is lost
    const [ann, bob] = members;
    await ann?.hears();
    await olga.posts("under the key before");
    await ann?.posts("under the new key");
    expect((await ann?.reads("under the key before"))?.view.passage).toMatchObject({ via: "list" });
    await olga.settled();
    await everybodyHasIt();
    expect((await olga.reads("under the new key")).view.passage).toMatchObject({ via: "list" });
    expect((await bob?.reads("under the new key"))?.view.passage).toMatchObject({ via: "list" });
  });

  test.each([0, 1, 2])("an answer is lost after %i were told: it is gone on with", async (count) => {
    await untilTold(count);
    await losesAnswer();
    expect(await inUse()).toBe(before);
    expect((await page()).telling).toMatchObject({ told: count, waiting: false });
    await goesOn();
    await everybodyHasIt();
  });

  test.each([0, 1, 2])("it ends between asking and noting that, after %i were told", async (count) => {
    await untilTold(count);
    await olga.as(() =>
      changeOwned(list, (owned) => ({
        ...owned,
        telling: owned.telling && { ...owned.telling, asked: null },
      })),
    );
    // the answer comes to a batch that nobody remembers: it is asked for once more
    await olga.settled();
    await everybodyHasIt();
  });

  test("it ends between the two records: it is done once more, and nothing is there twice", async () => {
    await untilTold(2);
    const then = await olga.owned();
    await olga.settled();
    const known = await olga.list();
    const { telling } = then;
    const told = [...(telling?.told ?? []), ...(telling?.asked?.to ?? [])];
    await olga.as(() =>
      changeOwned(list, () => ({ ...then, telling: telling && { ...telling, told, asked: null } })),
    );
    await goesOn();
    expect(await olga.list()).toEqual(known);
    await everybodyHasIt();
  });

  test("by a press the same request is sent once more, and another key is not begun", async () => {
    await untilTold(1);
    const asked = await pendingNotices();
    await goesOnUnanswered();
    await olga.as(() => calls["owner:new-key"]({ list, graceDays: 7 }));
    expect((await pendingNotices()).map(({ id }) => id)).toEqual(asked.map(({ id }) => id));
    await olga.settled();
    await everybodyHasIt();
  });
  const goesOnUnanswered = () => olga.as(() => tellMembers(list, one));

  test("a refused batch is shown, and is gone on with; nothing has changed over", async () => {
    await untilTold(1);
    const [asked] = await pendingNotices();
    if (asked === undefined) throw new Error("nothing was asked");
    await losesAnswer();
    const refused = { kind: "refused", code: "server-restored" } as const;
    await olga.as(() => noticeAnswered(asked, refused, new Date(), one));
    expect(await inUse()).toBe(before);
    expect(await page()).toMatchObject({
      telling: { told: 1, of: 3, waiting: false },
      refusals: [{ what: "shared-notice", code: "server-restored" }],
    });
    await olga.as(() => calls["owner:dismiss"]({ list, what: "refusals" }));
    await goesOn();
    await everybodyHasIt();
  });

  test("who joins meanwhile is told, and who leaves is not", async () => {
    await untilTold(1);
    await losesAnswer();
    const [ann, bob, cem] = members;
    const dan = new Addon("Dan", play);
    if (ann === undefined || bob === undefined || cem === undefined) throw new Error("no members");
    await olga.invites(dan);
    await olga.about(cem, "remove");
    expect(await inUse()).toBe(before);
    expect((await page()).telling).toMatchObject({ told: 1, of: 3 });
    await goesOn();
    members = [ann, bob, dan];
    await everybodyHasIt();
  });
});

test("a server that takes no notice sealed once is given each member's copy", async () => {
  await begins(["Ann", "Bob"]);
  const asked: string[] = [];
  const { notice } = arrivals.answers;
  olga.handlers = withOldestServer({
    ...arrivals,
    answers: {
      ...arrivals.answers,
      notice: (request, result, date) => {
        asked.push(`${request.do} ${result.kind}`);
        return notice(request, result, date);
      },
    },
  });
  const before = await inUse();
  await olga.as(() => calls["owner:new-key"]({ list, graceDays: 0 }));
  await olga.settled();
  expect(asked).toEqual(["shared-notice refused", "notice done"]);
  expect(await inUse()).not.toBe(before);
  for (const member of members) {
    while ((await member.list()).serials["new-list-key"] < 1) await member.hears();
    expect((await member.list()).listKeyFingerprint).toBe(await listKeyOf());
  }
  expect((await olga.owned()).refusals).toEqual([]);
  await ends();
});

test("2,500 members are told in requests that the server takes and that can be kept", async () => {
  await begins(["Ann", "Bob"]);
  const [ann, bob] = members;
  if (ann === undefined || bob === undefined) throw new Error("no members");
  await olga.as(() => changeOwned(list, crowded));
  const before = await inUse();
  await olga.as(() => calls["owner:new-key"]({ list, graceDays: 0 }));
  await olga.settled();
  expect(await inUse()).not.toBe(before);
  expect((await olga.owned()).notices.map(({ serial, to }) => [serial, to.length])).toEqual([[1, 2_500]]);
  for (const one of [ann, bob]) {
    await one.hears();
    expect((await one.list()).listKeyFingerprint).toBe(await listKeyOf());
  }
  expect((await olga.owned()).refusals).toEqual([]);
  await ends();
});

/** The list with many more members in the owner's log, in front of the last of those who are there. */
function crowded(owned: OwnedList): OwnedList {
  const { members: logged } = owned.history;
  const real = Object.entries(logged);
  const last = real.at(-1);
  if (last === undefined) throw new Error("no members");
  const crowd = Array.from({ length: 2_498 }, (_, number) => {
    const fingerprint = parseFingerprint(number.toString(16).padStart(40, "0"));
    return [parseAddress(`member-${number}@people.test`), { ...last[1], fingerprint }] as const;
  });
  expect(crowd.length).toBeGreaterThan(2 * MAX_NOTICE_COPIES);
  const all = [...real.slice(0, -1), ...crowd, last];
  return { ...owned, history: { ...owned.history, members: Object.fromEntries(all) } };
}

describe("a member to whose key nothing can be sealed any more", () => {
  beforeAll(async () => {
    await begins(["Ann", "Bob"]);
  });
  afterAll(ends);

  test("keeps nobody else from a new list key, and stays unconfirmed in the notice", async () => {
    const [ann, bob] = members;
    if (!ann || !bob) throw new Error("two members are wanted");
    const before = await inUse();
    // her certificate ran out, or is too weak by now; the log has no word about it
    const { secret } = await ann.key();
    const key = await readOpeningKey("member", fromBase64(secret));
    const dead = armorSealingKey(await revokeMemberKey(key, new Date()));
    await olga.as(() =>
      changeOwned(list, (owned) => {
        const hers = owned.history.members[parseAddress(ann.address)];
        if (hers === undefined) throw new Error("Ann is not in the log");
        const changed = { ...owned.history.members, [ann.address]: { ...hers, certificate: dead } };
        return { ...owned, history: { ...owned.history, members: changed } };
      }),
    );
    await olga.as(() => calls["owner:new-key"]({ list, graceDays: 7 }));
    await olga.settled();
    const next = await inUse();
    expect(next).not.toBe(before);
    expect(next).toBe(await listKeyOf());
    expect((await olga.owned()).telling).toBeNull();
    await bob.hears();
    expect((await bob.list()).listKeyFingerprint).toBe(next);
    const notice = (await olga.owned()).notices.at(-1);
    expect(notice?.to.map(({ address }) => address)).toEqual([ann.address, bob.address]);
    expect(notice?.to.find(({ address }) => address === ann.address)).toMatchObject({ confirmedAt: null });
  });
});

describe("an invitation that is older than the list key", () => {
  beforeAll(async () => {
    await begins(["Bob"]);
  });
  afterAll(ends);

  test.each([
    ["while the key before is taken", 7],
    ["when it is no longer", 0],
  ])(
    "brings its invitee the present key at once, %s; who has it gets nothing again",
    async (_, graceDays) => {
      const [bob] = members;
      if (bob === undefined) throw new Error("one member is wanted");
      const carol = new Addon(graceDays === 0 ? "Carol" : "Cem", play);
      const file = await olga.invitationFor(carol);
      await olga.as(() => calls["owner:new-key"]({ list, graceDays }));
      await olga.settled();
      await bob.hears();
      const present = await inUse();
      const serial = (await olga.owned()).notices.at(-1)?.serial;
      await carol.joins(file);
      expect((await carol.list()).listKeyFingerprint).not.toBe(present);
      // the server's report, the record, the notice
      await olga.hears();
      await carol.hears();
      expect(await carol.list()).toMatchObject({
        listKeyFingerprint: present,
        serials: { "new-list-key": serial },
      });
      await carol.posts(`from ${carol.name}`);
      expect((await bob.reads(`from ${carol.name}`)).view.passage).toMatchObject({ via: "list" });
      await olga.hears();
      const owned = await olga.owned();
      expect(owned).toMatchObject({ telling: null, alarms: [], refusals: [] });
      const notice = owned.notices.filter((one) => one.serial === serial);
      expect(notice.map(({ to }) => to.map(({ address }) => address).includes(carol.address))).toEqual([
        true,
      ]);
      expect(new Set(notice[0]?.to.map(({ address }) => address)).size).toBe(notice[0]?.to.length);
    },
  );

  test("a member who asks is given it, and somebody who is none is not", async () => {
    const [bob] = members;
    if (bob === undefined) throw new Error("one member is wanted");
    const before = play.sink.for(bob.address).length;
    const { fingerprint } = await bob.key();
    const stranger = "ee".repeat(20);
    await olga.as(() => giveListKey(list, [stranger]));
    expect((await olga.owned()).telling).toBeNull();
    await olga.as(() => giveListKey(list, [stranger, fingerprint]));
    await olga.settled();
    await play.sink.until((sink) => sink.for(bob.address).length > before);
    expect(await olga.owned()).toMatchObject({ telling: null, refusals: [] });
  });
});
