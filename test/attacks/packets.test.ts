/** Attacks with bytes: other spellings of a key packet, cuts, flipped bits, downgrades, bombs and floods. */
import { createMessage, decrypt, encrypt, readMessage } from "openpgp";
import { sha256 } from "../../src/openpgp/digest.js";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { checkLiteral, join, keyPacketTarget, split } from "../../src/openpgp/packets.js";
import { configFor } from "../../src/openpgp/policy.js";
import {
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice, serverContext } from "../protocol/people.js";
import {
  asMember,
  bytes,
  encryptWith,
  literalPacket,
  nameOf,
  packet,
  seipdAround,
  signs,
  unprotectedAround,
} from "./forge.js";
import { openWithAny, shownAsItComes } from "./naive/lenient.js";
import { naiveServer, roster } from "./naive/naive-server.js";

const text = "The meeting is at nine.";

let cast: Cast;
let submitted: Extract<SealedMessage, { mode: "key" }>;
let copy: Extract<SealedMessage, { mode: "key" }>;
let insider: Awaited<ReturnType<typeof asMember>>;

const keyMode = (sealed: SealedMessage) => {
  if (sealed.mode !== "key") throw new Error("mode key is meant");
  return sealed;
};
const serverOpens = (sealed: SealedMessage) => openAtServer(sealed, serverContext(cast));
const bobOpens = (sealed: SealedMessage) => openPost(sealed, keysOf(cast, cast.bob), saysAlice(cast));

beforeAll(async () => {
  cast = await makeCast("compatible");
  submitted = keyMode(await aliceSeals(cast, "key", bytes(text)));
  const prepared = await prepareReseal(await serverOpens(submitted), { ...serverContext(cast), roster });
  copy = keyMode(await resealFor(prepared, sealingHalf(cast.bob)));
  insider = await asMember(copy, cast, cast.bob);
});

describe("one key packet in many spellings: whoever holds one could post it again, and the replay memory would not know it", () => {
  const body = () => insider.keyPacket.subarray(2);
  const spellings: [string, () => Uint8Array][] = [
    ["a marker packet after it", () => join(insider.keyPacket, packet(10, bytes("PGP")))],
    ["a padding packet after it", () => join(insider.keyPacket, packet(21, Uint8Array.of(1, 2)))],
    ["a private packet after it", () => join(insider.keyPacket, packet(60, Uint8Array.of(1, 2)))],
    ["a marker packet before it", () => join(packet(10, bytes("PGP")), insider.keyPacket)],
    ["itself once more", () => join(insider.keyPacket, insider.keyPacket)],
    ["a trailing byte inside", () => packet(1, join(body(), Uint8Array.of(7)))],
    ["a five-octet length", () => join(Uint8Array.of(0xc1, 255, 0, 0, 0, body().length), body())],
    ["the old format's two-octet length", () => join(Uint8Array.of(0x85, 0, body().length), body())],
    ["the old format without a length", () => join(Uint8Array.of(0x87), body())],
    [
      "the unused highest bit of its curve point set",
      () => {
        const other = Uint8Array.from(insider.keyPacket);
        // header 2, version 1, key id 8, algorithm 1, bit count 2, prefix 1, then 32 octets: the last one
        other[46] = (other[46] ?? 0) ^ 0x80;
        return other;
      },
    ],
  ];

  /** Alice's own software would have to sign such a packet; the test lets it. */
  async function submits(spelling: Uint8Array): Promise<SealedMessage> {
    const signature = await signs(cast.alice, spelling, {
      kind: "submit",
      list: nameOf(serverContext(cast).list),
      msgid: "<1@example.test>",
      "body-sha256": await sha256(submitted.body),
    });
    const key = await encryptWith(spelling, [signature], [sealingHalf(cast.serverKey).certificate]);
    return { ...submitted, key };
  }

  test.each(spellings)(
    "%s: passes without the check on bytes, as another key packet",
    async (_, spelling) => {
      const sealed = await submits(spelling());
      const naive = await naiveServer({ without: "key-packet" }).open(sealed, serverContext(cast));
      const honest = await serverOpens(submitted);
      expect(naive.keyPacketDigest).not.toBe(honest.keyPacketDigest);
    },
  );

  test.each(spellings)("%s: is refused by the check on bytes", async (_, spelling) => {
    await expect(serverOpens(await submits(spelling()))).rejects.toMatchObject({
      code: "malformed-key-packet",
    });
  });

  test.each([
    "a marker packet after it",
    "a padding packet after it",
    "a private packet after it",
    "a trailing byte inside",
    "a five-octet length",
    "the old format's two-octet length",
    "the unused highest bit of its curve point set",
  ])("%s: and it opens the same body", async (name) => {
    const [, spelling] = spellings.find(([each]) => each === name) ?? [];
    if (spelling === undefined) throw new Error(name);
    const { literal } = await openWithAny(join(spelling(), insider.body), [cast.listKey]);
    expect(new TextDecoder().decode(literal)).toBe(text);
  });

  test("in v6 the point is bound by the key derivation; the bit is refused all the same", async () => {
    const v6 = await makeCast("rfc9580");
    const post = keyMode(await aliceSeals(v6, "key", bytes(text)));
    const { literal } = await openAtServer(post, serverContext(v6));
    const other = Uint8Array.from(literal);
    // header 2, version 1, length 1, key version 1, fingerprint 32, algorithm 1, then 32 octets
    other[69] = (other[69] ?? 0) ^ 0x80;
    await expect(openWithAny(join(other, post.body), [v6.listKey])).rejects.toThrow();
    const target = await keyPacketTarget(sealingHalf(v6.listKey));
    expect(() => checkLiteral(other, "key", target)).toThrow(
      expect.objectContaining({ code: "malformed-key-packet" }),
    );
  });
});

