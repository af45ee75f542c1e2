/** From an accepted post to the members' copies. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { generateMemberKey, sealingHalf } from "../../src/openpgp/keys.js";
import { openPost } from "../../src/protocol/open-post.js";
import { loadServerKey } from "../../src/server/store/server-keys.js";
import { naiveServer } from "../attacks/naive/naive-server.js";
import { submit } from "./dialogue.js";
import { open, type Person, type PlayList, PlayServer, person, seal, textOf } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

onEachStore(() => {
  let server: PlayServer;
  let alice: Person;
  let bob: Person;
  let eve: Person;

  beforeEach(async () => {
    server = await PlayServer.make();
    [alice, bob, eve] = await Promise.all([person("Alice"), person("Bob"), person("Eve")]);
  });

  afterEach(() => server.discard());

  async function listOfThree(settings: Parameters<PlayServer["createList"]>[1] = {}): Promise<PlayList> {
    const list = await server.createList("team@lists.test", settings);
    for (const who of [alice, bob, eve]) await server.join(list, who);
    return list;
  }

  describe.each(["key", "whole"] as const)("mode %s", (mode) => {
    describe.each(["resealed", "opened"] as const)("delivery %s", (delivery) => {
      test.each(["compatible", "rfc9580"] as const)(
        "reaches every member who can open it, profile %s",
        async (profile) => {
          // a list's members have keys of its own version
          [alice, bob, eve] = await Promise.all([
            person("Alice", profile),
            person("Bob", profile),
            person("Eve", profile),
          ]);
          const list = await listOfThree({ mode, delivery, profile });
          await server.start();

          expect(await server.post(list, alice, { text: "Only for us" })).toMatchObject({ code: 250 });
          await server.sink.until((sink) => sink.caught.length === 3);

          for (const reader of [alice, bob, eve]) {
            const [copy, ...more] = server.sink.for(reader.address);
            expect(more).toEqual([]);
            if (copy === undefined) throw new Error("no copy");
            const opened = await open(list, reader, copy.raw);
            expect(opened).toMatchObject({
              kind: "opened",
              passage: { via: "list", by: alice.key.fingerprint },
            });
            expect(await textOf(list, reader, copy.raw)).toBe("Only for us");
          }
        },
      );
    });
  });

  test.each([
    ["key", "whole"],
    ["whole", "key"],
  ] as const)(
    "a list's mode is no rule: in mode %s, a post in mode %s goes out in its own mode",
    async (mode, other) => {
      const list = await listOfThree({ mode });
      await server.start();
      expect(await server.post(list, alice, { mode: other, text: "The other way" })).toMatchObject({
        code: 250,
      });
      await server.sink.until((sink) => sink.caught.length === 3);
      for (const reader of [alice, bob, eve]) {
        const [copy] = server.sink.for(reader.address);
        if (copy === undefined) throw new Error("no copy");
        expect(Buffer.from(copy.raw).toString("latin1")).toContain(`mode=${other}`);
        expect(await open(list, reader, copy.raw)).toMatchObject({ passage: { via: "list" } });
        expect(await textOf(list, reader, copy.raw)).toBe("The other way");
      }
    },
  );

  test("a copy is sealed for its reader alone", async () => {
    const list = await listOfThree();
    await server.start();
    await server.post(list, alice);
    await server.sink.until((sink) => sink.caught.length === 3);

    const [copy] = server.sink.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    expect(await open(list, eve, copy.raw)).toEqual({ kind: "not-for-me" });
  });

  test("the copy's headers are the server's own", async () => {
    const list = await listOfThree();
    await server.start();
    const post = await seal(list, alice, { inReplyTo: "<before@people.test>" });
    const client =
      "User-Agent: Strange Client/1.0\r\nX-Originating-IP: 192.0.2.7\r\nReply-To: eve@evil.test\r\n";
    await server.submit(list, alice, Buffer.concat([Buffer.from(client), post.raw]));
    await server.sink.until((sink) => sink.caught.length === 3);

    const [copy] = server.sink.for(bob.address);
    if (copy === undefined) throw new Error("no copy");
    expect(copy.sender).toMatch(/^team-bounces\+[\w-]+@lists\.test$/);
    const mail = await PostalMime.parse(copy.raw);
    expect(mail).toMatchObject({
      from: { name: "Alice via Team", address: "team@lists.test" },
      to: [{ address: "team@lists.test" }],
      replyTo: [{ address: "team@lists.test" }],
      subject: "[team] encrypted message",
      messageId: post.messageId,
      inReplyTo: "<before@people.test>",
    });
    const names = mail.headers.map((header) => header.key);
    expect(names).toEqual(expect.arrayContaining(["list-id", "list-post", "precedence", "x-listseal"]));
    for (const name of ["user-agent", "x-originating-ip", "received", "auto-submitted"]) {
      expect(names).not.toContain(name);
    }
    expect(copy.raw.includes("192.0.2.7")).toBe(false);
    expect(copy.raw.includes("evil.test")).toBe(false);
  });

  test("copies that are made when a post is accepted are for somebody who is removed before they are sent", async () => {
    const list = await listOfThree();
    const { sealed, messageId } = await seal(list, alice);
    const context = {
      list: { address: list.address, key: sealingHalf(list.key) },
      server: await loadServerKey(server.folder, list.list),
      author: sealingHalf(alice.key),
    };
    const queued = await naiveServer({ without: [] }).deliver(sealed, context, sealingHalf(eve.key));
    await server.remove(list, eve);
    const keys = { member: [eve.key], list: { address: list.address, key: list.key }, server: list.server };
    const says = async () => ({ author: sealingHalf(alice.key), messageId });
    await expect(openPost(queued, keys, says)).resolves.toMatchObject({ kind: "opened" });
  });

  test("somebody removed after a post was accepted gets no copy of it", async () => {
    const list = await listOfThree();
    await server.sink.close();
    await server.start();
    expect(await server.post(list, alice)).toMatchObject({ code: 250 });

    await server.remove(list, eve);
    await server.sink.reopen();
    await server.untilQuiet();

    expect(server.sink.for(eve.address)).toEqual([]);
    expect(server.sink.for(bob.address)).toHaveLength(1);
  });

  test("somebody removed while the relay keeps the server waiting gets no copy", async () => {
    const list = await listOfThree();
    let open = () => {};
    server.sink.gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    await server.start();
    await server.post(list, alice);
    await server.sink.until((sink) => sink.connected >= 3);
    await server.remove(list, eve);
    open();
    await server.untilQuiet();
    expect(server.sink.for(eve.address)).toEqual([]);
    expect(server.sink.caught).toHaveLength(2);
  });

  test("somebody removed while their copy was claimed gets none: the roster is asked when the copy is made", async () => {
    const list = await listOfThree();
    let release = () => {};
    await server.start();
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { store } = server.service;
    const recipientById = store.recipientById.bind(store);
    const asked: number[] = [];
    store.recipientById = async (id) => {
      asked.push(id);
      await held;
      return recipientById(id);
    };
    await server.post(list, alice);
    while (asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    await server.remove(list, eve);
    release();
    await server.untilQuiet();

    expect(server.sink.for(eve.address)).toEqual([]);
    expect(server.sink.caught).toHaveLength(2);
  });

  test("what was accepted goes out after a restart, once", async () => {
    const list = await listOfThree();
    await server.sink.close();
    await server.start();
    await server.post(list, alice, { text: "Durable" });
    await server.stop();

    await server.sink.reopen();
    await server.start();
    await server.untilQuiet();

    expect(server.sink.caught.map((mail) => mail.recipient).sort()).toEqual([
      alice.address,
      bob.address,
      eve.address,
    ]);
  });

  test("a temporary refusal is tried again, a final one is set aside, and the others are not held up", async () => {
    const list = await listOfThree();
    let greylisted = 0;
    server.sink.mood = (recipient) => {
      if (recipient === eve.address) return { code: 550, text: "5.1.1 unknown", at: "rcpt" };
      if (recipient === bob.address && greylisted++ < 2)
        return { code: 450, text: "4.7.1 later", at: "data" };
      return undefined;
    };
    await server.start();
    await server.post(list, alice);
    await server.untilQuiet();

    expect(server.sink.caught.map((mail) => mail.recipient).sort()).toEqual([alice.address, bob.address]);
    expect(await server.service.store.queueCounts()).toEqual({ waiting: 0, aside: 1 });
  });

  test("a copy that is refused again and again is set aside in the end", async () => {
    const list = await listOfThree();
    server.sink.mood = (recipient) =>
      recipient === eve.address ? { code: 450, text: "4.2.0 never", at: "rcpt" } : undefined;
    await server.start();
    await server.post(list, alice);
    await server.untilQuiet();

    expect(server.sink.caught).toHaveLength(2);
    expect(await server.service.store.queueCounts()).toEqual({ waiting: 0, aside: 1 });
  });

  test("a member whose key ran out gets nothing, and nobody else is held up", async () => {
    const list = await listOfThree();
    const { store } = await server.start();
    // the roster holds a certificate that can't be sealed to any more
    const recipientById = store.recipientById.bind(store);
    const expired = await generateMemberKey({
      address: eve.address,
      profile: "compatible",
      date: new Date(Date.now() - 86_400_000),
      expiresInSeconds: 3600,
    });
    store.recipientById = async (id) => {
      const member = await recipientById(id);
      if (member?.address !== eve.address) return member;
      return { ...member, certificate: expired.secret.toPublic().write() };
    };
    await server.post(list, alice);
    await server.untilQuiet();

    // eve gets a notice, whose sender is empty, and no copy
    const copies = server.sink.caught.filter((mail) => mail.sender !== "");
    expect(copies.map((mail) => mail.recipient).sort()).toEqual([alice.address, bob.address]);
    expect(server.logged.join("")).toContain('"code":"key-expired"');
  });

  test("a poison post is set aside and the next one goes out", async () => {
    const list = await listOfThree();
    const { store } = await server.start();
    const poisoned = await seal(list, alice);
    await store.queuePost({
      listId: list.list.id,
      raw: poisoned.raw.subarray(0, poisoned.raw.length / 2),
      accepted: Date.now(),
      messageId: "<poison@people.test>",
      signer: alice.key.fingerprint,
      keyPacketDigest: "00",
      dataPacketDigest: "00",
      sealDigest: "00",
      keptUntil: Date.now() + 1000,
      author: { kind: "member", name: "Alice", certificate: alice.key.secret.toPublic().write() },
      warrant: anybodysWarrant(list.list),
    });
    await server.post(list, alice, { text: "After the poison" });
    await server.untilQuiet();

    expect(server.sink.caught).toHaveLength(3);
    expect(await store.queueCounts()).toEqual({ waiting: 0, aside: 3 });
    expect(server.logged.join("")).toContain("post-set-aside");
  });

  test("hands over by LMTP too, where a refusal comes after DATA", async () => {
    await server.discard();
    server = await PlayServer.make("lmtp");
    const list = await listOfThree();
    server.sink.mood = (recipient) =>
      recipient === eve.address ? { code: 550, text: "5.2.1 gone", at: "data" } : undefined;
    await server.start("lmtp", "lmtp");
    const { raw } = await seal(list, alice);
    const answer = await submit(server.port, { sender: alice.address, recipient: list.address, raw }, "LHLO");
    expect(answer.code).toBe(250);
    await server.untilQuiet();

    expect(server.sink.caught).toHaveLength(2);
    expect(await server.service.store.queueCounts()).toEqual({ waiting: 0, aside: 1 });
  });
});
