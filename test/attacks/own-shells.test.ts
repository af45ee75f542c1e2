/** A mail that is our own shell to the add-on, and a stranger's words to the mail program or to the person. */
import { readMail } from "../../src/extension/worker/read-mail.js";
import { memberNotice } from "../../src/mail/fixed-texts.js";
import { readOwnShell } from "../../src/mail/own-shell.js";
import { partTypes } from "../../src/mail/part-types.js";
import { bytes } from "./forge.js";
import { isOwnByTree } from "./naive/tree-shell.js";

const notice = memberNotice("key", "resealed").replace(/\n/g, "\r\n");
const WORDS = "Pay 10000 EUR to Mallory";
const html = `<p style="font-size:3em">${WORDS}</p>`;

/** What a mail is made of; an attack changes one of these. */
interface Made {
  readonly fields: readonly string[];
  readonly top: string;
  readonly preamble: string;
  readonly notice: readonly string[];
  readonly text: string;
  readonly more: string;
  readonly epilogue: string;
  readonly key: readonly string[];
}

const honest: Made = {
  fields: [
    "From: Mallory <mallory@evil.test>",
    "To: team@lists.example",
    "Subject: [team] encrypted message",
  ],
  top: 'Content-Type: multipart/mixed; boundary="_b_"',
  preamble: "",
  notice: ["Content-Type: text/plain; charset=utf-8"],
  text: notice,
  more: "",
  epilogue: "",
  key: [
    `Content-Type: ${partTypes.key}`,
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="sealed-key.pgp"',
  ],
};

function mailOf(change: Partial<Made>): Uint8Array {
  const made = { ...honest, ...change };
  const body = [
    `Content-Type: ${partTypes.body}`,
    "Content-Transfer-Encoding: base64",
    'Content-Disposition: attachment; filename="sealed-body.pgp"',
  ];
  return bytes(
    [
      ...made.fields,
      "MIME-Version: 1.0",
      made.top,
      "",
      `${made.preamble}--_b_`,
      ...made.notice,
      "",
      made.text,
      "--_b_",
      ...made.key,
      "",
      "a2V5",
      "",
      "--_b_",
      ...body,
      "",
      "Ym9keQ==",
      "",
      `${made.more}--_b_--`,
      made.epilogue,
    ].join("\r\n"),
  );
}
/** One more part, that passes for a list signature. */
const extra = (...head: readonly string[]) => ({
  more: ["--_b_", ...head, "", html, ""].join("\r\n"),
});
const signatureName = 'Content-Disposition: attachment; filename="list-signature.pgp"';

