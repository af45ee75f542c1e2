import fc from "fast-check";
import { codeOf } from "../../src/extension/platform/errors.js";
import { makeCode, readCode, typedCode } from "../../src/membership/file/code.js";

describe("a code made for reading aloud", () => {
  const code = makeCode();

  test("is five groups of five digits, fresh each time, and reads as itself", () => {
    const many = Array.from({ length: 200 }, makeCode);
    for (const each of many) {
      expect(each).toMatch(/^\d{5}(-\d{5}){4}$/);
      expect(readCode(each)).toBe(each);
    }
    expect(new Set(many).size).toBe(200);
    // every digit turns up at every random place
    for (const at of [0, 3, 6, 27]) expect(new Set(many.map((each) => each.charAt(at))).size).toBe(10);
  });

  test.each<[string, (code: string) => string]>([
    ["without dashes", (c) => c.replaceAll("-", "")],
    ["with blanks", (c) => ` ${c.replaceAll("-", " ")} \n`],
    ["digit by digit", (c) => [...c].join(" ")],
    ["in full width", (c) => c.replace(/\d/g, (d) => String.fromCharCode(0xff10 + Number(d)))],
    ["with ideographic blanks", (c) => c.replaceAll("-", "\u3000")],
    ["with the dashes of a Japanese keyboard", (c) => c.replaceAll("-", "\u30fc")],
    ["with the dashes of a word processor", (c) => c.replaceAll("-", "\u2013")],
    ["with minus signs", (c) => c.replaceAll("-", "\u2212")],
    ["with dots", (c) => `${c.replaceAll("-", ".")}.`],
    ["with soft hyphens and direction marks", (c) => `\u200e${c.replaceAll("-", "\u00ad-\u200b")}`],
  ])("reads %s", (_, spell) => {
    expect(readCode(spell(code))).toBe(code);
  });

  test("every wrong digit, every swap of neighbours and every swap of groups is found, and where", () => {
    const groups = code.split("-");
    for (let at = 0; at < code.length; at++) {
      if (code.charAt(at) === "-") continue;
      for (const digit of "0123456789") {
        if (digit === code.charAt(at)) continue;
        const wrong = code.slice(0, at) + digit + code.slice(at + 1);
        expect(typedCode(wrong)).toEqual({ kind: "mistyped", group: Math.floor(at / 6) });
      }
      const [a, b] = [code.charAt(at), code.charAt(at + 1)];
      if (/\d/.test(b) && a !== b) {
        const swapped = code.slice(0, at) + b + a + code.slice(at + 2);
        expect(typedCode(swapped)).toEqual({ kind: "mistyped", group: Math.floor(at / 6) });
      }
    }
    const swappedGroups = [groups[1], groups[0], ...groups.slice(2)].join("-");
    expect(typedCode(swappedGroups).kind).toBe("mistyped");
  });

  test("tells while it is typed how far it is", () => {
    expect(typedCode("")).toEqual({ kind: "incomplete", groups: 0 });
    expect(typedCode(code.slice(0, 4))).toEqual({ kind: "incomplete", groups: 0 });
    expect(typedCode(code.slice(0, 6))).toEqual({ kind: "incomplete", groups: 1 });
    expect(typedCode(code.slice(0, -1))).toEqual({ kind: "incomplete", groups: 4 });
    expect(typedCode(code)).toEqual({ kind: "complete", code });
  });

  test.each(["", "12345", "abcde", "O0000", `${"1".repeat(26)}`, "\u0661\u0662\u0663", "12345-x"])(
    "%j is no code",
    (text) => {
      let thrown: unknown;
      try {
        readCode(text);
      } catch (error) {
        thrown = error;
      }
      expect(codeOf(thrown, "damaged")).toBe("wrong-code");
    },
  );

  test("nothing that is typed does anything but read or be refused", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const typed = typedCode(text);
        if (typed.kind === "complete") expect(readCode(typed.code)).toBe(typed.code);
      }),
    );
  });
});
