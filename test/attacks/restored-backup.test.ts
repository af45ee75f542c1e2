/** An attack by a backup: somebody is given a file and its passphrase, and told that it repairs their list. */
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { load } from "../../src/extension/records/storage.js";
import type { Stored } from "../../src/extension/records/stored.js";
import { writeBackupFile } from "../../src/extension/worker/backup.js";
import { toBase64 } from "../../src/mail/base64.js";
import { makeBackupPassphrase } from "../../src/membership/file/backup.js";
import { haveWorkerNear } from "../extension/near-worker.js";
import { Addon } from "../extension/play-addon.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { mergedBySerials } from "./naive/naive-backup.js";

let olga: Addon;
let bob: Addon;
let mallory: Addon;
let here: Stored;
let forged: Stored;
const passphrase = makeBackupPassphrase();

beforeAll(haveWorkerNear);
beforeAll(async () => {
  await begin();
  [olga, bob, mallory] = [new Addon("Olga", play), new Addon("Bob", play), new Addon("Mallory", play)];
  await olga.claim(cardFile);
  await olga.invites(bob);
  await olga.invites(mallory);
  here = await bob.as(load);
  const [hers, key] = [await mallory.list(), await mallory.key()];
  const { fingerprint, certificate, userId, address } = key;
  const serials = { owners: 9, "new-list-key": 9, "new-server-key": 9 };
  const owners = [{ fingerprint, certificate, userId, address, from: 0, to: null }];
  forged = {
    ...here,
    lists: { [teamAddress]: { ...hers, owners, serials, requestAddress: mallory.address } },
  };
});
afterAll(async () => {
  await play.discard();
  await lockAll();
});

const fileOf = async (lists: Stored): Promise<string> => {
  const { file } = await writeBackupFile({ sections: { lists }, passphrase, now: new Date().toISOString() });
  return toBase64(file);
};
const ownersNow = async () => (await bob.list()).owners.map(({ address }) => address);

test("with higher serials it moves owners and server where serials alone are compared", () => {
  const after = mergedBySerials(here, forged).lists[teamAddress];
  expect(after?.owners.map(({ address }) => address)).toEqual([mallory.address]);
  expect(after?.requestAddress).toBe(mallory.address);
});

test("what it would change is shown, and changes nothing before the person has agreed to that very change", async () => {
  const file = await fileOf(forged);
  const before = JSON.stringify((await bob.as(load)).lists);
  const look = () => bob.as(() => calls["backup:look"]({ file, passphrase }));
  const restore = (agreed: Record<string, boolean>) =>
    bob.as(() => calls["backup:restore"]({ file, passphrase, agreed }));
  const { moves, isEmptyHere } = await look();
  expect(isEmptyHere).toBe(false);
  expect(moves.map((move) => [move.before, move.after].map(({ owners }) => owners[0]?.userId))).toEqual([
    [expect.stringContaining(olga.address), expect.stringContaining(mallory.address)],
  ]);
  expect(JSON.stringify((await bob.as(load)).lists)).toBe(before);

  await restore({});
  await restore({ [moves[0]?.id ?? ""]: false, another: true });
  expect(JSON.stringify((await bob.as(load)).lists)).toBe(before);
  expect(await ownersNow()).toEqual([olga.address]);

  // somebody who reads it and agrees all the same gets what they were shown
  await restore({ [moves[0]?.id ?? ""]: true });
  expect(await ownersNow()).toEqual([mallory.address]);
});