describe("cut or altered on the way", () => {
  const refusal = expect.objectContaining({ name: "ListSealError" });

  test("every byte of the sealed key, to the server: none passes, and no error is a stranger's", async () => {
    for (let at = 0; at < submitted.key.length; at++) {
      const key = Uint8Array.from(submitted.key);
      key[at] = (key[at] ?? 0) ^ 1;
      const result = await serverOpens({ ...submitted, key }).catch((error: unknown) => error);
      // the author's own session key packet is of no use to the server: flipping it changes nothing
      if (result instanceof Error) expect(result).toEqual(refusal);
      else expect(result).toMatchObject({ messageId: "<1@example.test>" });
    }
  });

  test.each(["key", "body"] as const)(
    "every byte of a copy's %s, to a member: nothing else is shown",
    async (part) => {
      const honest = await bobOpens(copy);
      for (let at = 0; at < copy[part].length; at++) {
        const altered = Uint8Array.from(copy[part]);
        altered[at] = (altered[at] ?? 0) ^ 1;
        const result = await bobOpens({ ...copy, [part]: altered }).catch((error: unknown) => error);
        if (result instanceof Error) expect(result).toEqual(refusal);
        // a bit count that the library rounds up does no harm outside the seals: inside is what was sealed
        else expect([{ kind: "not-for-me" }, honest]).toContainEqual(result);
      }
    },
  );

  test("without protection a bit that is flipped on the way is a letter changed, and nobody finds it", async () => {
    const honest = unprotectedAround(insider.sessionKey, literalPacket(text));
    const altered = Uint8Array.from(honest);
    // the last letter but one: "e" ^ 1 is "d"
    altered[altered.length - 2] = (altered[altered.length - 2] ?? 0) ^ 1;
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: join(insider.keyPacket, altered) }),
      decryptionKeys: cast.listKey.secret,
      config: { allowUnauthenticatedMessages: true },
    });
    expect(data).toMatch(/^The meeting is at nin[^e]/);
  });

  test("without the digest in the signature the server passes on a body that was altered on the way", async () => {
    const body = Uint8Array.from(submitted.body);
    body[40] = (body[40] ?? 0) ^ 1;
    const naive = naiveServer({ without: "body-digest" });
    await expect(naive.open({ ...submitted, body }, serverContext(cast))).resolves.toMatchObject({ body });
  });

  test("every byte of the body, to the server: the digest in the signature finds it", async () => {
    for (let at = 0; at < submitted.body.length; at++) {
      const body = Uint8Array.from(submitted.body);
      body[at] = (body[at] ?? 0) ^ 1;
      await expect(serverOpens({ ...submitted, body })).rejects.toEqual(refusal);
    }
  });
});

describe("cut short on the way: the rest of a sentence is what it needed", () => {
  const refusal = expect.objectContaining({ name: "ListSealError" });

  test("an unprotected packet ends where it is cut, and so does what it says", async () => {
    // a literal of the length that is left (RFC 9580, 4.2.2.1), as programs write that don't know how long it will be
    const open = join(Uint8Array.of(0xaf, 0x62, 0, 0, 0, 0, 0), bytes("We meet at nine, but not today."));
    const sealed = unprotectedAround(insider.sessionKey, open);
    const cut = packet(9, sealed.subarray(2, -", but not today.".length));
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: join(insider.keyPacket, cut) }),
      decryptionKeys: cast.listKey.secret,
      config: { allowUnauthenticatedMessages: true },
    });
    expect(data).toBe("We meet at nine");
    await expect(bobOpens({ ...copy, body: cut })).rejects.toMatchObject({ code: "damaged" });
  });

  describe.each(["compatible", "rfc9580"] as const)("%s", (profile) => {
    const said = "We meet at nine.";
    const long = `${said.padEnd(12_000)}But not today.`.padEnd(20_000);
    let own: Cast;
    let sealed: Uint8Array;
    beforeAll(async () => {
      own = await makeCast(profile);
      sealed = await encrypt({
        message: await createMessage({ binary: bytes(long), filename: "" }),
        encryptionKeys: sealingHalf(own.listKey).certificate,
        format: "binary",
        // the smallest chunks: what is authenticated of a GCM stream are its chunks, until the last tag
        config: { ...configFor(profile), aeadChunkSizeByte: 0 },
      });
    });
    const shorter = () => sealed.subarray(0, sealed.length / 2);

    test("of a protected packet a program that shows what it has shows the beginning", async () => {
      await expect(shownAsItComes(sealed, own.listKey)).resolves.toBe(long);
      expect((await shownAsItComes(shorter(), own.listKey)).trim()).toBe(said);
    });

    test("ours shows nothing before the end was authenticated", async () => {
      await expect(openLayer(sealed, own.listKey)).resolves.toMatchObject({ literal: bytes(long) });
      await expect(openLayer(shorter(), own.listKey)).rejects.toMatchObject({ code: "damaged" });
      // with a header that says what is left, so that it is well-formed, at the end of a chunk and beside one
      const { keyPacket, dataPacket } = split(sealed);
      for (const octets of [36, 36 + 80, 36 + 160, 36 + 170, 2000]) {
        const cut = join(keyPacket, packet(18, dataPacket.subarray(4, 4 + octets)));
        await expect(openLayer(cut, own.listKey)).rejects.toMatchObject({ code: "damaged" });
      }
    });

    test("every truncation of a copy", async () => {
      const post = await aliceSeals(own, "key", bytes(text));
      const context = serverContext(own);
      const prepared = await prepareReseal(await openAtServer(post, context), { ...context, roster });
      const whole = keyMode(await resealFor(prepared, sealingHalf(own.bob)));
      for (const part of ["key", "body"] as const) {
        for (let length = 0; length < whole[part].length; length++) {
          const cut = { ...whole, [part]: whole[part].subarray(0, length) };
          await expect(openPost(cut, keysOf(own, own.bob), saysAlice(own))).rejects.toEqual(refusal);
        }
      }
    });
  });
});

