/** A backup of everything, written and opened for real; and what it does to a device that has lists already. */
import { merged, readBrought } from "../../src/extension/backup/merge.js";
import { emptyStored, STORED_VERSION, type Stored, type StoredList } from "../../src/extension/stored.js";
import { readBackupFile, writeBackupFile } from "../../src/extension/worker/backup.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { makeBackupPassphrase } from "../../src/membership/backup.js";
import { parseFingerprint } from "../../src/protocol/keys.js";
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

async function written(lists: unknown) {
  const passphrase = makeBackupPassphrase();
  const { name, file } = await writeBackupFile({ sections: { lists }, passphrase, now });
  return { name, file, passphrase };
}

test("a new device gets everything, and is told of no missing backup", async () => {
  const { name, file, passphrase } = await written(full);
  expect(name).toBe("listseal-backup-2026-08-01.listseal");
  const { sections, made } = await readBackupFile({ file, passphrase });
  const after = merged(emptyStored, readBrought(sections["lists"]), made);
  expect(after).toEqual({ ...full, backedUpAt: now });
});

test("a backup of an older version is brought up to date", async () => {
  const { file, passphrase } = await written(storedVersion1);
  const { sections } = await readBackupFile({ file, passphrase });
  expect(readBrought(sections["lists"]).version).toBe(STORED_VERSION);
});

test.each([
  ["one of a newer version", { ...stored, version: STORED_VERSION + 1 }, "unsupported-version"],
  ["one without its lists", undefined, "backup-damaged"],
  ["a damaged one", { ...stored, lists: { [address]: { address } } }, "backup-damaged"],
])("%s is refused", (_, value, code) => {
  expect(() => readBrought(value)).toThrow(expect.objectContaining({ code }));
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
    const after = merged(here, full, now);
    expect(Object.keys(after.lists).sort()).toEqual([own.address, address]);
    expect(Object.keys(after.memberKeys).sort()).toEqual([ownKey.fingerprint, storedKey.fingerprint]);
    // its own keys are in no backup yet
    expect(after).toMatchObject({ backedUpAt: null, draftIdentities: { id9: "id1" } });
  });

  test("a pin that is here is not moved by a file", () => {
    const mine = { ...full, pins: { [address]: pinsWith("ff".repeat(20)) } };
    expect(merged(mine, full, now).pins).toEqual(mine.pins);
  });

  test("another list of the same address does not take the place of the one that is here", () => {
    const other = { ...storedList, listKeyFingerprint: "00".repeat(20), listKey: "T1RIRVI=" };
    expect(merged(full, { ...full, lists: { [address]: other } }, now).lists).toEqual(full.lists);
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
    expect(merged(full, newer, now).lists[address]).toEqual(today);
    expect(merged(newer, full, now).lists[address]).toEqual(today);
  });
});
