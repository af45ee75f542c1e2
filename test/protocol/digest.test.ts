/** Hashes of octets in pieces: by Node and by WebCrypto alike, and not at everybody else's cost. */
import { createHash, randomBytes } from "node:crypto";
import { digest } from "../../src/protocol/digest.js";

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
