/** Octets that came as one character each. */
import { octetsOfBinary } from "../../src/extension/worker/read-mail.js";

const all = Uint8Array.from({ length: 256 }, (_, octet) => octet);

test.each([
  ["nothing", new Uint8Array()],
  ["ASCII", Buffer.from("Subject: words\r\n\r\n\0")],
  ["every octet", all],
  ["one beyond ASCII at the end", Buffer.from("words\xff", "latin1")],
])("%s", (_, octets) => {
  const found = octetsOfBinary(Buffer.from(octets).toString("latin1"));
  expect(Buffer.from(found).equals(Buffer.from(octets))).toBe(true);
});

test("a character that is no octet is refused", () => {
  expect(() => octetsOfBinary("封")).toThrow();
});
