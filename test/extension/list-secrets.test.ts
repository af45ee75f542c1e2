/**
 * A list whose key is a secret, with the add-on's own code and a real server: founded, joined, written to, renewed. The server
 * never has the secret, in whatever it keeps or sends.
 */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { merged, readRestored } from "../../src/extension/backup/merge.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { GATHER_MS } from "../../src/extension/owner/epoch-state.js";
import { renewAllIfDue } from "../../src/extension/owner/epochs.js";
import { changeOwned } from "../../src/extension/records/owned-storage.js";
import { load } from "../../src/extension/records/storage.js";
import { emptyStored, keptKeysOf } from "../../src/extension/records/stored.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { readBackupFile, writeBackupFile } from "../../src/extension/worker/backup.js";
import { practise } from "../../src/extension/worker/practice.js";
import { fromBase64 } from "../../src/mail/base64.js";
import { makeBackupPassphrase } from "../../src/membership/file/backup.js";
import { generateMemberKey, readOpeningKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import {
  generateListKey,
  listKeyKindOf,
  parseListKeyId,
  writeListOpener,
} from "../../src/openpgp/list-keys.js";
import { generateSecret } from "../../src/openpgp/secrets.js";
import {
  addMember,
  createList,
  removeMember,
  setListKey,
  setPolicy,
} from "../../src/server/admin/administration.js";
import { resumeList } from "../../src/server/admin/resume-list.js";
import { Heads } from "../../src/server/store/rollback-guard.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { signedFile } from "../server/request-file.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

const list = teamAddress;
let olga: Addon;
let ann: Addon;
let bob: Addon;
let eve: Addon;

const listRow = async () => {
  const row = await play.service.store.listByAddress(list);
  if (row === undefined) throw new Error("no list");
  return row;
};
const secretOf = async (who: Addon) => new TextDecoder().decode(fromBase64((await who.list()).listKey));

/** As if the hour that a new list key waits for others had passed. */
async function anHourLater() {
  await olga.as(() =>
    changeOwned(list, (owned) => {
      const { due } = owned.epoch;
      const since = new Date(Date.now() - GATHER_MS).toISOString();
      return { ...owned, epoch: { ...owned.epoch, due: due && { ...due, since } } };
    }),
  );
  await olga.as(renewAllIfDue);
  await olga.settled();
}

/** Everything that the server has on its disk. */
async function disk(): Promise<string> {
  const names = await readdir(play.folder.path, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile());
  const read = files.map((one) => readFile(join(one.parentPath, one.name), "latin1"));
  return (await Promise.all(read)).join("\n");
}

beforeAll(haveWorkerNear);
beforeEach(async () => {
  await begin();
  olga = new Addon("Olga", play);
  await olga.claim(cardFile, "secret");
  [ann, bob, eve] = [new Addon("Ann", play), new Addon("Bob", play), new Addon("Eve", play)];
  for (const guest of [ann, bob, eve]) await olga.invites(guest);
});
afterEach(async () => {
  await play.discard();
  await lockAll();
});

test("members write and read; the server knows the secret by its id alone", async () => {
  const secret = await secretOf(olga);
  expect(secret).toMatch(/^[0-9a-f]{64}$/);
  for (const guest of [ann, bob, eve]) expect(await secretOf(guest)).toBe(secret);
  const { listKeyFingerprint } = await listRow();
  expect(listKeyFingerprint).toBe((await olga.list()).listKeyFingerprint);
  expect(listKeyKindOf(listKeyFingerprint ?? "")).toBe("secret");

  await ann.posts("under the secret");
  const read = await bob.reads("under the secret");
  expect(read.letter.passage.via).toBe("list");
  expect(read.letter.author.standing).toBe("introduced");

  const kept = await disk();
  expect(kept).toContain(listKeyFingerprint);
  expect(kept).not.toContain(secret);
  expect(kept).not.toContain(Buffer.from(secret, "hex").toString("latin1"));
});

test("a new secret by epoch: everybody but her who went has it, also whoever was away for two of them", async () => {
  const before = await secretOf(olga);
  await olga.about(eve, "remove");
  await anHourLater();
  const second = await secretOf(olga);
  expect(second).not.toBe(before);
  expect(listKeyKindOf((await olga.list()).listKeyFingerprint)).toBe("secret");
  // the notice rides: the first post brings the secret that it is under
  await olga.posts("the first under it");
  while ((await secretOf(ann)) !== second) await ann.hears();

  await olga.as(() => calls["owner:new-key"]({ list, graceDays: 0 }));
  await olga.settled();
  const third = await secretOf(olga);
  expect(third).not.toBe(second);
  await olga.posts("the first under the third");
  while ((await secretOf(ann)) !== third) await ann.hears();
  await ann.posts("in the third epoch");
  // Bob was away: both notices and the post wait for him
  await bob.reads("in the third epoch");
  expect(await secretOf(bob)).toBe(third);
  const former = keptKeysOf(await bob.list()).map(({ listKey }) =>
    new TextDecoder().decode(fromBase64(listKey)),
  );
  expect(former).toEqual([before, second]);
  expect(await secretOf(eve)).toBe(before);
  const kept = await disk();
  for (const secret of [before, second, third]) expect(kept).not.toContain(secret);
});

describe("the server is restored from a backup", () => {
  const nextSecret = async () => {
    await olga.about(eve, "remove");
    await anHourLater();
    await olga.posts("under the next secret");
    while ((await secretOf(ann)) !== (await secretOf(olga))) await ann.hears();
  };
  const resumes = async () => {
    await olga.as(() => calls["owner:resume-server"]({ list }));
    await olga.settled();
  };

  test("of after the change: with the owner's word the list goes on, and the secret rides as before", async () => {
    await nextSecret();
    const backup = await play.backup();
    await olga.posts("lost with the database");
    await play.untilQuiet();
    await play.restore(backup);
    await expect(ann.posts("too early")).rejects.toThrow("451");
    await resumes();
    await ann.posts("after the restore");
    // Bob was away: what brings him the secret comes with the posts, of before and of after
    expect((await bob.reads("after the restore")).view.passage).toMatchObject({ via: "list" });
    expect(await secretOf(bob)).toBe(await secretOf(olga));
    expect(await disk()).not.toContain(await secretOf(olga));
  });

  test("of before the change: it takes nothing under the secret that it has lost, and passes nothing on under the one before", async () => {
    const former = await secretOf(olga);
    const backup = await play.backup();
    await nextSecret();
    const secret = await secretOf(olga);
    await play.restore(backup);
    const came = play.sink.for(eve.address).length;
    // the owner's word names a secret that this server has never heard of: the operator has to put it right
    await olga.as(() => calls["owner:resume-server"]({ list }).catch(() => undefined));
    expect((await olga.as(loadRequests)).pending).toMatchObject([{ do: "resume-server" }]);
    for (const author of [ann, eve])
      await expect(author.posts("after the restore")).rejects.toThrow("the server said");
    await play.untilQuiet();
    await ann.fetch();
    expect([await secretOf(ann), await secretOf(olga)]).toEqual([secret, secret]);
    // she is on the roster again, and has the secret that it is of
    expect(await secretOf(eve)).toBe(former);
    expect(play.sink.for(eve.address)).toHaveLength(came);

    // as OPERATING says: the roster and the list key of today by the operator, and the owner's signature for the entry that follows
    await play.office(async (desk) => {
      const secretId = parseListKeyId((await olga.list()).listKeyFingerprint);
      await removeMember(desk, list, eve.address);
      const row = await setListKey(desk, list, { secretId });
      const key = await readOpeningKey("member", fromBase64((await olga.key()).secret));
      const command = { do: "resume-server", head: await desk.store.recordHead(row.id) } as const;
      const file = await signedFile({ address: list, key: { fingerprint: secretId } }, command, key);
      await resumeList({ ...desk, heads: new Heads(play.folder.heads) }, row, file);
    });
    await play.stop();
    await play.start();
    await ann.posts("all is well again");
    expect((await bob.reads("all is well again")).view.passage).toMatchObject({ via: "list" });
    expect(play.sink.for(eve.address)).toHaveLength(came);
  });
});

test("whoever joins with an invitation of an epoch ago gets the secret of today under the one that they have", async () => {
  const carl = new Addon("Carl", play);
  const invitation = await olga.invitationFor(carl);
  for (let epoch = 0; epoch < 2; epoch++) {
    await olga.as(() => calls["owner:new-key"]({ list, graceDays: 14 }));
    await olga.settled();
  }
  await carl.joins(invitation);
  await olga.hears();
  while ((await secretOf(carl)) !== (await secretOf(olga))) await carl.hears();
});

test("a post under another secret is refused", async () => {
  const other = await generateListKey("secret", { address: list, profile: "compatible" });
  const known = await ann.list();
  ann.list = async () => ({
    ...known,
    listKey: Buffer.from(await writeListOpener(other)).toString("base64"),
    listKeyFingerprint: other.fingerprint,
  });
  await expect(ann.posts("under another")).rejects.toThrow("550");
});

test("policies that let others post are refused, and so is a secret where they are set", async () => {
  const desk = { store: play.service.store, folder: play.folder, now: Date.now };
  for (const policy of ["moderated", "open"] as const) {
    await expect(setPolicy(desk, list, policy)).rejects.toThrow("only members can post");
  }
  await setPolicy(desk, list, "members");
  expect((await listRow()).policy).toBe("members");

  const settings = { name: "Open", mode: "key", delivery: "resealed", profile: "compatible" } as const;
  const open = "open@lists.test";
  await createList(desk, { address: open, ...settings });
  await setPolicy(desk, open, "open");
  const secretId = "ab".repeat(16);
  await expect(setListKey(desk, open, { secretId })).rejects.toThrow("only members can post");
  await setPolicy(desk, open, "members");
  await setListKey(desk, open, { secretId });
  // a secret is one list's, ever
  await createList(desk, { address: "other@lists.test", ...settings });
  await expect(setListKey(desk, "other@lists.test", { secretId })).rejects.toThrow("used before");
});

test("a claim with a secret is answered by a code of its own where others may post", async () => {
  await begin();
  const desk = { store: play.service.store, folder: play.folder, now: Date.now };
  await setPolicy(desk, list, "open");
  const vera = new Addon("Vera", play);
  await vera.claim(cardFile, "secret");
  expect((await vera.owned()).claim).toEqual({ kind: "refused", code: "secret-needs-members" });
  expect((await listRow()).listKeyFingerprint).toBeUndefined();
});

test("a secret that the server shares with a member is no list's", async () => {
  const desk = { store: play.service.store, folder: play.folder, now: Date.now };
  const shared = await generateSecret("member", "compatible");
  const key = await generateMemberKey({ address: "zoe@people.test", profile: "compatible" });
  await addMember(desk, list, {
    ...{ address: "zoe@people.test", name: "Zoe", shape: "mixed", copiesSecret: shared.secret },
    certificate: writeSealingKey(sealingHalf(key)),
  });
  const settings = { name: "Other", mode: "key", delivery: "resealed", profile: "compatible" } as const;
  await createList(desk, { address: "other@lists.test", ...settings });
  await expect(setListKey(desk, "other@lists.test", { secretId: shared.fingerprint })).rejects.toThrow(
    "shared with the server",
  );

  const bytes = Uint8Array.from(Buffer.from(await secretOf(olga), "hex"));
  const ida = await generateMemberKey({ address: "ida@people.test", profile: "compatible" });
  const added = addMember(desk, list, {
    ...{ address: "ida@people.test", name: "Ida", shape: "mixed", copiesSecret: bytes },
    certificate: writeSealingKey(sealingHalf(ida)),
  });
  await expect(added).rejects.toThrow("for one member and one use");
  expect(await disk()).not.toContain(await secretOf(olga));
});

test("a backup brings the secret, and the secrets before", async () => {
  await olga.as(() => calls["owner:new-key"]({ list, graceDays: 0 }));
  await olga.settled();
  const here = await olga.as(load);
  const passphrase = makeBackupPassphrase();
  const made = new Date().toISOString();
  const { file } = await writeBackupFile({ sections: { lists: here }, passphrase, now: made });
  const { sections } = await readBackupFile({ file, passphrase });
  const after = merged(emptyStored, readRestored(sections["lists"]), made, new Set());
  expect(after.lists[list]).toEqual(here.lists[list]);
  expect(after.lists[list]?.formerListKeys).toHaveLength(1);
});

test("the practice letter goes its way under a secret, too", async () => {
  expect(await practise({ text: "practice", listKey: "secret" })).toMatchObject({
    opened: "practice",
    serverCanRead: false,
    throughList: true,
  });
});
