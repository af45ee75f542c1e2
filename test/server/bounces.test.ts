/** Copies that come back, members who can't be sealed for, and the way out that stands on every copy. */
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { generateMemberKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { addMember, setRole } from "../../src/server/admin/administration.js";
import { DAY_MS, HARD_BOUNCE_DAYS } from "../../src/server/base/limits.js";
import { openLog } from "../../src/server/base/log.js";
import { judgeBounce } from "../../src/server/delivery/bounce-verdict.js";
import { SuspensionReview } from "../../src/server/delivery/suspension.js";
import { ReadingThread } from "../../src/server/parse/thread.js";
import type { Member } from "../../src/server/store/store.js";
import { Tokens } from "../../src/server/store/tokens.js";
import { submit } from "./dialogue.js";
import { addCrowd, wholeRoster } from "./many-members.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

let server: PlayServer;
let alice: Person;
let bob: Person;
let list: PlayList;

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob] = await Promise.all([person("Alice"), person("Bob")]);
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob]) await server.join(list, who);
  await server.start();
});

afterEach(async () => {
  jest.restoreAllMocks();
  await server.discard();
});

const report = (status: string, text: string) =>
  [
    "From: MAILER-DAEMON@mx.test",
    "Subject: Undelivered Mail",
    "Auto-Submitted: auto-replied",
    "Content-Type: text/plain",
    "",
    "The mail could not be delivered:",
    `550 ${status} ${text}`,
    "",
  ].join("\r\n");

async function copyTo(who: Person) {
  const before = server.sink.for(who.address).length;
  await server.post(list, alice);
  await server.untilQuiet();
  return server.sink.for(who.address)[before];
}

const standing = () =>
  new SuspensionReview({
    store: server.service.store,
    log: openLog({
      write: (line: string) => {
        server.logged.push(line);
        return true;
      },
    }),
    now: () => Date.now(),
    wake: () => server.service.wake(),
  });

