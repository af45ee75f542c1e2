/** The two shapes, out and back. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { base64Lines, textLeaf, writeEntity } from "../../src/mail/mime.js";
import { authorType, fileNameOf, labelOf, partTypes, requestTypes } from "../../src/mail/part-types.js";
import { readRequestMail } from "../../src/mail/request-mail.js";
import {
  fromParts,
  largePartOf,
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

test.each([
  [100_000, "multipart/encrypted"],
  [400_000, "multipart/mixed"],
])("a copy of %i octets that may be encrypted is %s", (length, type) => {
  const { head } = writeCopy({
    ...{ shape: "encrypted", list, listName: "Team", from: { address: list }, replyTo: { address: list } },
    ...{ to: alice, messageId: "<1@example.test>", date: new Date() },
    sealed: { mode: "key", key: random(700), body: new Uint8Array(length) },
  });
  expect(Buffer.from(head).toString("latin1")).toContain(`Content-Type: ${type}`);
});

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
      messageId: "<1@example.test>",
      inReplyTo: "<0@example.test>",
      references: ["<0@example.test>"],
    });
  });

  test.each(["encrypted", "mixed"] as const)("a copy in shape %s shares its large part", async (shape) => {
    const encoded = base64Lines(largePartOf(sealed));
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

describe("parts that a webmail attached, by their file names", () => {
  const sent = (parts: readonly [type: string, name: string, bytes: Uint8Array][]) =>
    writeEntity(
      [
        ["From", "Alice <alice@example.test>"],
        ["To", list],
        ["MIME-Version", "1.0"],
      ],
      {
        type: "multipart/mixed",
        parts: [
          {
            type: "multipart/alternative",
            parts: [textLeaf("see attachments"), textLeaf("<p>see attachments</p>", "html")],
          },
          ...parts.map(([type, name, bytes]) => ({ type, name, bytes, disposition: "attachment" as const })),
        ],
      },
    );
  const [key, body] = [random(700), random(60_001)];

  test.each([
    ["application/octet-stream", "sealed-key.pgp", "sealed-body.pgp"],
    ["application/pgp-encrypted", "sealed-key.pgp", "sealed-body.pgp"],
    ['Application/X-PGP; name="sealed-key.pgp"', "Sealed-Key.PGP", "sealed-body.pgp"],
    ["application/pgp", "sealed-key (1).pgp", "sealed-body(2).pgp"],
    ["binary/octet-stream", "sealed-key-1.pgp", "sealed-body 2.pgp"],
  ])("%s, %s: a post, without the header field", async (type, keyName, bodyName) => {
    const read = await readSealedMail(
      sent([
        [type, keyName, key],
        [type, bodyName, body],
      ]),
    );
    expect(read).toMatchObject({ kind: "sealed", sealed: { mode: "key", key, body }, from: alice });
  });

  test("a whole message, and the certificate of a sender who is not a member", async () => {
    const read = await readSealedMail(
      sent([
        ["application/octet-stream", "author.pgp", key],
        ["application/octet-stream", "sealed-message.pgp", body],
      ]),
    );
    expect(read).toMatchObject({ sealed: { mode: "whole", message: body }, author: key });
  });

  test.each([
    ["a text", "text/plain", "sealed-message.pgp"],
    ["a picture", "image/png", "sealed-message.pgp"],
    ["another name", "application/octet-stream", "my-sealed-message.pgp"],
    ["another ending", "application/octet-stream", "sealed-message.pgp.exe"],
    ["a name that turns around", "application/octet-stream", "sealed-\u202emessage.pgp"],
    ["another part of ours", "application/vnd.listseal.draft", "sealed-message.pgp"],
    ["what a mail program displays", "application/xhtml+xml", "sealed-message.pgp"],
    ["a type that is none", "application", "sealed-message.pgp"],
  ])("%s under such a name is none", async (_, type, name) => {
    await expect(readSealedMail(sent([[type, name, body]]))).resolves.toEqual({ kind: "not-sealed" });
  });

  test("a request", async () => {
    const raw = sent([["application/octet-stream", "request.pgp", key]]);
    await expect(readRequestMail(raw)).resolves.toMatchObject({ sealed: key });
  });

  test("every part has its name, and is known by it", () => {
    const types = [...Object.values(partTypes), ...Object.values(requestTypes), authorType] as const;
    for (const type of types)
      expect(labelOf({ type: "application/octet-stream", name: fileNameOf(type) })).toEqual({
        type,
        byName: true,
      });
  });
});
