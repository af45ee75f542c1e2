/** What the server takes, what it refuses, and what it says. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { generateKey, generateMemberKey, sealingHalf, writeSealingKey } from "../../src/openpgp/keys.js";
import { createList, setListKey } from "../../src/server/admin/administration.js";
import { refused } from "../../src/server/receive/reply.js";
import { submit } from "./dialogue.js";
import { halvesOf, halvesOfText, submissionBy, underAnotherPrimary } from "./hostile-posts.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";
import { onEachStore } from "./stores.js";

onEachStore(() => {
  let server: PlayServer;
  let list: PlayList;
  let alice: Person;
  let bob: Person;
  let mallory: Person;

  const uniform = { code: refused.code, text: `${refused.code} ${refused.status} ${refused.text}` };

  beforeEach(async () => {
    server = await PlayServer.make();
    [alice, bob, mallory] = await Promise.all([person("Alice"), person("Bob"), person("Mallory")]);
    list = await server.createList("team@lists.test");
    for (const who of [alice, bob]) await server.join(list, who);
    await server.start();
  });

  afterEach(() => server.discard());

  /** Nothing was queued and nothing is remembered. */
  async function expectNothingTaken(): Promise<void> {
    expect(await server.service.store.queueCounts()).toEqual({ waiting: 0, aside: 0 });
    expect(server.sink.caught).toEqual([]);
  }

  describe("a post again", () => {
    test("identical: 250, and no second copy", async () => {
      const { raw } = await seal(list, alice);
      const first = await server.submit(list, alice, raw);
      const second = await server.submit(list, alice, raw);
      await server.untilQuiet();

      expect(second).toEqual(first);
      expect(server.sink.for(bob.address)).toHaveLength(1);
    });

    test("another key packet under a known message id: refused, and the author is told by mail", async () => {
      const { raw, messageId } = await seal(list, alice, { text: "one" });
      await server.submit(list, alice, raw);
      await server.untilQuiet();

      expect(await server.post(list, alice, { text: "two", messageId })).toEqual(uniform);
      await server.untilQuiet();

      expect(server.sink.for(bob.address)).toHaveLength(1);
      const [, notice] = server.sink.for(alice.address);
      expect(notice?.sender).toBe("");
      expect(notice?.raw.toString()).toContain("Auto-Submitted: auto-replied");
    });

    test("a captured key packet under another member's signature: refused", async () => {
      const post = await seal(list, alice);
      await server.submit(list, alice, post.raw);
      await server.untilQuiet();

      const again = await submissionBy(bob, list, await halvesOf(server, list, post), {
        messageId: "<stolen@people.test>",
      });
      expect(await server.submit(list, bob, again)).toEqual(uniform);
      await server.untilQuiet();
      const fromBob = server.sink.caught.filter((mail) => mail.raw.includes("Bob via Team"));
      expect(fromBob).toEqual([]);
    });

    test("a notice about the same thing comes once an hour at most", async () => {
      const { raw, messageId } = await seal(list, alice);
      await server.submit(list, alice, raw);
      for (let times = 0; times < 3; times++) {
        await server.post(list, alice, { text: `again ${times}`, messageId });
      }
      await server.untilQuiet();
      expect(server.sink.for(alice.address).filter((mail) => mail.sender === "")).toHaveLength(1);
    });
  });

  describe("mail that is not sealed", () => {
    const plain =
      "From: alice@people.test\r\nTo: team@lists.test\r\nSubject: SECRETMARKER\r\n\r\nSECRETMARKER\r\n";

    test("is refused with the way to seal, quotes nothing, and leaves nothing behind", async () => {
      const answer = await server.submit(list, alice, plain);
      expect(answer.code).toBe(550);
      expect(answer.text).toMatch(/^550 5\.7\.1 .*Encrypt to list/);
      expect(answer.text).not.toContain("SECRETMARKER");
      expect(answer.text.length).toBeLessThan(512);
      expect(server.logged.join("")).not.toContain("SECRETMARKER");
      await expectNothingTaken();
    });

    test("gets the same answer from a stranger", async () => {
      expect(await server.submit(list, mallory, plain)).toEqual(await server.submit(list, alice, plain));
    });
  });

  describe("a post whose parts a webmail has attached", () => {
    /** As a webmail sends it: its own text, types that it guessed, and no field of ours. */
    const asWebmail = (raw: Uint8Array): Buffer => {
      const text = Buffer.from(raw)
        .toString("latin1")
        .replace(/^X-ListSeal: .*\r\n(?: .*\r\n)*/m, "")
        .replace("Content-Type: application/vnd.listseal.key", "Content-Type: application/octet-stream")
        .replace("Content-Type: application/vnd.listseal.body", "Content-Type: application/pgp-encrypted");
      expect(text).not.toMatch(/listseal/i);
      return Buffer.from(text, "latin1");
    };

    test("is told by their names, and goes out as any other", async () => {
      const { raw, messageId } = await seal(list, alice);
      expect((await server.submit(list, alice, asWebmail(raw))).code).toBe(250);
      await server.untilQuiet();
      const [copy] = server.sink.for(bob.address);
      expect(copy?.raw.toString()).toContain(`Message-ID: ${messageId}`);
      expect(copy?.raw.toString()).toContain("X-ListSeal: v=1; mode=key");
    });

    test("names make nobody an author: a stranger's gets the uniform refusal", async () => {
      const { raw } = await seal(list, mallory);
      expect(await server.submit(list, mallory, asWebmail(raw))).toEqual(uniform);
      await expectNothingTaken();
    });
  });

  describe("one uniform refusal", () => {
    test("for somebody who is not a member", async () => {
      expect(await server.post(list, mallory)).toEqual(uniform);
      await expectNothingTaken();
    });

    test("for a former member, in the words that a stranger gets", async () => {
      await server.remove(list, bob);
      expect(await server.post(list, bob)).toEqual(uniform);
      await expectNothingTaken();
    });

    test("for a captured post under another From; the author's own is then still new", async () => {
      const post = await seal(list, alice);
      const text = Buffer.from(post.raw).toString("latin1");
      const hijacked = text.replace("Alice <alice@people.test>", "Bob <bob@people.test>");
      expect(hijacked).not.toBe(text);
      expect(await server.submit(list, bob, hijacked)).toEqual(uniform);
      await expectNothingTaken();

      expect(await server.submit(list, alice, post.raw)).toMatchObject({ code: 250 });
      await server.untilQuiet();
      expect(server.sink.for(bob.address)).toHaveLength(1);
    });

    test("for a post of last month; the author is told by mail", async () => {
      const monthAgo = new Date(Date.now() - 30 * 86_400_000);
      const address = "carol@people.test";
      const date = new Date(monthAgo.getTime() - 86_400_000);
      const carol = {
        name: "Carol",
        address,
        key: await generateMemberKey({ address, profile: "compatible", date }),
      };
      await server.join(list, carol);
      const old = await submissionBy(carol, list, await halvesOfText(list, "old"), {
        messageId: "<old@people.test>",
        date: monthAgo,
      });
      expect(await server.submit(list, carol, old)).toEqual(uniform);
      await server.untilQuiet();

      const [notice, ...more] = server.sink.caught;
      expect(more).toEqual([]);
      expect(notice?.recipient).toBe(carol.address);
      const [, body = ""] = (notice?.raw.toString("latin1") ?? "").split("\r\n\r\n");
      expect(Buffer.from(body, "base64").toString()).toContain("seven days");
    });

    test.each([
      ["no body digest", { "body-sha256": undefined }],
      ["another body's digest", { "body-sha256": "0".repeat(64) }],
      ["another kind", { kind: "post" }],
      ["another list", { list: "other@lists.test 00" }],
      ["a message id that would begin a header field", { msgid: "<a@b>\r\nX-Evil: 1" }],
    ])("for a signature that says %s", async (_, says) => {
      const raw = await submissionBy(alice, list, await halvesOfText(list, "x"), {
        messageId: "<fine@people.test>",
        says,
      });
      expect(await server.submit(list, alice, raw)).toEqual(uniform);
      await server.untilQuiet();
      expect(server.sink.caught.filter((mail) => mail.sender !== "")).toEqual([]);
    });

    test("for a post that was cut short", async () => {
      const { raw } = await seal(list, alice);
      const text = Buffer.from(raw).toString("latin1");
      const cut = text.replace(
        /(Content-Type: application\/vnd\.listseal\.key[\s\S]*?\r\n\r\n[A-Za-z0-9+/]{40})[\s\S]{76}/,
        "$1",
      );
      expect(cut).not.toBe(text);
      expect(await server.submit(list, alice, cut)).toEqual(uniform);
      await expectNothingTaken();
    });

    test("for a post that was sealed for another list of this server", async () => {
      const other = await server.createList("other@lists.test");
      await server.join(other, alice);
      const { raw } = await seal(other, alice);
      expect(await server.submit(list, alice, raw)).toEqual(uniform);
      await expectNothingTaken();
    });
  });

  describe("recipients", () => {
    test.each([
      "someone@elsewhere.test",
      "nobody@lists.test",
      "team-request@lists.test.evil.test",
      "postmaster",
    ])("%s is refused: this server relays nothing", async (recipient) => {
      const { raw } = await seal(list, alice);
      expect(await submit(server.port, { sender: alice.address, recipient, raw })).toMatchObject({
        code: 550,
      });
    });

    test("the list's address in capitals is the list's", async () => {
      const { raw } = await seal(list, alice);
      const answer = await submit(server.port, { sender: alice.address, recipient: "Team@LISTS.test", raw });
      expect(answer.code).toBe(250);
    });

    test.each(["team-bounces@lists.test", "team-bounces+bob=people.test@lists.test"])(
      "%s takes reports from the empty sender, and passes none on",
      async (recipient) => {
        const raw = "From: MAILER-DAEMON@people.test\r\nSubject: failed\r\n\r\nfailed\r\n";
        expect(await submit(server.port, { sender: "", recipient, raw })).toMatchObject({ code: 250 });
        await expectNothingTaken();
      },
    );

    test("a list without a list key says: later", async () => {
      await server.office((office) =>
        createList(office, {
          address: "empty@lists.test",
          name: "Empty",
          mode: "key",
          delivery: "resealed",
          profile: "compatible",
        }),
      );
      const { raw } = await seal(list, alice);
      const answer = await submit(server.port, { sender: alice.address, recipient: "empty@lists.test", raw });
      expect(answer.code).toBe(450);
    });
  });

  test("a report or an automatic answer is no post", async () => {
    const { raw } = await seal(list, alice);
    const fromNobody = await submit(server.port, { sender: "", recipient: list.address, raw });
    expect(fromNobody.code).toBe(550);
    const automatic = Buffer.concat([Buffer.from("Auto-Submitted: auto-replied\r\n"), raw]);
    expect(await server.submit(list, alice, automatic)).toMatchObject({ code: 550 });
    await expectNothingTaken();
  });

  describe("a list key that was used before", () => {
    beforeEach(() =>
      server.office((office) =>
        createList(office, {
          address: "second@lists.test",
          name: "Second",
          mode: "key",
          delivery: "resealed",
          profile: "compatible",
        }),
      ),
    );
    const setKey = (key: Uint8Array) =>
      server.office((office) => setListKey(office, "second@lists.test", key));

    test("is refused in another certificate, too", async () => {
      const disguised = await underAnotherPrimary(list, "second@lists.test");
      await expect(setKey(disguised)).rejects.toThrow(/list key has been used before/);
    });

    test("is refused in its own certificate", async () => {
      await expect(setKey(writeSealingKey(sealingHalf(list.key)))).rejects.toThrow(
        /made for another address/,
      );
    });

    test("a fresh one is taken, and a second for the same list is not", async () => {
      const fresh = () => generateKey("list", { address: "second@lists.test", profile: "compatible" });
      await setKey(writeSealingKey(sealingHalf(await fresh())));
      await expect(fresh().then((key) => setKey(writeSealingKey(sealingHalf(key))))).rejects.toThrow(
        /already has a list key/,
      );
    });
  });
});