/** Judged by the tree these are all our own shell; in each somebody else's words are shown, or may be. */
const attacks: readonly (readonly [string, Uint8Array])[] = [
  [
    "a part with two Content-Types, HTML the first",
    mailOf(extra("Content-Type: text/html", "Content-Type: application/octet-stream", signatureName)),
  ],
  [
    "a part with two Content-Types, HTML the second",
    mailOf(extra("Content-Type: application/octet-stream", "Content-Type: text/html", signatureName)),
  ],
  [
    "a part with two Content-Dispositions",
    mailOf(
      extra(
        "Content-Type: application/octet-stream",
        signatureName,
        'Content-Disposition: inline; filename="look.html"',
      ),
    ),
  ],
  [
    "a name in RFC 2231 beside another one",
    mailOf(
      extra(
        'Content-Type: application/octet-stream; name="look.html"',
        "Content-Disposition: attachment; filename*=utf-8''list-signature.pgp; filename=\"look.html\"",
      ),
    ),
  ],
  [
    "HTML under a type of the kind application/",
    mailOf(extra("Content-Type: application/xhtml+xml", signatureName)),
  ],
  ["a list signature of plain words", mailOf(extra(`Content-Type: ${partTypes.through}`, signatureName))],
  [
    "a sealed part whose name says something",
    mailOf({
      key: [...honest.key.slice(0, 2), `Content-Disposition: attachment; filename="${WORDS}, verified.pgp"`],
    }),
  ],
  [
    "a sealed part that carries another field for the mail program",
    mailOf({ key: [...honest.key, `Content-Description: ${WORDS}`] }),
  ],
  ["other words in the place of the notice", mailOf({ text: `${WORDS}\r\n` })],
  ["words behind the notice", mailOf({ text: `${notice}\r\n${WORDS}\r\n` })],
  [
    "a notice in a charset in which its octets are other words",
    mailOf({ notice: ["Content-Type: text/plain; charset=utf-16le"] }),
  ],
  [
    "a notice with two transfer encodings",
    mailOf({
      notice: [
        ...honest.notice,
        "Content-Transfer-Encoding: base64",
        "Content-Transfer-Encoding: 7bit",
        "X-Mallory: 1",
      ],
    }),
  ],
  [
    "a comment in a Content-Type",
    mailOf({ notice: ['Content-Type: text/plain; charset=utf-8; name="Pay Mallory.txt"'] }),
  ],
  [
    "a boundary that begins like ours, for programs that compare the beginning alone",
    mailOf({ text: `${notice}--_b_2\r\nContent-Type: text/html\r\n\r\n${html}\r\n` }),
  ],
  ["words before the first boundary", mailOf({ preamble: `${WORDS}\r\n\r\n` })],
  [
    "words behind the last boundary",
    mailOf({ epilogue: `${WORDS}\r\n--_b_\r\nContent-Type: text/html\r\n\r\n${html}` }),
  ],
  ["two Subjects", mailOf({ fields: [...honest.fields, `Subject: ${WORDS}`] })],
  ["two senders", mailOf({ fields: ["From: Olive <olive@example.test>", ...honest.fields] })],
  [
    "a field that moves what is shown elsewhere",
    mailOf({ fields: [...honest.fields, "Content-Location: https://evil.test/"] }),
  ],
  [
    "a line end that only some programs see",
    mailOf({ fields: [...honest.fields, "X-A: 1\rContent-Type: text/html"] }),
  ],
  [
    "a line of white space in the header, at which some programs end it",
    mailOf({ fields: [...honest.fields, `X-A: 1\r\n \t\r\n ${WORDS}`] }),
  ],
];

test("the honest mail is our own shell to both", async () => {
  await expect(isOwnByTree(mailOf({}))).resolves.toBe(true);
  expect(readOwnShell(mailOf({}))?.parts.map(({ type }) => type)).toEqual([partTypes.key, partTypes.body]);
});

test.each(attacks)("%s: our own shell where it is judged by the tree of its parts", async (_, raw) => {
  await expect(isOwnByTree(raw)).resolves.toBe(true);
});

test.each(attacks)("%s: a foreign shell to ours", async (_, raw) => {
  expect(readOwnShell(raw)).toBeUndefined();
  expect(await readMail({ raw })).not.toMatchObject({ shell: "own" });
});

test.each([
  ["two Content-Types", "Content-Type: text/html", "Content-Type: application/octet-stream"],
  ["a malformed Content-Type", "Content-Type: application", "X-A: 1"],
  [
    "two transfer encodings",
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: 7bit",
    "Content-Transfer-Encoding: base64",
  ],
])("a part with %s is none of ours anywhere, whatever its name", async (_, ...head) => {
  const named = (name: string) => [
    "--_b_",
    ...head,
    `Content-Disposition: attachment; filename="${name}"`,
    "",
    "AAAA",
    "",
  ];
  const raw = bytes(
    [
      ...honest.fields,
      honest.top,
      "",
      ...["sealed-key.pgp", "sealed-body.pgp", "answer.pgp"].flatMap(named),
      "--_b_--",
      "",
    ].join("\r\n"),
  );
  expect(await readMail({ raw })).toEqual({ kind: "other", arriving: null, invitation: null });
});
