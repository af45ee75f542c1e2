/** Base64 as it is written into mails: natively, where the engine can, and by our own loop; each against Node's. */
import fc from "fast-check";
import { base64Lines } from "../../src/mail/mime.js";

/** Octets that are one slice of the native way. */
const SLICE = 57 * 16_384;

const expected = (bytes: Uint8Array) =>
  Buffer.from(bytes)
    .toString("base64")
    .replace(/.{1,76}/g, "$&\r\n");

describe.each(["natively", "by the loop"])("%s", (way) => {
  const before = Object.getOwnPropertyDescriptor(Uint8Array.prototype, "toBase64");
  let calls = 0;
  beforeEach(() => {
    calls = 0;
    Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
    if (way !== "natively") return;
    Object.defineProperty(Uint8Array.prototype, "toBase64", {
      configurable: true,
      value(this: Uint8Array) {
        calls++;
        return Buffer.from(this).toString("base64");
      },
    });
  });
  afterAll(() => {
    Reflect.deleteProperty(Uint8Array.prototype, "toBase64");
    if (before !== undefined) Object.defineProperty(Uint8Array.prototype, "toBase64", before);
  });

  test("any octets, of any length", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(base64Lines(bytes)).toString("latin1")).toBe(expected(bytes));
      }),
    );
    expect(calls > 0).toBe(way === "natively");
  });

  test.each([-58, -57, -1, 0, 1, 56, 57, 58, SLICE])("a slice and %i octets", (more) => {
    const whole = crypto.getRandomValues(new Uint8Array(65_536));
    const bytes = new Uint8Array(SLICE + more).map((_, i) => whole[i % 65_521] ?? 0);
    expect(Buffer.from(base64Lines(bytes)).toString("latin1") === expected(bytes)).toBe(true);
  });
});
