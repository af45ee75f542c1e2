/** Our inflating against zlib, which is the yardstick: same octets, same refusals. */
import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import fc from "fast-check";
import { createMessage, encrypt, enums } from "openpgp";
import { z } from "zod";
import { inflateModule } from "../../scripts/wasm/inflate.js";
import { wasmInflate } from "../../src/protocol/inflate.js";
import { inflateCode } from "../../src/protocol/inflate-module.js";
import { readInside } from "../../src/protocol/inside.js";
import { openDataPacket } from "../../src/protocol/sealed-data.js";

const { getBuiltinModule } = process;
beforeAll(() => {
  expect(wasmInflate()).toBeUndefined();
  // as in a browser
  Reflect.set(process, "getBuiltinModule", undefined);
});
afterAll(() => {
  Reflect.set(process, "getBuiltinModule", getBuiltinModule);
});

function cut(bytes: Uint8Array, cuts: readonly number[]): readonly Uint8Array[] {
  const pieces: Uint8Array[] = [];
  let at = 0;
  for (const length of cuts) {
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return [...pieces, bytes.subarray(at)];
}

function byUs(packed: Uint8Array, cuts: readonly number[] = []): string {
  const inflate = wasmInflate();
  if (inflate === undefined) throw new Error("no WebAssembly");
  const out: Buffer[] = [];
  try {
    inflate(cut(packed, cuts), (piece) => {
      out.push(Buffer.from(piece));
    });
  } catch {
    return "refused";
  }
  return Buffer.concat(out).toString("base64");
}

/** What zlib gives with `info`; the type file does not know it. */
const withInfo = z.object({
  buffer: z.instanceof(Buffer),
  engine: z.object({ bytesWritten: z.number() }),
});

function byZlib(packed: Uint8Array): string {
  try {
    const { buffer, engine } = withInfo.parse(inflateRawSync(packed, { info: true }));
    return engine.bytesWritten === packed.length ? buffer.toString("base64") : "refused";
  } catch {
    return "refused";
  }
}

const ways: readonly ZlibOptions[] = [
  {},
  { level: 0 },
  { level: 1 },
  { level: 9 },
  { memLevel: 1 },
  { strategy: constants.Z_FIXED },
  { strategy: constants.Z_HUFFMAN_ONLY },
  { strategy: constants.Z_RLE },
];

/** Texts of all kinds: of few and of many different octets, with near and with far repeats. */
const texts = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }),
  fc.string({ maxLength: 2000 }).map((text) => Buffer.from(text)),
  fc
    .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 20 })
    .map((repeats) => Buffer.concat(repeats.flatMap(([octets, times]) => Array(times).fill(octets)))),
  fc.integer({ min: 0, max: 120_000 }).map((length) => Buffer.from(randomBytes(length).toString("base64"))),
  // each octet twice as often as the one before: the longest codes
  fc
    .integer({ min: 10, max: 17 })
    .map((kinds) =>
      Buffer.concat(Array.from({ length: kinds }, (_, kind) => Buffer.alloc(2 ** kind, kind + 60))),
    ),
  fc.integer({ min: 32_000, max: 33_000 }).map((gap) => {
    const repeated = randomBytes(300);
    return Buffer.concat([repeated, randomBytes(gap), repeated]);
  }),
);

test("the module is what its program makes", () => {
  expect(inflateCode).toBe(Buffer.from(inflateModule()).toString("base64"));
});

test("what zlib deflated, in any way and in any pieces", () => {
  fc.assert(
    fc.property(
      texts,
      fc.constantFrom(...ways),
      fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 6 }),
      (text, way, cuts) => {
        expect(byUs(deflateRawSync(text, way), cuts)).toBe(Buffer.from(text).toString("base64"));
      },
    ),
    { numRuns: 300 },
  );
});

test("one octet at a time; and more than a window of each kind of block", () => {
  const text = Buffer.from(randomBytes(3000).toString("base64"));
  const packed = deflateRawSync(text);
  expect(byUs(packed, Array(packed.length).fill(1))).toBe(text.toString("base64"));
  for (const way of ways) {
    for (const large of [randomBytes(400_000), Buffer.alloc(3_000_000, "a line of text\n")]) {
      expect(byUs(deflateRawSync(large, way)) === large.toString("base64")).toBe(true);
    }
  }
});

test("altered, cut, or with more behind it: refused where zlib refuses it, else the same octets", () => {
  let refused = 0;
  fc.assert(
    fc.property(
      texts,
      fc.constantFrom(...ways),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 3 }),
      fc.integer({ min: -3, max: 3 }),
      (text, way, changes, longer) => {
        const packed = deflateRawSync(text, way);
        const altered = Buffer.concat([packed, Buffer.alloc(3)]).subarray(0, packed.length + longer);
        // most of what is told apart stands at the beginning
        for (const [at, by] of changes) {
          const place = at % Math.min(altered.length || 1, at % 2 === 0 ? 100 : altered.length || 1);
          altered[place] = (altered[place] ?? 0) ^ by;
        }
        const expected = byZlib(altered);
        if (expected === "refused") refused++;
        expect(byUs(altered) === expected).toBe(true);
      },
    ),
    { numRuns: 2000 },
  );
  expect(refused).toBeGreaterThan(200);
});

test("more behind the end than the program holds is refused", () => {
  const behind = Buffer.alloc(300_000, "behind");
  expect(byUs(Buffer.concat([deflateRawSync(behind), behind]))).toBe("refused");
  expect(byUs(Buffer.concat([deflateRawSync(behind), behind]), [100])).toBe("refused");
});

test("octets that nobody deflated", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      expect(byUs(octets)).toBe(byZlib(octets));
    }),
    { numRuns: 3000 },
  );
});

test("what its receiver throws ends it", () => {
  const inflate = wasmInflate();
  const packed = deflateRawSync(Buffer.alloc(10_000_000));
  let pieces = 0;
  expect(() =>
    inflate?.([packed], () => {
      pieces++;
      throw new Error("enough");
    }),
  ).toThrow("enough");
  expect(pieces).toBe(1);
});

describe("a compressed message, as openpgp.js makes it", () => {
  async function packetsOf(data: Uint8Array): Promise<Uint8Array> {
    const sessionKey = { data: Uint8Array.from(randomBytes(32)), algorithm: "aes256" } as const;
    const dataPacket: Uint8Array = await encrypt({
      message: await createMessage({ binary: data, filename: "" }),
      sessionKey,
      format: "binary",
      config: { aeadProtect: false, preferredCompressionAlgorithm: enums.compression.zip },
    });
    const packets = await openDataPacket(dataPacket, sessionKey);
    if (packets === "unknown") throw new Error("not ours");
    return packets;
  }
  const text = Uint8Array.from(Buffer.from(randomBytes(500_000).toString("base64")));

  test("is what it was; altered it is damaged", async () => {
    const packets = await packetsOf(text);
    const { literal } = await readInside(packets, 1_000_000);
    expect(Buffer.from(literal).equals(text)).toBe(true);
    const altered = Uint8Array.from(packets);
    altered.fill(0xff, 1000, 1100);
    await expect(readInside(altered, 1_000_000)).rejects.toMatchObject({ code: "damaged" });
  });

  test("attack: one that is a thousand times larger inside ends at the limit", async () => {
    const packets = await packetsOf(new Uint8Array(20_000_000));
    expect(packets.length).toBeLessThan(30_000);
    await expect(readInside(packets, 1_000_000)).rejects.toMatchObject({ code: "too-large" });
    await expect(readInside(packets, 30_000_000)).resolves.toBeDefined();
  });
});
