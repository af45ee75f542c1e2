/**
 * What holds for every message: what was sealed comes out, bytes split and join, and nothing that was altered is shown
 * as something else. `LISTSEAL_SLOW=1` runs twenty times as many cases, and flips every bit of every byte.
 */
import { jest } from "@jest/globals";
import fc from "fast-check";
import { COMPRESS_ABOVE_BYTES } from "../../src/openpgp/policy.js";
import {
  type DeliveryMode,
  forwardOpened,
  join,
  ListSealError,
  type Mode,
  openAtServer,
  openPost,
  type Profile,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
  split,
} from "../../src/protocol/index.js";
import { noteSample, SEED, slow } from "../world/slow.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice, serverContext } from "./people.js";

/** So many cases of the property that a test is about. */
function runs(fast: number) {
  if (slow) return { numRuns: fast * 20, seed: SEED };
  noteSample(`${expect.getState().currentTestName}`);
  return { numRuns: fast, seed: SEED };
}
jest.setTimeout(slow ? 3_600_000 : 120_000);

const profiles: readonly Profile[] = ["compatible", "rfc9580"];
const modes: readonly Mode[] = ["key", "whole"];
const deliveries: readonly DeliveryMode[] = ["resealed", "opened"];
const settings = profiles.flatMap((profile) => modes.map((mode): [Profile, Mode] => [profile, mode]));
const roster = { number: 7, hash: "ab".repeat(32) };

const casts = new Map<Profile, Cast>();

beforeAll(async () => {
  for (const profile of profiles) casts.set(profile, await makeCast(profile));
});

function castOf(profile: Profile): Cast {
  const cast = casts.get(profile);
  if (cast === undefined) throw new Error("no cast");
  return cast;
}

async function passOn(cast: Cast, submitted: SealedMessage, delivery: DeliveryMode): Promise<SealedMessage> {
  const context = serverContext(cast);
  const prepared = await prepareReseal(await openAtServer(submitted, context), { ...context, roster });
  return delivery === "opened" ? forwardOpened(prepared) : resealFor(prepared, sealingHalf(cast.bob));
}

/** All the way: what Bob reads of what Alice sealed. */
async function journey(
  cast: Cast,
  mode: Mode,
  delivery: DeliveryMode,
  payload: Uint8Array,
): Promise<Uint8Array> {
  const copy = await passOn(cast, await aliceSeals(cast, mode, payload), delivery);
  const opened = await openPost(copy, keysOf(cast, cast.bob), saysAlice(cast));
  if (opened.kind !== "opened") throw new Error("not opened");
  expect(opened.passage.via).toBe("list");
  return opened.payload;
}

/** Bytes that look random, quickly made, of any size. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = (seed | 1) >>> 0;
  for (let i = 0; i < length; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0;
    state = (state + 0x9e3779b9) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

/** Comparing megabytes with `toEqual` takes seconds. */
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

describe("open(reseal(open(seal(x)))) = x", () => {
  test("for any bytes", async () => {
    const any = fc.tuple(
      fc.constantFrom(...profiles),
      fc.constantFrom(...modes),
      fc.constantFrom(...deliveries),
      fc.uint8Array({ maxLength: 2000, size: "max" }),
    );
    await fc.assert(
      fc.asyncProperty(any, async ([profile, mode, delivery, payload]) => {
        expect(await journey(castOf(profile), mode, delivery, payload)).toEqual(payload);
      }),
      runs(40),
    );
  });

  /** Where a packet's length gets another octet (RFC 9580, 4.2.1), for the payload and for the literal's 6 more. */
  const boundaries = [0, 1, 185, 186, 191, 192, 193, 8377, 8378, 8383, 8384, 8385, 65_529, 65_535, 65_536];
  const compression = [COMPRESS_ABOVE_BYTES - 1, COMPRESS_ABOVE_BYTES, COMPRESS_ABOVE_BYTES + 1];

  test.each(settings)("%s, mode %s: at every boundary of a length", async (profile, mode) => {
    for (const length of [...boundaries, ...compression]) {
      const payload = noise(length, length);
      const delivery = length % 2 === 0 ? "resealed" : "opened";
      expect([length, same(await journey(castOf(profile), mode, delivery, payload), payload)]).toEqual([
        length,
        true,
      ]);
    }
  });

  // openpgp.js writes SEIPD version 1 with one length, version 2 always in partial lengths; both change their header
  // here. The margin is for signatures, which may be a byte longer or shorter
  test.each([
    ["compatible", 8384],
    ["rfc9580", 1024],
  ] as const)("%s: where the data packet's own length is spelled otherwise", async (profile, boundary) => {
    const cast = castOf(profile);
    const sealed = await aliceSeals(cast, "key", noise(1000, 1));
    if (sealed.mode !== "key") throw new Error("another mode");
    const about = boundary - (sealed.body.length - 1000);
    const headers = new Set<number | undefined>();
    for (let length = about - 3; length <= about + 12; length++) {
      const payload = noise(length, length);
      const submitted = await aliceSeals(cast, "key", payload);
      if (submitted.mode === "key") headers.add(submitted.body[1]);
      const copy = await passOn(cast, submitted, "resealed");
      const opened = await openPost(copy, keysOf(cast, cast.bob), saysAlice(cast));
      if (opened.kind !== "opened") throw new Error("not opened");
      expect(same(opened.payload, payload)).toBe(true);
    }
    expect(headers.size).toBe(2);
  });

  test("what compresses well is compressed above the limit only", async () => {
    const cast = castOf("compatible");
    for (const length of compression) {
      const sealed = await aliceSeals(cast, "key", new Uint8Array(length));
      if (sealed.mode !== "key") throw new Error("another mode");
      expect(sealed.body.length < length / 100).toBe(length > COMPRESS_ABOVE_BYTES);
    }
  });
});

