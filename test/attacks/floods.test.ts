/** Attacks on the opener's memory and time, before anybody's signature was seen: bombs, floods, costly derivations. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { jest } from "@jest/globals";
import {
  createMessage,
  encrypt,
  encryptSessionKey,
  enums,
  OnePassSignaturePacket,
  PrivateKey,
  readMessage,
} from "openpgp";
import { openLayer } from "../../src/openpgp/open-layer.js";
import { checkLiteral, join, keyPacketTarget, readHeader, split } from "../../src/openpgp/packets.js";
import {
  configFor,
  MAX_KEY_PART_BYTES,
  MAX_PACKETS_FOR_ONE_KEY,
  MAX_PACKETS_INSIDE,
  MAX_SESSION_KEY_PACKETS,
} from "../../src/openpgp/policy.js";
import { readSecret } from "../../src/openpgp/secrets.js";
import { openAtServer, readOpeningKey, type SealedMessage, sealingHalf } from "../../src/protocol/index.js";
import { aliceSeals, type Cast, listOf, makeCast, serverContext } from "../protocol/people.js";
import { costlyKey, costlyMessage } from "./costly.js";
import { bytes, encryptWith, literalPacket, packet, seipdAround } from "./forge.js";
import { openWithAny } from "./naive/lenient.js";
import { naiveServer } from "./naive/naive-server.js";

let cast: Cast;
let submitted: Extract<SealedMessage, { mode: "key" }>;
/** A session key that the attacker chose, sealed to the server: with it, any packets at all can be inside. */
const sessionKey = randomBytes(32);
let toServer: Uint8Array;

beforeAll(async () => {
  cast = await makeCast("compatible");
  const sealed = await aliceSeals(cast, "key", bytes("x"));
  if (sealed.mode !== "key") throw new Error("mode key is meant");
  submitted = sealed;
  toServer = await encryptSessionKey({
    data: sessionKey,
    algorithm: "aes256",
    encryptionKeys: sealingHalf(cast.serverKey).certificate,
    format: "binary",
  });
});

describe("a bomb: a key part of a few kilobytes that inflates to megabytes", () => {
  let bomb: Uint8Array;
  beforeAll(async () => {
    bomb = await encrypt({
      message: await createMessage({ binary: new Uint8Array(10_000_000) }),
      encryptionKeys: sealingHalf(cast.serverKey).certificate,
      format: "binary",
      config: { ...configFor("compatible"), preferredCompressionAlgorithm: enums.compression.zip },
    });
  });

  test("inflates where there is no limit", async () => {
    expect(bomb.length).toBeLessThan(MAX_KEY_PART_BYTES);
    const { literal } = await openWithAny(bomb, [cast.serverKey]);
    expect(literal.length).toBe(10_000_000);
  });

  test("is refused while it inflates", async () => {
    await expect(openAtServer({ ...submitted, key: bomb }, serverContext(cast))).rejects.toMatchObject({
      code: "too-large",
    });
  });

  const compressed = (content: Uint8Array) =>
    packet(8, join(Uint8Array.of(enums.compression.zip), deflateRawSync(content)));
  const once = compressed(literalPacket("A".repeat(100_000)));
  const nested = compressed(once);

  test("one inside another: a reader that inflates until nothing is compressed any more makes much of little", () => {
    let content: Uint8Array = nested;
    // RFC 9580, 5.6: header, algorithm, then the deflated packets
    while ((content[0] ?? 0) === (0xc0 | 8)) {
      content = inflateRawSync(content.subarray((content[1] ?? 0) < 192 ? 3 : 7));
    }
    expect(nested.length).toBeLessThan(1000);
    expect(content.length).toBeGreaterThan(100_000);
  });

  test("one inside another is refused by the grammar of what is sealed, one alone is not", async () => {
    const opens = (content: Uint8Array) =>
      openLayer(join(toServer, seipdAround(sessionKey, content)), cast.serverKey);
    await expect(opens(once)).resolves.toMatchObject({ signatures: [] });
    await expect(opens(nested)).rejects.toMatchObject({ code: "damaged" });
  });

  test("outside all seals: a library takes it for a message and inflates it while it parses", async () => {
    const bare = await readMessage({ binaryMessage: once });
    expect(bare.getLiteralData()?.length).toBe(100_000);
  });

  test("outside all seals: refused before it inflates", async () => {
    await expect(openLayer(once, cast.serverKey)).rejects.toMatchObject({ code: "damaged" });
  });
});

