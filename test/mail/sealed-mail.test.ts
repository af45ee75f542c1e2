/** The two shapes, out and back. */
import { parseAddress } from "../../src/mail/mailbox.js";
import {
  encodeLargePart,
  fromParts,
  readSealedMail,
  toParts,
  writeCopy,
  writeSubmission,
} from "../../src/mail/sealed-mail.js";
import { generateSecret, type SealedMessage } from "../../src/protocol/index.js";

const random = (n: number) => crypto.getRandomValues(new Uint8Array(n));
const list = parseAddress("team@lists.example");
const alice = { name: "Alice", address: parseAddress("alice@example.test") };
const messages: [string, SealedMessage][] = [
  ["key", { mode: "key", key: random(700), body: random(60_001) }],
  ["key, opened", { mode: "key", key: random(96), body: random(1000), listSignature: random(300) }],
  ["whole", { mode: "whole", message: random(60_001) }],
  ["whole, opened", { mode: "whole", message: random(1), listSignature: random(300) }],
];

describe.each(messages)("%s", (_, sealed) => {
  test("parts and back, in any order", () => {
    expect(fromParts([...toParts(sealed)].reverse())).toEqual(sealed);
  });

  test("a submission is read as it was written", async () => {
    const raw = writeSubmission({
      from: alice,
      list,
      date: new Date(),
      messageId: "<1@example.test>",
      inReplyTo: "<0@example.test>",
      references: ["<0@example.test>"],
      sealed,
    });
    const read = await readSealedMail(raw);
    expect(read).toEqual({
      kind: "sealed",
      sealed,
      from: alice,
      inReplyTo: "<0@example.test>",
      references: ["<0@example.test>"],
    });
  });

  test.each(["encrypted", "mixed"] as const)("a copy in shape %s shares its large part", async (shape) => {
    const encoded = encodeLargePart(sealed);
    const copy = writeCopy({
      shape,
      list,
      listName: "Team",
      from: { name: "Alice via Team", address: list },
      replyTo: { address: list },
      to: { address: parseAddress("bob@example.test") },
      messageId: "<1@example.test>",
      date: new Date("2026-11-22T10:00:00Z"),
      sealed,
      encoded,
    });
    expect(copy.shared).toBe(encoded);
    const raw = Buffer.concat([copy.head, copy.shared, copy.tail]);
    await expect(readSealedMail(raw)).resolves.toMatchObject({ kind: "sealed", sealed });
    for (const line of raw.toString("latin1").split("\r\n")) expect(line.length).toBeLessThanOrEqual(998);
  });
});

test("the name of a secret travels in the header; another version is refused", async () => {
  const { fingerprint } = await generateSecret("server", "compatible");
  const sealed: SealedMessage = { mode: "key", key: random(10), body: random(10), outerSecret: fingerprint };
  const raw = writeSubmission({ from: alice, list, date: new Date(), messageId: "<1@example.test>", sealed });
  await expect(readSealedMail(raw)).resolves.toMatchObject({ sealed });
  const later = Buffer.from(Buffer.from(raw).toString("latin1").replace("v=1;", "v=2;"), "latin1");
  await expect(readSealedMail(later)).rejects.toMatchObject({ code: "unsupported-version" });
});

test("plain mail is not sealed; half a sealed mail is damaged", async () => {
  const plain = new TextEncoder().encode("From: a@b.test\r\nSubject: hi\r\n\r\nhello\r\n");
  await expect(readSealedMail(plain)).resolves.toEqual({ kind: "not-sealed" });
  expect(() => fromParts([{ type: "application/vnd.listseal.key", bytes: random(3) }])).toThrow(
    "do not make one",
  );
  const twice = { type: "application/vnd.listseal.message", bytes: random(3) };
  expect(() => fromParts([twice, twice])).toThrow("doubled");
});
