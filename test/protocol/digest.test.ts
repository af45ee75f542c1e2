/** Hashes of octets in pieces: by Node and by WebCrypto alike, and not at everybody else's cost. */
import { createHash, randomBytes } from "node:crypto";
import { digest } from "../../src/openpgp/digest.js";

const MEGABYTE = 1024 * 1024;

describe.each(["as here", "as in a browser"] as const)("%s", (where) => {
  const { getBuiltinModule } = process;
  beforeEach(() => {
    if (where === "as in a browser") Reflect.set(process, "getBuiltinModule", undefined);
  });
  afterEach(() => {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
  });

  test.each([
    ["SHA-1", "sha1"],
    ["SHA-256", "sha256"],
    ["SHA-384", "sha384"],
    ["SHA-512", "sha512"],
  ] as const)("%s of any pieces is the hash of all of them in one", async (name, openssl) => {
    const whole = Uint8Array.from(randomBytes(9 * MEGABYTE));
    const expected = createHash(openssl).update(whole).digest("hex");
    for (const cuts of [[], [0], [1, 1, 70], [5 * MEGABYTE], [4 * MEGABYTE, 8 * MEGABYTE]]) {
      const ends = [...cuts, whole.length];
      const pieces = ends.map((end, i) => whole.subarray(ends[i - 1] ?? 0, end));
      expect(Buffer.from(await digest(name, pieces)).toString("hex")).toBe(expected);
    }
    expect(Buffer.from(await digest(name, [])).toString("hex")).toBe(createHash(openssl).digest("hex"));
  });

  test.each([
    [16, 10],
    [15, 10],
    [16, 9],
    [0, 0],
    [100, 100],
  ])(
    "%i octets before it in its buffer and %i behind are what they were, whether or not the others fit there",
    async (room, behind) => {
      const buffer = Uint8Array.from(randomBytes(room + 2 * MEGABYTE + behind));
      const before = buffer.slice();
      const data = buffer.subarray(room, buffer.length - behind);
      // the salt and the end of a signature, of which one may be a view on the same buffer
      for (const salt of [Uint8Array.from(randomBytes(16)), data.subarray(5, 21)]) {
        const pieces = [salt, data, Uint8Array.from(randomBytes(10))];
        const asked = digest("SHA-512", pieces);
        expect(Buffer.from(buffer).equals(before)).toBe(true);
        const expected = createHash("sha512").update(Buffer.concat(pieces)).digest("hex");
        expect(Buffer.from(await asked).toString("hex")).toBe(expected);
      }
    },
  );
});

test("while much is hashed others get their turn", async () => {
  let turns = 0;
  let isDone = false;
  const others = async () => {
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve));
      turns++;
    }
  };
  const waiting = others();
  await digest("SHA-256", [new Uint8Array(64 * MEGABYTE)]);
  isDone = true;
  const during = turns;
  await waiting;
  expect(during).toBeGreaterThan(10);
});
