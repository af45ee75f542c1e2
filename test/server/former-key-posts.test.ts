/**
 * A member's post under a list key that an owner has replaced and whose grace is over: nobody gets it, its author gets an
 * answer that their add-on acts on, and no bounce.
 */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { makeMailbox, parseAddress } from "../../src/mail/mailbox.js";
import { requestTypes } from "../../src/mail/part-types.js";
import { messageIdsIn } from "../../src/mail/payload.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import type { RequestResult } from "../../src/membership/request/answer-result.js";
import { openAnswer } from "../../src/membership/request/answers.js";
import { generateKey, type OpeningKey } from "../../src/openpgp/keys.js";
import { setPolicy } from "../../src/server/admin/administration.js";
import { queued, refused } from "../../src/server/receive/reply.js";
import {
  answersTo,
  begin,
  card,
  certificate,
  claim,
  type Invited,
  invites,
  joins,
  listKey,
  olga,
  play,
  says,
  teamAddress,
} from "./asking.js";
import { type PlayList, type PostWish, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

onEachStore(() => {
  let bob: Invited;
  let carol: Invited;
  let today: OpeningKey<"list">;

  const under = async (key: OpeningKey<"list">): Promise<PlayList> => {
    const list = await play.service.store.listByAddress(teamAddress);
    if (list === undefined) throw new Error("no list");
    return { list, address: teamAddress, key, server: card.server };
  };

  const newKey = async (replaces: OpeningKey<"list">, serial: number, ends = -5_000) => {
    const made = await generateKey("list", { address: teamAddress, profile: "compatible" });
    const graceEnds = new Date(Math.floor((Date.now() + ends) / 1000) * 1000);
    const result = await says(olga, {
      do: "new-list-key",
      serial,
      replaces: replaces.fingerprint,
      listKey: certificate(made),
      graceEnds,
    });
    expect(result).toMatchObject({ kind: "done" });
    return made;
  };

  const letter = async (key: OpeningKey<"list">, who = bob.who, wish: PostWish = {}) =>
    seal(await under(key), who, wish);
  const sends = async (raw: Uint8Array, who = bob.who) => play.submit(await under(today), who, raw);
  const said = ({ code, status, text }: typeof queued) => ({ code, text: `${code} ${status} ${text}` });

  /** The mails of the server's own that told Bob of a former key. */
  const mailsToBob = () =>
    play.sink.for(bob.who.address).filter(({ raw }) => raw.includes("used an old list key"));
  const copies = () =>
    play.sink.caught
      .filter(({ raw }) => raw.includes(requestTypes.request) === false)
      .filter(({ raw }) => raw.includes("vnd.listseal.body"));

  const answered = async (): Promise<RequestResult[]> =>
    (await answersTo(bob.who.address, bob.who.key))
      .map(({ result }) => result)
      .filter(({ kind }) => kind === "old-list-key");

  beforeEach(async () => {
    await begin();
    await says(olga, claim());
    bob = await invites(await person("Bob"));
    carol = await invites(await person("Carol"));
    for (const guest of [bob, carol]) await joins(guest);
    today = await newKey(listKey, 1);
    await play.untilQuiet();
  });
  afterEach(() => play.discard());

  test("its author hears that it was taken, and gets an answer that names the letter and what was sent", async () => {
    const post = await letter(listKey);
    const [sentAs] = messageIdsIn(/^Message-ID: (.*)$/m.exec(Buffer.from(post.raw).toString("latin1"))?.[1]);
    expect(await sends(post.raw)).toEqual(said(queued));
    await play.untilQuiet();

    expect(copies()).toEqual([]);
    expect(await answered()).toEqual([
      {
        kind: "old-list-key",
        head: await play.service.store.recordHead((await under(today)).list.id),
        messageId: post.messageId,
        sentAs,
      },
    ]);
    const [mail, ...more] = mailsToBob();
    expect(more).toEqual([]);
    expect(mail?.sender).toBe("");
    expect(mail?.raw.toString()).toMatch(/^From: .*<team-request@lists\.test>\r$/m);
    expect(mail?.raw.toString()).toMatch(/^Subject: \[team\] your message used an old list key\r$/m);
    const [, text = ""] =
      mail?.raw.toString("latin1").split(/Content-Transfer-Encoding: base64\r\n\r\n/) ?? [];
    expect(Buffer.from(text.split("\r\n--")[0] ?? "", "base64").toString()).toContain("With GnuPG alone");
  });

  test("the same letter, sealed again under the key of today, goes out", async () => {
    const post = await letter(listKey);
    await sends(post.raw);
    await play.untilQuiet();
    const again = await letter(today, bob.who, { messageId: post.messageId });
    expect(await sends(again.raw)).toEqual(said(queued));
    await play.untilQuiet();
    expect(copies()).toHaveLength(3);
    expect(play.sink.for(carol.who.address).at(-1)?.raw.toString()).toContain(post.messageId);
    // and what was answered is still no post
    expect(await sends(post.raw)).toEqual(said(queued));
    await play.untilQuiet();
    expect(copies()).toHaveLength(3);
  });

  test("sent again, also under another header, it is answered once; another letter has its own answer", async () => {
    const post = await letter(listKey);
    await sends(post.raw);
    const other = Buffer.from(post.raw)
      .toString("latin1")
      .replace(/^Message-ID: .*$/m, "Message-ID: <x@evil.test>");
    expect(await sends(Buffer.from(other, "latin1"))).toEqual(said(queued));
    await sends((await letter(listKey)).raw);
    await play.untilQuiet();
    expect(mailsToBob()).toHaveLength(2);
    expect((await answered()).map((each) => "messageId" in each && each.messageId)).toContain(post.messageId);
  });

  test("who missed two keys is answered as well; older ones are for nobody", async () => {
    const first = await letter(listKey);
    const second = today;
    today = await newKey(second, 2);
    expect(await sends(first.raw)).toEqual(said(queued));
    expect(await sends((await letter(second)).raw)).toEqual(said(queued));
    today = await newKey(today, 3);
    expect(await sends((await letter(listKey)).raw)).toEqual(said(refused));
    await play.untilQuiet();
    expect(await answered()).toHaveLength(2);
  });

  describe("nobody else hears of it", () => {
    test("who has left since: one uniform reply, and no mail", async () => {
      const post = await letter(listKey);
      await says(bob.who, { do: "leave" });
      await play.untilQuiet();
      expect(await sends(post.raw)).toEqual(said(refused));
      await play.untilQuiet();
      expect(mailsToBob()).toEqual([]);
    });

    test("somebody else's captured post under one's own address", async () => {
      const post = await letter(listKey, carol.who);
      const hijacked = Buffer.from(post.raw)
        .toString("latin1")
        .replaceAll(/carol@people\.test/gi, bob.who.address);
      expect(await sends(Buffer.from(hijacked, "latin1"))).toEqual(said(refused));
      await play.untilQuiet();
      expect(mailsToBob()).toEqual([]);
    });

    test("who may only read", async () => {
      const { address, key } = bob.who;
      const named = { address, fingerprint: key.fingerprint };
      await says(olga, { do: "set-role", ...named, role: "read-only" } as Parameters<typeof says>[1]);
      expect(await sends((await letter(listKey)).raw)).toEqual(said(refused));
      await play.untilQuiet();
      expect(mailsToBob()).toEqual([]);
    });

    test("a stranger on a list that is open to them", async () => {
      await play.office((office) => setPolicy(office, teamAddress, "open"));
      const mallory = await person("Mallory");
      const { sealed, messageId } = await letter(listKey, mallory);
      const raw = writeSubmission({
        from: makeMailbox(mallory.name, parseAddress(mallory.address)),
        list: teamAddress,
        date: new Date(),
        messageId,
        sealed,
        author: certificate(mallory.key),
      });
      expect(await sends(raw, mallory)).toEqual(said(refused));
      await play.untilQuiet();
      expect(play.sink.for(mallory.address)).toEqual([]);
      expect(play.logged.join("")).toContain('"code":"old-list-key"');
    });
  });

  describe("a member asks for the list key of today", () => {
    /** At least so many, once they have come. */
    const reports = async (count: number) => {
      for (;;) {
        const seen = play.sink.for(olga.address).length;
        const found = (await answersTo(olga.address, olga.key)).filter(
          ({ result }) => result.kind === "report" && result.event === "key-wanted",
        );
        if (found.length >= count) return found;
        await play.sink.until(() => play.sink.for(olga.address).length > seen);
      }
    };

    test("owners are told by a report with the signed request, and the record has nothing of it", async () => {
      const { id } = (await under(today)).list;
      const before = await play.service.store.recordHead(id);
      expect(await says(bob.who, { do: "list-key" })).toMatchObject({ kind: "done", head: before });
      await play.untilQuiet();
      expect(await play.service.store.recordHead(id)).toEqual(before);
      const [report, ...more] = await reports(1);
      expect(more).toEqual([]);
      if (report?.result.kind !== "report") throw new Error("no report");
      expect(Buffer.from(report.result.signed.bytes).toString()).toContain('"do": "list-key"');
      expect(await answersTo(carol.who.address, carol.who.key)).not.toContainEqual(
        expect.objectContaining({ result: expect.objectContaining({ event: "key-wanted" }) }),
      );
    });

    test("not again within the hour: owners' mailboxes are no target", async () => {
      await says(bob.who, { do: "list-key" });
      expect(await says(bob.who, { do: "list-key" })).toMatchObject({ kind: "refused", code: "too-often" });
      expect(await says(carol.who, { do: "list-key" })).toMatchObject({ kind: "done" });
      await play.untilQuiet();
      expect(await reports(2)).toHaveLength(2);
    });
  });

  test("an add-on that knows nothing of it can open the answer, whoever asked for nothing", async () => {
    await sends((await letter(listKey)).raw);
    await play.untilQuiet();
    const [mail] = mailsToBob();
    const part = mail?.raw
      .toString("latin1")
      .split(requestTypes.answer)[1]
      ?.split("\r\n\r\n")[1]
      ?.split("\r\n--")[0];
    const sealed = new Uint8Array(Buffer.from(part ?? "", "base64"));
    const expected = { list: { address: teamAddress }, server: card.server, requests: [] };
    expect(await openAnswer(sealed, bob.who.key, expected)).toMatchObject({
      result: { kind: "old-list-key" },
    });
    expect(await openAnswer(sealed, carol.who.key, expected)).toBe("not-for-me");
  });
});
