/** The worker's jobs for owners, with real keys: what they make is read by those for whom it is. */

import type { NoticeContent, OwnedList } from "../../src/extension/records/owned-list.js";
import { noticePackets, sealNoticeForAll } from "../../src/extension/worker/epoch-notice.js";
import { makeListKey, readCardFile, readPublicKey } from "../../src/extension/worker/owner-card.js";
import { makeInvitation } from "../../src/extension/worker/owner-invite.js";
import { followRecord, readReceipt } from "../../src/extension/worker/owner-record.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { makeCode, readInvitation } from "../../src/membership/invitation/invitation.js";
import { makeClaimCode, writeCard } from "../../src/membership/invitation/server-card.js";
import { type ListBeforeNotice, openNotice, writeReceipt } from "../../src/membership/notice/owner-notice.js";
import { noticeOf } from "../../src/membership/notice/shared-notice.js";
import {
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  parseFingerprint,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { ownedList } from "./owned-fixture.js";

const DAY = 86_400_000;
const now = () => new Date().toISOString();
const team = parseAddress("team@lists.example");
const olga = parseAddress("olga@example.test");
const bob = parseAddress("bob@example.test");

let owner: OpeningKey<"member">;
let secret: string;
let server: OpeningKey<"server">;
let list: OwnedList;

const term = (key: OpeningKey<"member">, address: string, from: number) => ({
  fingerprint: key.fingerprint,
  certificate: toBase64(writeSealingKey(sealingHalf(key))),
  userId: userIdOf(key),
  address,
  from,
  to: null,
});

beforeAll(async () => {
  owner = await generateMemberKey({ address: olga, name: "Olga", profile: "compatible" });
  secret = toBase64(await writeOpeningKey(owner));
  server = await generateKey("server", { address: team, profile: "compatible" });
  const key = await makeListKey({ address: team, profile: "compatible", kind: "pair" });
  list = {
    ...ownedList,
    ownerKey: owner.fingerprint,
    listKey: key.listKey,
    listKeyFingerprint: key.fingerprint,
    serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
    serverFingerprint: server.fingerprint,
    owners: [term(owner, olga, 0)],
    history: { ...ownedList.history, members: {} },
  };
});

const known = (): ListBeforeNotice => ({
  address: team,
  profile: "compatible",
  keys: [list.listKeyFingerprint],
  secrets: [],
  owners: [{ certificate: sealingHalf(owner), address: olga, from: 0 }],
  server: sealingHalf(server),
  serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
});

test("a card says what its server wrote, and nothing once it has run out", async () => {
  const code = makeClaimCode();
  const expires = new Date(Math.floor(Date.now() / 1000) * 1000 + DAY);
  const words = {
    listAddress: team,
    listName: "Team",
    requestAddress: requestAddress(team),
    mode: "key",
    delivery: "resealed",
    profile: "compatible",
  } as const;
  const file = await writeCard({ ...words, code, expires, listKeys: ["pair"] }, server);
  const card = await readCardFile({ file, now: now() });
  expect(card).toMatchObject({ address: team, code, serverFingerprint: server.fingerprint });
  const late = new Date(expires.getTime() + DAY).toISOString();
  await expect(readCardFile({ file, now: late })).rejects.toMatchObject({ code: "card-expired" });
});

test("an invitation opens with its code and with no other, and lets in its address alone", async () => {
  const code = makeCode();
  const joinBy = new Date(Date.now() + DAY).toISOString();
  const input = { list, secret, invitee: bob, code, joinBy, now: now() };
  const made = await makeInvitation(input);
  expect(made.fileName).toBe("team-bob.listseal");
  const read = await readInvitation(made.file, code);
  expect(read).toMatchObject({ listAddress: team, invitee: bob });
  expect(read.introduction.fingerprint).toBe(made.introduction);
  await expect(readInvitation(made.file, makeCode())).rejects.toMatchObject({ code: "wrong-code" });
});

test("former owners' introductions stay, and former owners are in no new invitation", async () => {
  const former = await generateMemberKey({ address: "mia@example.test", name: "Mia", profile: "compatible" });
  const withFormer = { ...list, owners: [...list.owners, { ...term(former, "mia@example.test", 0), to: 1 }] };
  const code = makeCode();
  const joinBy = new Date(Date.now() + DAY).toISOString();
  const made = await makeInvitation({ list: withFormer, secret, invitee: bob, code, joinBy, now: now() });
  const { owners } = await readInvitation(made.file, code);
  expect(owners.map(({ fingerprint }) => fingerprint)).toEqual([owner.fingerprint]);
});

/** A notice as the add-on makes it, for one member. */
async function noticeFor(certificate: string, tidings: NoticeContent): Promise<Uint8Array> {
  const at = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const input = { list, secret, tidings, before: [], serial: 1, now: at };
  const { body, sessionKey } = await sealNoticeForAll(input);
  const members = [{ certificate, target: null }];
  const { made } = await noticePackets({ sessionKey, profile: "compatible", members, now: at });
  const packet = made[0]?.packet;
  if (packet === undefined || packet === null) throw new Error("no packet");
  return noticeOf(packet, fromBase64(body));
}

test("notices are opened by their member, and a receipt names who has it", async () => {
  const member = await generateMemberKey({ address: bob, name: "Bob", profile: "compatible" });
  const certificate = armorSealingKey(sealingHalf(member));
  const next = await makeListKey({ address: team, profile: "compatible", kind: "pair" });
  const graceEnds = new Date(Math.floor(Date.now() / 1000) * 1000).toISOString();
  const { listKey, fingerprint } = next;
  const sealed = await noticeFor(certificate, { news: "new-list-key", listKey, fingerprint, graceEnds });
  const opened = await openNotice(sealed, member, known());
  if (opened.kind !== "news" || opened.notice.news.kind !== "new-list-key") throw new Error("no list key");
  expect(opened.notice.news.listKey.fingerprint).toBe(next.fingerprint);

  const history = {
    ...list.history,
    members: {
      [bob]: {
        fingerprint: parseFingerprint(member.fingerprint),
        role: "member" as const,
        since: graceEnds,
        by: "introduction" as const,
        certificate,
      },
    },
  };
  const receipt = await writeReceipt(opened.notice, member, sealingHalf(owner));
  const told = { ...list, history };
  expect(await readReceipt({ list: told, secret, sealed: receipt, now: now() })).toEqual({
    kind: "receipt",
    by: member.fingerprint,
    news: "new-list-key",
    serial: 1,
  });
  // from nobody in the owner's own log
  await expect(readReceipt({ list, secret, sealed: receipt, now: now() })).rejects.toMatchObject({
    code: "unknown-author",
  });
});

test("members take other owners from an owner's notice", async () => {
  const member = await generateMemberKey({ address: bob, name: "Bob", profile: "compatible" });
  const second = await generateMemberKey({ address: "mia@example.test", name: "Mia", profile: "compatible" });
  const owners = [...list.owners, term(second, "mia@example.test", 1)];
  const certificate = armorSealingKey(sealingHalf(member));
  const sealed = await noticeFor(certificate, { news: "owners", owners });
  const opened = await openNotice(sealed, member, known());
  if (opened.kind !== "news" || opened.notice.news.kind !== "owners") throw new Error("no owners");
  expect(opened.notice.news.owners.map(({ address }) => address)).toEqual([olga, "mia@example.test"]);
});

// attack: a server that shows another record than the one that was followed
test("a record that does not go on from the known one is an alarm, and changes nothing", async () => {
  const link = { number: 3, previous: "33".repeat(32), entry: "{}", hash: "44".repeat(32) };
  await expect(followRecord({ list, links: [link], now: now() })).rejects.toMatchObject({
    code: "roster-forked",
  });
  expect((await followRecord({ list, links: [], now: now() })).history).toEqual(list.history);
});

test("a public key is read armored and binary, and a list key is no member's", async () => {
  const grace = sealingHalf(
    await generateMemberKey({ address: "grace@example.test", name: "Grace", profile: "compatible" }),
  );
  const armored = new TextEncoder().encode(armorSealingKey(grace));
  for (const file of [armored, writeSealingKey(grace)]) {
    expect(await readPublicKey({ file, now: now() })).toMatchObject({
      fingerprint: grace.fingerprint,
      addresses: ["grace@example.test"],
    });
  }
  const made = await makeListKey({ address: team, profile: "compatible", kind: "pair" });
  await expect(readPublicKey({ file: made.certificate, now: now() })).rejects.toMatchObject({
    code: "wrong-role",
  });
});
