/** The tree of a mail: the parts that stand there, in their places, with the octets that another reader finds too. */
import { parseAddress } from "../../src/mail/mailbox.js";
import { type MimePart, partsBelow, readMimeTree } from "../../src/mail/mime-tree.js";
import { partTypes } from "../../src/mail/part-types.js";
import { partsOfMail, readReceived } from "../../src/mail/received.js";
import { toParts, writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import type { SealedMessage } from "../../src/protocol/index.js";

const LARGE = 300_000;
const random = (length: number) => {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
};
const list = parseAddress("team@lists.example");
const alice = { address: parseAddress("alice@example.test") };
const lines = (...text: string[]) => Uint8Array.from(Buffer.from(text.join("\r\n"), "latin1"));
const typesOf = ({ contentType, parts }: MimePart): unknown =>
  parts.length === 0 ? contentType : [contentType, ...parts.map(typesOf)];
const hex = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString("hex");

const submission = (sealed: SealedMessage) =>
  writeSubmission({ from: alice, list, date: new Date(), messageId: "<1@example.test>", sealed });

describe.each<[string, SealedMessage]>([
  ["small", { mode: "key", key: random(700), body: random(700) }],
  ["large", { mode: "key", key: random(700), body: random(LARGE) }],
  ["large and whole", { mode: "whole", message: random(LARGE) }],
])("%s", (size, sealed) => {
  test("a submission: notice and parts, octet for octet", async () => {
    const tree = await readMimeTree(submission(sealed));
    const parts = toParts(sealed);
    expect(typesOf(tree)).toEqual(["multipart/mixed", "text/plain", ...parts.map(({ type }) => type)]);
    expect(tree.parts.slice(1).map(({ name }) => name)).toEqual(parts.map(({ name }) => name));
    expect(tree.parts.slice(1).map(({ bytes }) => hex(bytes))).toEqual(parts.map(({ bytes }) => hex(bytes)));
    expect(tree.parts.map(({ partName }) => partName)).toEqual(tree.parts.map((_part, at) => `1.${at + 1}`));
    expect(tree.headers["to"]).toEqual([list]);
  });

  test("a copy of the server", async () => {
    const { head, shared, tail } = writeCopy({
      ...{ shape: "encrypted", list, listName: "Team", from: alice, replyTo: { address: list }, to: alice },
      ...{ messageId: "<1@example.test>", date: new Date(), sealed },
    });
    const tree = await readMimeTree(Buffer.concat([head, shared, tail]));
    // a large copy is always mixed, with a notice
    const around = size === "small" ? ["multipart/encrypted"] : ["multipart/mixed", "text/plain"];
    expect(typesOf(tree)).toEqual([...around, ...toParts(sealed).map(({ type }) => type)]);
    expect(tree.headers["list-post"]).toEqual([`<mailto:${list}>`]);
  });

  test("an attached mail: its parts stand below it, and the flat reader finds the same octets", async () => {
    const raw = lines(
      "From: mallory@evil.test",
      'Content-Type: multipart/mixed; boundary="o"',
      "",
      "--o",
      "Content-Type: text/html",
      "",
      "<p>look</p>",
      "--o",
      "Content-Type: message/rfc822",
      "",
      Buffer.from(submission(sealed)).toString("latin1"),
      "--o--",
      "",
    );
    const tree = await readMimeTree(raw);
    const types = toParts(sealed).map(({ type }) => type);
    expect(typesOf(tree)).toEqual([
      "multipart/mixed",
      "text/html",
      ["message/rfc822", ["multipart/mixed", "text/plain", ...types]],
    ]);
    const [, attached] = tree.parts;
    expect(hex(partsBelow(tree).at(-1)?.bytes)).toBe(hex(toParts(sealed).at(-1)?.bytes));
    const flat = await readReceived(raw, 9);
    const [only, ...more] = partsOfMail(flat);
    expect(more).toEqual([]);
    expect(hex(attached?.bytes)).toBe(hex(only?.bytes));
  });
});

test("a part with two Content-Types counts as neither", async () => {
  const twice = `Content-Type: ${partTypes.key}\r\nContent-Type: image/png`;
  const raw = lines("Content-Type: multipart/mixed; boundary=b", "", "--b", twice, "", "x", "--b--", "");
  expect(typesOf(await readMimeTree(raw))).toEqual(["multipart/mixed", ""]);
  const outside = lines(
    "Content-Type: multipart/mixed; boundary=b",
    "Content-Type: text/plain",
    "",
    "--b",
    `Content-Type: ${partTypes.key}`,
    "",
    "x",
    "--b--",
    "",
  );
  expect((await readMimeTree(outside)).contentType).toBe("");
});

test("a stand-in that is not the whole of a part: the mail is read as it came", async () => {
  // a large body in base64 below another transfer encoding
  const body = random(LARGE).toString();
  const raw = lines(
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: quoted-printable",
    "",
    Buffer.from(body).toString("base64").replace(/.{76}/g, "$&\r\n"),
    "",
  );
  const tree = await readMimeTree(raw);
  expect(hex(tree.bytes).slice(0, 8)).toBe(hex(raw.subarray(raw.indexOf(10, 84) + 3)).slice(0, 8));
  expect(tree.bytes?.length ?? 0).toBeGreaterThan(LARGE);
});

test.each([
  ["nested too deep", "damaged", nested(60)],
  ["of very many parts", "too-large", many(600)],
  ["with an endless header", "damaged", lines(`X-Long: ${"a".repeat(400_000)}`, "", "x")],
])("a mail %s is refused: %s", async (_, code, raw) => {
  await expect(readMimeTree(raw)).rejects.toMatchObject({ code });
});

test("attached mails within attached mails: the innermost are files", async () => {
  let raw = lines("Subject: x", "", "x");
  for (let depth = 0; depth < 12; depth += 1)
    raw = Buffer.concat([lines("Content-Type: message/rfc822", "", ""), raw]);
  const tree = await readMimeTree(raw);
  expect(partsBelow(tree)).toHaveLength(5);
});

function nested(depth: number): Uint8Array {
  const open = Array.from({ length: depth }, (_, at) => [
    `Content-Type: multipart/mixed; boundary=b${at}x`,
    "",
    `--b${at}x`,
  ]);
  return lines(...open.flat(), "", "deep");
}

function many(count: number): Uint8Array {
  return lines(
    "Content-Type: multipart/mixed; boundary=b",
    "",
    ...Array.from({ length: count }, () => "--b\r\n\r\nx"),
    "--b--",
    "",
  );
}
