/** Our way of reading MIME gives what postal-mime alone gives, whatever the mail; only the time differs. */
import { jest } from "@jest/globals";
import fc from "fast-check";
import PostalMime, { type Email } from "postal-mime";
import { writeEntity } from "../../src/mail/mime.js";
import { readMime } from "../../src/mail/read-mime.js";

const options = { forceRfc822Attachments: true, maxNestingDepth: 32 } as const;
const LARGE = 200_000;

function random(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "latin1"));

/** How many lines, or pieces of a body, postal-mime was given, and how many octets its own decoders of base64 got. */
async function watched(raw: Uint8Array) {
  const original: unknown = Reflect.get(PostalMime.prototype, "processLine");
  if (typeof original !== "function") throw new Error("postal-mime has no lines");
  let lines = 0;
  const counting = function (this: unknown, ...given: unknown[]): unknown {
    lines += 1;
    return original.apply(this, given);
  };
  Reflect.set(PostalMime.prototype, "processLine", counting);
  const slow = jest.spyOn(String.prototype, "split");
  try {
    const email = await readMime(raw, options);
    // postal-mime's base64 decoder splits every piece at the padding
    const decoded = slow.mock.calls.filter(([at]) => String(at) === "/=+/").length;
    return { email, lines, decoded };
  } finally {
    slow.mockRestore();
    Reflect.set(PostalMime.prototype, "processLine", original);
  }
}

const comparable = (email: Email) => ({
  ...email,
  attachments: email.attachments.map(({ content, ...rest }) => ({
    ...rest,
    content: Buffer.from(typeof content === "string" ? content : new Uint8Array(content)).toString("hex"),
  })),
});

const alone = (raw: Uint8Array) => PostalMime.parse(raw, { ...options, attachmentEncoding: "arraybuffer" });

async function expectTheSame(raw: Uint8Array) {
  const { email, ...counted } = await watched(raw);
  expect(comparable(email)).toEqual(comparable(await alone(raw)));
  return counted;
}

function mixed(parts: readonly string[], end = "\r\n"): Uint8Array {
  const lines = [
    "From: a@b.example",
    'Content-Type: multipart/mixed; boundary="b"',
    "",
    ...parts.flatMap((part) => ["--b", part]),
    "--b--",
    "",
  ];
  return latin1(lines.join(end));
}

const part = (head: readonly string[], body: string, end = "\r\n") => [...head, "", body].join(end);
const binary = ["Content-Type: application/octet-stream", "Content-Transfer-Encoding: base64"];
const lines = (bytes: Uint8Array, end = "\r\n") =>
  (
    Buffer.from(bytes)
      .toString("base64")
      .match(/.{1,76}/g) ?? []
  ).join(end);

test("a large attachment is one piece, and decoded natively", async () => {
  const bytes = random(LARGE);
  const raw = writeEntity([], {
    type: "multipart/mixed",
    parts: [
      { type: "text/plain", bytes: latin1("hello") },
      { type: "image/png", disposition: "attachment", name: "a.png", bytes },
      { type: "image/png", disposition: "attachment", name: "b.png", bytes: random(LARGE + 1) },
    ],
  });
  const { lines, decoded } = await expectTheSame(raw);
  expect(lines).toBeLessThan(50);
  expect(decoded).toBe(0);
});

