/** What an owner does after the operator's import: confirms everybody in one batch, and invites those who have no usable key. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calls } from "../../src/extension/app/handlers/page-handlers.js";
import { lockAll } from "../../src/extension/keys/unlocked.js";
import { pastedInvitees } from "../../src/extension/owner/addresses.js";
import { confirmMembers } from "../../src/extension/owner/confirming.js";
import { keptFile } from "../../src/extension/owner/invitation-files.js";
import { viewOf } from "../../src/extension/owner/view.js";
import { loadRequests } from "../../src/extension/requests/pending.js";
import { toBase64 } from "../../src/mail/base64.js";
import { armorSealingKey, sealingHalf } from "../../src/openpgp/keys.js";
import { CertificatePool } from "../../src/server/admin/import/certificates.js";
import { importFromCsv } from "../../src/server/admin/import/from-csv.js";
import { carryOutImport, planImport } from "../../src/server/admin/import/plan.js";
import { begin, cardFile, play, teamAddress } from "../server/asking.js";
import { person } from "../server/play-server.js";
import { haveWorkerNear } from "./near-worker.js";
import { Addon } from "./play-addon.js";

let folder: string;
let olga: Addon;
/** The operator's table of those who have to be invited. */
let table: string;

const KEYED = ["Gil", "Hana", "Ines"];
const KEYLESS = ["Kim", "Lee"];

beforeAll(haveWorkerNear);
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "listseal-imported-"));
  await begin();
  olga = new Addon("Olga", play);
  await olga.claim(cardFile);
  const rows = ["address,name,role,key"];
  for (const name of KEYED) {
    writeFileSync(join(folder, `${name}.asc`), armorSealingKey(sealingHalf((await person(name)).key)));
    rows.push(`${name}@people.test,${name},${name === "Gil" ? "moderator" : "member"},${name}.asc`);
  }
  for (const name of KEYLESS) rows.push(`${name}@people.test,${name},,`);
  writeFileSync(join(folder, "people.csv"), rows.join("\n"));
  const source = await importFromCsv(join(folder, "people.csv"), new CertificatePool());
  const { invitees } = await play.office(async (office) => {
    const found = await office.store.listByAddress(teamAddress);
    if (found === undefined) throw new Error("no list");
    return carryOutImport(office, await planImport(office, found, source));
  });
  table = readFileSync(invitees ?? "", "utf8");
  await olga.as(() => calls["owner:refresh"]({ list: teamAddress }));
  await olga.settled();
});
afterEach(async () => {
  await play.discard();
  await lockAll();
  rmSync(folder, { recursive: true, force: true });
});

const page = async () => viewOf(await olga.owned(), [], [], new Date());
const words = async () => (await page()).members.map(({ name, role, word }) => `${name} ${role} ${word}`);
const shown = async () =>
  (await page()).members
    .filter(({ confirmable }) => confirmable)
    .map(({ address, fingerprint, role }) => ({ address, fingerprint, role }));

test("all of them are confirmed by one request, with their roles; a new list key then reaches them", async () => {
  expect(await words()).toEqual([
    "Gil moderator operator",
    "Hana member operator",
    "Ines member operator",
    "Olga owner owner",
  ]);
  expect((await page()).newKey.to).toEqual({ count: 0, first: [] });
  const before = (await olga.owned()).history.hashes.length;
  const members = await shown();
  await olga.as(() => calls["owner:confirm"]({ list: teamAddress, members }));
  expect((await olga.as(loadRequests)).pending.map(({ do: what }) => what)).toEqual(["confirm"]);
  await olga.settled();
  const { history, alarms } = await olga.owned();
  expect(history.hashes).toHaveLength(before + 1);
  expect(alarms).toEqual([]);
  expect(await words()).toEqual([
    "Gil moderator owner",
    "Hana member owner",
    "Ines member owner",
    "Olga owner owner",
  ]);
  // the role is an owner's word now, too: what Gil commands as a moderator counts
  expect(Object.values(history.members).filter(({ roleBy }) => roleBy !== undefined)).toEqual([]);
  expect((await page()).newKey).toMatchObject({
    to: { first: expect.arrayContaining(["gil@people.test"]) },
    notTo: { count: 0 },
  });
});

test("more than fit into one request are several, in one go", async () => {
  const members = await shown();
  await olga.as(() => confirmMembers(teamAddress, members, { members: 2, octets: 10_000 }));
  expect((await olga.as(loadRequests)).pending).toHaveLength(2);
  await olga.settled();
  expect(await shown()).toEqual([]);
  // and by their size
  expect((await olga.owned()).refusals).toEqual([]);
});

test("whom the record does not have as they were shown, nobody confirms", async () => {
  const [gil, hana] = await shown();
  if (gil === undefined || hana === undefined) throw new Error("nobody was imported");
  const wrong = [
    { ...gil, fingerprint: hana.fingerprint },
    { ...hana, role: "owner" as const },
    { ...gil, address: "mallory@people.test" },
  ];
  for (const one of wrong)
    await expect(
      olga.as(() => calls["owner:confirm"]({ list: teamAddress, members: [one] })),
    ).rejects.toMatchObject({
      code: "not-a-member",
    });
  // one that is as shown is confirmed beside them
  await olga.as(() => calls["owner:confirm"]({ list: teamAddress, members: [...wrong, gil] }));
  await olga.settled();
  expect((await shown()).map(({ address }) => address)).toEqual(["hana@people.test", "ines@people.test"]);
});

test("the operator's table is what the owner invites from: a file and a code each, and they join with them", async () => {
  const { invitees, refused } = pastedInvitees(table);
  expect(invitees).toEqual(KEYLESS.map((name) => ({ address: `${name.toLowerCase()}@people.test`, name })));
  expect(refused).toEqual([]);
  const made: { readonly file: string; readonly code: string }[] = [];
  await olga.as(async () => {
    for (const { address, name } of invitees)
      await calls["owner:invite"]({ list: teamAddress, address, name, days: 14 });
    const { codes } = await calls["owner:codes"]({ list: teamAddress });
    for (const { introduction, code } of codes)
      made.push({ file: toBase64(new Uint8Array((await keptFile(introduction)).bytes)), code });
  });
  expect(made).toHaveLength(KEYLESS.length);
  for (const [index, name] of KEYLESS.entries()) {
    const guest = new Addon(name, play);
    await guest.joins(made[index] ?? { file: "", code: "" });
    await olga.hears();
  }
  expect(await words()).toEqual(expect.arrayContaining(["Kim member owner", "Lee member owner"]));
});
