/** The worker's jobs for owners, with real keys: what they make is read by those for whom it is. */

import {
  type ListForWorker,
  listForWorker,
  type NoticeContent,
} from "../../src/extension/records/owned-list.js";
import { noticePackets, sealNoticeForAll } from "../../src/extension/worker/epoch-notice.js";
import { makeListKey, readCardFile, readPublicKey } from "../../src/extension/worker/owner-card.js";
import { makeInvitation } from "../../src/extension/worker/owner-invite.js";
import {
  followRecord,
  readLog,
  readReceipt,
  readReceiptAuthor,
} from "../../src/extension/worker/owner-record.js";
import { fromBase64, toBase64 } from "../../src/mail/base64.js";
import { parseAddress, requestAddress } from "../../src/mail/mailbox.js";
import { makeCode, readInvitation } from "../../src/membership/invitation/invitation.js";
import { makeClaimCode, writeCard } from "../../src/membership/invitation/server-card.js";
import { type ListBeforeNotice, openNotice, writeReceipt } from "../../src/membership/notice/owner-notice.js";
import { noticeOf } from "../../src/membership/notice/shared-notice.js";
import type { RecordLink } from "../../src/membership/request/answer-result.js";
import { hashedText } from "../../src/membership/roster/log.js";
import { noHistory } from "../../src/membership/roster/state.js";
import { sha256 } from "../../src/openpgp/digest.js";
import {
  armorSealingKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  sealingHalf,
  userIdOf,
  writeOpeningKey,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import type { RosterHead } from "../../src/protocol/message.js";
import { ownedList } from "./owned-fixture.js";

const DAY = 86_400_000;
const now = () => new Date().toISOString();
const team = parseAddress("team@lists.example");
const olga = parseAddress("olga@example.test");
const bob = parseAddress("bob@example.test");

let owner: OpeningKey<"member">;
let secret: string;
let server: OpeningKey<"server">;
let list: ListForWorker;

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
    ...listForWorker(ownedList),
    ownerKey: owner.fingerprint,
    listKey: key.listKey,
    listKeyFingerprint: key.fingerprint,
    serverCertificate: toBase64(writeSealingKey(sealingHalf(server))),
    serverFingerprint: server.fingerprint,
    owners: [term(owner, olga, 0)],
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

  const receipt = await writeReceipt(opened.notice, member, sealingHalf(owner));
  // whose certificate is wanted, and of which list
  const author = { kind: "receipt", list: team, by: member.fingerprint };
  expect(await readReceiptAuthor({ secret, sealed: receipt })).toEqual(author);
  expect(await readReceipt({ secret, certificate, sealed: receipt, now: now() })).toEqual({
    kind: "receipt",
    by: member.fingerprint,
    news: "new-list-key",
    serial: 1,
  });
  // attack: a receipt that names somebody else
  const other = armorSealingKey(sealingHalf(owner));
  await expect(
    readReceipt({ secret, certificate: other, sealed: receipt, now: now() }),
  ).rejects.toMatchObject({ code: "unknown-author" });
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

describe("a record that is followed further", () => {
  const newest = { number: 2, hash: "22".repeat(32) };
  const follow = (links: readonly RecordLink[], from = newest) =>
    followRecord({ list, newest: from, links, now: now() });
  const log = { address: team, history: { ...noHistory, hashes: ["11".repeat(32), newest.hash] } };

  /** An entry of the operator's. */
  async function entryAfter(previous: RosterHead, entry: object): Promise<RecordLink> {
    const number = previous.number + 1;
    const text = JSON.stringify(entry);
    const bytes = new TextEncoder().encode(hashedText(number, previous.hash, text));
    return { number, previous: previous.hash, entry: text, hash: await sha256(bytes) };
  }
  const added = (name: string) => ({
    ...{ do: "add", by: "operator", at: "2026-03-01T00:00:00.000Z" },
    ...{ address: `${name}@example.test`, fingerprint: "ab".repeat(20) },
  });

  test("the log is given once, and what comes after it is followed from there", async () => {
    await readLog(log);
    const first = await entryAfter(newest, added("ann"));
    expect(await follow([first])).toMatchObject({
      kind: "followed",
      hashes: [first.hash],
      change: { members: { "ann@example.test": { by: "operator" } }, unsigned: [{ what: "add" }] },
    });
    const second = await entryAfter(first, { ...added("ann"), do: "remove" });
    const answer = await follow([second], first);
    expect(answer).toMatchObject({ kind: "followed", change: { members: { "ann@example.test": null } } });
  });

  test("another log than the one that is known here is asked for", async () => {
    await readLog(log);
    const other = { ...newest, hash: "33".repeat(32) };
    expect(await follow([], other)).toEqual({ kind: "log-needed" });
    // and then none is known
    expect(await follow([])).toEqual({ kind: "log-needed" });
    await readLog({ ...log, address: "other@lists.example" });
    expect(await follow([])).toEqual({ kind: "log-needed" });
  });

  // attack: a server that shows another record than the one that was followed
  test("one that does not go on from the known one is an alarm, and the log is given anew", async () => {
    await readLog(log);
    const link = { number: 3, previous: "33".repeat(32), entry: "{}", hash: "44".repeat(32) };
    await expect(follow([link])).rejects.toMatchObject({ code: "roster-forked" });
    expect(await follow([])).toEqual({ kind: "log-needed" });
    // one that breaks off in the middle leaves no half-followed log behind
    await readLog(log);
    const good = await entryAfter(newest, added("ann"));
    await expect(follow([good, { ...link, number: 4 }])).rejects.toMatchObject({ code: "roster-altered" });
    await readLog(log);
    expect(await follow([good])).toMatchObject({ kind: "followed" });
  });
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
