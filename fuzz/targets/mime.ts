/** Mails: whatever comes by mail, to the server and to the add-on. */
import { readMail } from "../../src/extension/worker/read-mail.js";
import { memberNotice, submissionNotice } from "../../src/mail/fixed-texts.js";
import { parseAddress } from "../../src/mail/mailbox.js";
import { type MimePart, readMimeTree } from "../../src/mail/mime-tree.js";
import { type OwnShell, readOwnShell } from "../../src/mail/own-shell.js";
import { partTypes } from "../../src/mail/part-types.js";
import { readPayload, writeClearMail } from "../../src/mail/payload.js";
import { readRequestMail, requestNotice, writeRequestMail } from "../../src/mail/request-mail.js";
import { readSealedMail, writeCopy, writeSubmission } from "../../src/mail/sealed-mail.js";
import { ListSealError } from "../../src/openpgp/errors.js";
import type { SealedMessage } from "../../src/protocol/index.js";
import type { Random } from "../random.js";
import { promise, type Target } from "../target.js";

const list = parseAddress("team@lists.example");
const alice = { name: "Alice", address: parseAddress("alice@example.test") };
const octets = (length: number, first: number) =>
  Uint8Array.from({ length }, (_, i) => (i * 37 + first) & 255);
const date = new Date("2026-11-22T10:00:00Z");
const listSignature = octets(90, 3);
const messages: readonly SealedMessage[] = [
  { mode: "key", key: octets(200, 1), body: octets(900, 2) },
  { mode: "whole", message: octets(700, 4) },
  { mode: "key", key: octets(200, 1), body: octets(900, 2), listSignature },
];

function copy(sealed: SealedMessage, shape: "mixed" | "encrypted"): Uint8Array {
  const { head, shared, tail } = writeCopy({
    ...{ shape, list, listName: "Team", from: alice, replyTo: { address: list }, to: alice },
    ...{ messageId: "<1@example.test>", date, sealed },
  });
  return Buffer.concat([head, shared, tail]);
}

function letter(html: boolean): Uint8Array {
  return writeClearMail(
    {
      ...{
        from: alice,
        to: [{ address: list }],
        cc: [],
        subject: "予算 2027",
        date,
        messageId: "<1@example.test>",
      },
      ...{ references: [], text: "words\r\n> quoted\r\n", ...(html ? { html: "<p>words</p>" } : {}) },
      attachments: [{ name: "報告.pdf", type: "application/pdf", bytes: octets(300, 5) }],
    },
    list,
  );
}

const text = (raw: Uint8Array) => Buffer.from(raw).toString("latin1");
const bytes = (raw: string) => new Uint8Array(Buffer.from(raw, "latin1"));

/** What an attacker says; nowhere in a mail that is our own shell, whatever the mail program makes of it. */
const SAID = "PayMallory";

/** Changes to the fields of a mail's header or a part's. */
function vary(seed: Uint8Array, random: Random): Uint8Array {
  const lines = text(seed).split("\r\n");
  const fields = lines.flatMap((line, index) => (/^[A-Za-z-]+:/.test(line) ? [index] : []));
  for (let left = 1 + random.below(3); left > 0 && fields.length > 0; left -= 1) {
    const at = random.pick(fields);
    const [name = ""] = (lines[at] ?? "").split(":", 1);
    switch (random.below(6)) {
      case 0:
        lines.splice(at, 0, `${name}: ${random.pick(values)}`);
        break;
      case 1:
        lines[at] = `${name}: ${random.pick(values)}`;
        break;
      case 2:
        lines[at] = `${lines[at]}; ${random.pick(parameters)}`;
        break;
      case 3:
        lines.splice(at, 1);
        break;
      case 4:
        lines.splice(at, 0, `${random.pick(names)}: ${random.pick(values)}`);
        break;
      default: {
        // a part more, or one within another
        const boundary = /boundary="?([^";]+)/.exec(text(seed))?.[1] ?? "x";
        const where = random.pick(lines.flatMap((line, index) => (line.startsWith("--") ? [index] : [0])));
        lines.splice(where, 0, `--${boundary}`, `Content-Type: ${random.pick(values)}`, "", SAID);
      }
    }
  }
  return bytes(lines.join("\r\n"));
}

