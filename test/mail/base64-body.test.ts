/** The base64 of a mail's parts: whichever decoder there is, the same octets and the same refusals. */
import fc from "fast-check";
import { decodeBase64Body } from "../../src/mail/base64-body.js";
import { setFromBase64 } from "./native-base64.js";

/** Characters that are decoded at a time. */
const SLICE = 65_536;

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

function decoded(text: string): string {
  const bytes = decodeBase64Body(latin1(text));
  return bytes === undefined ? "none" : base64(bytes);
}

describe.each(["natively", "in an older browser", "in Node"])("base64 %s", (way) => {
  const { getBuiltinModule } = process;
  const before = Object.getOwnPropertyDescriptor(Uint8Array.prototype, "setFromBase64");
  /** Characters that the native decoder was given. */
  let given = 0;
  beforeAll(() => {
    if (way !== "in Node") Reflect.set(process, "getBuiltinModule", undefined);
    Reflect.deleteProperty(Uint8Array.prototype, "setFromBase64");
    if (way !== "natively") return;
    Object.defineProperty(Uint8Array.prototype, "setFromBase64", {
      configurable: true,
      value(this: Uint8Array, text: string, options: unknown) {
        expect(options).toEqual({ lastChunkHandling: "stop-before-partial" });
        given += text.length;
        return setFromBase64(this, text);
      },
    });
  });
  afterAll(() => {
    Reflect.set(process, "getBuiltinModule", getBuiltinModule);
    Reflect.deleteProperty(Uint8Array.prototype, "setFromBase64");
    if (before !== undefined) Object.defineProperty(Uint8Array.prototype, "setFromBase64", before);
  });
  beforeEach(() => {
    given = 0;
  });

  test("any octets, of any length, with white space anywhere", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.constantFrom("\t", "\n", "\f", "\r\n", "  "))),
        (bytes, spaces) => {
          const text = base64(bytes);
          const spaced = spaces.reduce((sum, [at, space]) => sum.slice(0, at) + space + sum.slice(at), text);
          expect(decoded(spaced)).toBe(text);
        },
      ),
    );
    expect(given > 0).toBe(way === "natively");
  });

  test("another character at any place, a cut at any place: only what is full groups is base64", () => {
    const text = base64(random(42));
    for (let at = 0; at < text.length; at++) {
      for (const other of ["=", "!", "-", "_", "\0", "\x80", "\xff", "\v"]) {
        const inserted = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
        const isBase64 = other === "=" && at === text.length - 1;
        expect(decoded(inserted) === "none").toBe(!isBase64);
      }
      expect(decoded(text.slice(0, at))).toBe(at % 4 === 0 ? text.slice(0, at) : "none");
    }
  });

  test.each([98_303, 98_304, 98_305, 250_000])("%i octets, in lines of any length", (length) => {
    const bytes = random(length);
    for (const width of [1000, 77, 76, 4, 3]) {
      const text = base64(bytes).replace(new RegExp(`.{${width}}`, "g"), "$&\r\n");
      expect(Buffer.from(decodeBase64Body(latin1(text)) ?? "?").equals(bytes)).toBe(true);
      expect(decoded(`${text}!`)).toBe("none");
      expect(decoded(`${text.slice(0, 70_000)}!${text.slice(70_000)}`)).toBe("none");
    }
  });

  test("padding at the end of a piece is the end of it all", () => {
    for (const padding of [1, 2]) {
      const text = base64(random((SLICE / 4) * 3 - padding));
      expect(text.length).toBe(SLICE);
      expect(decoded(text)).toBe(text);
      expect(decoded(`${text}\r\n${" ".repeat(SLICE)}\r\n`)).toBe(text);
      for (const more of ["QUJD", "=", "A", "\r\nQUI=", `${" ".repeat(2 * SLICE)}QUJD`])
        expect(decoded(text + more)).toBe("none");
    }
  });

  test("an unfinished group before megabytes of white space is looked at once", () => {
    const spaces = " ".repeat(16 * SLICE);
    expect(decoded(`QU${spaces}JD`)).toBe("QUJD");
    expect(decoded(`QU=${spaces}=`)).toBe("QQ==");
    expect(decoded(`QU${spaces}`)).toBe("none");
    expect(given).toBeLessThan(3 * 16 * SLICE + 1000);
  });
});
