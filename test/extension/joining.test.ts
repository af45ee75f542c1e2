/** How joining and leaving change what is kept; which mails bring an invitation; what wrong codes cost. */

import { keysFor } from "../../src/extension/keys/key-validity.js";
import { waitAfter } from "../../src/extension/member/join.js";
import {
  assertJoinable,
  beginJoin,
  forgetJoin,
  joined,
  joinRefused,
  left,
} from "../../src/extension/member/membership-changes.js";
import { refusedJoins, summaryOfList } from "../../src/extension/records/storage.js";
import { emptyStored, readStored, type Stored } from "../../src/extension/records/stored.js";
import { invitationPart } from "../../src/mail/found-parts.js";
import { storedKey, storedList } from "./stored-fixture.js";

const { address } = storedList;
const { fingerprint } = storedKey;
const by = "cc".repeat(20);
const joining = (stored: Stored, list = storedList) => beginJoin(stored, { list, by }, fingerprint).stored;
const standing = (stored: Stored) => {
  const list = stored.lists[address];
  return list === undefined ? undefined : summaryOfList(list, stored).membership;
};

describe("the key for a list", () => {
  const six = { ...storedKey, fingerprint: "ee".repeat(32) };
  const over = { ...storedKey, fingerprint: "ff".repeat(20), expiresAt: "2026-02-01T00:00:00.000Z" };
  const others = { ...storedKey, fingerprint: "ab".repeat(20), address: "bob@example.test" };
  const keys = Object.fromEntries([storedKey, six, over, others].map((key) => [key.fingerprint, key]));
  const found = (profile: "compatible" | "rfc9580") =>
    keysFor(keys, { address: storedKey.address, profile }, new Date("2026-03-01")).map(
      (key) => key.fingerprint,
    );

  test("is of the address, has not run out, and is one that every member can verify", () => {
    expect(found("compatible")).toEqual([storedKey.fingerprint]);
    expect(found("rfc9580")).toEqual([six.fingerprint]);
  });
});

