/** Lists where others may post, too: what is held, who decides, and how readers are told. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import PostalMime from "postal-mime";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { writeRequestMail } from "../../src/mail/request-mail.js";
import { readSealedMail, writeSubmission } from "../../src/mail/sealed-mail.js";
import { newRequestId, writeRequest } from "../../src/membership/request/request.js";
import { parseSealingKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { newMessageId } from "../../src/protocol/seal-post.js";
import { MAX_HELD_POSTS } from "../../src/server/base/limits.js";
import { refused } from "../../src/server/receive/reply.js";
import type { MemberRole, PostPolicy } from "../../src/server/store/store.js";
import { type Answer, submit } from "./dialogue.js";
import { open, type Person, type PlayList, PlayServer, person, seal, textOf } from "./play-server.js";
import { onEachStore } from "./stores.js";
import { anybodysWarrant } from "./warrants.js";

let server: PlayServer;
let list: PlayList;
let alice: Person;
let bob: Person;
let mona: Person;
let stranger: Person;

const by = { by: "operator", at: "2026-11-22T00:00:00.000Z" } as const;

const setRole = (who: Person, role: MemberRole) =>
  server.office(({ store }) =>
    store.setMemberRole(list.list.id, who.address, role, { do: "role", address: who.address, role, ...by }),
  );

const setPolicy = (policy: PostPolicy) =>
  server.office(({ store }) => store.setPostPolicy(list.list.id, policy, { do: "policy", policy, ...by }));

beforeEach(async () => {
  server = await PlayServer.make();
  [alice, bob, mona, stranger] = await Promise.all([
    person("Alice"),
    person("Bob"),
    person("Mona"),
    person("Stranger"),
  ]);
  list = await server.createList("team@lists.test");
  for (const who of [alice, bob, mona]) await server.join(list, who);
  await setRole(mona, "moderator");
  await server.start();
});

afterEach(() => server.discard());

/** A post of `author` as a sender who is no member sends it: with the certificate, sealed to the server alone. */
async function strangePost(author: Person, from = author): Promise<Uint8Array> {
  const { sealed, messageId } = await seal(list, author);
  return writeSubmission({
    from: makeMailbox(from.name, parseAddress(from.address)),
    list: parseAddress(list.address),
    date: new Date(),
    messageId,
    sealed,
    author: writeSealingKey(sealingHalf(author.key)),
  });
}

/** A command by mail about a held post, signed by `signer`. */
async function command(
  verdict: "release" | "reject",
  post: number,
  signer: Person,
  more: { from?: Person; list?: string } = {},
): Promise<Uint8Array> {
  const found = await server.service.store.post(post);
  const messageId = (await held()).find(({ id }) => id === post)?.messageId;
  if (found === undefined || messageId === undefined) throw new Error("no such post");
  const author = await parseSealingKey("member", found.author.certificate);
  const to = parseAddress("team-request@lists.test");
  return writeRequestMail({
    kind: "request",
    list: parseAddress(list.address),
    from: makeMailbox(undefined, parseAddress((more.from ?? signer).address)),
    to: makeMailbox(undefined, to),
    date: new Date(),
    messageId: newMessageId("people.test"),
    sealed: await writeRequest(
      {
        id: newRequestId(),
        date: new Date(),
        list: { address: parseAddress(more.list ?? list.address), key: list.key.fingerprint },
        command: { do: verdict, author: author.fingerprint, messageId },
      },
      { signers: [signer.key], server: list.server },
    ),
  });
}

const send = (raw: Uint8Array, from: Person): Promise<Answer> =>
  submit(server.port, { sender: from.address, recipient: "team-request@lists.test", raw });

const held = () => server.service.store.heldPosts(list.list.id);

async function heldNumber(): Promise<number> {
  const [only] = await held();
  if (only === undefined) throw new Error("nothing is held");
  return only.id;
}

const copiesFor = (who: Person) => server.sink.for(who.address).filter(({ sender }) => sender !== "");

