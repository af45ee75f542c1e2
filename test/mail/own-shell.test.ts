/** What opens by itself: what the composers and the list server write, and nothing that anybody has changed. */

import { readMail } from "../../src/extension/worker/read-mail.js";
import { formerNotices, submissionNotice } from "../../src/mail/fixed-texts.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { readOwnShell } from "../../src/mail/own-shell.js";
import { type CopyShape, partTypes } from "../../src/mail/part-types.js";
import { writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import type { SealedMessage } from "../../src/protocol/index.js";

const list = parseAddress("team@lists.example");
const alice = { address: parseAddress("alice@example.test") };
const noise = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const signature = { listSignature: noise(300) };
const key = { mode: "key", key: noise(900), body: noise(60_000) } as const;
const whole = { mode: "whole", message: noise(50_000) } as const;

function copy(sealed: SealedMessage, shape: CopyShape, notice?: Uint8Array): Uint8Array {
  const { head, shared, tail } = writeCopy({
    ...{ shape, list, listName: "Team", from: alice, replyTo: { address: list }, to: alice },
    ...{ messageId: "<1@example.test>", date: new Date(), sealed },
    ...(notice === undefined ? {} : { notice }),
  });
  return Buffer.concat([head, shared, tail]);
}
const submission = (sealed: SealedMessage) =>
  writeSubmission({ from: alice, list, date: new Date(), messageId: "<1@example.test>", sealed });
const text = (raw: Uint8Array) => Buffer.from(raw).toString("latin1");

/** Every mail that is ours. */
const ours = [key, whole].flatMap((sealed): [string, Uint8Array][] => [
  [`a submission, ${sealed.mode}`, submission(sealed)],
  ...(["mixed", "encrypted"] as const).flatMap((shape): [string, Uint8Array][] => [
    [`a copy, ${sealed.mode}, ${shape}`, copy(sealed, shape)],
    [`a copy, ${sealed.mode}, ${shape}, opened`, copy({ ...sealed, ...signature }, shape)],
  ]),
]);

test.each(ours)("%s opens by itself, and nothing of it is lost", async (_, raw) => {
  const read = readOwnShell(raw);
  const found = Object.fromEntries(read?.parts.map(({ type, bytes }) => [type, Buffer.from(bytes)]) ?? []);
  const sealed = found[partTypes.message] === undefined ? key : whole;
  expect(found).toEqual({
    ...(sealed.mode === "key"
      ? { [partTypes.key]: Buffer.from(key.key), [partTypes.body]: Buffer.from(key.body) }
      : { [partTypes.message]: Buffer.from(whole.message) }),
    ...(found[partTypes.through] === undefined
      ? {}
      : { [partTypes.through]: Buffer.from(signature.listSignature) }),
  });
  expect(read?.headers["to"]).toHaveLength(1);
  // as a store with other line ends gives it
  expect(readOwnShell(Buffer.from(text(raw).replace(/\r\n/g, "\n"), "latin1"))?.parts).toEqual(read?.parts);
});

describe("an owner's notice in a copy", () => {
  const aboard = noise(1_500);
  const cases = [key, whole].flatMap((sealed) =>
    (["mixed", "encrypted"] as const).flatMap((shape) => [
      [sealed.mode, shape, "resealed", sealed] as const,
      [sealed.mode, shape, "opened", { ...sealed, ...signature }] as const,
    ]),
  );

  test.each(cases)(
    "rides beside a post (mode %s, %s, %s), and is no part of it",
    (_mode, shape, _way, sealed) => {
      const read = readOwnShell(copy(sealed, shape, aboard));
      expect(Buffer.from(read?.riding ?? [])).toEqual(Buffer.from(aboard));
      const without = readOwnShell(copy(sealed, shape));
      const byType = (parts: readonly { readonly type: string; readonly bytes: Uint8Array }[] = []) =>
        Object.fromEntries(parts.map(({ type, bytes }) => [type, Buffer.from(bytes).toString("hex")]));
      expect(byType(read?.parts)).toEqual(byType(without?.parts));
    },
  );

  const raw = text(copy(key, "mixed", aboard));
  const [, boundary = ""] = /boundary="([^"]*)"/.exec(raw) ?? [];
  const parts = raw.split(`--${boundary}\r\n`);
  const [head = "", fixed = "", sealedKey = "", body = "", riding = ""] = parts;
  const mail = (...inside: readonly string[]) =>
    Buffer.from(
      [head, ...inside.map((each) => each.replace(`--${boundary}--\r\n`, ""))].join(`--${boundary}\r\n`) +
        `--${boundary}--\r\n`,
      "latin1",
    );

  test("two of them, one without a post, or one in a part's place are nobody's shell", () => {
    expect(readOwnShell(mail(fixed, sealedKey, body, riding))?.riding).toBeDefined();
    expect(readOwnShell(mail(fixed, sealedKey, body, riding, riding))).toBeUndefined();
    expect(readOwnShell(mail(fixed, riding))).toBeUndefined();
    expect(readOwnShell(mail(fixed, sealedKey, riding))).toBeUndefined();
    expect(readOwnShell(mail(fixed, body, riding))).toBeUndefined();
  });

  test("an older add-on's reader of sealed parts passes it over", async () => {
    const read = await readMail({ raw: mail(fixed, sealedKey, body, riding) });
    expect(read).toMatchObject({ kind: "sealed", shell: "own" });
    // in a foreign shell, too, which a person opens by a press
    const words = "Content-Type: text/plain\r\n\r\nSomebody's own words\r\n";
    const foreign = await readMail({ raw: mail(words, sealedKey, body, riding) });
    expect(foreign).toMatchObject({ kind: "sealed", shell: "elsewhere" });
    expect(foreign.kind === "sealed" ? foreign.parts.length : 0).toBe(2);
    expect(foreign.kind === "sealed" ? foreign.riding?.length : 0).toBe(aboard.length);
  });
});

