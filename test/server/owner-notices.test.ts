/** Owners' notices through the server, and the receipts that come back, in both profiles. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import {
  type ListBeforeNotice,
  type Notice,
  openNotice,
  openReceipt,
  writeNotice,
  writeReceipt,
} from "../../src/membership/notice/owner-notice.js";
import { packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import {
  MAX_NOTICE_BYTES,
  MAX_NOTICE_COPIES,
  MAX_NOTICE_MAILS_BYTES,
} from "../../src/membership/request/commands.js";
import { type Command, MAX_NOTICE_REQUEST_BYTES } from "../../src/membership/request/request.js";
import {
  armorOpeningKey,
  generateKey,
  type OpeningKey,
  type Profile,
  sealingHalf,
} from "../../src/openpgp/keys.js";
import { join } from "../../src/openpgp/packets.js";
import { openStore } from "../../src/server/store/open-store.js";
import { pairIn } from "../membership/list-pair.js";
import {
  asks,
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
  submitted,
  teamAddress,
  written,
} from "./asking.js";
import { type Person, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

const inWholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);

onEachStore(() => {
  describe.each([
    ["compatible", "sealed to each"],
    ["rfc9580", "sealed to each"],
    ["compatible", "sealed once"],
    ["rfc9580", "sealed once"],
  ] as const)("an owner's notice (%s, %s)", (profile: Profile, form) => {
    let bob: Person;
    let eve: Person;
    let next: OpeningKey<"list">;
    let known: ListBeforeNotice;

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

    const rekey = (serial = 1): Notice => ({
      serial,
      date: inWholeSeconds(Date.now()),
      list: { address: teamAddress, key: listKey.fingerprint },
      news: { kind: "new-list-key", listKey: next, graceEnds: inWholeSeconds(Date.now() + DAY) },
    });
    const owners = (serial: number): Notice => ({
      ...rekey(serial),
      news: { kind: "owners", owners: known.owners },
    });
    const passing = async (notice: Notice, ...to: readonly Person[]): Promise<Command> =>
      form === "sealed once" ? sharing(notice, ...to) : eachTheirs(notice, ...to);
    const eachTheirs = async (notice: Notice, ...to: readonly Person[]): Promise<Command> => ({
      do: "notice",
      news: notice.news.kind,
      serial: notice.serial,
      copies: await Promise.all(
        to.map(async ({ key }) => ({
          to: key.fingerprint,
          sealed: await writeNotice(notice, olga.key, sealingHalf(key)),
        })),
      ),
    });
    const sharing = async (notice: Notice, ...to: readonly Person[]) => {
      const { dataPacket, sessionKey } = await sealForMembers(notice, olga.key);
      const packets = to.map(async ({ key }) => ({
        to: key.fingerprint,
        packet: await packetFor(sealingHalf(key), sessionKey, notice.date),
      }));
      return {
        do: "shared-notice",
        news: notice.news.kind,
        serial: notice.serial,
        body: dataPacket,
        packets: await Promise.all(packets),
      } as const;
    };
    const noticesTo = (who: Person): Uint8Array[] =>
      play.sink.for(who.address).flatMap(({ raw }) => {
        const part = raw.toString("latin1").split(requestTypes.notice)[1];
        const base64 = part?.split("\r\n\r\n")[1]?.split("\r\n--")[0];
        return base64 === undefined ? [] : [new Uint8Array(Buffer.from(base64, "base64"))];
      });
    const receipts: Command = { do: "receipts", news: "new-list-key", serial: 1 };

    test("brings each member the new list key, under which they post; the owner sees who has it", async () => {
      const command: Command = {
        do: "new-list-key",
        serial: 1,
        replaces: listKey.fingerprint,
        listKey: certificate(next),
        graceEnds: inWholeSeconds(Date.now() + DAY),
      };
      expect(await says(olga, command)).toMatchObject({ kind: "done" });
      const sent = rekey();
      expect(await says(olga, await passing(sent, bob, eve))).toMatchObject({ kind: "done" });
      await play.sink.until(() => noticesTo(bob).length + noticesTo(eve).length === 2);
      const [sealed] = noticesTo(bob);
      if (sealed === undefined) throw new Error("no notice");
      expect(await openNotice(sealed, eve.key, known)).toEqual({ kind: "not-for-me" });
      const read = await openNotice(sealed, bob.key, known);
      if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no new key");
      expect(await armorOpeningKey(pairIn(read.notice.news.listKey))).toBe(await armorOpeningKey(next));
      // the server holds nothing that opens it
      for (const { raw } of play.sink.for(bob.address)) expect(raw.includes("PRIVATE KEY")).toBe(false);

      const receipt = await writeReceipt(read.notice, bob.key, sealingHalf(olga.key));
      const back: Command = { do: "receipt", news: "new-list-key", serial: 1, receipt };
      expect(await says(bob, back)).toMatchObject({ kind: "done" });
      expect(await says(bob, { ...back, serial: 2 })).toEqual(refused("no-such-notice"));
      expect(await says(bob, receipts)).toEqual(refused("not-allowed"));
      const seen = await says(olga, receipts);
      if (seen.kind !== "receipts") throw new Error(`no receipts: ${JSON.stringify(seen)}`);
      expect(seen.passed.map(({ member }) => member)).toEqual([bob.key.fingerprint, eve.key.fingerprint]);
      const [fromBob, fromEve] = seen.passed.map((each) => each.receipt);
      expect(fromEve).toBeUndefined();
      const word = await openReceipt(fromBob ?? new Uint8Array(), olga.key, [sealingHalf(bob.key)]);
      expect(word).toMatchObject({ by: bob.key.fingerprint, serial: 1, news: "new-list-key" });

      const row = await play.service.store.listByAddress(teamAddress);
      if (row === undefined) throw new Error("no list");
      const list = { list: row, address: teamAddress, key: next, server: card.server };
      expect((await play.submit(list, bob, (await seal(list, bob)).raw)).code).toBe(250);
    });

    test("is passed on only for an owner of now, to members of now, once, and never back", async () => {
      expect(await says(bob, await passing(rekey(), eve))).toEqual(refused("not-allowed"));
      const stranger = await person("Stranger", profile);
      expect(await says(olga, await passing(rekey(), stranger))).toEqual(refused("not-a-member"));
      // replayed: the very same command does nothing again
      const sent = await written(await passing(owners(3), bob), [olga.key]);
      expect(await asks(olga, sent)).toMatchObject({ kind: "done" });
      await play.sink.until(() => noticesTo(bob).length === 1);
      expect(await submitted(sent)).toBe(250);
      // out of order: an older one of the kind; list keys have serials of their own, and an old one may be needed to read
      expect(await says(olga, await passing(owners(2), bob))).toEqual(refused("old-serial"));
      expect(await says(olga, await passing(rekey(2), bob))).toMatchObject({ kind: "done" });
      expect(await says(olga, await passing(rekey(1), bob))).toMatchObject({ kind: "done" });
      await play.sink.until(() => noticesTo(bob).length === 3);
      // a former member gets none, and the others do
      const named = { address: parseAddress(eve.address), fingerprint: eve.key.fingerprint };
      await says(olga, { do: "remove", ...named });
      expect(await says(olga, await passing(rekey(3), eve, bob))).toMatchObject({ kind: "done" });
      await play.sink.until(() => noticesTo(bob).length === 4);
      expect(noticesTo(eve)).toEqual([]);
      const seen = await says(olga, { ...receipts, serial: 3 });
      expect(seen).toMatchObject({ passed: [{ member: bob.key.fingerprint }] });
      // a former owner is an owner no more
      const bobs = { address: parseAddress(bob.address), fingerprint: bob.key.fingerprint };
      await says(olga, { do: "set-role", ...bobs, role: "owner" });
      const olgas = { address: parseAddress(olga.address), fingerprint: olga.key.fingerprint };
      await says(bob, { do: "set-role", ...olgas, role: "member" });
      expect(await says(olga, await passing(rekey(4), bob))).toEqual(refused("not-allowed"));
      expect(noticesTo(bob)).toHaveLength(4);
    });

    if (form === "sealed once") {
      test("gives each member their own packet and the body, and nothing that an owner hides there", async () => {
        const good = await sharing(owners(1), bob, eve);
        const [bobs, eves] = good.packets;
        if (bobs === undefined || eves === undefined) throw new Error("no packets");
        expect(await says(olga, good)).toMatchObject({ kind: "done" });
        await play.sink.until(() => noticesTo(bob).length + noticesTo(eve).length === 2);
        for (const [who, { packet }] of [
          [bob, bobs],
          [eve, eves],
        ] as const)
          expect(noticesTo(who)).toEqual([new Uint8Array([...packet, ...good.body])]);
        const both = { ...bobs, packet: new Uint8Array([...bobs.packet, ...eves.packet]) };
        for (const bad of [
          { ...good, serial: 2, packets: [both] },
          { ...good, serial: 2, packets: [{ ...bobs, packet: good.body.subarray(0, 100) }] },
          { ...good, serial: 2, body: new Uint8Array([...good.body, ...eves.packet]) },
          { ...good, serial: 2, body: eves.packet },
        ])
          expect(await says(olga, bad)).toEqual(refused("damaged"));
      });

      /** A body of nearly the largest size that nobody looks into, and Bob's packet as often as a command may have it. */
      const large = async () => {
        const body = new Uint8Array(MAX_NOTICE_BYTES - 1024);
        // a SEIPD packet's header: its tag, and four octets of length
        body.set([0xd2, 0xff]);
        new DataView(body.buffer).setUint32(2, body.length - 6);
        const [packet] = (await sharing(owners(1), bob)).packets;
        if (packet === undefined) throw new Error("no packet");
        const packets = Array.from({ length: MAX_NOTICE_COPIES }, () => packet);
        return { do: "shared-notice", news: "owners", serial: 1, body, packets } as const;
      };

      test("where nobody counts, a command that is small enough makes half a gigabyte of mail", async () => {
        const { body, packets } = await large();
        const sent = await written({ ...(await large()), packets: packets.slice(0, 1) }, [olga.key]);
        expect(sent.raw.length + packets.length * 300).toBeLessThan(MAX_NOTICE_REQUEST_BYTES);
        const octets = packets.reduce((sum, { packet }) => sum + join(packet, body).length, 0);
        expect(octets).toBeGreaterThan(500_000_000);
      });

      test("makes no more mail than one command may: a large body for very many is refused", async () => {
        const command = await large();
        const [packet] = command.packets;
        const most = Math.floor(
          MAX_NOTICE_MAILS_BYTES / (command.body.length + (packet?.packet.length ?? 0)),
        );
        const named = (count: number) => ({ ...command, packets: command.packets.slice(0, count) });
        expect(await says(olga, named(most + 1))).toEqual(refused("too-large"));
        expect(noticesTo(bob)).toEqual([]);
        expect(await says(olga, named(1))).toMatchObject({ kind: "done" });
      });
    }

    test("that still waits for the relay when its member is removed is never sent", async () => {
      await play.sink.close();
      const sent = await written(await passing(rekey(), eve), [olga.key]);
      expect(await submitted(sent)).toBe(250);
      const store = await openStore(play.place);
      const row = await store.listByAddress(teamAddress);
      if (row === undefined) throw new Error("no list");
      expect(await store.passedNotices(row.id, { news: "new-list-key", serial: 1 })).toHaveLength(1);
      await store.removeMember(row.id, eve.address, () => ({
        do: "remove",
        address: eve.address,
        fingerprint: eve.key.fingerprint,
        by: "operator",
        at: new Date().toISOString(),
      }));
      const waiting = await store.claimJobs(Date.now() + DAY * 30, Date.now() + DAY * 31, 100);
      const recipients = waiting.map((job) => (job.kind === "mail" ? job.recipient : ""));
      expect(recipients).not.toContain(eve.address);
      await store.close();
    });
  });
});
