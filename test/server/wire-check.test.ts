/** One look at each octet of a mail, as it arrives: what is refused before any parser sees it. */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { MAX_HEADER_LINES, MAX_HYPHEN_LINES, MAX_LINES, MAX_RECEIVED } from "../../src/server/base/limits.js";
import { WireCheck } from "../../src/server/receive/wire-check.js";

/** The text of the reply, or "good". */
function verdict(mail: string, cuts: readonly number[] = []): string {
  const octets = Buffer.from(mail, "latin1");
  const intake = new WireCheck();
  let from = 0;
  for (const cut of [...[...cuts].sort((a, b) => a - b), octets.length]) {
    const to = Math.max(from, Math.min(cut, octets.length));
    intake.add(octets.subarray(from, to));
    from = to;
  }
  return intake.end()?.text ?? "good";
}

const head = "From: a@b.test\r\n";
/** Behind one of those, ends are searched for natively. */
const long = `${"b".repeat(60)}\r\n`;

test.each([
  ["a mail", `${head}\r\nwords\r\n`, "good"],
  ["a mail without a body", head, "good"],
  ["an empty mail", "", "good"],
  ["a line feed alone", `${head}\r\na\nb`, /line ends/],
  ["one in front", `\n${head}`, /line ends/],
  ["a carriage return alone", `${head}\r\na\rb`, /line ends/],
  ["one at the end", `${head}\r\na\r`, /line ends/],
  ["two before a line feed", `${head}\r\na\r\r\n`, /line ends/],
  ["a zero octet", `${head}\r\na\0b\r\n`, /malformed/],
  ["as many header lines as may be", `${"A: b\r\n".repeat(MAX_HEADER_LINES)}\r\nwords\r\n`, "good"],
  ["one more", `${"A: b\r\n".repeat(MAX_HEADER_LINES + 1)}\r\n`, /header is too long/],
  ["a header line of 64 kB", `A: ${"b".repeat(65_536)}\r\n\r\n`, /header is too long/],
  ["a body line of 64 kB", `${head}\r\n${"b".repeat(65_536)}\r\n`, "good"],
  ["as many hops as may be", `${"Received: x\r\n".repeat(MAX_RECEIVED)}\r\n`, "good"],
  ["one more hop", `${"receiveD : x\r\n".repeat(MAX_RECEIVED + 1)}\r\n`, /been here before/],
  ["hops in the body", `${head}\r\n${"Received: x\r\n".repeat(MAX_RECEIVED + 1)}`, "good"],
  ["as many lines as may be", `${head}\r\n${"\r\n".repeat(MAX_LINES - 2)}`, "good"],
  ["one more line", `${head}\r\n${"\r\n".repeat(MAX_LINES - 1)}`, /too many lines/],
  ["as many boundaries as may be", `${head}\r\n${"--b\r\n".repeat(MAX_HYPHEN_LINES)}`, "good"],
  ["one more boundary", `${head}\r\n${"--\r\n".repeat(MAX_HYPHEN_LINES + 1)}`, /too many lines/],
  ["long lines", `${head}\r\n${long.repeat(9)}`, "good"],
  ["a line feed alone among long lines", `${head}\r\n${long}${long}a\n${long}`, /line ends/],
  ["a carriage return alone among long lines", `${head}\r\n${long}${long}a\rb\r\n${long}`, /line ends/],
  ["two of them before a line feed", `${head}\r\n${long}${long}a\r\r\n${long}`, /line ends/],
  ["a zero octet among long lines", `${head}\r\n${long}${long}a\0b\r\n${long}`, /malformed/],
  [
    "more boundaries behind long lines",
    `${head}\r\n${`${long}--b\r\n`.repeat(MAX_HYPHEN_LINES + 1)}`,
    /too many lines/,
  ],
  ["hyphens that are no boundary", `${head}\r\n${"-\r\na--\r\n".repeat(MAX_HYPHEN_LINES)}`, "good"],
])("%s", (_name, mail, wanted) => {
  expect(verdict(mail)).toMatch(wanted === "good" ? /^good$/ : wanted);
});

describe("however it arrives", () => {
  test("cut anywhere, the verdict is the same", () => {
    const rare = fc.constantFrom("\r\n", "\r", "\n", "\0", "-", "--", "a", "Received: ", "A: b", "\r\n\r\n");
    // of mails without a fault in the first line there is more to be seen
    const piece = fc.oneof(rare, fc.constant(long), fc.constant("\r\n"));
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 30 }),
        fc.array(fc.nat(80), { maxLength: 6 }),
        (pieces, cuts) => {
          const mail = pieces.join("");
          expect(verdict(mail, cuts)).toBe(verdict(mail));
          // octet for octet, nothing is searched for
          const everywhere = Array.from({ length: mail.length }, (_, at) => at);
          expect(verdict(mail, everywhere)).toBe(verdict(mail));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("after a fault nothing more is looked at", () => {
    const intake = new WireCheck();
    intake.add(Buffer.from("a\nb"));
    const { fault } = intake;
    intake.add(Buffer.alloc(1_000_000));
    expect(intake.fault).toBe(fault);
  });
});