describe("what is no plain base64 attachment is left to postal-mime, in the end with the same result", () => {
  const bytes = random(LARGE);
  test.each([
    ["another transfer encoding", part(["Content-Type: x/y"], lines(bytes))],
    [
      "quoted-printable",
      part(["Content-Type: x/y", "Content-Transfer-Encoding: quoted-printable"], lines(bytes)),
    ],
    [
      "a text",
      part(
        ["Content-Type: text/plain", "Content-Transfer-Encoding: base64"],
        lines(latin1("x y ".repeat(LARGE / 3))),
      ),
    ],
    ["an attached mail", part(["Content-Type: message/rfc822"], part(binary, lines(bytes)))],
    ["text after it", part(binary, `${lines(bytes)}\r\nand more!`)],
    ["padding within", part(binary, `${lines(random(LARGE + 1))}\r\n${lines(bytes)}`)],
    ["no padding", part(binary, lines(random(LARGE + 1)).replace(/=+$/, ""))],
    [
      "spare bits",
      part(binary, `${lines(random(LARGE + ((1 - (LARGE % 3) + 3) % 3))).replace(/.==$/, "B==")}`),
    ],
    ["an empty line before it", part(binary, `\r\n${lines(bytes)}`)],
    ["a preamble", `\r\nwords\r\n\r\n${lines(bytes)}`],
    ["spaces in it", part(binary, lines(bytes).replaceAll("\r\n", " \t\r\n"))],
    ["a boundary that is none", part(binary, `${lines(bytes)}\r\n--other\r\n${lines(bytes)}`)],
  ])("%s", async (_name, one) => {
    await expectTheSame(mixed([one, part(binary, lines(random(LARGE)))]));
  });

  test("line ends without CR; and no boundary at all", async () => {
    const counted = await expectTheSame(mixed([part(binary, lines(bytes, "\n"), "\n")], "\n"));
    expect(counted).toEqual({ lines: 9, decoded: 0 });
    await expectTheSame(latin1(part(["From: a@b.example", ...binary], lines(bytes))));
  });

  test("a mail of hyphens", async () => {
    await expectTheSame(mixed([part(["Content-Type: text/plain"], "--\r\n".repeat(50_000))]));
  });
});

test("any mail: whatever the parts, codings, boundaries and line ends", async () => {
  const end = fc.constantFrom("\r\n", "\n", "\r", "\r\r\n", "");
  const word = fc.constantFrom(
    ...[
      "",
      "a",
      "--",
      "--b",
      "--b--",
      "--b \t",
      "--b--x",
      "--c",
      "--c--",
      " ",
      "=",
      "=3D",
      "YWJj",
      "YWI=",
      "-",
    ],
    ...["Content-Type: text/plain", "Content-Type: text/html", "Content-Type: message/rfc822", "\xff\xfe"],
    ...['Content-Type: multipart/mixed; boundary="b"', 'Content-Type: multipart/alternative; boundary="c"'],
    ...["Content-Transfer-Encoding: base64", "Content-Transfer-Encoding: quoted-printable"],
    ...["Content-Transfer-Encoding: 8bit", "Content-Disposition: attachment; filename=x", "\t folded"],
  );
  const head = 'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n';
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(fc.tuple(word, end), { maxLength: 40 }), async (multi, lines) => {
      const raw = latin1((multi ? head : "") + lines.map((line) => line.join("")).join(""));
      expect(comparable(await readMime(raw, options))).toEqual(comparable(await alone(raw)));
    }),
    { numRuns: 3000 },
  );
});

describe("the work grows with the octets and no faster", () => {
  const HALF_MEGABYTE = 512 * 1024;
  const repeated = (line: string) => line.repeat(HALF_MEGABYTE / line.length);

  test.each([
    ["of empty lines", "\r\n"],
    ["of one letter", "a\r\n"],
    ["of one hyphen", "-\r\n"],
    ["of 76", `${"a".repeat(74)}\r\n`],
  ])("a text %s comes in pieces, not in lines", async (_name, line) => {
    const { lines } = await watched(latin1(`Content-Type: text/plain\r\n\r\n${repeated(line)}`));
    expect(lines).toBeLessThan(HALF_MEGABYTE / 65_536 + 10);
  });

  test("in pieces at every place, it is the same text", async () => {
    for (const line of [
      "\r\n",
      "a\n",
      `${"-".repeat(70_000)}\r\n`,
      `${"a".repeat(65_533)}\r\n`,
      "b-\r\n--\r\n",
    ]) {
      await expectTheSame(
        latin1(`Content-Type: text/plain\r\n\r\n${line.repeat(Math.ceil(140_000 / line.length))}end`),
      );
    }
  });

  test.each([
    ["parts", "--b\r\n\r\n", 1100],
    ["lines of quoted-printable", "\r\n", 501_000],
    ["lines with two hyphens", "--\r\n", 501_000],
  ])("too many %s are refused", async (_name, line, times) => {
    const coding = "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable";
    const many = part([coding], line.repeat(times));
    await expect(readMime(mixed([many]), options)).rejects.toMatchObject({ code: "too-large" });
  });
});
