/**
 * A new list key that rides, from a member's side, with the add-on's own code and a real server: the copy of a post brings the key that
 * it is under, without a word. And what somebody else might put in its place.
 */
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { takeRidingNotice } from "../../src/extension/member/riding-notice.js";
import { renewAllIfDue } from "../../src/extension/owner/epochs.js";
import { takeReceipt } from "../../src/extension/owner/notices.js";
import { openSealed } from "../../src/extension/reading/opening.js";
import { load, update } from "../../src/extension/records/storage.js";
import { readHeldReceipts, sendDueReceipts } from "../../src/extension/requests/held-receipts.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { askServer } from "../../src/extension/requests/send-request.js";
import { readMail } from "../../src/extension/worker/read-mail.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readOwnShell } from "../../src/mail/own-shell.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { writeNotice, writeReceipt } from "../../src/membership/notice/owner-notice.js";
import { generateKey, parseFingerprint, readOpeningKey, sealingHalf } from "../../src/openpgp/keys.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { local } from "./fake-host.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

const list = teamAddress;
let olga: Addon;
let bob: Addon;
let eve: Addon;

const keyOf = async (who: Addon) => (await who.list()).listKeyFingerprint;

/** Somebody goes, an hour passes, and the list has another key; nobody but Olga's add-on has heard of it. */
async function keyChanges(goes = eve): Promise<void> {
  await olga.about(goes, "remove");
  await olga.waitsAnHour(list);
  await olga.as(renewAllIfDue);
  await olga.settled();
  await play.untilQuiet();
}

/** The newest copy of a post that came to somebody. */
async function lastCopyOf(who: Addon): Promise<Uint8Array> {
  await play.untilQuiet();
  const copies = play.sink.for(who.address).filter(({ raw }) => readOwnShell(raw) !== undefined);
  const last = copies.at(-1)?.raw;
  if (last === undefined) throw new Error("no copy came");
  return new Uint8Array(last);
}
const ownMailsTo = (who: Addon) =>
  play.sink.for(who.address).filter(({ raw }) => raw.includes(requestTypes.notice));
const receiptsAskedBy = (who: Addon) =>
  who.as(async () => (await loadRequests()).pending.filter((one) => one.do === "receipt").length);
const heldBy = (who: Addon) =>
  who.as(async () => {
    const key = "listseal-held-receipts";
    return readHeldReceipts((await local.get(key))[key]).receipts.length;
  });

/** The sealed post of a copy, opened beside a notice of the test's choice. */
async function opensWith(who: Addon, raw: Uint8Array, riding: Uint8Array | undefined) {
  const read = await readMail({ raw });
  if (read.kind !== "sealed") throw new Error("no copy");
  return who.as(async () => {
    await takeRidingNotice(riding, read);
    return openSealed({ ...read, parts: async () => read.parts });
  });
}

/** A notice to Bob of a list key that is the test's own. */
async function noticeToBob(change: {
  readonly by?: Addon;
  readonly address?: string;
  readonly serial?: number;
}): Promise<Uint8Array> {
  const { by = olga, address = list, serial = 99 } = change;
  const owner = await readOpeningKey("member", fromBase64((await by.key()).secret));
  const reader = await readOpeningKey("member", fromBase64((await bob.key()).secret));
  const listKey = await generateKey("list", { address: parseAddress(address), profile: "compatible" });
  return writeNotice(
    {
      serial,
      date: new Date(Math.floor(Date.now() / 1000) * 1000),
      list: { address: parseAddress(address), key: parseFingerprint(await keyOf(bob)) },
      news: { kind: "new-list-key", listKey, graceEnds: new Date(Math.floor(Date.now() / 1000) * 1000) },
    },
    owner,
    sealingHalf(reader),
  );
}

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  [olga, bob, eve] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Eve", play)];
  await olga.claim(cardFile);
  for (const guest of [bob, eve]) await olga.invites(guest);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("a copy brings the key that it is under; its receipt goes with what is sent next", async () => {
  const before = await keyOf(bob);
  await keyChanges();
  expect([await keyOf(bob), ownMailsTo(bob).length]).toEqual([before, 0]);
  await olga.posts("under the new key");
  expect((await bob.reads("under the new key")).view.passage).toMatchObject({ via: "list" });
  expect(await keyOf(bob)).toBe(await keyOf(olga));
  // nothing was sent because of it
  expect([await receiptsAskedBy(bob), await heldBy(bob)]).toEqual([0, 1]);
  expect(ownMailsTo(bob)).toEqual([]);

  // whatever Bob asks the server next takes it along
  const key = await bob.key();
  const known = await bob.list();
  await bob.as(() => askServer({ command: { do: "preferences", shape: "encrypted" }, list: known, key }));
  expect([await receiptsAskedBy(bob), await heldBy(bob)]).toEqual([1, 0]);
  await bob.settled();
  await olga.posts("and the next one");
  expect(readOwnShell(await lastCopyOf(bob))?.riding).toBeUndefined();
});

/** Bob's receipt for the notice of today's list key, sealed to Olga, as if it were for this list. */
async function receiptFor(address: string, serial: number): Promise<Uint8Array> {
  const owner = await readOpeningKey("member", fromBase64((await olga.key()).secret));
  const reader = await readOpeningKey("member", fromBase64((await bob.key()).secret));
  const key = parseFingerprint(await keyOf(olga));
  const date = new Date(Math.floor(Date.now() / 1000) * 1000);
  const listKey = await generateKey("list", { address: parseAddress(address), profile: "compatible" });
  const news = { kind: "new-list-key", listKey, graceEnds: date } as const;
  const notice = { serial, date, list: { address: parseAddress(address), key }, news };
  return writeReceipt(notice, reader, sealingHalf(owner));
}

