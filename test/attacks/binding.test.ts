/** Attacks on who said what: signatures moved, borrowed, doubled or left out. */
import { createMessage, enums, readSignature, SignaturePacket, sign } from "openpgp";
import { bindingNames, notations, readNotations, sha256, verifyOnly } from "../../src/protocol/binding.js";
import {
  type OpeningKey,
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { split } from "../../src/protocol/packets.js";
import { configFor } from "../../src/protocol/policy.js";
import { aliceSeals, type Cast, keysOf, listOf, makeCast, saysAlice } from "../protocol/people.js";
import { asMember, bytes, dataPacketUnder, encryptWith, nameOf, saysIt, signs, submits } from "./forge.js";
import { anyGoodSignature, lastNotation } from "./naive/lenient.js";
import { naiveReader } from "./naive/naive-reader.js";
import { naiveServer, roster } from "./naive/naive-server.js";

const old = "<old@example.test>";
const fresh = "<fresh@example.test>";

let cast: Cast;
let submitted: SealedMessage;
/** Alice's old post as Bob and Eve (then a member) got it from the real server. */
let bobs: Awaited<ReturnType<typeof asMember>>;

const at = (author: OpeningKey<"member">) => ({
  list: listOf(cast),
  server: cast.serverKey,
  author: sealingHalf(author),
});
const listCertificate = () => sealingHalf(cast.listKey).certificate;
const certificateOf = (person: OpeningKey<"member">) => sealingHalf(person).certificate;
const bobReads = (sealed: SealedMessage, says: Parameters<typeof openPost>[2]) =>
  openPost(sealed, keysOf(cast, cast.bob), says);
const deliver = async (sealed: SealedMessage, author: OpeningKey<"member">) =>
  resealFor(
    await prepareReseal(await openAtServer(sealed, at(author)), { ...at(author), roster }),
    sealingHalf(cast.bob),
  );

beforeAll(async () => {
  cast = await makeCast("compatible");
  submitted = await aliceSeals(cast, "key", bytes("I resign."), old);
  bobs = await asMember(await deliver(submitted, cast.alice), cast, cast.bob);
});

describe("K of one post with the body of another: the wire's owner swaps the bodies of two posts", () => {
  test("passes where the body's digest is not compared", async () => {
    const other = await aliceSeals(cast, "key", bytes("I stay."), fresh);
    if (submitted.mode !== "key" || other.mode !== "key") throw new Error("mode key is meant");
    const swapped = { ...submitted, body: other.body };
    const opened = await naiveServer({ without: "body-digest" }).open(swapped, at(cast.alice));
    expect(opened.messageId).toBe(old);
    await expect(openAtServer(swapped, at(cast.alice))).rejects.toMatchObject({ code: "binding-mismatch" });
  });

  test("a member who gets such a copy all the same opens nothing", async () => {
    const other = await aliceSeals(cast, "key", bytes("I stay."), fresh);
    if (other.mode !== "key") throw new Error("mode key is meant");
    const key = await encryptWith(bobs.keyPacket, [bobs.listSignature], [certificateOf(cast.bob)]);
    await expect(
      bobReads({ mode: "key", key, body: other.body }, saysAlice(cast, fresh)),
    ).rejects.toMatchObject({ code: "damaged" });
  });
});

describe("Eve, removed, moves the list's signature of an old post to a body of her own and mails Bob directly", () => {
  let forged: SealedMessage;
  beforeAll(async () => {
    const signature = await signs(cast.eve, bytes("new words"), {
      kind: "post",
      list: nameOf(listOf(cast)),
      msgid: fresh,
    });
    const body = await dataPacketUnder(bobs.sessionKey, bytes("new words"), [signature], listCertificate());
    const key = await encryptWith(bobs.keyPacket, [bobs.listSignature], [certificateOf(cast.bob)]);
    forged = { mode: "key", key, body };
  });

  test("comes 'through the list' where the list signature need not fit what was opened", async () => {
    const open = naiveReader({ without: ["through-body", "through-author", "through-message"] });
    await expect(open(forged, keysOf(cast, cast.bob), saysIt(cast.eve, fresh))).resolves.toEqual({
      text: "new words",
      author: cast.eve.fingerprint,
      throughTheList: true,
    });
  });

  test.each(["through-body", "through-author", "through-message"] as const)(
    "%s alone finds it",
    async (kept) => {
      const all = ["through-body", "through-author", "through-message"] as const;
      const open = naiveReader({ without: all.filter((step) => step !== kept) });
      const shown = await open(forged, keysOf(cast, cast.bob), saysIt(cast.eve, fresh));
      expect(shown.throughTheList).toBe(false);
    },
  );

  test("is 'not through the list' for the real reader", async () => {
    await expect(bobReads(forged, saysIt(cast.eve, fresh))).resolves.toMatchObject({
      passage: { via: "unproved", reason: "for-another-message" },
    });
  });
});

describe("Bob, a member, posts Alice's old signed payload again as new", () => {
  let copy: SealedMessage;
  beforeAll(async () => {
    // a new key packet and a new message id: nothing that the server can see was there before
    const again = await encryptWith(bobs.payload, [bobs.innerSignature], [listCertificate()]);
    copy = await deliver(await submits(cast, cast.bob, again, fresh), cast.bob);
  });

  test("is Alice's new post where the list signature's author and message id are not compared", async () => {
    const open = naiveReader({ without: ["through-author", "through-message"] });
    await expect(open(copy, keysOf(cast, cast.bob), saysAlice(cast, old))).resolves.toEqual({
      text: "I resign.",
      author: cast.alice.fingerprint,
      throughTheList: true,
    });
  });

  test("is 'not through the list' for the real reader", async () => {
    await expect(bobReads(copy, saysAlice(cast, old))).resolves.toMatchObject({
      author: cast.alice.fingerprint,
      passage: { via: "unproved", reason: "for-another-message" },
    });
  });

  test("also when Bob signs it under the old message id", async () => {
    const again = await encryptWith(bobs.payload, [bobs.innerSignature], [listCertificate()]);
    const named = await deliver(await submits(cast, cast.bob, again, old), cast.bob);
    await expect(bobReads(named, saysAlice(cast, old))).resolves.toMatchObject({
      passage: { via: "unproved", reason: "by-another-author" },
    });
  });

  test("protected headers with another message id than the signed one are refused", async () => {
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({ code: "binding-mismatch" });
  });
});

/** Something that Alice really signed elsewhere, put under the list's seals by somebody else. */
async function asPost(payload: Uint8Array, signatures: Parameters<typeof encryptWith>[1]) {
  const sealed = await encryptWith(payload, signatures, [listCertificate()]);
  return deliver(await submits(cast, cast.bob, sealed, fresh), cast.bob);
}
const trusting = () => naiveReader({ without: ["strict-signature", "kind", "list", "message-id"] });

describe("Bob encrypts a private gpg mail of Alice's to the list", () => {
  test("shows as Alice's post where notations may be missing, and is refused where not", async () => {
    const mail: Uint8Array = await sign({
      message: await createMessage({ binary: bytes("only for you, Bob") }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      config: configFor("compatible"),
    });
    const copy = await asPost(bytes("only for you, Bob"), [await readSignature({ binarySignature: mail })]);
    const shown = await trusting()(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown).toMatchObject({ text: "only for you, Bob", author: cast.alice.fingerprint });
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({ code: "binding-missing" });
  });
});

describe("the server shows the owner's signed request as her post", () => {
  test("passes where kinds are not told apart, and is refused where they are", async () => {
    const request = bytes('{"listseal":1,"kind":"remove","address":"bob@example.test"}');
    const says = { kind: "request", list: nameOf(listOf(cast)), msgid: fresh } as const;
    const copy = await asPost(request, [await signs(cast.alice, request, says)]);
    const open = naiveReader({ without: ["strict-signature", "kind"] });
    const shown = await open(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.author).toBe(cast.alice.fingerprint);
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({ code: "wrong-kind" });
  });

  test("the same request as a submission: the server takes no kind but `submit`", async () => {
    if (submitted.mode !== "key") throw new Error("mode key is meant");
    const signature = await signs(cast.alice, bobs.keyPacket, {
      kind: "request",
      list: nameOf(listOf(cast)),
      msgid: fresh,
      "body-sha256": await sha256(submitted.body),
    });
    const key = await encryptWith(bobs.keyPacket, [signature], [sealingHalf(cast.serverKey).certificate]);
    const sealed = { ...submitted, key };
    const naive = naiveServer({ without: ["kind"] });
    await expect(naive.open(sealed, at(cast.alice))).resolves.toMatchObject({ messageId: fresh });
    await expect(openAtServer(sealed, at(cast.alice))).rejects.toMatchObject({ code: "wrong-kind" });
  });
});

describe("surreptitious forwarding: Bob encrypts Alice's signed post of list A to list B", () => {
  test("shows as Alice's post to B where the list is not compared, and is refused where it is", async () => {
    const other = await makeCast("compatible", "press@lists.example");
    const sealed = await encryptWith(
      bobs.payload,
      [bobs.innerSignature],
      [sealingHalf(other.listKey).certificate],
    );
    const context = { list: listOf(other), server: other.serverKey, author: sealingHalf(cast.bob) };
    const post = await submits(other, cast.bob, sealed, fresh);
    const copy = await naiveServer({ without: [] }).deliver(post, context, sealingHalf(other.bob));
    const keys = keysOf(other, other.bob);
    const shown = await naiveReader({ without: "list" })(copy, keys, saysAlice(cast, old));
    expect(shown).toMatchObject({ text: "I resign.", author: cast.alice.fingerprint });
    await expect(openPost(copy, keys, saysAlice(cast, old))).rejects.toMatchObject({ code: "wrong-list" });
  });

  test("the same address with another list key is another list", async () => {
    const { packet } = await verifyOnly(
      bobs.payload,
      [bobs.innerSignature],
      certificateOf(cast.alice),
      new Date(),
    );
    const { list } = readNotations(packet, "post", bindingNames("post", "key"));
    const twin = await makeCast("compatible");
    expect(list).toBe(nameOf(listOf(cast)));
    expect(list).not.toBe(nameOf(listOf(twin)));
  });
});

describe("Bob, a member, writes as Alice: the list key is shared, so being sealed to it proves nobody", () => {
  const says = () => ({ kind: "post", list: nameOf(listOf(cast)), msgid: fresh }) as const;

  test.each([
    ["unsigned", "not-signed", async () => []],
    ["signed by himself", "unknown-author", async () => [await signs(cast.bob, bytes("Alice says"), says())]],
    ["with Alice's signature of another post", "bad-signature", async () => [bobs.innerSignature]],
  ] as const)("%s: passes where the inner signature is not checked, else %s", async (_, code, signatures) => {
    const copy = await asPost(bytes("Alice says"), await signatures());
    const open = naiveReader({ without: ["signature", "strict-signature", "kind", "list", "message-id"] });
    const shown = await open(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.text).toBe("Alice says");
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({ code });
  });
});

describe("Eve, removed, posts: she has the list key, the server's certificate and her own key", () => {
  test("to the list: passes where nobody asks who signed; the real server asks for a member's signature", async () => {
    const sealed = await encryptWith(bytes("hello again"), [], [listCertificate()]);
    const post = await submits(cast, cast.eve, sealed, fresh);
    const naive = naiveServer({ without: ["signature", "strict-signature"] });
    await expect(naive.open(post, at(cast.alice))).resolves.toMatchObject({ messageId: fresh });
    await expect(openAtServer(post, at(cast.alice))).rejects.toMatchObject({ code: "unknown-author" });
  });

  test("to Bob directly: Bob is told that it did not come through the list", async () => {
    const signature = await signs(cast.eve, bytes("psst"), {
      kind: "post",
      list: nameOf(listOf(cast)),
      msgid: fresh,
    });
    const inner = await encryptWith(bytes("psst"), [signature], [listCertificate()]);
    const { keyPacket, dataPacket } = split(inner);
    // with a list signature of her own making, too
    const own = await signs(cast.eve, keyPacket, {
      kind: "through",
      list: nameOf(listOf(cast)),
      msgid: fresh,
      "body-sha256": await sha256(dataPacket),
      by: cast.eve.fingerprint,
      roster: `1 ${roster.hash}`,
    });
    for (const [signatures, reason] of [
      [[], "absent"],
      [[own], "not-by-this-server"],
    ] as const) {
      const key = await encryptWith(keyPacket, signatures, [certificateOf(cast.bob)]);
      const result = await bobReads({ mode: "key", key, body: dataPacket }, saysIt(cast.eve, fresh));
      expect(result).toMatchObject({ passage: { via: "unproved", reason } });
    }
  });
});

describe("signatures with too much in them", () => {
  const data = bytes("words");
  const verifyAsAlice = (signatures: Parameters<typeof verifyOnly>[1]) =>
    verifyOnly(data, signatures, certificateOf(cast.alice), new Date());

  test("two signatures, one of them good: enough for a library, too many for us", async () => {
    const says = { kind: "post", list: nameOf(listOf(cast)), msgid: fresh } as const;
    const both = [await signs(cast.bob, data, says), await signs(cast.alice, data, says)];
    const copy = await asPost(data, both);
    const shown = await trusting()(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.author).toBe(cast.alice.fingerprint);
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({
      code: "several-signatures",
    });
    await expect(verifyAsAlice(both)).rejects.toMatchObject({ code: "several-signatures" });
  });

  async function withNotations(signatureNotations: ReturnType<typeof notations>) {
    const written: Uint8Array = await sign({
      message: await createMessage({ binary: data }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      signatureNotations,
      config: configFor("compatible"),
    });
    return readSignature({ binarySignature: written });
  }

  test("doubled notations: the library gives the last, a search the first; we give none", async () => {
    const twice = [
      ...notations({ kind: "post", list: "other@lists.example 00", msgid: fresh }),
      ...notations({ list: nameOf(listOf(cast)) }),
    ];
    const signature = await withNotations(twice);
    const { packet } = await verifyAsAlice([signature]);
    expect(lastNotation(packet, "list")).toBe(nameOf(listOf(cast)));
    const first = packet.rawNotations.find(({ name }) => name.startsWith("list@"));
    expect(new TextDecoder().decode(first?.value)).toBe("other@lists.example 00");
    expect(() => readNotations(packet, "post", bindingNames("post", "key"))).toThrow(
      expect.objectContaining({ code: "binding-missing" }),
    );
  });

  test("a notation that another kind has makes a signature good for both; the kind's own names are the only ones", async () => {
    const extra = notations({
      kind: "post",
      list: nameOf(listOf(cast)),
      msgid: fresh,
      by: cast.eve.fingerprint,
    });
    const { packet } = await verifyAsAlice([await withNotations(extra)]);
    expect(() => readNotations(packet, "post", bindingNames("post", "key"))).toThrow(
      expect.objectContaining({ code: "binding-mismatch" }),
    );
  });

  test("a notation of a later version is told apart from none", async () => {
    const later = notations({ kind: "post" }).map((each) => ({
      ...each,
      name: each.name.replace("@v1.", "@v2."),
    }));
    const { packet } = await verifyAsAlice([await withNotations(later)]);
    expect(() => readNotations(packet, "post", [])).toThrow(
      expect.objectContaining({ code: "unsupported-version" }),
    );
  });

  test("notations in the part of a signature that nobody signed are not read", async () => {
    const signature = await withNotations([]);
    const [packet] = signature.packets;
    if (packet === undefined) throw new Error("no packet");
    // write the notation where the issuer key id stands: unhashed, so that the signature stays good
    const before = packet.rawNotations.map(({ name }) => name);
    const grown = withUnhashedNotation(packet.write(), notations({ kind: "post" })[0]);
    const again = new SignaturePacket();
    again.read(grown);
    expect(Buffer.from(grown).includes("kind@v1")).toBe(true);
    expect(again.rawNotations.map(({ name }) => name)).toEqual(before);
    expect(() => readNotations(again, "post", [])).toThrow(
      expect.objectContaining({ code: "binding-missing" }),
    );
  });
});

/** A v4 signature packet's body with a notation more among its unhashed subpackets. */
function withUnhashedNotation(
  body: Uint8Array,
  notation: ReturnType<typeof notations>[number] | undefined,
): Uint8Array {
  if (notation === undefined) throw new Error("no notation");
  const view = Buffer.from(body);
  const unhashedAt = 6 + view.readUInt16BE(4);
  const size = view.readUInt16BE(unhashedAt);
  const name = bytes(notation.name);
  const content = Buffer.concat([
    Uint8Array.of(20, 0x80, 0, 0, 0, 0, name.length, 0, notation.value.length),
    name,
    notation.value,
  ]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(size + content.length + 1);
  const rest = unhashedAt + 2 + size;
  return Buffer.concat([
    view.subarray(0, unhashedAt),
    length,
    view.subarray(unhashedAt + 2, rest),
    Uint8Array.of(content.length),
    content,
    view.subarray(rest),
  ]);
}

describe("a signature of type text (0x01) is good for bytes that differ in their line ends", () => {
  test("passes a plain check of two different payloads; refused by type", async () => {
    const text: Uint8Array = await sign({
      message: await createMessage({ text: "a\nb\n" }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      signatureNotations: notations({ kind: "post", list: nameOf(listOf(cast)), msgid: fresh }),
      config: configFor("compatible"),
    });
    const signature = await readSignature({ binarySignature: text });
    expect(signature.packets[0]?.signatureType).toBe(enums.signature.text);
    for (const payload of ["a\nb\n", "a\r\nb\r\n"]) {
      const certificate = certificateOf(cast.alice);
      const good = await anyGoodSignature(bytes(payload), [signature], [certificate], new Date());
      expect(good).toBeDefined();
      await expect(verifyOnly(bytes(payload), [signature], certificate, new Date())).rejects.toMatchObject({
        code: "wrong-kind",
      });
    }
  });
});

test("the honest post: every step on, and both servers and both readers agree", async () => {
  const copy = await naiveServer({ without: [] }).deliver(submitted, at(cast.alice), sealingHalf(cast.bob));
  const shown = await naiveReader({ without: [] })(copy, keysOf(cast, cast.bob), saysAlice(cast, old));
  expect(shown).toEqual({ text: "I resign.", author: cast.alice.fingerprint, throughTheList: true });
  await expect(bobReads(copy, saysAlice(cast, old))).resolves.toMatchObject({ passage: { via: "list" } });
});
