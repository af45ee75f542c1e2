/** Members from tables and certificates: what comes in, what does not, and that all of it does or nothing. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  armorOpeningKey,
  armorSealingKey,
  generateMemberKey,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { setRole } from "../../src/server/admin/administration.js";
import { addMembers, exportedRoster, removeMembers } from "../../src/server/admin/bulk-members.js";
import { csvLine, readCsv } from "../../src/server/admin/csv.js";
import { CertificatePool, readCertificates } from "../../src/server/admin/import/certificates.js";
import { importFromCsv, importFromKeys } from "../../src/server/admin/import/from-csv.js";
import { carryOutImport, importLines, isDone, planImport } from "../../src/server/admin/import/plan.js";
import type { ImportSource } from "../../src/server/admin/import/source.js";
import { isWholeChain } from "../../src/server/store/roster-record.js";
import { type Person, type PlayList, PlayServer, person } from "./play-server.js";
import { onEachStore } from "./stores.js";

let people: readonly Person[];
let server: PlayServer;
let list: PlayList;
let folder: string;

const certificateOf = (who: Person) => writeSealingKey(sealingHalf(who.key));
const armored = (who: Person) => armorSealingKey(sealingHalf(who.key));
const at = (index: number) => () => {
  const found = people[index];
  if (found === undefined) throw new Error("nobody");
  return found;
};
const [alice, bob, carol] = [at(0), at(1), at(2)];

beforeAll(async () => {
  people = await Promise.all(["Alice", "Bob", "Carol"].map((name) => person(name)));
});
beforeEach(async () => {
  server = await PlayServer.make();
  list = await server.createList("team@lists.test");
  folder = await mkdtemp(join(tmpdir(), "listseal-import-"));
});
afterEach(async () => {
  await server.discard();
  await rm(folder, { recursive: true });
});

const save = async (name: string, content: string | Uint8Array): Promise<string> => {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content);
  return path;
};
const plan = (source: ImportSource) => server.office((office) => planImport(office, list.list, source));
const carryOut = (source: ImportSource) =>
  server.office(async (office) => carryOutImport(office, await planImport(office, list.list, source)));
const roster = () =>
  server.office(async ({ store }) => {
    const found = await store.membersAfter(list.list.id, "", 100);
    return found.map(({ address, name, role }) => `${address} ${name} ${role}`);
  });
const none = new CertificatePool();

onEachStore(() => {
  test("a table: keys from files beside it, in it, or looked up by address; who has none is to be invited", async () => {
    await save("alice.asc", armored(alice()));
    await save("keys/some.gpg", Buffer.concat([certificateOf(carol()), certificateOf(alice())]));
    const table = await save(
      "people.csv",
      `Name;E-Mail;Role;Key;Certificate\r\n"Alice; of old";ALICE@people.test;moderator;alice.asc;\r\nBob;bob@people.test;;;${Buffer.from(certificateOf(bob())).toString("base64")}\r\n;carol@people.test;post-only;;\r\nDora;dora@people.test;;;\r\n`,
    );
    const source = await importFromCsv(table, await readCertificates(join(folder, "keys")));
    const planned = await plan(source);
    expect(planned.invited).toMatchObject([{ address: "dora@people.test", name: "Dora" }]);
    expect(await roster()).toEqual([]);
    const { invitees } = await carryOut(source);
    expect(await readFile(invitees ?? "", "utf8")).toBe(
      "address,name,reason\r\ndora@people.test,Dora,there is no key for this address\r\n",
    );
    expect(await roster()).toEqual([
      "alice@people.test Alice; of old moderator",
      "bob@people.test Bob member",
      "carol@people.test carol post-only",
    ]);
    // again: nothing
    const before = await server.office(({ store }) => store.record(list.list.id));
    expect(isDone(await plan(source))).toBe(true);
    await carryOut(source);
    const after = await server.office(({ store }) => store.record(list.list.id));
    expect(after).toEqual(before);
    expect(isWholeChain(after)).toBe(true);
    // a role that was changed here meanwhile stays
    await server.office((office) => setRole(office, list.address, "alice@people.test", "read-only"));
    await carryOut(source);
    expect((await roster())[0]).toBe("alice@people.test Alice; of old read-only");
  });

  test("all come in or nobody does", async () => {
    const table = await save("people.csv", "address,key\nalice@people.test,a.asc\nbob@people.test,b.asc\n");
    await save("a.asc", armored(alice()));
    await save("b.asc", armored(bob()));
    const source = await importFromCsv(table, none);
    await server.office(async (office) => {
      const planned = await planImport(office, list.list, source);
      // somebody joins between the view and the deed
      await server.join(list, bob());
      await expect(carryOutImport(office, planned)).rejects.toThrow(
        "bob@people.test: that address is already a member",
      );
    });
    expect(await roster()).toEqual(["bob@people.test Bob member"]);
    await expect(
      server.office((office) => addMembers(office, list.address, source.people, "mixed")),
    ).rejects.toThrow("bob@people.test: that address is already a member");
    expect(await roster()).toEqual(["bob@people.test Bob member"]);
  });

  test("what is exported can be added elsewhere; who is removed together goes together", async () => {
    for (const who of people) await server.join(list, who, "mixed");
    await server.office((office) => setRole(office, list.address, bob().address, "owner"));
    let text = "";
    await server.office(async ({ store }) => {
      for await (const line of exportedRoster(store, list.list.id)) text += line;
    });
    const file = await save("roster.csv", text);
    const other = await server.createList("other@lists.test");
    const source = await importFromCsv(file, none);
    expect(await server.office((office) => addMembers(office, other.address, source.people, "mixed"))).toBe(
      3,
    );
    const before = await roster();
    list = other;
    expect(await roster()).toEqual(before);
    await expect(
      server.office((office) =>
        removeMembers(office, other.address, ["alice@people.test", "nobody@people.test"]),
      ),
    ).rejects.toThrow("nobody@people.test: no member has that address");
    expect(await roster()).toEqual(before);
    await server.office((office) =>
      removeMembers(office, other.address, ["Alice@people.test", "carol@people.test"]),
    );
    expect(await roster()).toEqual(["bob@people.test Bob owner"]);
  });
});

test("keys: a folder, armored or not, several in a file, and a maildir; secret keys and rubbish are passed over", async () => {
  await save("a/both.asc", `-- \nhello\n${armored(alice())}\nand\n${armored(bob())}`);
  await save("a/empty", "");
  await save("a/secret.asc", await armorOpeningKey((await person("Dora")).key));
  await save("a/rubbish.gpg", Buffer.from([0xc6, 0x05, 1, 2]));
  await save("b/picture.png", Buffer.from([0x89, 0x50, 0x4e, 0x47]));
  const keydata = Buffer.from(certificateOf(carol())).toString("base64").replace(/.{70}/g, "$&\r\n ");
  await save(
    "mail/cur/1:2,S",
    `From: carol@people.test\r\nAutocrypt: addr=carol@people.test;\r\n keydata=${keydata}\r\nSubject: x\r\n\r\nhello\r\n`,
  );
  const pool = await readCertificates(folder);
  expect(pool.people.map(({ address, name }) => `${address} ${name}`).sort()).toEqual([
    "alice@people.test Alice",
    "bob@people.test Bob",
    "carol@people.test Carol",
  ]);
  await carryOut(importFromKeys(folder, pool));
  expect((await roster()).length).toBe(3);
  await expect(readCertificates(join(folder, "none"))).rejects.toThrow("can't be read (ENOENT)");
});

test("of two different keys for one address none is taken: anybody can make one", async () => {
  const forged = await generateMemberKey({
    name: "Alice",
    address: parseAddress("alice@people.test"),
    profile: "compatible",
  });
  await save("alice.asc", armored(alice()));
  // the same key once more is no second one
  await save("alice-again.gpg", certificateOf(alice()));
  expect((await plan(importFromKeys(folder, await readCertificates(folder)))).added.length).toBe(1);
  await save("forged.asc", armorSealingKey(sealingHalf(forged)));
  const planned = await plan(importFromKeys(folder, await readCertificates(folder)));
  expect(planned.added).toEqual([]);
  expect(planned.invited[0]?.reason).toContain(forged.fingerprint);
  expect(planned.invited[0]?.reason).toContain(alice().key.fingerprint);
});

test("who is on the list with another key keeps it; one key is one member", async () => {
  const other = await person("Bob");
  await server.join(list, other);
  await save("b.asc", armored(bob()));
  const table = await save(
    "t.csv",
    "address,key\nbob@people.test,b.asc\nrobert@people.test,b.asc\nalias@people.test,b.asc\n",
  );
  const planned = await plan(await importFromCsv(table, none));
  expect(planned.differing).toEqual(["bob@people.test"]);
  expect(planned.added.map(({ member }) => member.address)).toEqual(["robert@people.test"]);
  expect(planned.invited[0]?.reason).toBe("their key is robert@people.test's on this list");
  expect(importLines(planned).at(-1)).toBe(
    "in all       1 to add, who go on with gpg; 1 on the list already; 1 to invite",
  );
});

test("a table that is none, and lines that can't be meant, are named", async () => {
  const from = async (text: string) => importFromCsv(await save("t.csv", text), none);
  await expect(from("name\nAlice\n")).rejects.toThrow("must name the columns, among them address");
  await expect(from("address\nalice\n")).rejects.toThrow('t.csv, line 2: "alice" is not a mail address');
  await expect(from("address,role\na@people.test,boss\n")).rejects.toThrow("line 2: the role must be one of");
  await expect(from('address\n"a@people.test\n')).rejects.toThrow("not a table of comma-separated values");
});

test("no cell is a formula for a spreadsheet, and each comes back as it was", () => {
  const cells = ['=HYPERLINK("http://evil.test")', "+1", "@x", "-", "plain, and\nmore", 'a "quoted" one'];
  const line = csvLine(cells);
  expect(line).not.toMatch(/(^|,)"?[=+@-]/);
  const [row] = readCsv(`a,b,c,d,e,f\r\n${line}`, "t.csv");
  expect([...(row?.values() ?? [])]).toEqual(cells);
});