// attack: somebody who is on two lists of one owner says on one that the key of the other has arrived
test("a receipt counts for the list that it names, whatever else its owner's key owns", async () => {
  await keyChanges();
  const toBob = async () =>
    (await olga.owned()).notices.at(-1)?.to.find(({ address }) => address === bob.address)?.confirmedAt;
  const serial = (await olga.owned()).notices.at(-1)?.serial ?? 0;
  expect(await toBob()).toBeNull();
  const other = await receiptFor("other@lists.example", serial);
  expect(await olga.as(() => takeReceipt(other))).toEqual({ kind: "not-for-me" });
  expect(await toBob()).toBeNull();
  const own = await receiptFor(list, serial);
  expect(await olga.as(() => takeReceipt(own))).toMatchObject({ kind: "receipt", list });
  expect(await toBob()).not.toBeNull();
});

test("after a day the receipt goes by itself", async () => {
  await keyChanges();
  await olga.posts("under the new key");
  await bob.reads("under the new key");
  await bob.as(sendDueReceipts);
  expect(await receiptsAskedBy(bob)).toBe(0);
  const key = "listseal-held-receipts";
  await bob.as(async () => {
    const kept = readHeldReceipts((await local.get(key))[key]);
    const since = new Date(Date.now() - 86_400_000).toISOString();
    await local.set({ [key]: { ...kept, receipts: kept.receipts.map((one) => ({ ...one, since })) } });
    await sendDueReceipts();
  });
  expect([await receiptsAskedBy(bob), await heldBy(bob)]).toEqual([1, 0]);
  await bob.settled();
});

test("away for two keys, everything is read afterwards, in whatever order", async () => {
  const dan = new Addon("Dan", play);
  await olga.invites(dan);
  await keyChanges();
  await olga.posts("the first key");
  const first = await lastCopyOf(bob);
  await keyChanges(dan);
  await olga.posts("the second key");
  const second = await lastCopyOf(bob);
  for (const raw of [second, first]) {
    const read = await readMail({ raw });
    if (read.kind !== "sealed") throw new Error("no copy");
    expect(await opensWith(bob, raw, read.riding)).toMatchObject({ kind: "opened" });
  }
  expect(await keyOf(bob)).toBe(await keyOf(olga));
});

describe("somebody puts another notice into a copy", () => {
  let before: string;
  let raw: Uint8Array;
  beforeEach(async () => {
    await olga.posts("under the key of before");
    raw = await lastCopyOf(bob);
    before = await keyOf(bob);
  });
  const changesNothing = async (riding: Uint8Array) => {
    expect(await opensWith(bob, raw, riding)).toMatchObject({ kind: "opened" });
    expect([await keyOf(bob), await heldBy(bob), await receiptsAskedBy(bob)]).toEqual([before, 0, 0]);
  };

  test("as it should be, it is taken: the test's own notices are good ones", async () => {
    expect(await opensWith(bob, raw, await noticeToBob({}))).toMatchObject({ kind: "opened" });
    expect(await keyOf(bob)).not.toBe(before);
  });

  test("of another list, which Bob is on as well", async () => {
    const other = parseAddress("other@lists.test");
    const team = await bob.list();
    await bob.as(() =>
      update((stored) => ({
        stored: { ...stored, lists: { ...stored.lists, [other]: { ...team, address: other } } },
        result: undefined,
      })),
    );
    await changesNothing(await noticeToBob({ address: other }));
    expect((await bob.as(load)).lists[other]?.listKeyFingerprint).toBe(before);
  });

  test("of other owners", async () => {
    const owner = await readOpeningKey("member", fromBase64((await olga.key()).secret));
    const reader = await readOpeningKey("member", fromBase64((await bob.key()).secret));
    const owners = [
      { certificate: sealingHalf(owner), address: parseAddress(olga.address), from: 0 },
      { certificate: sealingHalf(reader), address: parseAddress(bob.address), from: 7 },
    ];
    const notice = {
      serial: 7,
      date: new Date(Math.floor(Date.now() / 1000) * 1000),
      list: { address: list, key: parseFingerprint(before) },
      news: { kind: "owners", owners },
    } as const;
    await changesNothing(await writeNotice(notice, owner, sealingHalf(reader)));
    expect((await bob.list()).owners).toHaveLength(1);
  });

  test("by nobody who is an owner", async () => {
    await changesNothing(await noticeToBob({ by: eve }));
  });

  test("another member's", async () => {
    await keyChanges();
    await olga.posts("under the new key");
    const riding = readOwnShell(await lastCopyOf(bob))?.riding;
    if (riding === undefined) throw new Error("no notice");
    // Bob's, in a copy of Eve's: not for her
    expect(await keyOf(eve)).toBe(before);
    const hers = play.sink.for(eve.address).findLast((mail) => readOwnShell(mail.raw) !== undefined)?.raw;
    await opensWith(eve, new Uint8Array(hers ?? []), riding);
    expect(await keyOf(eve)).toBe(before);
  });

  test("an old one again: nobody is taken back", async () => {
    const old = await noticeToBob({ serial: 3 });
    await opensWith(bob, raw, await noticeToBob({ serial: 4 }));
    const newest = await keyOf(bob);
    expect(newest).not.toBe(before);
    await opensWith(bob, raw, old);
    expect(await keyOf(bob)).toBe(newest);
  });

  test("octets, or very many", async () => {
    await changesNothing(crypto.getRandomValues(new Uint8Array(1_000)));
    const good = await noticeToBob({});
    await changesNothing(new Uint8Array([...good, ...new Uint8Array(20_000)]));
  });
});