describe("downgrade: the protected data packet (18) is replaced by the unprotected one (9), whose bits can be flipped at will", () => {
  let forged: Uint8Array;
  beforeAll(() => {
    forged = unprotectedAround(insider.sessionKey, literalPacket("The meeting is at ten."));
  });

  test("opens where unprotected messages are allowed, as EFAIL needs it", async () => {
    const { data } = await decrypt({
      message: await readMessage({ binaryMessage: join(insider.keyPacket, forged) }),
      decryptionKeys: cast.listKey.secret,
      config: { allowUnauthenticatedMessages: true },
    });
    expect(data).toBe("The meeting is at ten.");
  });

  test("is refused as a body, in the key part and in a whole message, by server and member", async () => {
    const damaged = { code: "damaged" };
    await expect(bobOpens({ ...copy, body: forged })).rejects.toMatchObject(damaged);
    await expect(serverOpens({ ...submitted, body: forged })).rejects.toMatchObject(damaged);
    await expect(openLayer(join(insider.keyPacket, forged), cast.listKey)).rejects.toMatchObject(damaged);
    const { keyPacket, dataPacket } = split(copy.key);
    const relabelled = join(keyPacket, packet(9, dataPacket.subarray(3)));
    await expect(bobOpens({ ...copy, key: relabelled })).rejects.toMatchObject(damaged);
  });
});

describe("packets appended to a sealed message", () => {
  const twoLiterals = () =>
    seipdAround(insider.sessionKey, join(literalPacket(text), literalPacket("and at ten")));
  const appended: [string, () => Uint8Array][] = [
    ["a plaintext literal", () => literalPacket("and at ten")],
    ["a second data packet", () => insider.body],
    ["a marker", () => packet(10, bytes("PGP"))],
    ["garbage", () => bytes("hello")],
  ];

  test("the marker and, with the grammar off, the literals pass a library", async () => {
    const withMarker = join(join(insider.keyPacket, insider.body), packet(10, bytes("PGP")));
    await expect(openWithAny(withMarker, [cast.listKey])).resolves.toBeDefined();
    const { data } = await decrypt({
      message: await readMessage({
        binaryMessage: join(join(insider.keyPacket, insider.body), literalPacket("and at ten")),
        config: { enforceGrammar: false },
      }),
      decryptionKeys: cast.listKey.secret,
      config: { enforceGrammar: false },
    });
    expect(data).toBe(text);
    const { data: both } = await decrypt({
      message: await readMessage({ binaryMessage: join(insider.keyPacket, twoLiterals()) }),
      decryptionKeys: cast.listKey.secret,
      config: { enforceGrammar: false },
    });
    expect(both).toBe(text);
  });

  test.each(appended)("%s: refused everywhere", async (_, more) => {
    const damaged = { code: "damaged" };
    await expect(bobOpens({ ...copy, body: join(copy.body, more()) })).rejects.toMatchObject(damaged);
    await expect(bobOpens({ ...copy, key: join(copy.key, more()) })).rejects.toMatchObject(damaged);
    await expect(serverOpens({ ...submitted, body: join(submitted.body, more()) })).rejects.toMatchObject(
      damaged,
    );
    await expect(serverOpens({ ...submitted, key: join(submitted.key, more()) })).rejects.toMatchObject(
      damaged,
    );
  });

  test("a second literal inside the seal, after the signed one: refused", async () => {
    await expect(bobOpens({ ...copy, body: twoLiterals() })).rejects.toMatchObject({ code: "damaged" });
  });
});
