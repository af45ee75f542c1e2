/** The sealed parts of a mail as it came, for a mail program that has read it too. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { readReceived } from "../../src/mail/received.js";
import {
  type CopyShape,
  type MailPart,
  toParts,
  writeCopy,
  writeSubmission,
} from "../../src/mail/sealed-mail.js";
import { sealedPartsIn } from "../../src/mail/sealed-parts.js";
import type { SealedMessage } from "../../src/protocol/index.js";

const LARGE = 300_000;
const random = (length: number) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const list = parseAddress("team@lists.example");
const alice = { address: parseAddress("alice@example.test") };
const typesOf = (parts: readonly MailPart[]) => parts.map(({ type }) => type);

function copyOf(sealed: SealedMessage, shape: CopyShape): Uint8Array {
  const { head, shared, tail } = writeCopy({
    ...{ shape, list, listName: "Team", from: alice, replyTo: { address: list }, to: alice },
    ...{ messageId: "<1@example.test>", date: new Date(), sealed },
  });
  return Buffer.concat([head, shared, tail]);
}

describe.each<[string, SealedMessage]>([
  ["key", { mode: "key", key: random(700), body: random(LARGE) }],
  ["key, opened", { mode: "key", key: random(96), body: random(LARGE), listSignature: random(300) }],
  ["whole", { mode: "whole", message: random(LARGE) }],
])("%s", (_, sealed) => {
  const parts = toParts(sealed);

  test.each<[string, Uint8Array]>([
    [
      "a submission",
      writeSubmission({ from: alice, list, date: new Date(), messageId: "<1@example.test>", sealed }),
    ],
    ["a copy, encrypted", copyOf(sealed, "encrypted")],
    ["a copy, mixed", copyOf(sealed, "mixed")],
  ])("%s: all parts, octet for octet", async (_name, raw) => {
    const read = await sealedPartsIn(raw, typesOf(parts));
    if (read === "others") throw new Error("others");
    expect(typesOf(read)).toEqual(typesOf(parts));
    for (const [i, { bytes }] of read.entries()) {
      expect(Buffer.from(bytes).equals(Buffer.from(parts[i]?.bytes ?? "?"))).toBe(true);
    }
  });
});

describe("a mail that another reader sees otherwise", () => {
  const { key, body, message, through } = partTypes;
  const part = (type: string, text = "c2VhbGVk") =>
    `Content-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n\r\n${text}`;
  const multipart = (boundary: string, ...parts: readonly string[]) =>
    [...parts.flatMap((each) => [`--${boundary}`, each]), `--${boundary}--`, ""].join("\r\n");
  const mail = (types: readonly string[], ...bodies: readonly string[]) =>
    Buffer.from(
      [...types.map((type) => `Content-Type: ${type}`), "From: a@b.example", "", ...bodies].join("\r\n"),
      "latin1",
    );
  const encrypted = (boundary: string) => `multipart/encrypted; protocol="${key}"; boundary="${boundary}"`;
  const [own, other] = [
    multipart("one", part(key), part(body)),
    multipart("two", part("text/html", "PGI+aGk8L2I+"), part(key), part(body)),
  ];

  test("our own shell, for comparison", async () => {
    const read = await sealedPartsIn(mail([encrypted("one")], own), [key, body]);
    expect(read).toHaveLength(2);
  });

  const ambiguous: [string, Uint8Array, readonly MailPart["type"][]][] = [
    [
      "two Content-Types, each with its own boundary",
      mail([encrypted("one"), encrypted("two")], own, other),
      [key, body],
    ],
    ["the same in the other order", mail([encrypted("two"), encrypted("one")], own, other), [key, body]],
    ["words in HTML before the parts", mail([encrypted("two")], other), [key, body]],
  ];

  test.each(ambiguous)("%s: a reader that takes what it finds takes it", async (_name, raw, expected) => {
    const { attachments } = await readReceived(raw, 9);
    const found = attachments.map(({ mimeType }) => mimeType);
    expect(found.filter((type) => expected.some((each) => each === type))).toEqual(expected);
  });

  test.each<[string, Uint8Array, readonly MailPart["type"][]]>([
    ...ambiguous,
    [
      "another part after them",
      mail([encrypted("a")], multipart("a", part(key), part(body), part("x/y"))),
      [key, body],
    ],
    [
      "another part that is ours",
      mail([encrypted("a")], multipart("a", part(key), part(body), part(through))),
      [key, body],
    ],
    ["one part too few", mail([encrypted("a")], multipart("a", part(key))), [key, body]],
    ["another order", mail([encrypted("a")], multipart("a", part(body), part(key))), [key, body]],
    ["other types", mail([encrypted("a")], multipart("a", part(message))), [key]],
    [
      "the parts within an attached mail",
      mail(["message/rfc822"], `Content-Type: ${encrypted("one")}`, "", own),
      [key, body],
    ],
    ["no mail at all", random(1000), [key, body]],
  ])("%s: others", async (_name, raw, expected) => {
    expect(await sealedPartsIn(raw, expected)).toBe("others");
  });
});