/** A packet with any of the header's spellings (RFC 9580, 4.2). */
function spelled(tag: number, body: Uint8Array, spelling: "old" | "new" | "five" | "partial"): Uint8Array {
  const { length } = body;
  const four = [length >>> 24, length >>> 16, length >>> 8, length];
  if (spelling === "old" && tag < 16) return Uint8Array.from([0x80 | (tag << 2) | 2, ...four, ...body]);
  if (spelling === "partial" && length >= 512) {
    const rest = length - 512;
    const last = rest < 192 ? [rest] : [255, rest >>> 24, rest >>> 16, rest >>> 8, rest];
    return Uint8Array.from([0xc0 | tag, 0xe9, ...body.subarray(0, 512), ...last, ...body.subarray(512)]);
  }
  if (spelling === "new" && length < 8384) {
    const size = length < 192 ? [length] : [((length - 192) >>> 8) + 192, length - 192];
    return Uint8Array.from([0xc0 | tag, ...size, ...body]);
  }
  return Uint8Array.from([0xc0 | tag, 0xff, ...four, ...body]);
}

describe("split and join", () => {
  const spelling = fc.constantFrom("old", "new", "five", "partial");
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 1200, size: "max" }),
    fc
      .tuple(fc.constantFrom(191, 192, 8383, 8384, 8385), fc.integer())
      .map(([length, seed]) => noise(length, seed)),
  );
  const keyPackets = fc.array(fc.tuple(fc.constantFrom(1, 3), body, spelling), {
    minLength: 1,
    maxLength: 3,
  });

  test("are inverse, however the headers are spelled", () => {
    fc.assert(
      fc.property(keyPackets, body, spelling, (keys, data, how) => {
        const keyPacket = Uint8Array.from(
          Buffer.concat(keys.map(([tag, bytes, spell]) => spelled(tag, bytes, spell))),
        );
        const dataPacket = spelled(18, data, how);
        const parts = split(join(keyPacket, dataPacket));
        expect(same(parts.keyPacket, keyPacket) && same(parts.dataPacket, dataPacket)).toBe(true);
      }),
      runs(300),
    );
  });

  test("any bytes split into what joins to them, or are refused", () => {
    const header = fc.constantFrom(0x84, 0x85, 0x8c, 0xc1, 0xc3, 0xd2);
    const bytes = fc
      .tuple(header, fc.uint8Array({ maxLength: 60 }))
      .map(([first, rest]) => Uint8Array.from([first, ...rest]));
    fc.assert(
      fc.property(bytes, (message) => {
        try {
          const { keyPacket, dataPacket } = split(message);
          expect(same(join(keyPacket, dataPacket), message)).toBe(true);
        } catch (error) {
          expect(error).toMatchObject({ code: "damaged" });
        }
      }),
      runs(2000),
    );
  });
});

/** What came of an altered message: what was read and how it came, or undefined if it was refused. */
async function readBy(cast: Cast, who: "server" | "Bob", sealed: SealedMessage): Promise<unknown> {
  try {
    if (who === "server") {
      const { keyPacketDigest, literal } = await openAtServer(sealed, serverContext(cast));
      return { keyPacketDigest, literal };
    }
    const opened = await openPost(sealed, keysOf(cast, cast.bob), saysAlice(cast));
    if (opened.kind === "not-for-me") return undefined;
    return { payload: opened.payload, passage: opened.passage };
  } catch (error) {
    if (error instanceof ListSealError) return undefined;
    throw error;
  }
}