describe("joining", () => {
  test("the list is here at once, and the answer makes a member and deletes the secret", () => {
    const waiting = joining(emptyStored);
    expect(standing(waiting)).toBe("joining");
    expect(waiting.lists[address]).toMatchObject({ memberKey: fingerprint });
    const { stored } = joined(waiting, address);
    expect(standing(stored)).toBe("member");
    expect(stored.lists[address]?.introductionSecret).toBeNull();
    expect(stored.joining).toEqual({});
    expect(readStored(JSON.parse(JSON.stringify(stored)))).toEqual(stored);
  });

  test("a refusal leaves no list behind, and says why until it is read", () => {
    const { stored } = joinRefused(joining(emptyStored), address, "withdrawn");
    expect(stored.lists).toEqual({});
    expect(refusedJoins(stored)).toEqual([{ address, name: "Team", code: "withdrawn" }]);
    expect(forgetJoin(stored, address).stored).toMatchObject({ lists: {}, joining: {} });
  });

  test("a refusal to a member changes nothing of what they had, however often they tried", () => {
    const before = { ...emptyStored, lists: { [address]: { ...storedList, introductionSecret: null } } };
    const again = { ...storedList, introduction: "T1RIRVI=" };
    const twice = joining(joining(before, again), again);
    expect(joinRefused(twice, address, "introduction-used").stored.lists).toEqual(before.lists);
    expect(forgetJoin(twice, address).stored).toMatchObject({ lists: before.lists, joining: {} });
  });

  const stranger = { ...storedList.owners[0], fingerprint: "ee".repeat(20) };
  const owners = storedList.owners;
  test.each([
    ["another list key", { listKeyFingerprint: "00".repeat(20) }, by, "list-conflict"],
    ["another server", { serverFingerprint: "00".repeat(20) }, by, "list-conflict"],
    ["the keys of a known list under another address", { address: "b@lists.example" }, by, "list-conflict"],
    ["a signer who owns the list by the file alone", {}, "ee".repeat(20), "unknown-owner"],
    [
      "an owner who is not known here",
      { owners: [...owners, stranger] as typeof owners },
      by,
      "unknown-owner",
    ],
    ["the very invitation that one came in by", {}, by, "already-a-member"],
  ])("%s is refused", (_, change, signer, code) => {
    const stored = { ...emptyStored, lists: { [address]: storedList } };
    const before = JSON.stringify(stored);
    const invitation = { list: { ...storedList, ...change }, by: signer };
    expect(() => assertJoinable(stored, invitation)).toThrow(expect.objectContaining({ code }));
    expect(() => beginJoin(stored, invitation, fingerprint)).toThrow(expect.objectContaining({ code }));
    expect(JSON.stringify(stored)).toBe(before);
  });

  test("an owner of former times invites nobody any more", () => {
    const former = owners.map((owner) => ({ ...owner, to: 1 }));
    const stored = { ...emptyStored, lists: { [address]: { ...storedList, owners: former } } };
    const invitation = { list: { ...storedList, introduction: "T1RIRVI=" }, by };
    expect(() => assertJoinable(stored, invitation)).toThrow(
      expect.objectContaining({ code: "unknown-owner" }),
    );
  });

  test("of a list that is known only the introduction is taken; a refusal takes nothing back that owners told", () => {
    const known = { ...storedList, introduction: "QUxU", introductionSecret: null };
    const stored = { ...emptyStored, lists: { [address]: known } };
    const said = { name: "X", requestAddress: "x@x.test", mode: "whole", serverCertificate: "WA==" } as const;
    const after = joining(stored, { ...storedList, ...said });
    const { introduction, introductionSecret } = storedList;
    expect(after.lists[address]).toEqual({
      ...known,
      introduction,
      introductionSecret,
      memberKey: fingerprint,
    });
    const told = {
      ...after,
      lists: { [address]: { ...storedList, ...after.lists[address], listKey: "TkVX" } },
    };
    expect(joinRefused(told, address, "withdrawn").stored.lists[address]).toEqual({
      ...known,
      listKey: "TkVX",
    });
  });

  test("what only an invitation says binds nobody: the next one takes its place, and a refusal leaves nothing", () => {
    const pins = { pins: {}, introductions: {}, seen: {}, revoked: { ["ab".repeat(20)]: "2026-01-01" } };
    const waiting = { ...joining(emptyStored), pins: { [address]: pins } };
    const honest = {
      ...storedList,
      listKeyFingerprint: "0f".repeat(20),
      owners: [stranger] as typeof owners,
    };
    const after = beginJoin(waiting, { list: honest, by: stranger.fingerprint }, fingerprint).stored;
    expect(after.lists[address]).toMatchObject({ listKeyFingerprint: honest.listKeyFingerprint });
    expect(after.pins).toEqual({});
    expect(forgetJoin(waiting, address).stored).toMatchObject({ lists: {}, pins: {}, joining: {} });
  });

  test("an invitation that still names a former list key takes nobody back to it", () => {
    const today = {
      ...storedList,
      listKey: "TkVX",
      listKeyFingerprint: "ef".repeat(20),
      formerListKeys: [
        {
          listKey: storedList.listKey,
          fingerprint: storedList.listKeyFingerprint,
          graceEnds: "2026-02-01T00:00:00.000Z",
        },
      ],
      serials: { ...storedList.serials, "new-list-key": 2 },
    };
    const stored = { ...emptyStored, lists: { [address]: today } };
    const after = joining(stored, { ...storedList, introduction: "T1RIRVI=" }).lists[address];
    expect(after).toMatchObject({
      listKeyFingerprint: "ef".repeat(20),
      listKey: "TkVX",
      serials: { "new-list-key": 2 },
    });
  });
});

test("who has left keeps the list for its old mail, and may come back", () => {
  const stored = left({ ...emptyStored, lists: { [address]: storedList } }, address).stored;
  expect(standing(stored)).toBe("left");
  expect(stored.lists[address]?.listKey).toBe(storedList.listKey);
  expect(standing(joined(joining(stored), address).stored)).toBe("member");
});

describe("an invitation in a mail", () => {
  const mail = (...names: readonly string[]) => ({
    contentType: "message/rfc822",
    parts: [
      {
        contentType: "multipart/mixed",
        parts: names.map((name, index) => ({
          contentType: "application/octet-stream",
          name,
          partName: `1.${index}`,
        })),
      },
    ],
  });

  test("is known by its name", () => {
    expect(invitationPart(mail("photo.jpg", "team-bob.LISTSEAL"))).toEqual({ partName: "1.1" });
  });

  test.each([
    ["none", mail("photo.jpg")],
    ["two", mail("a.listseal", "b.listseal")],
    ["one behind very many parts", mail(...Array.from({ length: 100 }, () => "x"), "a.listseal")],
  ])("%s is no offer", (_, tree) => {
    expect(invitationPart(tree)).toBeUndefined();
  });
});

test("wrong codes cost more and more time, up to a limit", () => {
  expect([0, 1, 2, 3, 4, 6, 40].map(waitAfter)).toEqual([0, 0, 0, 1_000, 2_000, 8_000, 30_000]);
});
