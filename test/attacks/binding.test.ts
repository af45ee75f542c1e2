/** Attacks on who said what: signatures moved, borrowed, doubled or left out. */
import { createMessage, readSignature, sign } from "openpgp";
import { sha256 } from "../../src/openpgp/digest.js";
import { split } from "../../src/openpgp/packets.js";
import { configFor } from "../../src/openpgp/policy.js";
import { verifyOnly } from "../../src/openpgp/signature.js";
import { bindingNames, readNotations } from "../../src/protocol/binding.js";
import {
  type OpeningKey,
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, listOf, makeCast, saysAlice } from "../protocol/people.js";
import { asMember, bytes, dataPacketUnder, encryptWith, nameOf, saysIt, signs, submits } from "./forge.js";
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
  async function swapped(): Promise<SealedMessage> {
    const other = await aliceSeals(cast, "key", bytes("I stay."), fresh);
    if (submitted.mode !== "key" || other.mode !== "key") throw new Error("mode key is meant");
    return { ...submitted, body: other.body };
  }

  test("passes where the body's digest is not compared", async () => {
    const opened = await naiveServer({ without: "body-digest" }).open(await swapped(), at(cast.alice));
    expect(opened.messageId).toBe(old);
  });

  test("the real server compares it", async () => {
    await expect(openAtServer(await swapped(), at(cast.alice))).rejects.toMatchObject({
      code: "binding-mismatch",
    });
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

  describe("under the old message id", () => {
    async function named() {
      const again = await encryptWith(bobs.payload, [bobs.innerSignature], [listCertificate()]);
      return deliver(await submits(cast, cast.bob, again, old), cast.bob);
    }

    test("is Alice's post 'through the list' where the list signature's author is not compared", async () => {
      const open = naiveReader({ without: "through-author" });
      const shown = await open(await named(), keysOf(cast, cast.bob), saysAlice(cast, old));
      expect(shown).toMatchObject({ author: cast.alice.fingerprint, throughTheList: true });
    });

    test("is 'not through the list' for the real reader", async () => {
      await expect(bobReads(await named(), saysAlice(cast, old))).resolves.toMatchObject({
        passage: { via: "unproved", reason: "by-another-author" },
      });
    });
  });

  test("protected headers with another message id pass where the signed one is not compared", async () => {
    const open = naiveReader({ without: ["message-id", "through-author"] });
    const shown = await open(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown).toMatchObject({ text: "I resign.", author: cast.alice.fingerprint });
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
  async function reEncrypted() {
    const mail: Uint8Array = await sign({
      message: await createMessage({ binary: bytes("only for you, Bob") }),
      signingKeys: cast.alice.secret,
      detached: true,
      format: "binary",
      config: configFor("compatible"),
    });
    return asPost(bytes("only for you, Bob"), [await readSignature({ binarySignature: mail })]);
  }

  test("shows as Alice's post where notations may be missing", async () => {
    const shown = await trusting()(await reEncrypted(), keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown).toMatchObject({ text: "only for you, Bob", author: cast.alice.fingerprint });
  });

  test("is refused by the real reader: its signature says nothing", async () => {
    await expect(bobReads(await reEncrypted(), saysAlice(cast, fresh))).rejects.toMatchObject({
      code: "binding-missing",
    });
  });
});

describe("the server shows the owner's signed request as her post", () => {
  async function shownAsPost() {
    const request = bytes('{"listseal":1,"kind":"remove","address":"bob@example.test"}');
    const says = { kind: "request", list: nameOf(listOf(cast)), msgid: fresh } as const;
    return asPost(request, [await signs(cast.alice, request, says)]);
  }

  test("passes where kinds are not told apart", async () => {
    const open = naiveReader({ without: ["strict-signature", "kind"] });
    const shown = await open(await shownAsPost(), keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.author).toBe(cast.alice.fingerprint);
  });

  test("is refused by the real reader for its kind", async () => {
    await expect(bobReads(await shownAsPost(), saysAlice(cast, fresh))).rejects.toMatchObject({
      code: "wrong-kind",
    });
  });

  async function asSubmission(): Promise<SealedMessage> {
    if (submitted.mode !== "key") throw new Error("mode key is meant");
    const signature = await signs(cast.alice, bobs.keyPacket, {
      kind: "request",
      list: nameOf(listOf(cast)),
      msgid: fresh,
      "body-sha256": await sha256(submitted.body),
    });
    const key = await encryptWith(bobs.keyPacket, [signature], [sealingHalf(cast.serverKey).certificate]);
    return { ...submitted, key };
  }

  test("as a submission it passes where kinds are not told apart", async () => {
    const naive = naiveServer({ without: ["kind"] });
    await expect(naive.open(await asSubmission(), at(cast.alice))).resolves.toMatchObject({
      messageId: fresh,
    });
  });

  test("as a submission it is refused: the real server takes no kind but `submit`", async () => {
    await expect(openAtServer(await asSubmission(), at(cast.alice))).rejects.toMatchObject({
      code: "wrong-kind",
    });
  });
});

describe("surreptitious forwarding: Bob encrypts Alice's signed post of list A to list B", () => {
  async function forwarded() {
    const other = await makeCast("compatible", "press@lists.example");
    const sealed = await encryptWith(
      bobs.payload,
      [bobs.innerSignature],
      [sealingHalf(other.listKey).certificate],
    );
    const context = { list: listOf(other), server: other.serverKey, author: sealingHalf(cast.bob) };
    const post = await submits(other, cast.bob, sealed, fresh);
    const copy = await naiveServer({ without: [] }).deliver(post, context, sealingHalf(other.bob));
    return { copy, keys: keysOf(other, other.bob) };
  }

  test("shows as Alice's post to B where the list is not compared", async () => {
    const { copy, keys } = await forwarded();
    const shown = await naiveReader({ without: "list" })(copy, keys, saysAlice(cast, old));
    expect(shown).toMatchObject({ text: "I resign.", author: cast.alice.fingerprint });
  });

  test("is refused by the real reader: signed for another list", async () => {
    const { copy, keys } = await forwarded();
    await expect(openPost(copy, keys, saysAlice(cast, old))).rejects.toMatchObject({ code: "wrong-list" });
  });

  test("the same address with another list key is another list", async () => {
    const { notations } = await verifyOnly(
      bobs.payload,
      [bobs.innerSignature],
      certificateOf(cast.alice),
      new Date(),
    );
    const { list } = readNotations(notations, "post", bindingNames("post", "key"));
    const twin = await makeCast("compatible");
    expect(list).toBe(nameOf(listOf(cast)));
    expect(list).not.toBe(nameOf(listOf(twin)));
  });
});

describe("Bob, a member, writes as Alice: the list key is shared, so being sealed to it proves nobody", () => {
  const says = () => ({ kind: "post", list: nameOf(listOf(cast)), msgid: fresh }) as const;

  const ways = [
    ["unsigned (the inner signature stripped)", "not-signed", async () => []],
    ["signed by himself", "unknown-author", async () => [await signs(cast.bob, bytes("Alice says"), says())]],
    ["with Alice's signature of another post (swapped)", "bad-signature", async () => [bobs.innerSignature]],
  ] as const;

  test.each(ways)("%s: passes where the inner signature is not checked", async (_, __, signatures) => {
    const copy = await asPost(bytes("Alice says"), await signatures());
    const open = naiveReader({ without: ["signature", "strict-signature", "kind", "list", "message-id"] });
    const shown = await open(copy, keysOf(cast, cast.bob), saysAlice(cast, fresh));
    expect(shown.text).toBe("Alice says");
  });

  test.each(ways)("%s: the real reader refuses it as %s", async (_, code, signatures) => {
    const copy = await asPost(bytes("Alice says"), await signatures());
    await expect(bobReads(copy, saysAlice(cast, fresh))).rejects.toMatchObject({ code });
  });
});

describe("Eve, removed, posts: she has the list key, the server's certificate and her own key", () => {
  const toTheList = async () =>
    submits(cast, cast.eve, await encryptWith(bytes("hello again"), [], [listCertificate()]), fresh);

  test("to the list: passes where nobody asks who signed", async () => {
    const naive = naiveServer({ without: ["signature", "strict-signature"] });
    await expect(naive.open(await toTheList(), at(cast.alice))).resolves.toMatchObject({ messageId: fresh });
  });

  test("to the list: the real server asks for a member's signature", async () => {
    await expect(openAtServer(await toTheList(), at(cast.alice))).rejects.toMatchObject({
      code: "unknown-author",
    });
  });

  /** Sealed for Bob by Eve herself: without a list signature, and with one of her own making. */
  async function toBob(): Promise<Record<"absent" | "not-by-this-server", SealedMessage>> {
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
    const certificate = certificateOf(cast.bob);
    const copyWith = async (signatures: Parameters<typeof encryptWith>[1]): Promise<SealedMessage> => ({
      mode: "key",
      key: await encryptWith(keyPacket, signatures, [certificate]),
      body: dataPacket,
    });
    return { absent: await copyWith([]), "not-by-this-server": await copyWith([own]) };
  }

  test("to Bob directly: 'through the list' where anybody's list signature counts", async () => {
    const open = naiveReader({ without: "through-server" });
    const { "not-by-this-server": forged } = await toBob();
    await expect(open(forged, keysOf(cast, cast.bob), saysIt(cast.eve, fresh))).resolves.toEqual({
      text: "psst",
      author: cast.eve.fingerprint,
      throughTheList: true,
    });
  });

  test.each(["absent", "not-by-this-server"] as const)(
    "to Bob directly, list signature %s: Bob is told that it did not come through the list",
    async (reason) => {
      const { [reason]: copy } = await toBob();
      await expect(bobReads(copy, saysIt(cast.eve, fresh))).resolves.toMatchObject({
        passage: { via: "unproved", reason },
      });
    },
  );
});

test("the honest post: every step on, and both servers and both readers agree", async () => {
  const copy = await naiveServer({ without: [] }).deliver(submitted, at(cast.alice), sealingHalf(cast.bob));
  const shown = await naiveReader({ without: [] })(copy, keysOf(cast, cast.bob), saysAlice(cast, old));
  expect(shown).toEqual({ text: "I resign.", author: cast.alice.fingerprint, throughTheList: true });
  await expect(bobReads(copy, saysAlice(cast, old))).resolves.toMatchObject({ passage: { via: "list" } });
});