const notice = submissionNotice().trimEnd().split("\n").join("\r\n");
const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\r\n");
const thunderbird = (body = notice) => `From: alice@example.test
To: team@lists.example
Content-Type: multipart/mixed; boundary="------------wJ0X1"
MIME-Version: 1.0
Content-Language: en-US

This is a multi-part message in MIME format.
--------------wJ0X1
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 7bit

${body}

--------------wJ0X1
Content-Type: application/vnd.listseal.message; name="sealed-message.pgp"
Content-Disposition: attachment; filename="sealed-message.pgp"
Content-Transfer-Encoding: base64

${base64(whole.message)}

--------------wJ0X1--
`;
const roundcube = `MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=_5f0c"
From: alice@example.test
To: team@lists.example

--=_5f0c
Content-Transfer-Encoding: 7bit
Content-Type: text/plain; charset=US-ASCII;
 format=flowed

${notice}
--=_5f0c
Content-Transfer-Encoding: base64
Content-Type: application/octet-stream;
 name=sealed-message.pgp
Content-Disposition: attachment;
 filename=sealed-message.pgp;
 size=50000

${base64(whole.message)}
--=_5f0c--
`;

test.each([
  ["Thunderbird's composer", thunderbird()],
  ...formerNotices().map((words): [string, string] => [
    `a mail of before version 1 was frozen: ${words.slice(-12)}`,
    thunderbird(words.split("\n").join("\r\n")),
  ]),
  ["Thunderbird's, with lines of another length", thunderbird(notice.replace(/ /g, " \r\n"))],
  ["Roundcube", roundcube],
  [
    "Roundcube, where the file was there already",
    roundcube.replaceAll("sealed-message.pgp", '"sealed-message (1).pgp"'),
  ],
  ["with the trace of a mail transport", `Received: from a by b; now\n${thunderbird()}`],
])("as %s writes it", (_, raw) => {
  const parts = readOwnShell(Buffer.from(raw, "latin1"))?.parts;
  expect(parts?.map(({ type, bytes }) => [type, bytes.length])).toEqual([[partTypes.message, 50_000]]);
});

const changed: readonly (readonly [string, (raw: string) => string])[] = [
  ["cut short", (raw) => raw.slice(0, -8)],
  ["no base64 in a part", (raw) => raw.replace(/\n[A-Za-z0-9+/]{70}/, "$&\n<b>")],
  ["related instead of mixed", (raw) => raw.replace("multipart/mixed", "multipart/related")],
  ["quoted-printable parts", (raw) => raw.replaceAll("Encoding: base64", "Encoding: quoted-printable")],
  [
    "a mail of two messages",
    (raw) =>
      raw.replace(
        /--=_5f0c\n(?=Content-Transfer-Encoding: base64)/,
        `--=_5f0c\nContent-Type: ${partTypes.key}\nContent-Transfer-Encoding: base64\n\nAAAA\n$&`,
      ),
  ],
  ["an HTML notice", (raw) => raw.replace("text/plain", "text/html")],
  [
    "a picture beside it",
    (raw) => raw.replace(/--=_5f0c--/, "--=_5f0c\nContent-Type: image/png\n\n\n--=_5f0c--"),
  ],
  ["a boundary of base64", (raw) => raw.replaceAll("=_5f0c", "abcd")],
  ["a boundary that is in the notice", (raw) => raw.replaceAll("=_5f0c", "list.")],
  ["a header without its end", (raw) => raw.slice(0, 60)],
];
test.each(changed)("%s: nothing that opens by itself", async (_, change) => {
  expect(change(roundcube)).not.toBe(roundcube);
  const raw = Buffer.from(change(roundcube), "latin1");
  expect(readOwnShell(raw)).toBeUndefined();
  expect(await readMail({ raw })).not.toMatchObject({ shell: "own" });
});

test("a mail of hyphens is given up, and one that never ends its header", () => {
  const [head = ""] = roundcube.split("\n\n");
  expect(readOwnShell(Buffer.from(`${head}\n\n${"-a".repeat(2_000_000)}`))).toBeUndefined();
  expect(readOwnShell(Buffer.from("X: ".padEnd(3_000_000, "y\n ")))).toBeUndefined();
});
