/** Owners' notices in a member's add-on, with real keys: the switch, late ones, old ones, and those of somebody else. */

import { noSerials, type StoredList } from "../../src/extension/records/stored.js";
import { makeKey } from "../../src/extension/worker/member-keys.js";
import { openSealedNotice } from "../../src/extension/worker/notices.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type News, openReceipt, writeNotice } from "../../src/membership/notice/owner-notice.js";
import {
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseFingerprint,
  parseSealingKey,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { storedList } from "./stored-fixture.js";

const team = parseAddress("team@lists.example");
const profile = "compatible";
const olgasAddress = parseAddress("olga@example.test");
const graceEnds = new Date("2030-01-01T00:00:00Z");
const listKeyOf = () => generateKey("list", { address: team, profile });

async function cast() {
  const olga = await generateMemberKey({ address: olgasAddress, name: "Olga", profile });
  const server = await generateKey("server", { address: team, profile });
  const listKey = await listKeyOf();
  const now = new Date().toISOString();
  const bob = await makeKey({ address: "bob@example.test", name: "Bob", passphrase: null, profile, now });
  const list: StoredList = {
    ...storedList,
    address: team,
    listKey: toBase64(await writeOpeningKey(listKey)),
    listKeyFingerprint: listKey.fingerprint,
    serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
    serverFingerprint: server.fingerprint,
    owners: [
      {
        fingerprint: olga.fingerprint,
        certificate: toBase64(writeSealingKey(sealingHalf(olga))),
        userId: userIdOf(olga),
        address: olgasAddress,
        from: 0,
        to: null,
      },
    ],
  };
  return { olga, server, listKey, bob, list };
}
let people: Awaited<ReturnType<typeof cast>>;
beforeAll(async () => {
  people = await cast();
});

async function notice(news: News, serial: number, by?: OpeningKey<"member">): Promise<Uint8Array> {
  const { olga, bob, list } = people;
  const member = await parseSealingKey("member", fromBase64(bob.key.certificate));
  const named = { address: team, key: parseFingerprint(list.listKeyFingerprint) };
  return writeNotice({ serial, date: new Date(), list: named, news }, by ?? olga, member);
}

async function take(sealed: Uint8Array, list = people.list) {
  const now = new Date().toISOString();
  const taken = await openSealedNotice({ sealed, lists: [list], secrets: [people.bob.secret], now });
  if (taken.kind !== "notice") throw new Error("not for Bob");
  return taken;
}

test("a new list key: the switch, the old key stays for old mail, and the owner can read the receipt", async () => {
  const next = await listKeyOf();
  const taken = await take(await notice({ kind: "new-list-key", listKey: next, graceEnds }, 1));
  const { list } = people;
  expect(taken.list).toMatchObject({
    listKeyFingerprint: next.fingerprint,
    formerListKeys: [
      { fingerprint: list.listKeyFingerprint, listKey: list.listKey, graceEnds: graceEnds.toISOString() },
    ],
    serials: { ...noSerials, "new-list-key": 1 },
  });
  const bob = await parseSealingKey("member", fromBase64(people.bob.key.certificate));
  expect(await openReceipt(taken.receipt, people.olga, [bob])).toMatchObject({
    news: "new-list-key",
    serial: 1,
    by: bob.fingerprint,
  });
});

test("two that come in the wrong order: both keys open mail, the newer one is sealed with", async () => {
  const [second, third] = [await listKeyOf(), await listKeyOf()];
  const first = await notice({ kind: "new-list-key", listKey: second, graceEnds }, 1);
  const later = await take(await notice({ kind: "new-list-key", listKey: third, graceEnds }, 2));
  const both = await take(first, later.list);
  expect(both.list.listKeyFingerprint).toBe(third.fingerprint);
  expect(both.list.formerListKeys.map(({ fingerprint }) => fingerprint)).toEqual([
    second.fingerprint,
    people.list.listKeyFingerprint,
  ]);
  expect(both.list.serials["new-list-key"]).toBe(2);
  await expect(take(first, both.list)).rejects.toMatchObject({ code: "old-serial" });
});

test("a new server key, and new owners", async () => {
  const server = await generateKey("server", { address: team, profile });
  const replaces = people.server.fingerprint;
  const moved = await take(
    await notice({ kind: "new-server-key", server: sealingHalf(server), replaces }, 1),
  );
  expect(moved.list).toMatchObject({
    serverFingerprint: server.fingerprint,
    formerServers: [people.list.serverCertificate],
  });
  const owen = await generateMemberKey({ address: parseAddress("owen@example.test"), profile });
  const terms = [
    { certificate: sealingHalf(people.olga), address: olgasAddress, from: 0, to: 1 },
    { certificate: sealingHalf(owen), address: parseAddress("owen@example.test"), from: 1 },
  ];
  const owned = await take(await notice({ kind: "owners", owners: terms }, 1), moved.list);
  expect(owned.list.owners.map(({ address, to }) => [address, to])).toEqual([
    ["olga@example.test", 1],
    ["owen@example.test", null],
  ]);
  // who is an owner no more makes no notices any more
  const again = await notice({ kind: "new-list-key", listKey: await listKeyOf(), graceEnds }, 1);
  await expect(take(again, owned.list)).rejects.toMatchObject({ code: "unknown-author" });
});

test("a notice by a stranger, or by the list's server, changes nothing", async () => {
  const stranger = await generateMemberKey({ address: olgasAddress, name: "Olga", profile });
  const forged = await notice({ kind: "new-list-key", listKey: await listKeyOf(), graceEnds }, 9, stranger);
  await expect(take(forged)).rejects.toMatchObject({ code: "unknown-author" });
});

test("one for another key is not for Bob", async () => {
  const other = await cast();
  const sealed = await notice({ kind: "new-list-key", listKey: await listKeyOf(), graceEnds }, 1);
  const now = new Date().toISOString();
  expect(await openSealedNotice({ sealed, lists: [people.list], secrets: [other.bob.secret], now })).toEqual({
    kind: "not-for-me",
  });
});
