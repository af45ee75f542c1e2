/** A notice that is sealed once for all members: each opens it with their packet, and with nobody else's. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { type ListBeforeNotice, type Notice, openNotice } from "../../src/membership/notice/owner-notice.js";
import { noticeOf, packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import {
  armorOpeningKey,
  generateKey,
  generateMemberKey,
  type OpeningKey,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { split } from "../../src/openpgp/packets.js";
import { team } from "./chain.js";
import { pairIn } from "./list-pair.js";

describe.each(["compatible", "rfc9580"] as const)("a notice for all members (%s)", (profile) => {
  let people: Readonly<Record<"olga" | "bob" | "carol" | "eve", OpeningKey<"member">>>;
  let next: OpeningKey<"list">;
  let notice: Notice;
  let known: ListBeforeNotice;

  beforeAll(async () => {
    const person = (name: string) => generateMemberKey({ address: `${name}@x.test`, name, profile });
    const [olga, bob, carol, eve] = await Promise.all([
      person("olga"),
      person("bob"),
      person("carol"),
      person("eve"),
    ]);
    people = { olga, bob, carol, eve };
    const before = await generateKey("list", { address: team, profile });
    next = await generateKey("list", { address: team, profile });
    notice = {
      serial: 1,
      date: new Date(Math.floor(Date.now() / 1000) * 1000),
      list: { address: team, key: before.fingerprint },
      news: { kind: "new-list-key", listKey: next, graceEnds: new Date("2026-09-01T00:00:00Z") },
    };
    known = {
      address: team,
      profile,
      keys: [before.fingerprint],
      secrets: [],
      owners: [{ certificate: sealingHalf(olga), address: parseAddress("olga@x.test"), from: 0 }],
      server: sealingHalf(await generateKey("server", { address: team, profile })),
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
  });

  const packetOf = (member: OpeningKey<"member">, sessionKey: Uint8Array) =>
    packetFor(sealingHalf(member), sessionKey, notice.date);

  test("each member opens it with their packet alone, and it is the owner's", async () => {
    const { olga, bob, carol, eve } = people;
    const { dataPacket, sessionKey } = await sealForMembers(notice, olga);
    for (const member of [bob, carol]) {
      const packet = await packetOf(member, sessionKey);
      // nothing of another member is in what they get
      const sealed = noticeOf(packet, dataPacket);
      expect(split(sealed)).toEqual({ keyPacket: packet, dataPacket });
      const read = await openNotice(sealed, member, known);
      if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no new key");
      expect(read.by).toBe(olga.fingerprint);
      expect(await armorOpeningKey(pairIn(read.notice.news.listKey))).toBe(await armorOpeningKey(next));
      expect({ ...read.notice, news: undefined }).toEqual({ ...notice, news: undefined });
      expect(await openNotice(sealed, eve, known)).toEqual({ kind: "not-for-me" });
    }
  });

  test("somebody's packet does not open another notice", async () => {
    const { olga, bob } = people;
    const [one, other] = [await sealForMembers(notice, olga), await sealForMembers(notice, olga)];
    const packet = await packetOf(bob, one.sessionKey);
    await expect(openNotice(noticeOf(packet, other.dataPacket), bob, known)).rejects.toMatchObject({
      code: "damaged",
    });
    expect(Buffer.from(one.sessionKey).equals(other.sessionKey)).toBe(false);
    // a fresh ephemeral key each time
    expect(Buffer.from(await packetOf(bob, one.sessionKey)).equals(packet)).toBe(false);
  });

  test("one that nobody of the owners signed is not believed", async () => {
    const { bob, eve } = people;
    const { dataPacket, sessionKey } = await sealForMembers(notice, eve);
    const sealed = noticeOf(await packetOf(bob, sessionKey), dataPacket);
    await expect(openNotice(sealed, bob, known)).rejects.toMatchObject({ code: "unknown-author" });
  });

  test("a certificate that can't be used gets no packet", async () => {
    const { olga, bob } = people;
    const { sessionKey } = await sealForMembers(notice, olga);
    const early = new Date("2001-01-01T00:00:00Z");
    await expect(packetFor(sealingHalf(bob), sessionKey, early)).rejects.toMatchObject({
      code: "key-from-the-future",
    });
  });
});
