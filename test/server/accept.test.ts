/** What the server takes, what it refuses, and what it says. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { parseAddress } from "../../src/mail/mailbox.js";
import { writeSubmission } from "../../src/mail/sealed-mail.js";
import { generateKey, sealingHalf, writeSealingKey } from "../../src/protocol/keys.js";
import { sealPost } from "../../src/protocol/seal.js";
import { refused } from "../../src/server/reply.js";
import { submit } from "./dialogue.js";
import { type Person, type PlayList, PlayServer, person, seal } from "./play-server.js";

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

  test("a captured key packet signed anew by another member: refused", async () => {
    const { raw, sealed } = await seal(list, alice);
    await server.submit(list, alice, raw);
    await server.untilQuiet();

    // Bob opens his copy, and submits Alice's key packet and body under his own signature
    const stolen = await resignedBy(bob, alice);
    expect(sealed.mode).toBe("key");
    await server.submit(list, alice, stolen.first);
    expect(await server.submit(list, bob, stolen.again)).toEqual(uniform);
    await server.untilQuiet();
    expect(server.sink.for(bob.address).filter((mail) => mail.sender !== "")).toHaveLength(2);
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

/** The same key packet and body in two submissions: by `author`, and under another message id by `thief`. */
async function resignedBy(thief: Person, author: Person): Promise<{ first: Uint8Array; again: Uint8Array }> {
  const { encrypt, createMessage } = await import("openpgp");
  const { notations, listValue, sha256 } = await import("../../src/protocol/binding.js");
  const { openLayer } = await import("../../src/protocol/unseal.js");
  const { loadServerKey } = await import("../../src/server/server-keys.js");
  const original = await seal(list, author);
  if (original.sealed.mode !== "key") throw new Error("mode key is wanted");
  const { body } = original.sealed;
  const layer = await openLayer(original.sealed.key, (await loadServerKey(server.folder, list.list)).secret);
  if (layer === "not-for-me") throw new Error("not for the server");
  const messageId = "<stolen@people.test>";
  const key = await encrypt({
    message: await createMessage({ binary: layer.literal }),
    encryptionKeys: list.server.certificate,
    signingKeys: thief.key.secret,
    signatureNotations: notations({
      kind: "submit",
      list: listValue(list.address, list.key.fingerprint),
      msgid: messageId,
      "body-sha256": await sha256(body),
    }),
    format: "binary",
  });
  const again = writeSubmission({
    from: { address: parseAddress(thief.address) },
    list: parseAddress(list.address),
    date: new Date(),
    messageId,
    sealed: { mode: "key", key, body },
  });
  return { first: original.raw, again };
}

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
    const oldAlice = { ...alice, name: "Carol", address: "carol@people.test" };
    const { generateMemberKey } = await import("../../src/protocol/keys.js");
    const { generateKey: generate } = await import("../../src/protocol/keys.js");
    expect(generate).toBe(generateKey);
    const key = await generateMemberKey({
      address: oldAlice.address,
      profile: "compatible",
      date: new Date(monthAgo.getTime() - 86_400_000),
    });
    const carol = { ...oldAlice, key };
    await server.join(list, carol);
    const post = await oldPost(carol, monthAgo);
    expect(await server.submit(list, carol, post)).toEqual(uniform);
    await server.untilQuiet();
    expect(server.sink.caught.map((mail) => mail.recipient)).toEqual([carol.address]);
    expect(server.sink.caught[0]?.raw.toString("latin1")).toMatch(/base64|seven days/);
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

