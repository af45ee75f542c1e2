/** A backup of everything, written and opened for real; and what it does to a device that has lists already. */
import { merged, planOf, readRestored } from "../../src/extension/backup/merge.js";
import { emptyOwned } from "../../src/extension/records/owned-list.js";
import {
  emptyStored,
  STORED_VERSION,
  type Stored,
  type StoredList,
} from "../../src/extension/records/stored.js";
import { readBackupFile, writeBackupFile } from "../../src/extension/worker/backup.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { makeBackupPassphrase } from "../../src/membership/file/backup.js";
import { parseFingerprint } from "../../src/openpgp/keys.js";
import { stored, storedKey, storedList } from "./stored-fixture.js";
import { storedVersion1 } from "./stored-version-1.js";

const { address } = storedList;
const now = "2026-08-01T12:00:00.000Z";
const bob = parseAddress("bob@example.test");
const pinsWith = (key: string) => ({
  pins: { [bob]: { key: parseFingerprint(key), how: "confirmed" as const } },
  introductions: {},
  seen: {},
  revoked: {},
});
const full: Stored = { ...stored, pins: { [address]: pinsWith("ee".repeat(20)) } };

const owned = { here: emptyOwned, restored: emptyOwned };
const none: ReadonlySet<string> = new Set();
/** Somebody who agrees to everything. */
const all = (here: Stored, restored: Stored): ReadonlySet<string> =>
  new Set(planOf(here, restored, owned).moves.map(({ id }) => id));

async function written(lists: unknown) {
  const passphrase = makeBackupPassphrase();
  const { name, file } = await writeBackupFile({ sections: { lists }, passphrase, now });
  return { name, file, passphrase };
}

test("a new device gets everything, and is told of no missing backup", async () => {
  const { name, file, passphrase } = await written(full);
  expect(name).toBe("listseal-backup-2026-08-01.listseal");
  const { sections, made } = await readBackupFile({ file, passphrase });
  const after = merged(emptyStored, readRestored(sections["lists"]), made, none);
  expect(after).toEqual({ ...full, backedUpAt: now });
});

test("a backup of an older version is restored up to date", async () => {
  const { file, passphrase } = await written(storedVersion1);
  const { sections } = await readBackupFile({ file, passphrase });
  expect(readRestored(sections["lists"]).version).toBe(STORED_VERSION);
});

test.each([
  ["one of a newer version", { ...stored, version: STORED_VERSION + 1 }, "unsupported-version"],
  ["one without its lists", undefined, "backup-damaged"],
  ["a damaged one", { ...stored, lists: { [address]: { address } } }, "backup-damaged"],
])("%s is refused", (_, value, code) => {
  expect(() => readRestored(value)).toThrow(expect.objectContaining({ code }));
});

test("a wrong passphrase, and a file that is no backup", async () => {
  const { file, passphrase } = await written(full);
  const other = makeBackupPassphrase();
  await expect(readBackupFile({ file, passphrase: other })).rejects.toMatchObject({
    code: "wrong-passphrase",
  });
  const foreign = new TextEncoder().encode("a picture");
  await expect(readBackupFile({ file: foreign, passphrase })).rejects.toMatchObject({
    code: "backup-damaged",
  });
});

