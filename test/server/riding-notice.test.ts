/**
 * A new list key rides: the copies of a post under it bring it to the members whose programs take that, and nobody gets a mail more,
 * unless nothing was posted or nothing came back.
 */
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readOwnShell } from "../../src/mail/own-shell.js";
import { requestTypes, ridingType } from "../../src/mail/part-types.js";
import {
  type ListBeforeNotice,
  type Notice,
  openNotice,
  writeReceipt,
} from "../../src/membership/notice/owner-notice.js";
import { packetFor, sealForMembers } from "../../src/membership/notice/shared-notice.js";
import { type Command, programFeatures } from "../../src/membership/request/request.js";
import { sha256 } from "../../src/openpgp/digest.js";
import {
  generateKey,
  type OpeningKey,
  type Profile,
  sealingHalf,
  writeSealingKey,
} from "../../src/openpgp/keys.js";
import { revokeMemberKey } from "../../src/openpgp/revocation.js";
import { isSecret } from "../../src/openpgp/secrets.js";
import type { Mode } from "../../src/protocol/message.js";
import { connectToPostgres } from "../../src/server/store/postgres.js";
import {
  RIDE_CONFIRM_MS,
  RIDE_KEPT_MS,
  RIDE_WAIT_MS,
  sharedNoticeIn,
} from "../../src/server/store/riding-notices.js";
import { openSqlite } from "../../src/server/store/sqlite.js";
import {
  asks,
  begin,
  card,
  certificate,
  claim,
  DAY,
  type Invited,
  invites,
  join,
  listKey,
  olga,
  play,
  says,
  teamAddress,
  written,
} from "./asking.js";
import { open, type Person, type PostWish, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

const inWholeSeconds = (ms: number) => new Date(Math.floor(ms / 1000) * 1000);
const takes = programFeatures;
/** Of the platform's clocks, all but the date. */
const REAL = [
  ...([
    "setTimeout",
    "setInterval",
    "setImmediate",
    "clearTimeout",
    "clearInterval",
    "clearImmediate",
  ] as const),
  ...(["nextTick", "queueMicrotask", "hrtime", "performance"] as const),
];

onEachStore(() => {
  let bob: Person;
  let eve: Person;
  let next: OpeningKey<"list">;
  let noticeToAll: Notice;
  let known: ListBeforeNotice;

  /** Bob's program takes riding notices; Eve's has never heard of them. */
  async function aList(profile: Profile): Promise<void> {
    await begin(profile);
    await says(olga, claim());
    const guests = await Promise.all(
      ["Bob", "Eve"].map(async (name) => invites(await person(name, profile))),
    );
    const [first, second] = guests;
    if (first === undefined || second === undefined) throw new Error("no guests");
    const joins = async (guest: Invited, program: { readonly takes?: typeof takes }) =>
      asks(guest.who, await written(join(guest), [guest.introduction, guest.who.key], program));
    await joins(first, { takes });
    await joins(second, {});
    [bob, eve] = [first.who, second.who];
    known = {
      address: teamAddress,
      profile,
      keys: [listKey.fingerprint],
      secrets: [],
      owners: [{ certificate: sealingHalf(olga.key), address: parseAddress(olga.address), from: 0 }],
      server: card.server,
      serials: { owners: 0, "new-list-key": 0, "new-server-key": 0 },
    };
  }

  const store = () => play.service.store;
  async function under(key: OpeningKey<"list">) {
    const list = await store().listByAddress(teamAddress);
    if (list === undefined) throw new Error("no list");
    return { list, address: teamAddress, key, server: card.server };
  }

  /** Olga leaves the notice of the next list key with the server, for Bob and Eve. @returns the digest of its body */
  async function leavesNotice(
    profile: Profile,
    serial: number,
    replaces: OpeningKey<"list">,
  ): Promise<string> {
    next = await generateKey("list", { address: teamAddress, profile });
    noticeToAll = {
      serial,
      date: inWholeSeconds(Date.now()),
      list: { address: teamAddress, key: replaces.fingerprint },
      news: { kind: "new-list-key", listKey: next, graceEnds: inWholeSeconds(Date.now()) },
    };
    const { dataPacket: body, sessionKey } = await sealForMembers(noticeToAll, olga.key);
    const packets = await Promise.all(
      [bob, eve].map(async ({ key }) => ({
        to: key.fingerprint,
        packet: await packetFor(sealingHalf(key), sessionKey, new Date()),
      })),
    );
    expect(await says(olga, { do: "list-key-notice", serial, body, packets })).toMatchObject({
      kind: "done",
    });
    return sha256(body);
  }

  /** The list changes over, with its notice for Bob and Eve. */
  async function changeOver(profile: Profile, serial = 1, replaces = listKey): Promise<void> {
    const digest = await leavesNotice(profile, serial, replaces);
    const head = await store().recordHead((await under(next)).list.id);
    const change = {
      do: "new-list-key",
      serial,
      replaces: replaces.fingerprint,
      listKey: certificate(next),
      graceEnds: inWholeSeconds(Date.now()),
      notice: { digest, head },
    } as const satisfies Command;
    expect(await says(olga, change)).toMatchObject({ kind: "done" });
    await play.untilQuiet();
  }

  const posts = async (wish: PostWish = {}, author = olga, key = next) => {
    const list = await under(key);
    const answer = await play.submit(list, author, (await seal(list, author, wish)).raw);
    await play.untilQuiet();
    return answer;
  };
  /** The server's database, beside it. */
  const openDatabase = () => {
    const { place } = play;
    return place.kind === "sqlite" ? openSqlite(place.file) : connectToPostgres(place.url, 1);
  };
  const copiesTo = (who: Person) =>
    play.sink.for(who.address).flatMap(({ raw }) => {
      const read = readOwnShell(raw);
      return read === undefined ? [] : [{ raw, riding: read.riding }];
    });
  const ownMailsTo = (who: Person) =>
    play.sink.for(who.address).filter(({ raw }) => raw.includes(requestTypes.notice));
  /** What the first notice that was left would be for a member, in a mail of its own. */
  const firstNoticeFor = async (who: Person) => {
    const { id } = (await under(next)).list;
    const member = await store().memberByFingerprint(id, who.key.fingerprint);
    if (member === undefined) throw new Error("no member");
    return store().sharedNoticeFor(1, member.id);
  };
  /** The server's clock from now on. */
  const later = async (ms: number) => {
    await play.stop();
    await play.start("smtp", "smtp", { now: () => Date.now() + ms });
    play.service.wake();
    await play.untilQuiet();
  };
  const confirms = async (who: Person) => {
    const receipt = await writeReceipt(noticeToAll, who.key, sealingHalf(olga.key));
    const command = { do: "receipt", news: "new-list-key", serial: noticeToAll.serial, receipt } as const;
    return asks(who, await written(command, [who.key], { takes }));
  };

  afterEach(() => play.discard());

  describe.each(["compatible", "rfc9580"] as const)("a new list key (%s)", (profile) => {
    beforeEach(async () => {
      await aList(profile);
      await changeOver(profile);
    });

    test.each(["key", "whole"] as const)(
      "comes with the first post under it (mode %s)",
      async (mode: Mode) => {
        // nobody had a mail because of it, but whose program has not said that it takes copies that carry one
        expect([ownMailsTo(bob).length, ownMailsTo(eve).length]).toEqual([0, 1]);
        expect((await posts({ mode })).code).toBe(250);
        const [copy] = copiesTo(bob);
        const read = await openNotice(copy?.riding ?? new Uint8Array(), bob.key, known);
        if (read.kind !== "news" || read.notice.news.kind !== "new-list-key") throw new Error("no new key");
        const { listKey: brought } = read.notice.news;
        if (isSecret(brought)) throw new Error("a secret in place of a pair");
        const list = await under(brought);
        expect(await open(list, bob, copy?.raw ?? Buffer.alloc(0))).toMatchObject({ kind: "opened" });
        // sealed to Bob by the owner: it is nobody else's
        expect(await openNotice(copy?.riding ?? new Uint8Array(), eve.key, known)).toEqual({
          kind: "not-for-me",
        });
        // Eve's copies are as they always were
        expect(copiesTo(eve).map(({ riding }) => riding)).toEqual([undefined]);
        expect(play.sink.for(eve.address).some(({ raw }) => raw.includes(ridingType))).toBe(false);
        expect(ownMailsTo(bob)).toEqual([]);
      },
    );

    test("comes with each copy until it is confirmed", async () => {
      await posts();
      await posts();
      expect(copiesTo(bob).map(({ riding }) => riding !== undefined)).toEqual([true, true]);
      expect(await confirms(bob)).toMatchObject({ kind: "done" });
      await posts();
      expect(copiesTo(bob).map(({ riding }) => riding !== undefined)).toEqual([true, true, false]);
    });
  });

  describe("where no copy brings it", () => {
    beforeEach(async () => {
      await aList("compatible");
      await changeOver("compatible");
    });

    test("nothing is posted for a day: it goes by itself, once", async () => {
      await later(RIDE_WAIT_MS - 60_000);
      expect(ownMailsTo(bob)).toEqual([]);
      await later(RIDE_WAIT_MS + 60_000);
      expect(ownMailsTo(bob)).toHaveLength(1);
      await later(RIDE_WAIT_MS + 2 * DAY);
      expect([ownMailsTo(bob).length, ownMailsTo(eve).length]).toEqual([1, 1]);
    });

    test("it was taken out of the copy on its way: it is late, and not lost", async () => {
      await posts();
      expect(copiesTo(bob)[0]?.riding).toBeDefined();
      await later(RIDE_CONFIRM_MS - 60_000);
      expect(ownMailsTo(bob)).toEqual([]);
      await later(RIDE_CONFIRM_MS + 60_000);
      expect(ownMailsTo(bob)).toHaveLength(1);
    });

    test("it came, and its receipt as well: no mail of its own follows", async () => {
      await posts();
      await confirms(bob);
      await later(RIDE_CONFIRM_MS + RIDE_WAIT_MS);
      expect(ownMailsTo(bob)).toEqual([]);
    });

    test("its member writes under the key before: with the answer, the key comes at once", async () => {
      expect((await posts({}, bob, listKey)).code).toBe(250);
      expect(ownMailsTo(bob)).toHaveLength(1);
      const list = await store().listByAddress(teamAddress);
      // once more under another letter, while it is known already
      await posts({}, bob, listKey);
      expect(list?.listKeyFingerprint).toBe(next.fingerprint);
    });
  });

  test("its member writes twice under the key before while the relay is slow: one notice is on its way, and no more", async () => {
    await aList("compatible");
    await changeOver("compatible");
    let go = () => undefined;
    play.sink.gate = new Promise((resolve) => {
      go = () => {
        resolve();
        return undefined;
      };
    });
    const list = await under(listKey);
    for (const text of ["first", "second"]) {
      expect((await play.submit(list, bob, (await seal(list, bob, { text })).raw)).code).toBe(250);
    }
    // in front of the answers that are queued with it: a program that has the key by then asks no owner for it
    const database = openDatabase();
    const { rows } = await database.query({
      sql: "SELECT notice FROM jobs WHERE kind = 'notice' ORDER BY due, id",
      values: [],
    });
    await database.close();
    const [first, ...answers] = rows.map((row) => sharedNoticeIn(String(row["notice"])) !== undefined);
    expect([first, answers]).toEqual([true, [false, false]]);
    go();
    await play.untilQuiet();
    expect(ownMailsTo(bob)).toHaveLength(1);
  });

  test("a notice is forgotten once no post in the queue is under its key any more", async () => {
    await aList("compatible");
    await changeOver("compatible");
    const first = next;
    const { id } = (await under(next)).list;
    const isKept = async (key: OpeningKey<"list">) =>
      (await store().ridingNotice(id, key.fingerprint)) !== undefined;
    await changeOver("compatible", 2, first);
    const second = next;
    expect([await isKept(first), await isKept(second)]).toEqual([true, true]);
    // requests and the owner's key have their dates from the same clock
    jest.useFakeTimers({ now: Date.now() + RIDE_KEPT_MS + DAY, doNotFake: REAL });
    try {
      await later(0);
      await changeOver("compatible", 3, second);
    } finally {
      jest.useRealTimers();
    }
    expect([await isKept(first), await isKept(second), await isKept(next)]).toEqual([false, true, true]);
  });

  test("whoever was away for two keys has each with the posts under it", async () => {
    await aList("compatible");
    await changeOver("compatible");
    const first = next;
    await posts({ text: "the first" });
    await changeOver("compatible", 2, first);
    await posts({ text: "the second" });
    const keys = await Promise.all(
      copiesTo(bob).map(async ({ riding }) => {
        const read = await openNotice(riding ?? new Uint8Array(), bob.key, known);
        return read.kind === "news" && read.notice.news.kind === "new-list-key"
          ? read.notice.news.listKey.fingerprint
          : undefined;
      }),
    );
    expect(keys).toEqual([first.fingerprint, next.fingerprint]);
  });

  test("a program that says no more that it takes it, gets it by itself", async () => {
    await aList("compatible");
    // an older add-on on the same computer
    expect(await says(bob, { do: "preferences", shape: "mixed" })).toMatchObject({ kind: "done" });
    await changeOver("compatible");
    expect(ownMailsTo(bob)).toHaveLength(1);
    await posts();
    expect(copiesTo(bob).map(({ riding }) => riding)).toEqual([undefined]);
  });

  describe("a relay that is slow before the end of a copy that carries it", () => {
    /** Bob's copy has reached the relay, which answers when `go` is called. */
    const waits = () => {
      let go = () => undefined;
      const gone = new Promise<void>((resolve) => {
        go = () => {
          resolve();
          return undefined;
        };
      });
      play.sink.dawdle = (recipient) => (recipient === bob.address ? gone : undefined);
      return go;
    };
    const reached = () => play.sink.until(({ named }) => named.includes(bob.address));
    const begun = async () => {
      await aList("compatible");
      await changeOver("compatible");
      const go = waits();
      const list = await under(next);
      expect((await play.submit(list, olga, (await seal(list, olga)).raw)).code).toBe(250);
      await reached();
      return go;
    };
    const remove = () =>
      says(olga, {
        do: "remove",
        address: parseAddress(bob.address),
        fingerprint: bob.key.fingerprint,
      });

    test("it arrives, and the notice with it", async () => {
      const go = await begun();
      go();
      await play.untilQuiet();
      expect(copiesTo(bob).map(({ riding }) => riding !== undefined)).toEqual([true]);
    });

    test("its member is removed meanwhile: neither arrives, then or later", async () => {
      const go = await begun();
      expect(await remove()).toMatchObject({ kind: "done" });
      go();
      await play.untilQuiet();
      await later(RIDE_WAIT_MS + RIDE_CONFIRM_MS);
      expect(play.sink.for(bob.address).filter(({ raw }) => raw.includes(ridingType))).toEqual([]);
      expect([copiesTo(bob).length, ownMailsTo(bob).length]).toEqual([0, 0]);
      // Eve's copy was not his
      expect(copiesTo(eve)).toHaveLength(1);
    });

    test("the relay refuses it for good: the notice is not lost with it", async () => {
      const go = await begun();
      play.sink.mood = (recipient) =>
        recipient === bob.address ? { code: 550, text: "no", at: "rcpt" } : undefined;
      go();
      await play.untilQuiet();
      play.sink.mood = () => undefined;
      expect(copiesTo(bob)).toEqual([]);
      await later(RIDE_CONFIRM_MS + 60_000);
      expect(ownMailsTo(bob)).toHaveLength(1);
    });
  });

  test("another owner has it by itself at once: their invitations bring the list key of today", async () => {
    await aList("compatible");
    const bobs = { address: parseAddress(bob.address), fingerprint: bob.key.fingerprint };
    expect(await says(olga, { do: "set-role", ...bobs, role: "owner" })).toMatchObject({ kind: "done" });
    await changeOver("compatible");
    expect(ownMailsTo(bob)).toHaveLength(1);
  });

  test("the copies of one post carry each their own member's packet", async () => {
    await aList("compatible");
    const taking = await written({ do: "preferences", shape: "mixed" }, [eve.key], { takes });
    expect(await asks(eve, taking)).toMatchObject({ kind: "done" });
    await changeOver("compatible");
    await posts();
    for (const [who, other] of [
      [bob, eve],
      [eve, bob],
    ] as const) {
      const riding = copiesTo(who)[0]?.riding ?? new Uint8Array();
      expect(await openNotice(riding, who.key, known)).toMatchObject({ kind: "news" });
      expect(await openNotice(riding, other.key, known)).toEqual({ kind: "not-for-me" });
    }
  });

  test("what was left, and not changed over to, reaches nobody in any way", async () => {
    await aList("compatible");
    await leavesNotice("compatible", 1, listKey);
    await posts({}, olga, listKey);
    expect(copiesTo(bob).map(({ riding }) => riding)).toEqual([undefined]);
    // Eve's program takes no notices in copies: she would be the first to have a mail of its own
    await later(RIDE_WAIT_MS + RIDE_CONFIRM_MS);
    expect([ownMailsTo(bob), ownMailsTo(eve)]).toEqual([[], []]);
    expect(await firstNoticeFor(eve)).toBeUndefined();
  });

  test("what is retired reaches nobody, while its parts are still to be swept", async () => {
    await aList("compatible");
    await changeOver("compatible");
    // as a server that is killed before it has swept
    const database = openDatabase();
    await database.query({ sql: "UPDATE shared_notices SET gone = 1, digest = 'retired'", values: [] });
    await database.close();
    await posts();
    expect(copiesTo(bob).map(({ riding }) => riding)).toEqual([undefined]);
    expect(await firstNoticeFor(bob)).toBeUndefined();
  });

  test("whoever has revoked their key gets none, in a copy or by itself", async () => {
    await aList("compatible");
    await changeOver("compatible");
    const revoked = writeSealingKey(await revokeMemberKey(bob.key, new Date()));
    expect(await says(bob, { do: "revoke", certificate: revoked })).toMatchObject({ kind: "done" });
    await posts();
    await later(RIDE_WAIT_MS + RIDE_CONFIRM_MS);
    expect([copiesTo(bob).length, ownMailsTo(bob).length]).toEqual([0, 0]);
    expect(ownMailsTo(eve)).toHaveLength(1);
  });

  test("whoever is out gets none, whatever was left for them", async () => {
    await aList("compatible");
    await changeOver("compatible");
    expect(await asks(bob, await written({ do: "leave" }, [bob.key], { takes }))).toMatchObject({
      kind: "done",
    });
    await posts();
    await later(RIDE_WAIT_MS + RIDE_CONFIRM_MS);
    expect([copiesTo(bob).length, ownMailsTo(bob).length]).toEqual([0, 0]);
  });
});