/** A post with the signatures of `date`, by keys that were there at the time. */
async function oldPost(author: Person, date: Date): Promise<Uint8Array> {
  const { createMessage, encrypt } = await import("openpgp");
  const { notations, listValue, sha256 } = await import("../../src/protocol/binding.js");
  const fresh = await sealPost({
    mode: "key",
    payload: Buffer.from("old"),
    messageId: "<old@people.test>",
    list: { address: list.address, key: sealingHalf(list.key) },
    server: list.server,
    author: author.key,
  });
  if (fresh.mode !== "key") throw new Error("mode key is wanted");
  const { split } = await import("../../src/protocol/packets.js");
  const { keyPacket, dataPacket } = split(
    await encrypt({
      message: await createMessage({ binary: Buffer.from("old") }),
      encryptionKeys: list.key.secret.toPublic(),
      format: "binary",
    }),
  );
  const key = await encrypt({
    message: await createMessage({ binary: keyPacket }),
    encryptionKeys: list.server.certificate,
    signingKeys: author.key.secret,
    signatureNotations: notations({
      kind: "submit",
      list: listValue(list.address, list.key.fingerprint),
      msgid: "<old@people.test>",
      "body-sha256": await sha256(dataPacket),
    }),
    date,
    format: "binary",
  }).catch(async () =>
    // the server key is younger than the date: encrypt now, with a signature of then
    encryptWithOldSignature(author, date, keyPacket, dataPacket),
  );
  return writeSubmission({
    from: { address: parseAddress(author.address) },
    list: parseAddress(list.address),
    date,
    messageId: "<old@people.test>",
    sealed: { mode: "key", key, body: dataPacket },
  });
}

async function encryptWithOldSignature(
  author: Person,
  date: Date,
  keyPacket: Uint8Array,
  dataPacket: Uint8Array,
): Promise<Uint8Array> {
  const { createMessage, encrypt } = await import("openpgp");
  const { listValue, sha256, signDetached } = await import("../../src/protocol/binding.js");
  const signature = await signDetached(
    keyPacket,
    author.key,
    {
      kind: "submit",
      list: listValue(list.address, list.key.fingerprint),
      msgid: "<old@people.test>",
      "body-sha256": await sha256(dataPacket),
    },
    "compatible",
    date,
  );
  return encrypt({
    message: await createMessage({ binary: keyPacket }),
    encryptionKeys: list.server.certificate,
    signature,
    format: "binary",
  });
}

describe("recipients", () => {
  test.each([
    "someone@elsewhere.test",
    "nobody@lists.test",
    "team-request@lists.test.evil.test",
    "postmaster",
  ])("%s is refused: this server relays nothing", async (recipient) => {
    const { raw } = await seal(list, alice);
    expect(await submit(server.port, { sender: alice.address, recipient, raw })).toMatchObject({ code: 550 });
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
    const { createList } = await import("../../src/server/administration.js");
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

test("a list key can be on one list only, also in another certificate", async () => {
  const certificate = writeSealingKey(sealingHalf(list.key));
  const { setListKey, createList } = await import("../../src/server/administration.js");
  await server.office((office) =>
    createList(office, {
      address: "second@lists.test",
      name: "Second",
      mode: "key",
      delivery: "resealed",
      profile: "compatible",
    }),
  );
  const renamed = await underAnotherPrimary(certificate, "second@lists.test");
  await expect(server.office((office) => setListKey(office, "second@lists.test", renamed))).rejects.toThrow(
    /used this list key before/,
  );
});

/** `certificate`'s encryption subkey, bound to a fresh primary key: another fingerprint, the same key material. */
async function underAnotherPrimary(certificate: Uint8Array, address: string): Promise<Uint8Array> {
  const { enums, KeyID, PacketList, SignaturePacket, readKey } = await import("openpgp");
  expect(KeyID).toBeDefined();
  const fresh = await generateKey("list", { address, profile: "compatible" });
  const stolen = (await readKey({ binaryKey: certificate })).subkeys[0]?.keyPacket;
  const primary = fresh.secret.keyPacket;
  if (stolen === undefined) throw new Error("no subkey");
  const binding = new SignaturePacket();
  binding.signatureType = enums.signature.subkeyBinding;
  binding.publicKeyAlgorithm = primary.algorithm;
  binding.hashAlgorithm = enums.hash.sha256;
  binding.keyFlags = new Uint8Array([enums.keyFlags.encryptCommunication | enums.keyFlags.encryptStorage]);
  await binding.sign(primary, { key: fresh.secret.toPublic().keyPacket, bind: stolen }, new Date());
  const list = new PacketList();
  const whole = fresh.secret.toPublic().toPacketList();
  for (const packet of whole) {
    if (packet.constructor.tag === enums.packet.publicSubkey) break;
    list.push(packet);
  }
  return Buffer.concat([list.write(), new PacketList(stolen, binding).write()]);
}
