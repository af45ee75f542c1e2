import fc from "fast-check";
import { presentable, quotableName, skeletonOf } from "../../src/extension/reading/untrusted-text.js";

test.each([
  ["ordinary text stays", "予算 2027: naïve 👩‍👩‍👧 नमस्ते क्‍ष", "予算 2027: naïve 👩‍👩‍👧 नमस्ते क्‍ष"],
  ["direction marks go", "invoice \u202egpj.exe\u2066x\u200f", "invoice gpj.exe x"],
  ["so do lines and control characters", "a\r\nb\0c\u2028d\u0085e", "a b c d e"],
  ["and what is not seen", "O\u200blive\u00ad\ufeff\u3164\u{e0041}", "O live"],
  ["marks are not stacked over other lines", `a${"\u0301".repeat(50)}b`, "a\u0301\u0301\u0301b"],
])("%s", (_, text, shown) => {
  expect(presentable(text, 200)).toBe(shown);
});

test("what is long is cut, by characters", () => {
  expect(presentable("👋".repeat(100), 10)).toBe(`${"👋".repeat(9)}…`);
  expect(presentable("x".repeat(10_000_000), 10)).toBe("xxxxxxxxx…");
});

test("any text is one visible line within its limit", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      const shown = presentable(text, 40);
      expect(Array.from(shown).length).toBeLessThanOrEqual(40);
      expect(shown).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u200b\u200e\u200f]/u);
      expect(presentable(shown, 40)).toBe(shown);
    }),
  );
});

test.each([
  ["Olive", "Olive"],
  ["Olive, owner of the list · came through the list · checked", "Olive owner of the list came through th…"],
  ["Olive” (olive@example.test)", null],
  ["olive＠example.test", null],
  ["\u202e", null],
])("a name as it may be quoted: %s", (name, quoted) => {
  expect(quotableName(name)).toBe(quoted);
});

test.each([
  "olive",
  "OLIVE",
  " O l i v e ",
  "0live",
  "Оlіvе",
  "Ölive",
  "o1ive",
  "Olive\u200b",
  "Oliᴠe".replace("ᴠ", "v"),
])("%s looks like Olive", (name) => {
  expect(skeletonOf(name)).toBe(skeletonOf("Olive"));
});

test("other names are others", () => {
  const names = ["Olive", "Olivia", "Alice", "Bob", "田中", "田口", "Mallory"];
  expect(new Set(names.map(skeletonOf)).size).toBe(names.length);
});