describe("a flood of session key packets for one key: each costs a key agreement, and only the last is good", () => {
  const flood = (packets: number): Uint8Array => {
    const { keyPacket, dataPacket } = split(submitted.key);
    const spoiled = Uint8Array.from(keyPacket);
    // the wrapped session key, not the address
    spoiled[90] = (spoiled[90] ?? 0) ^ 1;
    return Buffer.concat([...Array.from({ length: packets }, () => spoiled), keyPacket, dataPacket]);
  };

  test("a library tries them all", async () => {
    await expect(openWithAny(flood(40), [cast.serverKey])).resolves.toBeDefined();
  });

  test("we count first", async () => {
    const many = flood(40);
    await expect(openLayer(many, cast.serverKey)).rejects.toMatchObject({ code: "too-large" });
  });

  test("up to the limit they are a message", async () => {
    const most = flood(MAX_PACKETS_FOR_ONE_KEY - 1);
    await expect(openLayer(most, cast.serverKey)).resolves.not.toBe("not-for-me");
  });

  test("of as few as a message may have, those for one key are counted: a library has an agreement for each", async () => {
    const few = flood(MAX_PACKETS_FOR_ONE_KEY);
    expect(2 * (MAX_PACKETS_FOR_ONE_KEY + 1)).toBeLessThanOrEqual(MAX_SESSION_KEY_PACKETS);
    const agreements = jest.spyOn(PrivateKey.prototype, "getDecryptionKeys");
    await expect(openWithAny(few, [cast.serverKey])).resolves.toBeDefined();
    expect(agreements.mock.calls.length).toBeGreaterThan(MAX_PACKETS_FOR_ONE_KEY);
    agreements.mockClear();
    await expect(openLayer(few, cast.serverKey)).rejects.toMatchObject({ code: "too-large" });
    expect(agreements).not.toHaveBeenCalled();
    agreements.mockRestore();
  });

  test("a million of them in a message of the largest size are refused before one is parsed", async () => {
    const { keyPacket, dataPacket } = split(submitted.key);
    const message = Buffer.alloc(1_000_000 + dataPacket.length - (1_000_000 % keyPacket.length), keyPacket);
    dataPacket.forEach((value, i) => {
      message[message.length - dataPacket.length + i] = value;
    });
    await expect(openAtServer({ mode: "whole", message }, serverContext(cast))).rejects.toMatchObject({
      code: "too-large",
    });
  });
});

const flood = (one: Uint8Array, count: number) => Buffer.alloc(one.length * count, one);

describe("a million packets where one key packet belongs", () => {
  test("in the literal: pass where nobody looks at it, and a check that counts parsed packets parses them all", async () => {
    const literal = flood(packet(10, bytes("PGP")), 4000);
    const key = await encryptWith(literal, [], [sealingHalf(cast.serverKey).certificate]);
    const naive = naiveServer({ only: ["own-key"] });
    await expect(naive.open({ ...submitted, key }, serverContext(cast))).resolves.toMatchObject({
      literal: { length: literal.length },
    });
  });

  test("in the literal: ours reads one header", async () => {
    const target = await keyPacketTarget(listOf(cast).key);
    const million = flood(packet(10, bytes("PGP")), 1_000_000);
    expect(() => checkLiteral(million, "key", target)).toThrow(
      expect.objectContaining({ code: "malformed-key-packet" }),
    );
  });

  const beside = (count: number) =>
    join(
      toServer,
      seipdAround(sessionKey, join(flood(packet(60, Uint8Array.of(0)), count), literalPacket("x"))),
    );

  test("beside the literal: private packets are skipped one by one by a library", async () => {
    const { literal } = await openWithAny(beside(200), [cast.serverKey]);
    expect(new TextDecoder().decode(literal)).toBe("x");
  });

  test("beside the literal: the first one ends it for us", async () => {
    await expect(openLayer(beside(200), cast.serverKey)).rejects.toMatchObject({ code: "damaged" });
    await expect(openLayer(beside(1_000_000), cast.serverKey)).rejects.toMatchObject({ code: "damaged" });
  });
});

describe("a flood of packets that mean nothing, or nothing yet, inside a seal: seconds before a signature is seen", () => {
  const one = literalPacket("x");
  const marker = packet(10, bytes("PGP"));
  const padding = packet(21, Uint8Array.of(0));
  // version 3, binary, SHA-512, EdDSA, some key, and another signature follows
  const onePass = packet(4, Uint8Array.of(3, 0, 10, 22, 1, 2, 3, 4, 5, 6, 7, 8, 0));
  const compressed = (content: Uint8Array) =>
    packet(8, join(Uint8Array.of(enums.compression.zip), deflateRawSync(content)));
  const sealedFlood = (content: Uint8Array) => join(toServer, seipdAround(sessionKey, content));

  test.each([
    ["markers", marker],
    ["padding", padding],
  ])("%s: a library skips them one by one; we count first", async (_name, each) => {
    const few = join(flood(each, 2000), one);
    const { literal } = await openWithAny(sealedFlood(few), [cast.serverKey]);
    expect(new TextDecoder().decode(literal)).toBe("x");
    const million = join(flood(each, 1_000_000), one);
    for (const content of [few, compressed(few), million, compressed(million)]) {
      await expect(openLayer(sealedFlood(content), cast.serverKey)).rejects.toMatchObject({
        code: "too-large",
      });
    }
    // after the literal they cost the same
    await expect(openLayer(sealedFlood(join(one, flood(each, 2000))), cast.serverKey)).rejects.toMatchObject({
      code: "too-large",
    });
  });

  test("one-pass signatures: a library reads them all before it finds that the signatures are missing", async () => {
    const parse = jest.spyOn(OnePassSignaturePacket.prototype, "read");
    try {
      await expect(
        openWithAny(sealedFlood(join(flood(onePass, 500), one)), [cast.serverKey]),
      ).rejects.toThrow();
      expect(parse).toHaveBeenCalledTimes(500);
      parse.mockClear();
      const content = join(flood(onePass, 500), one);
      for (const each of [content, compressed(content)]) {
        await expect(openLayer(sealedFlood(each), cast.serverKey)).rejects.toMatchObject({
          code: "too-large",
        });
      }
      expect(parse).not.toHaveBeenCalled();
    } finally {
      parse.mockRestore();
    }
  });

  test("up to the limit they are skipped", async () => {
    const most = join(flood(padding, MAX_PACKETS_INSIDE - 1), one);
    await expect(openLayer(sealedFlood(most), cast.serverKey)).resolves.toMatchObject({
      literal: bytes("x"),
    });
    const more = join(flood(padding, MAX_PACKETS_INSIDE), one);
    await expect(openLayer(sealedFlood(more), cast.serverKey)).rejects.toMatchObject({ code: "too-large" });
  });

  test("BZip2, which nobody chooses for our keys and nothing native inflates, is refused unopened", async () => {
    const content = packet(8, Uint8Array.of(enums.compression.bzip2, 0x42, 0x5a, 0x68, 0x39));
    await expect(openLayer(sealedFlood(content), cast.serverKey)).rejects.toMatchObject({
      code: "unsupported-algorithm",
    });
  });
});

