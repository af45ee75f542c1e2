/** Our opener of data packets against openpgp.js, which is the yardstick: same octets, same refusals. */
import { createCipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { createMessage, decrypt, encrypt, enums, readMessage } from "openpgp";
import { madeFile, makeModule } from "../../scripts/wasm.js";
import { wasmCfb } from "../../src/openpgp/cfb/aes-cfb.js";
import { opensslCfb } from "../../src/openpgp/cfb/openssl-cfb.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import { bodyOf, readHeader } from "../../src/openpgp/packets.js";
import { openDataPacket, type SessionKey } from "../../src/openpgp/seipd-reader.js";
import { packet } from "../attacks/forge.js";

const PIECE = 65_536 - 8192;
const algorithms = ["aes128", "aes192", "aes256"] as const;
type Algorithm = (typeof algorithms)[number];
const keyOctets: Record<Algorithm, number> = { aes128: 16, aes192: 24, aes256: 32 };

/** A data packet as openpgp.js makes it, and its session key. */
async function sealed(data: Uint8Array, algorithm: Algorithm, version: 1 | 2) {
  const sessionKey = { data: Uint8Array.from(randomBytes(keyOctets[algorithm])), algorithm };
  const aead = version === 2;
  const dataPacket: Uint8Array = await encrypt({
    message: await createMessage({ binary: data, filename: "", date: new Date(0) }),
    sessionKey: aead ? { ...sessionKey, aeadAlgorithm: "gcm" } : sessionKey,
    format: "binary",
    config: {
      aeadProtect: aead,
      aeadChunkSizeByte: 0,
      preferredCompressionAlgorithm: enums.compression.uncompressed,
    },
  });
  return { sessionKey, dataPacket };
}

/** What openpgp.js makes of it, or "refused". */
async function byLibrary(dataPacket: Uint8Array, sessionKey: { data: Uint8Array; algorithm: Algorithm }) {
  try {
    const message = await readMessage({ binaryMessage: dataPacket });
    const { data } = await decrypt({ message, sessionKeys: sessionKey, format: "binary" });
    return Buffer.from(data).toString("hex");
  } catch {
    return "refused";
  }
}

async function byUs(dataPacket: Uint8Array, sessionKey: SessionKey) {
  try {
    const packets = await openDataPacket(dataPacket, sessionKey);
    if (packets === "unknown") return "unknown";
    const data = (await readMessage({ binaryMessage: packets })).getLiteralData();
    return Buffer.from(data ?? []).toString("hex");
  } catch (error) {
    // a bit of the fields that say the cipher and the AEAD names another one
    const codes = ["damaged", "unsupported-algorithm"];
    expect(codes).toContain(error instanceof ListSealError ? error.code : error);
    return "refused";
  }
}

test("the module that is checked in is what `npm run wasm` makes of its source", async () => {
  expect(readFileSync(madeFile, "utf8")).toBe(await makeModule());
});

describe.each(algorithms)("CFB with %s", (algorithm) => {
  test("any length around blocks and pieces, in any chunks, is what OpenSSL has", async () => {
    const lengths = [0, 1, 15, 16, 17, 31, 32, 33, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE + 17];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(...lengths), fc.integer({ min: 0, max: 1000 })),
        fc.array(fc.integer({ min: 1, max: PIECE + 5 }), { maxLength: 8 }),
        async (length, cuts) => {
          const [key, plain] = [randomBytes(keyOctets[algorithm]), randomBytes(length)];
          const name = `aes-${key.length * 8}-cfb`;
          const bytes = Uint8Array.from(createCipheriv(name, key, Buffer.alloc(16)).update(plain));
          const pieces: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            pieces.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          pieces.push(bytes.subarray(at));
          for (const decryptCfb of [opensslCfb(), await wasmCfb()]) {
            const deciphered = decryptCfb?.(pieces, length, key) ?? "can't";
            expect(Buffer.from(deciphered).equals(plain)).toBe(true);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe.each([
  [1, "as here"],
  [1, "as in a browser"],
  [2, "as here"],
  [2, "as in a browser"],
] as const)("SEIPD version %i, %s", (version, where) => {
  const { getBuiltinModule } = process;
  beforeEach(() => {
    if (where === "as in a browser") Reflect.set(process, "getBuiltinModule", undefined);
    expect(opensslCfb() === undefined).toBe(where === "as in a browser");
  });
  afterEach(() => {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
  });

  test("random sizes, all key sizes: what openpgp.js sealed", async () => {
    const sizes = [0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, PIECE - 30, PIECE];
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.constantFrom(...sizes), fc.integer({ min: 0, max: 400 })),
        fc.constantFrom(...algorithms),
        async (size, algorithm) => {
          const data = Uint8Array.from(randomBytes(size));
          const { dataPacket, sessionKey } = await sealed(data, algorithm, version);
          expect(await byUs(dataPacket, sessionKey)).toBe(Buffer.from(data).toString("hex"));
        },
      ),
      { numRuns: 40 },
    );
  });

  test("a flipped bit at any place, a cut at any place, another key: refused by both", async () => {
    const { dataPacket: written, sessionKey } = await sealed(
      Uint8Array.from(randomBytes(70)),
      "aes256",
      version,
    );
    // openpgp.js writes version 2 in chunks of partial length; here every octet behind the header is the body's
    const dataPacket = packet(18, bodyOf(written, readHeader(written, 0)));
    const bodyAt = readHeader(dataPacket, 0).start;
    for (let at = bodyAt; at < dataPacket.length; at++) {
      const flipped = Uint8Array.from(dataPacket);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      // other fields of version 2 name ciphers that are openpgp.js's to open
      const ours = await byUs(flipped, sessionKey);
      expect(ours === "unknown" ? await byLibrary(flipped, sessionKey) : ours).toBe("refused");
      const cut = packet(18, dataPacket.subarray(bodyAt, at));
      expect(await byUs(cut, sessionKey)).toBe("refused");
      expect(await byLibrary(cut, sessionKey)).toBe("refused");
    }
    for (const octets of [16, 24, 32]) {
      const other = { data: Uint8Array.from(randomBytes(octets)), algorithm: "aes256" as const };
      expect(await byUs(dataPacket, other)).toBe("refused");
      expect(await byLibrary(dataPacket, other)).toBe("refused");
    }
    expect(await byUs(dataPacket, sessionKey)).toBe(await byLibrary(dataPacket, sessionKey));
  });

  test("a body in chunks of partial length, down to one octet", async () => {
    const data = Uint8Array.from(randomBytes(2000));
    const { dataPacket, sessionKey } = await sealed(data, "aes192", version);
    const body = bodyOf(dataPacket, readHeader(dataPacket, 0));
    const chunked = Uint8Array.from([
      ...[0xd2, 0xe0, body[0] ?? 0],
      ...[0xe9, ...body.subarray(1, 513)],
      ...[0xe1, ...body.subarray(513, 515)],
      ...[0xff, 0, 0, (body.length - 515) >> 8, (body.length - 515) & 255, ...body.subarray(515)],
    ]);
    expect(await byUs(chunked, sessionKey)).toBe(Buffer.from(data).toString("hex"));
    expect(await byLibrary(chunked, sessionKey)).toBe(Buffer.from(data).toString("hex"));
  });
});

test("OCB is left to openpgp.js; other ciphers and EAX are opened by nobody", async () => {
  const data = Uint8Array.of(1, 2, 3);
  const unsupported = { code: "unsupported-algorithm" };
  const { dataPacket, sessionKey } = await sealed(data, "aes256", 1);
  const tripledes = { ...sessionKey, algorithm: "tripledes" };
  await expect(openDataPacket(dataPacket, tripledes)).rejects.toMatchObject(unsupported);
  const { dataPacket: gcm } = await sealed(data, "aes256", 2);
  const withAead = (aead: number) => gcm.map((octet, at) => (at === 4 ? aead : octet));
  await expect(openDataPacket(withAead(2), sessionKey)).resolves.toBe("unknown");
  await expect(openDataPacket(withAead(1), sessionKey)).rejects.toMatchObject(unsupported);
});

test("a list's own seal is AES-256", async () => {
  for (const version of [1, 2] as const) {
    const { dataPacket, sessionKey } = await sealed(Uint8Array.of(1), "aes128", version);
    await expect(openDataPacket(dataPacket, sessionKey, "aes")).resolves.toBeInstanceOf(Uint8Array);
    await expect(openDataPacket(dataPacket, sessionKey, "aes256")).rejects.toMatchObject({
      code: "unsupported-algorithm",
    });
  }
});