onEachStore(() => {
  test("a copy's envelope sender names its reader in a form that nobody can make up", async () => {
    const [one, other] = [await copyTo(alice), await copyTo(bob)];
    expect(one?.sender).toMatch(/^team-bounces\+[0-9a-z]+-[0-9a-z]+-[0-9a-z]+-[a-z2-7]{16}@lists\.test$/);
    expect(one?.sender).not.toBe(other?.sender);

    const member = await server.service.store.memberByAddress(list.list.id, bob.address);
    const forged = new Tokens(Buffer.alloc(32)).bounce(
      { id: member?.id ?? 0, listId: list.list.id },
      Date.now(),
    );
    for (let day = 0; day < HARD_BOUNCE_DAYS + 1; day++) {
      jest.spyOn(Date, "now").mockReturnValue(Date.now() + DAY_MS);
      for (const recipient of [`team-bounces+${forged}@lists.test`, "team-bounces@lists.test"]) {
        const raw = report("5.1.1", "User unknown");
        expect(await submit(server.port, { sender: "", recipient, raw })).toMatchObject({ code: 250 });
      }
    }
    jest.restoreAllMocks();
    expect(await copyTo(bob)).toBeDefined();
  });

  test("a report under a token that is not ours is not looked at", async () => {
    const copy = await copyTo(bob);
    const read = jest.spyOn(ReadingThread.prototype, "do");
    const made = (copy?.sender ?? "").replace(/.(?=@)/, (last) => (last === "a" ? "b" : "a"));
    const raw = `Content-Type: text/html\r\n\r\n${"<".repeat(121_000)}\r\n`;
    for (const recipient of [made, "team-bounces@lists.test", "team-bounces+x@lists.test"]) {
      expect(await submit(server.port, { sender: "", recipient, raw })).toMatchObject({ code: 250 });
    }
    expect(read).not.toHaveBeenCalled();
    await submit(server.port, { sender: "", recipient: copy?.sender ?? "", raw });
    expect(read.mock.calls.map(([job]) => job)).toEqual(["report"]);
  });

  test("hard bounces on several days suspend, late; soft ones and many on one day don't", async () => {
    const bounce = async (status: string, text: string) => {
      const sender = (await copyTo(bob))?.sender;
      if (sender === undefined) throw new Error("no copy");
      await submit(server.port, { sender: "", recipient: sender, raw: report(status, text) });
    };
    const start = Date.now();
    const clock = jest.spyOn(Date, "now");
    const onDay = (day: number) => clock.mockReturnValue(start + day * DAY_MS);
    for (let again = 0; again < HARD_BOUNCE_DAYS; again++) await bounce("5.1.1", "User unknown");
    for (let day = 1; day < HARD_BOUNCE_DAYS - 1; day++) {
      onDay(day);
      await bounce("5.2.2", "Mailbox full");
      await bounce("5.1.1", "User unknown");
    }
    onDay(HARD_BOUNCE_DAYS);
    await bounce("5.7.1", "Blocked as spam");
    await server.service.review();
    expect(await copyTo(bob)).toBeDefined();

    await bounce("5.1.1", "User unknown");
    // the day is not over: it may still turn out to be everybody's
    await server.service.review();
    expect((await copyTo(bob))?.sender).toContain("bounces");
    onDay(HARD_BOUNCE_DAYS + 1);
    await server.service.review();
    expect((await copyTo(bob))?.sender ?? "").not.toContain("bounces");
    expect(server.logged.join("")).toContain("member-suspended");
    const subjects = await Promise.all(
      server.sink.for(bob.address).map(async ({ raw }) => (await PostalMime.parse(raw)).subject),
    );
    expect(subjects.at(-1)).toBe("[team] your copies are paused");

    await server.service.store.resumeMember(
      (await server.service.store.memberByAddress(list.list.id, bob.address))?.id ?? 0,
    );
    expect((await copyTo(bob))?.sender).toContain("bounces");
  });

  test("owners hear of a member's suspension and of a key that ran out, by the member's number; nobody else does", async () => {
    const olga = await person("Olga");
    await server.join(list, olga);
    const at = new Date().toISOString();
    const role = { do: "role", address: olga.address, role: "owner", by: "operator", at } as const;
    const { store } = server.service;
    await store.setMemberRole(list.list.id, olga.address, "owner", role);
    const bounced = await store.memberByAddress(list.list.id, bob.address);
    const start = Date.now();
    const clock = jest.spyOn(Date, "now");
    for (let day = 0; day < HARD_BOUNCE_DAYS; day++) {
      clock.mockReturnValue(start + day * DAY_MS);
      await standing().noteFailure(bounced?.id ?? 0, { severity: "hard", reason: "no-mailbox" });
    }
    clock.mockReturnValue(start + HARD_BOUNCE_DAYS * DAY_MS);
    // twice: said once
    await standing().review();
    await standing().review();
    if (bounced !== undefined) {
      // twice: said once
      await standing().noteUnusableKey(bounced, "key-expired");
      await standing().noteUnusableKey(bounced, "key-expired");
    }
    await server.untilQuiet();
    const told = await Promise.all(server.sink.for(olga.address).map(({ raw }) => PostalMime.parse(raw)));
    expect(told.map(({ subject }) => subject).sort()).toEqual([
      "[team] a member's copies are paused",
      "[team] a member's key can no longer be used",
    ]);
    for (const { text = "", from } of told) {
      expect(from?.address).toBe(list.address);
      expect(text).toMatch(new RegExp(`(member|numbers:) ${bounced?.id}\\b`));
    }
    for (const { raw, sender } of server.sink.for(olga.address)) {
      expect(sender).toBe("");
      for (const word of [bob.address, bob.name, alice.address])
        expect(raw.toString("latin1")).not.toContain(word);
    }
    expect(told.map(({ text }) => text).join("")).not.toMatch(/bob/i);
    expect(server.sink.for(alice.address)).toEqual([]);
    expect(server.sink.for(bob.address)).toHaveLength(2);
  });

  test.each([
    "553 5.1.8 <team-bounces@lists.test>... Domain of sender address team-bounces@lists.test does not exist",
    "550 5.7.1 <mail.lists.test>: Helo command rejected: Host not found",
  ])(
    "a fault of our own DNS or HELO, told to the whole list for a week, is counted against nobody: %s",
    async (reply) => {
      const start = Date.now();
      const clock = jest.spyOn(Date, "now");
      const everybody = await wholeRoster(server.service.store, list.list.id);
      for (let day = 0; day < 7; day++) {
        clock.mockReturnValue(start + day * DAY_MS);
        for (const { id } of everybody) await standing().noteFailure(id, judgeBounce({ text: reply }));
      }
      await standing().review();
      expect(await server.service.store.suspendedMembers(list.list.id, "bounces")).toEqual([]);
      // its twin: where the words are not looked at, the code alone suspends everybody
      expect(judgeBounce({ text: "", status: "5.1.1" }).severity).toBe("hard");
    },
  );

  describe("copies come back for good", () => {
    let others: readonly Member[];
    const start = Date.now();

    beforeEach(async () => {
      const crowd = await server.office((office) => addCrowd(office, list, 18));
      const at = new Date().toISOString();
      const role = { do: "role", address: alice.address, role: "owner", by: "operator", at } as const;
      await server.service.store.setMemberRole(list.list.id, alice.address, "owner", role);
      others = (await wholeRoster(server.service.store, list.list.id)).filter(({ address }) =>
        crowd.includes(address),
      );
    });

    const hard = { severity: "hard", reason: "no-mailbox" } as const;
    const onDay = (day: number) => jest.spyOn(Date, "now").mockReturnValue(start + day * DAY_MS);
    const suspended = () => server.service.store.suspendedMembers(list.list.id, "bounces");
    const toldTo = async (who: Person) => {
      await server.untilQuiet();
      const mails = await Promise.all(server.sink.for(who.address).map(({ raw }) => PostalMime.parse(raw)));
      return mails.map(({ subject }) => subject);
    };

    test("from a large part of the list on one day: nobody is suspended, and owners are told once", async () => {
      for (let day = 0; day < HARD_BOUNCE_DAYS + 2; day++) {
        onDay(day);
        for (const { id } of others) {
          await standing().noteFailure(id, hard);
          await standing().review();
        }
      }
      onDay(HARD_BOUNCE_DAYS + 2);
      await standing().review();
      expect(await suspended()).toEqual([]);
      expect(await toldTo(alice)).toEqual(["[team] mail to a large part of the list bounces"]);
      expect(server.logged.join("").match(/many-copies-bounced/g)).toHaveLength(HARD_BOUNCE_DAYS + 2);
    });

    test("from a few on many days: they are suspended, owners get one notice about all, and one command undoes it", async () => {
      const few = others.slice(0, 3);
      for (let day = 0; day < HARD_BOUNCE_DAYS; day++) {
        onDay(day);
        for (const { id } of few) await standing().noteFailure(id, hard);
      }
      onDay(HARD_BOUNCE_DAYS);
      await standing().review();
      expect(await suspended()).toEqual(few.map(({ id }) => id).sort((one, other) => one - other));
      expect(await toldTo(alice)).toEqual(["[team] the copies of 3 members are paused"]);
      for (const id of await suspended()) await server.service.store.resumeMember(id);
      await standing().review();
      expect(await suspended()).toEqual([]);
    });
  });

  test("a relay's final refusal counts like a report", async () => {
    server.sink.mood = (recipient) =>
      recipient === bob.address ? { code: 550, text: "5.1.1 User unknown", at: "rcpt" } : undefined;
    await copyTo(bob);
    // it is noted after the copy was set aside
    while (!server.logged.join("").includes("copy-bounced")) await setImmediate();
    const member = await server.service.store.memberByAddress(list.list.id, bob.address);
    expect(await server.service.store.bounces(member?.id ?? 0, 0)).toMatchObject([
      { severity: "hard", reason: "no-mailbox" },
    ]);
  });

  test("a token from an old copy says nothing any more", () => {
    const tokens = new Tokens(Buffer.alloc(32, 1));
    const member = { id: 7, listId: 1 };
    const token = tokens.bounce(member, 0);
    expect(tokens.readBounce(1, token, 14 * DAY_MS)).toEqual({ memberId: 7 });
    expect(tokens.readBounce(1, tokens.bounce(member, 0, 9), 0)).toEqual({ memberId: 7, postId: 9 });
    // a local part has room for 31 behind the longest list's name: a post that has no room is left out
    const many = { id: 36 ** 4 - 1, listId: 1 };
    const today = 20_000 * DAY_MS;
    expect(tokens.readBounce(1, tokens.bounce(many, today, 36 ** 4), today)).toHaveProperty("postId");
    for (const postId of [36 ** 4, 36 ** 6])
      expect(tokens.bounce(many, today, postId).length).toBeLessThan(32);
    expect(tokens.readBounce(1, token, 15 * DAY_MS)).toBeUndefined();
    expect(tokens.readBounce(2, token, 0)).toBeUndefined();
    expect(tokens.readLeave(1, token)).toBeUndefined();
    expect(tokens.readBounce(1, tokens.leave(member), 0)).toBeUndefined();
    expect(tokens.readLeave(1, tokens.leave(member))).toBe(7);
    expect(tokens.readLeave(1, tokens.leave(member).replace(/^7/, "8"))).toBeUndefined();
  });

  test("a member whose key ran out is told once, and it is no bounce", async () => {
    const key = await generateMemberKey({
      address: "eve@people.test",
      profile: "compatible",
      date: new Date(Date.now() - 7_200_000),
      expiresInSeconds: 7_260,
    });
    const eve = { name: "Eve", address: "eve@people.test", key };
    await server.office((office) =>
      addMember(office, list.address, {
        ...eve,
        certificate: writeSealingKey(sealingHalf(key)),
        shape: "mixed",
      }),
    );
    jest.useFakeTimers({
      now: Date.now() + 300_000,
      doNotFake: [
        "setImmediate",
        "nextTick",
        "setTimeout",
        "setInterval",
        "queueMicrotask",
        "clearTimeout",
        "clearInterval",
      ],
    });
    try {
      for (let again = 0; again < 2; again++) await server.post(list, alice);
      await server.untilQuiet();
    } finally {
      jest.useRealTimers();
    }
    const [notice, ...more] = server.sink.for(eve.address);
    expect(more).toEqual([]);
    if (notice === undefined) throw new Error("nobody told her");
    expect((await PostalMime.parse(notice.raw)).subject).toBe("[team] your key can no longer be used");
    const member = await server.service.store.memberByAddress(list.list.id, eve.address);
    expect(await server.service.store.bounces(member?.id ?? 0, 0)).toEqual([]);
    expect(server.sink.for(bob.address)).toHaveLength(2);
  });

  test("the address in List-Unsubscribe takes its holder off the list, and nobody else", async () => {
    const copy = await copyTo(bob);
    if (copy === undefined) throw new Error("no copy");
    const fields = new Map((await PostalMime.parse(copy.raw)).headers.map(({ key, value }) => [key, value]));
    expect(fields.get("list-id")).toBe("Team <team.lists.test>");
    expect(fields.get("list-help")).toBe("<mailto:team-owner@lists.test?subject=help>");
    expect(fields.get("list-owner")).toBe("<mailto:team-owner@lists.test>");
    const [, address = ""] =
      /<mailto:([^?]+)\?subject=unsubscribe>/.exec(fields.get("list-unsubscribe") ?? "") ?? [];
    const raw = "From: bob@people.test\r\nSubject: unsubscribe\r\n\r\n";

    const wrong = address.replace(/-[a-z2-7]{4}/, "-aaaa");
    expect(await submit(server.port, { sender: bob.address, recipient: wrong, raw })).toMatchObject({
      code: 550,
    });
    expect(await submit(server.port, { sender: bob.address, recipient: address, raw })).toMatchObject({
      code: 250,
    });
    expect(await submit(server.port, { sender: bob.address, recipient: address, raw })).toMatchObject({
      code: 550,
    });
    expect((await wholeRoster(server.service.store, list.list.id)).map((member) => member.address)).toEqual([
      alice.address,
    ]);
  });

  // naive: whoever has the link leaves
  test("the link of the only owner leaves a list without an owner, where nobody asks who is left", async () => {
    await server.office((office) => setRole(office, list.address, bob.address, "owner"));
    const { store } = server.service;
    const removeMember = store.removeMember.bind(store);
    store.removeMember = (listId, address, change) => removeMember(listId, address, change);
    const copy = await copyTo(bob);
    const fields = new Map(
      (await PostalMime.parse(copy?.raw ?? "")).headers.map(({ key, value }) => [key, value]),
    );
    const [, recipient = ""] =
      /<mailto:([^?]+)\?subject=unsubscribe>/.exec(fields.get("list-unsubscribe") ?? "") ?? [];
    const raw = "From: bob@people.test\r\nSubject: unsubscribe\r\n\r\n";
    expect(await submit(server.port, { sender: bob.address, recipient, raw })).toMatchObject({ code: 250 });
    expect(await store.owners(list.list.id)).toEqual([]);
  });

  test("the link of the only owner takes nobody off: whoever sees a copy could leave the list without an owner", async () => {
    await server.office((office) => setRole(office, list.address, bob.address, "owner"));
    const copy = await copyTo(bob);
    const fields = new Map(
      (await PostalMime.parse(copy?.raw ?? "")).headers.map(({ key, value }) => [key, value]),
    );
    const [, recipient = ""] =
      /<mailto:([^?]+)\?subject=unsubscribe>/.exec(fields.get("list-unsubscribe") ?? "") ?? [];
    const raw = "From: bob@people.test\r\nSubject: unsubscribe\r\n\r\n";
    const leaves = () => submit(server.port, { sender: bob.address, recipient, raw });
    const refused = await leaves();
    expect(refused).toMatchObject({ code: 550 });
    expect(refused.text).toContain("only owner");
    expect(await server.service.store.memberByAddress(list.list.id, bob.address)).toBeDefined();
    await server.office((office) => setRole(office, list.address, alice.address, "owner"));
    expect(await leaves()).toMatchObject({ code: 250 });
    expect(await server.service.store.memberByAddress(list.list.id, bob.address)).toBeUndefined();
  });

  test("a copy that comes back to the list, and what machines send, go no further", async () => {
    const post = await seal(list, alice);
    for (const field of [
      "List-Id: Team <team.lists.test>",
      "Auto-Submitted: auto-replied",
      "Precedence: bulk",
    ]) {
      const raw = Buffer.concat([Buffer.from(`${field}\r\n`), post.raw]);
      expect((await server.submit(list, alice, raw)).code).toBeGreaterThanOrEqual(550);
    }
    expect(await server.submit(list, alice, post.raw)).toMatchObject({ code: 250 });
  });
});