/** The large parts of a message under their names. */
const partsOf = (sealed: SealedMessage): readonly (readonly [name: string, bytes: Uint8Array])[] =>
  sealed.mode === "key"
    ? [
        ["key", sealed.key],
        ["body", sealed.body],
      ]
    : [["message", sealed.message]];

const withPart = (sealed: SealedMessage, name: string, bytes: Uint8Array): SealedMessage =>
  sealed.mode === "whole"
    ? { ...sealed, message: bytes }
    : name === "key"
      ? { ...sealed, key: bytes }
      : { ...sealed, body: bytes };

/** How long the outer seal's own key packets are. They name recipients; whoever alters them alters nothing that is read. */
const outerKeys = (bytes: Uint8Array) => split(bytes).keyPacket.length;

/**
 * The bytes of a part whose bits are flipped: all around its ends, where the headers and the codes are, and each fourth between.
 * Every byte under `LISTSEAL_SLOW=1`; `attacks/packets.test.ts` flips one bit of each.
 */
function* placesIn({ length }: Uint8Array): Generator<number> {
  if (!slow) noteSample(`${expect.getState().currentTestName}`);
  const [stride, edge] = slow ? [1, 0] : [4, 40];
  const start = SEED % stride;
  for (let at = 0; at < length; at++) {
    if (at < edge || at >= length - edge || at % stride === start) yield at;
  }
}

describe.each(settings)("%s, mode %s: altered", (profile, mode) => {
  const payload = new TextEncoder().encode("Small.");
  let submitted: SealedMessage;
  let copies: readonly (readonly ["server" | "Bob", DeliveryMode, SealedMessage])[];

  beforeAll(async () => {
    const cast = castOf(profile);
    submitted = await aliceSeals(cast, mode, payload);
    copies = [
      ["server", "resealed", submitted],
      ["Bob", "resealed", await passOn(cast, submitted, "resealed")],
      ["Bob", "opened", await passOn(cast, submitted, "opened")],
    ];
  });

  test("a bit flipped in a byte of any part is refused, or changes nothing that is read", async () => {
    const cast = castOf(profile);
    for (const [who, delivery, sealed] of copies) {
      const honest = await readBy(cast, who, sealed);
      expect(honest).toBeDefined();
      for (const [name, bytes] of partsOf(sealed)) {
        // in delivery `opened` the list signature covers the key packet itself
        const unsigned = delivery === "resealed" && name !== "body" ? outerKeys(bytes) : 0;
        for (const at of placesIn(bytes)) {
          const bit = slow ? [1, 2, 4, 8, 16, 32, 64, 128] : [1 << (at % 8)];
          for (const mask of bit) {
            const altered = bytes.map((value, i) => (i === at ? value ^ mask : value));
            const read = await readBy(cast, who, withPart(sealed, name, altered));
            if (read === undefined) continue;
            if (at < unsigned) expect(read).toEqual(honest);
            else expect(read).toEqual({ payload, passage: { via: "unproved", reason: "unreadable" } });
            // what is opened in spite of it is only ever a key packet: the top bit of an X25519 point, which counts
            // for nothing (RFC 7748, 5), or a recipient's name. The list's word is lost with it
            const keyPackets = delivery === "opened" && mode === "key" ? bytes.length : outerKeys(bytes);
            expect([name, at < keyPackets]).toEqual([name === "body" ? "key" : name, true]);
          }
        }
      }
    }
  });

  test("whatever packet or byte is added before or after, nothing else is read", async () => {
    const cast = castOf(profile);
    const tags = fc.constantFrom(1, 2, 3, 4, 8, 9, 10, 11, 17, 18, 20, 21, 60);
    const addition = fc.oneof(
      fc
        .tuple(tags, fc.uint8Array({ maxLength: 40 }))
        .map(([tag, bytes]) => Uint8Array.from([0xc0 | tag, bytes.length, ...bytes])),
      fc.constant(Uint8Array.of(0xca, 3, 0x50, 0x47, 0x50)),
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(2), fc.nat(1), fc.boolean(), addition, async (which, part, before, more) => {
        const [who, delivery, sealed] = copies[which] ?? ["server", "resealed", submitted];
        const parts = partsOf(sealed);
        const [name, bytes] = parts[part % parts.length] ?? ["key", new Uint8Array()];
        const altered = before ? join(more, bytes) : join(bytes, more);
        const read = await readBy(cast, who, withPart(sealed, name, altered));
        if (read === undefined) return;
        // markers and padding around the outer seal are skipped (RFC 9580, 5.8 and 5.14)
        expect([name === "body", delivery]).toEqual([false, "resealed"]);
        expect(read).toEqual(await readBy(cast, who, sealed));
      }),
      runs(80),
    );
  });
});
