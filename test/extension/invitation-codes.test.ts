/** Codes of invitations: where they are, who is told, and when they are gone. */

import { keepInvitation, keptCodes, keptFile } from "../../src/extension/owner/invitation-files.js";
import { codesToTell, codeTold } from "../../src/extension/owner/inviting.js";
import { OWNED_VERSION } from "../../src/extension/records/owned-list.js";
import { ownedRecord } from "../../src/extension/records/owned-storage.js";
import { update } from "../../src/extension/records/storage.js";
import { local, resetHost } from "./fake-host.js";
import { olga, ownedList } from "./owned-fixture.js";
import { stored, storedKey } from "./stored-fixture.js";

const open = "1a".repeat(20);
const over = "1b".repeat(20);
const code = "12340-12348-12343-12349-12341";

const invitation = (introduction: string, withdrawnAt: string | null) => ({
  introduction,
  address: `${introduction.slice(0, 2)}@example.test`,
  name: null,
  fileName: "team-x.listseal",
  madeAt: new Date().toISOString(),
  mailedAt: null,
  joinBy: new Date(Date.now() + 86_400_000).toISOString(),
  withdrawnAt,
});

/** An owner's add-on that has made two invitations, of which one was withdrawn. */
async function owner(isLocked: boolean): Promise<void> {
  resetHost();
  const key = { ...storedKey, fingerprint: ownedList.ownerKey, address: olga, locked: isLocked };
  await update(() => ({ stored: { ...stored, memberKeys: { [key.fingerprint]: key } }, result: undefined }));
  const invitations = [invitation(open, null), invitation(over, new Date().toISOString())];
  await ownedRecord.update(() => ({
    stored: { version: OWNED_VERSION, lists: { [ownedList.address]: { ...ownedList, invitations } } },
    result: undefined,
  }));
  for (const introduction of [open, over])
    await keepInvitation({ introduction, code }, `${introduction}.listseal`, new Uint8Array(3));
}

test("what can still be used is told; of what can't, the code is forgotten, and the file stays", async () => {
  await owner(false);
  expect(await keptCodes()).toHaveLength(2);
  expect(await codesToTell(ownedList.address)).toEqual([{ introduction: open, code }]);
  expect(await keptCodes()).toEqual([{ introduction: open, code }]);
  expect((await keptFile(over)).bytes).toHaveLength(3);
});

test("a code that was told is forgotten", async () => {
  await owner(false);
  await codeTold(open);
  expect(await codesToTell(ownedList.address)).toEqual([]);
});

// attack: somebody at the computer while its owner is away reads a code, and has the mail or guesses its file
test("nothing is told while the owner's key is locked", async () => {
  await owner(true);
  await expect(codesToTell(ownedList.address)).rejects.toMatchObject({ code: "key-locked" });
});

// attack: a thief of the disk
test("no code is on a disk", async () => {
  await owner(false);
  const onDisk = JSON.stringify(await local.get(null));
  expect(onDisk).toContain(open);
  expect(onDisk).not.toContain(code);
});
