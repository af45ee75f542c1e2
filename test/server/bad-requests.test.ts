/** Requests that are wrong, late or doubled: a clear refusal, and nothing is changed. And what owners see of a list. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { reformatKey } from "openpgp";
import { parseAddress } from "../../src/mail/mailbox.js";
import { certifyMember } from "../../src/membership/introduction/introduction.js";
import { laterServerKey } from "../../src/membership/request/answers.js";
import type { Command } from "../../src/membership/request/request.js";
import { generateKey, readOpeningKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { renewAll } from "../../src/server/admin/new-server-key.js";
import { openLog } from "../../src/server/base/log.js";
import { takeRequest } from "../../src/server/request/take-request.js";
import { ListsInUse } from "../../src/server/store/lists-in-use.js";
import { openStore } from "../../src/server/store/open-store.js";
import {
  answersTo,
  asks,
  begin,
  card,
  certificate,
  claim,
  DAY,
  type Invited,
  invites,
  join,
  joins,
  known,
  listKey,
  olga,
  play,
  refused,
  roster,
  says,
  submitted,
  teamAddress,
  written,
} from "./asking.js";
import { wholeRoster } from "./many-members.js";
import { type Person, person } from "./play-server.js";
import { receptionParts } from "./reception-parts.js";
import { onEachStore } from "./stores.js";

const named = (who: Person) => ({
  address: parseAddress(who.address),
  fingerprint: who.key.fingerprint,
});

onEachStore(() => {
  describe.each(["compatible", "rfc9580"] as const)("a list (%s)", (profile) => {
    let bob: Invited;

    beforeEach(async () => {
      await begin(profile);
      await says(olga, claim());
      bob = await invites(await person("Bob", profile));
    });
    afterEach(() => play.discard());

    test("takes one of two people who use one invitation at the same moment", async () => {
      const thief = await person("Bob", profile);
      const stolen: Invited = {
        who: { ...thief, key: await certifyMember(bob.introduction, thief.key, known()) },
        introduction: bob.introduction,
      };
      const sent = await Promise.all(
        [bob, stolen].map(async (each) => written(join(each), [each.introduction, each.who.key])),
      );
      expect(await Promise.all(sent.map(submitted))).toEqual([250, 250]);
      expect((await roster()).members).toHaveLength(2);
      const results = async () =>
        (await Promise.all([bob, stolen].map(({ who }) => answersTo(bob.who.address, who.key)))).flatMap(
          (all) => all.flatMap(({ result }) => (result.kind === "report" ? [] : [result.kind])),
        );
      await play.sink.until((sink) => sink.for(bob.who.address).length >= 2);
      expect((await results()).sort()).toEqual(["done", "refused"]);
    });

    test("refuses an invitation for a list of its address under another list key", async () => {
      const foreign = await generateKey("list", { address: teamAddress, profile });
      const guest = await invites(await person("Eve", profile));
      const elsewhere = await written(join(guest), [guest.introduction, guest.who.key], {
        list: { address: teamAddress, key: foreign.fingerprint },
      });
      expect(await submitted(elsewhere)).toBe(550);
      expect((await roster()).members).toHaveLength(1);
      expect(await joins(guest)).toMatchObject({ kind: "done" });
    });

    test("takes requests in any order: what came too early changes nothing, what came too late neither", async () => {
      await joins(bob);
      const rejoin = await written(join(bob), [bob.introduction, bob.who.key]);
      const removal: Command = { do: "remove", ...named(bob.who) };
      const [first, second] = [await written(removal, [olga.key]), await written(removal, [olga.key])];
      expect(await asks(olga, second)).toMatchObject({ kind: "done" });
      expect(await asks(olga, first)).toEqual(refused("not-a-member"));
      // a join that was written before the removal and comes after it
      expect(await asks(bob.who, rejoin)).toEqual(refused("introduction-used"));
      // a leave of somebody who is out is nobody's
      expect(await submitted(await written({ do: "leave" }, [bob.who.key]))).toBe(550);
      expect((await roster()).members).toHaveLength(1);
    });

    test("takes a member's later key, and the owner's reading of the record has it", async () => {
      await joins(bob);
      const renewed = await reformatKey({
        privateKey: bob.who.key.secret,
        userIDs: [{ name: "Bob", email: bob.who.address }],
        keyExpirationTime: (400 * DAY) / 1000,
        date: new Date(),
        format: "object",
      });
      const key = await readOpeningKey("member", renewed.privateKey.write());
      expect(key.fingerprint).toBe(bob.who.key.fingerprint);
      const renew: Command = { do: "renew", certificate: certificate(key) };
      expect(await says(bob.who, renew)).toMatchObject({ kind: "done" });
      const { members, entries } = await roster();
      const shown = members.find(({ address }) => address === bob.who.address);
      expect(shown?.keyExpires?.getTime()).toBeGreaterThan(Date.now() + 300 * DAY);
      const { continueHistory } = await import("../../src/membership/roster/history.js");
      const { noHistory } = await import("../../src/membership/roster/state.js");
      const history = await continueHistory(noHistory, entries, { list: known() });
      expect(history.members[parseAddress(bob.who.address)]?.certificate).toContain("PGP PUBLIC KEY");
      // the same again changes nothing, and another one on the same day is refused: the record is kept for ever
      const { head } = await roster();
      expect(await says(bob.who, renew)).toEqual({ kind: "done", head });
      const later = certificate(bob.who.key);
      expect(await says(bob.who, { do: "renew", certificate: later })).toEqual(refused("too-often"));
      // another primary key is another member
      const other = await person("Bob", profile);
      expect(await says(bob.who, { do: "renew", certificate: certificate(other.key) })).toEqual(
        refused("not-allowed"),
      );
      const revoked = await key.secret.revoke({ flag: 0 });
      const dead: Command = { do: "renew", certificate: revoked.toPublic().write() };
      expect(await says(bob.who, dead)).toEqual(refused("key-revoked"));
    });

    // naive: one pause is like another
    test("a member lifts what others have done, where all pauses are kept in one place", async () => {
      await joins(bob);
      const { parts, close } = await receptionParts(play);
      const { store } = parts;
      store.resumeCopies = async (_command, memberId) => {
        await store.resumeMember(memberId);
        return { kind: "done" };
      };
      const list = await store.listByAddress(teamAddress);
      if (list === undefined) throw new Error("no list");
      const { id = 0 } = (await store.memberByAddress(list.id, bob.who.address)) ?? {};
      for (const reason of ["bounces", "operator"]) {
        await store.suspendMember(id, reason, Date.now());
        const { raw } = await written({ do: "resume" }, [bob.who.key]);
        expect(await takeRequest(parts, list, new Uint8Array(raw))).toMatchObject({ code: "done" });
        expect(await store.suspension(id)).toBeUndefined();
      }
      await close();
    });

    test("a member's resume takes back their own pause, and nothing that others have done", async () => {
      await joins(bob);
      const row = await play.service.store.listByAddress(teamAddress);
      const member = await play.service.store.memberByFingerprint(row?.id ?? 0, bob.who.key.fingerprint);
      const { store } = play.service;
      const id = member?.id ?? 0;
      for (const reason of ["operator", "bounces"]) {
        expect(await says(bob.who, { do: "pause" })).toMatchObject({ kind: "done" });
        await store.suspendMember(id, reason, Date.now());
        expect(await says(bob.who, { do: "resume" })).toEqual(refused("suspended"));
        expect(await store.suspension(id)).toMatchObject({ reason });
        // the operator takes back what is theirs; the member's own wish stays the member's
        await store.resumeMember(id);
        expect(await store.suspension(id)).toMatchObject({ reason: "member" });
        expect(await says(bob.who, { do: "resume" })).toMatchObject({ kind: "done" });
        expect(await store.suspension(id)).toBeUndefined();
      }
      // nor does a pause hide what the operator did
      await store.suspendMember(id, "operator", Date.now());
      expect(await says(bob.who, { do: "pause" })).toMatchObject({ kind: "done" });
      expect(await store.suspension(id)).toMatchObject({ reason: "operator" });
    });

    test("shows owners what their page needs: pauses and whose they are, policy, replaced keys", async () => {
      await joins(bob);
      await says(bob.who, { do: "pause" });
      const row = await play.service.store.listByAddress(teamAddress);
      if (row === undefined) throw new Error("no list");
      const [own] = (await wholeRoster(play.service.store, row.id)).filter(({ role }) => role === "owner");
      await play.service.store.suspendMember(own?.id ?? 0, "bounces", Date.now());
      await play.service.store.noteUnusableKey(own?.id ?? 0, "key-expired", Date.now());
      const next = await generateKey("list", { address: teamAddress, profile });
      const graceEnds = new Date(Math.floor(Date.now() / 1000) * 1000 + DAY);
      await says(olga, {
        do: "new-list-key",
        serial: 1,
        replaces: listKey.fingerprint,
        listKey: writeSealingKey(sealingHalf(next)),
        graceEnds,
      });
      const { members, status } = await roster();
      const of = (who: Person) => members.find(({ address }) => address === who.address);
      expect(of(bob.who)).toMatchObject({ delivery: "paused", paused: { by: "member" } });
      expect(of(olga)).toMatchObject({ paused: { by: "bounces" }, keyUnusable: expect.any(Date) });
      expect(status).toEqual({
        policy: "members",
        members: "hidden",
        held: 0,
        replaced: [{ fingerprint: listKey.fingerprint, graceEnds }],
      });
    });

    test("tells every member of a new server subkey, and answers with it; an old answer takes nobody back", async () => {
      await joins(bob);
      const { folder } = play;
      const store = await openStore(play.place);
      const lists = new ListsInUse(store, folder);
      const log = openLog({ write: () => undefined });
      // dated a moment ahead, as if the first subkey were old
      const parts = { folder, store, lists, log, now: () => Date.now() + 1000 };
      await renewAll(parts, { renewAfter: 0, deleteAfter: 30 });
      await store.close();
      await roster();
      const told = async (who: Person) =>
        (await answersTo(who.address, who.key)).find(({ result }) => result.kind === "server-key");
      for (const who of [olga, bob.who]) {
        // claim, report and roster to Olga, the join's answer to Bob; and this
        const mails = who === olga ? 4 : 2;
        await play.sink.until((sink) => sink.for(who.address).length >= mails);
        const word = await told(who);
        expect(word?.server.certificate.subkeys).toHaveLength(2);
        if (word === undefined) throw new Error("nobody was told");
        expect(laterServerKey(card.server, word.server)).toBe(word.server);
        expect(laterServerKey(word.server, card.server)).toBe(word.server);
      }
      const last = (await answersTo(olga.address, olga.key)).find(({ result }) => result.kind === "roster");
      expect(last?.server.certificate.subkeys).toHaveLength(2);
      const another = await generateKey("server", { address: teamAddress, profile });
      expect(() => laterServerKey(card.server, sealingHalf(another))).toThrow("owner's notice");
    });
  });
});
