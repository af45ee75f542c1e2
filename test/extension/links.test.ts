/** Addresses in a text, and that finding them costs the same for every character, counted in characters that are looked at. */
import fc from "fast-check";
import { piecesOf } from "../../src/extension/reading/display/links.js";

function looked(text: string): number {
  let characters = 0;
  piecesOf(text, (some) => {
    characters += some;
  });
  return characters;
}
const links = (text: string) => piecesOf(text).flatMap(({ address }) => (address === null ? [] : [address]));

/** What the old expression did: every end of an address was tried from every full stop on. */
function lookedByTrying(address: string): number {
  let characters = 0;
  const isTrailing = (at: number) => ".,;:!?)]".includes(address.charAt(at));
  for (let from = 0; from < address.length; from += 1) {
    if (!isTrailing(from)) continue;
    let at = from;
    while (at < address.length && isTrailing(at)) at += 1;
    characters += at - from + 1;
  }
  return characters;
}

test("a library's expression looks at an address of full stops as often as it has some; ours once", () => {
  const dots = `http://a${".".repeat(20_000)}b`;
  expect(lookedByTrying(dots)).toBeGreaterThan(100 * dots.length);
  expect(looked(dots)).toBeLessThan(4 * dots.length);
});

const hostile = fc
  .array(
    fc.tuple(
      fc.constantFrom(
        "http://",
        "https://",
        "mailto:",
        "http:",
        ":",
        ".",
        ")",
        "a",
        " ",
        "\n",
        "http://a.",
        "x@y",
        "@",
        "a@b.test",
        "www.",
        "b.c-",
        "を",
        "<",
        "((",
        "\u202e",
      ),
      fc.integer({ min: 1, max: 2_000 }),
    ),
    { maxLength: 30 },
  )
  .map((pieces) => pieces.map(([piece, times]) => piece.repeat(times)).join(""));

test.each([
  ["any text", fc.string({ unit: "binary", maxLength: 5_000 })],
  ["text that is made for it", hostile],
])("%s: pieces are the text, and each character is looked at a bounded number of times", (_, texts) => {
  fc.assert(
    fc.property(texts, (text) => {
      expect(
        piecesOf(text)
          .map((piece) => piece.text)
          .join(""),
      ).toBe(text);
      expect(looked(text)).toBeLessThanOrEqual(12 * text.length + 20);
      expect(
        links(text).every((link) => /^(?:https?:\/\/|mailto:)./i.test(link) && link.length <= 2_007),
      ).toBe(true);
      expect(links(text).length).toBeLessThanOrEqual(1_000);
    }),
    { numRuns: 150 },
  );
});

test("what is an address, and where it ends", () => {
  expect(
    links(
      "see https://a.test/x?y=1. And (http://b.test), mailto:c@d.test! xhttp://no.test http:// mailto: http:x",
    ),
  ).toEqual(["https://a.test/x?y=1", "http://b.test", "mailto:c@d.test"]);
  expect(links("詳細はhttps://a.test/予算をご覧ください")).toEqual(["https://a.test/予算をご覧ください"]);
  expect(links(`http://a.test/${"x".repeat(3_000)} http://b.test`)).toEqual(["http://b.test"]);
});

test("addresses without a scheme are links as well", () => {
  const found = (text: string) =>
    piecesOf(text).flatMap(({ text: shown, address }) => (address === null ? [] : [[shown, address]]));
  expect(found("write to carol.x+y@example.test, or see www.example.test/faq.")).toEqual([
    ["carol.x+y@example.test", "mailto:carol.x+y@example.test"],
    ["www.example.test/faq", "http://www.example.test/faq"],
  ]);
  expect(found("Erik <erik@example.test> https://u@a.test mailto:c@d.test")).toEqual([
    ["erik@example.test", "mailto:erik@example.test"],
    ["https://u@a.test", "https://u@a.test"],
    ["mailto:c@d.test", "mailto:c@d.test"],
  ]);
  expect(found("連絡先はbob@example.testです")).toEqual([["bob@example.test", "mailto:bob@example.test"]]);
  expect(found("@ a@ @b.test a@b a@@b.test xwww.a.test www. git@host:path a@b.c-")).toEqual([]);
});