describe("a device that has lists already", () => {
  const own: StoredList = {
    ...storedList,
    address: "own@lists.example",
    listKeyFingerprint: "0a".repeat(20),
  };
  const ownKey = { ...storedKey, fingerprint: "0b".repeat(20) };
  const here: Stored = {
    ...emptyStored,
    lists: { [own.address]: own },
    memberKeys: { [ownKey.fingerprint]: ownKey },
    draftIdentities: { id9: "id1" },
  };

  test("keeps them beside those of the backup", () => {
    const after = merged(here, full, now, none);
    expect(Object.keys(after.lists).sort()).toEqual([own.address, address]);
    expect(Object.keys(after.memberKeys).sort()).toEqual([ownKey.fingerprint, storedKey.fingerprint]);
    // its own keys are in no backup yet
    expect(after).toMatchObject({ backedUpAt: null, draftIdentities: { id9: "id1" } });
  });

  test("a pin that is here is not moved by a file", () => {
    const mine = { ...full, pins: { [address]: pinsWith("ff".repeat(20)) } };
    expect(merged(mine, full, now, all(mine, full)).pins).toEqual(mine.pins);
  });

  test("another list of the same address does not take the place of the one that is here", () => {
    const other = { ...storedList, listKeyFingerprint: "00".repeat(20), listKey: "T1RIRVI=" };
    const foreign = { ...full, lists: { [address]: other } };
    expect(planOf(full, foreign, owned)).toMatchObject({ moves: [], kept: [{ address }] });
    expect(merged(full, foreign, now, all(full, foreign)).lists).toEqual(full.lists);
  });

  test("the list key that is newer is sealed with, whichever side has it, and the older one is kept", () => {
    const today: StoredList = {
      ...storedList,
      listKey: "TkVX",
      listKeyFingerprint: "ef".repeat(20),
      formerListKeys: [
        { listKey: storedList.listKey, fingerprint: storedList.listKeyFingerprint, graceEnds: now },
      ],
      serials: { ...storedList.serials, "new-list-key": 1 },
    };
    const newer = { ...full, lists: { [address]: today } };
    expect(merged(full, newer, now, all(full, newer)).lists[address]).toEqual(today);
    // nobody is asked about what changes nothing
    expect(planOf(newer, full, owned).moves).toEqual([]);
    expect(merged(newer, full, now, none).lists[address]).toEqual(today);
  });

  describe("a backup with higher serials, other owners and another server", () => {
    const other = { ...storedList.owners[0], fingerprint: "0c".repeat(20), userId: "Mal <mal@x.test>" };
    const moved: StoredList = {
      ...storedList,
      owners: [other] as StoredList["owners"],
      serverCertificate: "T1RIRVI=",
      serverFingerprint: "0d".repeat(20),
      requestAddress: "elsewhere@x.test",
      serials: { owners: 9, "new-list-key": 9, "new-server-key": 9 },
    };
    const restored = { ...full, lists: { [address]: moved } };

    test("is shown before anything is done, with what is here beside it", () => {
      const [move] = planOf(full, restored, owned).moves;
      expect(move).toMatchObject({
        before: { owners: [{ fingerprint: "cc".repeat(20) }], server: storedList.serverFingerprint },
        after: { owners: [{ fingerprint: other.fingerprint }], server: moved.serverFingerprint },
      });
    });

    test("changes nothing of the list where the person did not agree, or agreed to another move", () => {
      expect(merged(full, restored, now, none).lists).toEqual(full.lists);
      const later = { ...restored, lists: { [address]: { ...moved, serverFingerprint: "0e".repeat(20) } } };
      expect(merged(full, later, now, all(full, restored)).lists).toEqual(full.lists);
    });

    test("is taken where they did", () => {
      expect(merged(full, restored, now, all(full, restored)).lists[address]).toMatchObject({
        ...{ owners: [other], serverFingerprint: moved.serverFingerprint, serials: moved.serials },
      });
    });
  });

  test("former servers and keys, which speak for old mail, come only where the person agreed", () => {
    const foreign = { listKey: "WA==", fingerprint: "0e".repeat(20), graceEnds: "2099-01-01T00:00:00.000Z" };
    const older = { ...storedList, formerServers: ["WA=="], formerListKeys: [foreign] };
    const restored = { ...full, lists: { [address]: older } };
    const [move] = planOf(full, restored, owned).moves;
    expect(move).toMatchObject({
      before: { formerServers: 0, formerListKeys: 0 },
      after: { formerServers: 1, formerListKeys: 1 },
    });
    expect(merged(full, restored, now, none).lists).toEqual(full.lists);
    expect(merged(full, restored, now, all(full, restored)).lists[address]).toMatchObject({
      ...{ formerServers: ["WA=="], formerListKeys: [foreign] },
    });
  });

  test("an owner's address takes no pin from a file but the owner's own", () => {
    const olive = parseAddress("olive@example.test");
    const forged = { key: parseFingerprint("0f".repeat(20)), how: "confirmed" as const };
    const pins = { ...pinsWith("ee".repeat(20)), pins: { [olive]: forged } };
    const restored = { ...full, pins: { [address]: pins } };
    const after = merged({ ...full, pins: {} }, restored, now, all({ ...full, pins: {} }, restored));
    expect(after.pins[address]?.pins ?? {}).toEqual({});
  });

  test("a list that is only waited for on an invitation's word is as the backup knows it; the join goes on", () => {
    const waiting: Stored = {
      ...emptyStored,
      lists: {
        [address]: { ...storedList, memberKey: "aa", introduction: "TkVX", requestAddress: "x@x.test" },
      },
      joining: { [address]: { name: "Team", before: null, refused: null } },
    };
    const after = merged(waiting, full, now, none);
    expect(after.lists[address]).toMatchObject({
      introduction: "TkVX",
      requestAddress: storedList.requestAddress,
    });
    expect(after.joining[address]?.before).toEqual(full.lists[address]);
  });
});