describe("an oversized Argon2 request: whoever makes a file chooses how much memory opening it takes", () => {
  test("the library's defaults ask the machine for a terabyte", () => {
    // in a process of its own: on a machine that has the memory, it is not taken from the other tests
    const script = `
      import { decrypt, readMessage } from "openpgp";
      const message = await readMessage({ binaryMessage: Buffer.from(process.argv[1], "base64") });
      await decrypt({ message, passwords: "00".repeat(32) }).catch((error) => console.log(error.message));`;
    const ran = spawnSync(
      process.execPath,
      ["--input-type=module", "-e", script, Buffer.from(costlyMessage).toString("base64")],
      { encoding: "utf8", timeout: 50_000 },
    );
    expect(ran.stdout).toContain("Could not allocate required memory");
  });

  test("a locked key is refused before its derivation", async () => {
    await expect(readOpeningKey("member", costlyKey, "x")).rejects.toMatchObject({
      code: "unsupported-algorithm",
    });
  });

  test("the server tries no password", async () => {
    await expect(openLayer(costlyMessage, cast.serverKey)).resolves.toBe("not-for-me");
    await expect(
      openAtServer({ ...submitted, key: costlyMessage }, serverContext(cast)),
    ).rejects.toMatchObject({ code: "wrong-list" });
  });

  test("under a shared secret, any derivation but the cheapest is refused before it is begun", async () => {
    const secret = await readSecret("server", "rfc9580", new Uint8Array(32));
    await expect(openLayer(costlyMessage, secret)).resolves.toBe("not-for-me");
  });
});

describe("a packet in a million chunks of one octet", () => {
  const CHUNKS = 1_000_000;
  const header = 0xd2;
  // 0xe0: a partial length of one octet (RFC 9580, 4.2.1.4)
  const chunked = Uint8Array.from({ length: 2 * CHUNKS + 3 }, (_, at) => {
    if (at === 0) return header;
    return at > 2 * CHUNKS ? 0 : at % 2 === 1 ? 0xe0 : 1;
  });

  /** The packet, with a count of the octets that are looked at. */
  function counted(): { readonly packet: Uint8Array; readonly looks: () => number } {
    let looks = 0;
    const seen = new Proxy(chunked, {
      get(octets, key) {
        looks += 1;
        return Reflect.get(octets, key, octets);
      },
    });
    return { packet: seen, looks: () => looks };
  }

  test("a walk along them looks at each", () => {
    const { packet, looks } = counted();
    let at = 1;
    while (packet[at] === 0xe0) at += 2;
    expect(looks()).toBeGreaterThan(CHUNKS);
  });

  test("ours stops after a few, in a data packet and behind a key packet", async () => {
    const { packet, looks } = counted();
    expect(() => readHeader(packet, 0)).toThrow(expect.objectContaining({ code: "too-large" }));
    expect(looks()).toBeLessThan(1_000);
    const post = { ...submitted, body: chunked };
    const context = serverContext(cast);
    await expect(openAtServer(post, context)).rejects.toMatchObject({ code: "too-large" });
    const message = join(toServer, chunked);
    await expect(openLayer(message, cast.serverKey)).rejects.toMatchObject({ code: "too-large" });
  });

  test("chunks of 512 octets, as gpg writes the smallest, are read whatever their number", () => {
    const chunk = [0xe9, ...new Uint8Array(512)];
    const many = Uint8Array.from([0xd2, ...Array.from({ length: 300 }, () => chunk).flat(), 0]);
    expect(readHeader(many, 0)).toMatchObject({ partial: true, end: many.length });
  });
});