onEachStore(() => {
  describe("an open list", () => {
    beforeEach(() => setPolicy("open"));

    test("passes a member's post on at once", async () => {
      await server.post(list, alice);
      await server.untilQuiet();
      expect(copiesFor(bob)).toHaveLength(1);
    });

    test("passes a stranger's post on at once, as a non-member's", async () => {
      expect(await server.submit(list, stranger, await strangePost(stranger))).toMatchObject({ code: 250 });
      await server.untilQuiet();
      expect(await held()).toEqual([]);
      const [copy] = copiesFor(bob);
      if (copy === undefined) throw new Error("no copy");
      expect(await open(list, bob, copy.raw)).toMatchObject({
        passage: { via: "list-from-nonmember", by: stranger.key.fingerprint },
      });
    });
  });

  describe("a moderated list, and strangers", () => {
    beforeEach(() => setPolicy("moderated"));

    test("holds a stranger's post: moderators alone get it, marked, and can read it", async () => {
      expect(await server.submit(list, stranger, await strangePost(stranger))).toMatchObject({ code: 250 });
      await server.untilQuiet();
      expect(copiesFor(alice)).toEqual([]);
      const [review] = copiesFor(mona);
      if (review === undefined) throw new Error("no copy for review");
      const mail = await PostalMime.parse(review.raw);
      expect(mail.from).toMatchObject({ name: "Not a member via Team", address: list.address });
      const mark = mail.headers.find(({ key }) => key === "x-listseal")?.value;
      expect(mark).toContain(`held=${await heldNumber()}`);
      expect(await textOf(list, mona, review.raw)).toBe("Hello");
    });

    test("released, it reaches everybody as a non-member's", async () => {
      await server.submit(list, stranger, await strangePost(stranger));
      await server.untilQuiet();
      expect(await send(await command("release", await heldNumber(), mona), mona)).toMatchObject({
        code: 250,
      });
      await server.untilQuiet();
      const [copy, ...more] = copiesFor(bob);
      expect(more).toEqual([]);
      if (copy === undefined) throw new Error("no copy");
      expect(copy.raw.includes("held=")).toBe(false);
      expect(await open(list, bob, copy.raw)).toMatchObject({
        kind: "opened",
        passage: { via: "list-from-nonmember", by: stranger.key.fingerprint },
      });
      // the certificate that came along has done its work
      const read = await readSealedMail(copy.raw);
      expect(read).not.toHaveProperty("author");
      const told = server.sink.for(mona.address).filter(({ sender }) => sender === "");
      expect(told).toHaveLength(1);
    });

    test("a certificate that comes along never speaks for a member's address", async () => {
      expect(await server.submit(list, stranger, await strangePost(stranger, alice))).toMatchObject({
        code: refused.code,
      });
      expect(await held()).toEqual([]);
    });

    test("nor for an address that it does not name", async () => {
      const other = await person("Other");
      expect(await server.submit(list, stranger, await strangePost(stranger, other))).toMatchObject({
        code: refused.code,
      });
      expect(await held()).toEqual([]);
    });

    test("what strangers can fill is bounded", async () => {
      const { store } = server.service;
      const one = {
        listId: list.list.id,
        raw: Buffer.from("sealed"),
        accepted: Date.now(),
        signer: "s",
        keptUntil: Date.now() + 1_000_000,
        author: {
          kind: "non-member",
          name: "Not a member",
          certificate: writeSealingKey(sealingHalf(stranger.key)),
        },
        warrant: anybodysWarrant({ ...list.list, policy: "moderated" }),
        hold: true,
      } as const;
      for (let count = 0; count < MAX_HELD_POSTS; count++) {
        await store.queuePost({
          ...one,
          messageId: `<${count}@x.test>`,
          keyPacketDigest: `${count}`,
          dataPacketDigest: `${count}`,
          sealDigest: `${count}`,
        });
      }
      const raw = await strangePost(stranger);
      expect(await server.submit(list, stranger, raw)).toMatchObject({ code: 451 });
      const [first] = await held();
      await send(await command("reject", first?.id ?? 0, mona), mona);
      expect(await server.submit(list, stranger, raw)).toMatchObject({ code: 250 });
    });
  });

  describe("a moderated list", () => {
    beforeEach(() => setPolicy("moderated"));

    test("holds a member's post, and passes it on as a member's", async () => {
      await server.post(list, alice);
      await server.untilQuiet();
      expect(copiesFor(bob)).toEqual([]);
      await send(await command("release", await heldNumber(), mona), mona);
      await server.untilQuiet();
      const [copy] = copiesFor(bob);
      if (copy === undefined) throw new Error("no copy");
      expect(await open(list, bob, copy.raw)).toMatchObject({
        passage: { via: "list", by: alice.key.fingerprint },
      });
    });

    test("passes a moderator's own on at once", async () => {
      await server.post(list, mona);
      await server.untilQuiet();
      expect(copiesFor(bob)).toHaveLength(1);
    });

    test("somebody who left before the release gets no copy; the held post is as it was received", async () => {
      const { raw } = await seal(list, alice);
      await server.submit(list, alice, raw);
      const number = await heldNumber();
      expect(Buffer.from((await server.service.store.post(number))?.raw ?? []).equals(raw)).toBe(true);
      await server.remove(list, bob);
      await send(await command("release", number, mona), mona);
      await server.untilQuiet();
      expect(copiesFor(bob)).toEqual([]);
      expect(copiesFor(alice)).toHaveLength(1);
    });

    test("a rejected post is gone", async () => {
      await server.post(list, alice);
      await send(await command("reject", await heldNumber(), mona), mona);
      await server.untilQuiet();
      expect(await held()).toEqual([]);
      expect(copiesFor(bob)).toEqual([]);
    });

    test.each([
      // the one of them who is proved: they get a sealed answer that says no
      ["a member who is no moderator", (post: number) => command("release", post, bob), 250],
      ["a stranger", (post: number) => command("release", post, stranger), refused.code],
      [
        "a stranger under a moderator's address",
        (post: number) => command("release", post, stranger, { from: mona }),
        refused.code,
      ],
      [
        "a moderator, for another list",
        (post: number) => command("release", post, mona, { list: "other@lists.test" }),
        refused.code,
      ],
    ])("%s can't release", async (_, write, code) => {
      await server.post(list, alice);
      const post = await heldNumber();
      expect(await send(await write(post), mona)).toMatchObject({ code });
      expect(await held()).toHaveLength(1);
    });

    test("a moderator who was removed can't release any more", async () => {
      await server.post(list, alice);
      const raw = await command("release", await heldNumber(), mona);
      await server.remove(list, mona);
      expect(await send(raw, mona)).toMatchObject({ code: refused.code });
      expect(await held()).toHaveLength(1);
    });

    test("a command that comes twice is carried out once", async () => {
      await server.post(list, alice);
      const raw = await command("release", await heldNumber(), mona);
      await send(raw, mona);
      expect(await send(raw, mona)).toMatchObject({ code: 250 });
      await server.untilQuiet();
      expect(copiesFor(bob)).toHaveLength(1);
    });
  });

  test("a list of members takes nobody's certificate", async () => {
    expect(await server.submit(list, stranger, await strangePost(stranger))).toMatchObject({
      code: refused.code,
    });
    expect(await held()).toEqual([]);
  });
});