const names = [
  "Content-Type",
  "Content-Disposition",
  "Content-Transfer-Encoding",
  "Content-Description",
  "Content-Location",
  "From",
  "Subject",
  "Received",
  "List-Post",
  "X-ListSeal",
] as const;
const values = [
  "text/html",
  "text/plain; charset=utf-7",
  "application/octet-stream",
  "application/octet-stream; name=list-signature.pgp",
  "message/rfc822",
  "multipart/alternative; boundary=x",
  ...Object.values(partTypes),
  "base64",
  "quoted-printable",
  "8bit",
  'attachment; filename="list-signature.pgp"',
  `inline; filename="${SAID}.html"`,
  `=?utf-8?B?${Buffer.from(SAID).toString("base64")}?=`,
  `"${SAID}" <mallory@evil.test>`,
  "",
] as const;
const parameters = [
  "charset=utf-16le",
  "charset*=utf-8''x",
  "filename*=utf-8''list-signature.pgp",
  `name="${SAID}"`,
  `(${SAID})`,
  "boundary=x",
  "format=flowed; delsp=yes",
] as const;

/** What every reader may do with what it can't read: nothing but refuse it. */
async function refused<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ListSealError) return undefined;
    throw error;
  }
}

const plainNotices = [
  submissionNotice(),
  ...(["key", "whole"] as const).flatMap((mode) =>
    (["resealed", "opened"] as const).map((delivery) => memberNotice(mode, delivery)),
  ),
].map((notice) => notice.replace(/\s+/g, " ").trim());

const leavesOf = (part: MimePart): readonly MimePart[] =>
  part.parts.length === 0 ? [part] : part.parts.flatMap(leavesOf);

/** Another reader sees the same in it, and nothing else: the notice, the sealed parts. */
async function assertNothingElse(raw: Uint8Array, own: OwnShell): Promise<void> {
  const tree = await readMimeTree(raw);
  promise(
    tree.parts.every(({ parts }) => parts.length === 0),
    "a part within a part of our own shell",
  );
  const leaves = leavesOf(tree);
  const isMixed = tree.contentType === "multipart/mixed";
  const [notice] = isMixed ? leaves : [];
  const sealed = isMixed ? leaves.slice(1) : leaves;
  promise(
    notice === undefined ||
      plainNotices.includes(
        Buffer.from(notice.bytes ?? [])
          .toString("utf8")
          .replace(/\s+/g, " ")
          .trim(),
      ),
    "another text than a notice in our own shell",
  );
  promise(
    sealed.length === own.parts.length &&
      sealed.every(
        ({ bytes: seen }, i) => Buffer.compare(seen ?? bytes(""), own.parts[i]?.bytes ?? bytes("")) === 0,
      ),
    "another reader sees other parts in our own shell",
  );
  const body = text(raw)
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join("\n");
  promise(!body.includes(SAID), "an attacker's words in our own shell");
  for (const name of ["from", "subject", "to", "content-type"])
    promise((tree.headers[name]?.length ?? 0) <= 1, `two fields ${name} in our own shell`);
}

export const target: Target = {
  name: "mime",
  seeds: async () => [
    ...messages.flatMap((sealed) => [
      copy(sealed, "mixed"),
      copy(sealed, "encrypted"),
      writeSubmission({ from: alice, list, date, messageId: "<1@example.test>", sealed }),
    ]),
    ...(["request", "answer", "notice", "receipt"] as const).map((kind) =>
      writeRequestMail({
        ...{ kind, list, from: alice, to: { address: list }, date, messageId: "<1@example.test>" },
        sealed: octets(400, 6),
      }),
    ),
    letter(false),
    letter(true),
    bytes(`Content-Type: message/rfc822\r\n\r\n${text(letter(true))}`),
  ],
  words: [
    ...values,
    ...parameters,
    "\r\n\r\n",
    "\r\n--_ls_",
    "\r\n ",
    "\r",
    "\0",
    "--",
    `<b>${SAID}</b>`,
    SAID,
    requestNotice("answer"),
    "=?utf-8?Q?=41?= ",
    "From: a@b.test\r\n",
    "<a@b.test>, ",
    "((((",
    '"\\',
  ],
  vary,
  take: async (input) => {
    const own = readOwnShell(input);
    if (own !== undefined) await assertNothingElse(input, own);
    const read = await refused(readMail({ raw: input }));
    promise(
      own === undefined || (read?.kind === "sealed" && read.shell === "own"),
      "our own shell, but not to readMail",
    );
    const readLetter = await refused(readPayload(input));
    if (readLetter !== undefined)
      await refused(Promise.resolve().then(() => writeClearMail(readLetter, list)));
    await refused(readSealedMail(input));
    await refused(readRequestMail(input));
  },
};
