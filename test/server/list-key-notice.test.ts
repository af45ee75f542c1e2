/** The notice of a new list key that is sealed once for all members: left with the server in parts, and passed on from the moment of the change. */

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import {
  type ListBeforeNotice,
  type Notice,
  openNotice,
  openReceipt,
  writeReceipt,
} from "../../src/membership/notice/owner-notice.js";
import { packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import type { Command } from "../../src/membership/request/request.js";
import { sha256 } from "../../src/openpgp/digest.js";
import {
  armorOpeningKey,
  generateKey,
  type OpeningKey,
  type Profile,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { split } from "../../src/openpgp/packets.js";
import type { SplitSeal } from "../../src/openpgp/split-seal.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import { pairIn } from "../membership/list-pair.js";
import {
  begin,
  card,
  certificate,
  claim,
  DAY,
  invites,
  joins,
  listKey,
  olga,
  play,
  refused,
  says,
  teamAddress,
} from "./asking.js";
import { type Person, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

const inWholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);

onEachStore(() => {
  describe.each(["compatible", "rfc9580"] as const)("a notice for all members (%s)", (profile: Profile) => {
    let bob: Person;
    let eve: Person;
    let next: OpeningKey<"list">;
    let known: ListBeforeNotice;
    let sealed: SplitSeal;

    const noticeOf = (key: OpeningKey<"list">): Notice => ({
      serial: 1,
      date: inWholeSeconds(Date.now()),
      list: { address: teamAddress, key: listKey.fingerprint },
      news: { kind: "new-list-key", listKey: key, graceEnds: inWholeSeconds(Date.now() + DAY) },
    });

    beforeEach(async () => {
      await begin(profile);
      await says(olga, claim());
      const guests = await Promise.all(
        ["Bob", "Eve"].map(async (name) => invites(await person(name, profile))),
      );
      for (const guest of guests) await joins(guest);
      const [first, second] = guests;
      if (first === undefined || second === undefined) throw new Error("no guests");
      bob = first.who;
      eve = second.who;
      next = await generateKey("list", { address: teamAddress, profile });
      sealed = await sealForMembers(noticeOf(next), olga.key);
      known = {
        address: teamAddress,
        profile,
        keys: [listKey.fingerprint],
        secrets: [],
        owners: [{ certificate: sealingHalf(olga.key), address: parseAddress(olga.address), from: 0 }],
        server: card.server,
        serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
      };
    });
    afterEach(() => play.discard());

    const part = async (made: SplitSeal, ...to: readonly Person[]): Promise<Command> => ({
      do: "list-key-notice",
      serial: 1,
      body: made.dataPacket,
      packets: await Promise.all(
        to.map(async ({ key }) => ({
          to: key.fingerprint,
          packet: await packetFor(sealingHalf(key), made.sessionKey, new Date()),
        })),
      ),
    });
    const store = () => play.service.store;
    const listRow = async () => {
      const row = await store().listByAddress(teamAddress);
      if (row === undefined) throw new Error("no list");
      return row;
    };
    /** How many notices the server keeps, whoever left them. */
    const keptNotices = async () => {
      const { place } = play;
      const database = place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
      const { rows } = await database.query({ sql: "SELECT id FROM shared_notices", values: [] });
      await database.close();
      return rows.length;
    };
    const headNow = async () => store().recordHead((await listRow()).id);
    const change = async (made: SplitSeal, key = next, head?: { number: number; hash: string }) => {
      const named = head ?? (await headNow());
      return {
        do: "new-list-key",
        serial: 1,
        replaces: listKey.fingerprint,
        listKey: certificate(key),
        graceEnds: inWholeSeconds(Date.now() + DAY),
        notice: { digest: await sha256(made.dataPacket), head: named },
      } as const satisfies Command;
    };
    const noticesTo = (who: Person): Uint8Array[] =>
      play.sink.for(who.address).flatMap(({ raw }) => {
        const found = raw.toString("latin1").split(requestTypes.notice)[1];
        const base64 = found?.split("\r\n\r\n")[1]?.split("\r\n--")[0];
        return base64 === undefined ? [] : [new Uint8Array(Buffer.from(base64, "base64"))];
      });
    const done = { kind: "done" };

    test("comes in parts; nobody hears of it before the list has changed, then each gets their own packet", async () => {
      expect(await says(olga, await part(sealed, bob))).toMatchObject(done);
      expect(await says(olga, await part(sealed, eve))).toMatchObject(done);
      // a part whose answer was lost comes once more
      expect(await says(olga, await part(sealed, bob))).toMatchObject(done);
      expect([noticesTo(bob).length, noticesTo(eve).length]).toEqual([0, 0]);
      expect((await listRow()).listKeyFingerprint).toBe(listKey.fingerprint);

      expect(await says(olga, await change(sealed))).toMatchObject(done);
      await play.sink.until(() => noticesTo(bob).length + noticesTo(eve).length === 2);
      const packets: Uint8Array[] = [];
      for (const member of [bob, eve]) {
        const [mail = new Uint8Array()] = noticesTo(member);
        const { keyPacket, dataPacket } = split(mail);
        packets.push(keyPacket);
        expect(Buffer.from(dataPacket).equals(sealed.dataPacket)).toBe(true);
        const read = await openNotice(mail, member.key, known);
        if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no new key");
        expect(await armorOpeningKey(pairIn(read.notice.news.listKey))).toBe(await armorOpeningKey(next));
      }
      // one packet each
      expect(packets[0]?.length).toBe(packets[1]?.length);
      expect(await openNotice(noticesTo(bob)[0] ?? new Uint8Array(), eve.key, known)).toEqual({
        kind: "not-for-me",
      });

      // receipts and posts as with any other notice
      const back = await writeReceipt(noticeOf(next), bob.key, sealingHalf(olga.key));
      const receipt: Command = { do: "receipt", news: "new-list-key", serial: 1, receipt: back };
      expect(await says(bob, receipt)).toMatchObject(done);
      const seen = await says(olga, { do: "receipts", news: "new-list-key", serial: 1 });
      if (seen.kind !== "receipts") throw new Error("no receipts");
      expect(seen.passed.map(({ member, receipt: word }) => [member, word !== undefined])).toEqual([
        [bob.key.fingerprint, true],
        [eve.key.fingerprint, false],
      ]);
      const word = seen.passed[0]?.receipt ?? new Uint8Array();
      expect(await openReceipt(word, olga.key, [sealingHalf(bob.key)])).toMatchObject({ serial: 1 });
      const list = { list: await listRow(), address: teamAddress, key: next, server: card.server };
      expect((await play.submit(list, bob, (await seal(list, bob)).raw)).code).toBe(250);
    });

    test("changes nothing if somebody has come or gone since the owner looked", async () => {
      await says(olga, await part(sealed, bob, eve));
      const asked = await change(sealed);
      expect(await says(eve, { do: "leave" })).toMatchObject(done);
      expect(await says(olga, asked)).toEqual(refused("roster-behind"));
      expect((await listRow()).listKeyFingerprint).toBe(listKey.fingerprint);
      // the owner has heard of it: Eve's packet went with her
      expect(await says(olga, await change(sealed))).toMatchObject(done);
      await play.sink.until(() => noticesTo(bob).length === 1);
      expect(noticesTo(eve)).toEqual([]);
    });

    test("where the record is not compared, whoever has joined since is left out", async () => {
      await says(olga, await part(sealed, bob, eve));
      const late = await invites(await person("Late", profile));
      await joins(late);
      // the newest entry, whatever the owner knows: what a server would do that compares nothing
      expect(await says(olga, await change(sealed))).toMatchObject(done);
      await play.sink.until(() => noticesTo(bob).length + noticesTo(eve).length === 2);
      await play.untilQuiet();
      expect(noticesTo(late.who)).toEqual([]);
    });

    test("of two owners the first is taken; what the other left is forgotten", async () => {
      const oscar = await invites(await person("Oscar", profile));
      await joins(oscar);
      const { address, key } = oscar.who;
      const owner: Command = {
        do: "set-role",
        address: parseAddress(address),
        fingerprint: key.fingerprint,
        role: "owner",
      };
      expect(await says(olga, owner)).toMatchObject(done);
      const his = await generateKey("list", { address: teamAddress, profile });
      const hisSeal = await sealForMembers(noticeOf(his), key);
      await says(olga, await part(sealed, bob, eve));
      expect(await says(oscar.who, await part(hisSeal, bob, eve, olga))).toMatchObject(done);
      const hers = await change(sealed);
      const hisChange = await change(hisSeal, his);
      expect(await says(olga, hers)).toMatchObject(done);
      expect(await says(oscar.who, hisChange)).toEqual(refused("old-serial"));
      expect(await says(oscar.who, await part(hisSeal, bob))).toEqual(refused("old-serial"));
      // nothing of his is kept: what never was a list key opens nothing, and is no use to anybody
      expect(await keptNotices()).toBe(1);
      expect((await listRow()).listKeyFingerprint).toBe(next.fingerprint);
      await play.sink.until(() => noticesTo(bob).length === 1);
      const [mail = new Uint8Array()] = noticesTo(bob);
      expect(await openNotice(mail, bob.key, known)).toMatchObject({ kind: "news" });
    });

    test("of many that an owner leaves and does not go on with, the last are kept", async () => {
      const made: SplitSeal[] = [];
      for (let number = 0; number < 6; number++) made.push(await sealForMembers(noticeOf(next), olga.key));
      for (const each of made) expect(await says(olga, await part(each, bob))).toMatchObject(done);
      const [first = sealed, , third = sealed] = made;
      expect(await says(olga, await change(first))).toEqual(refused("no-such-notice"));
      expect(await says(olga, await change(third))).toMatchObject(done);
    });

    test("is an owner's, and nothing but packets", async () => {
      expect(await says(bob, await part(sealed, eve))).toEqual(refused("not-allowed"));
      const stranger = await person("Stranger", profile);
      expect(await says(olga, await part(sealed, stranger))).toEqual(refused("not-a-member"));
      const good = await part(sealed, bob);
      if (good.do !== "list-key-notice") throw new Error("another command");
      const [packet] = good.packets;
      if (packet === undefined) throw new Error("no packet");
      const twice = new Uint8Array([...packet.packet, ...packet.packet]);
      for (const command of [
        { ...good, body: new Uint8Array([1, 2, 3]) },
        { ...good, body: new Uint8Array([...sealed.dataPacket, 0]) },
        { ...good, packets: [{ ...packet, packet: twice }] },
        { ...good, packets: [{ ...packet, packet: sealed.dataPacket.subarray(0, 40) }] },
      ]) {
        expect(await says(olga, command)).toEqual(refused("damaged"));
      }
      // nothing was left under it
      expect(await says(olga, await change(sealed))).toEqual(refused("no-such-notice"));
      expect((await listRow()).listKeyFingerprint).toBe(listKey.fingerprint);
    });
  });
});
