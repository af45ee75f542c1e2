/**
 * The server and somebody who has left, together, with all keys that either has and every mail that went over any wire: what they open
 * is what was written before the list had its next key, and nothing after it.
 */
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { GATHER_MS } from "../../src/extension/owner/epoch-state.js";
import { renewAllIfDue } from "../../src/extension/owner/epochs.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import { keptKeysOf } from "../../src/extension/records/stored.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { partsBelow, readMimeTree } from "../../src/mail/mime-tree.js";
import { type OpeningKey, type Role, readOpeningKey } from "../../src/openpgp/keys.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { join } from "../../src/openpgp/packets.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { haveWorkerNear } from "../extension/near-worker.js";
import { Addon } from "../extension/play-addon.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";

let olga: Addon;
let bob: Addon;
let eve: Addon;

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

/** An hour after Eve has gone. */
async function anHourLater(): Promise<void> {
  await olga.as(() =>
    changeOwned(teamAddress, (owned) => {
      const since = new Date(Date.now() - GATHER_MS).toISOString();
      return { ...owned, epoch: { ...owned.epoch, due: owned.epoch.due && { ...owned.epoch.due, since } } };
    }),
  );
  await olga.as(renewAllIfDue);
  await olga.settled();
}

/** Every key that the server has, and every one that Eve has. */
async function keysOfBoth(): Promise<readonly OpeningKey<Role>[]> {
  const { store } = play.service;
  const row = await store.listByAddress(teamAddress);
  const inUse = row && (await new ListsInUse(store, play.folder).openById(row.id));
  if (inUse === undefined) throw new Error("no list");
  const hers = await eve.list();
  const lists = [hers.listKey, ...keptKeysOf(hers).map(({ listKey }) => listKey)];
  return [
    inUse.server,
    await readOpeningKey("member", fromBase64((await eve.key()).secret)),
    ...(await Promise.all(lists.map((key) => readOpeningKey("list", fromBase64(key))))),
  ];
}

/** Octets that may be an OpenPGP message, or the half of one. */
async function piecesOf(raw: Uint8Array): Promise<readonly Uint8Array[]> {
  const tree = await readMimeTree(raw);
  return partsBelow(tree).flatMap(({ bytes }) => (bytes === null ? [] : [bytes]));
}

/**
 * Opens whatever opens: each piece with each key, and what comes out of it, alone and in front of every other piece, again.
 * @returns everything that was ever opened, as text
 */
async function plunder(mails: readonly Uint8Array[], keys: readonly OpeningKey<Role>[]): Promise<string> {
  const found: string[] = [];
  for (const raw of mails) {
    const pieces = await piecesOf(raw);
    let fresh: readonly Uint8Array[] = pieces;
    for (let depth = 0; depth < 3 && fresh.length > 0; depth++) {
      const next: Uint8Array[] = [];
      for (const piece of fresh) {
        for (const whole of [piece, ...pieces.map((other) => join(piece, other))]) {
          for (const key of keys) {
            const opened = await openLayer(whole, key).catch(() => "not-for-me" as const);
            if (opened === "not-for-me") continue;
            next.push(opened.literal);
            found.push(Buffer.from(opened.literal).toString("latin1"));
          }
        }
      }
      fresh = next;
    }
  }
  return found.join("\n");
}

/** As a payload has it: base64 of the text. */
const written = (text: string) => Buffer.from(text).toString("base64").slice(0, 12);

test("they read what was written before the next list key, and nothing that was written after it", async () => {
  await olga.about(eve, "remove");
  await bob.posts("within the hour after she has gone");
  await play.untilQuiet();
  await anHourLater();
  await olga.posts("under the key that followed");
  await bob.reads("under the key that followed");
  await bob.posts("answered under the next key");
  await olga.reads("answered under the next key");

  const wires = [...play.sink.caught.map(({ raw }) => new Uint8Array(raw)), ...olga.sent, ...bob.sent];
  const opened = await plunder(wires, await keysOfBoth());
  // the attack: it is why there is to be another key, and it works until there is
  expect(opened).toContain(written("within the hour after she has gone"));
  expect(opened).not.toContain(written("under the key that followed"));
  expect(opened).not.toContain(written("answered under the next key"));
  // nor is the next key itself in anything that they open
  expect(opened).not.toContain('"kind": "new-list-key"');

  // that it is sought for in the right place: with Bob's keys beside theirs, all of it opens
  const bobs = await bob.list();
  const more = [
    await readOpeningKey("member", fromBase64((await bob.key()).secret)),
    await readOpeningKey("list", fromBase64(bobs.listKey)),
  ];
  const all = await plunder(wires, [...(await keysOfBoth()), ...more]);
  expect(all).toContain(written("under the key that followed"));
  expect(all).toContain(written("answered under the next key"));
  expect(all).toContain('"kind": "new-list-key"');
});
